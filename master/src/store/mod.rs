//! The master's database room: the durable request queue, the sessions, their ratings and feedback with the log of them, in
//! SQLite or PostgreSQL with one set of queries. It never looks into a spec or an outcome, never reads the clock, and never
//! schedules: it only promises that what it acknowledged is on disk and that a request ends once.
//!
//! All writes go through one task that commits many at a time ([`writer`]); reads use a small pool ([`reads`]).

mod connect;
mod error;
mod file_watch;
mod ratings_log;
mod reads;
mod records;
mod statements;
mod upkeep;
mod writer;

pub use connect::sqlite_url;
pub use error::Error;
pub use records::{
    Accepted, BEGINNING, EndState, Ending, Event, Feedback, FeedbackKind, NewRating, NewRequest, Profile, Rated,
    Session, State, StoredAnswer, StoredRequest, Told,
};

use cineswarm_events::Log;
use cineswarm_proto::events::RATINGS;
use cineswarm_retry::Backoff;
use connect::Address;
use sqlx::{AnyConnection, AnyPool, Connection};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use writer::{Answerable, Finish, LastStored, LastTrouble, OpenSession, Operation, Writer};

/// An idempotency key's length at most, in bytes. PostgreSQL keeps no more than some 2,700 in an index.
pub const LONGEST_KEY: usize = 200;

/// Where the database is, and how long and how much may wait for it.
#[derive(Clone)]
pub struct Options {
    /// `sqlite://PATH?mode=rwc` (see [`sqlite_url`]) or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
    /// Writes that may wait; past it callers wait for room, and then get [`Error::Busy`].
    pub queue_length: usize,
    /// How long [`Store::accept`] waits for room in the queue.
    pub accept_deadline: Duration,
    /// How long any operation may take in all; past it callers get [`Error::Unavailable`].
    pub operation_deadline: Duration,
    /// Bytes of requests and their answers that are kept; past it the earliest endings go.
    pub keep_bytes: u64,
    /// How long [`Store::open`] waits for a database that is not there yet.
    pub open_deadline: Duration,
}

impl Options {
    /// With the deadlines that suit a master.
    pub fn new(url: impl Into<String>) -> Options {
        Options {
            url: url.into(),
            queue_length: 4096,
            accept_deadline: Duration::from_millis(250),
            operation_deadline: Duration::from_secs(5),
            keep_bytes: 1 << 30,
            open_deadline: Duration::from_secs(30),
        }
    }
}

/// A handle on the database; clones share it.
///
/// Dropping a future of a writing method gives the operation up if it has not begun. An [`Error::Unavailable`] from
/// [`Store::accept`] means the request is not stored, or is taken out again; from any other writing method, that
/// nobody knows whether it was done.
#[derive(Clone)]
pub struct Store {
    queue: mpsc::Sender<Operation>,
    log: Log,
    readers: AnyPool,
    accept_deadline: Duration,
    deadline: Duration,
    trouble: LastTrouble,
    last_stored: LastStored,
    stop: CancellationToken,
    ended: CancellationToken,
}

/// How the database does, for health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What it last failed with, if it has not worked since.
    pub trouble: Option<String>,
    /// How long ago something was last stored; not long, as long as somebody calls [`Store::live`].
    pub stored_ago: Duration,
    /// Operations that wait to be written.
    pub waiting: usize,
}

impl Store {
    /// Connects, brings the tables up to date, and starts the writing task. Must be called within a Tokio runtime.
    pub async fn open(options: Options) -> Result<Store, Error> {
        let address = Address::parse(&options.url)?;
        let mut connection = first_connection(&address, options.open_deadline).await?;
        address.migrate(&mut connection).await?;
        fill_log(&mut connection).await?;
        let watch = address
            .watch()
            .map_err(|error| Error::Unavailable { doing: "opening the database", reason: error.to_string() })?;
        let (queue, waiting) = mpsc::channel(options.queue_length.max(1));
        let readers = address.readers(options.operation_deadline);
        let store = Store {
            queue,
            log: Log::new(RATINGS, readers.clone()),
            readers,
            accept_deadline: options.accept_deadline,
            deadline: options.operation_deadline,
            trouble: LastTrouble::default(),
            last_stored: LastStored::now(),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
        };
        let writer = Writer {
            address,
            connection: Some(connection),
            queue: waiting,
            stop: store.stop.clone(),
            trouble: store.trouble.clone(),
            last_stored: store.last_stored.clone(),
            watch,
            deadline: options.operation_deadline,
            keep_bytes: options.keep_bytes,
            log: store.log.clone(),
            last_offset: None,
            withdrawals: Vec::new(),
        };
        let ended = store.ended.clone().drop_guard();
        tokio::spawn(async move {
            let _ended = ended;
            writer.run().await;
        });
        Ok(store)
    }

    /// Writes what was accepted into the queue, then ends. From here on every call gives [`Error::Closed`].
    pub async fn close(&self) {
        self.stop.cancel();
        self.ended.cancelled().await;
        self.readers.close().await;
    }

    /// What the database last failed with, if it has not worked since. For health checks.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.get()
    }

    /// How the database does.
    pub fn health(&self) -> Health {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        Health { trouble: self.trouble(), stored_ago: self.last_stored.age(), waiting }
    }

    /// Resumes the session with this id, or opens a new one, always under an id made here. `lang` replaces the
    /// session's language if given; a new session without one is in English.
    pub async fn open_session(&self, id: Option<Uuid>, lang: Option<&str>, now: i64) -> Result<Session, Error> {
        let doing = "opening a session";
        refuse_nul(doing, [lang])?;
        let input = OpenSession { id, lang: lang.map(str::to_owned), now };
        self.write(doing, self.deadline, input, Operation::OpenSession).await
    }

    /// Puts a request on disk. Once this returns [`Accepted::New`], the request survives whatever is killed.
    pub async fn accept(&self, request: NewRequest) -> Result<Accepted, Error> {
        let doing = "storing a request";
        refuse_nul(doing, [Some(&request.query), Some(&request.spec), request.idempotency_key.as_ref()])?;
        let key_bytes = request.idempotency_key.as_ref().map_or(0, String::len);
        if key_bytes > LONGEST_KEY {
            let reason = format!("the idempotency key has {key_bytes} bytes, more than {LONGEST_KEY}");
            return Err(Error::Refused { doing, reason });
        }
        self.write(doing, self.accept_deadline, request, Operation::Accept).await
    }

    /// Ends a request, and gives its place in the order of all endings; none if it had ended already or is not stored.
    pub async fn finish(&self, request_id: Uuid, ending: Ending) -> Result<Option<i64>, Error> {
        let doing = "storing a request's end";
        refuse_nul(doing, [Some(&ending.outcome)])?;
        self.write(doing, self.deadline, Finish { request_id, ending, offset: 0 }, Operation::Finish).await
    }

    /// Sets the session's rating of a film, or takes it back, with its event in the log of ratings.
    pub async fn rate(&self, rating: NewRating) -> Result<Rated, Error> {
        self.write("storing a rating", self.deadline, rating, Operation::Rate).await
    }

    /// Stores what a viewer thinks of a film, or takes it back, with its event in the log of ratings; none where there
    /// was nothing to take back.
    pub async fn give_feedback(&self, feedback: Feedback) -> Result<Option<Told>, Error> {
        self.write("storing feedback", self.deadline, feedback, Operation::Feedback).await
    }

    /// The log of ratings, for whoever follows it.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Counts that the master has lived so much longer, which is what [`Store::prune`] goes by, and proves that the
    /// database can be written. To be called every few seconds.
    pub async fn live(&self, elapsed: Duration) -> Result<(), Error> {
        let elapsed_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        self.write("writing a sign of life", self.deadline, elapsed_ms, Operation::Live).await
    }

    /// Deletes the requests that ended longer ago than `keep`, in time that masters have lived and to the hour, and
    /// sessions that were never used within a week; a few at a time so that others get their turn. Gives how many rows went.
    /// The request that ended last stays, however old, for the offsets go on from it.
    pub async fn prune(&self, keep: Duration) -> Result<u64, Error> {
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let mut deleted = 0;
        loop {
            let chunk = self.write("deleting old requests", self.deadline, keep_ms, Operation::Prune).await?;
            deleted += chunk;
            if chunk == 0 {
                return Ok(deleted);
            }
        }
    }

    async fn write<Input, Outcome>(
        &self,
        doing: &'static str,
        queue_deadline: Duration,
        input: Input,
        operation: impl FnOnce(Answerable<Input, Outcome>) -> Operation,
    ) -> Result<Outcome, Error> {
        let (answerable, answer) = Answerable::new(doing, input);
        let unavailable = |otherwise| Error::Unavailable { doing, reason: reason_or(self.trouble.get(), otherwise) };
        if self.stop.is_cancelled() {
            return Err(Error::Closed);
        }
        match self.queue.send_timeout(operation(answerable), queue_deadline).await {
            Ok(()) => {}
            Err(SendTimeoutError::Closed(_)) => return Err(Error::Closed),
            Err(SendTimeoutError::Timeout(_)) if self.trouble.get().is_some() => return Err(unavailable("")),
            Err(SendTimeoutError::Timeout(_)) => return Err(Error::Busy { doing }),
        }
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(unavailable("no answer in time")),
        }
    }
}

/// Waits for a database that is still starting.
async fn first_connection(address: &Address, deadline: Duration) -> Result<AnyConnection, Error> {
    let give_up_at = tokio::time::Instant::now() + deadline;
    let mut backoff = Backoff::between(Duration::from_millis(50), Duration::from_secs(2));
    loop {
        let pause = backoff.next_pause();
        match address.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) if address.may_still_come(&error) && tokio::time::Instant::now() + pause < give_up_at => {
                tracing::warn!(%error, retry_ms = pause.as_millis() as u64, "the database cannot be opened yet");
                tokio::time::sleep(pause).await;
            }
            Err(error) => {
                return Err(match Error::from_database("opening the database", &error) {
                    Error::Refused { reason, .. } => Error::Configuration { reason },
                    other => other,
                });
            }
        }
    }
}

/// What was rated before there was a log is put into it, once.
async fn fill_log(connection: &mut AnyConnection) -> Result<(), Error> {
    let filling = async {
        loop {
            let mut transaction = connection.begin().await?;
            let more = ratings_log::fill_some(&mut transaction).await?;
            transaction.commit().await?;
            if !more {
                return Ok(());
            }
        }
    };
    filling.await.map_err(|error: sqlx::Error| Error::from_database("filling the log of ratings", &error))
}

fn reason_or(trouble: Option<String>, otherwise: &str) -> String {
    trouble.unwrap_or_else(|| otherwise.to_owned())
}

/// PostgreSQL has no NUL in texts; so that both databases refuse the same, neither is asked.
fn refuse_nul<T: AsRef<str>, const N: usize>(doing: &'static str, texts: [Option<T>; N]) -> Result<(), Error> {
    if texts.iter().flatten().any(|text| text.as_ref().contains('\0')) {
        return Err(Error::Refused { doing, reason: "the text has a NUL character".to_owned() });
    }
    Ok(())
}
