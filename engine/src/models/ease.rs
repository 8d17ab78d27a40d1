//! EASE: each film is predicted from all others by one linear regression in closed form.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::dense_inverse::invert;
use super::item_similarity::{Gram, most_rated_first};
use super::weighted_lists::{best_first, check_finite, shares};
use super::{Array, Error, Model, Parts, TrainingData, Viewer, Weighted};
use crate::matrix::RatingsMatrix;

const NAME: &str = "ease";

/// How the EASE model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EaseParameters {
    /// The regularisation; above 0. The more users, the more.
    pub lambda: f64,
    /// What a rating counts: 1, or with `true` its half-stars over the root mean square of all ratings.
    pub weighted: bool,
    /// The most memory that the matrix may take, in MiB.
    pub memory_mib: usize,
}

impl Default for EaseParameters {
    fn default() -> Self {
        EaseParameters { lambda: 500.0, weighted: false, memory_mib: 2048 }
    }
}

impl EaseParameters {
    fn check(&self) -> Result<(), Error> {
        let positive = "above 0 and not above 1e9";
        Error::unless_within(NAME, "lambda", self.lambda, f64::MIN_POSITIVE..=1e9, positive)
    }
}

/// What a half-star counts, if ratings are weighted at all.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Value(Option<f32>);

impl Value {
    fn new(matrix: &RatingsMatrix, weighted: bool) -> Value {
        let half_stars = matrix.by_user().half_stars();
        let squares: u64 = half_stars.iter().map(|&half_stars| u64::from(half_stars).pow(2)).sum();
        Value((weighted && squares > 0).then(|| (half_stars.len() as f64 / squares as f64).sqrt() as f32))
    }

    fn of(self, half_stars: u8) -> f32 {
        self.0.map_or(1.0, |of_half_star| f32::from(half_stars) * of_half_star)
    }
}

/// The weight of each rated film for each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Ease {
    value: Value,
    /// Columns of the films with ratings, the most rated first.
    rated: Vec<u32>,
    /// The place of each column among those; `None` without ratings.
    places: Vec<Option<u32>>,
    /// `weights[i * n + j]` is what film i adds to the score of film j; both are places, n is their number.
    weights: Vec<f32>,
}

fn rated_columns(matrix: &RatingsMatrix) -> Vec<u32> {
    let mut columns = most_rated_first(matrix.by_film());
    columns.retain(|&column| !matrix.by_film().row(column as usize).0.is_empty());
    columns
}

impl Ease {
    /// Solves the regression: with P the inverse of `X'X + lambda I`, the weights are `-P_ij / P_jj` off the diagonal
    /// (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, equation 8).
    ///
    /// # Errors
    /// If a parameter is out of range, there is no rating, or the matrix of all films takes more memory than allowed.
    pub fn train(data: &TrainingData, parameters: &EaseParameters) -> Result<Ease, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let rated = rated_columns(matrix);
        let n = rated.len();
        check_memory(n, parameters.memory_mib)?;
        let places = places(matrix.films(), &rated);
        let value = Value::new(matrix, parameters.weighted);
        let mut weights = gram(matrix, value, parameters.lambda, n);
        if !invert(&mut weights, n) {
            return Err(Error::Parameter {
                model: NAME,
                parameter: "lambda",
                value: parameters.lambda.to_string(),
                expected: "larger: the regression has no stable solution",
            });
        }
        let diagonal: Vec<f32> = (0..n).map(|at| weights[at * n + at]).collect();
        for row in 0..n {
            for column in 0..row {
                let precision = weights[row * n + column];
                weights[row * n + column] = -precision / diagonal[column];
                weights[column * n + row] = -precision / diagonal[row];
            }
            weights[row * n + row] = 0.0;
        }
        Ok(Ease { value, rated, places, weights })
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &EaseParameters) -> Result<Ease, Error> {
        parameters.check()?;
        let rated = rated_columns(&data.matrix);
        let weights = parts.take_f32(NAME, "weights", rated.len() * rated.len())?;
        check_finite(NAME, "weights", &weights)?;
        let places = places(data.matrix.films(), &rated);
        Ok(Ease { value: Value::new(&data.matrix, parameters.weighted), rated, places, weights })
    }

    /// The viewer's rated films that the model knows: column, place and value.
    fn profile<'a>(&'a self, viewer: &Viewer<'a>) -> impl Iterator<Item = (u32, usize, f32)> + 'a {
        let rated = viewer.columns.iter().zip(viewer.half_stars);
        rated.filter_map(|(&column, &half_stars)| {
            Some((column, self.places[column as usize]? as usize, self.value.of(half_stars)))
        })
    }

    fn place(&self, column: u32) -> Option<usize> {
        self.places.get(column as usize).copied().flatten().map(|place| place as usize)
    }
}

fn check_memory(films: usize, limit: usize) -> Result<(), Error> {
    let needed = films.saturating_mul(films).saturating_mul(4).div_ceil(1 << 20);
    if needed <= limit {
        return Ok(());
    }
    let advice = "raise memory_mib, or train item-knn or ials, which take less";
    Err(Error::TooLarge { model: NAME, films, needed, limit, advice })
}

fn places(films: usize, rated: &[u32]) -> Vec<Option<u32>> {
    let mut places = vec![None; films];
    for (place, &column) in rated.iter().enumerate() {
        places[column as usize] = Some(place as u32);
    }
    places
}

/// The lower triangle of `X'X + lambda I` of the first `n` films by popularity.
fn gram(matrix: &RatingsMatrix, value: Value, lambda: f64, n: usize) -> Vec<f32> {
    let mut squares = vec![0f32; n * n];
    let of_one = value.of(1).powi(2);
    let gram = Gram::of_integers(matrix, |half_stars| if value.0.is_some() { half_stars } else { 1 });
    let rows: Vec<Mutex<&mut [f32]>> = squares.chunks_exact_mut(n).map(Mutex::new).collect();
    gram.for_each_row(
        || (),
        |(), rank, sums| {
            let Some(row) = rows.get(rank) else { return };
            let mut row = row.lock().unwrap_or_else(PoisonError::into_inner);
            for (square, &sum) in row.iter_mut().zip(sums) {
                *square = sum as f32 * of_one;
            }
            let (_, half_stars) = matrix.by_film().row(gram.columns()[rank] as usize);
            let squared: f64 = half_stars.iter().map(|&rating| f64::from(value.of(rating)).powi(2)).sum();
            row[rank] = (squared + lambda) as f32;
        },
    );
    squares
}

impl Model for Ease {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let n = self.rated.len();
        let mut sums = vec![0f32; n];
        let mut any = false;
        for (_, place, value) in self.profile(viewer) {
            any = true;
            for (sum, &weight) in sums.iter_mut().zip(&self.weights[place * n..][..n]) {
                *sum += value * weight;
            }
        }
        scores.fill(f32::NEG_INFINITY);
        if any {
            for (&column, &sum) in self.rated.iter().zip(&sums) {
                scores[column as usize] = sum;
            }
        }
    }

    /// Of the viewer's films, those that speak for the film.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let Some(target) = self.place(column) else { return Vec::new() };
        let n = self.rated.len();
        let added = self
            .profile(viewer)
            .filter(|&(rated, ..)| rated != column)
            .map(|(rated, place, value)| Weighted { column: rated, weight: value * self.weights[place * n + target] });
        shares(added.filter(|film| film.weight > 0.0).collect(), limit)
    }

    /// Those to whose score the film adds most.
    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        let Some(place) = self.place(column) else { return Vec::new() };
        let n = self.rated.len();
        let weights = self.rated.iter().zip(&self.weights[place * n..][..n]);
        let positive = weights.filter(|&(_, &weight)| weight > 0.0);
        best_first(positive.map(|(&column, &weight)| Weighted { column, weight }).collect(), k)
    }

    fn parts(&self) -> Parts {
        Parts::default().with("weights", Array::F32(self.weights.clone()))
    }
}
