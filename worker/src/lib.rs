//! The compute node: registers with the master, fills itself with shards, answers tasks, calls back.
//!
//! It never opens the database or a web port. Started before the broker or the master, it simply waits.

mod callback;
mod compute;
mod fetch;
mod options;
mod service;
mod shards;
mod task;

pub use options::Options;
pub use service::{Error, Handle, start};
