//! Following a log into memory: each event at least once and in order, from a place on. For what is made anew with each
//! start of a process.

use crate::consumer::moved;
use crate::{Cursor, Event, Filter, LARGEST_READ, Read, Reply, Source};
use cineswarm_retry::Backoff;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two looks that a ring causes.
const SHORTEST_GAP: Duration = Duration::from_millis(20);
/// Between two tries while the log cannot be read: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Who keeps in memory what events make of it.
pub trait Follower: Send {
    /// Takes one event. A payload may have been emptied.
    fn take(&mut self, event: &Event) -> impl Future<Output = ()> + Send;

    /// All up to this place has been taken, whether or not there was an event for it.
    fn turned(&mut self, _through: Cursor) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// What was taken is of another log, or there is a gap: all of it is to be read anew from where it is kept.
    fn start_over(&mut self) -> impl Future<Output = ()> + Send;
}

/// Follows from a place on until `stop` is cancelled; `rung` says that there may be more.
pub async fn follow<S: Source, F: Follower>(
    source: S,
    filter: Filter,
    from: Cursor,
    mut follower: F,
    rung: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut moves = source.moves();
    let mut read = Read { after: from, filter, limit: LARGEST_READ };
    let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
    loop {
        let pause = match stop.run_until_cancelled(source.read(&read)).await {
            None => return,
            Some(Ok(Reply::Page { events, through, head })) => {
                backoff.start_over();
                for event in &events {
                    follower.take(event).await;
                }
                if through != read.after {
                    follower.turned(through).await;
                    read.after = through;
                    if through.seq < head {
                        continue;
                    }
                }
                SHORTEST_GAP
            }
            Some(Ok(Reply::Forked { last: place } | Reply::Pruned { floor: place })) => {
                tracing::error!(was = %read.after, now = %place, "the log is not the one that was followed; starting over");
                read.after = place;
                follower.start_over().await;
                continue;
            }
            Some(Err(error)) => {
                let pause = backoff.next_pause();
                tracing::warn!(%error, retry_ms = pause.as_millis() as u64, "the log could not be read");
                if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                    return;
                }
                continue;
            }
        };
        let looked_at = tokio::time::Instant::now();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = rung.notified() => {}
            () = moved(&mut moves) => continue,
        }
        if stop.run_until_cancelled(tokio::time::sleep_until(looked_at + pause)).await.is_none() {
            return;
        }
    }
}
