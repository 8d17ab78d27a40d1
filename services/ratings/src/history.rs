//! What is known of a user's ratings: which film was given what, when, and how many there are around a time.

use cineswarm_engine::{HalfStars, MovieId};

/// A user's ratings, of each film the one that counts. In two lists, half of what a table by film would take: of many users
/// they are kept.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Ascending by film.
    by_film: Vec<(MovieId, HalfStars, i64)>,
    /// Ascending.
    by_time: Vec<(i64, HalfStars)>,
}

impl History {
    /// Of ratings with their times in milliseconds; of two for one film the later in the list counts.
    pub fn new(ratings: impl IntoIterator<Item = (MovieId, HalfStars, i64)>) -> History {
        let mut by_film: Vec<_> = ratings.into_iter().collect();
        by_film.reverse();
        by_film.sort_by_key(|(film, ..)| *film);
        by_film.dedup_by_key(|(film, ..)| *film);
        by_film.shrink_to_fit();
        let mut by_time: Vec<_> = by_film.iter().map(|(_, half_stars, at)| (*at, *half_stars)).collect();
        by_time.sort_unstable();
        History { by_film, by_time }
    }

    fn place_of(&self, film: MovieId) -> Result<usize, usize> {
        self.by_film.binary_search_by_key(&film, |(film, ..)| *film)
    }

    /// What a film was given, and when.
    pub fn of(&self, film: MovieId) -> Option<(HalfStars, i64)> {
        let (_, half_stars, at) = self.by_film[self.place_of(film).ok()?];
        Some((half_stars, at))
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
        match self.place_of(film) {
            Ok(place) => {
                let (_, before, before_at) = std::mem::replace(&mut self.by_film[place], (film, half_stars, at));
                if let Ok(place) = self.by_time.binary_search(&(before_at, before)) {
                    self.by_time.remove(place);
                }
            }
            Err(place) => insert(&mut self.by_film, place, (film, half_stars, at)),
        }
        let place = self.by_time.partition_point(|known| *known < (at, half_stars));
        insert(&mut self.by_time, place, (at, half_stars));
    }

    /// The ratings from a time to another, both included.
    pub fn between(&self, from: i64, to: i64) -> &[(i64, HalfStars)] {
        let first = self.by_time.partition_point(|(known, _)| *known < from);
        let end = self.by_time.partition_point(|(known, _)| *known <= to);
        &self.by_time[first..end.max(first)]
    }
}

/// With little room for more: of most users few ratings come in.
fn insert<T>(list: &mut Vec<T>, place: usize, one: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 1);
    }
    list.insert(place, one);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn of_each_film_the_last_rating_counts_and_all_are_found_by_time() {
        let half_stars = |number: i64| HalfStars::new((number % 10 + 1) as u8).unwrap();
        let ratings: Vec<(MovieId, HalfStars, i64)> =
            (0..900).map(|number| ((number * number % 71) as MovieId, half_stars(number), number * 37 % 500)).collect();
        for told_at_once in [0, 1, 450, 900] {
            let (at_once, later) = ratings.split_at(told_at_once);
            let mut history = History::new(at_once.iter().copied());
            later.iter().for_each(|&(film, half_stars, at)| history.set(film, half_stars, at));
            let expected: BTreeMap<_, _> =
                ratings.iter().map(|&(film, half_stars, at)| (film, (half_stars, at))).collect();
            assert_eq!(history.len(), expected.len());
            assert!((0..71).all(|film| history.of(film) == expected.get(&film).copied()));
            let mut by_time: Vec<_> = expected.values().map(|(half_stars, at)| (*at, *half_stars)).collect();
            by_time.sort_unstable();
            assert_eq!(history.between(i64::MIN, i64::MAX), by_time);
            by_time.retain(|(at, _)| (100..=200).contains(at));
            assert_eq!(history.between(100, 200), by_time);
        }
    }
}
