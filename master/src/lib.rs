//! The coordinator of the farm: takes requests from browsers, has workers compute them, merges exactly, pushes live.
//!
//! It never computes neighbours. The scheduler and the chat are pure; MQTT, gRPC, HTTP, Socket.IO and the database
//! are rooms at the edge.

pub mod app;
pub mod compaction;
mod computing;
pub mod farm;
pub mod label;
pub mod library;
mod locks;
mod measure;
mod options;
mod ports;
pub mod requests;
mod service;
pub mod store;
pub mod web;
pub mod words;

pub use cineswarm_chat as chat;
pub use cineswarm_scheduler as scheduler;
pub use locks::{Error as LocksError, database_url};
pub use options::{DatabaseOptions, Options, RatingsShared};
pub use ports::Ports;
pub use service::{Error, Handle, Offering, start};
