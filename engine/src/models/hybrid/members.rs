//! The models a hybrid is made of, and their scores on one scale.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::matrix::RatingsMatrix;
use crate::models::{Algorithm, Error, Model, Parts, TrainingData, Viewer};

/// What a member is to be: its algorithm and all parameters of it.
pub(super) type Plan = BTreeMap<String, (Algorithm, Value)>;

/// One member.
#[derive(Debug)]
pub(super) struct Member {
    /// Its name among the members.
    pub label: String,
    pub algorithm: Algorithm,
    pub model: Box<dyn Model>,
}

/// Models by name, all trained on the same films.
#[derive(Debug)]
pub(super) struct Members {
    members: Vec<Member>,
    /// Whether each film has no rating.
    unrated: Vec<bool>,
}

impl Members {
    /// Trains them all; a model that would not fit into memory is left out.
    ///
    /// # Errors
    /// If one cannot be trained for another reason, or none is left.
    pub fn train(data: &TrainingData, plan: &Plan, mut trained: impl FnMut()) -> Result<Members, Error> {
        let mut members = Vec::new();
        let mut last_refused = None;
        for (label, (algorithm, parameters)) in plan {
            match algorithm.train(data, parameters, &|_| {}) {
                Ok(model) => members.push(Member { label: label.clone(), algorithm: *algorithm, model }),
                Err(error @ Error::TooLarge { .. }) => last_refused = Some(error),
                Err(error) => return Err(error),
            }
            trained();
        }
        match last_refused {
            Some(error) if members.is_empty() => Err(error),
            _ => Ok(Members::new(members, &data.matrix)),
        }
    }

    pub fn new(members: Vec<Member>, matrix: &RatingsMatrix) -> Members {
        let unrated = (0..matrix.films()).map(|column| matrix.by_film().row(column).0.is_empty()).collect();
        Members { members, unrated }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The models, by ascending label.
    pub fn models(&self) -> impl Iterator<Item = &dyn Model> {
        self.members.iter().map(|member| &*member.model)
    }

    /// The labels, ascending.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| &*member.label)
    }

    /// Places of the members that go by what others rated; all if there is none. Once a viewer has rated some films, the
    /// rest, popularity and content, only make the top of the list worse.
    pub fn collaborative(&self) -> Vec<usize> {
        let fallback = [Algorithm::Popularity, Algorithm::ContentBased];
        let places = 0..self.members.len();
        let chosen: Vec<usize> = places.filter(|&at| !fallback.contains(&self.members[at].algorithm)).collect();
        if chosen.is_empty() { (0..self.members.len()).collect() } else { chosen }
    }

    /// The model that knows what films are about.
    pub fn content(&self) -> Option<&dyn Model> {
        let found = self.members.iter().find(|member| member.algorithm == Algorithm::ContentBased);
        found.map(|member| &*member.model)
    }

    /// Whether each film has no rating.
    pub fn unrated(&self) -> &[bool] {
        &self.unrated
    }

    /// Sets `scores` to the sums of the members' scores on one scale, times their weights; false if no member with a weight
    /// has a say.
    pub fn add_scores(&self, viewer: &Viewer<'_>, weights: &[f32], scores: &mut [f32]) -> bool {
        scores.fill(0.0);
        let mut any = false;
        for (model, &weight) in self.models().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            let Some(of_member) = standardised(model, viewer, &self.unrated) else { continue };
            any = true;
            for (score, of_member) in scores.iter_mut().zip(of_member) {
                *score += weight * of_member;
            }
        }
        any
    }

    /// Gives films without ratings the score that films of like content have on average: the regression, over the films
    /// with ratings, of the scores on those of the content-based model.
    pub fn score_unrated(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        if !self.unrated.contains(&true) {
            return;
        }
        let Some(content) = self.content().and_then(|model| standardised(model, viewer, &self.unrated)) else { return };
        let rated = || (0..scores.len()).filter(|&column| !self.unrated[column]);
        let count = rated().count().max(1) as f64;
        let mean = |of: &[f32]| rated().map(|column| f64::from(of[column])).sum::<f64>() / count;
        let (mean_score, mean_content) = (mean(scores), mean(&content));
        let (mut together, mut alone) = (0.0, 0.0);
        for column in rated() {
            let distance = f64::from(content[column]) - mean_content;
            together += distance * (f64::from(scores[column]) - mean_score);
            alone += distance * distance;
        }
        let slope = if alone > 0.0 { (together / alone).max(0.0) } else { 0.0 };
        for (column, score) in scores.iter_mut().enumerate().filter(|&(column, _)| self.unrated[column]) {
            *score = (mean_score + slope * (f64::from(content[column]) - mean_content)) as f32;
        }
    }

    /// The arrays of all, each with the name of its model before it.
    pub fn add_to(&self, parts: Parts) -> Parts {
        self.members.iter().fold(parts, |parts, member| parts.with_group(&member.label, member.model.parts()))
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
