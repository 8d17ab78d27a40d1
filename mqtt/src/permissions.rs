//! Which permissions the broker withholds. It says so for a publish that is acknowledged, if not with its topic; a
//! subscription that is denied it may grant all the same, and then deliver nothing. So a client sends itself a probe on
//! the topics that are its own, and misses what does not come back.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rumqttc::v5::mqttbytes::v5::{PubAck, PubAckReason};
use tokio::time::Instant;

/// How long after its acknowledgement a probe may take to come back.
const PATIENCE: Duration = Duration::from_secs(2);
/// Topics that are remembered as denied, for each connection; past it no more are told apart.
const DENIED_BOUND: usize = 64;

/// What the publishing side and the connection have in common; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Topics of what was handed to rumqttc and has not been sent, in order.
    waiting: VecDeque<String>,
    denied: BTreeSet<String>,
}

impl Shared {
    /// Hands a publish over by `hand_over`, remembering its topic in the same order.
    pub(crate) fn publish<E>(&self, topic: &str, hand_over: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hand_over()?;
        state.waiting.push_back(topic.to_owned());
        Ok(())
    }

    /// What is denied on this connection, in words.
    pub(crate) fn denied(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).denied.iter().cloned().collect()
    }

    /// Forgets a connection; `drain` empties what waits in rumqttc.
    fn forget(&self, drain: impl FnOnce()) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drain();
        state.waiting.clear();
        state.denied.clear();
    }

    fn sent(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }

    /// Says it in the log, once for a connection.
    fn deny(&self, what: String) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.denied.len() < DENIED_BOUND && !state.denied.contains(&what) {
            tracing::error!("{what}; see its ACL");
            state.denied.insert(what);
        }
    }
}

/// The permissions of one connection.
pub(crate) struct Permissions {
    pub(crate) shared: Shared,
    /// What a probe says; nobody else knows it.
    probe: String,
    /// Topics of publishes that wait for their acknowledgement, by packet number.
    unacknowledged: HashMap<u16, String>,
    /// Topics whose probe has not come back; the time from when it was acknowledged.
    probed: HashMap<String, Option<Instant>>,
}

impl Permissions {
    pub(crate) fn new(client_id: &str) -> Permissions {
        use std::hash::{BuildHasher, RandomState};
        let random = RandomState::new().hash_one(client_id);
        Permissions {
            shared: Shared::default(),
            probe: format!(r#"{{"probe":"{random:016x}"}}"#),
            unacknowledged: HashMap::new(),
            probed: HashMap::new(),
        }
    }

    /// What to publish on a topic that is this client's own.
    pub(crate) fn probe(&mut self, topic: &str) -> String {
        self.probed.insert(topic.to_owned(), None);
        self.probe.clone()
    }

    /// Whether this is a probe that has come back, which is nothing for the connection's owner.
    pub(crate) fn is_probe(&mut self, topic: &str, payload: &[u8]) -> bool {
        if payload != self.probe.as_bytes() {
            return false;
        }
        self.probed.remove(topic);
        true
    }

    /// A publish has left.
    pub(crate) fn sent(&mut self, packet: u16) {
        // Number 0 is a message that is not acknowledged.
        if let Some(topic) = self.shared.sent().filter(|_| packet != 0) {
            self.unacknowledged.insert(packet, topic);
        }
    }

    /// A publish was acknowledged or refused.
    pub(crate) fn acknowledged(&mut self, acknowledgement: &PubAck) {
        let Some(topic) = self.unacknowledged.remove(&acknowledgement.pkid) else { return };
        match acknowledgement.reason {
            PubAckReason::Success | PubAckReason::NoMatchingSubscribers => {
                if let Some(since) = self.probed.get_mut(&topic) {
                    *since = Some(Instant::now());
                }
            }
            // Whoever may not write to a topic cannot probe it, and may well be meant only to read it.
            PubAckReason::NotAuthorized if self.probed.remove(&topic).is_some() => {
                tracing::debug!(topic, "not probed: the broker takes no message on it from this client");
            }
            PubAckReason::NotAuthorized => {
                self.shared.deny(format!("the broker does not let this client publish on {topic:?}"));
            }
            reason => self.shared.deny(format!("the broker refused a message on {topic:?} ({reason:?})")),
        }
    }

    /// Looks for probes that should have come back by now.
    pub(crate) fn look(&mut self) {
        if self.probed.is_empty() {
            return;
        }
        let shared = &self.shared;
        self.probed.retain(|topic, since| {
            let missing = since.is_some_and(|since| since.elapsed() >= PATIENCE);
            if missing {
                shared.deny(format!(
                    "the broker does not let this client read {topic:?}, though it granted the subscription"
                ));
            }
            !missing
        });
    }

    /// Forgets a connection; `drain` empties what waits in rumqttc.
    pub(crate) fn forget(&mut self, drain: impl FnOnce()) {
        self.shared.forget(drain);
        self.unacknowledged.clear();
        self.probed.clear();
    }
}
