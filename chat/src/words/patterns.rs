//! Whole sentences that say something other than which films are wanted: questions about a film, orders such as
//! "undo", a place in the list before. The sentences are in `data/patterns.tsv`, which a translator can edit.
//! Never resolves a title.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::words::fold::{Sentence, Token};
use crate::words::places::{self, Places, place};

/// What a sentence of this pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind(pub(crate) &'static str);

impl Kind {
    /// "wow", "I can't sleep": beside anything else it says nothing.
    pub(crate) fn is_chat(self) -> bool {
        self.0 == "chat" || self.0.starts_with("chat ")
    }
}

/// A sentence that fits a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fitting {
    pub(crate) kind: Kind,
    /// Tokens `from..to` that stand for a film.
    pub(crate) film: Option<(usize, usize)>,
    /// Places of the tokens that are numbers or ordinals.
    pub(crate) numbers: Vec<usize>,
    /// Films of the list before: "1 and 3", "the first two".
    pub(crate) places: Option<Places>,
}

struct Pattern {
    kind: Kind,
    words: Vec<&'static str>,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let mut patterns: Vec<Pattern> = include_str!("../../data/patterns.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, words)| Pattern { kind: Kind(kind), words: words.split_whitespace().collect() })
        .collect();
    // Of several that fit, the one that fixes the most words; what is said of a list first, and small talk last.
    let rank = |kind: Kind| match kind.0 {
        "dull" => 0,
        _ if kind.is_chat() => 2,
        _ => 1,
    };
    patterns.sort_by_key(|pattern| (std::cmp::Reverse(pattern.fixed_words()), rank(pattern.kind)));
    patterns
});

impl Pattern {
    fn fixed_words(&self) -> usize {
        self.words.iter().filter(|word| !matches!(**word, "*" | "#" | "@")).count()
    }
}

/// All patterns that the sentence fits, the most telling first.
pub(crate) fn fitting(sentence: &Sentence) -> impl Iterator<Item = Fitting> + '_ {
    let tokens = &sentence.tokens;
    let bare = without_courtesies(sentence);
    let whole = (0, tokens.len());
    let spans = if bare == whole { vec![whole] } else { vec![whole, bare] };
    spans.into_iter().flat_map(move |(from, to)| {
        PATTERNS.iter().filter_map(move |pattern| {
            let mut fitting = Fitting { kind: pattern.kind, film: None, numbers: Vec::new(), places: None };
            fits(&pattern.words, tokens, from, to, &mut fitting).then_some(fitting)
        })
    })
}

fn fits(pattern: &[&str], tokens: &[Token], from: usize, to: usize, fitting: &mut Fitting) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return from == to };
    match *first {
        "*" => (from + 1..=to).any(|end| {
            let known = fitting.numbers.len();
            fitting.film = Some((from, end));
            let fits = fits(rest, tokens, end, to, fitting);
            if !fits {
                fitting.numbers.truncate(known);
            }
            fits
        }),
        "#" => {
            if from >= to || place(&tokens[from].word).is_none() {
                return false;
            }
            fitting.numbers.push(from);
            fits(rest, tokens, from + 1, to, fitting)
        }
        "@" => (from + 1..=to).rev().any(|end| {
            fitting.places = places::read(&tokens[from..end]);
            fitting.places.is_some() && fits(rest, tokens, end, to, fitting)
        }),
        word => from < to && tokens[from].word == word && fits(rest, tokens, from + 1, to, fitting),
    }
}

/// Words that begin a sentence and say nothing.
const BEFORE: [&str; 62] = [
    "and", "so", "but", "hey", "oh", "ok", "okay", "oki", "well", "y", "pues", "oye", "pero", "please", "um", "umm",
    "hm", "hmm", "mmm", "vale", "venga", "actually", "wait", "ah", "bueno", "nope", "nah", "nop", "oops", "ups", "nvm",
    "cool", "great", "nice", "lol", "haha", "jaja", "right", "alright", "yeah", "yes", "si", "bien", "guay", "thanks",
    "gracias", "perfect", "perfecto", "espera", "ay", "uf", "uy", "fine", "che", "entonces", "jo", "bah", "buah",
    "bua", "ugh", "pff", "ooh",
];
/// Words that end one.
const AFTER: [&str; 18] = [
    "please", "pls", "plz", "then", "now", "though", "porfa", "porfi", "favor", "por", "gracias", "already", "thanks",
    "tio", "bro", "lol", "mejor", "instead",
];

/// Whether a word at the beginning of a sentence says nothing, also when it is drawn out: "naaah", "uff".
pub(crate) fn is_courtesy(word: &str) -> bool {
    let drawn_out = || {
        let mut letters: Vec<char> = word.chars().collect();
        letters.dedup();
        letters.into_iter().collect::<String>()
    };
    BEFORE.contains(&word) || BEFORE.contains(&drawn_out().as_str())
}

/// Whether a word at the end of a sentence says nothing.
pub(crate) fn ends_politely(word: &str) -> bool {
    AFTER.contains(&word)
}

/// Without "hey", "and", "please" at the ends. "No, go back" says no more than "go back"; "no es buena" does.
fn without_courtesies(sentence: &Sentence) -> (usize, usize) {
    let tokens = &sentence.tokens;
    let (mut from, mut to) = (0, tokens.len());
    if let Some(at) = (1..to).find(|at| sentence.breaks_before(*at))
        && says_only_remark(&tokens[..at])
    {
        from = at;
    }
    if to > 2 && tokens[0].word == "por" && tokens[1].word == "favor" {
        from = from.max(2);
    }
    while from + 1 < to
        && (is_courtesy(&tokens[from].word)
            // "no, another", "no i dont like 1".
            || (tokens[from].word == "tampoco" && sentence.breaks_before(from + 1))
            || (tokens[from].word == "no" && (sentence.breaks_before(from + 1) || tokens[from + 1].word == "i")))
    {
        from += 1;
    }
    // "uy no, demasiado, la más corta".
    if from > 0
        && let Some(at) = (from + 1..to).find(|at| sentence.breaks_before(*at))
        && says_only_remark(&tokens[from..at])
    {
        from = at;
    }
    while to > from + 1 && AFTER.contains(&tokens[to - 1].word.as_str()) {
        to -= 1;
    }
    (from, to)
}

/// "otra cosa:" before a question of its own.
fn says_only_remark(tokens: &[Token]) -> bool {
    let is_said = |pattern: &Pattern| {
        pattern.kind.0 == "remark"
            && pattern.words.len() == tokens.len()
            && pattern.words.iter().zip(tokens).all(|(word, token)| token.word == *word)
    };
    PATTERNS.iter().any(is_said)
}

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = PATTERNS.iter().flat_map(|pattern| pattern.words.iter().copied());
    words.filter(|word| !matches!(*word, "*" | "#" | "@")).collect()
});

/// Whether sentences are made of this word, so that it is spelt right.
pub(crate) fn says(word: &str) -> bool {
    WORDS.contains(word)
}

/// All words that sentences are made of.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_written_folded_and_fits_itself() {
        for pattern in PATTERNS.iter() {
            let said = pattern.words.join(" ").replace('*', "fargo").replace(['#', '@'], "2");
            let sentence = Sentence::new(&said);
            let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
            assert_eq!(words.join(" "), said);
            assert!(fitting(&sentence).any(|fitting| fitting.kind == pattern.kind), "{said}");
        }
    }

    #[test]
    fn a_film_and_a_number_are_found_in_their_places() {
        let sentence = Sentence::new("Please change my rating of The Matrix to 3");
        let found = fitting(&sentence).find(|fitting| fitting.kind == Kind("rerate")).unwrap();
        assert_eq!((found.film, found.numbers), (Some((5, 7)), vec![8]));
    }
}
