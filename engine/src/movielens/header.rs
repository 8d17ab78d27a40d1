//! Which column is which: by the names that files give them, or by their order where there is no header.

use super::fields::{bare, shown};
use super::quoting::split;
use super::Error;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
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
}

impl Column {
    /// The names it goes by, MovieLens' own first, as [`plain`] writes them.
    fn names(self) -> &'static [&'static str] {
        match self {
            Column::User => &["userid", "user", "uid", "usernumber", "customerid", "memberid", "reviewerid", "viewerid"],
            Column::Film => &["movieid", "itemid", "filmid", "movie", "item", "film", "mid", "iid", "productid", "id"],
            Column::Rating => &["rating", "stars", "score", "userrating", "ratingvalue", "value", "overall"],
            Column::Time => &[
                "timestamp", "time", "ts", "date", "datetime", "ratedat", "createdat", "unixtimestamp", "unixreviewtime",
                "ratingtimestamp",
            ],
            Column::Title => &["title", "movietitle", "filmtitle", "itemtitle", "name", "moviename", "primarytitle"],
            Column::Genres => &["genres", "genre", "class", "category", "categories"],
            Column::Year => &["year", "releaseyear", "movieyear"],
            Column::Imdb => &["imdbid", "imdb", "tconst", "const"],
            Column::Tmdb => &["tmdbid", "tmdb", "themoviedbid"],
            Column::Tag => &["tag", "tags", "tagname", "label"],
            Column::TagId => &["tagid"],
            Column::Relevance => &["relevance", "tagrelevance"],
        }
    }

    /// As MovieLens calls it.
    pub(super) fn own_name(self) -> &'static str {
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
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Column::User | Column::Film | Column::Rating | Column::TagId | Column::Relevance)
    }
}

/// What stands between fields, tried in this order.
const SEPARATORS: [&[u8]; 4] = [b",", b";", b"\t", b"|"];

/// The columns that are wanted of a file. Those that must be there come first.
pub(super) struct Wanted<const N: usize> {
    pub(super) columns: [Column; N],
    /// How many of them, the first ones, must be there.
    pub(super) needed: usize,
}

/// Where a file's fields are.
#[derive(Clone, Debug)]
pub(super) struct Header<const N: usize> {
    /// What stands between fields.
    pub(super) separator: &'static [u8],
    /// The place of each wanted column; none for one that is not there.
    pub(super) places: [Option<usize>; N],
    /// How many fields a row has.
    pub(super) fields: usize,
    /// Whether the first line names the columns, or is a row itself.
    pub(super) is_named: bool,
    /// What had to be assumed, for people.
    pub(super) assumed: Vec<String>,
}

impl<const N: usize> Header<N> {
    /// Of a file without header, whose columns are the wanted ones in order and no others.
    pub(super) fn in_order(separator: &'static [u8]) -> Header<N> {
        let places = std::array::from_fn(Some);
        Header { separator, places, fields: N, is_named: false, assumed: Vec::new() }
    }

    /// Finds the columns in a file's first line.
    pub(super) fn read(file: &str, first_line: &[u8], wanted: &Wanted<N>) -> Result<Header<N>, Error> {
        if first_line.trim_ascii().is_empty() {
            return Err(Error::EmptyFile { file: file.to_owned() });
        }
        let mut best: Option<Header<N>> = None;
        for separator in SEPARATORS {
            let header = Header::named(first_line, separator, wanted);
            if best.as_ref().is_none_or(|known| header.found(wanted.needed) > known.found(wanted.needed)) {
                best = Some(header);
            }
        }
        if let Some(header) = best.filter(|header| header.found(wanted.needed).0 == wanted.needed) {
            return Ok(header.with_assumptions(first_line, wanted));
        }
        if let Some(header) = SEPARATORS.iter().find_map(|separator| Header::unnamed(first_line, separator, wanted)) {
            return Ok(header);
        }
        let missing = Header::named(first_line, b",", wanted);
        let column = wanted.columns.iter().zip(missing.places).find(|(_, place)| place.is_none());
        Err(Error::MissingColumn {
            file: file.to_owned(),
            column: column.map_or("", |(column, _)| column.own_name()),
            header: shown(first_line),
        })
    }

    /// Needed columns found, then all that were found.
    fn found(&self, needed: usize) -> (usize, usize) {
        let is_there = |place: &&Option<usize>| place.is_some();
        (self.places[..needed].iter().filter(is_there).count(), self.places.iter().filter(is_there).count())
    }

    fn named(first_line: &[u8], separator: &'static [u8], wanted: &Wanted<N>) -> Header<N> {
        let fields = split(first_line, separator, None).unwrap_or_default();
        let names: Vec<String> = fields.iter().map(|field| plain(field)).collect();
        // A name nearer to MovieLens' own goes before one that stands further left.
        let place = |column: Column| {
            column.names().iter().find_map(|name| names.iter().position(|candidate| candidate == name))
        };
        let places = wanted.columns.map(place);
        Header { separator, places, fields: names.len(), is_named: true, assumed: Vec::new() }
    }

    fn with_assumptions(mut self, first_line: &[u8], wanted: &Wanted<N>) -> Header<N> {
        if self.separator != b"," {
            self.assumed.push(format!("fields are separated by {}", in_words(self.separator)));
        }
        let fields = split(first_line, self.separator, None).unwrap_or_default();
        for (column, place) in wanted.columns.iter().zip(self.places) {
            let Some(field) = place.and_then(|place| fields.get(place)) else { continue };
            if plain(field) != column.names()[0] {
                self.assumed.push(format!("the column \"{}\" is the {}", shown(bare(field)), column.own_name()));
            }
        }
        self
    }

    /// A first line that can be no header: whatever must be a number is one.
    fn unnamed(first_line: &[u8], separator: &'static [u8], wanted: &Wanted<N>) -> Option<Header<N>> {
        let fields = split(first_line, separator, None).ok()?;
        if fields.len() < wanted.needed.max(2) {
            return None;
        }
        let is_number = |field: &[u8]| {
            std::str::from_utf8(bare(field)).is_ok_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
        };
        let numbers_fit = wanted.columns.iter().zip(&fields).all(|(column, field)| !column.is_number() || is_number(field));
        let places = std::array::from_fn(|at| (at < fields.len()).then_some(at));
        let order: Vec<&str> = wanted.columns.iter().take(fields.len()).map(|column| column.own_name()).collect();
        let assumed = vec![format!("there is no header; the columns are {}", order.join(", "))];
        numbers_fit.then_some(Header { separator, places, fields: fields.len(), is_named: false, assumed })
    }
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
        _ => "commas",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATINGS: Wanted<4> =
        Wanted { columns: [Column::User, Column::Film, Column::Rating, Column::Time], needed: 3 };

    #[test]
    fn columns_are_found_by_the_names_that_people_give_them() {
        for (line, separator, places) in [
            ("userId,movieId,rating,timestamp", &b","[..], [Some(0), Some(1), Some(2), Some(3)]),
            ("USER_ID;ITEM_ID;Rating", b";", [Some(0), Some(1), Some(2), None]),
            ("user_id:token\titem_id:token\trating:float\ttimestamp:float", b"\t", [Some(0), Some(1), Some(2), Some(3)]),
            ("\u{feff}\"date\",\"stars\",\"film\",\"user\"", b",", [Some(3), Some(2), Some(1), Some(0)]),
            ("id,userId,movieId,rating", b",", [Some(1), Some(2), Some(3), None]),
        ] {
            let header = Header::read("ratings.csv", line.as_bytes(), &RATINGS).unwrap();
            assert_eq!((header.separator, header.places, header.is_named), (separator, places, true), "{line}");
        }
    }

    #[test]
    fn a_first_line_of_numbers_is_no_header() {
        let header = Header::read("ratings.csv", b"1;31;2.5;1260759144", &RATINGS).unwrap();
        assert_eq!((header.is_named, header.fields, header.separator), (false, 4, &b";"[..]));
        let error = Header::read("ratings.csv", b"a,b,c,d", &RATINGS).unwrap_err().to_string();
        assert!(error.contains("no column \"userId\""), "{error}");
    }
}
