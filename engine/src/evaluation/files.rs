//! Ready-made splits from files, in the layouts that published results are computed on. The layout of a rating file is
//! recognised by its first line; whatever else a line holds is an error that names it.
//!
//! - Ratings, as of NCF (He et al. 2017) and of `u.data`: `user item rating time`, separated by tabs, a line each.
//! - Lists, as of LightGCN (He et al. 2020): a user and all its items a line, separated by blanks. Every one counts as five
//!   stars at time 0; a user alone on a line has none.
//! - Negatives, as of NCF: `(user,item)` of a line of the test file, then the items among which that one is to be found,
//!   separated by tabs.
//!
//! Users and items are numbers from 0 to 4,294,967,295. Memory is in proportion to the file, and bounded.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rustc_hash::FxHashMap;

use super::Error;
use super::splits::{Asks, Case, Films, Source, Split};
use crate::matrix::RatingsMatrix;
use crate::movielens::{Rating, shown};
use crate::rating::{HalfStars, MovieId, UserId};

/// The most ratings that are read of one file, and the most negatives. The largest MovieLens has 33 million ratings.
const MAX_ENTRIES: usize = 50_000_000;

/// The longest line that is read; a user with half a million items has 4 MB.
const MAX_LINE_BYTES: u64 = 1 << 23;

const A_RATING: &str = "user, item, rating and time, separated by tabs";
const A_LIST: &str = "a user and its items, whole numbers separated by blanks";
const A_NEGATIVE: &str = "(user,item) and the items it is ranked among, separated by tabs";
const AN_ID: &str = "a whole number from 0 to 4294967295";

/// A split from files, and what in them was passed over.
#[derive(Debug)]
pub struct FileSplit {
    /// The split; its films are all that occur in any of the files.
    pub split: Split,
    /// Ratings of 0, which say that there is none.
    pub zero_ratings: u64,
    /// Ratings of the test file for a film that the same user has rated in the training file.
    pub test_ratings_in_training: u64,
    /// Users of the test file without any rating in the training file. They are asked about with an empty profile.
    pub test_users_not_in_training: u64,
    /// Negatives that are the very item to be found, or that the user has rated in the training file.
    pub negatives_rated: u64,
    /// Lines of negatives for a pair of the test file that is passed over: it is rated 0, or rated in the training file.
    pub negatives_of_passed_over: u64,
    /// Lines of negatives for a pair that is not in the test file.
    pub negatives_without_test: u64,
}

/// Reads a split.
///
/// Without negatives there is a case for each user of the test file; with them, one for each rating. Of two ratings of the
/// same pair in a file the last counts, and one of 0 never.
///
/// # Errors
/// If a file cannot be read, is empty or too large, or has a line that is not of its layout; if negatives are given but
/// not for every rating of the test file.
pub fn read_split(train: &Path, test: &Path, negatives: Option<&Path>) -> Result<FileSplit, Error> {
    let Ratings { ratings: mut training, zeros: zeros_of_training } = read_ratings(train)?;
    let Ratings { ratings: mut held_out, zeros: zeros_of_test } = read_ratings(test)?;
    let mut candidates = negatives.map(read_negatives).transpose()?;
    let others: Vec<MovieId> = candidates.iter().flat_map(|by_pair| by_pair.values().flatten().copied()).collect();
    let films = others.into_iter().chain(held_out.iter().map(|rating| rating.movie));
    let matrix = RatingsMatrix::new(training.drain(..), films);
    drop(training);

    held_out.sort_by_key(|rating| (rating.user, rating.movie));
    held_out.dedup_by(|later, kept| {
        let again = (later.user, later.movie) == (kept.user, kept.movie);
        if again {
            *kept = *later;
        }
        again
    });
    let mut test_users_not_in_training = 0;
    let mut test_ratings_in_training = 0;
    let mut negatives_rated = 0;
    let mut negatives_of_passed_over = 0;
    let mut pass_over = |pair: (UserId, MovieId), candidates: &mut Option<Negatives>| {
        let line = candidates.as_mut().and_then(|by_pair| by_pair.remove(&pair));
        negatives_of_passed_over += u64::from(line.is_some());
    };
    let mut cases = Vec::new();
    for of_user in held_out.chunk_by(|a, b| a.user == b.user) {
        let user = of_user[0].user;
        let row = matrix.row_of(user);
        test_users_not_in_training += u64::from(row.is_none());
        let seen = row.map_or(&[][..], |row| matrix.by_user().row(row).0);
        let asks = || row.map_or_else(|| Asks::New(Films::default()), Asks::Known);
        let mut films = Films::default();
        for rating in of_user {
            let Some(column) = matrix.column_of(rating.movie).map(|column| column as u32) else { continue };
            if seen.binary_search(&column).is_ok() {
                test_ratings_in_training += 1;
                pass_over((user, rating.movie), &mut candidates);
                continue;
            }
            let half_stars = rating.half_stars.get();
            let Some(by_pair) = &mut candidates else {
                films.columns.push(column);
                films.half_stars.push(half_stars);
                continue;
            };
            let given = by_pair.remove(&(user, rating.movie)).ok_or_else(|| Error::NoNegatives {
                path: negatives.unwrap_or(test).to_owned(),
                user,
                item: rating.movie,
            })?;
            let mut columns: Vec<u32> =
                given.iter().filter_map(|&movie| matrix.column_of(movie)).map(|column| column as u32).collect();
            columns.sort_unstable();
            columns.dedup();
            let distinct = columns.len();
            columns.retain(|other| *other != column && seen.binary_search(other).is_err());
            negatives_rated += (distinct - columns.len()) as u64;
            let held_out = Films { columns: vec![column], half_stars: vec![half_stars] };
            cases.push(Case { user, asks: asks(), held_out, candidates: Some(columns) });
        }
        if !films.columns.is_empty() {
            cases.push(Case { user, asks: asks(), held_out: films, candidates: None });
        }
    }
    // Last, because of a pair that is rated too the negatives are needed.
    zeros_of_test.iter().for_each(|&pair| pass_over(pair, &mut candidates));
    if cases.is_empty() {
        return Err(Error::EmptyFile { path: test.to_owned(), expected: "ratings that are not in the training file" });
    }
    Ok(FileSplit {
        split: Source::ratings_only(RatingsMatrix::default()).split(matrix, cases),
        zero_ratings: (zeros_of_training.len() + zeros_of_test.len()) as u64,
        test_ratings_in_training,
        test_users_not_in_training,
        negatives_rated,
        negatives_of_passed_over,
        negatives_without_test: candidates.map_or(0, |by_pair| by_pair.len() as u64),
    })
}

/// What a rating file holds.
struct Ratings {
    ratings: Vec<Rating>,
    /// The pairs that are rated 0.
    zeros: Vec<(UserId, MovieId)>,
}

/// Reads a file in either layout.
fn read_ratings(path: &Path) -> Result<Ratings, Error> {
    let mut ratings = Vec::new();
    let mut zeros = Vec::new();
    let mut tabs = None;
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next()? {
        if *tabs.get_or_insert_with(|| line.contains(&b'\t')) {
            match parse_rating(line).map_err(|fault| lines.fault(fault, A_RATING))? {
                Ok(rating) => ratings.push(rating),
                Err(rated_zero) => zeros.push(rated_zero),
            }
        } else {
            let parsed = parse_list(line, &mut ratings);
            parsed.map_err(|fault| lines.fault(fault, A_LIST))?;
        }
        if ratings.len() + zeros.len() > MAX_ENTRIES {
            return Err(Error::TooMuch { path: path.to_owned(), limit: MAX_ENTRIES, what: "ratings" });
        }
    }
    if ratings.is_empty() {
        let expected = "lines of user, item, rating and time separated by tabs, or of a user and its items";
        return Err(Error::EmptyFile { path: path.to_owned(), expected });
    }
    Ok(Ratings { ratings, zeros })
}

/// The items that each pair is ranked among.
type Negatives = FxHashMap<(UserId, MovieId), Vec<MovieId>>;

fn read_negatives(path: &Path) -> Result<Negatives, Error> {
    let mut by_pair = FxHashMap::default();
    let mut entries = 0;
    let mut lines = Lines::open(path)?;
    while let Some(line) = lines.next()? {
        let (pair, negatives) = parse_negatives(line).map_err(|fault| lines.fault(fault, A_NEGATIVE))?;
        entries += negatives.len();
        if entries > MAX_ENTRIES {
            return Err(Error::TooMuch { path: path.to_owned(), limit: MAX_ENTRIES, what: "negatives" });
        }
        if by_pair.insert(pair, negatives).is_some() {
            let found = Fault { found: format!("({},{}) a second time", pair.0, pair.1), expected: None };
            return Err(lines.fault(found, "each pair once"));
        }
    }
    if by_pair.is_empty() {
        return Err(Error::EmptyFile { path: path.to_owned(), expected: A_NEGATIVE });
    }
    Ok(by_pair)
}

/// What is wrong with a line, and what should be there if it is more exact than the layout.
struct Fault {
    found: String,
    expected: Option<&'static str>,
}

/// `user item rating time`; the pair alone for a rating of 0.
fn parse_rating(line: &[u8]) -> Result<Result<Rating, (UserId, MovieId)>, Fault> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let four = [fields.next(), fields.next(), fields.next(), fields.next()];
    let ([Some(user), Some(item), Some(stars), Some(time)], None) = (four, fields.next()) else {
        let count = line.split(|byte| *byte == b'\t').count();
        return Err(Fault { found: format!("{count} fields in \"{}\"", shown(line)), expected: None });
    };
    let (user, movie) = (id(user, "user")?, id(item, "item")?);
    let number = text(stars).parse::<f64>();
    let number = number.map_err(|_| fault("rating", stars, "a number of stars, 0.5, 1, 1.5, ... 5"))?;
    let timestamp = text(time).parse().map_err(|_| fault("time", time, "whole seconds since 1970"))?;
    if number == 0.0 {
        return Ok(Err((user, movie)));
    }
    let half_stars =
        HalfStars::from_stars(number).map_err(|_| fault("rating", stars, "a number of stars, 0.5, 1, 1.5, ... 5"))?;
    Ok(Ok(Rating { user, movie, half_stars, timestamp }))
}

/// `user item item ...`
fn parse_list(line: &[u8], ratings: &mut Vec<Rating>) -> Result<(), Fault> {
    let mut fields = line.split(|byte| *byte == b' ').filter(|field| !field.is_empty());
    let user = id(fields.next().unwrap_or_default(), "user")?;
    for item in fields {
        ratings.push(Rating { user, movie: id(item, "item")?, half_stars: HalfStars::MAX, timestamp: 0 });
    }
    Ok(())
}

/// `(user,item) negative negative ...`
fn parse_negatives(line: &[u8]) -> Result<((UserId, MovieId), Vec<MovieId>), Fault> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let pair = fields.next().unwrap_or_default();
    let inner = pair.strip_prefix(b"(").and_then(|pair| pair.strip_suffix(b")"));
    let mut inner = inner.unwrap_or_default().split(|byte| *byte == b',');
    let (Some(user), Some(item), None) = (inner.next(), inner.next(), inner.next()) else {
        return Err(Fault { found: format!("\"{}\"", shown(pair)), expected: None });
    };
    let pair = (id(user, "user")?, id(item, "item")?);
    let negatives = fields.map(|negative| id(negative, "item")).collect::<Result<Vec<MovieId>, Fault>>()?;
    if negatives.is_empty() {
        return Err(Fault { found: format!("no item behind ({},{})", pair.0, pair.1), expected: None });
    }
    Ok((pair, negatives))
}

fn id(field: &[u8], what: &str) -> Result<u32, Fault> {
    let number = text(field);
    // The parser of the standard library would take a plus sign.
    let parsed = number.parse().ok().filter(|_| !number.starts_with('+'));
    parsed.ok_or_else(|| fault(what, field, AN_ID))
}

fn fault(what: &str, field: &[u8], expected: &'static str) -> Fault {
    Fault { found: format!("\"{}\" as {what}", shown(field)), expected: Some(expected) }
}

/// A field without blanks around it; empty, which nothing is parsed from, if it is no text at all.
fn text(field: &[u8]) -> &str {
    std::str::from_utf8(field).unwrap_or_default().trim_matches(' ')
}

/// The lines of a file that are not blank, each of bounded length.
struct Lines<'a> {
    path: &'a Path,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Lines<'a>, Error> {
        let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Ok(Lines { path, reader: BufReader::with_capacity(1 << 16, file), line: Vec::new(), number: 0 })
    }

    /// The next line without its end.
    fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        loop {
            self.line.clear();
            let limited = self.reader.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut self.line);
            let read = limited.map_err(|source| Error::Read { path: self.path.to_owned(), source })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read as u64 > MAX_LINE_BYTES {
                let found = Fault { found: format!("more than {MAX_LINE_BYTES} bytes"), expected: None };
                return Err(self.fault(found, "a shorter line"));
            }
            if self.line.last() == Some(&b'\n') {
                self.line.pop();
            }
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.trim_ascii().is_empty() {
                // Returned by another borrow, since the loop may not end here as the compiler sees it.
                break;
            }
        }
        Ok(Some(&self.line))
    }

    /// An error at the line read last.
    fn fault(&self, fault: Fault, expected: &'static str) -> Error {
        let expected = match fault.expected {
            Some(exact) => format!("{exact}, in a line of {expected}"),
            None => expected.to_owned(),
        };
        Error::Line { path: self.path.to_owned(), line: self.number, found: fault.found, expected }
    }
}
