//! Series: one that is all that is said ("james bond", "the before trilogy"), and the first of one by stars, years or minutes:
//! "which of the Alien films is the best", "la mejor de Harry Potter", "pirates of the caribbean, which is the first". That is
//! asked of its films as it would be of a list.

use cineswarm_engine::MovieId;

use crate::films::titles::Reading;
use crate::intent::{Intent, Lang, Understood, Wanted};
use crate::request::Reader;
use crate::whole;
use crate::words::fold::{self, Sentence, without_article};
use crate::words::{cues, language, patterns};
use crate::{Context, Setting};

/// "james bond films" for "james bond".
pub(crate) fn films_of(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const LONGEST: usize = 7;
    let tokens = &sentence.tokens;
    if tokens.is_empty() || tokens.len() > LONGEST {
        return None;
    }
    let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let words = without_article(tokens.get(from..)?);
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let (name, _) = reader.series_called(words)?;
    Some(match setting.lang {
        Lang::En => format!("the {name} series"),
        Lang::Es => format!("la saga de {name}"),
    })
}

/// The first of a series that is named, in the order that is asked for.
pub(crate) fn most_of_series(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 12;
    const LONGEST: usize = 6;
    let Setting { index, catalogue, .. } = setting;
    let tokens = &sentence.tokens;
    let count = tokens.len();
    let says_most = |at: usize| cues::is("series_most", &tokens[at].word);
    if count > MOST_WORDS || !index.has_facts() || !(0..count).any(says_most) {
        return None;
    }
    let reader = Reader::new(sentence, index, catalogue);
    let (from, to, mut films) = (1..=LONGEST.min(count)).rev().find_map(|length| {
        (0..=count - length).find_map(|from| {
            let words = &tokens[from..from + length];
            let films = reader.series_films(words);
            let films = if films.is_empty() { reader.series_films(&in_singular(words)) } else { films };
            let tells = length > 1 || (words[0].word.len() >= 4 && !says_most(from));
            (films.len() > 1 && tells).then_some((from, from + length, films))
        })
    })?;
    // "the best of the dark knight rises" is of a film.
    let is_around = |at: usize| {
        let word = tokens[at].word.as_str();
        cues::is("series_around", word) || says_most(at) || fold::is_article(word) || patterns::is_courtesy(word)
    };
    if !(0..from).chain(to..count).all(is_around) || index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let year = |movie: &MovieId| catalogue.get(*movie).and_then(|film| film.year);
    // "best star wars movies" are several, and "the first Harry Potter" is no question.
    let says = |of: &[&str]| tokens.iter().any(|token| of.contains(&token.word.as_str()));
    let asks = says(&["which", "what", "whats", "cual"]) || sentence.text.contains('?');
    let most = (0..from).chain(to..count).find(|at| says_most(*at))?;
    let asked = |kind: &str| cues::is(kind, &tokens[most].word);
    let is_place = asked("series_first") || asked("series_last");
    if !asks && (is_place || says(&["films", "movies", "pelis", "peliculas"])) {
        return None;
    }
    films.retain(|movie| year(movie).is_some());
    films.sort_by_key(|movie| year(movie));
    let language = language::language(&sentence.text, tokens.iter());
    let about = |wanted, movie: Option<&MovieId>| {
        let movie = *movie?;
        Some(Understood { language, ..whole::says(sentence, Intent::About { wanted, movie }) })
    };
    if asked("series_first") {
        return about(Wanted::Year, films.first());
    }
    if asked("series_last") {
        return about(Wanted::Year, films.last());
    }
    // "the best of Harry Potter" as "which of these is the best", of its films.
    let order = match () {
        () if asked("series_longest") => "which of these is the longest",
        () if asked("series_shortest") => "which of these is the shortest",
        () => "which of these is the best rated",
    };
    let context = Context { shown: &films, goes_on: true, ..Context::default() };
    let read = setting.after(&context).understand(order);
    let is_of_them = matches!(&read.intent, Intent::About { movie, .. } if films.contains(movie));
    is_of_them.then_some(Understood { language, ..read })
}

/// "alien films" has no plural of its own, "the harry potters" has.
pub(crate) fn in_singular(words: &[fold::Token]) -> Vec<fold::Token> {
    let mut words = words.to_vec();
    if let Some(last) = words.last_mut()
        && let Some(one) = last.word.strip_suffix('s')
    {
        last.word = one.to_owned();
    }
    words
}
