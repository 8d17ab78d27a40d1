//! Every metric there is. docs/OPERATIONS.md has the same list for people, and a test holds both together; names follow
//! Prometheus' rules (base units, `_total` on counters). A label's values are all named here.

use super::Group;
use super::family::{Counter, DOUBLING, Declaration, Family, Gauge, Histogram, Kind, Label, RATIO, SECONDS, Values};

/// Makes a static of each entry, and [`ALL`] of all of them.
macro_rules! metrics {
    (@values workers) => { Values::Workers };
    (@values $values:expr) => { Values::Of($values) };
    (@count) => { 0 };
    (@count $label:ident $($more:ident)*) => { 1 + metrics!(@count $($more)*) };
    ($($group:ident: $type:ident $constant:ident = $name:literal {
        $($label:ident: $values:tt),*
    } in $unit:literal $(by $buckets:ident)?, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: $type<{ metrics!(@count $($label)*) }> = $type::new(Declaration {
                name: $name,
                kind: Kind::$type,
                unit: $unit,
                help: $help,
                labels: &[$(Label { name: stringify!($label), values: metrics!(@values $values) }),*],
                buckets: metrics!(@buckets $($buckets)?),
            });
        )*
        /// All of them, in the order of the document.
        pub static ALL: &[(Group, &dyn Family)] = &[$((Group::$group, &$constant)),*];
    };
    (@buckets) => { &[] };
    (@buckets $buckets:ident) => { $buckets };
}

/// How a request ends.
const OUTCOMES: &[&str] = &["answered", "partial", "timed_out", "cancelled", "failed", "not_stored"];
/// Where an answer's films come from.
const SOURCES: &[&str] = &["neighbours", "popular"];
/// What happens to a request, one after the other.
const STAGES: &[&str] = &["understand", "accept", "queue", "farm", "merge", "finish"];
/// What a browser can say.
const EVENTS: &[&str] = &["ask", "cancel", "rate", "feedback", "begin", "bring", "import", "export", "unknown"];
/// Codes of refusals, as in docs/PROTOCOL.md.
const CODES: &[&str] = &[
    "bad_request",
    "unreadable_file",
    "text_too_long",
    "unknown_movie",
    "unknown_request",
    "rate_limited",
    "queue_full",
    "timed_out",
    "cancelled",
    "storage",
    "unavailable",
    "internal",
    "too_many_connections",
];
/// Why ratings from elsewhere do not count.
const DEAD_REASONS: &[&str] = &[
    "too_long",
    "not_json",
    "not_an_object",
    "missing_field",
    "repeated_field",
    "unknown_field",
    "wrong_type",
    "bad_id",
    "unknown_film",
    "off_scale",
    "bad_time",
    "in_the_future",
    "before_film",
    "not_allowed",
    "user_deleted",
    "id_reused",
    "too_fast",
    "all_equal",
];
const CERTIFICATES: &[&str] = &["grpc", "grpc_ca", "broker", "broker_ca"];
const THIS_VERSION: &[&str] = &[env!("CARGO_PKG_VERSION")];

metrics! {
    Process: Gauge BUILD_INFO = "cineswarm_build_info" { version: THIS_VERSION } in "1",
        "Always 1; the label says which version runs.";
    Process: Gauge PROCESS_RESIDENT_MEMORY = "process_resident_memory_bytes" {} in "bytes",
        "Memory that the process has in use.";
    Process: Counter PROCESS_CPU = "process_cpu_seconds_total" {} in "seconds",
        "Processor time that the process has used, of all its threads.";
    Process: Gauge PROCESS_THREADS = "process_threads" {} in "threads",
        "Threads that the process has.";
    Process: Gauge PROCESS_OPEN_FDS = "process_open_fds" {} in "descriptors",
        "File descriptors that are open.";
    Process: Gauge PROCESS_MAX_FDS = "process_max_fds" {} in "descriptors",
        "File descriptors that may be open.";
    Process: Gauge PROCESS_START_TIME = "process_start_time_seconds" {} in "seconds",
        "When the process started, in seconds since 1970.";
    Process: Gauge CERTIFICATE_EXPIRY = "cineswarm_certificate_expiry_timestamp_seconds"
        { certificate: CERTIFICATES } in "seconds",
        "When the earliest certificate of a file that is in use expires, in seconds since 1970; 0 where none is in use.";

    Master: Counter REQUESTS_ACCEPTED = "cineswarm_requests_accepted_total" { source: SOURCES } in "requests",
        "Requests that were acknowledged, by where their films are to come from.";
    Master: Counter REQUESTS = "cineswarm_requests_total" { outcome: OUTCOMES, source: SOURCES } in "requests",
        "Requests that have ended, by how and by where their films come from; partial is an answer without some shards.";
    Master: Histogram REQUEST_DURATION = "cineswarm_request_duration_seconds" { outcome: OUTCOMES }
        in "seconds" by SECONDS,
        "Time from a request being understood to its ending being stored, of those that were not cancelled.";
    Master: Histogram REQUEST_STAGE_DURATION = "cineswarm_request_stage_duration_seconds" { stage: STAGES }
        in "seconds" by SECONDS,
        "Time of a request by stage: understand a sentence, accept on disk, queue until the first task, farm until the last result, merge, finish on disk.";
    Master: Gauge REQUESTS_UNDER_WAY = "cineswarm_requests_under_way" {} in "requests",
        "Requests that were taken on and have not ended.";
    Master: Gauge QUEUE_DEPTH = "cineswarm_queue_depth" { queue: (&["reception", "room", "farm", "database"]) }
        in "items",
        "What waits: events at the reception, requests in the room before the farm, requests in the farm for a worker, operations for the database.";
    Master: Gauge EVENTS_BEHIND = "cineswarm_events_behind" { consumer: (&["sessions", "lake"]) } in "events",
        "Events of the log of ratings that a consumer has not taken yet.";
    Master: Gauge DEAD_LETTERS = "cineswarm_dead_letters" {} in "events",
        "Events in the master's database that a consumer refused and an operator has not replayed, mended or dropped.";
    Master: Gauge WAITING_BYTES = "cineswarm_waiting_bytes" { queue: (&["reception", "browsers"]) } in "bytes",
        "Bytes of events that wait at the reception, and of what waits to be read by browsers.";
    Master: Histogram ANSWER_COVERAGE = "cineswarm_answer_coverage_ratio" {} in "ratio" by RATIO,
        "Part of the shards that an answer is computed from.";

    Master: Counter EVENTS_RECEIVED = "cineswarm_events_received_total" { event: EVENTS } in "events",
        "What browsers said, before it is looked at.";
    Master: Counter REFUSALS = "cineswarm_refusals_total" { code: CODES } in "refusals",
        "What browsers were refused, by the code that they were told.";
    Master: Gauge SOCKETS = "cineswarm_sockets" {} in "sockets",
        "Browsers' tabs that are connected.";
    Master: Gauge SESSIONS = "cineswarm_sessions" {} in "sessions",
        "Sessions with a tab open.";
    Master: Gauge CONNECTIONS = "cineswarm_connections" {} in "connections",
        "HTTP connections that are open.";
    Master: Gauge CONNECTIONS_LIMIT = "cineswarm_connections_limit" {} in "connections",
        "HTTP connections that may be open.";

    Master: Gauge MASTER_BROKER_CONNECTED = "cineswarm_master_broker_connected" {} in "1",
        "1 while the master has a connection to the broker, else 0.";
    Master: Gauge WORKERS = "cineswarm_workers" { state: (&["idle", "busy"]) } in "workers",
        "Workers that are there, with a task in hand or without.";
    Master: Gauge WORKERS_DEMOTED = "cineswarm_workers_demoted" {} in "workers",
        "Workers that are there and do not deliver.";
    Master: Counter WORKERS_LOST = "cineswarm_workers_lost_total" {} in "workers",
        "Workers that were given up without having left.";
    Master: Gauge SHARDS = "cineswarm_shards" {} in "shards",
        "Shards of the dataset that is served.";
    Master: Gauge SHARDS_READY = "cineswarm_shards_ready" {} in "shards",
        "Shards that some worker is ready to search.";
    Master: Counter TASKS_SENT = "cineswarm_tasks_sent_total"
        { worker: workers, kind: (&["first", "retry", "hedge", "probe"]) } in "tasks",
        "Tasks sent: for the first time, again after one was lost, beside one that is late, or to see whether a demoted worker delivers.";
    Master: Counter TASKS = "cineswarm_tasks_total"
        { worker: workers, outcome: (&["taken", "refused", "lease_expired", "lost", "withdrawn"]) } in "tasks",
        "Tasks that have ended: with a result, with a result that does not fit, at the end of the lease, with their worker, or because nobody waits for them.";
    Master: Counter RESULTS_STALE = "cineswarm_results_stale_total" {} in "results",
        "Results that came for an attempt that no longer counted.";
    Master: Histogram TASK_DURATION = "cineswarm_task_duration_seconds" {} in "seconds" by SECONDS,
        "Time from a task being sent to its result being taken.";
    Master: Gauge OLDEST_TASK_AGE = "cineswarm_oldest_task_age_seconds" {} in "seconds",
        "For how long the oldest task has been waited for, in whole seconds.";

    Master: Histogram DATABASE_BATCH_OPERATIONS = "cineswarm_database_batch_operations" {}
        in "operations" by DOUBLING,
        "Operations that shared one transaction.";
    Master: Histogram DATABASE_BATCH_DURATION = "cineswarm_database_batch_duration_seconds" {}
        in "seconds" by SECONDS,
        "Time that a transaction took until it was on disk.";
    Master: Counter DATABASE_FAILURES = "cineswarm_database_failures_total" {} in "transactions",
        "Transactions that failed, whether or not they were tried again.";
    Master: Gauge DATABASE_LAST_WRITE_AGE = "cineswarm_database_last_write_age_seconds" {} in "seconds",
        "How long ago something was last stored; not long, as a sign of life is stored every two seconds.";

    Master: Counter RATINGS_TAKEN = "cineswarm_ratings_taken_total" { via: (&["http", "mqtt"]) } in "ratings",
        "Ratings from elsewhere that were taken, by the way they came.";
    Master: Counter RATINGS_JUDGED = "cineswarm_ratings_judged_total"
        { verdict: (&["clean", "repeated", "superseded", "dead"]) } in "ratings",
        "Ratings from elsewhere that are through the gate: they count, have counted already, are older than what is known, or are kept aside.";
    Master: Counter RATINGS_DEAD = "cineswarm_ratings_dead_total" { reason: DEAD_REASONS } in "ratings",
        "Ratings from elsewhere that were kept aside, counted under each of their reasons.";
    Master: Gauge RATINGS_WAITING = "cineswarm_ratings_waiting" {} in "ratings",
        "Ratings from elsewhere that were taken and wait at the gate.";
    Master: Gauge RATINGS_LAG = "cineswarm_ratings_lag_seconds" {} in "seconds",
        "How long the rating that waits longest at the gate has waited.";
    Master: Gauge DEAD_RATINGS = "cineswarm_dead_ratings" {} in "ratings",
        "Ratings that are kept aside and an operator has not replayed or dropped.";
    Master: Gauge LAKE_EVENTS = "cineswarm_lake_events" {} in "events",
        "Events of ratings that are in the data lake.";
    Master: Gauge LAKE_LAG = "cineswarm_lake_lag_seconds" {} in "seconds",
        "For how long there have been events of ratings, or raw lines, that are not in the data lake; ten minutes are usual while ratings come.";
    Master: Gauge LAKE_RAW_WAITING = "cineswarm_lake_raw_waiting" {} in "lines",
        "Lines of ratings from elsewhere that are through the gate and not in the data lake yet, 10,000 passes of it at most.";

    Worker: Gauge WORKER_BROKER_CONNECTED = "cineswarm_worker_broker_connected" { worker: workers } in "1",
        "1 while the worker has a connection to the broker, else 0.";
    Worker: Gauge WORKER_REGISTERED = "cineswarm_worker_registered" { worker: workers } in "1",
        "1 while a master is there that the worker has registered with, else 0.";
    Worker: Gauge WORKER_SHARDS_ASSIGNED = "cineswarm_worker_shards_assigned" { worker: workers } in "shards",
        "Shards that the worker was told to hold.";
    Worker: Gauge WORKER_SHARDS_HELD = "cineswarm_worker_shards_held" { worker: workers } in "shards",
        "Shards that the worker holds, ready for tasks.";
    Worker: Gauge WORKER_WATERMARK = "cineswarm_worker_watermark" { worker: workers } in "events",
        "Event of the log of ratings up to which all shards of the worker are; 0 without shards.";
    Worker: Gauge WORKER_SLOTS = "cineswarm_worker_slots" { worker: workers } in "tasks",
        "Tasks that the worker takes at a time.";
    Worker: Gauge WORKER_TASKS_IN_HAND = "cineswarm_worker_tasks_in_hand" { worker: workers } in "tasks",
        "Tasks that the worker is at.";
    Worker: Counter WORKER_TASKS = "cineswarm_worker_tasks_total"
        { worker: workers, outcome: (&["taken", "stale", "refused", "cancelled", "failed"]) } in "tasks",
        "Tasks that the worker was sent and that have ended: the master took the result, it came too late, it was refused, nobody waited any more, or the task could not be computed.";
    Worker: Histogram WORKER_TASK_STAGE_DURATION = "cineswarm_worker_task_stage_duration_seconds"
        { stage: (&["wait", "compute", "submit"]) } in "seconds" by SECONDS,
        "Time of a task in the worker by stage: wait for a thread, compute, hand the result in.";
    Worker: Counter WORKER_SHARDS_FETCHED = "cineswarm_worker_shards_fetched_total" { worker: workers }
        in "shards",
        "Shards that have come from the master.";
    Worker: Counter WORKER_FETCH_FAILURES = "cineswarm_worker_fetch_failures_total" { worker: workers }
        in "tries",
        "Tries to fetch a shard that failed; they are made again.";
}
