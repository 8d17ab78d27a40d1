//! What can be wrong with a source as a whole. A single bad row is not an error but a [`super::BadRow`].

use std::io;
use std::path::PathBuf;

/// Why a MovieLens source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path given cannot be opened.
    #[error("opening {}: {source}; give the folder of a MovieLens dataset, or a zip or tar archive of it", path.display())]
    Open {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path is a file that is not a readable zip archive.
    #[error("reading {} as a zip archive: {reason}; download it again, or give the unpacked folder", path.display())]
    Zip {
        /// The path as given.
        path: PathBuf,
        /// What the zip reader said.
        reason: String,
    },
    /// The path is a file of a kind that is not read.
    #[error("{} {what}", path.display())]
    NotASource {
        /// The path as given.
        path: PathBuf,
        /// What it is, and what to give instead.
        what: &'static str,
    },
    /// No layout fits the files.
    #[error(
        "{} holds no MovieLens dataset: looked for ratings.csv and movies.csv (or .tsv, .txt), rating.csv and movie.csv, ratings.dat \
         and movies.dat, u.data and u.item, NAME.inter and NAME.item, or ratings.parquet and movies.parquet (or .csv), \
         there and one folder below, each also with .gz or .zst{packed}", path.display()
    )]
    NotMovieLens {
        /// The path as given.
        path: PathBuf,
        /// What is there and would have to be unpacked, in words; empty without any.
        packed: String,
    },
    /// More than one dataset fits.
    #[error("{} holds several datasets ({}); give the folder of one of them", path.display(), found.join(", "))]
    Ambiguous {
        /// The path as given.
        path: PathBuf,
        /// The ratings files that were found.
        found: Vec<String>,
    },
    /// Reading a file failed half-way.
    #[error("reading {file}: {source}")]
    Read {
        /// Its name in the source.
        file: String,
        /// What the system or the zip reader said.
        source: io::Error,
    },
    /// A file is larger than anything MovieLens publishes, or expands beyond reason.
    #[error("{file} has {bytes} bytes, more than the {limit} that are read of such a file; is it MovieLens data?")]
    TooLarge {
        /// Its name in the source.
        file: String,
        /// Its size, uncompressed.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// A genome of so many films and tags was not made from a file of this size.
    #[error(
        "{file} scores {films} films, which for {tags} tags each takes more than the {limit} bytes that a file of its \
         size may; is it MovieLens data? Leave it out to import the rest"
    )]
    GenomeTooLarge {
        /// Its name in the source.
        file: String,
        /// How many films have been scored so far.
        films: usize,
        /// How many tags there are.
        tags: usize,
        /// The most bytes that are taken.
        limit: u64,
    },
    /// A file that needs a header has not even that.
    #[error("{file} is empty; get it again, or leave it out if it is not the ratings or the films")]
    EmptyFile {
        /// Its name in the source.
        file: String,
    },
    /// A CSV header lacks a column.
    #[error(
        "{file} has no column \"{column}\"; its first line is \"{header}\"; name the columns there, as in {expected}"
    )]
    MissingColumn {
        /// Its name in the source.
        file: String,
        /// The column looked for.
        column: &'static str,
        /// The header as found, shortened.
        header: String,
        /// A header that would do.
        expected: String,
    },
    /// More rows of one file are bad than the caller allows.
    #[error(
        "{bad} of {rows} rows of {file} are bad, more than the {:.2} % allowed; the first: {first}; mend the file, or \
         import the rest with a higher --max-bad-rows",
        allowed * 100.0
    )]
    TooManyBadRows {
        /// Its name in the source.
        file: String,
        /// Bad rows of this file.
        bad: u64,
        /// All rows of this file.
        rows: u64,
        /// The fraction allowed.
        allowed: f64,
        /// The first few, in words.
        first: String,
    },
    /// There is nothing to recommend from.
    #[error("{file} has no usable row")]
    Empty {
        /// Its name in the source.
        file: String,
    },
}
