//! Who computes what, when: a pure state machine. Events go in with the time, commands come out.
//!
//! It knows requests, shards, workers, tasks and leases. It never reads a clock, never does I/O, and never sees a
//! profile or a neighbour: those stay with the coordinator, under the same request ids.

mod placement;
#[cfg(test)]
mod simulation;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

pub use placement::{Placement, place};

/// A worker's id.
pub type WorkerId = Arc<str>;
/// A request's id.
pub type RequestId = uuid::Uuid;
/// Numbers the tasks of one scheduler.
pub type TaskId = u64;
/// Milliseconds on a clock that never goes back.
pub type Millis = u64;

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
    /// Requests under way at the most.
    pub max_requests: usize,
}

/// What the scheduler wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Tell a worker which shards to hold.
    Assign {
        /// To whom.
        worker: WorkerId,
        /// Orders are numbered; the highest counts.
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
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

/// A result for a task that has ended, was sent again, or was never sent to this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// What a current result was good for.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The task's requests in the order of its queries; `None` for those that ended meanwhile.
    pub requests: Vec<Option<RequestId>>,
    /// The shards it covers.
    pub shards: Arc<[u32]>,
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

struct Worker {
    slots: usize,
    ready: BTreeSet<u32>,
    draining: bool,
    heard_at: Millis,
    in_flight: BTreeSet<TaskId>,
    backlog: VecDeque<Part>,
    /// What it was last told to hold.
    told: Option<Vec<u32>>,
}

impl Worker {
    fn is_free(&self) -> bool {
        self.in_flight.len() < self.slots
    }
}

/// The share of one request that one worker is to compute.
struct Part {
    request: RequestId,
    attempt: u32,
    shards: Arc<[u32]>,
}

struct Request {
    deadline: Millis,
    shards_done: u32,
    /// Shards that no worker is ready to search now, with the attempt that is next.
    unplaced: BTreeMap<u32, u32>,
    /// Parts in some worker's backlog.
    backlogged: usize,
    arrival: u64,
    announced_position: Option<usize>,
}

struct Task {
    worker: WorkerId,
    attempt: u32,
    shards: Arc<[u32]>,
    requests: Vec<RequestId>,
    sent_at: Millis,
}

/// The state machine.
pub struct Scheduler {
    config: Config,
    workers: BTreeMap<WorkerId, Worker>,
    placement: Placement,
    requests: HashMap<RequestId, Request>,
    /// Requests some part of which has not been sent, in order of arrival.
    waiting: BTreeMap<u64, RequestId>,
    tasks: BTreeMap<TaskId, Task>,
    next_task: TaskId,
    next_arrival: u64,
    next_sequence: u64,
    commands: Vec<Command>,
}

impl Scheduler {
    /// Starts without workers or requests.
    pub fn new(config: Config) -> Scheduler {
        Scheduler {
            placement: place(&[], config.shard_count, config.replication),
            config,
            workers: BTreeMap::new(),
            requests: HashMap::new(),
            waiting: BTreeMap::new(),
            tasks: BTreeMap::new(),
            next_task: 1,
            next_arrival: 0,
            next_sequence: 1,
            commands: Vec::new(),
        }
    }

    /// Takes the commands made since the last call, to be carried out in order.
    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// A worker introduced itself, anew or for the first time. Whatever it had in hand before is sent again.
    pub fn register(&mut self, now: Millis, worker: WorkerId, slots: usize, ready: BTreeSet<u32>) {
        self.return_work_of(&worker);
        let newcomer = Worker {
            slots: slots.max(1),
            ready,
            draining: false,
            heard_at: now,
            in_flight: BTreeSet::new(),
            backlog: VecDeque::new(),
            told: None,
        };
        self.workers.insert(worker, newcomer);
        self.replace_shards();
        self.dispatch(now);
    }

    /// A worker reported what it holds. `false`: it is not known and must register.
    pub fn report(&mut self, now: Millis, worker: &WorkerId, ready: BTreeSet<u32>, draining: bool) -> bool {
        let Some(known) = self.workers.get_mut(worker) else { return false };
        known.heard_at = now;
        let left_or_came_back = known.draining != draining;
        if known.ready != ready || left_or_came_back {
            known.ready = ready;
            known.draining = draining;
            if left_or_came_back {
                self.replace_shards();
            } else {
                self.tell_assignments();
                self.return_backlogs();
            }
            self.dispatch(now);
        }
        true
    }

    /// A worker is gone; its tasks are sent to others.
    pub fn lose(&mut self, now: Millis, worker: &WorkerId, reason: &'static str) {
        if !self.workers.contains_key(worker) {
            return;
        }
        self.return_work_of(worker);
        self.workers.remove(worker);
        self.commands.push(Command::Lost { worker: worker.clone(), reason });
        self.replace_shards();
        self.dispatch(now);
    }

    /// Takes a request that has until `deadline`; gives the number of requests that wait before it.
    pub fn submit(&mut self, now: Millis, request: RequestId, deadline: Millis) -> Result<usize, QueueFull> {
        if self.requests.len() >= self.config.max_requests {
            return Err(QueueFull);
        }
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        let position = self.waiting.len();
        let unplaced = (0..self.config.shard_count).map(|shard| (shard, 1)).collect();
        let taken = Request { deadline, shards_done: 0, unplaced, backlogged: 0, arrival, announced_position: None };
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
                .filter(|(_, task)| task.requests.contains(&request))
                .filter(|(_, task)| task.requests.iter().all(|id| !self.requests.contains_key(id)))
                .map(|(id, _)| *id)
                .collect();
            for id in abandoned {
                if let Some(task) = self.remove_task(id) {
                    self.commands.push(Command::CancelTask { worker: task.worker, task: id });
                }
            }
            self.flush_all(now);
        }
        known
    }

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
        let task = self.tasks.get(&task).filter(|task| task.worker == *worker && task.attempt == attempt)?;
        Some((&task.shards, &task.requests))
    }

    /// A worker handed in a result; only the current attempt at a task counts.
    pub fn result(&mut self, now: Millis, worker: &WorkerId, task_id: TaskId, attempt: u32) -> Result<Accepted, Stale> {
        if let Some(known) = self.workers.get_mut(worker) {
            known.heard_at = now;
        }
        let current = self.tasks.get(&task_id).is_some_and(|task| task.worker == *worker && task.attempt == attempt);
        let task = if current { self.remove_task(task_id) } else { None }.ok_or(Stale)?;
        let covered = task.shards.len() as u32;
        let requests: Vec<Option<RequestId>> =
            task.requests.iter().map(|id| self.requests.contains_key(id).then_some(*id)).collect();
        for &request in requests.iter().flatten() {
            self.credit(request, covered);
        }
        self.flush(now, worker);
        Ok(Accepted { requests, shards: task.shards })
    }

    /// Time passed: leases, deadlines and silences end.
    pub fn tick(&mut self, now: Millis) {
        let config = &self.config;
        let silent: Vec<WorkerId> = self
            .workers
            .iter()
            .filter(|(_, worker)| now.saturating_sub(worker.heard_at) > config.silence_ms)
            .map(|(id, _)| id.clone())
            .collect();
        for worker in silent {
            self.lose(now, &worker, "it has been silent for too long");
        }
        self.end_leases(now);
        let due: Vec<RequestId> =
            self.requests.iter().filter(|(_, request)| request.deadline <= now).map(|(id, _)| *id).collect();
        for request in due {
            self.complete(request);
        }
        self.dispatch(now);
        self.announce_positions();
    }

    /// How busy the farm is.
    pub fn load(&self) -> Load {
        let busy = self.workers.values().filter(|worker| !worker.in_flight.is_empty()).count();
        let shards_ready = (0..self.config.shard_count).filter(|&shard| self.holder_of(shard).is_some()).count();
        Load {
            idle: self.workers.len() - busy,
            busy,
            queue_depth: self.waiting.len(),
            requests: self.requests.len(),
            shards_ready,
        }
    }

    /// How many workers the scheduler counts on.
    pub fn worker_count(&self) -> usize {
        self.workers.len()
    }

    /// Whether the scheduler counts on this worker.
    pub fn knows(&self, worker: &WorkerId) -> bool {
        self.workers.contains_key(worker)
    }

    /// Whether anything is left to wait for from this worker: a draining one may leave when nothing is.
    pub fn is_released(&self, worker: &WorkerId) -> bool {
        self.workers.get(worker).is_none_or(|known| {
            known.in_flight.is_empty() && known.backlog.is_empty() && known.told.as_ref().is_some_and(Vec::is_empty)
        })
    }

    fn replace_shards(&mut self) {
        let staying: Vec<WorkerId> =
            self.workers.iter().filter(|(_, worker)| !worker.draining).map(|(id, _)| id.clone()).collect();
        self.placement = place(&staying, self.config.shard_count, self.config.replication);
        self.tell_assignments();
        self.return_backlogs();
    }

    /// What waits for a worker may belong to another one once shards have moved.
    fn return_backlogs(&mut self) {
        let names: Vec<WorkerId> = self.workers.keys().cloned().collect();
        for worker in names {
            self.return_backlog_of(&worker);
        }
    }

    /// Orders each worker to hold what is placed on it, and what it alone can serve until the new holder is ready.
    fn tell_assignments(&mut self) {
        let mut wanted: BTreeMap<WorkerId, Vec<u32>> =
            self.workers.keys().map(|worker| (worker.clone(), Vec::new())).collect();
        for (shard, holders) in (0u32..).zip(&self.placement) {
            let is_ready = |worker: &WorkerId| self.workers.get(worker).is_some_and(|w| w.ready.contains(&shard));
            let any_ready = holders.iter().any(is_ready);
            for (worker, list) in &mut wanted {
                if holders.contains(worker) || (!any_ready && is_ready(worker)) {
                    list.push(shard);
                }
            }
        }
        for (id, shards) in wanted {
            if let Some(worker) = self.workers.get_mut(&id)
                && worker.told.as_ref() != Some(&shards)
            {
                worker.told = Some(shards.clone());
                let sequence = self.next_sequence;
                self.next_sequence += 1;
                self.commands.push(Command::Assign { worker: id, sequence, shards });
            }
        }
    }

    /// The worker to search a shard: the first of its holders that is ready, else anyone who still has it.
    fn holder_of(&self, shard: u32) -> Option<&WorkerId> {
        let is_ready = |id: &&WorkerId| self.workers.get(*id).is_some_and(|worker| worker.ready.contains(&shard));
        let placed = self.placement[shard as usize].iter().find(is_ready);
        placed.or_else(|| self.workers.iter().find(|(_, worker)| worker.ready.contains(&shard)).map(|(id, _)| id))
    }

    fn dispatch(&mut self, now: Millis) {
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

    /// Hands the request's unplaced shards to the backlogs of workers that are ready for them.
    fn place_request(&mut self, id: RequestId) {
        let Some(request) = self.requests.get(&id) else { return };
        let mut shares: BTreeMap<(WorkerId, u32), Vec<u32>> = BTreeMap::new();
        for (&shard, &attempt) in &request.unplaced {
            if let Some(worker) = self.holder_of(shard) {
                shares.entry((worker.clone(), attempt)).or_default().push(shard);
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
            worker.backlog.push_back(Part { request: id, attempt, shards });
        }
    }

    fn flush_all(&mut self, now: Millis) {
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
            let (shards, mut attempt) = (first.shards, first.attempt);
            let mut requests = vec![first.request];
            while requests.len() < self.config.max_batch
                && let Some(next) = worker.backlog.pop_front_if(|next| next.shards == shards)
            {
                attempt = attempt.max(next.attempt);
                requests.push(next.request);
            }
            let task = self.next_task;
            self.next_task += 1;
            worker.in_flight.insert(task);
            for &request in &requests {
                self.part_left_backlog(request);
            }
            let sent =
                Task { worker: id.clone(), attempt, shards: shards.clone(), requests: requests.clone(), sent_at: now };
            self.tasks.insert(task, sent);
            self.commands.push(Command::Send { worker: id.clone(), task, attempt, shards, requests });
        }
    }

    fn part_left_backlog(&mut self, id: RequestId) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.backlogged -= 1;
        if request.backlogged == 0 && request.unplaced.is_empty() {
            let (arrival, shards_done) = (request.arrival, request.shards_done);
            self.waiting.remove(&arrival);
            self.commands.push(Command::Progress { request: id, position: None, shards_done });
        }
    }

    fn credit(&mut self, id: RequestId, shards: u32) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        request.shards_done += shards;
        let shards_done = request.shards_done;
        if shards_done == self.config.shard_count {
            self.complete(id);
        } else {
            self.commands.push(Command::Progress { request: id, position: None, shards_done });
        }
    }

    fn complete(&mut self, id: RequestId) {
        let shards_done = self.requests.get(&id).map_or(0, |request| request.shards_done);
        if self.end(id) {
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

    /// Puts shards of a request back among those that need a worker, for their next attempt.
    fn unplace(&mut self, id: RequestId, shards: &[u32], next_attempt: u32) {
        if let Some(request) = self.requests.get_mut(&id) {
            request.unplaced.extend(shards.iter().map(|&shard| (shard, next_attempt)));
            self.waiting.insert(request.arrival, id);
        }
    }

    fn return_backlog_of(&mut self, worker: &WorkerId) {
        let backlog = self.workers.get_mut(worker).map(|worker| std::mem::take(&mut worker.backlog));
        for part in backlog.into_iter().flatten() {
            if let Some(request) = self.requests.get_mut(&part.request) {
                request.backlogged -= 1;
            }
            self.unplace(part.request, &part.shards, part.attempt);
        }
    }

    fn return_work_of(&mut self, worker: &WorkerId) {
        self.return_backlog_of(worker);
        let in_flight = self.workers.get(worker).map(|worker| worker.in_flight.clone());
        for task in in_flight.into_iter().flatten() {
            self.return_task(task);
        }
    }

    fn return_task(&mut self, id: TaskId) {
        if let Some(task) = self.remove_task(id) {
            for request in task.requests {
                self.unplace(request, &task.shards, task.attempt + 1);
            }
        }
    }

    fn remove_task(&mut self, id: TaskId) -> Option<Task> {
        let task = self.tasks.remove(&id)?;
        if let Some(worker) = self.workers.get_mut(&task.worker) {
            worker.in_flight.remove(&id);
        }
        Some(task)
    }

    /// A worker silent since it was sent a task that is overdue is lost; one that still speaks is sent the work again.
    fn end_leases(&mut self, now: Millis) {
        let overdue: Vec<(TaskId, WorkerId, Millis)> = self
            .tasks
            .iter()
            .filter(|(_, task)| now.saturating_sub(task.sent_at) >= self.config.lease_ms)
            .map(|(id, task)| (*id, task.worker.clone(), task.sent_at))
            .collect();
        for (task, worker, sent_at) in overdue {
            let silent = self.workers.get(&worker).is_some_and(|known| known.heard_at <= sent_at);
            if silent {
                self.lose(now, &worker, "a lease ended and it has not been heard of since");
            } else {
                self.commands.push(Command::CancelTask { worker, task });
                self.return_task(task);
            }
        }
    }

    /// Tells the first of those that wait where they stand, when it has changed.
    fn announce_positions(&mut self) {
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
