//! What waits in the database for the data lake, as the lake asks for it: read beside the writer, removed by it.

use crate::intake::Writing;
use crate::lake::raw::{Group, Outbox, Part, Unavailable};
use crate::raw::RawLine;
use crate::store::{Write, Written, raw};
use sqlx::{AnyConnection, AnyPool};

/// Raw lines in a database, and who writes it.
#[derive(Clone)]
pub struct RawLines<W> {
    /// Connections that read.
    pub readers: AnyPool,
    /// The writer.
    pub writer: W,
}

impl<W: Writing> RawLines<W> {
    async fn read<T>(
        &self,
        read: impl AsyncFnOnce(&mut AnyConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, Unavailable> {
        let unavailable = |error: sqlx::Error| Unavailable(error.to_string());
        let mut connection = self.readers.acquire().await.map_err(unavailable)?;
        let found = read(&mut connection).await;
        if found.is_err() {
            connection.close_on_drop();
        }
        found.map_err(unavailable)
    }
}

impl<W: Writing> Outbox for RawLines<W> {
    async fn waiting(&self) -> Result<Vec<Part>, Unavailable> {
        self.read(async |connection| raw::waiting(connection).await).await
    }

    async fn lines(&self, group: Group) -> Result<Vec<RawLine>, Unavailable> {
        self.read(async |connection| raw::lines(connection, group).await).await
    }

    async fn remove(&self, through: i64) -> Result<(), Unavailable> {
        loop {
            match self.writer.write(Write::Copied(through)).await {
                Ok(Written::Removed(true)) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(Unavailable(error.to_string())),
            }
        }
    }
}
