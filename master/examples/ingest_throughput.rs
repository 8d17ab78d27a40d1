//! Measures ratings from elsewhere: how fast lines are taken, and how fast they go through the gate.
//!
//! `cargo run --release -p cineswarm-master --example ingest_throughput [LINES [DATABASE_URL]] [raw]`; without an address,
//! on a new SQLite file in the working folder's `data/`; with "raw", with a copy of each line for a data lake.
#![allow(clippy::unwrap_used, reason = "a measurement stops at what it did not expect")]

use cineswarm_engine::{MovieId, UserId};
use cineswarm_master::store::{Options, Store, sqlite_url};
use cineswarm_ratings::gate::{Authority, DatasetRating, Known, Limits};
use cineswarm_ratings::intake::Intake;
use cineswarm_ratings::passing::Gate;
use cineswarm_ratings::splitting::Splitter;
use cineswarm_ratings::store::Via;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// As many ratings of each user as in MovieLens' largest dataset.
const RATINGS_EACH: u32 = 150;
const FILMS: u32 = 10_000;

struct Films;

impl Known for Films {
    fn film(&self, called: &str) -> Option<(MovieId, Option<u16>)> {
        called.parse().ok().filter(|film| (1..=FILMS).contains(film)).map(|film| (film, Some(1995)))
    }

    fn user(&self, _: &str) -> Option<(UserId, Vec<DatasetRating>)> {
        None
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (raw, others): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument == "raw");
    let mut arguments = others.into_iter();
    let lines: u32 = arguments.next().map_or(1_000_000, |lines| lines.parse().unwrap());
    let url = arguments.next().unwrap_or_else(|| {
        std::fs::create_dir_all("data").unwrap();
        sqlite_url(format!("data/ingest-{}.db", Uuid::new_v4()).as_ref())
    });
    let store = Store::open(Options::new(url)).await.unwrap();
    let (intake, stop) = (Intake::new(store.clone()), CancellationToken::new());
    let begun = Instant::now();
    let mut batch = intake.begin(Via::Http, Authority::default(), 1_700_000_000_000);
    let (mut splitter, mut full) = (Splitter::default(), Vec::new());
    for number in 0..lines {
        splitter.push(line(number).as_bytes(), &mut full);
        for chunk in full.drain(..) {
            batch.push(chunk).await.unwrap();
        }
    }
    let receipt = batch.end(splitter.finish().into_iter().collect()).await.unwrap();
    say("taken", lines, begun.elapsed());

    let gate = Gate {
        known: Arc::new(Films),
        readers: store.readers(),
        writer: store.clone(),
        room: intake.room(),
        limits: Limits::default(),
        tap: None,
        keeps_raw: !raw.is_empty(),
    };
    let begun = Instant::now();
    let passing = tokio::spawn(gate.run(stop.clone()));
    let tally = loop {
        let batch = store.ingested(receipt.batch_id, 0).await.unwrap().unwrap();
        if batch.lines == Some(batch.tally.lines()) {
            break batch.tally;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    say("through the gate", lines, begun.elapsed());
    println!("{tally:?}");
    stop.cancel();
    passing.await.unwrap();
    store.close().await;
}

fn line(number: u32) -> String {
    let (user, nth) = (number / RATINGS_EACH, number % RATINGS_EACH);
    let film = (user.wrapping_mul(7_919) + nth * 61) % FILMS + 1;
    let stars = f64::from(number % 10 + 1) / 2.0;
    let mut line = String::new();
    let at = 1_500_000_000 + number * 30;
    // Writing to a String does not fail.
    let _ = writeln!(line, "{{\"user_id\":\"u{user}\",\"movie_id\":{film},\"rating\":{stars},\"timestamp\":{}}}", at);
    line
}

fn say(what: &str, lines: u32, took: Duration) {
    println!("{lines} lines {what} in {took:.2?}: {:.0} lines/s", f64::from(lines) / took.as_secs_f64());
}
