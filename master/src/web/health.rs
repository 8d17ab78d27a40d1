//! How the master is, for whoever asks over HTTP: not what it thinks of itself alone, but what became of what it took
//! on. Each room has a say in [`Health::reasons`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::gate::Gate;
use crate::app::underway::{Room, Underway};
use crate::farm::coordinator::{FarmStatus, Handle};
use crate::library::Library;
use crate::store::Store;

/// A sign of life is stored every two seconds.
const STORING_IS_LATE: Duration = Duration::from_secs(8);

/// Whom to ask.
pub struct Health {
    /// The films.
    pub library: Arc<Library>,
    /// The database.
    pub store: Store,
    /// The farm.
    pub coordinator: Handle,
    /// Where requests wait for the farm.
    pub room: Arc<Room>,
    /// The requests that have not ended, and how those of the last minute did.
    pub underway: Arc<Underway>,
    /// The connections.
    pub gate: Arc<Gate>,
    /// When the master started.
    pub started: Instant,
}

impl Health {
    /// Why the master is not of full use, the gravest first; none if it is.
    fn reasons(&self, farm: &FarmStatus, of_requests: Vec<String>) -> Vec<String> {
        let mut reasons = Vec::new();
        if !farm.broker_connected {
            reasons.push("the MQTT broker cannot be reached".to_owned());
        }
        let database = self.store.health();
        if let Some(trouble) = &database.trouble {
            reasons.push(format!("the database is in trouble: {trouble}"));
        } else if database.stored_ago > STORING_IS_LATE {
            reasons.push(format!("nothing has been stored for {} s", database.stored_ago.as_secs()));
        }
        let missing = (farm.shard_count as usize).saturating_sub(farm.load.shards_ready);
        if missing > 0 {
            reasons.push(format!("no worker is ready for {missing} of {} shards", farm.shard_count));
        }
        reasons.extend(farm.trouble());
        reasons.extend(of_requests);
        let (open, bound) = self.gate.occupancy();
        if open >= bound {
            reasons.push(format!("{open} connections are open, as many as there may be; browsers are refused"));
        }
        reasons
    }

    /// Whether the process is of any use as it was started, and what it says of that.
    pub fn live(&self) -> (bool, Value) {
        // It would wait for ever; whoever rolls it out is to hear that it does not work.
        if let Some(reason) = &self.coordinator.status().borrow().broker_refused {
            return (false, json!({ "status": "refused", "reason": reason }));
        }
        (true, json!({ "status": "live", "version": env!("CARGO_PKG_VERSION") }))
    }

    /// Whether it is ready, and the whole of it as /health says it.
    pub fn report(&self) -> (bool, Value) {
        let farm = self.coordinator.status().borrow().clone();
        let (last_minute, of_requests) = self.underway.report(Instant::now());
        let reasons = self.reasons(&farm, of_requests);
        let workers = farm.load.idle + farm.load.busy;
        let status = match reasons.is_empty() {
            true => "ready",
            false if workers == 0 => "starting",
            false => "degraded",
        };
        let metadata = self.library.dataset.metadata();
        let (open, bound) = self.gate.occupancy();
        let report = json!({
            "status": status,
            "reason": (!reasons.is_empty()).then(|| reasons.join("; ")),
            "reasons": reasons,
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_s": self.started.elapsed().as_secs(),
            "broker_connected": farm.broker_connected,
            "workers": { "idle": farm.load.idle, "busy": farm.load.busy, "total": workers, "demoted": *farm.demoted },
            "shards": { "ready": farm.load.shards_ready, "total": farm.shard_count },
            "requests": self.underway.count(),
            "queue_depth": farm.load.queue_depth + self.room.waiting(),
            "last_minute": last_minute,
            "connections": { "open": open, "bound": bound },
            "dataset": { "name": metadata.name, "version": metadata.version },
        });
        (reasons.is_empty(), report)
    }
}
