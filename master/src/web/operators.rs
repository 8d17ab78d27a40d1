//! What operators ask the master on a port of their own: how it is, and its metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cineswarm_credentials::ServerTls;
use cineswarm_mqtt::Broker;
use cineswarm_telemetry::listener::{Answer, Question, Respondent};
use cineswarm_telemetry::metrics::{certificate_expires, list};

use super::health::Health;
use super::reception::Reception;
use super::tab::PostInAll;
use crate::app::sessions::Sessions;

/// Whom to ask.
pub struct Operators {
    /// How the master is.
    pub health: Arc<Health>,
    /// Where what browsers say waits.
    pub reception: Arc<Reception>,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// What waits for browsers that do not read.
    pub post_in_all: PostInAll,
    /// The number of the last event of the log of ratings that the sessions know.
    pub followed: Arc<AtomicI64>,
    /// The broker, for its certificates.
    pub broker: Broker,
    /// The gRPC port's certificates.
    pub grpc_tls: Option<Arc<ServerTls>>,
}

impl Respondent for Operators {
    fn answer(&self, question: Question) -> Answer {
        let (yes, report) = match question {
            Question::Live => self.health.live(),
            Question::Ready => self.health.report(),
        };
        Answer { yes, json: serde_json::to_vec(&report).unwrap_or_default() }
    }

    fn refresh_metrics(&self) {
        let Health { store, coordinator, room, underway, gate, .. } = &*self.health;
        let farm = coordinator.status().borrow().clone();
        let load = farm.load;
        list::MASTER_BROKER_CONNECTED.set([], f64::from(u8::from(farm.broker_connected)));
        list::WORKERS.set(["idle"], load.idle as f64);
        list::WORKERS.set(["busy"], load.busy as f64);
        list::WORKERS_DEMOTED.set([], farm.demoted.len() as f64);
        list::SHARDS.set([], f64::from(farm.shard_count));
        list::SHARDS_READY.set([], load.shards_ready as f64);
        list::OLDEST_TASK_AGE.set([], farm.oldest_task_s as f64);
        list::REQUESTS_UNDER_WAY.set([], underway.count() as f64);

        let database = store.health();
        list::DATABASE_LAST_WRITE_AGE.set([], database.stored_ago.as_secs_f64());
        list::QUEUE_DEPTH.set(["database"], database.waiting as f64);
        list::QUEUE_DEPTH.set(["reception"], self.reception.waiting() as f64);
        list::QUEUE_DEPTH.set(["room"], room.waiting() as f64);
        list::QUEUE_DEPTH.set(["farm"], load.queue_depth as f64);
        let behind = store.log().head().saturating_sub(self.followed.load(Ordering::Relaxed));
        list::EVENTS_BEHIND.set(["sessions"], behind.max(0) as f64);
        list::WAITING_BYTES.set(["reception"], self.reception.waiting_bytes() as f64);
        list::WAITING_BYTES.set(["browsers"], self.post_in_all.load(Ordering::Relaxed) as f64);

        let (open, bound) = gate.occupancy();
        list::CONNECTIONS.set([], open as f64);
        list::CONNECTIONS_LIMIT.set([], bound as f64);
        list::SESSIONS.set([], self.sessions.count() as f64);

        let grpc = self.grpc_tls.as_ref().map(|tls| tls.expiry()).unwrap_or_default();
        let broker = self.broker.expiry().unwrap_or_default();
        certificate_expires("grpc", grpc.own);
        certificate_expires("grpc_ca", grpc.ca);
        certificate_expires("broker", broker.own);
        certificate_expires("broker_ca", broker.ca);
    }
}
