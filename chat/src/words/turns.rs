//! Phrases by which a sentence turns what was asked before, in `data/turns.tsv`, which a translator can edit.
//! Only finds them; what they do is told where they are looked for.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::words::fold::Token;

/// Words of the longest phrase.
const LONGEST: usize = 6;

static TURNS: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, HashSet<&str>> = HashMap::new();
    let lines = include_str!("../../data/turns.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, phrase) in lines.filter_map(|line| line.split_once('\t')) {
        kinds.entry(kind).or_default().insert(phrase);
    }
    kinds
});

/// Whether these words are a phrase of this kind.
pub(crate) fn is(kind: &str, tokens: &[Token]) -> bool {
    let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
    words.len() <= LONGEST && TURNS.get(kind).is_some_and(|phrases| phrases.contains(words.join(" ").as_str()))
}

/// Whether this word alone is a phrase of this kind.
pub(crate) fn is_word(kind: &str, word: &str) -> bool {
    TURNS.get(kind).is_some_and(|phrases| phrases.contains(word))
}

/// How many words the phrase of this kind has that these words begin with, the longest first.
pub(crate) fn beginnings(kind: &'static str, tokens: &[Token]) -> impl Iterator<Item = usize> {
    (1..=tokens.len().min(LONGEST)).rev().filter(move |len| is(kind, &tokens[..*len]))
}

/// These words without phrases of this kind at their end; never without all of them.
pub(crate) fn without_end<'t>(kind: &'static str, tokens: &'t [Token]) -> &'t [Token] {
    let mut rest = tokens;
    let shorter = |rest: &[Token]| (1..rest.len()).find(|at| is(kind, &rest[*at..]));
    while let Some(at) = shorter(rest) {
        rest = &rest[..at];
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_short_enough_to_be_met() {
        for phrase in TURNS.values().flatten() {
            let words: Vec<String> = tokenize(phrase).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), *phrase);
            assert!(words.len() <= LONGEST, "{phrase}");
        }
    }

    #[test]
    fn the_longest_beginning_comes_first_and_ends_are_left_out_one_by_one() {
        let tokens = tokenize("go back to comedies then please");
        assert_eq!(beginnings("back_to", &tokens).collect::<Vec<_>>(), [3]);
        assert_eq!(without_end("degree_end", &tokens).len(), 4);
        let tokens = tokenize("swap it for comedies");
        assert_eq!(beginnings("lift", &tokenize("forget about the length")).collect::<Vec<_>>(), [3, 2, 1]);
        assert_eq!(beginnings("swap", &tokens).next(), Some(2));
    }
}
