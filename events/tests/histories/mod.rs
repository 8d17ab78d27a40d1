//! What histories are made of: databases to run them on, faults, actors, and a judge.

pub mod actors;
pub mod faults;
pub mod judge;
pub mod model;
pub mod sql;

use cineswarm_events::{Consumer, Event, Letter, Tables};
use std::collections::BTreeSet;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A consumer has taken an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub consumer: String,
    pub key: String,
    pub seq: i64,
    pub id: Uuid,
}

/// All that a judge wants to see of a database; effects of a key in the order in which they happened.
#[derive(Debug)]
pub struct Dump {
    pub head: i64,
    pub events: Vec<Event>,
    pub changes: BTreeSet<Uuid>,
    pub effects: Vec<Effect>,
}

/// What a service, a handler, an operator and a judge do with a database.
pub trait Tested: Tables + 'static {
    /// The service's own row for a change; a second one under the same id is refused.
    fn change_row(&mut self, id: Uuid) -> impl Future<Output = Result<()>> + Send;
    fn effect(&mut self, consumer: &str, event: &Event) -> impl Future<Output = Result<()>> + Send;
    fn clear_effects(&mut self, consumer: &str) -> impl Future<Output = Result<()>> + Send;
    /// Makes log and rows what they were when the log ended with `to`; tombstones are kept apart and stay.
    fn restore(&mut self, to: i64) -> impl Future<Output = Result<()>> + Send;
    fn letters(&mut self, consumer: &Consumer) -> impl Future<Output = Result<Vec<Letter>>> + Send;
    fn replay_letter(&mut self, consumer: &Consumer, seq: i64) -> impl Future<Output = Result<()>> + Send;
    fn drop_letter(&mut self, consumer: &Consumer, seq: i64) -> impl Future<Output = Result<()>> + Send;
    fn rebuild(&mut self, consumer: &Consumer) -> impl Future<Output = Result<()>> + Send;
    fn dump(&mut self) -> impl Future<Output = Result<Dump>> + Send;
}

/// Where connections come from.
pub trait Backend: Clone + Send + Sync + 'static {
    type Connection: Tested;
    fn open(&self) -> impl Future<Output = Result<Self::Connection>> + Send;
}

impl Backend for model::Model {
    type Connection = model::Connection;

    async fn open(&self) -> Result<model::Connection> {
        Ok(self.connect())
    }
}
