//! The films of a dataset and what is known of each without looking at single ratings.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::genre_company::GenreCompany;
use crate::rating::{FIRST_LIVE_ID, HalfStars, MovieId};
use crate::source_ids::SourceIds;

/// A film as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movie {
    /// The dataset's number of the film.
    pub id: MovieId,
    /// The title in reading order and without the year: "The Matrix", not "Matrix, The (1999)".
    pub title: String,
    /// Other titles the dataset gives in parentheses, in reading order ("Cidade de Deus").
    pub other_titles: Vec<String>,
    /// The year of release, where the dataset gives one.
    pub year: Option<u16>,
    /// Genres in the dataset's spelling ("Sci-Fi", "Children"); empty where it lists none.
    pub genres: Vec<String>,
    /// The film's number on imdb.com, where links are known.
    pub imdb_id: Option<u32>,
    /// The film's number on themoviedb.org, where links are known.
    pub tmdb_id: Option<u32>,
}

/// How a film is rated over the whole dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovieStats {
    /// Number of ratings.
    pub ratings: u32,
    /// Sum of the half-stars of these ratings.
    pub half_stars_sum: u64,
}

impl MovieStats {
    /// Mean rating in stars, or `None` for a film nobody rated.
    pub fn mean_stars(&self) -> Option<f64> {
        (self.ratings > 0).then(|| self.half_stars_sum as f64 / f64::from(self.ratings) / 2.0)
    }
}

/// All films of a dataset, in ascending order of id, with their statistics. A clone shares the films.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    movies: Arc<[Movie]>,
    stats: Vec<MovieStats>,
    genres: Arc<[String]>,
    company: Arc<GenreCompany>,
    source_ids: Option<Arc<SourceIds>>,
}

impl Catalogue {
    /// Takes films in any order; of two with the same id the first is kept.
    pub fn new(movies: impl IntoIterator<Item = (Movie, MovieStats)>) -> Catalogue {
        let mut sorted: Vec<(Movie, MovieStats)> = movies.into_iter().collect();
        sorted.sort_by_key(|(movie, _)| movie.id);
        sorted.dedup_by_key(|(movie, _)| movie.id);
        let mut genres: Vec<String> = sorted.iter().flat_map(|(movie, _)| movie.genres.iter().cloned()).collect();
        genres.sort_unstable();
        genres.dedup();
        let company = GenreCompany::new(&genres, sorted.iter().map(|(movie, _)| movie.genres.as_slice()));
        let (movies, stats): (Vec<Movie>, Vec<MovieStats>) = sorted.into_iter().unzip();
        Catalogue { movies: movies.into(), stats, genres: genres.into(), company: company.into(), source_ids: None }
    }

    /// With what the source calls the films, where that is not their number.
    #[must_use]
    pub fn with_source_ids(self, source_ids: Option<SourceIds>) -> Catalogue {
        Catalogue { source_ids: source_ids.map(Arc::new), ..self }
    }

    /// Counts a rating that has changed: what it was before, and what it is now.
    pub(crate) fn recount(&mut self, movie: MovieId, before: Option<HalfStars>, now: Option<HalfStars>) {
        let Some(stats) = self.position(movie).map(|at| &mut self.stats[at]) else { return };
        if let Some(before) = before {
            stats.ratings = stats.ratings.saturating_sub(1);
            stats.half_stars_sum = stats.half_stars_sum.saturating_sub(before.get().into());
        }
        if let Some(now) = now {
            stats.ratings += 1;
            stats.half_stars_sum += u64::from(now.get());
        }
    }

    /// What the source calls a film; `None` where that is its number.
    pub fn source_id(&self, movie: MovieId) -> Option<&str> {
        self.source_ids.as_ref()?.get(movie)
    }

    /// The film with this id in the source, or with this number if it came after the source.
    pub fn of_source(&self, source_id: &str) -> Option<&Movie> {
        let number = || source_id.parse().ok();
        match &self.source_ids {
            None => self.get(number()?),
            Some(ids) => {
                self.get(ids.number_of(source_id).or_else(|| number().filter(|number| *number >= FIRST_LIVE_ID))?)
            }
        }
    }

    /// The id of a film in the source.
    pub fn id_shown(&self, movie: MovieId) -> Cow<'_, str> {
        match self.source_id(movie) {
            None => movie.to_string().into(),
            Some(id) => id.into(),
        }
    }

    /// The film's place in the ascending order of ids, which other arrays may be parallel to.
    pub fn position(&self, movie: MovieId) -> Option<usize> {
        self.movies.binary_search_by_key(&movie, |known| known.id).ok()
    }

    /// The film with this id.
    pub fn get(&self, movie: MovieId) -> Option<&Movie> {
        self.position(movie).map(|at| &self.movies[at])
    }

    /// The film's statistics; zeroes for an unknown film.
    pub fn stats(&self, movie: MovieId) -> MovieStats {
        self.position(movie).map(|at| self.stats[at]).unwrap_or_default()
    }

    /// All films, ascending by id.
    pub fn movies(&self) -> &[Movie] {
        &self.movies
    }

    /// Statistics parallel to [`Catalogue::movies`].
    pub fn all_stats(&self) -> &[MovieStats] {
        &self.stats
    }

    /// Every genre that some film has, in alphabetical order.
    pub fn genres(&self) -> &[String] {
        &self.genres
    }

    /// How much a film is of the wanted genres, 0.3 to 1: less for each genre beside it that is seldom beside these.
    /// 1 where none is wanted.
    pub fn genre_standing(&self, movie: &Movie, wanted: &[String]) -> f64 {
        self.company.standing(&self.genres, &movie.genres, wanted)
    }

    /// How many films there are.
    pub fn len(&self) -> usize {
        self.movies.len()
    }

    /// Whether there is no film.
    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }
}
