//! Ready-made splits from files, in the layouts that published results are computed on, read by the rules of
//! docs/DATA.md. Which layout a rating file has is told by its first lines; whatever else a line holds is an error that
//! names it.
//!
//! - Ratings, as of NCF (He et al. 2017), of `u.data`, of MovieLens and of RecBole: user, item, rating and time a line,
//!   with or without a header.
//! - Lists, as of LightGCN (He et al. 2020): a user and all its items a line, separated by blanks. Every one counts as five
//!   stars at time 0; a user alone on a line has none.
//! - Negatives, as of NCF: `(user,item)` of a line of the test file, then the items among which that one is to be found,
//!   separated by tabs.
//!
//! Users and items are numbers from 0 to 4,294,967,295, or in files of ratings anything else, which is numbered. Memory is in
//! proportion to the file, and bounded.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use rustc_hash::FxHashMap;

use super::Error;
use super::splits::{Asks, Case, Films, Source, Split};
use crate::matrix::RatingsMatrix;
use crate::movielens::{
    self, Column, Fields, Header, IdKind, Ids, Lines, Rating, Scale, Squeezed, Stars, Time, Wanted, as_utf8,
    close_quotes, shown, stars, time,
};
use crate::rating::{HalfStars, MovieId, UserId};

/// The most ratings that are read of one file, and the most negatives. The largest MovieLens has 33 million ratings.
const MAX_ENTRIES: usize = 50_000_000;

/// The longest line that is read; a user with half a million items has 4 MB.
const MAX_LINE_BYTES: usize = 1 << 23;

const COLUMNS: Wanted<4> = Wanted { columns: [Column::User, Column::Film, Column::Rating, Column::Time], needed: 3 };

/// So many lines are looked at where ratings and lists are hard to tell apart.
const TELLING_LINES: usize = 100;

/// The last number of a line is a time, and not an item, if it is one of 1973 or later.
const EARLIEST_TIME: u32 = 100_000_000;

/// After so many ids that are numbers one that is none is a mistake.
const FEW_NUMBERS: u32 = 4;

const A_RATING: &str = "user, item, rating and time, separated by tabs, commas, semicolons, bars or blanks";
const A_LIST: &str = "a user and its items, whole numbers separated by blanks";
const A_NEGATIVE: &str = "(user,item) and the items it is ranked among, separated by tabs";
const AN_ID: &str = "a whole number from 0 to 4294967295";

/// A split from files, and what in them was passed over.
#[derive(Debug)]
pub struct FileSplit {
    /// The split; its films are all that occur in any of the files.
    pub split: Split,
    /// Whether there are ratings, and not lists of items, of which every one counts as five stars.
    pub has_ratings: bool,
    /// What was assumed about the files, for people: a line each.
    pub assumptions: Vec<String>,
    /// Ratings of 0 or -1, which say that there is none.
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
/// same pair in a file the latest counts, of the same time the last, and one of 0 never.
///
/// # Errors
/// If a file cannot be read, is empty or too large, or has a line that is not of its layout; if negatives are given but
/// not for every rating of the test file.
pub fn read_split(train: &Path, test: &Path, negatives: Option<&Path>) -> Result<FileSplit, Error> {
    let mut names = Names::default();
    loop {
        let read = read_files(train, test, negatives, &mut names);
        // That ids are no numbers is told by the first of them; then all is read again, at most once for each kind.
        if read.is_ok() || !names.turn_to_text() {
            return read;
        }
    }
}

fn read_files(train: &Path, test: &Path, negatives: Option<&Path>, names: &mut Names) -> Result<FileSplit, Error> {
    let mut training = read_ratings(train, names)?;
    let mut tested = read_ratings(test, names)?;
    let candidates = negatives.map(|path| read_negatives(path, names)).transpose()?;
    names.put_in_order();
    for pair in training.pairs().chain(tested.pairs()) {
        *pair.0 = names.users.in_order(*pair.0);
        *pair.1 = names.items.in_order(*pair.1);
    }
    let mut candidates = candidates.map(|by_pair| names.negatives_in_order(by_pair));
    let others: Vec<MovieId> = candidates.iter().flat_map(|by_pair| by_pair.values().flatten().copied()).collect();
    let films = others.into_iter().chain(tested.ratings.iter().map(|rating| rating.movie));
    let has_ratings = training.has_ratings && tested.has_ratings;
    let assumptions = training.assumed.into_iter().chain(tested.assumed).chain(names.said()).collect();
    let (zeros_of_training, zeros_of_test) = (training.zeros, tested.zeros);
    let matrix = RatingsMatrix::new(latest(training.ratings), films);
    let held_out = latest(tested.ratings);
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
                user: names.users.shown(user),
                item: names.items.shown(rating.movie),
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
        has_ratings,
        assumptions,
        split: Source::ratings_only(RatingsMatrix::default()).split(matrix, cases),
        zero_ratings: (zeros_of_training.len() + zeros_of_test.len()) as u64,
        test_ratings_in_training,
        test_users_not_in_training,
        negatives_rated,
        negatives_of_passed_over,
        negatives_without_test: candidates.map_or(0, |by_pair| by_pair.len() as u64),
    })
}

/// The latest rating of each pair, of the same time the last, by user and film.
fn latest(mut ratings: Vec<Rating>) -> Vec<Rating> {
    ratings.sort_by_key(|rating| (rating.user, rating.movie, rating.timestamp));
    ratings.dedup_by(|later, kept| {
        let again = (later.user, later.movie) == (kept.user, kept.movie);
        if again {
            *kept = *later;
        }
        again
    });
    ratings
}

/// What a rating file holds.
struct Ratings {
    ratings: Vec<Rating>,
    /// The pairs that are not rated.
    zeros: Vec<(UserId, MovieId)>,
    has_ratings: bool,
    assumed: Vec<String>,
}

impl Ratings {
    fn pairs(&mut self) -> impl Iterator<Item = (&mut UserId, &mut MovieId)> {
        let rated = self.ratings.iter_mut().map(|rating| (&mut rating.user, &mut rating.movie));
        rated.chain(self.zeros.iter_mut().map(|(user, movie)| (user, movie)))
    }
}

/// What the files call users and items.
#[derive(Default)]
struct Names {
    users: Called,
    items: Called,
    /// Without a header a row with text in it is taken for anything.
    has_header: bool,
}

/// Ids of one kind: numbers, as long as it has not been seen that they are none.
#[derive(Default)]
struct Called {
    texts: Option<Ids>,
    numbers: u32,
    is_no_number: bool,
}

impl Called {
    fn number(&mut self, field: &[u8], what: &str) -> Result<u32, (movielens::BadReason, String)> {
        if let Some(ids) = &mut self.texts {
            return ids.number(field, what);
        }
        let number = movielens::id(field, what);
        match &number {
            Ok(_) => self.numbers = self.numbers.saturating_add(1),
            Err(_) => self.is_no_number = !field.is_empty(),
        }
        number
    }

    /// Whether they are text from now on, and were not: one that is no number after many that were is a mistake.
    fn turn_to_text(&mut self) -> bool {
        let turns = self.texts.is_none() && self.is_no_number && self.numbers < FEW_NUMBERS;
        if turns {
            self.texts = Some(Ids::new(IdKind::Text));
        }
        turns
    }

    fn in_order(&self, number: u32) -> u32 {
        self.texts.as_ref().map_or(number, |ids| ids.number_in_order(number))
    }

    fn shown(&self, number: u32) -> String {
        self.texts.as_ref().map_or_else(|| number.to_string(), |ids| ids.shown(number))
    }
}

impl Names {
    fn turn_to_text(&mut self) -> bool {
        let turned = self.has_header && [self.users.turn_to_text(), self.items.turn_to_text()].contains(&true);
        for kind in [&mut self.users, &mut self.items] {
            // Those that were met belong to the reading that is begun anew.
            *kind = Called { texts: kind.texts.is_some().then(|| Ids::new(IdKind::Text)), ..Called::default() };
        }
        turned
    }

    fn put_in_order(&mut self) {
        [&mut self.users, &mut self.items]
            .into_iter()
            .filter_map(|kind| kind.texts.as_mut())
            .for_each(Ids::put_in_order);
    }

    fn negatives_in_order(&self, by_pair: Negatives) -> Negatives {
        let items = |items: Vec<MovieId>| items.into_iter().map(|item| self.items.in_order(item)).collect();
        let pair = |(user, item)| (self.users.in_order(user), self.items.in_order(item));
        by_pair.into_iter().map(|(of, negatives)| (pair(of), items(negatives))).collect()
    }

    fn said(&self) -> Option<String> {
        let which: Vec<&str> = [("users", &self.users), ("items", &self.items)]
            .into_iter()
            .filter_map(|(name, kind)| kind.texts.as_ref().map(|_| name))
            .collect();
        (!which.is_empty()).then(|| format!("the ids of {} are taken as text", which.join(" and ")))
    }
}

/// Reads a file in any layout.
fn read_ratings(path: &Path, names: &mut Names) -> Result<Ratings, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut reader = open(path)?;
    let read = as_utf8(&mut reader, |reader| {
        let mut lines = Lines::of_at_most(MAX_LINE_BYTES, reader);
        let file = path.display().to_string();
        match Header::if_any(&file, &mut lines, &COLUMNS) {
            Ok(Some(header)) if header.separator == b" " && !header.is_named && !has_times(&mut lines) => {
                read_lists(path, &mut lines)
            }
            Ok(Some(header)) => read_rows(path, &mut lines, &header, names),
            Ok(None) => read_lists(path, &mut lines),
            Err(movielens::Error::Read { source, .. }) => Err(cannot_read(source)),
            Err(_) => Err(nothing_in(path)),
        }
    });
    let read = read.map_err(cannot_read)??;
    if read.ratings.is_empty() {
        return Err(nothing_in(path));
    }
    Ok(read)
}

/// Whether lines of four fields with blanks between them end in a time, and so are no lists of items.
fn has_times(lines: &mut Lines<'_>) -> bool {
    let is_one = |line: &[u8]| {
        let fields: Vec<&str> = text(line).split(' ').filter(|field| !field.is_empty()).collect();
        let [_, _, stars, time] = fields.as_slice() else { return false };
        stars.parse::<f64>().is_ok_and(|stars| stars <= 10.0)
            && time.parse().is_ok_and(|time: u32| time >= EARLIEST_TIME)
    };
    if !is_one(lines.current()) {
        return false;
    }
    // What cannot be read is said when it is its turn.
    let mut following = (0..TELLING_LINES)
        .map_while(|at| lines.line_ahead(at).ok().flatten().map(|line| is_one(line) || line.trim_ascii().is_empty()));
    following.all(|is_one| is_one)
}

fn nothing_in(path: &Path) -> Error {
    let expected = "lines of user, item, rating and time separated by tabs, or of a user and its items";
    Error::EmptyFile { path: path.to_owned(), expected }
}

/// The file unpacked, if it is packed with gzip or zstd.
fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>, Error> {
    let opened = || -> io::Result<Box<dyn Read>> {
        let mut file = File::open(path)?;
        let mut beginning = Vec::new();
        file.by_ref().take(4).read_to_end(&mut beginning)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(match Squeezed::of(&beginning) {
            Some(squeezed) => squeezed.unpack(file),
            None => Box::new(file),
        })
    };
    let opened = opened().map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(BufReader::with_capacity(1 << 16, opened))
}

fn read_rows(path: &Path, lines: &mut Lines<'_>, header: &Header<4>, names: &mut Names) -> Result<Ratings, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    names.has_header = header.is_named;
    let (mut ratings, mut zeros) = (Vec::new(), Vec::new());
    let mut fields = Fields::new(header);
    let mut is_row = !header.is_named;
    while is_row || lines.next().map_err(cannot_read)?.is_some() {
        is_row = false;
        if lines.current().trim_ascii().is_empty() {
            continue;
        }
        close_quotes(lines, header).map_err(cannot_read)?;
        let parsed = fields.of(lines.current()).and_then(|fields| parse_rating(fields, names));
        match parsed.map_err(|(_, found)| fault_at(path, lines.number(), found, A_RATING))? {
            Ok(rating) => ratings.push(rating),
            Err(unrated) => zeros.push(unrated),
        }
        check_entries(path, ratings.len() + zeros.len(), "ratings")?;
    }
    let file = path.display();
    let assumed = header.assumed.iter().map(|what| format!("{file}: {what}")).collect();
    Ok(Ratings { ratings, zeros, has_ratings: true, assumed })
}

/// The current line is the first.
fn read_lists(path: &Path, lines: &mut Lines<'_>) -> Result<Ratings, Error> {
    let mut ratings = Vec::new();
    loop {
        let line = lines.current();
        check_length(path, lines.number(), line)?;
        if !line.trim_ascii().is_empty() {
            let parsed = parse_list(line, &mut ratings);
            parsed.map_err(|fault| fault.at(path, lines.number(), A_LIST))?;
            check_entries(path, ratings.len(), "ratings")?;
        }
        if lines.next().map_err(|source| Error::Read { path: path.to_owned(), source })?.is_none() {
            break;
        }
    }
    let assumed =
        vec![format!("{}: lines are users with their items, of which each counts as five stars", path.display())];
    Ok(Ratings { ratings, zeros: Vec::new(), has_ratings: false, assumed })
}

fn check_entries(path: &Path, entries: usize, what: &'static str) -> Result<(), Error> {
    if entries > MAX_ENTRIES {
        return Err(Error::TooMuch { path: path.to_owned(), limit: MAX_ENTRIES, what });
    }
    Ok(())
}

fn check_length(path: &Path, line: u64, contents: &[u8]) -> Result<(), Error> {
    if contents.len() > MAX_LINE_BYTES {
        return Err(fault_at(path, line, format!("more than {MAX_LINE_BYTES} bytes"), "a shorter line"));
    }
    Ok(())
}

/// The items that each pair is ranked among.
type Negatives = FxHashMap<(UserId, MovieId), Vec<MovieId>>;

fn read_negatives(path: &Path, names: &mut Names) -> Result<Negatives, Error> {
    let cannot_read = |source| Error::Read { path: path.to_owned(), source };
    let mut by_pair = FxHashMap::default();
    let mut entries = 0;
    let mut reader = open(path)?;
    let mut lines = Lines::of_at_most(MAX_LINE_BYTES, &mut reader);
    while let Some(line) = lines.next().map_err(cannot_read)? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (line, number) = (lines.current(), lines.number());
        check_length(path, number, line)?;
        let (pair, negatives) = parse_negatives(line, names).map_err(|fault| fault.at(path, number, A_NEGATIVE))?;
        entries += negatives.len();
        check_entries(path, entries, "negatives")?;
        if by_pair.insert(pair, negatives).is_some() {
            let pair = format!("({},{})", names.users.shown(pair.0), names.items.shown(pair.1));
            return Err(fault_at(path, number, format!("{pair} a second time"), "each pair once"));
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

impl Fault {
    fn at(self, path: &Path, line: u64, expected: &'static str) -> Error {
        let expected = match self.expected {
            Some(exact) => format!("{exact}, in a line of {expected}"),
            None => expected.to_owned(),
        };
        Error::Line { path: path.to_owned(), line, found: self.found, expected }
    }
}

fn fault_at(path: &Path, line: u64, found: String, expected: &'static str) -> Error {
    Fault { found, expected: None }.at(path, line, expected)
}

/// The pair alone if it is not rated.
fn parse_rating(
    [user, item, rating, timestamp]: [&[u8]; 4],
    names: &mut Names,
) -> Result<Result<Rating, (UserId, MovieId)>, (movielens::BadReason, String)> {
    let (user, movie) = (names.users.number(user, "the user")?, names.items.number(item, "the item")?);
    // Whoever made the split knew what the present was.
    let timestamp = time(timestamp, i64::MAX).map(Time::seconds)?;
    match stars(rating, Scale::Five).map_err(|off_scale| off_scale.fault)? {
        Stars::Rated(half_stars) => Ok(Ok(Rating { user, movie, half_stars, timestamp })),
        Stars::Unrated => Ok(Err((user, movie))),
    }
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
fn parse_negatives(line: &[u8], names: &mut Names) -> Result<((UserId, MovieId), Vec<MovieId>), Fault> {
    let mut fields = line.split(|byte| *byte == b'\t');
    let pair = fields.next().unwrap_or_default();
    let inner = pair.strip_prefix(b"(").and_then(|pair| pair.strip_suffix(b")"));
    let mut inner = inner.unwrap_or_default().split(|byte| *byte == b',');
    let (Some(user), Some(item), None) = (inner.next(), inner.next(), inner.next()) else {
        return Err(Fault { found: format!("\"{}\"", shown(pair)), expected: None });
    };
    let pair = (known(&mut names.users, user, "user")?, known(&mut names.items, item, "item")?);
    let negatives =
        fields.map(|negative| known(&mut names.items, negative, "item")).collect::<Result<Vec<MovieId>, Fault>>()?;
    if negatives.is_empty() {
        return Err(Fault { found: format!("no item behind \"{}\"", shown(line)), expected: None });
    }
    Ok((pair, negatives))
}

/// An id of a line of negatives: those of numbers alone are held to be as exact as those of lists.
fn known(kind: &mut Called, field: &[u8], what: &str) -> Result<u32, Fault> {
    match &mut kind.texts {
        None => id(field, what),
        Some(ids) => ids.number(field, what).map_err(|(_, found)| Fault { found, expected: None }),
    }
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
