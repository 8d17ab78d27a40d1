//! The inverted index of a block of users, few enough for the sums of a query to stay in the fastest cache.
//!
//! A film's raters are kept in one of two forms. *Runs*, where they are few: for each rating value the ascending rows
//! of those who gave it, so that adding up takes no more than a row and a constant. *Dense*, where they are many: a
//! nibble for every user, rated or not, so that users are taken many at a time.

use std::ops::Range;

use super::films::FilmTable;
use crate::rating::MovieId;
use crate::shard::{ShardRatings, squared_norm};

/// The most users of a block: sums of two bytes each then take 32 KiB.
pub(crate) const MAX_USERS: usize = 1 << 14;

/// A dense row is cut into chunks of so many users.
pub(crate) const CHUNK_USERS: usize = 128;

/// Words of a chunk: nibble `n` of word `w` is the user `32 * n + w` of the chunk.
pub(crate) const CHUNK_WORDS: usize = CHUNK_USERS / 4;

/// A film is dense if at least one user in so many rated it. A dense row takes less time than runs from about one in
/// thirty on, but less memory only from one in four on; with one in eleven, 20 million ratings take under 60 MB.
const DENSE_ONE_IN: usize = 11;

/// A run's head holds the half-stars in its upper 4 bits and the number of rows in the lower 12.
const RUN_LENGTH_BITS: u32 = 12;
const _: () = assert!(MAX_USERS / DENSE_ONE_IN < 1 << RUN_LENGTH_BITS, "a film with runs has no longer run");

/// Places from here on are numbers of dense rows, below they are positions in the runs.
const FIRST_DENSE: u32 = 1 << 31;

/// The place of a film that nobody in the block rated.
const NOWHERE: u32 = u32::MAX;

/// A film's ratings by the users of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Postings<'a> {
    /// How many elements follow, as many elements of runs to be taken apart by [`split_run`], and then something else.
    /// The length is left in place so that nobody waits for it before it is needed.
    Runs(&'a [u16]),
    /// Chunks of nibbles.
    Dense(&'a [[u16; CHUNK_WORDS]]),
}

impl Postings<'_> {
    #[inline]
    pub(crate) fn are_runs(&self) -> bool {
        matches!(self, Postings::Runs(_))
    }
}

/// So many consecutive users are of about the same length.
pub(crate) const GROUP_USERS: usize = 32;
const _: () = assert!(CHUNK_USERS.is_multiple_of(GROUP_USERS));

/// What is known of the lengths of a block's users, the longest of whom come first.
#[derive(Clone, Debug)]
pub(crate) struct Lengths {
    /// Of the first user, then of the last of each group. Empty if there are no users.
    bounds: Vec<f32>,
}

impl Lengths {
    /// Of norms that do not ascend.
    pub(super) fn of(norms: &[u32]) -> Lengths {
        debug_assert!(norms.is_sorted_by(|one, next| one >= next), "the longest row comes first");
        let ends = norms.chunks(GROUP_USERS).filter_map(<[u32]>::last);
        Lengths { bounds: norms.first().into_iter().chain(ends).map(|&norm| length(norm)).collect() }
    }

    /// For each group a length that none in it exceeds.
    pub(crate) fn longest(&self) -> &[f32] {
        self.bounds.split_last().map_or(&[], |(_, longest)| longest)
    }

    /// For each group a length that none in it falls short of.
    pub(crate) fn shortest(&self) -> &[f32] {
        self.bounds.get(1..).unwrap_or_default()
    }
}

/// A row's length: the square root of its squared norm, rounded somehow. Good for passing users over, not for an
/// answer.
#[inline]
pub(crate) fn length(norm: u32) -> f32 {
    (norm as f32).sqrt()
}

/// The index of some consecutive rows of a shard.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    first_row: usize,
    /// Squared Euclidean norm of each user's whole row, exact.
    norms: Vec<u32>,
    lengths: Lengths,
    /// How many chunks of users there are.
    chunks: usize,
    films: FilmTable,
    /// For each film with runs the number of words that follow, then its runs.
    runs: Vec<u16>,
    dense: Vec<[u16; CHUNK_WORDS]>,
}

impl Block {
    /// Indexes a range of rows, at most [`MAX_USERS`].
    pub(super) fn build(ratings: &ShardRatings, rows: Range<usize>) -> Block {
        let users = rows.len();
        let chunks = users.div_ceil(CHUNK_USERS);
        let of_value = count(ratings, rows.clone());

        // Where each film goes, and for films with runs where the next row of each value goes.
        let mut places = Vec::with_capacity(of_value.len());
        let mut next: Vec<[u32; 10]> = Vec::with_capacity(of_value.len());
        let (mut runs, mut dense_rows) = (Vec::new(), 0);
        for counts in &of_value {
            let raters = counts.iter().sum::<u32>() as usize;
            if raters == 0 {
                places.push(NOWHERE);
                next.push([0; 10]);
            } else if raters * DENSE_ONE_IN >= users {
                places.push(FIRST_DENSE + dense_rows);
                dense_rows += 1;
                next.push([0; 10]);
            } else {
                places.push(runs.len() as u32);
                next.push(lay_out_runs(counts, &mut runs));
            }
        }
        runs.shrink_to_fit();
        let mut dense = vec![[0; CHUNK_WORDS]; dense_rows as usize * chunks];

        let mut norms = Vec::with_capacity(users);
        for (user, row) in rows.clone().enumerate() {
            let half_stars = ratings.half_stars_of(row);
            for (film, &half_stars) in ratings.films_of(row).zip(half_stars) {
                if let Some(dense_row) = places[film].checked_sub(FIRST_DENSE) {
                    let (chunk, within) = (user / CHUNK_USERS, user % CHUNK_USERS);
                    let nibble = u16::from(half_stars) << (4 * (within / CHUNK_WORDS));
                    dense[dense_row as usize * chunks + chunk][within % CHUNK_WORDS] |= nibble;
                } else {
                    let slot = &mut next[film][usize::from(half_stars) - 1];
                    runs[*slot as usize] = user as u16;
                    *slot += 1;
                }
            }
            norms.push(squared_norm(half_stars));
        }
        let lengths = Lengths::of(&norms);
        let by_id = ratings.films().iter().copied().zip(places).filter(|(_, place)| *place != NOWHERE);
        let films = FilmTable::new(&by_id.collect::<Vec<_>>());
        Block { first_row: rows.start, norms, lengths, chunks, films, runs, dense }
    }

    /// The row of the shard that is the block's first.
    pub(crate) fn first_row(&self) -> usize {
        self.first_row
    }

    /// Squared norms, one a user.
    pub(crate) fn norms(&self) -> &[u32] {
        &self.norms
    }

    /// What is known of the square roots of the norms.
    pub(crate) fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// The ratings of a film; `None` if nobody here rated it.
    #[inline]
    pub(crate) fn postings(&self, movie: MovieId) -> Option<Postings<'_>> {
        let place = self.films.get(movie)?;
        Some(match place.checked_sub(FIRST_DENSE) {
            Some(row) => Postings::Dense(&self.dense[row as usize * self.chunks..][..self.chunks]),
            None => Postings::Runs(&self.runs[place as usize..]),
        })
    }

    /// Asks for what [`Block::postings`] will read first.
    #[inline]
    pub(crate) fn prefetch_place(&self, movie: MovieId) {
        self.films.prefetch(movie);
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&self.norms[..])
            + size_of_val(&self.lengths.bounds[..])
            + self.films.memory_bytes()
            + size_of_val(&self.runs[..])
            + size_of_val(&self.dense[..])
    }
}

/// Takes the first run: half-stars, the rows of those who gave so many, and what follows.
#[inline(always)]
pub(crate) fn split_run(runs: &[u16]) -> Option<(u16, &[u16], &[u16])> {
    let (&head, rest) = runs.split_first()?;
    let (rows, rest) = rest.split_at_checked(usize::from(head & ((1 << RUN_LENGTH_BITS) - 1)))?;
    Some((head >> RUN_LENGTH_BITS, rows, rest))
}

/// How many users of these rows gave each film of the shard each number of half-stars.
fn count(ratings: &ShardRatings, rows: Range<usize>) -> Vec<[u32; 10]> {
    let mut of_value = vec![[0; 10]; ratings.films().len()];
    for row in rows {
        for (film, &half_stars) in ratings.films_of(row).zip(ratings.half_stars_of(row)) {
            of_value[film][usize::from(half_stars) - 1] += 1;
        }
    }
    of_value
}

/// Writes the heads of a film's runs, with room for the rows after each, and gives where the rows of each value begin.
fn lay_out_runs(counts: &[u32; 10], runs: &mut Vec<u16>) -> [u32; 10] {
    let length = runs.len();
    runs.push(0);
    let mut starts = [0; 10];
    for ((start, &count), half_stars) in starts.iter_mut().zip(counts).zip(1u16..) {
        if count > 0 {
            // Fewer than 2^12, as a film with more raters is dense.
            runs.push(half_stars << RUN_LENGTH_BITS | count as u16);
            *start = runs.len() as u32;
            runs.resize(runs.len() + count as usize, 0);
        }
    }
    runs[length] = (runs.len() - length - 1) as u16;
    starts
}
