//! A question that was asked back and is not answered: "Several films fit Whiplash", then "less intense, please". Where all
//! its choices are called the same, what follows is said of the best known of them, which stands first.

use cineswarm_engine::Filters;

use crate::intent::{ClarifyOption, Intent, Shift, Tweak, Understood};
use crate::words::fold::{key, tokenize};
use crate::words::{cues, patterns};
use crate::{Context, Setting};

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
    let mut titles = options.iter().map(title);
    titles.next().is_some_and(|first| !first.is_empty() && titles.all(|title| title == first))
}
