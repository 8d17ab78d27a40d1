//! The shards a worker holds, and how it fills itself with them from the master.

use std::collections::BTreeMap;
use std::time::Duration;

use cineswarm_engine::{LiveIndex, ShardIndex, ShardRatings};
use cineswarm_proto::events::Place;
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_proto::farm::{FetchShardRequest, ShardChunk, unpack_ascending};
use tonic::transport::Channel;

/// How long the next chunk of a shard may take.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(10);
/// Changed users past which changes are folded into the index: one in fifty of the shard's, and no fewer than this.
const ONE_CHANGED_IN: usize = 50;
const FEW_CHANGED: usize = 64;

/// Shards ready for tasks, all of one dataset version.
#[derive(Clone, Default)]
pub struct HeldShards {
    /// The dataset version.
    pub dataset_version: String,
    /// By shard number.
    pub shards: BTreeMap<u32, HeldShard>,
}

/// A shard, and how far it has followed the log of ratings.
#[derive(Clone)]
pub struct HeldShard {
    /// Its ratings.
    pub index: LiveIndex,
    /// The last event of the log that is in them.
    pub at: Place,
}

impl HeldShard {
    /// A shard that is so far.
    pub fn new(index: LiveIndex, at: Place) -> HeldShard {
        HeldShard { index, at }
    }

    /// Whether so many users have changed that queries, which look at each of them, are better served by an index with
    /// the changes in it.
    pub fn is_to_be_folded(&self) -> bool {
        self.index.changes().users() > FEW_CHANGED.max(self.index.index().ratings().user_ids().len() / ONE_CHANGED_IN)
    }
}

impl HeldShards {
    /// The shards' numbers, ascending.
    pub fn numbers(&self) -> Vec<u32> {
        self.shards.keys().copied().collect()
    }

    /// The given shards as they are now, or the first that is not held.
    pub fn select(&self, shards: &[u32]) -> Result<Vec<HeldShard>, u32> {
        shards.iter().map(|shard| self.shards.get(shard).cloned().ok_or(*shard)).collect()
    }
}

/// Why a shard could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The call failed.
    #[error("fetching shard {shard}: {status}")]
    Call {
        /// The shard.
        shard: u32,
        /// What gRPC said.
        status: Box<tonic::Status>,
    },
    /// No chunk came for [`CHUNK_TIMEOUT`].
    #[error("fetching shard {shard}: nothing came for {} s", CHUNK_TIMEOUT.as_secs())]
    Stalled {
        /// The shard.
        shard: u32,
    },
    /// The stream ended before the chunk marked as the last.
    #[error("fetching shard {shard}: the stream ended after {chunks} chunks, before the last one")]
    Incomplete {
        /// The shard.
        shard: u32,
        /// Chunks that came.
        chunks: u32,
    },
    /// What came is not a shard.
    #[error("fetching shard {shard}: {reason}")]
    Malformed {
        /// The shard.
        shard: u32,
        /// What is wrong.
        reason: String,
    },
}

/// A shard on its way: what has come so far survives a broken stream.
pub struct PartialShard {
    shard: u32,
    dataset_version: String,
    next_sequence: u32,
    user_ids: Vec<u32>,
    row_offsets: Vec<u32>,
    movie_ids: Vec<u32>,
    half_stars: Vec<u8>,
}

impl PartialShard {
    /// Nothing has come yet.
    pub fn new(dataset_version: &str, shard: u32) -> PartialShard {
        PartialShard {
            shard,
            dataset_version: dataset_version.to_owned(),
            next_sequence: 0,
            user_ids: Vec::new(),
            row_offsets: vec![0],
            movie_ids: Vec::new(),
            half_stars: Vec::new(),
        }
    }

    /// Fetches what is missing. After an error it may be called again and goes on where it stopped.
    pub async fn fetch(&mut self, client: &mut FarmClient<Channel>, worker_id: &str) -> Result<(), FetchError> {
        let shard = self.shard;
        let call_failed = |status| FetchError::Call { shard, status: Box::new(status) };
        let request = FetchShardRequest {
            worker_id: worker_id.to_owned(),
            dataset_version: self.dataset_version.clone(),
            shard,
            from_sequence: self.next_sequence,
        };
        let stalled = |_| FetchError::Stalled { shard };
        let response = tokio::time::timeout(CHUNK_TIMEOUT, client.fetch_shard(request)).await.map_err(stalled)?;
        let mut chunks = response.map_err(call_failed)?.into_inner();
        loop {
            let next = tokio::time::timeout(CHUNK_TIMEOUT, chunks.message()).await.map_err(stalled)?;
            match next.map_err(call_failed)? {
                Some(chunk) if chunk.last => return self.append(chunk),
                Some(chunk) => self.append(chunk)?,
                None => return Err(FetchError::Incomplete { shard, chunks: self.next_sequence }),
            }
        }
    }

    fn append(&mut self, chunk: ShardChunk) -> Result<(), FetchError> {
        let shard = self.shard;
        let malformed = |reason: String| FetchError::Malformed { shard, reason };
        if chunk.sequence != self.next_sequence {
            let reason = format!("chunk {} came where {} was due", chunk.sequence, self.next_sequence);
            return Err(malformed(reason));
        }
        let ratings: u64 = chunk.rating_counts.iter().map(|&count| u64::from(count)).sum();
        if chunk.user_ids.len() != chunk.rating_counts.len()
            || ratings != chunk.movie_id_deltas.len() as u64
            || ratings != chunk.half_stars.len() as u64
        {
            return Err(malformed(format!("the lists in chunk {} differ in length", chunk.sequence)));
        }
        let mut deltas = &chunk.movie_id_deltas[..];
        for (user, &count) in chunk.user_ids.iter().zip(&chunk.rating_counts) {
            let (own, rest) = deltas.split_at(count as usize);
            unpack_ascending(own, &mut self.movie_ids).map_err(|error| malformed(format!("user {user}: {error}")))?;
            deltas = rest;
            let end = u32::try_from(self.movie_ids.len()).map_err(|_| malformed("it has 2^32 ratings".into()))?;
            self.row_offsets.push(end);
        }
        self.user_ids.extend(&chunk.user_ids);
        self.half_stars.extend_from_slice(&chunk.half_stars);
        self.next_sequence += 1;
        Ok(())
    }

    /// Builds the index of a shard that has come whole. Takes a while for millions of ratings: not on an async thread.
    pub fn into_index(self) -> Result<ShardIndex, FetchError> {
        let ratings = ShardRatings::new(&self.user_ids, &self.row_offsets, &self.movie_ids, &self.half_stars);
        let shard = self.shard;
        ratings.map(ShardIndex::build).map_err(|error| FetchError::Malformed { shard, reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(sequence: u32, user: u32, movies: &[u32]) -> ShardChunk {
        ShardChunk {
            sequence,
            last: false,
            user_ids: vec![user],
            rating_counts: vec![movies.len() as u32],
            movie_id_deltas: cineswarm_proto::farm::pack_ascending(movies),
            half_stars: vec![8; movies.len()].into(),
        }
    }

    #[test]
    fn chunks_in_order_make_a_shard() {
        let mut partial = PartialShard::new("v", 3);
        partial.append(chunk(0, 7, &[1, 5])).unwrap();
        partial.append(chunk(1, 9, &[5])).unwrap();
        let index = partial.into_index().unwrap();
        assert_eq!(index.ratings_of(7), Some((vec![1, 5], &[8, 8][..])));
        assert_eq!(index.ratings_of(9), Some((vec![5], &[8][..])));
    }

    #[test]
    fn chunks_that_do_not_fit_are_refused_and_say_why() {
        let refused = |chunk: ShardChunk| PartialShard::new("v", 3).append(chunk).unwrap_err().to_string();
        assert!(refused(chunk(1, 7, &[1])).contains("chunk 1 came where 0 was due"));
        let lengths = refused(ShardChunk { rating_counts: vec![u32::MAX], ..chunk(0, 7, &[1]) });
        assert!(lengths.contains("differ in length"), "{lengths}");
        let order = refused(ShardChunk { movie_id_deltas: vec![4, 0], ..chunk(0, 7, &[4, 5]) });
        assert!(order.contains("user 7"), "{order}");
    }

    #[test]
    fn a_shard_with_ratings_off_the_scale_is_no_shard() {
        let mut partial = PartialShard::new("v", 0);
        partial.append(ShardChunk { half_stars: vec![11].into(), ..chunk(0, 7, &[1]) }).unwrap();
        assert!(partial.into_index().is_err());
    }
}
