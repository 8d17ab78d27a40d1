//! Trained models as the commands use them: names on the command line, the version to answer with, and who asks. Nothing is
//! trained here, and but for a note that a model is old nothing is printed.

use std::path::Path;

use anyhow::{Context, anyhow};
use cineswarm_engine::model_store::{Error, LoadedModel, StoredModel, trained, training_data};
use cineswarm_engine::models::{Algorithm, Viewer};
use cineswarm_engine::{Dataset, MovieId, Profile, UserId};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;

use crate::datasets::looking_in;

/// Takes the name of a model on the command line; the help lists them.
pub(crate) fn algorithm_parser() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(Algorithm::ALL.map(Algorithm::name)).try_map(|name| Algorithm::named(&name))
}

/// Loads the latest version of a model of a dataset, with the dataset version it was trained on, which need not be the
/// opened one.
///
/// # Errors
/// If there is none, saying how to train it and which there are; if it is damaged.
pub(crate) fn load(data_dir: &Path, dataset: &Dataset, algorithm: Algorithm) -> anyhow::Result<LoadedModel> {
    let name = &dataset.metadata().name;
    let training = format!("`cineswarm train --models {} --data {name}{}`", algorithm.name(), looking_in(data_dir));
    let stored = StoredModel::latest(data_dir, name, algorithm).map_err(|error| match error {
        Error::NotTrained { .. } => {
            let others: Vec<&str> =
                trained(data_dir, name).unwrap_or_default().into_iter().map(Algorithm::name).collect();
            let error = anyhow!("no model {} is trained on dataset {name}; run {training}", algorithm.name());
            match others.as_slice() {
                [] => error,
                others => anyhow!("{error}, or choose one that is trained: {}", others.join(", ")),
            }
        }
        error => error.into(),
    })?;
    if stored.metadata().dataset_version == dataset.metadata().version {
        let data = training_data(dataset).with_context(|| format!("reading dataset {name}"))?;
        let model = stored.load(&data)?;
        return Ok(LoadedModel { model, metadata: stored.metadata().clone(), data });
    }
    eprintln!(
        "note: model {} knows an earlier version of dataset {name}; to bring it up to date, run",
        algorithm.name()
    );
    eprintln!("{training}");
    Ok(stored.open()?)
}

/// The ratings of who asks, by column of a model.
pub(crate) struct Asker {
    row: Option<usize>,
    columns: Vec<u32>,
    half_stars: Vec<u8>,
}

impl Asker {
    /// Films that the model does not know are passed over. A user with other ratings than those of the training is a new
    /// viewer to the model.
    pub(crate) fn new(loaded: &LoadedModel, profile: &Profile, user: Option<UserId>) -> Asker {
        let matrix = &loaded.data.matrix;
        let (columns, half_stars) = matrix.columns_of(profile);
        let row = user.and_then(|user| matrix.row_of(user));
        let row = row.filter(|&row| matrix.by_user().row(row) == (&columns, &half_stars));
        Asker { row, columns, half_stars }
    }

    /// Whether the model knows none of the films.
    pub(crate) fn is_unknown(&self) -> bool {
        self.columns.is_empty()
    }

    pub(crate) fn viewer(&self) -> Viewer<'_> {
        Viewer { row: self.row, columns: &self.columns, half_stars: &self.half_stars }
    }
}

/// The model's column of a film of the dataset.
///
/// # Errors
/// If the film came to the dataset after the training.
pub(crate) fn column_of(loaded: &LoadedModel, movie: MovieId) -> anyhow::Result<u32> {
    let column = loaded.data.matrix.column_of(movie).and_then(|column| u32::try_from(column).ok());
    column.ok_or_else(|| {
        let metadata = &loaded.metadata;
        anyhow!("film {movie} came to dataset {} after model {} was trained", metadata.dataset, metadata.algorithm)
    })
}
