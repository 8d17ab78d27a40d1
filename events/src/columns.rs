//! What statements are made of, and what rows hold.

use crate::Event;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Row};
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;
pub(crate) type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// Statements of many rows are made for 1, 2, 4, ... 64 rows: few enough texts for each to stay prepared.
const LARGEST_CHUNK_LOG2: u32 = 6;

/// The largest power of two of rows that is at hand, and the rest.
pub(crate) fn chunk<T>(items: &[T]) -> (&[T], &[T]) {
    items.split_at(1 << LARGEST_CHUNK_LOG2.min(items.len().ilog2()))
}

/// `$1, $2, ...`
pub(crate) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

/// A statement whose text was put together of this crate's words and place marks alone.
pub(crate) fn made(text: String) -> Query {
    sqlx::query(AssertSqlSafe(text))
}

pub(crate) fn uuid_at(row: &AnyRow, column: usize) -> Result<Uuid> {
    let text: &str = row.try_get(column)?;
    Uuid::try_parse(text).map_err(|error| sqlx::Error::Decode(format!("id {text:?}: {error}").into()))
}

/// The columns of an event, as [`event_at`] reads them.
pub(crate) const EVENT: &str = "seq, id, kind, key, shard_hash, payload, is_last, at, traceparent";

pub(crate) fn event_at(row: &AnyRow) -> Result<Event> {
    Ok(Event {
        seq: row.try_get(0)?,
        id: uuid_at(row, 1)?,
        kind: row.try_get(2)?,
        key: row.try_get(3)?,
        // Of the 64 bits none is lost on the way through a signed number.
        shard_hash: row.try_get::<Option<i64>, _>(4)?.map(|hash| hash as u64),
        payload: row.try_get(5)?,
        is_last: row.try_get::<i64, _>(6)? != 0,
        at: row.try_get(7)?,
        traceparent: row.try_get(8)?,
    })
}
