//! The compute node: registers with the master, fills itself with shards, answers tasks, calls back.
//!
//! It never opens the database, and no port unless it is told to say how it is. Started before the broker or the master, it simply waits.

#![forbid(unsafe_code)]

mod channel;
mod fetch;
mod following;
mod health;
mod model;
mod options;
mod service;
mod shards;
mod task;

pub use channel::{Channels, Error as ChannelError};
pub use options::Options;
pub use service::{Error, Handle, start};
