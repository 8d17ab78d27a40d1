//! A service's log for whoever reads it in the same process, and its head as it moves.

use crate::read::{last, read};
use crate::tail::Tail;
use crate::{Cursor, Error, Filter, LARGEST_READ, Read, Reply, Source};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// How long a reader waits for another one's reading before it reads by itself.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(1);

/// A handle on a log; clones share it.
#[derive(Clone)]
pub struct Log {
    service: String,
    readers: AnyPool,
    head: watch::Sender<i64>,
    tail: Arc<Mutex<Option<Tail>>>,
}

impl Log {
    /// The log in the database that these connections read.
    pub fn new(service: impl Into<String>, readers: AnyPool) -> Log {
        Log { service: service.into(), readers, head: watch::Sender::new(0), tail: Arc::default() }
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

    async fn read_database(&self, wanted: &Read) -> Result<Reply, Error> {
        let mut connection = self.connection().await?;
        let reply = read(&mut *connection, wanted).await;
        if reply.is_err() {
            // Nobody knows which server, or which file, it leads to.
            connection.close_on_drop();
        }
        reply
    }

    /// What is asked of the log's end, after one more reading unless another reader's began since the call; none for who
    /// is not near it.
    async fn read_tail(&self, wanted: &Read) -> Result<Option<Reply>, Error> {
        let called = Instant::now();
        let Ok(mut kept) = tokio::time::timeout(WAIT_FOR_OTHERS, self.tail.lock()).await else { return Ok(None) };
        let Some(tail) = kept.as_mut().filter(|tail| tail.knows(wanted.after)) else { return Ok(None) };
        if !tail.is_of(called) {
            let read_at = Instant::now();
            let after_it = Read { after: tail.end(), filter: Filter::default(), limit: LARGEST_READ };
            match self.read_database(&after_it).await? {
                Reply::Page { events, head, .. } => tail.extend(events, head, read_at),
                // Whoever asks finds out for itself.
                Reply::Forked { .. } | Reply::Pruned { .. } => {
                    *kept = None;
                    return Ok(None);
                }
            }
        }
        Ok(tail.answer(wanted))
    }
}

impl Source for Log {
    async fn read(&self, wanted: &Read) -> Result<Reply, Error> {
        if let Some(reply) = self.read_tail(wanted).await? {
            return Ok(reply);
        }
        let read_at = Instant::now();
        let reply = self.read_database(wanted).await?;
        if let Reply::Page { through, head, .. } = reply
            && through.seq == head
            && let Ok(mut kept) = self.tail.try_lock()
            && kept.as_ref().is_none_or(|tail| tail.end().seq < head)
        {
            *kept = Some(Tail::at_end(through, read_at));
        }
        Ok(reply)
    }

    fn moves(&self) -> Option<watch::Receiver<i64>> {
        Some(self.head.subscribe())
    }
}
