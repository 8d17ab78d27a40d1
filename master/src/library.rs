//! What the master serves: one dataset version, with everything made from it once at start.

use std::sync::Arc;

use cineswarm_engine::dataset::Dataset;
use cineswarm_engine::{Catalogue, MovieId, Ranker, starters};
use serde::Serialize;

use cineswarm_chat::TitleIndex;

/// How many well-known films a first visitor may be shown.
const STARTERS: usize = 60;

/// A dataset version ready to be served.
pub struct Library {
    /// The ratings, by shard.
    pub dataset: Dataset,
    /// Ranks its films.
    pub ranker: Ranker,
    /// Finds its films by title.
    pub titles: TitleIndex,
    /// Well-known films of different kinds.
    pub starters: Vec<MovieId>,
}

/// A film as browsers get it.
#[derive(Clone, Debug, Serialize)]
pub struct Film<'a> {
    movie_id: MovieId,
    title: &'a str,
    year: Option<u16>,
    genres: &'a [String],
    ratings: u32,
    mean: Option<f64>,
}

/// All that the dataset has of a film.
#[derive(Clone, Debug, Serialize)]
pub struct FilmDetails<'a> {
    movie: Film<'a>,
    other_titles: &'a [String],
    imdb_id: Option<u32>,
    tmdb_id: Option<u32>,
    /// How many users gave it 0.5, 1, … 5 stars.
    histogram: [u32; 10],
}

/// The titles of a dataset's films, with what is known beside them: what both the page and the terminal find films by.
pub fn title_index(dataset: &Dataset) -> TitleIndex {
    // Tags make themes known; without them, or if they cannot be read, the chat says that it knows no themes.
    let tags = dataset.tags().unwrap_or_else(|error| {
        tracing::warn!(%error, "the dataset's tags cannot be read; the chat finds no themes");
        Vec::new()
    });
    let facts = dataset.facts().unwrap_or_else(|error| {
        tracing::warn!(%error, "the facts about films cannot be read; the chat knows no people, lengths and languages");
        Vec::new()
    });
    let catalogue = dataset.catalogue();
    TitleIndex::build(catalogue)
        .with_tags(tags.iter().map(|tag| (tag.movie, tag.tag.as_str())))
        .with_facts(facts, catalogue)
}

impl Library {
    /// Takes a second or so for millions of ratings.
    pub fn new(dataset: Dataset) -> Library {
        let catalogue = Arc::new(dataset.catalogue().clone());
        let titles = title_index(&dataset);
        Library {
            titles,
            starters: starters(&catalogue, STARTERS),
            ranker: Ranker::new(catalogue, dataset.rows()),
            dataset,
        }
    }

    /// The films.
    pub fn catalogue(&self) -> &Catalogue {
        self.ranker.catalogue()
    }

    /// The dataset version's name, as it stands in tasks and answers.
    pub fn version(&self) -> &str {
        &self.dataset.metadata().version
    }

    /// All that is known of a film; `None` if it is not in the catalogue. Looks into every user's row, which takes a few
    /// milliseconds for hundreds of thousands of users.
    pub fn details(&self, movie: MovieId) -> Option<FilmDetails<'_>> {
        let film = self.film(movie)?;
        let known = self.catalogue().get(movie)?;
        let mut histogram = [0; 10];
        for (_, movies, half_stars) in self.dataset.rows() {
            let Ok(at) = movies.binary_search(&movie) else { continue };
            // Half-stars are from 1 to 10.
            if let Some(count) = histogram.get_mut(usize::from(half_stars[at]).wrapping_sub(1)) {
                *count += 1;
            }
        }
        let (imdb_id, tmdb_id) = (known.imdb_id, known.tmdb_id);
        Some(FilmDetails { movie: film, other_titles: &known.other_titles, imdb_id, tmdb_id, histogram })
    }

    /// A film as browsers get it; `None` if it is not in the catalogue.
    pub fn film(&self, movie: MovieId) -> Option<Film<'_>> {
        let known = self.catalogue().get(movie)?;
        let stats = self.catalogue().stats(movie);
        Some(Film {
            movie_id: movie,
            title: &known.title,
            year: known.year,
            genres: &known.genres,
            ratings: stats.ratings,
            mean: stats.mean_stars(),
        })
    }
}
