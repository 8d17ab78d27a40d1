//! The films of a dataset and what is known of each without looking at single ratings.

use serde::{Deserialize, Serialize};

use crate::rating::MovieId;

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

/// All films of a dataset, in ascending order of id, with their statistics.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    movies: Vec<Movie>,
    stats: Vec<MovieStats>,
    genres: Vec<String>,
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
        let (movies, stats) = sorted.into_iter().unzip();
        Catalogue { movies, stats, genres }
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

    /// How many films there are.
    pub fn len(&self) -> usize {
        self.movies.len()
    }

    /// Whether there is no film.
    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }
}
