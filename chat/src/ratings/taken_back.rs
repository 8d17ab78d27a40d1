//! A rating that is taken back in other words than a pattern has: "scrap the samurai rating", "quita la nota del emperador" of
//! the only rated film whose title has that word; "mejor no, esa bórrala" of the one that was just rated. Where no rated film
//! has the word it is asked which is meant. The words are in `data/cues.tsv` (`takes_back`) and `data/turns.tsv`.

use crate::Chat;
use crate::context::Last;
use crate::intent::Intent;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, patterns, turns};

const MOST_WORDS: usize = 10;

impl Chat<'_> {
    pub(crate) fn rating_taken_back(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        if self.context.rated.is_empty() || sentence.len() > MOST_WORDS || self.asks() {
            return None;
        }
        self.last_rating_taken_back().or_else(|| self.rating_taken_back_by_a_word())
    }

    /// "mejor no, esa bórrala", "actually no, delete that one": right after a rating.
    fn last_rating_taken_back(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let movie = self.spoken_of().filter(|_| self.context.last == Last::Rating && self.context.stars.is_some())?;
        let at = (1..sentence.len()).rev().find(|at| sentence.breaks_before(*at))?;
        let hesitates = |token: &Token| {
            let word = token.word.as_str();
            matches!(word, "no" | "not") || cues::is("corrects_stars", word) || patterns::is_courtesy(word)
        };
        let order = Sentence::new(sentence.typed(at, sentence.len()));
        let takes_back = |fitting: patterns::Fitting| {
            fitting.film.is_none() && matches!(fitting.kind.0, "unrate_it" | "remove_it" | "delete_it" | "no_stars")
        };
        let is_order = patterns::fitting(&order).any(takes_back);
        (is_order && sentence.tokens[..at].iter().all(hesitates)).then_some(Intent::Unrate { movie })
    }

    /// "scrap the samurai rating", "quita la del emperador".
    fn rating_taken_back_by_a_word(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let from = tokens.iter().position(|token| !patterns::is_courtesy(&token.word))?;
        let begins =
            cues::is("takes_back", &tokens[from].word) || turns::is_word("also_takes_back", &tokens[from].word);
        // What a pattern says is known: "delete my last rating".
        if !begins || patterns::fitting(sentence).any(|fitting| fitting.film.is_none()) {
            return None;
        }
        let is_of_rating = |token: &Token| turns::is_word("a_rating", &token.word);
        let says_little = |token: &&Token| is_of_rating(token) || turns::is_word("beside_a_rating", &token.word);
        let rest = &tokens[from + 1..];
        let before = rest.iter().take_while(says_little).count();
        let after = rest[before..].iter().rev().take_while(says_little).count();
        let words = &rest[before..rest.len() - after];
        // "quita la del emperador", "delete the emperor one" speak of one of those rated.
        let points = self.context.last == Last::Rating
            && (turns::is("the_one_of", &rest[..before]) || rest.last().is_some_and(|last| last.word == "one"));
        let says_rating = rest.iter().any(is_of_rating);
        if words.is_empty() || !(says_rating || points) {
            return None;
        }
        match self.rated_before(words).or_else(|| self.rated_told_in_short(words)) {
            Some(movie) => Some(Intent::Unrate { movie }),
            // "delete my rating of Alien", which may have been rated long ago.
            None => (says_rating && !patterns::fitting(sentence).any(|fitting| fitting.kind.0 == "unrate"))
                .then_some(Intent::WhichOne),
        }
    }
}
