//! The worker itself: one task owns its state and reacts to the broker, to its own finished work and to time. Longer than
//! other files because all that may change this state stands in one place.

mod holding;

use std::collections::HashMap;
use std::time::Duration;

use cineswarm_credentials::{ClientTls, Files};
use cineswarm_mqtt::{Broker, Client, Event, Events, FarmLog, Message, quoted, timestamp_ms};
use cineswarm_proto::events::RATINGS;
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_proto::messages::{
    Abilities, Control, HeldOrder, LiveRatings, MasterStatus, Registration, Task, Work, WorkerState, WorkerStatus,
    is_later_order,
};
use cineswarm_proto::{PROTOCOL_VERSION, Topics};
use cineswarm_telemetry::listener::Port;
use cineswarm_telemetry::metrics::{self, Group};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use holding::Folded;

use crate::channel::Channels;

use crate::fetch::Fetched;
use crate::following::{Answer, Following};
use crate::health::{Health, Operators};
use crate::model::{FetchedModel, LIKENESS, Wanted};
use crate::options::Options;
use crate::shards::HeldShards;
use crate::task::{ScratchPool, TaskWork, With};

/// The status is said this often although nothing changed, so that the master can tell silence from idleness; a master
/// may want another interval, between these bounds.
const HEARTBEAT: Duration = Duration::from_secs(2);
const SHORTEST_HEARTBEAT: Duration = Duration::from_millis(100);
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(60);
/// The master says its status every ten seconds. From one that has not been heard for so long, or at all, it is asked.
const MASTER_IS_OLD: Duration = Duration::from_secs(25);
const NO_MASTER_YET: Duration = Duration::from_secs(2);
/// How long the broker keeps a status that is not said again: what nobody stands behind goes away by itself.
const STATUS_KEPT: Duration = Duration::from_secs(240);
/// The status is not said more often than this; what changed in between is said together.
const STATUS_INTERVAL: Duration = Duration::from_millis(100);
/// Shards and ended tasks that may wait to be looked at; past it what brings them waits.
const BACKGROUND_BOUND: usize = 64;
/// Tasks in hand beyond the slots: more than this was not sent by a master that keeps count.
const TASKS_PER_SLOT: usize = 4;

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The topic prefix is not one.
    #[error(transparent)]
    Prefix(#[from] cineswarm_proto::topics::BadPrefix),
    /// The broker's address, password or certificates.
    #[error(transparent)]
    Broker(#[from] cineswarm_mqtt::BadBroker),
    /// The address for questions after its health.
    #[error("cannot listen on {address}: {error}; choose another with --health-listen")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// The certificates for calls to the master.
    #[error("TLS with the master: {0}")]
    Certificates(#[from] cineswarm_credentials::Error),
}

/// A running worker.
pub struct Handle {
    worker_id: String,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Handle {
    /// The worker's id in the farm.
    pub fn worker_id(&self) -> &str {
        &self.worker_id
    }

    /// Asks the worker to finish what it has in hand and leave; see [`Handle::stopped`].
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Cancelling it is the same as [`Handle::stop`], for whoever does not hold the handle.
    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until the worker has left.
    pub async fn stopped(self) {
        if let Err(error) = self.running.await {
            tracing::error!(worker = self.worker_id, %error, "the worker ended abnormally");
        }
    }
}

/// Starts a worker; it runs until it is stopped or drained.
pub fn start(options: Options) -> Result<Handle, Error> {
    let topics = Topics::new(&options.topic_prefix)?;
    let broker = options.broker.broker()?;
    let files =
        Files { ca: options.grpc_ca.clone(), certificate: options.grpc_cert.clone(), key: options.grpc_key.clone() };
    let tls = if files.any() { Some(ClientTls::new(files, &["h2"])?) } else { None };
    let port = match options.health_listen {
        None => None,
        Some(address) => Some(Port::take(address).map_err(|error| Error::Listen { address, error })?),
    };
    let host = host_name();
    let worker_id = options.worker_id.clone().unwrap_or_else(|| id_for(&host));
    let incarnation = uuid::Uuid::new_v4().to_string();
    let offline = WorkerStatus {
        worker_id: worker_id.clone(),
        state: WorkerState::Offline,
        incarnation: incarnation.clone(),
        dataset_version: String::new(),
        shards: Vec::new(),
        order: None,
        model: None,
        tasks_done: 0,
        timestamp: timestamp_ms(),
    };
    let disconnect = CancellationToken::new();
    let (client, events) = cineswarm_mqtt::connect(
        cineswarm_mqtt::Options {
            broker: broker.clone(),
            // The same, so that a pattern in the broker's ACL can say what is this worker's own.
            client_id: worker_id.clone(),
            subscriptions: vec![
                topics.master_status(),
                topics.tasks(&worker_id),
                topics.control(&worker_id),
                topics.ring(RATINGS),
            ],
            probes: vec![topics.tasks(&worker_id), topics.control(&worker_id)],
            last_will: Some(Message::json(topics.workers_status(), &offline)),
        },
        disconnect.clone(),
    );
    let log = FarmLog::new(client.clone(), topics.logs(), &worker_id);
    let stop = CancellationToken::new();
    let (fetched, arriving) = mpsc::channel(BACKGROUND_BOUND);
    let (ended, ending) = mpsc::channel(BACKGROUND_BOUND);
    let (fetched_model, arriving_model) = mpsc::channel(BACKGROUND_BOUND);
    let (read, reads) = mpsc::channel(BACKGROUND_BOUND);
    let (folded, folds) = mpsc::channel(BACKGROUND_BOUND);
    let (health, watched) = watch::channel(Health::default());
    let channels = Channels::new(tls);
    metrics::expose(Group::Process);
    metrics::expose(Group::Worker);
    let before_metrics = {
        let (broker, channels) = (broker.clone(), channels.clone());
        move || show_certificates(&broker, &channels)
    };
    let service = Service {
        status: WorkerStatus { state: WorkerState::Idle, ..offline },
        options,
        broker,
        channels,
        host,
        topics,
        client,
        log,
        master: None,
        master_status: None,
        ask_master_at: Instant::now() + NO_MASTER_YET,
        held: HeldShards::default(),
        following: None,
        read,
        folding: false,
        folding_rest: Duration::ZERO,
        folded,
        assignment: None,
        fetching: CancellationToken::new(),
        model: None,
        wanted_model: None,
        fetching_model: CancellationToken::new(),
        fetched_model,
        tasks: HashMap::new(),
        scratch: ScratchPool::default(),
        fetched,
        ended,
        status_said_at: None,
        status_due: None,
        heartbeat: HEARTBEAT,
        health,
    };
    if let Some(port) = port {
        port.answer(Operators { health: watched, before_metrics }, stop.clone());
    }
    let background = Background { arriving, arriving_model, ending, reads, folds };
    let running = tokio::spawn(service.run(events, background, stop.clone(), disconnect));
    Ok(Handle { worker_id, stop, running })
}

struct Master {
    epoch: String,
    grpc_endpoint: String,
    grpc: FarmClient<Channel>,
}

struct Assignment {
    epoch: String,
    sequence: u64,
    dataset_version: String,
    shards: Vec<u32>,
    shard_count: u32,
    grpc_endpoint: String,
    live: Option<LiveRatings>,
    fetch_version: Option<String>,
    grown_from: Option<String>,
}

impl Assignment {
    /// The version that shards are fetched from.
    fn fetch_version(&self) -> &str {
        self.fetch_version.as_ref().unwrap_or(&self.dataset_version)
    }

    fn orders_the_same_as(&self, other: &Assignment) -> bool {
        self.dataset_version == other.dataset_version
            && self.shards == other.shards
            && self.shard_count == other.shard_count
            && self.grpc_endpoint == other.grpc_endpoint
            && self.live == other.live
            && self.fetch_version == other.fetch_version
    }
}

/// What the worker's own tasks bring to it.
struct Background {
    arriving: mpsc::Receiver<Fetched>,
    arriving_model: mpsc::Receiver<FetchedModel>,
    ending: mpsc::Receiver<String>,
    reads: mpsc::Receiver<Answer>,
    folds: mpsc::Receiver<Folded>,
}

struct Service {
    options: Options,
    broker: Broker,
    channels: Channels,
    host: String,
    topics: Topics,
    client: Client,
    log: FarmLog,
    master: Option<Master>,
    /// What the master last said of itself.
    master_status: Option<MasterStatus>,
    /// When the master is asked for its status, unless it says it before.
    ask_master_at: Instant,
    held: HeldShards,
    /// How the shards follow the log of ratings; `None` if they are to stay as they are.
    following: Option<Following>,
    /// Brings what was read of the log.
    read: mpsc::Sender<Answer>,
    /// Whether a shard is being folded: one at a time, beside the tasks.
    folding: bool,
    /// How long the last one took.
    folding_rest: Duration,
    /// Brings the shard.
    folded: mpsc::Sender<Folded>,
    assignment: Option<Assignment>,
    /// Ends the fetching that the last assignment started.
    fetching: CancellationToken,
    /// The model held.
    model: Option<FetchedModel>,
    /// The model that is to be held.
    wanted_model: Option<Wanted>,
    /// Ends the fetching of that model.
    fetching_model: CancellationToken,
    /// Brings models that have come.
    fetched_model: mpsc::Sender<FetchedModel>,
    tasks: HashMap<String, CancellationToken>,
    scratch: ScratchPool,
    /// Brings shards that have come.
    fetched: mpsc::Sender<Fetched>,
    /// Brings the ids of tasks that have ended.
    ended: mpsc::Sender<String>,
    status: WorkerStatus,
    status_said_at: Option<Instant>,
    status_due: Option<Instant>,
    /// How often the master wants to hear the status.
    heartbeat: Duration,
    health: watch::Sender<Health>,
}

impl Service {
    async fn run(
        mut self,
        mut events: Events,
        mut background: Background,
        stop: CancellationToken,
        disconnect: CancellationToken,
    ) {
        let mut heartbeat = every(self.heartbeat);
        let mut leave_at: Option<Instant> = None;
        while !self.may_leave(leave_at) {
            if heartbeat.period() != self.heartbeat {
                heartbeat = every(self.heartbeat);
            }
            self.tell_health();
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.react(event),
                    None => break,
                },
                Some(shard) = background.arriving.recv() => self.take(shard),
                Some(model) = background.arriving_model.recv() => self.take_model(model),
                Some(task_id) = background.ending.recv() => self.forget(&task_id),
                Some(answer) = background.reads.recv() => self.take_ratings(answer),
                Some(folded) = background.folds.recv() => self.take_folded(folded),
                () = sleep_until(self.following.as_ref().and_then(Following::due)) => self.read_ratings(),
                // Before it has registered the master would only ask who it is.
                _ = heartbeat.tick(), if self.master.is_some() => self.say_status(),
                () = sleep_until(self.status_due) => self.say_status(),
                () = tokio::time::sleep_until(self.ask_master_at) => self.ask_for_master(),
                () = sleep_until(leave_at) => {}
                () = stop.cancelled(), if leave_at.is_none() => {
                    leave_at = Some(Instant::now() + self.options.drain_timeout);
                    self.drain();
                }
            }
            if leave_at.is_none() && self.status.state == WorkerState::Draining {
                leave_at = Some(Instant::now() + self.options.drain_timeout);
            }
        }
        self.health.send_replace(Health::default());
        metrics::forget_worker(&self.status.worker_id);
        self.fetching.cancel();
        self.fetching_model.cancel();
        for task in self.tasks.values() {
            task.cancel();
        }
        self.status.state = WorkerState::Offline;
        self.status.shards.clear();
        self.status.model = None;
        self.say_status();
        disconnect.cancel();
        while events.recv().await.is_some() {}
    }

    /// A draining worker leaves when the master needs it no more, cannot be reached, or the time is over.
    fn may_leave(&self, leave_at: Option<Instant>) -> bool {
        leave_at.is_some_and(|time| {
            let released = self.assignment.as_ref().is_none_or(|assignment| assignment.shards.is_empty());
            let alone = self.master.is_none() || !self.client.is_connected();
            Instant::now() >= time || (self.tasks.is_empty() && (released || alone))
        })
    }

    /// Says it to whoever asks this worker, and to the metrics.
    fn tell_health(&self) {
        let health = self.health();
        self.health.send_if_modified(|told| {
            let differs = *told != health;
            if differs {
                health.show(&self.status.worker_id);
                *told = health;
            }
            differs
        });
    }

    fn health(&self) -> Health {
        Health {
            broker_connected: self.client.is_connected(),
            registered: self.master.is_some(),
            draining: self.status.state == WorkerState::Draining,
            shards_assigned: self.assignment.as_ref().map(|assignment| assignment.shards.len()),
            shards_held: self.held.shards.len(),
            watermark: self.held.shards.values().map(|shard| shard.at.seq).min(),
            slots: self.options.slots,
            tasks_in_hand: self.tasks.len(),
            denied: self.client.denied(),
            refused: self.client.refused(),
        }
    }

    fn drain(&mut self) {
        self.log.info(format!("draining: {} tasks in hand", self.tasks.len()));
        self.status.state = WorkerState::Draining;
        self.say_status();
    }

    fn react(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.log.info(format!("connected to {}", self.broker));
                // The master may have missed what was said before, and its retained status may have come first.
                self.master = None;
                self.ask_master_at = Instant::now() + NO_MASTER_YET;
                if let Some(status) = self.master_status.take() {
                    self.meet(status);
                }
            }
            Event::Disconnected { reason, retry_in } => {
                let retry_in_ms = retry_in.as_millis();
                tracing::warn!(worker = self.status.worker_id, reason, retry_in_ms, "no connection to the broker");
            }
            Event::Message(message) => self.read(&message),
        }
    }

    fn read(&mut self, message: &Message) {
        let worker_id = self.status.worker_id.clone();
        let outcome = if message.topic == self.topics.tasks(&worker_id) {
            serde_json::from_slice(&message.payload).map(|task| self.begin(task))
        } else if message.topic == self.topics.control(&worker_id) {
            serde_json::from_slice(&message.payload).map(|control| self.obey(control))
        } else if message.topic == self.topics.master_status() {
            serde_json::from_slice(&message.payload).map(|status| self.meet(status))
        } else if message.topic == self.topics.ring(RATINGS) {
            // Whatever it says: how far the log is the log itself says.
            self.following.iter_mut().for_each(Following::rung);
            return;
        } else {
            return;
        };
        if let Err(error) = outcome {
            let (topic, error) = (&message.topic, error.to_string());
            let error = quoted(&error);
            self.log.warn(format!("ignored a message on {topic}: it is not what PROTOCOL.md says: {error}"));
        }
    }

    /// What a master hears that this worker does not know: it says its status.
    fn ask_for_master(&mut self) {
        self.ask_master_at = Instant::now() + MASTER_IS_OLD;
        if self.client.is_connected() {
            let known = self.master.as_ref().map(|master| master.epoch.clone());
            self.register_as(known.unwrap_or_default());
        }
    }

    /// Registers with a master that is new to this connection.
    fn meet(&mut self, status: MasterStatus) {
        let other = self.master.as_ref().is_some_and(|master| master.epoch != status.epoch);
        if !status.online && other {
            // The Last Will of an earlier master, come late.
            return;
        }
        let status = self.master_status.insert(status).clone();
        if !status.online {
            if self.master.take().is_some() {
                self.log.warn("the master is gone; waiting for it to come back");
            }
            return;
        }
        self.ask_master_at = Instant::now() + MASTER_IS_OLD;
        let same = |master: &Master| master.epoch == status.epoch && master.grpc_endpoint == status.grpc_endpoint;
        if self.master.as_ref().is_some_and(same) {
            return;
        }
        if status.protocol != PROTOCOL_VERSION {
            let (theirs, ours) = (status.protocol, PROTOCOL_VERSION);
            self.log.error(format!("the master speaks protocol {theirs}, this worker {ours}; update the older one"));
            return;
        }
        let grpc = match self.channels.connect(&status.grpc_endpoint) {
            Ok(grpc) => grpc,
            Err(error) => {
                let endpoint = quoted(&status.grpc_endpoint);
                self.log.error(format!("the master's gRPC endpoint {endpoint:?} is not one: {error}"));
                return;
            }
        };
        let (epoch, grpc_endpoint) = (status.epoch.clone(), status.grpc_endpoint.clone());
        self.master = Some(Master { epoch, grpc_endpoint, grpc });
        self.heartbeat = Duration::from_millis(status.heartbeat_ms).clamp(SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT);
        self.register();
        self.say_status();
        self.log.info(format!("registered with master {} at {}", status.epoch, status.grpc_endpoint));
    }

    fn register(&self) {
        let Some(master) = &self.master else { return };
        self.register_as(master.epoch.clone());
    }

    fn register_as(&self, epoch: String) {
        let registration = Registration {
            worker_id: self.status.worker_id.clone(),
            epoch,
            slots: self.options.slots,
            version: env!("CARGO_PKG_VERSION").into(),
            protocol: PROTOCOL_VERSION,
            host: self.host.clone(),
            dataset_version: self.held.dataset_version.clone(),
            shards: self.held.numbers(),
            incarnation: Some(self.status.incarnation.clone()),
            order: self.order(),
            can: Some(Abilities { neighbours: true, models: vec![LIKENESS.to_owned()] }),
            timestamp: timestamp_ms(),
        };
        self.publish(Message::json(self.topics.register(), &registration));
    }

    fn order(&self) -> Option<HeldOrder> {
        let Assignment { epoch, sequence, shards, .. } = self.assignment.as_ref()?;
        Some(HeldOrder { epoch: epoch.clone(), sequence: *sequence, shards: shards.clone() })
    }

    fn obey(&mut self, control: Control) {
        match control {
            Control::AssignShards {
                epoch,
                sequence,
                dataset_version,
                shards,
                shard_count,
                grpc_endpoint,
                live,
                fetch_version,
                grown_from,
            } => {
                let outdated = self
                    .assignment
                    .as_ref()
                    .is_some_and(|current| current.epoch == epoch && !is_later_order(sequence, current.sequence));
                let other_master = self.master.as_ref().is_none_or(|master| master.epoch != epoch);
                if outdated || other_master {
                    return;
                }
                if let Some(shard) = shards.iter().find(|shard| **shard >= shard_count) {
                    self.log.warn(format!("ignored an assignment: shard {shard} of {shard_count}"));
                    return;
                }
                let assignment = Assignment {
                    epoch,
                    sequence,
                    dataset_version,
                    shards,
                    shard_count,
                    grpc_endpoint,
                    live,
                    fetch_version,
                    grown_from,
                };
                match &mut self.assignment {
                    // Told again: what is on its way comes from the same place.
                    Some(current) if current.orders_the_same_as(&assignment) => {
                        *current = assignment;
                        self.say_status();
                    }
                    _ => self.hold(assignment),
                }
            }
            Control::HoldModel { epoch, model, bytes, sha256, grpc_endpoint } => {
                if self.master.as_ref().is_some_and(|master| master.epoch == epoch) {
                    self.hold_model(Wanted { model, bytes, sha256, grpc_endpoint });
                }
            }
            Control::Cancel { task_id } => {
                if let Some(task) = self.tasks.get(&task_id) {
                    task.cancel();
                }
            }
            Control::Register { epoch } => {
                if self.master.as_ref().is_some_and(|master| master.epoch == epoch) {
                    self.register();
                }
            }
            Control::Drain => self.drain(),
        }
    }

    fn forget(&mut self, task_id: &str) {
        self.tasks.remove(task_id);
        self.status.tasks_done += 1;
        self.work_changed();
    }

    fn begin(&mut self, task: Task) {
        if task.worker_id != self.status.worker_id || self.tasks.contains_key(&task.task_id) {
            return;
        }
        let grpc = match &self.master {
            Some(master) if master.grpc_endpoint == task.grpc_endpoint => Some(master.grpc.clone()),
            Some(_) => None,
            None => return,
        };
        if self.tasks.len() >= self.options.slots as usize * TASKS_PER_SLOT {
            self.log.warn(format!("refused task {}: {} are in hand already", task.task_id, self.tasks.len()));
            return;
        }
        let Some(with) = self.what_for(&task) else {
            // The master learns what is held from the status, and sends the task elsewhere when its lease ends.
            self.log.warn(format!("refused task {}: not all that it takes is held", task.task_id));
            self.say_status();
            return;
        };
        let cancelled = CancellationToken::new();
        self.tasks.insert(task.task_id.clone(), cancelled.clone());
        self.work_changed();
        let work = TaskWork {
            channels: self.channels.clone(),
            grpc,
            deadline: Instant::now() + Duration::from_millis(task.lease_ms.min(3_600_000)),
            scratch: self.scratch.clone(),
            log: self.log.clone(),
            cancelled,
            with,
            begun: Instant::now(),
            task,
        };
        let ended = self.ended.clone();
        tokio::spawn(async move {
            let task_id = work.task.task_id.clone();
            work.carry_out().await;
            // Refused only when the worker itself has ended.
            let _ = ended.send(task_id).await;
        });
    }

    /// What the task is computed with, if it is held.
    fn what_for(&self, task: &Task) -> Option<With> {
        match task.work {
            Work::Neighbours if task.dataset_version == self.held.dataset_version => {
                self.held.select(&task.shards).ok().map(With::Shards)
            }
            Work::Neighbours => None,
            Work::Model => {
                let held = self.model.as_ref().filter(|held| task.model.as_ref() == Some(&held.model))?;
                Some(With::Model(held.served.clone()))
            }
        }
    }

    fn work_changed(&mut self) {
        if self.status.state != WorkerState::Draining {
            self.status.state = if self.tasks.is_empty() { WorkerState::Idle } else { WorkerState::Busy };
        }
        self.say_status_soon();
    }

    /// Said at once: the master sends no task for a shard before.
    fn shards_changed(&mut self) {
        self.status.dataset_version = self.held.dataset_version.clone();
        self.status.shards = self.held.numbers();
        self.say_status();
    }

    fn say_status_soon(&mut self) {
        let earliest = self.status_said_at.map(|said| said + STATUS_INTERVAL);
        match earliest {
            Some(time) if time > Instant::now() => self.status_due = self.status_due.or(Some(time)),
            _ => self.say_status(),
        }
    }

    fn say_status(&mut self) {
        self.status_said_at = Some(Instant::now());
        self.status_due = None;
        self.status.timestamp = timestamp_ms();
        self.status.order = self.order();
        self.publish(Message::json(self.topics.workers_status(), &self.status));
        let own = self.topics.worker_status(&self.status.worker_id);
        self.publish(Message::json(own, &self.status).retained().expiring(STATUS_KEPT));
    }

    fn publish(&self, message: Message) {
        if let Err(error) = self.client.publish(message) {
            tracing::debug!(worker = self.status.worker_id, %error, "a message was not sent");
        }
    }
}

fn show_certificates(broker: &Broker, channels: &Channels) {
    let (broker, grpc) = (broker.expiry().unwrap_or_default(), channels.expiry().unwrap_or_default());
    metrics::certificate_expires("broker", broker.own);
    metrics::certificate_expires("broker_ca", broker.ca);
    metrics::certificate_expires("grpc", grpc.own);
    metrics::certificate_expires("grpc_ca", grpc.ca);
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Waits for ever where there is nothing to wait for.
async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "unknown-host".into() } else { name.trim().into() }
}

/// The host's name alone is not enough: several workers may run on it.
fn id_for(host: &str) -> String {
    let mut id: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    id.push('-');
    id.push_str(&uuid::Uuid::new_v4().simple().to_string()[..8]);
    id
}
