//! The sentences of `data/patterns.tsv` and `data/examples.tsv`, and the act that each is an example of. Shared with the
//! build, which trains on them.

use std::collections::{BTreeMap, HashMap};

use super::slots::{Slots, slots};

/// A sentence, folded, with what stands for films and the like in their places.
pub(crate) struct Example {
    /// Place of its act in [`Examples::acts`].
    pub(crate) act: usize,
    pub(crate) words: Vec<String>,
}

pub(crate) struct Act {
    pub(crate) name: String,
    /// The sentence that is read instead, for each way in which its examples have films and the like; empty for what asks for
    /// nothing that is known.
    pub(crate) meanings: BTreeMap<Slots, String>,
}

#[derive(Default)]
pub(crate) struct Examples {
    pub(crate) acts: Vec<Act>,
    pub(crate) all: Vec<Example>,
}

impl Examples {
    /// `patterns` are lines of a kind and a pattern; `examples` are acts (`= name`, meaning, kinds of patterns that do the
    /// same) with lines of examples.
    pub(crate) fn read(patterns: &'static str, examples: &'static str) -> Examples {
        let mut read = Examples::default();
        let mut merged: HashMap<&str, usize> = HashMap::new();
        let mut meanings: Vec<Option<&str>> = Vec::new();
        for line in examples.lines().filter(|line| !line.starts_with("# ")) {
            if let Some(head) = line.strip_prefix("= ") {
                let mut columns = head.split('\t');
                let name = columns.next().unwrap_or("");
                let act = read.act(name);
                meanings.push(columns.next());
                merged.extend(columns.next().into_iter().flat_map(|kinds| kinds.split(", ")).map(|kind| (kind, act)));
            } else if let Some(act) = read.acts.len().checked_sub(1) {
                read.add(act, line, meanings[act].unwrap_or(line));
            }
        }
        for (kind, pattern) in
            patterns.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
        {
            let act = match merged.get(kind) {
                Some(act) => *act,
                None => {
                    let act = read.act(kind);
                    merged.insert(kind, act);
                    meanings.push(None);
                    act
                }
            };
            let pattern = pattern.replace('@', "#");
            read.add(act, &pattern, meanings[act].unwrap_or(&pattern));
        }
        read
    }

    fn act(&mut self, name: &str) -> usize {
        self.acts.push(Act { name: name.to_owned(), meanings: BTreeMap::new() });
        self.acts.len() - 1
    }

    fn add(&mut self, act: usize, sentence: &str, meaning: &str) {
        let words: Vec<String> = sentence.split_whitespace().map(str::to_owned).collect();
        let slots = slots(words.iter().map(String::as_str));
        self.acts[act].meanings.entry(slots).or_insert_with(|| meaning.to_owned());
        self.all.push(Example { act, words });
    }
}
