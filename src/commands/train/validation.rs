//! What is known of how good a model is: the same training on a part of the ratings, asked about the rest.

use std::collections::BTreeMap;

use cineswarm_engine::evaluation::{Error, Metric, Protocol, Source, Split, Tally, measure};
use cineswarm_engine::models::{self, Algorithm, Watch};
use cineswarm_engine::{Dataset, HalfStars};
use serde_json::Value;

/// Of each user's ratings.
const HELD_OUT: f64 = 0.2;

/// The same ratings of a dataset are held out at every training, so that models can be compared.
const SEED: u64 = 1;

/// Of more users every so many-th is asked: the means are certain enough, and a large dataset has many.
const MOST_CASES: usize = 5_000;

const METRICS: [&str; 4] = ["ndcg@10", "recall@10", "coverage@10", "rmse"];

/// A dataset divided for validation.
pub(super) struct Validation {
    split: Split,
    metrics: Vec<Metric>,
}

/// Holds a part of the ratings out; `None`, with a note, if there are too few.
pub(super) fn of(dataset: &Dataset) -> Option<Validation> {
    let divided = || {
        let source = Source::from_dataset(dataset)?;
        let mut split = Protocol::RandomHoldout { share: HELD_OUT }.split(&source, SEED, 0)?;
        let step = split.cases.len().div_ceil(MOST_CASES).max(1);
        split.cases = split.cases.into_iter().step_by(step).collect();
        let metrics = METRICS.map(str::parse).into_iter().collect::<Result<_, Error>>()?;
        Ok(Validation { split, metrics })
    };
    divided().inspect_err(|error: &Error| eprintln!("note: the models are not validated: {error}")).ok()
}

impl Validation {
    /// Which ratings the models are asked about.
    pub(super) fn in_words(&self) -> String {
        format!("random-holdout of {HELD_OUT}, seed {SEED}, {} users", self.split.cases.len())
    }

    /// Trains and asks. A metric that the model has no value of is left out.
    pub(super) fn measure(
        &self,
        algorithm: Algorithm,
        parameters: &Value,
        watch: Watch<'_>,
    ) -> Result<BTreeMap<String, f64>, models::Error> {
        let model = algorithm.train(&self.split.training, parameters, watch)?;
        let mut tally = Tally::new(&self.metrics);
        tally.add(measure(&*model, &self.split, &self.metrics, HalfStars::MIN, &|| {}));
        let values =
            self.metrics.iter().enumerate().filter_map(|(at, metric)| Some((metric.to_string(), tally.mean(at)?)));
        Ok(values.collect())
    }
}
