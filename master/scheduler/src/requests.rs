//! Requests: taken, placed on workers, credited, ended once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::tasks::Role;
use crate::{Command, MODEL, Millis, RequestId, Scheduler, TaskId, Work, WorkerId};

/// How far back [`Lately`] looks, and how many endings it looks at.
const LATELY_MS: Millis = 60_000;
const LATELY_AT_THE_MOST: usize = 1_000;

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

/// How the requests of the last minute ended; of the last 1,000, if there were more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lately {
    /// That ended by themselves.
    pub ended: usize,
    /// That ended at their deadline, without the answers of some shards.
    pub incomplete: usize,
}

/// The share of one request that one worker is to compute.
pub(crate) struct Part {
    pub request: RequestId,
    pub attempt: u32,
    pub weight: usize,
    pub shards: Arc<[u32]>,
}

pub(crate) struct Request {
    deadline: Millis,
    /// Until when the model may answer; `None`: neighbours do.
    model_until: Option<Millis>,
    weight: usize,
    shards_done: u32,
    /// Shards that no worker is ready to search now.
    unplaced: BTreeMap<u32, Next>,
    /// Parts in some worker's backlog.
    backlogged: usize,
    arrival: u64,
    announced_position: Option<usize>,
}

/// The next attempt at a shard.
#[derive(Clone)]
struct Next {
    attempt: u32,
    /// Who had the one before.
    avoided: Option<WorkerId>,
}

/// When requests ended, and whether with all shards.
#[derive(Default)]
pub(crate) struct Endings {
    ended: VecDeque<(Millis, bool)>,
    incomplete: usize,
}

impl Endings {
    fn count(&mut self, now: Millis, incomplete: bool) {
        self.ended.push_back((now, incomplete));
        self.incomplete += usize::from(incomplete);
        if self.ended.len() > LATELY_AT_THE_MOST {
            self.forget_one();
        }
    }

    pub fn forget_old(&mut self, now: Millis) {
        while self.ended.front().is_some_and(|(at, _)| now.saturating_sub(*at) > LATELY_MS) {
            self.forget_one();
        }
    }

    fn forget_one(&mut self) {
        if let Some((_, incomplete)) = self.ended.pop_front() {
            self.incomplete -= usize::from(incomplete);
        }
    }

    pub fn lately(&self) -> Lately {
        Lately { ended: self.ended.len(), incomplete: self.incomplete }
    }
}

impl Scheduler {
    /// Takes a request that has until `deadline`; gives the number of requests that wait before it. What tasks may weigh
    /// together is bounded.
    pub fn submit(
        &mut self,
        now: Millis,
        request: RequestId,
        deadline: Millis,
        weight: usize,
        work: Work,
    ) -> Result<usize, QueueFull> {
        if self.requests.len() >= self.config.max_requests {
            return Err(QueueFull);
        }
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        let position = self.waiting.len();
        let (model_until, unplaced) = match work {
            Work::Neighbours => (None, all_of(0..self.config.shard_count)),
            Work::Model { until } => (Some(until), all_of(MODEL..=MODEL)),
        };
        let taken = Request {
            deadline,
            model_until,
            weight,
            shards_done: 0,
            unplaced,
            backlogged: 0,
            arrival,
            announced_position: None,
        };
        self.requests.insert(request, taken);
        self.waiting.insert(arrival, request);
        self.place_request(request);
        self.flush_all(now);
        Ok(position)
    }

    /// Forgets a request; tasks that served nobody else are cancelled.
    pub fn cancel(&mut self, now: Millis, request: RequestId) -> bool {
        let known = self.end(request);
        if known {
            let abandoned: Vec<TaskId> = self
                .tasks
                .iter()
                .filter(|(_, task)| task.role != Role::Probe && task.requests.contains(&request))
                .filter(|(_, task)| task.requests.iter().all(|id| !self.requests.contains_key(id)))
                .map(|(id, _)| *id)
                .collect();
            for id in abandoned {
                self.cancel_task(id);
            }
            self.flush_all(now);
        }
        known
    }

    /// Ends a request with the answers it has: it cannot be sent to anybody.
    pub fn cut_short(&mut self, now: Millis, request: RequestId) {
        self.complete(now, request);
    }

    pub(crate) fn dispatch(&mut self, now: Millis) {
        let unplaced: Vec<RequestId> = self
            .waiting
            .values()
            .filter(|id| self.requests.get(id).is_some_and(|request| !request.unplaced.is_empty()))
            .copied()
            .collect();
        for request in unplaced {
            self.place_request(request);
        }
        self.flush_all(now);
    }

    /// Neighbours take over the requests that the model has not answered in time.
    pub(crate) fn fall_back_when_late(&mut self, now: Millis) {
        let is_late = |request: &Request| request.model_until.is_some_and(|until| until <= now);
        let late: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| is_late(request)).map(|(id, _)| *id).collect();
        for request in late {
            self.fall_back(request, true);
            self.place_request(request);
        }
    }

    /// From now on the request is for neighbours; what the model still says of it does not count.
    fn fall_back(&mut self, id: RequestId, late: bool) {
        let shard_count = self.config.shard_count;
        let Some(request) = self.requests.get_mut(&id) else { return };
        if request.model_until.take().is_none() {
            return;
        }
        request.unplaced = all_of(0..shard_count);
        let arrival = request.arrival;
        if std::mem::take(&mut request.backlogged) > 0 {
            for worker in self.workers.values_mut() {
                worker.backlog.retain(|part| part.request != id);
            }
        }
        self.waiting.insert(arrival, id);
        self.commands.push(Command::FellBack { request: id, late });
    }

    /// Whether an answer from these shards, or from the model, is what the request waits for.
    pub(crate) fn waits_for(&self, id: RequestId, shards: &[u32]) -> bool {
        self.requests.get(&id).is_some_and(|request| request.model_until.is_some() == (shards == [MODEL]))
    }

    /// Hands the request's unplaced shards to the backlogs of workers that are ready for them.
    fn place_request(&mut self, id: RequestId) {
        let needs_model = self.requests.get(&id).is_some_and(|request| request.unplaced.contains_key(&MODEL));
        if needs_model && self.holder_of(MODEL, None).is_none() {
            self.fall_back(id, false);
        }
        let Some(request) = self.requests.get(&id) else { return };
        let mut shares: BTreeMap<(WorkerId, u32), Vec<u32>> = BTreeMap::new();
        for (&shard, next) in &request.unplaced {
            if let Some(worker) = self.holder_of(shard, next.avoided.as_ref()) {
                shares.entry((worker.clone(), next.attempt)).or_default().push(shard);
            }
        }
        for ((worker_id, attempt), shards) in shares {
            let (Some(request), Some(worker)) = (self.requests.get_mut(&id), self.workers.get_mut(&worker_id)) else {
                continue;
            };
            for shard in &shards {
                request.unplaced.remove(shard);
            }
            request.backlogged += 1;
            // Sharing the list with the part before makes it one comparison to find what can go in one task.
            let shards = match worker.backlog.back() {
                Some(last) if *last.shards == *shards => last.shards.clone(),
                _ => shards.into(),
            };
            worker.backlog.push_back(Part { request: id, attempt, weight: request.weight, shards });
        }
    }

    pub(crate) fn part_left_backlog(&mut self, id: RequestId) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.backlogged -= 1;
        if request.backlogged == 0 && request.unplaced.is_empty() {
            let (arrival, shards_done) = (request.arrival, request.shards_done);
            self.waiting.remove(&arrival);
            self.commands.push(Command::Progress { request: id, position: None, shards_done });
        }
    }

    pub(crate) fn credit(&mut self, now: Millis, id: RequestId, shards: u32) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.shards_done += shards;
        let shards_done = request.shards_done;
        if shards_done == request.needed(self.config.shard_count) {
            self.complete(now, id);
        } else {
            self.commands.push(Command::Progress { request: id, position: None, shards_done });
        }
    }

    pub(crate) fn end_requests_due(&mut self, now: Millis) {
        let due: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| request.deadline <= now).map(|(id, _)| *id).collect();
        for request in due {
            self.complete(now, request);
        }
    }

    fn complete(&mut self, now: Millis, id: RequestId) {
        let Some(request) = self.requests.get(&id) else { return };
        let (shards_done, needed) = (request.shards_done, request.needed(self.config.shard_count));
        if self.end(id) {
            self.endings.count(now, shards_done < needed);
            self.commands.push(Command::Complete { request: id, shards_done });
        }
    }

    /// Forgets a request and the parts of it that were not sent.
    fn end(&mut self, id: RequestId) -> bool {
        let Some(request) = self.requests.remove(&id) else { return false };
        self.waiting.remove(&request.arrival);
        if request.backlogged > 0 {
            for worker in self.workers.values_mut() {
                worker.backlog.retain(|part| part.request != id);
            }
        }
        true
    }

    /// Puts shards of a request back among those that need a worker.
    pub(crate) fn unplace(&mut self, id: RequestId, shards: &[u32], attempt: u32, avoided: Option<&WorkerId>) {
        if self.waits_for(id, shards)
            && let Some(request) = self.requests.get_mut(&id)
        {
            let next = Next { attempt, avoided: avoided.cloned() };
            request.unplaced.extend(shards.iter().map(|&shard| (shard, next.clone())));
            self.waiting.insert(request.arrival, id);
        }
    }

    pub(crate) fn return_backlog_of(&mut self, worker: &WorkerId) {
        let backlog = self.workers.get_mut(worker).map(|worker| std::mem::take(&mut worker.backlog));
        for part in backlog.into_iter().flatten() {
            if let Some(request) = self.requests.get_mut(&part.request) {
                request.backlogged -= 1;
            }
            self.unplace(part.request, &part.shards, part.attempt, None);
        }
    }

    /// Tells the first of those that wait where they stand, when it has changed.
    pub(crate) fn announce_positions(&mut self) {
        const ANNOUNCED_AT_THE_MOST: usize = 200;
        for (position, id) in self.waiting.values().enumerate().take(ANNOUNCED_AT_THE_MOST) {
            if let Some(request) = self.requests.get_mut(id)
                && request.announced_position != Some(position)
            {
                request.announced_position = Some(position);
                let shards_done = request.shards_done;
                self.commands.push(Command::Progress { request: *id, position: Some(position), shards_done });
            }
        }
    }
}

impl Request {
    /// How many shards make the request's answer whole.
    fn needed(&self, shard_count: u32) -> u32 {
        if self.model_until.is_some() { 1 } else { shard_count }
    }
}

fn all_of(shards: impl Iterator<Item = u32>) -> BTreeMap<u32, Next> {
    shards.map(|shard| (shard, Next { attempt: 1, avoided: None })).collect()
}

#[cfg(test)]
impl Request {
    pub fn awaits_a_worker_for(&self, shard: u32) -> bool {
        self.unplaced.contains_key(&shard)
    }

    pub fn hold_to_counts(&self, placed: u32, backlogged: usize, shard_count: u32) {
        let needed = self.needed(shard_count);
        assert_eq!(placed + self.shards_done, needed, "each shard waits, is in a task, or is done");
        assert_eq!(self.backlogged, backlogged);
    }
}
