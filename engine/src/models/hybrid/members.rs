//! The models a hybrid is made of, and their scores on one scale.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::matrix::RatingsMatrix;
use crate::models::{Algorithm, Error, Model, Parts, TrainingData, Viewer};

/// Models by name, all trained on the same films.
#[derive(Debug)]
pub(super) struct Members {
    models: Vec<(Algorithm, Box<dyn Model>)>,
    /// Whether each film has no rating.
    unrated: Vec<bool>,
}

impl Members {
    /// Trains them all; a model that would not fit into memory is left out.
    ///
    /// # Errors
    /// If one cannot be trained for another reason, or none is left.
    pub fn train(
        data: &TrainingData,
        parameters: &BTreeMap<Algorithm, Value>,
        mut trained: impl FnMut(),
    ) -> Result<Members, Error> {
        let mut models = Vec::new();
        let mut last_refused = None;
        for (&algorithm, parameters) in parameters {
            match algorithm.train(data, parameters, &|_| {}) {
                Ok(model) => models.push((algorithm, model)),
                Err(error @ Error::TooLarge { .. }) => last_refused = Some(error),
                Err(error) => return Err(error),
            }
            trained();
        }
        match last_refused {
            Some(error) if models.is_empty() => Err(error),
            _ => Ok(Members::new(models, &data.matrix)),
        }
    }

    pub fn new(models: Vec<(Algorithm, Box<dyn Model>)>, matrix: &RatingsMatrix) -> Members {
        let unrated = (0..matrix.films()).map(|column| matrix.by_film().row(column).0.is_empty()).collect();
        Members { models, unrated }
    }

    /// The models, by ascending algorithm.
    pub fn models(&self) -> impl ExactSizeIterator<Item = &dyn Model> {
        self.models.iter().map(|(_, model)| &**model)
    }

    /// Which models there are.
    pub fn algorithms(&self) -> impl ExactSizeIterator<Item = Algorithm> + '_ {
        self.models.iter().map(|&(algorithm, _)| algorithm)
    }

    /// Whether each film has no rating.
    pub fn unrated(&self) -> &[bool] {
        &self.unrated
    }

    /// The arrays of all, each with the name of its model before it.
    pub fn add_to(&self, mut parts: Parts) -> Parts {
        for (algorithm, model) in &self.models {
            for (name, array) in model.parts().arrays() {
                parts = parts.with(&format!("{}/{name}", algorithm.name()), array.clone());
            }
        }
        parts
    }
}

/// A model's scores with mean 0 and deviation 1 over the films it can rank for the viewer and the viewer has not rated.
/// Films it cannot rank get the lowest of these scores, or 0 where nobody could know better: films without ratings.
/// `None` if it cannot rank one film.
pub(super) fn standardised(model: &dyn Model, viewer: &Viewer<'_>, unrated: &[bool]) -> Option<Vec<f32>> {
    let mut scores = vec![0f32; unrated.len()];
    model.score(viewer, &mut scores);
    let (mut count, mut sum, mut squares, mut lowest) = (0u32, 0f64, 0f64, f32::INFINITY);
    let mut rated = viewer.columns.iter().peekable();
    for (column, &score) in (0u32..).zip(&scores) {
        if rated.next_if_eq(&&column).is_some() || !score.is_finite() {
            continue;
        }
        count += 1;
        sum += f64::from(score);
        squares += f64::from(score) * f64::from(score);
        lowest = lowest.min(score);
    }
    if count == 0 {
        return None;
    }
    let mean = sum / f64::from(count);
    let deviation = (squares / f64::from(count) - mean * mean).max(0.0).sqrt();
    let scale = if deviation > 1e-12 * mean.abs().max(1e-12) { 1.0 / deviation } else { 0.0 };
    let on_scale = |score: f32| ((f64::from(score) - mean) * scale) as f32;
    for (score, &unrated) in scores.iter_mut().zip(unrated) {
        *score = match score.is_finite() {
            true => on_scale(*score),
            false if unrated => 0.0,
            false => on_scale(lowest),
        };
    }
    Some(scores)
}
