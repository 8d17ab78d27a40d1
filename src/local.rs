//! Neighbours and recommendations computed in this process, over all shards of a dataset: what the farm computes,
//! without the farm. It never prints.

use std::sync::Arc;

use anyhow::Context;
use cineswarm_engine::{
    Dataset, Filters, Neighbour, NeighbourOptions, Profile, RankOptions, RankScratch, Ranker, Recommendation, Scratch,
    ShardIndex, ShardRatings, Shortage, rank_or_explain, top_k_over,
};

/// All ratings of a dataset, indexed.
pub(crate) struct Local {
    shards: Vec<ShardIndex>,
    ranker: Ranker,
}

impl Local {
    /// Indexes every shard; takes about a second for ten million ratings.
    pub(crate) fn new(dataset: &Dataset) -> anyhow::Result<Local> {
        let numbers = 0..dataset.shard_count();
        let shards = numbers.filter_map(|number| Some((number, dataset.shard(number)?)));
        let shards = shards.map(|(number, shard)| {
            let ratings = ShardRatings::new(shard.user_ids, shard.row_offsets, shard.movie_ids, shard.half_stars);
            ratings.map(ShardIndex::build).with_context(|| format!("indexing shard {number}"))
        });
        let ranker = Ranker::new(Arc::new(dataset.catalogue().clone()), dataset.rows());
        Ok(Local { shards: shards.collect::<anyhow::Result<_>>()?, ranker })
    }

    /// The users most similar to the profile, best first.
    pub(crate) fn neighbours(&self, profile: &Profile, options: &NeighbourOptions) -> Vec<Neighbour> {
        let shards: Vec<&ShardIndex> = self.shards.iter().collect();
        top_k_over(&shards, profile, options, &mut Scratch::default())
    }

    /// The films these neighbours recommend, best first; where there is none, what is answered instead, and why.
    pub(crate) fn recommend(
        &self,
        profile: &Profile,
        neighbours: &[Neighbour],
        filters: &Filters,
        options: &RankOptions,
    ) -> (Vec<Recommendation>, Option<Shortage>) {
        rank_or_explain(&self.ranker, profile, neighbours, filters, options, &mut RankScratch::default())
    }
}
