//! Titles that nothing announces, in the middle of a sentence that asks for more of the kind: "me flipa Gladiator, dime
//! otras", "if Reservoir Dogs and Snatch had a baby".

use super::{Reader, Request, TitleSlot};
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::words::cues;
use crate::words::fold::{Token, without_article};
use crate::words::lexicon;
use crate::words::patterns;

/// Letters of a word that is a name by itself, and beside others.
const LONG_NAME: usize = 5;
const SHORT_NAME: usize = 3;
/// Titles that are looked for.
const MOST: usize = 5;

impl Reader<'_> {
    /// Reads the whole sentence: around the films inside it, where they are more than those that are announced. Also says
    /// whether any was announced.
    pub(crate) fn read_with_films_inside(&self) -> (Request, bool) {
        let request = self.read();
        let found = request.titles.iter().filter(|slot| !matches!(slot.found, TitleMatch::Nothing { .. })).count();
        if (found == 0 || !request.unread.is_empty()) && !request.outside {
            let inside = self.films_inside();
            // Where one of the titles is none, as many others are better.
            let least = if found == request.titles.len() { found + 1 } else { found.max(1) };
            if inside.len() >= least {
                return (Request { unread: Vec::new(), ..self.read_around(&inside) }, found > 0);
            }
        }
        (request, found > 0)
    }

    /// The films of a sentence in which a word asks for what is like them.
    fn films_inside(&self) -> Vec<TitleSlot> {
        let tokens = self.tokens();
        let says = |cue| tokens.iter().any(|token| cues::is(cue, &token.word));
        let is_question = tokens.first().is_some_and(|first| cues::is("asks", &first.word));
        if is_question || says("denies") || !says("alike") { Vec::new() } else { self.films_named() }
    }

    /// Films named in full anywhere, those of one word if everybody knows them.
    pub(crate) fn films_named(&self) -> Vec<TitleSlot> {
        let tokens = self.tokens();
        let mut slots = Vec::new();
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

    /// "Alien or Aliens": the longest titles on both sides of an "or", whatever else their words mean.
    pub(crate) fn films_beside_or(&self) -> Option<Vec<TitleSlot>> {
        let tokens = self.tokens();
        let is_joint = |word: &str| cues::is("either", word) || matches!(word, "vs" | "versus");
        let or = tokens.iter().position(|token| is_joint(&token.word))?;
        let before = (or.saturating_sub(MAX_TITLE_TOKENS)..or).find_map(|from| self.film_exactly(from, or))?;
        let ends = (or + 2..=tokens.len().min(or + 1 + MAX_TITLE_TOKENS)).rev();
        let after = ends.into_iter().find_map(|end| self.film_exactly(or + 1, end))?;
        Some(vec![before, after])
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
        // "with a 9 year old" names no film called "9".
        slots.retain(|slot| without_article(&tokens[slot.from..slot.to]).iter().any(|token| token.word.len() > 1));
        slots.sort_unstable_by_key(|slot| slot.from);
    }

    /// A title that is one wherever it stands: of one word that is a name and that everybody knows, or of several of which
    /// one is a name, where a short name is enough if everybody knows the film.
    fn well_known_film(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let tokens = &self.tokens()[from..to];
        let words = without_article(tokens);
        let has_name = |letters: usize| {
            let is_name = |token: &Token| {
                token.word.len() >= letters && !lexicon::is_known(&token.word) && !patterns::says(&token.word)
            };
            words.iter().any(is_name)
        };
        // "black and white films" speak of no film called "White".
        let is_in_theme = |start: usize| self.index.theme_at(self.tokens(), start).is_some_and(|(_, end)| end >= to);
        if (from.saturating_sub(3)..from).any(is_in_theme) {
            return None;
        }
        let slot = self.film_exactly(from, to)?;
        let best = match &slot.found {
            TitleMatch::One(movie) => *movie,
            TitleMatch::Several(movies) => *movies.first()?,
            TitleMatch::Nothing { .. } => return None,
        };
        let is_well_known = self.index.is_well_known(best);
        // "watched Jaws": a capital makes a name of fewer letters; the one that begins a sentence says less.
        let is_written_so = self.sentence.typed(from, to).starts_with(char::is_uppercase);
        let fewest = if !is_written_so { LONG_NAME } else { SHORT_NAME + usize::from(from == 0) };
        let is_telling = match words.len() {
            1 => is_well_known && has_name(fewest) && self.index.theme_at(words, 0).is_none(),
            2 => has_name(LONG_NAME) || (is_well_known && has_name(SHORT_NAME)),
            _ => is_well_known || has_name(LONG_NAME - 1),
        };
        is_telling.then_some(slot)
    }

    fn film_exactly(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let found = self.index.find_as(&self.tokens()[from..to], Reading::Exact)?;
        Some(TitleSlot { from, to, found })
    }
}
