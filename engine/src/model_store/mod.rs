//! Trained models on disk: immutable versions of arrays in Arrow IPC files, each with the parameters and the dataset version
//! it was trained with. Nothing is trained here, and nothing is known of what the arrays mean.
//!
//! `DATA_DIR/models/DATASET/ALGORITHM/VERSION/` holds an `.arrow` file of one column for each array and `metadata.json`;
//! `DATA_DIR/models/DATASET/ALGORITHM/latest` names the version in use.

mod array_file;
mod error;
mod load;
mod metadata;
mod save;

pub use error::Error;
pub use load::{LoadedModel, StoredModel, training_data};
pub use metadata::{FORMAT_VERSION, ModelCounts, ModelMetadata};
pub use save::{ModelSlot, Training};

use std::path::{Path, PathBuf};

use crate::models::Algorithm;
use crate::versions::{self, check_name};

/// Where the models of a dataset lie.
fn models_directory(data_dir: &Path, dataset: &str) -> Result<PathBuf, Error> {
    check_name(dataset)?;
    Ok(data_dir.join("models").join(dataset))
}

/// The algorithms of which a dataset has a model, the simplest first.
///
/// # Errors
/// If the name cannot be a dataset's, or a directory cannot be read.
pub fn trained(data_dir: &Path, dataset: &str) -> Result<Vec<Algorithm>, Error> {
    let directory = models_directory(data_dir, dataset)?;
    let mut found = Vec::new();
    for algorithm in Algorithm::ALL {
        if versions::latest(&directory.join(algorithm.name()))?.is_some() {
            found.push(algorithm);
        }
    }
    Ok(found)
}
