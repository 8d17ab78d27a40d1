//! Which act a sentence is, told by its words: "so which ones have I rated" is like many sentences that ask for one's ratings,
//! though none of them is that one. Trained when the crate is built, on `data/patterns.tsv` and `data/examples.tsv`
//! (`acts/training.rs`); an act says with which sentence it is read instead. Looked at only where the grammar is at a loss or
//! in doubt.

mod features;
mod pieces;
mod slots;

// What the build is made of, and the tests look at.
#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod training;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use self::pieces::Parts;
use self::slots::Slots;
use crate::request::Reader;
use crate::words::{cues, plainly};

/// What a sentence does.
#[derive(Clone, Debug)]
pub(crate) struct Likely {
    /// The act of `data/examples.tsv`, or the kind of `data/patterns.tsv`.
    pub(crate) act: &'static str,
    /// The sentence to be read instead; `None` where it is about the film that is spoken of, and none is.
    pub(crate) said: Option<String>,
    /// How much more it is this act than any other; 1 is what training keeps examples apart by.
    pub(crate) lead: f32,
}

/// What was trained (see `acts/stored.rs`).
struct Trained {
    /// In ascending order, with the rarity of each and where its weights begin.
    features: Vec<u64>,
    rarity: Vec<f32>,
    begins: Vec<usize>,
    /// Places of acts, and the weights.
    weights: Vec<(u8, f32)>,
    /// What stands for all sentences.
    always: Vec<f32>,
    acts: Vec<Act>,
}

#[derive(Clone, Default)]
struct Act {
    name: &'static str,
    /// The sentences to be read, for each way in which films and the like are said.
    meanings: BTreeMap<Slots, &'static str>,
}

static TRAINED: LazyLock<Trained> = LazyLock::new(|| {
    let mut stored = Stored(include_bytes!(concat!(env!("OUT_DIR"), "/acts.bin")));
    let (count, acts) = (stored.count(), stored.count());
    let features = (0..count).map(|_| u64::from_le_bytes(stored.take())).collect();
    let rarity = (0..count).map(|_| f32::from_le_bytes(stored.take())).collect();
    let begins: Vec<usize> = (0..=count).map(|_| stored.count()).collect();
    let entries = begins.last().copied().unwrap_or_default();
    let weight = |[act, steps]: [u8; 2]| (act, f32::from(i8::from_le_bytes([steps])) / features::STEPS);
    let weights = (0..entries).map(|_| weight(stored.take())).collect();
    let always = (0..acts).map(|_| f32::from_le_bytes(stored.take())).collect();
    Trained { features, rarity, begins, weights, always, acts: meanings(acts) }
});

fn meanings(count: usize) -> Vec<Act> {
    let mut acts = vec![Act::default(); count];
    for line in include_str!(concat!(env!("OUT_DIR"), "/acts.tsv")).lines() {
        let mut columns = line.split('\t');
        let act = columns.next().and_then(|place| acts.get_mut(place.parse::<usize>().ok()?));
        let (Some(act), Some(name), Some(slots), Some(meaning)) = (act, columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        act.name = name;
        let mut counts = slots.split(' ').map(|count| count.parse().unwrap_or(0));
        act.meanings.insert([(); 4].map(|()| counts.next().unwrap_or(0)), meaning);
    }
    acts
}

/// Bytes that the build wrote; what would be missing is nought.
struct Stored(&'static [u8]);

impl Stored {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_first_chunk().unwrap_or((&[0; N], &[]));
        self.0 = rest;
        *taken
    }

    fn count(&mut self) -> usize {
        u32::from_le_bytes(self.take()) as usize
    }
}

impl Trained {
    /// The place of a feature, if any example has it.
    fn place(&self, feature: u64) -> Option<usize> {
        self.features.binary_search(&feature).ok()
    }

    /// How much a sentence of these words is each act.
    fn scores(&self, words: &[&str]) -> Vec<f32> {
        let features = features::features(words.iter().copied());
        let known: Vec<usize> = features.into_iter().filter_map(|feature| self.place(feature)).collect();
        let length = known.iter().map(|at| self.rarity[*at] * self.rarity[*at]).sum::<f32>().sqrt();
        let mut scores = self.always.clone();
        for at in known {
            let value = self.rarity[at] / length;
            let weights = self.weights.get(self.begins[at]..self.begins[at + 1]).unwrap_or_default();
            for (act, weight) in weights {
                scores[usize::from(*act)] += value * weight;
            }
        }
        scores
    }

    fn is_known(&self, word: &str) -> bool {
        self.place(features::hash(&[word])).is_some()
    }
}

/// What the sentence most likely does. `it` is the film that is spoken of. `None` where it says more than acts have a place
/// for.
pub(crate) fn likely(reader: &Reader<'_>, it: Option<&str>) -> Option<Likely> {
    const MOST_WORDS: usize = 24;
    if reader.sentence.len() > MOST_WORDS {
        return None;
    }
    let parts = Parts::of(reader);
    if says_more(&parts, reader.sentence.len()) {
        return None;
    }
    // Of each act the best score, and how the sentence was taken for it.
    let mut best: Vec<Option<(f32, pieces::Taken, &str)>> = vec![None; TRAINED.acts.len()];
    for taken in parts.ways() {
        let words = parts.words(taken);
        let slots = slots::slots(words.iter().copied());
        let acts = TRAINED.acts.iter().zip(TRAINED.scores(&words)).zip(&mut best);
        for ((act, score), best) in acts {
            // What asks for nothing may name whatever it likes.
            let nothing = act.meanings.values().next().filter(|meaning| meaning.is_empty());
            let Some(meaning) = act.meanings.get(&slots).or(nothing) else { continue };
            let is_no_rating = act.name == "rate" && parts.counts_places(taken);
            if !is_no_rating && best.is_none_or(|(known, ..)| known < score) {
                *best = Some((score, taken, meaning));
            }
        }
    }
    let mut ranked: Vec<_> =
        TRAINED.acts.iter().zip(best).filter_map(|(act, best)| best.map(|best| (act, best))).collect();
    // Of those that are as likely the one that is written first.
    ranked.sort_by(|(_, (one, ..)), (_, (other, ..))| other.total_cmp(one));
    let (act, (score, taken, meaning)) = *ranked.first()?;
    let next = ranked.get(1).map_or(-1.0, |(_, (score, ..))| *score);
    Some(Likely { act: act.name, said: parts.filled(meaning, taken, it), lead: score - next })
}

/// Whether the sentence has what would be lost: a name that is neither a film nor anybody known ("what else did Villeneuve
/// do"), a year, more than a word of four that no example has, or one beside a "not".
fn says_more(parts: &Parts<'_>, words: usize) -> bool {
    let denies = parts.mere_words().any(|(_, word, _)| cues::is("denies", word));
    let unknown = parts.mere_words().filter(|(_, word, _)| !TRAINED.is_known(word) && !plainly::is_idle(word));
    // Whatever examples speak of "Netflix".
    let is_name = |(at, _, typed): (usize, &str, &str)| {
        at > 0 && typed.starts_with(char::is_uppercase) && typed.contains(char::is_lowercase)
    };
    let is_name = parts.mere_words().any(is_name);
    let (mut count, mut is_year) = (0, false);
    for (_, _, typed) in unknown {
        count += 1;
        is_year |= typed.starts_with(|first: char| first.is_ascii_digit());
    }
    is_name || is_year || 4 * count > words || (denies && count > 0)
}
