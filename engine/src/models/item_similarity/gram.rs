//! The rows of X'X, for X the users' ratings of films: for each film the dot products with all more popular ones.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::dense_head::DenseHead;
use super::renumbered::Renumbered;
use crate::matrix::RatingsMatrix;

/// What a rating counts.
pub(crate) trait Value: Copy + Default + Send + Sync {
    /// Sums of products of it.
    type Sum: Copy + Default + Send + Sync;

    /// A sum of the dense head; only integers have one.
    fn of_head(sum: i32) -> Self::Sum;

    /// Adds the product of two ratings.
    fn add_product(sum: &mut Self::Sum, a: Self, b: Self);

    /// A sum, rounded.
    fn rounded(sum: Self::Sum) -> f32;

    /// A sum, exactly.
    fn exact(sum: Self::Sum) -> f64;
}

/// Half-stars, or 1: sums are exact. They could overflow past 21 million ratings of one film.
impl Value for u8 {
    type Sum = i32;

    fn of_head(sum: i32) -> i32 {
        sum
    }

    #[inline]
    fn add_product(sum: &mut i32, a: u8, b: u8) {
        *sum = sum.wrapping_add(i32::from(a) * i32::from(b));
    }

    fn rounded(sum: i32) -> f32 {
        sum as f32
    }

    fn exact(sum: i32) -> f64 {
        f64::from(sum)
    }
}

/// Weighted ratings: summed in the order of the users' activity, whatever the number of threads.
impl Value for f32 {
    type Sum = f32;

    fn of_head(sum: i32) -> f32 {
        sum as f32
    }

    #[inline]
    fn add_product(sum: &mut f32, a: f32, b: f32) {
        *sum += a * b;
    }

    fn rounded(sum: f32) -> f32 {
        sum
    }

    fn exact(sum: f32) -> f64 {
        f64::from(sum)
    }
}

/// Ratings ready for the dot products of films.
pub(crate) struct Gram<V: Value> {
    ratings: Renumbered<V>,
    /// Where the raters of each film begin, by rank, and the end of the last.
    rater_offsets: Vec<usize>,
    /// Seats that are not in the dense head, ascending for each film.
    raters: Vec<u32>,
    head: DenseHead,
}

impl Gram<u8> {
    /// Ratings that count what `value` makes of their half-stars, 127 at most.
    pub fn of_integers(matrix: &RatingsMatrix, value: impl Fn(u8) -> u8) -> Gram<u8> {
        let ratings = Renumbered::new(matrix, |_, _, half_stars| value(half_stars));
        let head = DenseHead::new(&ratings);
        Gram::new(ratings, head)
    }
}

impl Gram<f32> {
    /// Ratings that count what `value` makes of their row, column and half-stars.
    pub fn of_weights(matrix: &RatingsMatrix, value: impl Fn(u32, u32, u8) -> f32) -> Gram<f32> {
        Gram::new(Renumbered::new(matrix, value), DenseHead::default())
    }
}

impl<V: Value> Gram<V> {
    fn new(ratings: Renumbered<V>, head: DenseHead) -> Gram<V> {
        let mut rater_offsets = vec![0; ratings.films() + 1];
        for seat in 0..ratings.seats() {
            let (ranks, _) = ratings.seat(seat);
            let outside = ranks.partition_point(|&rank| (rank as usize) < head.width(seat));
            for &rank in &ranks[outside..] {
                rater_offsets[rank as usize + 1] += 1;
            }
        }
        for rank in 0..ratings.films() {
            rater_offsets[rank + 1] += rater_offsets[rank];
        }
        let mut next = rater_offsets.clone();
        let mut raters = vec![0; rater_offsets.last().copied().unwrap_or(0)];
        for seat in 0..ratings.seats() {
            let (ranks, _) = ratings.seat(seat);
            let outside = ranks.partition_point(|&rank| (rank as usize) < head.width(seat));
            for &rank in &ranks[outside..] {
                raters[next[rank as usize]] = seat as u32;
                next[rank as usize] += 1;
            }
        }
        Gram { ratings, rater_offsets, raters, head }
    }

    /// Columns by rank, the most rated first.
    pub fn columns(&self) -> &[u32] {
        &self.ratings.columns
    }

    /// Calls `visit` with every rank and the sums of its film with those of all lower ranks, in no certain order, on all
    /// threads; each thread has a state of its own.
    pub fn for_each_row<S: Send>(
        &self,
        state: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, usize, &[V::Sum]) + Sync,
    ) -> Vec<S> {
        let next = AtomicUsize::new(0);
        let work = |_| {
            let mut state = state();
            let mut sums = vec![V::Sum::default(); self.ratings.films()];
            loop {
                let rank = next.fetch_add(1, Ordering::Relaxed);
                if rank >= self.ratings.films() {
                    return state;
                }
                self.sum_row(rank, &mut sums[..rank]);
                visit(&mut state, rank, &sums[..rank]);
            }
        };
        (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).map(work).collect()
    }

    fn sum_row(&self, rank: usize, sums: &mut [V::Sum]) {
        let head = self.head.row(rank);
        if head.is_empty() {
            sums.fill(V::Sum::default());
        }
        for (sum, &dense) in sums.iter_mut().zip(head) {
            *sum = V::of_head(dense);
        }
        for &seat in &self.raters[self.rater_offsets[rank]..self.rater_offsets[rank + 1]] {
            let (ranks, values) = self.ratings.seat(seat as usize);
            let before = ranks.partition_point(|&other| (other as usize) < rank);
            let own = values[before];
            for (&other, &value) in ranks[..before].iter().zip(&values[..before]) {
                V::add_product(&mut sums[other as usize], own, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::movielens::Rating;
    use crate::rating::HalfStars;

    /// All sums by the columns of both films.
    fn sums(gram: &Gram<u8>) -> BTreeMap<(u32, u32), i32> {
        let rows = gram.for_each_row(Vec::new, |rows: &mut Vec<(usize, Vec<i32>)>, rank, sums| {
            rows.push((rank, sums.to_vec()));
        });
        let columns = gram.columns();
        let pairs = rows.iter().flatten().flat_map(|(rank, sums)| {
            sums.iter().enumerate().map(|(other, &sum)| {
                let (a, b) = (columns[*rank], columns[other]);
                ((a.min(b), a.max(b)), sum)
            })
        });
        pairs.collect()
    }

    #[test]
    fn where_the_line_between_dense_and_scattered_sums_is_drawn_changes_no_sum() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut ratings = Vec::new();
        for user in 0..2500 {
            for movie in 0..210u32 {
                if rng.next_u32() % (movie / 8 + 2) == 0 {
                    let half_stars = HalfStars::new((1 + rng.next_u32() % 10) as u8).unwrap();
                    ratings.push(Rating { user, movie, half_stars, timestamp: 0 });
                }
            }
        }
        let matrix = RatingsMatrix::new(ratings, []);
        let with = |widths: &[usize]| {
            let ratings = Renumbered::new(&matrix, |_, _, half_stars| half_stars);
            let head = DenseHead::with_widths(&ratings, widths.to_vec());
            sums(&Gram::new(ratings, head))
        };
        let scattered = with(&[]);
        assert_eq!(scattered.len(), 210 * 209 / 2);
        assert!(scattered.values().any(|&sum| sum > 10_000), "the popular films share many users");
        for widths in [&[64][..], &[192], &[192, 128], &[128, 128, 64]] {
            assert_eq!(with(widths), scattered, "{widths:?}");
        }
        assert_eq!(sums(&Gram::of_integers(&matrix, |half_stars| half_stars)), scattered);
    }
}
