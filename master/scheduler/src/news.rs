//! What becomes of tasks, for whoever counts them; nothing is decided by it.

use crate::{TaskId, WorkerId};

/// Why a task is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Its work has not been sent before.
    First,
    /// An earlier one for some of its work was lost.
    Retry,
    /// Another one for its work is late.
    Hedge,
    /// To see whether a demoted worker delivers.
    Probe,
}

/// How a task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEnd {
    /// With a result that was taken.
    Taken,
    /// With a result that does not fit.
    Refused,
    /// With its lease, while its worker still speaks.
    LeaseExpired,
    /// With its worker, or with the worker's earlier start.
    Lost,
    /// Nobody waits for it any more, or others do its work.
    Withdrawn,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskNews {
    /// It was sent.
    Sent {
        /// Which.
        task: TaskId,
        /// To whom.
        worker: WorkerId,
        /// Why.
        sending: Sending,
    },
    /// It has ended.
    Ended {
        /// Which.
        task: TaskId,
        /// Whose it was.
        worker: WorkerId,
        /// How.
        end: TaskEnd,
    },
}
