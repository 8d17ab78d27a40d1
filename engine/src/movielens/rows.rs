//! Rows of files of any length: line by line, in bounded memory, without a text being made of a field.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{BufRead, Read};

use super::BadReason;
use super::encoding::{FromUtf16, Utf16};
use super::fields::{Fault, bare, shown};
use super::header::Header;
use super::quoting::{Broken, split};

/// A longer row is a bad one; a review of a film is shorter.
pub(super) const ROW_LIMIT: usize = 1 << 16;

/// How many lines a row with quotes around its line ends may have.
const LINES_OF_A_ROW: usize = 500;

/// What is split without a list being made; rows of more fields are split the slow way.
const QUICK_FIELDS: usize = 16;

/// How many rows go by between two reports of progress.
pub(super) const ROWS_PER_REPORT: u64 = 1 << 15;

/// Gives a file in UTF-16 on as UTF-8, and any other as it is.
pub(crate) fn as_utf8<T>(reader: &mut dyn BufRead, consume: impl FnOnce(&mut dyn BufRead) -> T) -> std::io::Result<T> {
    match Utf16::of(reader.fill_buf()?) {
        Some(order) => Ok(consume(&mut std::io::BufReader::new(FromUtf16::new(reader, order)))),
        None => Ok(consume(reader)),
    }
}

/// Lines of a reader, each cut off past [`ROW_LIMIT`].
pub(crate) struct Lines<'a> {
    reader: &'a mut dyn BufRead,
    limit: usize,
    /// What lines end with; files of old Macintoshes have no line feeds.
    end: Option<u8>,
    line: Vec<u8>,
    /// The number of the current row's first line, and of the line that was read last.
    number: u64,
    last_number: u64,
    bytes: u64,
    /// Lines that were looked at before their turn, with what they took in the file.
    ahead: VecDeque<(Vec<u8>, u64)>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(reader: &'a mut dyn BufRead) -> Lines<'a> {
        Lines::of_at_most(ROW_LIMIT, reader)
    }

    /// With another limit than [`ROW_LIMIT`].
    pub(crate) fn of_at_most(limit: usize, reader: &'a mut dyn BufRead) -> Lines<'a> {
        let (line, ahead) = (Vec::new(), VecDeque::new());
        Lines { reader, limit, end: None, line, number: 0, last_number: 0, bytes: 0, ahead }
    }

    /// The number of the line on which the current row begins, the first of the file being 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line, without its end, but longer than [`ROW_LIMIT`] if the line was.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        let read = match self.ahead.pop_front() {
            Some((line, bytes)) => {
                self.line = line;
                bytes
            }
            None => {
                let mut line = std::mem::take(&mut self.line);
                let read = self.read(&mut line);
                self.line = line;
                read?
            }
        };
        if read == 0 {
            return Ok(None);
        }
        self.last_number += 1;
        self.number = self.last_number;
        self.bytes += read;
        Ok(Some(&self.line))
    }

    /// The line that was read last, or all lines of its row.
    pub(crate) fn current(&self) -> &[u8] {
        &self.line
    }

    /// The following lines are part of the current row, if its quote is open and that makes a whole row of it. Where one
    /// of them is a row by itself, the quote was forgotten, which costs no other row.
    pub(crate) fn close_quotes<const N: usize>(&mut self, header: &Header<N>) -> std::io::Result<bool> {
        let is_open = |row: &[u8]| split(row, header.separator, Some(header.fields)).err() == Some(Broken::Unclosed);
        if !has_open_quote(&self.line) || !is_open(&self.line) {
            return Ok(false);
        }
        let mut row = self.line.clone();
        for at in 0..LINES_OF_A_ROW {
            let Some(next) = self.line_ahead(at)? else { break };
            if row.len() + next.len() > ROW_LIMIT || header.is_row(next) {
                break;
            }
            row.push(b'\n');
            row.extend_from_slice(next);
            if !next.contains(&b'"') {
                continue;
            }
            match split(&row, header.separator, Some(header.fields)) {
                Ok(fields) if fields.len() == header.fields => {
                    let taken: u64 = self.ahead.drain(..=at).map(|(_, bytes)| bytes).sum();
                    self.bytes += taken;
                    self.last_number += at as u64 + 1;
                    self.line = row;
                    return Ok(true);
                }
                Err(Broken::Unclosed) => {}
                _ => break,
            }
        }
        Ok(false)
    }

    /// The line so many lines after the next one.
    pub(crate) fn line_ahead(&mut self, at: usize) -> std::io::Result<Option<&[u8]>> {
        while self.ahead.len() <= at {
            let mut line = Vec::new();
            let read = self.read(&mut line)?;
            if read == 0 {
                return Ok(None);
            }
            self.ahead.push_back((line, read));
        }
        Ok(self.ahead.get(at).map(|(line, _)| line.as_slice()))
    }

    /// Reads a line; says how many bytes it took, none at the end.
    fn read(&mut self, line: &mut Vec<u8>) -> std::io::Result<u64> {
        let (is_first, end) = match self.end {
            Some(end) => (false, end),
            None => {
                let beginning = self.reader.fill_buf()?;
                let inner = beginning.split_last().map_or(&[][..], |(_, inner)| inner);
                let is_macintosh = inner.contains(&b'\r') && !beginning.contains(&b'\n');
                (true, if is_macintosh { b'\r' } else { b'\n' })
            }
        };
        self.end = Some(end);
        line.clear();
        let mut read = (&mut *self.reader).take(self.limit as u64 + 1).read_until(end, line)? as u64;
        if line.last() == Some(&end) {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        } else if line.len() > self.limit {
            read += self.reader.skip_until(end)? as u64;
        }
        if is_first && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(read)
    }
}

/// A cheap look before an exact one: of doubled quotes there is an even number.
fn has_open_quote(line: &[u8]) -> bool {
    line.contains(&b'"') && (line.contains(&b'\\') || line.iter().filter(|byte| **byte == b'"').count() % 2 == 1)
}

/// Takes the wanted fields out of rows.
pub(crate) struct Fields<const N: usize> {
    places: [Option<usize>; N],
    count: usize,
    separator: &'static [u8],
    unquoted: Vec<u8>,
}

impl<const N: usize> Fields<N> {
    pub(crate) fn new(header: &Header<N>) -> Fields<N> {
        let separator = header.separator;
        Fields { places: header.places, count: header.fields, separator, unquoted: Vec::new() }
    }

    /// The fields wanted of a row; empty for a column that the file does not have.
    pub(crate) fn of<'l>(&'l mut self, row: &'l [u8]) -> Result<[&'l [u8]; N], Fault> {
        if row.len() > ROW_LIMIT {
            return Err((BadReason::Unreadable, format!("the row is longer than {ROW_LIMIT} bytes")));
        }
        let mut fields: [&[u8]; QUICK_FIELDS] = [b""; QUICK_FIELDS];
        let count = split_quickly(row, self.separator, &mut fields);
        let fits = count == self.count && count <= QUICK_FIELDS;
        if fits && (!row.contains(&b'"') || fields[..count].iter().all(|field| is_simple(field))) {
            return Ok(self.places.map(|place| place.map_or(&b""[..], |place| bare(fields[place]))));
        }
        self.of_quoted(row)
    }

    fn of_quoted<'l>(&'l mut self, row: &'l [u8]) -> Result<[&'l [u8]; N], Fault> {
        let fields = split(row, self.separator, Some(self.count)).map_err(|broken| unreadable(broken, row))?;
        check_count(fields.len(), self.count, row)?;
        // What had to be unescaped is kept in one buffer, by its place there.
        self.unquoted.clear();
        let mut kept: [Option<std::ops::Range<usize>>; N] = std::array::from_fn(|_| None);
        let mut borrowed: [&[u8]; N] = [b""; N];
        for ((place, kept), borrowed) in self.places.iter().zip(&mut kept).zip(&mut borrowed) {
            match place.and_then(|place| fields.get(place)) {
                Some(Cow::Borrowed(field)) => *borrowed = bare(field),
                Some(Cow::Owned(field)) => {
                    let from = self.unquoted.len();
                    self.unquoted.extend_from_slice(field.trim_ascii());
                    *kept = Some(from..self.unquoted.len());
                }
                None => {}
            }
        }
        let unquoted = &self.unquoted;
        Ok(std::array::from_fn(|at| kept[at].clone().map_or(borrowed[at], |range| &unquoted[range])))
    }
}

pub(super) fn unreadable(broken: Broken, row: &[u8]) -> Fault {
    (BadReason::Unreadable, format!("{} in \"{}\"", broken.in_words(), shown(row)))
}

/// Says if a row has not as many fields as its header.
pub(super) fn check_count(count: usize, expected: usize, row: &[u8]) -> Result<(), Fault> {
    if count == expected {
        return Ok(());
    }
    let reason = if count < expected { BadReason::MissingField } else { BadReason::ExtraField };
    Err((reason, format!("{count} fields instead of {expected} in \"{}\"", shown(row))))
}

/// Whether a field has no quotes but a pair around it.
fn is_simple(field: &[u8]) -> bool {
    !field.contains(&b'"') || matches!(field.trim_ascii(), [b'"', inner @ .., b'"'] if !inner.contains(&b'"'))
}

/// Splits into `fields` as far as there is room; returns how many fields there are.
fn split_quickly<'a>(row: &'a [u8], separator: &[u8], fields: &mut [&'a [u8]; QUICK_FIELDS]) -> usize {
    let (mut count, mut from, mut at) = (0, 0, 0);
    while at < row.len() {
        if row[at] == separator[0] && row[at..].starts_with(separator) {
            if let Some(field) = fields.get_mut(count) {
                *field = &row[from..at];
            }
            count += 1;
            at += separator.len();
            from = at;
        } else {
            at += 1;
        }
    }
    if let Some(field) = fields.get_mut(count) {
        *field = &row[from..];
    }
    count + 1
}
