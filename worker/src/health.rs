//! How this worker is, for whoever asks by HTTP and for the metrics.

use cineswarm_telemetry::listener::{Answer, Question, Respondent};
use cineswarm_telemetry::metrics::list;
use tokio::sync::watch;

/// What a worker says of itself.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Health {
    /// Whether the broker can be reached.
    pub broker_connected: bool,
    /// Whether a master is there that knows this worker.
    pub registered: bool,
    /// Whether it is about to leave.
    pub draining: bool,
    /// Shards it is to hold; `None` before the master has said so.
    pub shards_assigned: Option<usize>,
    /// Shards it holds, ready for tasks.
    pub shards_held: usize,
    /// Up to which event of the log of ratings all its shards are; `None` without shards.
    pub watermark: Option<i64>,
    /// Tasks it takes at a time.
    pub slots: u32,
    /// Tasks it is at.
    pub tasks_in_hand: usize,
    /// What the broker's ACL keeps from it, in words.
    pub denied: Vec<String>,
    /// Why the broker refuses its password or certificate, if it has never taken them.
    pub refused: Option<String>,
}

impl Health {
    /// `None` if it is ready for tasks.
    fn why_not_ready(&self) -> Option<&'static str> {
        match self {
            Health { draining: true, .. } => Some("it is draining"),
            Health { broker_connected: false, .. } => Some("there is no connection to the broker"),
            Health { registered: false, .. } => Some("no master has said on the broker that it is there"),
            Health { shards_assigned: None, .. } => Some("the master has not said which shards to hold"),
            Health { shards_assigned: Some(assigned), shards_held, .. } if shards_held < assigned => {
                Some("not all of its shards have come yet")
            }
            Health { denied, .. } if !denied.is_empty() => Some("the broker's ACL keeps from it what it needs"),
            _ => None,
        }
    }

    /// Sets the metrics of a worker that is like this.
    pub fn show(&self, worker_id: &str) {
        let of = [worker_id];
        list::WORKER_BROKER_CONNECTED.set(of, f64::from(u8::from(self.broker_connected)));
        list::WORKER_REGISTERED.set(of, f64::from(u8::from(self.registered)));
        list::WORKER_SHARDS_ASSIGNED.set(of, self.shards_assigned.unwrap_or(0) as f64);
        list::WORKER_SHARDS_HELD.set(of, self.shards_held as f64);
        list::WORKER_WATERMARK.set(of, self.watermark.unwrap_or(0) as f64);
        list::WORKER_SLOTS.set(of, f64::from(self.slots));
        list::WORKER_TASKS_IN_HAND.set(of, self.tasks_in_hand as f64);
    }
}

/// Answers for a worker.
pub struct Operators<BeforeMetrics> {
    /// How it is.
    pub health: watch::Receiver<Health>,
    /// Sets the metrics that are looked up rather than counted.
    pub before_metrics: BeforeMetrics,
}

impl<BeforeMetrics: Fn() + Send + Sync + 'static> Respondent for Operators<BeforeMetrics> {
    fn answer(&self, question: Question) -> Answer {
        #[derive(serde::Serialize)]
        struct Body<'health> {
            ready: bool,
            reason: Option<&'static str>,
            #[serde(flatten)]
            health: &'health Health,
        }
        let health = self.health.borrow();
        let reason = health.why_not_ready();
        let ready = reason.is_none();
        let json = serde_json::to_vec(&Body { ready, reason, health: &health }).unwrap_or_default();
        let yes = match question {
            // It would wait for ever; whoever rolls it out is to hear that it does not work.
            Question::Live => health.refused.is_none(),
            Question::Ready => ready,
        };
        Answer { yes, json }
    }

    fn refresh_metrics(&self) {
        (self.before_metrics)();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    fn asked(health: &Health, question: Question) -> bool {
        let (_, health) = watch::channel(health.clone());
        let Answer { yes, json } = Operators { health, before_metrics: || () }.answer(question);
        let said: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(said["ready"].as_bool(), Some(said["reason"].is_null()), "{said}");
        yes
    }

    #[test]
    fn a_worker_is_ready_once_it_holds_what_it_was_told_to_hold() {
        let mut health = Health { broker_connected: true, registered: true, shards_held: 3, ..Health::default() };
        assert!(!asked(&health, Question::Ready), "nobody has told it what to hold");
        health.shards_assigned = Some(4);
        assert!(!asked(&health, Question::Ready), "one shard has not come");
        health.shards_held = 4;
        assert!(asked(&health, Question::Ready));
        health.draining = true;
        assert!(!asked(&health, Question::Ready));
        assert!(asked(&health, Question::Live));
    }

    #[test]
    fn a_worker_whose_password_was_never_taken_is_not_live() {
        assert!(asked(&Health::default(), Question::Live), "a broker that is away may come");
        let health = Health { refused: Some("no such user".into()), ..Health::default() };
        assert!(!asked(&health, Question::Live));
    }

    #[test]
    fn a_worker_from_whom_its_tasks_are_kept_is_not_ready() {
        let mut health =
            Health { broker_connected: true, registered: true, shards_assigned: Some(0), ..Health::default() };
        assert!(asked(&health, Question::Ready));
        health.denied.push("its tasks".into());
        assert!(!asked(&health, Question::Ready));
    }
}
