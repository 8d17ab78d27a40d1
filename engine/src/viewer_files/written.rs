//! A viewer's ratings for others to read: as the CSV that Letterboxd imports, and as JSON of all that is known.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::catalogue::Catalogue;
use crate::movielens::csv_field;
use crate::rating::{HalfStars, MovieId};

/// A rating of a viewer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRating {
    /// The film.
    pub movie: MovieId,
    /// How high.
    pub half_stars: HalfStars,
    /// Seconds since 1970, 0 if it is not known.
    pub at: i64,
}

/// The header that Letterboxd imports; its `Rating10` has our half stars.
const LETTERBOXD: &str = "tmdbID,imdbID,Title,Year,Rating10,WatchedDate,Rewatch,Tags,Review\n";

/// Ratings as Letterboxd imports them. Films that the catalogue lacks cannot be named, and are not written.
pub fn letterboxd(ratings: &[OwnRating], catalogue: &Catalogue) -> String {
    let mut out = LETTERBOXD.to_owned();
    for rating in ratings {
        let Some(movie) = catalogue.get(rating.movie) else { continue };
        let tmdb = movie.tmdb_id.map(|id| id.to_string()).unwrap_or_default();
        let imdb = movie.imdb_id.map(|id| format!("tt{id:07}")).unwrap_or_default();
        let year = movie.year.map(|year| year.to_string()).unwrap_or_default();
        let date = date(rating.at, "%Y-%m-%d").unwrap_or_default();
        let (title, half_stars) = (csv_field(&movie.title), rating.half_stars.get());
        out.push_str(&format!("{tmdb},{imdb},{title},{year},{half_stars},{date},,,\n"));
    }
    out
}

/// Ratings with all that is known of their films.
pub fn json(ratings: &[OwnRating], catalogue: &Catalogue) -> Value {
    let films = ratings.iter().map(|rating| {
        let movie = catalogue.get(rating.movie);
        let mut film = json!({
            "movie_id": rating.movie,
            "title": movie.map(|movie| &movie.title),
            "year": movie.and_then(|movie| movie.year),
            "genres": movie.map(|movie| &movie.genres),
            "imdb_id": movie.and_then(|movie| movie.imdb_id),
            "tmdb_id": movie.and_then(|movie| movie.tmdb_id),
            "rating": rating.half_stars.stars(),
            "rated_at": date(rating.at, "%Y-%m-%dT%H:%M:%SZ"),
        });
        if let Some(id) = catalogue.source_id(rating.movie) {
            film["source_id"] = id.into();
        }
        film
    });
    json!({ "ratings": films.collect::<Vec<Value>>() })
}

fn date(at: i64, form: &str) -> Option<String> {
    // 1970 stands for a time that is not known.
    let at = DateTime::from_timestamp(at, 0).filter(|_| at > 0)?;
    Some(at.format(form).to_string())
}
