//! Raw lines between the gate and the data lake: kept in the transaction of their effects, removed once the lake has them.

use super::{number_of, reads};
use crate::lake::raw::{Group, MOST_PARTS, Part};
use crate::raw::{RawLine, pack, unpack};
use crate::sifting::RawPass;
use cineswarm_engine::UserId;
use cineswarm_proto::events::user_key;
use sqlx::{AnyConnection, Row};
use std::collections::HashSet;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Bytes that may wait for the lake; past it the gate waits, and so in the end does whoever sends.
pub(crate) const MOST_BYTES: i64 = 1 << 30;
/// How many parts are removed in one transaction, so that nobody waits long behind it.
const REMOVED_AT_A_TIME: i64 = 64;

/// Keeps the lines of a pass.
pub(super) async fn keep(
    connection: &mut AnyConnection,
    RawPass { id, judged_at, lines }: &RawPass,
    first_new_user: Option<UserId>,
) -> Result<()> {
    let numbered = |(line, who): &(RawLine, Option<_>)| RawLine {
        user_id: who.and_then(|who| number_of(who, first_new_user)),
        ..line.clone()
    };
    let content = pack(&lines.iter().map(numbered).collect::<Vec<_>>());
    let given = "UPDATE ingest_counters SET last_raw = last_raw + 1, raw_bytes = raw_bytes + $1 RETURNING last_raw";
    let number: i64 = sqlx::query(given).bind(content.len() as i64).fetch_one(&mut *connection).await?.try_get(0)?;
    sqlx::query("INSERT INTO ingest_raw (number, id, judged_at, lines, content) VALUES ($1, $2, $3, $4, $5)")
        .bind(number)
        .bind(id.to_string())
        .bind(*judged_at)
        .bind(lines.len() as i64)
        .bind(content)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes some parts up to a number, the last ones first; gives whether there may be more.
pub(super) async fn remove(connection: &mut AnyConnection, through: i64) -> Result<bool> {
    let portion = "SELECT COUNT(*), COALESCE(MIN(number), 0), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM \
                (SELECT number, LENGTH(content) AS bytes FROM ingest_raw WHERE number <= $1 \
                ORDER BY number DESC LIMIT $2) AS portion";
    let row = sqlx::query(portion).bind(through).bind(REMOVED_AT_A_TIME).fetch_one(&mut *connection).await?;
    let (count, from, bytes): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    sqlx::query("DELETE FROM ingest_raw WHERE number BETWEEN $1 AND $2")
        .bind(from)
        .bind(through)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE ingest_counters SET raw_bytes = raw_bytes - $1").bind(bytes).execute(connection).await?;
    Ok(count == REMOVED_AT_A_TIME)
}

/// How many bytes wait.
pub(crate) async fn bytes(connection: &mut AnyConnection) -> Result<i64> {
    sqlx::query("SELECT raw_bytes FROM ingest_counters").fetch_one(connection).await?.try_get(0)
}

/// The first parts that wait.
pub(crate) async fn waiting(connection: &mut AnyConnection) -> Result<Vec<Part>> {
    let some =
        "SELECT number, id, judged_at, lines, CAST(LENGTH(content) AS BIGINT) FROM ingest_raw ORDER BY number LIMIT $1";
    let rows = sqlx::query(some).bind(MOST_PARTS).fetch_all(connection).await?;
    let part = |row: &sqlx::any::AnyRow| {
        Ok(Part {
            number: row.try_get(0)?,
            id: reads::uuid_at(row, 1)?,
            judged_at: row.try_get(2)?,
            lines: row.try_get(3)?,
            bytes: row.try_get(4)?,
        })
    };
    rows.iter().map(part).collect()
}

/// The lines of a group, without what users said who were deleted.
pub(crate) async fn lines(connection: &mut AnyConnection, group: Group) -> Result<Vec<RawLine>> {
    let rows = sqlx::query("SELECT content FROM ingest_raw WHERE number BETWEEN $1 AND $2 ORDER BY number")
        .bind(group.first.number)
        .bind(group.last)
        .fetch_all(&mut *connection)
        .await?;
    let mut lines = Vec::new();
    for row in rows {
        let content: Vec<u8> = row.try_get(0)?;
        lines.extend(unpack(&content).map_err(|error| reads::damaged(format!("raw lines: {error}")))?);
    }
    let users: HashSet<UserId> = lines.iter().filter_map(|line| line.user_id).collect();
    let users: Vec<UserId> = users.into_iter().collect();
    let deleted: HashSet<String> = reads::deleted(connection, &users).await?.into_iter().collect();
    if !deleted.is_empty() {
        let is_of_deleted = |line: &&mut RawLine| line.user_id.is_some_and(|user| deleted.contains(&user_key(user)));
        lines.iter_mut().filter(is_of_deleted).for_each(RawLine::forget);
    }
    Ok(lines)
}
