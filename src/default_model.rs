//! The model that answers where nobody has chosen one: found among those trained before, or trained beside what is served,
//! at low priority and only where that takes little time and memory.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context, anyhow};
use cineswarm_engine::Dataset;
use cineswarm_engine::model_store::{ModelSlot, StoredModel, Training, training_data};
use cineswarm_engine::models::{Algorithm, Progress, ServedModel, Watch};
use cineswarm_master::library::OfferedModel;
use serde_json::Value;

use crate::datasets::now;

/// What answers "films like these".
const ALGORITHM: Algorithm = Algorithm::Likeness;
/// Ratings up to which a model is trained unasked: with as many films as below, minutes of one core and half a gigabyte at
/// the most, all that is served included.
const MOST_RATINGS: usize = 3_000_000;
/// Films up to which a model is trained unasked.
const MOST_FILMS: usize = 30_000;

/// Has a master answer from the model that is there for its dataset, or, if `may_train`, from one that is trained now: once
/// the thread has ended that did this for the master before. Returns at once, with the thread; what comes of it is in the
/// log.
pub(crate) fn offer(
    master: &cineswarm_master::Handle,
    data_dir: &Path,
    may_train: bool,
    before: Option<JoinHandle<()>>,
) -> Option<JoinHandle<()>> {
    let (library, offering, data_dir) = (master.library(), master.offering(), data_dir.to_owned());
    let stopper = master.stopper();
    let begun = std::thread::Builder::new().name("default-model".to_owned()).spawn(move || {
        // A training cannot be ended early, and two at a time would take twice the memory.
        if before.is_some_and(|before| before.join().is_err()) {
            tracing::warn!("what trained a model ended abnormally");
        }
        if stopper.is_cancelled() {
            return;
        }
        let found = stored(&data_dir, &library.dataset);
        let model = match found {
            Some(model) => model,
            None if !may_train => {
                let name = &library.dataset.metadata().name;
                let command = format!("cineswarm train --models {} --data {name}", ALGORITHM.name());
                tracing::info!(
                    command,
                    "no model is trained; neighbours answer until one is and the master starts anew"
                );
                return;
            }
            None => match trained(&data_dir, &library.dataset) {
                Ok(Some(model)) => model,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "no model was trained; neighbours answer");
                    return;
                }
            },
        };
        tracing::info!(model = model.name, bytes = model.bytes.len(), "workers are offered the model");
        offering.offer(model);
    });
    let told = |error: &_| tracing::warn!(%error, "no thread to find or train a model on; neighbours answer");
    begun.inspect_err(told).ok()
}

/// The model that was trained on this version of the dataset, if it can be read.
fn stored(data_dir: &Path, dataset: &Dataset) -> Option<OfferedModel> {
    let stored = StoredModel::latest(data_dir, &dataset.metadata().name, ALGORITHM).ok()?;
    if stored.metadata().dataset_version != dataset.metadata().version {
        return None;
    }
    let version = stored.metadata().version.clone();
    let loaded = training_data(dataset).map_err(anyhow::Error::from).and_then(|data| {
        let model = stored.load(&data)?;
        offered(&version, &*model, data.matrix.movie_ids())
    });
    loaded.inspect_err(|error| tracing::warn!(error = format!("{error:#}"), version, "the model cannot be read")).ok()
}

/// Trains the model at low priority, unless that would take long, and keeps it.
fn trained(data_dir: &Path, dataset: &Dataset) -> anyhow::Result<Option<OfferedModel>> {
    let counts = &dataset.metadata().counts;
    let (ratings, films) = (counts.ratings as usize, dataset.catalogue().len());
    if ratings > MOST_RATINGS || films > MOST_FILMS {
        let command = format!("cineswarm train --models {} --data {}", ALGORITHM.name(), dataset.metadata().name);
        tracing::info!(ratings, films, command, "the dataset is too large to train a model unasked; neighbours answer");
        return Ok(None);
    }
    if ratings == 0 {
        return Ok(None);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads =
        rayon::ThreadPoolBuilder::new().num_threads((cores / 2).max(1)).start_handler(|_| yield_to_others()).build()?;
    threads.install(|| train(data_dir, dataset, &log_steps)).map(Some)
}

/// Trains the model of a dataset on the threads of the pool, and keeps it, unless the same is kept already.
fn train(data_dir: &Path, dataset: &Dataset, watch: Watch<'_>) -> anyhow::Result<OfferedModel> {
    let name = &dataset.metadata().name;
    let data = training_data(dataset).with_context(|| format!("reading dataset {name}"))?;
    let parameters = ALGORITHM.parameters(&Value::Null, &data)?;
    let slot = ModelSlot::lock(data_dir, dataset.metadata(), ALGORITHM)?;
    if slot.find(&parameters, |_| true)?.is_some() {
        drop(slot);
        return stored(data_dir, dataset).ok_or_else(|| anyhow!("the model of dataset {name} cannot be read"));
    }
    let started = Instant::now();
    let model = ALGORITHM.train(&data, &parameters, watch)?;
    let took = started.elapsed();
    let (metrics, validation) = Default::default();
    let training = Training { data: &data, parameters: &parameters, metrics, validation, took, ended_at: now() };
    let metadata = slot.save(&*model, training)?;
    tracing::info!(model = ALGORITHM.name(), seconds = took.as_secs_f64(), "trained a model");
    offered(&metadata.version, &*model, data.matrix.movie_ids())
}

fn offered(
    version: &str,
    model: &dyn cineswarm_engine::models::Model,
    movie_ids: &[cineswarm_engine::MovieId],
) -> anyhow::Result<OfferedModel> {
    let served = ServedModel::new(model, movie_ids)?;
    Ok(OfferedModel::new(format!("{}/{version}", ALGORITHM.name()), served))
}

fn log_steps(progress: Progress) {
    let Progress { done, total } = progress;
    tracing::info!(done, total, "training a model; neighbours answer meanwhile");
}

/// Has this thread run only where nobody else wants to, as far as the system knows priorities of threads.
fn yield_to_others() {
    // SAFETY: it sets the priority of the calling thread and touches no memory.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 19);
    }
}
