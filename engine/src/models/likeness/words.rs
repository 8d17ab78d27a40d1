//! How much films have in common in words of one kind: genres, tags, names. A word says the more, the fewer films have it.

use std::collections::BTreeMap;

use crate::models::Weighted;
use crate::models::weighted_lists::WeightedLists;

/// A vector of length 1 for each film that has a word which another has, too.
pub(super) struct Words {
    films: WeightedLists,
    words: WeightedLists,
}

impl Words {
    /// Takes the words of each film, in the order of the columns; one that is there more than once counts more.
    pub fn new(films: impl Iterator<Item = Vec<String>>) -> Words {
        let counted: Vec<BTreeMap<String, u32>> = films
            .map(|words| {
                let mut counts = BTreeMap::new();
                words.into_iter().for_each(|word| *counts.entry(word.to_lowercase()).or_default() += 1);
                counts
            })
            .collect();
        let mut frequencies: BTreeMap<&str, usize> = BTreeMap::new();
        counted.iter().flat_map(BTreeMap::keys).for_each(|word| *frequencies.entry(word).or_default() += 1);
        frequencies.retain(|_, frequency| *frequency > 1);
        let numbers = frequencies.iter().zip(0..).map(|((&word, &frequency), number)| {
            (word, (number, (1.0 + counted.len() as f64 / frequency as f64).ln()))
        });
        let numbers: BTreeMap<&str, (u32, f64)> = numbers.collect();
        let vectors = counted.iter().map(|words| {
            let known = words.iter().filter_map(|(word, &count)| {
                let &(column, rarity) = numbers.get(word.as_str())?;
                Some((column, f64::from(count).sqrt() * rarity))
            });
            let known: Vec<(u32, f64)> = known.collect();
            let length = known.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            known.into_iter().map(|(column, weight)| Weighted { column, weight: (weight / length) as f32 }).collect()
        });
        let films = WeightedLists::new(vectors);
        let words = films.transposed(numbers.len());
        Words { films, words }
    }

    /// Gives the cosine with each film that has a word in common with a film, this film itself among them.
    pub fn each(&self, film: u32, sums: &mut Cosines, give: impl FnMut(u32, f32)) {
        let (words, weights) = self.films.list(film as usize);
        for (&word, &own) in words.iter().zip(weights) {
            let (others, weights) = self.words.list(word as usize);
            for (&other, &theirs) in others.iter().zip(weights) {
                sums.add(other, own * theirs);
            }
        }
        sums.drain(give);
    }
}

/// Sums by film, most of them zero.
pub(super) struct Cosines {
    sums: Vec<f32>,
    touched: Vec<u32>,
}

impl Cosines {
    pub fn new(films: usize) -> Cosines {
        Cosines { sums: vec![0.0; films], touched: Vec::new() }
    }

    pub fn add(&mut self, film: u32, product: f32) {
        let sum = &mut self.sums[film as usize];
        // Products of what is there are above 0.
        if *sum == 0.0 {
            self.touched.push(film);
        }
        *sum += product;
    }

    /// Gives all sums that are not 0, and begins anew.
    pub fn drain(&mut self, mut give: impl FnMut(u32, f32)) {
        for film in self.touched.drain(..) {
            give(film, std::mem::take(&mut self.sums[film as usize]));
        }
    }
}
