//! What the worker holds: the shards it is assigned, as they come and as they follow the log, and the model.

use std::time::Duration;

use cineswarm_engine::LiveIndex;
use cineswarm_engine::index::Compacted;
use cineswarm_mqtt::quoted;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Assignment, Service};
use crate::fetch::{Fetch, Fetched};
use crate::following::{Answer, Following, Next};
use crate::model::{FetchModel, FetchedModel, Wanted};
use crate::shards::HeldShard;

/// A shard with its changes in its index, or why there is none.
pub(super) struct Folded {
    shard: u32,
    compacted: Result<Compacted, String>,
    took: Duration,
}

impl Service {
    /// Drops the shards that are not assigned and fetches those that are missing.
    pub(super) fn hold(&mut self, assignment: Assignment) {
        self.fetching.cancel();
        self.fetching = CancellationToken::new();
        self.keep_what_is_the_same(&assignment);
        self.held.shards.retain(|shard, _| assignment.shards.contains(shard));
        let missing: Vec<u32> =
            assignment.shards.iter().copied().filter(|shard| !self.held.shards.contains_key(shard)).collect();
        self.log.info(format!("assigned {} shards, {} to fetch", assignment.shards.len(), missing.len()));
        let (dataset_version, grpc_endpoint) =
            (assignment.fetch_version().to_owned(), assignment.grpc_endpoint.clone());
        self.following = assignment.live.clone().and_then(|live| match self.channels.open(&grpc_endpoint) {
            Ok(channel) => Some(Following::new(live, assignment.shard_count, channel, self.read.clone())),
            // Said below, where nothing can be fetched either.
            Err(_) => None,
        });
        self.assignment = Some(assignment);
        self.shards_changed();
        if missing.is_empty() {
            return;
        }
        match self.channels.connect(&grpc_endpoint) {
            Ok(grpc) => {
                let fetch = Fetch {
                    grpc,
                    worker_id: self.status.worker_id.clone(),
                    dataset_version,
                    fetched: self.fetched.clone(),
                    log: self.log.clone(),
                };
                let fetching = self.fetching.clone();
                tokio::spawn(async move { fetching.run_until_cancelled(fetch.all(missing)).await });
            }
            Err(error) => self.log.error(format!("cannot fetch from {grpc_endpoint:?}: {error}")),
        }
    }

    /// Drops what is held but for shards that are the same in the version that is to be held now.
    fn keep_what_is_the_same(&mut self, assignment: &Assignment) {
        let shard_count = self.assignment.as_ref().map(|current| current.shard_count);
        let followed = self.following.as_ref().map(Following::live);
        let grows_alike = match (followed, &assignment.live) {
            (Some(followed), Some(live)) => followed.shared == live.shared,
            (None, None) => true,
            _ => false,
        };
        let is_the_version = self.held.dataset_version == assignment.dataset_version;
        let has_grown = assignment.grown_from.as_ref() == Some(&self.held.dataset_version);
        let has_followed = followed.is_some() && shard_count == Some(assignment.shard_count);
        let begins = assignment.live.as_ref().map_or(0, |live| live.after_seq);
        if !(grows_alike && (is_the_version || has_grown && has_followed)) {
            self.held.shards.clear();
        } else if !is_the_version {
            self.held.shards.retain(|_, shard| shard.at.seq >= begins);
        }
        self.held.dataset_version.clone_from(&assignment.dataset_version);
    }

    /// Holds a shard that has come, if it is still wanted.
    pub(super) fn take(&mut self, fetched: Fetched) {
        let Fetched { dataset_version, shard, index } = fetched;
        let wanted = self.assignment.as_ref().is_some_and(|assignment| {
            assignment.fetch_version() == dataset_version && assignment.shards.contains(&shard)
        });
        if wanted {
            let at = self.following.as_ref().map(Following::beginning).unwrap_or_default();
            self.held.shards.insert(shard, HeldShard::new(LiveIndex::new(index), at));
            self.following.iter_mut().for_each(Following::rung);
            self.shards_changed();
        }
    }

    pub(super) fn read_ratings(&mut self) {
        if let Some(following) = &mut self.following {
            following.read(&self.held);
        }
    }

    pub(super) fn take_ratings(&mut self, answer: Answer) {
        let Some(following) = &mut self.following else { return };
        match following.take(answer, &mut self.held) {
            Next::GoOn => self.fold_one(),
            Next::TryAgain(reason) => {
                let worker = &self.status.worker_id;
                tracing::warn!(worker, reason = %quoted(&reason), "the log of ratings could not be read; trying again");
            }
            Next::StartOver => {
                self.log.warn("the log of ratings is another one than before: fetching all shards again");
                self.held.shards.clear();
                if let Some(assignment) = self.assignment.take() {
                    self.hold(assignment);
                }
            }
        }
    }

    /// Begins to fold the changes of a shard into its index, if one has many; after a rest as long as the last one took, as
    /// where many rate there is always one.
    fn fold_one(&mut self) {
        if self.folding {
            return;
        }
        let due = self.held.shards.iter().filter(|(_, shard)| shard.is_to_be_folded());
        // The most changed one: where many rate, the first would be due again before the last had its turn.
        let Some((&number, shard)) = due.max_by_key(|(_, shard)| shard.index.changes().users()) else { return };
        self.folding = true;
        let (compaction, folded, rest) = (shard.index.compaction(), self.folded.clone(), self.folding_rest);
        tokio::spawn(async move {
            tokio::time::sleep(rest).await;
            let began = Instant::now();
            let compacted = match tokio::task::spawn_blocking(move || compaction.run()).await {
                Ok(compacted) => compacted.map_err(|error| error.to_string()),
                Err(aborted) => Err(aborted.to_string()),
            };
            // Refused only when the worker itself has ended.
            let _ = folded.send(Folded { shard: number, compacted, took: began.elapsed() }).await;
        });
    }

    /// Holds a shard with its changes folded in, unless it has been fetched anew meanwhile.
    pub(super) fn take_folded(&mut self, folded: Folded) {
        self.folding = false;
        self.folding_rest = folded.took;
        match (folded.compacted, self.held.shards.get_mut(&folded.shard)) {
            (Ok(compacted), Some(shard)) => {
                _ = shard.index.install(compacted);
                self.fold_one();
            }
            (Ok(_), None) => self.fold_one(),
            // It goes on with its changes beside it, more slowly, and is tried again with the next page.
            (Err(error), _) => self.log.error(format!("shard {} could not be folded: {error}", folded.shard)),
        }
    }

    /// Fetches a model, unless it is held or on its way. The one before serves until it has come.
    pub(super) fn hold_model(&mut self, wanted: Wanted) {
        // Told again while it is on its way, there is nothing new to say: the master would only tell it again.
        if self.wanted_model.as_ref() == Some(&wanted) {
            return;
        }
        self.fetching_model.cancel();
        self.fetching_model = CancellationToken::new();
        self.wanted_model = Some(wanted.clone());
        if self.model.as_ref().is_some_and(|held| held.model == wanted.model) {
            self.say_status();
            return;
        }
        self.log.info(format!("to hold model {}: {} bytes to fetch", wanted.model, wanted.bytes));
        match self.channels.connect(&wanted.grpc_endpoint) {
            Ok(grpc) => {
                let worker_id = self.status.worker_id.clone();
                let fetch = FetchModel { grpc, worker_id, wanted, log: self.log.clone() };
                let (fetching, fetched) = (self.fetching_model.clone(), self.fetched_model.clone());
                tokio::spawn(async move {
                    if let Some(Some(model)) = fetching.run_until_cancelled(fetch.whole()).await {
                        // Refused only when the worker itself has ended.
                        let _ = fetched.send(model).await;
                    }
                });
            }
            Err(error) => self.log.error(format!("cannot fetch from {:?}: {error}", wanted.grpc_endpoint)),
        }
    }

    /// Holds a model that has come, if it is still wanted.
    pub(super) fn take_model(&mut self, fetched: FetchedModel) {
        if self.wanted_model.as_ref().is_some_and(|wanted| wanted.model == fetched.model) {
            self.log.info(format!("holds model {}", fetched.model));
            self.status.model = Some(fetched.model.clone());
            self.model = Some(fetched);
            // Said at once: the master sends no task for the model before.
            self.say_status();
        }
    }
}
