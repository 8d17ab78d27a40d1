//! The same sentence without what says nothing: laughter, a remark before or after it ("thanks!", "ok great"), adverbs
//! ("honestly", "si puede ser"). Looked at only where nothing was understood, as each of these words is somebody's title.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::words::fold::Sentence;
use crate::words::{patterns, turns};

/// Phrases that say nothing.
static IDLE: LazyLock<HashSet<Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/idle.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|phrase| phrase.split(' ').collect()).collect()
});

/// Whether the word says nothing by itself.
pub(crate) fn is_idle(word: &str) -> bool {
    IDLE.contains(&vec![word])
}

/// Words of the longest idle phrase.
const LONGEST: usize = 4;

/// The sentence without that; `None` if there is nothing to leave out, or nothing else.
pub(crate) fn plainly(sentence: &Sentence) -> Option<String> {
    let tokens = &sentence.tokens;
    let mut kept = vec![true; tokens.len()];
    for (from, to) in clauses(sentence, |at| sentence.breaks_before(at)) {
        let part = &tokens[from..to];
        let is_courtesy =
            |word: &str| is_laughter(word) || patterns::is_courtesy(word) || matches!(word, "no" | "tampoco");
        let is_small_talk = part.iter().all(|token| is_courtesy(&token.word));
        if is_small_talk || (to - from < tokens.len() && is_remark(sentence.typed(from, to))) {
            kept[from..to].fill(false);
        }
    }
    let mut at = 0;
    while at < tokens.len() {
        let said = |length: &usize| {
            let words =
                tokens.get(at..at + length).map(|words| words.iter().map(|token| token.word.as_str()).collect());
            words.is_some_and(|words: Vec<&str>| IDLE.contains(&words))
        };
        let idle = (1..=LONGEST).rev().find(said).unwrap_or(usize::from(is_laughter(&tokens[at].word)));
        kept[at..at + idle].fill(false);
        at += idle.max(1);
    }
    if kept.iter().all(|kept| *kept) || !kept.contains(&true) {
        return None;
    }
    let mut plain = String::new();
    let mut at = 0;
    while at < tokens.len() {
        let to = (at + 1..tokens.len()).find(|next| kept[*next] != kept[at]).unwrap_or(tokens.len());
        if kept[at] {
            if !plain.is_empty() {
                // "uy no tanto jajaja vuelve a lo de antes": laughter parts what is said.
                let parts = sentence.breaks_before(at) || is_laughter(&tokens[at - 1].word);
                plain.push_str(if parts { ", " } else { " " });
            }
            plain.push_str(sentence.typed(at, to));
        }
        at = to;
    }
    if sentence.text.contains('?') {
        plain.push('?');
    }
    Some(plain)
}

/// "without crashes haha", "the Russian one ofc": the sentence without what says nothing at its end, whatever else is read.
pub(crate) fn without_idle_end(sentence: &Sentence) -> Option<String> {
    let mut said = turns::without_end("idle_end", &sentence.tokens);
    while said.len() > 1 && is_laughter(&said[said.len() - 1].word) {
        said = turns::without_end("idle_end", &said[..said.len() - 1]);
    }
    let asks = if sentence.text.contains('?') { "?" } else { "" };
    (said.len() < sentence.len()).then(|| format!("{}{asks}", sentence.typed(0, said.len())))
}

/// The sentences of a text that has a few: "Where can I see Whiplash? is it on netflix"; none, if it has one, or many.
pub(crate) fn sentences(sentence: &Sentence) -> Vec<String> {
    const MOST: usize = 4;
    let ends_before = |at: usize| {
        let gap = sentence.gap(at);
        gap.contains(['?', '!', ';', '\n']) || gap.contains(". ")
    };
    let parts = clauses(sentence, ends_before);
    if !(2..=MOST).contains(&parts.len()) {
        return Vec::new();
    }
    let asks = |to: usize| if sentence.gap(to).contains('?') { "?" } else { "" };
    parts.into_iter().map(|(from, to)| format!("{}{}", sentence.typed(from, to), asks(to))).collect()
}

/// The parts between commas and the like, of a sentence that has a few.
pub(crate) fn clauses_of(sentence: &Sentence) -> Vec<String> {
    const MOST: usize = 5;
    let parts = clauses(sentence, |at| sentence.breaks_before(at));
    if !(2..=MOST).contains(&parts.len()) {
        return Vec::new();
    }
    parts.into_iter().map(|(from, to)| sentence.typed(from, to).to_owned()).collect()
}

/// The parts between commas; of a sentence without any those around its "and".
pub(crate) fn parts_of(sentence: &Sentence) -> Vec<Sentence> {
    let clauses = clauses_of(sentence);
    if !clauses.is_empty() {
        let says_more = |part: &Sentence| !part.tokens.iter().all(|token| patterns::is_courtesy(&token.word));
        return clauses.iter().map(|clause| Sentence::new(clause)).filter(says_more).collect();
    }
    let tokens = &sentence.tokens;
    let joins =
        |at: &usize| matches!(tokens[*at].word.as_str(), "and" | "n" | "y" | "but" | "pero" | "because" | "porque");
    match (1..tokens.len()).rev().find(joins).filter(|at| at + 1 < tokens.len()) {
        Some(at) => vec![Sentence::new(sentence.typed(0, at)), Sentence::new(sentence.typed(at + 1, tokens.len()))],
        None => Vec::new(),
    }
}

fn clauses(sentence: &Sentence, ends_before: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in 1..=sentence.len() {
        if at == sentence.len() || ends_before(at) {
            parts.push((from, at));
            from = at;
        }
    }
    parts
}

fn is_remark(said: &str) -> bool {
    let said = Sentence::new(said);
    patterns::fitting(&said).any(|fitting| {
        fitting.film.is_none() && (fitting.kind.is_chat() || matches!(fitting.kind.0, "thanks" | "remark"))
    })
}

/// "haha", "jajaja", "lool", "xd".
pub(crate) fn is_laughter(word: &str) -> bool {
    let is_of = |letters: &[u8]| word.bytes().all(|letter| letters.contains(&letter));
    let laughs =
        ["ha", "ja", "je", "he", "ji"].iter().any(|laugh| word.matches(laugh).count() > 1 && is_of(laugh.as_bytes()));
    laughs
        || (word.starts_with("lo") && word.ends_with("ol") && is_of(b"lo"))
        || matches!(word, "lol" | "lmao" | "xd" | "xdd" | "rofl")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn what_says_nothing_is_left_out() {
        for (typed, plain) in [
            ("did I already rate Juno?", Some("did I rate Juno?")),
            ("thanks! something with dogs jajaja", Some("something with dogs")),
            ("sin Jennifer Aniston jaja", Some("sin Jennifer Aniston")),
            ("ok, who directed it?", Some("who directed it?")),
            ("Jaws", None),
            ("haha lol", None),
            ("Hannah and her sisters", None),
        ] {
            assert_eq!(plainly(&Sentence::new(typed)).as_deref(), plain, "{typed}");
        }
    }

    #[test]
    fn every_idle_phrase_is_written_folded_and_short_enough_to_be_met() {
        for phrase in IDLE.iter() {
            let words: Vec<String> = tokenize(&phrase.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(words, *phrase);
            assert!(words.len() <= LONGEST, "{words:?}");
        }
    }

    #[test]
    fn a_text_of_several_sentences_is_cut_into_them() {
        let parts = |typed| sentences(&Sentence::new(typed));
        assert_eq!(parts("Where is Whiplash? is it on netflix"), ["Where is Whiplash?", "is it on netflix"]);
        assert_eq!(parts("Dr. No"), ["Dr", "No"]);
        assert!(parts("Alien, Aliens").is_empty());
    }
}
