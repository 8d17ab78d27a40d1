//! Where a lake is to be found, as an operator says it.

use super::bucket::Bucket;
use super::storage::{Folder, Storage};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use tokio_util::sync::CancellationToken;

const S3: &str = "s3://";

/// A folder, or a place in a bucket of S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A folder on a disk.
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX`; the rest is in the environment.
    Bucket {
        /// Its name.
        bucket: String,
        /// What the lake's names begin with; may be empty.
        prefix: String,
    },
}

impl FromStr for Address {
    type Err = String;

    fn from_str(address: &str) -> Result<Address, String> {
        if let Some(place) = address.strip_prefix(S3) {
            let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
            let prefix = prefix.trim_end_matches('/');
            let is_plain = !bucket.is_empty() && !place.contains(['?', '#', '@', ':']);
            return match is_plain && !prefix.split('/').any(|part| part == "." || part == "..") {
                true => Ok(Address::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() }),
                false => Err(format!("\"{address}\" names no bucket; write s3://BUCKET/PREFIX")),
            };
        }
        match address.contains("://") || address.is_empty() {
            true => Err("a lake is a folder or s3://BUCKET/PREFIX".to_owned()),
            false => Ok(Address::Folder(address.into())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Folder(path) => write!(formatter, "{}", path.display()),
            Address::Bucket { bucket, prefix } => write!(formatter, "{S3}{bucket}/{prefix}"),
        }
    }
}

impl Address {
    /// The lake there, to read from. To be called within a runtime.
    pub fn to_read(&self) -> io::Result<Box<dyn Storage>> {
        match self {
            Address::Folder(path) => Ok(Box::new(Folder::to_read(path))),
            Address::Bucket { bucket, prefix } => {
                Ok(Box::new(Bucket::of_environment(bucket, prefix, CancellationToken::new())?))
            }
        }
    }

    /// The lake there, to write to; nothing is waited for any more once `give_up` is cancelled. To be called within a
    /// runtime.
    pub fn to_write(&self, give_up: CancellationToken) -> io::Result<Box<dyn Storage>> {
        match self {
            Address::Folder(path) => Ok(Box::new(Folder::to_write(path)?)),
            Address::Bucket { bucket, prefix } => Ok(Box::new(Bucket::of_environment(bucket, prefix, give_up)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_lake_is_a_folder_or_a_place_in_a_bucket_and_nothing_else() {
        let bucket = |bucket: &str, prefix: &str| Address::Bucket { bucket: bucket.into(), prefix: prefix.into() };
        for (said, meant) in [
            ("lake", Address::Folder("lake".into())),
            ("/data/s3", Address::Folder("/data/s3".into())),
            ("s3://films", bucket("films", "")),
            ("s3://films/", bucket("films", "")),
            ("s3://films/a/lake/", bucket("films", "a/lake")),
        ] {
            assert_eq!(said.parse(), Ok(meant), "{said}");
        }
        for none in ["", "s3://", "s3:///lake", "s3://films/../other", "s3://key:secret@films/lake", "gs://films/lake"]
        {
            let said = none.parse::<Address>().unwrap_err();
            assert!(said.contains("s3://BUCKET/PREFIX"), "{none}: {said}");
        }
        assert_eq!("s3://films/a/lake".parse::<Address>().unwrap().to_string(), "s3://films/a/lake");
    }
}
