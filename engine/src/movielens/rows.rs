//! Rows of files of tens of millions of lines: line by line, in bounded memory, without a text being made of a field.

use std::io::{BufRead, Read};

use super::fields::{Fault, bare, shown};
use super::{BadReason, Error};

/// A longer line is a bad row; the longest published has 40 bytes.
const LINE_LIMIT: u64 = 4096;

/// No layout has more columns; further fields make a row bad either way.
const MOST_FIELDS: usize = 16;

/// How many rows go by between two reports of progress.
pub(super) const ROWS_PER_REPORT: u64 = 1 << 15;

/// Lines of a reader, each cut off at [`LINE_LIMIT`].
pub(super) struct Lines<'a, R> {
    reader: &'a mut R,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<'a, R: BufRead> Lines<'a, R> {
    pub(super) fn new(reader: &'a mut R) -> Lines<'a, R> {
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

/// Where in a line the `N` fields are that are wanted.
pub(super) struct Columns<const N: usize> {
    wanted: [usize; N],
    count: usize,
    separator: &'static [u8],
}

impl<const N: usize> Columns<N> {
    /// The fields of a file without a header: the first, the second and so on, and no others.
    pub(super) fn in_order(separator: &'static [u8]) -> Columns<N> {
        Columns { wanted: std::array::from_fn(|at| at), count: N, separator }
    }

    /// Finds the columns by their names in a header.
    pub(super) fn named(
        file: &str,
        header: &[u8],
        names: [&'static str; N],
        separator: &'static [u8],
    ) -> Result<Columns<N>, Error> {
        let mut fields: [&[u8]; MOST_FIELDS] = [b""; MOST_FIELDS];
        let count = split(header, separator, &mut fields);
        let mut wanted = [0; N];
        for (wanted, column) in wanted.iter_mut().zip(names) {
            let named = |field: &&[u8]| bare(field).eq_ignore_ascii_case(column.as_bytes());
            *wanted = fields.iter().position(named).ok_or_else(|| Error::MissingColumn {
                file: file.to_owned(),
                column,
                header: shown(header),
            })?;
        }
        Ok(Columns { wanted, count, separator })
    }

    /// The fields wanted of a line, in the order of the names.
    pub(super) fn fields<'l>(&self, line: &'l [u8]) -> Result<[&'l [u8]; N], Fault> {
        if line.len() as u64 > LINE_LIMIT {
            return Err((BadReason::Unreadable, format!("the line is longer than {LINE_LIMIT} bytes")));
        }
        let mut fields: [&[u8]; MOST_FIELDS] = [b""; MOST_FIELDS];
        let count = split(line, self.separator, &mut fields);
        if count != self.count {
            let reason = if count < self.count { BadReason::MissingField } else { BadReason::ExtraField };
            return Err((reason, format!("{count} fields instead of {} in \"{}\"", self.count, shown(line))));
        }
        Ok(self.wanted.map(|at| bare(fields[at])))
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
