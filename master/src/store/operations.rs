//! What the store writes, and how the writing task is to run it.

use super::error::is_taken_offset;
use super::records::{Accepted, Ending, Feedback, NewRating, NewRequest, Rated, Session, Told};
use super::statements::{highest_offset, run_in_one_transaction};
use cineswarm_database::{Answerable, Transactions};
use cineswarm_events::Log;
use sqlx::AnyConnection;
use uuid::Uuid;

/// Something to write, and who waits for it.
pub(super) enum Operation {
    OpenSession(Answerable<OpenSession, Session>),
    Accept(Answerable<NewRequest, Accepted>),
    Finish(Answerable<Finish, Option<i64>>),
    Rate(Answerable<NewRating, Rated>),
    Feedback(Answerable<Feedback, Option<Told>>),
    /// Masters have lived so many milliseconds longer.
    Live(Answerable<i64, ()>),
    /// Lets go of what ended longer ago, in milliseconds of lived time.
    Prune(Answerable<i64, u64>),
    /// Takes a request out again whose caller was told, or must assume, that it is not stored.
    Withdraw(Uuid),
}

pub(super) struct OpenSession {
    pub(super) id: Option<Uuid>,
    pub(super) lang: Option<String>,
    pub(super) now: i64,
}

pub(super) struct Finish {
    pub(super) request_id: Uuid,
    pub(super) ending: Ending,
    /// 0 until one is allotted; then kept through all tries, so that a try whose commit was acknowledged to nobody is
    /// recognised by the next one.
    pub(super) offset: i64,
}

/// Does the same with whatever kind of operation it is; one that nobody waits for is `$without`.
macro_rules! for_answerable {
    ($operation:expr, $answerable:ident => $then:expr, $without:expr) => {
        match $operation {
            Operation::OpenSession($answerable) => $then,
            Operation::Accept($answerable) => $then,
            Operation::Finish($answerable) => $then,
            Operation::Rate($answerable) => $then,
            Operation::Feedback($answerable) => $then,
            Operation::Live($answerable) => $then,
            Operation::Prune($answerable) => $then,
            Operation::Withdraw(_) => $without,
        }
    };
}

impl cineswarm_database::Operation for Operation {
    fn is_abandoned(&self) -> bool {
        for_answerable!(self, answerable => answerable.is_abandoned(), false)
    }

    fn begin(&mut self) -> bool {
        for_answerable!(self, answerable => answerable.begin(), false)
    }

    fn answer(self) -> Option<Operation> {
        match self {
            Operation::Accept(accept) => {
                let (request_id, new) = (accept.input.request_id, accept.outcome == Some(Accepted::New));
                (!accept.answer() && new).then_some(Operation::Withdraw(request_id))
            }
            other => {
                for_answerable!(other, answerable => { answerable.answer(); }, ());
                None
            }
        }
    }

    /// Of an accept that was begun nobody knows whether it was stored, so it is taken out again: the viewer was told that
    /// it is not.
    fn undo(&self) -> Option<Operation> {
        match self {
            Operation::Accept(accept) if accept.was_tried() => Some(Operation::Withdraw(accept.input.request_id)),
            _ => None,
        }
    }

    fn only_undoes(&self) -> bool {
        // If it is left, the next start computes the request for nobody.
        matches!(self, Operation::Withdraw(_))
    }

    fn refuse(self, error: sqlx::Error) {
        for_answerable!(self, answerable => answerable.refuse(error), ());
    }
}

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
