//! Users' rows as they are now, of whom something has changed since everybody's were laid out, and what a row was a moment
//! ago, for who still speaks of that. A clone is what it is now and stays so; what one of two changes is copied first, a
//! bucket of users at a time.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::rating::{HalfStars, UserId};
use crate::rows::{Row, Rows};
use crate::shard::FilmNumbers;

/// A power of two: a page of changes then touches a small part of all.
const BUCKETS: usize = 256;
/// Rows grow by so many ratings at a time: many users rate little, and twice the room for each would be most of what is kept.
const ROOM: usize = 4;
/// Changes of one row that can be undone, more than come in while somebody lags behind; past it the older half is forgotten.
const MOST_PAST: usize = 8192;

/// The rows that differ from those they were made of.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRows(Vec<Arc<FxHashMap<UserId, Arc<ChangedRow>>>>);

/// A row as it is now, with the way back.
#[derive(Clone, Debug, Default)]
struct ChangedRow {
    /// By number, ascending; narrow as long as all are.
    films: FilmNumbers<Vec<u16>, Vec<u32>>,
    /// Parallel to the films.
    half_stars: Vec<u8>,
    past: Vec<Change>,
    /// What was before this change cannot be told any more.
    known_from: u64,
    is_deleted: bool,
}

/// A change, by what was before it.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: u64,
    film: u32,
    before: Option<u8>,
}

/// A user's row at some change.
pub(crate) enum RowThen<'a> {
    /// As it is now.
    Now(Row<'a>),
    /// As it was: films by number, and parallel to them the half-stars.
    Past(Vec<u32>, Vec<u8>),
    /// There were no ratings.
    Nobody,
    /// The user has been deleted since.
    DeletedSince,
    /// It is not known any more.
    Forgotten,
}

impl Default for ChangedRows {
    fn default() -> ChangedRows {
        ChangedRows(vec![Arc::default(); BUCKETS])
    }
}

impl ChangedRows {
    fn bucket(user: UserId) -> usize {
        // Users' numbers are given out one after the other.
        user as usize % BUCKETS
    }

    fn get(&self, user: UserId) -> Option<&ChangedRow> {
        self.0[Self::bucket(user)].get(&user).map(|row| &**row)
    }

    /// Whether the user's row differs, or did.
    pub(crate) fn has(&self, user: UserId) -> bool {
        self.get(user).is_some()
    }

    /// The rows that are not empty, and whose they are.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (UserId, Row<'_>)> {
        self.0.iter().flat_map(|bucket| bucket.iter()).filter_map(|(user, row)| Some((*user, row.row()?)))
    }

    /// A user's ratings now; `None` for a user without any.
    pub(crate) fn of<'a>(&'a self, base: &'a Rows, user: UserId) -> Option<Row<'a>> {
        match self.get(user) {
            Some(row) => row.row(),
            None => base.of(user),
        }
    }

    /// A user's ratings when the change numbered `as_of` was the last; `base_at` was the last in `base`.
    pub(crate) fn then<'a>(&'a self, base: &'a Rows, base_at: u64, user: UserId, as_of: u64) -> RowThen<'a> {
        let changed = self.get(user);
        match changed {
            Some(row) if row.is_deleted && as_of < row.known_from => RowThen::DeletedSince,
            Some(row) if as_of < row.changed_at() && as_of > base_at => row.undone(as_of),
            Some(row) if as_of >= row.changed_at() => row.row().map_or(RowThen::Nobody, RowThen::Now),
            _ => base.of(user).map_or(RowThen::Nobody, RowThen::Now),
        }
    }

    /// Makes the change numbered `at`, and gives what was before it.
    pub(crate) fn set(
        &mut self,
        base: &Rows,
        user: UserId,
        film: u32,
        now: Option<HalfStars>,
        at: u64,
    ) -> Option<HalfStars> {
        let bucket = Arc::make_mut(&mut self.0[Self::bucket(user)]);
        let row = bucket.entry(user).or_insert_with(|| Arc::new(ChangedRow::of(base.of(user))));
        Arc::make_mut(row).set(film, now.map(HalfStars::get), at).and_then(HalfStars::new)
    }

    /// Empties a user's row for good, and gives what was in it.
    pub(crate) fn delete(&mut self, base: &Rows, user: UserId, at: u64) -> Vec<(u32, HalfStars)> {
        let before = ChangedRow::of(self.of(base, user));
        let deleted = ChangedRow { known_from: at, is_deleted: true, ..ChangedRow::default() };
        Arc::make_mut(&mut self.0[Self::bucket(user)]).insert(user, Arc::new(deleted));
        let rated = before.numbers().into_iter().zip(before.half_stars);
        rated.filter_map(|(film, half_stars)| Some((film, HalfStars::new(half_stars)?))).collect()
    }
}

impl ChangedRow {
    fn of(row: Option<Row<'_>>) -> ChangedRow {
        let Some(row) = row else { return ChangedRow::default() };
        let films = match row.films {
            FilmNumbers::Narrow(films) => FilmNumbers::Narrow(films.to_vec()),
            FilmNumbers::Wide(films) => FilmNumbers::Wide(films.to_vec()),
        };
        ChangedRow { films, half_stars: row.half_stars.to_vec(), ..ChangedRow::default() }
    }

    fn row(&self) -> Option<Row<'_>> {
        let films = match &self.films {
            FilmNumbers::Narrow(films) => FilmNumbers::Narrow(&films[..]),
            FilmNumbers::Wide(films) => FilmNumbers::Wide(&films[..]),
        };
        (!self.half_stars.is_empty()).then_some(Row { films, half_stars: &self.half_stars })
    }

    fn numbers(&self) -> Vec<u32> {
        match &self.films {
            FilmNumbers::Narrow(films) => films.iter().map(|&film| u32::from(film)).collect(),
            FilmNumbers::Wide(films) => films.clone(),
        }
    }

    fn changed_at(&self) -> u64 {
        self.past.last().map_or(self.known_from, |change| change.at)
    }

    fn set(&mut self, film: u32, now: Option<u8>, at: u64) -> Option<u8> {
        if film > u32::from(u16::MAX) && matches!(self.films, FilmNumbers::Narrow(_)) {
            self.films = FilmNumbers::Wide(self.numbers());
        }
        let before = match &mut self.films {
            // It fits: a wider one has widened the row.
            FilmNumbers::Narrow(films) => put(films, &mut self.half_stars, film as u16, now),
            FilmNumbers::Wide(films) => put(films, &mut self.half_stars, film, now),
        };
        if self.past.len() == MOST_PAST {
            let kept_from = MOST_PAST / 2;
            self.known_from = self.past[kept_from - 1].at;
            self.past.drain(..kept_from);
        }
        if self.past.len() == self.past.capacity() {
            self.past.reserve_exact(self.past.len().max(ROOM / 2));
        }
        self.past.push(Change { at, film, before });
        before
    }

    fn undone(&self, as_of: u64) -> RowThen<'_> {
        if as_of < self.known_from {
            return RowThen::Forgotten;
        }
        let (mut films, mut half_stars) = (self.numbers(), self.half_stars.clone());
        for change in self.past.iter().rev().take_while(|change| change.at > as_of) {
            put(&mut films, &mut half_stars, change.film, change.before);
        }
        if films.is_empty() { RowThen::Nobody } else { RowThen::Past(films, half_stars) }
    }
}

/// Puts a rating into a row or takes it out, and gives what was there.
fn put<Number: Copy + Ord>(
    films: &mut Vec<Number>,
    half_stars: &mut Vec<u8>,
    film: Number,
    now: Option<u8>,
) -> Option<u8> {
    match (films.binary_search(&film), now) {
        (Ok(at), Some(now)) => Some(std::mem::replace(&mut half_stars[at], now)),
        (Ok(at), None) => {
            films.remove(at);
            Some(half_stars.remove(at))
        }
        (Err(at), Some(now)) => {
            if films.len() == films.capacity() {
                films.reserve_exact(ROOM);
            }
            if half_stars.len() == half_stars.capacity() {
                half_stars.reserve_exact(ROOM);
            }
            films.insert(at, film);
            half_stars.insert(at, now);
            None
        }
        (Err(_), None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_stars(half_stars: u8) -> Option<HalfStars> {
        HalfStars::new(half_stars)
    }

    fn row(then: RowThen<'_>) -> Vec<(u32, u8)> {
        let (films, half_stars) = match then {
            RowThen::Past(films, half_stars) => (films, half_stars),
            RowThen::Now(row) => {
                let row = ChangedRow::of(Some(row));
                (row.numbers(), row.half_stars)
            }
            RowThen::Nobody => return Vec::new(),
            RowThen::DeletedSince | RowThen::Forgotten => panic!("it is not known"),
        };
        films.into_iter().zip(half_stars).collect()
    }

    #[test]
    fn a_row_is_known_as_it_was_after_each_of_its_changes_and_before_all() {
        let (mut numbering, _) = crate::rows::Numbering::new(&crate::Catalogue::default());
        let base = Rows::new([(7, &[1, 4][..], &[2, 10][..])], &mut numbering);
        let mut changed = ChangedRows::default();
        let before = [(0, half_stars(9), 12), (5, half_stars(3), 15), (1, None, 20), (0, None, 21)]
            .map(|(film, now, at)| changed.set(&base, 7, film, now, at));
        assert_eq!(before, [half_stars(2), None, half_stars(10), half_stars(9)]);
        for (as_of, wanted) in [
            (10, vec![(0, 2), (1, 10)]),
            (11, vec![(0, 2), (1, 10)]),
            (12, vec![(0, 9), (1, 10)]),
            (19, vec![(0, 9), (1, 10), (5, 3)]),
            (20, vec![(0, 9), (5, 3)]),
            (21, vec![(5, 3)]),
            (99, vec![(5, 3)]),
        ] {
            assert_eq!(row(changed.then(&base, 10, 7, as_of)), wanted, "as of {as_of}");
        }
        let kept = changed.clone();
        assert_eq!(changed.delete(&base, 7, 30), [(5, half_stars(3).unwrap())]);
        assert!(changed.of(&base, 7).is_none() && changed.rows().next().is_none());
        assert!(matches!(changed.then(&base, 10, 7, 29), RowThen::DeletedSince));
        assert!(matches!(changed.then(&base, 10, 7, 30), RowThen::Nobody));
        assert_eq!(row(kept.then(&base, 10, 7, 99)), [(5, 3)], "a clone stays as it was");
    }

    #[test]
    fn a_row_widens_with_the_first_film_whose_number_is_long() {
        let base = Rows::new([], &mut crate::rows::Numbering::new(&crate::Catalogue::default()).0);
        let mut changed = ChangedRows::default();
        for (film, at) in [(7, 1), (70_000, 2), (65_535, 3)] {
            assert_eq!(changed.set(&base, 3, film, half_stars(4), at), None);
        }
        assert_eq!(changed.set(&base, 3, 70_000, half_stars(9), 4), half_stars(4));
        assert_eq!(row(changed.then(&base, 0, 3, 9)), [(7, 4), (65_535, 4), (70_000, 9)]);
        assert_eq!(row(changed.then(&base, 0, 3, 1)), [(7, 4)]);
    }

    #[test]
    fn of_a_row_that_changes_without_end_the_latest_changes_can_be_undone() {
        let base = Rows::new([], &mut crate::rows::Numbering::new(&crate::Catalogue::default()).0);
        let mut changed = ChangedRows::default();
        for at in 1..=20_000 {
            changed.set(&base, 3, 0, half_stars((at % 10 + 1) as u8), at);
        }
        assert!(changed.0[3].values().all(|row| row.past.len() <= MOST_PAST));
        assert!(matches!(changed.then(&base, 0, 3, 9_000), RowThen::Forgotten));
        for at in [16_000, 19_999] {
            assert_eq!(row(changed.then(&base, 0, 3, at)), [(0, (at % 10 + 1) as u8)]);
        }
    }
}
