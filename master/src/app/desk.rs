//! The events a session gets: built from what has ended or moved on, stored, then pushed to its tabs.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cineswarm_mqtt::{FarmLog, timestamp_ms};
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use cineswarm_telemetry::traces::Kind;
use serde::Serialize;
use serde_json::Value;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::sessions::Sessions;
use super::underway::{Outcome, Room, Underway};
use crate::computing::Computing;
use crate::farm::coordinator::{Live, Outlet, Progress};
use crate::library::Library;
use crate::measure;
use crate::requests::answer::merge;
use crate::requests::spec::Source;
use crate::store::{self, EndState, Ending, Store};
use crate::words::Trouble;

/// How long an ending is tried to be stored, when the database is in trouble.
const STORING: Duration = Duration::from_secs(30);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Ends requests: merges, stores, pushes.
#[derive(Clone)]
pub struct Desk(Arc<Shared>);

struct Shared {
    library: Arc<Library>,
    store: Store,
    sessions: Arc<Sessions>,
    log: FarmLog,
    underway: Arc<Underway>,
    /// The room that requests are let out of as others end.
    room: OnceLock<Arc<Room>>,
    computing: Computing,
    tasks: TaskTracker,
}

/// An event about a request, as browsers get it.
#[derive(Serialize)]
struct RequestEvent<'a, T> {
    request_id: Uuid,
    offset: i64,
    query: &'a str,
    #[serde(flatten)]
    outcome: &'a T,
}

#[derive(Serialize)]
struct ProgressEvent<'a> {
    request_id: Uuid,
    query: &'a str,
    state: &'static str,
    position: Option<usize>,
    shards_done: u32,
    shards_total: u32,
}

/// What became of an ending that was to be stored.
enum Stored {
    Now {
        offset: i64,
    },
    /// By an earlier try whose acknowledgement was lost.
    Before(store::Event),
    /// The request had another ending, or is not there.
    NotNow,
}

impl Outlet for Desk {
    fn ended(&self, request: Live) {
        if let Some(room) = self.0.room.get() {
            room.left(request.id);
        }
        let desk = self.clone();
        self.0.tasks.spawn(async move { desk.end(request).await });
    }

    fn progressed(&self, progress: Progress) {
        let Progress { id, session_id, query, position, shards_done, shards_total } = progress;
        let state = if position.is_some() { "queued" } else { "running" };
        let event = ProgressEvent { request_id: id, query: &query, state, position, shards_done, shards_total };
        self.0.sessions.push(session_id, "progress", &event, None);
    }
}

impl Desk {
    /// A desk without work.
    pub fn new(
        library: Arc<Library>,
        store: Store,
        sessions: Arc<Sessions>,
        underway: Arc<Underway>,
        computing: Computing,
        log: FarmLog,
    ) -> Desk {
        let (room, tasks) = (OnceLock::new(), TaskTracker::new());
        Desk(Arc::new(Shared { library, store, sessions, log, underway, room, computing, tasks }))
    }

    /// From now on the room is told when a request has left the farm.
    pub fn serve(&self, room: Arc<Room>) {
        // A second one is never made.
        let _ = self.0.room.set(room);
    }

    /// Waits for the endings under way.
    pub async fn close(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Merges what has come for a request and ends it; it is stored before anyone sees it.
    pub async fn end(&self, mut request: Live) {
        if request.parts.is_empty() && request.spec.source == Source::Neighbours {
            return self.fail(&request, EndState::Failed, &Trouble::TimedOut).await;
        }
        if request.spec.source == Source::Neighbours {
            measure::stage("queue", request.timings.queue_ms / 1e3);
            measure::stage("farm", request.timings.farm_ms / 1e3);
        }
        let (merging, span) = (Instant::now(), request.span.part("merge", Kind::Inside));
        let parts = std::mem::take(&mut request.parts);
        let (library, spec, timings) = (self.0.library.clone(), request.spec.clone(), request.timings);
        let instead = request.instead_of_model;
        let merged =
            self.0.computing.run(move |scratch| merge(&library, &spec, parts, instead, timings, scratch)).await;
        let merged = merged.map_err(|aborted| aborted.to_string());
        let answer = match merged.and_then(|answer| answer.map_err(|error| error.to_string())) {
            Ok(answer) => answer,
            Err(reason) => {
                self.0.log.error(format!("request {}: cannot be answered: {reason}", request.id));
                return self.fail(&request, EndState::Failed, &Trouble::Unavailable).await;
            }
        };
        self.0.log.request(&request.id.to_string(), || answer.summary().to_owned());
        drop(span);
        request.span.number("coverage", answer.coverage());
        measure::stage("merge", merging.elapsed().as_secs_f64());
        list::ANSWER_COVERAGE.observe([], answer.coverage());
        let outcome = if answer.coverage() < 1.0 { Outcome::Partial } else { Outcome::Complete };
        self.conclude(&request, EndState::Answered, outcome, "answer", &answer).await;
    }

    /// Ends a request without an answer.
    pub async fn fail(&self, request: &Live, state: EndState, trouble: &Trouble) {
        let refusal = trouble.refusal(request.spec.lang);
        self.0.log.request(&request.id.to_string(), || format!("ended without an answer: {}", refusal.code));
        let outcome = if *trouble == Trouble::TimedOut { Outcome::TimedOut } else { Outcome::Complete };
        self.conclude(request, state, outcome, "failed", &refusal).await;
    }

    async fn conclude(&self, request: &Live, state: EndState, how: Outcome, event: &str, outcome: &impl Serialize) {
        let stored = match serde_json::to_string(outcome) {
            Ok(stored) => stored,
            Err(error) => return self.0.log.error(format!("request {}: cannot be written: {error}", request.id)),
        };
        // The store would take the ending of a request it does not have yet for that of an ended one.
        if !request.is_stored().await {
            return;
        }
        let kept_open = self.0.sessions.keep_open(request.session_id);
        let _in_order = kept_open.session.in_order.lock().await;
        let (storing, span) = (Instant::now(), request.span.part("finish", Kind::Inside));
        let ending = self.store_ending(request.id, state, stored).await;
        drop(span);
        measure::stage("finish", storing.elapsed().as_secs_f64());
        let how = if ending.is_ok() { how } else { Outcome::NotStored };
        self.0.underway.end(request.id, how, Instant::now());
        if !matches!(ending, Ok(Stored::NotNow)) {
            measure::ended(request, state, how);
        }
        match ending {
            Ok(Stored::Now { offset }) => {
                kept_open.session.is_answered();
                let event_payload = RequestEvent { request_id: request.id, offset, query: &request.query, outcome };
                self.0.sessions.push(request.session_id, event, &event_payload, None);
            }
            Ok(Stored::Before(ending)) => {
                let (event, event_payload) = replayed(&ending);
                self.0.sessions.push(request.session_id, event, &event_payload, None);
            }
            Ok(Stored::NotNow) => tracing::debug!(request = %request.id, "had ended already"),
            Err(error) => {
                // It stays queued in the database and is computed again by the next master.
                self.0.log.error(format!("request {}: its ending cannot be stored: {error}", request.id));
                let refusal = Trouble::Storage.refusal(request.spec.lang);
                let told = RequestEvent { request_id: request.id, offset: 0, query: &request.query, outcome: &refusal };
                self.0.sessions.push(request.session_id, "failed", &told, None);
            }
        }
    }

    async fn store_ending(&self, id: Uuid, state: EndState, outcome: String) -> Result<Stored, store::Error> {
        let give_up_at = tokio::time::Instant::now() + STORING;
        let mut backoff = Backoff::between(FIRST_BACKOFF, STORING);
        let mut may_be_stored = false;
        loop {
            let ending = Ending { state, outcome: outcome.clone(), ended_at: timestamp_ms() };
            let pause = backoff.next_pause();
            match self.0.store.finish(id, ending).await {
                Err(error @ (store::Error::Busy { .. } | store::Error::Unavailable { .. }))
                    if tokio::time::Instant::now() + pause < give_up_at =>
                {
                    may_be_stored |= matches!(error, store::Error::Unavailable { .. });
                    tokio::time::sleep(pause).await;
                }
                // Nobody has told the browsers yet if it was an earlier try that ended it.
                Ok(None) if may_be_stored => {
                    return Ok(self.0.store.ending(id).await?.map_or(Stored::NotNow, Stored::Before));
                }
                Ok(None) => return Ok(Stored::NotNow),
                Ok(Some(offset)) => return Ok(Stored::Now { offset }),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A stored event as browsers get it, and its name.
pub fn replayed(event: &store::Event) -> (&'static str, Value) {
    let mut payload = match serde_json::from_str(&event.outcome) {
        Ok(Value::Object(outcome)) => outcome,
        _ => serde_json::Map::new(),
    };
    payload.insert("request_id".into(), Value::String(event.request_id.to_string()));
    payload.insert("offset".into(), event.offset.into());
    payload.insert("query".into(), Value::String(event.query.clone()));
    let name = match event.state {
        EndState::Answered if payload.contains_key("reply") => "replied",
        EndState::Answered => "answer",
        EndState::Failed | EndState::Cancelled => "failed",
    };
    (name, Value::Object(payload))
}
