//! The coordinator of the farm: takes requests from browsers, has workers compute them, merges exactly, pushes live.
//!
//! It never computes neighbours. The scheduler and the chat are pure; MQTT, gRPC, HTTP, Socket.IO and the database
//! are rooms at the edge.

pub mod farm;
pub mod library;
mod locks;
mod options;
pub mod requests;
pub mod scheduler;
mod service;
pub mod store;
pub mod web;
pub mod words;

pub use options::Options;
pub use service::{Error, Handle, start};
