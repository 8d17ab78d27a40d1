//! Many queries at once: instead of looking up who rated the films of each, every user's row is gone through once, and each
//! rating is added to the sums of all queries, which are a byte apart. Past some dozens of queries this takes less time.

use super::query::Query;
use super::{Scratch, ShardView};
use crate::index::Kernel;
use crate::rating::MovieId;
use crate::shard::{FilmNumbers, ShardRatings};

/// Queries that are taken together.
pub(super) const LANES: usize = 64;

/// With fewer queries than this each is answered by itself.
pub(super) const WORTH_IT: usize = 32;

/// For each film of a shard the half-stars of all queries: the low byte of word `w` is query `w`, the high one `32 + w`.
pub(super) type Weights = Vec<[u16; LANES / 2]>;

/// Whether the sums of a query fit two bytes, and are all that is needed.
pub(super) fn can_take(query: &Query<'_>) -> bool {
    let half_stars: u32 = query.profile.half_stars().iter().map(|&half_stars| u32::from(half_stars)).sum();
    half_stars <= u32::from(u16::MAX) / 10 && !query.overlap_matters() && query.options.k > 0
}

/// At most [`LANES`] queries that go over the shards together.
pub(super) struct Group<'g, 'b, 'q> {
    queries: &'g mut [&'b mut Query<'q>],
    /// The films of all queries, ascending: film, query, half-stars.
    films: Vec<(MovieId, usize, u8)>,
}

impl<'g, 'b, 'q> Group<'g, 'b, 'q> {
    pub(super) fn new(queries: &'g mut [&'b mut Query<'q>]) -> Group<'g, 'b, 'q> {
        let of_query = |(lane, query): (usize, &&'b mut Query<'q>)| {
            let profile = query.profile;
            profile.iter().map(move |(movie, half_stars)| (movie, lane, half_stars))
        };
        let mut films: Vec<_> = queries.iter().enumerate().flat_map(of_query).collect();
        films.sort_unstable();
        Group { queries, films }
    }
}

/// Takes a group of queries through a shard.
pub(super) fn shard(group: &mut Group<'_, '_, '_>, number: usize, shard: ShardView<'_>, scratch: &mut Scratch) {
    let ratings = shard.index.ratings();
    weigh(&group.films, ratings, &mut scratch.weights);
    let queries = &mut group.queries;
    let mut bars = [f32::INFINITY; LANES];
    for (bar, query) in bars.iter_mut().zip(queries.iter()) {
        *bar = query.bar;
    }
    for block in shard.index.blocks() {
        let offer = |at: usize, lane: usize, dot: u16, bars: &mut [f32; LANES]| {
            let row = block.first_row() + at;
            let user = ratings.user_ids()[row];
            if !shard.changes.is_some_and(|changes| changes.has(user)) {
                queries[lane].offer(user, u32::from(dot), 0, block.norms()[at], Some((number, row)));
                bars[lane] = queries[lane].bar;
            }
        };
        let lengths = &block.lengths()[..block.norms().len()];
        scratch.kernel.sweep(ratings, block.first_row(), lengths, &scratch.weights, &mut bars, offer);
    }
    if let Some(changes) = shard.changes {
        queries.iter_mut().for_each(|query| query.scan_changes(changes));
    }
}

/// Writes the weights of the shard's films.
fn weigh(queried: &[(MovieId, usize, u8)], ratings: &ShardRatings, weights: &mut Weights) {
    let films = ratings.films();
    weights.clear();
    weights.resize(films.len(), [0; LANES / 2]);
    let mut at = 0;
    for &(movie, lane, half_stars) in queried {
        while films.get(at).is_some_and(|&film| film < movie) {
            at += 1;
        }
        if films.get(at) == Some(&movie) {
            weights[at][lane % (LANES / 2)] |= u16::from(half_stars) << (lane / (LANES / 2) * 8);
        }
    }
}

/// Called with a user's place in the block, a query, and their dot product; may raise the bars.
trait Offer: FnMut(usize, usize, u16, &mut [f32; LANES]) {}
impl<F: FnMut(usize, usize, u16, &mut [f32; LANES])> Offer for F {}

impl Kernel {
    /// Offers, for each user from `first_row` on that there is a length of, the queries whose dot product is above zero and
    /// at least their bar times the user's length.
    fn sweep(
        self,
        ratings: &ShardRatings,
        first_row: usize,
        lengths: &[f32],
        weights: &[[u16; LANES / 2]],
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2")]
            fn avx2(
                ratings: &ShardRatings,
                first_row: usize,
                lengths: &[f32],
                weights: &[[u16; LANES / 2]],
                bars: &mut [f32; LANES],
                offer: impl Offer,
            ) {
                sweep(ratings, first_row, lengths, weights, bars, offer);
            }
            #[target_feature(enable = "avx512f,avx512bw")]
            fn avx512(
                ratings: &ShardRatings,
                first_row: usize,
                lengths: &[f32],
                weights: &[[u16; LANES / 2]],
                bars: &mut [f32; LANES],
                offer: impl Offer,
            ) {
                sweep(ratings, first_row, lengths, weights, bars, offer);
            }
            match self {
                Kernel::Portable => {}
                // SAFETY: such a kernel is made only where the machine has been found to have the instructions.
                Kernel::Avx2 => return unsafe { avx2(ratings, first_row, lengths, weights, bars, offer) },
                // SAFETY: as above.
                Kernel::Avx512 => return unsafe { avx512(ratings, first_row, lengths, weights, bars, offer) },
            }
        }
        sweep(ratings, first_row, lengths, weights, bars, offer);
    }
}

#[inline(always)]
fn sweep(
    ratings: &ShardRatings,
    first_row: usize,
    lengths: &[f32],
    weights: &[[u16; LANES / 2]],
    bars: &mut [f32; LANES],
    mut offer: impl Offer,
) {
    for (at, &length) in lengths.iter().enumerate() {
        let half_stars = ratings.half_stars_of(first_row + at);
        let (low, high) = match ratings.film_numbers_of(first_row + at) {
            FilmNumbers::Narrow(films) => add_up(films, half_stars, weights),
            FilmNumbers::Wide(films) => add_up(films, half_stars, weights),
        };
        let reaches = |dot: u16, bar: f32| f32::from(dot) >= (bar * length).max(1.0);
        let (low_bars, high_bars) = bars.split_at(LANES / 2);
        let any = (0..LANES / 2)
            .fold(false, |any, lane| any | reaches(low[lane], low_bars[lane]) | reaches(high[lane], high_bars[lane]));
        if any {
            for (lane, &dot) in low.iter().chain(&high).enumerate() {
                if reaches(dot, bars[lane]) {
                    offer(at, lane, dot, bars);
                }
            }
        }
    }
}

/// The sums of the first and of the second half of the queries, over the films of a row. A product of half-stars fits a
/// byte, and so does the sum of two: two ratings of two queries are added up in one word before its bytes are parted.
#[inline(always)]
fn add_up<Film: Copy + Into<u32>>(
    films: &[Film],
    half_stars: &[u8],
    weights: &[[u16; LANES / 2]],
) -> ([u16; LANES / 2], [u16; LANES / 2]) {
    let (mut low, mut high) = ([0u16; LANES / 2], [0u16; LANES / 2]);
    let mut add = |first: &[u16; LANES / 2], by: u8, second: &[u16; LANES / 2], second_by: u8| {
        for lane in 0..LANES / 2 {
            let product = first[lane].wrapping_mul(u16::from(by));
            let both = product.wrapping_add(second[lane].wrapping_mul(u16::from(second_by)));
            low[lane] = low[lane].wrapping_add(both & 0xff);
            high[lane] = high[lane].wrapping_add(both >> 8);
        }
    };
    let weight = |film: Film| &weights[film.into() as usize];
    let (pairs, last) = films.as_chunks::<2>();
    let (half_star_pairs, last_half_stars) = half_stars.as_chunks::<2>();
    for (&[first, second], &[by, second_by]) in pairs.iter().zip(half_star_pairs) {
        add(weight(first), by, weight(second), second_by);
    }
    if let (&[film], &[by]) = (last, last_half_stars) {
        add(weight(film), by, weight(film), 0);
    }
    (low, high)
}
