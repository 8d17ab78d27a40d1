//! What has changed in users' rows since everybody's were laid out, and so each row as it is now and as it was a moment
//! ago, for who still speaks of that. As much is kept as there were changes, however long the rows are. A clone is what it
//! is now and stays so; what one of two changes is copied first, a bucket of users at a time.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::rating::{HalfStars, UserId};
use crate::row_changes::{Change, RowChanges};
use crate::rows::{Row, Rows};

/// A page of changes then touches a small part of all, and a change moves few others.
const BUCKETS: usize = 1024;
/// Changes of one user that are kept though later ones of the same films were taken, more than come in while somebody lags
/// behind; past it the older half is forgotten.
const MOST_PAST: usize = 8192;
/// What is kept grows by a part of itself: twice the room for each bucket would be most of it.
const GROWTH: usize = 8;

/// The rows that differ from those they were made of.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRows(Vec<Arc<Bucket>>);

/// The changes of some users, one user after the other.
#[derive(Clone, Debug, Default)]
struct Bucket {
    /// Ascending, each with the end of the user's changes.
    users: Vec<(UserId, u32)>,
    /// Of each user by film, and of each film in their order.
    changes: Vec<Change>,
    /// Users of whom not all is known.
    cut: FxHashMap<UserId, Cut>,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    /// What was before this change cannot be told any more.
    known_from: u64,
    /// What was laid out does not count.
    is_deleted: bool,
}

/// A user's row at some change.
pub(crate) enum RowThen<'a> {
    /// It is known.
    Known(Row<'a>),
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

    fn of_bucket(&self, user: UserId) -> &Bucket {
        &self.0[Self::bucket(user)]
    }

    fn of_bucket_mut(&mut self, user: UserId) -> &mut Bucket {
        Arc::make_mut(&mut self.0[Self::bucket(user)])
    }

    /// Whether the user's row differs, or did.
    pub(crate) fn has(&self, user: UserId) -> bool {
        self.of_bucket(user).find(user).is_ok()
    }

    /// The rows that are not empty, and whose they are.
    pub(crate) fn rows<'a>(&'a self, base: &'a Rows) -> impl Iterator<Item = (UserId, Row<'a>)> {
        self.0.iter().flat_map(move |bucket| {
            let rows = bucket.users.iter().enumerate();
            rows.filter_map(move |(place, (user, _))| Some((*user, bucket.row(place, base, u64::MAX).unless_empty()?)))
        })
    }

    /// A user's ratings now; `None` for a user without any.
    pub(crate) fn of<'a>(&'a self, base: &'a Rows, user: UserId) -> Option<Row<'a>> {
        let bucket = self.of_bucket(user);
        match bucket.find(user) {
            Ok(place) => bucket.row(place, base, u64::MAX).unless_empty(),
            Err(_) => base.of(user),
        }
    }

    /// A user's ratings when the change numbered `as_of` was the last; `base_at` was the last in `base`.
    pub(crate) fn then<'a>(&'a self, base: &'a Rows, base_at: u64, user: UserId, as_of: u64) -> RowThen<'a> {
        let bucket = self.of_bucket(user);
        let row = match (bucket.find(user), bucket.cut.get(&user)) {
            (Ok(_), Some(cut)) if cut.is_deleted && as_of < cut.known_from => return RowThen::DeletedSince,
            (Ok(_), Some(cut)) if as_of < cut.known_from && as_of > base_at => return RowThen::Forgotten,
            (Ok(place), _) => bucket.row(place, base, as_of).unless_empty(),
            (Err(_), _) => base.of(user),
        };
        row.map_or(RowThen::Nobody, RowThen::Known)
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
        let before = self.of(base, user).and_then(|row| HalfStars::new(row.rating(film)?));
        if before != now {
            self.of_bucket_mut(user).add(user, Change::new(film, now.map(HalfStars::get), at));
        }
        before
    }

    /// Empties a user's row for good, and gives what was in it.
    pub(crate) fn delete(&mut self, base: &Rows, user: UserId, at: u64) -> Vec<(u32, HalfStars)> {
        let mut before = Vec::new();
        if let Some(row) = self.of(base, user) {
            row.each(|film, half_stars| before.extend(HalfStars::new(half_stars).map(|half_stars| (film, half_stars))));
        }
        self.of_bucket_mut(user).delete(user, at);
        before
    }
}

impl Bucket {
    /// The user's place, or where it would be.
    fn find(&self, user: UserId) -> Result<usize, usize> {
        self.users.binary_search_by_key(&user, |(user, _)| *user)
    }

    fn find_or_add(&mut self, user: UserId) -> usize {
        self.find(user).unwrap_or_else(|place| {
            let end = self.range_from(place);
            make_room(&mut self.users);
            self.users.insert(place, (user, end as u32));
            place
        })
    }

    fn range_from(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.users[before].1 as usize)
    }

    /// Where the changes of the user at a place are.
    fn range(&self, place: usize) -> Range<usize> {
        self.range_from(place)..self.users[place].1 as usize
    }

    /// The row, maybe an empty one, of the user at a place.
    fn row<'a>(&'a self, place: usize, base: &'a Rows, as_of: u64) -> Row<'a> {
        let user = self.users[place].0;
        let laid_out = if self.cut.get(&user).is_some_and(|cut| cut.is_deleted) { None } else { base.of(user) };
        laid_out.unwrap_or(Row::EMPTY).with(RowChanges { all: &self.changes[self.range(place)], as_of })
    }

    fn add(&mut self, user: UserId, change: Change) {
        let place = self.find_or_add(user);
        let range = self.range(place);
        let before = self.changes[range.clone()].partition_point(|other| other.film() <= change.film());
        make_room(&mut self.changes);
        self.changes.insert(range.start + before, change);
        self.users[place..].iter_mut().for_each(|(_, end)| *end += 1);
        if range.len() >= MOST_PAST {
            self.forget(place);
        }
    }

    /// Forgets the older half of what later changes have replaced, if that is too much.
    fn forget(&mut self, place: usize) {
        let range = self.range(place);
        let own = &self.changes[range.clone()];
        // When each was replaced, of those that were.
        let replaced_at = own.windows(2).map(|pair| (pair[0].film() == pair[1].film()).then(|| pair[1].at()));
        let mut replaced: Vec<u64> = replaced_at.clone().flatten().collect();
        if replaced.len() < MOST_PAST {
            return;
        }
        let (_, &mut known_from, _) = replaced.select_nth_unstable(MOST_PAST / 2);
        let is_kept = replaced_at.map(|at| at.is_none_or(|at| at > known_from)).chain([true]);
        let kept: Vec<Change> = own.iter().zip(is_kept).filter_map(|(change, kept)| kept.then_some(*change)).collect();
        let fewer = (range.len() - kept.len()) as u32;
        self.changes.splice(range, kept);
        self.users[place..].iter_mut().for_each(|(_, end)| *end -= fewer);
        let user = self.users[place].0;
        self.cut.entry(user).or_insert(Cut { known_from, is_deleted: false }).known_from = known_from;
    }

    fn delete(&mut self, user: UserId, at: u64) {
        let place = self.find_or_add(user);
        let range = self.range(place);
        self.users[place..].iter_mut().for_each(|(_, end)| *end -= range.len() as u32);
        self.changes.drain(range);
        self.cut.insert(user, Cut { known_from: at, is_deleted: true });
    }
}

fn make_room<T>(all: &mut Vec<T>) {
    if all.len() == all.capacity() {
        all.reserve_exact(all.len() / GROWTH + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_stars(half_stars: u8) -> Option<HalfStars> {
        HalfStars::new(half_stars)
    }

    fn row(then: RowThen<'_>) -> Vec<(u32, u8)> {
        let row = match then {
            RowThen::Known(row) => row,
            RowThen::Nobody => return Vec::new(),
            RowThen::DeletedSince | RowThen::Forgotten => panic!("it is not known"),
        };
        let mut films = Vec::new();
        row.each(|film, half_stars| films.push((film, half_stars)));
        films
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
        assert!(changed.of(&base, 7).is_none() && changed.rows(&base).next().is_none());
        assert!(matches!(changed.then(&base, 10, 7, 29), RowThen::DeletedSince));
        assert!(matches!(changed.then(&base, 10, 7, 30), RowThen::Nobody));
        assert_eq!(row(kept.then(&base, 10, 7, 99)), [(5, 3)], "a clone stays as it was");
    }

    #[test]
    fn a_film_whose_number_is_long_lies_over_a_row_of_short_ones() {
        let (mut numbering, _) = crate::rows::Numbering::new(&crate::Catalogue::default());
        let base = Rows::new([(3, &[1, 4][..], &[2, 10][..])], &mut numbering);
        let mut changed = ChangedRows::default();
        for (film, at) in [(7, 1), (70_000, 2), (65_535, 3)] {
            assert_eq!(changed.set(&base, 3, film, half_stars(4), at), None);
        }
        assert_eq!(changed.set(&base, 3, 70_000, half_stars(9), 4), half_stars(4));
        let now = [(0, 2), (1, 10), (7, 4), (65_535, 4), (70_000, 9)];
        assert_eq!(row(changed.then(&base, 0, 3, 9)), now);
        assert_eq!(row(changed.then(&base, 0, 3, 1)), now[..3]);
        let sums = changed.of(&base, 3).unwrap().totals();
        assert_eq!((sums.ratings, sums.sum, sums.squares), (5, 29, 4 + 100 + 16 + 16 + 81));
    }

    #[test]
    fn what_changes_nothing_is_not_kept() {
        let (mut numbering, _) = crate::rows::Numbering::new(&crate::Catalogue::default());
        let base = Rows::new([(3, &[1][..], &[2][..])], &mut numbering);
        let mut changed = ChangedRows::default();
        assert_eq!(changed.set(&base, 3, 0, half_stars(2), 1), half_stars(2));
        assert_eq!(changed.set(&base, 5, 0, None, 2), None);
        assert!(!changed.has(3) && !changed.has(5));
    }

    #[test]
    fn of_a_row_that_changes_without_end_the_latest_changes_can_be_undone_and_others_are_as_they_were() {
        let base = Rows::new([], &mut crate::rows::Numbering::new(&crate::Catalogue::default()).0);
        let mut changed = ChangedRows::default();
        let neighbours = [3, 3 + 2 * BUCKETS as UserId];
        let restless = 3 + BUCKETS as UserId;
        neighbours.iter().for_each(|user| _ = changed.set(&base, *user, 5, half_stars(7), 1));
        let (mut now, mut then) = (std::collections::BTreeMap::new(), Vec::new());
        for at in 2..=20_000 {
            let film = (at % 7) as u32;
            let rating = if at % 70 == u64::from(film) { None } else { half_stars((at % 10 + 1) as u8) };
            changed.set(&base, restless, film, rating, at);
            match rating {
                Some(rating) => _ = now.insert(film, rating.get()),
                None => _ = now.remove(&film),
            }
            then.push((at, now.clone()));
        }
        let kept = changed.of_bucket(restless).changes.len();
        assert!(kept <= MOST_PAST + 7 + neighbours.len(), "{kept} changes are kept");
        assert!(matches!(changed.then(&base, 1, restless, 9_000), RowThen::Forgotten));
        for (at, row_then) in then.iter().skip_while(|(at, _)| *at < 16_500) {
            assert!(
                row_then.iter().map(|(film, rating)| (*film, *rating)).eq(row(changed.then(&base, 1, restless, *at)))
            );
        }
        changed.delete(&base, restless, 20_001);
        for user in neighbours {
            assert_eq!(row(changed.then(&base, 0, user, 20_001)), [(5, 7)]);
            assert!(matches!(changed.then(&base, 0, user, 0), RowThen::Nobody));
        }
        changed.set(&base, restless, 2, half_stars(1), 20_002);
        assert_eq!(row(changed.then(&base, 0, restless, 20_002)), [(2, 1)]);
        assert!(matches!(changed.then(&base, 0, restless, 20_000), RowThen::DeletedSince));
    }
}
