//! The end of a log that is kept in memory, beside the log on an SQLite file: through the same history of appending, deleting
//! and pruning both answer every reader alike.
#![allow(clippy::unwrap_used)]

use cineswarm_events::{
    Cursor, Database, Event, Filter, Log, NewEvent, Read, Reply, ShardFilter, Source, Tables, append, delete, migrate,
    prune, read,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool};
use std::collections::BTreeSet;

async fn log_on_a_file(folder: &tempfile::TempDir) -> (AnyConnection, AnyPool) {
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("log.db").display());
    let mut connection = Database::parse(&url).unwrap().connect().await.unwrap();
    migrate(&mut connection).await.unwrap();
    (connection, AnyPoolOptions::new().max_connections(4).connect(&url).await.unwrap())
}

/// Appends some events, deletes a user, or prunes; tells the log in this process of it only sometimes.
async fn something_happens(dice: &mut ChaCha8Rng, connection: &mut AnyConnection, log: &Log, gone: &mut BTreeSet<u32>) {
    connection.begin().await.unwrap();
    let user = dice.random_range(0..30_u32);
    match dice.random_range(0..20) {
        0 if gone.insert(user) => {
            let last = NewEvent {
                shard_hash: Some(user.into()),
                ..NewEvent::new("user.deleted", format!("user/{user}"), "{}", 1)
            };
            delete(connection, &last).await.unwrap();
        }
        1 => {
            let head = connection.head(0).await.unwrap();
            prune(connection, dice.random_range(head.floor.seq..=head.seq)).await.unwrap();
        }
        _ => {
            let mut events = Vec::new();
            for _ in 0..dice.random_range(1..40) {
                let user = dice.random_range(0..30_u32);
                let kind = if dice.random_bool(0.8) { "rating.created" } else { "feedback.given" };
                if !gone.contains(&user) {
                    let event = NewEvent::new(kind, format!("user/{user}"), "{}", 1);
                    events.push(NewEvent { shard_hash: Some(user.into()), ..event });
                }
            }
            append(connection, &events).await.unwrap();
        }
    }
    connection.commit().await.unwrap();
    if dice.random_bool(0.5) {
        log.appended(connection.head(0).await.unwrap().seq);
    }
}

/// Some of what may be asked after a place.
fn question(dice: &mut ChaCha8Rng, after: Cursor) -> Read {
    let kinds = if dice.random_bool(0.3) { vec!["rating.created".to_owned()] } else { Vec::new() };
    let shards = dice.random_bool(0.5).then(|| ShardFilter { count: 4, shards: vec![dice.random_range(0..4)] });
    Read { after, filter: Filter { kinds, shards }, limit: dice.random_range(1..300) }
}

/// Everything that a reader is told until it is at the end.
async fn told(source: &impl Source, mut read: Read) -> Result<(Vec<Event>, Cursor), Reply> {
    let mut all = Vec::new();
    loop {
        match source.read(&read).await.unwrap() {
            Reply::Page { events, through, head } => {
                assert!(through.seq <= head && events.len() <= read.limit as usize);
                all.extend(events);
                if through == read.after {
                    assert_eq!(through.seq, head, "the reader would wait before the end");
                    return Ok((all, through));
                }
                read.after = through;
            }
            other => return Err(other),
        }
    }
}

struct OnDisk(AnyPool);

impl Source for OnDisk {
    async fn read(&self, wanted: &Read) -> Result<Reply, cineswarm_events::Error> {
        read(&mut *self.0.acquire().await.unwrap(), wanted).await
    }
}

#[tokio::test]
async fn readers_are_told_the_same_from_memory_as_from_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let (mut connection, readers) = log_on_a_file(&folder).await;
    let (log, on_disk) = (Log::new("ratings", readers.clone()), OnDisk(readers));
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    let mut gone = BTreeSet::new();
    let mut places = vec![Cursor::START];
    let mut at_the_end = Cursor::START;
    for _ in 0..400 {
        something_happens(&mut dice, &mut connection, &log, &mut gone).await;
        // One that follows, one that is somewhere behind, and one of another log.
        let behind = places[dice.random_range(0..places.len())];
        let foreign = Cursor { id: uuid::Uuid::from_u128(9), ..behind };
        for (place, may_be_pruned) in [(at_the_end, false), (behind, true), (foreign, true)] {
            let asked = question(&mut dice, place);
            let (here, there) = (told(&log, asked.clone()).await, told(&on_disk, asked.clone()).await);
            match (&here, &there) {
                // What was taken out of the database meanwhile may still be at hand.
                (Ok(_), Err(Reply::Pruned { .. })) => {}
                (Ok(_), Ok(_)) => assert_eq!(here, there, "{asked:?}"),
                _ => assert!(may_be_pruned && here == there, "{asked:?}: {here:?} and {there:?}"),
            }
        }
        if let Ok((events, through)) = told(&log, question(&mut dice, at_the_end)).await {
            places.extend(events.iter().map(Event::cursor));
            at_the_end = through;
        } else {
            at_the_end = log.last().await.unwrap();
        }
    }
    assert!(at_the_end.seq > 5_000, "{at_the_end}");
}
