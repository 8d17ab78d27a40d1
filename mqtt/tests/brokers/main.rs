//! The connection and the log on both kinds of broker: a real Mosquitto with the project's configuration, and the
//! embedded one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod common;
mod connection;
mod operators;
