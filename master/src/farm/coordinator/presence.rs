//! Who is there: the master's own word of itself, kept true against whoever overwrites it, and the starts of each worker.

use std::collections::{HashMap, VecDeque};

use cineswarm_mqtt::{Message, timestamp_ms};
use cineswarm_proto::PROTOCOL_VERSION;
use cineswarm_proto::messages::MasterStatus;

use super::Coordinator;
use crate::scheduler::{Millis, WorkerId};

/// The master's status is said this often although nobody disputed it.
const SAID_EVERY_MS: Millis = 10_000;
/// The shortest and the longest pause before it is said again to whoever disputes it: two masters must not storm.
const FIRST_PAUSE_MS: Millis = 250;
const LONGEST_PAUSE_MS: Millis = 8_000;
/// How long a worker that is gone is said to be offline.
pub(super) const OFFLINE_KEPT_MS: Millis = 60_000;
/// How long two workers of one name are remembered to be two, and how often it is said.
const ALTERNATING_MS: Millis = 60_000;

/// When the master's status is to be said.
#[derive(Default)]
pub(super) struct Announcing {
    said_at: Millis,
    disputed: bool,
    disputed_at: Millis,
    pause: Millis,
}

impl Announcing {
    /// Somebody said something else, or shows not to know it.
    pub fn dispute(&mut self, now: Millis) {
        self.disputed = true;
        self.disputed_at = now;
    }

    pub fn is_due(&self, now: Millis) -> bool {
        let waited = now.saturating_sub(self.said_at);
        waited >= SAID_EVERY_MS || (self.disputed && waited >= self.pause)
    }

    /// It is being said.
    pub fn say(&mut self, now: Millis) {
        let lately = self.disputed && now.saturating_sub(self.said_at) < 2 * self.pause.max(FIRST_PAUSE_MS);
        self.pause = if lately { (self.pause * 2).clamp(FIRST_PAUSE_MS, LONGEST_PAUSE_MS) } else { FIRST_PAUSE_MS };
        self.disputed = false;
        self.said_at = now;
    }
}

/// Workers that are gone, and since when.
#[derive(Default)]
pub(super) struct Departed(HashMap<WorkerId, Millis>);

impl Departed {
    pub fn left(&mut self, now: Millis, worker: &WorkerId) {
        self.0.insert(worker.clone(), now);
    }

    pub fn came_back(&mut self, worker: &WorkerId) {
        self.0.remove(worker);
    }

    /// Those whose time is over; each once.
    pub fn due(&mut self, now: Millis) -> Vec<WorkerId> {
        let over = |at: &Millis| now.saturating_sub(*at) >= OFFLINE_KEPT_MS;
        self.0.extract_if(|_, at| over(at)).map(|(worker, _)| worker).collect()
    }
}

/// The latest start of each worker: a Last Will of an earlier one says nothing, and one that comes back after a later
/// one is another worker of the same name.
#[derive(Default)]
pub(super) struct Incarnations(HashMap<WorkerId, Starts>);

#[derive(Default)]
struct Starts {
    /// In the order in which they came, the latest last; never the same one twice in a row.
    seen: VecDeque<String>,
    alternated_at: Option<Millis>,
}

/// Starts of one worker that are remembered.
const REMEMBERED: usize = 4;

impl Incarnations {
    /// `true`: two workers of this name are there, which has not been said lately.
    pub fn meet(&mut self, now: Millis, worker: &WorkerId, incarnation: String) -> bool {
        let starts = self.0.entry(worker.clone()).or_default();
        if starts.seen.back() == Some(&incarnation) {
            return false;
        }
        let back_again = starts.seen.contains(&incarnation);
        starts.seen.push_back(incarnation);
        if starts.seen.len() > REMEMBERED {
            starts.seen.pop_front();
        }
        let said_lately = starts.alternated_at.is_some_and(|at| now.saturating_sub(at) < ALTERNATING_MS);
        let say = back_again && !said_lately;
        if say {
            starts.alternated_at = Some(now);
        }
        say
    }

    /// Whether two workers of this name were there lately.
    pub fn alternate(&self, now: Millis, worker: &WorkerId) -> bool {
        let alternated_at = self.0.get(worker).and_then(|starts| starts.alternated_at);
        alternated_at.is_some_and(|at| now.saturating_sub(at) < ALTERNATING_MS)
    }

    /// Whether a word of this start is about the worker that is there.
    pub fn is_latest(&self, worker: &WorkerId, incarnation: &str) -> bool {
        let latest = self.0.get(worker).and_then(|starts| starts.seen.back());
        latest.is_none_or(|latest| latest == incarnation)
    }

    pub fn forget(&mut self, worker: &WorkerId) {
        self.0.remove(worker);
    }
}

impl Coordinator {
    /// What is retained of the master: its own word, or somebody else's.
    pub(super) fn hear_of_master(&mut self, payload: &[u8]) {
        let said: Option<MasterStatus> = serde_json::from_slice(payload).ok();
        let ours = self.status_of_master(true);
        let same = said.as_ref().is_some_and(|said| MasterStatus { timestamp: ours.timestamp, ..said.clone() } == ours);
        if same {
            return;
        }
        let now = self.now();
        if !self.announcing.disputed {
            let what = match said {
                Some(said) if said.epoch != ours.epoch && said.online => {
                    format!("another master, {}, says it", said.epoch)
                }
                Some(_) => "it was overwritten".to_owned(),
                None if payload.is_empty() => "it was cleared".to_owned(),
                None => "it was overwritten with what is no status".to_owned(),
            };
            self.parameters
                .log
                .warn(format!("the retained status of the master is not its own: {what}; saying it again"));
        }
        self.announcing.dispute(now);
    }

    /// Says the master's status, which the broker retains.
    pub(super) fn announce(&mut self) {
        self.announcing.say(self.now());
        self.say_online(true);
    }

    pub(super) fn say_online(&self, online: bool) {
        let message = Message::json(self.parameters.topics.master_status(), &self.status_of_master(online)).retained();
        if let Err(error) = self.parameters.client.publish(message) {
            tracing::debug!(%error, "the master's status was not sent");
        }
    }

    fn status_of_master(&self, online: bool) -> MasterStatus {
        let parameters = &self.parameters;
        let (epoch, endpoint, version) = (&parameters.epoch, &parameters.grpc_endpoint, parameters.library.version());
        master_status(epoch, endpoint, version, parameters.heartbeat, online)
    }
}

/// The master's retained status, also used as its Last Will.
pub fn master_status(
    epoch: &str,
    grpc_endpoint: &str,
    dataset_version: &str,
    heartbeat: std::time::Duration,
    online: bool,
) -> MasterStatus {
    MasterStatus {
        online,
        epoch: epoch.to_owned(),
        grpc_endpoint: grpc_endpoint.to_owned(),
        dataset_version: dataset_version.to_owned(),
        protocol: PROTOCOL_VERSION,
        heartbeat_ms: heartbeat.as_millis() as u64,
        timestamp: timestamp_ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker() -> WorkerId {
        "w".into()
    }

    #[test]
    fn a_disputed_status_is_said_at_once_and_then_ever_less_often() {
        let mut announcing = Announcing::default();
        let mut said = Vec::new();
        announcing.say(0);
        for now in (1_000..61_000).step_by(100) {
            announcing.dispute(now);
            if announcing.is_due(now) {
                announcing.say(now);
                said.push(now);
            }
        }
        assert_eq!(said[0], 1_000);
        assert!(said.len() < 20, "another master that answers each time is answered {} times a minute", said.len());
    }

    #[test]
    fn an_undisputed_status_is_said_every_ten_seconds() {
        let mut announcing = Announcing::default();
        announcing.say(0);
        assert!(!announcing.is_due(9_999) && announcing.is_due(10_000));
    }

    #[test]
    fn a_worker_that_left_is_forgotten_once_after_a_while_unless_it_came_back() {
        let mut departed = Departed::default();
        departed.left(0, &worker());
        assert!(departed.due(OFFLINE_KEPT_MS - 1).is_empty());
        assert_eq!(departed.due(OFFLINE_KEPT_MS), [worker()]);
        assert!(departed.due(OFFLINE_KEPT_MS).is_empty());
        departed.left(0, &worker());
        departed.came_back(&worker());
        assert!(departed.due(OFFLINE_KEPT_MS).is_empty());
    }

    #[test]
    fn two_workers_of_one_name_are_told_from_restarts_and_named_once_a_minute() {
        let mut starts = Incarnations::default();
        for restart in ["a", "b", "c"] {
            assert!(!starts.meet(0, &worker(), restart.into()), "each start is a new one");
            assert!(!starts.meet(0, &worker(), restart.into()), "and a reconnect is none");
        }
        let mut named = 0;
        for second in 0..120 {
            let incarnation = if second % 2 == 0 { "b" } else { "c" };
            named += usize::from(starts.meet(second * 1_000, &worker(), incarnation.into()));
        }
        assert_eq!(named, 2);
    }
}
