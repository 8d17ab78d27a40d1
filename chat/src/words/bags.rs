//! Orders by their words in whatever order: "go back to what you had before", "ponlas otra vez como estaban". Where no whole
//! sentence of `data/patterns.tsv` fits, a few words that must be there tell the order, and none may be there that says more.
//! The words are in `data/bags.tsv`, which a translator can edit.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::words::fold::{Sentence, Token};
use crate::words::patterns::{self, Fitting, Kind};
use crate::words::places::{self, Places};

/// Words of a sentence that may be one order; a longer one says something else, too.
const MOST_WORDS: usize = 14;

/// Words between places: "la 2 y la 5".
const LONGEST_PLACES: usize = 8;

struct Bag {
    kind: Kind,
    /// One word of each must be there.
    groups: Vec<HashSet<&'static str>>,
    /// Places of the list must be there.
    needs_places: bool,
    /// Other words that may be there.
    may: HashSet<&'static str>,
}

struct Bags {
    bags: Vec<Bag>,
    /// Words that may be in any.
    fillers: HashSet<&'static str>,
}

static BAGS: LazyLock<Bags> = LazyLock::new(|| {
    let mut all = Bags { bags: Vec::new(), fillers: HashSet::new() };
    for line in include_str!("../../data/bags.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (kind, needed) = (columns.next().unwrap_or(""), columns.next().unwrap_or(""));
        if kind == "filler" {
            all.fillers.extend(needed.split(' '));
            continue;
        }
        let groups = needed.split(' ').filter(|group| *group != "@").map(|group| group.split('|').collect());
        all.bags.push(Bag {
            kind: Kind(kind),
            groups: groups.collect(),
            needs_places: needed.split(' ').any(|group| group == "@"),
            may: columns.next().map(|words| words.split(' ').collect()).unwrap_or_default(),
        });
    }
    all
});

/// The order that the words are; the first of the file that fits.
pub(crate) fn fitting(sentence: &Sentence) -> Option<Fitting> {
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS {
        return None;
    }
    let pointed_at = longest_places(tokens);
    BAGS.bags.iter().find_map(|bag| {
        let (from, to, places) = match (&pointed_at, bag.needs_places) {
            (Some((from, to, places)), true) => (*from, *to, Some(places.clone())),
            (None, true) => return None,
            (_, false) => (0, 0, None),
        };
        let others: Vec<&str> = tokens[..from].iter().chain(&tokens[to..]).map(|token| token.word.as_str()).collect();
        bag.fits(&others).then(|| Fitting { kind: bag.kind, film: None, numbers: Vec::new(), places })
    })
}

impl Bag {
    fn fits(&self, words: &[&str]) -> bool {
        let is_needed = |word: &str| self.groups.iter().any(|group| group.contains(word));
        let says_nothing =
            |word: &str| self.may.contains(word) || BAGS.fillers.contains(word) || patterns::is_courtesy(word);
        self.groups.iter().all(|group| words.iter().any(|word| group.contains(word)))
            && words.iter().all(|word| is_needed(word) || says_nothing(word))
    }
}

/// The most words that all point at films of the list.
fn longest_places(tokens: &[Token]) -> Option<(usize, usize, Places)> {
    let spans = (1..=tokens.len().min(LONGEST_PLACES)).rev();
    let spans = spans.flat_map(|length| (0..=tokens.len() - length).map(move |from| (from, from + length)));
    spans.into_iter().find_map(|(from, to)| {
        // "one" alone points at none, and an article belongs to what follows it.
        let is_pronoun = to == from + 1 && matches!(tokens[from].word.as_str(), "one" | "una" | "uno");
        let places = places::read(&tokens[from..to]).filter(|_| !is_pronoun)?;
        Some((from, to, places))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_word_is_one_written_folded() {
        let groups = BAGS.bags.iter().flat_map(|bag| bag.groups.iter().chain([&bag.may]).flatten());
        let words: Vec<&str> = groups.chain(&BAGS.fillers).copied().collect();
        assert!(words.len() > 50);
        for word in words {
            let folded: Vec<String> = tokenize(word).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, [word]);
        }
    }

    #[test]
    fn words_tell_an_order_in_any_order_and_others_spoil_it() {
        let kind = |said| fitting(&Sentence::new(said)).map(|fitting| fitting.kind.0);
        assert_eq!(kind("go back to what you had before"), Some("undo"));
        assert_eq!(kind("ponlas otra vez como estaban"), Some("undo"));
        assert_eq!(kind("go back to horror"), None);
        assert_eq!(kind("back to the future"), None);
        let seen = fitting(&Sentence::new("hmm I've watched the first and third ones already")).unwrap();
        assert_eq!((seen.kind.0, seen.places), ("seen_shown", Some(Places::These(vec![1, 3]))));
    }
}
