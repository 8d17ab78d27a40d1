//! Ratings that come in from elsewhere. What comes is cut into lines and is on disk before it is acknowledged
//! ([`intake`]); then it goes through the quality gate ([`gate`]), which is pure: it either counts, and is told in the log
//! of ratings in the transaction that stores it, or is kept aside with all reasons ([`store`]). What the log says is copied to the data lake
//! ([`lake`]), and so is every line that came in, with what became of it ([`raw`]). It opens no port, knows
//! nobody's password, and never writes by itself: the database's one writer is its host's.

#![forbid(unsafe_code)]

pub mod gate;
pub mod history;
pub mod intake;
pub mod lake;
pub mod line;
pub mod mending;
pub mod outbox;
pub mod passing;
pub mod raw;
pub mod reason;
pub mod replaying;
pub mod sifting;
pub mod splitting;
pub mod store;
