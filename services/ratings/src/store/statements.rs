//! The writing statements, the same text for SQLite and PostgreSQL, each within the host's transaction.

use super::{MOST_BATCHES, MOST_DEAD, Take};
use crate::sifting::{Change, DeadLine, Pass};
use cineswarm_database::ManyRows;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;
use std::sync::LazyLock;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Chunks of an abandoned batch that go at a time, so that nobody waits long behind them.
const ABANDONED_AT_A_TIME: i64 = 16;

pub(super) static INSERT_CHUNKS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "INSERT INTO ingest_chunks (batch_id, number, first_line, came_at, lines, content) VALUES ",
        6,
        " ON CONFLICT DO NOTHING",
    )
});

static DELETE_CHUNKS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("DELETE FROM ingest_chunks WHERE (batch_id, number) IN (VALUES ", 2, ")"));

static INSERT_USERS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("INSERT INTO ingest_users (source, user_id) VALUES ", 2, ""));

static SET_RATINGS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "INSERT INTO ingest_ratings (user_id, movie_id, half_stars, rated_at) VALUES ",
        4,
        " ON CONFLICT (user_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at",
    )
});

static INSERT_DEAD: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new("INSERT INTO dead_ratings (id, batch_id, line_number, came_at, line, faults) VALUES ", 6, "")
});

pub(super) async fn forget_parts(connection: &mut AnyConnection) -> Result<()> {
    let parts = "DELETE FROM ingest_chunks WHERE batch_id IN (SELECT id FROM ingest_batches WHERE number IS NULL)";
    sqlx::query(parts).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM ingest_batches WHERE number IS NULL").execute(connection).await?;
    Ok(())
}

/// A part of a batch that is whole already was taken before, and may be through the gate: it is not taken again.
pub(super) async fn take(connection: &mut AnyConnection, take: &Take) -> Result<()> {
    let made = sqlx::query(
        "INSERT INTO ingest_batches (id, via, is_operator, has_looked, taken_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
    )
    .bind(take.batch_id.to_string())
    .bind(take.via.name())
    .bind(i64::from(take.authority.is_operator))
    .bind(i64::from(take.authority.has_looked))
    .bind(take.taken_at)
    .execute(&mut *connection)
    .await?;
    if made.rows_affected() == 0 && is_whole(connection, take.batch_id).await? {
        return Ok(());
    }
    INSERT_CHUNKS
        .execute(connection, &take.chunks, |query, (number, first_line, chunk)| {
            query
                .bind(take.batch_id.to_string())
                .bind(*number)
                .bind(*first_line)
                .bind(take.taken_at)
                .bind(i64::from(chunk.lines))
                .bind(chunk.content.clone())
        })
        .await?;
    match take.whole {
        Some(lines) => end_batch(connection, take.batch_id, lines).await,
        None => Ok(()),
    }
}

async fn is_whole(connection: &mut AnyConnection, batch_id: Uuid) -> Result<bool> {
    let row = sqlx::query("SELECT number FROM ingest_batches WHERE id = $1")
        .bind(batch_id.to_string())
        .fetch_one(connection)
        .await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.is_some())
}

/// Gives a batch its place in the order of all; until the transaction ends, others wait here, so that the order of numbers
/// is that of commits.
pub(super) async fn end_batch(connection: &mut AnyConnection, batch_id: Uuid, lines: i64) -> Result<()> {
    let given = sqlx::query("UPDATE ingest_counters SET last_batch = last_batch + 1 RETURNING last_batch");
    let number: i64 = given.fetch_one(&mut *connection).await?.try_get(0)?;
    sqlx::query("UPDATE ingest_batches SET number = $1, lines = $2 WHERE id = $3")
        .bind(number)
        .bind(lines)
        .bind(batch_id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives whether there may be more.
pub(super) async fn abandon(connection: &mut AnyConnection, batch_id: Uuid) -> Result<bool> {
    let gone = sqlx::query(
        "DELETE FROM ingest_chunks WHERE batch_id = $1 AND number IN (SELECT number FROM ingest_chunks \
         WHERE batch_id = $1 ORDER BY number LIMIT $2) \
         AND EXISTS (SELECT 1 FROM ingest_batches WHERE id = $1 AND number IS NULL)",
    )
    .bind(batch_id.to_string())
    .bind(ABANDONED_AT_A_TIME)
    .execute(&mut *connection)
    .await?;
    if gone.rows_affected() > 0 {
        return Ok(true);
    }
    sqlx::query("DELETE FROM ingest_batches WHERE id = $1 AND number IS NULL")
        .bind(batch_id.to_string())
        .execute(connection)
        .await?;
    Ok(false)
}

/// Gives whether the chunks were still there: if not, an earlier try was committed.
pub(super) async fn pass(
    connection: &mut AnyConnection,
    pass: &Pass,
    first_new_user: Option<UserId>,
    numbered: &[(UserId, &Change)],
) -> Result<bool> {
    let deleted = DELETE_CHUNKS
        .execute(connection, &pass.chunks, |query, (batch_id, number)| query.bind(batch_id.to_string()).bind(*number))
        .await?;
    if deleted == 0 {
        return Ok(false);
    }
    if let Some(first) = first_new_user {
        let users: Vec<(&String, i64)> = pass.new_users.iter().zip(i64::from(first)..).collect();
        INSERT_USERS.execute(connection, &users, |query, (user, id)| query.bind((*user).clone()).bind(*id)).await?;
    }
    // Of several ratings of one film only the last is stored: PostgreSQL would refuse to set a row twice.
    let mut last: HashMap<(UserId, MovieId), (HalfStars, i64)> = HashMap::with_capacity(numbered.len());
    for (user_id, Change { clean, .. }) in numbered {
        last.insert((*user_id, clean.film), (clean.half_stars, clean.rated_at));
    }
    let mut ratings: Vec<_> = last.into_iter().collect();
    // In the order of the table's pages.
    ratings.sort_unstable_by_key(|(key, _)| *key);
    SET_RATINGS
        .execute(connection, &ratings, |query, ((user_id, film), (half_stars, rated_at))| {
            query.bind(i64::from(*user_id)).bind(i64::from(*film)).bind(i64::from(half_stars.get())).bind(*rated_at)
        })
        .await?;
    keep_dead(connection, &pass.dead).await?;
    for (batch_id, tally) in &pass.tallies {
        sqlx::query(
            "UPDATE ingest_batches SET clean = clean + $1, repeated = repeated + $2, superseded = superseded + $3, \
             dead = dead + $4 WHERE id = $5",
        )
        .bind(tally.clean)
        .bind(tally.repeated)
        .bind(tally.superseded)
        .bind(tally.dead)
        .bind(batch_id.to_string())
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("DELETE FROM ingest_batches WHERE number <= $1")
        .bind(pass.batch_number - MOST_BATCHES)
        .execute(connection)
        .await?;
    Ok(true)
}

async fn keep_dead(connection: &mut AnyConnection, dead: &[DeadLine]) -> Result<()> {
    if dead.is_empty() {
        return Ok(());
    }
    let given = sqlx::query("UPDATE ingest_counters SET last_dead = last_dead + $1 RETURNING last_dead");
    let last: i64 = given.bind(dead.len() as i64).fetch_one(&mut *connection).await?.try_get(0)?;
    let numbered: Vec<(i64, &DeadLine)> = (last - dead.len() as i64 + 1..).zip(dead).collect();
    INSERT_DEAD
        .execute(connection, &numbered, |query, (id, line)| {
            query
                .bind(*id)
                .bind(line.batch_id.to_string())
                .bind(line.line_number)
                .bind(line.came_at)
                .bind(line.line.clone())
                // Names and texts: writing them does not fail.
                .bind(serde_json::to_string(&line.faults).unwrap_or_default())
        })
        .await?;
    let forgotten = sqlx::query("DELETE FROM dead_ratings WHERE id <= $1").bind(last - MOST_DEAD);
    let forgotten = forgotten.execute(connection).await?.rows_affected();
    if forgotten > 0 {
        tracing::warn!(forgotten, MOST_DEAD, "there are too many dead ratings; the oldest are gone");
    }
    Ok(())
}
