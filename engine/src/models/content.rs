//! What is known of the films besides their ratings: genres, year, title, and words that users attached.

use crate::catalogue::{Catalogue, Movie};
use crate::matrix::RatingsMatrix;
use crate::movielens::Tag;

/// What is known of the film in each column of a matrix.
#[derive(Clone, Debug, Default)]
pub struct FilmContent {
    movies: Vec<Option<Movie>>,
    tags: Vec<Vec<String>>,
}

impl FilmContent {
    /// Films of which nothing is known.
    pub fn unknown(films: usize) -> FilmContent {
        FilmContent { movies: vec![None; films], tags: vec![Vec::new(); films] }
    }

    /// Looks up the films of a matrix; tags of other films are passed over.
    pub fn new(matrix: &RatingsMatrix, catalogue: &Catalogue, tags: &[Tag]) -> FilmContent {
        let mut content = FilmContent::unknown(matrix.films());
        for (known, &movie) in content.movies.iter_mut().zip(matrix.movie_ids()) {
            *known = catalogue.get(movie).cloned();
        }
        for tag in tags {
            if let Some(column) = matrix.column_of(tag.movie) {
                content.tags[column].push(tag.tag.to_lowercase());
            }
        }
        content
    }

    /// How many films there are.
    pub fn films(&self) -> usize {
        self.movies.len()
    }

    /// The film of a column, where the catalogue has it.
    pub fn movie(&self, column: usize) -> Option<&Movie> {
        self.movies.get(column)?.as_ref()
    }

    /// The tags of a column in lower case, one for each time a user gave it.
    pub fn tags(&self, column: usize) -> &[String] {
        self.tags.get(column).map_or(&[], Vec::as_slice)
    }
}
