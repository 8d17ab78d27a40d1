//! Results: the current attempt at a task is credited, one that was refused is counted against its worker.

use std::sync::Arc;

use super::Coordinator;
use crate::requests::answer::WorkersPart;
use crate::requests::spec::Spec;
use crate::scheduler::{self, RequestId, WorkerId};

/// One sending of a task to one worker, as the worker names it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who.
    pub worker_id: String,
    /// Which task.
    pub task_id: String,
    /// Which sending of it.
    pub attempt: u32,
}

/// What a task asks.
#[derive(Debug)]
pub struct Contents {
    /// The shards to search.
    pub shards: Vec<u32>,
    /// A request and its spec for each query; none for a request that has ended meanwhile.
    pub queries: Vec<(RequestId, Option<Arc<Spec>>)>,
}

/// A result as a worker handed it in, checked.
pub struct WorkerResult {
    /// By whom and for what.
    pub of: Attempt,
    /// One for each query of the task, in its order; none where nobody waits for it any more.
    pub parts: Vec<Option<WorkersPart>>,
}

/// Why a result was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCredited {
    /// The attempt no longer counts.
    Stale,
    /// The coordinator is ending.
    Stopping,
}

impl Coordinator {
    /// What the task asks, if this is the current attempt at it.
    pub(super) fn contents(&mut self, now: scheduler::Millis, of: &Attempt) -> Result<Contents, NotCredited> {
        let task = self.task_number(&of.task_id).ok_or(NotCredited::Stale)?;
        let worker = WorkerId::from(of.worker_id.as_str());
        let contents = self.scheduler.contents(now, &worker, task, of.attempt);
        let (shards, requests) = contents.ok_or(NotCredited::Stale)?;
        let spec = |id: &RequestId| (*id, self.live.get(id).map(|live| live.spec.clone()));
        Ok(Contents { shards: shards.to_vec(), queries: requests.iter().map(spec).collect() })
    }

    pub(super) fn credit(&mut self, now: scheduler::Millis, result: WorkerResult) -> Result<(), NotCredited> {
        let task = self.task_number(&result.of.task_id).ok_or(NotCredited::Stale)?;
        let worker = WorkerId::from(result.of.worker_id);
        let accepted = self
            .scheduler
            .result(now, &worker, task, result.of.attempt)
            .map_err(|scheduler::Stale| NotCredited::Stale)?;
        for (request, part) in accepted.requests.into_iter().zip(result.parts) {
            if let (Some(live), Some(part)) = (request.and_then(|id| self.live.get_mut(&id)), part) {
                live.parts.push(part);
            }
        }
        Ok(())
    }

    /// Counts a refused result against the worker whose task it is.
    pub(super) fn refuse(&mut self, now: scheduler::Millis, of: &Attempt, reason: &str) {
        let worker = WorkerId::from(of.worker_id.as_str());
        let task = self.task_number(&of.task_id);
        if task.is_some_and(|task| self.scheduler.refuse(now, &worker, task, of.attempt)) {
            let refusals = self.refusals.entry(worker.clone()).or_default();
            *refusals += 1;
            let (log, task_id) = (&self.parameters.log, &of.task_id);
            log.warn(format!("refused result {refusals} of worker {worker}, for task {task_id}: {reason}"));
        }
    }
}
