//! What is read, beside the writer: what waits, what is known of users, how far a batch is.

use super::Via;
use crate::gate::{Authority, Delivered};
use crate::reason::Fault;
use crate::sifting::{Tally, Waiting};
use cineswarm_database::ManyRows;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_proto::events::{RatingChanged, user_key};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::sync::LazyLock;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Lines and chunks of a pass at most, so that no transaction takes long: who asks waits for it. A single chunk may have
/// more lines.
const LINES_OF_A_PASS: i64 = 300;
const CHUNKS_OF_A_PASS: i64 = 256;

static USERS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("SELECT source, user_id FROM ingest_users WHERE source IN (VALUES ", 1, ")"));

static RATINGS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "SELECT user_id, movie_id, half_stars, rated_at FROM ingest_ratings WHERE user_id IN (VALUES ",
        1,
        ")",
    )
});

static DELETED: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("SELECT key FROM tombstones WHERE key IN (VALUES ", 1, ")"));

static TOLD: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("SELECT id, payload, at FROM events WHERE id IN (VALUES ", 1, ")"));

/// What waits at the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Lines of whole batches.
    pub lines: i64,
    /// Bytes of all lines.
    pub bytes: i64,
    /// When the oldest came; absent where nothing waits.
    pub oldest: Option<i64>,
}

/// A batch, as whoever sent it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which way it came.
    pub via: String,
    /// When, in milliseconds since 1970.
    pub taken_at: i64,
    /// Its lines; absent until it is whole.
    pub lines: Option<i64>,
    /// What became of those that are through.
    pub tally: Tally,
    /// Some of the lines that are kept aside.
    pub dead: Vec<Dead>,
}

/// A line that is kept aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Dead {
    /// Its number, by which it is replayed and dropped.
    pub id: i64,
    /// The batch that it came with.
    pub batch_id: Uuid,
    /// Which line of it.
    pub line_number: i64,
    /// When it came, in milliseconds since 1970.
    pub came_at: i64,
    /// The line.
    pub line: String,
    /// All that is wrong with it.
    pub faults: Vec<Fault>,
}

/// The next lines for the gate, of batches from a number on, which is moved to where the next look begins.
pub(crate) async fn waiting(connection: &mut AnyConnection, from_batch: &mut i64) -> Result<Vec<Waiting>> {
    // Before the rest is read: what comes later has a higher number.
    let last: i64 =
        sqlx::query("SELECT last_batch FROM ingest_counters").fetch_one(&mut *connection).await?.try_get(0)?;
    let keys = sqlx::query(
        "SELECT chunk.batch_id, chunk.number, batch.number, chunk.first_line, chunk.came_at, chunk.lines, \
         batch.is_operator, batch.has_looked, batch.via FROM ingest_batches AS batch \
         JOIN ingest_chunks AS chunk ON chunk.batch_id = batch.id \
         WHERE batch.number >= $1 ORDER BY batch.number, chunk.number LIMIT $2",
    )
    .bind(*from_batch)
    .bind(CHUNKS_OF_A_PASS)
    .fetch_all(&mut *connection)
    .await?;
    let (mut waiting, mut lines) = (Vec::new(), 0);
    for row in keys {
        lines += row.try_get::<i64, _>(5)?;
        if lines > LINES_OF_A_PASS && !waiting.is_empty() {
            break;
        }
        let (batch_id, number) = (uuid_at(&row, 0)?, row.try_get(1)?);
        let content = sqlx::query("SELECT content FROM ingest_chunks WHERE batch_id = $1 AND number = $2")
            .bind(batch_id.to_string())
            .bind(number)
            .fetch_one(&mut *connection)
            .await?
            .try_get(0)?;
        waiting.push(Waiting {
            batch_id,
            number,
            batch_number: row.try_get(2)?,
            first_line: row.try_get(3)?,
            came_at: row.try_get(4)?,
            authority: Authority {
                is_operator: row.try_get::<i64, _>(6)? != 0,
                has_looked: row.try_get::<i64, _>(7)? != 0,
            },
            via: row.try_get(8)?,
            content,
        });
    }
    *from_batch = waiting.first().map_or(last + 1, |first| first.batch_number);
    Ok(waiting)
}

/// The numbers of users whom a source calls so.
pub(crate) async fn users(connection: &mut AnyConnection, sources: &[String]) -> Result<Vec<(String, UserId)>> {
    let rows = USERS.fetch(connection, sources, |query, source| query.bind(source.clone())).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, user_at(row, 1)?))).collect()
}

/// The ratings that count of these users.
pub(crate) async fn ratings(
    connection: &mut AnyConnection,
    users: &[UserId],
) -> Result<Vec<(UserId, MovieId, HalfStars, i64)>> {
    let rows = RATINGS.fetch(connection, users, |query, user| query.bind(i64::from(*user))).await?;
    let rating = |row: &AnyRow| {
        let (film, half_stars): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        let known = u8::try_from(half_stars).ok().and_then(HalfStars::new);
        let known = known.ok_or_else(|| damaged(format!("a rating of {half_stars} half-stars")))?;
        let film = MovieId::try_from(film).map_err(|_| damaged(format!("movie id {film}")))?;
        Ok((user_at(row, 0)?, film, known, row.try_get(3)?))
    };
    rows.iter().map(rating).collect()
}

/// Which of these users were deleted, by their keys in the log.
pub(crate) async fn deleted(connection: &mut AnyConnection, users: &[UserId]) -> Result<Vec<String>> {
    let rows = DELETED.fetch(connection, users, |query, user| query.bind(user_key(*user))).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// What was told in the log under these ids.
pub(crate) async fn delivered(connection: &mut AnyConnection, ids: &[Uuid]) -> Result<Vec<(Uuid, Delivered)>> {
    let rows = TOLD.fetch(connection, ids, |query, id| query.bind(id.to_string())).await?;
    let delivered = |row: &AnyRow| {
        let payload: Option<String> = row.try_get(1)?;
        let told = payload.and_then(|payload| serde_json::from_str::<RatingChanged>(&payload).ok());
        let rating = told.and_then(|told| Some((told.movie_id, HalfStars::from_stars(told.rating?).ok()?)));
        Ok((uuid_at(row, 0)?, Delivered { rating, rated_at: row.try_get(2)? }))
    };
    rows.iter().map(delivered).collect()
}

/// What waits at the gate.
pub async fn backlog(connection: &mut AnyConnection) -> Result<Backlog> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(CASE WHEN batch.number IS NULL THEN 0 ELSE chunk.lines END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(LENGTH(chunk.content)), 0) AS BIGINT), \
         MIN(CASE WHEN batch.number IS NULL THEN NULL ELSE batch.taken_at END) \
         FROM ingest_chunks AS chunk JOIN ingest_batches AS batch ON batch.id = chunk.batch_id",
    )
    .fetch_one(connection)
    .await?;
    Ok(Backlog { lines: row.try_get(0)?, bytes: row.try_get(1)?, oldest: row.try_get(2)? })
}

/// How far a batch is, with `limit` of its dead lines at the most.
pub async fn batch(connection: &mut AnyConnection, batch_id: Uuid, limit: u32) -> Result<Option<Batch>> {
    let row = sqlx::query(
        "SELECT via, taken_at, number, lines, clean, repeated, superseded, dead FROM ingest_batches WHERE id = $1",
    )
    .bind(batch_id.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let dead = sqlx::query(
        "SELECT id, batch_id, line_number, came_at, line, faults FROM dead_ratings WHERE batch_id = $1 \
         ORDER BY line_number LIMIT $2",
    )
    .bind(batch_id.to_string())
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    let lines: i64 = row.try_get(3)?;
    Ok(Some(Batch {
        via: row.try_get(0)?,
        taken_at: row.try_get(1)?,
        lines: row.try_get::<Option<i64>, _>(2)?.map(|_| lines),
        tally: Tally {
            clean: row.try_get(4)?,
            repeated: row.try_get(5)?,
            superseded: row.try_get(6)?,
            dead: row.try_get(7)?,
        },
        dead: dead.iter().map(dead_at).collect::<Result<_>>()?,
    }))
}

/// A dead line, from its columns in the order of the table.
pub(super) fn dead_at(row: &AnyRow) -> Result<Dead> {
    let faults: &str = row.try_get(5)?;
    Ok(Dead {
        id: row.try_get(0)?,
        batch_id: uuid_at(row, 1)?,
        line_number: row.try_get(2)?,
        came_at: row.try_get(3)?,
        line: row.try_get(4)?,
        faults: serde_json::from_str(faults).map_err(|error| damaged(format!("faults {faults:?}: {error}")))?,
    })
}

fn user_at(row: &AnyRow, column: usize) -> Result<UserId> {
    let stored: i64 = row.try_get(column)?;
    UserId::try_from(stored).map_err(|_| damaged(format!("user id {stored}")))
}

pub(super) fn uuid_at(row: &AnyRow, column: usize) -> Result<Uuid> {
    let text: &str = row.try_get(column)?;
    Uuid::try_parse(text).map_err(|error| damaged(format!("id {text:?}: {error}")))
}

pub(super) fn damaged(what: String) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

impl Via {
    /// By its name in the database.
    pub fn named(name: &str) -> Option<Via> {
        [Via::Http, Via::Mqtt, Via::Operator].into_iter().find(|via| via.name() == name)
    }
}
