//! Many queries at once: instead of looking up who rated the films of each, every user's row is gone through once, and
//! each rating is added to the sums of all queries. Past some dozens of queries this takes less time.

use super::query::Query;
use super::{Scratch, ShardView};
use crate::index::{Instructions, Kernel, length};
use crate::rating::MovieId;
use crate::shard::{FilmNumbers, ShardRatings};

/// Queries that are taken together.
pub(super) const LANES: usize = 64;

/// With fewer queries than this each is answered by itself.
pub(super) const WORTH_IT: usize = 32;

/// The half-stars that all queries give a film, four bits each: what takes time is to fetch them, once a rating.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct FilmWeights([u8; LANES / 2]);

impl FilmWeights {
    const NOTHING: FilmWeights = FilmWeights([0; LANES / 2]);

    fn set(&mut self, lane: usize, half_stars: u8) {
        let (byte, shift) = place_of(lane);
        self.0[byte] = self.0[byte] & !(0xf << shift) | half_stars << shift;
    }
}

/// The byte of a query and where its bits begin: the first half of the queries have the low bits, and of each half the
/// first half have the even bytes. So bits masked out of words of two bytes are those of consecutive queries.
const fn place_of(lane: usize) -> (usize, usize) {
    (lane % QUARTER * 2 + lane / QUARTER % 2, lane / (2 * QUARTER) * 4)
}

const QUARTER: usize = LANES / 4;

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
    fn set(&mut self, queried: &[(MovieId, FilmWeights)], ratings: &ShardRatings) {
        self.queried.drain(..).for_each(|film| self.of_films[film] = FilmWeights::NOTHING);
        let mut numbers = ratings.numbers().iter().copied().peekable();
        let needed = numbers.len().max(NARROW);
        if self.of_films.len() < needed {
            self.of_films.resize(needed, FilmWeights::NOTHING);
        }
        for &(movie, weights) in queried {
            while numbers.next_if(|&(other, _)| other < movie).is_some() {}
            if let Some((_, number)) = numbers.next_if(|&(other, _)| other == movie) {
                self.of_films[number as usize] = weights;
                self.queried.push(number as usize);
            }
        }
    }

    /// By numbers of two bytes. `None` if nothing was set.
    fn narrow(&self) -> Option<&[FilmWeights; NARROW]> {
        self.of_films.first_chunk()
    }
}

/// Whether a query's dot products are all that is needed.
pub(super) fn can_take(query: &Query<'_>) -> bool {
    !query.overlap_matters() && query.options.k > 0
}

/// At most [`LANES`] queries that go over the shards together.
pub(super) struct Group<'g, 'b, 'q> {
    queries: &'g mut [&'b mut Query<'q>],
    /// The films of all queries, ascending.
    films: Vec<(MovieId, FilmWeights)>,
}

impl<'g, 'b, 'q> Group<'g, 'b, 'q> {
    pub(super) fn new(queries: &'g mut [&'b mut Query<'q>]) -> Group<'g, 'b, 'q> {
        let of_query = |(lane, query): (u8, &&'b mut Query<'q>)| {
            let profile = query.profile;
            profile.iter().map(move |(movie, half_stars)| (movie, lane, half_stars))
        };
        let mut ratings: Vec<(MovieId, u8, u8)> = (0..).zip(queries.iter()).flat_map(of_query).collect();
        ratings.sort_unstable_by_key(|&(movie, ..)| movie);
        let of_film = |ratings: &[(MovieId, u8, u8)]| {
            let mut weights = FilmWeights::NOTHING;
            ratings.iter().for_each(|&(_, lane, half_stars)| weights.set(lane.into(), half_stars));
            (ratings[0].0, weights)
        };
        let films = ratings.chunk_by(|(a, ..), (b, ..)| a == b).map(of_film).collect();
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
        *bar = query.bar.get();
    }
    for block in shard.index.blocks() {
        let offer = |at: usize, lane: usize, dot: u32, bars: &mut [f32; LANES]| {
            let row = block.first_row() + at;
            let user = ratings.user_ids()[row];
            if !shard.changes.is_some_and(|changes| changes.has(user)) {
                queries[lane].offer(user, dot, 0, block.norms()[at], Some((number, row)));
                bars[lane] = queries[lane].bar.get();
            }
        };
        scratch.kernel.sweep(ratings, block.first_row(), block.norms(), weights, &mut bars, offer);
    }
    if let Some(changes) = shard.changes {
        queries.iter_mut().for_each(|query| query.scan_changes(changes));
    }
}

/// Called with a user's place in the block, a query, and their dot product; may raise the bars.
trait Offer: FnMut(usize, usize, u32, &mut [f32; LANES]) {}
impl<F: FnMut(usize, usize, u32, &mut [f32; LANES])> Offer for F {}

impl Kernel {
    /// Offers, for each user from `first_row` on that there is a norm of, the queries whose dot product is above zero
    /// and at least their bar times the user's length.
    fn sweep(
        self,
        ratings: &ShardRatings,
        first_row: usize,
        norms: &[u32],
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        match self.instructions() {
            Instructions::Portable => sweep(ratings, first_row, norms, weights, bars, Portable, offer),
            // SAFETY: such a kernel is made only where the machine has been found to have the instructions.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { x86::sweep_avx2(ratings, first_row, norms, weights, bars, offer) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { x86::sweep_avx512(ratings, first_row, norms, weights, bars, offer) },
        }
    }
}

/// The users of so many rows ahead are asked for: only now and then one is looked at, and is in no cache then.
const AHEAD: usize = 64;

#[inline(always)]
fn sweep<A: AddUp>(
    ratings: &ShardRatings,
    first_row: usize,
    norms: &[u32],
    weights: &Weights,
    bars: &mut [f32; LANES],
    adder: A,
    mut offer: impl Offer,
) {
    let Some(narrow) = weights.narrow() else { return };
    for (at, &norm) in norms.iter().enumerate() {
        let (films, half_stars, count) = ratings.row_and_after(first_row + at);
        let sums = match films {
            FilmNumbers::Narrow(films) => adder.add_up(films, half_stars, count, |film| &narrow[usize::from(film)]),
            FilmNumbers::Wide(films) => adder.add_up(films, half_stars, count, |film| &weights.of_films[film as usize]),
        };
        ratings.prefetch_user(first_row + at + AHEAD);
        let mut reaching = adder.reaching(&sums, bars, length(norm));
        while reaching != 0 {
            let lane = reaching.trailing_zeros() as usize;
            reaching &= reaching - 1;
            offer(at, lane, sums[lane], bars);
        }
    }
}

/// Adds up, over the `count` films of a row, the products of the row's half-stars and each query's.
trait AddUp: Copy {
    /// `films` and `half_stars` begin with the row's and may go on with what comes after it. `weights` gives a film's.
    fn add_up<'w, Film: Copy>(
        self,
        films: &[Film],
        half_stars: &[u8],
        count: usize,
        weights: impl Fn(Film) -> &'w FilmWeights,
    ) -> [u32; LANES];

    /// A bit for each sum that is above zero and at least its bar times the user's length. A sum below 16 million is
    /// exact in single precision, and a larger one rounded far finer than the bar's margin.
    #[inline(always)]
    fn reaching(self, sums: &[u32; LANES], bars: &[f32; LANES], length: f32) -> u64 {
        let reaches = |lane: usize| sums[lane] as f32 >= (bars[lane] * length).max(1.0);
        // Mostly there is none, and this is quicker to find out.
        if !(0..LANES).fold(false, |any, lane| any | reaches(lane)) {
            return 0;
        }
        (0..LANES).fold(0, |bits, lane| bits | u64::from(reaches(lane)) << lane)
    }
}

/// Calls `add` with each `N` of the first `count` films and their half-stars. The last group is filled up with films
/// that come after them, if there are so many, and no half-stars.
#[inline(always)]
fn by_groups<Film: Copy, const N: usize>(
    films: &[Film],
    half_stars: &[u8],
    count: usize,
    mut add: impl FnMut([Film; N], [u8; N]),
) {
    let (whole, rest) = (count / N, count % N);
    let (film_groups, last_films) = films.as_chunks::<N>();
    let (half_star_groups, last_half_stars) = half_stars.as_chunks::<N>();
    for (&films, &half_stars) in film_groups.iter().zip(half_star_groups).take(whole) {
        add(films, half_stars);
    }
    if rest > 0 {
        let (mut films, mut half_stars) = ([films[count - 1]; N], [0; N]);
        match (film_groups.get(whole), half_star_groups.get(whole)) {
            (Some(group), Some(group_half_stars)) => (films, half_stars) = (*group, *group_half_stars),
            _ => {
                films[..rest].copy_from_slice(&last_films[..rest]);
                half_stars[..rest].copy_from_slice(&last_half_stars[..rest]);
            }
        }
        add(films, std::array::from_fn(|at| if at < rest { half_stars[at] } else { 0 }));
    }
}

#[derive(Clone, Copy)]
struct Portable;

impl AddUp for Portable {
    /// A product of half-stars fits a byte, and so does the sum of two: two ratings of two queries are added up in one
    /// word before its bytes are parted.
    #[inline(always)]
    fn add_up<'w, Film: Copy>(
        self,
        films: &[Film],
        half_stars: &[u8],
        count: usize,
        weights: impl Fn(Film) -> &'w FilmWeights,
    ) -> [u32; LANES] {
        /// So many products of at most 100 fit a sum of two bytes.
        const FIT: usize = 512;
        let mut totals = [0; LANES];
        for (films, half_stars) in films[..count].chunks(FIT).zip(half_stars[..count].chunks(FIT)) {
            let mut sums = [0u16; LANES];
            by_groups(films, half_stars, films.len(), |films: [Film; 2], by| {
                let [first, second] = films.map(|film| weights(film).0.as_chunks::<2>().0);
                let [by, second_by] = by.map(u16::from);
                let (quarters, _) = sums.as_chunks_mut::<QUARTER>();
                for (half, quarters) in quarters.chunks_exact_mut(2).enumerate() {
                    for lane in 0..QUARTER {
                        let of_both = |words: &[[u8; 2]]| u16::from_le_bytes(words[lane]) >> (4 * half) & 0x0f0f;
                        let sum = of_both(first).wrapping_mul(by).wrapping_add(of_both(second).wrapping_mul(second_by));
                        quarters[0][lane] = quarters[0][lane].wrapping_add(sum & 0xff);
                        quarters[1][lane] = quarters[1][lane].wrapping_add(sum >> 8);
                    }
                }
            });
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += u32::from(sum));
        }
        totals
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The same for instruction sets that not every x86-64 has.

    use std::arch::x86_64::*;

    use super::{AddUp, FilmWeights, LANES, Offer, Portable, ShardRatings, Weights, by_groups, place_of};

    #[target_feature(enable = "avx2")]
    pub(super) fn sweep_avx2(
        ratings: &ShardRatings,
        first_row: usize,
        norms: &[u32],
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        super::sweep(ratings, first_row, norms, weights, bars, Portable, offer);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    pub(super) fn sweep_avx512(
        ratings: &ShardRatings,
        first_row: usize,
        norms: &[u32],
        weights: &Weights,
        bars: &mut [f32; LANES],
        offer: impl Offer,
    ) {
        super::sweep(ratings, first_row, norms, weights, bars, Avx512::detected(), offer);
    }

    /// The machine has AVX-512 F, BW, VBMI and VNNI: only who is compiled for them, or vouches for them, gets one.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(());

    impl Avx512 {
        #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
        pub(super) fn detected() -> Avx512 {
            Avx512(())
        }
    }

    /// Of two registers with two films each, the place of the byte that each byte of a permutation takes: those of the
    /// four films for the first query (and the one that shares its byte), then for the next. One half of the bytes of a
    /// film at a time.
    const SIDE_BY_SIDE: [[u8; 64]; 2] = {
        let mut halves = [[0; 64]; 2];
        let mut at = 0;
        while at < 128 {
            let (byte, _) = place_of(at / 4);
            let film = at % 4;
            halves[at / 64][at % 64] = (film * 32 + byte) as u8;
            at += 1;
        }
        halves
    };

    impl AddUp for Avx512 {
        #[inline(always)]
        fn add_up<'w, Film: Copy>(
            self,
            films: &[Film],
            half_stars: &[u8],
            count: usize,
            weights: impl Fn(Film) -> &'w FilmWeights,
        ) -> [u32; LANES] {
            /// So many products of at most 100, and as many times 16, fit a sum of four bytes.
            const FIT: usize = 1 << 21;
            if count > FIT {
                return Portable.add_up(films, half_stars, count, weights);
            }
            // SAFETY: where there is an `Avx512` there are the instructions.
            unsafe { add_up_avx512(films, half_stars, count, weights) }
        }

        #[inline(always)]
        fn reaching(self, sums: &[u32; LANES], bars: &[f32; LANES], length: f32) -> u64 {
            // SAFETY: as above.
            unsafe { reaching_avx512(sums, bars, length) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn reaching_avx512(sums: &[u32; LANES], bars: &[f32; LANES], length: f32) -> u64 {
        const _: () = assert!(LANES == 64);
        let (length, one) = (_mm512_set1_ps(length), _mm512_set1_ps(1.0));
        (0..LANES).step_by(16).fold(0, |reaching, lane| {
            // SAFETY: 64 bytes are read of the middle of arrays.
            let (sums, bars) =
                unsafe { (_mm512_loadu_si512(sums[lane..].as_ptr().cast()), _mm512_loadu_ps(bars[lane..].as_ptr())) };
            let least = _mm512_max_ps(_mm512_mul_ps(bars, length), one);
            let bits = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_cvtepu32_ps(sums), least);
            reaching | u64::from(bits) << lane
        })
    }

    /// Puts the bytes of four films side by side, which one instruction multiplies and adds up. A byte is that of two
    /// queries, the second's times 16; that is added up by itself too, and taken off at the end.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn add_up_avx512<'w, Film: Copy>(
        films: &[Film],
        half_stars: &[u8],
        count: usize,
        weights: impl Fn(Film) -> &'w FilmWeights,
    ) -> [u32; LANES] {
        // SAFETY: 64 bytes are read of arrays that long.
        let halves = SIDE_BY_SIDE.map(|bytes| unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) });
        let high_bits = _mm512_set1_epi8(0xf0_u8 as i8);
        let mut both = [_mm512_setzero_si512(); 2];
        let mut seconds = [_mm512_setzero_si512(); 2];
        by_groups(films, half_stars, count, |films: [Film; 4], by| {
            // SAFETY: 32 bytes are read of arrays that long.
            let load = |film| unsafe { _mm256_loadu_si256(weights(film).0.as_ptr().cast()) };
            let [a, b, c, d] = films.map(load);
            let ab = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(a), b);
            let cd = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(c), d);
            let by = _mm512_set1_epi32(i32::from_le_bytes(by));
            for half in 0..2 {
                let films = _mm512_permutex2var_epi8(ab, halves[half], cd);
                both[half] = _mm512_dpbusd_epi32(both[half], films, by);
                let second = _mm512_and_si512(films, high_bits);
                seconds[half] = _mm512_dpbusd_epi32(seconds[half], second, by);
            }
        });
        let firsts = [0, 1].map(|half| _mm512_sub_epi32(both[half], seconds[half]));
        let seconds = seconds.map(|sums| _mm512_srli_epi32::<4>(sums));
        let mut sums = [0; LANES];
        let (quarters, _) = sums.as_chunks_mut::<16>();
        for (quarter, lanes) in quarters.iter_mut().zip(firsts.into_iter().chain(seconds)) {
            // SAFETY: 64 bytes are written to an array that long.
            unsafe { _mm512_storeu_si512(quarter.as_mut_ptr().cast(), lanes) };
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_are_added_up_and_nothing_that_comes_after_them() {
        let weights = FilmWeights([0xaa; LANES / 2]);
        let long = [(1 << 21, 0), (2_700_000, 2)];
        for (count, after) in (0..70).flat_map(|count| [0, 1, 2, 3, 9].map(|after| (count, after))).chain(long) {
            let films = vec![0_u16; count + after];
            let half_stars = vec![10; count + after];
            for kernel in Kernel::available() {
                let sums = match kernel.instructions() {
                    #[cfg(target_arch = "x86_64")]
                    Instructions::Avx512 => {
                        // SAFETY: such a kernel is made only where the machine has been found to have the instructions.
                        unsafe { x86::Avx512::detected() }.add_up(&films, &half_stars, count, |_| &weights)
                    }
                    _ => Portable.add_up(&films, &half_stars, count, |_| &weights),
                };
                assert_eq!(sums, [100 * count as u32; LANES], "{count} and {after} with {kernel:?}");
            }
        }
    }
}
