//! Questions about the films shown: whether one is among them, which of them somebody is in, and the same films in another
//! order. Answered of those films alone; never asks for others.

use std::cmp::Reverse;

use cineswarm_engine::{Filters, MovieId, damped_means};

use crate::context::Last;
use crate::intent::{Intent, Order, Shift, Tweak, Understood, Wanted};
use crate::topics::{Topic, TopicKind};
use crate::words::fold::Sentence;
use crate::words::turns;
use crate::{Chat, Setting};

/// Films that a condition lists at most, the best known: of others it is not known whether they are so.
const MOST_LISTED: usize = 1000;

/// "which of them has John Goodman", "the one with the train, is it there": what reads as a wish for some of the films shown,
/// but asks which of them are so.
pub(crate) fn which_of_shown(understood: Understood, sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let shown = setting.context.shown;
    let (Intent::Refine { filters, tweak: Tweak::None, shift: None | Some(Shift::Instead | Shift::Besides) }
    | Intent::Browse { filters, tweak: Tweak::None }) = &understood.intent
    else {
        return understood;
    };
    let tokens = &sentence.tokens;
    let says = |kind| (0..tokens.len()).any(|at| turns::beginnings(kind, &tokens[at..]).next().is_some());
    let asks_which = says("which_shown") || turns::without_end("is_shown", tokens).len() < tokens.len();
    let asks_which = asks_which || turns::beginnings("which_begins", tokens).next().is_some();
    let is_for_one = turns::beginnings("one_shown", tokens).next().is_some();
    let is_length = |topic: &Topic| matches!(topic.kind, TopicKind::LengthAtMost | TopicKind::LengthAtLeast);
    let has_length = understood.topics.iter().any(is_length);
    let is_known = filters.movie_ids.len() < MOST_LISTED || (has_length && understood.topics.len() == 1);
    let is_plain = is_known && understood.ignored.is_empty() && understood.lifted.is_empty();
    if shown.is_empty() || !is_plain || *filters == Filters::default() || !(asks_which || is_for_one) {
        return understood;
    }
    let by_length = Filters { movie_ids: Vec::new(), ..filters.clone() };
    let filters = if has_length { &by_length } else { filters };
    let fits = |movie: &MovieId| {
        setting.catalogue.get(*movie).is_some_and(|film| filters.allow(film, false))
            && understood.topics.iter().all(|topic| !is_length(topic) || is_so_long(topic, *movie, setting))
    };
    let places = shown.iter().enumerate().filter(|(_, movie)| fits(movie));
    let found: Vec<(usize, MovieId)> = places.map(|(at, movie)| (at + 1, *movie)).collect();
    // "the one in Italian", where none of them is, asks for another.
    if !asks_which && found.is_empty() {
        return understood;
    }
    let (topics, disliked) = Default::default();
    Understood { intent: Intent::AmongShown { film: None, found }, n: None, topics, disliked, ..understood }
}

fn is_so_long(topic: &Topic, movie: MovieId, setting: Setting<'_>) -> bool {
    let minutes = setting.index.facts(movie).and_then(|known| known.runtime_min);
    minutes.zip(topic.label.parse::<u16>().ok()).is_some_and(|(minutes, bound)| match topic.kind {
        TopicKind::LengthAtMost => minutes <= bound,
        _ => minutes >= bound,
    })
}

impl Chat<'_> {
    /// "which one is the longest?": the film of the list that it is, by what is asked of it.
    pub(crate) fn first_of_list(&self, most: &str, next: bool) -> Option<Intent> {
        let compared = self.compared_last();
        // "cuál es la mejor valorada" after the films of a series asks of those.
        let series = match self.context.about.filter(|_| self.context.last == Last::Series) {
            Some(movie) => self.series_of(movie),
            None => None,
        };
        let told = match &series {
            Some(Intent::Series { movies, .. }) => Some(movies.as_slice()),
            _ => compared.as_ref().map(|pair| pair.as_slice()),
        };
        let shown = || told.unwrap_or(self.context.shown).iter().copied();
        let length = |movie: &MovieId| self.reader.index.facts(*movie).and_then(|known| known.runtime_min);
        let timed = || shown().filter(|movie| length(movie).is_some());
        let year = |movie: &MovieId| self.catalogue.get(*movie).and_then(|movie| movie.year);
        let dated = || shown().filter(|movie| year(movie).is_some());
        let ratings = |movie: &MovieId| self.catalogue.stats(*movie).ratings;
        // One viewer's five stars are not the best; of films that are worth the same that one which fewer know.
        let worth = damped_means(self.catalogue);
        let best_first = |a: &MovieId, b: &MovieId| worth(*b).total_cmp(&worth(*a)).then(ratings(a).cmp(&ratings(b)));
        let mut films: Vec<MovieId> = match most {
            "Longest" | "Shortest" => timed().collect(),
            "Newest" | "Oldest" => dated().collect(),
            _ => shown().collect(),
        };
        let wanted = match most {
            "Longest" => {
                films.sort_by_key(|movie| Reverse(length(movie)));
                Wanted::Runtime
            }
            "Shortest" => {
                films.sort_by_key(length);
                Wanted::Runtime
            }
            "Newest" => {
                films.sort_by_key(|movie| Reverse(year(movie)));
                Wanted::Year
            }
            "Oldest" => {
                films.sort_by_key(year);
                Wanted::Year
            }
            "Best" => {
                films.sort_by(best_first);
                Wanted::Opinion
            }
            "Worst" => {
                films.sort_by(|a, b| best_first(b, a));
                Wanted::Opinion
            }
            "Obscure" => {
                films.sort_by_key(ratings);
                Wanted::Opinion
            }
            "Known" => {
                films.sort_by_key(|movie| Reverse(ratings(movie)));
                Wanted::Opinion
            }
            _ => return None,
        };
        // "and the next shortest?" after the shortest, or after the first of them.
        let at = match next {
            false => 0,
            true => films.iter().position(|movie| Some(*movie) == self.context.about).map_or(1, |at| at + 1),
        };
        Some(match films.get(at) {
            Some(movie) => Intent::About { wanted, movie: *movie },
            None => Intent::OutsideTheData { asked: self.reader.sentence.text.trim().to_owned() },
        })
    }

    /// Whether the film is among those shown, and where.
    pub(crate) fn is_shown(&self, movie: MovieId) -> Intent {
        let place = self.context.shown.iter().position(|shown| *shown == movie);
        Intent::AmongShown { film: Some(movie), found: place.map(|place| (place + 1, movie)).into_iter().collect() }
    }

    /// The films shown in this order; what is not known of some, at the end.
    pub(crate) fn in_order(&self, order: Order) -> Intent {
        let mut movies = self.context.shown.to_vec();
        order.sort(&mut movies, self.catalogue, self.reader.index);
        Intent::InOrder { order, movies }
    }
}
