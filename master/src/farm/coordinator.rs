//! The coordinator: one task that owns the scheduler and the requests under way, and carries out what the scheduler
//! commands. Browsers and workers reach it through its [`Handle`] and over MQTT.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cineswarm_mqtt::{Client, Event, Events, FarmLog, Message, timestamp_ms};
use cineswarm_proto::messages::{Control, MasterStatus, Registration, Task, WorkerState, WorkerStatus, is_worker_id};
use cineswarm_proto::{PROTOCOL_VERSION, Topics};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::library::Library;
use crate::requests::answer::{Part, Timings};
use crate::requests::spec::Spec;
use crate::scheduler::{self, Command, Load, RequestId, Scheduler, WorkerId};

/// Inputs that may wait for the coordinator; past it callers wait.
const INPUT_BOUND: usize = 1024;
/// How often leases, deadlines and positions are looked at.
const TICK: Duration = Duration::from_millis(100);
/// Workers say their status every two seconds.
const SILENCE: Duration = Duration::from_secs(8);
const MAX_BATCH: usize = 32;
/// Shards named in a worker's message at the most; a dataset has fewer.
const MAX_SHARDS_NAMED: usize = 65_536;
/// Workers at the most; more than this is not a farm but a mistake, or somebody with the broker's password.
const MAX_WORKERS: usize = 1024;

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
    /// Requests under way at the most.
    pub max_requests: usize,
    /// Takes what has ended and what has moved on.
    pub outlet: Arc<dyn Outlet>,
}

/// Where requests go from the coordinator. Called from its task, so nothing in it may wait.
pub trait Outlet: Send + Sync {
    /// A request has all the parts it will get; none, if nobody answered.
    fn ended(&self, request: Live);
    /// A request moved on.
    fn progressed(&self, progress: Progress);
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
    pub parts: Vec<Part>,
    /// How long it took.
    pub timings: Timings,
    /// Cancelled once the request is stored; until then it cannot end.
    pub stored: CancellationToken,
    /// Cancelled when it could not be stored: then there is nothing to end.
    pub given_up: CancellationToken,
    submitted: Instant,
    first_sent: Option<Instant>,
    moved: Option<(Option<usize>, u32)>,
}

impl Live {
    /// A request that is about to be submitted.
    pub fn new(id: RequestId, session_id: Uuid, query: Arc<str>, spec: Arc<Spec>) -> Live {
        Live {
            id,
            session_id,
            query,
            spec,
            parts: Vec::new(),
            timings: Timings::default(),
            stored: CancellationToken::new(),
            given_up: CancellationToken::new(),
            submitted: Instant::now(),
            first_sent: None,
            moved: None,
        }
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

/// One sending of a task to one worker, as the worker names it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who.
    pub worker_id: String,
    /// Which task.
    pub task_id: String,
    /// Which sending of it.
    pub attempt: u32,
}

/// What a task asks.
#[derive(Debug)]
pub struct Contents {
    /// The shards to search.
    pub shards: Vec<u32>,
    /// A request and its spec for each query; none for a request that has ended meanwhile.
    pub queries: Vec<(RequestId, Option<Arc<Spec>>)>,
}

/// A result as a worker handed it in, checked.
pub struct WorkerResult {
    /// By whom and for what.
    pub of: Attempt,
    /// One for each query of the task, in its order; none where nobody waits for it any more.
    pub parts: Vec<Option<Part>>,
}

/// Why a result was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The attempt no longer counts.
    Stale,
    /// The coordinator is ending.
    Stopping,
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
    Contents { of: Attempt, reply: oneshot::Sender<Result<Contents, Refused>> },
    Result { result: WorkerResult, reply: oneshot::Sender<Result<(), Refused>> },
}

/// The farm as browsers and health checks see it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FarmStatus {
    /// Workers, queue and shards.
    pub load: Load,
    /// Shards there are.
    pub shard_count: u32,
    /// Whether the broker can be reached.
    pub broker_connected: bool,
}

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
    pub async fn contents(&self, of: Attempt) -> Result<Contents, Refused> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Contents { of, reply }).await.map_err(|_| Refused::Stopping)?;
        answer.await.unwrap_or(Err(Refused::Stopping))
    }

    /// Hands in a worker's result.
    pub async fn result(&self, result: WorkerResult) -> Result<(), Refused> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Result { result, reply }).await.map_err(|_| Refused::Stopping)?;
        answer.await.unwrap_or(Err(Refused::Stopping))
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
        silence_ms: SILENCE.as_millis() as u64,
        max_batch: MAX_BATCH,
        max_requests: parameters.max_requests,
    };
    let coordinator = Coordinator {
        scheduler: Scheduler::new(config),
        started: Instant::now(),
        live: HashMap::new(),
        moved: Vec::new(),
        incarnations: HashMap::new(),
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
    /// The latest start of each worker: a Last Will of an earlier one says nothing.
    incarnations: HashMap<WorkerId, String>,
    status: watch::Sender<FarmStatus>,
}

impl Coordinator {
    async fn run(mut self, mut inputs: mpsc::Receiver<Input>, mut events: Events, stop: CancellationToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(input) = inputs.recv() => self.take(input),
                event = events.recv() => match event {
                    Some(event) => self.react(event),
                    None => break,
                },
                _ = tick.tick() => self.tick(),
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
                let taken = self.scheduler.submit(now, request.id, deadline);
                if let Ok(position) = taken {
                    let query = request.query.clone();
                    self.parameters
                        .log
                        .request(&request.id.to_string(), || format!("queued {query:?}, {position} before it"));
                    self.live.insert(request.id, *request);
                }
                // Whoever asked may be gone; the request goes on.
                let _ = reply.send(taken.map_err(|scheduler::QueueFull| NotTaken::QueueFull));
            }
            Input::Cancel { request, reply } => {
                let known = self.scheduler.cancel(now, request);
                self.live.remove(&request);
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
        }
    }

    fn contents(&mut self, now: scheduler::Millis, of: &Attempt) -> Result<Contents, Refused> {
        let task = self.task_number(&of.task_id).ok_or(Refused::Stale)?;
        let worker = WorkerId::from(of.worker_id.as_str());
        let contents = self.scheduler.contents(now, &worker, task, of.attempt);
        let (shards, requests) = contents.ok_or(Refused::Stale)?;
        let spec = |id: &RequestId| (*id, self.live.get(id).map(|live| live.spec.clone()));
        Ok(Contents { shards: shards.to_vec(), queries: requests.iter().map(spec).collect() })
    }

    fn credit(&mut self, now: scheduler::Millis, result: WorkerResult) -> Result<(), Refused> {
        let task = self.task_number(&result.of.task_id).ok_or(Refused::Stale)?;
        let worker = WorkerId::from(result.of.worker_id);
        let accepted =
            self.scheduler.result(now, &worker, task, result.of.attempt).map_err(|scheduler::Stale| Refused::Stale)?;
        for (request, part) in accepted.requests.into_iter().zip(result.parts) {
            if let (Some(live), Some(part)) = (request.and_then(|id| self.live.get_mut(&id)), part) {
                live.parts.push(part);
            }
        }
        Ok(())
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
                self.say_online(true);
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
            serde_json::from_slice(&message.payload).map(|status: MasterStatus| {
                // The Last Will of an earlier master, published after this one came, would be what new workers find.
                if !status.online {
                    self.say_online(true);
                }
            })
        } else {
            return;
        };
        if let Err(error) = read {
            let topic = &message.topic;
            self.parameters.log.warn(format!("ignored a message on {topic}: it is not what PROTOCOL.md says: {error}"));
        }
    }

    fn register(&mut self, registration: Registration) {
        let id = &registration.worker_id;
        if !is_worker_id(id) || registration.shards.len() > MAX_SHARDS_NAMED {
            self.parameters.log.warn("ignored a registration: its worker_id or its shards cannot be");
            return;
        }
        if registration.epoch != self.parameters.epoch {
            return;
        }
        if registration.protocol != PROTOCOL_VERSION {
            let theirs = registration.protocol;
            self.parameters
                .log
                .error(format!("worker {id} speaks protocol {theirs}, not {PROTOCOL_VERSION}; update it"));
            return;
        }
        let worker = WorkerId::from(id.as_str());
        if self.scheduler.worker_count() >= MAX_WORKERS && !self.scheduler.knows(&worker) {
            self.parameters.log.warn(format!("ignored the registration of {id}: there are {MAX_WORKERS} workers"));
            return;
        }
        let ready = self.ready_shards(&registration.dataset_version, &registration.shards);
        let held = ready.len();
        self.scheduler.register(self.now(), worker, registration.slots.min(256) as usize, ready);
        let (host, slots) = (registration.host, registration.slots);
        self.parameters
            .log
            .info(format!("worker {} registered from {host}: {slots} slots, {held} shards", registration.worker_id));
    }

    fn hear(&mut self, status: WorkerStatus) {
        if !is_worker_id(&status.worker_id) || status.shards.len() > MAX_SHARDS_NAMED {
            self.parameters.log.warn("ignored a status: its worker_id or its shards cannot be");
            return;
        }
        let worker = WorkerId::from(status.worker_id.as_str());
        let now = self.now();
        if status.state == WorkerState::Offline {
            if self.incarnations.get(&worker).is_none_or(|latest| *latest == status.incarnation) {
                self.scheduler.lose(now, &worker, "it went offline");
            }
            return;
        }
        let ready = self.ready_shards(&status.dataset_version, &status.shards);
        if self.scheduler.report(now, &worker, ready, status.state == WorkerState::Draining) {
            self.incarnations.insert(worker, status.incarnation);
        } else {
            // It has not registered yet, or was taken to be gone: it is asked to introduce itself.
            self.order(&worker, &Control::Register { epoch: self.parameters.epoch.clone() });
        }
    }

    fn ready_shards(&self, dataset_version: &str, shards: &[u32]) -> BTreeSet<u32> {
        let shard_count = self.parameters.library.dataset.shard_count();
        let current = dataset_version == self.parameters.library.version();
        shards.iter().copied().filter(|shard| current && *shard < shard_count).collect()
    }

    fn tick(&mut self) {
        self.scheduler.tick(self.now());
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
        for command in self.scheduler.take_commands() {
            match command {
                Command::Assign { worker, sequence, shards } => {
                    let order = Control::AssignShards {
                        epoch: self.parameters.epoch.clone(),
                        sequence,
                        dataset_version: self.parameters.library.version().to_owned(),
                        shards,
                        shard_count: self.parameters.library.dataset.shard_count(),
                        grpc_endpoint: self.parameters.grpc_endpoint.clone(),
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
                Command::Complete { request, .. } => {
                    if let Some(mut live) = self.live.remove(&request) {
                        let sent = live.first_sent.unwrap_or_else(Instant::now);
                        live.timings.queue_ms = (sent - live.submitted).as_secs_f64() * 1e3;
                        live.timings.farm_ms = sent.elapsed().as_secs_f64() * 1e3;
                        self.parameters.outlet.ended(live);
                    }
                }
                Command::Lost { worker, reason } => {
                    self.incarnations.remove(&worker);
                    self.say_offline(&worker);
                    self.parameters.log.warn(format!("worker {worker} is lost: {reason}; its tasks go to others"));
                }
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
        let mut first = None;
        for id in requests {
            let Some(live) = self.live.get_mut(id) else { continue };
            live.first_sent.get_or_insert(sent);
            queries.push(live.spec.query(id.to_string()));
            first.get_or_insert((live.session_id, live.query.to_string()));
        }
        let Some((session_id, query)) = first else { return };
        let request_id = requests[0].to_string();
        let task = Task {
            worker_id: worker.to_string(),
            task_id: self.task_id(task),
            attempt,
            lease_ms: self.parameters.lease.as_millis() as u64,
            session_id: session_id.to_string(),
            request_id,
            query,
            grpc_endpoint: self.parameters.grpc_endpoint.clone(),
            timestamp: timestamp_ms(),
            dataset_version: self.parameters.library.version().to_owned(),
            shards: shards.to_vec(),
            queries,
            // The ranker has them.
            with_ratings: false,
        };
        self.parameters.log.request(&task.request_id, || {
            let (id, queries, shards) = (&task.task_id, task.queries.len(), shards.len());
            format!("task {id}, attempt {attempt}: {queries} queries on {shards} shards sent to {worker}")
        });
        let message = Message::json(self.parameters.topics.tasks(worker), &task).expiring(self.parameters.lease);
        // What cannot be sent now is sent again when its lease ends.
        if let Err(error) = self.parameters.client.publish(message) {
            self.parameters.log.warn(format!("task {} was not sent: {error}", task.task_id));
        }
    }

    fn order(&self, worker: &WorkerId, order: &Control) {
        let message = Message::json(self.parameters.topics.control(worker), order);
        if let Err(error) = self.parameters.client.publish(message) {
            tracing::warn!(%worker, %error, "an order was not sent");
        }
    }

    /// Its Last Will goes to those who listen; whoever comes later reads the retained status, which only the master can
    /// put right.
    fn say_offline(&self, worker: &WorkerId) {
        let status = WorkerStatus {
            worker_id: worker.to_string(),
            state: WorkerState::Offline,
            incarnation: String::new(),
            dataset_version: String::new(),
            shards: Vec::new(),
            tasks_done: 0,
            timestamp: timestamp_ms(),
        };
        let message = Message::json(self.parameters.topics.worker_status(worker), &status).retained();
        if let Err(error) = self.parameters.client.publish(message) {
            tracing::debug!(%worker, %error, "the retained status of a lost worker was not put right");
        }
    }

    fn say_online(&self, online: bool) {
        let parameters = &self.parameters;
        let status = master_status(&parameters.epoch, &parameters.grpc_endpoint, parameters.library.version(), online);
        let message = Message::json(parameters.topics.master_status(), &status).retained();
        if let Err(error) = parameters.client.publish(message) {
            tracing::debug!(%error, "the master's status was not sent");
        }
    }

    fn tell_status(&self) {
        let status = FarmStatus {
            load: self.scheduler.load(),
            shard_count: self.parameters.library.dataset.shard_count(),
            broker_connected: self.parameters.client.is_connected(),
        };
        self.status.send_if_modified(|told| std::mem::replace(told, status) != status);
    }
}

/// The master's retained status, also used as its Last Will.
pub fn master_status(epoch: &str, grpc_endpoint: &str, dataset_version: &str, online: bool) -> MasterStatus {
    MasterStatus {
        online,
        epoch: epoch.to_owned(),
        grpc_endpoint: grpc_endpoint.to_owned(),
        dataset_version: dataset_version.to_owned(),
        protocol: PROTOCOL_VERSION,
        timestamp: timestamp_ms(),
    }
}
