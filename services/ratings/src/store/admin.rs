//! Dead ratings in the database: which there are, and what an operator orders of them, a step at a time in the writer's
//! transaction. A replay is a new batch on the word of who orders it: the gate takes it at its next look, wherever it runs,
//! and says what came of it as of any other.

use super::Via;
use super::reads::{Dead, dead_at};
use super::statements::{INSERT_CHUNKS, end_batch};
use crate::gate::Authority;
use crate::reason::Reason;
use crate::splitting::Chunk;
use cineswarm_database::ManyRows;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::sync::LazyLock;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

static TAKE_DEAD: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new("DELETE FROM dead_ratings WHERE id IN (VALUES ", 1, ") RETURNING id, came_at, line")
});

static DROP_DEAD: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("DELETE FROM dead_ratings WHERE id IN (VALUES ", 1, ")"));

/// Which dead ratings; all of these hold, and without any it is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// These alone.
    pub ids: Vec<i64>,
    /// Those with this reason among theirs.
    pub reason: Option<Reason>,
    /// Those of this batch.
    pub batch_id: Option<Uuid>,
}

impl Which {
    fn patterns(&self) -> (String, String) {
        // Quotes within words are escaped, so that only a reason looks so.
        let reason = self.reason.map_or("%".to_owned(), |reason| format!("%\"reason\":\"{}\"%", reason.name()));
        (reason, self.batch_id.map_or("%".to_owned(), |batch_id| batch_id.to_string()))
    }

    /// Those numbers that come after one, each once and in order; `None` where it is not by number.
    fn ids_after(&self, after: i64, limit: i64) -> Option<Vec<i64>> {
        if self.ids.is_empty() {
            return None;
        }
        let mut ids: Vec<i64> = self.ids.iter().copied().filter(|id| *id > after).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.truncate(usize::try_from(limit).unwrap_or(0));
        Some(ids)
    }
}

/// Some dead ratings to be judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The batch that they go with, made before the first try.
    pub batch_id: Uuid,
    /// Which; those that are not there are passed over.
    pub ids: Vec<i64>,
    /// What stands in the place of the line of each.
    pub mended: Option<String>,
    /// On whose word.
    pub authority: Authority,
    /// When, in milliseconds since 1970.
    pub taken_at: i64,
}

/// Dead ratings in the order they came, after a number, `limit` at the most.
pub async fn dead(connection: &mut AnyConnection, which: &Which, after: i64, limit: i64) -> Result<Vec<Dead>> {
    let (reason, batch) = which.patterns();
    let Some(ids) = which.ids_after(after, limit) else {
        let rows = sqlx::query(
            "SELECT id, batch_id, line_number, came_at, line, faults FROM dead_ratings \
             WHERE id > $1 AND faults LIKE $2 AND batch_id LIKE $3 ORDER BY id LIMIT $4",
        );
        let rows = rows.bind(after).bind(reason).bind(batch).bind(limit).fetch_all(connection).await?;
        return rows.iter().map(dead_at).collect();
    };
    let mut found = Vec::new();
    for id in ids {
        let row = sqlx::query(
            "SELECT id, batch_id, line_number, came_at, line, faults FROM dead_ratings \
             WHERE id = $1 AND faults LIKE $2 AND batch_id LIKE $3",
        );
        let row = row.bind(id).bind(reason.clone()).bind(batch.clone()).fetch_optional(&mut *connection).await?;
        found.extend(row.as_ref().map(dead_at).transpose()?);
    }
    Ok(found)
}

/// The numbers of all of them; by number those that were named, whether they are there or not.
pub async fn dead_ids(connection: &mut AnyConnection, which: &Which) -> Result<Vec<i64>> {
    if let Some(ids) = which.ids_after(i64::MIN, i64::MAX) {
        return Ok(ids);
    }
    let (reason, batch) = which.patterns();
    let rows = sqlx::query("SELECT id FROM dead_ratings WHERE faults LIKE $1 AND batch_id LIKE $2 ORDER BY id");
    let rows = rows.bind(reason).bind(batch).fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// How many there are.
pub async fn count_dead(connection: &mut AnyConnection) -> Result<i64> {
    sqlx::query("SELECT COUNT(*) FROM dead_ratings").fetch_one(connection).await?.try_get(0)
}

/// Has dead ratings judged again; gives how many they are. Where none of them is there any more, but the batch is, an
/// earlier try was committed, and it is as many as went then.
pub(super) async fn replay(connection: &mut AnyConnection, replay: &Replay) -> Result<i64> {
    let Replay { batch_id, ids, mended, authority, taken_at } = replay;
    let taken = TAKE_DEAD.fetch(connection, ids, |query, id| query.bind(*id)).await?;
    if taken.is_empty() {
        let lines = sqlx::query("SELECT lines FROM ingest_batches WHERE id = $1 AND number IS NOT NULL");
        let lines = lines.bind(batch_id.to_string()).fetch_optional(connection).await?;
        return lines.map_or(Ok(0), |row| row.try_get(0));
    }
    let mut taken = taken.iter().map(|row| line_at(row, mended.as_deref())).collect::<Result<Vec<_>>>()?;
    taken.sort_unstable_by_key(|(id, ..)| *id);
    sqlx::query("INSERT INTO ingest_batches (id, via, is_operator, has_looked, taken_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(batch_id.to_string())
        .bind(Via::Operator.name())
        .bind(i64::from(authority.is_operator))
        .bind(i64::from(authority.has_looked))
        .bind(*taken_at)
        .execute(&mut *connection)
        .await?;
    // A line each, for each came at its own time.
    let numbered: Vec<(i64, i64, Chunk)> =
        (1..).zip(taken).map(|(at, (_, came_at, line))| (at, came_at, line)).collect();
    INSERT_CHUNKS
        .execute(connection, &numbered, |query, (number, came_at, chunk)| {
            query
                .bind(batch_id.to_string())
                .bind(*number)
                .bind(*number)
                .bind(*came_at)
                .bind(i64::from(chunk.lines))
                .bind(chunk.content.clone())
        })
        .await?;
    let lines = numbered.len() as i64;
    end_batch(connection, *batch_id, lines).await?;
    Ok(lines)
}

fn line_at(row: &AnyRow, mended: Option<&str>) -> Result<(i64, i64, Chunk)> {
    let line: &str = row.try_get(2)?;
    let content = format!("{}\n", mended.unwrap_or(line).replace('\n', " ")).into_bytes();
    Ok((row.try_get(0)?, row.try_get(1)?, Chunk { lines: 1, content }))
}

/// Forgets dead ratings; gives how many.
pub(super) async fn drop(connection: &mut AnyConnection, ids: &[i64]) -> Result<u64> {
    DROP_DEAD.execute(connection, ids, |query, id| query.bind(*id)).await
}
