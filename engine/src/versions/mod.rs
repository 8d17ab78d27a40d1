//! Immutable versions on disk, as datasets and models have them: `DIRECTORY/VERSION/` holds files and `metadata.json`, and
//! `DIRECTORY/latest` names the version in use. A version appears whole or not at all, and is never changed or
//! replaced, which is what allows its files to be mapped. What the files hold is not known here.

mod arrow_file;
mod error;
mod metadata;
mod store;

pub use error::Error;
pub use metadata::FileSummary;

pub(crate) use arrow_file::{ArrowFileWriter, map};
pub(crate) use metadata::{METADATA_FILE, VersionMetadata, content_sha256, read_metadata, utc, verify, version_name};
pub(crate) use store::{LockedDirectory, check_name, latest, names_in, versions, write_synced};
