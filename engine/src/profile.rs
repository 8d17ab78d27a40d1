//! The ratings of the viewer who asks.

use crate::rating::{HalfStars, MovieId};

/// Below this many ratings a profile is too short for plain cosine, which then prefers users who rated hardly anything
/// else; it is treated like a few films that similar ones are wanted to.
pub const SHORT_PROFILE: usize = 10;

/// A viewer's ratings, one a film, kept in ascending order of film id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    movie_ids: Vec<MovieId>,
    half_stars: Vec<u8>,
}

impl Profile {
    /// Collects ratings in any order; of two for the same film the later one counts.
    pub fn from_ratings(ratings: impl IntoIterator<Item = (MovieId, HalfStars)>) -> Profile {
        let mut sorted: Vec<(MovieId, HalfStars)> = ratings.into_iter().collect();
        // As they come from a dataset or another profile.
        if !sorted.is_sorted_by(|one, next| one.0 < next.0) {
            sorted.reverse();
            sorted.sort_by_key(|(movie, _)| *movie);
            sorted.dedup_by_key(|(movie, _)| *movie);
        }
        Profile {
            movie_ids: sorted.iter().map(|(movie, _)| *movie).collect(),
            half_stars: sorted.iter().map(|(_, rating)| rating.get()).collect(),
        }
    }

    /// Film ids, ascending, without repetition.
    pub fn movie_ids(&self) -> &[MovieId] {
        &self.movie_ids
    }

    /// Half-stars (1 to 10), parallel to [`Profile::movie_ids`].
    pub fn half_stars(&self) -> &[u8] {
        &self.half_stars
    }

    /// The ratings as pairs, ascending by film id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (MovieId, u8)> + '_ {
        self.movie_ids.iter().copied().zip(self.half_stars.iter().copied())
    }

    /// How many films are rated.
    pub fn len(&self) -> usize {
        self.movie_ids.len()
    }

    /// Whether nothing is rated.
    pub fn is_empty(&self) -> bool {
        self.movie_ids.is_empty()
    }

    /// The half-stars given to a film, if it is rated.
    pub fn get(&self, movie: MovieId) -> Option<u8> {
        self.movie_ids.binary_search(&movie).ok().map(|at| self.half_stars[at])
    }

    /// Sum of the squared half-stars: the squared Euclidean norm, an exact integer.
    pub fn norm_squared(&self) -> u64 {
        self.half_stars.iter().map(|&rating| u64::from(rating).pow(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_rating_of_a_film_counts_and_order_does_not_matter() {
        let rating = |half_stars| HalfStars::new(half_stars).unwrap();
        let profile = Profile::from_ratings([(7, rating(3)), (2, rating(10)), (7, rating(8))]);
        assert_eq!(profile.iter().collect::<Vec<_>>(), [(2, 10), (7, 8)]);
        assert_eq!(profile.get(7), Some(8));
        assert_eq!(profile.get(3), None);
        assert_eq!(profile.norm_squared(), 164);
    }
}
