//! Everybody's ratings as rows in memory, for who needs a few users' ratings in full: three bytes a rating, films
//! numbered from the most rated one on, so that what is kept by film is mostly in the cache. What has changed since is laid
//! over a row as it is read. It looks for nobody.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::rating::{MovieId, UserId};
use crate::row_changes::RowChanges;
use crate::shard::{FilmNumbers, squared_norm};

/// All users' ratings.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    by_user: FxHashMap<UserId, u32>,
    /// One more than users.
    offsets: Vec<usize>,
    /// Ascending within a row.
    films: FilmNumbers<Vec<u16>, Vec<u32>>,
    half_stars: Vec<u8>,
}

/// A user's ratings: as they were laid out, with what has changed since laid over them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// By number, ascending.
    films: FilmNumbers<&'a [u16], &'a [u32]>,
    /// Parallel to the films.
    half_stars: &'a [u8],
    changes: RowChanges<'a>,
}

/// What is counted of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) ratings: u32,
    /// Of the half-stars.
    pub(crate) sum: u64,
    /// Of the squared half-stars.
    pub(crate) squares: u32,
}

impl Rows {
    /// Takes users with their films, ascending, and parallel to them the half-stars; of two of one user the later counts.
    pub(crate) fn new<'a>(
        rows: impl IntoIterator<Item = (UserId, &'a [MovieId], &'a [u8])>,
        numbering: &mut Numbering,
    ) -> Rows {
        let mut all = Rows {
            by_user: FxHashMap::default(),
            offsets: vec![0],
            films: FilmNumbers::default(),
            half_stars: Vec::new(),
        };
        let mut row: Vec<(u32, u8)> = Vec::new();
        for (user, movie_ids, half_stars) in rows {
            row.clear();
            row.extend(movie_ids.iter().zip(half_stars).map(|(&movie, &rating)| (numbering.number(movie), rating)));
            row.sort_unstable();
            all.by_user.insert(user, (all.offsets.len() - 1) as u32);
            all.half_stars.extend(row.iter().map(|(_, rating)| rating));
            all.offsets.push(all.half_stars.len());
            all.append(&row);
        }
        all
    }

    fn append(&mut self, row: &[(u32, u8)]) {
        let numbers = || row.iter().map(|(number, _)| *number);
        match &mut self.films {
            FilmNumbers::Narrow(narrow) if numbers().all(|number| number <= u32::from(u16::MAX)) => {
                narrow.extend(numbers().map(|number| number as u16));
            }
            FilmNumbers::Narrow(narrow) => {
                let wide = narrow.iter().map(|&number| u32::from(number)).chain(numbers());
                self.films = FilmNumbers::Wide(wide.collect());
            }
            FilmNumbers::Wide(wide) => wide.extend(numbers()),
        }
    }

    /// All rows, of users by their numbers, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (UserId, Row<'_>)> {
        self.by_user.keys().filter_map(|&user| Some((user, self.of(user)?)))
    }

    /// A user's ratings; `None` for a user without any.
    pub(crate) fn of(&self, user: UserId) -> Option<Row<'_>> {
        let row = *self.by_user.get(&user)? as usize;
        let range = self.offsets[row]..self.offsets[row + 1];
        let films = match &self.films {
            FilmNumbers::Narrow(films) => FilmNumbers::Narrow(&films[range.clone()]),
            FilmNumbers::Wide(films) => FilmNumbers::Wide(&films[range.clone()]),
        };
        Some(Row { films, half_stars: &self.half_stars[range], changes: RowChanges::NONE })
    }
}

impl<'a> Row<'a> {
    /// Of who has rated nothing.
    pub(crate) const EMPTY: Row<'static> =
        Row { films: FilmNumbers::Narrow(&[]), half_stars: &[], changes: RowChanges::NONE };

    /// This row, with these changes instead of those it has.
    pub(crate) fn with(self, changes: RowChanges<'a>) -> Row<'a> {
        Row { changes, ..self }
    }

    /// The row, unless nothing is in it.
    pub(crate) fn unless_empty(self) -> Option<Row<'a>> {
        // Whoever has more ratings than changes has not taken all of them back.
        let is_long = self.half_stars.len() > self.changes.all.len();
        (is_long || self.any(|_, _| true)).then_some(self)
    }

    /// About how many ratings these are.
    pub(crate) fn about(&self) -> usize {
        self.half_stars.len() + self.changes.all.len()
    }

    /// Whether something is true of any of the ratings, films by number and ascending, and what they were given; none is
    /// looked at after the first such one.
    pub(crate) fn any(&self, is: impl FnMut(u32, u8) -> bool) -> bool {
        match self.films {
            FilmNumbers::Narrow(films) => any(films, self.half_stars, self.changes, is),
            FilmNumbers::Wide(films) => any(films, self.half_stars, self.changes, is),
        }
    }

    /// Looks at all ratings: films by number, ascending, and what they were given.
    pub(crate) fn each(&self, mut look: impl FnMut(u32, u8)) {
        self.any(|film, half_stars| {
            look(film, half_stars);
            false
        });
    }

    pub(crate) fn totals(&self) -> Totals {
        let sum = self.half_stars.iter().map(|&half_stars| u64::from(half_stars)).sum();
        // A row has fewer films than would fill 32 bits.
        let laid_out = Totals { ratings: self.half_stars.len() as u32, sum, squares: squared_norm(self.half_stars) };
        self.changes.films().fold(laid_out, |all, (film, now)| all.less(self.laid_out(film)).more(now))
    }

    /// The half-stars given to a film.
    pub(crate) fn rating(&self, number: u32) -> Option<u8> {
        self.changes.film(number).unwrap_or_else(|| self.laid_out(number))
    }

    fn laid_out(&self, number: u32) -> Option<u8> {
        let at = match self.films {
            FilmNumbers::Narrow(films) => films.binary_search(&u16::try_from(number).ok()?),
            FilmNumbers::Wide(films) => films.binary_search(&number),
        };
        at.ok().map(|at| self.half_stars[at])
    }
}

impl Totals {
    fn of(rating: Option<u8>) -> Totals {
        let half_stars = rating.unwrap_or(0);
        Totals { ratings: rating.is_some().into(), sum: half_stars.into(), squares: u32::from(half_stars).pow(2) }
    }

    fn more(self, rating: Option<u8>) -> Totals {
        let Totals { ratings, sum, squares } = Totals::of(rating);
        Totals { ratings: self.ratings + ratings, sum: self.sum + sum, squares: self.squares + squares }
    }

    /// What is taken away was counted.
    fn less(self, rating: Option<u8>) -> Totals {
        let Totals { ratings, sum, squares } = Totals::of(rating);
        Totals { ratings: self.ratings - ratings, sum: self.sum - sum, squares: self.squares - squares }
    }
}

fn any<Number: Copy + Into<u32>>(
    films: &[Number],
    half_stars: &[u8],
    changes: RowChanges<'_>,
    mut is: impl FnMut(u32, u8) -> bool,
) -> bool {
    let mut laid_out = films.iter().zip(half_stars).map(|(&film, &half_stars)| (film.into(), half_stars)).peekable();
    for (film, now) in changes.films() {
        while let Some((other, half_stars)) = laid_out.next_if(|(other, _)| *other < film) {
            if is(other, half_stars) {
                return true;
            }
        }
        laid_out.next_if(|(other, _)| *other == film);
        if now.is_some_and(|now| is(film, now)) {
            return true;
        }
    }
    laid_out.any(|(film, half_stars)| is(film, half_stars))
}

/// Film ids to numbers: those of a catalogue from the most rated one on, then such as the catalogue lacks.
#[derive(Clone, Debug)]
pub(crate) struct Numbering {
    /// By film id, as far as ids lie close; `u32::MAX` for no film.
    low: Vec<u32>,
    high: FxHashMap<MovieId, u32>,
    count: u32,
}

impl Numbering {
    /// Numbers the films of a catalogue; also gives their places in it, by number.
    pub(crate) fn new(catalogue: &Catalogue) -> (Numbering, Vec<u32>) {
        // MovieLens numbers its films with gaps of up to 20 on average; 64 and a bit bounds what one odd id can cost.
        let limit = catalogue.len() * 64 + 1024;
        let is_low = |movie: MovieId| (movie as usize) < limit;
        let highest = catalogue.movies().iter().map(|movie| movie.id).rfind(|&id| is_low(id));
        let low = vec![u32::MAX; highest.map_or(0, |id| id as usize + 1)];
        let mut numbering = Numbering { low, high: FxHashMap::default(), count: 0 };
        let mut places: Vec<u32> = (0..catalogue.len() as u32).collect();
        places.sort_by_key(|&place| Reverse(catalogue.all_stats()[place as usize].ratings));
        for &place in &places {
            numbering.number(catalogue.movies()[place as usize].id);
        }
        (numbering, places)
    }

    /// How many films have a number.
    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    /// The film's number, if it has one.
    pub(crate) fn get(&self, movie: MovieId) -> Option<u32> {
        match self.low.get(movie as usize) {
            Some(&number) => (number != u32::MAX).then_some(number),
            None => self.high.get(&movie).copied(),
        }
    }

    /// The film's number; it gets one if it has none.
    pub(crate) fn number(&mut self, movie: MovieId) -> u32 {
        let slot = match self.low.get_mut(movie as usize) {
            Some(slot) => slot,
            None => self.high.entry(movie).or_insert(u32::MAX),
        };
        if *slot == u32::MAX {
            *slot = self.count;
            self.count += 1;
        }
        *slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Movie, MovieStats};

    fn catalogue(films: &[(MovieId, u32)]) -> Catalogue {
        Catalogue::new(films.iter().map(|&(id, ratings)| {
            let movie = Movie {
                id,
                title: String::new(),
                other_titles: Vec::new(),
                year: None,
                genres: Vec::new(),
                imdb_id: None,
                tmdb_id: None,
            };
            (movie, MovieStats { ratings, half_stars_sum: 0 })
        }))
    }

    #[test]
    fn films_are_numbered_from_the_most_rated_on_and_those_the_catalogue_lacks_come_last() {
        let (mut numbering, places) = Numbering::new(&catalogue(&[(3, 1), (4, 9), (u32::MAX, 5)]));
        assert_eq!(places, [1, 2, 0]);
        assert_eq!([4, u32::MAX, 3].map(|film| numbering.get(film)), [Some(0), Some(1), Some(2)]);
        assert_eq!((numbering.get(1), numbering.get(u32::MAX - 1)), (None, None));
        let rows = Rows::new([(7, &[1, 4][..], &[2, 10][..]), (9, &[], &[])], &mut numbering);
        assert_eq!((numbering.get(1), numbering.len()), (Some(3), 4));
        let row = rows.of(7).unwrap();
        assert_eq!([0, 1, 3].map(|number| row.rating(number)), [Some(10), None, Some(2)]);
        assert_eq!(row.totals(), Totals { ratings: 2, sum: 12, squares: 104 });
        assert!(rows.of(9).unwrap().unless_empty().is_none());
        assert!(rows.of(8).is_none());
    }

    #[test]
    fn more_films_than_two_bytes_can_number_are_kept_too() {
        let (mut numbering, _) = Numbering::new(&catalogue(&[(0, 0)]));
        let films: Vec<MovieId> = (0..70_000).map(|film| film * 11).collect();
        let half_stars: Vec<u8> = (0..70_000).map(|film| (film % 10 + 1) as u8).collect();
        let rows = Rows::new([(1, &films[..9], &half_stars[..9]), (2, &films, &half_stars)], &mut numbering);
        for (film, &half_stars) in films.iter().zip(&half_stars) {
            assert_eq!(rows.of(2).unwrap().rating(numbering.get(*film).unwrap()), Some(half_stars));
        }
        assert_eq!(rows.of(1).unwrap().half_stars, &half_stars[..9]);
    }
}
