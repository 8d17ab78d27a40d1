//! Raw lines as Parquet, in types that every reader knows, packed with Snappy.

use crate::lake::table::{file, put_all, put_some};
use crate::raw::{Content, RawLine};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;

/// Times are UTC. What a column means is said at [`RawLine`]; `reasons` is JSON, `content` is bytes, as it may be no text.
const SCHEMA: &str = "message raw {
    required binary batch_id (STRING);
    required int64 line_number;
    required int64 came_at (TIMESTAMP(MILLIS,true));
    required int64 judged_at (TIMESTAMP(MILLIS,true));
    required binary via (STRING);
    required binary fate (STRING);
    optional int64 user_id;
    optional binary event_id (STRING);
    optional binary reasons (STRING);
    optional binary content;
}";

/// A file with these lines.
pub(super) fn write(lines: &[RawLine]) -> Result<Vec<u8>, ParquetError> {
    let mut file = file(SCHEMA)?;
    let mut group = file.next_row_group()?;
    let text = |text: &str| ByteArray::from(text);
    // Names and texts: writing them does not fail.
    let reasons = |line: &RawLine| {
        (!line.faults.is_empty()).then(|| ByteArray::from(serde_json::to_vec(&line.faults).unwrap_or_default()))
    };
    put_all::<ByteArrayType>(&mut group, lines.iter().map(|line| text(&line.batch_id.to_string())))?;
    put_all::<Int64Type>(&mut group, lines.iter().map(|line| line.line_number))?;
    put_all::<Int64Type>(&mut group, lines.iter().map(|line| line.came_at))?;
    put_all::<Int64Type>(&mut group, lines.iter().map(|line| line.judged_at))?;
    put_all::<ByteArrayType>(&mut group, lines.iter().map(|line| text(&line.via)))?;
    put_all::<ByteArrayType>(&mut group, lines.iter().map(|line| text(line.fate.name())))?;
    put_some::<Int64Type>(&mut group, lines.iter().map(|line| line.user_id.map(i64::from)))?;
    put_some::<ByteArrayType>(&mut group, lines.iter().map(|line| line.event_id.map(|id| text(&id.to_string()))))?;
    put_some::<ByteArrayType>(&mut group, lines.iter().map(reasons))?;
    let content = |content: &Content| ByteArray::from(content.as_bytes().to_vec());
    put_some::<ByteArrayType>(&mut group, lines.iter().map(|line| line.content.as_ref().map(content)))?;
    group.close()?;
    file.into_inner()
}
