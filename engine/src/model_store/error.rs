//! What can go wrong with models on disk.

use std::path::PathBuf;

use crate::{dataset, models, versions};

/// Why a model could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No version of the model.
    #[error(
        "no model {algorithm} is trained on dataset {dataset}; run `cineswarm train --models {algorithm} --data {dataset}`"
    )]
    NotTrained {
        /// The algorithm.
        algorithm: &'static str,
        /// The dataset.
        dataset: String,
    },
    /// A version that `latest` or a caller named is not there.
    #[error("there is no version {version} of model {algorithm} in {}; train it again", directory.display())]
    NoVersion {
        /// The algorithm.
        algorithm: &'static str,
        /// The version.
        version: String,
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// The dataset it was trained on is not there, or not that version of it.
    #[error(
        "opening the dataset that model {algorithm} was trained on: {source}; train the model again on what is there"
    )]
    Dataset {
        /// The algorithm.
        algorithm: String,
        /// What is wrong with the dataset.
        source: dataset::Error,
    },
    /// Other data than it was trained on were given.
    #[error(
        "model {algorithm} was trained on {expected} films and is given data of {found}; give it its own dataset version"
    )]
    OtherData {
        /// The algorithm.
        algorithm: String,
        /// Films of the training.
        expected: u64,
        /// Films given.
        found: u64,
    },
    /// Another training of the same model is running.
    #[error("another training of model {algorithm} is running; wait for it to end")]
    Busy {
        /// The algorithm.
        algorithm: String,
    },
    /// A file of a version is not what the training wrote.
    #[error("{} is damaged: {reason}; train the model again with --force, or restore the file from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The version was written by another release of this program.
    #[error("{} has format {found}, but this program reads {expected}; train the model again", path.display())]
    OtherFormat {
        /// The metadata file.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The format read by this program.
        expected: u32,
    },
    /// The present time was given as one that cannot be.
    #[error("saving a model at the time {0}: it must be seconds since 1970, before the year 10000")]
    BadTime(i64),
    /// The arrays are whole but not such a model's.
    #[error("{} holds arrays that do not fit together: {source}", directory.display())]
    Model {
        /// Directory of the version.
        directory: PathBuf,
        /// What the model says of them.
        source: models::Error,
    },
    /// The file system refused, or a name is none.
    #[error(transparent)]
    Files(versions::Error),
}

impl Error {
    pub(super) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Error {
        Error::Damaged { path: path.into(), reason: reason.to_string() }
    }
}

impl From<versions::Error> for Error {
    fn from(error: versions::Error) -> Error {
        match error {
            versions::Error::Busy { name } => Error::Busy { algorithm: name },
            versions::Error::Damaged { path, reason } => Error::Damaged { path, reason },
            versions::Error::OtherFormat { path, found, expected } => Error::OtherFormat { path, found, expected },
            other => Error::Files(other),
        }
    }
}
