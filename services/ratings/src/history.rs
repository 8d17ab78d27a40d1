//! What is known of a user's ratings: which film was given what, when, and how many there are around a time.

use cineswarm_engine::{HalfStars, MovieId};
use std::collections::HashMap;

/// A user's ratings, of each film the one that counts.
#[derive(Clone, Debug, Default)]
pub struct History {
    by_film: HashMap<MovieId, (HalfStars, i64)>,
    /// Ascending.
    by_time: Vec<(i64, HalfStars)>,
}

impl History {
    /// Of ratings with their times in milliseconds; of two for one film the later in the list counts.
    pub fn new(ratings: impl IntoIterator<Item = (MovieId, HalfStars, i64)>) -> History {
        let by_film: HashMap<_, _> =
            ratings.into_iter().map(|(film, half_stars, at)| (film, (half_stars, at))).collect();
        let mut by_time: Vec<_> = by_film.values().map(|(half_stars, at)| (*at, *half_stars)).collect();
        by_time.sort_unstable();
        History { by_film, by_time }
    }

    /// What a film was given, and when.
    pub fn of(&self, film: MovieId) -> Option<(HalfStars, i64)> {
        self.by_film.get(&film).copied()
    }

    /// How many films are rated.
    pub fn len(&self) -> usize {
        self.by_film.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_film.is_empty()
    }

    /// Replaces what a film was given.
    pub fn set(&mut self, film: MovieId, half_stars: HalfStars, at: i64) {
        if let Some((before, before_at)) = self.by_film.insert(film, (half_stars, at))
            && let Ok(place) = self.by_time.binary_search(&(before_at, before))
        {
            self.by_time.remove(place);
        }
        let place = self.by_time.partition_point(|known| *known < (at, half_stars));
        self.by_time.insert(place, (at, half_stars));
    }

    /// The ratings from a time to another, both included.
    pub fn between(&self, from: i64, to: i64) -> &[(i64, HalfStars)] {
        let first = self.by_time.partition_point(|(known, _)| *known < from);
        let end = self.by_time.partition_point(|(known, _)| *known <= to);
        &self.by_time[first..end.max(first)]
    }
}
