//! The one task that writes to a database: it takes what is waiting, runs it in one transaction, commits once, and then
//! answers everyone. One operation that the database refuses does not hurt its neighbours; a database that goes away is
//! waited for. What the operations are, and the statements they run, is the service's; it never reads for others.

use crate::address::{Address, disconnect};
use crate::copying_back::CopyingBack;
use crate::file_watch::FileWatch;
use crate::{Fault, NotWritten};
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use sqlx::AnyConnection;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Operations that share one commit at most.
const LARGEST_BATCH: usize = 256;

/// Between two tries while the database is away: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Something to write, and who waits for it.
pub trait Operation: Send + Sized + 'static {
    /// Whether its caller has given up, so that it need not be begun.
    fn is_abandoned(&self) -> bool;

    /// It is about to be tried; says whether it was before.
    fn begin(&mut self) -> bool;

    /// It is committed: tells its caller. Gives what undoes it if the caller has gone and must think that it was not done.
    fn answer(self) -> Option<Self>;

    /// Gives what undoes it if it may have been done although its caller has given it up.
    fn undo(&self) -> Option<Self> {
        None
    }

    /// Whether it only undoes another, so that nobody waits for it, and the database may be closed without it.
    fn only_undoes(&self) -> bool {
        false
    }

    /// The database refuses this very operation: tells its caller.
    fn refuse(self, error: sqlx::Error);
}

/// How a service's operations are run.
pub trait Transactions: Send + 'static {
    /// What they are.
    type Operation: Operation;
    /// What a commit leaves to be told to others than the callers.
    type News: Send;

    /// Runs the operations in one transaction and commits it; the outcomes are left with them. Some may have been tried
    /// before (`again`), and a commit of which nobody heard may have done them. After an error nothing has happened.
    fn run(
        &mut self,
        connection: &mut AnyConnection,
        operations: &mut [Self::Operation],
        again: bool,
    ) -> impl Future<Output = Result<Self::News, sqlx::Error>> + Send;

    /// What was committed is safe on disk; the callers are told next.
    fn committed(&mut self, news: Self::News);

    /// Whether the operations, after a change to them, may be tried again in spite of an error that would refuse them.
    fn mend(&mut self, error: &sqlx::Error, operations: &mut [Self::Operation]) -> bool {
        let _ = (error, operations);
        false
    }
}

/// One operation's input, its outcome once a transaction has run, and the way back to its caller.
#[derive(Debug)]
pub struct Answerable<Input, Outcome> {
    /// What to write.
    pub input: Input,
    /// What came of it; counts once it is committed.
    pub outcome: Option<Outcome>,
    reply: oneshot::Sender<Result<Outcome, sqlx::Error>>,
    tried: bool,
}

impl<Input, Outcome> Answerable<Input, Outcome> {
    fn new(input: Input) -> (Answerable<Input, Outcome>, oneshot::Receiver<Result<Outcome, sqlx::Error>>) {
        let (reply, answer) = oneshot::channel();
        (Answerable { input, outcome: None, reply, tried: false }, answer)
    }

    /// Whether its caller has given up.
    pub fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    /// Whether it was tried: then nobody knows whether it was done, until it is answered.
    pub fn was_tried(&self) -> bool {
        self.tried
    }

    /// It is about to be tried; says whether it was before.
    pub fn begin(&mut self) -> bool {
        std::mem::replace(&mut self.tried, true)
    }

    /// Whether the caller still waited. Without a known outcome it goes away empty-handed.
    pub fn answer(self) -> bool {
        match self.outcome {
            Some(outcome) => self.reply.send(Ok(outcome)).is_ok(),
            None => false,
        }
    }

    /// Tells the caller why not.
    pub fn refuse(self, error: sqlx::Error) {
        // The caller may have gone; then nobody is left to tell.
        let _ = self.reply.send(Err(error));
    }
}

/// What and how long a writer may keep waiting.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Operations that may wait; past it callers wait for room.
    pub queue_length: usize,
    /// How long an operation may take in all, and a transaction before its connection is given up.
    pub deadline: Duration,
}

/// How the database does, for health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What it last failed with, if it has not worked since.
    pub trouble: Option<String>,
    /// How long ago something was last stored.
    pub stored_ago: Duration,
    /// Operations that wait to be written.
    pub waiting: usize,
}

/// A handle on the writing task; clones share it.
#[derive(Debug)]
pub struct Writer<O> {
    queue: mpsc::Sender<O>,
    deadline: Duration,
    condition: Condition,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl<O> Clone for Writer<O> {
    fn clone(&self) -> Self {
        Writer {
            queue: self.queue.clone(),
            deadline: self.deadline,
            condition: self.condition.clone(),
            stop: self.stop.clone(),
            ended: self.ended.clone(),
        }
    }
}

impl<O: Operation> Writer<O> {
    /// Starts the task on a connection to this database, whose tables are as the transactions want them. Must be called
    /// within a Tokio runtime.
    ///
    /// # Errors
    /// If the file of an SQLite database cannot be watched.
    pub fn start<T: Transactions<Operation = O>>(
        address: Address,
        connection: AnyConnection,
        transactions: T,
        limits: Limits,
    ) -> std::io::Result<Writer<O>> {
        let (queue, waiting) = mpsc::channel(limits.queue_length.max(1));
        let writer = Writer {
            queue,
            deadline: limits.deadline,
            condition: Condition::new(),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
        };
        let task = Task {
            watch: address.watch()?,
            copying_back: address.is_sqlite().then(|| CopyingBack::start(address.clone())),
            address,
            connection: Some(connection),
            queue: waiting,
            stop: writer.stop.clone(),
            condition: writer.condition.clone(),
            deadline: limits.deadline,
            transactions,
            undoing: Vec::new(),
        };
        let ended = writer.ended.clone().drop_guard();
        tokio::spawn(async move {
            let _ended = ended;
            task.run().await;
        });
        Ok(writer)
    }

    /// Writes an operation, once there is room for it within `wait_for_room`. If the future is dropped, the operation is
    /// given up if it has not begun.
    ///
    /// # Errors
    /// [`NotWritten`] says whether it may have been done.
    pub async fn write<Input, Outcome>(
        &self,
        wait_for_room: Duration,
        input: Input,
        operation: impl FnOnce(Answerable<Input, Outcome>) -> O,
    ) -> Result<Outcome, NotWritten> {
        let (answerable, answer) = Answerable::new(input);
        if self.stop.is_cancelled() {
            return Err(NotWritten::Closed);
        }
        match self.queue.send_timeout(operation(answerable), wait_for_room).await {
            Ok(()) => {}
            Err(SendTimeoutError::Closed(_)) => return Err(NotWritten::Closed),
            Err(SendTimeoutError::Timeout(_)) => {
                return Err(match self.trouble() {
                    Some(reason) => NotWritten::Unavailable { reason },
                    None => NotWritten::Full,
                });
            }
        }
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(answer)) => answer.map_err(NotWritten::Failed),
            Ok(Err(_)) => Err(NotWritten::Closed),
            Err(_) => {
                let reason = self.trouble().unwrap_or_else(|| "no answer in time".to_owned());
                Err(NotWritten::Unavailable { reason })
            }
        }
    }

    /// Writes what was accepted into the queue, then ends. From here on every call gives [`NotWritten::Closed`].
    pub async fn close(&self) {
        self.stop.cancel();
        self.ended.cancelled().await;
    }

    /// What the database last failed with, if it has not worked since.
    pub fn trouble(&self) -> Option<String> {
        self.condition.lock().trouble.clone()
    }

    /// How the database does.
    pub fn health(&self) -> Health {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        let condition = self.condition.lock();
        Health { trouble: condition.trouble.clone(), stored_ago: condition.stored_at.elapsed(), waiting }
    }
}

/// What the task last heard of the database, for those who wait in vain and for health checks.
#[derive(Debug, Clone)]
struct Condition(Arc<Mutex<Known>>);

#[derive(Debug)]
struct Known {
    trouble: Option<String>,
    stored_at: Instant,
}

impl Condition {
    fn new() -> Condition {
        Condition(Arc::new(Mutex::new(Known { trouble: None, stored_at: Instant::now() })))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the writing task owns.
struct Task<T: Transactions> {
    address: Address,
    connection: Option<AnyConnection>,
    queue: mpsc::Receiver<T::Operation>,
    stop: CancellationToken,
    condition: Condition,
    /// The file of an SQLite database.
    watch: Option<FileWatch>,
    /// Of an SQLite database.
    copying_back: Option<CopyingBack>,
    /// How long one transaction may take before the connection is given up.
    deadline: Duration,
    transactions: T,
    undoing: Vec<T::Operation>,
}

impl<T: Transactions> Task<T> {
    /// Writes until it is stopped or all handles are gone, and then what had been accepted into the queue.
    async fn run(mut self) {
        let mut stopping = false;
        loop {
            let mut batch = std::mem::take(&mut self.undoing);
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
        if let Some(copying_back) = self.copying_back.take() {
            copying_back.stop().await;
        }
        if let Some(connection) = self.connection.take() {
            disconnect(connection).await;
        }
    }

    /// Writes a batch: whole if it goes, else in ever smaller parts, so that only those at fault fail.
    async fn write(&mut self, batch: Vec<T::Operation>) {
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
                    self.finish_copying().await;
                    continue;
                }
                Err(error) => error,
            };
            list::DATABASE_FAILURES.increment([]);
            if self.transactions.mend(&error, &mut part) || Fault::of(&error).may_pass() {
                let pause = backoff.next_pause();
                tracing::warn!(%error, operations = part.len(), retry_ms = pause.as_millis() as u64, "writing to the database failed; trying again");
                self.condition.lock().trouble = Some(error.to_string());
                if self.stop.is_cancelled() && part.iter().all(T::Operation::only_undoes) {
                    tracing::warn!(
                        operations = part.len(),
                        "not undone, as the database is to be closed: nobody waits for them"
                    );
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
                operation.refuse(error);
            }
        }
    }

    /// A connection on which anything failed is not used again: nobody knows what it thinks of its transaction, or which
    /// server it leads to.
    async fn attempt(&mut self, operations: &mut [T::Operation]) -> Result<(), sqlx::Error> {
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
    async fn store(
        &mut self,
        connection: &mut AnyConnection,
        operations: &mut [T::Operation],
    ) -> Result<(), sqlx::Error> {
        let mut again = false;
        for operation in operations.iter_mut() {
            again |= operation.begin();
        }
        let news = self.transactions.run(connection, operations, again).await?;
        if let Some(watch) = &mut self.watch {
            watch.check_after().map_err(not_kept)?;
        }
        self.transactions.committed(news);
        if let Some(copying_back) = &self.copying_back {
            copying_back.written();
        }
        Ok(())
    }

    /// Has the write-ahead log begin anew if it is long, when nobody waits for what was written.
    async fn finish_copying(&mut self) {
        let (Some(copying_back), Some(mut connection)) = (&self.copying_back, self.connection.take()) else { return };
        match copying_back.finish(&mut connection).await {
            Ok(()) => self.connection = Some(connection),
            Err(error) => {
                tracing::debug!(%error, "the write-ahead log was not copied back to its end");
                drop(tokio::spawn(disconnect(connection)));
            }
        }
    }

    fn answer(&mut self, part: Vec<T::Operation>) {
        let was_trouble = {
            let mut known = self.condition.lock();
            known.stored_at = Instant::now();
            known.trouble.take()
        };
        if was_trouble.is_some() {
            tracing::info!("the database is back");
        }
        self.undoing.extend(part.into_iter().filter_map(T::Operation::answer));
    }

    /// Operations whose caller has given up are not begun, and undone if they were.
    fn drop_abandoned(&mut self, part: &mut Vec<T::Operation>) {
        let undoing = &mut self.undoing;
        part.retain(|operation| {
            let abandoned = operation.is_abandoned();
            if abandoned {
                undoing.extend(operation.undo());
            }
            !abandoned
        });
    }
}

/// What keeps a database from being written that SQLite itself would go on with.
fn not_kept(reason: String) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other(reason))
}
