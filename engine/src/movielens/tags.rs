//! The tags file, and the comma-separated rows that it shares with the films.

use csv::{ReaderBuilder, StringRecord};

use super::fields::{Fault, decode, id, shown, time};
use super::films::lines;
use super::layout::Role;
use super::{BadReason, BadRows, Error, Source, Tag};
use crate::rating::MovieId;

/// Longer tags are cut off by nobody, but a megabyte is no tag.
const TAG_LIMIT: usize = 4096;

impl Source {
    /// Reads the tags; `None` if the source has no file of them. Fails if more than the fraction `allowed` is bad.
    pub fn read_tags(
        &mut self,
        known: impl Fn(MovieId) -> bool,
        now: i64,
        bad_rows: &mut BadRows,
        allowed: f64,
    ) -> Result<Option<Vec<Tag>>, Error> {
        let file = self.file_name(Role::Tags).to_owned();
        let Some(bytes) = self.read_whole(Role::Tags)? else { return Ok(None) };
        let text = decode(bytes);
        let (mut tags, mut rows) = (Vec::new(), 0);
        let mut add = |line: u64, parsed: Result<Tag, Fault>| {
            rows += 1;
            let checked = parsed.and_then(|tag| match known(tag.movie) {
                true => Ok(tag),
                false => Err((BadReason::UnknownFilm, format!("film {} is in no movies file", tag.movie))),
            });
            match checked {
                Ok(tag) => tags.push(tag),
                Err((reason, detail)) => bad_rows.add(&file, line, reason, || detail),
            }
        };
        if self.layout().has_header() {
            for_each_csv_row(&file, &text, ["userId", "movieId", "tag", "timestamp"], &[], |line, row| {
                add(line, row.and_then(|row| tag([0, 1, 2, 3].map(|column| row.field(column)), now)));
            })?;
        } else {
            for (line, row) in lines(&text) {
                add(line, fields_from_dat(row).and_then(|fields| tag(fields, now)));
            }
        }
        bad_rows.check(&file, rows, allowed)?;
        Ok(Some(tags))
    }
}

fn tag([user, movie, words, timestamp]: [&str; 4], now: i64) -> Result<Tag, Fault> {
    let words = words.trim();
    if words.is_empty() {
        return Err((BadReason::MissingField, "the tag is missing".to_owned()));
    }
    if words.len() > TAG_LIMIT {
        return Err((BadReason::Unreadable, format!("the tag is longer than {TAG_LIMIT} bytes")));
    }
    Ok(Tag {
        user: id(user.trim().as_bytes(), "the user id")?,
        movie: id(movie.trim().as_bytes(), "the film id")?,
        tag: words.to_owned(),
        timestamp: time(timestamp.trim().as_bytes(), now)?,
    })
}

/// `user::film::tag::time`, where the tag may itself contain colons.
fn fields_from_dat(row: &str) -> Result<[&str; 4], Fault> {
    let split = || {
        let (user, rest) = row.split_once("::")?;
        let (movie, rest) = rest.split_once("::")?;
        let (words, timestamp) = rest.rsplit_once("::")?;
        Some([user, movie, words, timestamp])
    };
    split().ok_or_else(|| (BadReason::MissingField, format!("too few fields in \"{}\"", shown(row.as_bytes()))))
}

/// A row of a comma-separated file, seen through the columns that were asked for.
pub(super) struct CsvRow<'a> {
    record: &'a StringRecord,
    columns: &'a [usize],
}

impl CsvRow<'_> {
    /// A field by its place among the columns asked for.
    pub(super) fn field(&self, column: usize) -> &str {
        self.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or_default()
    }
}

/// Calls `each` with the line and the row or its fault. Columns are found by name; those in `may_be_empty` may be.
pub(super) fn for_each_csv_row<const N: usize>(
    file: &str,
    text: &str,
    names: [&'static str; N],
    may_be_empty: &[usize],
    mut each: impl FnMut(u64, Result<CsvRow<'_>, Fault>),
) -> Result<(), Error> {
    let unreadable = |reason: csv::Error| Error::Read { file: file.to_owned(), source: std::io::Error::other(reason) };
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut columns = [0; N];
    for (at, column) in columns.iter_mut().zip(names) {
        *at = header.iter().position(|name| name.trim().eq_ignore_ascii_case(column)).ok_or_else(|| {
            let header = shown(text.lines().next().unwrap_or_default().as_bytes());
            Error::MissingColumn { file: file.to_owned(), column, header }
        })?;
    }
    let mut record = StringRecord::new();
    let mut lines = LineCounter { text: text.as_bytes(), at: 0, number: 1 };
    while reader.read_record(&mut record).map_err(unreadable)? {
        let at = record.position().map_or(0, |position| position.byte() as usize);
        let line = lines.number_at(at);
        let row = CsvRow { record: &record, columns: &columns };
        let empty = names.iter().enumerate().find(|(at, _)| !may_be_empty.contains(at) && row.field(*at).is_empty());
        let checked = if record.iter().any(|field| field.contains('\n')) {
            Err((BadReason::Unreadable, "a quoted field runs over the end of the line".to_owned()))
        } else if record.len() > header.len() {
            let words = format!("{} fields instead of {}; is a title without quotes?", record.len(), header.len());
            Err((BadReason::ExtraField, words))
        } else if let Some((_, name)) = empty {
            Err((BadReason::MissingField, format!("{name} is missing")))
        } else {
            Ok(row)
        };
        each(line, checked);
    }
    Ok(())
}

/// Numbers lines by byte. The CSV reader's own numbers count blank lines before a row as part of it.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    number: u64,
}

impl LineCounter<'_> {
    /// The line of the first byte from `at` on that ends no line; `at` must not go back.
    fn number_at(&mut self, at: usize) -> u64 {
        let rest = self.text.get(at..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.text.get(self.at..at + blank).unwrap_or_default();
        self.number += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at += passed.len();
        self.number
    }
}
