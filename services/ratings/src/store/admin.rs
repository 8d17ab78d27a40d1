//! What an operator can see and order of dead ratings, in the database itself. A replay is a new batch on the operator's
//! word: the gate takes it at its next look, wherever it runs, and says what came of it as of any other.

use super::reads::{Dead, dead_at};
use super::statements::end_batch;
use super::{Via, reads};
use crate::reason::Reason;
use crate::sifting::Tally;
use sqlx::{AnyConnection, Connection, Row};
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// How many are replayed or dropped in one transaction.
const AT_A_TIME: i64 = 500;

/// Which dead ratings.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// These alone.
    pub ids: Vec<i64>,
    /// Those with this reason among theirs.
    pub reason: Option<Reason>,
    /// Those of this batch.
    pub batch_id: Option<Uuid>,
}

/// Dead ratings in the order they came, from a number on, `limit` at the most.
pub async fn dead(connection: &mut AnyConnection, which: &Which, from: i64, limit: i64) -> Result<Vec<Dead>> {
    if !which.ids.is_empty() {
        let mut ids: Vec<i64> = which.ids.iter().copied().filter(|id| *id >= from).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::new();
        for id in ids {
            let row =
                sqlx::query("SELECT id, batch_id, line_number, came_at, line, faults FROM dead_ratings WHERE id = $1");
            found.extend(row.bind(id).fetch_optional(&mut *connection).await?.as_ref().map(dead_at).transpose()?);
        }
        return Ok(found);
    }
    // Quotes within words are escaped, so that only a reason looks so.
    let reason = which.reason.map_or("%".to_owned(), |reason| format!("%\"reason\":\"{}\"%", reason.name()));
    let rows = sqlx::query(
        "SELECT id, batch_id, line_number, came_at, line, faults FROM dead_ratings \
         WHERE id >= $1 AND faults LIKE $2 AND batch_id LIKE $3 ORDER BY id LIMIT $4",
    )
    .bind(from)
    .bind(reason)
    .bind(which.batch_id.map_or("%".to_owned(), |batch_id| batch_id.to_string()))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(dead_at).collect()
}

/// How many there are.
pub async fn count_dead(connection: &mut AnyConnection) -> Result<i64> {
    sqlx::query("SELECT COUNT(*) FROM dead_ratings").fetch_one(connection).await?.try_get(0)
}

/// Gives a dead rating another line; `None` if there is none with this number.
pub async fn mend(connection: &mut AnyConnection, id: i64, line: &str) -> Result<Option<()>> {
    let mended = sqlx::query("UPDATE dead_ratings SET line = $1 WHERE id = $2").bind(line.to_owned()).bind(id);
    Ok((mended.execute(connection).await?.rows_affected() == 1).then_some(()))
}

/// Has dead ratings judged again, on the operator's word; gives the batches they go with, and how many they are. With
/// `has_looked` they count even if nobody could have given them so fast, or all the same.
pub async fn replay(
    connection: &mut AnyConnection,
    which: &Which,
    has_looked: bool,
    now: i64,
) -> Result<Vec<(Uuid, i64)>> {
    let (mut batches, mut from) = (Vec::new(), 0);
    loop {
        let some = dead(connection, which, from, AT_A_TIME).await?;
        let Some(last) = some.last() else { return Ok(batches) };
        from = last.id + 1;
        let mut transaction = connection.begin().await?;
        let batch_id = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO ingest_batches (id, via, is_operator, has_looked, taken_at) VALUES ($1, $2, 1, $3, $4)",
        )
        .bind(batch_id.to_string())
        .bind(Via::Operator.name())
        .bind(i64::from(has_looked))
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let mut lines = 0;
        for Dead { id, came_at, line, .. } in &some {
            // Whoever else replays it at this moment is first or second.
            let taken =
                sqlx::query("DELETE FROM dead_ratings WHERE id = $1 AND line = $2").bind(*id).bind(line.clone());
            if taken.execute(&mut *transaction).await?.rows_affected() == 0 {
                continue;
            }
            lines += 1;
            sqlx::query(
                "INSERT INTO ingest_chunks (batch_id, number, first_line, came_at, lines, content) \
                 VALUES ($1, $2, $2, $3, 1, $4)",
            )
            .bind(batch_id.to_string())
            .bind(lines)
            .bind(*came_at)
            .bind(format!("{}\n", line.replace('\n', " ")).into_bytes())
            .execute(&mut *transaction)
            .await?;
        }
        end_batch(&mut transaction, batch_id, lines).await?;
        transaction.commit().await?;
        batches.push((batch_id, lines));
    }
}

/// Forgets dead ratings; gives how many.
pub async fn drop(connection: &mut AnyConnection, which: &Which) -> Result<u64> {
    let (mut dropped, mut from) = (0, 0);
    loop {
        let some = dead(connection, which, from, AT_A_TIME).await?;
        let Some(last) = some.last() else { return Ok(dropped) };
        from = last.id + 1;
        let mut transaction = connection.begin().await?;
        for Dead { id, .. } in &some {
            let gone =
                sqlx::query("DELETE FROM dead_ratings WHERE id = $1").bind(*id).execute(&mut *transaction).await?;
            dropped += gone.rows_affected();
        }
        transaction.commit().await?;
    }
}

/// What became of a batch, once it is done; `None` as long as it is not.
pub async fn outcome(connection: &mut AnyConnection, batch_id: Uuid) -> Result<Option<Tally>> {
    let batch = reads::batch(connection, batch_id, 0).await?;
    Ok(batch.filter(|batch| batch.lines == Some(batch.tally.lines())).map(|batch| batch.tally))
}
