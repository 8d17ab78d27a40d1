//! The coordinator: one task that owns the scheduler and the requests under way, and carries out what the scheduler
//! commands. Browsers and workers reach it through its [`Handle`] and over MQTT. Somewhat longer than other files: all that
//! may change this state stands in one place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cineswarm_mqtt::{Client, Event, Events, FarmLog, Message, PublishError, quoted, timestamp_ms};
use cineswarm_proto::Topics;
use cineswarm_proto::events::RATINGS;
use cineswarm_proto::messages::{Control, LogLevel, QueryOptions, Ring, Task, Work};
use cineswarm_telemetry::metrics::{self, list};
use cineswarm_telemetry::traces::Span;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

mod credit;
mod presence;
mod tally;
mod workers;

use presence::{Announcing, Departed, Incarnations};
use tally::Tally;

pub use presence::master_status;

pub use super::live::{Live, Outlet, Progress};
use crate::label::SessionLabels;
use crate::library::Library;
use crate::requests::answer::InsteadOfModel;
use crate::scheduler::{self, Command, Lately, Load, RequestId, Scheduler, WorkerId};
pub use credit::{Attempt, Contents, NotCredited, WorkerResult};

/// Inputs that may wait for the coordinator; past it callers wait.
const INPUT_BOUND: usize = 1024;
/// How often leases, deadlines and positions are looked at, and how often late tasks.
const TICK: Duration = Duration::from_millis(100);
const HEDGING: Duration = Duration::from_millis(25);
/// A worker is given up after so many heartbeats that did not come.
const MISSED_HEARTBEATS: u32 = 4;
/// Queries in one task at the most.
const MAX_BATCH: usize = 32;
/// Bytes of the profiles in one task at the most, about; one profile alone may have more. Far below what any broker
/// takes, so that a task never fails for its size because others travel with it.
const MAX_BATCH_BYTES: usize = 256 << 10;
/// A rating in a task, `123456,10,`, and what comes with each query.
const BYTES_PER_RATING: usize = 10;
const BYTES_PER_QUERY: usize = 200;

/// Films that a worker names of a model's: as many as the filters of a question may leave out before any is shown.
const MODEL_FILMS: u32 = 2_000;

/// What the coordinator is made from.
pub struct Parameters {
    /// The dataset served.
    pub library: Arc<Library>,
    /// MQTT topics.
    pub topics: Topics,
    /// The broker connection.
    pub client: Client,
    /// The master's log.
    pub log: FarmLog,
    /// Tells this start of the master from others.
    pub epoch: String,
    /// Where workers call back.
    pub grpc_endpoint: String,
    /// Workers that hold each shard.
    pub replication: usize,
    /// How long a worker has for a task.
    pub lease: Duration,
    /// How often workers say their status.
    pub heartbeat: Duration,
    /// Requests under way at the most.
    pub max_requests: usize,
    /// Names sessions to workers and operators, who must not be able to open them.
    pub labels: SessionLabels,
    /// Says how far the log of ratings is.
    pub ring: cineswarm_events::ring::Handle,
    /// Takes what has ended and what has moved on.
    pub outlet: Arc<dyn Outlet>,
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// Too many are under way.
    QueueFull,
    /// The coordinator is ending.
    Stopping,
}

enum Input {
    Submit { request: Box<Live>, timeout: Duration, reply: oneshot::Sender<Result<usize, NotTaken>> },
    Cancel { request: RequestId, reply: oneshot::Sender<bool> },
    Contents { of: Attempt, reply: oneshot::Sender<Result<Contents, NotCredited>> },
    Result { result: WorkerResult, reply: oneshot::Sender<Result<(), NotCredited>> },
    Refused { of: Attempt, reason: String },
    ModelOffered,
}

/// The farm as browsers and health checks see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FarmStatus {
    /// Workers, queue and shards.
    pub load: Load,
    /// Shards there are.
    pub shard_count: u32,
    /// Whether the broker can be reached.
    pub broker_connected: bool,
    /// Why the broker refuses this master's password or certificate, if it has never taken them.
    pub broker_refused: Option<String>,
    /// Workers that are alive and do not deliver, by name.
    pub demoted: Arc<[WorkerId]>,
    /// How the requests of the last minute ended.
    pub lately: Lately,
    /// For how many seconds the oldest task has been waited for.
    pub oldest_task_s: u64,
}

impl FarmStatus {
    /// What keeps the farm from answering as it should although its workers are there, in words. A demoted worker alone
    /// does not: others do its work.
    pub fn trouble(&self) -> Option<String> {
        let Lately { ended, incomplete } = self.lately;
        if incomplete < FEW || incomplete * 10 < ended {
            return None;
        }
        let names = if self.demoted.is_empty() {
            String::new()
        } else {
            format!("; alive, but not handing in what they are sent: {}", self.demoted.join(", "))
        };
        Some(format!("tasks go unanswered: {incomplete} of the last {ended} requests ended without all shards{names}"))
    }
}

/// Requests that may end without all shards, as when their last worker is just being replaced, before it is trouble.
const FEW: usize = 3;

/// Talks to the coordinator; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    inputs: mpsc::Sender<Input>,
    status: watch::Receiver<FarmStatus>,
}

impl Handle {
    /// Hands over a request; gives how many wait before it.
    pub async fn submit(&self, request: Live, timeout: Duration) -> Result<usize, NotTaken> {
        let (reply, answer) = oneshot::channel();
        let input = Input::Submit { request: Box::new(request), timeout, reply };
        self.inputs.send(input).await.map_err(|_| NotTaken::Stopping)?;
        answer.await.unwrap_or(Err(NotTaken::Stopping))
    }

    /// Stops a request; `false` if it is not under way.
    pub async fn cancel(&self, request: RequestId) -> bool {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Cancel { request, reply }).await.is_ok() && answer.await.unwrap_or(false)
    }

    /// What the task asks that a worker is about to hand in a result for; whether that is stale is known before the
    /// result is looked at.
    pub async fn contents(&self, of: Attempt) -> Result<Contents, NotCredited> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Contents { of, reply }).await.map_err(|_| NotCredited::Stopping)?;
        answer.await.unwrap_or(Err(NotCredited::Stopping))
    }

    /// Hands in a worker's result.
    pub async fn result(&self, result: WorkerResult) -> Result<(), NotCredited> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Result { result, reply }).await.map_err(|_| NotCredited::Stopping)?;
        answer.await.unwrap_or(Err(NotCredited::Stopping))
    }

    /// Counts a result that was refused before it came here; a worker whose results are refused often gets no more
    /// work while others can do it.
    pub async fn refused(&self, of: Attempt, reason: String) {
        // A coordinator that is ending counts nothing.
        let _ = self.inputs.send(Input::Refused { of, reason }).await;
    }

    /// The library offers a model from now on; workers are told to fetch it.
    pub async fn model_offered(&self) {
        // A coordinator that is ending tells nobody.
        let _ = self.inputs.send(Input::ModelOffered).await;
    }

    /// The farm's status, to look at or to wait on.
    pub fn status(&self) -> watch::Receiver<FarmStatus> {
        self.status.clone()
    }
}

/// Starts the coordinator; it runs until `stop` is cancelled.
pub fn start(parameters: Parameters, events: Events, stop: CancellationToken) -> (Handle, tokio::task::JoinHandle<()>) {
    let (inputs, receiver) = mpsc::channel(INPUT_BOUND);
    let shard_count = parameters.library.dataset.shard_count();
    let (status, watched) = watch::channel(FarmStatus { shard_count, ..FarmStatus::default() });
    let config = scheduler::Config {
        shard_count,
        replication: parameters.replication,
        lease_ms: parameters.lease.as_millis() as u64,
        silence_ms: (parameters.heartbeat * MISSED_HEARTBEATS).as_millis() as u64,
        max_batch: MAX_BATCH,
        max_batch_weight: MAX_BATCH_BYTES,
        max_requests: parameters.max_requests,
    };
    let coordinator = Coordinator {
        scheduler: Scheduler::new(config),
        started: Instant::now(),
        live: HashMap::new(),
        moved: Vec::new(),
        incarnations: Incarnations::default(),
        refusals: HashMap::new(),
        model_workers: BTreeSet::new(),
        departed: Departed::default(),
        announcing: Announcing::default(),
        tally: Tally::default(),
        status,
        parameters,
    };
    (Handle { inputs, status: watched }, tokio::spawn(coordinator.run(receiver, events, stop)))
}

struct Coordinator {
    parameters: Parameters,
    scheduler: Scheduler,
    started: Instant,
    live: HashMap<RequestId, Live>,
    /// Requests with progress that has not been told; told together, a few times a second.
    moved: Vec<RequestId>,
    incarnations: Incarnations,
    /// Results that were refused, of each worker that is there.
    refusals: HashMap<WorkerId, u64>,
    /// Workers that can answer from a likeness model.
    model_workers: BTreeSet<WorkerId>,
    departed: Departed,
    announcing: Announcing,
    tally: Tally,
    status: watch::Sender<FarmStatus>,
}

impl Coordinator {
    async fn run(mut self, mut inputs: mpsc::Receiver<Input>, mut events: Events, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut hedging = tokio::time::interval(HEDGING);
        hedging.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(input) = inputs.recv() => self.take(input),
                event = events.recv() => match event {
                    Some(event) => self.react(event),
                    None => break,
                },
                _ = tick.tick() => self.tick(),
                _ = hedging.tick() => self.scheduler.hedge(self.now()),
                () = stop.cancelled() => break,
            }
            self.carry_out();
            self.tell_status();
        }
        self.say_online(false);
    }

    fn now(&self) -> scheduler::Millis {
        self.started.elapsed().as_millis() as u64
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        match input {
            Input::Submit { request, timeout, reply } => {
                let deadline = now + timeout.as_millis() as u64;
                let weight = BYTES_PER_QUERY + BYTES_PER_RATING * request.spec.profile.len();
                let mut request = request;
                let work = self.work_for(now, &mut request);
                let taken = self.scheduler.submit(now, request.id, deadline, weight, work);
                if let Ok(position) = taken {
                    let query = request.query.clone();
                    self.parameters.log.request(&request.id.to_string(), || {
                        format!("queued {:?}, {position} before it", quoted(&query))
                    });
                    self.live.insert(request.id, *request);
                }
                // Whoever asked may be gone; the request goes on.
                let _ = reply.send(taken.map_err(|scheduler::QueueFull| NotTaken::QueueFull));
            }
            Input::Cancel { request, reply } => {
                let known = self.scheduler.cancel(now, request);
                if let Some(live) = self.live.remove(&request) {
                    live.span.word("outcome", "cancelled");
                }
                let _ = reply.send(known);
            }
            Input::Contents { of, reply } => {
                let contents = self.contents(now, &of);
                let _ = reply.send(contents);
            }
            Input::Result { result, reply } => {
                let outcome = self.credit(now, result);
                let _ = reply.send(outcome);
            }
            Input::Refused { of, reason } => self.refuse(now, &of, &reason),
            Input::ModelOffered => {
                self.model_workers.iter().for_each(|worker| self.order_model(worker));
            }
        }
    }

    /// Task ids carry the epoch, so that a result for an earlier master's task cannot be taken for one of ours.
    fn task_id(&self, task: scheduler::TaskId) -> String {
        format!("{}-{task}", self.parameters.epoch)
    }

    fn task_number(&self, task_id: &str) -> Option<scheduler::TaskId> {
        task_id.strip_prefix(&self.parameters.epoch)?.strip_prefix('-')?.parse().ok()
    }

    fn react(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.parameters.log.info("connected to the broker");
                self.parameters.ring.forgotten();
                self.announce();
            }
            Event::Disconnected { reason, retry_in } => {
                tracing::warn!(reason, retry_in_ms = retry_in.as_millis(), "no connection to the broker");
            }
            Event::Message(message) => self.read(&message),
        }
    }

    fn read(&mut self, message: &Message) {
        let topics = &self.parameters.topics;
        let read = if message.topic == topics.register() {
            serde_json::from_slice(&message.payload).map(|registration| self.register(registration))
        } else if message.topic == topics.workers_status() {
            serde_json::from_slice(&message.payload).map(|status| self.hear(status))
        } else if message.topic == topics.master_status() {
            self.hear_of_master(&message.payload);
            return;
        } else if message.topic == topics.ring(RATINGS) {
            serde_json::from_slice(&message.payload).map(|Ring { head }| self.parameters.ring.heard(head))
        } else {
            return;
        };
        if let Err(error) = read {
            let (topic, error) = (&message.topic, error.to_string());
            let error = quoted(&error);
            self.parameters.log.warn(format!("ignored a message on {topic}: it is not what PROTOCOL.md says: {error}"));
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        self.scheduler.tick(now);
        if self.announcing.is_due(now) {
            self.announce();
        }
        for worker in self.departed.due(now) {
            self.forget_retained(&worker);
            metrics::forget_worker(&worker);
        }
        let shards_total = self.parameters.library.dataset.shard_count();
        for id in std::mem::take(&mut self.moved) {
            if let Some(live) = self.live.get_mut(&id)
                && let Some((position, shards_done)) = live.moved.take()
            {
                let (session_id, query) = (live.session_id, live.query.clone());
                let progress = Progress { id, session_id, query, position, shards_done, shards_total };
                self.parameters.outlet.progressed(progress);
            }
        }
    }

    fn carry_out(&mut self) {
        // What cannot be carried out may make further commands.
        loop {
            self.tally.count(self.scheduler.take_news());
            let commands = self.scheduler.take_commands();
            if commands.is_empty() {
                return;
            }
            commands.into_iter().for_each(|command| self.obey(command));
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Assign { worker, sequence, shards } => {
                let library = &self.parameters.library;
                let (live, fetch_version) = library.growth();
                let order = Control::AssignShards {
                    epoch: self.parameters.epoch.clone(),
                    sequence,
                    dataset_version: library.version().to_owned(),
                    shards,
                    shard_count: library.dataset.shard_count(),
                    grpc_endpoint: self.parameters.grpc_endpoint.clone(),
                    live,
                    fetch_version,
                    grown_from: library.dataset.metadata().base.clone(),
                };
                self.order(&worker, &order);
            }
            Command::Send { worker, task, attempt, shards, requests } => {
                self.send(&worker, task, attempt, &shards, &requests);
            }
            Command::CancelTask { worker, task } => {
                self.order(&worker, &Control::Cancel { task_id: self.task_id(task) });
            }
            Command::Progress { request, position, shards_done } => {
                if let Some(live) = self.live.get_mut(&request)
                    && live.moved.replace((position, shards_done)).is_none()
                {
                    self.moved.push(request);
                }
            }
            Command::FellBack { request, late } => {
                if let Some(live) = self.live.get_mut(&request) {
                    live.instead_of_model = Some(if late { InsteadOfModel::Late } else { InsteadOfModel::NoWorker });
                    live.parts.clear();
                }
            }
            Command::Complete { request, .. } => {
                if let Some(mut live) = self.live.remove(&request) {
                    let sent = live.first_sent.unwrap_or_else(Instant::now);
                    live.timings.queue_ms = (sent - live.submitted).as_secs_f64() * 1e3;
                    live.timings.farm_ms = sent.elapsed().as_secs_f64() * 1e3;
                    self.parameters.outlet.ended(live);
                }
            }
            Command::Lost { worker, reason } => {
                self.departed(&worker);
                list::WORKERS_LOST.increment([]);
                let line = format!("worker {worker} is lost: {reason}; its tasks go to others");
                self.log_of(&worker, LogLevel::Warn, line);
            }
            Command::Demoted { worker, reason } => {
                let log = &self.parameters.log;
                log.error(format!("worker {worker} gets no work that others can do: {reason}; it is probed"));
            }
            Command::Restored { worker } => {
                self.parameters.log.info(format!("worker {worker} delivers again and gets work as before"));
            }
        }
    }

    fn send(
        &mut self,
        worker: &WorkerId,
        task: scheduler::TaskId,
        attempt: u32,
        shards: &[u32],
        requests: &[RequestId],
    ) {
        let sent = Instant::now();
        let mut queries = Vec::with_capacity(requests.len());
        let (mut first, mut spans) = (None, tally::Spans::default());
        for id in requests {
            let Some(live) = self.live.get_mut(id) else { continue };
            live.first_sent.get_or_insert(sent);
            live.waiting = Span::default();
            spans.add(&live.span);
            queries.push(live.spec.query(id.to_string()));
            first.get_or_insert((live.session_id, live.query.to_string()));
        }
        let Some((session_id, query)) = first else { return };
        let model = self.parameters.library.model().filter(|_| shards == [scheduler::MODEL]);
        if model.is_some() {
            queries.iter_mut().for_each(|query| {
                query.k = MODEL_FILMS;
                query.options = QueryOptions::default();
            });
        }
        let request_id = requests[0].to_string();
        let traceparent = spans.traceparent();
        self.tally.trace(task, worker, spans);
        let task = Task {
            worker_id: worker.to_string(),
            task_id: self.task_id(task),
            attempt,
            lease_ms: self.parameters.lease.as_millis() as u64,
            session_id: self.parameters.labels.of(session_id),
            request_id,
            query,
            grpc_endpoint: self.parameters.grpc_endpoint.clone(),
            timestamp: timestamp_ms(),
            dataset_version: self.parameters.library.version().to_owned(),
            work: if model.is_some() { Work::Model } else { Work::Neighbours },
            model: model.map(|model| model.name.clone()),
            shards: if model.is_some() { Vec::new() } else { shards.to_vec() },
            queries,
            // The ranker has them.
            with_ratings: false,
            traceparent,
        };
        self.parameters.log.request(&task.request_id, || {
            let (id, queries, shards) = (&task.task_id, task.queries.len(), shards.len());
            format!("task {id}, attempt {attempt}: {queries} queries on {shards} shards sent to {worker}")
        });
        let message = Message::json(self.parameters.topics.tasks(worker), &task).expiring(self.parameters.lease);
        let message = Message { traceparent: task.traceparent.clone(), ..message };
        if let Err(error) = self.parameters.client.publish(message) {
            self.parameters.log.warn(format!("task {} was not sent: {error}", task.task_id));
            if error == PublishError::TooLarge {
                // It would not be smaller the next time. What else fails is sent again when its lease ends.
                let now = self.now();
                requests.iter().for_each(|request| self.scheduler.cut_short(now, *request));
            }
        }
    }

    fn order(&self, worker: &WorkerId, order: &Control) {
        let message = Message::json(self.parameters.topics.control(worker), order);
        if let Err(error) = self.parameters.client.publish(message) {
            tracing::warn!(%worker, %error, "an order was not sent");
        }
    }

    fn tell_status(&self) {
        let status = FarmStatus {
            load: self.scheduler.load(),
            shard_count: self.parameters.library.dataset.shard_count(),
            broker_connected: self.parameters.client.is_connected(),
            broker_refused: self.parameters.client.refused(),
            demoted: self.scheduler.demoted(),
            lately: self.scheduler.lately(),
            oldest_task_s: self.scheduler.oldest_task_sent_at().map_or(0, |at| self.now().saturating_sub(at) / 1000),
        };
        self.status.send_if_modified(|told| {
            let differs = *told != status;
            *told = status;
            differs
        });
    }
}
