//! An earlier question of the talk that a sentence goes back to: "back to the Denzel list", "volvamos al cine negro", "take me
//! back to the very first list". Only says which; who keeps the questions finds it.

use crate::films::titles::TitleIndex;
use crate::talk::going_back;
use crate::words::fold::{Sentence, Token, tokenize};
use crate::words::{cues, turns};

/// Which of the questions that were asked before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The first.
    First,
    /// The last one whose words have all of these, folded.
    About(Vec<String>),
}

impl Earlier {
    /// The question that a sentence goes back to.
    pub fn said(text: &str, index: &TitleIndex) -> Option<Earlier> {
        let sentence = Sentence::new(text);
        if goes_to_first(&sentence.tokens) {
            return Some(Earlier::First);
        }
        let named = match going_back::back_to(&sentence, index) {
            Some(rest) => Sentence::new(&rest).tokens,
            None => list_named(&sentence.tokens)?.to_vec(),
        };
        let says = |kind: &str| named.iter().any(|token| turns::is_word(kind, &token.word));
        let is_filler =
            |token: &&Token| ["of_first", "of_earlier"].iter().any(|kind| turns::is_word(kind, &token.word));
        if says("of_first") && says("of_earlier") && named.iter().all(|token| is_filler(&token)) {
            return Some(Earlier::First);
        }
        let words: Vec<String> =
            named.iter().filter(|token| !is_filler(token)).map(|token| token.word.clone()).collect();
        (!words.is_empty()).then_some(Earlier::About(words))
    }

    /// Whether a question that was put in these words is meant: "Coens" is said of "Coen brothers".
    pub fn fits(&self, words: &str) -> bool {
        const BEGINNING: usize = 4;
        let Earlier::About(wanted) = self else { return true };
        let begins = |word: &str| word.chars().take(BEGINNING).collect::<String>();
        let said: Vec<String> = tokenize(words).iter().map(|token| begins(&token.word)).collect();
        wanted.iter().all(|word| said.contains(&begins(word)))
    }
}

/// "go back to the first list", "vuelve a la primera lista", which "go back" alone would take for the list before.
fn goes_to_first(tokens: &[Token]) -> bool {
    let is_list = |token: &Token| matches!(token.word.as_str(), "list" | "lista");
    let is_first = |token: &Token| token.word != "the" && turns::is_word("of_first", &token.word);
    let named = |pair: &[Token]| (is_first(&pair[0]) && is_list(&pair[1])) || (is_list(&pair[0]) && is_first(&pair[1]));
    tokens.windows(2).any(named) && tokens.iter().any(|token| cues::is("goes_back", &token.word))
}

/// "I liked the Denzel list better", "la lista de Denzel otra vez": what the list is called.
fn list_named(tokens: &[Token]) -> Option<&[Token]> {
    let is = |kind: &str, at: usize| turns::is_word(kind, &tokens[at].word);
    if !(0..tokens.len()).any(|at| is("again_or_better", at)) {
        return None;
    }
    let list = tokens.iter().position(|token| matches!(token.word.as_str(), "list" | "lista"))?;
    let before = (0..list).rev().find(|at| tokens[*at].word == "the").map(|at| &tokens[at + 1..list]);
    let after = || {
        let of = list + 1;
        let begins = tokens.get(of).is_some_and(|token| matches!(token.word.as_str(), "de" | "del"));
        let end = (of..tokens.len()).find(|at| is("again_or_better", *at))?;
        begins.then(|| &tokens[of + 1..end])
    };
    before.filter(|named| !named.is_empty()).or_else(after).filter(|named| !named.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample::sample;

    #[test]
    fn the_question_that_a_sentence_goes_back_to_is_told_by_its_words() {
        let Some(catalogue) = sample() else { return };
        let index = TitleIndex::build(&catalogue);
        for (said, words, fits) in [
            ("ok back to the Coens please", "Films for you, Coen brothers, Comedy", true),
            ("volvamos al cine negro, anda", "Películas para ti, cine negro, 1960 o anteriores", true),
            ("no not that, I liked the Denzel list better", "Films for you, with Denzel Washington", true),
            ("la lista de Almodóvar otra vez", "Películas para ti, dirigidas por Pedro Almodóvar", true),
            ("back to horror", "Films for you, Comedy", false),
        ] {
            let earlier = Earlier::said(said, &index).unwrap_or_else(|| panic!("{said:?} goes back to nothing"));
            assert_eq!(earlier.fits(words), fits, "{said:?}: {earlier:?}");
        }
        for said in [
            "take me back to the very first list",
            "regresa a la primera lista",
            "volvamos a las primeras que me diste",
        ] {
            assert_eq!(Earlier::said(said, &index), Some(Earlier::First), "{said:?}");
        }
        for said in ["Back to the Future", "go back", "films like Fargo", "back to the list", "a list of horror films"]
        {
            assert_eq!(Earlier::said(said, &index), None, "{said:?}");
        }
    }
}
