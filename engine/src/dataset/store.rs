//! Where datasets lie in a data directory.

use std::path::{Path, PathBuf};

use super::{Error, Metadata};
use crate::versions::{self, LockedDirectory, check_name, names_in, read_metadata};

/// A dataset found by [`list`].
#[derive(Debug)]
pub struct ListedDataset {
    /// Its name.
    pub name: String,
    /// Its latest version, or why that cannot be read.
    pub metadata: Result<Metadata, Error>,
}

/// All datasets in a data directory, by name. A directory that does not exist holds none.
pub fn list(data_dir: &Path) -> Result<Vec<ListedDataset>, Error> {
    let mut datasets = Vec::new();
    for name in names_in(&datasets_directory(data_dir))? {
        if check_name(&name).is_err() || versions(data_dir, &name)?.is_empty() {
            continue;
        }
        let metadata = latest_version(data_dir, &name).and_then(|version| {
            let directory = version_directory(data_dir, &name, &version)?;
            Ok(read_metadata(&directory)?)
        });
        datasets.push(ListedDataset { name, metadata });
    }
    Ok(datasets)
}

/// All versions of a dataset, oldest first.
pub fn versions(data_dir: &Path, name: &str) -> Result<Vec<String>, Error> {
    Ok(versions::versions(&dataset_directory(data_dir, name)?)?)
}

/// Where the files of a version lie; it need not exist.
pub fn version_directory(data_dir: &Path, name: &str, version: &str) -> Result<PathBuf, Error> {
    check_name(version)?;
    Ok(dataset_directory(data_dir, name)?.join(version))
}

/// The version that `latest` points to.
pub fn latest_version(data_dir: &Path, name: &str) -> Result<String, Error> {
    let version = versions::latest(&dataset_directory(data_dir, name)?)?;
    version.ok_or_else(|| Error::NotFound { name: name.to_owned(), data_dir: data_dir.to_owned() })
}

/// Takes a dataset's directory for one import.
pub(super) fn lock(data_dir: &Path, name: &str) -> Result<LockedDirectory, Error> {
    Ok(LockedDirectory::lock(&datasets_directory(data_dir), name)?)
}

fn datasets_directory(data_dir: &Path) -> PathBuf {
    data_dir.join("datasets")
}

fn dataset_directory(data_dir: &Path, name: &str) -> Result<PathBuf, Error> {
    check_name(name)?;
    Ok(datasets_directory(data_dir).join(name))
}
