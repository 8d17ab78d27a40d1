//! Hybrid: several models' scores, each on the scale of its own deviation, summed with weights that were fitted on a part
//! of the ratings held out inside the training. Viewers with few ratings have weights of their own, viewers with none get
//! what is popular, and films without ratings are scored by what they are about.

mod fit;
mod members;
mod validation;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::members::{Member, Members, Plan};
use self::validation::Split;
use super::weighted_lists::{best_first, check_finite, shares};
use super::{Algorithm, Array, Error, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};

const NAME: &str = "hybrid";

/// How the hybrid learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HybridParameters {
    /// The models it is made of, by name, and their parameters; of those not given the defaults. A model may be there more
    /// than once with an underscore and a word after its name: `ease_strict`. If any is given, these are all.
    pub members: BTreeMap<String, Value>,
    /// Of how many users ratings are held out to fit the weights.
    pub validation_users: usize,
    /// Which users and ratings those are.
    pub seed: u64,
    /// Viewers with fewer ratings have the weights fitted for short profiles.
    pub short_profile: usize,
}

impl Default for HybridParameters {
    fn default() -> Self {
        let members = [
            ("popularity", json!({})),
            ("content", json!({})),
            ("ease", json!({ "weighted": true, "lambda": 350.0 })),
            // Factors that began elsewhere err elsewhere, and together less.
            ("ials", json!({})),
            ("ials_2", json!({ "seed": 2 })),
            ("ials_3", json!({ "seed": 3 })),
        ];
        let members = members.map(|(label, parameters)| (label.to_owned(), parameters)).into();
        HybridParameters { members, validation_users: 3000, seed: 1, short_profile: 8 }
    }
}

impl HybridParameters {
    /// With all parameters of the members, so that the hybrid stays what it is when defaults change.
    pub(super) fn completed(mut self, data: &TrainingData) -> Result<HybridParameters, Error> {
        let plan = self.plan(data)?;
        self.members = plan.into_iter().map(|(label, (_, parameters))| (label, parameters)).collect();
        Ok(self)
    }

    /// The members, with all their parameters for these data.
    fn plan(&self, data: &TrainingData) -> Result<Plan, Error> {
        let mut plan = Plan::new();
        for (label, parameters) in &self.members {
            let refused =
                |expected| Error::Parameter { model: NAME, parameter: "members", value: label.clone(), expected };
            let (name, word) = label.split_once('_').unwrap_or((label, ""));
            let algorithm = Algorithm::named(name)?;
            if algorithm == Algorithm::Hybrid {
                return Err(refused("other models than a hybrid"));
            }
            // It becomes part of names of files.
            if word.len() > 16 || !word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(refused("a model, or a model, an underscore and at most 16 letters and digits"));
            }
            plan.insert(label.clone(), (algorithm, algorithm.parameters(parameters, data)?));
        }
        if plan.is_empty() {
            let (value, expected) = ("empty".to_owned(), "at least one model");
            return Err(Error::Parameter { model: NAME, parameter: "members", value, expected });
        }
        Ok(plan)
    }
}

/// Trained models and how much each counts.
#[derive(Debug)]
pub struct Hybrid {
    short_profile: usize,
    members: Members,
    weights: Vec<f32>,
    /// Weights for viewers with few ratings.
    short_weights: Vec<f32>,
    /// Weights of the members' predictions, 0 for those that make none, and a constant in half-stars; empty if ratings are
    /// not predicted.
    prediction_weights: Vec<f64>,
}

/// How many ratings are known of viewers whose profiles are called short, while weights are fitted.
const SHORT: usize = 3;

impl Hybrid {
    /// Trains the members without a part of the ratings, fits the weights on that part, and trains the members on all.
    ///
    /// # Errors
    /// If a parameter is out of range, there is no rating, or a member cannot be trained.
    pub fn train(data: &TrainingData, parameters: &HybridParameters, watch: Watch<'_>) -> Result<Hybrid, Error> {
        let plan = parameters.plan(data)?;
        if data.matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let total = plan.len() as u64 * 2 + 1;
        let mut done = 0;
        let mut step = || {
            done += 1;
            watch(Progress { done, total });
        };
        let split = Split::new(data, parameters.validation_users, parameters.seed);
        let fitted = if split.users.is_empty() || split.data.matrix.ratings() == 0 {
            None
        } else {
            let members = Members::train(&split.data, &plan, &mut step)?;
            let count = members.len();
            let all: Vec<usize> = (0..count).collect();
            let weights = fit::ranking_weights(&split.judged(&members, None), &members.collaborative(), count);
            let short_weights = fit::ranking_weights(&split.judged(&members, Some(SHORT)), &all, count);
            Some((weights, short_weights, fit_predictions(&split, &members)))
        };
        step();
        let members = Members::train(data, &plan, &mut step)?;
        let equal = vec![1.0 / members.len() as f32; members.len()];
        let (weights, short_weights, prediction_weights) = match fitted {
            // A model that fits into memory without the validation part may not with it, and then all are equal again.
            Some(fitted) if fitted.0.len() == equal.len() => fitted,
            _ => (equal.clone(), equal, Vec::new()),
        };
        Ok(Hybrid { short_profile: parameters.short_profile, members, weights, short_weights, prediction_weights })
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &HybridParameters) -> Result<Hybrid, Error> {
        let mut members = Vec::new();
        for (label, (algorithm, parameters)) in parameters.plan(data)? {
            let group = parts.take_group(&label);
            // What would not have fitted into memory was left out.
            if !group.arrays().is_empty() {
                members.push(Member { model: algorithm.load(group, data, &parameters)?, label, algorithm });
            }
        }
        if let Some(name) = parts.arrays().keys().find(|name| name.contains('/')) {
            let reason = format!("have an array of a model that is no parameter: {}", name.escape_debug());
            return Err(Error::damaged(NAME, "members", reason));
        }
        let members = Members::new(members, &data.matrix);
        let count = members.len();
        let weights = parts.take_f32(NAME, "weights", count)?;
        let short_weights = parts.take_f32(NAME, "short_weights", count)?;
        check_finite(NAME, "weights", &weights)?;
        check_finite(NAME, "short_weights", &short_weights)?;
        let expected = if parts.length("prediction_weights") == 0 { 0 } else { count + 1 };
        let prediction_weights = parts.take_f64(NAME, "prediction_weights", expected)?;
        if prediction_weights.iter().any(|weight| !weight.is_finite()) {
            return Err(Error::damaged(NAME, "prediction_weights", "have an element that is no number"));
        }
        Ok(Hybrid { short_profile: parameters.short_profile, members, weights, short_weights, prediction_weights })
    }

    /// How much each member counts, for viewers with many ratings and with few.
    pub fn weights(&self) -> impl Iterator<Item = (&str, f32, f32)> {
        let weights = self.weights.iter().zip(&self.short_weights);
        self.members.labels().zip(weights).map(|(label, (&weight, &short))| (label, weight, short))
    }

    /// The weights for a viewer.
    fn weights_for(&self, viewer: &Viewer<'_>) -> Vec<f32> {
        if viewer.columns.is_empty() {
            // Nobody can say anything but the popularity model, whatever it is worth to those who have rated.
            return vec![1.0; self.weights.len()];
        }
        if viewer.columns.len() < self.short_profile { self.short_weights.clone() } else { self.weights.clone() }
    }
}

/// Which members predict ratings, and weights for all of them and a constant; empty if none does.
fn fit_predictions(split: &Split, members: &Members) -> Vec<f64> {
    let models: Vec<&dyn Model> = members.models().collect();
    let predicting = split.predicting(&models);
    let chosen: Vec<&dyn Model> = predicting.iter().map(|&member| models[member]).collect();
    if chosen.is_empty() {
        return Vec::new();
    }
    let Some(fitted) = fit::prediction_weights(&split.predictions(&chosen)) else { return Vec::new() };
    let mut weights = vec![0.0; models.len() + 1];
    for (&member, &weight) in predicting.iter().zip(&fitted) {
        weights[member] = weight;
    }
    weights[models.len()] = fitted[chosen.len()];
    weights
}

impl Model for Hybrid {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        if self.members.add_scores(viewer, &self.weights_for(viewer), scores) {
            self.members.score_unrated(viewer, scores);
        } else if !self.members.add_scores(viewer, &vec![1.0; self.members.len()], scores) {
            // Not even those have a say that do not count while others have one, as of films that nobody rated.
            scores.fill(f32::NEG_INFINITY);
        }
    }

    /// The weighted sum of the members' predictions.
    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        let (constant, weights) = self.prediction_weights.split_last()?;
        let mut half_stars = *constant;
        for (model, &weight) in self.members.models().zip(weights).filter(|(_, weight)| **weight != 0.0) {
            half_stars += weight * 2.0 * f64::from(model.predict(viewer, column)?);
        }
        Some((half_stars / 2.0).clamp(0.5, 5.0) as f32)
    }

    /// The shares that the members give, each times the weight of the member.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let mut added: BTreeMap<u32, f32> = BTreeMap::new();
        for (model, weight) in self.members.models().zip(self.weights_for(viewer)).filter(|(_, weight)| *weight > 0.0) {
            for film in model.because(viewer, column, viewer.columns.len()) {
                *added.entry(film.column).or_default() += weight * film.weight;
            }
        }
        shares(added.into_iter().map(|(column, weight)| Weighted { column, weight }).collect(), limit)
    }

    /// What the members find similar, each on the scale of its most similar film, times the weight of the member. For films
    /// that none of these knows, what is similar in content.
    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        let mut added: BTreeMap<u32, f32> = BTreeMap::new();
        let mut sum = 0.0;
        for (model, &weight) in self.members.models().zip(&self.weights).filter(|(_, weight)| **weight > 0.0) {
            let similar = model.similar(column, self.members.unrated().len());
            let Some(most) = similar.first().map(|film| film.weight).filter(|&most| most > 0.0) else { continue };
            sum += weight;
            for film in similar {
                *added.entry(film.column).or_default() += weight * film.weight / most;
            }
        }
        if added.is_empty() {
            return self.members.content().map(|content| content.similar(column, k)).unwrap_or_default();
        }
        best_first(added.into_iter().map(|(column, weight)| Weighted { column, weight: weight / sum }).collect(), k)
    }

    fn parts(&self) -> Parts {
        let own = Parts::default()
            .with("weights", Array::F32(self.weights.clone()))
            .with("short_weights", Array::F32(self.short_weights.clone()))
            .with("prediction_weights", Array::F64(self.prediction_weights.clone()));
        self.members.add_to(own)
    }
}
