//! A farm in miniature: random workers that come, go, hang, lie and answer twice, held against the scheduler's promises
//! after each step. A few lines longer than other files: the farm, its accidents and the promises are one model.
//!
//! `SIMULATION_SEED=N` replays one history; `SIMULATION_HISTORIES=N` says how many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::*;
use crate::tasks::Role;

pub(crate) const SHARDS: u32 = 8;
/// Long enough for any test.
pub(crate) const FOREVER: Millis = 3_600_000;
const WORKERS: u8 = 4;
const HISTORIES: u64 = 100_000;
const STEPS: u64 = 40;

pub(crate) fn worker(n: u8) -> WorkerId {
    format!("w{n}").into()
}

/// A task as its worker got it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub worker: WorkerId,
    pub attempt: u32,
    pub shards: Arc<[u32]>,
    pub requests: Vec<RequestId>,
}

/// What the outside world sees of the scheduler.
pub(crate) struct World {
    pub scheduler: Scheduler,
    pub now: Millis,
    /// The order each worker goes by.
    pub told: BTreeMap<WorkerId, Order>,
    pub in_flight: BTreeMap<TaskId, Sent>,
    answered: Vec<(TaskId, WorkerId, u32)>,
    /// Shards credited to each request, and how it ended.
    pub credited: HashMap<RequestId, BTreeSet<u32>>,
    pub ended: HashMap<RequestId, &'static str>,
    pub order: Vec<RequestId>,
    deadlines: HashMap<RequestId, Millis>,
    /// How many requests each task had.
    pub sent_sizes: Vec<usize>,
    ordinary: u64,
    copies: u64,
    /// Workers that hold the model.
    pub model_holders: BTreeSet<u8>,
    /// Requests that neighbours took over, and whether the model was late.
    pub fell_back: Vec<(RequestId, bool)>,
    /// Tasks that were said to be sent, and not to have ended.
    open: BTreeSet<TaskId>,
}

impl World {
    pub fn config() -> Config {
        Config {
            shard_count: SHARDS,
            replication: 2,
            lease_ms: 2_000,
            silence_ms: 10_000,
            max_batch: 4,
            max_batch_weight: 100,
            max_requests: 50,
        }
    }

    pub fn new() -> World {
        World::with(World::config())
    }

    pub fn with(config: Config) -> World {
        World {
            scheduler: Scheduler::new(config),
            now: 0,
            told: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            answered: Vec::new(),
            credited: HashMap::new(),
            ended: HashMap::new(),
            order: Vec::new(),
            deadlines: HashMap::new(),
            sent_sizes: Vec::new(),
            ordinary: 0,
            copies: 0,
            open: BTreeSet::new(),
            model_holders: BTreeSet::new(),
            fell_back: Vec::new(),
        }
    }

    /// A worker's program starts, or says its name again.
    pub fn register(&mut self, n: u8) {
        self.told.remove(&worker(n));
        self.scheduler.register(self.now, worker(n), 2, Report::default());
        self.carry_out();
    }

    /// A worker does as it was told, and says so.
    pub fn obey(&mut self, n: u8) {
        self.report(n, false);
    }

    pub fn drain(&mut self, n: u8) {
        self.report(n, true);
    }

    fn report(&mut self, n: u8, draining: bool) {
        let order = self.told.get(&worker(n)).cloned();
        let model = self.model_holders.contains(&n).then_some(MODEL);
        let ready = order.iter().flat_map(|order| order.shards.iter().copied()).chain(model).collect();
        self.scheduler.report(self.now, &worker(n), Report { ready, draining, order });
        self.carry_out();
    }

    /// A worker says it is ready for shards that it was not told to hold, and may not have.
    fn lie(&mut self, n: u8, shards: u64) {
        let ready = (0..SHARDS).filter(|shard| shards >> shard & 1 == 1).collect();
        self.scheduler.report(self.now, &worker(n), Report { ready, ..Report::default() });
        self.carry_out();
    }

    /// Somebody else gives a worker an order.
    pub fn forge(&mut self, n: u8, sequence: u64, shards: Vec<u32>) {
        self.told.insert(worker(n), Order { sequence, shards });
    }

    pub fn vanish(&mut self, n: u8) {
        self.scheduler.lose(self.now, &worker(n), "it vanished");
        self.carry_out();
    }

    pub fn submit(&mut self, timeout: Millis) {
        self.submit_weighing(timeout, 1);
    }

    pub fn submit_weighing(&mut self, timeout: Millis, weight: usize) {
        self.submit_for(Work::Neighbours, timeout, weight);
    }

    pub fn submit_for(&mut self, work: Work, timeout: Millis, weight: usize) {
        let id = uuid::Uuid::from_u128(self.order.len() as u128);
        if self.scheduler.submit(self.now, id, self.now + timeout, weight, work).is_ok() {
            self.order.push(id);
            self.credited.insert(id, BTreeSet::new());
            self.deadlines.insert(id, self.now + timeout);
        }
        self.carry_out();
    }

    fn cancel(&mut self, pick: usize) {
        if let Some(&id) = pick_from(&self.order, pick)
            && self.scheduler.cancel(self.now, id)
        {
            assert!(self.ended.insert(id, "cancelled").is_none(), "{id} ended twice");
        }
        self.carry_out();
    }

    pub fn answer(&mut self, pick: usize) {
        let open: Vec<TaskId> = self.in_flight.keys().copied().collect();
        if let Some(&task) = pick_from(&open, pick) {
            self.answer_task(task);
        }
    }

    pub fn answer_all(&mut self) {
        while let Some(&task) = self.in_flight.keys().next() {
            self.answer_task(task);
        }
    }

    pub fn answer_all_of(&mut self, name: &WorkerId) {
        while let Some(task) = self.in_flight.iter().find(|(_, sent)| sent.worker == *name).map(|(task, _)| *task) {
            self.answer_task(task);
        }
    }

    pub fn answer_all_but(&mut self, kept: TaskId) {
        while let Some(task) = self.in_flight.keys().copied().find(|task| *task != kept) {
            self.answer_task(task);
        }
    }

    pub fn answer_task(&mut self, task: TaskId) {
        let Some(Sent { worker, attempt, shards, requests }) = self.in_flight.remove(&task) else { return };
        self.answered.push((task, worker.clone(), attempt));
        if let Ok(accepted) = self.scheduler.result(self.now, &worker, task, attempt) {
            assert_eq!(accepted.shards, shards);
            assert_eq!(accepted.requests.len(), requests.len());
            for id in accepted.requests.into_iter().flatten() {
                assert!(!self.ended.contains_key(&id), "{id} was credited after its end");
                let credited = self.credited.get_mut(&id).unwrap();
                for shard in shards.iter() {
                    assert!(credited.insert(*shard), "shard {shard} was credited twice to {id}");
                }
            }
        }
        self.carry_out();
    }

    fn answer_again(&mut self, pick: usize) {
        if let Some((task, worker, attempt)) = pick_from(&self.answered, pick).cloned() {
            assert_eq!(self.scheduler.result(self.now, &worker, task, attempt), Err(Stale));
        }
    }

    /// A worker hands in what another one was sent, or an attempt that is not the current one.
    fn answer_for_another(&mut self, pick: usize) {
        let open: Vec<TaskId> = self.in_flight.keys().copied().collect();
        let Some(&task) = pick_from(&open, pick) else { return };
        let sent = self.in_flight[&task].clone();
        let stranger = (0..WORKERS).map(worker).find(|name| *name != sent.worker).unwrap();
        assert_eq!(self.scheduler.result(self.now, &stranger, task, sent.attempt), Err(Stale));
        assert_eq!(self.scheduler.result(self.now, &sent.worker, task, sent.attempt + 1), Err(Stale));
        self.carry_out();
    }

    fn hand_in_nonsense(&mut self, pick: usize) {
        let open: Vec<TaskId> = self.in_flight.keys().copied().collect();
        let Some(&task) = pick_from(&open, pick) else { return };
        let sent = self.in_flight[&task].clone();
        self.scheduler.refuse(self.now, &sent.worker, task, sent.attempt);
        self.carry_out();
    }

    pub fn wait(&mut self, ms: Millis) {
        let end = self.now + ms;
        while self.now < end {
            self.now = (self.now + 100).min(end);
            self.scheduler.hedge(self.now);
            self.scheduler.tick(self.now);
            self.carry_out();
        }
        // Whoever ticks keeps deadlines.
        for (id, deadline) in &self.deadlines {
            assert!(*deadline > self.now || self.ended.contains_key(id), "{id} is past its deadline");
        }
    }

    pub fn carry_out(&mut self) {
        for news in self.scheduler.take_news() {
            match news {
                TaskNews::Sent { task, .. } => assert!(self.open.insert(task), "task {task} was sent twice"),
                TaskNews::Ended { task, .. } => {
                    assert!(self.open.remove(&task), "task {task} ended twice, or never was")
                }
            }
        }
        assert!(self.open.iter().eq(self.scheduler.tasks.keys()), "what is under way is what was said to be");
        for command in self.scheduler.take_commands() {
            match command {
                Command::Assign { worker, sequence, shards } => {
                    let later = |current: &Order| {
                        sequence != current.sequence && sequence.wrapping_sub(current.sequence) < 1 << 63
                    };
                    if self.told.get(&worker).is_none_or(later) {
                        self.told.insert(worker, Order { sequence, shards });
                    }
                }
                Command::Send { worker, task, attempt, shards, requests } => {
                    assert!(requests.len() <= World::config().max_batch);
                    for id in &requests {
                        assert!(!self.ended.contains_key(id), "a part of {id} was sent after its end");
                    }
                    match self.scheduler.tasks.get(&task).map(|task| &task.role) {
                        Some(Role::CopyOf(_)) => self.copies += 1,
                        Some(Role::Probe) => {}
                        _ => self.ordinary += 1,
                    }
                    self.sent_sizes.push(requests.len());
                    self.in_flight.insert(task, Sent { worker, attempt, shards, requests });
                }
                Command::Complete { request, shards_done } => {
                    assert!(self.ended.insert(request, "complete").is_none(), "{request} ended twice");
                    // The result that completes it is credited here after the command was made.
                    assert!(self.credited[&request].len() as u32 <= shards_done);
                }
                Command::Progress { request, shards_done, .. } => {
                    assert!(shards_done <= SHARDS);
                    assert!(self.credited.contains_key(&request));
                }
                Command::CancelTask { task, .. } => {
                    self.in_flight.remove(&task);
                }
                Command::FellBack { request, late } => {
                    assert!(!self.ended.contains_key(&request), "{request} fell back after its end");
                    self.fell_back.push((request, late));
                }
                Command::Lost { .. } | Command::Demoted { .. } | Command::Restored { .. } => {}
            }
        }
        let budget = u64::from(hedging::SAVED_COPIES) + self.ordinary / u64::from(hedging::TASKS_PER_COPY);
        assert!(self.copies <= budget, "{} copies for {} tasks", self.copies, self.ordinary);
    }

    fn step(&mut self, dice: &mut Dice) {
        let n = dice.below(u64::from(WORKERS)) as u8;
        let pick = dice.below(1 << 20) as usize;
        match dice.below(32) {
            0..2 => self.register(n),
            2..7 => self.obey(n),
            7 => self.drain(n),
            8 => self.vanish(n),
            9 => {
                self.lie(n, dice.below(1 << SHARDS));
                if !self.model_holders.remove(&n) {
                    self.model_holders.insert(n);
                }
            }
            10 => self.forge(n, dice.below(u64::MAX), vec![0, 3]),
            11..17 => {
                let work = match pick % 2 {
                    0 => Work::Neighbours,
                    _ => Work::Model { until: self.now + 2_000 },
                };
                self.submit_for(work, [500, 5_000, 30_000][pick % 3], 1 + pick % 60);
            }
            17 => self.cancel(pick),
            18..24 => self.answer(pick),
            24 => self.answer_again(pick),
            25 => self.answer_for_another(pick),
            26 => self.hand_in_nonsense(pick),
            27 => self.answer_all_of(&worker(n)),
            28..31 => self.wait(1 + dice.below(400)),
            _ => self.wait(1 + dice.below(3_000)),
        }
        self.scheduler.hold_to_promises();
    }

    /// Every worker is there and answers at once, for as long as there is anything to answer.
    fn heal(&mut self) {
        (0..WORKERS).for_each(|n| self.register(n));
        for _ in 0..40 {
            // Long enough for what was forged to be put right.
            self.now += 1_000;
            self.scheduler.tick(self.now);
            (0..WORKERS).for_each(|n| self.obey(n));
            self.answer_all();
            let done = self.scheduler.load();
            if done.requests == 0 && done.shards_ready == SHARDS as usize {
                break;
            }
        }
        for id in &self.order {
            assert!(self.ended.contains_key(id), "{id} never ended although every worker answers");
        }
        let Load { requests, queue_depth, shards_ready, .. } = self.scheduler.load();
        assert_eq!((requests, queue_depth, shards_ready), (0, 0, SHARDS as usize));
    }
}

impl Scheduler {
    /// What holds between any two events, seen from inside.
    fn hold_to_promises(&self) {
        let mut places: HashMap<(RequestId, u32), u32> = HashMap::new();
        for part in self.workers.values().flat_map(|worker| &worker.backlog) {
            for &shard in part.shards.iter() {
                *places.entry((part.request, shard)).or_default() += 1;
            }
        }
        for (id, task) in &self.tasks {
            assert!(self.workers[&task.worker].in_flight.contains(id), "{id} is in no hand");
            match &task.role {
                Role::Probe => continue,
                Role::Raced { copies } => {
                    assert!(!copies.is_empty());
                    let covered: BTreeSet<u32> =
                        copies.iter().flat_map(|copy| self.tasks[copy].shards.iter().copied()).collect();
                    assert_eq!(covered, task.shards.iter().copied().collect(), "copies cover what they race for");
                    assert!(copies.iter().all(|copy| self.tasks[copy].role == Role::CopyOf(*id)));
                    assert!(copies.iter().all(|copy| self.tasks[copy].worker != task.worker));
                }
                Role::CopyOf(original) => {
                    assert!(matches!(&self.tasks[original].role, Role::Raced { copies } if copies.contains(id)));
                    continue;
                }
                Role::Alone => {}
            }
            for (&request, &shard) in task
                .requests
                .iter()
                .filter(|id| self.waits_for(**id, &task.shards))
                .flat_map(|id| task.shards.iter().map(move |shard| (id, shard)))
            {
                *places.entry((request, shard)).or_default() += 1;
            }
        }
        for (name, worker) in &self.workers {
            assert!(worker.in_flight.len() <= worker.slots, "{name} has more than it takes");
            assert!(worker.in_flight.iter().all(|task| self.tasks[task].worker == *name));
        }
        for (id, request) in &self.requests {
            let (mut placed, mut backlogged) = (0, 0);
            for shard in (0..self.config.shard_count).chain([MODEL]) {
                let count = places.get(&(*id, shard)).copied().unwrap_or_default();
                let waits = request.awaits_a_worker_for(shard);
                assert!(count + u32::from(waits) <= 1, "shard {shard} of {id} is in two places");
                placed += count + u32::from(waits);
            }
            for part in self.workers.values().flat_map(|worker| &worker.backlog) {
                backlogged += usize::from(part.request == *id);
            }
            request.hold_to_counts(placed, backlogged, self.config.shard_count);
        }
        // A worker that delivers is used before one that does not.
        for worker in self.workers.values().filter(|worker| worker.usefulness.is_demoted()) {
            for part in &worker.backlog {
                for &shard in part.shards.iter() {
                    let other = self.workers.values().any(|w| !w.usefulness.is_demoted() && w.ready.contains(&shard));
                    assert!(!other, "shard {shard} waits for a demoted worker while another has it");
                }
            }
        }
    }
}

fn pick_from<T>(list: &[T], pick: usize) -> Option<&T> {
    (!list.is_empty()).then(|| &list[pick % list.len()])
}

/// splitmix64: the same history for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

fn history(seed: u64) {
    let mut dice = Dice(seed);
    let mut world = World::new();
    for _ in 0..STEPS {
        world.step(&mut dice);
    }
    world.heal();
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, not a number")))
}

#[test]
fn whatever_workers_do_each_request_ends_once_and_counts_each_shard_once() {
    if let Some(seed) = number("SIMULATION_SEED") {
        return history(seed);
    }
    let histories = number("SIMULATION_HISTORIES").unwrap_or(HISTORIES);
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    std::thread::scope(|scope| {
        for first in 0..threads {
            scope.spawn(move || {
                for seed in (first..histories).step_by(threads as usize) {
                    if std::panic::catch_unwind(|| history(seed)).is_err() {
                        panic!("history {seed} broke a promise; replay it with SIMULATION_SEED={seed}");
                    }
                }
            });
        }
    });
}
