//! A dataset version and a film more, as a new version with the same ratings.

use std::path::Path;

use chrono::SecondsFormat;
use unicode_normalization::UnicodeNormalization;

use super::grow::{Changes, write};
use super::import::ImportReport;
use super::store::{lock, versions};
use super::{Dataset, Error, Metadata};
use crate::catalogue::Movie;
use crate::movielens::{ParsedTitle, Progress, YEARS, folded_title, genres_of, parse_title};
use crate::rating::{FIRST_LIVE_ID, MovieId};
use crate::versions::{content_sha256, utc, version_name};

/// The longest title of a film, in bytes: three times that of the longest in MovieLens.
const LONGEST_TITLE: usize = 500;

/// A film that came after the dataset.
#[derive(Clone, Debug, Default)]
pub struct NewFilm {
    /// Its number; `None` for the next one from [`FIRST_LIVE_ID`] on that no version of the dataset has.
    pub id: Option<MovieId>,
    /// As MovieLens or people write it: "Matrix, The" and "The Matrix" are the same; other titles in parentheses.
    pub title: String,
    /// The year of release.
    pub year: u16,
    /// Genres with bars between them.
    pub genres: String,
    /// Its number on imdb.com.
    pub imdb_id: Option<u32>,
    /// Its number on themoviedb.org.
    pub tmdb_id: Option<u32>,
}

/// Writes the latest version of a dataset and a film more as its latest version, at a time in seconds since 1970; gives the
/// film as it is written. What is rated since goes on where it was: the version has the watermark of the one before.
///
/// # Errors
/// [`Error::BadFilm`] and [`Error::FilmThere`] if there can be no such film, or is one; what [`super::grow`] can end with.
pub fn add_film(
    data_dir: &Path,
    name: &str,
    film: &NewFilm,
    now: i64,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Movie, ImportReport), Error> {
    let now = utc(now).ok_or_else(|| bad("the time", now, "seconds since 1970, before the year 10000"))?;
    // Before the base is opened: of two films that are added at once none is lost.
    let dataset = lock(data_dir, name)?;
    let base = Dataset::open(data_dir, name)?;
    let mut movie = checked(&base, film)?;
    if film.id.is_none() {
        movie.id = next_id(data_dir, &base)?;
    }
    base.verify()?;
    let mut movies = base.catalogue().movies().to_vec();
    let place = movies.partition_point(|known| known.id < movie.id);
    movies.insert(place, movie.clone());
    let directory = dataset.temporary()?;
    let (files, mut counts, times) = write(&base, &movies, &Changes::default(), directory.path(), progress)?;
    counts.movies += 1;
    let content_sha256 = content_sha256("", &files);
    let metadata = Metadata {
        version: version_name(now, &content_sha256),
        created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        content_sha256,
        counts,
        first_rating_at: times.0,
        last_rating_at: times.1,
        files,
        base: Some(base.metadata().version.clone()),
        ..base.metadata().clone()
    };
    let metadata = dataset.publish(directory, metadata)?;
    let directory = dataset.path().join(&metadata.version);
    Ok((movie, ImportReport { metadata, directory, reused: false, bad_rows: Vec::new() }))
}

fn bad(field: &'static str, value: impl ToString, allowed: &'static str) -> Error {
    Error::BadFilm { field, value: value.to_string(), allowed }
}

/// The film in the dataset's spelling; its id is 0 where none is asked for.
fn checked(base: &Dataset, film: &NewFilm) -> Result<Movie, Error> {
    let NewFilm { id, title, year, genres, imdb_id, tmdb_id } = film;
    let composed: String = title.nfc().collect();
    let ParsedTitle { title: parsed, other_titles, year: in_title } = parse_title(&composed);
    if parsed.trim().is_empty() || composed.len() > LONGEST_TITLE || composed.chars().any(char::is_control) {
        return Err(bad("the title", title.escape_debug(), "1 to 500 bytes of text, in one line"));
    }
    if !YEARS.contains(year) {
        return Err(bad("the year", year, "from 1870 to 2100"));
    }
    if in_title.is_some_and(|in_title| in_title != *year) {
        return Err(bad("the year", year, "the one in the title, or leave that out"));
    }
    let genres = genres_of(genres);
    if genres.iter().any(|genre| genre.len() > LONGEST_TITLE || genre.chars().any(char::is_control)) {
        return Err(bad("the genres", film.genres.escape_debug(), "words with bars between them"));
    }
    let movie = Movie {
        id: id.unwrap_or_default(),
        title: parsed,
        other_titles,
        year: Some(*year),
        genres,
        imdb_id: *imdb_id,
        tmdb_id: *tmdb_id,
    };
    let folded = folded_title(&movie.title);
    let is_called_so = |known: &Movie| {
        known.year == movie.year
            && [&known.title].into_iter().chain(&known.other_titles).any(|title| folded_title(title) == folded)
    };
    for known in base.catalogue().movies() {
        let in_common = [
            (*id == Some(known.id), "this id"),
            (is_called_so(known), "this title and year"),
            (imdb_id.is_some() && known.imdb_id == *imdb_id, "this IMDb id"),
            (tmdb_id.is_some() && known.tmdb_id == *tmdb_id, "this TMDb id"),
        ];
        let Some(&(_, same)) = in_common.iter().find(|(is_so, _)| *is_so) else { continue };
        let Movie { id: movie, title, year, .. } = known.clone();
        return Err(Error::FilmThere { same, movie, title, year });
    }
    match *id {
        Some(0) => Err(bad("the id", 0, "from 1 on")),
        // Of a film that the import left out.
        Some(id) if base.catalogue().source_id(id).is_some() => {
            Err(bad("the id", id, "one that no film of the source has"))
        }
        _ => Ok(movie),
    }
}

/// The next id of those that no source has. Also above the films of other versions: viewers may have rated those.
fn next_id(data_dir: &Path, base: &Dataset) -> Result<MovieId, Error> {
    let name = &base.metadata().name;
    let highest = |dataset: &Dataset| dataset.catalogue().movies().last().map_or(0, |movie| movie.id);
    let mut last = highest(base);
    for version in versions(data_dir, name)? {
        // One that cannot be opened is served to nobody.
        let Ok(other) = Dataset::open_version(data_dir, name, &version) else { continue };
        last = last.max(highest(&other));
    }
    let next = last.max(FIRST_LIVE_ID - 1).checked_add(1);
    next.ok_or_else(|| bad("the id", last, "below 4294967295 for a film to come after it; give one with --id"))
}
