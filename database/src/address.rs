//! Opening a database: which of the two it is, and what a connection is told first. Nothing else needs to know which
//! database it speaks to.

use crate::Fault;
use crate::file_watch::FileWatch;
use cineswarm_retry::Backoff;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Write-ahead logging lets readers run beside the writer. FULL makes every commit wait for the disk. The log is copied
/// back by [`copying_back`](crate::copying_back), and in a commit only where that has not come to it for 64 MiB. What it has
/// grown to while somebody read for long is given back to as much. Pages that a transaction changes are best all kept until it
/// ends: 4 MiB of them.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA busy_timeout = 2000; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864; \
     PRAGMA cache_size = -4096";
/// Who only reads keeps few pages: the system has the others at hand.
const SQLITE_READER_SETTINGS: &str = "PRAGMA cache_size = -512";

/// Connections that only read, beside the writer's one.
const READERS: u32 = 4;

/// No reader keeps a connection longer: what one has seen of an old file or an old server goes with it.
const READER_LIFETIME: Duration = Duration::from_secs(60);

/// A transaction that waits for a row gives up in time; one whose process has gone away in its midst is ended by the
/// server, so that the others go on.
const POSTGRES_TIMEOUTS: &str = "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'";

/// How long one attempt to connect may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

/// Between two tries of a first connection.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The address of a database cannot be used. Never holds the address itself, which may carry a password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadAddress(pub String);

/// Where a database is. Cheap to clone; never shown, since it may hold a password.
#[derive(Clone)]
pub struct Address {
    options: AnyConnectOptions,
    is_sqlite: bool,
    /// Of an SQLite database.
    file: Option<PathBuf>,
}

/// The address of the SQLite database in this file, made if it is not there. Any characters may be in the path.
pub fn sqlite_url(file: &Path) -> String {
    let mut url = String::from("sqlite://");
    for &byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url + "?mode=rwc"
}

impl Address {
    /// From `sqlite://PATH?mode=rwc` (see [`sqlite_url`]) or `postgres://USER:PASSWORD@HOST/NAME`.
    ///
    /// # Errors
    /// If it is neither, or a database that keeps nothing.
    pub fn parse(url: &str) -> Result<Address, BadAddress> {
        sqlx::any::install_default_drivers();
        let refused = |reason: &str| BadAddress(reason.to_owned());
        let scheme = url.split(':').next().unwrap_or_default();
        let is_sqlite = match scheme {
            "sqlite" => true,
            "postgres" | "postgresql" => false,
            // What stands there instead may be a password.
            _ => return Err(refused("the address begins with neither sqlite:// nor postgres://")),
        };
        if is_sqlite && (url.contains(":memory:") || url.contains("mode=memory")) {
            return Err(refused("a database in memory keeps nothing that was acknowledged"));
        }
        let url: Cow<'_, str> = if is_sqlite { url.into() } else { with_a_known_sslmode(url) };
        let options = AnyConnectOptions::from_str(&url).map_err(|error| refused(&error.to_string()))?;
        // sqlx would log each statement it calls slow, with its text; the writer logs what matters itself.
        let file = match is_sqlite {
            true => {
                let sqlite = SqliteConnectOptions::from_str(&url).map_err(|error| refused(&error.to_string()))?;
                Some(sqlite.get_filename().to_owned())
            }
            false => None,
        };
        Ok(Address { options: options.disable_statement_logging(), is_sqlite, file })
    }

    /// Watches the file of an SQLite database, which must be there.
    pub(crate) fn watch(&self) -> std::io::Result<Option<FileWatch>> {
        self.file.clone().map(FileWatch::new).transpose()
    }

    /// Whether waiting may help a first connection: a server may be starting, a file may be locked, but a folder that
    /// is not there does not appear by itself.
    fn may_still_come(&self, error: &sqlx::Error) -> bool {
        match Fault::of(error) {
            Fault::Passing => true,
            Fault::Connection => !self.is_sqlite,
            _ => false,
        }
    }

    /// Whether it is SQLite, whose statements for making tables differ.
    pub fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    /// One connection, set up, to a database that may still be starting.
    ///
    /// # Errors
    /// What the last try ended with.
    pub async fn first_connection(&self, deadline: Duration) -> Result<AnyConnection, sqlx::Error> {
        let give_up_at = tokio::time::Instant::now() + deadline;
        let mut backoff = Backoff::between(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let pause = backoff.next_pause();
            match self.connect().await {
                Err(error) if self.may_still_come(&error) && tokio::time::Instant::now() + pause < give_up_at => {
                    tracing::warn!(%error, retry_ms = pause.as_millis() as u64, "the database cannot be opened yet");
                    tokio::time::sleep(pause).await;
                }
                ended => return ended,
            }
        }
    }

    /// One connection, set up.
    ///
    /// # Errors
    /// If it cannot be opened in time.
    pub async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            prepare(&mut connection, self.is_sqlite).await?;
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Connections for reading, opened when first needed.
    pub fn readers(&self, deadline: Duration) -> AnyPool {
        let is_sqlite = self.is_sqlite;
        AnyPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(deadline)
            .max_lifetime(READER_LIFETIME)
            // A file does not go away between two reads; a server may, and then the pool connects anew.
            .test_before_acquire(!is_sqlite)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    prepare(connection, is_sqlite).await?;
                    if is_sqlite {
                        connection.execute(SQLITE_READER_SETTINGS).await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(self.options.clone())
    }
}

/// `allow` is "plaintext, or TLS if the server wants it", which the driver takes for plaintext alone; `prefer` is the same
/// with the order turned round, and reaches every server that `allow` does.
fn with_a_known_sslmode(url: &str) -> Cow<'_, str> {
    match url.split_once('?') {
        Some((place, query)) if query.contains("sslmode=allow") => {
            format!("{place}?{}", query.replace("sslmode=allow", "sslmode=prefer")).into()
        }
        _ => url.into(),
    }
}

async fn prepare(connection: &mut AnyConnection, is_sqlite: bool) -> Result<(), sqlx::Error> {
    if is_sqlite {
        connection.execute(SQLITE_SETTINGS).await?;
    }
    set_session_timeouts(connection).await
}

/// For whoever opens a connection of their own: on PostgreSQL a session that holds a row and says nothing more is ended,
/// and one that waits for it gives up. SQLite's `busy_timeout` is the caller's.
pub async fn set_session_timeouts(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if connection.backend_name() != "SQLite" {
        connection.execute(POSTGRES_TIMEOUTS).await?;
    }
    Ok(())
}

/// Says goodbye; what the other side thinks of it no longer matters.
pub(crate) async fn disconnect(connection: AnyConnection) {
    if let Ok(Err(error)) = tokio::time::timeout(CONNECT_DEADLINE, connection.close()).await {
        tracing::debug!(%error, "closing the database connection");
    }
}
