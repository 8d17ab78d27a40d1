//! Rows of the lake as Parquet, in types that every reader knows, packed with Snappy.

use super::row::Row;
use bytes::Bytes;
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::sync::Arc;
use uuid::Uuid;

/// How many rows are decoded at a time.
const ROWS: usize = 1 << 16;

/// Stars are 0.5 to 5; times are UTC. What a column means is said at [`Row`].
const SCHEMA: &str = "message ratings {
    required int64 seq;
    required binary event_id (STRING);
    required binary kind (STRING);
    optional int64 user_id;
    optional int64 movie_id;
    optional double rating;
    optional double previous;
    optional binary via (STRING);
    required int64 at (TIMESTAMP(MILLIS,true));
    required boolean is_last;
}";

/// A file with these rows.
pub(super) fn write(rows: &[Row]) -> Result<Vec<u8>, ParquetError> {
    let mut file = file(SCHEMA)?;
    let mut group = file.next_row_group()?;
    let text = |text: &str| ByteArray::from(text);
    put_all::<Int64Type>(&mut group, rows.iter().map(|row| row.seq))?;
    put_all::<ByteArrayType>(&mut group, rows.iter().map(|row| text(&row.event_id.to_string())))?;
    put_all::<ByteArrayType>(&mut group, rows.iter().map(|row| text(&row.kind)))?;
    put_some::<Int64Type>(&mut group, rows.iter().map(|row| row.user_id.map(i64::from)))?;
    put_some::<Int64Type>(&mut group, rows.iter().map(|row| row.movie_id.map(i64::from)))?;
    put_some::<DoubleType>(&mut group, rows.iter().map(|row| row.rating))?;
    put_some::<DoubleType>(&mut group, rows.iter().map(|row| row.previous))?;
    put_some::<ByteArrayType>(&mut group, rows.iter().map(|row| row.via.as_deref().map(text)))?;
    put_all::<Int64Type>(&mut group, rows.iter().map(|row| row.at))?;
    put_all::<BoolType>(&mut group, rows.iter().map(|row| row.is_last))?;
    group.close()?;
    file.into_inner()
}

/// A file with these columns and no row yet.
pub(super) fn file(schema: &str) -> Result<SerializedFileWriter<Vec<u8>>, ParquetError> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    SerializedFileWriter::new(Vec::new(), Arc::new(parse_message_type(schema)?), Arc::new(properties))
}

pub(super) type Group<'a, W> = SerializedRowGroupWriter<'a, W>;

pub(super) fn put_all<T: DataType>(
    group: &mut Group<'_, impl Write + Send>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    put::<T>(group, &values.collect::<Vec<_>>(), None)
}

pub(super) fn put_some<T: DataType>(
    group: &mut Group<'_, impl Write + Send>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    put::<T>(group, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&levels))
}

fn put<T: DataType>(
    group: &mut Group<'_, impl Write + Send>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| ParquetError::General("there are more columns than declared".to_owned()))?;
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// The rows of a file that was written here; why not, if it was not.
pub(super) fn read(content: Vec<u8>) -> Result<Vec<Row>, String> {
    // Its decoder is not trusted to be calm with what somebody made up.
    let reading = std::thread::Builder::new().name("lake".to_owned()).spawn(move || read_all(content));
    let reading = reading.map_err(|error| format!("cannot be read: {error}"))?;
    reading.join().map_err(|_| "has data that its reader cannot take".to_owned())?
}

fn read_all(content: Vec<u8>) -> Result<Vec<Row>, String> {
    let unreadable = |error: ParquetError| format!("is no Parquet of the lake: {error}");
    let file = SerializedFileReader::new(Bytes::from(content)).map_err(unreadable)?;
    let expected = parse_message_type(SCHEMA).map_err(unreadable)?;
    if *file.metadata().file_metadata().schema() != expected {
        return Err("has other columns than this program writes".to_owned());
    }
    let mut rows = Vec::new();
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).map_err(unreadable)?;
        rows.extend(read_group(&*group).map_err(unreadable)?);
    }
    Ok(rows)
}

fn read_group(group: &dyn RowGroupReader) -> Result<Vec<Row>, ParquetError> {
    let mut seqs = cells::<Int64Type>(group, 0)?;
    let mut event_ids = cells::<ByteArrayType>(group, 1)?;
    let mut kinds = cells::<ByteArrayType>(group, 2)?;
    let mut user_ids = cells::<Int64Type>(group, 3)?;
    let mut movie_ids = cells::<Int64Type>(group, 4)?;
    let mut ratings = cells::<DoubleType>(group, 5)?;
    let mut previous = cells::<DoubleType>(group, 6)?;
    let mut vias = cells::<ByteArrayType>(group, 7)?;
    let mut times = cells::<Int64Type>(group, 8)?;
    let mut ends = cells::<BoolType>(group, 9)?;
    let count = usize::try_from(group.metadata().num_rows()).map_err(|_| odd("a count of rows below zero"))?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let event_id = text(present(&mut event_ids)?)?;
        rows.push(Row {
            seq: present(&mut seqs)?,
            event_id: Uuid::try_parse(&event_id).map_err(|_| odd("an id that is none"))?,
            kind: text(present(&mut kinds)?)?,
            user_id: next(&mut user_ids)?.map(id).transpose()?,
            movie_id: next(&mut movie_ids)?.map(id).transpose()?,
            rating: next(&mut ratings)?,
            previous: next(&mut previous)?,
            via: next(&mut vias)?.map(text).transpose()?,
            at: present(&mut times)?,
            is_last: present(&mut ends)?,
        });
    }
    Ok(rows)
}

/// All cells of a column in a group of rows.
fn cells<T: DataType>(
    group: &dyn RowGroupReader,
    at: usize,
) -> Result<impl Iterator<Item = Option<T::T>> + use<T>, ParquetError> {
    let is_optional = group.metadata().schema_descr().column(at).max_def_level() > 0;
    let mut reader = T::get_column_reader(group.get_column_reader(at)?).ok_or_else(|| odd("another type"))?;
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    while reader.read_records(ROWS, Some(&mut levels), None, &mut values)?.2 > 0 {}
    if !is_optional {
        levels = vec![1; values.len()];
    }
    let mut values = values.into_iter();
    Ok(levels.into_iter().map(move |level| if level > 0 { values.next() } else { None }))
}

/// A cell, which may be empty.
fn next<T>(cells: &mut impl Iterator<Item = Option<T>>) -> Result<Option<T>, ParquetError> {
    cells.next().ok_or_else(|| odd("columns of different lengths"))
}

/// A cell that is never empty.
fn present<T>(cells: &mut impl Iterator<Item = Option<T>>) -> Result<T, ParquetError> {
    next(cells)?.ok_or_else(|| odd("an empty cell where there is none"))
}

fn id(number: i64) -> Result<u32, ParquetError> {
    u32::try_from(number).map_err(|_| odd("an id that is none"))
}

fn text(bytes: ByteArray) -> Result<String, ParquetError> {
    bytes.as_utf8().map(str::to_owned)
}

fn odd(what: &str) -> ParquetError {
    ParquetError::General(format!("it has {what}"))
}
