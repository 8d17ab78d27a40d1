//! The browser's side of the master: Socket.IO, HTTP, the page, and the sessions behind them.

pub mod assets;
pub mod descriptors;
pub mod gate;
pub mod health;
pub mod http;
pub mod ingest;
pub mod operators;
pub mod origin;
pub mod posters;
pub mod rate_limit;
pub mod reception;
pub mod serve;
pub mod socket;
pub mod tab;
