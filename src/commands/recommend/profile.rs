//! Reads a person's ratings from a CSV file. Nothing is skipped: a row that cannot be taken is an error with its line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use cineswarm_engine::{Catalogue, HalfStars, MovieId, Profile};

/// More ratings are taken for a mistake; the server takes no more either.
const LONGEST_PROFILE: usize = 10_000;

/// So many ratings, titles and times beside them included, take less.
const LARGEST_FILE: u64 = 4 << 20;

/// Reads the columns `movie_id` (or `movieId`) and `rating`; of two ratings of a film the later counts.
pub(super) fn read(path: &Path, catalogue: &Catalogue) -> anyhow::Result<Profile> {
    let mut contents = Vec::new();
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut contents).with_context(|| format!("reading {}", path.display()))?;
    if contents.len() as u64 > LARGEST_FILE {
        bail!("{} has more than {LARGEST_FILE} bytes; give it fewer ratings", path.display());
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(contents.as_slice());
    let headers = reader.headers().with_context(|| format!("reading {}", path.display()))?.clone();
    let column = |names: &[&str]| {
        let found = headers.iter().position(|header| {
            names.iter().any(|name| header.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
        });
        found.ok_or_else(|| {
            anyhow!("{} has no column {}; its first line must be movie_id,rating", path.display(), names[0])
        })
    };
    let (movie_column, rating_column) = (column(&["movie_id", "movieId"])?, column(&["rating"])?);
    let mut ratings: Vec<(MovieId, HalfStars)> = Vec::new();
    for record in reader.records() {
        let record = record.with_context(|| format!("reading {}", path.display()))?;
        if ratings.len() == LONGEST_PROFILE {
            bail!("{} has more than {LONGEST_PROFILE} ratings; give it fewer", path.display());
        }
        let line = record.position().map_or(0, |position| line_at(&contents, position));
        let place = || format!("{}:{line}", path.display());
        let field = |column: usize| record.get(column).unwrap_or_default();
        let (movie, rating) = (field(movie_column), field(rating_column));
        let id: MovieId = movie.parse().with_context(|| format!("{}: {movie:?} is no film id", place()))?;
        if catalogue.get(id).is_none() {
            bail!("{}: there is no film {id} in this dataset", place());
        }
        let stars: f64 = rating.parse().with_context(|| format!("{}: {rating:?} is no rating", place()))?;
        ratings.push((id, HalfStars::from_stars(stars).with_context(place)?));
    }
    Ok(Profile::from_ratings(ratings))
}

/// The line of the record at a position. The reader's own count is of where it began to look, which may be at empty lines
/// before the record.
fn line_at(contents: &[u8], position: &csv::Position) -> u64 {
    let rest = contents.get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| b"\r\n".contains(byte)).filter(|byte| **byte == b'\n');
    position.line() + empty.count() as u64
}
