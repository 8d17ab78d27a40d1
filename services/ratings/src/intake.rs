//! Taking ratings in: lines are on disk before they are acknowledged, in bounded room. A batch whose sender goes away
//! before its end counts for nothing.

use crate::gate::Authority;
use crate::splitting::Chunk;
use crate::store::{Take, Via, Write, Written};
use cineswarm_telemetry::metrics::list;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

/// Bytes that may wait at the gate.
const MOST_WAITING: i64 = 256 << 20;
/// How long a batch waits for room before it is refused.
const ROOM_DEADLINE: Duration = Duration::from_secs(10);
/// A chunk from here on is written when few others are, so that what viewers store does not wait long behind it.
const LARGE_CHUNK: usize = 8 << 10;
const LARGE_AT_A_TIME: usize = 2;

/// The database's one writer, which is the host's.
pub trait Writing: Clone + Send + Sync + 'static {
    /// Why something was not written.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Writes in a transaction, with the events that belong to it.
    fn write(&self, write: Write) -> impl Future<Output = Result<Written, Self::Error>> + Send;
}

/// Why a batch was not taken.
#[derive(Debug)]
pub enum Refused<E> {
    /// Too much waits at the gate.
    Full,
    /// It could not be written; nobody may know whether it was.
    Storage(E),
}

/// What was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// By which it can be asked about.
    pub batch_id: Uuid,
    /// How many lines.
    pub lines: i64,
}

/// What waits, as far as this process knows.
#[derive(Debug, Default)]
pub struct Room {
    bytes: AtomicI64,
    freed: Notify,
    /// There is something for the gate.
    pub(crate) filled: Notify,
}

impl Room {
    pub(crate) fn set(&self, bytes: i64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.freed.notify_waiters();
    }

    pub(crate) fn change(&self, bytes: i64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if bytes < 0 {
            self.freed.notify_waiters();
        }
    }

    async fn is_there(&self) -> bool {
        let waiting = async {
            loop {
                let mut freed = std::pin::pin!(self.freed.notified());
                freed.as_mut().enable();
                if self.bytes.load(Ordering::Relaxed) < MOST_WAITING {
                    return;
                }
                freed.await;
            }
        };
        tokio::time::timeout(ROOM_DEADLINE, waiting).await.is_ok()
    }
}

/// Takes batches; clones share it.
#[derive(Clone)]
pub struct Intake<W> {
    writer: W,
    room: Arc<Room>,
    large: Arc<Semaphore>,
}

impl<W: Writing> Intake<W> {
    /// With nothing taken yet.
    pub fn new(writer: W) -> Intake<W> {
        Intake { writer, room: Arc::default(), large: Arc::new(Semaphore::new(LARGE_AT_A_TIME)) }
    }

    /// What waits.
    pub fn room(&self) -> Arc<Room> {
        self.room.clone()
    }

    /// Whether there is room for more, or comes to be in time.
    pub async fn has_room(&self) -> bool {
        self.room.is_there().await
    }

    /// Something waits that did not come this way: the gate looks at once.
    pub fn wake(&self) {
        self.room.filled.notify_one();
    }

    /// Begins a batch that came at `now`, in milliseconds since 1970.
    pub fn begin(&self, via: Via, authority: Authority, now: i64) -> Batch<W> {
        let take = Take { batch_id: Uuid::now_v7(), via, authority, taken_at: now, chunks: Vec::new(), whole: None };
        Batch { intake: self.clone(), take, chunks: 0, lines: 0, bytes: 0, is_open: false }
    }

    async fn write(&self, take: Take, bytes: i64) -> Result<(), Refused<W::Error>> {
        if !self.room.is_there().await {
            return Err(Refused::Full);
        }
        let is_large = take.chunks.iter().any(|(_, _, chunk)| chunk.content.len() >= LARGE_CHUNK);
        // It is never closed.
        let _turn = if is_large { self.large.acquire().await.ok() } else { None };
        self.room.change(bytes);
        self.writer.write(Write::Take(take)).await.map(drop).map_err(|error| {
            self.room.change(-bytes);
            Refused::Storage(error)
        })
    }
}

/// A batch that is being taken.
pub struct Batch<W: Writing> {
    intake: Intake<W>,
    /// All but its chunks.
    take: Take,
    chunks: i64,
    lines: i64,
    bytes: i64,
    /// Some of it may be on disk, and it is not whole.
    is_open: bool,
}

impl<W: Writing> Batch<W> {
    /// Takes a part.
    pub async fn push(&mut self, chunk: Chunk) -> Result<(), Refused<W::Error>> {
        self.write(vec![chunk], false).await
    }

    /// Takes the last part, after which the batch is acknowledged.
    ///
    /// Whoever is refused may try again with the same chunks: what was taken after all is not taken twice.
    pub async fn end(&mut self, chunks: Vec<Chunk>) -> Result<Receipt, Refused<W::Error>> {
        self.write(chunks, true).await?;
        self.is_open = false;
        self.intake.room.filled.notify_one();
        list::RATINGS_TAKEN.add([self.take.via.name()], self.lines as f64);
        Ok(Receipt { batch_id: self.take.batch_id, lines: self.lines })
    }

    async fn write(&mut self, chunks: Vec<Chunk>, is_last: bool) -> Result<(), Refused<W::Error>> {
        let mut placed = Vec::with_capacity(chunks.len());
        let (mut number, mut lines, mut bytes) = (self.chunks, self.lines, 0);
        for chunk in chunks {
            let first_line = lines + 1;
            number += 1;
            lines += i64::from(chunk.lines);
            bytes += chunk.content.len() as i64;
            placed.push((number, first_line, chunk));
        }
        self.is_open = true;
        let take = Take { chunks: placed, whole: is_last.then_some(lines), ..self.take.clone() };
        self.intake.write(take, bytes).await?;
        (self.chunks, self.lines) = (number, lines);
        self.bytes += bytes;
        Ok(())
    }
}

impl<W: Writing> Drop for Batch<W> {
    /// Whoever sent it has gone, or was refused: what is on disk of it goes as well, now or at the next start.
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (intake, batch_id, bytes) = (self.intake.clone(), self.take.batch_id, self.bytes);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            loop {
                match intake.writer.write(Write::Abandon(batch_id)).await {
                    Ok(Written::Abandoned(true)) => {}
                    Ok(_) => break,
                    Err(error) => {
                        tracing::debug!(%error, %batch_id, "a part of a batch stays until the next start");
                        break;
                    }
                }
            }
            intake.room.change(-bytes);
        });
    }
}
