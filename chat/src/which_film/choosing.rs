//! A choice of an open question, however it is told: its place, its year, its words, or what is known of its films: "the russian
//! one", "the one with DiCaprio", "la soviética". Chooses only where a single one fits.

use cineswarm_engine::{Catalogue, Filters, MovieId};

use crate::films::titles::{TitleIndex, TitleMatch};
use crate::intent::{Intent, Question};
use crate::request::Reader;
use crate::words::fold::{self, Sentence, without_article};
use crate::words::places::{self, place};
use crate::words::{cues, lexicon, patterns};
use crate::{ClarifyOption, Setting, replies};

/// Words around what tells a choice from the others.
const AROUND: [&str; 36] = [
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
    "mas",
    "most",
];

/// The choice of an open question that the sentence takes, however it is told.
pub(crate) fn choice<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    chosen(sentence, options)
        .or_else(|| chosen(&without_count(sentence)?, options))
        .or_else(|| chosen_by_person(sentence, options, index))
        .or_else(|| chosen_by_genre(sentence, options, index, catalogue))
        .or_else(|| chosen_by_tag(sentence, options, index))
        .or_else(|| by_conditions(sentence, options, index, catalogue))
}

/// The only one there is.
fn only<'o>(mut fitting: impl Iterator<Item = &'o ClarifyOption>) -> Option<&'o ClarifyOption> {
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The only choice whose film is such.
fn only_film<'o>(
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    is_such: impl Fn(MovieId) -> bool,
) -> Option<&'o ClarifyOption> {
    only(options.iter().filter(|option| matches!(index.find(&option.label), TitleMatch::One(movie) if is_such(movie))))
}

/// The choice of an open question that the sentence takes: by its place, its year, its stars or its words.
fn chosen<'o>(sentence: &Sentence, options: &'o [ClarifyOption]) -> Option<&'o ClarifyOption> {
    const YES: [&str; 15] = [
        "yes", "yep", "yeah", "yup", "sure", "right", "correct", "exactly", "si", "claro", "correcto", "exacto", "eso",
        "ese", "esa",
    ];
    if options.is_empty() || sentence.len() > 12 {
        return None;
    }
    let says = |text: &str| fold::key(without_article(&fold::tokenize(text)));
    let said = fold::key(without_article(&sentence.tokens));
    if let Some(option) = options.iter().find(|option| says(&option.label) == said) {
        return Some(option);
    }
    // "vale, comedias" is no yes, "sí, esa misma" is one.
    let agrees = |token: &fold::Token| {
        let word = token.word.as_str();
        YES.contains(&word) || cues::is("agrees", word) || matches!(word, "ok" | "okay" | "vale" | "venga" | "sip")
    };
    let says_only_yes = sentence.tokens.iter().any(agrees)
        && sentence.tokens.iter().all(|token| agrees(token) || patterns::is_courtesy(&token.word));
    if let [only] = options
        && sentence.len() <= 4
        && (says_only_yes || sentence.tokens.first().is_some_and(|first| YES.contains(&first.word.as_str())))
    {
        return Some(only);
    }
    let is_telling = |word: &str| !AROUND.contains(&word) && !matches!(word, "mas" | "most" | "more");
    let telling: Vec<&fold::Token> = sentence.tokens.iter().filter(|token| is_telling(&token.word)).collect();
    // "Kim Novak", "Novak" of people, whose labels end in no year.
    let is_said = |option: &&ClarifyOption| {
        let name = fold::tokenize(&option.label);
        let says = |word: &fold::Token| name.iter().any(|own| own.word == word.word);
        !option.label.ends_with(')') && option.text.contains(&option.label) && telling.iter().all(|word| says(word))
    };
    if !telling.is_empty()
        && let Some(option) = only(options.iter().filter(is_said))
    {
        return Some(option);
    }
    let [telling] = telling.as_slice() else { return None };
    if telling.year().is_some() {
        return only(options.iter().filter(|option| option.label.contains(&format!("({})", telling.word))));
    }
    // "la del 98".
    if let Some(year) = telling.number().filter(|_| telling.word.len() == 2 && sentence.len() > 1) {
        let is_of = |option: &&ClarifyOption| year_of(option).is_some_and(|of| u64::from(of % 100) == year);
        if let Some(option) = only(options.iter().filter(is_of)) {
            return Some(option);
        }
    }
    match telling.word.as_str() {
        "newer" | "newest" | "latest" | "recent" | "new" | "nueva" | "reciente" | "moderna" | "remake" | "actual" => {
            return options.iter().filter(|option| year_of(option).is_some()).max_by_key(|option| year_of(option));
        }
        "older" | "oldest" | "old" | "original" | "antigua" | "vieja" | "earliest" | "clasica" => {
            return options.iter().filter(|option| year_of(option).is_some()).min_by_key(|option| year_of(option));
        }
        // Of films of a name the best known stands first.
        "popular" | "famous" | "known" | "conocida" | "famosa" | "main" if year_of(&options[0]).is_some() => {
            return options.first();
        }
        "other" | "otra" if options.len() == 2 && year_of(&options[0]).is_some() => return options.last(),
        _ => {}
    }
    // "4" means four stars, not the fourth choice.
    let number = lexicon::number_word(&telling.word).map_or_else(|| telling.word.clone(), |number| number.to_string());
    if are_stars(options) && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return options.iter().find(|option| option.label.split(' ').next() == Some(number.as_str()));
    }
    match places::place(&telling.word)? {
        0 => options.last(),
        place => options.get(place - 1),
    }
}

/// Whether the choices are so many stars each.
pub(crate) fn are_stars(options: &[ClarifyOption]) -> bool {
    options.iter().all(|option| option.label.starts_with(|first: char| first.is_ascii_digit()))
}

/// "the one with DiCaprio" after "which Titanic?": the only choice that has that person.
fn chosen_by_person<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
) -> Option<&'o ClarifyOption> {
    const BESIDE: [&str; 9] = ["with", "by", "starring", "directed", "has", "con", "por", "dirigida", "sale"];
    const MOST_WORDS: usize = 9;
    if options.is_empty() || sentence.len() > MOST_WORDS {
        return None;
    }
    let is_beside = |word: &str| AROUND.contains(&word) || BESIDE.contains(&word);
    // A name alone may be a new wish.
    if !sentence.tokens.first().is_some_and(|first| is_beside(&first.word)) {
        return None;
    }
    let name: Vec<&str> =
        sentence.tokens.iter().map(|token| token.word.as_str()).filter(|word| !is_beside(word)).collect();
    if name.is_empty() {
        return None;
    }
    let is_named = |person: &String| {
        let parts = fold::tokenize(person);
        name.iter().all(|word| parts.iter().any(|part| part.word == *word))
    };
    only_film(options, index, |movie| {
        index.facts(movie).is_some_and(|facts| facts.cast.iter().chain(&facts.directors).any(is_named))
    })
}

/// "the disney one" after "which Frozen?": the only choice that viewers have tagged so.
fn chosen_by_tag<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
) -> Option<&'o ClarifyOption> {
    const TAGS: usize = 50;
    let telling: Vec<&str> =
        sentence.tokens.iter().map(|token| token.word.as_str()).filter(|word| !AROUND.contains(word)).collect();
    let points = |token: &fold::Token| matches!(token.word.as_str(), "one" | "la" | "el" | "version");
    if telling.is_empty() || telling.len() > 3 || !sentence.tokens.iter().any(points) {
        return None;
    }
    let said = telling.join(" ");
    only_film(options, index, |movie| index.tags_of(movie, TAGS).contains(&said.as_str()))
}

/// "the disney one, 4" after "which Frozen?": the rating of that choice, as a sentence.
pub(crate) fn chosen_with_stars(
    sentence: &Sentence,
    options: &[ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<String> {
    let at = (1..sentence.len()).rev().find(|at| sentence.breaks_before(*at)).filter(|_| !options.is_empty())?;
    let option = choice(&Sentence::new(sentence.typed(0, at)), options, index, catalogue)?;
    Some(format!("{} {}", option.text, sentence.typed(at, sentence.len())))
}

/// "the horror one" after "which Frozen?": the only choice of that genre.
fn chosen_by_genre<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    const BESIDE: [&str; 4] = ["no", "not", "that", "ones"];
    const MOST_WORDS: usize = 6;
    let points =
        |word: &str| matches!(word, "one" | "la" | "el" | "esa" | "ese" | "version" | "peli" | "film" | "movie");
    if options.is_empty() || sentence.len() > MOST_WORDS || !sentence.tokens.iter().any(|token| points(&token.word)) {
        return None;
    }
    let mut named = None;
    for at in 0..sentence.len() {
        let word = sentence.tokens[at].word.as_str();
        let genre = lexicon::meanings(&sentence.tokens, at).find_map(|(meaning, _)| match meaning {
            lexicon::Meaning::Genres([genre]) => Some(*genre),
            _ => None,
        });
        match genre {
            Some(_) => named = genre,
            None if AROUND.contains(&word) || BESIDE.contains(&word) => {}
            None => return None,
        }
    }
    let genre = named?;
    only_film(options, index, |movie| {
        catalogue.get(movie).is_some_and(|film| film.genres.iter().any(|own| own == genre))
    })
}

/// The year in "Heat (1995)".
fn year_of(option: &ClarifyOption) -> Option<u16> {
    let (_, year) = option.label.strip_suffix(')')?.rsplit_once('(')?;
    year.parse().ok()
}

/// The only choice that meets the conditions that the sentence says.
fn by_conditions<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    only(all_by_conditions(sentence, options, index, catalogue)?.into_iter())
}

/// The choices that meet the conditions that the sentence says, where it says nothing beside them.
fn all_by_conditions<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<Vec<&'o ClarifyOption>> {
    const MOST_WORDS: usize = 8;
    const BEFORE: [&str; 12] =
        ["i", "meant", "mean", "want", "no", "not", "me", "refiero", "referia", "a", "quiero", "digo"];
    let points = |word: &str| matches!(word, "the" | "that" | "la" | "el" | "esa" | "ese");
    let begins = |word: &str| BEFORE.contains(&word) || patterns::is_courtesy(word);
    let first = sentence.tokens.iter().find(|token| !begins(&token.word))?;
    if options.is_empty() || sentence.len() > MOST_WORDS || !points(&first.word) {
        return None;
    }
    let request = Reader::new(sentence, index, catalogue).read();
    let says_nothing = |at: usize| {
        let word = sentence.tokens[at].word.as_str();
        AROUND.contains(&word) || cues::is("frames", word) || begins(word)
    };
    let says_no_more = request.unread.iter().all(|(from, to)| (*from..*to).all(says_nothing));
    // "the animated one, 4" rates it.
    if request.n.is_some() || !request.titles.is_empty() || !request.has_conditions() || !says_no_more {
        return None;
    }
    // Of a country or a language all films count here, not only the best known.
    let filters = Filters { exclude_seen: false, movie_ids: Vec::new(), ..request.filters() };
    let is_such = |movie| request.named.iter().all(|named| named.films.contains(&movie));
    let fits = |movie| is_such(movie) && catalogue.get(movie).is_some_and(|film| filters.allow(film, false));
    let is_fitting =
        |option: &&ClarifyOption| matches!(index.find(&option.label), TitleMatch::One(movie) if fits(movie));
    Some(options.iter().filter(is_fitting).collect())
}

/// "the Disney one" after films like Cinderella, of which there are several: the one of that name that is meant.
pub(crate) fn namesake(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    let Setting { index, catalogue, context, .. } = setting;
    const MOST_WORDS: usize = 6;
    let [only] = context.like else { return None };
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let points = matches!(
        words.as_slice(),
        ["the", .., "one" | "version" | "cartoon" | "film" | "movie"]
            | ["the", "one", ..]
            | ["la", "de" | "que" | "version", ..]
            | ["la" | "el", _]
    );
    // "the newer one" may be of the list.
    let is_of_list = |word: &str| matches!(word, "newer" | "older") || (place(word).is_some() && word != "one");
    if !points || words.iter().any(|word| is_of_list(word)) || words.len() > MOST_WORDS || !context.last.is_list() {
        return None;
    }
    let options: Vec<ClarifyOption> =
        index.namesakes(*only).into_iter().filter_map(|movie| replies::film_option(movie, catalogue)).collect();
    if options.len() < 2 {
        return None;
    }
    let Some(chosen) = choice(sentence, &options, index, catalogue) else {
        // "la que no es de dibujos" may be two.
        let fitting = all_by_conditions(sentence, &options, index, catalogue)?;
        let fitting: Vec<ClarifyOption> = fitting.into_iter().cloned().collect();
        let about = sentence.text.trim().to_owned();
        let asked = Intent::Clarify { question: Question::WhichFilm, about, film: None, options: fitting.clone() };
        return (fitting.len() > 1 && fitting.len() < options.len()).then_some(asked);
    };
    match index.find(&chosen.label) {
        TitleMatch::One(movie) => Some(Intent::LikeInstead { movies: vec![movie] }),
        _ => None,
    }
}

/// "the first of the two", without what it is one of.
fn without_count(sentence: &Sentence) -> Option<Sentence> {
    let counts = |word: &str| {
        matches!(word, "the" | "las" | "los" | "two" | "dos" | "three" | "tres" | "them" | "these" | "those")
            || matches!(word, "ellas" | "esas" | "estas" | "all" | "todas" | "list" | "lista" | "la")
    };
    let at = sentence.tokens.iter().rposition(|token| matches!(token.word.as_str(), "of" | "de"))?;
    let rest = sentence.tokens.get(at + 1..)?;
    let is_count = at > 0 && !rest.is_empty() && rest.iter().all(|token| counts(&token.word));
    is_count.then(|| Sentence::new(sentence.typed(0, at)))
}
