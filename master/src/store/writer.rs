//! The one task that writes: it takes what is waiting, runs it in one transaction, commits once, and then answers
//! everyone. One operation that the database refuses does not hurt its neighbours; a database that goes away is waited
//! for. It never reads for others.

use super::connect::{Address, disconnect};
use super::error::{Error, is_taken_offset, not_kept};
use super::file_watch::FileWatch;
use super::records::{Accepted, Ending, Feedback, NewRating, NewRequest, Rated, Session, Told};
use super::statements::{highest_offset, run_in_one_transaction};
use cineswarm_database::Trouble;
use cineswarm_events::Log;
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use sqlx::AnyConnection;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Operations that share one commit at most.
const LARGEST_BATCH: usize = 256;

/// Between two tries while the database is away: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Something to write, and who waits for it.
pub(super) enum Operation {
    OpenSession(Answerable<OpenSession, Session>),
    Accept(Answerable<NewRequest, Accepted>),
    Finish(Answerable<Finish, Option<i64>>),
    Rate(Answerable<NewRating, Rated>),
    Feedback(Answerable<Feedback, Option<Told>>),
    /// Masters have lived so many milliseconds longer.
    Live(Answerable<i64, ()>),
    /// Lets go of what ended longer ago, in milliseconds of lived time.
    Prune(Answerable<i64, u64>),
    /// Takes a request out again whose caller was told, or must assume, that it is not stored.
    Withdraw(Uuid),
}

pub(super) struct OpenSession {
    pub(super) id: Option<Uuid>,
    pub(super) lang: Option<String>,
    pub(super) now: i64,
}

pub(super) struct Finish {
    pub(super) request_id: Uuid,
    pub(super) ending: Ending,
    /// 0 until the writer allots one; then kept through all tries, so that a try whose commit was acknowledged to
    /// nobody is recognised by the next one.
    pub(super) offset: i64,
}

/// One operation's input, its outcome once a transaction has run, and the way back to its caller.
pub(super) struct Answerable<Input, Outcome> {
    pub(super) doing: &'static str,
    pub(super) input: Input,
    pub(super) outcome: Option<Outcome>,
    reply: oneshot::Sender<Result<Outcome, Error>>,
    tried: bool,
}

impl<Input, Outcome> Answerable<Input, Outcome> {
    pub(super) fn new(
        doing: &'static str,
        input: Input,
    ) -> (Answerable<Input, Outcome>, oneshot::Receiver<Result<Outcome, Error>>) {
        let (reply, answer) = oneshot::channel();
        (Answerable { doing, input, outcome: None, reply, tried: false }, answer)
    }

    /// Whether the caller still waited. Without a known outcome it goes away empty-handed.
    fn answer(self) -> bool {
        match self.outcome {
            Some(outcome) => self.reply.send(Ok(outcome)).is_ok(),
            None => false,
        }
    }

    fn refuse(self, error: &sqlx::Error) {
        // The caller may have gone; then nobody is left to tell.
        let _ = self.reply.send(Err(Error::from_database(self.doing, error)));
    }
}

/// Does the same with whatever kind of operation it is; one that nobody waits for is `$without`.
macro_rules! for_answerable {
    ($operation:expr, $answerable:ident => $then:expr, $without:expr) => {
        match $operation {
            Operation::OpenSession($answerable) => $then,
            Operation::Accept($answerable) => $then,
            Operation::Finish($answerable) => $then,
            Operation::Rate($answerable) => $then,
            Operation::Feedback($answerable) => $then,
            Operation::Live($answerable) => $then,
            Operation::Prune($answerable) => $then,
            Operation::Withdraw(_) => $without,
        }
    };
}

/// What the writer last heard from a database that fails it, for those who wait in vain and for health checks.
#[derive(Clone, Default)]
pub(super) struct LastTrouble(Arc<Mutex<Option<String>>>);

impl LastTrouble {
    pub(super) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// When the writer last stored something, for health checks.
#[derive(Clone)]
pub(super) struct LastStored(Arc<Mutex<Instant>>);

impl LastStored {
    pub(super) fn now() -> LastStored {
        LastStored(Arc::new(Mutex::new(Instant::now())))
    }

    pub(super) fn age(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn set(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The writer's state, owned by its task.
pub(super) struct Writer {
    pub(super) address: Address,
    pub(super) connection: Option<AnyConnection>,
    pub(super) queue: mpsc::Receiver<Operation>,
    pub(super) stop: CancellationToken,
    pub(super) trouble: LastTrouble,
    /// When something was last stored.
    pub(super) last_stored: LastStored,
    /// The file of an SQLite database.
    pub(super) watch: Option<FileWatch>,
    /// How long one transaction may take before the connection is given up.
    pub(super) deadline: Duration,
    /// Bytes of requests that are kept.
    pub(super) keep_bytes: u64,
    /// The log of ratings, for whoever follows it in this process.
    pub(super) log: Log,
    /// The highest offset given out; none until it has been read.
    pub(super) last_offset: Option<i64>,
    pub(super) withdrawals: Vec<Operation>,
}

impl Writer {
    /// Writes until it is stopped or all handles are gone, and then what had been accepted into the queue.
    pub(super) async fn run(mut self) {
        let mut stopping = false;
        loop {
            let mut batch = std::mem::take(&mut self.withdrawals);
            if batch.is_empty() || !self.queue.is_empty() {
                tokio::select! {
                    biased;
                    taken = self.queue.recv_many(&mut batch, LARGEST_BATCH) => if taken == 0 && batch.is_empty() { break },
                    () = self.stop.cancelled(), if !stopping => {
                        stopping = true;
                        self.queue.close();
                    }
                }
            }
            self.write(batch).await;
        }
        if let Some(connection) = self.connection.take() {
            disconnect(connection).await;
        }
    }

    /// Writes a batch: whole if it goes, else in ever smaller parts, so that only those at fault fail.
    async fn write(&mut self, batch: Vec<Operation>) {
        let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
        let mut parts = vec![batch];
        while let Some(mut part) = parts.pop() {
            self.drop_abandoned(&mut part);
            if part.is_empty() {
                continue;
            }
            let begun = Instant::now();
            let error = match self.attempt(&mut part).await {
                Ok(()) => {
                    list::DATABASE_BATCH_OPERATIONS.observe([], part.len() as f64);
                    list::DATABASE_BATCH_DURATION.observe([], begun.elapsed().as_secs_f64());
                    backoff.start_over();
                    self.answer(part);
                    continue;
                }
                Err(error) => error,
            };
            list::DATABASE_FAILURES.increment([]);
            let is_taken_offset = is_taken_offset(&error);
            if is_taken_offset {
                self.forget_offsets(&mut part);
            }
            if Trouble::of(&error).may_pass() || is_taken_offset {
                let pause = backoff.next_pause();
                tracing::warn!(%error, operations = part.len(), retry_ms = pause.as_millis() as u64, "writing to the database failed; trying again");
                self.trouble.set(Some(error.to_string()));
                if self.stop.is_cancelled() && part.iter().all(|it| matches!(it, Operation::Withdraw(_))) {
                    tracing::warn!(requests = part.len(), "not withdrawn; the next start will compute them for nobody");
                    continue;
                }
                parts.push(part);
                tokio::time::sleep(pause).await;
            } else if part.len() > 1 {
                let second_half = part.split_off(part.len() / 2);
                parts.push(second_half);
                parts.push(part);
            } else if let Some(operation) = part.pop() {
                tracing::warn!(%error, "the database refused an operation");
                for_answerable!(operation, answerable => answerable.refuse(&error), ());
            }
        }
    }

    /// A connection on which anything failed is not used again: nobody knows what it thinks of its transaction, or which
    /// server it leads to.
    async fn attempt(&mut self, operations: &mut [Operation]) -> Result<(), sqlx::Error> {
        if let Some(watch) = &mut self.watch {
            watch.check_before().map_err(not_kept)?;
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                self.watch.iter_mut().for_each(FileWatch::forget_log);
                self.address.connect().await?
            }
        };
        let deadline = self.deadline;
        let ran = match tokio::time::timeout(deadline, self.store(&mut connection, operations)).await {
            Ok(ran) => ran,
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        };
        match ran {
            Ok(()) => self.connection = Some(connection),
            // Its goodbye may take long.
            Err(_) => drop(tokio::spawn(disconnect(connection))),
        }
        ran
    }

    /// Stores the operations on this connection, and makes sure that they are where they will be looked for.
    async fn store(&mut self, connection: &mut AnyConnection, operations: &mut [Operation]) -> Result<(), sqlx::Error> {
        let mut last_offset = match self.last_offset {
            Some(offset) => offset,
            None => highest_offset(connection).await?,
        };
        let mut again = false;
        for operation in operations.iter_mut() {
            for_answerable!(&mut *operation, answerable => {
                again |= answerable.tried;
                answerable.tried = true;
            }, ());
            if let Operation::Finish(Answerable { input: Finish { offset: offset @ 0, .. }, .. }) = operation {
                last_offset += 1;
                *offset = last_offset;
            }
        }
        self.last_offset = Some(last_offset);
        let head = run_in_one_transaction(connection, operations, self.keep_bytes, again).await?;
        if let Some(watch) = &mut self.watch {
            watch.check_after().map_err(not_kept)?;
        }
        if let Some(head) = head {
            self.log.appended(head);
        }
        Ok(())
    }

    fn answer(&mut self, part: Vec<Operation>) {
        self.last_stored.set();
        if self.trouble.get().is_some() {
            tracing::info!("the database is back");
            self.trouble.set(None);
        }
        for operation in part {
            match operation {
                Operation::Accept(accept) => {
                    let (request_id, new) = (accept.input.request_id, accept.outcome == Some(Accepted::New));
                    if !accept.answer() && new {
                        self.withdrawals.push(Operation::Withdraw(request_id));
                    }
                }
                other => for_answerable!(other, answerable => { answerable.answer(); }, ()),
            }
        }
    }

    /// Operations whose caller has given up are not begun. Of an accept that was begun nobody knows whether it was
    /// stored, so it is taken out again: the viewer was told that it is not.
    fn drop_abandoned(&mut self, part: &mut Vec<Operation>) {
        part.retain(|operation| {
            let abandoned = for_answerable!(operation, answerable => answerable.reply.is_closed(), false);
            if let (true, Operation::Accept(accept @ Answerable { tried: true, .. })) = (abandoned, operation) {
                self.withdrawals.push(Operation::Withdraw(accept.input.request_id));
            }
            !abandoned
        });
    }

    /// Another process has given out the offsets meant for these.
    fn forget_offsets(&mut self, part: &mut [Operation]) {
        self.last_offset = None;
        for operation in part {
            if let Operation::Finish(finish) = operation {
                finish.input.offset = 0;
            }
        }
    }
}
