//! Fetches the shards that a worker is told to hold, for as long as it takes.

use std::time::Duration;

use cineswarm_engine::ShardIndex;
use cineswarm_mqtt::FarmLog;
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use tokio::sync::mpsc;
use tonic::transport::Channel;

use crate::shards::{FetchError, PartialShard};

const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A shard that has come, ready for tasks.
pub struct Fetched {
    /// Of which dataset version.
    pub dataset_version: String,
    /// Its number.
    pub shard: u32,
    /// The shard.
    pub index: ShardIndex,
}

/// Fetches shards, one after the other, until all have come or it is dropped.
pub struct Fetch {
    /// The connection to the master.
    pub grpc: FarmClient<Channel>,
    /// Who fetches.
    pub worker_id: String,
    /// Of which dataset version.
    pub dataset_version: String,
    /// Takes each shard as it has come.
    pub fetched: mpsc::Sender<Fetched>,
    /// Where to say what went wrong.
    pub log: FarmLog,
}

impl Fetch {
    /// Fetches these; one that is malformed or out of reach is tried again with backoff for as long as it takes.
    pub async fn all(mut self, shards: Vec<u32>) {
        for shard in shards {
            let Some(index) = self.one(shard).await else { continue };
            list::WORKER_SHARDS_FETCHED.increment([&self.worker_id]);
            let fetched = Fetched { dataset_version: self.dataset_version.clone(), shard, index };
            if self.fetched.send(fetched).await.is_err() {
                return;
            }
        }
    }

    async fn one(&mut self, shard: u32) -> Option<ShardIndex> {
        let mut backoff = Backoff::between(FIRST_BACKOFF, LONGEST_BACKOFF);
        let mut partial = PartialShard::new(&self.dataset_version, shard);
        loop {
            let error = match partial.fetch(&mut self.grpc, &self.worker_id).await {
                Ok(()) => match tokio::task::spawn_blocking(|| partial.into_index()).await {
                    Ok(Ok(index)) => return Some(index),
                    Ok(Err(error)) => {
                        partial = PartialShard::new(&self.dataset_version, shard);
                        error.to_string()
                    }
                    Err(error) => {
                        self.log.error(format!("building shard {shard} ended abnormally: {error}"));
                        return None;
                    }
                },
                Err(error @ FetchError::Malformed { .. }) => {
                    partial = PartialShard::new(&self.dataset_version, shard);
                    error.to_string()
                }
                Err(error) => error.to_string(),
            };
            list::WORKER_FETCH_FAILURES.increment([&self.worker_id]);
            let pause = backoff.next_pause();
            self.log.warn(format!("{error}; trying again in {} ms", pause.as_millis()));
            tokio::time::sleep(pause).await;
        }
    }
}
