//! The store as the rooms of ratings from elsewhere know it: their writer, and where their dead ratings are.

use super::operations::Operation;
use super::{Error, Store, reason_or};
use cineswarm_ratings::intake::Writing;
use cineswarm_ratings::mending::Desk;
use cineswarm_ratings::store::admin::{self, Which};
use cineswarm_ratings::store::reads::{self, Batch, Dead};
use cineswarm_ratings::store::{Write, Written};
use sqlx::AnyConnection;
use uuid::Uuid;

impl Store {
    /// How far ratings that came in are, with `limit` of those that do not count at the most.
    pub async fn ingested(&self, batch_id: Uuid, limit: u32) -> Result<Option<Batch>, Error> {
        let reading = async move |connection: &mut AnyConnection| reads::batch(connection, batch_id, limit).await;
        self.read_tables("reading how far ratings are", reading).await
    }

    /// Reads what the ratings' room knows how to read.
    async fn read_tables<Outcome>(
        &self,
        doing: &'static str,
        reading: impl AsyncFnOnce(&mut AnyConnection) -> Result<Outcome, sqlx::Error>,
    ) -> Result<Outcome, Error> {
        let reading = async {
            let mut connection = self.readers.acquire().await?;
            let read = reading(&mut connection).await;
            if read.is_err() {
                connection.close_on_drop();
            }
            read
        };
        match tokio::time::timeout(self.deadline, reading).await {
            Ok(read) => read.map_err(|error| Error::from_database(doing, &error)),
            Err(_) => Err(Error::Unavailable { doing, reason: reason_or(self.trouble(), "no answer in time") }),
        }
    }
}

impl Writing for Store {
    type Error = Error;

    async fn write(&self, write: Write) -> Result<Written, Error> {
        self.write("storing ratings from elsewhere", self.deadline, write, Operation::Ingest).await
    }
}

impl Desk for Store {
    async fn dead(&self, which: Which, after: i64, limit: u32) -> Result<Vec<Dead>, Error> {
        let reading =
            async move |connection: &mut AnyConnection| admin::dead(connection, &which, after, i64::from(limit)).await;
        self.read_tables("reading ratings that do not count", reading).await
    }

    async fn dead_ids(&self, which: Which) -> Result<Vec<i64>, Error> {
        let reading = async move |connection: &mut AnyConnection| admin::dead_ids(connection, &which).await;
        self.read_tables("looking for ratings that do not count", reading).await
    }
}
