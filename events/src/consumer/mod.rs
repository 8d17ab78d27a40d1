//! A consumer that keeps what it makes of events in a database: each event once, in order for its key. One task owns its
//! connection; it looks when the ring tells it to, and every few seconds whether it did or not.

mod plan;
mod step;

pub use plan::Refused;
pub use step::{Failed, Setup, Step, replay, step};

use crate::{Cursor, Error, Event, Source, Tables};
use cineswarm_retry::Backoff;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a consumer makes of events, in the transaction that moves its cursor.
pub trait Handler<C>: Send {
    /// Takes one event. What it writes with this connection, and nothing else, is undone if the transaction fails; it is
    /// then called again.
    fn handle(&mut self, transaction: &mut C, event: &Event) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Forgets all that it made of events: the log begins anew.
    fn start_over(&mut self, transaction: &mut C) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Why a handler does not take an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It may later: it is tried for ever.
    NotNow(String),
    /// This event never: it is kept aside as a dead letter, and its key with it.
    Never(String),
}

/// A statement that failed says nothing against the event.
impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Refusal {
        Refusal::NotNow(error.to_string())
    }
}

/// Where a consumer's database is.
pub trait Connect: Send + Sync {
    /// What it speaks over.
    type Connection: Tables;
    /// One connection, set up.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send;
}

/// How a consumer runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who takes what.
    pub setup: Setup,
    /// How often it looks without being rung for.
    pub look_every: Duration,
    /// The shortest time between two looks that a ring causes: a ring that anybody can forge must not keep a database busy.
    pub shortest_gap: Duration,
    /// How long one transaction may take before its connection is given up.
    pub deadline: Duration,
    /// Between two tries while something is away: doubled from the first to the second.
    pub backoff: (Duration, Duration),
}

impl Options {
    /// With the times that suit a service.
    pub fn new(setup: Setup) -> Options {
        Options {
            setup,
            look_every: Duration::from_secs(5),
            shortest_gap: Duration::from_millis(20),
            deadline: Duration::from_secs(30),
            backoff: (Duration::from_millis(50), Duration::from_secs(5)),
        }
    }
}

/// How a consumer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not looked yet.
    Starting,
    /// It is so far.
    Following {
        /// The last event it has taken.
        at: Cursor,
        /// How many come after it, as far as is known.
        behind: i64,
    },
    /// Something is away, and it tries again.
    Trying {
        /// What was said last.
        reason: String,
    },
    /// It has stopped and waits for an operator.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// A running consumer; clones share it.
#[derive(Clone)]
pub struct Handle {
    rung: Arc<Notify>,
    state: watch::Receiver<State>,
}

impl Handle {
    /// There may be more in the log.
    pub fn ring(&self) {
        self.rung.notify_one();
    }

    /// How it is, to look at or to wait on.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }
}

/// Starts a consumer that runs until `stop` is cancelled. A transaction under way is finished before.
pub fn start<D, S, H>(
    options: Options,
    database: D,
    source: S,
    handler: H,
    stop: CancellationToken,
) -> (Handle, JoinHandle<()>)
where
    D: Connect + 'static,
    D::Connection: 'static,
    S: Source + 'static,
    H: Handler<D::Connection> + 'static,
{
    let rung = Arc::new(Notify::new());
    let (state, watching) = watch::channel(State::Starting);
    let handle = Handle { rung: rung.clone(), state: watching };
    let service = Service { options, database, source, handler, connection: None, refused: None, state };
    (handle, tokio::spawn(service.run(rung, stop)))
}

struct Service<D: Connect, S, H> {
    options: Options,
    database: D,
    source: S,
    handler: H,
    connection: Option<D::Connection>,
    refused: Option<Refused>,
    state: watch::Sender<State>,
}

/// What the next thing to do is.
enum Next {
    Step,
    Wait(Duration),
}

impl<D: Connect, S: Source, H: Handler<D::Connection>> Service<D, S, H> {
    async fn run(mut self, rung: Arc<Notify>, stop: CancellationToken) {
        let mut moves = self.source.moves();
        let (first, longest) = self.options.backoff;
        let mut backoff = Backoff::between(first, longest);
        while !stop.is_cancelled() {
            let next = match tokio::time::timeout(self.options.deadline, self.step()).await {
                Ok(Ok(next)) => {
                    backoff.start_over();
                    next
                }
                failed => {
                    // Nothing is known of the connection any more, so it is not used again.
                    self.connection = None;
                    let reason = match failed {
                        Ok(Err(error)) => error.to_string(),
                        _ => format!("no end of a transaction after {:?}", self.options.deadline),
                    };
                    let consumer = &self.options.setup.consumer;
                    let pause = backoff.next_pause();
                    tracing::warn!(%consumer, reason, retry_ms = pause.as_millis() as u64, "events could not be taken");
                    self.state.send_replace(State::Trying { reason });
                    if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                    continue;
                }
            };
            let Next::Wait(longest) = next else { continue };
            let looked_at = tokio::time::Instant::now();
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(longest) => {}
                () = rung.notified() => {}
                () = moved(&mut moves) => continue,
            }
            let gap = self.options.shortest_gap;
            if stop.run_until_cancelled(tokio::time::sleep_until(looked_at + gap)).await.is_none() {
                return;
            }
        }
    }

    /// Takes a page, or where there is none the letters that may be tried.
    async fn step(&mut self) -> Result<Next, Failed> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.connect().await.map_err(Error::database("connecting to the consumer's database"))?,
        };
        let setup = &self.options.setup;
        let done = step(&mut connection, &self.source, &mut self.handler, setup, &mut self.refused).await?;
        let next = match done {
            Step::Moved { through, head } => {
                let behind = (head - through.seq).max(0);
                self.state.send_replace(State::Following { at: through, behind });
                Next::Step
            }
            Step::Again => Next::Step,
            Step::Idle { at } => {
                while replay(&mut connection, &mut self.handler, setup).await? {}
                self.state.send_replace(State::Following { at, behind: 0 });
                Next::Wait(self.options.look_every)
            }
            Step::Stopped(reason) => {
                let stopped = State::Stopped { reason: reason.clone() };
                let told_before = *self.state.borrow() == stopped;
                if !told_before {
                    let consumer = &setup.consumer;
                    tracing::error!(%consumer, reason, "a consumer has stopped; `cineswarm events rebuild` has it start over");
                    self.state.send_replace(stopped);
                }
                Next::Wait(self.options.look_every)
            }
        };
        self.connection = Some(connection);
        Ok(next)
    }
}

/// Waits until this process has appended; for ever where that is not known.
pub(crate) async fn moved(moves: &mut Option<watch::Receiver<i64>>) {
    if let Some(receiver) = moves
        && receiver.changed().await.is_ok()
    {
        return;
    }
    *moves = None;
    std::future::pending().await
}
