//! A viewer's taste from all ratings together: few numbers for each film, the principal components of who likes what, and
//! as many for the viewer, solved anew from each profile. Lists alone add up what each film says; this knows which films say
//! the same, and that who has rated many films and not a famous one may not care for it.

use rayon::prelude::*;

use crate::dense::Cholesky;
use crate::matrix::RatingsMatrix;
use crate::models::{Deviates, Error, Viewer};

use super::{LIKED, NAME, check_finite, liking};

/// Times that the components are sharpened; after as many, those that matter stand still.
const ROUNDS: usize = 10;
const SEED: u64 = 1;
/// What of a pivot is only what rounding left.
const ROUNDING: f64 = 1e-10;
/// How far one like may be chance: the variance of what the components do not explain.
const NOISE: f64 = 0.05;
/// How much a film that was not rated counts as one that the viewer does not like, relative to a rating.
const UNRATED: f64 = 0.02;
/// What is left of a score, however little the film is to the viewer's taste.
const LEAST: f32 = 0.1;

/// The components of all films.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Taste {
    rank: usize,
    /// The share of viewers who like the film, by column.
    means: Vec<f32>,
    /// `rank` numbers a film.
    factors: Vec<f32>,
    /// The sum of all films' outer products, and of all films' factors times their means.
    gram: Vec<f64>,
    mean_sum: Vec<f64>,
}

impl Taste {
    /// Finds the components of what viewers like, each viewer with this voice, among films with so many ratings.
    pub fn train(matrix: &RatingsMatrix, voices: &[f32], fewest_ratings: usize, rank: usize) -> Taste {
        if rank == 0 {
            return Taste::default();
        }
        let known = |column: usize| matrix.by_film().row(column).0.len() >= fewest_ratings;
        let likes = Likes { matrix, voices, all: voices.iter().map(|&voice| f64::from(voice)).sum::<f64>() };
        let means: Vec<f32> =
            (0..matrix.films()).map(|film| if known(film) { likes.share(film) } else { 0.0 }).collect();
        let mut factors = vec![0f32; matrix.films() * rank];
        for (film, row) in factors.chunks_exact_mut(rank).enumerate() {
            let mut deviates = Deviates::new(SEED, film as u64);
            row.iter_mut().for_each(|value| *value = deviates.normal() as f32);
        }
        // Orthogonal iteration: what most films have in common grows with each round, and rows are kept apart.
        for _ in 0..ROUNDS {
            orthonormalise(&mut factors, rank);
            factors = likes.through_viewers(&means, &factors, rank);
        }
        // The last step is not thrown away (Nyström): of Z = CQ it is Z (Q'Z)^-1 Z' that is nearest to C.
        orthonormalise(&mut factors, rank);
        let through = likes.through_viewers(&means, &factors, rank);
        let between = Cholesky::of(products(&factors, &through, rank), rank, ROUNDING);
        Taste::new(means, solved(through, &between, rank), rank)
    }

    /// Takes the arrays of a model.
    ///
    /// # Errors
    /// If they hold something that is no number.
    pub fn from_arrays(means: Vec<f32>, factors: Vec<f32>, rank: usize) -> Result<Taste, Error> {
        check_finite(NAME, "means", &means)?;
        check_finite(NAME, "factors", &factors)?;
        Ok(Taste::new(means, factors, rank))
    }

    fn new(means: Vec<f32>, factors: Vec<f32>, rank: usize) -> Taste {
        let gram = products(&factors, &factors, rank);
        let mut mean_sum = vec![0.0; rank];
        for (row, &mean) in factors.chunks_exact(rank.max(1)).zip(&means) {
            add(&mut mean_sum, row, f64::from(mean));
        }
        Taste { rank, means, factors, gram, mean_sum }
    }

    pub fn rank(&self) -> usize {
        self.rank
    }

    pub fn means(&self) -> &[f32] {
        &self.means
    }

    pub fn factors(&self) -> &[f32] {
        &self.factors
    }

    /// Raises the scores above 0 of films that are to the viewer's taste, and lowers those of others: the more ratings there
    /// are, the more, and not at all with one.
    pub fn weigh(&self, viewer: &Viewer<'_>, dislike: f32, scores: &mut [f32]) {
        if self.rank == 0 || viewer.columns.len() < 2 {
            return;
        }
        let counts = 1.0 - (viewer.columns.len() as f32).recip();
        let own = self.of(viewer, dislike);
        for (score, factors) in scores.iter_mut().zip(self.factors.chunks_exact(self.rank)) {
            if *score > 0.0 {
                let mut taste = 0.0;
                factors.iter().zip(&own).for_each(|(&factor, own)| taste += f64::from(factor) * own);
                *score *= (1.0 + counts * taste as f32).max(LEAST);
            }
        }
    }

    /// The factors u that fit the profile: they minimise the sum over rated films of (l - m - v'u)^2, with the liking l, the
    /// mean m and the factors v of the film, that over all others of (0 - m - v'u)^2 times [`UNRATED`], and of |u|^2 times
    /// [`NOISE`].
    fn of(&self, viewer: &Viewer<'_>, dislike: f32) -> Vec<f64> {
        let rank = self.rank;
        let mut matrix: Vec<f64> = self.gram.iter().map(|sum| UNRATED * sum).collect();
        let mut side: Vec<f64> = self.mean_sum.iter().map(|sum| -UNRATED * sum).collect();
        for at in 0..rank {
            matrix[at * rank + at] += NOISE;
        }
        for (&column, &half_stars) in viewer.columns.iter().zip(viewer.half_stars) {
            let column = column as usize;
            let factors = &self.factors[column * rank..][..rank];
            add_outer(&mut matrix, factors, factors, 1.0 - UNRATED);
            let mean = f64::from(self.means[column]);
            add(&mut side, factors, f64::from(liking(half_stars, dislike)) - mean + UNRATED * mean);
        }
        Cholesky::of(matrix, rank, 0.0).solve(&mut side);
        side
    }
}

/// Who likes what.
struct Likes<'a> {
    matrix: &'a RatingsMatrix,
    voices: &'a [f32],
    all: f64,
}

impl Likes<'_> {
    /// The share of voices that like a film; one voice more, which likes nothing, keeps it below 1.
    fn share(&self, film: usize) -> f32 {
        let (rows, half_stars) = self.matrix.by_film().row(film);
        let likers = rows.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED);
        let voices: f64 = likers.map(|(&row, _)| f64::from(self.voices[row as usize])).sum();
        (voices / (self.all + 1.0)) as f32
    }

    /// The covariance of likes times a matrix of `rank` numbers a film, without ever making it: through each viewer's likes,
    /// less what is to be expected of anybody.
    fn through_viewers(&self, means: &[f32], films: &[f32], rank: usize) -> Vec<f32> {
        let mut expected = vec![0f64; rank];
        films.chunks_exact(rank).zip(means).for_each(|(row, &mean)| add(&mut expected, row, f64::from(mean)));
        let mut viewers = vec![0f32; self.matrix.users() * rank];
        viewers.par_chunks_exact_mut(rank).enumerate().for_each(|(row, into)| {
            let mut sum: Vec<f64> = expected.iter().map(|expected| -expected).collect();
            let (columns, half_stars) = self.matrix.by_user().row(row);
            for (&column, _) in columns.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED) {
                add(&mut sum, &films[column as usize * rank..][..rank], 1.0);
            }
            let share = f64::from(self.voices[row]) / self.all;
            into.iter_mut().zip(sum).for_each(|(into, sum)| *into = (sum * share) as f32);
        });
        let mut everybody = vec![0f64; rank];
        viewers.chunks_exact(rank).for_each(|viewer| add(&mut everybody, viewer, 1.0));
        let mut through = vec![0f32; films.len()];
        through.par_chunks_exact_mut(rank).zip(means).enumerate().for_each(|(film, (into, &mean))| {
            // A film that too few have rated is not there for any viewer.
            if mean == 0.0 {
                return;
            }
            let mut sum: Vec<f64> = everybody.iter().map(|everybody| -f64::from(mean) * everybody).collect();
            let (rows, half_stars) = self.matrix.by_film().row(film);
            for (&row, _) in rows.iter().zip(half_stars).filter(|(_, half_stars)| **half_stars >= LIKED) {
                add(&mut sum, &viewers[row as usize * rank..][..rank], 1.0);
            }
            into.iter_mut().zip(sum).for_each(|(into, sum)| *into = sum as f32);
        });
        through
    }
}

/// Turns the columns of a matrix into orthonormal ones of the same space.
fn orthonormalise(rows: &mut Vec<f32>, rank: usize) {
    let between = Cholesky::of(products(rows, rows, rank), rank, ROUNDING);
    *rows = solved(std::mem::take(rows), &between, rank);
}

/// Each row r of a matrix as the x of U'x = r.
fn solved(mut rows: Vec<f32>, factored: &Cholesky, rank: usize) -> Vec<f32> {
    rows.par_chunks_exact_mut(rank).for_each(|row| {
        let mut exact: Vec<f64> = row.iter().map(|&value| f64::from(value)).collect();
        factored.solve_transposed(&mut exact);
        row.iter_mut().zip(exact).for_each(|(value, exact)| *value = exact as f32);
    });
    rows
}

/// A'B of two matrices of `rank` columns, both in rows.
fn products(a: &[f32], b: &[f32], rank: usize) -> Vec<f64> {
    let mut sums = vec![0.0; rank * rank];
    for (a, b) in a.chunks_exact(rank.max(1)).zip(b.chunks_exact(rank.max(1))) {
        add_outer(&mut sums, a, b, 1.0);
    }
    sums
}

fn add_outer(sums: &mut [f64], a: &[f32], b: &[f32], weight: f64) {
    for (sums, &value) in sums.chunks_exact_mut(b.len().max(1)).zip(a) {
        add(sums, b, f64::from(value) * weight);
    }
}

fn add(sums: &mut [f64], row: &[f32], weight: f64) {
    sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += weight * f64::from(value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HalfStars;
    use crate::movielens::Rating;

    /// Twelve viewers of eight films: films 0 to 2 and 4 to 6 are liked by the same, film 3 by all, film 7 by one.
    fn matrix() -> RatingsMatrix {
        let likes = (0..12u32).flat_map(|user| {
            let own = if user % 2 == 0 { [0, 1, 2] } else { [4, 5, 6] };
            let kept = own.into_iter().filter(move |film| (user + film) % 5 != 0);
            kept.chain([3]).chain((user == 0).then_some(7)).map(move |film| (user + 1, film + 1))
        });
        let half_stars = HalfStars::MAX;
        RatingsMatrix::new(likes.map(|(user, movie)| Rating { user, movie, half_stars, timestamp: 0 }), 1..=8)
    }

    const VOICES: [f32; 12] = [1.0, 0.5, 1.5, 1.0, 0.75, 1.25, 1.0, 1.0, 1.25, 0.75, 1.5, 0.5];

    #[test]
    fn components_as_many_as_films_give_the_covariance_of_likes() {
        let matrix = matrix();
        let taste = Taste::train(&matrix, &VOICES, 2, 8);
        let all: f32 = VOICES.iter().sum();
        let likes = |row: usize, film: usize| f32::from(matrix.by_user().row(row).0.contains(&(film as u32)));
        for a in 0..8 {
            for b in 0..8 {
                let off = |row: usize, film: usize| likes(row, film) - taste.means[film];
                let covariance: f32 = (0..12).map(|row| VOICES[row] * off(row, a) * off(row, b) / all).sum();
                let expected = if a == 7 || b == 7 { 0.0 } else { covariance };
                let product: f32 = (0..8).map(|at| taste.factors[a * 8 + at] * taste.factors[b * 8 + at]).sum();
                assert!((product - expected).abs() < 1e-4, "films {a} and {b}: {product} for {expected}");
            }
        }
    }

    #[test]
    fn what_it_solves_for_is_the_least_of_what_it_says_it_minimises() {
        let taste = Taste::train(&matrix(), &VOICES, 2, 3);
        let viewer = Viewer { row: None, columns: &[0, 3, 5], half_stars: &[10, 8, 2] };
        let loss = |own: &[f64]| {
            let films = (0..8u32).map(|film| {
                let factors = &taste.factors[film as usize * 3..][..3];
                let explained: f64 = factors.iter().zip(own).map(|(&factor, own)| f64::from(factor) * own).sum();
                let (liking, weight) = match viewer.half_stars_of(film) {
                    Some(half_stars) => (f64::from(liking(half_stars, 0.5)), 1.0),
                    None => (0.0, UNRATED),
                };
                weight * (liking - f64::from(taste.means[film as usize]) - explained).powi(2)
            });
            films.sum::<f64>() + NOISE * own.iter().map(|own| own * own).sum::<f64>()
        };
        let solved = taste.of(&viewer, 0.5);
        for at in 0..3 {
            for step in [-1e-3, 1e-3] {
                let mut other = solved.clone();
                other[at] += step;
                assert!(loss(&solved) < loss(&other), "{step} further at {at} is less");
            }
        }
    }

    #[test]
    fn one_film_says_nothing_of_taste_and_more_say_the_more() {
        let taste = Taste::train(&matrix(), &VOICES, 2, 3);
        let weighed = |columns: &[u32]| {
            let mut scores = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, f32::NEG_INFINITY];
            let half_stars = vec![10; columns.len()];
            taste.weigh(&Viewer { row: None, columns, half_stars: &half_stars }, 0.5, &mut scores);
            scores
        };
        assert_eq!(weighed(&[0])[..6], [1.0; 6]);
        let (two, three) = (weighed(&[0, 1]), weighed(&[0, 1, 2]));
        assert!(two[2] > 1.0 && two[4] < 1.0 && two[5] < 1.0, "{two:?}");
        assert!(three[5] < two[5], "a third film of one kind says more: {three:?} after {two:?}");
        assert_eq!(two[6..], [-1.0, f32::NEG_INFINITY], "what is not to be recommended stays so");
    }

    #[test]
    fn however_many_threads_there_are_the_components_are_the_same() {
        let trained = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Taste::train(&matrix(), &VOICES, 2, 3))
        };
        assert_eq!(trained(1), trained(3));
    }

    #[test]
    fn who_likes_nothing_leaves_nothing_to_find() {
        let rated = [1, 2].map(|movie| Rating { user: 1, movie, half_stars: HalfStars::MIN, timestamp: 0 });
        let taste = Taste::train(&RatingsMatrix::new(rated, 1..=2), &[1.0], 1, 4);
        assert_eq!(taste.factors, [0.0; 8]);
        let mut scores = [0.5, 0.5];
        taste.weigh(&Viewer { row: None, columns: &[0, 1], half_stars: &[10, 10] }, 0.5, &mut scores);
        assert_eq!(scores, [0.5, 0.5]);
    }
}
