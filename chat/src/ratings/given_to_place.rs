//! Stars that somebody gave a film of the list before, told by its place: "I gave the first of those a 4 on another site",
//! "a la segunda le puse un 3 en otra web". Never reads a question.

use crate::intent::Intent;
use crate::words::fold::Token;
use crate::words::places::{self, Places};
use crate::words::{cues, lexicon};
use crate::{Chat, ratings};

impl Chat<'_> {
    pub(crate) fn given_to_a_place(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        let tokens = &sentence.tokens;
        let gives = |at: usize| cues::is("gives", &tokens[at].word);
        let verb = (0..tokens.len()).find(|at| gives(*at)).filter(|_| !sentence.text.contains(['?', '¿']))?;
        let (from, to, place) = (0..tokens.len()).find_map(|at| place_at(tokens, at))?;
        let movie = Places::These(vec![place]).of(self.context.counted())?.first().copied()?;
        let is_of_place = |at: &usize| (from..to).contains(at);
        let has_stars = |at: usize| ratings::stars_at(&self.reader, at).is_some();
        let stars = (0..tokens.len()).find(|at| !is_of_place(at) && tokens[*at].word != "one" && has_stars(*at))?;
        // Up to the end of both nothing else is said; what follows tells where, or when.
        let (said, half_stars) = ratings::stars_at(&self.reader, stars)?;
        let is_between =
            |at: usize| is_of_place(&at) || at == stars || gives(at) || cues::is("around_given", &tokens[at].word);
        let end = (to - 1).max(stars);
        if verb > end || !(0..end).all(is_between) {
            return None;
        }
        Some(match half_stars {
            Some(half_stars) => Intent::Rate { movie, half_stars },
            None => Intent::RateOffScale { movie, said },
        })
    }
}

/// "first", "segunda", "number 2", and where it ends: words that are no stars.
fn place_at(tokens: &[Token], at: usize) -> Option<(usize, usize, usize)> {
    let word = tokens[at].word.as_str();
    if matches!(word, "number" | "numero" | "num") {
        return Some((at, at + 2, places::place(&tokens.get(at + 1)?.word)?));
    }
    let is_number =
        word.parse::<u64>().is_ok() || lexicon::number_word(word).is_some() || matches!(word, "one" | "una" | "uno");
    places::place(word).filter(|_| !is_number).map(|place| (at, at + 1, place))
}
