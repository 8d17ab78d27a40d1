//! The statements of consumers: cursors that move only from where they are, and letters that only one can take.

use crate::columns::{EVENT, chunk, event_at, made, places, uuid_at};
use crate::{Consumer, Cursor, CursorRow, Letter, LetterState};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

type Result<T> = std::result::Result<T, sqlx::Error>;

impl LetterState {
    /// Its name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            LetterState::Dead => "dead",
            LetterState::Waiting => "waiting",
            LetterState::Replay => "replay",
        }
    }

    fn named(name: &str) -> Result<LetterState> {
        let states = [LetterState::Dead, LetterState::Waiting, LetterState::Replay];
        let known = states.into_iter().find(|state| state.name() == name);
        known.ok_or_else(|| sqlx::Error::Decode(format!("a letter that is {name:?}").into()))
    }
}

/// A letter, from [`EVENT`] and then state and reason.
pub(crate) fn letter_at(row: &AnyRow) -> Result<Letter> {
    Ok(Letter { event: event_at(row)?, state: LetterState::named(row.try_get(9)?)?, reason: row.try_get(10)? })
}

pub(crate) async fn cursor(connection: &mut AnyConnection, consumer: &Consumer) -> Result<Option<CursorRow>> {
    let row = sqlx::query("SELECT seq, event_id, stopped, rebuild FROM cursors WHERE consumer = $1 AND log = $2")
        .bind(consumer.name.clone())
        .bind(consumer.log.clone())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(CursorRow {
        cursor: Cursor { seq: row.try_get(0)?, id: uuid_at(&row, 1)? },
        stopped: row.try_get(2)?,
        rebuild: row.try_get::<i64, _>(3)? != 0,
    }))
}

pub(crate) async fn insert_cursor(connection: &mut AnyConnection, consumer: &Consumer, cursor: Cursor) -> Result<()> {
    sqlx::query("INSERT INTO cursors (consumer, log, seq, event_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
        .bind(consumer.name.clone())
        .bind(consumer.log.clone())
        .bind(cursor.seq)
        .bind(cursor.id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn move_cursor(
    connection: &mut AnyConnection,
    consumer: &Consumer,
    from: Cursor,
    to: Cursor,
) -> Result<bool> {
    let moved = sqlx::query(
        "UPDATE cursors SET seq = $1, event_id = $2 WHERE consumer = $3 AND log = $4 AND seq = $5 AND event_id = $6 \
         AND stopped IS NULL AND rebuild = 0",
    )
    .bind(to.seq)
    .bind(to.id.to_string())
    .bind(consumer.name.clone())
    .bind(consumer.log.clone())
    .bind(from.seq)
    .bind(from.id.to_string())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

pub(crate) async fn stop_cursor(
    connection: &mut AnyConnection,
    consumer: &Consumer,
    at: Cursor,
    why: &str,
) -> Result<bool> {
    let stopped =
        sqlx::query("UPDATE cursors SET stopped = $1 WHERE consumer = $2 AND log = $3 AND seq = $4 AND event_id = $5")
            .bind(why.to_owned())
            .bind(consumer.name.clone())
            .bind(consumer.log.clone())
            .bind(at.seq)
            .bind(at.id.to_string())
            .execute(connection)
            .await?;
    Ok(stopped.rows_affected() == 1)
}

pub(crate) async fn restart_cursor(connection: &mut AnyConnection, consumer: &Consumer, to: Cursor) -> Result<bool> {
    let restarted = sqlx::query(
        "UPDATE cursors SET seq = $1, event_id = $2, stopped = NULL, rebuild = 0 \
         WHERE consumer = $3 AND log = $4 AND rebuild = 1",
    )
    .bind(to.seq)
    .bind(to.id.to_string())
    .bind(consumer.name.clone())
    .bind(consumer.log.clone())
    .execute(&mut *connection)
    .await?;
    if restarted.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM dead_letters WHERE consumer = $1 AND log = $2")
        .bind(consumer.name.clone())
        .bind(consumer.log.clone())
        .execute(connection)
        .await?;
    Ok(true)
}

pub(crate) async fn held_keys(
    connection: &mut AnyConnection,
    consumer: &Consumer,
    keys: &[&str],
) -> Result<Vec<String>> {
    let (mut held, mut rest) = (Vec::new(), keys);
    while !rest.is_empty() {
        let (some, others) = chunk(rest);
        let places = places(3, some.len());
        let text =
            format!("SELECT DISTINCT key FROM dead_letters WHERE consumer = $1 AND log = $2 AND key IN ({places})");
        let query = made(text).bind(consumer.name.clone()).bind(consumer.log.clone());
        let query = some.iter().fold(query, |query, key| query.bind((*key).to_owned()));
        for row in query.fetch_all(&mut *connection).await? {
            held.push(row.try_get(0)?);
        }
        rest = others;
    }
    Ok(held)
}

pub(crate) async fn insert_letter(connection: &mut AnyConnection, consumer: &Consumer, letter: &Letter) -> Result<()> {
    let Letter { event, state, reason } = letter;
    made(format!("INSERT INTO dead_letters ({EVENT}, state, reason, consumer, log) VALUES ({})", places(1, 13)))
        .bind(event.seq)
        .bind(event.id.to_string())
        .bind(event.kind.clone())
        .bind(event.key.clone())
        .bind(event.shard_hash.map(|hash| hash as i64))
        .bind(event.payload.clone())
        .bind(i64::from(event.is_last))
        .bind(event.at)
        .bind(event.traceparent.clone())
        .bind(state.name())
        .bind(reason.clone())
        .bind(consumer.name.clone())
        .bind(consumer.log.clone())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn drop_letters(connection: &mut AnyConnection, consumer: &Consumer, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM dead_letters WHERE consumer = $1 AND log = $2 AND key = $3")
        .bind(consumer.name.clone())
        .bind(consumer.log.clone())
        .bind(key.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn next_letter(connection: &mut AnyConnection, consumer: &Consumer) -> Result<Option<Letter>> {
    let row = made(format!(
        "SELECT {EVENT}, state, reason FROM dead_letters AS letter \
         WHERE consumer = $1 AND log = $2 AND state <> 'dead' AND NOT EXISTS (SELECT 1 FROM dead_letters AS earlier \
         WHERE earlier.consumer = letter.consumer AND earlier.log = letter.log AND earlier.key = letter.key \
         AND earlier.seq < letter.seq) ORDER BY seq LIMIT 1"
    ))
    .bind(consumer.name.clone())
    .bind(consumer.log.clone())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(letter_at).transpose()
}

pub(crate) async fn take_letter(connection: &mut AnyConnection, consumer: &Consumer, seq: i64) -> Result<bool> {
    let taken =
        sqlx::query("DELETE FROM dead_letters WHERE consumer = $1 AND log = $2 AND seq = $3 AND state <> 'dead'")
            .bind(consumer.name.clone())
            .bind(consumer.log.clone())
            .bind(seq)
            .execute(connection)
            .await?;
    Ok(taken.rows_affected() == 1)
}

pub(crate) async fn kill_letter(
    connection: &mut AnyConnection,
    consumer: &Consumer,
    seq: i64,
    reason: &str,
) -> Result<bool> {
    let killed = sqlx::query(
        "UPDATE dead_letters SET state = 'dead', reason = $1 \
         WHERE consumer = $2 AND log = $3 AND seq = $4 AND state <> 'dead'",
    )
    .bind(reason.to_owned())
    .bind(consumer.name.clone())
    .bind(consumer.log.clone())
    .bind(seq)
    .execute(connection)
    .await?;
    Ok(killed.rows_affected() == 1)
}
