//! `cineswarm train`: trains models, one after the other, and keeps each as a version of its own.

mod print;
mod validation;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use cineswarm_engine::Dataset;
use cineswarm_engine::model_store::{self, ModelMetadata, ModelSlot, Training, training_data};
use cineswarm_engine::models::{self, Algorithm, TrainingData};
use clap::builder::{FalseyValueParser, PossibleValuesParser};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::settings::{Setting, parse_setting, with_settings};
use super::{DatasetChoice, print_json};
use crate::datasets::now;
use crate::progress::StepProgress;
use validation::Validation;

const ALL: &str = "all";

/// Which models, on what, and how.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm train --models all --data ml-latest-small\n  \
    cineswarm train --models ials,ease --set ials.factors=64 --set ease.lambda=300\n\n\
    Where the same was trained before, with the same parameters on the same version of the dataset, that version is used,\n\
    unless it was not validated and now is to be.\n\
    Before it is kept, the same training is held against a fifth of the ratings that it does not see; the numbers are those\n\
    of `cineswarm evaluate`.\n\n\
    Versions are kept in DIR/models/DATASET/MODEL/VERSION, with their parameters in metadata.json.")]
pub(crate) struct Arguments {
    /// The models
    #[arg(long, env = "TRAIN_MODELS", value_name = "NAME,NAME", required = true, value_delimiter = ',',
          value_parser = PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::name).into_iter().chain([ALL])))]
    models: Vec<String>,

    /// A parameter that is not to have its default; may be given again
    #[arg(long = "set", env = "TRAIN_SET", value_name = "MODEL.PARAMETER=VALUE", value_delimiter = ';',
          value_parser = parse_setting)]
    settings: Vec<Setting>,

    /// Train even where the same was trained before
    #[arg(long, env = "FORCE", value_parser = FalseyValueParser::new())]
    force: bool,

    /// Only train, in half the time, and do not measure how good the models are
    #[arg(long, env = "NO_VALIDATION", value_parser = FalseyValueParser::new())]
    no_validation: bool,

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print a list of {"model", "outcome", "version", "parameters", ...}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// What became of one model.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Trained(#[serde(serialize_with = "with_model")] ModelMetadata),
    /// The same was trained before.
    Skipped(#[serde(serialize_with = "with_model")] ModelMetadata),
    Failed {
        model: &'static str,
        parameters: Value,
        error: String,
    },
}

/// A version's metadata, with the name of the model under "model" as in what other commands print.
fn with_model<S: Serializer>(metadata: &ModelMetadata, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Named<'a> {
        model: &'a str,
        #[serde(flatten)]
        metadata: &'a ModelMetadata,
    }
    Named { model: &metadata.algorithm, metadata }.serialize(serializer)
}

/// Why a model is not there.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Model(#[from] models::Error),
    #[error(transparent)]
    Store(#[from] model_store::Error),
}

/// Trains and prints what became of each model; an error if one is not there in the end.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { models, settings, force, no_validation, choice, json } = arguments;
    let is_chosen = |algorithm: &Algorithm| models.iter().any(|name| name == ALL || name == algorithm.name());
    let chosen: Vec<Algorithm> = Algorithm::ALL.into_iter().filter(is_chosen).collect();
    let given = with_settings(&chosen, &settings)?;
    let data_dir = &choice.place.data_dir;
    let dataset = choice.open()?;
    let data = training_data(&dataset).with_context(|| format!("reading dataset {}", dataset.metadata().name))?;
    // All are looked at before the first training, which may take long.
    let complete = |(algorithm, given): (Algorithm, Value)| Ok((algorithm, algorithm.parameters(&given, &data)?));
    let planned: Vec<(Algorithm, Value)> = given.into_iter().map(complete).collect::<anyhow::Result<_>>()?;
    let trainer = Trainer { data_dir, dataset: &dataset, data, force, no_validation, validation: OnceCell::new() };
    let outcomes = planned.into_iter().map(|(algorithm, parameters)| {
        trainer.train(algorithm, &parameters).unwrap_or_else(|error| {
            eprintln!("error: {error}");
            Outcome::Failed { model: algorithm.name(), parameters, error: error.to_string() }
        })
    });
    let outcomes: Vec<Outcome> = outcomes.collect();
    if json {
        print_json(&outcomes)?;
    } else {
        print::table(&outcomes, &dataset)?;
    }
    let failed: Vec<&str> = outcomes.iter().filter_map(Outcome::failed).collect();
    if !failed.is_empty() {
        bail!("{} of {} models could not be trained: {}", failed.len(), outcomes.len(), failed.join(", "));
    }
    Ok(())
}

/// What all trainings of a run have in common.
struct Trainer<'a> {
    data_dir: &'a Path,
    dataset: &'a Dataset,
    data: TrainingData,
    force: bool,
    no_validation: bool,
    /// Divided when the first model is to be validated, because it may be that none is.
    validation: OnceCell<Option<Validation>>,
}

impl Trainer<'_> {
    /// Trains a model and keeps it, unless the same is there already.
    fn train(&self, algorithm: Algorithm, parameters: &Value) -> Result<Outcome, Error> {
        let slot = ModelSlot::lock(self.data_dir, self.dataset.metadata(), algorithm)?;
        if !self.force
            && let Some(found) = slot.find(parameters, |found| self.is_enough(found))?
        {
            return Ok(Outcome::Skipped(found));
        }
        let (data, name) = (&self.data, algorithm.name());
        let shown = StepProgress::new(format!("training {name}"));
        let started = Instant::now();
        let model = algorithm.train(data, parameters, &|progress| shown.show(progress))?;
        let took = started.elapsed();
        drop(shown);
        let (metrics, validation) = self.validate(algorithm, parameters).unwrap_or_default();
        let training = Training { data, parameters, metrics, validation, took, ended_at: now() };
        Ok(Outcome::Trained(slot.save(&*model, training)?))
    }

    /// Whether a model of the same training need not be trained again: it is validated, if it is to be and can be.
    fn is_enough(&self, found: &ModelMetadata) -> bool {
        !found.validation.is_empty() || self.validation().is_none()
    }

    /// What to validate on; `None` if that is not wanted or not possible.
    fn validation(&self) -> Option<&Validation> {
        if self.no_validation {
            return None;
        }
        self.validation.get_or_init(|| validation::of(self.dataset)).as_ref()
    }

    /// How good such a model is, and on which ratings.
    fn validate(&self, algorithm: Algorithm, parameters: &Value) -> Option<(BTreeMap<String, f64>, String)> {
        let validation = self.validation()?;
        let shown = StepProgress::new(format!("validating {}", algorithm.name()));
        let measured = validation.measure(algorithm, parameters, &|progress| shown.show(progress));
        // What is trained is kept all the same.
        let measured = measured.inspect_err(|error| eprintln!("note: without validation: {error}"));
        Some((measured.ok()?, validation.in_words()))
    }
}

impl Outcome {
    fn metadata(&self) -> Option<&ModelMetadata> {
        match self {
            Outcome::Trained(metadata) | Outcome::Skipped(metadata) => Some(metadata),
            Outcome::Failed { .. } => None,
        }
    }

    fn failed(&self) -> Option<&'static str> {
        match self {
            Outcome::Failed { model, .. } => Some(model),
            _ => None,
        }
    }
}
