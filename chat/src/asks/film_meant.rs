//! Which film a question is about, where no pattern says where its title stands: after a phrase that asks, beside a verb,
//! written as a name; or the film of the list that a place or a pronoun means. Never says what is asked.

use crate::Chat;
use crate::asks::about::is_of_grammar;
use crate::asks::gist;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::Intent;
use crate::request::TitleSlot;
use crate::words::fold::Token;
use crate::words::patterns::is_courtesy;
use crate::words::{cues, places};

impl Chat<'_> {
    /// The film that a question is about, where its title alone would not be taken for one: what was taken for a wish for
    /// films like it, or what follows a phrase that asks ("quién dirigió El Topo") or an "in" at the end.
    pub(crate) fn film_asked_about(&self, taken: &Intent) -> Option<TitleSlot> {
        let tokens = &self.reader.sentence.tokens;
        let exactly = |from: usize, to: usize| {
            let found = self.reader.index.find_as(tokens.get(from..to)?, Reading::Exact)?;
            Some(TitleSlot { from, to, found })
        };
        let longest_from =
            |from: usize| (from + 1..=tokens.len().min(from + MAX_TITLE_TOKENS)).rev().find_map(|to| exactly(from, to));
        if let Intent::Like { movies, .. } = taken
            && let [movie] = movies.as_slice()
        {
            let is_it = |slot: &TitleSlot| matches!(slot.found, TitleMatch::One(found) if found == *movie);
            return (0..tokens.len()).find_map(|from| longest_from(from).filter(is_it));
        }
        if !self.asks_something(&[]) {
            return None;
        }
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let after_phrase = gist::PHRASES
            .iter()
            .filter(|(kind, _)| {
                matches!(*kind, "director" | "cast" | "runtime" | "country" | "year" | "opinion" | "where")
            })
            .filter_map(|(_, phrase)| {
                Some(words.windows(phrase.len()).position(|said| said == phrase.as_slice())? + phrase.len())
            })
            // "can I watch Jaws with a 9 year old"
            .chain((1..words.len()).filter(|at| cues::is("watches", words[at - 1])))
            .filter_map(longest_from)
            .find(|slot| !tokens[slot.from..slot.to].iter().all(|token| is_of_grammar(&token.word)));
        // "sale Penélope Cruz en Vainilla Sky": spelt as it may be.
        let at_the_end = || {
            let at = words.iter().rposition(|word| matches!(*word, "en" | "in"))?;
            let (from, to) = (at + 1, tokens.len());
            let found = (from < to).then(|| self.reader.whole_title(from, to)).flatten()?;
            let slot = TitleSlot { from, to, found };
            let is_near = matches!(slot.found, TitleMatch::One(_)) && self.is_near(&tokens[from..to], &slot);
            is_near.then_some(slot)
        };
        after_phrase
            .or_else(at_the_end)
            .or_else(|| self.film_beside_copula(&words, &exactly, &longest_from))
            .or_else(|| self.film_written_as_name(&exactly))
    }

    /// "Roma es en blanco y negro?", "was Jaws directed by Lucas", "es de Almodóvar Volver?"
    fn film_beside_copula(
        &self,
        words: &[&str],
        exactly: &dyn Fn(usize, usize) -> Option<TitleSlot>,
        longest_from: &dyn Fn(usize) -> Option<TitleSlot>,
    ) -> Option<TitleSlot> {
        let is_copula = |at: usize| words.get(at).is_some_and(|word| cues::is("copula", word));
        let is_name = |slot: &TitleSlot| {
            !words[slot.from..slot.to].iter().all(|word| is_of_grammar(word))
                || self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase)
        };
        let ends = 1..words.len().min(MAX_TITLE_TOKENS);
        // "eso de Amélie es francesa, ¿no?"
        let begins = words.iter().take_while(|word| cues::is("frames", word) || is_courtesy(word)).count();
        let before =
            ends.filter(|to| is_copula(*to)).find_map(|to| (0..=begins.min(to - 1)).find_map(|from| exactly(from, to)));
        let after = || is_copula(0).then(|| longest_from(1)).flatten();
        let last = || {
            let from = words.len().saturating_sub(MAX_TITLE_TOKENS).max(1);
            let is_written_as_name =
                |from: &usize| self.reader.sentence.typed(*from, words.len()).starts_with(char::is_uppercase);
            let mut spans = (from..words.len()).filter(is_written_as_name);
            is_copula(0).then(|| spans.find_map(|from| exactly(from, words.len()))).flatten()
        };
        before.filter(is_name).or_else(|| after().filter(is_name)).or_else(|| last().filter(is_name))
    }

    /// "karen swears by The Apartment, any good?": the longest title that is written as a name, and is nobody's.
    fn film_written_as_name(&self, exactly: &dyn Fn(usize, usize) -> Option<TitleSlot>) -> Option<TitleSlot> {
        const SHORTEST: usize = 3;
        let sentence = self.reader.sentence;
        let count = sentence.len();
        let is_capital = |at: usize| sentence.typed(at, at + 1).starts_with(char::is_uppercase);
        let is_title = |from: usize, to: usize| {
            let slot = exactly(from, to).filter(|_| sentence.typed(from, to).len() >= SHORTEST)?;
            (!self.reader.names_somebody(from, to)).then_some(slot)
        };
        (1..count).filter(|from| is_capital(*from)).find_map(|from| {
            let ends = (from + 1..=count.min(from + MAX_TITLE_TOKENS)).rev();
            ends.filter(|to| is_capital(to - 1)).find_map(|to| is_title(from, to))
        })
    }

    /// The film of the list that a place or "that one" means, where only one is meant: "la 4 la odio".
    pub(crate) fn film_pointed_at(&self) -> Option<TitleSlot> {
        const LONGEST: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let spans = (0..tokens.len())
            .flat_map(|from| (from + 1..=tokens.len().min(from + LONGEST)).rev().map(move |to| (from, to)));
        let of_place = |(from, to): (usize, usize)| {
            let is_article = |token: &Token| {
                matches!(token.word.as_str(), "the" | "that" | "this" | "la" | "el" | "esa" | "number" | "numero")
            };
            // "that one" counts nothing, and in "esa primera no me gustó" the "no" is not of the place.
            let is_pronoun = to == from + 1 && matches!(tokens[from].word.as_str(), "one" | "una" | "uno");
            if is_pronoun || tokens[to - 1].word == "no" {
                return None;
            }
            let says_film = is_article(&tokens[from]) || (from > 0 && is_article(&tokens[from - 1]));
            let [movie] = places::read(&tokens[from..to]).filter(|_| says_film)?.of(self.context.shown)?[..] else {
                return None;
            };
            Some(TitleSlot { from, to, found: TitleMatch::One(movie) })
        };
        let points = |word: &str| matches!(word, "it" | "that" | "this" | "esa" | "esta" | "ese" | "la");
        let pronoun = || {
            let at = tokens.iter().position(|token| points(&token.word))?;
            Some(TitleSlot { from: at, to: at + 1, found: TitleMatch::One(self.pointed_at()?) })
        };
        spans.into_iter().find_map(of_place).or_else(pronoun)
    }
}
