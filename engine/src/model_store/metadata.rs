//! What is known of a model version without opening its arrays: `metadata.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::versions::{FileSummary, VersionMetadata, content_sha256};

/// Raised whenever a model of the same arrays would answer otherwise, or the arrays would be laid out otherwise.
pub const FORMAT_VERSION: u32 = 1;

/// Facts about a model version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelMetadata {
    /// [`FORMAT_VERSION`] of the program that wrote it.
    pub format_version: u32,
    /// Name of the [algorithm](crate::models::Algorithm).
    pub algorithm: String,
    /// UTC time of the training's end and the first twelve digits of `content_sha256`: `20261122T235900Z-1a2b3c4d5e6f`.
    pub version: String,
    /// Time of the training's end, RFC 3339, UTC.
    pub created_at: String,
    /// Name of the dataset it was trained on.
    pub dataset: String,
    /// Version of the dataset it was trained on.
    pub dataset_version: String,
    /// All parameters, those of their defaults too.
    pub parameters: Value,
    /// How good the same training is on ratings that are kept from it, by name; may be empty.
    pub metrics: BTreeMap<String, f64>,
    /// Which ratings those were, in words; empty without metrics.
    pub validation: String,
    /// How long the training took.
    pub training_seconds: f64,
    /// How much it was trained on, and how much it is.
    pub counts: ModelCounts,
    /// SHA-256 over algorithm, dataset version, parameters and arrays.
    pub content_sha256: String,
    /// The files of arrays by name.
    pub files: BTreeMap<String, FileSummary>,
}

/// How much a model was trained on, and how much it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCounts {
    /// Users it was trained on.
    pub users: u64,
    /// Films it scores.
    pub films: u64,
    /// Ratings it was trained on.
    pub ratings: u64,
    /// Numbers in all its arrays.
    pub numbers: u64,
}

impl ModelMetadata {
    /// Size of all arrays on disk.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// What `content_sha256` must be.
    pub(super) fn computed_content_sha256(&self) -> String {
        let made_from = format!("{}\n{}\n{}\n", self.algorithm, self.dataset_version, self.parameters);
        content_sha256(&made_from, &self.files)
    }
}

impl VersionMetadata for ModelMetadata {
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
