//! What the log and its consumers ask of a database: single steps, each a statement, within a transaction of one
//! connection. Implemented for SQLite and PostgreSQL, and in the tests by a model. What is done with them is elsewhere.

use crate::{Cursor, Event, NewEvent};
use uuid::Uuid;

/// A consumer of a log, as it is known in its own database.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Consumer {
    /// Its name, the same for all its replicas.
    pub name: String,
    /// The service whose log it takes.
    pub log: String,
}

impl std::fmt::Display for Consumer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} of {}", self.name, self.log)
    }
}

/// The log's ends, and what it has where a reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// The last number given out.
    pub seq: i64,
    /// Up to which event the log was pruned.
    pub floor: Cursor,
    /// The id of the event at the number that was asked about.
    pub id_there: Option<Uuid>,
}

/// A consumer's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// How far it is.
    pub cursor: Cursor,
    /// Why it has stopped, if it has.
    pub stopped: Option<String>,
    /// Whether an operator has ordered that it starts over.
    pub rebuild: bool,
}

/// What is to be done with an event that is kept aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    /// The consumer refused it; it is an operator's turn.
    Dead,
    /// An earlier event of its key is kept aside.
    Waiting,
    /// An operator says that the consumer should try again.
    Replay,
}

/// An event that a consumer keeps aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// The event, mended if an operator has mended it.
    pub event: Event,
    /// Whose turn it is.
    pub state: LetterState,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// A step's result.
type Result<T> = std::result::Result<T, sqlx::Error>;

/// A connection to a database with the tables of the migrations.
pub trait Tables: Send {
    /// Begins a transaction.
    fn begin(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Makes it durable. On an error nobody knows whether it is.
    fn commit(&mut self) -> impl Future<Output = Result<()>> + Send;
    /// Undoes it.
    fn rollback(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Gives out the next `by` numbers, or takes back as many, and gives the last one. Until the transaction ends, others wait
    /// here: this makes the order of numbers the order of commits.
    fn advance_head(&mut self, by: i64) -> impl Future<Output = Result<i64>> + Send;
    /// Which of these events are in the log, and where.
    fn known_ids(&mut self, ids: &[Uuid]) -> impl Future<Output = Result<Vec<Cursor>>> + Send;
    /// Which of these keys are deleted.
    fn deleted_keys(&mut self, keys: &[&str]) -> impl Future<Output = Result<Vec<String>>> + Send;
    /// Puts events in the log, numbered from `first` on; whether they are the last of their keys is said of all.
    fn insert_events(
        &mut self,
        first: i64,
        events: &[&NewEvent],
        are_last: bool,
    ) -> impl Future<Output = Result<()>> + Send;
    /// The events after a number, in order.
    fn scan(&mut self, after: i64, limit: u32) -> impl Future<Output = Result<Vec<Event>>> + Send;
    /// The log's ends, and the id at `at`.
    fn head(&mut self, at: i64) -> impl Future<Output = Result<HeadRow>> + Send;
    /// Marks a key as deleted.
    fn bury(&mut self, key: &str, at: i64) -> impl Future<Output = Result<()>> + Send;
    /// Empties the payloads of a key.
    fn empty_events(&mut self, key: &str) -> impl Future<Output = Result<()>> + Send;
    /// Takes out the events up to a place, which becomes the floor.
    fn cut(&mut self, floor: Cursor) -> impl Future<Output = Result<u64>> + Send;

    /// A consumer's row.
    fn cursor(&mut self, consumer: &Consumer) -> impl Future<Output = Result<Option<CursorRow>>> + Send;
    /// Makes the row, if there is none.
    fn insert_cursor(&mut self, consumer: &Consumer, cursor: Cursor) -> impl Future<Output = Result<()>> + Send;
    /// Moves the cursor of a consumer that has not stopped and is to go on from exactly `from`; false if it is not there.
    fn move_cursor(
        &mut self,
        consumer: &Consumer,
        from: Cursor,
        to: Cursor,
    ) -> impl Future<Output = Result<bool>> + Send;
    /// Stops the consumer that is still at `at`.
    fn stop_cursor(&mut self, consumer: &Consumer, at: Cursor, why: &str) -> impl Future<Output = Result<bool>> + Send;
    /// Has the consumer go on from `to`, and forgets that it was stopped and all it kept aside; false if no rebuilding was
    /// ordered.
    fn restart_cursor(&mut self, consumer: &Consumer, to: Cursor) -> impl Future<Output = Result<bool>> + Send;
    /// Which of these keys have an event kept aside.
    fn held_keys(&mut self, consumer: &Consumer, keys: &[&str]) -> impl Future<Output = Result<Vec<String>>> + Send;
    /// Keeps an event aside.
    fn insert_letter(&mut self, consumer: &Consumer, letter: &Letter) -> impl Future<Output = Result<()>> + Send;
    /// Forgets what is kept aside of a key.
    fn drop_letters(&mut self, consumer: &Consumer, key: &str) -> impl Future<Output = Result<()>> + Send;
    /// The first letter that is the first of its key and not dead.
    fn next_letter(&mut self, consumer: &Consumer) -> impl Future<Output = Result<Option<Letter>>> + Send;
    /// Takes this letter out if nobody else has, and it is not dead.
    fn take_letter(&mut self, consumer: &Consumer, seq: i64) -> impl Future<Output = Result<bool>> + Send;
    /// Says that this letter is dead, and why, if nobody else has taken it.
    fn kill_letter(&mut self, consumer: &Consumer, seq: i64, reason: &str)
    -> impl Future<Output = Result<bool>> + Send;
}
