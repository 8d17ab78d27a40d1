//! What is known of the films besides their ratings: genres, year, title, words that users attached,
//! and how relevant the tags of a genome are to them.

use std::sync::Arc;

use crate::catalogue::{Catalogue, Movie};
use crate::facts::FilmFacts;
use crate::makers::Makers;
use crate::matrix::RatingsMatrix;
use crate::movielens::{Genome, Tag};

/// What is known of the film in each column of a matrix.
#[derive(Clone, Debug, Default)]
pub struct FilmContent {
    movies: Vec<Option<Movie>>,
    tags: Vec<Vec<String>>,
    genome: Option<Arc<Genome>>,
    /// Empty, or one for each film.
    facts: Vec<FilmFacts>,
}

impl FilmContent {
    /// Films of which nothing is known.
    pub fn unknown(films: usize) -> FilmContent {
        FilmContent { movies: vec![None; films], tags: vec![Vec::new(); films], genome: None, facts: Vec::new() }
    }

    /// Looks up the films of a matrix; tags of other films are passed over.
    pub fn new(
        matrix: &RatingsMatrix,
        catalogue: &Catalogue,
        tags: &[Tag],
        genome: Option<&Arc<Genome>>,
    ) -> FilmContent {
        let mut content = FilmContent { genome: genome.cloned(), ..FilmContent::unknown(matrix.films()) };
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

    /// Adds who made the films and what they are about; what is said of other films is passed over, and so are languages that
    /// are only heard in a film.
    pub fn with_facts(mut self, matrix: &RatingsMatrix, facts: &[FilmFacts]) -> FilmContent {
        if !facts.is_empty() {
            let makers = Makers::new(facts);
            self.facts = vec![FilmFacts::default(); self.films()];
            for of_film in facts {
                if let Some(known) = matrix.column_of(of_film.movie).and_then(|column| self.facts.get_mut(column)) {
                    known.clone_from(of_film);
                    known.languages.retain(|language| !makers.only_heard(of_film, &[language]));
                }
            }
        }
        self
    }

    /// Who made the film of a column and what it is about, where the dataset has such facts.
    pub fn facts(&self, column: usize) -> Option<&FilmFacts> {
        self.facts.get(column)
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

    /// How relevant each tag of the genome is to the film of a column, 0 to 255; `None` if it has no genome. All that
    /// there are have the same length.
    pub fn genome(&self, column: usize) -> Option<&[u8]> {
        self.genome.as_ref()?.of(self.movie(column)?.id)
    }
}
