//! Exact user neighbours: the users of some shards whose ratings are most similar to a profile.
//! Everything is an integer until the last division, so the answer does not depend on how users are spread over shards.

mod helpers;
mod query;
mod shares;
mod sweep;

use std::cmp;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use helpers::on_threads;
use query::{Bar, Found, Query, advance, blocks, count_overlaps};
use shares::Shares;

use crate::index::{Changes, Kernel, LiveIndex, ShardIndex, Sums};
use crate::profile::Profile;
use crate::rating::UserId;

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
    pub fn best_first(&self, other: &Neighbour) -> cmp::Ordering {
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

/// Working memory of neighbour queries, to be reused from query to query; any shard may follow any other. Aligned so
/// that two threads' are in no common line of the cache.
#[derive(Debug)]
#[repr(align(128))]
pub struct Scratch {
    kernel: Kernel,
    products: Sums,
    overlaps: Sums,
    /// Users of the block at hand who may be among the best.
    candidates: Vec<usize>,
    weights: sweep::Weights,
}

impl Scratch {
    /// For queries with this kernel. The answers are the same with any.
    pub fn with_kernel(kernel: Kernel) -> Scratch {
        Scratch {
            kernel,
            products: Sums::default(),
            overlaps: Sums::default(),
            candidates: Vec::new(),
            weights: sweep::Weights::default(),
        }
    }
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch::with_kernel(Kernel::best())
    }
}

/// A shard as a query sees it: as it was built, or with what has changed since.
#[derive(Clone, Copy, Debug)]
pub struct ShardView<'a> {
    index: &'a ShardIndex,
    changes: Option<&'a Changes>,
}

impl<'a> From<&'a ShardIndex> for ShardView<'a> {
    fn from(index: &'a ShardIndex) -> ShardView<'a> {
        ShardView { index, changes: None }
    }
}

impl<'a> From<&'a LiveIndex> for ShardView<'a> {
    fn from(live: &'a LiveIndex) -> ShardView<'a> {
        ShardView { index: live.index(), changes: Some(live.changes()).filter(|changes| !changes.is_empty()) }
    }
}

impl ShardIndex {
    /// The users of this shard most similar to the profile, best first.
    pub fn neighbours(&self, profile: &Profile, options: &NeighbourOptions, scratch: &mut Scratch) -> Vec<Neighbour> {
        top_k_over(&[self], profile, options, scratch)
    }
}

/// The users of several disjoint shards most similar to the profile, best first; the same, to the last bit, as if they
/// were one shard.
pub fn top_k_over<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    profile: &Profile,
    options: &NeighbourOptions,
    scratch: &mut Scratch,
) -> Vec<Neighbour> {
    let found = answer(shards, &[(profile, options)], std::slice::from_mut(scratch), &Stop::never());
    found.and_then(|mut found| found.pop()).unwrap_or_default()
}

/// Answers many queries in one pass over the shards, one answer a query and in their order; the same as one by one, in
/// less time.
pub fn top_k_batch<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(Profile, NeighbourOptions)],
    scratch: &mut Scratch,
) -> Vec<Vec<Neighbour>> {
    top_k_parallel(shards, queries, std::slice::from_mut(scratch))
}

/// As [`top_k_batch`], but `None` as soon as there is no use in it any more: `stop` is asked before each block of users,
/// or before each shard where many queries go over it together.
pub fn top_k_batch_unless<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(Profile, NeighbourOptions)],
    scratch: &mut Scratch,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Vec<Vec<Neighbour>>> {
    let queries: Vec<(&Profile, &NeighbourOptions)> =
        queries.iter().map(|(profile, options)| (profile, options)).collect();
    answer(shards, &queries, std::slice::from_mut(scratch), &Stop::when(stop))
}

/// As [`top_k_batch`], on at most as many threads as there are working memories: the caller's, and helpers that stay
/// awake for a fraction of a millisecond afterwards.
pub fn top_k_parallel<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(Profile, NeighbourOptions)],
    scratches: &mut [Scratch],
) -> Vec<Vec<Neighbour>> {
    let queries: Vec<(&Profile, &NeighbourOptions)> =
        queries.iter().map(|(profile, options)| (profile, options)).collect();
    answer(shards, &queries, scratches, &Stop::never()).unwrap_or_default()
}

/// Whether a search is to end before it is through. Once it is, it stays so.
struct Stop<'a> {
    asked: Option<&'a (dyn Fn() -> bool + Sync)>,
    stopped: AtomicBool,
}

impl<'a> Stop<'a> {
    fn never() -> Stop<'a> {
        Stop { asked: None, stopped: AtomicBool::new(false) }
    }

    fn when(asked: &'a (dyn Fn() -> bool + Sync)) -> Stop<'a> {
        Stop { asked: Some(asked), stopped: AtomicBool::new(false) }
    }

    fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn now(&self) -> bool {
        if !self.has_stopped() && self.asked.is_some_and(|asked| asked()) {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.has_stopped()
    }
}

fn answer<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(&Profile, &NeighbourOptions)],
    scratches: &mut [Scratch],
    stop: &Stop<'_>,
) -> Option<Vec<Vec<Neighbour>>> {
    let shards: Vec<ShardView<'a>> = shards.iter().map(|&shard| shard.into()).collect();
    let bars: Vec<Bar> = queries.iter().map(|_| Bar::default()).collect();
    let shares = Shares::new(shards.len(), scratches.len().max(1));
    let search = |(thread, scratch): (usize, &mut Scratch)| {
        let queries = queries.iter().zip(&bars).map(|(&(profile, options), bar)| Query::new(profile, options, bar));
        let mut queries: Vec<Query<'_>> = queries.collect();
        take_through(&mut queries, &shards, &shares, thread, stop, scratch);
        queries
    };
    let mut parts = match scratches {
        [] => vec![search((0, &mut Scratch::default()))],
        scratches => on_threads(scratches.iter_mut().enumerate(), search),
    };
    if stop.has_stopped() {
        return None;
    }
    let threads = parts.len();
    let mut queries = parts.swap_remove(0);
    for part in parts {
        queries.iter_mut().zip(part).for_each(|(query, part)| query.absorb(part));
    }
    let mut ends = Vec::with_capacity(queries.len());
    let mut found = Vec::new();
    for query in queries {
        found.extend(query.into_found());
        ends.push(found.len());
    }
    let share = found.len().div_ceil(threads).max(1);
    on_threads(found.chunks_mut(share), |found| count_overlaps(found, &shards));
    let begins = std::iter::once(0).chain(ends.iter().copied());
    Some(begins.zip(&ends).map(|(begin, &end)| found[begin..end].iter().map(Found::neighbour).collect()).collect())
}

/// Takes shards through the queries until there are no more.
fn take_through(
    queries: &mut [Query<'_>],
    shards: &[ShardView<'_>],
    shares: &Shares,
    thread: usize,
    stop: &Stop<'_>,
    scratch: &mut Scratch,
) {
    let (mut swept, mut others): (Vec<&mut Query<'_>>, Vec<&mut Query<'_>>) =
        queries.iter_mut().partition(|query| sweep::can_take(query));
    if swept.len() < sweep::WORTH_IT {
        others.append(&mut swept);
        let own = shares.own(thread).flat_map(|number| blocks(shards, number));
        advance(&mut others, own, || shares.take_own(thread).is_some(), stop, scratch);
        while !stop.has_stopped()
            && let Some(number) = shares.take_others()
        {
            advance(&mut others, blocks(shards, number), || true, stop, scratch);
        }
        return;
    }
    let mut numbers = std::iter::from_fn(|| shares.take(thread)).peekable();
    // A thread that comes late has nothing to make ready for.
    if numbers.peek().is_none() {
        return;
    }
    let mut groups: Vec<sweep::Group<'_, '_, '_>> = swept.chunks_mut(sweep::LANES).map(sweep::Group::new).collect();
    for number in numbers {
        if stop.now() {
            return;
        }
        groups.iter_mut().for_each(|group| sweep::shard(group, number, shards[number], scratch));
        advance(&mut others, blocks(shards, number), || true, stop, scratch);
    }
}
