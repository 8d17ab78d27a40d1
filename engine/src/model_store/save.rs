//! Making a new version of a model.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::SecondsFormat;
use serde_json::Value;

use super::metadata::{FORMAT_VERSION, ModelCounts, ModelMetadata};
use super::{Error, array_file, models_directory};
use crate::dataset;
use crate::models::{Algorithm, Array, Model, TrainingData};
use crate::versions::{LockedDirectory, utc, version_name};

/// The place of one kind of model on one dataset, while one process has it for itself.
///
/// Take it before the training, so that nobody else trains the same, and look whether there is anything to
/// [train](ModelSlot::find); [save](ModelSlot::save) when it is trained.
#[derive(Debug)]
pub struct ModelSlot {
    directory: LockedDirectory,
    algorithm: Algorithm,
    dataset: String,
    dataset_version: String,
}

/// How a model came to be.
#[derive(Clone, Debug)]
pub struct Training<'a> {
    /// What it learned from.
    pub data: &'a TrainingData,
    /// All its parameters, as [`Algorithm::parameters`] completes them.
    pub parameters: &'a Value,
    /// How good the same training is on ratings that are kept from it, by name; numbers that are not finite are left out.
    pub metrics: BTreeMap<String, f64>,
    /// Which ratings those were, in words; empty without metrics.
    pub validation: String,
    /// How long it took.
    pub took: Duration,
    /// When it ended, in seconds since 1970.
    pub ended_at: i64,
}

impl ModelSlot {
    /// Takes the place, which the system gives back however the process ends, and removes what a crashed one left.
    ///
    /// # Errors
    /// If another process has it.
    pub fn lock(data_dir: &Path, dataset: &dataset::Metadata, algorithm: Algorithm) -> Result<ModelSlot, Error> {
        let models = models_directory(data_dir, &dataset.name)?;
        let directory = LockedDirectory::lock(&models, algorithm.name())?;
        Ok(ModelSlot { directory, algorithm, dataset: dataset.name.clone(), dataset_version: dataset.version.clone() })
    }

    /// The newest version trained on this version of the dataset with these (complete) parameters that `is_enough` for who
    /// asks. It becomes the latest.
    ///
    /// # Errors
    /// If directories cannot be read or the pointer not be written.
    pub fn find(
        &self,
        parameters: &Value,
        is_enough: impl Fn(&ModelMetadata) -> bool,
    ) -> Result<Option<ModelMetadata>, Error> {
        let found = self.directory.find(|metadata: &ModelMetadata| {
            metadata.algorithm == self.algorithm.name()
                && metadata.dataset_version == self.dataset_version
                && metadata.parameters == *parameters
                && metadata.content_sha256 == metadata.computed_content_sha256()
                && is_enough(metadata)
        })?;
        if let Some(found) = &found {
            self.directory.point_latest_to(&found.version)?;
        }
        Ok(found)
    }

    /// Writes a model as a new version and makes it the latest. Until it is written nothing of it is seen, and when that
    /// fails nothing of it stays. Where another version of the same time and contents is there, both stay, the later with a
    /// number behind its name.
    ///
    /// # Errors
    /// If files cannot be written.
    pub fn save(&self, model: &dyn Model, training: Training<'_>) -> Result<ModelMetadata, Error> {
        let Training { data, parameters, mut metrics, validation, took, ended_at } = training;
        // JSON has no such numbers.
        metrics.retain(|_, value| value.is_finite());
        let ended_at = utc(ended_at).ok_or(Error::BadTime(ended_at))?;
        let temporary = self.directory.temporary()?;
        let mut files = BTreeMap::new();
        let mut numbers = 0;
        for (part, array) in model.parts() {
            let file = array_file::file_of(&part)?;
            numbers += Array::len(&array) as u64;
            let summary = array_file::write(&temporary.path().join(&file), array)?;
            files.insert(file, summary);
        }
        let matrix = &data.matrix;
        let counts = ModelCounts {
            users: matrix.users() as u64,
            films: matrix.films() as u64,
            ratings: matrix.ratings() as u64,
            numbers,
        };
        let mut metadata = ModelMetadata {
            format_version: FORMAT_VERSION,
            algorithm: self.algorithm.name().to_owned(),
            version: String::new(),
            created_at: ended_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            dataset: self.dataset.clone(),
            dataset_version: self.dataset_version.clone(),
            parameters: parameters.clone(),
            metrics,
            validation,
            training_seconds: took.as_secs_f64(),
            counts,
            content_sha256: String::new(),
            files,
        };
        metadata.content_sha256 = metadata.computed_content_sha256();
        metadata.version = version_name(ended_at, &metadata.content_sha256);
        Ok(self.directory.publish(temporary, metadata)?)
    }
}
