//! What workers say of themselves, and what is said of them.

use std::collections::BTreeSet;

use cineswarm_mqtt::{Message, timestamp_ms};
use cineswarm_proto::PROTOCOL_VERSION;
use cineswarm_proto::messages::{Control, HeldOrder, LogLevel, Registration, WorkerState, WorkerStatus, is_worker_id};

use super::presence::OFFLINE_KEPT_MS;
use super::{Coordinator, Live};
use crate::requests::answer::InsteadOfModel;
use crate::scheduler::{self, Order, Report, WorkerId};

/// The algorithm whose model is offered to workers that can.
const LIKENESS: &str = "likeness";
/// Shards named in a worker's message at the most; a dataset has fewer.
const MAX_SHARDS_NAMED: usize = 65_536;
/// Workers at the most; more than this is not a farm but a mistake, or somebody with the broker's password.
const MAX_WORKERS: usize = 1024;

impl Coordinator {
    pub(super) fn register(&mut self, registration: Registration) {
        let id = &registration.worker_id;
        let ordered = registration.order.as_ref().map_or(0, |order| order.shards.len());
        if !is_worker_id(id) || registration.shards.len().max(ordered) > MAX_SHARDS_NAMED {
            self.parameters.log.warn("ignored a registration: its worker_id or its shards cannot be");
            return;
        }
        let now = self.now();
        if registration.epoch != self.parameters.epoch {
            // It knows no master, or another one: the retained status was lost, or is not ours.
            self.announcing.dispute(now);
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
        if let Some(incarnation) = registration.incarnation {
            self.meet_incarnation(&worker, incarnation);
        }
        let can = registration.can.unwrap_or_default();
        if can.models.iter().any(|algorithm| algorithm == LIKENESS) {
            self.model_workers.insert(worker.clone());
        } else {
            self.model_workers.remove(&worker);
        }
        let report = Report {
            ready: self.ready_shards(&registration.dataset_version, &registration.shards),
            draining: false,
            order: self.our_order(registration.order),
        };
        let (held, host, slots) = (report.ready.len(), registration.host, registration.slots);
        self.departed.came_back(&worker);
        self.scheduler.register(now, worker.clone(), slots.min(256) as usize, report);
        let line = format!("worker {worker} registered from {host}: {slots} slots, {held} shards");
        self.log_of(&worker, LogLevel::Info, line);
        self.order_model(&worker);
    }

    /// Tells a worker that can to hold the model, if there is one.
    pub(super) fn order_model(&self, worker: &WorkerId) {
        if let Some(model) = self.parameters.library.model()
            && self.model_workers.contains(worker)
        {
            let order = Control::HoldModel {
                epoch: self.parameters.epoch.clone(),
                model: model.name.clone(),
                bytes: model.bytes.len() as u64,
                sha256: model.sha256.clone(),
                grpc_endpoint: self.parameters.grpc_endpoint.clone(),
            };
            self.order(worker, &order);
        }
    }

    /// What the request needs; what the model cannot do is noted in it.
    pub(super) fn work_for(&self, now: scheduler::Millis, request: &mut Live) -> scheduler::Work {
        let instead = match self.parameters.library.model() {
            None => InsteadOfModel::NotTrained,
            // The model names films by likeness; of a theme's few it may name none.
            Some(_) if !request.spec.filters.movie_ids.is_empty() => InsteadOfModel::NamedFilms,
            Some(_) => {
                let until = now + self.parameters.lease.as_millis() as u64;
                return scheduler::Work::Model { until };
            }
        };
        request.instead_of_model = Some(instead);
        scheduler::Work::Neighbours
    }

    pub(super) fn hear(&mut self, status: WorkerStatus) {
        let ordered = status.order.as_ref().map_or(0, |order| order.shards.len());
        if !is_worker_id(&status.worker_id) || status.shards.len().max(ordered) > MAX_SHARDS_NAMED {
            self.parameters.log.warn("ignored a status: its worker_id or its shards cannot be");
            return;
        }
        let worker = WorkerId::from(status.worker_id.as_str());
        let now = self.now();
        if status.state == WorkerState::Offline {
            if self.incarnations.is_latest(&worker, &status.incarnation) {
                self.scheduler.lose(now, &worker, "it went offline");
            }
            return;
        }
        let mut ready = self.ready_shards(&status.dataset_version, &status.shards);
        let offered = self.parameters.library.model().filter(|_| self.model_workers.contains(&worker));
        if let Some(offered) = offered {
            if status.model.as_ref() == Some(&offered.name) {
                ready.insert(scheduler::MODEL);
            } else if self.scheduler.knows(&worker) {
                // The order was lost, or is being carried out: who has it already does nothing.
                self.order_model(&worker);
            }
        }
        let report =
            Report { ready, draining: status.state == WorkerState::Draining, order: self.our_order(status.order) };
        if self.scheduler.report(now, &worker, report) {
            self.meet_incarnation(&worker, status.incarnation);
        } else {
            // It has not registered yet, or was taken to be gone: it is asked to introduce itself.
            self.order(&worker, &Control::Register { epoch: self.parameters.epoch.clone() });
        }
    }

    fn meet_incarnation(&mut self, worker: &WorkerId, incarnation: String) {
        if self.incarnations.meet(self.now(), worker, incarnation) {
            self.parameters.log.error(format!(
                "two workers run under the id {worker} and throw each other out; give each its own with --id"
            ));
        }
    }

    /// A line about a worker; while two of the same name throw each other out, there would be too many.
    pub(super) fn log_of(&self, worker: &WorkerId, level: LogLevel, line: String) {
        let log = &self.parameters.log;
        match level {
            _ if self.incarnations.alternate(self.now(), worker) => tracing::debug!(line),
            LogLevel::Warn => log.warn(line),
            _ => log.info(line),
        }
    }

    /// The order that a worker says it goes by, if it may be one of ours.
    fn our_order(&self, order: Option<HeldOrder>) -> Option<Order> {
        let HeldOrder { epoch, sequence, shards } = order?;
        (epoch == self.parameters.epoch).then_some(Order { sequence, shards })
    }

    fn ready_shards(&self, dataset_version: &str, shards: &[u32]) -> BTreeSet<u32> {
        let shard_count = self.parameters.library.dataset.shard_count();
        let current = dataset_version == self.parameters.library.version();
        shards.iter().copied().filter(|shard| current && *shard < shard_count).collect()
    }

    /// A worker is gone. Its Last Will goes to those who listen; whoever comes later reads the retained status, which
    /// only the master can put right.
    pub(super) fn departed(&mut self, worker: &WorkerId) {
        self.refusals.remove(worker);
        self.model_workers.remove(worker);
        self.departed.left(self.now(), worker);
        let status = WorkerStatus {
            worker_id: worker.to_string(),
            state: WorkerState::Offline,
            incarnation: String::new(),
            dataset_version: String::new(),
            shards: Vec::new(),
            order: None,
            model: None,
            tasks_done: 0,
            timestamp: timestamp_ms(),
        };
        let kept = std::time::Duration::from_millis(OFFLINE_KEPT_MS);
        self.retain(Message::json(self.parameters.topics.worker_status(worker), &status).retained().expiring(kept));
    }

    /// What is known of a worker that has been gone for long is of no use to anybody.
    pub(super) fn forget_retained(&mut self, worker: &WorkerId) {
        self.incarnations.forget(worker);
        self.retain(Message::new(self.parameters.topics.worker_status(worker), Vec::new()).retained());
    }

    fn retain(&self, message: Message) {
        let topic = message.topic.clone();
        if let Err(error) = self.parameters.client.publish(message) {
            tracing::debug!(topic, %error, "the retained status of a lost worker was not put right");
        }
    }
}
