//! Parquet files as the rows of CSV that they would be, so that one reader with one table of rules reads both.
//!
//! A thread decodes ahead of the reader, a bounded way. Only columns with a name that is looked for are decoded; a missing
//! value and a NaN are an empty field, typed times become seconds since 1970, a list of texts one text with bars.
//! Longer than other files: each type that writers use is turned into text in one place.

use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use parquet::basic::{LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{
    BoolType, ByteArrayType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::header::Column;
use super::layout::Role;

/// How many bytes of text are handed over at a time, and how many times that the thread is ahead.
const CHUNK: usize = 1 << 18;
const CHUNKS_AHEAD: usize = 4;

/// How many rows are decoded at a time.
const ROWS: usize = 4096;

const NANOSECONDS: i64 = 1_000_000_000;
const SECONDS_OF_A_DAY: i64 = 86_400;

/// 1970-01-01 as Spark's older times count days.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

/// Whether a file is one by its name.
pub(super) fn is_parquet(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".parquet") || name.ends_with(".pq")
}

/// The text of the files, one after the other, below one header.
pub(super) struct ParquetText {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
    has_ended: bool,
}

impl ParquetText {
    /// Begins to decode.
    pub(super) fn new(files: Vec<File>, role: Role) -> io::Result<ParquetText> {
        let (sender, chunks) = sync_channel(CHUNKS_AHEAD);
        thread::Builder::new().name("parquet".into()).spawn(move || {
            let mut text = Text { sender, chunk: Vec::new() };
            let outcome = write_all(files, role, &mut text);
            // An empty chunk says that this was the end; nobody may be listening any more.
            let _ = match outcome {
                Ok(()) => text.flush().and_then(|()| text.send(Ok(Vec::new()))),
                Err(Stopped::NobodyReads) => Ok(()),
                Err(Stopped::Unreadable(reason)) => {
                    text.send(Err(io::Error::new(io::ErrorKind::InvalidData, reason.to_string())))
                }
            };
        })?;
        Ok(ParquetText { chunks, chunk: Vec::new(), at: 0, has_ended: false })
    }
}

impl Read for ParquetText {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.chunk.len() && !self.has_ended {
            // A decoder that a damaged file made panic says nothing more.
            let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "the Parquet file is damaged; write it again");
            self.chunk = self.chunks.recv().map_err(broken)??;
            self.at = 0;
            self.has_ended = self.chunk.is_empty();
        }
        let read = buffer.len().min(self.chunk.len() - self.at);
        buffer[..read].copy_from_slice(&self.chunk[self.at..self.at + read]);
        self.at += read;
        Ok(read)
    }
}

/// Why decoding ended before the end.
enum Stopped {
    NobodyReads,
    Unreadable(ParquetError),
}

impl From<ParquetError> for Stopped {
    fn from(reason: ParquetError) -> Stopped {
        Stopped::Unreadable(reason)
    }
}

fn unreadable(reason: impl Into<String>) -> Stopped {
    Stopped::Unreadable(ParquetError::General(reason.into()))
}

/// Text on its way to the reader.
struct Text {
    sender: SyncSender<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
}

impl Text {
    fn send(&self, chunk: io::Result<Vec<u8>>) -> Result<(), Stopped> {
        self.sender.send(chunk).map_err(|_| Stopped::NobodyReads)
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.send(Ok(full))
    }
}

/// The columns that are looked for in a file.
fn wanted(role: Role) -> &'static [Column] {
    match role {
        Role::Ratings => &[Column::User, Column::Film, Column::Rating, Column::Time],
        Role::Movies | Role::Genres => &[Column::Film, Column::Title, Column::Genres, Column::Year],
        Role::Links => &[Column::Film, Column::Imdb, Column::Tmdb],
        Role::Tags => &[Column::User, Column::Film, Column::Tag, Column::Time],
        Role::GenomeTags => &[Column::TagId, Column::Tag],
        Role::GenomeScores => &[Column::Film, Column::TagId, Column::Relevance],
    }
}

/// A column's name; that of a list's elements is the list's.
fn name(column: &ColumnDescriptor) -> String {
    let parts = column.path().parts();
    if column.max_rep_level() > 0 { parts.first().cloned().unwrap_or_default() } else { parts.join(".") }
}

fn write_all(files: Vec<File>, role: Role, text: &mut Text) -> Result<(), Stopped> {
    let mut header: Option<Vec<String>> = None;
    for file in files {
        let reader = SerializedFileReader::new(file)?;
        let schema = reader.metadata().file_metadata().schema_descr();
        // Lists of lists are no field.
        let flat = schema.columns().iter().enumerate().filter(|(_, column)| column.max_rep_level() <= 1);
        let all: Vec<(usize, String)> = flat.map(|(at, column)| (at, name(column))).collect();
        let is_wanted = |name: &str| wanted(role).iter().any(|column| column.is_called(name));
        let mut chosen: Vec<&(usize, String)> = all.iter().filter(|(_, name)| is_wanted(name)).collect();
        if chosen.is_empty() {
            // So that the error about what is missing names what is there.
            chosen = all.iter().collect();
        }
        let names: Vec<String> = chosen.iter().map(|(_, name)| name.clone()).collect();
        let places: Vec<usize> = match &header {
            None => {
                write_row(&mut text.chunk, &names, |out, name| push_field(out, name.as_bytes()));
                header = Some(names);
                chosen.iter().map(|(at, _)| *at).collect()
            }
            Some(header) => {
                let place = |name: &String| all.iter().find(|(_, known)| known == name).map(|(at, _)| *at);
                let missing = |name: &String| unreadable(format!("one of its parts has no column \"{name}\""));
                header.iter().map(|name| place(name).ok_or_else(|| missing(name))).collect::<Result<_, Stopped>>()?
            }
        };
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            let columns: Result<Vec<Cells>, Stopped> = places.iter().map(|at| Cells::new(&*group, *at)).collect();
            write_rows(&mut columns?, text)?;
        }
    }
    text.flush()
}

fn write_rows(columns: &mut [Cells], text: &mut Text) -> Result<(), Stopped> {
    loop {
        let mut rows = None;
        for column in &mut *columns {
            let read = column.fill()?;
            if rows.is_some_and(|rows| rows != read) {
                return Err(unreadable("its columns have different lengths"));
            }
            rows = Some(read);
        }
        let Some(rows @ 1..) = rows else { return Ok(()) };
        for _ in 0..rows {
            write_row(&mut text.chunk, &mut *columns, |out, column| column.write_next(out));
            if text.chunk.len() >= CHUNK {
                text.flush()?;
            }
        }
    }
}

fn write_row<T>(out: &mut Vec<u8>, fields: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, field);
    }
    out.push(b'\n');
}

/// A field of CSV, in quotes if it needs them.
fn push_field(out: &mut Vec<u8>, field: &[u8]) {
    let is_plain = field.trim_ascii().len() == field.len()
        && !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r' | b';' | b'\t' | b'|'));
    if is_plain {
        return out.extend_from_slice(field);
    }
    out.push(b'"');
    for byte in field {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// What a column's numbers or bytes stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    /// Themselves.
    Plain,
    Unsigned,
    /// Divided by ten so many times.
    Decimal(u32),
    /// Times since 1970, so many a second.
    Times(i64),
    /// Days since 1970.
    Days,
    Uuid,
    Half,
}

impl Meaning {
    fn of(column: &ColumnDescriptor) -> Meaning {
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(time)) => Meaning::Times(match time.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => NANOSECONDS,
            }),
            Some(LogicalType::Date) => Meaning::Days,
            Some(LogicalType::Integer(integer)) if !integer.is_signed => Meaning::Unsigned,
            Some(LogicalType::Decimal(decimal)) => Meaning::Decimal(decimal.scale.unsigned_abs()),
            Some(LogicalType::Uuid) => Meaning::Uuid,
            Some(LogicalType::Float16) => Meaning::Half,
            _ => Meaning::Plain,
        }
    }
}

/// A column and what of it is decoded.
enum Values {
    Bool(Box<ColumnReaderImpl<BoolType>>, Vec<bool>),
    Int32(Box<ColumnReaderImpl<Int32Type>>, Vec<i32>),
    Int64(Box<ColumnReaderImpl<Int64Type>>, Vec<i64>),
    Int96(Box<ColumnReaderImpl<Int96Type>>, Vec<Int96>),
    Float(Box<ColumnReaderImpl<FloatType>>, Vec<f32>),
    Double(Box<ColumnReaderImpl<DoubleType>>, Vec<f64>),
    Bytes(Box<ColumnReaderImpl<ByteArrayType>>, Vec<parquet::data_type::ByteArray>),
    FixedBytes(Box<ColumnReaderImpl<FixedLenByteArrayType>>, Vec<parquet::data_type::FixedLenByteArray>),
}

/// Runs the same code over a column of any type.
macro_rules! with_values {
    ($values:expr, |$reader:ident, $decoded:ident| $work:expr) => {
        match $values {
            Values::Bool($reader, $decoded) => $work,
            Values::Int32($reader, $decoded) => $work,
            Values::Int64($reader, $decoded) => $work,
            Values::Int96($reader, $decoded) => $work,
            Values::Float($reader, $decoded) => $work,
            Values::Double($reader, $decoded) => $work,
            Values::Bytes($reader, $decoded) => $work,
            Values::FixedBytes($reader, $decoded) => $work,
        }
    };
}

/// The cells of a column in a group of rows.
struct Cells {
    values: Values,
    meaning: Meaning,
    /// The level that says that there is a value, and whether there may be several in a cell.
    full_level: i16,
    is_list: bool,
    levels: Vec<i16>,
    repeated: Vec<i16>,
    next_level: usize,
    next_value: usize,
    list: Vec<u8>,
}

impl Cells {
    fn new(group: &dyn RowGroupReader, at: usize) -> Result<Cells, Stopped> {
        let descriptor = group.metadata().schema_descr().column(at);
        if descriptor.physical_type() == Type::FIXED_LEN_BYTE_ARRAY && descriptor.type_length() < 0 {
            return Err(unreadable("a column has a length below zero"));
        }
        let values = match group.get_column_reader(at)? {
            ColumnReader::BoolColumnReader(reader) => Values::Bool(Box::new(reader), Vec::new()),
            ColumnReader::Int32ColumnReader(reader) => Values::Int32(Box::new(reader), Vec::new()),
            ColumnReader::Int64ColumnReader(reader) => Values::Int64(Box::new(reader), Vec::new()),
            ColumnReader::Int96ColumnReader(reader) => Values::Int96(Box::new(reader), Vec::new()),
            ColumnReader::FloatColumnReader(reader) => Values::Float(Box::new(reader), Vec::new()),
            ColumnReader::DoubleColumnReader(reader) => Values::Double(Box::new(reader), Vec::new()),
            ColumnReader::ByteArrayColumnReader(reader) => Values::Bytes(Box::new(reader), Vec::new()),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => Values::FixedBytes(Box::new(reader), Vec::new()),
        };
        Ok(Cells {
            values,
            meaning: Meaning::of(&descriptor),
            full_level: descriptor.max_def_level(),
            is_list: descriptor.max_rep_level() > 0,
            levels: Vec::new(),
            repeated: Vec::new(),
            next_level: 0,
            next_value: 0,
            list: Vec::new(),
        })
    }

    /// Decodes the next rows, and says how many.
    fn fill(&mut self) -> Result<usize, Stopped> {
        self.levels.clear();
        self.repeated.clear();
        (self.next_level, self.next_value) = (0, 0);
        let (levels, repeated) = (Some(&mut self.levels), Some(&mut self.repeated));
        let (rows, values, read) = with_values!(&mut self.values, |reader, decoded| {
            decoded.clear();
            let (rows, _, read) = reader.read_records(ROWS, levels, repeated, decoded)?;
            (rows, decoded.len(), read)
        });
        let full = match self.full_level {
            0 => read,
            full => self.levels.iter().filter(|level| **level == full).count(),
        };
        let has_levels =
            (self.full_level == 0 || self.levels.len() == read) && (!self.is_list || self.repeated.len() == read);
        if full > values || !has_levels || (!self.is_list && rows != read) {
            return Err(unreadable("a column has fewer values than it says"));
        }
        Ok(rows)
    }

    fn write_next(&mut self, out: &mut Vec<u8>) {
        if !self.is_list {
            if self.take_level() {
                self.write_value(out);
            }
            return;
        }
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        loop {
            if self.take_level() {
                if !list.is_empty() {
                    list.push(b'|');
                }
                self.write_value(&mut list);
            }
            if self.repeated.get(self.next_level).is_none_or(|level| *level == 0) {
                break;
            }
        }
        push_field(out, &list);
        self.list = list;
    }

    /// Whether there is a value at the next level.
    fn take_level(&mut self) -> bool {
        let is_full = self.full_level == 0 || self.levels.get(self.next_level) == Some(&self.full_level);
        self.next_level += 1;
        is_full
    }

    fn write_value(&mut self, out: &mut Vec<u8>) {
        let (at, meaning, is_list) = (self.next_value, self.meaning, self.is_list);
        self.next_value += 1;
        // That there are as many values as levels that say so was seen when they were decoded.
        match &self.values {
            Values::Bool(_, values) => out.push(b'0' + u8::from(values[at])),
            Values::Int32(_, values) if meaning == Meaning::Unsigned => {
                push_integer(out, i64::from(values[at] as u32).into())
            }
            Values::Int32(_, values) => push_number(out, values[at].into(), meaning),
            Values::Int64(_, values) if meaning == Meaning::Unsigned => push_integer(out, (values[at] as u64).into()),
            Values::Int64(_, values) => push_number(out, values[at], meaning),
            Values::Int96(_, values) => {
                let [low, high, day] =
                    [0, 1, 2].map(|part| i64::from(values[at].data().get(part).copied().unwrap_or_default()));
                let seconds = ((high << 32) | low) / NANOSECONDS;
                push_integer(out, ((day - JULIAN_DAY_OF_1970) * SECONDS_OF_A_DAY + seconds).into());
            }
            Values::Float(_, values) => push_float(out, values[at].into(), || values[at].to_string()),
            Values::Double(_, values) => push_float(out, values[at], || values[at].to_string()),
            Values::Bytes(_, values) => match meaning {
                Meaning::Decimal(scale) => push_decimal(out, big_endian(values[at].data()), scale),
                _ if is_list => out.extend_from_slice(values[at].data()),
                _ => push_field(out, values[at].data()),
            },
            Values::FixedBytes(_, values) => match (meaning, values[at].data()) {
                (Meaning::Decimal(scale), bytes) => push_decimal(out, big_endian(bytes), scale),
                (Meaning::Half, bytes) if bytes.len() == 2 => {
                    let number = half(u16::from_le_bytes([bytes[0], bytes[1]]));
                    push_float(out, number.into(), || number.to_string());
                }
                (Meaning::Uuid, bytes) if bytes.len() == 16 => push_uuid(out, bytes),
                (_, bytes) => out.extend_from_slice(super::hexadecimal(bytes).as_bytes()),
            },
        }
    }
}

fn push_number(out: &mut Vec<u8>, number: i64, meaning: Meaning) {
    match meaning {
        Meaning::Decimal(scale) => push_decimal(out, number.into(), scale),
        Meaning::Times(a_second) => push_integer(out, number.div_euclid(a_second).into()),
        Meaning::Days => push_integer(out, (number.saturating_mul(SECONDS_OF_A_DAY)).into()),
        _ => push_integer(out, number.into()),
    }
}

fn push_integer(out: &mut Vec<u8>, number: i128) {
    if number < 0 {
        out.push(b'-');
    }
    let mut digits = [0; 40];
    let (mut from, mut left) = (digits.len(), number.unsigned_abs());
    // Most numbers fit into the half that divides fast.
    while left > u128::from(u64::MAX) {
        from -= 1;
        digits[from] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let mut left = left as u64;
    loop {
        from -= 1;
        digits[from] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[from..]);
}

/// As short as it can be; nothing for NaN, which pandas writes for what is missing.
fn push_float(out: &mut Vec<u8>, number: f64, written: impl FnOnce() -> String) {
    if number.is_nan() {
        return;
    }
    let halves = number * 2.0;
    if halves.fract() != 0.0 || halves.abs() > 9e15 {
        return out.extend_from_slice(written().as_bytes());
    }
    if number < 0.0 && number.trunc() == 0.0 {
        out.push(b'-');
    }
    push_integer(out, (number.trunc() as i64).into());
    if number.fract() != 0.0 {
        out.extend_from_slice(b".5");
    }
}

fn push_decimal(out: &mut Vec<u8>, number: i128, scale: u32) {
    let Some(divisor) = 10i128.checked_pow(scale) else { return };
    if number < 0 && number / divisor == 0 {
        out.push(b'-');
    }
    push_integer(out, number / divisor);
    let rest = (number % divisor).unsigned_abs();
    if rest > 0 {
        let digits = format!(".{rest:0width$}", width = scale as usize);
        out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
}

/// A signed number; of one that is longer than 16 bytes the last 16.
fn big_endian(bytes: &[u8]) -> i128 {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| (number << 8) | i128::from(*byte))
}

fn push_uuid(out: &mut Vec<u8>, bytes: &[u8]) {
    let digits = super::hexadecimal(bytes);
    for (at, part) in [0..8, 8..12, 12..16, 16..20, 20..32].into_iter().enumerate() {
        if at > 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&digits.as_bytes()[part]);
    }
}

/// IEEE 754's 16 bits.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3FF));
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_as_the_rules_of_csv_read_them() {
        for (number, meaning, expected) in [
            (0, Meaning::Plain, "0"),
            (-7, Meaning::Plain, "-7"),
            (i64::MIN, Meaning::Plain, "-9223372036854775808"),
            (1_112_486_027_999, Meaning::Times(1_000), "1112486027"),
            (1_112_486_027_000_000_000, Meaning::Times(NANOSECONDS), "1112486027"),
            (-1, Meaning::Times(1_000), "-1"),
            (12_875, Meaning::Days, "1112400000"),
            (450, Meaning::Decimal(2), "4.5"),
            (-45, Meaning::Decimal(2), "-0.45"),
            (400, Meaning::Decimal(2), "4"),
            (5, Meaning::Decimal(60), ""),
        ] {
            assert_eq!(text(|out| push_number(out, number, meaning)), expected, "{number} {meaning:?}");
        }
        assert_eq!(text(|out| push_integer(out, u64::MAX.into())), "18446744073709551615");
        for (number, expected) in [
            (4.5, "4.5"),
            (4.0, "4"),
            (-0.5, "-0.5"),
            (-0.0, "0"),
            (3.7, "3.7"),
            (949.0, "949"),
            (f64::NAN, ""),
            (1e20, "100000000000000000000"),
        ] {
            assert_eq!(text(|out| push_float(out, number, || number.to_string())), expected, "{number}");
        }
        assert_eq!((big_endian(&[1, 0]), big_endian(&[0xFF, 0xFE]), big_endian(&[])), (256, -2, 0));
        assert_eq!([0x3C00, 0xC400, 0x0001, 0x4480].map(half), [1.0, -4.0, 2f32.powi(-24), 4.5]);
        let uuid = "9f1c6e0a-11d2-4b6e-8f0e-3d2a5c7b9e01";
        let digits: Vec<u8> = uuid.bytes().filter(|byte| *byte != b'-').collect();
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        assert_eq!(text(|out| push_uuid(out, &bytes)), uuid);
        assert_eq!(text(|out| push_field(out, b"say \"no\", twice")), "\"say \"\"no\"\", twice\"");
    }
}
