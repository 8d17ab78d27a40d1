//! Changes over an index: ratings given, changed or taken back and users deleted since it was built. The next query
//! sees them; they are folded in by a compaction, which can run elsewhere while changes and queries go on. A clone is
//! what it is now and stays so: it costs as much as there are changed users, and the index is shared.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ShardIndex;
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId, UserId};
use crate::shard::{Error, MAX_FILMS_PER_USER, ShardRatings, squared_norm};

/// The whole row of a user of whom something has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangedRow {
    movie_ids: Vec<MovieId>,
    half_stars: Vec<u8>,
    norm: u32,
    /// The count of changes at the last change of this row.
    changed_at: u64,
}

impl ChangedRow {
    /// Squared norm.
    pub(crate) fn norm(&self) -> u32 {
        self.norm
    }

    /// Dot product with a profile, and how many films both have.
    pub(crate) fn meet(&self, profile: &Profile) -> (u32, u32) {
        let (movies, half_stars) = (profile.movie_ids(), profile.half_stars());
        let (mut own, mut other, mut dot, mut overlap) = (0, 0, 0, 0);
        while let (Some(a), Some(b)) = (self.movie_ids.get(own), movies.get(other)) {
            if a == b {
                dot += u32::from(self.half_stars[own]) * u32::from(half_stars[other]);
                overlap += 1;
            }
            own += usize::from(a <= b);
            other += usize::from(b <= a);
        }
        (dot, overlap)
    }

    fn set(&mut self, movie: MovieId, half_stars: Option<HalfStars>) {
        let square = |half_stars: u8| u32::from(half_stars).pow(2);
        match (self.movie_ids.binary_search(&movie), half_stars) {
            (Ok(at), Some(new)) => {
                self.norm = self.norm - square(self.half_stars[at]) + square(new.get());
                self.half_stars[at] = new.get();
            }
            (Ok(at), None) => {
                self.movie_ids.remove(at);
                self.norm -= square(self.half_stars.remove(at));
            }
            (Err(at), Some(new)) if self.movie_ids.len() < MAX_FILMS_PER_USER => {
                self.movie_ids.insert(at, movie);
                self.half_stars.insert(at, new.get());
                self.norm += square(new.get());
            }
            (Err(_), _) => {}
        }
    }
}

/// What has changed since an index was built.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The user's row as it is now; a deleted user's is empty.
    rows: FxHashMap<UserId, Arc<ChangedRow>>,
    count: u64,
}

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether the user's ratings in the index no longer count.
    pub(crate) fn has(&self, user: UserId) -> bool {
        self.rows.contains_key(&user)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (UserId, &ChangedRow)> {
        self.rows.iter().map(|(user, row)| (*user, &**row))
    }

    /// Of how many users something has changed: what a query looks at one by one.
    pub fn users(&self) -> usize {
        self.rows.len()
    }
}

/// An index that takes changes.
#[derive(Clone, Debug)]
pub struct LiveIndex {
    index: Arc<ShardIndex>,
    changes: Arc<Changes>,
}

/// An index to be built from another and its changes.
#[derive(Clone, Debug)]
pub struct Compaction {
    index: Arc<ShardIndex>,
    changes: Arc<Changes>,
}

/// An index that a compaction has built.
#[derive(Debug)]
pub struct Compacted {
    index: ShardIndex,
    /// What it was built from.
    before: Arc<ShardIndex>,
    /// Changes up to this count are in it.
    up_to: u64,
}

impl LiveIndex {
    /// Takes an index without changes.
    pub fn new(index: ShardIndex) -> LiveIndex {
        LiveIndex { index: Arc::new(index), changes: Arc::default() }
    }

    /// The index under the changes.
    pub fn index(&self) -> &ShardIndex {
        &self.index
    }

    /// What lies over it.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// A user's films, ascending, and the half-stars parallel to them; `None` if the user has none.
    pub fn ratings_of(&self, user: UserId) -> Option<(Vec<MovieId>, &[u8])> {
        let row = match self.changes.rows.get(&user) {
            Some(row) => Some((row.movie_ids.clone(), &row.half_stars[..])),
            None => self.index.ratings_of(user),
        };
        row.filter(|(movies, _)| !movies.is_empty())
    }

    /// Gives or changes a rating, or takes it back with `None`. The next query sees it.
    pub fn rate(&mut self, user: UserId, movie: MovieId, half_stars: Option<HalfStars>) {
        let LiveIndex { index, changes } = self;
        let changes = Arc::make_mut(changes);
        changes.count += 1;
        let row = changes.rows.entry(user).or_insert_with(|| {
            let (movies, half_stars) = index.ratings_of(user).unwrap_or_default();
            let norm = squared_norm(half_stars);
            Arc::new(ChangedRow { movie_ids: movies, half_stars: half_stars.to_vec(), norm, changed_at: 0 })
        });
        let row = Arc::make_mut(row);
        row.set(movie, half_stars);
        row.changed_at = changes.count;
    }

    /// Takes back all ratings of a user.
    pub fn delete_user(&mut self, user: UserId) {
        let changes = Arc::make_mut(&mut self.changes);
        changes.count += 1;
        let changed_at = changes.count;
        let row = ChangedRow { movie_ids: Vec::new(), half_stars: Vec::new(), norm: 0, changed_at };
        changes.rows.insert(user, Arc::new(row));
    }

    /// Begins to fold the changes in: the result is for another thread to [run](Compaction::run).
    pub fn compaction(&self) -> Compaction {
        Compaction { index: Arc::clone(&self.index), changes: Arc::clone(&self.changes) }
    }

    /// Takes what a compaction of this index has built; changes made since it began stay over it. One that began before
    /// another was installed is too old: it is dropped, and the answer is `false`.
    pub fn install(&mut self, compacted: Compacted) -> bool {
        if !Arc::ptr_eq(&self.index, &compacted.before) {
            return false;
        }
        self.index = Arc::new(compacted.index);
        Arc::make_mut(&mut self.changes).rows.retain(|_, row| row.changed_at > compacted.up_to);
        true
    }
}

impl Compaction {
    /// Builds the index anew, with the changes in it.
    ///
    /// # Errors
    /// If the ratings have become more than a shard can number, 2^32.
    pub fn run(self) -> Result<Compacted, Error> {
        let ratings = self.index.ratings();
        let changed = &self.changes.rows;
        let mut users: Vec<UserId> =
            ratings.user_ids().iter().copied().filter(|user| !changed.contains_key(user)).collect();
        users.extend(changed.iter().filter(|(_, row)| !row.movie_ids.is_empty()).map(|(user, _)| *user));
        users.sort_unstable();
        let (mut offsets, mut movie_ids, mut half_stars) = (vec![0], Vec::new(), Vec::new());
        for user in &users {
            let (movies, rated) = match changed.get(user) {
                Some(row) => (row.movie_ids.clone(), &row.half_stars[..]),
                None => ratings.ratings_of(*user).unwrap_or_default(),
            };
            movie_ids.extend(movies);
            half_stars.extend_from_slice(rated);
            // Past 2^32 the offsets no longer fit, and the check below refuses them.
            offsets.push(movie_ids.len() as u32);
        }
        let ratings = ShardRatings::new(&users, &offsets, &movie_ids, &half_stars)?;
        Ok(Compacted { index: ShardIndex::build(ratings), before: self.index, up_to: self.changes.count })
    }
}
