//! Logs, metrics and traces: set up once by the program, used by every room. It knows none of them, keeps nothing on
//! disk, and nothing waits for it.

#![forbid(unsafe_code)]

pub mod listener;
pub mod logs;
pub mod metrics;
pub mod traces;
