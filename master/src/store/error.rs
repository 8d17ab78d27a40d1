//! What can go wrong between the master and its database.

use cineswarm_database::{Fault, NotWritten};
use std::borrow::Cow;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address or an option is not usable.
    #[error("opening the database: {reason}; set DATABASE_URL to sqlite://PATH?mode=rwc or postgres://USER@HOST/NAME")]
    Configuration {
        /// What is wrong with it. Never holds the address itself, which may carry a password.
        reason: String,
    },
    /// [`Store::close`](super::Store::close) was called; nothing was done.
    #[error("the database is closed because the master is stopping; ask again once it is back")]
    Closed,
    /// The write queue stayed full; nothing was done.
    #[error("{doing}: the database's write queue is full; wait a moment and ask again")]
    Busy {
        /// What was asked of the store.
        doing: &'static str,
    },
    /// The database could not be reached, or did not answer before the deadline.
    #[error("{doing}: the database is unavailable ({reason}); check that it runs and has disk space, then ask again")]
    Unavailable {
        /// What was asked of the store.
        doing: &'static str,
        /// What the database or the network last said.
        reason: String,
    },
    /// What is stored cannot be read as what this program writes.
    #[error("{doing}: the database is damaged or was changed by hand ({reason}); restore it from a backup")]
    Corrupt {
        /// What was asked of the store.
        doing: &'static str,
        /// What could not be read.
        reason: String,
    },
    /// The operation names a session that is not stored; nothing was done.
    #[error("{doing}: the session is not known; open a session first")]
    UnknownSession {
        /// What was asked of the store.
        doing: &'static str,
    },
    /// The operation itself cannot be stored; nothing was done and trying again will not help.
    #[error("{doing}: refused ({reason}); change the input")]
    Refused {
        /// What was asked of the store.
        doing: &'static str,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// Why the writing task did not do it.
    pub(super) fn not_written(doing: &'static str, error: NotWritten) -> Error {
        match error {
            NotWritten::Closed => Error::Closed,
            NotWritten::Full => Error::Busy { doing },
            NotWritten::Unavailable { reason } => Error::Unavailable { doing, reason },
            NotWritten::Failed(error) => Error::from_database(doing, &error),
        }
    }

    /// The one place where a driver's error becomes the store's.
    pub(super) fn from_database(doing: &'static str, error: &sqlx::Error) -> Error {
        let reason = error.to_string();
        match Fault::of(error) {
            Fault::Connection | Fault::Passing => Error::Unavailable { doing, reason },
            Fault::Damage => Error::Corrupt { doing, reason },
            // Sessions are the only table others refer to.
            Fault::Operation if error.as_database_error().is_some_and(|it| it.is_foreign_key_violation()) => {
                Error::UnknownSession { doing }
            }
            Fault::Operation => Error::Refused { doing, reason },
        }
    }
}

/// Whether another process has given out the offsets meant for these endings, so that the highest one is read again.
pub(super) fn is_taken_offset(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|it| it.is_unique_violation() && is_of_offsets(it))
}

/// Whether a unique violation is that of the event offsets: PostgreSQL names the constraint, SQLite the columns.
fn is_of_offsets(error: &dyn sqlx::error::DatabaseError) -> bool {
    match error.constraint() {
        Some(constraint) => constraint == "requests_event_offset_key",
        None => error.message().ends_with("requests.event_offset"),
    }
}

/// A stored value that this program would not have written.
pub(super) fn damaged(what: impl Into<Cow<'static, str>>) -> sqlx::Error {
    sqlx::Error::Decode(what.into().into())
}
