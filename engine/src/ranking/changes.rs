//! What has changed in everybody's ratings since a ranker was made, and what is counted of them.

use std::sync::Arc;

use super::Ranker;
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId, UserId};
use crate::rows::Row;

impl Ranker {
    /// As it is when the change with this number is the last in the rows that it was made of.
    #[must_use]
    pub fn made_at(self, change: u64) -> Ranker {
        Ranker { rows_at: change, taken: change, ..self }
    }

    /// The number of the last change that was taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// What a user of whom something has changed has rated of the catalogue; `None` for other users, of whom the dataset knows.
    pub fn changed_profile(&self, user: UserId) -> Option<Profile> {
        if !self.changed.has(user) {
            return None;
        }
        let Some(row) = self.changed.of(&self.rows, user) else { return Some(Profile::default()) };
        let film = |number: u32, half_stars: u8| {
            let place = *self.places.get(number as usize)?;
            Some((self.catalogue.movies()[place as usize].id, HalfStars::new(half_stars)?))
        };
        let mut ratings = Vec::new();
        row.each(|number, half_stars| ratings.extend(film(number, half_stars)));
        Some(Profile::from_ratings(ratings))
    }

    /// How many ratings the films of the catalogue have.
    pub fn ratings(&self) -> u64 {
        self.ratings
    }

    /// Takes the change numbered `at`, above all before: a rating given, changed, or taken back with `None`. Counts and
    /// means follow.
    pub fn rate(&mut self, user: UserId, movie: MovieId, half_stars: Option<HalfStars>, at: u64) {
        self.taken = at;
        let number = match (self.numbering.get(movie), half_stars) {
            (Some(number), _) => number,
            // Nobody has rated it.
            (None, None) => return,
            (None, Some(_)) => Arc::make_mut(&mut self.numbering).number(movie),
        };
        let before = self.changed.set(&self.rows, user, number, half_stars, at);
        self.recount(movie, before, half_stars);
    }

    /// Takes the change numbered `at`, above all before: all ratings of a user are gone for good.
    pub fn delete_user(&mut self, user: UserId, at: u64) {
        self.taken = at;
        for (number, half_stars) in self.changed.delete(&self.rows, user, at) {
            let place = self.places.get(number as usize).map(|&place| self.catalogue.movies()[place as usize].id);
            if let Some(movie) = place {
                self.recount(movie, Some(half_stars), None);
            }
        }
    }

    /// Knows that there was nothing for it up to the change with this number.
    pub fn pass(&mut self, at: u64) {
        self.taken = at;
    }

    fn recount(&mut self, movie: MovieId, before: Option<HalfStars>, now: Option<HalfStars>) {
        if before == now || self.catalogue.position(movie).is_none() {
            return;
        }
        Arc::make_mut(&mut self.catalogue).recount(movie, before, now);
        let counted =
            |rating: Option<HalfStars>| (u64::from(rating.is_some()), rating.map_or(0, |one| one.get().into()));
        let ((less, less_sum), (more, more_sum)) = (counted(before), counted(now));
        // What was there was counted, too.
        self.ratings = (self.ratings + more).saturating_sub(less);
        self.half_stars_sum = (self.half_stars_sum + more_sum).saturating_sub(less_sum);
    }

    /// Everybody's rows as they are now, in no order.
    pub(super) fn rows_now(&self) -> impl Iterator<Item = (UserId, Row<'_>)> {
        let unchanged = self.rows.all().filter(|(user, _)| !self.changed.has(*user));
        unchanged.chain(self.changed.rows(&self.rows))
    }

    /// How many users gave a film 0.5, 1, … 5 stars. Looks into every row.
    pub fn histogram(&self, movie: MovieId) -> [u32; 10] {
        let mut histogram = [0; 10];
        let Some(number) = self.numbering.get(movie) else { return histogram };
        for half_stars in self.rows_now().filter_map(|(_, row)| row.rating(number)) {
            // Half-stars are from 1 to 10.
            if let Some(count) = histogram.get_mut(usize::from(half_stars).wrapping_sub(1)) {
                *count += 1;
            }
        }
        histogram
    }
}
