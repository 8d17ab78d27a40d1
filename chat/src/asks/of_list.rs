//! Questions about the films shown: whether one is among them, which of them somebody is in, and the same films in another
//! order. Answered of those films alone; never asks for others.

use cineswarm_engine::{Filters, MovieId};

use crate::intent::{Intent, Order, Shift, Tweak, Understood};
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
