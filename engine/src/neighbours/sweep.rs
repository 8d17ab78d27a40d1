//! Many queries at once: instead of looking up who rated the films of each, every user's row is gone through once, and each
//! rating is added to the sums of all queries, which are a byte apart. Past some dozens of queries this takes less time.

use super::query::Query;
use super::{Scratch, ShardView};
use crate::index::{Instructions, Kernel};
use crate::rating::MovieId;
use crate::shard::{FilmNumbers, ShardRatings};

/// Queries that are taken together.
pub(super) const LANES: usize = 64;

/// With fewer queries than this each is answered by itself.
pub(super) const WORTH_IT: usize = 32;

/// The half-stars that all queries give a film, each in a byte of its own: see [`byte_of`]. One line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct FilmWeights([u8; LANES]);

/// Numbers of films that fit two bytes.
const NARROW: usize = 1 << 16;

/// The weights of each film of a shard, by the film's number.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// At least [`NARROW`] once it is used, so that a number of two bytes needs no check.
    of_films: Vec<FilmWeights>,
    /// Films whose weights are not all zero.
    queried: Vec<usize>,
}

impl Weights {
    /// Takes the weights of a group's films in a shard.
    fn set(&mut self, queried: &[(MovieId, usize, u8)], ratings: &ShardRatings) {
        const NOTHING: FilmWeights = FilmWeights([0; LANES]);
        self.queried.drain(..).for_each(|film| self.of_films[film] = NOTHING);
        let films = ratings.films();
        let needed = films.len().max(NARROW);
        if self.of_films.len() < needed {
            self.of_films.resize(needed, NOTHING);
        }
        let mut film = 0;
        for &(movie, lane, half_stars) in queried {
            while films.get(film).is_some_and(|&other| other < movie) {
                film += 1;
            }
            if films.get(film) == Some(&movie) {
                self.of_films[film].0[byte_of(lane)] = half_stars;
                self.queried.push(film);
            }
        }
    }

    /// The dot product of a row and a query, however large.
    fn dot(&self, ratings: &ShardRatings, row: usize, lane: usize) -> u32 {
        let weights = ratings.films_of(row).map(|film| u32::from(self.of_films[film].0[byte_of(lane)]));
        weights.zip(ratings.half_stars_of(row)).map(|(weight, &half_stars)| weight * u32::from(half_stars)).sum()
    }

    /// By numbers of two bytes. Empty if nothing was set.
    fn narrow(&self) -> Option<&[FilmWeights; NARROW]> {
        self.of_films.first_chunk()
    }
}

/// The byte of a query: the first half of the queries have the even ones, so that as low bytes of words they are in order.
fn byte_of(lane: usize) -> usize {
    lane % (LANES / 2) * 2 + lane / (LANES / 2)
}

/// Whether a query's dot products are all that is needed.
pub(super) fn can_take(query: &Query<'_>) -> bool {
    !query.overlap_matters() && query.options.k > 0
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
    scratch.weights.set(&group.films, ratings);
    let weights = &scratch.weights;
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
                let dot = if dot == u16::MAX { weights.dot(ratings, row, lane) } else { u32::from(dot) };
                queries[lane].offer(user, dot, 0, block.norms()[at], Some((number, row)));
                bars[lane] = queries[lane].bar;
            }
        };
        let lengths = &block.lengths()[..block.norms().len()];
        scratch.kernel.sweep(ratings, block.first_row(), lengths, weights, &mut bars, offer);
    }
    if let Some(changes) = shard.changes {
        queries.iter_mut().for_each(|query| query.scan_changes(changes));
    }
}

/// Called with a user's place in the block, a query, and their dot product, which may be more if it is the largest there is;
/// may raise the bars.
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
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        match self.instructions() {
            Instructions::Portable => sweep(ratings, first_row, lengths, weights, bars, Portable, offer),
            // SAFETY: such a kernel is made only where the machine has been found to have the instructions.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { x86::sweep_avx2(ratings, first_row, lengths, weights, bars, offer) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { x86::sweep_avx512(ratings, first_row, lengths, weights, bars, offer) },
        }
    }
}

#[inline(always)]
fn sweep<A: AddUp>(
    ratings: &ShardRatings,
    first_row: usize,
    lengths: &[f32],
    weights: &Weights,
    bars: &mut [f32; LANES],
    adder: A,
    mut offer: impl Offer,
) {
    let Some(narrow) = weights.narrow() else { return };
    let mut bars_by_slot: [f32; LANES] = std::array::from_fn(|slot| bars[A::lane(slot)]);
    for (at, &length) in lengths.iter().enumerate() {
        let half_stars = ratings.half_stars_of(first_row + at);
        let sums = match ratings.film_numbers_of(first_row + at) {
            FilmNumbers::Narrow(films) => adder.add_up(films, half_stars, |film| &narrow[usize::from(film)].0),
            FilmNumbers::Wide(films) => adder.add_up(films, half_stars, |film| &weights.of_films[film as usize].0),
        };
        let reaches = |dot: u16, bar: f32| f32::from(dot) >= (bar * length).clamp(1.0, f32::from(u16::MAX));
        let any = (0..LANES).fold(false, |any, slot| any | reaches(sums[slot], bars_by_slot[slot]));
        if any {
            for (slot, &dot) in sums.iter().enumerate() {
                if reaches(dot, bars_by_slot[slot]) {
                    offer(at, A::lane(slot), dot, bars);
                    bars_by_slot[slot] = bars[A::lane(slot)];
                }
            }
        }
    }
}

/// Adds up, over the films of a row, the products of the row's half-stars and each query's, up to the largest sum there is.
trait AddUp: Copy {
    /// The query whose sum is in a slot.
    fn lane(slot: usize) -> usize;

    /// `weights` gives a film's.
    fn add_up<'w, Film: Copy>(
        self,
        films: &[Film],
        half_stars: &[u8],
        weights: impl Fn(Film) -> &'w [u8; LANES],
    ) -> [u16; LANES];
}

/// Calls `add` with each two films of a row and their half-stars; with the last twice, and without a say the second time,
/// if they are odd.
#[inline(always)]
fn by_pairs<Film: Copy>(films: &[Film], half_stars: &[u8], mut add: impl FnMut([Film; 2], [u8; 2])) {
    let (pairs, last) = films.as_chunks::<2>();
    let (pairs_half_stars, last_half_stars) = half_stars.as_chunks::<2>();
    for (&pair, &half_stars) in pairs.iter().zip(pairs_half_stars) {
        add(pair, half_stars);
    }
    for (&film, &half_stars) in last.iter().zip(last_half_stars) {
        add([film; 2], [half_stars, 0]);
    }
}

#[derive(Clone, Copy)]
struct Portable;

impl AddUp for Portable {
    fn lane(slot: usize) -> usize {
        slot
    }

    /// A product of half-stars fits a byte, and so does the sum of two: two ratings of two queries are added up in one
    /// word before its bytes are parted.
    #[inline(always)]
    fn add_up<'w, Film: Copy>(
        self,
        films: &[Film],
        half_stars: &[u8],
        weights: impl Fn(Film) -> &'w [u8; LANES],
    ) -> [u16; LANES] {
        let mut sums = [0u16; LANES];
        let (low, high) = sums.split_at_mut(LANES / 2);
        by_pairs(films, half_stars, |films, by| {
            let [first, second] = films.map(&weights);
            let [by, second_by] = by.map(u16::from);
            let (first, second) = (first.as_chunks::<2>().0, second.as_chunks::<2>().0);
            for lane in 0..LANES / 2 {
                let product = u16::from_le_bytes(first[lane]).wrapping_mul(by);
                let both = product.wrapping_add(u16::from_le_bytes(second[lane]).wrapping_mul(second_by));
                low[lane] = low[lane].saturating_add(both & 0xff);
                high[lane] = high[lane].saturating_add(both >> 8);
            }
        });
        sums
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The same for instruction sets that not every x86-64 has.

    use std::arch::x86_64::*;

    use super::{AddUp, LANES, Offer, Portable, ShardRatings, Weights, by_pairs};

    #[target_feature(enable = "avx2")]
    pub(super) fn sweep_avx2(
        ratings: &ShardRatings,
        first_row: usize,
        lengths: &[f32],
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        super::sweep(ratings, first_row, lengths, weights, bars, Portable, offer);
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn sweep_avx512(
        ratings: &ShardRatings,
        first_row: usize,
        lengths: &[f32],
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        super::sweep(ratings, first_row, lengths, weights, bars, Avx512, offer);
    }

    /// To be used only where the machine has AVX-512 F and BW.
    #[derive(Clone, Copy)]
    struct Avx512;

    impl AddUp for Avx512 {
        /// Unpacking takes 8 of every 16 bytes, of which the even ones are of the first half of the queries.
        fn lane(slot: usize) -> usize {
            let (half, slot) = (slot / 32, slot % 32);
            let byte = slot / 8 * 16 + half * 8 + slot % 8;
            byte / 2 + byte % 2 * (LANES / 2)
        }

        /// Puts the bytes of two films side by side, which one instruction multiplies and adds.
        #[inline(always)]
        fn add_up<'w, Film: Copy>(
            self,
            films: &[Film],
            half_stars: &[u8],
            weights: impl Fn(Film) -> &'w [u8; LANES],
        ) -> [u16; LANES] {
            let mut sums = [0; LANES];
            // SAFETY: where there is an `Avx512` there are the instructions; 64 bytes are read of arrays that long, and
            // 128 written to one that long.
            unsafe {
                let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
                by_pairs(films, half_stars, |films, by| {
                    let [first, second] = films.map(&weights);
                    let by = _mm512_set1_epi16(i16::from_le_bytes(by));
                    let first = _mm512_loadu_si512(first.as_ptr().cast());
                    let second = _mm512_loadu_si512(second.as_ptr().cast());
                    let products = |pairs| _mm512_maddubs_epi16(pairs, by);
                    low = _mm512_adds_epu16(low, products(_mm512_unpacklo_epi8(first, second)));
                    high = _mm512_adds_epu16(high, products(_mm512_unpackhi_epi8(first, second)));
                });
                _mm512_storeu_si512(sums.as_mut_ptr().cast(), low);
                _mm512_storeu_si512(sums[LANES / 2..].as_mut_ptr().cast(), high);
            }
            sums
        }
    }
}
