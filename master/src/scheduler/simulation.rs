//! A farm in miniature: random workers that come, go, stall and answer twice, held against the scheduler's promises.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

const SHARDS: u32 = 8;

fn config() -> Config {
    Config { shard_count: SHARDS, replication: 2, lease_ms: 2_000, silence_ms: 10_000, max_batch: 4, max_requests: 50 }
}

fn worker(n: u8) -> WorkerId {
    format!("w{n}").into()
}

#[derive(Clone, Debug)]
enum Step {
    Register(u8),
    Obey(u8),
    Drain(u8),
    Vanish(u8),
    Submit,
    Cancel(usize),
    Answer(usize),
    AnswerAgain(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..4u8).prop_map(Step::Register),
        4 => (0..4u8).prop_map(Step::Obey),
        1 => (0..4u8).prop_map(Step::Drain),
        1 => (0..4u8).prop_map(Step::Vanish),
        4 => Just(Step::Submit),
        1 => any::<usize>().prop_map(Step::Cancel),
        6 => any::<usize>().prop_map(Step::Answer),
        2 => any::<usize>().prop_map(Step::AnswerAgain),
        2 => (1..3_000u64).prop_map(Step::Wait),
    ]
}

/// Worker, attempt, shards and requests of a task that was sent.
type SentTask = (WorkerId, u32, Arc<[u32]>, Vec<RequestId>);

/// What the outside world sees of the scheduler.
struct World {
    scheduler: Scheduler,
    now: Millis,
    told: BTreeMap<WorkerId, Vec<u32>>,
    in_flight: BTreeMap<TaskId, SentTask>,
    answered: Vec<(TaskId, WorkerId, u32)>,
    /// Shards credited to each request, and how it ended.
    credited: HashMap<RequestId, BTreeSet<u32>>,
    ended: HashMap<RequestId, &'static str>,
    order: Vec<RequestId>,
}

impl World {
    fn new() -> World {
        World {
            scheduler: Scheduler::new(config()),
            now: 0,
            told: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            answered: Vec::new(),
            credited: HashMap::new(),
            ended: HashMap::new(),
            order: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Register(n) => {
                self.told.remove(&worker(n));
                self.scheduler.register(self.now, worker(n), 2, BTreeSet::new());
            }
            Step::Obey(n) => self.report(&worker(n), false),
            Step::Drain(n) => self.report(&worker(n), true),
            Step::Vanish(n) => self.scheduler.lose(self.now, &worker(n), "it vanished"),
            Step::Submit => {
                let id = uuid::Uuid::from_u128(self.order.len() as u128);
                if self.scheduler.submit(self.now, id, self.now + 30_000).is_ok() {
                    self.order.push(id);
                    self.credited.insert(id, BTreeSet::new());
                }
            }
            Step::Cancel(pick) => {
                if let Some(&id) = pick_from(&self.order, pick)
                    && self.scheduler.cancel(self.now, id)
                {
                    assert!(self.ended.insert(id, "cancelled").is_none(), "{id} ended twice");
                }
            }
            Step::Answer(pick) => {
                let open: Vec<TaskId> = self.in_flight.keys().copied().collect();
                if let Some(&task) = pick_from(&open, pick) {
                    self.answer(task);
                }
            }
            Step::AnswerAgain(pick) => {
                if let Some((task, worker, attempt)) = pick_from(&self.answered, pick).cloned() {
                    assert_eq!(self.scheduler.result(self.now, &worker, task, attempt), Err(Stale));
                }
            }
            Step::Wait(ms) => {
                self.now += ms;
                self.scheduler.tick(self.now);
            }
        }
        self.carry_out();
    }

    fn report(&mut self, id: &WorkerId, draining: bool) {
        let ready = self.told.get(id).map(|shards| shards.iter().copied().collect()).unwrap_or_default();
        self.scheduler.report(self.now, id, ready, draining);
    }

    fn answer(&mut self, task: TaskId) {
        let Some((worker, attempt, shards, requests)) = self.in_flight.remove(&task) else { return };
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
    }

    fn carry_out(&mut self) {
        for command in self.scheduler.take_commands() {
            match command {
                Command::Assign { worker, shards, .. } => {
                    self.told.insert(worker, shards);
                }
                Command::Send { worker, task, attempt, shards, requests } => {
                    assert!(requests.len() <= config().max_batch);
                    for id in &requests {
                        assert!(!self.ended.contains_key(id), "a part of {id} was sent after its end");
                    }
                    let held = &self.told[&worker];
                    assert!(
                        shards.iter().all(|shard| held.contains(shard)),
                        "{worker} was told not to hold {shards:?}"
                    );
                    self.in_flight.insert(task, (worker, attempt, shards, requests));
                }
                Command::Complete { request, shards_done } => {
                    assert!(self.ended.insert(request, "complete").is_none(), "{request} ended twice");
                    assert_eq!(self.credited[&request].len() as u32, shards_done);
                }
                Command::Progress { request, shards_done, .. } => {
                    assert!(shards_done <= SHARDS);
                    assert!(self.credited.contains_key(&request));
                }
                Command::CancelTask { .. } | Command::Lost { .. } => {}
            }
        }
    }

    /// Every worker is there and answers at once, for as long as there is anything to answer.
    fn heal(&mut self) {
        for n in 0..4 {
            self.take(Step::Register(n));
        }
        for _ in 0..200 {
            for n in 0..4 {
                self.take(Step::Obey(n));
            }
            let open: Vec<TaskId> = self.in_flight.keys().copied().collect();
            for task in open {
                self.answer(task);
                self.carry_out();
            }
        }
    }
}

fn pick_from<T>(list: &[T], pick: usize) -> Option<&T> {
    (!list.is_empty()).then(|| &list[pick % list.len()])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_workers_do_each_request_ends_once_and_counts_each_shard_once(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.heal();
        for id in &world.order {
            prop_assert!(world.ended.contains_key(id), "{} never ended although every worker answers", id);
        }
        prop_assert_eq!(world.scheduler.load().requests, 0);
        prop_assert_eq!(world.scheduler.load().queue_depth, 0);
        prop_assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
    }
}

fn farm_of(workers: u8) -> World {
    let mut world = World::new();
    for n in 0..workers {
        world.take(Step::Register(n));
    }
    for _ in 0..2 {
        for n in 0..workers {
            world.take(Step::Obey(n));
        }
    }
    world
}

#[test]
fn both_of_two_workers_get_half_of_each_request() {
    let mut world = farm_of(2);
    world.take(Step::Submit);
    let shares: BTreeMap<WorkerId, usize> =
        world.in_flight.values().map(|(worker, _, shards, _)| (worker.clone(), shards.len())).collect();
    assert_eq!(shares, BTreeMap::from([(worker(0), 4), (worker(1), 4)]));
}

#[test]
fn requests_that_wait_for_a_busy_worker_share_a_task_up_to_the_bound() {
    let mut world = farm_of(1);
    for _ in 0..7 {
        world.take(Step::Submit);
    }
    assert_eq!(world.in_flight.values().map(|task| task.3.len()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(world.scheduler.load().queue_depth, 5);
    world.take(Step::Answer(0));
    assert_eq!(world.in_flight.values().map(|task| task.3.len()).max(), Some(4));
}

#[test]
fn the_tasks_of_a_lost_worker_go_to_the_other_at_once_with_the_next_attempt() {
    let mut world = farm_of(2);
    world.take(Step::Submit);
    world.take(Step::Vanish(0));
    let resent: Vec<_> = world.in_flight.values().filter(|task| task.0 == worker(1) && task.1 == 2).collect();
    assert_eq!(resent.len(), 1, "the other worker holds every shard as second replica");
    for _ in 0..3 {
        world.take(Step::Answer(0));
    }
    assert_eq!(world.ended.values().collect::<Vec<_>>(), [&"complete"]);
    assert_eq!(world.credited.values().next().unwrap().len(), SHARDS as usize);
}

#[test]
fn a_silent_worker_loses_its_lease_and_its_late_result_is_stale() {
    let mut world = farm_of(2);
    world.take(Step::Submit);
    let (&task, (silent, attempt, ..)) = world.in_flight.iter().next().unwrap();
    let (silent, attempt) = (silent.clone(), *attempt);
    world.take(Step::Wait(2_000));
    assert!(!world.scheduler.knows(&silent));
    assert_eq!(world.scheduler.result(world.now, &silent, task, attempt), Err(Stale));
}

#[test]
fn at_the_deadline_a_request_completes_with_the_shards_it_has() {
    let mut world = farm_of(2);
    world.take(Step::Submit);
    world.take(Step::Answer(0));
    for _ in 0..16 {
        world.now += 2_000;
        world.scheduler.tick(world.now);
    }
    let ends: Vec<_> =
        world.scheduler.take_commands().into_iter().filter(|c| matches!(c, Command::Complete { .. })).collect();
    assert_eq!(ends, [Command::Complete { request: world.order[0], shards_done: 4 }]);
}

#[test]
fn a_draining_worker_keeps_its_shards_until_another_is_ready_and_is_then_released() {
    let mut world = farm_of(1);
    world.take(Step::Register(1));
    world.take(Step::Drain(0));
    assert!(!world.scheduler.is_released(&worker(0)), "worker 1 has nothing yet");
    assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
    world.take(Step::Obey(1));
    assert!(world.scheduler.is_released(&worker(0)));
    assert_eq!(world.told[&worker(0)], Vec::<u32>::new());
    assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
}

#[test]
fn what_waits_for_a_worker_leaves_it_with_the_shard() {
    let mut world = farm_of(2);
    for _ in 0..6 {
        world.take(Step::Submit);
    }
    world.take(Step::Register(2));
    world.take(Step::Obey(2));
    // Each task that is sent now is held against what its worker was told to hold.
    world.heal();
    assert_eq!(world.ended.len(), 6);
}

#[test]
fn past_the_bound_a_request_is_refused() {
    let mut world = farm_of(0);
    for _ in 0..60 {
        world.take(Step::Submit);
    }
    assert_eq!(world.order.len(), 50);
}
