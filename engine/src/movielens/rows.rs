//! Rows of files of tens of millions of lines: line by line, in bounded memory, without a text being made of a field.

use std::borrow::Cow;
use std::io::{BufRead, Read};

use super::BadReason;
use super::encoding::{FromUtf16, Utf16};
use super::fields::{Fault, bare, shown};
use super::header::Header;
use super::quoting::split;

/// A longer line is a bad row; the longest published has 40 bytes.
const LINE_LIMIT: u64 = 4096;

/// What is split without a list being made; rows of more fields are split the slow way.
const QUICK_FIELDS: usize = 16;

/// How many rows go by between two reports of progress.
pub(super) const ROWS_PER_REPORT: u64 = 1 << 15;

/// Gives a file in UTF-16 on as UTF-8, and any other as it is.
pub(super) fn as_utf8<T>(reader: &mut dyn BufRead, consume: impl FnOnce(&mut dyn BufRead) -> T) -> std::io::Result<T> {
    match Utf16::of(reader.fill_buf()?) {
        Some(order) => Ok(consume(&mut std::io::BufReader::new(FromUtf16::new(reader, order)))),
        None => Ok(consume(reader)),
    }
}

/// Lines of a reader, each cut off at [`LINE_LIMIT`].
pub(super) struct Lines<'a> {
    reader: &'a mut dyn BufRead,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(reader: &'a mut dyn BufRead) -> Lines<'a> {
        Lines { reader, line: Vec::new(), number: 0, bytes: 0 }
    }

    /// The number of the line that was read last, the first being 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// How many bytes have been read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line, without its end, but longer than [`LINE_LIMIT`] if the line was.
    pub(super) fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        self.line.clear();
        let read = (&mut *self.reader).take(LINE_LIMIT + 1).read_until(b'\n', &mut self.line)?;
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
        Ok(Some(self.current()))
    }

    /// The line that was read last.
    pub(super) fn current(&self) -> &[u8] {
        let byte_order_mark: &[u8] = b"\xef\xbb\xbf";
        match self.number {
            1 => self.line.strip_prefix(byte_order_mark).unwrap_or(&self.line),
            _ => &self.line,
        }
    }
}

/// Takes the wanted fields out of lines.
pub(super) struct Fields<const N: usize> {
    places: [Option<usize>; N],
    count: usize,
    separator: &'static [u8],
    unquoted: Vec<u8>,
}

impl<const N: usize> Fields<N> {
    pub(super) fn new(header: &Header<N>) -> Fields<N> {
        Fields { places: header.places, count: header.fields, separator: header.separator, unquoted: Vec::new() }
    }

    /// The fields wanted of a line; empty for a column that the file does not have.
    pub(super) fn of<'l>(&'l mut self, line: &'l [u8]) -> Result<[&'l [u8]; N], Fault> {
        if line.len() as u64 > LINE_LIMIT {
            return Err((BadReason::Unreadable, format!("the line is longer than {LINE_LIMIT} bytes")));
        }
        let mut fields: [&[u8]; QUICK_FIELDS] = [b""; QUICK_FIELDS];
        let count = split_quickly(line, self.separator, &mut fields);
        if count == self.count && count <= QUICK_FIELDS && fields[..count].iter().all(|field| is_simple(field)) {
            return Ok(self.places.map(|place| place.map_or(&b""[..], |place| bare(fields[place]))));
        }
        self.of_quoted(line)
    }

    fn of_quoted<'l>(&'l mut self, line: &'l [u8]) -> Result<[&'l [u8]; N], Fault> {
        let fields = split(line, self.separator, Some(self.count))
            .map_err(|reason| (BadReason::Unreadable, format!("{reason}: \"{}\"", shown(line))))?;
        check_count(fields.len(), self.count, line)?;
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

/// Says if a row has not as many fields as its header.
pub(super) fn check_count(count: usize, expected: usize, line: &[u8]) -> Result<(), Fault> {
    if count == expected {
        return Ok(());
    }
    let reason = if count < expected { BadReason::MissingField } else { BadReason::ExtraField };
    Err((reason, format!("{count} fields instead of {expected} in \"{}\"", shown(line))))
}

/// Whether a field has no quotes but a pair around it.
fn is_simple(field: &[u8]) -> bool {
    !field.contains(&b'"') || matches!(field.trim_ascii(), [b'"', inner @ .., b'"'] if !inner.contains(&b'"'))
}

/// Splits into `fields` as far as there is room; returns how many fields there are.
fn split_quickly<'a>(line: &'a [u8], separator: &[u8], fields: &mut [&'a [u8]; QUICK_FIELDS]) -> usize {
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
