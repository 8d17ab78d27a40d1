//! What the scheduler promises, one promise a test.

use std::collections::BTreeMap;

use crate::simulation::{FOREVER, SHARDS, World, worker};
use crate::*;

fn farm_of(workers: u8) -> World {
    let mut world = World::new();
    for n in 0..workers {
        world.register(n);
    }
    for _ in 0..2 {
        (0..workers).for_each(|n| world.obey(n));
    }
    world
}

/// A farm of two that has computed enough to know what is late.
fn warm_farm() -> World {
    let mut world = farm_of(2);
    for _ in 0..20 {
        world.submit(FOREVER);
        world.answer_all();
    }
    world
}

fn tasks_of(world: &World, name: &WorkerId) -> Vec<TaskId> {
    world.in_flight.iter().filter(|(_, task)| task.worker == *name).map(|(id, _)| *id).collect()
}

#[test]
fn both_of_two_workers_get_half_of_each_request() {
    let mut world = farm_of(2);
    world.submit(FOREVER);
    let shares: BTreeMap<WorkerId, usize> =
        world.in_flight.values().map(|task| (task.worker.clone(), task.shards.len())).collect();
    assert_eq!(shares, BTreeMap::from([(worker(0), 4), (worker(1), 4)]));
}

#[test]
fn requests_that_wait_for_a_busy_worker_share_a_task_up_to_the_bound() {
    let mut world = farm_of(1);
    (0..7).for_each(|_| world.submit(FOREVER));
    assert_eq!(world.in_flight.values().map(|task| task.requests.len()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(world.scheduler.load().queue_depth, 5);
    world.answer(0);
    assert_eq!(world.in_flight.values().map(|task| task.requests.len()).max(), Some(4));
}

#[test]
fn heavy_requests_do_not_travel_together_past_the_bound_and_one_that_is_heavier_travels_alone() {
    let mut world = farm_of(1);
    for weight in [1, 1, 60, 60, 500, 1] {
        world.submit_weighing(FOREVER, weight);
    }
    world.answer(0);
    world.answer(0);
    world.answer(0);
    let sent: Vec<usize> = world.sent_sizes.clone();
    assert_eq!(sent, [1, 1, 1, 1, 1], "60 and 60 pass the bound of 100, and so does 500 alone");
}

#[test]
fn the_tasks_of_a_lost_worker_go_to_the_other_at_once_with_the_next_attempt() {
    let mut world = farm_of(2);
    world.submit(FOREVER);
    world.vanish(0);
    let resent = world.in_flight.values().filter(|task| task.worker == worker(1) && task.attempt == 2).count();
    assert_eq!(resent, 1, "the other worker holds every shard as second replica");
    world.answer_all();
    assert_eq!(world.ended.values().collect::<Vec<_>>(), [&"complete"]);
    assert_eq!(world.credited.values().next().unwrap().len(), SHARDS as usize);
}

#[test]
fn a_silent_worker_loses_its_lease_and_its_late_result_is_stale() {
    let mut world = farm_of(2);
    world.submit(FOREVER);
    let (&task, sent) = world.in_flight.iter().next().unwrap();
    let (silent, attempt) = (sent.worker.clone(), sent.attempt);
    world.wait(2_000);
    assert!(!world.scheduler.knows(&silent));
    assert_eq!(world.scheduler.result(world.now, &silent, task, attempt), Err(Stale));
}

#[test]
fn at_the_deadline_a_request_completes_with_the_shards_it_has() {
    let mut world = farm_of(2);
    world.submit(30_000);
    world.answer(0);
    for _ in 0..16 {
        world.now += 2_000;
        world.scheduler.tick(world.now);
    }
    let ends: Vec<_> =
        world.scheduler.take_commands().into_iter().filter(|c| matches!(c, Command::Complete { .. })).collect();
    assert_eq!(ends, [Command::Complete { request: world.order[0], shards_done: 4 }]);
    assert_eq!(world.scheduler.lately(), Lately { ended: 1, incomplete: 1 });
}

#[test]
fn a_draining_worker_keeps_its_shards_until_another_is_ready_and_is_then_released() {
    let mut world = farm_of(1);
    world.register(1);
    world.drain(0);
    assert!(!world.scheduler.is_released(&worker(0)), "worker 1 has nothing yet");
    assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
    world.obey(1);
    assert!(world.scheduler.is_released(&worker(0)));
    assert_eq!(world.told[&worker(0)].shards, Vec::<u32>::new());
    assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
}

#[test]
fn what_waits_for_a_worker_leaves_it_with_the_shard() {
    let mut world = farm_of(1);
    world.register(1);
    world.register(2);
    (0..4).for_each(|_| world.submit(FOREVER));
    let before = world.told[&worker(0)].shards.len();
    world.obey(1);
    assert!(world.told[&worker(0)].shards.len() < before, "some shards are on the newcomers now");
    // Each task that is sent now is held against what its worker was told to hold.
    (0..4).for_each(|_| world.answer(0));
}

#[test]
fn past_the_bound_a_request_is_refused() {
    let mut world = farm_of(0);
    (0..60).for_each(|_| world.submit(FOREVER));
    assert_eq!(world.order.len(), 50);
}

#[test]
fn a_worker_that_speaks_and_never_hands_in_is_demoted_within_a_lease_and_others_get_its_work() {
    let mut world = farm_of(2);
    for _ in 0..22 {
        world.submit(FOREVER);
        world.answer_all_of(&worker(1));
        world.obey(0);
        world.wait(100);
        world.answer_all_of(&worker(1));
    }
    assert_eq!(*world.scheduler.demoted(), [worker(0)]);
    let now = world.now;
    world.submit(FOREVER);
    assert!(tasks_of(&world, &worker(0)).len() <= 1, "it may have a probe");
    world.answer_all_of(&worker(1));
    assert_eq!(world.ended.len(), world.order.len(), "every request is answered by the other one");
    assert_eq!(world.now, now, "and nobody had to wait");
}

#[test]
fn a_demoted_worker_gets_work_when_nobody_else_has_the_shards_and_an_answer_restores_it() {
    let mut world = farm_of(2);
    world.submit(FOREVER);
    world.obey(0);
    world.now += 1;
    world.obey(0);
    world.answer_all_of(&worker(1));
    world.wait(2_000);
    assert_eq!(*world.scheduler.demoted(), [worker(0)]);
    world.vanish(1);
    world.obey(0);
    world.submit(FOREVER);
    world.answer_all();
    assert_eq!(world.ended.len(), 2);
    assert!(world.scheduler.demoted().is_empty());
}

#[test]
fn a_probe_restores_a_demoted_worker_and_counts_for_nothing_else() {
    let mut world = warm_farm();
    world.submit(FOREVER);
    world.now += 1;
    world.obey(0);
    world.answer_all_of(&worker(1));
    world.obey(0);
    for _ in 0..25 {
        world.obey(0);
        world.wait(100);
        world.answer_all_of(&worker(1));
        world.submit(FOREVER);
        world.answer_all_of(&worker(1));
    }
    assert_eq!(*world.scheduler.demoted(), [worker(0)]);
    world.wait(1_000);
    world.submit(FOREVER);
    let probes = tasks_of(&world, &worker(0));
    assert_eq!(probes.len(), 1, "its time for a probe has come");
    world.answer_all();
    assert!(world.scheduler.demoted().is_empty());
    assert_eq!(world.ended.len(), world.order.len());
}

#[test]
fn a_late_task_goes_to_another_holder_too_and_the_first_answer_wins() {
    let mut world = warm_farm();
    world.submit(FOREVER);
    world.answer_all_of(&worker(1));
    let late = tasks_of(&world, &worker(0));
    world.wait(40);
    assert!(tasks_of(&world, &worker(1)).is_empty(), "under the floor nothing is late");
    world.wait(60);
    let copies = tasks_of(&world, &worker(1));
    assert_eq!((late.len(), copies.len()), (1, 1));
    world.answer_task(copies[0]);
    assert_eq!(world.ended.len(), world.order.len());
    assert!(world.in_flight.is_empty(), "the late one is cancelled");
    assert_eq!(world.scheduler.result(world.now, &worker(0), late[0], 1), Err(Stale));
}

#[test]
fn copies_keep_to_their_budget_however_many_tasks_are_late() {
    let mut world = warm_farm();
    let before = world.sent_sizes.len();
    for _ in 0..200 {
        world.submit(FOREVER);
        world.wait(100);
        world.answer_all();
    }
    let sent = world.sent_sizes.len() - before;
    assert!((401..=400 + 20 + 5).contains(&sent), "{sent} tasks for 400 shares: a copy for each 20, and a few saved");
}

#[test]
fn the_next_attempt_at_a_lost_lease_goes_to_another_holder() {
    let mut world = farm_of(3);
    for _ in 0..3 {
        world.submit(FOREVER);
        let (&task, sent) = world.in_flight.iter().next().unwrap();
        let (loser, shards) = (sent.worker.clone(), sent.shards.clone());
        world.answer_all_but(task);
        world.now += 1;
        (0..3).for_each(|n| world.obey(n));
        world.now += 2_100;
        world.scheduler.tick(world.now);
        world.carry_out();
        let again: Vec<_> =
            world.in_flight.values().filter(|task| task.shards.iter().any(|shard| shards.contains(shard))).collect();
        assert!(!again.is_empty() && again.iter().all(|task| task.worker != loser), "not to {loser} again");
        world.answer_all();
    }
}

#[test]
fn a_worker_whose_results_are_refused_often_is_demoted_and_strangers_cannot_speak_for_it() {
    let mut world = farm_of(2);
    world.submit(FOREVER);
    assert!(!world.scheduler.refuse(world.now, &worker(0), 999, 1), "there is no such task");
    for _ in 0..3 {
        world.submit(FOREVER);
        let task = tasks_of(&world, &worker(0))[0];
        let attempt = world.in_flight.remove(&task).unwrap().attempt;
        assert!(world.scheduler.refuse(world.now, &worker(0), task, attempt));
        world.carry_out();
        world.answer_all_of(&worker(1));
    }
    assert_eq!(*world.scheduler.demoted(), [worker(0)]);
    world.answer_all_of(&worker(1));
    world.answer_all_of(&worker(1));
    assert_eq!(world.ended.len(), world.order.len(), "the other one did the work");
}

#[test]
fn a_worker_told_by_somebody_else_is_told_again_whatever_number_was_forged() {
    for forged in [2, 77, 1 << 63, u64::MAX - 1, u64::MAX] {
        let mut world = farm_of(2);
        let told = world.told[&worker(0)].clone();
        assert_eq!(told.shards.len(), SHARDS as usize);
        world.now += 5_000;
        world.forge(0, forged, Vec::new());
        for _ in 0..4 {
            world.now += 2_000;
            world.obey(0);
            world.obey(1);
        }
        assert_eq!(world.told[&worker(0)].shards, told.shards, "after an order with the number {forged}");
        assert_eq!(world.scheduler.load().shards_ready, SHARDS as usize);
    }
}

#[test]
fn an_order_that_was_lost_is_told_again_but_not_in_a_storm() {
    let mut world = farm_of(1);
    world.told.remove(&worker(0));
    let mut tellings = 0;
    for _ in 0..600 {
        world.now += 100;
        world.scheduler.report(world.now, &worker(0), Report::default());
        let commands = world.scheduler.take_commands();
        tellings += commands.iter().filter(|command| matches!(command, Command::Assign { .. })).count();
    }
    assert!((5..=8).contains(&tellings), "{tellings} times in a minute");
}

#[test]
fn where_no_holder_delivers_a_shard_is_placed_on_one_that_may() {
    let mut world = World::with(Config { replication: 1, ..World::config() });
    (0..3).for_each(|n| world.register(n));
    (0..2).for_each(|_| (0..3).for_each(|n| world.obey(n)));
    world.submit(FOREVER);
    let lazy = world.in_flight.values().next().unwrap().worker.clone();
    world.now += 1;
    (0..3).for_each(|n| world.obey(n));
    [worker(0), worker(1), worker(2)].iter().filter(|name| **name != lazy).for_each(|name| world.answer_all_of(name));
    world.wait(2_100);
    assert_eq!(*world.scheduler.demoted(), *std::slice::from_ref(&lazy));
    (0..3).for_each(|n| world.obey(n));
    world.wait(600);
    [worker(0), worker(1), worker(2)].iter().filter(|name| **name != lazy).for_each(|name| world.answer_all_of(name));
    assert_eq!(world.ended.len(), 1, "somebody else fetched the shards and answered");
}

#[test]
fn whoever_counts_hears_why_each_task_was_sent_and_how_it_ended() {
    let mut world = warm_farm();
    let news = |world: &mut World| {
        let heard = world.scheduler.take_news().into_iter().map(|news| match news {
            TaskNews::Sent { worker, sending, .. } => format!("{worker} {sending:?}"),
            TaskNews::Ended { worker, end, .. } => format!("{worker} {end:?}"),
        });
        let mut heard: Vec<String> = heard.collect();
        heard.sort();
        heard
    };
    let (first, second) = (worker(0), worker(1));
    let submit =
        |world: &mut World| world.scheduler.submit(world.now, uuid::Uuid::new_v4(), FOREVER, 1, Work::Neighbours);

    submit(&mut world).unwrap();
    assert_eq!(news(&mut world), [format!("{first} First"), format!("{second} First")]);
    world.now += 500;
    world.scheduler.hedge(world.now);
    assert_eq!(news(&mut world), [format!("{first} Hedge"), format!("{second} Hedge")]);
    world.scheduler.lose(world.now, &first, "it vanished");
    assert_eq!(news(&mut world), [format!("{first} Lost"), format!("{first} Lost")]);

    world.scheduler.report(world.now + 1, &second, Report { ready: (0..SHARDS).collect(), ..Report::default() });
    world.scheduler.tick(world.now + 2_000);
    let ended = news(&mut world);
    assert!(ended.contains(&format!("{second} LeaseExpired")), "{ended:?}");
    assert!(ended.contains(&format!("{second} Retry")), "{ended:?}");
}

/// For the model, which has two seconds.
fn for_the_model(world: &mut World) {
    let until = world.now + 2_000;
    world.submit_for(Work::Model { until }, FOREVER, 1);
}

#[test]
fn one_worker_that_holds_the_model_answers_alone() {
    let mut world = farm_of(2);
    world.model_holders.insert(1);
    world.obey(1);
    for_the_model(&mut world);
    let sent: Vec<_> = world.in_flight.values().map(|task| (task.worker.clone(), task.shards.to_vec())).collect();
    assert_eq!(sent, [(worker(1), vec![MODEL])]);
    world.answer(0);
    assert_eq!((world.ended.len(), world.in_flight.len(), world.fell_back.len()), (1, 0, 0));
}

#[test]
fn requests_for_the_model_are_spread_over_those_who_hold_it() {
    let mut world = farm_of(2);
    world.model_holders.extend([0, 1]);
    (0..2).for_each(|n| world.obey(n));
    (0..4).for_each(|_| for_the_model(&mut world));
    for n in 0..2 {
        assert_eq!(tasks_of(&world, &worker(n)).len(), 2);
    }
}

#[test]
fn where_no_worker_holds_the_model_neighbours_answer() {
    let mut world = farm_of(2);
    for_the_model(&mut world);
    assert_eq!(world.fell_back.iter().map(|(_, late)| *late).collect::<Vec<_>>(), [false]);
    let shards: usize = world.in_flight.values().map(|task| task.shards.len()).sum();
    assert_eq!(shards, SHARDS as usize);
    world.answer_all();
    assert_eq!(world.ended.len(), 1);
}

#[test]
fn a_model_that_is_late_is_overtaken_by_neighbours_and_counts_no_more() {
    let mut world = farm_of(2);
    world.model_holders.insert(0);
    world.obey(0);
    for_the_model(&mut world);
    let late = *world.in_flight.keys().next().unwrap();
    // Both speak, so that nobody is taken to be gone.
    for _ in 0..21 {
        world.wait(100);
        (0..2).for_each(|n| world.obey(n));
    }
    assert_eq!(world.fell_back.iter().map(|(_, late)| *late).collect::<Vec<_>>(), [true]);
    world.answer_task(late);
    assert!(world.ended.is_empty(), "it is for neighbours now");
    world.answer_all();
    assert_eq!(world.ended.len(), 1);
}

#[test]
fn a_worker_that_takes_the_model_with_it_leaves_its_requests_to_another_holder_or_to_neighbours() {
    let mut world = farm_of(3);
    world.model_holders.extend([0, 1]);
    (0..3).for_each(|n| world.obey(n));
    for_the_model(&mut world);
    world.vanish(0);
    let others = world.in_flight.values().filter(|task| task.worker != worker(0));
    let sent: Vec<_> = others.map(|task| (task.worker.clone(), task.shards.to_vec())).collect();
    assert_eq!(sent, [(worker(1), vec![MODEL])], "the other one has it");
    world.vanish(1);
    assert_eq!(world.fell_back.len(), 1);
    world.answer_all();
    (0..3).for_each(|_| world.obey(2));
    world.answer_all();
    assert_eq!(world.ended.len(), 1);
}
