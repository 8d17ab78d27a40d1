//! A database with the tables of a log and of consumers: opening it, and its migrations.

use crate::Error;
use cineswarm_database::{migrations, set_session_timeouts};
use sqlx::any::AnyConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyConnection, ConnectOptions, Executor};
use std::str::FromStr;
use std::time::Duration;

/// The tables' versions are kept apart from those of the service in whose database they are.
const MIGRATIONS_TABLE: &str = "_events_migrations";

/// See the store of the master: readers run beside the writer, and a commit waits for the disk.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA busy_timeout = 2000";

const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

/// Where a database is. Cheap to clone; never shown, since it may hold a password.
#[derive(Clone)]
pub struct Database {
    options: AnyConnectOptions,
}

impl Database {
    /// From `sqlite://PATH?mode=rwc` or `postgres://USER@HOST/NAME`.
    pub fn parse(url: &str) -> Result<Database, Error> {
        sqlx::any::install_default_drivers();
        let refused = |reason: String| Error::Configuration { reason };
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(refused("the address begins with neither sqlite: nor postgres:".to_owned()));
        }
        let options = AnyConnectOptions::from_str(url).map_err(|error| refused(error.to_string()))?;
        Ok(Database { options: options.disable_statement_logging() })
    }

    /// One connection, set up.
    pub async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            if is_sqlite(&connection) {
                connection.execute(SQLITE_SETTINGS).await?;
            }
            set_session_timeouts(&mut connection).await?;
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_DEADLINE, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

impl crate::consumer::Connect for Database {
    type Connection = AnyConnection;

    async fn connect(&self) -> Result<AnyConnection, sqlx::Error> {
        Database::connect(self).await
    }
}

fn is_sqlite(connection: &AnyConnection) -> bool {
    connection.backend_name() == "SQLite"
}

/// Brings the tables of a log and of consumers to this program's version, in a database that is a service's own.
pub async fn migrate(connection: &mut AnyConnection) -> Result<(), Error> {
    let mut migrations = if is_sqlite(connection) {
        migrations!("sqlite": "0001_log_cursors_dead_letters")
    } else {
        migrations!("postgres": "0001_log_cursors_dead_letters")
    };
    migrations.dangerous_set_table_name(MIGRATIONS_TABLE);
    run(&migrations, connection).await
}

async fn run(migrations: &Migrator, connection: &mut AnyConnection) -> Result<(), Error> {
    migrations.run(connection).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            Error::database("migrating the tables of events")(error)
        }
        other => Error::Configuration { reason: format!("its tables are not this program's: {other}") },
    })
}
