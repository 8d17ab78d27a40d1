//! What can go wrong between the master and its database, and how the two databases' own error codes map to it.

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
    /// The one place where a driver's error becomes the store's.
    pub(super) fn from_database(doing: &'static str, error: &sqlx::Error) -> Error {
        let reason = error.to_string();
        match Trouble::of(error) {
            Trouble::Connection | Trouble::Passing => Error::Unavailable { doing, reason },
            Trouble::Damage => Error::Corrupt { doing, reason },
            Trouble::UnknownParent => Error::UnknownSession { doing },
            Trouble::TakenOffset | Trouble::Operation => Error::Refused { doing, reason },
        }
    }
}

/// What kind of trouble an error of the driver is, hence what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection is gone: connect again.
    Connection,
    /// Lock contention, full disk, too many connections: the same may work a little later.
    Passing,
    /// The data cannot be read.
    Damage,
    /// A foreign key: sessions are the only table others refer to.
    UnknownParent,
    /// The unique key of event offsets: another process has written, so the highest offset is read again.
    TakenOffset,
    /// The operation is at fault.
    Operation,
}

impl Trouble {
    pub(super) fn of(error: &sqlx::Error) -> Trouble {
        use sqlx::Error as Driver;
        match error {
            Driver::Database(database) => match database.kind() {
                sqlx::error::ErrorKind::ForeignKeyViolation => Trouble::UnknownParent,
                sqlx::error::ErrorKind::UniqueViolation if is_of_offsets(&**database) => Trouble::TakenOffset,
                _ => Trouble::of_code(database.code().as_deref()),
            },
            Driver::Io(_)
            | Driver::Tls(_)
            | Driver::Protocol(_)
            | Driver::PoolTimedOut
            | Driver::PoolClosed
            | Driver::WorkerCrashed
            | Driver::BeginFailed => Trouble::Connection,
            Driver::ColumnDecode { .. } | Driver::Decode(_) => Trouble::Damage,
            _ => Trouble::Operation,
        }
    }

    /// From PostgreSQL's SQLSTATE (five characters, <https://www.postgresql.org/docs/15/errcodes-appendix.html>) or
    /// SQLite's extended result code (decimal, the primary code in its low byte, <https://www.sqlite.org/rescode.html>).
    fn of_code(code: Option<&str>) -> Trouble {
        let Some(code) = code else { return Trouble::Operation };
        if let (5, Some(class)) = (code.len(), code.get(..2)) {
            return match (class, code) {
                ("08" | "57", _) => Trouble::Connection,
                ("53" | "58", _) | (_, "40001" | "40P01" | "55P03" | "25006") => Trouble::Passing,
                (_, "XX001" | "XX002") => Trouble::Damage,
                _ => Trouble::Operation,
            };
        }
        match code.parse::<u32>().map(|extended| extended & 0xff) {
            Ok(5 | 6 | 8 | 13) => Trouble::Passing,  // BUSY, LOCKED, READONLY, FULL
            Ok(10 | 14 | 15) => Trouble::Connection, // IOERR, CANTOPEN, PROTOCOL
            Ok(11 | 26) => Trouble::Damage,          // CORRUPT, NOTADB
            _ => Trouble::Operation,
        }
    }
}

/// Whether a unique violation is that of the event offsets: PostgreSQL names the constraint, SQLite the columns.
fn is_of_offsets(error: &dyn sqlx::error::DatabaseError) -> bool {
    match error.constraint() {
        Some(constraint) => constraint == "requests_event_offset_key",
        None => error.message().ends_with("requests.event_offset"),
    }
}

/// What keeps a database from being written that SQLite itself would go on with.
pub(super) fn not_kept(reason: String) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other(reason))
}

/// A stored value that this program would not have written.
pub(super) fn damaged(what: impl Into<Cow<'static, str>>) -> sqlx::Error {
    sqlx::Error::Decode(what.into().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_both_databases_say_whether_waiting_helps() {
        for (code, trouble) in [
            ("57P01", Trouble::Connection), // admin_shutdown
            ("08006", Trouble::Connection), // connection_failure
            ("53300", Trouble::Passing),    // too_many_connections
            ("40P01", Trouble::Passing),    // deadlock_detected
            ("XX001", Trouble::Damage),     // data_corrupted
            ("22021", Trouble::Operation),  // character_not_in_repertoire
            ("5", Trouble::Passing),        // SQLITE_BUSY
            ("517", Trouble::Passing),      // SQLITE_BUSY_SNAPSHOT
            ("13", Trouble::Passing),       // SQLITE_FULL
            ("11", Trouble::Damage),        // SQLITE_CORRUPT
            ("1", Trouble::Operation),      // SQLITE_ERROR
        ] {
            assert_eq!(Trouble::of_code(Some(code)), trouble, "{code}");
        }
    }
}
