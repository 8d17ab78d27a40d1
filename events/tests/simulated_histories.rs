//! Simulated histories: processes that crash between any two steps, commits nobody hears of, writers and replicas at once,
//! rings that are lost, doubled and forged, a log restored from an older copy, dead letters replayed late. At the end every
//! consumer has each event once and in order for its key, or has said that the log forked. Each is made of its seed alone.
#![allow(clippy::unwrap_used, clippy::panic)]

mod histories;
#[path = "../../master/tests/common/postgres.rs"]
#[allow(dead_code, missing_docs, reason = "the store's tests use more of it")]
mod postgres;

use cineswarm_events::{Database, NewEvent, migrate};
use histories::actors::{Operation, World, setups};
use histories::faults::{Dice, Mistake};
use histories::judge::judge;
use histories::model::Model;
use histories::{Backend, sql};
use postgres::Postgres;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sqlx::Executor;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Names the history to run alone.
const SEED: &str = "CINESWARM_TEST_HISTORY";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs one history to its end; what is wrong then, if anything is.
async fn history<L: Backend, D: Backend>(seed: u64, log: L, effects: D, mistake: Mistake) -> Result<(), String> {
    // Every third history is without crashes: what goes wrong in it is a matter of order alone.
    let trouble = [0.0, 0.01, 0.04][(seed % 3) as usize];
    let dice = Dice(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))), trouble);
    let restores = dice.chance(0.3);
    let world = Arc::new(World {
        log,
        effects,
        dice: dice.clone(),
        mistake,
        writing: AtomicUsize::new(2 + usize::from(restores)),
        lenient: AtomicBool::new(false),
        ended: AtomicBool::new(false),
        restored: AtomicBool::new(false),
        notes: Mutex::default(),
        rings: Mutex::default(),
    });
    let mut actors = tokio::task::JoinSet::new();
    for writer in 0..2 {
        actors.spawn(world.clone().write(operations(&dice, writer)));
    }
    for replica in 0..4 {
        let [all, some] = setups();
        actors.spawn(world.clone().consume(replica, if replica < 2 { all } else { some }));
    }
    actors.spawn(world.clone().operate(setups().map(|setup| setup.consumer).to_vec()));
    if restores {
        actors.spawn(world.clone().restore());
    }
    while let Some(ended) = actors.join_next().await {
        ended.map_err(|error| error.to_string())?;
    }
    judge(&world).await
}

fn operations(dice: &Dice, writer: usize) -> Vec<Operation> {
    let operation = |number: usize| {
        let key = format!("k{}", dice.below(4));
        let deletes = dice.chance(0.04);
        let events = if deletes { 1 } else { 1 + dice.below(3) };
        let event = |part: usize| {
            let kind = if dice.chance(0.5) { "rating.created" } else { "rating.updated" };
            let payload = format!("\"{key} {writer}.{number}.{part}\"");
            let id = Uuid::from_u64_pair(dice.below(usize::MAX) as u64, (writer * 1000 + number * 10 + part) as u64);
            NewEvent { id, ..NewEvent::new(kind, key.clone(), payload, number as i64) }
        };
        Operation { events: (0..events).map(event).collect(), deletes }
    };
    let count = 3 + dice.below(10);
    (0..count).map(operation).collect()
}

fn on_a_model(seeds: std::ops::Range<u64>) {
    let runtime = runtime();
    let seeds = match std::env::var(SEED) {
        Ok(seed) => seed.parse().map(|seed| seed..seed + 1).unwrap(),
        Err(_) => seeds,
    };
    for seed in seeds {
        let wrong = runtime.block_on(history(seed, Model::default(), Model::default(), Mistake::None));
        if let Err(wrong) = wrong {
            panic!("history {seed}: {wrong}; {SEED}={seed} runs it alone");
        }
    }
}

#[test]
fn ten_thousand_histories_first_part() {
    on_a_model(0..5_000);
}

#[test]
fn ten_thousand_histories_second_part() {
    on_a_model(5_000..10_000);
}

#[test]
fn every_mistake_is_found() {
    let runtime = runtime();
    for mistake in [
        Mistake::NumbersOutsideTheTransaction,
        Mistake::CursorWithoutComparing,
        Mistake::NewIdForEachTry,
        Mistake::RetryWithoutAsking,
        Mistake::LettersHoldNothing,
        Mistake::LettersTakenTwice,
        Mistake::ForkUnseen,
        Mistake::TombstonesUnseen,
    ] {
        let found = (0..500).find_map(|seed| {
            let wrong = runtime.block_on(history(seed, Model::default(), Model::default(), mistake));
            wrong.err().map(|wrong| (seed, wrong))
        });
        let (seed, wrong) = found.unwrap_or_else(|| panic!("{mistake:?} went unnoticed in 500 histories"));
        println!("{mistake:?}: history {seed}: {wrong}");
    }
}

async fn prepared(url: &str) -> Database {
    let database = Database::parse(url).unwrap();
    let mut connection = database.connect().await.unwrap();
    migrate(&mut connection).await.unwrap();
    connection.execute(sql::OWN_TABLES).await.unwrap();
    database
}

#[test]
fn thirty_histories_on_sqlite_files() {
    let runtime = runtime();
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let url = |name: &str| format!("sqlite://{}?mode=rwc", folder.path().join(name).display());
        let (log, effects) = (prepared(&url("log.db")).await, prepared(&url("effects.db")).await);
        for seed in 0..30 {
            for database in [&log, &effects] {
                sql::clear(&mut database.connect().await.unwrap()).await;
            }
            if let Err(wrong) = history(seed, log.clone(), effects.clone(), Mistake::None).await {
                panic!("history {seed} on SQLite: {wrong}");
            }
        }
    });
}

#[test]
fn twenty_histories_on_postgresql() {
    let Some(server) = Postgres::start() else { return };
    let runtime = runtime();
    runtime.block_on(async {
        let (log, effects) = (prepared(&server.new_database()).await, prepared(&server.new_database()).await);
        for seed in 0..20 {
            for database in [&log, &effects] {
                sql::clear(&mut database.connect().await.unwrap()).await;
            }
            if let Err(wrong) = history(seed, log.clone(), effects.clone(), Mistake::None).await {
                panic!("history {seed} on PostgreSQL: {wrong}");
            }
        }
    });
}
