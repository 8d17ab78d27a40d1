//! "not that much romance", "tampoco tan raras": more or less of what a film can be, said of a list. What it can be is in
//! `data/degrees.tsv`, which a translator can edit.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::fold::Sentence;
use crate::words::{patterns, plainly, turns};

/// Orders for more and for less of a word, as patterns name them.
static DEGREES: LazyLock<HashMap<&str, (&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/degrees.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t').and_then(|(word, orders)| Some((word, orders.split_once('\t')?))))
        .collect()
});

/// The order that the sentence is.
pub(crate) fn order(sentence: &Sentence) -> Option<patterns::Kind> {
    const MOST_WORDS: usize = 9;
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS {
        return None;
    }
    let mut ends = tokens.len();
    while ends > 1 && plainly::is_laughter(&tokens[ends - 1].word) {
        ends -= 1;
    }
    let begins = tokens[..ends].iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    // "pero más oscuras": a courtesy may be part of the phrase.
    (0..=begins).rev().find_map(|from| {
        let said = turns::without_end("degree_end", tokens.get(from..ends)?);
        let order = |kind: &'static str, is_more: bool| {
            turns::beginnings(kind, said).find_map(|len| {
                let word: Vec<&str> = said[len..].iter().map(|token| token.word.as_str()).collect();
                let (more, less) = DEGREES.get(word.join(" ").as_str())?;
                Some(patterns::Kind(if is_more { more } else { less })).filter(|kind| kind.0 != "-")
            })
        };
        order("more", true).or_else(|| order("less", false))
    })
}

/// "not so sad": the genre that this would be less of, and the word, which is said of how its films are: there are less sad
/// dramas, and which these are is not known.
pub(crate) fn toned_down(sentence: &Sentence) -> Option<(&'static str, &str)> {
    let genre = order(sentence)?.0.strip_prefix("less ")?;
    let at = sentence.tokens.iter().rposition(|token| turns::is_word("tone", &token.word))?;
    Some((genre, sentence.typed(at, at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_word_is_written_folded() {
        for word in DEGREES.keys() {
            let words: Vec<String> = tokenize(word).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), *word);
        }
    }

    #[test]
    fn more_and_less_of_a_word_are_orders() {
        let kind = |said| order(&Sentence::new(said)).map(|kind| kind.0);
        assert_eq!(kind("not that much romance lol"), Some("less Romance"));
        assert_eq!(kind("tampoco tan rara"), Some("better_known"));
        assert_eq!(kind("No tan obvias tampoco, eh"), Some("lesser_known"));
        assert_eq!(kind("Más antiguas todavía"), Some("older"));
        assert_eq!(kind("more of the same"), None);
        assert_eq!(kind("less"), None);
    }
}
