//! What all rooms with a database share, whatever they keep in it: where it is ([`Address`]), the one task that writes
//! ([`Writer`]), statements of many rows ([`ManyRows`]), its migrations ([`migrator`]), and what an error asks for ([`Fault`]). It knows no table and no operation: a service brings its own.

#![forbid(unsafe_code)]

mod address;
mod copying_back;
mod fault;
mod file_watch;
mod many_rows;
mod migrations;
mod writer;

pub use address::{Address, BadAddress, set_session_timeouts, sqlite_url};
pub use fault::Fault;
pub use many_rows::ManyRows;
pub use migrations::migrator;
pub use writer::{Answerable, Health, Limits, Operation, Transactions, Writer};

/// Why an operation was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotWritten {
    /// [`Writer::close`] was called; nothing was done.
    #[error("the database is closed")]
    Closed,
    /// The queue stayed full; nothing was done.
    #[error("the database's write queue is full")]
    Full,
    /// The database did not answer before the deadline: nobody knows whether it was done, unless the operation is one
    /// that is undone then.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What the database or the network last said.
        reason: String,
    },
    /// The database refuses the operation; nothing was done.
    #[error(transparent)]
    Failed(sqlx::Error),
}
