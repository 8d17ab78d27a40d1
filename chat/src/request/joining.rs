//! The topics of a sentence put together: what is either, what is both at once, and the films of what a chip says.

use cineswarm_engine::{Catalogue, MovieId};

use super::{Reader, Request};
use crate::fold::Sentence;
use crate::intent::Lang;
use crate::knowledge::Role;
use crate::lexicon::{self, Meaning};
use crate::replies;
use crate::titles::TitleIndex;
use crate::topics::{Alternatives, Named, Topic, TopicKind, either};

impl Reader<'_> {
    /// "French or Italian" are either; so are "French and Italian", and directors who made nothing together.
    pub(crate) fn join_alternatives(&self, at: usize, end: usize, known: &mut Alternatives, named: &mut Vec<Named>) {
        let tokens = self.tokens();
        let newest = named.len() - 1;
        let after = |meaning| known.end.and_then(|end| lexicon::after(tokens, end, meaning)) == Some(at);
        let (or, and) = (after(Meaning::Or), after(Meaning::And));
        let follows = known.end == Some(at) && self.sentence.breaks_before(at);
        let is_one_kind = newest > known.first
            && named[known.first..newest].iter().all(|other| other.topic.kind.is_like(named[newest].topic.kind));
        if !((or || and || follows) && is_one_kind) {
            *known = Alternatives { first: newest, end: Some(end) };
            return;
        }
        let joint = known.end.unwrap_or(at);
        known.end = Some(end);
        let excludes = || match named[newest].topic.kind {
            TopicKind::Origin => true,
            TopicKind::Director => !named[newest].films.iter().any(|film| named[known.first].films.contains(film)),
            _ => false,
        };
        if !(or || (and && excludes())) {
            return;
        }
        let is_spanish = tokens.get(joint).is_some_and(|word| matches!(word.word.as_str(), "o" | "u" | "y" | "e"));
        let joint = if is_spanish { " o " } else { " or " };
        let one = named.drain(known.first..).reduce(|one, other| either(one, other, joint));
        named.extend(one);
    }

    /// "romantic comedy", "sci-fi horror": both at once, and no longer either.
    pub(crate) fn join_genres(&self, request: &mut Request) {
        for run in std::mem::take(&mut request.genre_runs) {
            if run.genres.len() < 2 {
                continue;
            }
            request.genres.retain(|genre| !run.genres.contains(genre));
            let has_all =
                |movie: &&cineswarm_engine::Movie| run.genres.iter().all(|genre| movie.genres.contains(genre));
            let films = self.catalogue.movies().iter().filter(has_all).map(|movie| movie.id).collect();
            let topic = Topic {
                kind: TopicKind::Genres,
                label: run.genres.join(" + "),
                said: self.sentence.typed(run.from, run.to).to_owned(),
            };
            request.named.push(Named { topic, films });
        }
    }

    /// "tipo Lynch pero que no sea Lynch": films by somebody that are not by them are none; what is like them nobody knows.
    pub(super) fn leave_out_the_contradicted(&self, request: &mut Request) {
        let is_ruled_out = |named: &Named| request.without.iter().any(|other| other.topic.label == named.topic.label);
        let Some(place) = request.named.iter().position(is_ruled_out) else { return };
        let named = request.named.remove(place);
        let said = (0..self.sentence.len()).find_map(|at| {
            let named_here = self.person_named_at(at).or_else(|| self.person_surnamed_at(at, Role::Either, true));
            named_here.filter(|(person, _)| person.name == named.topic.label).map(|(_, end)| (at, end))
        });
        request.without_effect.extend(said);
    }
}

/// The films of what a chip says; `None` for what is not wanted, and for what has no films of its own.
pub fn films_of(topic: &Topic, index: &TitleIndex, catalogue: &Catalogue) -> Option<Vec<MovieId>> {
    if matches!(topic.kind, TopicKind::Without | TopicKind::BetterKnown) {
        return None;
    }
    let sentence = Sentence::new(&replies::topic_said(topic, Lang::En));
    let request = Reader::new(&sentence, index, catalogue).read();
    (!request.named.is_empty()).then_some(request.only)
}

/// Either of two topics, as one to be said: "French or Italian".
pub fn either_topic(one: &Topic, other: &Topic, lang: Lang) -> Topic {
    let named = |topic: &Topic| Named { topic: topic.clone(), films: Vec::new() };
    either(named(one), named(other), if lang == Lang::Es { " o " } else { " or " }).topic
}
