//! The commands, one a file. Each prints its answer to standard output and everything else to standard error; those that
//! serve until they are told to stop have no answer, and their log goes to standard output.

mod data;
mod evaluate;
mod evaluate_lists;
mod events;
mod films;
mod health;
mod master;
mod neighbours;
mod predict;
mod ratings;
mod recommend;
mod serving;
mod settings;
mod similar;
mod train;
#[cfg(feature = "embedded-broker")]
mod up;
mod worker;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cineswarm_engine::{Catalogue, Dataset, MovieId, UserId};
use serde_json::Value;

use crate::datasets::open_or_make;
use crate::progress::ImportProgress;

/// What can be done.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Start everything in one process: broker, master and workers
    #[cfg(feature = "embedded-broker")]
    Up(up::Arguments),
    /// Start a master: the page, the queue and the database
    Master(master::Arguments),
    /// Start a worker: it finds the master by the broker
    Worker(cineswarm_worker::Options),
    /// Ask a master whether it is ready; fails if it is not
    Health(health::Arguments),
    /// Import, list, check and download datasets
    #[command(subcommand)]
    Data(data::Command),
    /// Look after the logs of events: consumers, dead letters, copies
    #[command(subcommand)]
    Events(events::Command),
    /// Look after ratings from elsewhere that do not count
    #[command(subcommand)]
    Ratings(ratings::Command),
    /// Recommend films on the terminal, without a server
    Recommend(recommend::Arguments),
    /// List the users whose ratings are most similar to a user's
    Neighbours(neighbours::Arguments),
    /// Measure how good models are on ratings that were kept from them
    Evaluate(evaluate::Arguments),
    /// Measure how good "films like these" and short profiles are answered
    EvaluateLists(evaluate_lists::Arguments),
    /// Train models on a dataset and keep them
    Train(train::Arguments),
    /// List the films most like a film, by a trained model
    Similar(similar::Arguments),
    /// Predict how a user would rate a film, by a trained model
    Predict(predict::Arguments),
}

impl Command {
    /// Whether it serves until it is told to stop; others answer on standard output, which is not for the log then.
    pub(crate) fn runs_until_stopped(&self) -> bool {
        match self {
            #[cfg(feature = "embedded-broker")]
            Command::Up(_) => true,
            Command::Master(_) | Command::Worker(_) => true,
            _ => false,
        }
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            #[cfg(feature = "embedded-broker")]
            Command::Up(arguments) => up::run(arguments),
            Command::Master(arguments) => master::run(arguments),
            Command::Worker(options) => worker::run(options),
            Command::Health(arguments) => health::run(arguments),
            Command::Data(command) => command.run(),
            Command::Events(command) => command.run(),
            Command::Ratings(command) => command.run(),
            Command::Recommend(arguments) => recommend::run(arguments),
            Command::Neighbours(arguments) => neighbours::run(arguments),
            Command::Evaluate(arguments) => evaluate::run(arguments),
            Command::EvaluateLists(arguments) => evaluate_lists::run(arguments),
            Command::Train(arguments) => train::run(arguments),
            Command::Similar(arguments) => similar::run(arguments),
            Command::Predict(arguments) => predict::run(arguments),
        }
    }
}

/// Where datasets are kept.
#[derive(clap::Args)]
pub(crate) struct DataDir {
    /// Folder of the imported datasets
    #[arg(long, env = "DATA_DIR", value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,
}

/// Which dataset to compute with.
#[derive(clap::Args)]
pub(crate) struct DatasetChoice {
    /// Name of an imported dataset, path of one to import first, or "demo" for the bundled one [default: the one that is
    /// imported; demo if there is none]
    #[arg(long = "data", env = "DATASET", value_name = "NAME-OR-PATH")]
    dataset: Option<String>,

    #[command(flatten)]
    pub(crate) place: DataDir,
}

impl DatasetChoice {
    /// Opens it, and shows how far that has come if it takes long.
    pub(crate) fn open(&self) -> anyhow::Result<Dataset> {
        open_dataset(&self.place.data_dir, self.dataset.as_deref(), None)
    }
}

fn open_dataset(data_dir: &Path, name_or_path: Option<&str>, facts: Option<&Path>) -> anyhow::Result<Dataset> {
    let mut shown = ImportProgress::default();
    open_or_make(data_dir, name_or_path, facts, &mut |progress| shown.show(progress))
}

/// The user that somebody names by the id of the dataset's source; none if the source has no such user.
fn user_of(dataset: &Dataset, id: &str) -> anyhow::Result<Option<UserId>> {
    let user = dataset.user_of(id);
    if user.is_none() && dataset.user_ids().is_none() {
        anyhow::bail!(
            "\"{}\" is no user of dataset {}: its users have numbers",
            id.escape_debug(),
            dataset.metadata().name
        );
    }
    Ok(user)
}

/// A user as the dataset's source has it: a number, or else text.
fn user_in_json(dataset: &Dataset, user: UserId) -> Value {
    match dataset.user_ids().and_then(|ids| ids.get(user)) {
        None => user.into(),
        Some(id) => id.into(),
    }
}

/// Adds to what is said of a film what the dataset's source calls it, where that is not its number.
fn with_source_id(mut film: Value, catalogue: &Catalogue, movie: MovieId) -> Value {
    if let Some(id) = catalogue.source_id(movie) {
        film["source_id"] = id.into();
    }
    film
}

/// Prints JSON and ends the line.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Runs an async command on as many threads as there are cores.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Waits for the signal to stop: Ctrl-C, or SIGTERM as from Docker.
async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
