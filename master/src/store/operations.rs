//! What the store writes, and who waits for it.

use super::records::{Accepted, Ending, Feedback, NewRating, NewRatings, NewRequest, OpenedSession, Rated, Told};
use cineswarm_database::Answerable;
use cineswarm_ratings::store::{Write, Written};
use uuid::Uuid;

/// Something to write, and who waits for it.
pub(super) enum Operation {
    OpenSession(Answerable<OpenSession, OpenedSession>),
    Accept(Answerable<NewRequest, Accepted>),
    Finish(Answerable<Finish, Option<i64>>),
    Rate(Answerable<NewRating, Rated>),
    RateMany(Answerable<NewRatings, Vec<Told>>),
    Feedback(Answerable<Feedback, Option<Told>>),
    /// Ratings from elsewhere.
    Ingest(Answerable<Write, Written>),
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
            Operation::RateMany($answerable) => $then,
            Operation::Feedback($answerable) => $then,
            Operation::Ingest($answerable) => $then,
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
