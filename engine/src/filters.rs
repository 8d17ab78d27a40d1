//! Which films may be recommended at all. Filters apply before the cut to n, never after.

use serde::{Deserialize, Serialize};

use crate::catalogue::Movie;
use crate::rating::MovieId;

/// Conditions a film must meet; the default lets every film pass except those the viewer has rated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filters {
    /// The film has at least one of these genres (any film, if empty). Compared without regard to case.
    pub genres: Vec<String>,
    /// The film has none of these genres.
    pub exclude_genres: Vec<String>,
    /// Released in this year or later; a film of unknown year does not pass.
    pub year_from: Option<u16>,
    /// Released in this year or earlier; a film of unknown year does not pass.
    pub year_to: Option<u16>,
    /// Leave out the films in the viewer's profile.
    pub exclude_seen: bool,
    /// Only these films (any film, if empty).
    pub movie_ids: Vec<MovieId>,
    /// Never these films.
    pub exclude_movie_ids: Vec<MovieId>,
}

impl Default for Filters {
    fn default() -> Self {
        Filters {
            genres: Vec::new(),
            exclude_genres: Vec::new(),
            year_from: None,
            year_to: None,
            exclude_seen: true,
            movie_ids: Vec::new(),
            exclude_movie_ids: Vec::new(),
        }
    }
}

impl Filters {
    /// Whether a film may be recommended; `seen` says that it is in the viewer's profile.
    pub fn allow(&self, movie: &Movie, seen: bool) -> bool {
        let has_any = |wanted: &[String]| {
            wanted.iter().any(|genre| movie.genres.iter().any(|own| own.eq_ignore_ascii_case(genre)))
        };
        !(self.exclude_seen && seen)
            && (self.genres.is_empty() || has_any(&self.genres))
            && !has_any(&self.exclude_genres)
            && self.year_from.is_none_or(|from| movie.year.is_some_and(|year| year >= from))
            && self.year_to.is_none_or(|to| movie.year.is_some_and(|year| year <= to))
            && (self.movie_ids.is_empty() || self.movie_ids.contains(&movie.id))
            && !self.exclude_movie_ids.contains(&movie.id)
    }
}
