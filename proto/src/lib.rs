//! The wire contract, nothing else: gRPC types, MQTT topics, JSON payloads. docs/PROTOCOL.md says the same in words.

#![forbid(unsafe_code)]

pub mod events;
pub mod farm;
pub mod messages;
pub mod topics;

pub use topics::Topics;

/// The version of this contract; a worker with another one is refused at registration.
pub const PROTOCOL_VERSION: u32 = 1;
