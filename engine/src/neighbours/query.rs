//! One query on its way over blocks of users, by the inverted index.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Neighbour, NeighbourOptions, Scratch, ShardView, Stop, similarity};
use crate::best::Best;
use crate::index::{Block, Changes, QueryFilm, Summand, length};
use crate::prefetch::prefetch_at;
use crate::profile::Profile;
use crate::rating::{MovieId, UserId};

/// A block of users, and the shard it is of with its number in the query.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    number: usize,
    shard: ShardView<'a>,
    block: &'a Block,
}

impl Place<'_> {
    /// Of its shard; every shard has a first block.
    fn is_first(&self) -> bool {
        self.block.first_row() == 0
    }
}

pub(super) fn blocks<'a>(shards: &[ShardView<'a>], number: usize) -> impl Iterator<Item = Place<'a>> + use<'a> {
    let shard = shards[number];
    shard.index.blocks().iter().map(move |block| Place { number, shard, block })
}

/// Takes blocks through all queries, one block after the other. While at one query in one block it asks for the memory
/// that the next will need, and where that is for the one after: most of the time would otherwise be spent waiting.
/// Ends before a shard that may not `begin`, and before any block once it is told to stop.
pub(super) fn advance<'a>(
    queries: &mut [&mut Query<'_>],
    blocks: impl Iterator<Item = Place<'a>>,
    begin: impl Fn() -> bool,
    stop: &Stop<'_>,
    scratch: &mut Scratch,
) {
    let count = queries.len();
    let mut visits = blocks.flat_map(|place| (0..count).map(move |query| (place, query)));
    let (mut now, mut next) = (visits.next(), visits.next());
    let films_of = |queries: &[&mut Query<'_>], visit: Option<(Place<'a>, usize)>| {
        visit.map_or_else(Vec::new, |(place, query)| queries[query].films_in(place.block))
    };
    for (place, query) in [now, next].into_iter().flatten() {
        queries[query].prefetch_places(place.block);
    }
    let mut films = films_of(queries, now);
    while let Some((place, query)) = now {
        if query == 0 && (stop.now() || (place.is_first() && !begin())) {
            return;
        }
        let later = visits.next();
        if let Some((place, query)) = later {
            queries[query].prefetch_places(place.block);
        }
        let upcoming = films_of(queries, next);
        queries[query].scan(place, &films, &upcoming, scratch);
        (now, next, films) = (next, later, upcoming);
    }
}

/// So many groups of users are held to the same bar at first, then twice as many each time, as it rises fastest at the
/// beginning.
const BETWEEN_BARS: usize = 8;

/// So much lower is a bar than what is reached: far more than the rounding of what is compared with it, and far less
/// than would cost time.
const MARGIN: f64 = 1e-5;

/// Users whose dot product is below the bar times their length cannot be among the best of a query any more. Threads
/// that work on one query share it, as what one has found spares the others looking at what comes after; so it has its
/// line of the cache to itself.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Bar(AtomicU32);

impl Bar {
    #[inline]
    pub(super) fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    /// As many users as are wanted have been found to reach this.
    fn raise(&self, reached: f64) {
        let bar = (reached * (1.0 - MARGIN)).max(0.0) as f32;
        // Numbers that are not negative have the order of their bits.
        self.0.fetch_max(bar.to_bits(), Ordering::Relaxed);
    }
}

/// One query on its way over the shards, or over those that one thread takes.
pub(super) struct Query<'a> {
    pub(super) profile: &'a Profile,
    norm: u64,
    pub(super) options: &'a NeighbourOptions,
    best: Best<Candidate>,
    pub(super) bar: &'a Bar,
    /// Groups of users that are next held to the same bar.
    between_bars: usize,
}

/// A neighbour, and where the ratings stand from which the overlap is yet to be counted.
#[derive(Clone, Copy)]
struct Candidate {
    neighbour: Neighbour,
    /// Number of the shard and row in it; `None` if the overlap is known.
    place: Option<(usize, usize)>,
}

/// One of the best of a query, and the query's profile.
pub(super) struct Found<'a> {
    profile: &'a Profile,
    candidate: Candidate,
}

impl Found<'_> {
    pub(super) fn neighbour(&self) -> Neighbour {
        self.candidate.neighbour
    }
}

/// Counts the films that those found have in common with the profiles, where it has not been done.
pub(super) fn count_overlaps(found: &mut [Found<'_>], shards: &[ShardView<'_>]) {
    let ratings = |(shard, row): (usize, usize)| (shards[shard].index.ratings(), row);
    for found in found.chunk_by_mut(|a, b| std::ptr::eq(a.profile, b.profile)) {
        // Most of these rows are in no cache, so all are asked for before the first is read.
        let places = found.iter().filter_map(|found| found.candidate.place);
        places.map(ratings).for_each(|(ratings, row)| ratings.prefetch_films(row));
        let films = FilmSet::new(found[0].profile.movie_ids());
        for Candidate { neighbour, place } in found.iter_mut().map(|found| &mut found.candidate) {
            if let Some((ratings, row)) = place.take().map(ratings) {
                let common = ratings.films_of(row).filter(|&film| films.has(ratings.films()[film]));
                neighbour.overlap = common.count() as u32;
            }
        }
    }
}

impl<'a> Query<'a> {
    pub(super) fn new(profile: &'a Profile, options: &'a NeighbourOptions, bar: &'a Bar) -> Query<'a> {
        let best = Best::new(options.k, |a: &Candidate, b: &Candidate| a.neighbour.best_first(&b.neighbour));
        Query { profile, norm: profile.norm_squared(), options, best, bar, between_bars: BETWEEN_BARS }
    }

    /// Takes what the same query has found elsewhere.
    pub(super) fn absorb(&mut self, other: Query<'_>) {
        self.best.absorb(other.best);
    }

    /// The best users of all blocks, best first; if overlaps do not matter they are yet to be counted.
    pub(super) fn into_found(self) -> impl Iterator<Item = Found<'a>> {
        let profile = self.profile;
        self.best.into_sorted().into_iter().map(move |candidate| Found { profile, candidate })
    }

    /// Whether overlaps decide who is a neighbour. Otherwise they are counted at the end, for those who are.
    pub(super) fn overlap_matters(&self) -> bool {
        self.options.shrink > 0 || self.options.min_overlap > 1
    }

    /// Those with runs first.
    fn films_in<'s>(&self, block: &'s Block) -> Vec<QueryFilm<'s>> {
        let films = self.profile.iter().filter_map(|(movie, half_stars)| Some((block.postings(movie)?, half_stars)));
        let (mut films, dense): (Vec<QueryFilm<'s>>, Vec<QueryFilm<'s>>) =
            films.partition(|(postings, _)| postings.are_runs());
        films.extend(dense);
        films
    }

    pub(super) fn scan_changes(&mut self, changes: &Changes) {
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

    /// Adds up the query's `films` of a block and takes those users that may be among the best. `upcoming` are the
    /// films of the next query, or in the next block.
    fn scan(&mut self, place: Place<'_>, films: &[QueryFilm<'_>], upcoming: &[QueryFilm<'_>], scratch: &mut Scratch) {
        if self.options.k == 0 {
            return;
        }
        let Place { number, shard, block } = place;
        if place.is_first() {
            shard.changes.into_iter().for_each(|changes| self.scan_changes(changes));
        }
        let Scratch { kernel, products, overlaps, candidates, .. } = scratch;
        let users = block.norms().len();
        products.add_up(*kernel, Summand::Product, films, upcoming, users);
        let overlap_matters = self.overlap_matters();
        if overlap_matters {
            overlaps.add_up(*kernel, Summand::Film, films, &[], users);
        }
        if !overlap_matters && self.bar.get() == 0.0 {
            // Who is skipped below may be among those who reach it.
            let skipped = usize::from(self.options.exclude_user.is_some()) + shard.changes.map_or(0, Changes::users);
            let wanted = self.options.k.saturating_add(skipped);
            self.bar.raise(products.reached_by(*kernel, wanted, block.lengths()).into());
        }
        let user_ids = &shard.index.ratings().user_ids()[block.first_row()..];
        let groups = block.lengths().shortest().len();
        let mut first = 0;
        while first < groups {
            let some = first..groups.min(first.saturating_add(self.between_bars));
            first = some.end;
            self.between_bars = self.between_bars.saturating_mul(2);
            products.reaching(*kernel, self.bar.get(), block.lengths(), some, candidates);
            // They are few and far apart.
            for &at in candidates.iter() {
                prefetch_at(block.norms(), at);
                prefetch_at(user_ids, at);
            }
            for &at in candidates.iter() {
                let dot = products.get(at);
                // The bar may have been raised since.
                if (dot as f32) < self.bar.get() * length(block.norms()[at]) {
                    continue;
                }
                let overlap = if overlap_matters { overlaps.get(at) } else { 0 };
                if overlap_matters && overlap < self.options.min_overlap {
                    continue;
                }
                let user = user_ids[at];
                if shard.changes.is_some_and(|changes| changes.has(user)) {
                    continue;
                }
                let place = (!overlap_matters).then_some((number, block.first_row() + at));
                self.offer(user, dot, overlap, block.norms()[at], place);
            }
        }
    }

    pub(super) fn offer(&mut self, user: UserId, dot: u32, overlap: u32, norm: u32, place: Option<(usize, usize)>) {
        if self.options.exclude_user == Some(user) {
            return;
        }
        let similarity = similarity(dot, overlap, self.norm, u64::from(norm), self.options.shrink);
        if self.best.offer(Candidate { neighbour: Neighbour { user, similarity, overlap, dot }, place }) {
            // The weighting by overlap only lowers a similarity, so a plain cosine below the bar's similarity is enough
            // to pass a user over.
            let last = self.best.bar().map_or(0.0, |last| last.neighbour.similarity);
            self.bar.raise(last * (self.norm as f64).sqrt());
        }
    }
}

/// The films of a profile, for asking of many whether they are among them.
enum FilmSet<'a> {
    /// A bit for every film id up to the last.
    Bits(Vec<u64>),
    /// Ascending ids, where these would be too many bits.
    List(&'a [MovieId]),
}

/// Half a megabyte of bits: datasets number their films far lower.
const MOST_BITS: MovieId = 1 << 22;

impl<'a> FilmSet<'a> {
    fn new(ascending: &'a [MovieId]) -> FilmSet<'a> {
        let last = ascending.last().copied().unwrap_or(0);
        if last >= MOST_BITS {
            return FilmSet::List(ascending);
        }
        let mut bits = vec![0; last as usize / 64 + 1];
        ascending.iter().for_each(|&film| bits[film as usize / 64] |= 1 << (film % 64));
        FilmSet::Bits(bits)
    }

    fn has(&self, film: MovieId) -> bool {
        match self {
            FilmSet::Bits(bits) => bits.get(film as usize / 64).is_some_and(|word| word >> (film % 64) & 1 == 1),
            FilmSet::List(films) => films.binary_search(&film).is_ok(),
        }
    }
}
