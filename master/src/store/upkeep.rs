//! Letting go: what has been kept long enough, what is more than may be kept, sessions that nobody ever used. Ages are
//! counted in the time that masters have lived, so that a clock that is set wrong lets go of nothing.

use sqlx::{AnyConnection, Row};

/// Rows that are taken at a time, so that nobody waits long behind them.
pub(super) const CHUNK: u64 = 500;

/// Between two marks, and hence how exact ages are.
const MARK_INTERVAL_MS: i64 = 3_600_000;

/// How long a session is kept that nobody has used.
const UNUSED_SESSION_MS: i64 = 7 * 24 * 3_600_000;

/// Counts that masters have lived so much longer.
pub(super) async fn live(connection: &mut AnyConnection, elapsed_ms: i64) -> Result<(), sqlx::Error> {
    let lived_ms: i64 = sqlx::query("UPDATE lifetime SET lived_ms = lived_ms + $1 WHERE id = 1 RETURNING lived_ms")
        .bind(elapsed_ms)
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if lived_ms / MARK_INTERVAL_MS != (lived_ms - elapsed_ms) / MARK_INTERVAL_MS {
        sqlx::query(
            "INSERT INTO lifetime_marks (lived_ms, event_offset) \
             SELECT $1, COALESCE(MAX(event_offset), 0) FROM requests WHERE TRUE ON CONFLICT DO NOTHING",
        )
        .bind(lived_ms)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Counts bytes of requests that came or went; gives how many there are now.
pub(super) async fn count_bytes(connection: &mut AnyConnection, change: i64) -> Result<i64, sqlx::Error> {
    let counted =
        sqlx::query("UPDATE lifetime SET request_bytes = request_bytes + $1 WHERE id = 1 RETURNING request_bytes");
    counted.bind(change).fetch_one(connection).await?.try_get(0)
}

/// Deletes requests that ended longer ago than `keep_ms` of lived time, and sessions that were never used, a chunk of
/// each; gives how many rows went.
pub(super) async fn prune(connection: &mut AnyConnection, keep_ms: i64) -> Result<u64, sqlx::Error> {
    let lived_ms: i64 =
        sqlx::query("SELECT lived_ms FROM lifetime WHERE id = 1").fetch_one(&mut *connection).await?.try_get(0)?;
    let mark = sqlx::query(
        "SELECT lived_ms, event_offset FROM lifetime_marks WHERE lived_ms <= $1 ORDER BY lived_ms DESC LIMIT 1",
    );
    let mut pruned = 0;
    if let Some(mark) = mark.bind(lived_ms - keep_ms).fetch_optional(&mut *connection).await? {
        let (marked_at, last_offset): (i64, i64) = (mark.try_get(0)?, mark.try_get(1)?);
        pruned += delete_oldest(connection, Some(last_offset), CHUNK).await?;
        sqlx::query("DELETE FROM lifetime_marks WHERE lived_ms < $1").bind(marked_at).execute(&mut *connection).await?;
    }
    Ok(pruned + delete_unused_sessions(connection, lived_ms - UNUSED_SESSION_MS).await?)
}

/// Deletes ended requests, `limit` at the most, the earliest endings first, up to an offset if one is given. The request
/// with the highest offset stays, whatever its age: after a restart the offsets go on from it.
pub(super) async fn delete_oldest(
    connection: &mut AnyConnection,
    up_to: Option<i64>,
    limit: u64,
) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE event_offset <= $1 \
         AND event_offset < (SELECT MAX(event_offset) FROM requests) ORDER BY event_offset LIMIT $2) \
         RETURNING octet_length(query) + octet_length(spec) + octet_length(outcome)",
    )
    .bind(up_to.unwrap_or(i64::MAX))
    .bind(limit as i64)
    .fetch_all(&mut *connection)
    .await?;
    let mut bytes = 0;
    for row in &deleted {
        // An INTEGER in PostgreSQL, which the common driver gives as i32.
        bytes += row.try_get::<i64, _>(0).or_else(|_| row.try_get::<i32, _>(0).map(i64::from))?;
    }
    if bytes > 0 {
        count_bytes(connection, -bytes).await?;
    }
    Ok(deleted.len() as u64)
}

/// Looks at a chunk of the sessions opened before `before` that it has not looked at yet.
async fn delete_unused_sessions(connection: &mut AnyConnection, before: i64) -> Result<u64, sqlx::Error> {
    let last = sqlx::query(
        "SELECT MAX(opened_lived_ms) FROM (SELECT opened_lived_ms FROM sessions WHERE opened_lived_ms >= \
         (SELECT sessions_kept_to FROM lifetime WHERE id = 1) AND opened_lived_ms < $1 \
         ORDER BY opened_lived_ms LIMIT $2) AS chunk",
    )
    .bind(before)
    .bind(CHUNK as i64)
    .fetch_one(&mut *connection)
    .await?
    .try_get::<Option<i64>, _>(0)?;
    let Some(last) = last else { return Ok(0) };
    let deleted = sqlx::query(
        "DELETE FROM sessions WHERE opened_lived_ms >= (SELECT sessions_kept_to FROM lifetime WHERE id = 1) \
         AND opened_lived_ms <= $1 \
         AND NOT EXISTS (SELECT 1 FROM requests WHERE requests.session_id = sessions.id) \
         AND NOT EXISTS (SELECT 1 FROM ratings WHERE ratings.session_id = sessions.id) \
         AND NOT EXISTS (SELECT 1 FROM feedback WHERE feedback.session_id = sessions.id)",
    )
    .bind(last)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE lifetime SET sessions_kept_to = $1 WHERE id = 1").bind(last + 1).execute(connection).await?;
    Ok(deleted.rows_affected())
}
