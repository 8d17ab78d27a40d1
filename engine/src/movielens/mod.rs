//! Reading MovieLens as it is published and as people write it: five layouts, each in a folder or in an archive, with one
//! reader for all files (docs/DATA.md has its rules).
//!
//! Rows come out as the engine's types or are counted as bad; nothing is written to disk but the copy of an archive inside
//! an archive, which goes with the source, and nothing in a file can make it panic or take memory out of proportion.

mod bad_rows;
mod encoding;
mod error;
mod fields;
mod films;
mod genome;
mod header;
mod ids;
mod layout;
mod lines;
mod packing;
mod parquet;
mod quoting;
mod ratings;
mod rows;
mod source;
mod table;
mod tags;
mod title;

pub use bad_rows::{BadReason, BadRow, BadRows, DETAILED_BAD_ROWS};
pub use error::Error;
pub use fields::Scale;
pub(crate) use fields::{Stars, Time, id, shown, stars, time};
pub use films::Films;
pub(crate) use films::genres_of;
pub use genome::Genome;
pub(crate) use header::{Column, Header, Wanted};
pub use ids::{IdKind, Ids};
pub use layout::Layout;
pub(crate) use lines::{Lines, as_utf8};
pub(crate) use packing::Squeezed;
pub use quoting::csv_field;
pub use ratings::{RatingsRead, RatingsReading};
pub(crate) use rows::{Fields, close_quotes};
pub use source::Source;
pub(crate) use source::hexadecimal;
pub(crate) use table::read_table;
pub(crate) use title::YEARS;
pub use title::{ParsedTitle, folded_title, parse_title, parse_typed_title};

use crate::rating::{HalfStars, MovieId, UserId};

/// One row of a ratings file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Who rated.
    pub user: UserId,
    /// Which film.
    pub movie: MovieId,
    /// How high.
    pub half_stars: HalfStars,
    /// When, in seconds since 1970 (UTC).
    pub timestamp: i64,
}

/// One row of a tags file: words a user attached to a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Who tagged.
    pub user: UserId,
    /// Which film.
    pub movie: MovieId,
    /// The words, as typed.
    pub tag: String,
    /// When, in seconds since 1970 (UTC).
    pub timestamp: i64,
}

/// What an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Comparing the source with the versions already there.
    Comparing,
    /// Reading the source.
    Reading,
    /// Sorting and writing the dataset version.
    Writing,
}

/// How far an import has come. `bytes_done` starts again at zero with each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes dealt with in this stage, of the source's uncompressed bytes; when writing, of the ratings.
    pub bytes_done: u64,
    /// What `bytes_done` will be at the end of the stage.
    pub bytes_total: u64,
    /// Rows dealt with in this stage.
    pub rows: u64,
}
