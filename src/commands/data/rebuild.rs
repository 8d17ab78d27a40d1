//! `cineswarm data rebuild` and `data compact`: a dataset with all that was rated since, as a new version of it; from the
//! data lake, or from the log itself.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{GrowOptions, Watermark, grow};
use cineswarm_events::admin::head;
use cineswarm_events::{Read, Reply, Source, read};
use cineswarm_master::RatingsShared;
use cineswarm_proto::messages::Shared;
use cineswarm_ratings::lake::address::Address;
use cineswarm_ratings::lake::reading::{self, Replayed};
use cineswarm_ratings::replaying::{is_shared, replay};
use indicatif::HumanCount;
use tokio::sync::Mutex;

use super::info::counted;
use crate::commands::events::Place;
use crate::commands::{DataDir, block_on};
use crate::datasets::{self, now};
use crate::progress::ImportProgress;

/// The dataset that was rated.
#[derive(clap::Args)]
struct Base {
    /// The dataset that the ratings are of
    #[arg(long = "data", env = "DATASET", value_name = "NAME")]
    data: String,

    /// Which of its versions, by the name that `data info` shows [default: the latest]
    #[arg(long, value_name = "VERSION")]
    base_version: Option<String>,

    /// The dataset that gets the version, and serves it from then on [default: the same one]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// What to rebuild from.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data rebuild --from lake --data ml-latest-small\n  \
    cineswarm data rebuild --from s3://films/lake --data ml-latest-small --name with-viewers")]
pub(crate) struct RebuildArguments {
    /// The data lake: a folder, or s3://BUCKET/PREFIX with the usual AWS_ variables
    #[arg(long, env = "LAKE_DIR", value_name = "LAKE")]
    from: Address,

    #[command(flatten)]
    base: Base,

    #[command(flatten)]
    place: DataDir,
}

/// What to compact.
#[derive(clap::Args)]
pub(crate) struct CompactArguments {
    #[command(flatten)]
    base: Base,

    /// Whose ratings count beside the dataset's, as masters are told: everybody's, or only what came in by /ingest
    #[arg(long, env = "RATINGS_SHARED", value_name = "WHOSE", value_enum, default_value_t = RatingsShared::All)]
    ratings_shared: RatingsShared,

    #[command(flatten)]
    place: Place,
}

/// Reads all of a lake and writes the version.
pub(super) fn rebuild(arguments: RebuildArguments) -> anyhow::Result<()> {
    let RebuildArguments { from, base, place } = arguments;
    let dataset = base.open(&place.data_dir)?;
    let watermark = dataset.metadata().watermark.clone();
    let replaying = format!("rebuilding from {from}");
    let replayed = block_on(async {
        // It waits for disks and networks.
        let reading = move || Ok::<_, anyhow::Error>(reading::replay(&from.to_read()?, watermark.as_ref())?);
        tokio::task::spawn_blocking(reading).await?
    });
    let replayed = replayed.context(replaying)?;
    base.write(&place.data_dir, &dataset, replayed)
}

/// Reads all of a log and writes the version.
pub(super) fn compact(arguments: CompactArguments) -> anyhow::Result<()> {
    let CompactArguments { base, ratings_shared, place } = arguments;
    let Some(shared) = ratings_shared.shared() else {
        bail!(
            "with --ratings-shared none nobody's ratings count, and there is nothing to compact; give all or accounts"
        );
    };
    let data_dir = place.data_dir();
    let dataset = base.open(data_dir)?;
    let replayed = block_on(replay_log(&place, dataset.metadata().watermark.as_ref(), shared))?;
    base.write(data_dir, &dataset, replayed)
}

impl Base {
    fn open(&self, data_dir: &Path) -> anyhow::Result<Dataset> {
        match &self.base_version {
            None => datasets::open(data_dir, &self.data),
            Some(version) => Ok(Dataset::open_version(data_dir, &self.data, version)?),
        }
    }

    fn write(&self, data_dir: &Path, dataset: &Dataset, replayed: Replayed) -> anyhow::Result<()> {
        let Replayed { changes, watermark, events } = replayed;
        let seq = watermark.seq;
        let name = self.name.as_ref().unwrap_or(&self.data).clone();
        let options = GrowOptions { data_dir: data_dir.to_owned(), name, now: now(), watermark, grown_from: None };
        let mut shown = ImportProgress::default();
        let report = grow(dataset, &changes, &options, &mut |progress| shown.show(progress))?;
        drop(shown);
        let metadata = &report.metadata;
        let mut out = io::stdout().lock();
        match report.reused {
            true => writeln!(out, "{}: there already since {}", metadata.name, metadata.created_at)?,
            false => writeln!(out, "{}: grown from {}", metadata.name, dataset.metadata().version)?,
        }
        writeln!(out, "  version   {}", metadata.version)?;
        writeln!(out, "  hash      {}", metadata.content_sha256)?;
        writeln!(out, "  contents  {}", counted(metadata))?;
        writeln!(out, "  events    {} more, up to {seq}", HumanCount(events))?;
        Ok(())
    }
}

/// The log in a database that nobody else may be serving.
struct Connected(Mutex<sqlx::AnyConnection>);

impl Source for Connected {
    async fn read(&self, wanted: &Read) -> Result<Reply, cineswarm_events::Error> {
        read(&mut *self.0.lock().await, wanted).await
    }
}

async fn replay_log(place: &Place, base: Option<&Watermark>, shared: Shared) -> anyhow::Result<Replayed> {
    let mut connection = place.open().await?;
    let to = head(&mut connection).await?;
    let log = Connected(Mutex::new(connection));
    Ok(replay(&log, base, to, |event| is_shared(event, shared)).await?)
}
