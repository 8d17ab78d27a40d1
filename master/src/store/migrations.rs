//! Brings the tables to this program's version, with those of the log of ratings and of ratings from elsewhere.

use super::error::Error;
use cineswarm_database::migrations;
use sqlx::AnyConnection;
use sqlx::migrate::MigrateError;

pub(super) async fn run(is_sqlite: bool, connection: &mut AnyConnection) -> Result<(), Error> {
    let migrations = if is_sqlite {
        migrations!("sqlite": "0001_requests_sessions_ratings", "0002_lifetime", "0003_user_ids")
    } else {
        migrations!("postgres": "0001_requests_sessions_ratings", "0002_lifetime", "0003_user_ids")
    };
    migrations.run(&mut *connection).await.map_err(not_migrated)?;
    cineswarm_ratings::store::open(is_sqlite, connection).await.map_err(not_migrated)?;
    cineswarm_events::migrate(connection).await.map_err(|error| match error {
        cineswarm_events::Error::Database { doing, error } => Error::from_database(doing, &error),
        other => Error::Configuration { reason: other.to_string() },
    })
}

fn not_migrated(error: MigrateError) -> Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            Error::from_database("migrating the database", &error)
        }
        other => Error::Configuration { reason: format!("its tables are not this program's: {other}") },
    }
}
