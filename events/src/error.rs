//! What can go wrong with a log or a consumer, and what kind of trouble an error of the database is.

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
            Error::Database { error, .. } => Trouble::of(error) != Trouble::Operation,
            Error::Away { .. } => true,
            _ => false,
        }
    }
}

/// What an error of the driver asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection is gone, or nobody knows: connect again.
    Connection,
    /// A lock, a full disk: the same may work a little later.
    Passing,
    /// The statement or its values are at fault.
    Operation,
}

impl Trouble {
    /// By the codes of both databases (<https://www.postgresql.org/docs/15/errcodes-appendix.html>,
    /// <https://www.sqlite.org/rescode.html>).
    pub fn of(error: &sqlx::Error) -> Trouble {
        match error {
            sqlx::Error::Database(database) => Trouble::of_code(database.code().as_deref().unwrap_or_default()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Trouble::Connection,
            _ => Trouble::Operation,
        }
    }

    fn of_code(code: &str) -> Trouble {
        if let (5, Some(class)) = (code.len(), code.get(..2)) {
            return match (class, code) {
                ("08" | "57", _) | (_, "25P03") => Trouble::Connection,
                ("53" | "58", _) | (_, "40001" | "40P01" | "55P03" | "25006") => Trouble::Passing,
                _ => Trouble::Operation,
            };
        }
        match code.parse::<u32>().map(|extended| extended & 0xff) {
            Ok(5 | 6 | 8 | 13) => Trouble::Passing,  // BUSY, LOCKED, READONLY, FULL
            Ok(10 | 14 | 15) => Trouble::Connection, // IOERR, CANTOPEN, PROTOCOL
            _ => Trouble::Operation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_both_databases_say_whether_waiting_helps() {
        for (code, trouble) in [
            ("57P01", Trouble::Connection), // admin_shutdown
            ("25P03", Trouble::Connection), // idle_in_transaction_session_timeout
            ("55P03", Trouble::Passing),    // lock_not_available
            ("40P01", Trouble::Passing),    // deadlock_detected
            ("23505", Trouble::Operation),  // unique_violation
            ("5", Trouble::Passing),        // SQLITE_BUSY
            ("517", Trouble::Passing),      // SQLITE_BUSY_SNAPSHOT
            ("1555", Trouble::Operation),   // SQLITE_CONSTRAINT_PRIMARYKEY
            ("", Trouble::Operation),
        ] {
            assert_eq!(Trouble::of_code(code), trouble, "{code}");
        }
    }
}
