//! `cineswarm evaluate`: how good models are on ratings that were kept from them.

mod data;
mod print;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use cineswarm_engine::HalfStars;
use cineswarm_engine::evaluation::{Found, Metric, Search, Split, Tally, measure};
use cineswarm_engine::models::{Algorithm, Progress};
use clap::builder::FalseyValueParser;
use serde_json::Value;

use super::DatasetChoice;
use super::settings::{Setting, parse_setting, with_settings};
use crate::progress::StepProgress;
use data::{Data, HowToSplit};

/// What to evaluate, and how.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm evaluate --data ml-latest-small --models popularity --metrics ndcg@10,recall@10 --seeds 5\n  \
    cineswarm evaluate --data ml-latest-small --models popularity --metrics ndcg@10 --protocol time-holdout --json\n  \
    cineswarm evaluate --train ml-1m.train.rating --test ml-1m.test.rating --negatives ml-1m.test.negative \
    --models popularity --metrics hr@10,ndcg@10\n\n\
    Films that a viewer has rated are never ranked; of films with equal scores those to be found rank last.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: DatasetChoice,

    /// The models to evaluate
    #[arg(long, env = "EVALUATE_MODELS", value_name = "MODEL,...", value_delimiter = ',', required = true,
          value_parser = parse_model)]
    models: Vec<Algorithm>,

    /// What to measure: rmse, mae, mse, r2; and of the first N films precision@N, recall@N, hr@N, ndcg@N, mrr@N, map@N,
    /// coverage@N, novelty@N, diversity@N, genre-diversity@N, popularity@N, popularity-lift@N, gini@N
    #[arg(long, env = "EVALUATE_METRICS", value_name = "METRIC,...", value_delimiter = ',',
          default_value = "ndcg@10,recall@10,hr@10", value_parser = parse_metric)]
    metrics: Vec<Metric>,

    /// Stars from which a held-out film is one to be found; below, it is ranked among the others
    #[arg(long, env = "EVALUATE_RELEVANT_FROM", value_name = "STARS", default_value = "0.5", value_parser = parse_stars)]
    relevant_from: HalfStars,

    /// A parameter that is not to have its default, as in ials.factors=64; may be given again
    #[arg(long = "set", env = "EVALUATE_SET", value_name = "MODEL.PARAMETER=VALUE", value_delimiter = ';',
          value_parser = parse_setting)]
    settings: Vec<Setting>,

    /// Try so many settings of each model on a validation part of the training ratings, which is divided as the whole is,
    /// and test the one that is best there by the first metric; 0 for no search
    #[arg(long, env = "EVALUATE_SEARCH", value_name = "N", default_value_t = 0)]
    search: usize,

    /// Print a list of {"model", "metrics", "parameters", ...}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,

    #[command(flatten)]
    files: Files,

    #[command(flatten)]
    how: HowToSplit,
}

/// A split made by others.
#[derive(clap::Args)]
#[command(next_help_heading = "Ready-made splits, instead of --data")]
struct Files {
    /// Training ratings: lines of user, item, rating and time separated by tabs, or of a user and its items; several
    /// files are several splits
    #[arg(long, env = "EVALUATE_TRAIN", value_name = "FILE,...", value_delimiter = ',', requires = "test")]
    train: Vec<PathBuf>,

    /// Held-out ratings, a file for each of --train
    #[arg(long, env = "EVALUATE_TEST", value_name = "FILE,...", value_delimiter = ',', requires = "train")]
    test: Vec<PathBuf>,

    /// Items among which each held-out one is ranked, a file for each of --test: lines of (user,item) and items
    /// separated by tabs
    #[arg(long, env = "EVALUATE_NEGATIVES", value_name = "FILE,...", value_delimiter = ',', requires = "train")]
    negatives: Vec<PathBuf>,
}

/// A model with its results.
struct Evaluated {
    algorithm: Algorithm,
    /// Of the first split.
    parameters: Value,
    /// By split; empty if none was asked for.
    searches: Vec<Found>,
    tally: Tally,
    training: Duration,
    asking: Duration,
}

/// What is done with every model on every split.
struct Plan {
    metrics: Vec<Metric>,
    relevant_from: HalfStars,
    search: Option<Search>,
}

/// Evaluates and prints.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { choice, files, models, metrics, how, relevant_from, settings, search, json } = arguments;
    let chosen = each_once(&models).and_then(|()| with_settings(&models, &settings))?;
    let mut data = Data::new(&choice, &files, &how)?;
    let search = metrics.first().filter(|_| search > 0).map(|&objective| Search {
        validation: data.validation(),
        objective,
        relevant_from,
        candidates: search,
        seed: how.seed,
    });
    let plan = Plan { metrics, relevant_from, search };
    let mut all: Vec<Evaluated> = Vec::new();
    while let Some((number, split)) = data.next_split() {
        let split = split?;
        if !data.has_ratings()
            && let Some(metric) = plan.metrics.iter().find(|metric| matches!(metric, Metric::Rating(_)))
        {
            bail!(
                "{metric} needs ratings, and the files are lists of items without any; leave it out of --metrics, or give \
                 files of user, item, rating and time"
            );
        }
        for (at, (algorithm, given)) in chosen.iter().enumerate() {
            let what = format!("{}, split {} of {}", algorithm.name(), number + 1, data.splits());
            let evaluated = plan.evaluate(*algorithm, given, &split, &what)?;
            match all.get_mut(at) {
                Some(all_splits) => all_splits.add(evaluated),
                None => all.push(evaluated),
            }
        }
    }
    data.notes().iter().for_each(|note| eprintln!("note: {note}"));
    if json { print::json(&all) } else { print::table(&all, &data) }
}

impl Evaluated {
    fn add(&mut self, other: Evaluated) {
        self.searches.extend(other.searches);
        self.tally.merge(other.tally);
        self.training += other.training;
        self.asking += other.asking;
    }
}

impl Plan {
    /// Searches if asked to, trains on the whole training part, and tests.
    fn evaluate(&self, algorithm: Algorithm, given: &Value, split: &Split, what: &str) -> anyhow::Result<Evaluated> {
        let mut searches = Vec::new();
        if let Some(search) = &self.search {
            let shown = StepProgress::new(format!("{what}: searching"));
            let tried = &mut |done, total| shown.show(Progress { done, total });
            searches.push(search.run(algorithm, given, split, tried)?);
        }
        let given = searches.first().map_or(given, |found| &found.parameters);
        let parameters = algorithm.parameters(given, &split.training)?;
        let started = Instant::now();
        let shown = StepProgress::new(format!("{what}: training"));
        let model = algorithm.train(&split.training, &parameters, &|progress| shown.show(progress))?;
        drop(shown);
        let training = started.elapsed();
        let started = Instant::now();
        let shown = StepProgress::new(format!("{what}: asking"));
        let (done, total) = (AtomicU64::new(0), split.cases.len() as u64);
        let asked = || shown.show(Progress { done: done.fetch_add(1, Ordering::Relaxed) + 1, total });
        let mut tally = Tally::new(&self.metrics);
        tally.add(measure(model.as_ref(), split, &self.metrics, self.relevant_from, &asked));
        Ok(Evaluated { algorithm, parameters, searches, tally, training, asking: started.elapsed() })
    }
}

/// An error if a model is named twice: its results could not be told apart.
fn each_once(models: &[Algorithm]) -> anyhow::Result<()> {
    for (at, algorithm) in models.iter().enumerate() {
        ensure!(!models[..at].contains(algorithm), "{} is given twice in --models", algorithm.name());
    }
    Ok(())
}

fn parse_model(name: &str) -> Result<Algorithm, String> {
    Algorithm::named(name).map_err(|error| error.to_string())
}

fn parse_metric(name: &str) -> Result<Metric, String> {
    name.parse().map_err(|error: cineswarm_engine::evaluation::Error| error.to_string())
}

fn parse_stars(text: &str) -> Result<HalfStars, String> {
    let stars = text.parse().map_err(|_| "a number of stars from 0.5 to 5".to_owned())?;
    HalfStars::from_stars(stars).map_err(|error| error.to_string())
}
