//! Measures the store: accept and finish, as every request needs them, for one caller and for 64.
//!
//! `cargo run --release -p cineswarm-master --example store_throughput [DATABASE_URL]`; without an address, on a new
//! SQLite file in the working folder's `data/`.
#![allow(clippy::unwrap_used, reason = "a measurement stops at what it did not expect")]

use cineswarm_master::store::{Accepted, EndState, Ending, NewRequest, Options, Store, sqlite_url};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

/// As long as an answer of ten films with its explanation.
const OUTCOME_BYTES: usize = 5_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| {
        std::fs::create_dir_all("data").unwrap();
        sqlite_url(format!("data/throughput-{}.db", Uuid::new_v4()).as_ref())
    });
    let store = Store::open(Options::new(url)).await.unwrap();
    let session_id = store.open_session(None, None, 0).await.unwrap().id;
    for (callers, requests_each) in [(1, 1_000), (64, 500), (64, 500)] {
        measure(&store, session_id, callers, requests_each).await;
    }
    store.close().await;
}

async fn measure(store: &Store, session_id: Uuid, callers: usize, requests_each: usize) {
    let (begun, begun_cpu) = (Instant::now(), cpu_time());
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let store = store.clone();
        running.spawn(async move {
            let mut latencies = Vec::with_capacity(2 * requests_each);
            for number in 0..requests_each {
                let request_id = Uuid::new_v4();
                let request = NewRequest {
                    request_id,
                    session_id,
                    idempotency_key: None,
                    query: "films like Heat and Alien, no romance".to_owned(),
                    spec: "s".repeat(400),
                    accepted_at: number as i64,
                };
                let asked = Instant::now();
                assert_eq!(store.accept(request).await.unwrap(), Accepted::New);
                latencies.push(asked.elapsed());
                let outcome = "o".repeat(OUTCOME_BYTES);
                let ending = Ending { state: EndState::Answered, outcome, ended_at: number as i64 };
                let asked = Instant::now();
                store.finish(request_id, ending).await.unwrap().unwrap();
                latencies.push(asked.elapsed());
            }
            latencies
        });
    }
    let mut latencies: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    let (took, cpu) = (begun.elapsed(), cpu_time() - begun_cpu);
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_micros();
    let operations = latencies.len() as f64;
    println!(
        "{callers:3} callers: {:7.0} operations/s, latency p50 {} µs, p99 {} µs, {:.1} µs of processor time each",
        operations / took.as_secs_f64(),
        at(0.5),
        at(0.99),
        cpu * 1e6 / operations
    );
}

/// Seconds of processor time this process has used; the kernel counts them in hundredths.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    fields.get(11).zip(fields.get(12)).map_or(0.0, |(user, system)| (user + system) / 100.0)
}
