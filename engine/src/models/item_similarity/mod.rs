//! Which films are rated alike: for each film the k others with the largest scaled dot product of their ratings, exactly.
//!
//! All pairs are summed once, for the less popular film of both. Films and users are renumbered so that most sums fall
//! close together ([`renumbered`]); the most popular films over the most active users, where most pairs are, are
//! multiplied as dense bytes where the processor can ([`dense_head`]). Memory: 5 to 9 bytes a rating, 34 MB for the
//! dense head, and 16 bytes times k and films for each thread.

mod dense_head;
mod gram;
mod renumbered;

use std::cmp::Ordering;

pub(crate) use gram::{Gram, Value};
pub(crate) use renumbered::most_rated_first;

use super::Weighted;
use super::weighted_lists::WeightedLists;
use crate::best::Best;
use crate::matrix::RatingsMatrix;

/// How dot products become similarities: that of film i with j, in the list of i, is
/// `dot / (left[i] * right[j] + shrink)`. All are by column and not negative.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    pub left: Vec<f64>,
    pub right: Vec<f64>,
    pub shrink: f64,
}

impl Scaling {
    /// The cosine of vectors with these squared norms, asymmetric if `asymmetry` is not 0.5: the denominator is
    /// `|i|^(2 a) |j|^(2 (1 - a))` (Aiolli, "Efficient top-n recommendation for very large scale binary rated datasets",
    /// RecSys 2013).
    pub fn cosine(squared_norms: &[f64], asymmetry: f64, shrink: f64) -> Scaling {
        let power = |exponent: f64| {
            let of = |&norm: &f64| if exponent == 0.5 { norm.sqrt() } else { norm.powf(exponent) };
            squared_norms.iter().map(of).collect()
        };
        Scaling { left: power(asymmetry), right: power(1.0 - asymmetry), shrink }
    }

    fn similarity(&self, dot: f64, film: u32, other: u32) -> f32 {
        (dot / (self.left[film as usize] * self.right[other as usize] + self.shrink)) as f32
    }
}

/// The `k` films with the largest cosine of their half-stars, for each film; zero and less is left out.
pub fn cosine_neighbours(matrix: &RatingsMatrix, k: usize) -> Vec<Vec<Weighted>> {
    let gram = Gram::of_integers(matrix, |half_stars| half_stars);
    let norms: Vec<f64> = (0..matrix.films())
        .map(|column| {
            let (_, half_stars) = matrix.by_film().row(column);
            half_stars.iter().map(|&half_stars| f64::from(u32::from(half_stars).pow(2))).sum()
        })
        .collect();
    most_similar(&gram, &Scaling::cosine(&norms, 0.5, 0.0), k)
}

/// For each film the `k` others most similar to it, best first, of equals the lower column; only similarities above 0.
pub(crate) fn most_similar<V: Value>(gram: &Gram<V>, scaling: &Scaling, k: usize) -> Vec<Vec<Weighted>> {
    let columns = gram.columns();
    let k = k.min(columns.len());
    let right: Vec<f32> = columns.iter().map(|&column| scaling.right[column as usize] as f32).collect();
    let per_thread = gram.for_each_row(
        || Lists::new(columns.len(), k),
        |lists, rank, sums| lists.offer_row::<V>(columns, scaling, &right, rank, sums),
    );
    let mut merged: Vec<Vec<Weighted>> = vec![Vec::new(); columns.len()];
    for lists in per_thread {
        for (list, &column) in lists.best.into_iter().zip(columns) {
            merged[column as usize].extend(list.into_sorted());
        }
    }
    merged.into_iter().map(|list| super::weighted_lists::best_first(list, k)).collect()
}

/// As lists that can be scored with.
pub(crate) fn neighbour_lists<V: Value>(gram: &Gram<V>, scaling: &Scaling, k: usize) -> WeightedLists {
    WeightedLists::new(most_similar(gram, scaling, k))
}

/// The best of one thread so far, by rank.
struct Lists {
    best: Vec<Best<Weighted>>,
    /// A dot product with film j, divided by `right` of the other, that is not above this cannot be among the best of j.
    floors: Vec<f32>,
}

/// How many sums are looked at together.
const BLOCK: usize = 16;

impl Lists {
    fn new(films: usize, k: usize) -> Lists {
        let order =
            |a: &Weighted, b: &Weighted| -> Ordering { b.weight.total_cmp(&a.weight).then(a.column.cmp(&b.column)) };
        Lists { best: (0..films).map(|_| Best::new(k, order)).collect(), floors: vec![0.0; films] }
    }

    /// Offers the pairs of a film with those of lower rank, both ways.
    fn offer_row<V: Value>(&mut self, columns: &[u32], scaling: &Scaling, right: &[f32], rank: usize, sums: &[V::Sum]) {
        let own_right = right[rank];
        for (block, sums) in sums.chunks(BLOCK).enumerate() {
            let start = block * BLOCK;
            let (right, floors) = (&right[start..start + sums.len()], &self.floors[start..start + sums.len()]);
            let own_floor = self.floors[rank];
            let mut any = false;
            for ((&sum, &right), &floor) in sums.iter().zip(right).zip(floors) {
                let dot = V::rounded(sum);
                any |= (dot > own_floor * right) | (dot > floor * own_right);
            }
            if any {
                for (at, &sum) in sums.iter().enumerate() {
                    let dot = V::exact(sum);
                    if dot > 0.0 {
                        self.offer(scaling, columns, rank, start + at, dot);
                        self.offer(scaling, columns, start + at, rank, dot);
                    }
                }
            }
        }
    }

    fn offer(&mut self, scaling: &Scaling, columns: &[u32], rank: usize, other: usize, dot: f64) {
        let (film, other_film) = (columns[rank], columns[other]);
        let similarity = scaling.similarity(dot, film, other_film);
        if !(similarity > 0.0 && similarity.is_finite()) {
            return;
        }
        if self.best[rank].offer(Weighted { column: other_film, weight: similarity }) {
            let bar = self.best[rank].bar().map_or(0.0, |bar| f64::from(bar.weight));
            // The margin is far above the rounding of the comparison in single precision.
            self.floors[rank] = (bar * scaling.left[film as usize] * (1.0 - 1e-5)) as f32;
        }
    }
}

#[cfg(test)]
mod tests;
