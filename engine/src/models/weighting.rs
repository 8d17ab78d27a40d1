//! How ratings are weighted before users or films are compared: as they are, as mere facts, or so that what everyone
//! has seen and who has seen everything tell less.

use serde::{Deserialize, Serialize};

use super::weighted_lists::check_finite;
use super::{Array, Error, Parts};
use crate::matrix::RatingsMatrix;

/// What a rating counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// Its half-stars.
    HalfStars,
    /// 1, whatever the rating.
    Ones,
    /// `sqrt(half-stars)` times the inverse document frequency, `ln(1 + documents / (1 + frequency))`, of the user for
    /// films as documents, or of the film for users as documents.
    TfIdf,
    /// Okapi BM25 (Robertson and Walker 1994, with k1 = 1.2 and b = 0.75), but with the inverse document frequency of
    /// `TfIdf`, which is never negative; films being documents and users terms.
    Bm25,
}

/// What is a document and what a term in it, where a weighting asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    Users,
    Films,
}

/// The half-stars there are, and 0.
const STEPS: usize = 11;
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The weight of each rating there can be, as a factor of the film and its half-stars times a factor of the user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RatingWeights {
    of_film: Vec<[f32; STEPS]>,
    of_user: Vec<f32>,
    /// How many films there are, if users are weighted by how few of them they rated.
    idf_of_users: Option<usize>,
}

fn inverse_frequency(documents: usize, frequency: usize) -> f32 {
    (1.0 + documents as f64 / (1.0 + frequency as f64)).ln() as f32
}

fn weighs_users(weighting: Weighting, terms: Terms) -> bool {
    matches!((weighting, terms), (Weighting::TfIdf, Terms::Users) | (Weighting::Bm25, _))
}

impl RatingWeights {
    /// Counts documents and terms.
    pub fn new(matrix: &RatingsMatrix, weighting: Weighting, terms: Terms) -> RatingWeights {
        let (users, films) = (matrix.users(), matrix.films());
        let idf_of_users = weighs_users(weighting, terms).then_some(films);
        let mean_length = (matrix.ratings() as f64 * matrix.mean_half_stars() / films.max(1) as f64) as f32;
        let of_film = (0..films)
            .map(|column| {
                let (raters, half_stars) = matrix.by_film().row(column);
                let length: f32 = half_stars.iter().map(|&half_stars| f32::from(half_stars)).sum();
                let idf = inverse_frequency(users, raters.len());
                let relative = if mean_length > 0.0 { length / mean_length } else { 1.0 };
                let damping = K1 * (1.0 - B + B * relative);
                std::array::from_fn(|half_stars| match (weighting, terms) {
                    (_, _) if half_stars == 0 => 0.0,
                    (Weighting::HalfStars, _) => half_stars as f32,
                    (Weighting::Ones, _) => 1.0,
                    (Weighting::TfIdf, Terms::Users) => (half_stars as f32).sqrt(),
                    (Weighting::TfIdf, Terms::Films) => (half_stars as f32).sqrt() * idf,
                    (Weighting::Bm25, _) => half_stars as f32 * (K1 + 1.0) / (damping + half_stars as f32),
                })
            })
            .collect();
        let mut weights = RatingWeights { of_film, of_user: Vec::new(), idf_of_users };
        weights.of_user = (0..users).map(|row| weights.of_user_with(matrix.by_user().row(row).0.len())).collect();
        weights
    }

    /// The factor of a user with so many ratings, known or not.
    pub fn of_user_with(&self, ratings: usize) -> f32 {
        self.idf_of_users.map_or(1.0, |films| inverse_frequency(films, ratings))
    }

    /// The factor of a user.
    pub fn of_user(&self, row: u32) -> f32 {
        self.of_user[row as usize]
    }

    /// The factors of a film by half-stars.
    pub fn of_film(&self, column: u32) -> &[f32; STEPS] {
        &self.of_film[column as usize]
    }

    /// The weight of a known user's rating.
    pub fn weight(&self, row: u32, column: u32, half_stars: u8) -> f32 {
        self.of_user[row as usize] * self.of_film[column as usize][usize::from(half_stars)]
    }

    /// The squared norm of each film's weighted ratings.
    pub fn film_norms(&self, matrix: &RatingsMatrix) -> Vec<f64> {
        let norm = |column: usize| {
            let (rows, half_stars) = matrix.by_film().row(column);
            let weights = rows.iter().zip(half_stars);
            weights.map(|(&row, &half_stars)| f64::from(self.weight(row, column as u32, half_stars)).powi(2)).sum()
        };
        (0..matrix.films()).map(norm).collect()
    }

    /// The squared norm of each user's weighted ratings.
    pub fn user_norms(&self, matrix: &RatingsMatrix) -> Vec<f64> {
        let norm = |row: usize| {
            let (columns, half_stars) = matrix.by_user().row(row);
            let weights = columns.iter().zip(half_stars);
            weights.map(|(&column, &half_stars)| f64::from(self.weight(row as u32, column, half_stars)).powi(2)).sum()
        };
        (0..matrix.users()).map(norm).collect()
    }

    /// Adds the factors to the arrays of a model.
    pub fn add_to(&self, parts: Parts) -> Parts {
        parts
            .with("film_factors", Array::F32(self.of_film.as_flattened().to_vec()))
            .with("user_factors", Array::F32(self.of_user.clone()))
    }

    /// Takes the factors out of the arrays of a model that was trained on this matrix with this weighting.
    ///
    /// # Errors
    /// If they are not as many as the matrix needs, or not finite.
    pub fn from_parts(
        parts: &mut Parts,
        model: &'static str,
        matrix: &RatingsMatrix,
        weighting: Weighting,
        terms: Terms,
    ) -> Result<RatingWeights, Error> {
        let of_film = parts.take_f32(model, "film_factors", matrix.films() * STEPS)?;
        let of_user = parts.take_f32(model, "user_factors", matrix.users())?;
        check_finite(model, "film_factors", &of_film)?;
        check_finite(model, "user_factors", &of_user)?;
        Ok(RatingWeights {
            of_film: of_film.as_chunks().0.to_vec(),
            of_user,
            idf_of_users: weighs_users(weighting, terms).then_some(matrix.films()),
        })
    }
}
