//! Keeps a lake: copies raw lines that wait for it, and follows the log from where the lake ends. Whatever goes wrong, the
//! lake is opened anew and what was not listed is read again, as after a kill: there is one way to go on.

use super::Error;
use super::raw::copying::copy;
use super::raw::{Due, Outbox, Part, Unavailable, due};
use super::row::wanted;
use super::storage::Storage;
use super::writing::Writer;
use cineswarm_events::{Cursor, LARGEST_READ, Read, Reply, Source};
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Between two looks at the log, once all of it was read.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two tries: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How a lake is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Rows of a file at the most, but for those of the last page.
    pub most_rows: usize,
    /// How long an event waits at the most until it is in the lake.
    pub longest_wait: Duration,
}

impl Default for Options {
    /// 100,000 rows, some 20 MB in memory, and ten minutes.
    fn default() -> Options {
        Options { most_rows: 100_000, longest_wait: Duration::from_secs(600) }
    }
}

/// Why a lake does not go on for now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Lake(#[from] Error),
    #[error("opening the lake: {0}")]
    Closed(io::Error),
    #[error(transparent)]
    Log(#[from] cineswarm_events::Error),
    #[error(transparent)]
    Outbox(#[from] Unavailable),
    #[error(
        "the lake ends with event {at}, which the log, that ends with {last}, does not have: the database was restored \
         from an older copy, or is another one; give --lake a new place, and keep the old one"
    )]
    Forked { at: Cursor, last: Cursor },
    #[error(
        "the lake ends with event {at}, and the log was pruned up to {floor}; give --lake a new place, and keep the old one"
    )]
    Pruned { at: Cursor, floor: Cursor },
    #[error("the thread that writes the lake ended early")]
    Thread,
}

/// Copies a log, and raw lines, until `stop` is cancelled, and then what is left of them. Whoever does not wait for that
/// loses nothing.
///
/// `open` takes the lake's storage for this process alone; a second time after it let go of the first one.
pub async fn keep<S: Source, O: Outbox, P: Storage>(
    options: Options,
    open: impl Fn() -> io::Result<P> + Clone + Send + 'static,
    source: S,
    outbox: O,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
    let mut lag = Lag::default();
    while let Err(trouble) = keep_on(&options, open.clone(), (&source, &outbox), &stop, &mut backoff, &mut lag).await {
        lag.begin();
        let pause = backoff.next_pause();
        tracing::error!(error = %trouble, retry_ms = pause.as_millis() as u64, "the data lake is not written");
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

async fn keep_on<S: Source, O: Outbox, P: Storage>(
    options: &Options,
    open: impl FnOnce() -> io::Result<P> + Send + 'static,
    (source, outbox): (&S, &O),
    stop: &CancellationToken,
    backoff: &mut Backoff,
    lag: &mut Lag,
) -> Result<(), Trouble> {
    let mut writer = blocking(move || Ok(Writer::open(open().map_err(Trouble::Closed)?)?)).await?;
    let mut copier = Copier { outbox, is_first: true, left: 0, looked_at: None };
    let mut is_agreed = false;
    loop {
        // Before the log, which may be another one than the lake's: raw lines are nobody else's.
        let (raw, is_copied);
        (writer, raw, is_copied) = copier.copy_if_due(writer, options, false).await?;
        let at = writer.cursor();
        let read = Read { after: at, filter: wanted(), limit: LARGEST_READ };
        let (events, through, head) = match source.read(&read).await? {
            Reply::Page { events, through, head } => (events, through, head),
            Reply::Forked { last } => return Err(Trouble::Forked { at, last }),
            Reply::Pruned { floor } if writer.begin_at(floor) => continue,
            Reply::Pruned { floor } => return Err(Trouble::Pruned { at, floor }),
        };
        if !is_agreed {
            writer = blocking(move || Ok(writer.sweep().map(|()| writer)?)).await?;
            is_agreed = true;
        }
        let now = now_ms();
        // What comes in a new hour is not of the hour before.
        writer = write_if_due(writer, options, now).await?;
        writer.gather(&events, through, now);
        writer = write_if_due(writer, options, now).await?;
        backoff.start_over();
        let waiting = writer.rows_waiting();
        list::LAKE_RAW_WAITING.set([], raw as f64);
        if waiting == 0 && raw == 0 {
            lag.end();
        } else {
            lag.begin();
        }
        list::LAKE_EVENTS.set([], writer.rows_listed() as f64);
        list::EVENTS_BEHIND.set(["lake"], (head - through.seq).max(0) as f64 + waiting as f64);
        if through != at || is_copied {
            continue;
        }
        // Only once nothing is left: what came since the last look is read first.
        if stop.is_cancelled() {
            break;
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await;
    }
    let writer = blocking(move || Ok(writer.write().map(|()| writer)?)).await?;
    let (mut writer, mut is_copied) = (writer, true);
    while is_copied {
        (writer, _, is_copied) = copier.copy_if_due(writer, options, true).await?;
    }
    Ok(())
}

/// Copies raw lines.
struct Copier<'a, O> {
    outbox: &'a O,
    /// Nothing has been copied yet since the lake was opened.
    is_first: bool,
    /// How many there were at the last look, and when that was, if it found nothing to copy.
    left: i64,
    looked_at: Option<Instant>,
}

impl<O: Outbox> Copier<'_, O> {
    /// Copies a file of them, if it is time; gives how many are left, and whether there was one.
    async fn copy_if_due<P: Storage>(
        &mut self,
        writer: Writer<P>,
        options: &Options,
        is_the_end: bool,
    ) -> Result<(Writer<P>, i64, bool), Trouble> {
        // Thousands of parts may wait, and the log is read many times a second.
        if !is_the_end && self.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok((writer, self.left, false));
        }
        let waiting = self.outbox.waiting().await?;
        let lines = |parts: &[Part]| parts.iter().map(|part| part.lines).sum::<i64>();
        let due_now = Due {
            most_rows: i64::try_from(options.most_rows).unwrap_or(i64::MAX),
            longest_wait_ms: i64::try_from(options.longest_wait.as_millis()).unwrap_or(i64::MAX),
            now: now_ms(),
            is_the_end,
        };
        let Some(group) = due(&waiting, due_now) else {
            (self.left, self.looked_at) = (lines(&waiting), Some(Instant::now()));
            return Ok((writer, self.left, false));
        };
        self.looked_at = None;
        let copied = self.outbox.lines(group).await?;
        let is_first = std::mem::replace(&mut self.is_first, false);
        let copying = move || {
            let through = copy(writer.storage(), group, &copied, is_first)?;
            Ok((writer, through))
        };
        let (writer, through) = blocking(copying).await?;
        self.outbox.remove(through).await?;
        let left: Vec<Part> = waiting.into_iter().filter(|part| part.number > through).collect();
        Ok((writer, lines(&left), true))
    }
}

async fn write_if_due<P: Storage>(mut writer: Writer<P>, options: &Options, now: i64) -> Result<Writer<P>, Trouble> {
    let longest_wait_ms = i64::try_from(options.longest_wait.as_millis()).unwrap_or(i64::MAX);
    if !writer.is_due(now, options.most_rows, longest_wait_ms) {
        return Ok(writer);
    }
    blocking(move || {
        writer.write()?;
        Ok(writer)
    })
    .await
}

/// Disks are waited for on a thread of their own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Trouble> + Send + 'static) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Trouble::Thread)?
}

/// For how long something that happened is not in the lake.
#[derive(Default)]
struct Lag {
    since: Option<Instant>,
}

impl Lag {
    fn begin(&mut self) {
        let since = *self.since.get_or_insert_with(Instant::now);
        list::LAKE_LAG.set([], since.elapsed().as_secs_f64());
    }

    fn end(&mut self) {
        self.since = None;
        list::LAKE_LAG.set([], 0.0);
    }
}

fn now_ms() -> i64 {
    // A clock before 1970 is none.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
