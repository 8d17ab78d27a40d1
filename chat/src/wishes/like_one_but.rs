//! "like the second but funnier", "como esa pero más corta": films like one of the list, under a condition.
//! Only says which film is meant, and what "shorter" is of it; the sentence is read like any other that names a film.

use cineswarm_engine::MovieId;

use crate::intent::Intent;
use crate::talk::remarks;
use crate::words::fold::Sentence;
use crate::words::{places, turns};
use crate::{Last, Setting, Tweak, replies};

/// The same sentence with the film's name.
pub(crate) fn named(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let tokens = &sentence.tokens;
    if !setting.goes_on() && setting.context.about.is_none() {
        return None;
    }
    let word = |at: usize| tokens[at].word.as_str();
    let turns = |at: &usize| matches!(word(*at), "but" | "pero" | "only" | "solo");
    let conditions = |at: &usize| matches!(word(*at), "without" | "sin" | "in" | "en" | "with" | "con" | "from");
    let split = (1..tokens.len()).find(turns).or_else(|| (1..tokens.len()).find(conditions))?;
    let points = |at: usize| places::place(word(at)).is_some() || matches!(word(at), "it" | "that" | "esa" | "ese");
    let is_like =
        |at: usize| matches!(word(at), "like" | "como" | "similar" | "parecida" | "parecido" | "estilo" | "asi");
    if !(0..split).any(is_like) {
        return None;
    }
    let is_like_it = ["similar", "as_told"].iter().any(|kind| turns::is(kind, &tokens[..split]));
    let head = if is_of_one_film(setting) && is_like_it {
        // "anything similar but shorter", "like that but newer", of the film that is spoken of.
        setting.understand("anything like it")
    } else if (0..split).any(points) {
        setting.understand(sentence.typed(0, split))
    } else {
        return None;
    };
    let Intent::Like { movies, filters, tweak: Tweak::None } = head.intent else { return None };
    let adds_nothing = head.ignored.is_empty() && head.topics.is_empty() && filters.genres.is_empty();
    if !adds_nothing {
        return None;
    }
    let names: Vec<String> =
        movies.iter().map(|movie| setting.catalogue.get(*movie).map(replies::film_name)).collect::<Option<_>>()?;
    let from = split + usize::from(turns(&split));
    let rest = sentence.typed(from, tokens.len());
    let is_spanish = (0..split).any(|at| matches!(word(at), "como" | "parecida" | "parecido" | "estilo" | "asi"));
    let of_it = match &movies[..] {
        [movie] => remarks::order(&Sentence::new(rest)).and_then(|order| than(order.0, *movie, is_spanish, setting)),
        _ => None,
    };
    let rest = of_it.unwrap_or_else(|| rest.to_owned());
    Some(match is_spanish {
        true => format!("como {} pero {rest}", names.join(" y ")),
        false => format!("like {} but {rest}", names.join(" and ")),
    })
}

/// "something like Titanic but shorter": shorter than it is.
pub(crate) fn than_itself(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 16;
    let tokens = &sentence.tokens;
    let but = (2..tokens.len()).rev().find(|at| matches!(tokens[*at].word.as_str(), "but" | "pero"))?;
    let order = remarks::order(&Sentence::new(sentence.typed(but + 1, tokens.len())))?.0;
    if tokens.len() > MOST_WORDS || !matches!(order, "shorter" | "longer") {
        return None;
    }
    let head = sentence.typed(0, but);
    let read = setting.understand(head);
    let Intent::Like { movies, .. } = &read.intent else { return None };
    let [movie] = movies[..] else { return None };
    let is_spanish = tokens[but].word == "pero";
    let of_it = than(order, movie, is_spanish, setting).filter(|_| read.ignored.is_empty())?;
    Some(format!("{head} {} {of_it}", tokens[but].word))
}

/// Whether the last thing said was of one film, and no list.
fn is_of_one_film(setting: Setting<'_>) -> bool {
    setting.context.about.is_some() && !matches!(setting.context.last, Last::List | Last::Compared(_))
}

/// "shorter" and "más nueva" than this film, in minutes or years.
pub(super) fn than(order: &str, movie: MovieId, is_spanish: bool, setting: Setting<'_>) -> Option<String> {
    let minutes = || setting.index.facts(movie).and_then(|known| known.runtime_min);
    let year = || setting.catalogue.get(movie).and_then(|movie| movie.year);
    Some(match (order, is_spanish) {
        ("shorter", false) => format!("under {} minutes", minutes()?),
        ("shorter", true) => format!("de menos de {} minutos", minutes()?),
        ("longer", false) => format!("over {} minutes", minutes()?),
        ("longer", true) => format!("de más de {} minutos", minutes()?),
        ("newer", false) => format!("after {}", year()?),
        ("newer", true) => format!("después de {}", year()?),
        ("older", false) => format!("before {}", year()?),
        ("older", true) => format!("antes de {}", year()?),
        _ => return None,
    })
}
