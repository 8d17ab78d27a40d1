//! Series: one that is all that is said ("james bond", "the before trilogy"), and the first of one by stars, years or minutes:
//! "which of the Alien films is the best", "la mejor de Harry Potter", "pirates of the caribbean, which is the first". That is
//! asked of its films as it would be of a list.

use cineswarm_engine::{Filters, MovieId};

use crate::context::Last;
use crate::films::series;
use crate::films::titles::Reading;
use crate::intent::{Intent, Lang, Shift, Understood, Wanted};
use crate::request::Reader;
use crate::whole;
use crate::words::fold::{self, Sentence, without_article};
use crate::words::which::phrase_at;
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
    Some(series_wish(name, setting.lang))
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
            let films = if films.is_empty() { reader.series_films(&series::in_singular(words)) } else { films };
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

/// "only the old ones", "the ones from the 90s" after a series was told: those of that series.
pub(crate) fn narrowed(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let Setting { index, catalogue, context, lang, .. } = setting;
    let series = index.series_of(context.about.filter(|_| context.last == Last::Series)?);
    if series.len() < 2 || !context.options.is_empty() {
        return None;
    }
    let of_list = Context { shown: series, goes_on: true, ..Context::default() };
    let read = setting.after(&of_list).understand(&sentence.text);
    let Intent::Refine { filters, tweak, shift: None | Some(Shift::Besides | Shift::Instead) } = &read.intent else {
        return None;
    };
    if !read.ignored.is_empty() || (read.topics.is_empty() && *filters == Filters::default()) {
        return None;
    }
    let named = setting
        .after(&Context::default())
        .understand(&series_wish(index.facts(*series.first()?)?.series.as_deref()?, lang));
    let Intent::Browse { filters: of_series, .. } = named.intent else { return None };
    let (year_from, year_to) = era(sentence, series, setting).unwrap_or((filters.year_from, filters.year_to));
    let is_wanted = |movie: &MovieId| filters.movie_ids.is_empty() || filters.movie_ids.contains(movie);
    let movie_ids: Vec<MovieId> = of_series.movie_ids.iter().copied().filter(is_wanted).collect();
    let all_else = Filters { year_from, year_to, movie_ids, exclude_seen: false, ..filters.clone() };
    // Where none is left the list before may be meant.
    if !all_else.movie_ids.iter().any(|movie| catalogue.get(*movie).is_some_and(|film| all_else.allow(film, false))) {
        return None;
    }
    let topics = named.topics.into_iter().chain(read.topics.clone()).collect();
    Some(Understood { intent: Intent::Browse { filters: all_else, tweak: *tweak }, topics, ..read })
}

/// The years of "the old ones", "las nuevas" of a series: up to, or since, a long while in which there was none.
fn era(sentence: &Sentence, series: &[MovieId], setting: Setting<'_>) -> Option<(Option<u16>, Option<u16>)> {
    const LONG: u16 = 8;
    // "las antiguas".
    let words: Vec<fold::Token> =
        sentence.tokens.iter().flat_map(|token| series::in_singular(std::slice::from_ref(token))).collect();
    let says = |kind: &'static str| (0..words.len()).any(|at| phrase_at(&words, at, words.len(), &[kind]).is_some());
    let mut years: Vec<u16> = series.iter().filter_map(|movie| setting.catalogue.get(*movie)?.year).collect();
    years.sort_unstable();
    let mut gaps = years.windows(2).filter(|pair| pair[1] - pair[0] >= LONG);
    let middle = (years.len() / 2).checked_sub(1)?;
    if says("oldest") {
        return Some((None, gaps.next().map(|gap| gap[0]).or_else(|| years.get(middle).copied())));
    }
    let newest = || gaps.next_back().map(|gap| gap[1]).or_else(|| years.get(middle + 1).copied());
    says("newest").then(newest).map(|year| (year, None))
}

fn series_wish(name: &str, lang: Lang) -> String {
    let name = name.split(" - ").next().unwrap_or(name);
    match lang {
        Lang::En => format!("the {name} series"),
        Lang::Es => format!("la saga de {name}"),
    }
}
