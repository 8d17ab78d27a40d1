//! The ratings of one shard's users as rows: who rated what. Immutable once built, and nothing trusts the arrays it is
//! given: they may come from the wire.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::prefetch::{prefetch, prefetch_at};
use crate::rating::{HalfStars, MovieId, UserId};

/// More films than this in one user's row are refused, so that a squared norm and a dot product (at most 100 a film)
/// always fit 32 bits.
pub const MAX_FILMS_PER_USER: usize = 1 << 25;

/// Why a shard's arrays are not a ratings matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is not exactly one row boundary more than users.
    #[error("reading a shard of {users} users: it needs {} row offsets and has {offsets}; fetch the shard again", users + 1)]
    OffsetCount {
        /// Users in the shard.
        users: usize,
        /// Row offsets given.
        offsets: usize,
    },
    /// The offsets do not start at 0 or do not end at the number of ratings.
    #[error(
        "reading a shard: its rows cover ratings {first} to {last} of {movie_ids} film ids and {half_stars} ratings; \
         fetch the shard again"
    )]
    Coverage {
        /// First offset.
        first: u32,
        /// Last offset.
        last: u32,
        /// Length of the film id array.
        movie_ids: usize,
        /// Length of the half-stars array.
        half_stars: usize,
    },
    /// A user is not greater than the one before.
    #[error("reading a shard: user {user} in row {row} is not above the user before; fetch the shard again")]
    UserOrder {
        /// The row.
        row: usize,
        /// Its user.
        user: UserId,
    },
    /// A row ends before it starts, or is longer than [`MAX_FILMS_PER_USER`].
    #[error("reading a shard: the row of user {user} runs from {start} to {end}; fetch the shard again")]
    Row {
        /// The row's user.
        user: UserId,
        /// Its first rating.
        start: u32,
        /// One past its last rating.
        end: u32,
    },
    /// A film is not greater than the one before in the same row.
    #[error("reading a shard: film {movie} of user {user} is not above the film before; fetch the shard again")]
    MovieOrder {
        /// The row's user.
        user: UserId,
        /// The film.
        movie: MovieId,
    },
    /// A rating is not 1 to 10 half-stars.
    #[error(
        "reading a shard: user {user} rates film {movie} {half_stars} half-stars, not 1 to 10; fetch the shard again"
    )]
    OffScale {
        /// The row's user.
        user: UserId,
        /// The film.
        movie: MovieId,
        /// The value found.
        half_stars: u8,
    },
}

/// The ratings of a shard's users in compressed sparse rows. Holding one means its arrays have been checked.
///
/// The longest row in Euclidean norm comes first and the shortest last, so that a few bounds tell the lengths of many.
/// Films are numbered within the shard, so that a rating takes three bytes where there are at most 65,536 films.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardRatings {
    /// Users by row.
    user_ids: Vec<UserId>,
    /// Rows, ascending by user.
    by_user: Vec<u32>,
    row_offsets: Vec<u32>,
    /// Ids by number. The films with the most ratings come first, so that what is kept by film is mostly in the cache.
    films: Vec<MovieId>,
    /// The same ids with their numbers, ascending.
    numbers: Vec<(MovieId, u32)>,
    film_numbers: FilmNumbers<Vec<u16>, Vec<u32>>,
    half_stars: Vec<u8>,
}

/// Numbers of films, one a rating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilmNumbers<Narrow, Wide> {
    Narrow(Narrow),
    Wide(Wide),
}

impl<Wide> Default for FilmNumbers<Vec<u16>, Wide> {
    fn default() -> Self {
        FilmNumbers::Narrow(Vec::new())
    }
}

impl ShardRatings {
    /// Checks the arrays of a shard with U users and R ratings and copies them, the longest row first.
    ///
    /// `user_ids` (U) ascends without repetition; `row_offsets` (U + 1) ascends from 0 to R, user `u` having the
    /// ratings `row_offsets[u]..row_offsets[u + 1]`; `movie_ids` (R) ascends without repetition within a row;
    /// `half_stars` (R) are 1 to 10.
    ///
    /// # Errors
    /// The first of these conditions that does not hold.
    pub fn new(
        user_ids: &[UserId],
        row_offsets: &[u32],
        movie_ids: &[MovieId],
        half_stars: &[u8],
    ) -> Result<ShardRatings, Error> {
        let (Some(&first), Some(&last)) = (row_offsets.first(), row_offsets.last()) else {
            return Err(Error::OffsetCount { users: user_ids.len(), offsets: 0 });
        };
        if row_offsets.len() - 1 != user_ids.len() {
            return Err(Error::OffsetCount { users: user_ids.len(), offsets: row_offsets.len() });
        }
        if first != 0 || last as usize != movie_ids.len() || movie_ids.len() != half_stars.len() {
            let (movie_ids, half_stars) = (movie_ids.len(), half_stars.len());
            return Err(Error::Coverage { first, last, movie_ids, half_stars });
        }
        for (row, &user) in user_ids.iter().enumerate() {
            if row > 0 && user_ids[row - 1] >= user {
                return Err(Error::UserOrder { row, user });
            }
            let (start, end) = (row_offsets[row], row_offsets[row + 1]);
            let range = start as usize..end as usize;
            let (Some(movies), Some(ratings)) = (movie_ids.get(range.clone()), half_stars.get(range)) else {
                return Err(Error::Row { user, start, end });
            };
            if movies.len() > MAX_FILMS_PER_USER {
                return Err(Error::Row { user, start, end });
            }
            if let Some(pair) = movies.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(Error::MovieOrder { user, movie: pair[1] });
            }
            if let Some(at) = ratings.iter().position(|&rating| HalfStars::new(rating).is_none()) {
                return Err(Error::OffScale { user, movie: movies[at], half_stars: ratings[at] });
            }
        }
        Ok(ShardRatings::longest_first(user_ids, row_offsets, movie_ids, half_stars))
    }

    /// Puts checked rows in their order.
    fn longest_first(user_ids: &[UserId], offsets: &[u32], movie_ids: &[MovieId], half_stars: &[u8]) -> ShardRatings {
        let range = |row: usize| offsets[row] as usize..offsets[row + 1] as usize;
        let mut rows: Vec<usize> = (0..user_ids.len()).collect();
        rows.sort_by_cached_key(|&row| Reverse(squared_norm(&half_stars[range(row)])));
        let mut by_user = vec![0; rows.len()];
        rows.iter().zip(0..).for_each(|(&row, now)| by_user[row] = now);
        let mut row_offsets = Vec::with_capacity(offsets.len());
        row_offsets.push(0);
        let mut rated = Vec::with_capacity(half_stars.len());
        for &row in &rows {
            rated.extend_from_slice(&half_stars[range(row)]);
            row_offsets.push(rated.len() as u32);
        }
        let (films, film_numbers) = number(movie_ids, rows.iter().map(|&row| range(row)));
        let mut numbers: Vec<(MovieId, u32)> = films.iter().copied().zip(0..).collect();
        numbers.sort_unstable();
        let user_ids = rows.iter().map(|&row| user_ids[row]).collect();
        ShardRatings { user_ids, by_user, row_offsets, films, numbers, film_numbers, half_stars: rated }
    }

    /// Users by row, which is no order of their ids.
    pub fn user_ids(&self) -> &[UserId] {
        &self.user_ids
    }

    /// How many ratings there are.
    pub fn ratings(&self) -> usize {
        self.half_stars.len()
    }

    /// A user's films, ascending, and the half-stars parallel to them; `None` if the user is not in this shard.
    pub fn ratings_of(&self, user: UserId) -> Option<(Vec<MovieId>, &[u8])> {
        let at = self.by_user.binary_search_by_key(&user, |&row| self.user_ids[row as usize]).ok()?;
        let row = self.by_user[at] as usize;
        Some((self.films_of(row).map(|film| self.films[film]).collect(), self.half_stars_of(row)))
    }

    /// Bytes the arrays take.
    pub fn memory_bytes(&self) -> usize {
        let film_numbers = match &self.film_numbers {
            FilmNumbers::Narrow(numbers) => size_of_val(&numbers[..]),
            FilmNumbers::Wide(numbers) => size_of_val(&numbers[..]),
        };
        size_of_val(&self.user_ids[..])
            + size_of_val(&self.by_user[..])
            + size_of_val(&self.row_offsets[..])
            + size_of_val(&self.films[..])
            + size_of_val(&self.numbers[..])
            + film_numbers
            + size_of_val(&self.half_stars[..])
    }

    /// Film ids by the numbers they have in this shard.
    pub(crate) fn films(&self) -> &[MovieId] {
        &self.films
    }

    /// Film ids, ascending, with the numbers they have in this shard.
    pub(crate) fn numbers(&self) -> &[(MovieId, u32)] {
        &self.numbers
    }

    /// The numbers of the films of a row, in the order of their ids.
    pub(crate) fn films_of(&self, row: usize) -> impl Iterator<Item = usize> {
        let (narrow, wide) = match self.film_numbers_of(row) {
            FilmNumbers::Narrow(numbers) => (numbers, &[][..]),
            FilmNumbers::Wide(numbers) => (&[][..], numbers),
        };
        narrow.iter().map(|&number| usize::from(number)).chain(wide.iter().map(|&number| number as usize))
    }

    /// Asks for what [`ShardRatings::films_of`] will read.
    pub(crate) fn prefetch_films(&self, row: usize) {
        match self.film_numbers_of(row) {
            FilmNumbers::Narrow(numbers) => prefetch(numbers),
            FilmNumbers::Wide(numbers) => prefetch(numbers),
        }
    }

    /// Asks for the user of a row, which may be past the last.
    #[inline]
    pub(crate) fn prefetch_user(&self, row: usize) {
        prefetch_at(&self.user_ids, row);
    }

    /// [`ShardRatings::films_of`] as they are kept.
    #[inline]
    fn film_numbers_of(&self, row: usize) -> FilmNumbers<&[u16], &[u32]> {
        match &self.film_numbers {
            FilmNumbers::Narrow(numbers) => FilmNumbers::Narrow(&numbers[self.range(row)]),
            FilmNumbers::Wide(numbers) => FilmNumbers::Wide(&numbers[self.range(row)]),
        }
    }

    /// Half-stars of a row, parallel to its films.
    #[inline]
    pub(crate) fn half_stars_of(&self, row: usize) -> &[u8] {
        &self.half_stars[self.range(row)]
    }

    /// Film numbers and half-stars from the first of a row to the last of all, and how many of them are the row's: for
    /// who takes several at a time and would else have to stop short of its end.
    #[inline]
    pub(crate) fn row_and_after(&self, row: usize) -> (FilmNumbers<&[u16], &[u32]>, &[u8], usize) {
        let range = self.range(row);
        let films = match &self.film_numbers {
            FilmNumbers::Narrow(numbers) => FilmNumbers::Narrow(&numbers[range.start..]),
            FilmNumbers::Wide(numbers) => FilmNumbers::Wide(&numbers[range.start..]),
        };
        (films, &self.half_stars[range.start..], range.len())
    }

    #[inline]
    fn range(&self, row: usize) -> std::ops::Range<usize> {
        self.row_offsets[row] as usize..self.row_offsets[row + 1] as usize
    }
}

/// Sum of the squares, exact: a row has at most [`MAX_FILMS_PER_USER`].
pub(crate) fn squared_norm(half_stars: &[u8]) -> u32 {
    half_stars.iter().map(|&half_stars| u32::from(half_stars).pow(2)).sum()
}

/// Numbers the films of all ratings, those with the most first; the numbers of the ratings are those of the rows, one
/// after the other.
fn number(
    movie_ids: &[MovieId],
    rows: impl Iterator<Item = std::ops::Range<usize>>,
) -> (Vec<MovieId>, FilmNumbers<Vec<u16>, Vec<u32>>) {
    let mut counts: FxHashMap<MovieId, u32> = FxHashMap::default();
    movie_ids.iter().for_each(|&movie| *counts.entry(movie).or_default() += 1);
    let mut films: Vec<MovieId> = counts.keys().copied().collect();
    films.sort_unstable_by_key(|&movie| (Reverse(counts[&movie]), movie));
    let numbers: FxHashMap<MovieId, u32> = films.iter().copied().zip(0..).collect();
    let numbered = rows.flat_map(|row| &movie_ids[row]).map(|movie| numbers[movie]);
    let film_numbers = match films.len() <= 1 << 16 {
        true => FilmNumbers::Narrow(exactly(movie_ids.len(), numbered.map(|number| number as u16))),
        false => FilmNumbers::Wide(exactly(movie_ids.len(), numbered)),
    };
    (films, film_numbers)
}

/// Collects as many as there are said to be, in no more memory than that takes.
fn exactly<T>(count: usize, items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::with_capacity(count);
    all.extend(items);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_with_his_own_ratings_and_no_other() {
        let ratings = ShardRatings::new(&[2, 5, 9], &[0, 2, 2, 3], &[10, 30, 7], &[1, 10, 6]).unwrap();
        assert_eq!(ratings.ratings_of(2), Some((vec![10, 30], &[1, 10][..])));
        assert_eq!(ratings.ratings_of(5), Some((vec![], &[][..])));
        assert_eq!(ratings.ratings_of(9), Some((vec![7], &[6][..])));
        assert_eq!(ratings.ratings_of(3), None);
    }

    #[test]
    fn more_films_than_two_bytes_can_number_are_kept_too() {
        let films: Vec<MovieId> = (0..70_000).map(|film| film * 11).collect();
        let ratings = ShardRatings::new(&[4], &[0, 70_000], &films, &[3; 70_000]).unwrap();
        assert_eq!(ratings.ratings_of(4), Some((films, &[3; 70_000][..])));
    }

    #[test]
    fn arrays_that_are_no_matrix_are_refused_with_the_place_of_the_fault() {
        let refused = |users: &[u32], offsets: &[u32], movies: &[u32], half_stars: &[u8]| {
            ShardRatings::new(users, offsets, movies, half_stars).unwrap_err()
        };
        assert_eq!(refused(&[], &[], &[], &[]), Error::OffsetCount { users: 0, offsets: 0 });
        assert_eq!(refused(&[1, 2], &[0, 1], &[7], &[1]), Error::OffsetCount { users: 2, offsets: 2 });
        assert!(matches!(refused(&[1], &[1, 1], &[7], &[1]), Error::Coverage { first: 1, .. }));
        assert!(matches!(refused(&[1], &[0, 2], &[7], &[1]), Error::Coverage { last: 2, .. }));
        assert!(matches!(refused(&[1], &[0, 1], &[7], &[1, 1]), Error::Coverage { half_stars: 2, .. }));
        assert!(matches!(refused(&[], &[0], &[7], &[1]), Error::Coverage { movie_ids: 1, .. }));
        assert_eq!(refused(&[2, 2], &[0, 1, 2], &[7, 7], &[1, 1]), Error::UserOrder { row: 1, user: 2 });
        assert_eq!(
            refused(&[1, 2], &[0, u32::MAX, 2], &[7, 8], &[1, 1]),
            Error::Row { user: 1, start: 0, end: u32::MAX }
        );
        assert_eq!(refused(&[1, 2, 3], &[0, 2, 1, 2], &[7, 8], &[1, 1]), Error::Row { user: 2, start: 2, end: 1 });
        assert_eq!(refused(&[1], &[0, 2], &[8, 8], &[1, 1]), Error::MovieOrder { user: 1, movie: 8 });
        assert_eq!(refused(&[1], &[0, 2], &[7, 8], &[1, 11]), Error::OffScale { user: 1, movie: 8, half_stars: 11 });
        assert_eq!(refused(&[1], &[0, 1], &[7], &[0]), Error::OffScale { user: 1, movie: 7, half_stars: 0 });
    }
}
