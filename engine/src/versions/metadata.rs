//! What every `metadata.json` says, whatever the version is of: its format, its name and its files with their hashes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Error;
use crate::movielens::hexadecimal;

pub(crate) const METADATA_FILE: &str = "metadata.json";

/// How many digits of the content's hash are in the name of a version.
const VERSION_HASH_DIGITS: usize = 12;

/// Size and hash of a file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The facts about a version of some kind. Its field `format_version` is read before the others.
pub(crate) trait VersionMetadata: Serialize + DeserializeOwned {
    /// What `format_version` must be.
    const FORMAT_VERSION: u32;
    /// The name of the version.
    fn version(&self) -> &str;
    /// Gives the version another name.
    fn set_version(&mut self, version: String);
    /// The files by name, `metadata.json` not among them.
    fn files(&self) -> &BTreeMap<String, FileSummary>;
}

/// Reads the metadata in a version's directory and checks its format.
pub(crate) fn read_metadata<M: VersionMetadata>(directory: &Path) -> Result<M, Error> {
    #[derive(Deserialize)]
    struct OnlyFormat {
        format_version: u32,
    }
    let path = directory.join(METADATA_FILE);
    let text = fs::read(&path).map_err(Error::io_within("reading", &path))?;
    let damaged = |reason: serde_json::Error| Error::damaged(&path, reason);
    let OnlyFormat { format_version } = serde_json::from_slice(&text).map_err(damaged)?;
    if format_version != M::FORMAT_VERSION {
        return Err(Error::OtherFormat { path, found: format_version, expected: M::FORMAT_VERSION });
    }
    serde_json::from_slice(&text).map_err(damaged)
}

/// Compares a file's size with the one it was written with.
pub(super) fn check_size(path: &Path, file: &File, summary: &FileSummary) -> Result<(), Error> {
    let bytes = file.metadata().map_err(Error::io("reading the size of", path))?.len();
    if bytes != summary.bytes {
        return Err(Error::damaged(path, format!("it has {bytes} bytes instead of {}", summary.bytes)));
    }
    Ok(())
}

/// Reads a file and compares its size and its hash with those it was written with.
pub(crate) fn verify(path: &Path, summary: &FileSummary) -> Result<(), Error> {
    let mut file = File::open(path).map_err(Error::io_within("opening", path))?;
    check_size(path, &file, summary)?;
    let mut hash = || {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(hexadecimal(&hasher.finalize()));
            }
            hasher.update(&buffer[..read]);
        }
    };
    if hash().map_err(Error::io("reading", path))? != summary.sha256 {
        return Err(Error::damaged(path, "its contents are not those that were written"));
    }
    Ok(())
}

/// SHA-256 over what a version was made from and its files.
pub(crate) fn content_sha256(made_from: &str, files: &BTreeMap<String, FileSummary>) -> String {
    let mut content = Sha256::new();
    content.update(made_from);
    for (file, summary) in files {
        content.update(format!("{file} {}\n", summary.sha256));
    }
    hexadecimal(&content.finalize())
}

/// A time in seconds since 1970; `None` before that and where the year has not four digits, which keep the names of
/// versions in the order of time.
pub(crate) fn utc(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).filter(|_| (0..253_402_300_800).contains(&seconds))
}

/// `20261122T235900Z-1a2b3c4d5e6f`.
pub(crate) fn version_name(made_at: DateTime<Utc>, content_sha256: &str) -> String {
    format!("{}-{}", made_at.format("%Y%m%dT%H%M%SZ"), &content_sha256[..VERSION_HASH_DIGITS])
}
