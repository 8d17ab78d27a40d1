//! Which column is which: by the names that files give them, or by their order where there is no header.

use super::Error;
use super::fields::{bare, shown, time};
use super::lines::Lines;
use super::quoting::split;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    User,
    Film,
    Rating,
    Time,
    Title,
    Genres,
    Year,
    Imdb,
    Tmdb,
    Tag,
    TagId,
    Relevance,
    /// What the owner of a file gave, where it has others' ratings, too.
    OwnRating,
    OwnFilm,
    OwnTime,
    OriginalTitle,
    Type,
    Address,
}

impl Column {
    /// The names it goes by, MovieLens' own first, as [`plain`] writes them.
    fn names(self) -> &'static [&'static str] {
        match self {
            Column::User => {
                &["userid", "user", "uid", "usernumber", "customerid", "memberid", "reviewerid", "viewerid"]
            }
            Column::Film => &["movieid", "itemid", "filmid", "movie", "item", "film", "mid", "iid", "productid", "id"],
            Column::Rating => &["rating", "stars", "score", "userrating", "ratingvalue", "value", "overall"],
            Column::Time => &[
                "timestamp",
                "time",
                "ts",
                "date",
                "datetime",
                "ratedat",
                "createdat",
                "unixtimestamp",
                "unixreviewtime",
                "ratingtimestamp",
            ],
            Column::Title => {
                &["title", "movietitle", "filmtitle", "itemtitle", "name", "moviename", "filmname", "primarytitle"]
            }
            Column::Genres => &["genres", "genre", "class", "category", "categories"],
            Column::Year => &["year", "releaseyear", "movieyear", "releasedate"],
            Column::Imdb => &["imdbid", "imdb", "tconst", "const"],
            Column::Tmdb => &["tmdbid", "tmdb", "themoviedbid"],
            Column::Tag => &["tag", "tags", "tagname", "label"],
            Column::TagId => &["tagid"],
            Column::Relevance => &["relevance", "tagrelevance"],
            Column::OwnRating => &[
                "yourrating",
                "yourated",
                "youvrated",
                "myrating",
                "rating10",
                "rating",
                "stars",
                "score",
                "userrating",
                "value",
            ],
            Column::OwnFilm => &["movieid", "filmid", "itemid", "movielensid", "movie", "film", "item"],
            Column::OwnTime => &[
                "watcheddate",
                "daterated",
                "ratedat",
                "lastwatchedat",
                "timestamp",
                "date",
                "created",
                "time",
                "datetime",
            ],
            Column::OriginalTitle => &["originaltitle"],
            Column::Type => &["titletype", "type"],
            Column::Address => &["letterboxduri", "uri", "url"],
        }
    }

    /// Whether it goes by this name.
    pub(super) fn is_called(self, name: &str) -> bool {
        self.names().contains(&plain(name.as_bytes()).as_str())
    }

    /// As MovieLens calls it.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Column::User => "userId",
            Column::Film => "movieId",
            Column::Rating => "rating",
            Column::Time => "timestamp",
            Column::Title => "title",
            Column::Genres => "genres",
            Column::Year => "year",
            Column::Imdb => "imdbId",
            Column::Tmdb => "tmdbId",
            Column::Tag => "tag",
            Column::TagId => "tagId",
            Column::Relevance => "relevance",
            Column::OwnRating => "rating",
            Column::OwnFilm => "movieId",
            Column::OwnTime => "time",
            Column::OriginalTitle => "original title",
            Column::Type => "type",
            Column::Address => "address",
        }
    }
}

/// What stands between fields, tried in this order.
const SEPARATORS: [&[u8]; 6] = [b",", b";", b"\t", b"|", b"::", b" "];

/// So many lines after the first say whether rows have more fields than the header.
const LINES_LOOKED_AT: usize = 3;

/// The highest rating of any scale: a larger number in its place is something else.
const HIGHEST_RATING: f64 = 100.0;

/// The columns that are wanted of a file. Those that must be there come first.
pub(crate) struct Wanted<const N: usize> {
    pub(crate) columns: [Column; N],
    /// How many of them, the first ones, must be there.
    pub(crate) needed: usize,
}

/// Where a file's fields are.
#[derive(Clone, Debug)]
pub(crate) struct Header<const N: usize> {
    /// What stands between fields.
    pub(crate) separator: &'static [u8],
    /// The place of each wanted column; none for one that is not there.
    pub(crate) places: [Option<usize>; N],
    columns: [Column; N],
    needed: usize,
    /// How many fields a row has.
    pub(crate) fields: usize,
    /// Whether the first line names the columns, or is a row itself.
    pub(crate) is_named: bool,
    /// What had to be assumed, for people.
    pub(crate) assumed: Vec<String>,
}

impl<const N: usize> Header<N> {
    /// As [`Header::of`], of a file whose rows may also be something else: none if the first line, which is the current
    /// one then, neither names the columns nor is a row.
    pub(crate) fn if_any(file: &str, lines: &mut Lines<'_>, wanted: &Wanted<N>) -> Result<Option<Header<N>>, Error> {
        match Header::of(file, lines, wanted, None) {
            Ok(header) => Ok(Some(header)),
            Err(Error::MissingColumn { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds out where the fields are by the first lines, and leaves the first row as the current one if they name no
    /// columns. `usual` is what stands between the fields of files that are known to have no header.
    pub(crate) fn of(
        file: &str,
        lines: &mut Lines<'_>,
        wanted: &Wanted<N>,
        usual: Option<&'static [u8]>,
    ) -> Result<Header<N>, Error> {
        let cannot_read = |source| Error::Read { file: file.to_owned(), source };
        let mut told = None;
        loop {
            let Some(line) = lines.next().map_err(cannot_read)? else {
                return Err(Error::EmptyFile { file: file.to_owned() });
            };
            if told.is_none() && told_separator(line).is_some() {
                told = told_separator(line);
            } else if !line.trim_ascii().is_empty() {
                break;
            }
        }
        let first = lines.current().to_vec();
        let mut following = Vec::new();
        for at in 0..LINES_LOOKED_AT {
            following
                .extend(lines.line_ahead(at).map_err(cannot_read)?.filter(|line| !line.is_empty()).map(<[u8]>::to_vec));
        }
        Header::find(file, &first, &following, wanted, usual, told)
    }

    fn find(
        file: &str,
        first: &[u8],
        following: &[Vec<u8>],
        wanted: &Wanted<N>,
        usual: Option<&'static [u8]>,
        told: Option<&'static [u8]>,
    ) -> Result<Header<N>, Error> {
        let candidates: Vec<&'static [u8]> = match told {
            Some(told) => vec![told],
            None => usual.into_iter().chain(SEPARATORS.into_iter().filter(|other| Some(*other) != usual)).collect(),
        };
        let mut best: Option<Header<N>> = None;
        for separator in &candidates {
            let header = Header::named(first, separator, wanted);
            if best.as_ref().is_none_or(|known| header.found() > known.found()) {
                best = Some(header);
            }
        }
        let usual_one = usual.unwrap_or(b",");
        if let Some(header) = best.filter(|header| header.found().0 == wanted.needed) {
            return Ok(header.with_row_names(following).with_assumptions(first, usual_one));
        }
        for separator in &candidates {
            if let Some(header) = Header::unnamed(first, separator, wanted, usual) {
                return Ok(header);
            }
        }
        if let Some(separator) = usual {
            return Ok(Header::in_order(separator, wanted));
        }
        let header = Header::named(first, b",", wanted);
        let column = wanted.columns.iter().zip(header.places).find(|(_, place)| place.is_none());
        let names: Vec<&str> = wanted.columns.iter().map(|column| column.own_name()).collect();
        Err(Error::MissingColumn {
            file: file.to_owned(),
            column: column.map_or("", |(column, _)| column.own_name()),
            header: shown(first),
            expected: names.join(","),
        })
    }

    /// Of a file without header, whose columns are the wanted ones in order and no others.
    fn in_order(separator: &'static [u8], wanted: &Wanted<N>) -> Header<N> {
        let (columns, needed) = (wanted.columns, wanted.needed);
        let places = std::array::from_fn(Some);
        Header { separator, places, columns, needed, fields: N, is_named: false, assumed: Vec::new() }
    }

    /// Needed columns found, then all that were found.
    fn found(&self) -> (usize, usize) {
        let is_there = |place: &&Option<usize>| place.is_some();
        (self.places[..self.needed].iter().filter(is_there).count(), self.places.iter().filter(is_there).count())
    }

    fn named(first_line: &[u8], separator: &'static [u8], wanted: &Wanted<N>) -> Header<N> {
        let fields = split(first_line, separator, None).unwrap_or_default();
        let names: Vec<String> = fields.iter().map(|field| plain(field)).collect();
        let mut places = [None; N];
        for (at, column) in wanted.columns.iter().enumerate() {
            let is_free = |place: &usize| !places[..at].contains(&Some(*place));
            // A name nearer to MovieLens' own goes before one that stands further left.
            let named = |name: &&str| names.iter().position(|candidate| candidate == name);
            let found = column.names().iter().find_map(|name| named(name).filter(is_free));
            places[at] = found;
        }
        let (columns, needed) = (wanted.columns, wanted.needed);
        Header { separator, places, columns, needed, fields: names.len(), is_named: true, assumed: Vec::new() }
    }

    /// R gives its rows names, and that column none: every row has a number in front of what the header names.
    fn with_row_names(self, rows: &[Vec<u8>]) -> Header<N> {
        let mut shifted = self.clone();
        shifted.fields += 1;
        shifted.places = self.places.map(|place| place.map(|place| place + 1));
        let is_shifted = |row: &Vec<u8>| {
            let as_named = split(row, self.separator, Some(self.fields));
            let with_name = split(row, self.separator, Some(shifted.fields));
            !as_named.is_ok_and(|fields| fields.len() == self.fields)
                && with_name.is_ok_and(|fields| fields.first().is_some_and(|name| number(name).is_some()))
                && shifted.is_row(row)
        };
        if rows.is_empty() || !rows.iter().all(is_shifted) {
            return self;
        }
        shifted.assumed.push("rows begin with a number that the header has no name for; it is passed over".to_owned());
        shifted
    }

    fn with_assumptions(mut self, first_line: &[u8], usual: &[u8]) -> Header<N> {
        if self.separator != usual {
            self.assumed.push(format!("fields are separated by {}", in_words(self.separator)));
        }
        let fields = split(first_line, self.separator, None).unwrap_or_default();
        let unnamed = self.fields - fields.len();
        for (column, place) in self.columns.iter().zip(self.places) {
            let Some(field) = place.and_then(|place| fields.get(place - unnamed)) else { continue };
            if plain(field) != column.names()[0] {
                self.assumed.push(format!("the column \"{}\" is the {}", shown(bare(field)), column.own_name()));
            }
        }
        self
    }

    /// A first line that can be no header: whatever must be a number is one, and nothing is left over.
    fn unnamed(
        first_line: &[u8],
        separator: &'static [u8],
        wanted: &Wanted<N>,
        usual: Option<&'static [u8]>,
    ) -> Option<Header<N>> {
        let fields = split(first_line, separator, None).ok()?;
        if fields.len() < wanted.needed.max(2) || fields.len() > N {
            return None;
        }
        if !wanted.columns.iter().zip(&fields).all(|(column, field)| column.takes(field)) {
            return None;
        }
        let places = std::array::from_fn(|at| (at < fields.len()).then_some(at));
        let mut assumed = Vec::new();
        if usual.is_none() {
            let order: Vec<&str> = wanted.columns.iter().take(fields.len()).map(|column| column.own_name()).collect();
            assumed.push(format!("there is no header; the columns are taken as {}", order.join(", ")));
        }
        if separator != usual.unwrap_or(b",") {
            assumed.push(format!("fields are separated by {}", in_words(separator)));
        }
        let (columns, needed) = (wanted.columns, wanted.needed);
        Some(Header { separator, places, columns, needed, fields: fields.len(), is_named: false, assumed })
    }

    /// Whether a line is a row by itself: it has all fields, and what must be a number is one.
    pub(crate) fn is_row(&self, line: &[u8]) -> bool {
        let Ok(fields) = split(line, self.separator, Some(self.fields)) else { return false };
        // Where the rating is one, the ids may be text.
        let may_have_text = self.is_named && self.columns.contains(&Column::Rating);
        let is_sound = |at: usize| match self.places[at].map(|place| &fields[place]) {
            None => true,
            Some(field) if may_have_text && matches!(self.columns[at], Column::User | Column::Film) => {
                !bare(field).is_empty()
            }
            Some(field) if bare(field).is_empty() => at >= self.needed,
            Some(field) => self.columns[at].takes(field),
        };
        fields.len() == self.fields && (0..N).all(is_sound)
    }
}

impl Column {
    /// Whether a field can be of this column, as far as its form tells.
    fn takes(self, field: &[u8]) -> bool {
        match self {
            Column::User | Column::Film | Column::TagId => number(field).is_some_and(|number| number.fract() == 0.0),
            Column::Rating => number(field).is_some_and(|number| (-1.0..=HIGHEST_RATING).contains(&number)),
            Column::Relevance => number(field).is_some(),
            Column::Time => time(bare(field), i64::MAX).is_ok(),
            _ => true,
        }
    }
}

fn number(field: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bare(field)).ok()?.replacen(',', ".", 1);
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Excel's first line, which is no row: `sep=;`.
fn told_separator(line: &[u8]) -> Option<&'static [u8]> {
    let told = bare(line).strip_prefix(b"sep=")?;
    SEPARATORS.into_iter().find(|separator| *separator == told)
}

/// A name without what writers add to it: case, blanks, underscores, quotes, and the type that RecBole puts behind a colon.
fn plain(name: &[u8]) -> String {
    let name = bare(name);
    let name = name.strip_prefix(b"\xef\xbb\xbf").unwrap_or(name);
    let name = name.split(|byte| *byte == b':').next().unwrap_or_default();
    let kept = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

fn in_words(separator: &[u8]) -> &'static str {
    match separator {
        b";" => "semicolons",
        b"\t" => "tabs",
        b"|" => "bars",
        b"::" => "double colons",
        b" " => "blanks",
        _ => "commas",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATINGS: Wanted<4> =
        Wanted { columns: [Column::User, Column::Film, Column::Rating, Column::Time], needed: 3 };

    fn read(text: &str) -> Result<Header<4>, Error> {
        let mut bytes = text.as_bytes();
        Header::of("ratings.csv", &mut Lines::new(&mut bytes), &RATINGS, None)
    }

    #[test]
    fn columns_are_found_by_the_names_that_people_give_them() {
        for (text, separator, places) in [
            ("userId,movieId,rating,timestamp", &b","[..], [Some(0), Some(1), Some(2), Some(3)]),
            ("USER_ID;ITEM_ID;Rating", b";", [Some(0), Some(1), Some(2), None]),
            (
                "user_id:token\titem_id:token\trating:float\ttimestamp:float",
                b"\t",
                [Some(0), Some(1), Some(2), Some(3)],
            ),
            ("\u{feff}\"date\",\"stars\",\"film\",\"user\"", b",", [Some(3), Some(2), Some(1), Some(0)]),
            ("id,userId,movieId,rating", b",", [Some(1), Some(2), Some(3), None]),
            ("\nsep=;\nUser ID;Movie ID;Rating\n", b";", [Some(0), Some(1), Some(2), None]),
            ("\"userId\" \"movieId\" \"rating\"\n\"1\" 7 31 2.5\n", b" ", [Some(1), Some(2), Some(3), None]),
        ] {
            let header = read(text).unwrap();
            assert_eq!((header.separator, header.places, header.is_named), (separator, places, true), "{text}");
        }
    }

    #[test]
    fn a_first_line_of_numbers_is_no_header() {
        for (text, separator, fields) in [
            ("1;31;2.5;1260759144", &b";"[..], 4),
            ("1 31 2.5 1260759144", b" ", 4),
            ("1::31::2.5", b"::", 3),
            ("1\t31\t2\t2009-12-14", b"\t", 4),
        ] {
            let header = read(text).unwrap();
            assert_eq!((header.is_named, header.fields, header.separator), (false, fields, separator), "{text}");
        }
    }

    #[test]
    fn where_a_header_can_be_missed_it_is_asked_for() {
        for text in ["a,b,c,d", "0,1,31,2.5,1260759144", "1,31,1260759144,2.5", "1,31,2.5,soon"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("ratings.csv has no column \"userId\""), "{text}: {error}");
            assert!(error.contains("userId,movieId,rating,timestamp"), "{text}: {error}");
        }
    }
}
