//! Lines of a file of any length, in bounded memory, some looked at before their turn.

use std::collections::VecDeque;
use std::io::{BufRead, Read};

use super::encoding::{FromUtf16, Utf16};

/// A longer row is a bad one; a review of a film is shorter.
pub(super) const ROW_LIMIT: usize = 1 << 16;

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

    /// So many of the lines ahead are part of the current row, which all together are `row`.
    pub(super) fn join(&mut self, count: usize, row: Vec<u8>) {
        self.bytes += self.ahead.drain(..count).map(|(_, bytes)| bytes).sum::<u64>();
        self.last_number += count as u64;
        self.line = row;
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
