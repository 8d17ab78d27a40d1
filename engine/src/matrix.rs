//! All ratings of a dataset as a sparse matrix of U users and F films, by user and by film, for training and evaluation.
//! Users and films are numbered densely here: a *row* is a user's place, a *column* a film's. Never changed once built.

use crate::dataset::Dataset;
use crate::movielens::Rating;
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId, UserId};

/// A sparse matrix of half-stars in compressed rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparseRows {
    offsets: Vec<usize>,
    columns: Vec<u32>,
    half_stars: Vec<u8>,
}

impl SparseRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns of a row, ascending, and parallel to them the half-stars (1 to 10).
    ///
    /// # Panics
    /// If the row is not below [`SparseRows::len`].
    pub fn row(&self, row: usize) -> (&[u32], &[u8]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.columns[range.clone()], &self.half_stars[range])
    }

    /// Row boundaries, one more than rows, from 0 to the number of ratings.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// Columns of all rows, one after the other.
    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// Half-stars (1 to 10), parallel to [`SparseRows::columns`].
    pub fn half_stars(&self) -> &[u8] {
        &self.half_stars
    }

    /// Rows turned into columns, of which there are `columns`.
    fn transposed(&self, columns: usize) -> SparseRows {
        let mut offsets = vec![0usize; columns + 1];
        for &column in &self.columns {
            offsets[column as usize + 1] += 1;
        }
        for at in 0..columns {
            offsets[at + 1] += offsets[at];
        }
        let mut next = offsets.clone();
        let mut transposed =
            SparseRows { offsets, columns: vec![0; self.columns.len()], half_stars: vec![0; self.half_stars.len()] };
        for row in 0..self.len() {
            let (columns, half_stars) = self.row(row);
            for (&column, &half_stars) in columns.iter().zip(half_stars) {
                let slot = &mut next[column as usize];
                transposed.columns[*slot] = row as u32;
                transposed.half_stars[*slot] = half_stars;
                *slot += 1;
            }
        }
        transposed
    }
}

/// The ratings of U users on F films, by user and by film.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RatingsMatrix {
    user_ids: Vec<UserId>,
    movie_ids: Vec<MovieId>,
    by_user: SparseRows,
    by_film: SparseRows,
    timestamps: Vec<i64>,
}

impl RatingsMatrix {
    /// Collects ratings in any order; of two of the same user for the same film the later in order counts.
    ///
    /// The films are those rated and those in `films`, so that a film without ratings has a column too.
    pub fn new(ratings: impl IntoIterator<Item = Rating>, films: impl IntoIterator<Item = MovieId>) -> RatingsMatrix {
        let mut ratings: Vec<Rating> = ratings.into_iter().collect();
        ratings.reverse();
        ratings.sort_by_key(|rating| (rating.user, rating.movie));
        ratings.dedup_by_key(|rating| (rating.user, rating.movie));
        let mut movie_ids: Vec<MovieId> = films.into_iter().chain(ratings.iter().map(|rating| rating.movie)).collect();
        movie_ids.sort_unstable();
        movie_ids.dedup();
        let mut matrix = RatingsMatrix { movie_ids, ..RatingsMatrix::default() };
        for of_user in ratings.chunk_by(|a, b| a.user == b.user) {
            let movies: Vec<MovieId> = of_user.iter().map(|rating| rating.movie).collect();
            let half_stars: Vec<u8> = of_user.iter().map(|rating| rating.half_stars.get()).collect();
            let timestamps: Vec<i64> = of_user.iter().map(|rating| rating.timestamp).collect();
            matrix.push_user(of_user[0].user, &movies, &half_stars, &timestamps);
        }
        matrix.finish()
    }

    /// The ratings of a dataset; every film of its catalogue has a column.
    pub fn from_dataset(dataset: &Dataset) -> RatingsMatrix {
        let movie_ids = dataset.catalogue().movies().iter().map(|movie| movie.id).collect();
        let mut matrix = RatingsMatrix { movie_ids, ..RatingsMatrix::default() };
        let shards: Vec<_> = (0..dataset.shard_count()).filter_map(|shard| dataset.shard(shard)).collect();
        let mut users: Vec<(UserId, usize, usize)> = shards
            .iter()
            .enumerate()
            .flat_map(|(shard, slices)| slices.user_ids.iter().enumerate().map(move |(at, &user)| (user, shard, at)))
            .collect();
        users.sort_unstable();
        let mut known = Vec::new();
        for (user, shard, at) in users {
            let shard = &shards[shard];
            let range = shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize;
            // A dataset whose rated films are not all in its catalogue is damaged, but no reason to give up.
            known.clear();
            known.extend(range.filter(|&rating| matrix.column_of(shard.movie_ids[rating]).is_some()));
            let movies: Vec<MovieId> = known.iter().map(|&rating| shard.movie_ids[rating]).collect();
            let half_stars: Vec<u8> = known.iter().map(|&rating| shard.half_stars[rating]).collect();
            let timestamps: Vec<i64> = known.iter().map(|&rating| shard.timestamps[rating]).collect();
            matrix.push_user(user, &movies, &half_stars, &timestamps);
        }
        matrix.finish()
    }

    /// Adds a user above all before, with films that all have a column.
    fn push_user(&mut self, user: UserId, movies: &[MovieId], half_stars: &[u8], timestamps: &[i64]) {
        let mut from = 0;
        for movie in movies {
            from += self.movie_ids[from..].partition_point(|known| known < movie);
            self.by_user.columns.push(from as u32);
        }
        if self.by_user.offsets.is_empty() {
            self.by_user.offsets.push(0);
        }
        self.by_user.half_stars.extend_from_slice(half_stars);
        self.by_user.offsets.push(self.by_user.columns.len());
        self.timestamps.extend_from_slice(timestamps);
        self.user_ids.push(user);
    }

    fn finish(mut self) -> RatingsMatrix {
        if self.by_user.offsets.is_empty() {
            self.by_user.offsets.push(0);
        }
        self.by_film = self.by_user.transposed(self.movie_ids.len());
        self
    }

    /// How many users have a row.
    pub fn users(&self) -> usize {
        self.user_ids.len()
    }

    /// How many films have a column, rated or not.
    pub fn films(&self) -> usize {
        self.movie_ids.len()
    }

    /// How many ratings there are.
    pub fn ratings(&self) -> usize {
        self.by_user.columns.len()
    }

    /// User ids by row, ascending.
    pub fn user_ids(&self) -> &[UserId] {
        &self.user_ids
    }

    /// Film ids by column, ascending.
    pub fn movie_ids(&self) -> &[MovieId] {
        &self.movie_ids
    }

    /// The row of a user.
    pub fn row_of(&self, user: UserId) -> Option<usize> {
        self.user_ids.binary_search(&user).ok()
    }

    /// The column of a film.
    pub fn column_of(&self, movie: MovieId) -> Option<usize> {
        self.movie_ids.binary_search(&movie).ok()
    }

    /// A row a user: the films rated.
    pub fn by_user(&self) -> &SparseRows {
        &self.by_user
    }

    /// A row a film: its raters.
    pub fn by_film(&self) -> &SparseRows {
        &self.by_film
    }

    /// Times of the ratings in seconds since 1970, parallel to the columns of [`RatingsMatrix::by_user`].
    pub fn timestamps(&self) -> &[i64] {
        &self.timestamps
    }

    /// Mean of all ratings in half-stars; 0 without any.
    pub fn mean_half_stars(&self) -> f64 {
        let sum: u64 = self.by_user.half_stars.iter().map(|&half_stars| u64::from(half_stars)).sum();
        if self.ratings() == 0 { 0.0 } else { sum as f64 / self.ratings() as f64 }
    }

    /// All ratings, by ascending user and film.
    pub fn iter(&self) -> impl Iterator<Item = Rating> + '_ {
        (0..self.users()).flat_map(move |row| {
            let range = self.by_user.offsets[row]..self.by_user.offsets[row + 1];
            range.filter_map(move |at| {
                Some(Rating {
                    user: self.user_ids[row],
                    movie: self.movie_ids[self.by_user.columns[at] as usize],
                    half_stars: HalfStars::new(self.by_user.half_stars[at])?,
                    timestamp: self.timestamps[at],
                })
            })
        })
    }

    /// The columns and half-stars of a profile; films without a column are passed over.
    pub fn columns_of(&self, profile: &Profile) -> (Vec<u32>, Vec<u8>) {
        profile.iter().filter_map(|(movie, half_stars)| Some((self.column_of(movie)? as u32, half_stars))).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(user: UserId, movie: MovieId, half_stars: u8, timestamp: i64) -> Rating {
        Rating { user, movie, half_stars: HalfStars::new(half_stars).unwrap(), timestamp }
    }

    #[test]
    fn a_matrix_reads_the_same_by_user_and_by_film() {
        let ratings = [rating(9, 30, 4, 5), rating(2, 70, 1, 6), rating(9, 10, 8, 7), rating(2, 30, 10, 8)];
        let matrix = RatingsMatrix::new(ratings, [20]);
        assert_eq!(matrix.user_ids(), [2, 9]);
        assert_eq!(matrix.movie_ids(), [10, 20, 30, 70]);
        assert_eq!(matrix.by_user().row(0), (&[2, 3][..], &[10, 1][..]));
        assert_eq!(matrix.by_user().row(1), (&[0, 2][..], &[8, 4][..]));
        assert_eq!(matrix.by_film().row(1), (&[][..], &[][..]));
        assert_eq!(matrix.by_film().row(2), (&[0, 1][..], &[10, 4][..]));
        assert_eq!(matrix.timestamps(), [8, 6, 7, 5]);
        let mut sorted = ratings;
        sorted.sort_by_key(|rating| (rating.user, rating.movie));
        assert_eq!(matrix.iter().collect::<Vec<_>>(), sorted);
        assert_eq!(matrix.mean_half_stars(), 23.0 / 4.0);
    }

    #[test]
    fn of_two_ratings_of_a_film_the_later_counts_and_nothing_at_all_is_a_matrix_too() {
        let matrix = RatingsMatrix::new([rating(1, 7, 3, 0), rating(1, 7, 9, 0)], []);
        assert_eq!(matrix.by_user().row(0), (&[0][..], &[9][..]));
        let empty = RatingsMatrix::new([], []);
        assert_eq!((empty.users(), empty.films(), empty.ratings(), empty.mean_half_stars()), (0, 0, 0, 0.0));
    }
}
