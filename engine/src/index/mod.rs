//! A shard turned round for neighbour queries: for each film who rated it and how. Built once and never changed; what
//! changes lies over it in [`live`].

mod block;
mod films;
mod kernel;
mod live;

pub(crate) use block::{Block, length};
pub use kernel::Kernel;
pub(crate) use kernel::{Instructions, QueryFilm, Summand, Sums};
pub use live::{Changes, Compacted, Compaction, LiveIndex};

use crate::rating::{MovieId, UserId};
use crate::shard::ShardRatings;

/// A shard's ratings with an inverted index from film to the users who rated it, ready for neighbour queries.
#[derive(Clone, Debug)]
pub struct ShardIndex {
    ratings: ShardRatings,
    blocks: Vec<Block>,
}

impl ShardIndex {
    /// Builds the index; takes about 3 bytes a rating on top of the rows' 3.
    pub fn build(ratings: ShardRatings) -> ShardIndex {
        let users = ratings.user_ids().len();
        let count = users.div_ceil(block::MAX_USERS).max(1);
        // Blocks of about the same size, so that none is a remainder that costs as much as a full one.
        let size = users.div_ceil(count).max(1);
        // There is one even of no users, for what changes over it.
        let firsts = (0..users.max(1)).step_by(size);
        let blocks = firsts.map(|first| Block::build(&ratings, first..users.min(first + size)));
        ShardIndex { blocks: blocks.collect(), ratings }
    }

    /// The ratings the index was built from.
    pub fn ratings(&self) -> &ShardRatings {
        &self.ratings
    }

    /// A user's films, ascending, and the half-stars parallel to them; `None` if the user is not in this shard.
    pub fn ratings_of(&self, user: UserId) -> Option<(Vec<MovieId>, &[u8])> {
        self.ratings.ratings_of(user)
    }

    /// Bytes of the index alone.
    pub fn index_bytes(&self) -> usize {
        self.blocks.iter().map(Block::memory_bytes).sum()
    }

    /// Bytes of the rows and the index.
    pub fn memory_bytes(&self) -> usize {
        self.ratings.memory_bytes() + self.index_bytes()
    }

    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }
}
