//! `cineswarm train`: trains models, one after the other, and keeps each as a version of its own.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use cineswarm_engine::model_store::{self, ModelMetadata, ModelSlot, Training, training_data};
use cineswarm_engine::models::{self, Algorithm, TrainingData};
use cineswarm_engine::{Dataset, dataset};
use clap::builder::{FalseyValueParser, PossibleValuesParser};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::Term;
use indicatif::HumanBytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{DatasetChoice, print_json};
use crate::datasets::{now, open_or_make};
use crate::progress::{ImportProgress, StepProgress};

const ALL: &str = "all";

/// Which models, on what, and how.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm train --models all --data ml-latest-small\n  \
    cineswarm train --models ials,ease --set ials.factors=64 --set ease.regularization=300\n\n\
    Where the same was trained before, with the same parameters on the same version of the dataset, that version is used.\n\
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

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print a list of {"model", "outcome", "version", "parameters", ...}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// One parameter of one model.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) algorithm: Algorithm,
    /// Names from the outermost to the innermost, where parameters have parts.
    path: Vec<String>,
    value: Value,
}

/// What became of one model.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Trained(ModelMetadata),
    /// The same was trained before.
    Skipped(ModelMetadata),
    Failed {
        algorithm: &'static str,
        parameters: Value,
        error: String,
    },
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
    let Arguments { models, settings, force, choice, json } = arguments;
    let chosen = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| models.iter().any(|name| name == ALL || name == algorithm.name()));
    let chosen: Vec<Algorithm> = chosen.collect();
    if let Some(lost) = settings.iter().find(|setting| !chosen.contains(&setting.algorithm)) {
        let name = lost.algorithm.name();
        bail!("a parameter of {name} is set, but {name} is not to be trained; add it to --models");
    }
    let mut shown = ImportProgress::default();
    let data_dir = &choice.place.data_dir;
    let dataset = open_or_make(data_dir, &choice.dataset, &mut |progress| shown.show(progress))?;
    drop(shown);
    let data = training_data(&dataset).with_context(|| format!("reading dataset {}", dataset.metadata().name))?;
    // All are looked at before the first training, which may take long.
    let planned = chosen.into_iter().map(|algorithm| {
        let parameters = algorithm.parameters(&given(algorithm, &settings)?, &data)?;
        Ok((algorithm, parameters))
    });
    let planned: Vec<(Algorithm, Value)> = planned.collect::<anyhow::Result<_>>()?;
    let outcomes = planned.into_iter().map(|(algorithm, parameters)| {
        match train(data_dir, dataset.metadata(), &data, algorithm, &parameters, force) {
            Ok(outcome) => outcome,
            Err(error) => {
                eprintln!("error: {error}");
                Outcome::Failed { algorithm: algorithm.name(), parameters, error: error.to_string() }
            }
        }
    });
    let outcomes: Vec<Outcome> = outcomes.collect();
    if json {
        print_json(&outcomes)?
    } else {
        print_table(&outcomes, &dataset)?
    }
    let failed: Vec<&str> = outcomes.iter().filter_map(Outcome::failed).collect();
    if !failed.is_empty() {
        bail!("{} of {} models could not be trained: {}", failed.len(), outcomes.len(), failed.join(", "));
    }
    Ok(())
}

/// Trains a model and keeps it, unless the same is there already.
fn train(
    data_dir: &Path,
    dataset: &dataset::Metadata,
    data: &TrainingData,
    algorithm: Algorithm,
    parameters: &Value,
    force: bool,
) -> Result<Outcome, Error> {
    let slot = ModelSlot::lock(data_dir, dataset, algorithm)?;
    if !force && let Some(found) = slot.find(parameters)? {
        return Ok(Outcome::Skipped(found));
    }
    let shown = StepProgress::new(format!("training {}", algorithm.name()));
    let started = Instant::now();
    let model = algorithm.train(data, parameters, &|progress| shown.show(progress))?;
    let took = started.elapsed();
    let training = Training { data, parameters, metrics: BTreeMap::new(), took, ended_at: now() };
    Ok(Outcome::Trained(slot.save(&*model, training)?))
}

/// The parameters of a model that were set.
pub(super) fn given(algorithm: Algorithm, settings: &[Setting]) -> anyhow::Result<Value> {
    let mut given = Map::new();
    for Setting { path, value, .. } in settings.iter().filter(|setting| setting.algorithm == algorithm) {
        let Some((last, outer)) = path.split_last() else { continue };
        let mut inside = &mut given;
        for part in outer {
            let entry = inside.entry(part).or_insert_with(|| Value::Object(Map::new()));
            inside = entry.as_object_mut().ok_or_else(|| {
                anyhow!("{}.{} is set as a whole and in part; set one of them", algorithm.name(), path.join("."))
            })?;
        }
        inside.insert(last.clone(), value.clone());
    }
    Ok(Value::Object(given))
}

/// "ials.factors=64"; the value is JSON, or else a word.
pub(super) fn parse_setting(text: &str) -> Result<Setting, String> {
    let form = "it must be MODEL.PARAMETER=VALUE, as in ials.factors=64";
    let (name, value) = text.split_once('=').ok_or(form)?;
    let (model, path) = name.split_once('.').ok_or(form)?;
    let algorithm = Algorithm::named(model.trim()).map_err(|error| error.to_string())?;
    let path: Vec<String> = path.split('.').map(|part| part.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err(form.to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.trim().to_owned()));
    Ok(Setting { algorithm, path, value })
}

impl Outcome {
    fn failed(&self) -> Option<&'static str> {
        match self {
            Outcome::Failed { algorithm, .. } => Some(algorithm),
            _ => None,
        }
    }

    fn row(&self) -> Vec<String> {
        let (metadata, outcome) = match self {
            Outcome::Trained(metadata) => (metadata, "trained"),
            Outcome::Skipped(metadata) => (metadata, "skipped"),
            Outcome::Failed { algorithm, parameters, .. } => {
                let nothing = String::new;
                return vec![
                    (*algorithm).into(),
                    "failed".into(),
                    nothing(),
                    nothing(),
                    nothing(),
                    in_words(parameters),
                ];
            }
        };
        vec![
            metadata.algorithm.clone(),
            outcome.to_owned(),
            metadata.version.clone(),
            format!("{:.1}", metadata.training_seconds),
            HumanBytes(metadata.bytes()).to_string(),
            in_words(&metadata.parameters),
        ]
    }
}

fn print_table(outcomes: &[Outcome], dataset: &Dataset) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["Model", "Outcome", "Version", "Seconds", "Size", "Parameters"]);
    if let Some((_, columns)) = Term::stdout().size_checked() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
    }
    for outcome in outcomes {
        table.add_row(outcome.row());
    }
    for column in [3, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = io::stdout().lock();
    let metadata = dataset.metadata();
    writeln!(out, "Models of dataset {} {}", metadata.name, metadata.version)?;
    writeln!(out, "{table}")?;
    Ok(())
}

/// "factors=64 alpha=1".
fn in_words(parameters: &Value) -> String {
    let Some(parameters) = parameters.as_object() else { return parameters.to_string() };
    let each = parameters.iter().map(|(name, value)| match value {
        Value::String(word) => format!("{name}={word}"),
        value => format!("{name}={value}"),
    });
    each.collect::<Vec<String>>().join(" ")
}
