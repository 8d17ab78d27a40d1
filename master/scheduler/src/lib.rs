//! Who computes what, when: a pure state machine. Events go in with the time, commands come out.
//!
//! It knows requests, shards, workers, tasks and leases. It never reads a clock, never does I/O, and never sees a
//! profile or a neighbour: those stay with the coordinator, under the same request ids.

#![forbid(unsafe_code)]

mod commands;
mod hedging;
mod news;
mod placement;
mod requests;
#[cfg(test)]
mod simulation;
mod tasks;
#[cfg(test)]
mod tests;
mod usefulness;
mod workers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use commands::Command;
pub use news::{Sending, TaskEnd, TaskNews};
pub use placement::{Placement, place};
pub use requests::{Lately, QueueFull};
pub use tasks::{Accepted, Stale};
pub use workers::{Order, Report};

use hedging::Hedging;
use requests::{Endings, Request};
use tasks::Task;
use workers::Worker;

/// A worker's id.
pub type WorkerId = Arc<str>;
/// A request's id.
pub type RequestId = uuid::Uuid;
/// Numbers the tasks of one scheduler.
pub type TaskId = u64;
/// Milliseconds on a clock that never goes back.
pub type Millis = u64;

/// Stands among the shards of a worker, a task or a request for the model: what needs it needs nothing else.
pub const MODEL: u32 = u32::MAX;

/// What kind of computing a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Every shard searched.
    Neighbours,
    /// One worker that holds the model; where there is none, and from the given time on, neighbours.
    Model {
        /// When neighbours take over.
        until: Millis,
    },
}

/// The scheduler's fixed numbers.
#[derive(Clone, Debug)]
pub struct Config {
    /// Shards of the dataset version.
    pub shard_count: u32,
    /// Workers that hold each shard.
    pub replication: usize,
    /// How long a worker has for one attempt at a task.
    pub lease_ms: Millis,
    /// How long a worker may be silent.
    pub silence_ms: Millis,
    /// Queries in one task at the most.
    pub max_batch: usize,
    /// Weight of the queries in one task at the most; a single one may weigh more.
    pub max_batch_weight: usize,
    /// Requests under way at the most.
    pub max_requests: usize,
}

/// How busy the farm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Workers without a task.
    pub idle: usize,
    /// Workers with a task.
    pub busy: usize,
    /// Requests that wait for a worker.
    pub queue_depth: usize,
    /// Requests under way.
    pub requests: usize,
    /// Shards that some worker is ready to search.
    pub shards_ready: usize,
}

/// The state machine.
pub struct Scheduler {
    config: Config,
    workers: BTreeMap<WorkerId, Worker>,
    /// The demoted ones among them, by name.
    demoted: Arc<[WorkerId]>,
    placement: Placement,
    requests: HashMap<RequestId, Request>,
    /// Requests some part of which has not been sent, in order of arrival.
    waiting: BTreeMap<u64, RequestId>,
    tasks: BTreeMap<TaskId, Task>,
    hedging: Hedging,
    endings: Endings,
    next_task: TaskId,
    next_arrival: u64,
    next_sequence: u64,
    commands: Vec<Command>,
    news: Vec<TaskNews>,
}

impl Scheduler {
    /// Starts without workers or requests.
    pub fn new(config: Config) -> Scheduler {
        Scheduler {
            placement: place(&[], config.shard_count, config.replication),
            config,
            workers: BTreeMap::new(),
            demoted: Arc::default(),
            requests: HashMap::new(),
            waiting: BTreeMap::new(),
            tasks: BTreeMap::new(),
            hedging: Hedging::default(),
            endings: Endings::default(),
            next_task: 1,
            next_arrival: 0,
            next_sequence: 1,
            commands: Vec::new(),
            news: Vec::new(),
        }
    }

    /// Takes the commands made since the last call, to be carried out in order.
    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Takes what became of tasks since the last call, in order.
    pub fn take_news(&mut self) -> Vec<TaskNews> {
        std::mem::take(&mut self.news)
    }

    /// Time passed: leases, deadlines and silences end.
    pub fn tick(&mut self, now: Millis) {
        self.lose_the_silent(now);
        self.end_leases(now);
        self.fall_back_when_late(now);
        self.end_requests_due(now);
        self.endings.forget_old(now);
        self.dispatch(now);
        self.announce_positions();
    }

    /// How busy the farm is.
    pub fn load(&self) -> Load {
        let busy = self.workers.values().filter(|worker| !worker.in_flight.is_empty()).count();
        let shards_ready = (0..self.config.shard_count).filter(|&shard| self.holder_of(shard, None).is_some()).count();
        Load {
            idle: self.workers.len() - busy,
            busy,
            queue_depth: self.waiting.len(),
            requests: self.requests.len(),
            shards_ready,
        }
    }

    /// Workers that are alive and do not deliver, by name.
    pub fn demoted(&self) -> Arc<[WorkerId]> {
        self.demoted.clone()
    }

    /// How the requests of the last minute ended.
    pub fn lately(&self) -> Lately {
        self.endings.lately()
    }

    /// When the oldest task that nobody has answered was sent.
    pub fn oldest_task_sent_at(&self) -> Option<Millis> {
        self.tasks.values().next().map(|task| task.sent_at)
    }
}
