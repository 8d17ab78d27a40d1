//! What a wish says beside its conditions and has no effect on them: "my dad would like", "[comedy] more than crime".

use super::{Reader, Request};
use crate::words::cues;

impl Reader<'_> {
    /// "my dad would enjoy", "que le guste a mi madre": what somebody else likes is not known, and that is said.
    pub(super) fn read_taste_of_others(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        let somebody = |at: usize| {
            let is_owned = matches!(word(at), "my" | "our" | "mi" | "mis" | "nuestra" | "nuestro");
            (is_owned && cues::is("other_viewer", word(at + 1))).then_some(at + 2)
        };
        let english = || {
            let verb = somebody(at)? + 1;
            let would = matches!(word(verb - 1), "would" | "will" | "might" | "could" | "may" | "can");
            let end = verb + usize::from(matches!(word(verb), "also" | "really" | "actually"));
            (would && matches!(word(end), "like" | "love" | "enjoy")).then_some(end + 1)
        };
        let spanish = || {
            let verb = at + usize::from(word(at) == "que");
            let verb = verb + usize::from(matches!(word(verb), "le" | "les"));
            let is_wish = matches!(word(verb), "guste" | "gustara" | "gustaria" | "encante" | "encantaria" | "pueda");
            let who = verb + 1 + usize::from(word(verb) == "pueda" && word(verb + 1) == "gustar");
            (is_wish && word(who) == "a").then(|| somebody(who + 1)).flatten()
        };
        let end = english().or_else(spanish)?;
        request.without_effect.push((at, end));
        Some(end)
    }

    /// "more comedy than crime": the first is asked for, how much more has no effect.
    pub(super) fn read_rather_than(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
        if !matches!(word(at), "more" | "mas") {
            return None;
        }
        // "more of a comedy than a thriller".
        let from = if (word(at + 1), word(at + 2)) == ("of", "a") { at + 3 } else { at + 1 };
        let (genres, than) = self.genres_at(from)?;
        let other = than + 1 + usize::from(matches!(word(than + 1), "a" | "an"));
        let (_, to) = self.genres_at(other).filter(|_| matches!(word(than), "than" | "que"))?;
        self.take_genres(genres, from, than, request);
        request.without_effect.push((than, to));
        Some(to)
    }
}
