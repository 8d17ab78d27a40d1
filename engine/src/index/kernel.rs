//! The inner loops of a neighbour query: for each user of a block the sum, over the films of a profile, of weight times
//! half-stars. All integers, so every kernel gives the same.
//!
//! Longer than other files because each loop stands beside its forms for each instruction set, which must give the same.
//! There is one source of each loop. It is compiled for several instruction sets, and the best that the machine has is
//! chosen when a query is made.

use std::fmt;
use std::ops::Range;

use super::block::{CHUNK_USERS, CHUNK_WORDS, GROUP_USERS, Lengths, MAX_USERS, Postings, split_run};
use crate::prefetch::{prefetch, prefetch_at};

/// The instruction set that the inner loops use: one that this machine has, as there is no other way to come by one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Instructions);

/// What instruction sets the loops are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instructions {
    /// What every machine of the architecture has.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2, and AVX-512 F, BW, VBMI and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// All that this machine can run, the slowest first.
    pub fn available() -> Vec<Kernel> {
        #[allow(unused_mut, reason = "on other architectures there is one")]
        let mut kernels = vec![Kernel(Instructions::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                kernels.push(Kernel(Instructions::Avx2));
            }
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vnni");
            if avx512 && is_x86_feature_detected!("avx2") {
                kernels.push(Kernel(Instructions::Avx512));
            }
        }
        kernels
    }

    /// The fastest that this machine can run.
    pub fn best() -> Kernel {
        Kernel::available().pop().unwrap_or(Kernel(Instructions::Portable))
    }

    /// What this machine has been found to have.
    pub(crate) fn instructions(self) -> Instructions {
        self.0
    }
}

/// The name of the instruction set.
impl fmt::Debug for Kernel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What is added up for each user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Summand {
    /// The product of both ratings in half-stars.
    Product,
    /// One for each film that both rated.
    Film,
}

/// A film of the query: its ratings by users of the block, and the viewer's half-stars.
pub(crate) type QueryFilm<'a> = (Postings<'a>, u8);

/// So many half-stars of the viewer, each times at most ten, fit a sum of two bytes.
const NARROW_HALF_STARS: u32 = u16::MAX as u32 / 10;

/// A sum for each user of a block.
#[derive(Debug)]
pub(crate) struct Sums {
    /// As many as a row number can tell apart, so that no row needs to be checked.
    narrow: Box<[u16; 1 << 16]>,
    /// Empty unless the profile is so long that sums may not fit two bytes.
    wide: Vec<u32>,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums { narrow: Box::new([0; 1 << 16]), wide: Vec::new() }
    }
}

impl Sums {
    /// Adds up anew, for a block of `users`. Meanwhile asks for `upcoming`, the films of what comes next; it may be
    /// empty. Of both those with runs come first.
    pub(crate) fn add_up(
        &mut self,
        kernel: Kernel,
        summand: Summand,
        films: &[QueryFilm<'_>],
        upcoming: &[QueryFilm<'_>],
        users: usize,
    ) {
        let padded = users.next_multiple_of(CHUNK_USERS);
        self.wide.clear();
        let (mut rest, mut upcoming) = (films, upcoming);
        loop {
            let (segment, others) = rest.split_at(fitting(rest));
            let (ahead, others_ahead) = upcoming.split_at(segment.len().min(upcoming.len()));
            (rest, upcoming) = (others, others_ahead);
            self.narrow[..padded].fill(0);
            kernel.add(summand, segment, ahead, &mut self.narrow);
            if rest.is_empty() && self.wide.is_empty() {
                return;
            }
            self.wide.resize(padded, 0);
            for (wide, &narrow) in self.wide.iter_mut().zip(&self.narrow[..padded]) {
                *wide += u32::from(narrow);
            }
            if rest.is_empty() {
                return;
            }
        }
    }

    /// The sum of a user.
    #[inline]
    pub(crate) fn get(&self, user: usize) -> u32 {
        match self.wide.is_empty() {
            true => u32::from(self.narrow[user]),
            false => self.wide[user],
        }
    }

    /// A bar that at least so many of all users reach, near the highest such; 0 if none is known.
    pub(crate) fn reached_by(&self, kernel: Kernel, users: usize, lengths: &Lengths) -> f32 {
        let mut bars = [0.0; MOST_PARTS];
        let longest = lengths.longest();
        let parts = match self.wide.is_empty() {
            true => kernel.bars_of_parts(&self.narrow[..], longest, &mut bars),
            false => bars_of_parts(&self.wide, longest, &mut bars),
        };
        if users == 0 || users > parts {
            return 0.0;
        }
        let (_, &mut bar, _) = bars[..parts].select_nth_unstable_by(users - 1, |a, b| b.total_cmp(a));
        bar
    }

    /// Gathers in ascending order the users of some groups whose sum is above zero and may be at least `bar` times
    /// their length.
    pub(crate) fn reaching(
        &self,
        kernel: Kernel,
        bar: f32,
        lengths: &Lengths,
        groups: Range<usize>,
        reached: &mut Vec<usize>,
    ) {
        reached.clear();
        let shortest = &lengths.shortest()[groups.clone()];
        let users = groups.start * GROUP_USERS..groups.end * GROUP_USERS;
        let first = users.start;
        match self.wide.is_empty() {
            true => kernel.reaching(&self.narrow[users], bar, shortest, first, reached),
            false => reaching(&self.wide[users], bar, shortest, first, reached),
        }
    }
}

/// How many films from the first on have sums that fit two bytes; at least one if there is any.
fn fitting(films: &[QueryFilm<'_>]) -> usize {
    let mut half_stars = 0;
    let fit = films.iter().take_while(|(_, weight)| {
        half_stars += u32::from(*weight);
        half_stars <= NARROW_HALF_STARS
    });
    fit.count()
}

impl Kernel {
    fn add(self, summand: Summand, films: &[QueryFilm<'_>], ahead: &[QueryFilm<'_>], sums: &mut [u16; 1 << 16]) {
        match self.0 {
            Instructions::Portable => add(summand, films, ahead, sums),
            // SAFETY: such a kernel is made only where the machine has been found to have the instructions.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { x86::add_avx2(summand, films, ahead, sums) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { x86::add_avx512(summand, films, ahead, sums) },
        }
    }

    fn bars_of_parts(self, sums: &[u16], longest: &[f32], bars: &mut [f32; MOST_PARTS]) -> usize {
        match self.0 {
            Instructions::Portable => bars_of_parts(sums, longest, bars),
            // SAFETY: such a kernel is made only where the machine has been found to have AVX2.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 | Instructions::Avx512 => unsafe { x86::bars_of_parts_avx2(sums, longest, bars) },
        }
    }

    fn reaching(self, sums: &[u16], bar: f32, shortest: &[f32], first: usize, reached: &mut Vec<usize>) {
        match self.0 {
            Instructions::Portable => reaching(sums, bar, shortest, first, reached),
            // SAFETY: such a kernel is made only where the machine has been found to have AVX2.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 | Instructions::Avx512 => unsafe {
                x86::reaching_avx2(sums, bar, shortest, first, reached)
            },
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! The same loops, compiled for instruction sets that not every x86-64 has.

    use super::{QueryFilm, Summand};

    #[target_feature(enable = "avx2")]
    pub(super) fn add_avx2(
        summand: Summand,
        films: &[QueryFilm<'_>],
        ahead: &[QueryFilm<'_>],
        sums: &mut [u16; 1 << 16],
    ) {
        super::add(summand, films, ahead, sums);
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn add_avx512(
        summand: Summand,
        films: &[QueryFilm<'_>],
        ahead: &[QueryFilm<'_>],
        sums: &mut [u16; 1 << 16],
    ) {
        super::add(summand, films, ahead, sums);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn bars_of_parts_avx2(sums: &[u16], longest: &[f32], bars: &mut [f32; super::MOST_PARTS]) -> usize {
        super::bars_of_parts(sums, longest, bars)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn reaching_avx2(sums: &[u16], bar: f32, shortest: &[f32], first: usize, reached: &mut Vec<usize>) {
        super::reaching(sums, bar, shortest, first, reached);
    }
}

#[inline(always)]
fn add(summand: Summand, films: &[QueryFilm<'_>], ahead: &[QueryFilm<'_>], sums: &mut [u16; 1 << 16]) {
    match summand {
        Summand::Product => add_summand::<false>(films, ahead, sums),
        Summand::Film => add_summand::<true>(films, ahead, sums),
    }
}

/// First the films with runs, then the dense ones. While at one it asks for the memory of those that come later, a
/// little at a time, as it would have to wait for much at once.
#[inline(always)]
fn add_summand<const COUNT: bool>(films: &[QueryFilm<'_>], ahead: &[QueryFilm<'_>], sums: &mut [u16; 1 << 16]) {
    let (runs, dense) = split_dense(films);
    let (runs_ahead, dense_ahead) = split_dense(ahead);
    for (at, &(postings, weight)) in runs.iter().enumerate() {
        runs.get(at + 2 * PREFETCH_DISTANCE).into_iter().for_each(prefetch_head);
        runs.get(at + PREFETCH_DISTANCE).into_iter().for_each(prefetch_runs);
        if let Postings::Runs(own) = postings {
            add_runs::<COUNT>(of_film(own), if COUNT { 1 } else { u16::from(weight) }, sums);
        }
    }
    runs_ahead.iter().take(2 * PREFETCH_DISTANCE).for_each(prefetch_head);
    let mut fours = dense.chunks(4).peekable();
    while let Some(films) = fours.next() {
        let (rows, weights) = dense_rows::<COUNT>(films);
        let (next, _) = dense_rows::<COUNT>(fours.peek().unwrap_or(&dense_ahead));
        add_dense::<COUNT>(rows, weights, next, sums);
    }
    runs_ahead.iter().take(PREFETCH_DISTANCE).for_each(prefetch_runs);
}

/// How many films with runs ahead memory is asked for: long enough before it is needed, and not so long that it is gone
/// again. At twice the distance it is asked how long they are.
const PREFETCH_DISTANCE: usize = 8;

#[inline(always)]
fn prefetch_head((postings, _): &QueryFilm<'_>) {
    if let Postings::Runs(runs) = postings {
        prefetch(&runs[..1]);
    }
}

#[inline(always)]
fn prefetch_runs((postings, _): &QueryFilm<'_>) {
    if let Postings::Runs(runs) = postings {
        prefetch(of_film(runs));
    }
}

fn split_dense<'f, 'a>(films: &'f [QueryFilm<'a>]) -> (&'f [QueryFilm<'a>], &'f [QueryFilm<'a>]) {
    films.split_at(films.partition_point(|(postings, _)| postings.are_runs()))
}

/// The rows of the first four films and their weights. Where there are fewer, the first row is repeated, as all need to
/// be as long, with a weight of zero.
#[inline(always)]
fn dense_rows<'a, const COUNT: bool>(films: &[QueryFilm<'a>]) -> ([&'a [[u16; CHUNK_WORDS]]; 4], [u16; 4]) {
    let (mut rows, mut weights): ([&[[u16; CHUNK_WORDS]]; 4], [u16; 4]) = Default::default();
    for (at, (postings, weight)) in films.iter().take(4).enumerate() {
        if let Postings::Dense(row) = postings {
            (rows[at], weights[at]) = (row, if COUNT { 1 } else { u16::from(*weight) });
        }
    }
    let first = rows[0];
    rows[films.len().min(4)..].fill(first);
    (rows, weights)
}

/// The runs of the film whose length comes first.
#[inline(always)]
fn of_film(runs: &[u16]) -> &[u16] {
    runs.split_first().and_then(|(&length, runs)| runs.get(..usize::from(length))).unwrap_or_default()
}

#[inline(always)]
fn add_runs<const COUNT: bool>(mut runs: &[u16], weight: u16, sums: &mut [u16; 1 << 16]) {
    while let Some((half_stars, rows, rest)) = split_run(runs) {
        let summand = if COUNT { 1 } else { half_stars.wrapping_mul(weight) };
        for &row in rows {
            let sum = &mut sums[usize::from(row)];
            *sum = sum.wrapping_add(summand);
        }
        runs = rest;
    }
}

/// Adds four dense rows, and asks for those that come next. In a word of four nibbles every other one is a byte of its
/// own once the others are masked out; times a weight of at most ten it stays one, and so does the sum of two such
/// products.
#[inline(always)]
fn add_dense<const COUNT: bool>(
    rows: [&[[u16; CHUNK_WORDS]]; 4],
    weights: [u16; 4],
    next: [&[[u16; CHUNK_WORDS]]; 4],
    sums: &mut [u16; 1 << 16],
) {
    let (sums, _) = sums.as_chunks_mut::<CHUNK_WORDS>();
    let (sums, _) = sums.as_chunks_mut::<4>();
    let [a, b, c, d] = rows;
    for (chunk, ((((sums, a), b), c), d)) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d).enumerate() {
        next.iter().for_each(|row| prefetch_at(row, chunk));
        let [first, second, third, fourth] = sums;
        for word in 0..CHUNK_WORDS {
            let quad = [a[word], b[word], c[word], d[word]].map(|word| if COUNT { ones(word) } else { word });
            let even = |film: usize| (quad[film] & 0x0f0f).wrapping_mul(weights[film]);
            let odd = |film: usize| (quad[film] >> 4 & 0x0f0f).wrapping_mul(weights[film]);
            let evens = [even(0).wrapping_add(even(1)), even(2).wrapping_add(even(3))];
            let odds = [odd(0).wrapping_add(odd(1)), odd(2).wrapping_add(odd(3))];
            let low = |pairs: [u16; 2]| (pairs[0] & 0xff).wrapping_add(pairs[1] & 0xff);
            let high = |pairs: [u16; 2]| (pairs[0] >> 8).wrapping_add(pairs[1] >> 8);
            first[word] = first[word].wrapping_add(low(evens));
            second[word] = second[word].wrapping_add(low(odds));
            third[word] = third[word].wrapping_add(high(evens));
            fourth[word] = fourth[word].wrapping_add(high(odds));
        }
    }
}

/// 1 for each nibble that is not 0.
#[inline(always)]
fn ones(word: u16) -> u16 {
    let pairs = word | word >> 2 & 0x3333;
    (pairs | pairs >> 1) & 0x1111
}

/// A block is taken for so many parts at most. Of each a bar is known that one of its users reaches.
const MOST_PARTS: usize = MAX_USERS / GROUP_USERS;

/// The bars of all parts, and how many parts there are: of groups, or where these are few, of parts of groups.
#[inline(always)]
fn bars_of_parts<Sum: Copy + Ord + Default + Into<u32>>(
    sums: &[Sum],
    longest: &[f32],
    bars: &mut [f32; MOST_PARTS],
) -> usize {
    match longest.len() * GROUP_USERS / MOST_PARTS {
        0 => bars_of::<Sum, 1>(sums, longest, bars),
        1..8 => bars_of::<Sum, 8>(sums, longest, bars),
        _ => bars_of::<Sum, GROUP_USERS>(sums, longest, bars),
    }
}

#[inline(always)]
fn bars_of<Sum: Copy + Ord + Default + Into<u32>, const USERS: usize>(
    sums: &[Sum],
    longest: &[f32],
    bars: &mut [f32; MOST_PARTS],
) -> usize {
    let (groups, _) = sums.as_chunks::<GROUP_USERS>();
    for ((bars, sums), &longest) in bars.chunks_mut(GROUP_USERS / USERS).zip(groups).zip(longest) {
        for (bar, sums) in bars.iter_mut().zip(sums.as_chunks::<USERS>().0) {
            let sum = sums.iter().fold(Sum::default(), |highest, &sum| highest.max(sum));
            // Where there is no length there are no ratings, and no sum either.
            *bar = if longest > 0.0 { sum.into() as f32 / longest } else { 0.0 };
        }
    }
    longest.len() * (GROUP_USERS / USERS)
}

#[inline(always)]
fn reaching<Sum: Copy + Ord + TryFrom<u32>>(
    sums: &[Sum],
    bar: f32,
    shortest: &[f32],
    first: usize,
    reached: &mut Vec<usize>,
) {
    let (sums, _) = sums.as_chunks::<GROUP_USERS>();
    for (group, (sums, &shortest)) in sums.iter().zip(shortest).enumerate() {
        let least = (bar * shortest).ceil().max(1.0);
        // Else no sum is so high.
        let Ok(least) = Sum::try_from(least as u32) else { continue };
        let any = sums.iter().fold(false, |any, &sum| any | (sum >= least));
        if any {
            let those = sums.iter().zip(first + group * GROUP_USERS..).filter(|(sum, _)| **sum >= least);
            reached.extend(those.map(|(_, user)| user));
        }
    }
}

const _: () = assert!(MAX_USERS <= 1 << 16 && MAX_USERS.is_multiple_of(CHUNK_USERS), "rows are two bytes");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::index::length;

    /// Sums of users of these norms with each kernel, in two bytes and, higher, in four.
    fn each_way(norms: &[u32], chance: &mut Chance, check: impl Fn(Kernel, &Sums, &[u32])) {
        for highest in [60_u64, 1 << 16, 1 << 20] {
            let sums: Vec<u32> = norms.iter().map(|_| (chance.bits() % highest) as u32).collect();
            let mut all = Sums::default();
            let padded = norms.len().next_multiple_of(CHUNK_USERS);
            match highest > 1 << 16 {
                true => all.wide = sums.iter().copied().chain(std::iter::repeat(0)).take(padded).collect(),
                false => sums.iter().zip(all.narrow.iter_mut()).for_each(|(&sum, narrow)| *narrow = sum as u16),
            }
            Kernel::available().into_iter().for_each(|kernel| check(kernel, &all, &sums));
        }
    }

    #[test]
    fn bars_pass_over_nobody_who_reaches_them_and_are_reached_by_as_many_as_said() {
        let mut chance = Chance::of_stream(1, 1);
        for users in [1, 31, 33, 500, 1000, 5000, MAX_USERS] {
            let mut norms: Vec<u32> = (0..users).map(|_| 1 + (chance.unit().powi(4) * 900_000.0) as u32).collect();
            norms.sort_unstable_by(|a, b| b.cmp(a));
            let lengths = Lengths::of(&norms);
            let (longest, shortest) = (lengths.longest(), lengths.shortest());
            assert_eq!([longest.len(), shortest.len()], [users.div_ceil(GROUP_USERS); 2]);
            for (user, &norm) in norms.iter().enumerate() {
                let group = user / GROUP_USERS;
                assert!((shortest[group]..=longest[group]).contains(&length(norm)), "user {user} of {users}");
            }
            each_way(&norms, &mut chance, |kernel, all, sums| {
                let bar_of = |user: usize| f64::from(sums[user]) / f64::from(norms[user]).sqrt();
                for wanted in [1, 10, 40] {
                    let bar = all.reached_by(kernel, wanted, &lengths);
                    let reach = (0..users).filter(|&user| bar_of(user) >= f64::from(bar) * (1.0 - 1e-6)).count();
                    assert!(reach >= wanted.min(users), "{reach} of {users} reach {bar}, not {wanted}; {kernel:?}");
                    assert!(bar > 0.0 || users < 2 * wanted, "there is no bar for {wanted} of {users}");
                }
                for bar in [0.0, 0.01, 3.0, 200.0, 2000.0] {
                    let mut reached = Vec::new();
                    all.reaching(kernel, bar, &lengths, 0..shortest.len(), &mut reached);
                    assert!(reached.is_sorted_by(|one, next| one < next));
                    for user in 0..users {
                        let least = (f64::from(bar) * f64::from(shortest[user / GROUP_USERS])).max(1.0);
                        // At the bar itself rounding decides.
                        let over = f64::from(sums[user]) / least - 1.0;
                        if over.abs() > 1e-6 {
                            let is_reached = reached.binary_search(&user).is_ok();
                            assert_eq!(is_reached, over >= 0.0, "{kernel:?}, user {user} of {users} at {bar}");
                        }
                    }
                }
            });
        }
    }
}
