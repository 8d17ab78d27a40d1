//! The graph of films that the same people liked, walked one step from a viewer's films: an edge is as strong as there are
//! people who liked both. It is never laid out: the people are looked up in everybody's rows as they are now.

use super::{Because, Ranker};
use crate::profile::Profile;
use crate::rating::{LIKED, MovieId, UserId};
use crate::rows::Row;

/// One person in common may be chance.
pub const FEWEST_IN_COMMON: u32 = 2;

/// So few films are looked for in a row one by one.
const FEW: usize = 8;

/// One step from a viewer's liked films.
pub struct Walk<'r> {
    ranker: &'r Ranker,
    /// The films it begins with, and their numbers.
    from: Vec<(MovieId, u32)>,
    /// People who liked any of them.
    people: Vec<Row<'r>>,
}

/// A film that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its id.
    pub movie_id: MovieId,
    /// How many paths lead to it: for each film it begins with, as many as there are people who liked both.
    pub paths: u64,
    /// How many people they go by.
    pub people: u32,
}

impl Ranker {
    /// One step from the films of a profile that were given [`LIKED`] half-stars or more, by way of all people but one.
    /// Looks into every row: milliseconds for hundreds of thousands of users.
    pub fn walk(&self, profile: &Profile, but: Option<UserId>) -> Walk<'_> {
        let liked =
            profile.movie_ids().iter().zip(profile.half_stars()).filter(|(_, half_stars)| **half_stars >= LIKED);
        let from: Vec<(MovieId, u32)> =
            liked.filter_map(|(&movie, _)| Some((movie, self.numbering.get(movie)?))).collect();
        let begins = self.marked(from.iter().map(|(_, number)| *number));
        let everybody = self.rows_now().filter(|(user, _)| Some(*user) != but);
        let has_liked_any = |row: &Row<'_>| match from.len() {
            0..=FEW => from.iter().any(|(_, film)| row.rating(*film).is_some_and(|half_stars| half_stars >= LIKED)),
            _ => row.any(|film, half_stars| half_stars >= LIKED && begins[film as usize]),
        };
        let people = everybody.map(|(_, row)| row).filter(has_liked_any).collect();
        Walk { ranker: self, from, people }
    }

    /// By number, whether a film is one of these.
    fn marked(&self, films: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut marked = vec![false; self.numbering.len()];
        films.for_each(|film| marked[film as usize] = true);
        marked
    }
}

impl Walk<'_> {
    /// All films that were reached, but those that it begins with.
    pub fn reached(&self) -> Vec<Reached> {
        let begins = self.ranker.marked(self.from.iter().map(|(_, number)| *number));
        let mut by_number = vec![(0_u64, 0_u32); begins.len()];
        for row in &self.people {
            let mut paths = 0;
            each_liked(row, |film| paths += u64::from(begins[film as usize]));
            each_liked(row, |film| {
                let (all, people) = &mut by_number[film as usize];
                *all += paths;
                *people += 1;
            });
        }
        let movies = self.ranker.catalogue().movies();
        let of_catalogue = self.ranker.places.iter().zip(by_number).zip(begins);
        of_catalogue
            .filter(|((_, (paths, _)), begins)| *paths > 0 && !begins)
            .map(|((&place, (paths, people)), _)| Reached { movie_id: movies[place as usize].id, paths, people })
            .collect()
    }

    /// By which of the films that it begins with each of these was reached, the strongest `most` first: how many people
    /// liked both, and what part of the paths that is.
    pub fn ways(&self, to: &[MovieId], most: usize) -> Vec<Vec<Because>> {
        let mut place = vec![None; self.ranker.numbering.len()];
        for (at, number) in
            to.iter().enumerate().filter_map(|(at, &movie)| Some((at, self.ranker.numbering.get(movie)?)))
        {
            place[number as usize] = Some(at);
        }
        let mut begin = vec![None; place.len()];
        self.from.iter().enumerate().for_each(|(at, (_, number))| begin[*number as usize] = Some(at));
        let mut in_common = vec![0_u32; to.len() * self.from.len()];
        for row in &self.people {
            each_liked(row, |film| {
                let Some(reached) = place[film as usize] else { return };
                each_liked(row, |film| {
                    let Some(from) = begin[film as usize] else { return };
                    in_common[reached * self.from.len() + from] += 1;
                });
            });
        }
        let ways = |counts: &[u32]| {
            let all: u64 = counts.iter().copied().map(u64::from).sum();
            let mut ways: Vec<Because> = self
                .from
                .iter()
                .zip(counts)
                .filter(|(_, people)| **people > 0)
                .map(|(&(movie_id, _), &people)| Because {
                    movie_id,
                    share: f64::from(people) / all as f64,
                    neighbours: people,
                })
                .collect();
            ways.sort_by(|a, b| b.neighbours.cmp(&a.neighbours).then(a.movie_id.cmp(&b.movie_id)));
            ways.truncate(most);
            ways
        };
        // Without films to begin with there are no chunks, and no ways.
        let mut all: Vec<Vec<Because>> = in_common.chunks(self.from.len().max(1)).map(ways).collect();
        all.resize(to.len(), Vec::new());
        all
    }
}

fn each_liked(row: &Row<'_>, mut look: impl FnMut(u32)) {
    row.each(|film, half_stars| {
        if half_stars >= LIKED {
            look(film);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalogue::{Catalogue, Movie, MovieStats};
    use crate::rating::HalfStars;

    fn ranker(rows: &[(UserId, &[(MovieId, u8)])]) -> Ranker {
        let movie = |id| {
            let title = format!("film {id}");
            Movie { id, title, other_titles: vec![], year: None, genres: vec![], imdb_id: None, tmdb_id: None }
        };
        let movies = (1..=12).map(|id| (movie(id), MovieStats::default()));
        let rows: Vec<(UserId, Vec<MovieId>, Vec<u8>)> = rows
            .iter()
            .map(|(user, row)| (*user, row.iter().map(|one| one.0).collect(), row.iter().map(|one| one.1).collect()))
            .collect();
        let catalogue = Arc::new(Catalogue::new(movies));
        Ranker::new(catalogue, rows.iter().map(|(user, movies, stars)| (*user, &movies[..], &stars[..])))
    }

    fn profile(films: &[(MovieId, u8)]) -> Profile {
        Profile::from_ratings(films.iter().map(|(movie, stars)| (*movie, HalfStars::new(*stars).unwrap())))
    }

    #[test]
    fn films_are_reached_by_the_people_who_liked_both_and_say_by_which_films() {
        let mut ranker = ranker(&[
            (1, &[(1, 10), (2, 8), (3, 9)]),
            (2, &[(1, 8), (3, 8), (4, 7)]),
            (3, &[(2, 10), (3, 10), (5, 9)]),
            (4, &[(1, 7), (5, 10)]),
            (9, &[(1, 10), (6, 10)]),
        ]);
        let walk = |ranker: &Ranker| {
            let walk = ranker.walk(&profile(&[(1, 9), (2, 8), (4, 3)]), Some(9));
            let mut reached: Vec<_> =
                walk.reached().into_iter().map(|film| (film.movie_id, film.paths, film.people)).collect();
            reached.sort_unstable();
            let ways = walk.ways(&[3, 5], 5);
            (
                reached,
                ways.into_iter()
                    .map(|ways| ways.into_iter().map(|way| (way.movie_id, way.neighbours)).collect())
                    .collect(),
            )
        };
        // Film 3: users 1 (by 1 and 2), 2 (by 1) and 3 (by 2); film 5: user 3 (by 2). 4 stars are a liking, 3.5 are none.
        let expected: (Vec<_>, Vec<Vec<_>>) = (vec![(3, 4, 3), (5, 1, 1)], vec![vec![(1, 2), (2, 2)], vec![(2, 1)]]);
        assert_eq!(walk(&ranker), expected);
        let share: f64 =
            ranker.walk(&profile(&[(1, 9), (2, 8)]), None).ways(&[3], 5)[0].iter().map(|way| way.share).sum();
        assert!((share - 1.0).abs() < 1e-12);
        // What is rated since counts at once, and who is gone does not.
        ranker.rate(4, 1, HalfStars::new(8), 1);
        ranker.delete_user(3, 2);
        let expected: (Vec<_>, Vec<Vec<_>>) = (vec![(3, 3, 2), (5, 1, 1)], vec![vec![(1, 2), (2, 1)], vec![(1, 1)]]);
        assert_eq!(walk(&ranker), expected);
    }

    #[test]
    fn many_films_to_begin_with_are_as_few() {
        let rows: Vec<Vec<(MovieId, u8)>> = (0_u32..40)
            .map(|user| (1..=12).map(|film| (film, ((user * 7 + film * film * 5) % 10 + 1) as u8)).collect())
            .collect();
        let rows: Vec<(UserId, &[(MovieId, u8)])> = (1..).zip(rows.iter().map(Vec::as_slice)).collect();
        let ranker = ranker(&rows);
        for begins in 1..12 {
            let from: Vec<(MovieId, u8)> = (1..=begins).map(|film| (film, 10)).collect();
            let mut reached = ranker.walk(&profile(&from), None).reached();
            reached.sort_unstable_by_key(|film| film.movie_id);
            let likes = |row: &[(MovieId, u8)], film: MovieId| row[film as usize - 1].1 >= LIKED;
            let paths = |film| {
                let of = |row: &&[(MovieId, u8)]| {
                    if likes(row, film) { (1..=begins).filter(|from| likes(row, *from)).count() as u64 } else { 0 }
                };
                rows.iter().map(|(_, row)| of(row)).sum::<u64>()
            };
            let expected: Vec<(MovieId, u64)> =
                (begins + 1..=12).map(|film| (film, paths(film))).filter(|(_, paths)| *paths > 0).collect();
            let found: Vec<(MovieId, u64)> = reached.iter().map(|film| (film.movie_id, film.paths)).collect();
            assert_eq!(found, expected, "from {begins} films");
            assert!(begins > 8 || !expected.is_empty());
        }
    }

    #[test]
    fn from_nowhere_nothing_is_reached() {
        let ranker = ranker(&[(1, &[(1, 10), (2, 8)])]);
        for nothing in [profile(&[]), profile(&[(1, 7)]), profile(&[(77, 10)])] {
            let walk = ranker.walk(&nothing, None);
            assert_eq!(walk.reached(), []);
            assert_eq!(walk.ways(&[2], 3), [vec![]]);
        }
    }
}
