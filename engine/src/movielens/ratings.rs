//! The ratings file, tens of millions of lines long, of any layout: line by line, in bounded memory.

use std::io::{BufRead, Read};

use super::fields::{Fault, bare, id, shown, stars, time};
use super::layout::Role;
use super::{BadReason, BadRows, Error, Progress, Rating, Source, Stage};
use crate::rating::MovieId;

/// A longer line is a bad row; the longest published has 40 bytes.
const LINE_LIMIT: u64 = 4096;

/// No layout has more columns; further fields make a row bad either way.
const MOST_FIELDS: usize = 16;

/// How many rows go by between two reports of progress.
const ROWS_PER_REPORT: u64 = 1 << 15;

/// The columns wanted, in the order in which the layouts without header have them.
const COLUMNS: [&str; 4] = ["userId", "movieId", "rating", "timestamp"];

impl Source {
    /// Passes every good row of the ratings file, with its line, to `accept`; returns how many rows there were.
    ///
    /// A row is good if its fields are sound, its film is `known` and its time is not after `now`.
    pub fn read_ratings(
        &mut self,
        known: impl Fn(MovieId) -> bool,
        now: i64,
        bad_rows: &mut BadRows,
        progress: &mut dyn FnMut(Progress),
        mut accept: impl FnMut(u32, Rating),
    ) -> Result<u64, Error> {
        let file = self.file_name(Role::Ratings).to_owned();
        let (layout, bytes_total) = (self.layout(), self.bytes());
        let bytes_before = bytes_total - self.file_bytes(Role::Ratings);
        let rows = self.read_buffered(Role::Ratings, |reader| {
            let cannot_read = |source| Error::Read { file: file.clone(), source };
            let mut lines = Lines { reader, line: Vec::new(), number: 0, bytes: 0 };
            let mut columns = Columns { wanted: [0, 1, 2, 3], count: 4, separator: layout.ratings_separator() };
            if layout.has_header() {
                let header = lines.next().map_err(cannot_read)?.unwrap_or_default();
                columns.find(&file, header)?;
            }
            let mut rows = 0u64;
            while let Some(line) = lines.next().map_err(cannot_read)? {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                rows += 1;
                let parsed = columns.parse(line, now).and_then(|rating| match known(rating.movie) {
                    true => Ok(rating),
                    false => Err((BadReason::UnknownFilm, format!("film {} is in no movies file", rating.movie))),
                });
                let number = lines.number;
                match (parsed, u32::try_from(number)) {
                    (Ok(rating), Ok(line)) => accept(line, rating),
                    (Ok(_), Err(_)) => {
                        return Err(Error::TooLarge { file: file.clone(), bytes: lines.bytes, limit: u32::MAX.into() });
                    }
                    (Err((reason, detail)), _) => bad_rows.add(&file, number, reason, || detail),
                }
                if rows.is_multiple_of(ROWS_PER_REPORT) {
                    let bytes_done = bytes_before + lines.bytes;
                    progress(Progress { stage: Stage::Reading, bytes_done, bytes_total, rows });
                }
            }
            progress(Progress { stage: Stage::Reading, bytes_done: bytes_total, bytes_total, rows });
            Ok(rows)
        })?;
        Ok(rows.unwrap_or_default())
    }

    /// The name of the ratings file, as it stands in bad rows.
    pub fn ratings_file(&self) -> &str {
        self.file_name(Role::Ratings)
    }
}

/// Lines of a reader, each cut off at [`LINE_LIMIT`].
struct Lines<'a, R> {
    reader: &'a mut R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<'_, R> {
    /// The next line, without its end, but longer than [`LINE_LIMIT`] if the line was.
    fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        self.line.clear();
        let read = self.reader.by_ref().take(LINE_LIMIT + 1).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() as u64 > LINE_LIMIT {
            self.bytes += self.reader.skip_until(b'\n')? as u64;
        }
        let byte_order_mark: &[u8] = b"\xef\xbb\xbf";
        let line = match self.number {
            1 => self.line.strip_prefix(byte_order_mark).unwrap_or(&self.line),
            _ => &self.line,
        };
        Ok(Some(line))
    }
}

/// Where in a line the fields are.
struct Columns {
    wanted: [usize; 4],
    count: usize,
    separator: &'static [u8],
}

impl Columns {
    /// Finds the columns by their names in a header.
    fn find(&mut self, file: &str, header: &[u8]) -> Result<(), Error> {
        let mut fields: [&[u8]; MOST_FIELDS] = [b""; MOST_FIELDS];
        self.count = split(header, self.separator, &mut fields);
        for (wanted, column) in self.wanted.iter_mut().zip(COLUMNS) {
            let named = |field: &&[u8]| bare(field).eq_ignore_ascii_case(column.as_bytes());
            *wanted = fields.iter().position(named).ok_or_else(|| Error::MissingColumn {
                file: file.to_owned(),
                column,
                header: shown(header),
            })?;
        }
        Ok(())
    }

    fn parse(&self, line: &[u8], now: i64) -> Result<Rating, Fault> {
        if line.len() as u64 > LINE_LIMIT {
            return Err((BadReason::Unreadable, format!("the line is longer than {LINE_LIMIT} bytes")));
        }
        let mut fields: [&[u8]; MOST_FIELDS] = [b""; MOST_FIELDS];
        let count = split(line, self.separator, &mut fields);
        if count != self.count {
            let reason = if count < self.count { BadReason::MissingField } else { BadReason::ExtraField };
            return Err((reason, format!("{count} fields instead of {} in \"{}\"", self.count, shown(line))));
        }
        let [user, movie, rating, timestamp] = self.wanted.map(|at| bare(fields[at]));
        Ok(Rating {
            user: id(user, "the user id")?,
            movie: id(movie, "the film id")?,
            half_stars: stars(rating)?,
            timestamp: time(timestamp, now)?,
        })
    }
}

/// Splits into `fields` as far as there is room; returns how many fields there are.
fn split<'a>(line: &'a [u8], separator: &[u8], fields: &mut [&'a [u8]; MOST_FIELDS]) -> usize {
    let (mut count, mut from, mut at) = (0, 0, 0);
    while at < line.len() {
        if line[at] == separator[0] && line[at..].starts_with(separator) {
            if let Some(field) = fields.get_mut(count) {
                *field = &line[from..at];
            }
            count += 1;
            at += separator.len();
            from = at;
        } else {
            at += 1;
        }
    }
    if let Some(field) = fields.get_mut(count) {
        *field = &line[from..];
    }
    count + 1
}
