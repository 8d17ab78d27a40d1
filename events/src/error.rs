//! What can go wrong with a log or a consumer.

use cineswarm_database::Fault;
use uuid::Uuid;

/// Why a log or a consumer could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address of the database is not usable.
    #[error("opening the database of events: {reason}; give sqlite://PATH?mode=rwc or postgres://USER@HOST/NAME")]
    Configuration {
        /// What is wrong. Never the address itself, which may hold a password.
        reason: String,
    },
    /// The event cannot be in a log; nothing was appended.
    #[error("appending event {id}: {reason}; change it")]
    Malformed {
        /// The event.
        id: Uuid,
        /// Why.
        reason: String,
    },
    /// What the event is about has been deleted: roll the transaction back.
    #[error("appending an event about {key:?}: it has been deleted; roll the change back")]
    Deleted {
        /// What was deleted.
        key: String,
    },
    /// The database refused or could not be reached.
    #[error("{doing}: {error}")]
    Database {
        /// What was asked of it.
        doing: &'static str,
        /// What it said.
        #[source]
        error: sqlx::Error,
    },
    /// The log of another process could not be read.
    #[error("reading the log of {service}: {reason}; it is tried again")]
    Away {
        /// Whose log.
        service: String,
        /// What was said last.
        reason: String,
    },
    /// An operator named a letter, or a consumer, that is not there.
    #[error("{what} is not there; see `cineswarm events list` and `cineswarm events dead`")]
    Unknown {
        /// What was named.
        what: String,
    },
}

impl Error {
    /// An error of the database, by what was asked of it.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
        move |error| Error::Database { doing, error }
    }

    /// Whether the same may work a little later.
    pub fn may_pass(&self) -> bool {
        match self {
            Error::Database { error, .. } => Fault::of(error).may_pass(),
            Error::Away { .. } => true,
            _ => false,
        }
    }
}
