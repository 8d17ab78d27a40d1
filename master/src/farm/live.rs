//! A request under way, with what has come for it, and whether it is on disk yet.

use std::sync::Arc;

use cineswarm_telemetry::traces::{Kind, Span};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::requests::answer::{InsteadOfModel, Timings, WorkersPart};
use crate::requests::spec::{Source, Spec};
use crate::scheduler::RequestId;

/// Whether a request is on disk: it may end only once it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It is being stored.
    Pending,
    /// It is on disk.
    Stored,
    /// It could not be stored, so there is nothing to end.
    GivenUp,
}

/// Says what became of storing a request; dropped without a word, it says that it was given up.
#[derive(Debug)]
pub struct Storing(watch::Sender<Durability>);

impl Storing {
    /// It is on disk.
    pub fn stored(self) {
        self.0.send_replace(Durability::Stored);
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        self.0.send_if_modified(|state| {
            let pending = *state == Durability::Pending;
            if pending {
                *state = Durability::GivenUp;
            }
            pending
        });
    }
}

/// A request under way, with what has come for it.
pub struct Live {
    /// Its id.
    pub id: RequestId,
    /// Whose it is.
    pub session_id: Uuid,
    /// What was asked, in words.
    pub query: Arc<str>,
    /// What is computed.
    pub spec: Arc<Spec>,
    /// What has come.
    pub parts: Vec<WorkersPart>,
    /// Why neighbours answer and not the model, where that is so.
    pub instead_of_model: Option<InsteadOfModel>,
    /// How long it took.
    pub timings: Timings,
    /// Its span, from the ask to the ending.
    pub span: Span,
    /// The part of it that is waiting.
    pub(super) waiting: Span,
    durability: watch::Receiver<Durability>,
    pub(super) submitted: Instant,
    pub(super) first_sent: Option<Instant>,
    pub(super) moved: Option<(Option<usize>, u32)>,
}

impl Live {
    /// A request that is being stored.
    pub fn new(id: RequestId, session_id: Uuid, query: Arc<str>, spec: Arc<Spec>) -> (Live, Storing) {
        let (storing, durability) = watch::channel(Durability::Pending);
        let live = Live {
            id,
            session_id,
            query,
            spec,
            parts: Vec::new(),
            instead_of_model: None,
            timings: Timings::default(),
            span: Span::default(),
            waiting: Span::default(),
            durability,
            submitted: Instant::now(),
            first_sent: None,
            moved: None,
        };
        (live, Storing(storing))
    }

    /// A request that is on disk.
    pub fn stored(id: RequestId, session_id: Uuid, query: Arc<str>, spec: Arc<Spec>) -> Live {
        let (live, storing) = Live::new(id, session_id, query, spec);
        storing.stored();
        live
    }

    /// The same, as part of a trace.
    pub fn traced(mut self, span: Span) -> Live {
        if span.is_recorded() {
            span.word("request_id", &self.id.to_string());
        }
        if self.spec.source == Source::Neighbours {
            self.waiting = span.part("queue", Kind::Inside);
        }
        self.span = span;
        self
    }

    /// How long ago it was understood; or taken up again, if an earlier master accepted it.
    pub fn age(&self) -> std::time::Duration {
        self.submitted.elapsed()
    }

    /// Waits until it is known whether the request is on disk. `false`: it is not and never will be.
    pub async fn is_stored(&self) -> bool {
        let mut durability = self.durability.clone();
        let known = durability.wait_for(|state| *state != Durability::Pending).await;
        known.is_ok_and(|state| *state == Durability::Stored)
    }
}

/// How far a request is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which.
    pub id: RequestId,
    /// Whose.
    pub session_id: Uuid,
    /// What was asked, in words.
    pub query: Arc<str>,
    /// Requests ahead of it, or `None` once it is being computed.
    pub position: Option<usize>,
    /// Shards that have answered.
    pub shards_done: u32,
    /// Shards there are.
    pub shards_total: u32,
}

/// Where requests go from the coordinator. Called from its task, so nothing in it may wait.
pub trait Outlet: Send + Sync {
    /// A request has all the parts it will get; none, if nobody answered.
    fn ended(&self, request: Live);
    /// A request moved on.
    fn progressed(&self, progress: Progress);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> (Live, Storing) {
        Live::new(Uuid::nil(), Uuid::nil(), "".into(), Arc::new(Spec::unreadable()))
    }

    #[tokio::test]
    async fn a_request_is_stored_or_given_up_and_never_both() {
        let (stored, storing) = live();
        storing.stored();
        assert!(stored.is_stored().await);

        let (abandoned, storing) = live();
        drop(storing);
        assert!(!abandoned.is_stored().await);
    }

    #[tokio::test]
    async fn until_it_is_known_whoever_asks_waits() {
        let (pending, storing) = live();
        let mut asked = Box::pin(pending.is_stored());
        assert!(futures::poll!(&mut asked).is_pending());
        storing.stored();
        assert!(asked.await);
    }
}
