//! The JSON payloads on MQTT. Unknown fields are ignored, so that either side may be the newer one.
//!
//! All times are milliseconds since 1970 (UTC) in fields called `timestamp`, or durations in fields ending in `_ms`.

use serde::{Deserialize, Serialize};

/// Worker ids become part of a topic: 1 to 64 letters, digits, `-`, `_` or `.`.
pub fn is_worker_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether an order is later than another one of the same epoch. Numbers go round, so that no number is the last: were
/// the highest one forged, nothing could be ordered any more.
pub fn is_later_order(sequence: u64, than: u64) -> bool {
    sequence != than && sequence.wrapping_sub(than) < 1 << 63
}

/// The master's retained status; its Last Will is the same with `online: false`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MasterStatus {
    /// Whether the master is there.
    pub online: bool,
    /// New for each start of a master; workers register anew when it changes.
    pub epoch: String,
    /// Where workers call back, such as `http://master:50051`.
    pub grpc_endpoint: String,
    /// The dataset version that tasks are about.
    pub dataset_version: String,
    /// See [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// How often a worker says its status although nothing changed; after four times as long in silence it is given up.
    #[serde(default = "default_heartbeat_ms")]
    pub heartbeat_ms: u64,
    /// When this was written.
    pub timestamp: i64,
}

/// What a master that does not say it expects.
fn default_heartbeat_ms() -> u64 {
    2_000
}

/// The ring: how far the log of a service is. Only a hint that there may be more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Ring {
    /// The log's last number.
    pub head: i64,
}

/// A worker introduces itself, once for each master's epoch and after each reconnect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Registration {
    /// Chosen by the worker, stable over reconnects; see [`is_worker_id`].
    pub worker_id: String,
    /// The master's epoch this answers.
    pub epoch: String,
    /// How many tasks the worker takes at a time.
    pub slots: u32,
    /// The worker's software version.
    pub version: String,
    /// See [`crate::PROTOCOL_VERSION`].
    pub protocol: u32,
    /// The host it runs on, for people.
    pub host: String,
    /// The dataset version of the shards it holds.
    pub dataset_version: String,
    /// The shards it holds already.
    pub shards: Vec<u32>,
    /// See [`WorkerStatus::incarnation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<String>,
    /// See [`WorkerStatus::order`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<HeldOrder>,
    /// What it can do; one that does not say finds neighbours and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can: Option<Abilities>,
    /// When this was written.
    pub timestamp: i64,
}

/// The kinds of work that a worker can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Abilities {
    /// It finds neighbours.
    pub neighbours: bool,
    /// The algorithms whose models it can answer from.
    pub models: Vec<String>,
}

/// A kind of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Finding the users nearest to a profile, shard by shard.
    #[default]
    Neighbours,
    /// Scoring films for a profile by a trained model; any one worker that holds it can.
    Model,
}

impl Work {
    /// What is meant where nothing is said.
    pub fn is_neighbours(&self) -> bool {
        *self == Work::Neighbours
    }
}

/// An order to hold shards, as a worker says it goes by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HeldOrder {
    /// The order's epoch.
    pub epoch: String,
    /// The order's number.
    pub sequence: u64,
    /// All that it says is to be held.
    pub shards: Vec<u32>,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WorkerState {
    /// No task in hand.
    Idle,
    /// At least one task in hand.
    Busy,
    /// Finishes what it has and takes nothing new.
    Draining,
    /// Gone; also the Last Will.
    Offline,
}

/// A worker's status: to everyone as it changes, and retained for each worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkerStatus {
    /// Who.
    pub worker_id: String,
    /// Doing what.
    pub state: WorkerState,
    /// Tells one connection of the worker from the next: an `offline` of an older one is ignored.
    pub incarnation: String,
    /// The dataset version of the shards held.
    pub dataset_version: String,
    /// Shards held and ready for tasks.
    pub shards: Vec<u32>,
    /// The `assign_shards` it goes by, so that the master can tell again what was lost, or told by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<HeldOrder>,
    /// The model it holds, ready for tasks; none, if it holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tasks finished since the worker started.
    pub tasks_done: u64,
    /// When this was written.
    pub timestamp: i64,
}

/// Work for one worker: queries, and the shards to run them on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Task {
    /// Whose task it is.
    pub worker_id: String,
    /// Unique.
    pub task_id: String,
    /// The fencing number: counts the sendings of this task, from 1.
    pub attempt: u32,
    /// How long the worker has; after that the attempt is stale.
    pub lease_ms: u64,
    /// The session of the first query.
    pub session_id: String,
    /// The request of the first query.
    pub request_id: String,
    /// What was asked in the first query, in words.
    pub query: String,
    /// Where to call back.
    pub grpc_endpoint: String,
    /// When this was written.
    pub timestamp: i64,
    /// What kind of work it is; never one that the worker did not say it can do.
    #[serde(default, skip_serializing_if = "Work::is_neighbours")]
    pub work: Work,
    /// The model to answer from, where that is the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The dataset version that the shards belong to.
    pub dataset_version: String,
    /// The shards to search; none where the work is a model's.
    pub shards: Vec<u32>,
    /// At least one.
    pub queries: Vec<TaskQuery>,
    /// Whether each neighbour is to come with all of that user's ratings. A master that does not say has no other way to
    /// them.
    #[serde(default = "said_by_older_masters")]
    pub with_ratings: bool,
    /// The trace that the task is part of, in W3C's form; also a user property of the message, where that is MQTT 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

fn said_by_older_masters() -> bool {
    true
}

/// One query of a task: the nearest neighbours of one profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TaskQuery {
    /// Unique within the task; results carry it back.
    pub query_id: String,
    /// Film ids, ascending.
    pub movie_ids: Vec<u32>,
    /// Half-stars (1 to 10), parallel to `movie_ids`.
    pub half_stars: Vec<u8>,
    /// How many neighbours; of a model, how many films.
    pub k: u32,
    /// What narrows them.
    #[serde(default)]
    pub options: QueryOptions,
}

/// What makes a user eligible as a neighbour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct QueryOptions {
    /// Films in common at the least.
    pub min_overlap: u32,
    /// Significance weighting: similarity times overlap / (overlap + shrink).
    pub shrink: u32,
    /// The viewer, when the viewer is one of the dataset's users.
    pub exclude_user: Option<u32>,
}

/// What of the log of ratings shards grow with: read by gRPC (`Events.Read`), where the ring says that there is more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LiveRatings {
    /// The number of the last event that is in the dataset version already; 0 for none.
    pub after_seq: i64,
    /// That event's id; empty for none.
    pub after_id: String,
    /// Whose ratings count.
    pub shared: Shared,
}

/// Whose ratings others may be compared with, beside those of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Shared {
    /// Everybody's.
    All,
    /// Those that came from elsewhere, and not what viewers without an account say here.
    Accounts,
}

/// An order to one worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Control {
    /// Hold exactly these shards: fetch what is missing, drop the rest, and report by status.
    AssignShards {
        /// The master's epoch; an order of an older one is ignored.
        epoch: String,
        /// Orders of one epoch are numbered; an older one is ignored. See [`is_later_order`].
        sequence: u64,
        /// The dataset version.
        dataset_version: String,
        /// The shards to hold.
        shards: Vec<u32>,
        /// How many shards the dataset version has.
        shard_count: u32,
        /// Where to fetch them.
        grpc_endpoint: String,
        /// How they grow with what is rated; none, if they stay those of the dataset version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        live: Option<LiveRatings>,
        /// The version to fetch them from, which has grown from the dataset version by the log up to `live.after_seq`; none
        /// for the dataset version itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fetch_version: Option<String>,
        /// The version that the dataset version has grown from by the log up to its watermark: shards of it that have
        /// followed the log so far are the same. None if it was imported.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grown_from: Option<String>,
    },
    /// Hold this model, in the place of any other: fetch it, and report by status. Only for workers that said they can.
    HoldModel {
        /// The master's epoch; an order of an older one is ignored.
        epoch: String,
        /// The model: its algorithm, a slash, and its version.
        model: String,
        /// Its length.
        bytes: u64,
        /// The SHA-256 of all of it, in hexadecimal digits.
        sha256: String,
        /// Where to fetch it.
        grpc_endpoint: String,
    },
    /// Nobody waits for this task any more.
    Cancel {
        /// The task.
        task_id: String,
    },
    /// The master does not know the worker (any more): register anew.
    Register {
        /// The master's epoch; an order of an older one is ignored.
        epoch: String,
    },
    /// Finish what is in hand, take nothing new, then leave.
    Drain,
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// A step of normal work.
    Debug,
    /// Something an operator may want to know.
    Info,
    /// Something out of the ordinary that was coped with.
    Warn,
    /// Something failed.
    Error,
}

/// A line for operators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LogLine {
    /// When.
    pub timestamp: i64,
    /// `master`, or the worker's id.
    pub source: String,
    /// How much it matters.
    pub level: LogLevel,
    /// What happened.
    pub message: String,
    /// The request it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A source's own id: a number or a text; 42 and "42" are the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SourceId {
    /// A whole number.
    Number(i64),
    /// A text of 1 to 100 bytes.
    Text(String),
}

/// A time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SourceTime {
    /// Seconds since 1970 UTC, or milliseconds from 100,000,000,000 on.
    Number(f64),
    /// A date and time with a zone, as in RFC 3339.
    Text(String),
}

/// A rating from elsewhere, for whoever sends some; there are no other fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRating {
    /// Whom the source means: a user of the dataset by their number, or somebody of the source's own.
    pub user_id: SourceId,
    /// The dataset's number of the film.
    pub movie_id: SourceId,
    /// Stars, 0.5 to 5 in steps of 0.5.
    pub rating: f64,
    /// When; absent, when it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<SourceTime>,
    /// What this delivery is called by its source: under one id a rating of a user counts once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SourceId>,
}

/// A rating that does not count, for whoever looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct DeadRating {
    /// The batch that it came with.
    pub batch_id: String,
    /// Which line of it.
    pub line_number: i64,
    /// As it came.
    pub line: String,
    /// All that is wrong with it.
    pub reasons: Vec<DeadRatingReason>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct DeadRatingReason {
    /// Its name; the list is in docs/PROTOCOL.md.
    pub reason: String,
    /// For people.
    pub words: String,
}
