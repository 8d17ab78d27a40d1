//! Ratings from elsewhere, on a real SQLite file and on a real PostgreSQL server: what is acknowledged is accounted for
//! once, whatever is tried again.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_events::Filter;
use cineswarm_master::store::{Store, forget};
use cineswarm_ratings::gate::{Authority, Clean, DatasetRating, Known, Limits};
use cineswarm_ratings::intake::{Intake, Receipt, Writing};
use cineswarm_ratings::lake::raw::{Group, Outbox};
use cineswarm_ratings::mending::{self, Mended};
use cineswarm_ratings::outbox::RawLines;
use cineswarm_ratings::passing::Gate;
use cineswarm_ratings::raw::{Content, Fate, RawLine};
use cineswarm_ratings::reason::{Fault, Reason};
use cineswarm_ratings::sifting::{Change, DeadLine, Pass, Tally, Who};
use cineswarm_ratings::splitting::{Chunk, Splitter};
use cineswarm_ratings::store::admin::{self, Which};
use cineswarm_ratings::store::reads::Batch;
use cineswarm_ratings::store::{Take, Via, Write, Written};
use common::database::{Database, new_session, on_both_databases, rate};
use common::log::{all, told};
use sqlx::{Connection, Row};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const FIRST_USER: u32 = 1 << 31;
const OPERATOR: Authority = Authority { is_operator: true, has_looked: false };

on_both_databases!(
    what_is_taken_is_told_once_with_users_of_its_own,
    what_is_tried_again_after_its_commit_changes_nothing,
    what_did_not_become_whole_counts_for_nothing,
    what_is_dead_is_listed_replayed_and_dropped,
    one_that_is_mended_is_judged_once_however_often_that_is_ordered,
    what_dies_again_while_many_are_replayed_waits_for_the_next_order,
    a_thousand_lines_and_more_go_through_in_order,
    every_line_waits_for_the_lake_with_what_became_of_it,
    without_a_lake_nothing_waits_for_it,
);

/// Films 1 to 100; user 42 gave film 6 four stars.
struct SmallDataset;

impl Known for SmallDataset {
    fn film(&self, called: &str) -> Option<(MovieId, Option<u16>)> {
        called.parse().ok().filter(|film| (1..=100).contains(film)).map(|film| (film, None))
    }

    fn user(&self, called: &str) -> Option<(UserId, Vec<DatasetRating>)> {
        (called == "42").then(|| (42, vec![(6, HalfStars::new(8).unwrap(), 1_000_000_000_000)]))
    }
}

/// A store with a gate that takes what waits.
struct Farm {
    store: Store,
    intake: Intake<Store>,
    stop: CancellationToken,
    passing: tokio::task::JoinHandle<()>,
}

impl Farm {
    async fn open(database: &Database) -> Farm {
        Farm::open_with(database, false).await
    }

    async fn open_with(database: &Database, keeps_raw: bool) -> Farm {
        let store = database.open().await;
        let (intake, stop) = (Intake::new(store.clone()), CancellationToken::new());
        let gate = Gate {
            known: Arc::new(SmallDataset),
            readers: store.readers(),
            writer: store.clone(),
            room: intake.room(),
            limits: Limits::default(),
            tap: None,
            keeps_raw,
        };
        let passing = tokio::spawn(gate.run(stop.clone()));
        Farm { store, intake, stop, passing }
    }

    /// Takes lines and waits until they are through.
    async fn send(&self, lines: &str, authority: Authority) -> Batch {
        let mut batch = self.intake.begin(Via::Http, authority, 1_700_000_000_000);
        let receipt = batch.end(chunks(lines)).await.unwrap();
        self.done(receipt.batch_id).await
    }

    async fn done(&self, batch_id: Uuid) -> Batch {
        let looking = async {
            loop {
                let batch = self.store.ingested(batch_id, 100).await.unwrap().unwrap();
                if batch.lines == Some(batch.tally.lines()) {
                    return batch;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), looking).await.unwrap()
    }

    fn outbox(&self) -> RawLines<Store> {
        RawLines { readers: self.store.readers(), writer: self.store.clone() }
    }

    async fn close(self) {
        self.stop.cancel();
        self.passing.await.unwrap();
        self.store.close().await;
    }
}

fn chunks(lines: &str) -> Vec<Chunk> {
    let (mut splitter, mut chunks) = (Splitter::default(), Vec::new());
    splitter.push(lines.as_bytes(), &mut chunks);
    chunks.extend(splitter.finish());
    chunks
}

async fn what_is_taken_is_told_once_with_users_of_its_own(database: Database) {
    let farm = Farm::open(&database).await;
    let session_id = new_session(&farm.store).await;
    let lines = r#"
        {"user_id":"ana","movie_id":1,"rating":4,"id":"a"}
        {"user_id":42,"movie_id":6,"rating":2.5}
        {"user_id":"bob","movie_id":999,"rating":9}
        {"user_id":"bob","movie_id":1,"rating":3,"timestamp":1600000000}
        {"user_id":"ana","movie_id":1,"rating":4,"id":"a"}
        {"user_id":"bob","movie_id":1,"rating":1,"timestamp":1500000000}
    "#;
    let batch = farm.send(lines, OPERATOR).await;
    assert_eq!(batch.tally, Tally { clean: 3, repeated: 1, superseded: 1, dead: 1 });
    let faults: Vec<Reason> = batch.dead[0].faults.iter().map(|fault| fault.reason).collect();
    assert_eq!((batch.dead[0].line_number, faults), (3, vec![Reason::UnknownFilm, Reason::OffScale]));
    rate(&farm.store, session_id, 2, HalfStars::new(9), 5).await.unwrap();
    let again = farm.send(lines, OPERATOR).await;
    assert_eq!(again.tally, Tally { clean: 0, repeated: 4, superseded: 1, dead: 1 }, "nothing counts twice");
    farm.close().await;

    let farm = Farm::open(&database).await;
    let after_a_restart = farm.send(lines, OPERATOR).await;
    assert_eq!(after_a_restart.tally, again.tally);
    let later = farm.send(r#"{"user_id":"ana","movie_id":1,"rating":5,"timestamp":1700000001}"#, OPERATOR).await;
    assert_eq!(later.tally.clean, 1);
    let payload = |user: u32, rest: &str| format!(r#"{{"user_id":{user},{rest}}}"#);
    let wanted = [
        ("rating.created", payload(FIRST_USER, r#""movie_id":1,"rating":4.0,"via":"ingest""#)),
        ("rating.updated", payload(42, r#""movie_id":6,"rating":2.5,"previous":4.0,"via":"ingest""#)),
        ("rating.created", payload(FIRST_USER + 1, r#""movie_id":1,"rating":3.0,"via":"ingest""#)),
        ("rating.created", payload(FIRST_USER + 2, r#""movie_id":2,"rating":4.5"#)),
        ("rating.updated", payload(FIRST_USER, r#""movie_id":1,"rating":5.0,"previous":4.0,"via":"ingest""#)),
    ];
    assert_eq!(told(&farm.store).await, wanted.map(|(kind, payload)| (kind.to_owned(), payload)));
    let events = all(&farm.store, Filter::default()).await;
    assert_eq!((events[2].at, events[2].key.as_str()), (1_600_000_000_000, "user/2147483649"));
    assert!(events.iter().all(|event| event.shard_hash.is_some()));
    farm.close().await;
}

/// Each write is repeated as the writer repeats one whose commit nobody heard of.
async fn what_is_tried_again_after_its_commit_changes_nothing(database: Database) {
    let store = database.open().await;
    let batch_id = Uuid::now_v7();
    let take = Take {
        batch_id,
        via: Via::Http,
        authority: OPERATOR,
        taken_at: 7,
        chunks: vec![(1, 1, Chunk { lines: 2, content: b"{}\n{}\n".to_vec() })],
        whole: Some(2),
    };
    let clean = Clean { film: 1, half_stars: HalfStars::new(3).unwrap(), previous: None, rated_at: 7 };
    let faults = vec![Fault { reason: Reason::NotJson, words: "none".to_owned() }];
    let pass = Pass {
        chunks: vec![(batch_id, 1)],
        batch_number: 1,
        new_users: vec!["ana".to_owned()],
        changes: vec![Change { who: Who::New(0), clean, event_id: Uuid::now_v7() }],
        dead: vec![DeadLine { batch_id, line_number: 2, came_at: 7, line: "{}".to_owned(), faults }],
        tallies: vec![(batch_id, Tally { clean: 1, dead: 1, ..Tally::default() })],
        ..Pass::default()
    };
    let passing = || Write::Pass(Arc::new(pass.clone()));
    for _ in 0..2 {
        assert_eq!(store.write(Write::Take(take.clone())).await.unwrap(), Written::Taken);
    }
    assert_eq!(store.write(passing()).await.unwrap(), Written::Passed(Some(FIRST_USER)));
    assert_eq!(store.write(passing()).await.unwrap(), Written::PassedBefore);
    assert_eq!(store.write(Write::Take(take)).await.unwrap(), Written::Taken);
    assert_eq!(store.write(passing()).await.unwrap(), Written::PassedBefore, "what is through is not taken again");
    let batch = store.ingested(batch_id, 10).await.unwrap().unwrap();
    assert_eq!((batch.tally.lines(), batch.dead.len(), all(&store, Filter::default()).await.len()), (2, 1, 1));
    store.close().await;
}

async fn what_did_not_become_whole_counts_for_nothing(database: Database) {
    let farm = Farm::open(&database).await;
    let mut whole = farm.intake.begin(Via::Http, OPERATOR, 7);
    for chunk in chunks(r#"{"user_id":"ana","movie_id":1,"rating":4}"#) {
        whole.push(chunk.clone()).await.unwrap();
        let mut abandoned = farm.intake.begin(Via::Http, OPERATOR, 7);
        abandoned.push(chunk.clone()).await.unwrap();
        drop(abandoned);
        // As a master leaves one that is killed in its midst.
        let mut lost = farm.intake.begin(Via::Http, OPERATOR, 7);
        lost.push(chunk).await.unwrap();
        std::mem::forget(lost);
    }
    let receipt = whole.end(chunks(r#"{"user_id":"ana","movie_id":2,"rating":4}"#)).await.unwrap();
    assert_eq!(receipt.lines, 2);
    assert_eq!(farm.done(receipt.batch_id).await.tally.clean, 2);
    farm.close().await;
    let farm = Farm::open(&database).await;
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let left = cineswarm_ratings::store::reads::backlog(&mut connection).await.unwrap();
    assert_eq!((left.lines, left.bytes), (0, 0));
    assert_eq!(all(&farm.store, Filter::default()).await.len(), 2);
    farm.close().await;
}

async fn what_is_dead_is_listed_replayed_and_dropped(database: Database) {
    let farm = Farm::open(&database).await;
    let lines = r#"
        {"user_id":"ana","movie_id":1,"rating":44}
        {"user_id":42,"movie_id":2,"rating":4}
        not json
        {"user_id":"ana","movie_id":1000,"rating":4}
    "#;
    let batch = farm.send(lines, Authority::default()).await;
    assert_eq!(batch.tally.dead, 4);
    let ids: Vec<i64> = batch.dead.iter().map(|dead| dead.id).collect();
    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    let by = |reason| Which { reason: Some(reason), ..Which::default() };
    let found = mending::page(&farm.store, by(Reason::OffScale), 0, 10).await.unwrap();
    assert_eq!((found.dead.iter().map(|dead| dead.id).collect::<Vec<_>>(), found.next), (ids[..1].to_vec(), None));
    let mut pages = Vec::new();
    let mut next = Some(0);
    while let Some(after) = next {
        let page = mending::page(&farm.store, Which::default(), after, 3).await.unwrap();
        pages.push(page.dead.iter().map(|dead| dead.id).collect::<Vec<_>>());
        next = page.next;
    }
    assert_eq!(pages, [ids[..3].to_vec(), ids[3..].to_vec()]);

    let of_all = Which { batch_id: Some(batch.dead[0].batch_id), ..Which::default() };
    let replayed = mending::replay(&farm.store, of_all.clone(), OPERATOR, 1_700_000_000_000).await.unwrap();
    let [Receipt { batch_id, lines: 4 }] = replayed.as_slice() else { panic!("{replayed:?}") };
    let outcome = farm.done(*batch_id).await;
    assert_eq!(outcome.tally, Tally { clean: 1, dead: 3, ..Tally::default() }, "an operator speaks for user 42");
    assert_eq!(outcome.dead[0].came_at, 1_700_000_000_000, "when it came first");
    assert_eq!(mending::drop(&farm.store, by(Reason::NotJson)).await.unwrap(), 1);
    assert_eq!(mending::drop(&farm.store, Which::default()).await.unwrap(), 2);
    assert_eq!(admin::count_dead(&mut connection).await.unwrap(), 0);
    assert_eq!(mending::replay(&farm.store, of_all, OPERATOR, 7).await.unwrap(), []);
    assert_eq!(all(&farm.store, Filter::default()).await.len(), 1);
    farm.close().await;
}

async fn one_that_is_mended_is_judged_once_however_often_that_is_ordered(database: Database) {
    let farm = Farm::open(&database).await;
    let bad = r#"{"user_id":42,"movie_id":1,"rating":44}"#;
    let batch = farm.send(&format!("{bad}\n{bad}"), OPERATOR).await;
    let [first, second] = [batch.dead[0].id, batch.dead[1].id];
    let mended = Mended::read(br#"{"user_id":42,"movie_id":1,"rating":4.5}"#).unwrap();
    let order = async |mended, authority| mending::replay_one(&farm.store, first, mended, authority, 7).await.unwrap();

    let receipt = order(Some(&mended), OPERATOR).await.unwrap();
    assert_eq!(order(Some(&mended), OPERATOR).await, Some(receipt), "it may not be through yet");
    assert_eq!(farm.done(receipt.batch_id).await.tally, Tally { clean: 1, ..Tally::default() });
    assert_eq!(order(Some(&mended), OPERATOR).await, Some(receipt), "it is through");
    assert_eq!(order(None, OPERATOR).await, None, "another order, of a rating that is not there");
    assert_eq!(order(Some(&mended), Authority::default()).await, None);

    let as_it_is = mending::replay_one(&farm.store, second, None, OPERATOR, 7).await.unwrap().unwrap();
    let again = farm.done(as_it_is.batch_id).await;
    assert_eq!((again.tally.dead, again.dead[0].line.as_str()), (1, bad));
    assert!(again.dead[0].id > second, "a number is given out once");
    let mended = Mended::read(br#"{"user_id":42,"movie_id":2,"rating":3}"#).unwrap();
    let on_nobodys_word = mending::replay_one(&farm.store, again.dead[0].id, Some(&mended), Authority::default(), 7);
    let refused = farm.done(on_nobodys_word.await.unwrap().unwrap().batch_id).await;
    assert_eq!(refused.dead[0].faults[0].reason, Reason::NotAllowed, "who is no operator speaks for no user 42");
    assert_eq!(refused.dead[0].line, r#"{"user_id":42,"movie_id":2,"rating":3}"#);
    let logged = all(&farm.store, Filter::default()).await;
    assert_eq!(logged.len(), 1, "{logged:?}");
    farm.close().await;
}

async fn what_dies_again_while_many_are_replayed_waits_for_the_next_order(database: Database) {
    let farm = Farm::open(&database).await;
    let lines: String = (0..600).map(|number| format!("no json {number}\n")).collect();
    let batch = farm.send(&lines, OPERATOR).await;
    assert_eq!(batch.tally.dead, 600);
    let replaying = mending::replay(&farm.store, Which::default(), OPERATOR, 7);
    let receipts = tokio::time::timeout(Duration::from_secs(30), replaying).await.unwrap().unwrap();
    assert_eq!(receipts.iter().map(|receipt| receipt.lines).sum::<i64>(), 600);
    for receipt in &receipts {
        assert_eq!(farm.done(receipt.batch_id).await.tally.dead, receipt.lines);
    }
    let page = mending::page(&farm.store, Which::default(), 0, 1).await.unwrap();
    assert_eq!(page.dead[0].line, "no json 0", "in the order they came");
    assert_eq!(mending::drop(&farm.store, Which::default()).await.unwrap(), 600);
    farm.close().await;
}

async fn a_thousand_lines_and_more_go_through_in_order(database: Database) {
    let farm = Farm::open(&database).await;
    let line = |user: u32, film: u32, at: u32| {
        let stars = f64::from((user + film) % 10 + 1) / 2.0;
        format!(
            "{{\"user_id\":\"u{user}\",\"movie_id\":{film},\"rating\":{stars},\"timestamp\":{}}}\n",
            1_500_000_000 + at
        )
    };
    let lines: String = (0..2_500).map(|number| line(number % 50, number / 50 + 1, number * 100)).collect();
    let mut batch = farm.intake.begin(Via::Http, Authority::default(), 1_700_000_000_000);
    for chunk in chunks(&lines) {
        batch.push(chunk).await.unwrap();
    }
    let receipt = batch.end(Vec::new()).await.unwrap();
    assert_eq!(receipt.lines, 2_500);
    assert_eq!(farm.done(receipt.batch_id).await.tally.clean, 2_500);
    let events = all(&farm.store, Filter::default()).await;
    assert!(events.is_sorted_by_key(|event| event.at), "in the order they came");
    assert_eq!(events.len(), 2_500);
    farm.close().await;
}

async fn every_line_waits_for_the_lake_with_what_became_of_it(database: Database) {
    let farm = Farm::open_with(&database, true).await;
    let lines = [
        r#"{"user_id":"ana","movie_id":1,"rating":4,"timestamp":1600000000}"#,
        r#"{"user_id":"ana","movie_id":1,"rating":4,"timestamp":1600000000}"#,
        r#"{"user_id":"ana","movie_id":1,"rating":1,"timestamp":1500000000}"#,
        r#"{"user_id":"ana","movie_id":1,"rating":44}"#,
        "not json",
        r#"{"user_id":"bob","movie_id":2,"rating":3}"#,
    ];
    let batch = farm.send(&lines.join("\n"), Authority::default()).await;
    assert_eq!(batch.tally, Tally { clean: 2, repeated: 1, superseded: 1, dead: 2 });
    let outbox = farm.outbox();
    let group = async || {
        let parts = outbox.waiting().await.unwrap();
        (Group { first: parts[0], last: parts[parts.len() - 1].number }, parts)
    };
    let (all_of_it, parts) = group().await;
    assert_eq!(parts.iter().map(|part| part.lines).sum::<i64>(), 6);
    let kept = outbox.lines(all_of_it).await.unwrap();
    let as_it_came = |line: &RawLine| match &line.content {
        Some(Content::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kept.iter().map(as_it_came).collect::<Vec<_>>(), lines);
    let (ana, bob) = (Some(FIRST_USER), Some(FIRST_USER + 1));
    let told: Vec<_> = kept.iter().map(|line| (line.fate, line.user_id, line.line_number)).collect();
    let dead = (Fate::Dead, ana, 4);
    let wanted = [(Fate::Clean, ana, 1), (Fate::Repeated, ana, 2), (Fate::Superseded, ana, 3), dead];
    assert_eq!(told[..4], wanted);
    assert_eq!(told[4..], [(Fate::Dead, None, 5), (Fate::Clean, bob, 6)]);
    let reasons = |line: &RawLine| line.faults.iter().map(|fault| fault.reason).collect::<Vec<_>>();
    assert_eq!((reasons(&kept[3]), reasons(&kept[4])), (vec![Reason::OffScale], vec![Reason::NotJson]));
    let events: Vec<Uuid> = all(&farm.store, Filter::default()).await.iter().map(|event| event.id).collect();
    assert_eq!(kept.iter().filter_map(|line| line.event_id).collect::<Vec<_>>(), events);
    assert!(kept.iter().all(|line| line.via == "http" && line.came_at == 1_700_000_000_000));

    let mut connection = sqlx::AnyConnection::connect(&database.url).await.unwrap();
    forget(&mut connection, FIRST_USER, 7).await.unwrap().unwrap();
    let kept = outbox.lines(all_of_it).await.unwrap();
    let is_there: Vec<bool> = kept.iter().map(|line| line.content.is_some()).collect();
    assert_eq!(is_there, [false, false, false, false, true, true], "a deleted user's lines do not reach the lake");
    assert_eq!(kept[3].faults[0].words, "");

    // More than is removed at a time, and something that comes meanwhile.
    for film in 1..=70 {
        farm.send(&format!(r#"{{"user_id":"bob","movie_id":{film},"rating":2}}"#), Authority::default()).await;
    }
    let (all_of_it, parts) = group().await;
    assert!(parts.len() > 70 && parts.windows(2).all(|pair| pair[0].number < pair[1].number));
    outbox.remove(all_of_it.last - 1).await.unwrap();
    assert_eq!(outbox.waiting().await.unwrap(), parts[parts.len() - 1..]);
    let counted = async |connection: &mut sqlx::AnyConnection| {
        let row = sqlx::query("SELECT raw_bytes FROM ingest_counters").fetch_one(connection).await.unwrap();
        row.get::<i64, _>(0)
    };
    assert_eq!(counted(&mut connection).await, parts[parts.len() - 1].bytes);
    outbox.remove(all_of_it.last).await.unwrap();
    assert_eq!((outbox.waiting().await.unwrap().len(), counted(&mut connection).await), (0, 0));

    // The lake is away for long.
    sqlx::query("UPDATE ingest_counters SET raw_bytes = 1073741824").execute(&mut connection).await.unwrap();
    let mut waits = farm.intake.begin(Via::Http, Authority::default(), 1_700_000_000_000);
    let line = r#"{"user_id":"bob","movie_id":1,"rating":5}"#;
    let receipt = waits.end(chunks(line)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(farm.store.ingested(receipt.batch_id, 0).await.unwrap().unwrap().tally.lines(), 0, "it waits");
    sqlx::query("UPDATE ingest_counters SET raw_bytes = 0").execute(&mut connection).await.unwrap();
    assert_eq!(farm.done(receipt.batch_id).await.tally.clean, 1);
    farm.close().await;
}

async fn without_a_lake_nothing_waits_for_it(database: Database) {
    let farm = Farm::open(&database).await;
    farm.send(r#"{"user_id":"ana","movie_id":1,"rating":4}"#, Authority::default()).await;
    assert_eq!(farm.outbox().waiting().await.unwrap(), []);
    farm.close().await;
}
