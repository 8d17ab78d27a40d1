//! Questions about films: asked with one, or with some that have a tag, a series or a director in common, others that do are
//! right. What they have in common is kept from who answers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, DRAWS, ListTest, Lists, RATINGS_OF_A_SEED, Target};
use crate::catalogue::{Catalogue, Movie};
use crate::chance::Chance;
use crate::facts::FilmFacts;
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId};

/// Films asked about at the most.
const MOST_SEEDS: usize = 500;
/// Groups of films that have something in common that are asked about at the most.
const MOST_GROUPS: usize = 50;
/// A tag on more films than this says little of any of them.
const FILMS_OF_A_TAG: usize = 50;
/// Tags that films must have in common.
const COMMON_TAGS: usize = 2;

/// What each film has of a kind, and which films have it; of each only what somebody has rated, as nothing else can be
/// found by who rates it.
struct Labels {
    of_film: BTreeMap<MovieId, BTreeSet<String>>,
    films: BTreeMap<String, Vec<MovieId>>,
}

impl Lists {
    /// Asks with so many films, and keeps what they have in common back.
    pub(super) fn of_films(&self, target: Target, films: usize, seed: u64) -> ListTest {
        let labels = self.labels(target);
        let common = if matches!(target, Target::Tags(_)) { COMMON_TAGS } else { 1 };
        let cases = match films {
            1 => self.of_single_films(&labels, common, seed),
            _ => self.of_groups(&labels.groups(common), films, seed),
        };
        let matrix = self.matrix.clone();
        let data = match target {
            Target::Tags(_) => self.training(matrix, &self.catalogue, &[], None, &self.facts),
            Target::Series(_) => {
                let untitled = self.catalogue.movies().iter().zip(self.catalogue.all_stats()).map(|(movie, stats)| {
                    (Movie { title: String::new(), other_titles: Vec::new(), ..movie.clone() }, *stats)
                });
                let facts: Vec<FilmFacts> =
                    self.facts.iter().map(|facts| FilmFacts { series: None, ..facts.clone() }).collect();
                self.training(matrix, &Catalogue::new(untitled), &self.tags, self.genome.as_ref(), &facts)
            }
            _ => {
                let facts: Vec<FilmFacts> =
                    self.facts.iter().map(|facts| FilmFacts { directors: Vec::new(), ..facts.clone() }).collect();
                self.training(matrix, &self.catalogue, &self.tags, self.genome.as_ref(), &facts)
            }
        };
        ListTest { data, catalogue: self.catalogue.clone().into(), cases }
    }

    fn labels(&self, target: Target) -> Labels {
        let mut of_film: BTreeMap<MovieId, BTreeSet<String>> = BTreeMap::new();
        let mut label = |movie: MovieId, name: &str| {
            of_film.entry(movie).or_default().insert(name.to_lowercase());
        };
        match target {
            Target::Tags(_) => self.tags.iter().for_each(|tag| label(tag.movie, &tag.tag)),
            Target::Series(_) => {
                self.facts.iter().for_each(|facts| facts.series.iter().for_each(|name| label(facts.movie, name)));
            }
            _ => self.facts.iter().for_each(|facts| facts.directors.iter().for_each(|name| label(facts.movie, name))),
        }
        let mut films: BTreeMap<String, Vec<MovieId>> = BTreeMap::new();
        of_film.retain(|movie, _| self.catalogue.stats(*movie).ratings > 0);
        for (movie, names) in &of_film {
            names.iter().for_each(|name| films.entry(name.clone()).or_default().push(*movie));
        }
        films.retain(|_, films| films.len() <= FILMS_OF_A_TAG);
        Labels { of_film, films }
    }

    /// Whether enough is known of a film to ask with it.
    fn is_a_seed(&self, movie: MovieId) -> bool {
        self.catalogue.stats(movie).ratings as usize >= RATINGS_OF_A_SEED
    }

    /// Each film with all that have as many labels in common with it.
    fn of_single_films(&self, labels: &Labels, common: usize, seed: u64) -> Vec<Case> {
        let mut cases = Vec::new();
        for (&movie, names) in labels.of_film.iter().filter(|(movie, _)| self.is_a_seed(**movie)) {
            let mut shared: BTreeMap<MovieId, usize> = BTreeMap::new();
            for &other in names.iter().filter_map(|name| labels.films.get(name)).flatten() {
                *shared.entry(other).or_default() += 1;
            }
            let relevant: BTreeSet<MovieId> = shared
                .into_iter()
                .filter(|(other, shared)| *other != movie && *shared >= common)
                .map(|(other, _)| other)
                .collect();
            if !relevant.is_empty() {
                cases.push(Case { unit: movie, profile: Profile::from_ratings([(movie, HalfStars::MAX)]), relevant });
            }
        }
        Chance::of_stream(seed, 0).shuffle(&mut cases);
        cases.truncate(MOST_SEEDS);
        cases
    }

    /// Some films of each group with its others, a few times with other films.
    fn of_groups(&self, groups: &BTreeSet<Vec<MovieId>>, films: usize, seed: u64) -> Vec<Case> {
        let known = |group: &Vec<MovieId>| {
            group.iter().copied().filter(|movie| self.is_a_seed(*movie)).collect::<Vec<MovieId>>()
        };
        let asked = groups.iter().map(|group| (group, known(group)));
        let mut asked: Vec<(&Vec<MovieId>, Vec<MovieId>)> =
            asked.filter(|(group, known)| known.len() >= films && group.len() > films).collect();
        Chance::of_stream(seed, 0).shuffle(&mut asked);
        let mut cases = Vec::new();
        for ((group, mut known), unit) in asked.into_iter().take(MOST_GROUPS).zip(0..) {
            let mut chance = Chance::of_stream(seed, 1 + u64::from(unit));
            let mut drawn = BTreeSet::new();
            for _ in 0..DRAWS {
                chance.shuffle(&mut known);
                drawn.insert(known[..films].iter().copied().collect::<BTreeSet<MovieId>>());
            }
            cases.extend(drawn.into_iter().map(|drawn| Case {
                unit,
                relevant: group.iter().copied().filter(|movie| !drawn.contains(movie)).collect(),
                profile: Profile::from_ratings(drawn.into_iter().map(|movie| (movie, HalfStars::MAX))),
            }));
        }
        cases
    }
}

impl Labels {
    /// The films that have a label, or the same two, in common; those of two such are one group if they are the same films.
    fn groups(&self, common: usize) -> BTreeSet<Vec<MovieId>> {
        if common == 1 {
            return self.films.values().cloned().collect();
        }
        let mut of_pair: BTreeMap<(&str, &str), Vec<MovieId>> = BTreeMap::new();
        for (movie, names) in &self.of_film {
            let names: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| self.films.contains_key(*name)).collect();
            for (at, one) in names.iter().enumerate() {
                for other in &names[at + 1..] {
                    of_pair.entry((one, other)).or_default().push(*movie);
                }
            }
        }
        of_pair.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::MovieStats;
    use crate::matrix::RatingsMatrix;
    use crate::movielens::{Rating, Tag};

    /// Films 1 to 5 are by Varda and have two tags in common, film 5 is hardly known; 6 and 7 are by Tati.
    fn lists() -> Lists {
        let raters = |movie: MovieId| if movie == 5 { 2 } else { 12 };
        let ratings = (1..=7).flat_map(|movie| {
            (1..=raters(movie)).map(move |user| Rating { user, movie, half_stars: HalfStars::MAX, timestamp: 0 })
        });
        let movies = (1..=7).map(|id| {
            let title = format!("Film {id}");
            let movie =
                Movie { id, title, other_titles: vec![], year: None, genres: vec![], imdb_id: None, tmdb_id: None };
            (movie, MovieStats { ratings: raters(id), half_stars_sum: 0 })
        });
        let director = |movie| if movie <= 5 { "Agnès Varda" } else { "Jacques Tati" }.to_owned();
        let facts = (1..=7).map(|movie| FilmFacts { movie, directors: vec![director(movie)], ..FilmFacts::default() });
        let tags = (1..=5)
            .flat_map(|movie| ["beach", "cats"].map(|tag| Tag { user: 1, movie, tag: tag.to_owned(), timestamp: 0 }));
        Lists {
            matrix: RatingsMatrix::new(ratings, 1..=7),
            catalogue: Catalogue::new(movies),
            tags: tags.collect(),
            genome: None,
            facts: facts.collect(),
        }
    }

    #[test]
    fn with_some_films_of_a_group_its_others_are_asked_for_and_nobody_is_told_what_it_is() {
        let lists = lists();
        for target in [Target::Director(3), Target::Tags(3)] {
            let (test, again) = (lists.test(target, 1).unwrap(), lists.test(target, 1).unwrap());
            assert!(test.questions() > 1, "{target}: the same group is asked about with other films");
            for (case, same) in test.cases.iter().zip(&again.cases) {
                assert_eq!(case.profile, same.profile);
                let asked = case.profile.movie_ids();
                assert_eq!(asked.len(), 3);
                assert!(!asked.contains(&5), "{target}: too little is known of film 5 to ask with it");
                let others: BTreeSet<MovieId> = (1..=5).filter(|movie| !asked.contains(movie)).collect();
                assert_eq!(case.relevant, others);
            }
            let content = &test.data.content;
            match target {
                Target::Tags(_) => assert!((0..7).all(|column| content.tags(column).is_empty())),
                _ => assert!((0..7).all(|column| content.facts(column).unwrap().directors.is_empty())),
            }
        }
        assert!(lists.test(Target::Director(5), 1).is_none(), "a group has to have a film to be found");
        assert_eq!(lists.test(Target::Director(1), 1).unwrap().questions(), 6);
    }
}
