//! What an error of SQLite or PostgreSQL asks for: the one table of their codes.

/// What kind of fault an error of the driver is, hence what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is gone, or leads to a server that no longer writes: connect again.
    Connection,
    /// Lock contention, a full disk, too many connections: the same may work a little later.
    Passing,
    /// The data cannot be read. Waiting does not help, and neither does other input.
    Damage,
    /// The statement or its values are at fault.
    Operation,
}

impl Fault {
    /// By the kind of error, and by the code where the database itself says it.
    pub fn of(error: &sqlx::Error) -> Fault {
        use sqlx::Error as Driver;
        match error {
            Driver::Database(database) => Fault::of_code(database.code().as_deref().unwrap_or_default()),
            Driver::Io(_)
            | Driver::Tls(_)
            | Driver::Protocol(_)
            | Driver::PoolTimedOut
            | Driver::PoolClosed
            | Driver::WorkerCrashed
            | Driver::BeginFailed => Fault::Connection,
            Driver::ColumnDecode { .. } | Driver::Decode(_) => Fault::Damage,
            _ => Fault::Operation,
        }
    }

    /// Whether the same may work later, on a new connection if need be.
    pub fn may_pass(self) -> bool {
        matches!(self, Fault::Connection | Fault::Passing)
    }

    /// From PostgreSQL's SQLSTATE (five characters, <https://www.postgresql.org/docs/15/errcodes-appendix.html>) or
    /// SQLite's extended result code (decimal, the primary code in its low byte, <https://www.sqlite.org/rescode.html>).
    fn of_code(code: &str) -> Fault {
        if let (5, Some(class)) = (code.len(), code.get(..2)) {
            return match (class, code) {
                // The server ended the session, or has become a standby and the next connection finds its successor.
                ("08" | "57", _) | (_, "25P03" | "25P04" | "25006") => Fault::Connection,
                ("53" | "58", _) | (_, "40001" | "40P01" | "55P03") => Fault::Passing,
                (_, "XX001" | "XX002") => Fault::Damage,
                _ => Fault::Operation,
            };
        }
        match code.parse::<u32>().map(|extended| extended & 0xff) {
            Ok(5..=8 | 13) => Fault::Passing,      // BUSY, LOCKED, NOMEM, READONLY, FULL
            Ok(10 | 14 | 15) => Fault::Connection, // IOERR, CANTOPEN, PROTOCOL
            Ok(11 | 26) => Fault::Damage,          // CORRUPT, NOTADB
            _ => Fault::Operation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{Connection, Executor, Row};

    #[test]
    fn each_code_of_both_databases_says_what_to_do() {
        for (code, fault) in [
            ("08006", Fault::Connection), // connection_failure
            ("57P01", Fault::Connection), // admin_shutdown
            ("57014", Fault::Connection), // query_canceled
            ("25P03", Fault::Connection), // idle_in_transaction_session_timeout
            ("25P04", Fault::Connection), // transaction_timeout
            ("25006", Fault::Connection), // read_only_sql_transaction: a standby
            ("53100", Fault::Passing),    // disk_full
            ("53200", Fault::Passing),    // out_of_memory
            ("53300", Fault::Passing),    // too_many_connections
            ("58030", Fault::Passing),    // io_error
            ("40001", Fault::Passing),    // serialization_failure
            ("40P01", Fault::Passing),    // deadlock_detected
            ("55P03", Fault::Passing),    // lock_not_available
            ("XX001", Fault::Damage),     // data_corrupted
            ("XX002", Fault::Damage),     // index_corrupted
            ("XX000", Fault::Operation),  // internal_error
            ("22021", Fault::Operation),  // character_not_in_repertoire
            ("23505", Fault::Operation),  // unique_violation
            ("42P01", Fault::Operation),  // undefined_table
            ("25001", Fault::Operation),  // active_sql_transaction
            ("5", Fault::Passing),        // SQLITE_BUSY
            ("517", Fault::Passing),      // SQLITE_BUSY_SNAPSHOT
            ("6", Fault::Passing),        // SQLITE_LOCKED
            ("7", Fault::Passing),        // SQLITE_NOMEM
            ("8", Fault::Passing),        // SQLITE_READONLY
            ("13", Fault::Passing),       // SQLITE_FULL
            ("10", Fault::Connection),    // SQLITE_IOERR
            ("266", Fault::Connection),   // SQLITE_IOERR_READ
            ("14", Fault::Connection),    // SQLITE_CANTOPEN
            ("15", Fault::Connection),    // SQLITE_PROTOCOL
            ("11", Fault::Damage),        // SQLITE_CORRUPT
            ("26", Fault::Damage),        // SQLITE_NOTADB
            ("1", Fault::Operation),      // SQLITE_ERROR
            ("1555", Fault::Operation),   // SQLITE_CONSTRAINT_PRIMARYKEY
            ("", Fault::Operation),
            ("ééé", Fault::Operation),       // of no database, but six bytes
            ("aé\u{300}", Fault::Operation), // five bytes, the first two of which are no text
        ] {
            assert_eq!(Fault::of_code(code), fault, "{code}");
        }
    }

    #[test]
    fn what_the_driver_says_itself_is_told_apart() {
        use sqlx::Error;
        for (error, fault) in [
            (Error::Io(std::io::ErrorKind::ConnectionReset.into()), Fault::Connection),
            (Error::PoolTimedOut, Fault::Connection),
            (Error::WorkerCrashed, Fault::Connection),
            (Error::Decode("not a UUID".into()), Fault::Damage),
            (Error::ColumnDecode { index: "0".into(), source: "not a number".into() }, Fault::Damage),
            (Error::RowNotFound, Fault::Operation),
        ] {
            assert_eq!(Fault::of(&error), fault, "{error}");
            assert_eq!(fault.may_pass(), fault == Fault::Connection, "{error}");
        }
        assert!(Fault::Passing.may_pass());
    }

    /// The codes as they really come, so that a driver that words them otherwise is noticed.
    #[tokio::test]
    async fn a_real_database_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display());
        let mut one = sqlx::AnyConnection::connect(&url).await.unwrap();
        let mut other = sqlx::AnyConnection::connect(&url).await.unwrap();
        one.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)").await.unwrap();
        one.execute("INSERT INTO t VALUES (1, 'one')").await.unwrap();

        let twice = one.execute("INSERT INTO t VALUES (1, 'again')").await.unwrap_err();
        assert_eq!(Fault::of(&twice), Fault::Operation, "{twice}");
        let misread = one.fetch_one("SELECT word FROM t").await.unwrap().try_get::<i64, _>(0).unwrap_err();
        assert_eq!(Fault::of(&misread), Fault::Damage, "{misread}");

        other.execute("PRAGMA busy_timeout = 0").await.unwrap();
        one.execute("BEGIN IMMEDIATE").await.unwrap();
        let busy = other.execute("INSERT INTO t VALUES (2, 'two')").await.unwrap_err();
        assert_eq!(Fault::of(&busy), Fault::Passing, "{busy}");

        let noise = folder.path().join("noise.db");
        std::fs::write(&noise, vec![7; 4096]).unwrap();
        let noise = format!("sqlite://{}", noise.display());
        let mut noise = sqlx::AnyConnection::connect(&noise).await.unwrap();
        let unreadable = noise.execute("SELECT * FROM sqlite_master").await.unwrap_err();
        assert_eq!(Fault::of(&unreadable), Fault::Damage, "{unreadable}");
    }
}
