//! A service's log for whoever reads it in the same process, and its head as it moves.

use crate::read::{last, read};
use crate::{Cursor, Error, Read, Reply, Source};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool};
use tokio::sync::watch;

/// A handle on a log; clones share it.
#[derive(Clone)]
pub struct Log {
    service: String,
    readers: AnyPool,
    head: watch::Sender<i64>,
}

impl Log {
    /// The log in the database that these connections read.
    pub fn new(service: impl Into<String>, readers: AnyPool) -> Log {
        Log { service: service.into(), readers, head: watch::Sender::new(0) }
    }

    /// Whose log it is.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// To be called after a commit that appended: whoever follows in this process looks at once.
    pub fn appended(&self, head: i64) {
        self.head.send_if_modified(|known| {
            let further = head > *known;
            *known = head.max(*known);
            further
        });
    }

    /// The number of the last event that was appended in this process; 0 before the first.
    pub fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// The log's last event.
    pub async fn last(&self) -> Result<Cursor, Error> {
        let mut connection = self.connection().await?;
        let last = last(&mut *connection).await;
        if last.is_err() {
            connection.close_on_drop();
        }
        last
    }

    async fn connection(&self) -> Result<PoolConnection<Any>, Error> {
        self.readers.acquire().await.map_err(Error::database("connecting to read a log"))
    }
}

impl Source for Log {
    async fn read(&self, wanted: &Read) -> Result<Reply, Error> {
        let mut connection = self.connection().await?;
        let reply = read(&mut *connection, wanted).await;
        if reply.is_err() {
            // Nobody knows which server, or which file, it leads to.
            connection.close_on_drop();
        }
        reply
    }

    fn moves(&self) -> Option<watch::Receiver<i64>> {
        Some(self.head.subscribe())
    }
}
