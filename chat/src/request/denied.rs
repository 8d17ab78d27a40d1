//! What follows a name and changes what it says: "de zombis no", "Meg Ryan optional", "the dog dies". And what follows what
//! is not wanted and tells more of it: "no American remake".

use std::collections::HashSet;

use cineswarm_engine::MovieId;

use super::{Reader, Request};
use crate::topics::Named;
use crate::words::cues;
use crate::words::lexicon::{self, Meaning};

/// Words between the beginning of a name and the "no" that closes it.
const MOST_WORDS: usize = 6;

impl Reader<'_> {
    /// "de zombis no, que me dan asco", "con Tom Cruise no": a "no" that ends what it stands in rules it out.
    pub(super) fn read_denied(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let no = (at + 1..tokens.len().min(at + MOST_WORDS + 1)).find(|end| self.is_closing_no(*end))?;
        if (at + 1..no).any(|at| self.sentence.breaks_before(at)) {
            return None;
        }
        self.rule_out_named(at, no, request).then_some(no + 1)
    }

    /// Whether a "no" stands here that ends what is said: "terror no, por favor", "horror? no."
    pub(super) fn is_closing_no(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let follows = |at: usize| self.sentence.breaks_before(at) && !self.sentence.gap(at).contains('?');
        let ends = at + 1 == tokens.len() || self.sentence.breaks_before(at + 1);
        // "es de zombis, ¿no?" asks.
        let asks = self.sentence.gap(at + 1).contains('?');
        tokens.get(at).is_some_and(|token| token.word == "no") && ends && !asks && !follows(at)
    }

    /// The place after "dies" and the like behind what it happens to: no film is asked for, or ruled out, that has a dog.
    pub(super) fn happening_after(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        let between = |word: &str| {
            matches!(
                word,
                "that" | "who" | "which" | "que" | "se" | "gets" | "get" | "no" | "doesnt" | "dont" | "never"
            )
        };
        let verb = (at..tokens.len()).find(|at| !between(&tokens[*at].word))?;
        let is_one = !(at..=verb).any(|at| self.sentence.breaks_before(at));
        (is_one && cues::is("happens", &tokens[verb].word)).then_some(verb + 1)
    }

    /// The place after "optional" and the like.
    pub(super) fn optional_after(&self, at: usize) -> Option<usize> {
        lexicon::after(self.tokens(), at, Meaning::Optional).filter(|_| !self.sentence.breaks_before(at))
    }

    /// What stands right beside what is not wanted, and tells more of it: "[no] American remake", "[no] remake americano".
    /// Gives films of which that holds, and the place after it.
    pub(super) fn told_of_unwanted(&self, from: usize, at: usize) -> Option<(HashSet<MovieId>, usize)> {
        if at >= self.tokens().len() || self.sentence.breaks_before(at) {
            return None;
        }
        let follows_origin = self.films_of_origin_unwanted(from).is_some_and(|(_, end)| end == at);
        let is_further = |films: &[MovieId], end: usize| !films.is_empty() && end > at;
        if follows_origin {
            let (films, end) = self.index.theme_at(self.tokens(), at).filter(|(films, end)| is_further(films, *end))?;
            return Some((films.iter().copied().collect(), end));
        }
        // "sin gore coreano": what goes on after it is none of it.
        let (films, end) = self.films_of_origin_unwanted(at)?;
        (end == self.tokens().len() || self.ends_clause(end)).then(|| (films.into_iter().collect(), end))
    }
}

/// Whether all films that are wanted so are among these: one and the same is both wanted and not.
pub(super) fn leaves_nothing_of(wanted: &[Named], films: &[MovieId]) -> bool {
    // Most differ in their first film, so that the set is seldom built.
    let mut suspects = wanted.iter().filter(|named| named.films.first().is_some_and(|first| films.contains(first)));
    let Some(first) = suspects.next() else { return false };
    let without: HashSet<MovieId> = films.iter().copied().collect();
    std::iter::once(first).chain(suspects).any(|named| named.films.iter().all(|movie| without.contains(movie)))
}
