//! Results: what fits its task is credited, what does not is counted against its worker.

use super::{Coordinator, Refused, WorkerResult};
use crate::requests::answer::Part;
use crate::scheduler::{self, RequestId, TaskId, WorkerId};

impl Coordinator {
    pub(super) fn credit(&mut self, now: scheduler::Millis, result: WorkerResult) -> Result<(), Refused> {
        let task = self.task_number(&result.task_id).ok_or(Refused::Stale)?;
        let worker = WorkerId::from(result.worker_id.as_str());
        if let Some(reason) = self.misfit(task, &result) {
            self.refuse(now, &worker, &result.task_id, result.attempt, &reason);
            return Err(Refused::Misfit(format!("task {}: {reason}", result.task_id)));
        }
        let accepted =
            self.scheduler.result(now, &worker, task, result.attempt).map_err(|scheduler::Stale| Refused::Stale)?;
        for (request, part) in accepted.requests.into_iter().zip(result.parts) {
            if let Some(live) = request.and_then(|id| self.live.get_mut(&id)) {
                live.parts.push(part);
            }
        }
        Ok(())
    }

    /// Why a result does not fit the task under way that it names.
    fn misfit(&self, task: TaskId, result: &WorkerResult) -> Option<String> {
        let (shards, requests) = self.scheduler.contents(task)?;
        if *shards != *result.shards {
            return Some(format!("its shards are {shards:?}"));
        }
        if requests.len() != result.parts.len() {
            return Some(format!("it has {} queries", requests.len()));
        }
        let answers = |(request, part): (&RequestId, &Part)| part.query_id.parse::<RequestId>() == Ok(*request);
        let at = requests.iter().zip(&result.parts).position(|pair| !answers(pair))?;
        Some(format!("results[{at}].query_id: it is not that of the task's query {at}"))
    }

    /// Counts a refused result against the worker whose task it is.
    pub(super) fn refuse(
        &mut self,
        now: scheduler::Millis,
        worker: &WorkerId,
        task_id: &str,
        attempt: u32,
        reason: &str,
    ) {
        let current = self.task_number(task_id).is_some_and(|task| self.scheduler.refuse(now, worker, task, attempt));
        if current {
            let refusals = self.refusals.entry(worker.clone()).or_default();
            *refusals += 1;
            let log = &self.parameters.log;
            log.warn(format!("refused result {refusals} of worker {worker}, for task {task_id}: {reason}"));
        }
    }
}
