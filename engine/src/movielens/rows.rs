//! Rows of files: their fields, without a text being made of one.

use std::borrow::Cow;

use super::BadReason;
use super::fields::{Fault, bare, shown};
use super::header::Header;
use super::lines::{Lines, ROW_LIMIT};
use super::quoting::{Broken, split};

/// How many lines a row with quotes around its line ends may have.
const LINES_OF_A_ROW: usize = 500;

/// What is split without a list being made; rows of more fields are split the slow way.
const QUICK_FIELDS: usize = 16;

/// How many rows go by between two reports of progress.
pub(super) const ROWS_PER_REPORT: u64 = 1 << 15;

/// The following lines are part of the current row, if its quote is open and that makes a whole row of it. Where one of
/// them is a row by itself, the quote was forgotten, which costs no other row.
pub(crate) fn close_quotes<const N: usize>(lines: &mut Lines<'_>, header: &Header<N>) -> std::io::Result<bool> {
    let is_open = |row: &[u8]| split(row, header.separator, Some(header.fields)).err() == Some(Broken::Unclosed);
    if !has_open_quote(lines.current()) || !is_open(lines.current()) {
        return Ok(false);
    }
    let mut row = lines.current().to_vec();
    for at in 0..LINES_OF_A_ROW {
        let Some(next) = lines.line_ahead(at)? else { break };
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
                lines.join(at + 1, row);
                return Ok(true);
            }
            Err(Broken::Unclosed) => {}
            _ => break,
        }
    }
    Ok(false)
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
