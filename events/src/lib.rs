//! The event log: what changes in a service is appended to its log in the same transaction, and every consumer takes each
//! event once, in the order of commits. It never decides what an event means, and trusts nothing it is told by the ring.
//!
//! [`append()`] writes, [`Log`] reads, [`grpc`] for another process, [`ring`] says that there is more, [`consumer`] takes
//! events into a database, [`follow()`] into memory, [`admin`] is for operators. All of it is written over [`Tables`], so that the simulated
//! histories of the tests run the same code over a model of a database and over real ones.

#![forbid(unsafe_code)]

pub mod admin;
mod append;
mod columns;
pub mod consumer;
mod database;
mod error;
mod event;
mod follow;
pub mod grpc;
mod log;
mod read;
pub mod ring;
mod sql;
mod sql_consumers;
mod tables;
mod tail;

pub use append::{Appended, append, delete, known, prune};
pub use database::{Database, migrate};
pub use error::Error;
pub use event::{Cursor, Event, NewEvent};
pub use follow::{Follower, follow};
pub use log::Log;
pub use read::{Filter, LARGEST_READ, Read, Reply, ShardFilter, Source, read};
pub use tables::{Consumer, CursorRow, HeadRow, Letter, LetterState, Tables};
