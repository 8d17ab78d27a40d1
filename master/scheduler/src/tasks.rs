//! Tasks: sent with a lease, answered by whoever has the current attempt, or sent again.

use std::sync::Arc;

use crate::{Command, Millis, RequestId, Scheduler, Sending, TaskEnd, TaskId, TaskNews, WorkerId};

/// How much a lost race says against a worker, and a lost lease.
pub(crate) const LOST_RACE: u32 = 1;
pub(crate) const LOST_LEASE: u32 = 2;

/// A result for a task that has ended, was sent again, or was never sent to this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// What a current result was good for.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The task's requests in the order of its queries; `None` for those that ended meanwhile, or have it from others.
    pub requests: Vec<Option<RequestId>>,
    /// The shards it covers.
    pub shards: Arc<[u32]>,
}

#[derive(Clone)]
pub(crate) struct Task {
    pub worker: WorkerId,
    pub attempt: u32,
    pub shards: Arc<[u32]>,
    pub requests: Vec<RequestId>,
    pub sent_at: Millis,
    pub role: Role,
}

/// What a task is to other tasks for the same shards of the same requests.
#[derive(Clone, PartialEq)]
pub(crate) enum Role {
    /// There are none.
    Alone,
    /// It was late, so these have its shards as well.
    Raced { copies: Vec<TaskId> },
    /// It has shards of this one, which was late.
    CopyOf(TaskId),
    /// It counts for nothing but its worker's standing.
    Probe,
}

impl Scheduler {
    /// The shards of a task and the requests its queries are for, if this is the current attempt at it. Whoever asks has
    /// been heard of.
    pub fn contents(
        &mut self,
        now: Millis,
        worker: &WorkerId,
        task: TaskId,
        attempt: u32,
    ) -> Option<(&[u32], &[RequestId])> {
        if let Some(known) = self.workers.get_mut(worker) {
            known.heard_at = now;
        }
        if !self.is_current(worker, task, attempt) {
            return None;
        }
        self.tasks.get(&task).map(|task| (&*task.shards, &*task.requests))
    }

    pub(crate) fn is_current(&self, worker: &WorkerId, task: TaskId, attempt: u32) -> bool {
        self.tasks.get(&task).is_some_and(|task| task.worker == *worker && task.attempt == attempt)
    }

    /// A worker handed in a result; only the current attempt at a task counts.
    pub fn result(&mut self, now: Millis, worker: &WorkerId, task_id: TaskId, attempt: u32) -> Result<Accepted, Stale> {
        if let Some(known) = self.workers.get_mut(worker) {
            known.heard_at = now;
        }
        let current = self.is_current(worker, task_id, attempt);
        let task = if current { self.remove_task(task_id, TaskEnd::Taken) } else { None }.ok_or(Stale)?;
        self.deliver(now, worker);
        if task.role == Role::Probe {
            self.flush(now, worker);
            return Ok(Accepted { requests: vec![None; task.requests.len()], shards: task.shards });
        }
        self.hedging.took(now.saturating_sub(task.sent_at));
        let covered = task.shards.len() as u32;
        let requests: Vec<Option<RequestId>> =
            task.requests.iter().map(|id| self.waits_for(*id, &task.shards).then_some(*id)).collect();
        for &request in requests.iter().flatten() {
            self.credit(now, request, covered);
        }
        if task.role == Role::Alone {
            self.flush(now, worker);
        } else {
            self.win_race(now, task.role);
            self.flush_all(now);
        }
        Ok(Accepted { requests, shards: task.shards })
    }

    pub(crate) fn flush_all(&mut self, now: Millis) {
        let free: Vec<WorkerId> = self
            .workers
            .iter()
            .filter(|(_, worker)| worker.is_free() && !worker.backlog.is_empty())
            .map(|(id, _)| id.clone())
            .collect();
        for worker in free {
            self.flush(now, &worker);
        }
    }

    /// Sends a worker as many tasks as it has slots; parts with the same shards share a task.
    fn flush(&mut self, now: Millis, id: &WorkerId) {
        while let Some(worker) = self.workers.get_mut(id).filter(|worker| worker.is_free()) {
            let Some(first) = worker.backlog.pop_front() else { break };
            let (shards, mut attempt, mut weight) = (first.shards, first.attempt, first.weight);
            let mut requests = vec![first.request];
            let (most, heaviest) = (self.config.max_batch, self.config.max_batch_weight);
            while requests.len() < most
                && let Some(next) =
                    worker.backlog.pop_front_if(|next| next.shards == shards && weight + next.weight <= heaviest)
            {
                attempt = attempt.max(next.attempt);
                weight += next.weight;
                requests.push(next.request);
            }
            for &request in &requests {
                self.part_left_backlog(request);
            }
            let task = Task { worker: id.clone(), attempt, shards, requests, sent_at: now, role: Role::Alone };
            self.hedging.earn();
            self.send(task.clone());
            self.probe(now, &task);
        }
    }

    /// Sends a task as it is.
    pub(crate) fn send(&mut self, sent: Task) -> TaskId {
        let task = self.next_task;
        self.next_task += 1;
        if let Some(worker) = self.workers.get_mut(&sent.worker) {
            worker.in_flight.insert(task);
        }
        let Task { worker, attempt, shards, requests, .. } = sent.clone();
        let sending = match sent.role {
            Role::CopyOf(_) => Sending::Hedge,
            Role::Probe => Sending::Probe,
            Role::Alone | Role::Raced { .. } if attempt > 1 => Sending::Retry,
            Role::Alone | Role::Raced { .. } => Sending::First,
        };
        self.news.push(TaskNews::Sent { task, worker: worker.clone(), sending });
        self.tasks.insert(task, sent);
        self.commands.push(Command::Send { worker, task, attempt, shards, requests });
        task
    }

    pub(crate) fn return_work_of(&mut self, worker: &WorkerId) {
        self.return_backlog_of(worker);
        let in_flight = self.workers.get(worker).map(|worker| worker.in_flight.clone());
        for task in in_flight.into_iter().flatten() {
            self.return_task(task, TaskEnd::Lost);
        }
    }

    /// A task will not be answered: its work is for others, unless others have it already.
    pub(crate) fn return_task(&mut self, id: TaskId, end: TaskEnd) -> Option<Task> {
        let task = self.remove_task(id, end)?;
        if !self.leave_race(&task.role) {
            for &request in &task.requests {
                self.unplace(request, &task.shards, task.attempt + 1, Some(&task.worker));
            }
        }
        Some(task)
    }

    pub(crate) fn remove_task(&mut self, id: TaskId, end: TaskEnd) -> Option<Task> {
        let task = self.tasks.remove(&id)?;
        self.news.push(TaskNews::Ended { task: id, worker: task.worker.clone(), end });
        if let Some(worker) = self.workers.get_mut(&task.worker) {
            worker.in_flight.remove(&id);
        }
        Some(task)
    }

    /// A worker silent since it was sent a task that is overdue is lost; one that still speaks loses the task.
    pub(crate) fn end_leases(&mut self, now: Millis) {
        let overdue: Vec<(TaskId, WorkerId, Millis)> = self
            .tasks
            .iter()
            .take_while(|(_, task)| now.saturating_sub(task.sent_at) >= self.config.lease_ms)
            .map(|(id, task)| (*id, task.worker.clone(), task.sent_at))
            .collect();
        for (id, worker, sent_at) in overdue {
            // Losing a worker, or demoting it, ends others of its tasks.
            if !self.tasks.contains_key(&id) {
                continue;
            }
            let silent = self.workers.get(&worker).is_some_and(|known| known.heard_at <= sent_at);
            if silent {
                self.lose(now, &worker, "a lease ended and it has not been heard of since");
                continue;
            }
            self.commands.push(Command::CancelTask { worker, task: id });
            if let Some(task) = self.return_task(id, TaskEnd::LeaseExpired) {
                self.miss(now, &task, LOST_LEASE);
            }
        }
    }
}
