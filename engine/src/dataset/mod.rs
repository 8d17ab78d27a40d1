//! Datasets on disk: immutable versions in Arrow IPC files, made by an import, or of a version and the changes since, and
//! loaded by memory mapping.
//!
//! `DATA_DIR/datasets/NAME/VERSION/` holds `ratings.arrow`, `users.arrow`, `movies.arrow`, `tags.arrow` where there
//! are tags, `genome.arrow` where there is a tag genome, `bad_rows.jsonl` and `metadata.json`; `DATA_DIR/datasets/NAME/latest` names the version in use. A
//! version appears whole or not at all and is never changed, which is what allows it to be mapped.

mod add_film;
mod error;
mod export;
mod export_neo4j;
mod export_parquet;
mod grow;
mod import;
mod load;
mod metadata;
mod shards;
mod store;
mod write;

pub use add_film::{NewFilm, add_film};
pub use error::Error;
pub use export::export_csv;
pub use export_neo4j::export_neo4j;
pub use export_parquet::export_parquet;
pub use grow::{Changes, GrowOptions, grow};
pub use import::{ImportOptions, ImportReport, import, import_rows};
pub use load::{Dataset, ShardSlices};
pub use metadata::{Counts, FORMAT_VERSION, Metadata, Origin, Watermark};
pub use shards::{MAX_SHARD_COUNT, shard_hash, shard_of};
pub use store::{ListedDataset, latest_version, list, version_directory, versions};

pub use crate::versions::FileSummary;

/// Rows that were skipped, beside the columns.
const BAD_ROWS_FILE: &str = "bad_rows.jsonl";
