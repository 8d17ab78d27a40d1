//! What can go wrong with datasets on disk.

use std::io;
use std::path::PathBuf;

use crate::rating::MovieId;
use crate::{facts, movielens, versions};

/// Why a dataset could not be imported or loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source could not be read or is too bad.
    #[error(transparent)]
    Source(#[from] movielens::Error),
    /// The facts about films could not be read.
    #[error(transparent)]
    Facts(#[from] facts::Error),
    /// The name could be mistaken for a path or a hidden file.
    #[error(
        "\"{}\" cannot name a dataset; use 1 to 64 letters, digits, '-', '_' and '.', starting with a letter or digit",
        name.escape_debug()
    )]
    BadName {
        /// The name as given.
        name: String,
    },
    /// An option makes no sense.
    #[error("importing with {option} {value}: it must be {allowed}")]
    BadOption {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// Another import of the same name is running.
    #[error("another import of dataset \"{name}\" is running; wait for it to end")]
    Busy {
        /// The dataset.
        name: String,
    },
    /// No dataset, or no version of it, with this name.
    #[error("there is no dataset \"{name}\" in {}; import one, or list those there are", data_dir.display())]
    NotFound {
        /// The dataset, or dataset/version.
        name: String,
        /// Where it was looked for.
        data_dir: PathBuf,
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
    /// A file of a version is not what the import wrote.
    #[error("{} is damaged: {reason}; import the dataset again with force, or restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The version was written by another release of this program.
    #[error("{} has format {found}, but this program reads {expected}; import the dataset again", path.display())]
    OtherFormat {
        /// The metadata file.
        path: PathBuf,
        /// The version found.
        found: u32,
        /// The version read by this program.
        expected: u32,
    },
    /// Changes that are not of this dataset.
    #[error("the changes are of film {movie}, which {name} {version} does not have; give the dataset that was rated")]
    UnknownFilm {
        /// The film.
        movie: MovieId,
        /// The dataset.
        name: String,
        /// Its version.
        version: String,
    },
    /// There can be no such film.
    #[error("cannot add a film with {field} \"{value}\": it must be {allowed}")]
    BadFilm {
        /// What of it.
        field: &'static str,
        /// As given.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// Or there is one.
    #[error("nothing is added: there is a film with {same}, {movie}: {title}{}", year.map(|year| format!(" ({year})")).unwrap_or_default())]
    FilmThere {
        /// What they have in common.
        same: &'static str,
        /// Its id.
        movie: MovieId,
        /// Its title.
        title: String,
        /// Its year.
        year: Option<u16>,
    },
    /// More ratings than the format has room for.
    #[error("shard {shard} would get more than {} ratings; import with more shards", u32::MAX)]
    ShardTooLarge {
        /// The shard.
        shard: usize,
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
    pub(super) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Error {
        Error::Damaged { path: path.into(), reason: reason.to_string() }
    }
}

impl From<versions::Error> for Error {
    fn from(error: versions::Error) -> Error {
        match error {
            versions::Error::BadName { name } => Error::BadName { name },
            versions::Error::Busy { name } => Error::Busy { name },
            versions::Error::Io { doing, path, source } => Error::Io { doing, path, source },
            versions::Error::Damaged { path, reason } => Error::Damaged { path, reason },
            versions::Error::OtherFormat { path, found, expected } => Error::OtherFormat { path, found, expected },
            versions::Error::Write { path, source } => Error::Write { path, source },
        }
    }
}
