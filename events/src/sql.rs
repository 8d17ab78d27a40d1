//! The statements of the log, the same text for SQLite and PostgreSQL, each a step of [`Tables`].

use crate::columns::{EVENT, Query, event_at, made, uuid_at};
use crate::sql_consumers as consumers;
use crate::{Consumer, Cursor, CursorRow, Event, HeadRow, Letter, NewEvent, Tables};
use cineswarm_database::ManyRows;
use sqlx::{AnyConnection, Executor, Row};
use std::sync::LazyLock;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

static INSERT_EVENTS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new(&format!("INSERT INTO events ({EVENT}) VALUES "), 9, ""));

static KNOWN_IDS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("SELECT seq, id FROM events WHERE id IN (VALUES ", 1, ")"));

static DELETED_KEYS: LazyLock<ManyRows> =
    LazyLock::new(|| ManyRows::new("SELECT key FROM tombstones WHERE key IN (VALUES ", 1, ")"));

impl Tables for AnyConnection {
    async fn begin(&mut self) -> Result<()> {
        self.execute("BEGIN").await.map(drop)
    }

    async fn commit(&mut self) -> Result<()> {
        self.execute("COMMIT").await.map(drop)
    }

    async fn rollback(&mut self) -> Result<()> {
        self.execute("ROLLBACK").await.map(drop)
    }

    async fn advance_head(&mut self, by: i64) -> Result<i64> {
        let row = sqlx::query("UPDATE log_head SET seq = seq + $1 RETURNING seq").bind(by).fetch_one(self).await?;
        row.try_get(0)
    }

    async fn known_ids(&mut self, ids: &[Uuid]) -> Result<Vec<Cursor>> {
        let rows = KNOWN_IDS.fetch(self, ids, |query, id| query.bind(id.to_string())).await?;
        rows.iter().map(|row| Ok(Cursor { seq: row.try_get(0)?, id: uuid_at(row, 1)? })).collect()
    }

    async fn deleted_keys(&mut self, keys: &[&str]) -> Result<Vec<String>> {
        let rows = DELETED_KEYS.fetch(self, keys, |query, key| query.bind((*key).to_owned())).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    async fn insert_events(&mut self, first: i64, events: &[&NewEvent], are_last: bool) -> Result<()> {
        let numbered: Vec<(i64, &NewEvent)> = (first..).zip(events.iter().copied()).collect();
        let bind = |query: Query, (seq, event): &(i64, &NewEvent)| {
            query
                .bind(*seq)
                .bind(event.id.to_string())
                .bind(event.kind.clone())
                .bind(event.key.clone())
                .bind(event.shard_hash.map(|hash| hash as i64))
                .bind(event.payload.clone())
                .bind(i64::from(are_last))
                .bind(event.at)
                .bind(event.traceparent.clone())
        };
        INSERT_EVENTS.execute(self, &numbered, bind).await?;
        Ok(())
    }

    async fn scan(&mut self, after: i64, limit: u32) -> Result<Vec<Event>> {
        let rows = made(format!("SELECT {EVENT} FROM events WHERE seq > $1 ORDER BY seq LIMIT $2"))
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self)
            .await?;
        rows.iter().map(event_at).collect()
    }

    async fn head(&mut self, at: i64) -> Result<HeadRow> {
        let row =
            sqlx::query("SELECT seq, floor, floor_id, (SELECT id FROM events WHERE events.seq = $1) FROM log_head")
                .bind(at)
                .fetch_one(self)
                .await?;
        let there: Option<String> = row.try_get(3)?;
        Ok(HeadRow {
            seq: row.try_get(0)?,
            floor: Cursor { seq: row.try_get(1)?, id: uuid_at(&row, 2)? },
            id_there: there.is_some().then(|| uuid_at(&row, 3)).transpose()?,
        })
    }

    async fn bury(&mut self, key: &str, at: i64) -> Result<()> {
        sqlx::query("INSERT INTO tombstones (key, deleted_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(key.to_owned())
            .bind(at)
            .execute(self)
            .await?;
        Ok(())
    }

    async fn empty_events(&mut self, key: &str) -> Result<()> {
        sqlx::query("UPDATE events SET payload = NULL WHERE key = $1").bind(key.to_owned()).execute(self).await?;
        Ok(())
    }

    async fn cut(&mut self, floor: Cursor) -> Result<u64> {
        sqlx::query("UPDATE log_head SET floor = $1, floor_id = $2 WHERE floor < $1")
            .bind(floor.seq)
            .bind(floor.id.to_string())
            .execute(&mut *self)
            .await?;
        let cut = sqlx::query("DELETE FROM events WHERE seq <= $1").bind(floor.seq).execute(self).await?;
        Ok(cut.rows_affected())
    }

    async fn cursor(&mut self, consumer: &Consumer) -> Result<Option<CursorRow>> {
        consumers::cursor(self, consumer).await
    }

    async fn insert_cursor(&mut self, consumer: &Consumer, cursor: Cursor) -> Result<()> {
        consumers::insert_cursor(self, consumer, cursor).await
    }

    async fn move_cursor(&mut self, consumer: &Consumer, from: Cursor, to: Cursor) -> Result<bool> {
        consumers::move_cursor(self, consumer, from, to).await
    }

    async fn stop_cursor(&mut self, consumer: &Consumer, at: Cursor, why: &str) -> Result<bool> {
        consumers::stop_cursor(self, consumer, at, why).await
    }

    async fn restart_cursor(&mut self, consumer: &Consumer, to: Cursor) -> Result<bool> {
        consumers::restart_cursor(self, consumer, to).await
    }

    async fn held_keys(&mut self, consumer: &Consumer, keys: &[&str]) -> Result<Vec<String>> {
        consumers::held_keys(self, consumer, keys).await
    }

    async fn insert_letter(&mut self, consumer: &Consumer, letter: &Letter) -> Result<()> {
        consumers::insert_letter(self, consumer, letter).await
    }

    async fn drop_letters(&mut self, consumer: &Consumer, key: &str) -> Result<()> {
        consumers::drop_letters(self, consumer, key).await
    }

    async fn next_letter(&mut self, consumer: &Consumer) -> Result<Option<Letter>> {
        consumers::next_letter(self, consumer).await
    }

    async fn take_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<bool> {
        consumers::take_letter(self, consumer, seq).await
    }

    async fn kill_letter(&mut self, consumer: &Consumer, seq: i64, reason: &str) -> Result<bool> {
        consumers::kill_letter(self, consumer, seq, reason).await
    }
}
