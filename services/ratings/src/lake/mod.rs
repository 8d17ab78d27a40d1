//! The data lake: a copy of what the log of ratings says, as Parquet files by day and hour, from which the ratings can be
//! brought back where the database is lost. It follows the log ([`keeping`]), writes a file and then lists it in the manifest
//! ([`writing`], [`manifest`]), and reads all of it again ([`reading`]). Where it lies is behind [`storage`]: a folder, or a
//! bucket of S3 ([`bucket`]), by its [`address`]. It never changes a file that is listed, and never decides what a rating is worth.

pub mod address;
pub mod bucket;
pub mod keeping;
pub mod manifest;
pub mod raw;
pub mod reading;
pub mod row;
pub mod storage;
mod table;
pub mod writing;

#[cfg(test)]
mod tests;

use std::io;

/// Why a lake cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Where it lies refused.
    #[error("{doing} {name} of the lake: {error}")]
    Storage {
        /// What was being done, as in "writing".
        doing: &'static str,
        /// To which file.
        name: String,
        /// What was said.
        error: io::Error,
    },
    /// Another process writes it, too.
    #[error(
        "another process has listed a file in {name} of the lake, where this one was to: end one of them, or give one a lake \
         of its own"
    )]
    Taken {
        /// The entry.
        name: String,
    },
    /// A file that is listed is gone.
    #[error("the lake's {name} is listed in {listed_in} and is not there; {REPAIR}")]
    Missing {
        /// The file.
        name: String,
        /// What lists it.
        listed_in: String,
    },
    /// A file is not what was written.
    #[error("the lake's {name} {reason}; {REPAIR}")]
    Damaged {
        /// The file.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no lake.
    #[error("there is no lake: nothing is listed in its manifest folder; give what --lake named")]
    Empty,
    /// Events between a place and the lake's first one are in no file.
    #[error(
        "the lake begins after event {begins_after}, and the base has what was before event {wanted_after} only; give a base that has more"
    )]
    BeginsLater {
        /// The last event before the lake.
        begins_after: i64,
        /// The last event that the base has.
        wanted_after: i64,
    },
    /// The lake has not what the base says it has grown by.
    #[error("the base has event {seq} ({id}), and {which} does not; give a base that has grown from the same log")]
    OtherLog {
        /// The event's number.
        seq: i64,
        /// Its id.
        id: String,
        /// What does not have it.
        which: &'static str,
    },
}

/// What is always left to do.
const REPAIR: &str = "restore it from a copy of the lake, or use the log itself (`cineswarm data compact`)";

impl Error {
    fn storage(doing: &'static str, name: &str) -> impl FnOnce(io::Error) -> Error {
        let name = name.to_owned();
        move |error| Error::Storage { doing, name, error }
    }

    fn listing(name: &str) -> impl FnOnce(io::Error) -> Error {
        let name = name.to_owned();
        move |error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Taken { name },
            _ => Error::Storage { doing: "writing", name, error },
        }
    }

    fn damaged(name: &str, reason: impl Into<String>) -> Error {
        Error::Damaged { name: name.to_owned(), reason: reason.into() }
    }
}
