//! What takes up the question or the rating before: a choice of an open question, "make it 5".
//! Never reads a sentence that stands by itself.

use crate::fold::{self, Sentence, without_article};
use crate::intent::{Intent, Last};
use crate::{Chat, ClarifyOption, lexicon, places, ratings};

/// The choice of an open question that the sentence takes: by its place, its year, its stars or its words.
pub(crate) fn chosen<'o>(sentence: &Sentence, options: &'o [ClarifyOption]) -> Option<&'o ClarifyOption> {
    const AROUND: [&str; 34] = [
        "the",
        "one",
        "number",
        "option",
        "la",
        "el",
        "numero",
        "opcion",
        "stars",
        "star",
        "estrellas",
        "estrella",
        "a",
        "un",
        "una",
        "give",
        "it",
        "ponle",
        "le",
        "doy",
        "from",
        "of",
        "de",
        "del",
        "film",
        "movie",
        "peli",
        "pelicula",
        "please",
        "porfa",
        "i",
        "mean",
        "version",
        "esa",
    ];
    const YES: [&str; 14] = [
        "yes", "yep", "yeah", "yup", "sure", "right", "correct", "exactly", "si", "claro", "correcto", "exacto", "eso",
        "ese",
    ];
    if options.is_empty() || sentence.len() > 12 {
        return None;
    }
    let says = |text: &str| fold::key(without_article(&fold::tokenize(text)));
    let said = fold::key(without_article(&sentence.tokens));
    if let Some(option) = options.iter().find(|option| says(&option.label) == said) {
        return Some(option);
    }
    if let [only] = options
        && sentence.len() <= 4
        && sentence.tokens.first().is_some_and(|first| YES.contains(&first.word.as_str()))
    {
        return Some(only);
    }
    let telling: Vec<&fold::Token> =
        sentence.tokens.iter().filter(|token| !AROUND.contains(&token.word.as_str())).collect();
    let [only] = telling.as_slice() else { return None };
    if only.year().is_some() {
        let mut of_that_year = options.iter().filter(|option| option.label.contains(&format!("({})", only.word)));
        return of_that_year.next().filter(|_| of_that_year.next().is_none());
    }
    match only.word.as_str() {
        "newer" | "newest" | "latest" | "recent" | "new" | "nueva" | "reciente" | "moderna" => {
            return options.iter().filter(|option| year_of(option).is_some()).max_by_key(|option| year_of(option));
        }
        "older" | "oldest" | "old" | "original" | "antigua" | "vieja" => {
            return options.iter().filter(|option| year_of(option).is_some()).min_by_key(|option| year_of(option));
        }
        _ => {}
    }
    // "4" means four stars, not the fourth choice.
    let are_stars = options.iter().all(|option| option.label.starts_with(|first: char| first.is_ascii_digit()));
    let number = lexicon::number_word(&only.word).map_or_else(|| only.word.clone(), |number| number.to_string());
    if are_stars && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return options.iter().find(|option| option.label.split(' ').next() == Some(number.as_str()));
    }
    match places::place(&only.word)? {
        0 => options.last(),
        place => options.get(place - 1),
    }
}

/// The year in "Heat (1995)".
fn year_of(option: &ClarifyOption) -> Option<u16> {
    let (_, year) = option.label.strip_suffix(')')?.rsplit_once('(')?;
    year.parse().ok()
}

impl Chat<'_> {
    /// "4.5" where stars were asked for, "make it 5" after a rating.
    pub(crate) fn stars_alone(&self) -> Option<Intent> {
        let gives = || {
            let said = |token: &fold::Token| {
                matches!(token.word.as_str(), "give" | "rate" | "ponle" | "le" | "dale" | "puntuala" | "id")
            };
            self.reader.sentence.tokens.iter().any(said)
        };
        let is_spoken_of = |last| last == Last::Rating || (last == Last::Film && gives());
        let movie = self.context.about.filter(|_| is_spoken_of(self.context.last))?;
        let (said, half_stars) = ratings::number_alone(&self.reader)?;
        Some(match half_stars {
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
    }
}
