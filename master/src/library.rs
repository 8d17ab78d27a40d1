//! What the master serves: one dataset version, with everything made from it once at start.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cineswarm_engine::dataset::Dataset;
use cineswarm_engine::models::ServedModel;
use cineswarm_engine::{Catalogue, MovieId, Ranker, starters};
use serde::Serialize;
use sha2::{Digest, Sha256};

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
    /// The trained model, once there is one.
    model: OnceLock<Arc<OfferedModel>>,
}

/// A trained model as workers are offered it.
pub struct OfferedModel {
    /// Its algorithm, a slash, and its version.
    pub name: String,
    /// What workers hold.
    pub model: ServedModel,
    /// What they fetch.
    pub bytes: Bytes,
    /// The SHA-256 of that, in hexadecimal digits.
    pub sha256: String,
}

impl OfferedModel {
    /// The model in the form in which workers fetch it.
    pub fn new(name: String, model: ServedModel) -> OfferedModel {
        let bytes = Bytes::from(model.to_bytes());
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        OfferedModel { name, model, bytes, sha256 }
    }
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

impl Library {
    /// Takes a second or so for millions of ratings.
    pub fn new(dataset: Dataset) -> Library {
        let catalogue = Arc::new(dataset.catalogue().clone());
        // Tags make themes known; without them, or if they cannot be read, the chat says that it knows no themes.
        let tags = dataset.tags().unwrap_or_else(|error| {
            tracing::warn!(%error, "the dataset's tags cannot be read; the chat finds no themes");
            Vec::new()
        });
        let facts = dataset.facts().unwrap_or_else(|error| {
            tracing::warn!(%error, "the facts about films cannot be read; the chat knows no people, lengths and languages");
            Vec::new()
        });
        let titles = TitleIndex::build(&catalogue)
            .with_tags(tags.iter().map(|tag| (tag.movie, tag.tag.as_str())))
            .with_facts(facts, &catalogue);
        Library {
            titles,
            starters: starters(&catalogue, STARTERS),
            ranker: Ranker::new(catalogue, dataset.rows()),
            dataset,
            model: OnceLock::new(),
        }
    }

    /// The trained model, if there is one.
    pub fn model(&self) -> Option<&Arc<OfferedModel>> {
        self.model.get()
    }

    /// From now on this model answers. The first one stays for as long as the master runs: results of another one would be
    /// taken for wrong.
    pub fn offer(&self, model: OfferedModel) {
        let _ = self.model.set(Arc::new(model));
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
