//! Search for good parameters, on a validation part taken from the training part: nothing that a model is tested on has a
//! say in how it is set.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Map, Value, json};

use super::Error;
use super::measure::measure;
use super::metrics::Metric;
use super::protocols::Protocol;
use super::splits::Split;
use crate::models::{Algorithm, TrainingData};
use crate::rating::HalfStars;

/// The values that are tried of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// Numbers, evenly.
    Even(f64, f64),
    /// Numbers above 0, their logarithms evenly, of three digits.
    Logarithmic(f64, f64),
    /// Whole numbers from 1, their logarithms evenly.
    Whole(u32, u32),
    /// Any of these words.
    Words(&'static [&'static str]),
    /// True or false.
    Either,
}

use Range::{Either, Even, Logarithmic, Whole, Words};

const WEIGHTINGS: Range = Words(&["half_stars", "ones", "tf_idf", "bm25"]);
const COUNTED_AS: Range = Words(&["ones", "half_stars", "weights"]);

/// The parameters that are searched of a model, none where there is nothing worth it. Parameters that only cost time,
/// as iterations do, stay as they are.
pub fn space(algorithm: Algorithm) -> &'static [(&'static str, Range)] {
    match algorithm {
        Algorithm::Popularity => {
            &[("measure", Words(&["count", "damped_mean"])), ("damping", Logarithmic(1.0, 1000.0))]
        }
        Algorithm::UserKnn => &[
            ("k", Whole(20, 800)),
            ("weighting", WEIGHTINGS),
            ("shrink", Logarithmic(0.1, 100.0)),
            ("asymmetry", Even(0.0, 1.0)),
            ("amplification", Even(0.5, 4.0)),
            ("votes", COUNTED_AS),
        ],
        Algorithm::ItemKnn => &[
            ("k", Whole(20, 1000)),
            ("weighting", WEIGHTINGS),
            ("centred", Either),
            ("shrink", Logarithmic(0.1, 300.0)),
            ("asymmetry", Even(0.0, 1.0)),
            ("profile", COUNTED_AS),
        ],
        Algorithm::Ease => &[("lambda", Logarithmic(10.0, 5000.0)), ("weighted", Either)],
        Algorithm::Rp3Beta => &[("alpha", Even(0.3, 2.0)), ("beta", Even(0.0, 1.0)), ("k", Whole(50, 1000))],
        Algorithm::Graph => &[("popularity_exponent", Even(0.0, 1.0)), ("k", Whole(50, 1000))],
        Algorithm::Ials => &[
            ("factors", Whole(16, 256)),
            ("regularisation", Logarithmic(0.0003, 0.1)),
            ("regularisation_exponent", Even(0.0, 1.0)),
            ("unobserved_weight", Logarithmic(0.01, 1.0)),
        ],
        Algorithm::Baseline => &[("film_damping", Logarithmic(0.1, 100.0)), ("user_damping", Logarithmic(0.1, 100.0))],
        Algorithm::KnnMeans => &[("k", Whole(10, 200))],
        Algorithm::KnnBaseline => &[("k", Whole(10, 200)), ("shrinkage", Logarithmic(1.0, 1000.0))],
        Algorithm::ContentBased => {
            const WEIGHT: Range = Even(0.0, 2.0);
            &[("genres", WEIGHT), ("tags", WEIGHT), ("title", WEIGHT), ("year", WEIGHT), ("genome", Even(0.0, 4.0))]
        }
        Algorithm::Likeness => &[("k", Whole(50, 500)), ("dislike", Even(0.0, 2.0))],
        Algorithm::Als => &[
            ("factors", Whole(5, 60)),
            ("regularisation", Logarithmic(0.05, 3.0)),
            ("bias_regularisation", Logarithmic(0.05, 3.0)),
            ("regularisation_exponent", Even(0.0, 1.0)),
        ],
        // It draws how regular it is.
        Algorithm::Bpmf => &[],
        // They fit themselves to a validation part of their own.
        Algorithm::Hybrid | Algorithm::Blend => &[],
    }
}

/// What a search is told.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// How the training part is divided; only the first of its splits is used.
    pub validation: Protocol,
    /// What is to be good on the validation part.
    pub objective: Metric,
    /// As for [`measure`].
    pub relevant_from: HalfStars,
    /// How many settings are tried; the first is the one without any search.
    pub candidates: usize,
    /// Decides the division and the settings tried.
    pub seed: u64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// All parameters of the best candidate; of equally good ones the first. Without a search those it would start from.
    pub parameters: Value,
    /// How good it was on the validation part; `None` where there was no search.
    pub validation: Option<f64>,
    /// How good the first candidate was: what the search started from.
    pub unsearched: Option<f64>,
    /// How many different settings were tried: none of a model without anything to search, one of a model that has no
    /// value for the objective.
    pub tried: usize,
}

impl Search {
    /// Tries parameters on a part of the split's training part; those `given` stay as they are. `tried` is told how many
    /// candidates of how many are done.
    ///
    /// There is no search of a model without a [`space`], nor beyond the first candidate if that has no value for the
    /// objective, as a model that predicts no ratings has none for their errors.
    ///
    /// # Errors
    /// If the training part cannot be divided, or a model cannot be trained.
    pub fn run(
        &self,
        algorithm: Algorithm,
        given: &Value,
        split: &Split,
        tried: &mut dyn FnMut(u64, u64),
    ) -> Result<Found, Error> {
        let unsearched = |tried: usize| {
            let parameters = algorithm.parameters(given, &split.training)?;
            Ok(Found { parameters, validation: None, unsearched: None, tried })
        };
        if space(algorithm).is_empty() {
            return unsearched(0);
        }
        let validation = self.validation.split(&split.training_source(), self.seed, 0)?;
        let candidates = self.candidates(algorithm, given, &validation.training)?;
        let mut best: Option<(&Value, f64)> = None;
        let mut first = None;
        for (number, parameters) in candidates.iter().enumerate() {
            let model = algorithm.train(&validation.training, parameters, &|_| ())?;
            let measured = measure(model.as_ref(), &validation, &[self.objective], self.relevant_from, &|| ());
            tried(number as u64 + 1, candidates.len() as u64);
            let Some(value) = measured.values.first().copied().flatten() else {
                if number == 0 {
                    return unsearched(1);
                }
                continue;
            };
            first.get_or_insert(value);
            if best.is_none_or(|(_, reached)| self.is_better(value, reached)) {
                best = Some((parameters, value));
            }
        }
        let Some((parameters, reached)) = best else { return unsearched(0) };
        let (parameters, tried) = (parameters.clone(), candidates.len());
        Ok(Found { parameters, validation: Some(reached), unsearched: first, tried })
    }

    fn is_better(&self, value: f64, than: f64) -> bool {
        if self.objective.lower_is_better() { value < than } else { value > than }
    }

    /// What is given alone, and then with searched parameters, each setting once.
    fn candidates(&self, algorithm: Algorithm, given: &Value, data: &TrainingData) -> Result<Vec<Value>, Error> {
        let given = given.as_object().cloned().unwrap_or_default();
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        let mut candidates = vec![algorithm.parameters(&Value::Object(given.clone()), data)?];
        for _ in 1..self.candidates {
            let mut candidate: Map<String, Value> = given.clone();
            for (parameter, range) in space(algorithm) {
                // Drawn even if given, so that fixing one parameter does not change how the others are searched.
                let value = range.draw(&mut chance);
                candidate.entry(*parameter).or_insert(value);
            }
            let candidate = algorithm.parameters(&Value::Object(candidate), data)?;
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        Ok(candidates)
    }
}

impl Range {
    fn draw(self, chance: &mut ChaCha8Rng) -> Value {
        match self {
            Even(from, to) => json!(three_digits(chance.random_range(from..=to))),
            Logarithmic(from, to) => json!(three_digits(chance.random_range(from.ln()..=to.ln()).exp())),
            Whole(from, to) => {
                let drawn = chance.random_range(f64::from(from).ln()..=f64::from(to).ln()).exp();
                json!((drawn.round() as u32).clamp(from, to))
            }
            Words(words) => json!(words[chance.random_range(0..words.len())]),
            Either => json!(chance.random_bool(0.5)),
        }
    }
}

/// Rounded to three significant digits, which is as exact as a search can be and easier to read.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let scale = 10f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}
