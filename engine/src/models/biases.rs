//! How much each film and each user deviates from the mean rating: what the models of ratings start from.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Array, Error, Parts, Viewer};
use crate::matrix::{RatingsMatrix, SparseRows};

const MEAN: &str = "mean";
const FILM_BIASES: &str = "film_biases";

/// How biases are estimated. The defaults are those of Surprise's ALS baselines.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BaselineParameters {
    /// Iterations, each of which estimates the films' biases and then the users'; 1 to 10,000.
    pub iterations: usize,
    /// Imagined ratings of a film that say its bias is zero; 0 or more.
    pub film_damping: f64,
    /// Imagined ratings of a user that say the user's bias is zero; 0 or more.
    pub user_damping: f64,
}

impl Default for BaselineParameters {
    fn default() -> Self {
        BaselineParameters { iterations: 10, film_damping: 10.0, user_damping: 15.0 }
    }
}

impl BaselineParameters {
    pub(super) fn check(&self, model: &'static str) -> Result<(), Error> {
        Error::unless_within(model, "iterations", self.iterations as f64, 1.0..=1e4, "a whole number from 1 to 10000")?;
        for (parameter, value) in [("film_damping", self.film_damping), ("user_damping", self.user_damping)] {
            Error::unless_within(model, parameter, value, 0.0..=1e6, "a number from 0 to 1000000")?;
        }
        Ok(())
    }
}

/// The least and the greatest rating that is given, in stars: predictions stay between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    least: f64,
    greatest: f64,
}

impl Scale {
    /// The scale that a matrix's ratings show; without any all half-stars from 0.5 to 5.
    pub(super) fn of(matrix: &RatingsMatrix) -> Scale {
        let half_stars = matrix.by_user().half_stars();
        let stars = |half_stars: Option<&u8>, otherwise: f64| half_stars.map_or(otherwise, |&value| stars(value));
        Scale { least: stars(half_stars.iter().min(), 0.5), greatest: stars(half_stars.iter().max(), 5.0) }
    }

    /// The nearest rating on the scale.
    pub(super) fn clamp(&self, stars: f64) -> f32 {
        stars.max(self.least).min(self.greatest) as f32
    }
}

/// Of each film whether anybody rated it.
pub(super) fn rated_films(matrix: &RatingsMatrix) -> Vec<bool> {
    matrix.by_film().offsets().windows(2).map(|ends| ends[0] < ends[1]).collect()
}

/// Half-stars in stars.
pub(super) fn stars(half_stars: u8) -> f64 {
    f64::from(half_stars) / 2.0
}

/// The mean rating and what each film adds to it, in stars.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Biases {
    pub(super) mean: f64,
    pub(super) films: Vec<f64>,
    user_damping: f64,
}

impl Biases {
    /// Estimates biases by alternating least squares: Koren, "Factor in the Neighbors" (2010), section 2.1.
    pub(super) fn learn(matrix: &RatingsMatrix, parameters: &BaselineParameters) -> Biases {
        let mean = matrix.mean_half_stars() / 2.0;
        let mut films = vec![0.0; matrix.films()];
        let mut users = vec![0.0; matrix.users()];
        for _ in 0..parameters.iterations {
            films = one_side(matrix.by_film(), mean, &users, parameters.film_damping);
            users = one_side(matrix.by_user(), mean, &films, parameters.user_damping);
        }
        Biases { mean, films, user_damping: parameters.user_damping }
    }

    /// What the viewer adds to the mean; of a user of the training the same as was learned.
    pub(super) fn of_viewer(&self, viewer: &Viewer<'_>) -> f64 {
        damped_mean(viewer.columns, viewer.half_stars, self.mean, &self.films, self.user_damping)
    }

    /// What anybody would be expected to rate the film, in stars.
    pub(super) fn of_film(&self, column: u32) -> f64 {
        self.mean + self.films.get(column as usize).copied().unwrap_or(0.0)
    }

    /// Adds the biases to a model's arrays.
    pub(super) fn put(&self, parts: Parts) -> Parts {
        parts.with(MEAN, Array::F64(vec![self.mean])).with(FILM_BIASES, Array::F64(self.films.clone()))
    }

    /// Takes them out again.
    pub(super) fn take(
        parts: &mut Parts,
        model: &'static str,
        films: usize,
        parameters: &BaselineParameters,
    ) -> Result<Biases, Error> {
        let mean = finite(model, MEAN, parts.take_f64(model, MEAN, 1)?)?[0];
        let films = finite(model, FILM_BIASES, parts.take_f64(model, FILM_BIASES, films)?)?;
        Ok(Biases { mean, films, user_damping: parameters.user_damping })
    }
}

/// The numbers, if all are finite.
pub(super) fn finite(model: &'static str, part: &'static str, values: Vec<f64>) -> Result<Vec<f64>, Error> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    Err(Error::damaged(model, part, "has an element that is not finite"))
}

/// Biases of all rows, those of the columns being given.
fn one_side(rows: &SparseRows, mean: f64, others: &[f64], damping: f64) -> Vec<f64> {
    let of_row = |row: usize| {
        let (columns, half_stars) = rows.row(row);
        damped_mean(columns, half_stars, mean, others, damping)
    };
    (0..rows.len()).into_par_iter().map(of_row).collect()
}

/// The sum of what ratings exceed the mean and the others' biases by, over their damped number; 0 without any.
fn damped_mean(columns: &[u32], half_stars: &[u8], mean: f64, others: &[f64], damping: f64) -> f64 {
    let known = columns
        .iter()
        .zip(half_stars)
        .filter_map(|(&column, &half_stars)| Some(stars(half_stars) - mean - others.get(column as usize)?));
    let sum: f64 = known.sum();
    if columns.is_empty() { 0.0 } else { sum / (columns.len() as f64 + damping) }
}
