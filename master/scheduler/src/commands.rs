//! What the scheduler wants done.

use std::sync::Arc;

use crate::{RequestId, TaskId, WorkerId};

/// What the scheduler wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Tell a worker which shards to hold.
    Assign {
        /// To whom.
        worker: WorkerId,
        /// Orders are numbered; see [`crate::Order::sequence`].
        sequence: u64,
        /// All it is to hold.
        shards: Vec<u32>,
    },
    /// Send a worker a task.
    Send {
        /// To whom.
        worker: WorkerId,
        /// Which.
        task: TaskId,
        /// How many times its work has been sent, from 1.
        attempt: u32,
        /// Where to look.
        shards: Arc<[u32]>,
        /// For whom.
        requests: Vec<RequestId>,
    },
    /// Tell a worker that nobody waits for a task any more.
    CancelTask {
        /// Whom.
        worker: WorkerId,
        /// Which.
        task: TaskId,
    },
    /// A request moved on.
    Progress {
        /// Which.
        request: RequestId,
        /// Requests ahead of it that wait for a worker, or `None` once all of it has been sent.
        position: Option<usize>,
        /// Shards that have answered.
        shards_done: u32,
    },
    /// A request that was for the model is for neighbours from now on.
    FellBack {
        /// Which.
        request: RequestId,
        /// Whether a model was there and did not answer in time.
        late: bool,
    },
    /// A request has all the answers it will get: from every shard, or from those that made it to the deadline.
    Complete {
        /// Which.
        request: RequestId,
        /// Shards that have answered.
        shards_done: u32,
    },
    /// A worker is taken to be gone.
    Lost {
        /// Who.
        worker: WorkerId,
        /// Why, for people.
        reason: &'static str,
    },
    /// A worker is alive and does not deliver: others get its work while they hold the same shards.
    Demoted {
        /// Who.
        worker: WorkerId,
        /// Why, for people.
        reason: &'static str,
    },
    /// A demoted worker has delivered.
    Restored {
        /// Who.
        worker: WorkerId,
    },
}
