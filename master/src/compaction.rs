//! The log of ratings made part of the dataset, as a new version of it, beside all that is served: workers that come later
//! are sent that one, and the next start serves it. Nobody who asks notices; what is served stays the version it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cineswarm_engine::dataset::{Dataset, GrowOptions, grow, latest_version, version_directory};
use cineswarm_events::Log;
use cineswarm_mqtt::timestamp_ms;
use cineswarm_proto::messages::Shared;
use cineswarm_ratings::lake::reading::Replayed;
use cineswarm_ratings::replaying::{self, is_shared, replay};
use cineswarm_retry::Backoff;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::library::Library;

/// Between two looks at how long the log has become.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two tries after one that failed: what is missing is room on a disk, mostly.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3_600));
/// Asks go first, as far as the system is told.
const NICENESS: i32 = 10;

/// Why there is no new version.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Log(#[from] replaying::Error),
    #[error(transparent)]
    Dataset(#[from] cineswarm_engine::dataset::Error),
    #[error("no thread to write it: {0}")]
    Thread(std::io::Error),
    #[error("writing it ended abnormally")]
    Aborted,
}

/// What is compacted, and when.
pub struct Compaction {
    /// What is served.
    pub library: Arc<Library>,
    /// The log.
    pub log: Log,
    /// Where datasets are kept.
    pub data_dir: PathBuf,
    /// Events past which it is time; 0: never.
    pub after: u64,
}

impl Compaction {
    /// Looks now and then, until `stop` is cancelled.
    pub async fn keep(self, stop: CancellationToken) {
        let Some(shared) = self.library.shared() else { return };
        let (mut looked_at, mut made) = (self.library.version().to_owned(), Vec::new());
        let (mut backoff, mut not_before) = (Backoff::between(BACKOFF.0, BACKOFF.1), Instant::now());
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            let latest = latest_version(&self.data_dir, &self.library.dataset.metadata().name).ok();
            if let Some(version) = latest.clone().filter(|version| shared == Shared::All && *version != looked_at) {
                looked_at.clone_from(&version);
                self.take_up(version).await;
            }
            let events = self.library.ranker().taken().saturating_sub(self.library.latest_made_at());
            if self.after == 0 || events < self.after || Instant::now() < not_before {
                continue;
            }
            if let Some(other) = latest.filter(|version| !self.is_known(version)) {
                not_before = Instant::now() + backoff.next_pause();
                tracing::warn!(
                    version = other,
                    events,
                    "what was rated is not made part of the dataset: a newer version of it waits to be served, and would be \
                     lost; serve it with `cineswarm data switch`"
                );
                continue;
            }
            let started = Instant::now();
            match stop.run_until_cancelled(self.compact(shared)).await {
                Some(Ok(version)) => {
                    backoff.start_over();
                    looked_at.clone_from(&version);
                    made.push(version.clone());
                    self.remove_all_but_the_last(&mut made).await;
                    let seconds = started.elapsed().as_secs_f64();
                    tracing::info!(
                        events,
                        version,
                        seconds,
                        "made what was rated part of the dataset, as a new version"
                    );
                }
                Some(Err(error)) => {
                    let pause = backoff.next_pause();
                    not_before = Instant::now() + pause;
                    let again_s = pause.as_secs();
                    tracing::warn!(%error, events, again_s, "what was rated could not be made part of the dataset");
                }
                None => return,
            }
        }
    }

    /// Whether a version is served or sent here; one with a film more is neither.
    fn is_known(&self, version: &str) -> bool {
        version == self.library.version() || version == self.library.latest().metadata().version
    }

    /// Takes up a version that somebody has made by hand, if it has grown from what is served or sent here. Where less than
    /// everybody's ratings are shared it is not known what it has of them.
    async fn take_up(&self, version: String) {
        let (served, latest, data_dir) = (self.library.dataset.clone(), self.library.latest(), self.data_dir.clone());
        let newer = move || {
            let newer = Dataset::open_version(&data_dir, &latest.metadata().name, &version).ok()?;
            let bases = [&served, &latest].map(|base| &base.metadata().version);
            let has_grown = newer.metadata().base.as_ref().is_some_and(|base| bases.contains(&base))
                && newer.metadata().watermark.as_ref().is_some_and(|newer| newer.seq >= seq_of(&latest));
            (has_grown && is_the_same_but_for_ratings(&newer, &latest)).then_some(newer)
        };
        if let Ok(Some(newer)) = tokio::task::spawn_blocking(newer).await {
            tracing::info!(version = newer.metadata().version, "shards are fetched from a newer version from now on");
            self.library.grow(newer);
        }
    }

    /// Of the versions that were made here only the last is needed, by the next start; who is still being sent an earlier one
    /// has it open.
    async fn remove_all_but_the_last(&self, made: &mut Vec<String>) {
        let Some(last) = made.pop() else { return };
        let name = self.library.dataset.metadata().name.clone();
        for version in std::mem::replace(made, vec![last]) {
            let removed = match version_directory(&self.data_dir, &name, &version) {
                Ok(directory) => tokio::fs::remove_dir_all(directory).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = removed {
                tracing::warn!(version, error, "a version of the dataset that nobody needs could not be removed");
            }
        }
    }

    async fn compact(&self, shared: Shared) -> Result<String, Error> {
        let base = self.library.latest();
        let to = self.log.last().await.map_err(replaying::Error::Log)?;
        let watermark = base.metadata().watermark.clone();
        let replayed = replay(&self.log, watermark.as_ref(), to, |event| is_shared(event, shared)).await?;
        let (sender, receiver) = oneshot::channel();
        let (data_dir, served) = (self.data_dir.clone(), self.library.version().to_owned());
        // A thread of its own, as it stays less important for as long as it lives.
        let write = move || _ = sender.send(write(&base, served, replayed, &data_dir));
        std::thread::Builder::new().name("compaction".into()).spawn(write).map_err(Error::Thread)?;
        let grown = receiver.await.map_err(|_| Error::Aborted)??;
        let version = grown.metadata().version.clone();
        self.library.grow(grown);
        Ok(version)
    }
}

/// Of all that was rated since the version that is served, the base has the beginning.
fn write(base: &Dataset, served: String, replayed: Replayed, data_dir: &Path) -> Result<Dataset, Error> {
    // Refused where a thread may not say so of itself; it is then as important as any.
    let _ = rustix::process::nice(NICENESS);
    let Replayed { changes, watermark, .. } = replayed;
    let name = base.metadata().name.clone();
    let now = timestamp_ms() / 1_000;
    let options =
        GrowOptions { data_dir: data_dir.to_owned(), name: name.clone(), now, watermark, grown_from: Some(served) };
    let report = grow(base, &changes, &options, &mut |_| {})?;
    Ok(Dataset::open_version(data_dir, &name, &report.metadata.version)?)
}

fn seq_of(dataset: &Dataset) -> i64 {
    dataset.metadata().watermark.as_ref().map_or(0, |watermark| watermark.seq)
}

/// Shards of one can stand for those of the other, if both have the same of the log.
fn is_the_same_but_for_ratings(newer: &Dataset, base: &Dataset) -> bool {
    let films = |dataset: &Dataset| dataset.catalogue().movies().iter().map(|film| film.id).collect::<Vec<_>>();
    newer.shard_count() == base.shard_count() && newer.metadata().watermark.is_some() && films(newer) == films(base)
}
