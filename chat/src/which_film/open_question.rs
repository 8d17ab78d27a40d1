//! A question that was asked back and is not answered: "Several films fit Whiplash", then "less intense, please". Where all
//! its choices are called the same, what follows is said of the best known of them, which stands first. A film or somebody
//! that was only offered is never taken by what follows, and nothing is done to what was spoken of before instead: it is asked
//! again, with each choice saying what was said since.

use cineswarm_engine::{Filters, MovieId};

use crate::films::titles::TitleMatch;
use crate::intent::{ClarifyOption, Intent, Question, Shift, Tweak, Understood, Wanted};
use crate::people::whose;
use crate::talk::follow_up;
use crate::which_film::another_meant::{names_itself, rewritten};
use crate::which_film::choosing;
use crate::words::fold::{Sentence, key, tokenize};
use crate::words::{cues, patterns};
use crate::{Context, Last, Setting};

/// What was asked for, with what the sentence adds; `None` if the question is another or the sentence no refinement.
pub(crate) fn refined(text: &str, said: &Understood, setting: Setting<'_>) -> Option<Understood> {
    let Intent::Refine { filters: added, tweak, shift } = &said.intent else { return None };
    // "anthony perkins" is a wish of its own, "but with Anthony Perkins" is not.
    let words = tokenize(text).into_iter().map(|token| token.word);
    let first = words.into_iter().find(|word| cues::is("refines", word) || !patterns::is_courtesy(word));
    let adds = first.is_some_and(|word| cues::is("refines", &word) || cues::is("adds", &word));
    let is_bare = *shift == Some(Shift::Instead) || !said.topics.is_empty();
    if is_bare && !adds {
        return None;
    }
    let first = setting.context.options.first().filter(|_| are_called_the_same(setting.context.options))?;
    let asked = setting.after(&Context::default()).understand(&first.text);
    let Intent::Like { movies, filters, .. } = asked.intent else { return None };
    let years = || movies.iter().filter_map(|movie| setting.catalogue.get(*movie)?.year);
    let (from, to) = match shift {
        Some(Shift::Newer) => (years().max().map(|year| year.saturating_add(1)), None),
        Some(Shift::Older) => (None, years().min().map(|year| year.saturating_sub(1))),
        None | Some(Shift::Besides | Shift::Instead) => (added.year_from, added.year_to),
        _ => return None,
    };
    let both = |one: Vec<String>, other: &[String]| one.into_iter().chain(other.iter().cloned()).collect();
    let filters = Filters {
        genres: both(filters.genres, &added.genres),
        exclude_genres: both(filters.exclude_genres, &added.exclude_genres),
        year_from: from.or(filters.year_from),
        year_to: to.or(filters.year_to),
        exclude_seen: filters.exclude_seen && added.exclude_seen,
        movie_ids: if added.movie_ids.is_empty() { filters.movie_ids } else { added.movie_ids.clone() },
        exclude_movie_ids: filters.exclude_movie_ids.into_iter().chain(added.exclude_movie_ids.clone()).collect(),
    };
    let tweak = if *tweak == Tweak::LessKnown { Tweak::LessKnown } else { Tweak::None };
    Some(Understood { intent: Intent::Like { movies, filters, tweak }, ..said.clone() })
}

fn are_called_the_same(options: &[ClarifyOption]) -> bool {
    let title = |option: &ClarifyOption| key(&tokenize(option.label.rsplit_once(" (").map_or("", |(title, _)| title)));
    let mut titles = options.iter().filter(|_| options.len() > 1).map(title);
    titles.next().is_some_and(|first| !first.is_empty() && titles.all(|title| title == first))
}

/// What was understood, or the open question again where it is of what that has not settled.
pub(crate) fn not_settled(understood: Understood, sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let Setting { index, catalogue, context, .. } = setting;
    let options = context.options;
    let film_of = |option: &ClarifyOption| match index.find(&option.label) {
        TitleMatch::One(movie) if option.label.ends_with(')') => Some(movie),
        _ => None,
    };
    let films: Vec<MovieId> = options.iter().filter_map(film_of).collect();
    let is_of_films = !films.is_empty();
    // Stars, and what to delete, are asked for otherwise.
    let is_person = |option: &ClarifyOption| {
        let is_stars = option.label.starts_with(char::is_numeric);
        option.text.ends_with(&option.label) && option.text != option.label && !is_stars
    };
    if options.is_empty() || !(is_of_films || options.iter().all(is_person)) {
        return understood;
    }
    let is_offered = options.len() == 1;
    let is_named = |movie: &MovieId| names_itself(sentence, *movie, setting);
    let is_before = |movie: &MovieId| context.about == Some(*movie) || context.like.contains(movie);
    // "which one is better rated?"
    let may_be_of_them = match &understood.intent {
        Intent::About { movie, .. } => !films.contains(movie) && !is_named(movie),
        Intent::NotUnderstood { .. } | Intent::WhichOne => true,
        _ => false,
    };
    if may_be_of_them && films.len() > 1 && films.len() == options.len() {
        let of_them = Context { shown: &films, goes_on: true, ..Context::default() };
        let read = setting.after(&of_them).understand(&sentence.text);
        if matches!(&read.intent, Intent::About { movie, wanted } if films.contains(movie) && *wanted != Wanted::Other)
        {
            return read;
        }
    }
    // "a esa le pongo 4 estrellas" of a film that was only offered: if that is the one.
    let of_offer = || match films[..] {
        [film] if is_offered && (understood.intent.is_at_a_loss() || understood.intent == Intent::WhichOne) => {
            let agreed = Context { about: Some(film), last: Last::Film, options: &[], ..*context };
            let read = setting.after(&agreed).understand(&sentence.text).intent;
            let is_of_it = film_not_named(&read) == Some(film);
            (is_of_it || (read.filters().is_some() && whose::speaks_of_somebody(sentence))).then_some(read)
        }
        _ => None,
    };
    let of_offer = of_offer();
    let text: &dyn Fn(&ClarifyOption) -> String = match of_offer.as_ref().unwrap_or(&understood.intent) {
        Intent::More | Intent::LessKnown => &|option| option.text.clone(),
        // "¿y otras del mismo director?"
        intent if intent.filters().is_some() && is_of_films && whose::speaks_of_somebody(sentence) => {
            &|option| option.text.clone()
        }
        // What follows an offer that is not taken up is of the question before.
        Intent::Refine { .. } if is_offered => return understood,
        Intent::Refine { .. } => &|option| {
            let said = format!("{}, {}", option.text, sentence.text.trim());
            let read = setting.after(&Context::default()).understand(&said);
            let is_read = read.intent.filters().is_some() && read.ignored.is_empty();
            if is_read { said } else { option.text.clone() }
        },
        Intent::Browse { .. } if are_called_the_same(options) && says_which(sentence) => &|option| option.text.clone(),
        intent => {
            let is_of_other = |movie: &MovieId| is_of_films && !films.contains(movie) && is_before(movie);
            let is_of_offer = of_offer.is_some();
            if !is_of_offer && film_not_named(intent).is_none_or(|movie| !is_of_other(&movie) || is_named(&movie)) {
                return understood;
            }
            &move |option| match intent {
                Intent::About { wanted, .. } => {
                    let asked = follow_up::question(*wanted, setting.lang, &option.label);
                    asked.unwrap_or_else(|| option.text.clone())
                }
                intent => rewritten(intent, &option.label, setting),
            }
        }
    };
    if choosing::choice(sentence, options, index, catalogue).is_some() {
        return understood;
    }
    // "the one from the 90s" may be two of them.
    let passes = |option: &&ClarifyOption| {
        let film = film_of(option).and_then(|movie| catalogue.get(movie));
        understood.intent.filters().zip(film).is_some_and(|(filters, film)| filters.allow(film, false))
    };
    let passing: Vec<&ClarifyOption> = options.iter().filter(passes).collect();
    let is_narrowed = matches!(understood.intent, Intent::Browse { .. }) && !passing.is_empty();
    let left = if is_narrowed { passing } else { options.iter().collect() };
    let again = |option: &ClarifyOption| ClarifyOption { label: option.label.clone(), text: text(option) };
    let options = left.into_iter().map(again).collect();
    let about = sentence.text.trim().to_owned();
    let intent = Intent::Clarify { question: Question::StillOpen, about, film: None, options };
    Understood { intent, n: None, topics: Vec::new(), ignored: Vec::new(), ..understood }
}

/// "the one from the 90s", "la inglesa", "de los 90": of the choices, and no wish of its own.
fn says_which(sentence: &Sentence) -> bool {
    let points = |word: &str| {
        matches!(word, "the" | "that" | "from" | "la" | "el" | "esa" | "ese" | "de" | "del" | "one" | "una")
    };
    let is_several = |word: &str| matches!(word, "films" | "movies" | "ones" | "pelis" | "peliculas" | "las" | "los");
    let mut words = sentence.tokens.iter().map(|token| token.word.as_str());
    let begins = words.clone().find(|word| !patterns::is_courtesy(word)).is_some_and(points);
    begins && (!words.any(is_several) || sentence.tokens.first().is_some_and(|first| first.word.starts_with("de")))
}

/// The one film that something is said or asked of.
fn film_not_named(intent: &Intent) -> Option<MovieId> {
    match intent {
        Intent::Rate { movie, .. }
        | Intent::RateOffScale { movie, .. }
        | Intent::RateBy { movie, .. }
        | Intent::RateInstead { movie, .. }
        | Intent::Unrate { movie }
        | Intent::IsBy { movie, .. }
        | Intent::Why { movie }
        | Intent::Tagged { movie, .. }
        | Intent::Chosen { movie } => Some(*movie),
        Intent::About { movie, wanted } if *wanted != Wanted::Other => Some(*movie),
        Intent::Mark { movies, .. } => match movies[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}
