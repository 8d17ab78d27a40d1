//! What was asked for before and need not be: neither wanted nor ruled out.

use super::{Reader, Request};
use crate::topics::{Topic, TopicKind};
use crate::words::fold::Token;
use crate::words::lexicon::{self, Meaning};
use crate::words::{turns, years};

impl Reader<'_> {
    /// "even if not Korean", "aunque no sean coreanas", "solo de Leone no": what was asked for and need not be.
    pub(super) fn read_lifted(&self, at: usize, request: &mut Request) -> Option<usize> {
        if let Some(end) = self.read_any(at, request) {
            return Some(end);
        }
        let tokens = self.tokens();
        let is_only = matches!(tokens[at].word.as_str(), "solo" | "solamente");
        let said = lexicon::after(tokens, at, Meaning::Lift).or(is_only.then_some(at + 1))?;
        // "doesn't matter if it's new or old".
        if let Some(end) = self.read_any(said, request).filter(|_| said < tokens.len()) {
            return Some(end);
        }
        let mut object = said;
        loop {
            if let Some(end) = self.lift(object, request, is_only) {
                return Some(end);
            }
            object = self.after_link(object).filter(|next| !self.sentence.breaks_before(*next))?;
        }
    }

    /// "from any country", "de cualquier época": whatever was asked for of that kind.
    fn read_any(&self, at: usize, request: &mut Request) -> Option<usize> {
        const KINDS: [(&str, &[TopicKind]); 3] = [
            ("any_origin", &[TopicKind::Origin]),
            ("any_length", &[TopicKind::LengthAtMost, TopicKind::LengthAtLeast]),
            ("any_years", &[]),
        ];
        let tokens = self.tokens();
        let (kind, kinds, end) = KINDS.into_iter().find_map(|(kind, kinds)| {
            let len = turns::beginnings(kind, tokens.get(at..)?).next()?;
            Some((kind, kinds, at + len))
        })?;
        // "any country but France".
        let excepts = |word: &Token| matches!(word.word.as_str(), "but" | "except" | "menos" | "excepto" | "salvo");
        if tokens.get(end).is_some_and(excepts) && !self.sentence.breaks_before(end) {
            return None;
        }
        request.any.extend(kinds);
        request.lifted.years |= kind == "any_years";
        Some(end)
    }

    fn lift(&self, at: usize, request: &mut Request, is_only: bool) -> Option<usize> {
        let tokens = self.tokens();
        let ends = |end: usize| {
            let is_denied =
                tokens.get(end).is_some_and(|next| next.word == "no") && self.sentence.breaks_before(end + 1);
            if is_only { is_denied.then_some(end + 1) } else { Some(end) }
        };
        if let Some((genres, end)) = self.genre_run(at) {
            let end = ends(end)?;
            request.lifted.genres.extend(genres);
            return Some(end);
        }
        if let Some((_, end)) = years::bound(tokens, at, self.index.newest, true) {
            let end = ends(end)?;
            request.lifted.years = true;
            return Some(end);
        }
        let (topic, end) = self.topic_at(at)?;
        let end = ends(end)?;
        request.lifted.topics.push(topic);
        Some(end)
    }

    /// Whether these words of the sentence are years and nothing else.
    pub(crate) fn says_years(&self, words: &[Token]) -> bool {
        self.place_of(words).is_some_and(|(from, to)| {
            years::bound(self.tokens(), from, self.index.newest, true).is_some_and(|(_, end)| end == to)
        })
    }

    /// The genres that these words of the sentence are, and nothing else.
    pub(crate) fn genres_said(&self, words: &[Token]) -> Option<Vec<String>> {
        let (from, to) = self.place_of(words)?;
        self.genre_run(from).filter(|(_, end)| *end == to).map(|(genres, _)| genres)
    }

    /// The theme, person, origin or length that these words of the sentence are, and nothing else.
    pub(crate) fn topic_said(&self, words: &[Token]) -> Option<Topic> {
        let (from, to) = self.place_of(words)?;
        self.topic_at(from).filter(|(_, end)| *end == to).map(|(topic, _)| topic)
    }

    /// Where these words stand in the sentence.
    fn place_of(&self, words: &[Token]) -> Option<(usize, usize)> {
        let first = words.first()?;
        let from = self.tokens().iter().position(|token| token.start == first.start)?;
        Some((from, from + words.len()))
    }

    /// Where the theme, genre, person, origin or length ends that is said here.
    pub(crate) fn kind_at(&self, at: usize) -> Option<usize> {
        self.topic_at(at).map(|(_, end)| end).or_else(|| Some(self.genres_at(at)?.1))
    }

    fn topic_at(&self, at: usize) -> Option<(Topic, usize)> {
        if let Some((kind, label, said, end)) = self.fact_topic_at(at) {
            return Some((Topic { kind, label, said }, end));
        }
        let (_, end) = self.index.theme_at(self.tokens(), at)?;
        let said = self.sentence.typed(at, end).to_owned();
        Some((Topic { kind: TopicKind::Theme, label: said.clone(), said }, end))
    }
}
