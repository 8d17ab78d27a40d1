//! What can go wrong with versions on disk. Who knows what the versions are of adds what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a version could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name could be mistaken for a path or a hidden file.
    #[error(
        "\"{}\" is no name; use 1 to 64 letters, digits, '-', '_' and '.', starting with a letter or digit",
        name.escape_debug()
    )]
    BadName {
        /// The name as given.
        name: String,
    },
    /// Another process is making a version.
    #[error("another version of \"{name}\" is being made; wait for it to end")]
    Busy {
        /// Whose version.
        name: String,
    },
    /// The file system refused.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done, as in "writing".
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of a version is not what was written.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The version was written by another release of this program.
    #[error("{} has format {found}, but this program reads {expected}", path.display())]
    OtherFormat {
        /// The metadata file.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The version read by this program.
        expected: u32,
    },
    /// Arrow could not lay out or write the columns.
    #[error("writing {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What Arrow said.
        source: arrow_schema::ArrowError,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { doing, path, source }
    }

    /// For a file that a version has: if it is not there, the version is damaged.
    pub(super) fn io_within(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Error::damaged(path, "it is missing"),
            _ => Error::io(doing, path)(source),
        }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Error {
        Error::Damaged { path: path.into(), reason: reason.to_string() }
    }
}
