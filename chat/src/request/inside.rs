//! Titles that nothing announces, in the middle of a sentence that asks for more of the kind: "me flipa Gladiator, dime
//! otras", "if Reservoir Dogs and Snatch had a baby".

use super::{Reader, TitleSlot};
use crate::cues;
use crate::fold::{Token, without_article};
use crate::lexicon;
use crate::patterns;
use crate::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};

/// Letters of a word that is a name by itself.
const SHORTEST_NAME: usize = 5;
/// Titles that are looked for.
const MOST: usize = 5;

impl Reader<'_> {
    /// Films named in full, those of one word if everybody knows them, where a word of the sentence asks for what is like them.
    pub(crate) fn films_inside(&self) -> Vec<TitleSlot> {
        let tokens = self.tokens();
        let says = |cue| tokens.iter().any(|token| cues::is(cue, &token.word));
        let is_question = tokens.first().is_some_and(|first| cues::is("asks", &first.word));
        let mut slots = Vec::new();
        if is_question || says("denies") || !says("alike") {
            return slots;
        }
        let mut at = 0;
        while at < tokens.len() && slots.len() < MOST {
            let ends = (at + 1..=tokens.len().min(at + MAX_TITLE_TOKENS)).rev();
            match ends.into_iter().find_map(|to| self.well_known_film(at, to)) {
                Some(slot) => {
                    at = slot.to;
                    slots.push(slot);
                }
                None => at += 1,
            }
        }
        self.beside(&mut slots);
        slots
    }

    /// "Toy Story and Shrek": beside a title, words that are none by themselves are one, too.
    fn beside(&self, slots: &mut Vec<TitleSlot>) {
        let tokens = self.tokens();
        let joins = |at: usize| matches!(tokens[at].word.as_str(), "and" | "y" | "e" | "with" | "con");
        let mut at = 0;
        while at < slots.len() && slots.len() < MOST {
            let (from, to) = (slots[at].from, slots[at].to);
            let is_free = |from: usize, to: usize| slots.iter().all(|slot| to <= slot.from || slot.to <= from);
            let before = from.checked_sub(1).filter(|joint| joins(*joint)).and_then(|joint| {
                (joint.saturating_sub(MAX_TITLE_TOKENS)..joint).find_map(|from| self.film_exactly(from, joint))
            });
            let after = (to + 1 < tokens.len() && joins(to)).then(|| {
                let ends = (to + 2..=tokens.len().min(to + 1 + MAX_TITLE_TOKENS)).rev();
                ends.into_iter().find_map(|end| self.film_exactly(to + 1, end))
            });
            let found: Vec<TitleSlot> =
                before.into_iter().chain(after.flatten()).filter(|slot| is_free(slot.from, slot.to)).collect();
            slots.extend(found);
            at += 1;
        }
        slots.sort_unstable_by_key(|slot| slot.from);
    }

    fn well_known_film(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let tokens = &self.tokens()[from..to];
        let is_name = |token: &Token| {
            token.word.len() >= SHORTEST_NAME && !lexicon::is_known(&token.word) && !patterns::says(&token.word)
        };
        let is_telling = match without_article(tokens) {
            [word] => is_name(word) && self.index.theme_at(std::slice::from_ref(word), 0).is_none(),
            words => words.iter().any(is_name),
        };
        if is_telling { self.film_exactly(from, to) } else { None }
    }

    fn film_exactly(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let found = self.index.find_as(&self.tokens()[from..to], Reading::Exact)?;
        let is_long = without_article(&self.tokens()[from..to]).len() > 1;
        let best = match &found {
            TitleMatch::One(movie) => *movie,
            TitleMatch::Several(movies) => *movies.first()?,
            TitleMatch::Nothing { .. } => return None,
        };
        (is_long || self.index.is_well_known(best)).then_some(TitleSlot { from, to, found })
    }
}
