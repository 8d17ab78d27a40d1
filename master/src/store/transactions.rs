//! How the writing task is to run the store's operations.

use super::error::is_taken_offset;
use super::operations::{Finish, Operation};
use super::statements::{highest_offset, run_in_one_transaction};
use cineswarm_database::{Answerable, Transactions};
use cineswarm_events::Log;
use sqlx::AnyConnection;

/// How the store's operations are run: with the offsets of endings, which only one process gives out at a time.
pub(super) struct Statements {
    /// Bytes of requests that are kept.
    pub(super) keep_bytes: u64,
    /// The log of ratings, for whoever follows it in this process.
    pub(super) log: Log,
    /// The highest offset given out; none until it has been read.
    pub(super) last_offset: Option<i64>,
}

impl Transactions for Statements {
    type Operation = Operation;
    /// The last number of the log of ratings, if it may have grown.
    type News = Option<i64>;

    async fn run(
        &mut self,
        connection: &mut AnyConnection,
        operations: &mut [Operation],
        again: bool,
    ) -> Result<Option<i64>, sqlx::Error> {
        let mut last_offset = match self.last_offset {
            Some(offset) => offset,
            None => highest_offset(connection).await?,
        };
        for operation in operations.iter_mut() {
            if let Operation::Finish(Answerable { input: Finish { offset: offset @ 0, .. }, .. }) = operation {
                last_offset += 1;
                *offset = last_offset;
            }
        }
        self.last_offset = Some(last_offset);
        run_in_one_transaction(connection, operations, self.keep_bytes, again).await
    }

    fn committed(&mut self, head: Option<i64>) {
        if let Some(head) = head {
            self.log.appended(head);
        }
    }

    /// Another process has given out the offsets meant for these.
    fn mend(&mut self, error: &sqlx::Error, operations: &mut [Operation]) -> bool {
        if !is_taken_offset(error) {
            return false;
        }
        self.last_offset = None;
        for operation in operations {
            if let Operation::Finish(finish) = operation {
                finish.input.offset = 0;
            }
        }
        true
    }
}
