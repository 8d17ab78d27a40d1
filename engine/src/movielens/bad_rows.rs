//! Counting and describing the rows that are skipped, and deciding when they are too many.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error;

/// How many bad rows are kept in detail; all of them are counted.
pub const DETAILED_BAD_ROWS: usize = 1000;

/// How many bad rows an error message shows.
const SHOWN_IN_ERRORS: usize = 3;

/// Why a row is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadReason {
    /// A field is absent or empty.
    MissingField,
    /// There are more fields than the layout has.
    ExtraField,
    /// An id is not a whole number from 0 to 4,294,967,295, or a rating or relevance no number.
    NotANumber,
    /// A rating is not 0.5, 1.0, ... 5.0, or a relevance not from 0 to 1.
    OffScale,
    /// The film is in no movies file.
    UnknownFilm,
    /// The film's own row is bad, which is counted there and not here.
    LostFilm,
    /// The tag is in no file of the genome's tags.
    UnknownTag,
    /// The film or tag was listed before, or the tag scored for the film.
    Duplicate,
    /// The time is neither a number since 1970 nor a date.
    BadTime,
    /// The time lies after the import.
    FutureTime,
    /// The line is too long, or quotes are not closed on it.
    Unreadable,
}

/// A skipped row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// The file's name in the source.
    pub file: String,
    /// Line, the first being 1.
    pub line: u64,
    /// The kind of fault.
    pub reason: BadReason,
    /// The fault in words, with the offending value.
    pub detail: String,
}

impl std::fmt::Display for BadRow {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.detail)
    }
}

/// All rows skipped in an import.
#[derive(Clone, Debug, Default)]
pub struct BadRows {
    detailed: Vec<BadRow>,
    by_reason: BTreeMap<BadReason, u64>,
    by_file: BTreeMap<String, u64>,
}

impl BadRows {
    /// Counts a row; `detail` is only asked for while rows are kept in detail.
    pub fn add(&mut self, file: &str, line: u64, reason: BadReason, detail: impl FnOnce() -> String) {
        if reason == BadReason::LostFilm {
            return;
        }
        *self.by_reason.entry(reason).or_default() += 1;
        match self.by_file.get_mut(file) {
            Some(count) => *count += 1,
            None => drop(self.by_file.insert(file.to_owned(), 1)),
        }
        if self.detailed.len() < DETAILED_BAD_ROWS {
            self.detailed.push(BadRow { file: file.to_owned(), line, reason, detail: detail() });
        }
    }

    /// Fails if more than the fraction `allowed` of a file's `rows` were bad.
    pub fn check(&self, file: &str, rows: u64, allowed: f64) -> Result<(), Error> {
        let bad = self.by_file.get(file).copied().unwrap_or_default();
        if bad as f64 <= allowed * rows as f64 {
            return Ok(());
        }
        let of_this_file = self.detailed.iter().filter(|row| row.file == file);
        let first: Vec<String> = of_this_file.take(SHOWN_IN_ERRORS).map(BadRow::to_string).collect();
        Err(Error::TooManyBadRows { file: file.to_owned(), bad, rows, allowed, first: first.join("; ") })
    }

    /// The first bad rows, in the order they were found.
    pub fn detailed(&self) -> &[BadRow] {
        &self.detailed
    }

    /// How many rows were bad for each reason.
    pub fn by_reason(&self) -> &BTreeMap<BadReason, u64> {
        &self.by_reason
    }

    /// How many rows were bad.
    pub fn total(&self) -> u64 {
        self.by_reason.values().sum()
    }
}
