//! Finding a model version and loading it, with the very dataset version it was trained on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::metadata::ModelMetadata;
use super::{Error, array_file, models_directory};
use crate::dataset::{self, Dataset};
use crate::matrix::RatingsMatrix;
use crate::models::{Algorithm, FilmContent, Model, Parts, TrainingData};
use crate::versions::{METADATA_FILE, check_name, latest, read_metadata};

/// A model version of which the metadata was read, and nothing more.
#[derive(Clone, Debug)]
pub struct StoredModel {
    data_dir: PathBuf,
    directory: PathBuf,
    algorithm: Algorithm,
    metadata: ModelMetadata,
}

/// A model ready to answer, and what it was trained on.
#[derive(Debug)]
pub struct LoadedModel {
    /// The model.
    pub model: Box<dyn Model>,
    /// What is known of the version.
    pub metadata: ModelMetadata,
    /// The ratings and films it learned from; its columns are those of the matrix.
    pub data: TrainingData,
}

/// What models learn from a dataset.
///
/// # Errors
/// If the tags or the genome cannot be read.
pub fn training_data(dataset: &Dataset) -> Result<TrainingData, dataset::Error> {
    let matrix = RatingsMatrix::from_dataset(dataset);
    let genome = dataset.genome()?.map(Arc::new);
    let content = FilmContent::new(&matrix, dataset.catalogue(), &dataset.tags()?, genome.as_ref());
    let content = content.with_facts(&matrix, &dataset.facts()?);
    Ok(TrainingData { matrix: matrix.into(), content: content.into() })
}

impl StoredModel {
    /// Finds the latest version of a model on a dataset.
    ///
    /// # Errors
    /// If there is none, or its metadata cannot be read.
    pub fn latest(data_dir: &Path, dataset: &str, algorithm: Algorithm) -> Result<StoredModel, Error> {
        let version = latest(&models_directory(data_dir, dataset)?.join(algorithm.name()))?;
        let not_trained = || Error::NotTrained { algorithm: algorithm.name(), dataset: dataset.to_owned() };
        StoredModel::version(data_dir, dataset, algorithm, &version.ok_or_else(not_trained)?)
    }

    /// Finds a version of a model on a dataset.
    ///
    /// # Errors
    /// If it is not there, or its metadata cannot be read.
    pub fn version(data_dir: &Path, dataset: &str, algorithm: Algorithm, version: &str) -> Result<StoredModel, Error> {
        check_name(version)?;
        let directory = models_directory(data_dir, dataset)?.join(algorithm.name()).join(version);
        if !directory.is_dir() {
            let (algorithm, version) = (algorithm.name(), version.to_owned());
            return Err(Error::NoVersion { algorithm, version, directory });
        }
        let metadata: ModelMetadata = read_metadata(&directory)?;
        let damaged = |reason: &str| Err(Error::damaged(directory.join(METADATA_FILE), reason));
        if (&*metadata.algorithm, &*metadata.dataset, &*metadata.version) != (algorithm.name(), dataset, version) {
            return damaged("it is of another model");
        }
        if metadata.content_sha256 != metadata.computed_content_sha256() {
            return damaged("what it says is not what was written");
        }
        Ok(StoredModel { data_dir: data_dir.to_owned(), directory, algorithm, metadata })
    }

    /// What is known of the version.
    pub fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    /// Where the version lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens the dataset version that the model was trained on, whichever is the latest by now.
    ///
    /// # Errors
    /// If that is not there any more, or damaged.
    pub fn dataset(&self) -> Result<Dataset, Error> {
        let ModelMetadata { dataset, dataset_version, .. } = &self.metadata;
        let opened = Dataset::open_version(&self.data_dir, dataset, dataset_version);
        opened.map_err(|source| Error::Dataset { algorithm: self.metadata.algorithm.clone(), source })
    }

    /// Loads the model with what it was trained on, which [`training_data`] makes of [its dataset](StoredModel::dataset).
    /// Every file is compared with the hash it was written with.
    ///
    /// # Errors
    /// If a file is damaged or the data are not those of the training.
    pub fn load(&self, data: &TrainingData) -> Result<Box<dyn Model>, Error> {
        let films = data.matrix.films() as u64;
        if films != self.metadata.counts.films {
            let (algorithm, expected) = (self.metadata.algorithm.clone(), self.metadata.counts.films);
            return Err(Error::OtherData { algorithm, expected, found: films });
        }
        let mut parts = Parts::default();
        for (file, summary) in &self.metadata.files {
            let part = array_file::part_of(file).ok_or_else(|| {
                Error::damaged(self.directory.join(METADATA_FILE), format!("it lists a file {file:?}"))
            })?;
            parts = parts.with(&part, array_file::read(&self.directory.join(file), summary)?);
        }
        let loaded = self.algorithm.load(parts, data, &self.metadata.parameters);
        loaded.map_err(|source| Error::Model { directory: self.directory.clone(), source })
    }

    /// Loads the model and all it needs.
    ///
    /// # Errors
    /// If its dataset version is not there any more, or a file is damaged.
    pub fn open(self) -> Result<LoadedModel, Error> {
        let data = training_data(&self.dataset()?);
        let data = data.map_err(|source| Error::Dataset { algorithm: self.metadata.algorithm.clone(), source })?;
        let model = self.load(&data)?;
        Ok(LoadedModel { model, metadata: self.metadata, data })
    }
}
