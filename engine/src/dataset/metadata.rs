//! What is known of a dataset version without opening its columns: `metadata.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::movielens::{BadReason, IdKind, Layout};
use crate::versions::{FileSummary, VersionMetadata};

/// Raised whenever a load would read otherwise what is written.
pub const FORMAT_VERSION: u32 = 1;

/// Raised whenever an import would write something else from the same source: a version made by other rules is not taken
/// for the same. Those before 2 kept the first of two ratings, and took no row for Windows-1252; those before 3 took no id
/// that is no number.
pub const READING_RULES: u32 = 3;

/// Facts about a dataset version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// The dataset's name.
    pub name: String,
    /// UTC time of the import and the first twelve digits of `content_sha256`: `20261122T235900Z-1a2b3c4d5e6f`.
    pub version: String,
    /// Time of the import, RFC 3339, UTC.
    pub created_at: String,
    /// File name of the source, without the path.
    pub source: String,
    /// SHA-256 over the source's contents, the same for a folder and its archive.
    pub source_sha256: String,
    /// SHA-256 over the columns written, the same for the same ratings, films, tags and genome in the same shards.
    pub content_sha256: String,
    /// SHA-256 of the file of facts, as it was given; not written if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_sha256: Option<String>,
    /// What the source was.
    pub layout: Origin,
    /// [`READING_RULES`] by which the source was read.
    #[serde(default = "first_rules")]
    pub reading_rules: u32,
    /// What the import was told; none for rows made by a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// What was assumed about the source, for people: a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// How many shards the users are cut into.
    pub shard_count: u32,
    /// How much there is.
    pub counts: Counts,
    /// Time of the earliest rating, in seconds since 1970.
    pub first_rating_at: i64,
    /// Time of the latest rating, in seconds since 1970.
    pub last_rating_at: i64,
    /// The files of columns by name.
    pub files: BTreeMap<String, FileSummary>,
    /// The version that this one has grown from; not written if it was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Up to where in the log of ratings it has all changes; not written if it was imported, before all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
}

/// A place in the log of ratings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The number of the last event.
    pub seq: i64,
    /// Its id, by which a log that was restored from an older copy is known.
    pub id: String,
}

fn first_rules() -> u32 {
    1
}

/// What of an import's options makes another dataset of the same files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The fraction of a file's rows that may be bad.
    pub max_bad_rows: f64,
    /// The highest rating of the scale that was given; none if it was left to be recognised.
    pub scale: Option<f64>,
    /// What the ids were said to be; none if that was left to be recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<IdKind>,
}

// A fraction is no NaN: an import refuses it.
impl Eq for Settings {}

/// What a dataset was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Rows made by a program.
    Rows,
    /// Files of MovieLens.
    #[serde(untagged)]
    MovieLens(Layout),
}

/// How much there is in a dataset version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Users with a rating.
    pub users: u64,
    /// Films, rated or not.
    pub movies: u64,
    /// Ratings kept.
    pub ratings: u64,
    /// Ratings of a film that the same user rated again later, which counts instead.
    #[serde(default, skip_serializing_if = "is_none")]
    pub rated_again: u64,
    /// Tags kept.
    pub tags: u64,
    /// Films with a row in the tag genome; not written if there is none, as before there were genomes.
    #[serde(default, skip_serializing_if = "is_none")]
    pub genome: u64,
    /// Films of which facts are known; not written if there are none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub facts: u64,
    /// Rows skipped, by reason.
    pub bad_rows: BTreeMap<BadReason, u64>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

impl VersionMetadata for Metadata {
    const FORMAT_VERSION: u32 = FORMAT_VERSION;

    fn version(&self) -> &str {
        &self.version
    }

    fn set_version(&mut self, version: String) {
        self.version = version;
    }

    fn files(&self) -> &BTreeMap<String, FileSummary> {
        &self.files
    }
}
