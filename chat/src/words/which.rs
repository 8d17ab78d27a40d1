//! Phrases that tell which film of several of a name is meant, and what may stand beside them. They are in
//! `data/which.tsv`, which a translator can edit:
//!
//! - `oldest`, `newest`: the first and the last of them in time; `other`: not the one that was spoken of;
//! - `around`: stands between the words that tell; `beside`: beside all of them, where nothing else is said of the film;
//! - `says_more`: says more of the film than which it is;
//! - `of_them`: stands around who made those films of a hero or a series that are wanted;
//! - `sequel`: is the film after the one that is spoken of;
//! - `better`: asks whether it is better than the one that is spoken of; `good`: after it, whether it is good;
//! - `series_out`, `series_out_end`, `series_rest`, `cast_out`: stand around a series or before somebody that is not wanted; `all_by`: before
//!   somebody all of whose films are;
//! - `of_versions`: stands around a film of which it is asked what others of its name there are.

use std::sync::LazyLock;

use crate::words::fold::{Sentence, Token};
use crate::words::{cues, patterns, plainly};

/// A phrase, and what it does.
type Phrase = (&'static str, Vec<&'static str>);

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let lines = include_str!("../../data/which.tsv").lines().filter(|line| !line.starts_with('#'));
    let split = |line: &'static str| line.split_once('\t').map(|(kind, words)| (kind, words.split(' ').collect()));
    let mut phrases: Vec<Phrase> = lines.filter_map(split).collect();
    phrases.sort_by_key(|(_, words)| std::cmp::Reverse(words.len()));
    phrases
});

/// The longest phrase of these kinds at `at`, and the place after it.
pub(crate) fn phrase_at(tokens: &[Token], at: usize, to: usize, kinds: &[&str]) -> Option<(&'static str, usize)> {
    let is_said = |(kind, words): &&Phrase| {
        let said = tokens.get(at..(at + words.len()).min(to)).unwrap_or_default();
        kinds.contains(kind) && said.iter().map(|token| token.word.as_str()).eq(words.iter().copied())
    };
    PHRASES.iter().find(is_said).map(|(kind, words)| (*kind, at + words.len()))
}

/// Whether these words are such phrases, and nothing else.
pub(crate) fn says_only(tokens: &[Token], kinds: &[&str]) -> bool {
    let mut at = 0;
    while at < tokens.len() {
        match phrase_at(tokens, at, tokens.len(), kinds) {
            Some((_, end)) => at = end,
            None if patterns::is_courtesy(&tokens[at].word) || plainly::is_laughter(&tokens[at].word) => at += 1,
            None => return false,
        }
    }
    true
}

/// Whether the word is somebody's: "carpenter's".
pub(crate) fn is_possessive(sentence: &Sentence, at: usize) -> bool {
    sentence.typed(at, at + 1).ends_with(['s', 'S']) && sentence.typed(at, at + 1).contains(['\'', '’'])
}

pub(crate) fn is_film_word(word: &str) -> bool {
    word == "one" || word == "version" || cues::is("film_word", word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    const KINDS: [&str; 16] = [
        "oldest",
        "newest",
        "other",
        "around",
        "beside",
        "says_more",
        "sequel",
        "of_them",
        "of_versions",
        "better",
        "good",
        "series_out",
        "series_out_end",
        "series_rest",
        "cast_out",
        "all_by",
    ];

    #[test]
    fn every_phrase_is_written_folded_and_of_a_kind() {
        assert!(PHRASES.len() > 100);
        for (kind, words) in PHRASES.iter() {
            assert!(KINDS.contains(kind), "{kind}");
            let folded: Vec<String> = tokenize(&words.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, *words);
        }
    }
}
