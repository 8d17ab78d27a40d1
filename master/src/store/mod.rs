//! The master's database room: the durable request queue, the sessions, their ratings and feedback with the log of them, in
//! SQLite or PostgreSQL with one set of queries. It never looks into a spec or an outcome, never reads the clock, and never
//! schedules: it only promises that what it acknowledged is on disk and that a request ends once.
//!
//! All writes go through one task that commits many at a time ([`Writer`]), as [`operations`] says; reads use a small pool ([`reads`]).

mod columns;
mod elsewhere;
mod error;
mod forget;
mod migrations;
mod operations;
mod ratings_log;
mod reads;
mod records;
mod statements;
mod transactions;
mod upkeep;

pub use cineswarm_database::{Health, sqlite_url};
pub use error::Error;
pub use forget::forget;
pub use records::{
    Accepted, BEGINNING, BroughtRating, EndState, Ending, Event, Feedback, FeedbackKind, NewRating, NewRatings,
    NewRequest, OpenedSession, Profile, Rated, State, StoredAnswer, StoredRequest, Told,
};

use cineswarm_database::{Address, Answerable, Limits, Writer};
use cineswarm_events::Log;
use cineswarm_proto::events::RATINGS;
use operations::{Finish, OpenSession, Operation};
use sqlx::{AnyConnection, AnyPool, Connection};
use std::time::Duration;
use transactions::Statements;
use uuid::Uuid;

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
    writer: Writer<Operation>,
    log: Log,
    readers: AnyPool,
    accept_deadline: Duration,
    deadline: Duration,
}

impl Store {
    /// Connects, brings the tables up to date, and starts the writing task. Must be called within a Tokio runtime.
    pub async fn open(options: Options) -> Result<Store, Error> {
        let address =
            Address::parse(&options.url).map_err(|error| Error::Configuration { reason: error.to_string() })?;
        let mut connection = address.first_connection(options.open_deadline).await.map_err(|error| {
            match Error::from_database("opening the database", &error) {
                Error::Refused { reason, .. } => Error::Configuration { reason },
                other => other,
            }
        })?;
        migrations::run(address.is_sqlite(), &mut connection).await?;
        fill_log(&mut connection).await?;
        let readers = address.readers(options.operation_deadline);
        let log = Log::new(RATINGS, readers.clone());
        let statements = Statements { keep_bytes: options.keep_bytes, log: log.clone(), last_offset: None };
        let limits = Limits { queue_length: options.queue_length, deadline: options.operation_deadline };
        let writer = Writer::start(address, connection, statements, limits)
            .map_err(|error| Error::Unavailable { doing: "opening the database", reason: error.to_string() })?;
        let (accept_deadline, deadline) = (options.accept_deadline, options.operation_deadline);
        Ok(Store { writer, log, readers, accept_deadline, deadline })
    }

    /// Writes what was accepted into the queue, then ends. From here on every call gives [`Error::Closed`].
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// What the database last failed with, if it has not worked since. For health checks.
    pub fn trouble(&self) -> Option<String> {
        self.writer.trouble()
    }

    /// How the database does. As long as somebody calls [`Store::live`], it is not long since something was stored.
    pub fn health(&self) -> Health {
        self.writer.health()
    }

    /// Resumes the session with this id, or opens a new one, always under an id made here. `lang` replaces the
    /// session's language if given; a new session without one is in English.
    pub async fn open_session(&self, id: Option<Uuid>, lang: Option<&str>, now: i64) -> Result<OpenedSession, Error> {
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

    /// Sets ratings of one session in one transaction, each with its event in the log of ratings, in their order.
    pub async fn rate_many(&self, ratings: NewRatings) -> Result<Vec<Told>, Error> {
        self.write("storing ratings", self.deadline, ratings, Operation::RateMany).await
    }

    /// Stores what a viewer thinks of a film, or takes it back, with its event in the log of ratings; none where there
    /// was nothing to take back.
    pub async fn give_feedback(&self, feedback: Feedback) -> Result<Option<Told>, Error> {
        self.write("storing feedback", self.deadline, feedback, Operation::Feedback).await
    }

    /// Connections that read, for the gate of ratings from elsewhere.
    pub fn readers(&self) -> AnyPool {
        self.readers.clone()
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
        let written = self.writer.write(queue_deadline, input, operation).await;
        written.map_err(|error| Error::not_written(doing, error))
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
