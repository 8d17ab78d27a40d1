//! The same on SQLite and PostgreSQL.

use super::{Backend, Dump, Effect, Tested};
use cineswarm_events::{Consumer, Database, Event, Letter, Tables, admin};
use sqlx::{AnyConnection, Executor, Row};
use std::collections::BTreeSet;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// What a service and a consumer have beside the tables of events.
pub const OWN_TABLES: &str = "CREATE TABLE changes (id TEXT NOT NULL PRIMARY KEY); \
     CREATE TABLE effects (consumer TEXT NOT NULL, key TEXT NOT NULL, seq BIGINT NOT NULL, id TEXT NOT NULL, n BIGINT NOT NULL)";

const CLEAR: &str = "DELETE FROM changes; DELETE FROM effects; DELETE FROM events; DELETE FROM tombstones; \
     DELETE FROM cursors; DELETE FROM dead_letters; \
     UPDATE log_head SET seq = 0, floor = 0, floor_id = '00000000-0000-0000-0000-000000000000'";

impl Backend for Database {
    type Connection = AnyConnection;

    async fn open(&self) -> Result<AnyConnection> {
        self.connect().await
    }
}

pub async fn clear(connection: &mut AnyConnection) {
    connection.execute(CLEAR).await.unwrap();
}

fn parsed(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap()
}

impl Tested for AnyConnection {
    async fn change_row(&mut self, id: Uuid) -> Result<()> {
        sqlx::query("INSERT INTO changes (id) VALUES ($1)").bind(id.to_string()).execute(self).await.map(drop)
    }

    async fn effect(&mut self, consumer: &str, event: &Event) -> Result<()> {
        let n = sqlx::query("SELECT COUNT(*) FROM effects WHERE consumer = $1 AND key = $2")
            .bind(consumer.to_owned())
            .bind(event.key.clone())
            .fetch_one(&mut *self)
            .await?
            .try_get::<i64, _>(0)?;
        sqlx::query("INSERT INTO effects (consumer, key, seq, id, n) VALUES ($1, $2, $3, $4, $5)")
            .bind(consumer.to_owned())
            .bind(event.key.clone())
            .bind(event.seq)
            .bind(event.id.to_string())
            .bind(n)
            .execute(self)
            .await
            .map(drop)
    }

    async fn clear_effects(&mut self, consumer: &str) -> Result<()> {
        sqlx::query("DELETE FROM effects WHERE consumer = $1").bind(consumer.to_owned()).execute(self).await.map(drop)
    }

    async fn restore(&mut self, to: i64) -> Result<()> {
        for statement in [
            "DELETE FROM events WHERE seq > $1",
            "UPDATE log_head SET seq = $1",
            "DELETE FROM changes WHERE id NOT IN (SELECT id FROM events WHERE seq <= $1)",
        ] {
            sqlx::query(statement).bind(to).execute(&mut *self).await?;
        }
        Ok(())
    }

    async fn letters(&mut self, consumer: &Consumer) -> Result<Vec<Letter>> {
        admin::dead(self, consumer, 1000).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
    }

    async fn replay_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        admin::replay(self, consumer, seq).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
    }

    async fn drop_letter(&mut self, consumer: &Consumer, seq: i64) -> Result<()> {
        admin::drop(self, consumer, seq).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
    }

    async fn rebuild(&mut self, consumer: &Consumer) -> Result<()> {
        admin::rebuild(self, consumer).await.map_err(|error| sqlx::Error::Protocol(error.to_string()))
    }

    async fn dump(&mut self) -> Result<Dump> {
        let head = self.head(0).await?.seq;
        let events = self.scan(0, 10_000).await?;
        let changes = sqlx::query("SELECT id FROM changes").fetch_all(&mut *self).await?;
        let changes: BTreeSet<Uuid> = changes.iter().map(|row| parsed(row.get(0))).collect();
        let rows =
            sqlx::query("SELECT consumer, key, seq, id FROM effects ORDER BY consumer, key, n").fetch_all(self).await?;
        let effect = |row: &sqlx::any::AnyRow| Effect {
            consumer: row.get(0),
            key: row.get(1),
            seq: row.get(2),
            id: parsed(row.get(3)),
        };
        Ok(Dump { head, events, changes, effects: rows.iter().map(effect).collect() })
    }
}
