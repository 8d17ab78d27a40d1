//! What a viewer brings from elsewhere: the exports of Letterboxd, IMDb, Trakt, MovieLens and TMDb, and any CSV with a
//! title or an id. `read` makes entries of files, `Matched::new` finds their films in a catalogue; the terminal and the
//! page show the same. Nothing is guessed: what does not fit is given back with the reason.
//!
//! It writes nothing, and memory is in proportion to the file, and bounded.

mod matching;
mod tables;
mod trakt;
pub mod written;

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::movielens;
use crate::rating::HalfStars;

pub use matching::{How, Matched, MatchedEntry, Miss, Unmatched};

/// The largest file that is read; an export of a person with ten thousand films and reviews of all has less.
pub const LARGEST_FILE: u64 = 64 << 20;

/// More entries are taken for a mistake.
pub const MOST_ENTRIES: usize = 100_000;

/// The files of an archive that are looked at.
const MOST_FILES: usize = 5_000;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is larger than any export.
    #[error("{file} is too large, or has more than {MOST_ENTRIES} rows; give it fewer ratings")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// It is packed, and cannot be unpacked.
    #[error("reading {file} as a zip archive: {reason}; get the export again, or give one of its files")]
    Zip {
        /// The file.
        file: String,
        /// What the zip reader said.
        reason: String,
    },
    /// A JSON file that is not what Trakt writes.
    #[error("reading {file}: {reason}; expected a list of films as Trakt exports it, or a CSV file")]
    Json {
        /// The file.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// A CSV file without anything that tells films.
    #[error(
        "{file} has no column with a film's title or id; its first line is \"{header}\"; name the columns there, as in \
         title,year,rating or movie_id,rating"
    )]
    NoFilms {
        /// The file.
        file: String,
        /// The first line, shortened.
        header: String,
    },
    /// Ratings of more than one person.
    #[error(
        "{file} has ratings of several users (\"{first}\", and on line {line} \"{other}\"); give those of one person, or \
         import all with `cineswarm data import`"
    )]
    SeveralUsers {
        /// The file.
        file: String,
        /// The user of the first row.
        first: String,
        /// The line of another one.
        line: u64,
        /// That one.
        other: String,
    },
    /// An archive without a file that is known.
    #[error("{file} holds no file of ratings or films; expected an export of Letterboxd or Trakt")]
    NothingKnown {
        /// The archive.
        file: String,
    },
    /// The rules of every table.
    #[error(transparent)]
    Table(#[from] movielens::Error),
}

/// Who wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// letterboxd.com
    Letterboxd,
    /// imdb.com
    Imdb,
    /// trakt.tv
    Trakt,
    /// movielens.org
    MovieLens,
    /// themoviedb.org
    Tmdb,
    /// Anybody.
    Other,
}

impl Service {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Service::Letterboxd => "Letterboxd",
            Service::Imdb => "IMDb",
            Service::Trakt => "Trakt",
            Service::MovieLens => "MovieLens",
            Service::Tmdb => "TMDb",
            Service::Other => "a table of films",
        }
    }
}

/// What a row says of its film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is rated.
    Rated,
    /// It was seen.
    Watched,
    /// It is to be seen.
    Wanted,
    /// It was given a heart.
    Liked,
    /// It is on a list.
    Listed,
}

/// A film of a viewer's, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file, of an archive the one in it.
    pub file: String,
    /// The line on which the row begins; of JSON the place in the list, from 1.
    pub line: u64,
    /// What it says.
    pub kind: Kind,
    /// The title; empty where there is an id only.
    pub title: String,
    /// The original title, where there is one beside.
    pub original_title: String,
    /// The year.
    pub year: Option<u16>,
    /// The number on imdb.com.
    pub imdb_id: Option<u32>,
    /// The number on themoviedb.org.
    pub tmdb_id: Option<u32>,
    /// What movielens.org, or the dataset's source, calls it.
    pub source_id: Option<String>,
    /// The rating.
    pub half_stars: Option<HalfStars>,
    /// Seconds since 1970, 0 if it is not told.
    pub at: i64,
}

impl Entry {
    /// Which of several ratings of a film counts: the one of the greatest weight, of equal ones the last. A diary has a
    /// rating for each time that a film was seen; that of today is with the ratings.
    pub fn weight(&self) -> (bool, i64) {
        let lower = self.file.to_lowercase();
        (lower.rsplit('/').next().is_some_and(|file| file.starts_with("rating")), self.at)
    }
}

/// A row that is not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
    /// The reason in words.
    pub reason: String,
}

/// What is in a viewer's file.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Who wrote it.
    pub service: Service,
    /// The films.
    pub entries: Vec<Entry>,
    /// What is no film, or cannot be read.
    pub left_out: Vec<LeftOut>,
    /// What was assumed, for people: a line each.
    pub assumptions: Vec<String>,
}

/// Reads a file by its contents; of its name what a row says may be told (a watchlist). `now` is in seconds since 1970: no
/// rating is from later.
///
/// # Errors
/// If it is nothing that is known; a row that cannot be taken is left out and said.
pub fn read(name: &str, bytes: &[u8], now: i64) -> Result<Brought, Error> {
    read_within(name, bytes, now, LARGEST_FILE)
}

/// The same where less than [`LARGEST_FILE`] is to be had: `largest` bytes, unpacked.
///
/// # Errors
/// As [`read`].
pub fn read_within(name: &str, bytes: &[u8], now: i64, largest: u64) -> Result<Brought, Error> {
    let mut brought =
        Brought { service: Service::Other, entries: Vec::new(), left_out: Vec::new(), assumptions: Vec::new() };
    if bytes.len() as u64 > largest.min(LARGEST_FILE) {
        return Err(Error::TooLarge { file: name.to_owned() });
    }
    if bytes.starts_with(b"PK") {
        read_archive(name, bytes, now, largest, &mut brought)?;
    } else if is_json(bytes) {
        trakt::read(name, bytes, now, &mut brought)?;
    } else {
        tables::read(name, bytes, now, &mut brought)?;
    }
    Ok(brought)
}

fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    matches!(bytes.trim_ascii_start().first(), Some(b'[' | b'{'))
}

fn read_archive(name: &str, bytes: &[u8], now: i64, largest: u64, brought: &mut Brought) -> Result<(), Error> {
    let broken = |reason: String| Error::Zip { file: name.to_owned(), reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|reason| broken(reason.to_string()))?;
    let mut left = largest.min(LARGEST_FILE);
    let (mut known, mut skipped) = (0, 0);
    for index in 0..archive.len().min(MOST_FILES) {
        let mut entry = archive.by_index(index).map_err(|reason| broken(reason.to_string()))?;
        let Ok(inside) = entry.name().map(|name| name.into_owned()) else { continue };
        let lower = inside.to_lowercase();
        let is_table = lower.ends_with(".csv");
        if !entry.is_file() || !(is_table || lower.ends_with(".json")) {
            continue;
        }
        let parts: Vec<&str> = lower.split('/').collect();
        // What was deleted, and what Letterboxd has lost the film of, is no taste; macOS adds copies of its own.
        if parts.iter().any(|part| matches!(*part, "deleted" | "orphaned" | "__macosx")) {
            skipped += 1;
            continue;
        }
        if is_table && tables::Role::of(&lower).is_none() {
            continue;
        }
        let mut contents = Vec::new();
        let read =
            (&mut entry).take(left + 1).read_to_end(&mut contents).map_err(|reason| broken(reason.to_string()))?;
        left = left.checked_sub(read as u64).ok_or_else(|| Error::TooLarge { file: inside.clone() })?;
        if contents.trim_ascii().is_empty() {
            continue;
        }
        let of_file = match is_table {
            true => tables::read(&inside, &contents, now, brought),
            false => trakt::read(&inside, &contents, now, brought),
        };
        match of_file {
            Ok(()) => known += 1,
            // Others lie beside the films: comments, friends, settings.
            Err(Error::NoFilms { .. } | Error::Json { .. } | Error::Table(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if skipped > 0 {
        let what = format!("{skipped} files in deleted/ or orphaned/ are passed over");
        brought.assumptions.push(what);
    }
    if known == 0 {
        return Err(Error::NothingKnown { file: name.to_owned() });
    }
    Ok(())
}
