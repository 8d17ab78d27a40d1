//! Exact user neighbours: the users of some shards whose ratings are most similar to a profile.
//! Everything is an integer until the last division, so the answer does not depend on how users are spread over shards.

use std::cmp::Ordering;
use std::sync::atomic::{self, AtomicUsize};

use serde::{Deserialize, Serialize};

use crate::best::Best;
use crate::index::{Block, Changes, Kernel, LiveIndex, QueryFilm, ShardIndex, Summand, Sums};
use crate::profile::Profile;
use crate::rating::{MovieId, UserId};
use crate::shard::ShardRatings;

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
#[derive(Debug)]
pub struct Scratch {
    kernel: Kernel,
    products: Sums,
    overlaps: Sums,
    /// Users of the block at hand who may be among the best.
    candidates: Vec<u16>,
}

impl Scratch {
    /// For queries with this kernel. The answers are the same with any.
    pub fn with_kernel(kernel: Kernel) -> Scratch {
        Scratch { kernel, products: Sums::default(), overlaps: Sums::default(), candidates: Vec::new() }
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
    let shards: Vec<ShardView<'a>> = shards.iter().map(|&shard| shard.into()).collect();
    let mut query = Query::new(profile, options);
    advance(std::slice::from_mut(&mut query), (0..shards.len()).flat_map(|number| blocks(&shards, number)), scratch);
    query.finish(&shards)
}

/// Answers many queries in one pass over the shards, one answer a query and in their order; the same as one by one, but
/// each block of users comes into the cache once.
pub fn top_k_batch<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(Profile, NeighbourOptions)],
    scratch: &mut Scratch,
) -> Vec<Vec<Neighbour>> {
    let shards: Vec<ShardView<'a>> = shards.iter().map(|&shard| shard.into()).collect();
    let mut queries = opened(queries);
    advance(&mut queries, (0..shards.len()).flat_map(|number| blocks(&shards, number)), scratch);
    queries.into_iter().map(|query| query.finish(&shards)).collect()
}

/// As [`top_k_batch`], on as many threads as there are working memories: the caller's, and others of rayon's pool.
pub fn top_k_parallel<'a, Shard: Copy + Into<ShardView<'a>>>(
    shards: &[Shard],
    queries: &[(Profile, NeighbourOptions)],
    scratches: &mut [Scratch],
) -> Vec<Vec<Neighbour>> {
    let shards: Vec<ShardView<'a>> = shards.iter().map(|&shard| shard.into()).collect();
    // Each takes the next shard when it needs one, so that a thread that starts late has less to do.
    let next = AtomicUsize::new(0);
    let work = |scratch: &mut Scratch| {
        let taken = std::iter::from_fn(|| Some(next.fetch_add(1, atomic::Ordering::Relaxed)));
        let taken = taken.take_while(|&number| number < shards.len());
        let mut queries = opened(queries);
        advance(&mut queries, taken.flat_map(|number| blocks(&shards, number)), scratch);
        queries.into_iter().map(|query| query.finish(&shards)).collect::<Vec<_>>()
    };
    let (mine, others) = match scratches.split_first_mut() {
        Some((mine, others)) => (mine, others),
        None => (&mut Scratch::default(), &mut [][..]),
    };
    let mut parts = vec![Vec::new(); others.len() + 1];
    if let Some((part, others_parts)) = parts.split_first_mut() {
        rayon::in_place_scope(|scope| {
            for (part, scratch) in others_parts.iter_mut().zip(others) {
                let work = &work;
                scope.spawn(move |_| *part = work(scratch));
            }
            *part = work(mine);
        });
    }
    let merge = |(at, (_, options)): (usize, &(Profile, NeighbourOptions))| {
        merge_top_k(parts.iter_mut().map(|part| std::mem::take(&mut part[at])), options.k)
    };
    queries.iter().enumerate().map(merge).collect()
}

fn opened(queries: &[(Profile, NeighbourOptions)]) -> Vec<Query<'_>> {
    queries.iter().map(|(profile, options)| Query::new(profile, options)).collect()
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

/// A block of users, and the shard it is of with its number in the query.
#[derive(Clone, Copy)]
struct Place<'a> {
    number: usize,
    shard: ShardView<'a>,
    block: &'a Block,
}

fn blocks<'a>(shards: &[ShardView<'a>], number: usize) -> impl Iterator<Item = Place<'a>> + use<'a> {
    let shard = shards[number];
    shard.index.blocks().iter().map(move |block| Place { number, shard, block })
}

/// Takes blocks through all queries, one block after the other. While at one query in one block it asks for the memory
/// that the next will need, and where that is for the one after: most of the time would otherwise be spent waiting.
fn advance<'a>(queries: &mut [Query<'_>], blocks: impl Iterator<Item = Place<'a>>, scratch: &mut Scratch) {
    let count = queries.len();
    let mut visits = blocks.flat_map(|place| (0..count).map(move |query| (place, query)));
    let (mut now, mut next) = (visits.next(), visits.next());
    let films_of = |queries: &[Query<'_>], visit: Option<(Place<'a>, usize)>| {
        visit.map_or_else(Vec::new, |(place, query)| queries[query].films_in(place.block))
    };
    let mut films = films_of(queries, now);
    while let Some((place, query)) = now {
        let later = visits.next();
        if let Some((place, query)) = later {
            queries[query].prefetch_places(place.block);
        }
        let upcoming = films_of(queries, next);
        queries[query].scan(place, &films, &upcoming, scratch);
        (now, next, films) = (next, later, upcoming);
    }
}

/// One query on its way over the shards.
struct Query<'a> {
    profile: &'a Profile,
    norm: u64,
    options: &'a NeighbourOptions,
    best: Best<Found>,
    /// Users whose dot product is below the bar times their length cannot be among the best any more.
    bar: f32,
}

/// A neighbour, and where the ratings stand from which the overlap is yet to be counted.
#[derive(Clone, Copy)]
struct Found {
    neighbour: Neighbour,
    /// Number of the shard and row in it; `None` if the overlap is known.
    place: Option<(usize, usize)>,
}

impl<'a> Query<'a> {
    fn new(profile: &'a Profile, options: &'a NeighbourOptions) -> Query<'a> {
        let best = Best::new(options.k, |a: &Found, b: &Found| a.neighbour.best_first(&b.neighbour));
        Query { profile, norm: profile.norm_squared(), options, best, bar: 0.0 }
    }

    /// The best users of all blocks.
    fn finish(self, shards: &[ShardView<'_>]) -> Vec<Neighbour> {
        let profile = self.profile.movie_ids();
        let counted = self.best.into_sorted().into_iter().map(|Found { mut neighbour, place }| {
            if let Some((shard, row)) = place {
                neighbour.overlap = common(profile, shards[shard].index.ratings(), row);
            }
            neighbour
        });
        counted.collect()
    }

    fn films_in<'s>(&self, block: &'s Block) -> Vec<QueryFilm<'s>> {
        self.profile.iter().map(|(movie, half_stars)| (block.postings(movie), half_stars)).collect()
    }

    fn scan_changes(&mut self, changes: &Changes) {
        for (user, row) in changes.rows() {
            let (dot, overlap) = row.meet(self.profile);
            if overlap >= self.options.min_overlap.max(1) {
                self.offer(user, dot, overlap, row.norm(), None);
            }
        }
    }

    fn prefetch_places(&self, block: &Block) {
        self.profile.movie_ids().iter().for_each(|&movie| block.prefetch_place(movie));
    }

    /// Adds up the query's `films` of a block and takes those users that may be among the best. `upcoming` are the films
    /// of the next query, or in the next block.
    fn scan(&mut self, place: Place<'_>, films: &[QueryFilm<'_>], upcoming: &[QueryFilm<'_>], scratch: &mut Scratch) {
        if self.options.k == 0 {
            return;
        }
        let Place { number, shard, block } = place;
        // Once a shard; every shard has a first block.
        if block.first_row() == 0 {
            shard.changes.into_iter().for_each(|changes| self.scan_changes(changes));
        }
        let Scratch { kernel, products, overlaps, candidates } = scratch;
        let users = block.norms().len();
        products.add_up(*kernel, Summand::Product, films, upcoming, users);
        // Otherwise it is counted at the end, for those who are among the best.
        let overlap_matters = self.options.shrink > 0 || self.options.min_overlap > 1;
        if overlap_matters {
            overlaps.add_up(*kernel, Summand::Film, films, &[], users);
        }
        products.reaching(*kernel, self.bar, block.lengths(), candidates);
        for at in candidates.iter().map(|&candidate| usize::from(candidate)) {
            let dot = products.get(at);
            // The bar may have been raised since.
            if (dot as f32) < self.bar * block.lengths()[at] {
                continue;
            }
            let overlap = if overlap_matters { overlaps.get(at) } else { 0 };
            if overlap_matters && overlap < self.options.min_overlap {
                continue;
            }
            let row = block.first_row() + at;
            let user = shard.index.ratings().user_ids()[row];
            if shard.changes.is_some_and(|changes| changes.has(user)) {
                continue;
            }
            let place = (!overlap_matters).then_some((number, row));
            self.offer(user, dot, overlap, block.norms()[at], place);
        }
    }

    fn offer(&mut self, user: UserId, dot: u32, overlap: u32, norm: u32, place: Option<(usize, usize)>) {
        if self.options.exclude_user == Some(user) {
            return;
        }
        let similarity = similarity(dot, overlap, self.norm, u64::from(norm), self.options.shrink);
        if self.best.offer(Found { neighbour: Neighbour { user, similarity, overlap, dot }, place }) {
            // The weighting by overlap only lowers a similarity, so a plain cosine below the bar's similarity is enough
            // to pass a user over. The margin is far above the rounding of this check and far below what costs time.
            let bar = self.best.bar().map_or(0.0, |bar| bar.neighbour.similarity);
            self.bar = (bar * (self.norm as f64).sqrt() * (1.0 - 1e-5)) as f32;
        }
    }
}

/// How many of the ascending films a user has rated.
fn common(films: &[MovieId], ratings: &ShardRatings, row: usize) -> u32 {
    let (mut at, mut common) = (0, 0);
    for rated in ratings.films_of(row).map(|film| ratings.films()[film]) {
        while films.get(at).is_some_and(|&film| film < rated) {
            at += 1;
        }
        common += u32::from(films.get(at) == Some(&rated));
    }
    common
}
