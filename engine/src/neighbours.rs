//! Exact user neighbours: the users of some shards whose ratings are most similar to a profile.
//! Everything is an integer until the last division, so the answer does not depend on how users are spread over shards.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::best::Best;
use crate::profile::Profile;
use crate::rating::UserId;
use crate::shard::{Rows, ShardIndex};

/// A user and how similar the user's ratings are to the profile's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The user.
    pub user: UserId,
    /// The similarity, above 0 and at most 1; see [`similarity`].
    pub similarity: f64,
    /// How many films both have rated.
    pub overlap: u32,
    /// Sum over these films of the product of both ratings in half-stars.
    pub dot: u32,
}

impl Neighbour {
    /// The one order of neighbours: the more similar first, of equals the lower user id.
    pub fn best_first(&self, other: &Neighbour) -> Ordering {
        other.similarity.total_cmp(&self.similarity).then(self.user.cmp(&other.user))
    }
}

/// Which neighbours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NeighbourOptions {
    /// How many neighbours at most.
    pub k: usize,
    /// Users who share fewer films with the profile are no neighbours; 0 counts as 1.
    pub min_overlap: u32,
    /// Significance weighting: the larger, the less a similarity on few common films counts; 0 turns it off.
    pub shrink: u32,
    /// A user who is never a neighbour: the viewer, where the dataset has the viewer as a user.
    pub exclude_user: Option<UserId>,
}

impl NeighbourOptions {
    /// What suits "films like these", where the profile is a few films: everyone who likes them is about as near, so
    /// more neighbours are asked, and those who share several of the films count more. Goes with
    /// [`RankOptions::like_these`](crate::RankOptions::like_these).
    pub fn like_these() -> NeighbourOptions {
        NeighbourOptions { k: 100, shrink: 3, ..NeighbourOptions::default() }
    }
}

impl Default for NeighbourOptions {
    fn default() -> Self {
        NeighbourOptions { k: 40, min_overlap: 1, shrink: 0, exclude_user: None }
    }
}

/// The similarity of two users: the cosine of their raw half-star vectors, absent ratings counting as zero,
/// `dot / sqrt(norm_u * norm_v)`, weighted by `overlap / (overlap + shrink)` (Herlocker, Konstan, Borchers and Riedl
/// 1999 introduced such significance weighting; this smooth form is that of Bell and Koren 2007).
///
/// `norm_u` and `norm_v` are the squared norms over *all* of either's ratings. The operations are, in this order: the
/// integer product of the norms; its conversion to double; the square root; the division of `dot` by it; and only if
/// `shrink` is above 0 the quotient `overlap / (overlap + shrink)` of two integers converted to double, and the product
/// of both. Each is correctly rounded by IEEE 754, so any implementation that keeps the order gets the same bits.
pub fn similarity(dot: u32, overlap: u32, norm_u: u64, norm_v: u64, shrink: u32) -> f64 {
    // Saturation is out of reach for rows and profiles of up to 2^25 films; it only stands in for an overflow panic.
    let cosine = f64::from(dot) / (norm_u.saturating_mul(norm_v) as f64).sqrt();
    if shrink == 0 {
        return cosine;
    }
    cosine * (f64::from(overlap) / (u64::from(overlap) + u64::from(shrink)) as f64)
}

/// Working memory of neighbour queries, to be reused from query to query; any shard may follow any other.
#[derive(Debug, Default)]
pub struct Scratch {
    /// For each row of the shard at hand the dot product so far (high 32 bits) and the overlap (low 32 bits). All zero
    /// between queries.
    sums: Vec<u64>,
    /// For each film of the profile that the shard knows: where its raters stand, and the viewer's half-stars.
    films: Vec<(std::ops::Range<usize>, u8)>,
}

impl ShardIndex {
    /// The users of this shard most similar to the profile, best first.
    pub fn neighbours(&self, profile: &Profile, options: &NeighbourOptions, scratch: &mut Scratch) -> Vec<Neighbour> {
        top_k_over(&[self], profile, options, scratch)
    }
}

/// The users of several disjoint shards most similar to the profile, best first; the same, to the last bit, as if they
/// were one shard.
pub fn top_k_over(
    shards: &[&ShardIndex],
    profile: &Profile,
    options: &NeighbourOptions,
    scratch: &mut Scratch,
) -> Vec<Neighbour> {
    let mut query =
        Query { norm: profile.norm_squared(), options, best: Best::new(options.k, Neighbour::best_first), bound: 0.0 };
    if options.k == 0 {
        return Vec::new();
    }
    for shard in shards {
        match &shard.posting_rows {
            Rows::Narrow(rows) => query.scan(shard, rows, profile, scratch),
            Rows::Wide(rows) => query.scan(shard, rows, profile, scratch),
        }
    }
    query.best.into_sorted()
}

/// The `k` best of several lists of neighbours of disjoint shards. The lists are best sorted, which makes it faster,
/// but need not be.
pub fn merge_top_k(lists: impl IntoIterator<Item = Vec<Neighbour>>, k: usize) -> Vec<Neighbour> {
    let mut all: Vec<Neighbour> = lists.into_iter().flatten().collect();
    // The standard stable sort finds the sorted runs and only merges them.
    all.sort_by(Neighbour::best_first);
    all.truncate(k);
    all
}

/// One query on its way over the shards.
struct Query<'a> {
    norm: u64,
    options: &'a NeighbourOptions,
    best: Best<Neighbour>,
    /// Users with `dot^2 < bound * norm_v` cannot be among the best any more.
    bound: f64,
}

impl Query<'_> {
    fn scan<Row: Copy + Into<u32>>(
        &mut self,
        shard: &ShardIndex,
        posting_rows: &[Row],
        profile: &Profile,
        scratch: &mut Scratch,
    ) {
        let users = shard.norms.len();
        if scratch.sums.len() < users {
            scratch.sums.resize(users, 0);
        }
        let sums = &mut scratch.sums[..users];
        scratch.films.clear();
        scratch.films.extend(
            profile
                .iter()
                .map(|(movie, rating)| (shard.postings(movie), rating))
                .filter(|(postings, _)| !postings.is_empty()),
        );

        let mut touched = 0;
        for (postings, rating) in &scratch.films {
            touched += postings.len();
            // One addition counts both: the product into the high half, the common film into the low one.
            let weight = u64::from(*rating) << 32;
            let rows = &posting_rows[postings.clone()];
            let half_stars = &shard.posting_half_stars[postings.clone()];
            for (&row, &half_stars) in rows.iter().zip(half_stars) {
                sums[row.into() as usize] += u64::from(half_stars) * weight + 1;
            }
        }

        // Sums are collected and zeroed in one pass: over all users, or, where few were touched, over the same postings
        // once more, in which a user met again has a sum of zero and is passed over.
        if touched >= users / 4 {
            for (row, sum) in sums.iter_mut().enumerate() {
                self.offer(shard, row, std::mem::take(sum));
            }
        } else {
            for (postings, _) in &scratch.films {
                for &row in &posting_rows[postings.clone()] {
                    let row = row.into() as usize;
                    self.offer(shard, row, std::mem::take(&mut sums[row]));
                }
            }
        }
    }

    #[inline]
    fn offer(&mut self, shard: &ShardIndex, row: usize, sum: u64) {
        let (dot, overlap) = ((sum >> 32) as u32, sum as u32);
        let norm = shard.norms[row];
        let squared = f64::from(dot) * f64::from(dot);
        if overlap < self.options.min_overlap.max(1) || squared < self.bound * f64::from(norm) {
            return;
        }
        let user = shard.ratings().user_ids()[row];
        if self.options.exclude_user == Some(user) {
            return;
        }
        let similarity = similarity(dot, overlap, self.norm, u64::from(norm), self.options.shrink);
        if self.best.offer(Neighbour { user, similarity, overlap, dot }) {
            // The weighting by overlap only lowers a similarity, so a plain cosine below the bar's similarity is enough
            // to pass a user over. The margin is far above the rounding of this check and far below what costs time.
            let bar = self.best.bar().map_or(0.0, |bar| bar.similarity);
            self.bound = bar * bar * self.norm as f64 * (1.0 - 1e-9);
        }
    }
}
