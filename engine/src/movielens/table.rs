//! Files that are read whole: films, links, tags. One row at a time, its fields as text by the columns asked for.

use super::encoding::decode_row;
use super::fields::{Fault, shown};
use super::header::{Column, Header, Wanted};
use super::lines::{Lines, ROW_LIMIT};
use super::quoting::split;
use super::rows::{check_count, close_quotes, unreadable};
use super::{BadReason, Error};

/// What had to be assumed about a file, for people.
pub(crate) type Assumed = Vec<String>;

/// The wanted fields of a row, without blanks around them; empty for a column that the file does not have.
pub(crate) type TextRow<const N: usize> = [String; N];

/// Lines that are not blank, with their numbers, as text; says how many were not UTF-8.
pub(super) fn for_each_line(file: &str, mut bytes: &[u8], mut each: impl FnMut(u64, &str)) -> Result<Assumed, Error> {
    let mut not_utf8 = 0;
    let mut lines = Lines::new(&mut bytes);
    while let Some(line) = lines.next().map_err(|source| Error::Read { file: file.to_owned(), source })? {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (line, was_not_utf8) = decode_row(line);
        not_utf8 += u64::from(was_not_utf8);
        let line = line.into_owned();
        each(lines.number(), &line);
    }
    Ok(said_of_encoding(not_utf8))
}

/// Calls `each` with the line and the row or its fault. A needed column must have something in it.
pub(super) fn for_each_row<const N: usize>(
    file: &str,
    bytes: &[u8],
    wanted: &Wanted<N>,
    each: impl FnMut(u64, Result<TextRow<N>, RowFault>),
) -> Result<Assumed, Error> {
    read_table(file, bytes, wanted, each).map(|(_, assumed)| assumed)
}

/// As [`for_each_row`]; says also which of the wanted columns there are.
pub(crate) fn read_table<const N: usize>(
    file: &str,
    mut bytes: &[u8],
    wanted: &Wanted<N>,
    mut each: impl FnMut(u64, Result<TextRow<N>, RowFault>),
) -> Result<(Vec<Column>, Assumed), Error> {
    let cannot_read = |source| Error::Read { file: file.to_owned(), source };
    let mut lines = Lines::new(&mut bytes);
    let header = Header::of(file, &mut lines, wanted, None)?;
    let (mut not_utf8, mut of_several_lines) = (0, 0);
    let mut is_row = !header.is_named;
    while is_row || lines.next().map_err(cannot_read)?.is_some() {
        is_row = false;
        if lines.current().trim_ascii().is_empty() {
            continue;
        }
        of_several_lines += u64::from(close_quotes(&mut lines, &header).map_err(cannot_read)?);
        let (text, was_not_utf8) = decode_row(lines.current());
        not_utf8 += u64::from(was_not_utf8);
        each(lines.number(), row(&text, &header, wanted));
    }
    let there = wanted.columns.iter().zip(header.places).filter(|(_, place)| place.is_some());
    let there = there.map(|(column, _)| *column).collect();
    let mut assumed = header.assumed;
    assumed.extend(said_of_encoding(not_utf8));
    assumed.extend(said_of_lines(of_several_lines));
    Ok((there, assumed))
}

/// Why a row cannot be read, with what stands before its first separator: what it was about, most likely.
pub(crate) struct RowFault {
    pub(crate) first_field: String,
    pub(crate) fault: Fault,
}

fn row<const N: usize>(text: &str, header: &Header<N>, wanted: &Wanted<N>) -> Result<TextRow<N>, RowFault> {
    let line = text.as_bytes();
    let in_row = |fault| {
        let separator = std::str::from_utf8(header.separator).unwrap_or(",");
        let first_field = text.split(separator).next().unwrap_or_default().trim().to_owned();
        RowFault { first_field, fault }
    };
    if line.len() > 3 * ROW_LIMIT {
        return Err(in_row((BadReason::Unreadable, format!("the row is longer than {ROW_LIMIT} bytes"))));
    }
    let fields = split(line, header.separator, Some(header.fields));
    let fields = fields.map_err(|broken| in_row(unreadable(broken, line)))?;
    if fields.len() > header.fields {
        let (there, expected) = (fields.len(), header.fields);
        let words = format!("{there} fields instead of {expected} in \"{}\"; is a title without quotes?", shown(line));
        return Err(in_row((BadReason::ExtraField, words)));
    }
    // Some writers leave out what is empty at the end; what is needed is looked at below.
    let needed_are_there = header.places[..wanted.needed].iter().flatten().all(|place| *place < fields.len());
    if !needed_are_there {
        check_count(fields.len(), header.fields, line).map_err(in_row)?;
    }
    let text = |place: Option<usize>| {
        let field = place.and_then(|place| fields.get(place)).map(|field| String::from_utf8_lossy(field));
        field.unwrap_or_default().trim().to_owned()
    };
    let row = header.places.map(text);
    let empty = row[..wanted.needed].iter().zip(wanted.columns).find(|(field, _)| field.is_empty());
    match empty {
        Some((_, column)) => {
            Err(in_row((BadReason::MissingField, format!("{} is missing in \"{}\"", column.own_name(), shown(line)))))
        }
        None => Ok(row),
    }
}

/// What is said of rows that have line ends within quotes.
pub(super) fn said_of_lines(of_several_lines: u64) -> Option<String> {
    (of_several_lines > 0).then(|| format!("{of_several_lines} rows have line ends within quotes"))
}

pub(super) fn said_of_encoding(not_utf8: u64) -> Assumed {
    match not_utf8 {
        0 => Vec::new(),
        rows => vec![format!("{rows} rows are not UTF-8 and are read as Windows-1252")],
    }
}
