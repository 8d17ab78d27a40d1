//! What an operator can see and order, in the database of the consumers. The consumer itself carries it out at its next
//! look, wherever it runs.

use crate::columns::{EVENT, made, uuid_at};
use crate::sql_consumers::letter_at;
use crate::{Consumer, Cursor, Error, Letter};
use sqlx::{AnyConnection, Row};

/// How a consumer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub consumer: Consumer,
    /// The last event it has taken.
    pub at: Cursor,
    /// Why it has stopped, if it has.
    pub stopped: Option<String>,
    /// Events the consumer refused.
    pub dead: i64,
    /// Events that wait behind them or are about to be tried again.
    pub waiting: i64,
}

/// The end of the log in this database.
pub async fn head(connection: &mut AnyConnection) -> Result<Cursor, Error> {
    crate::read::last(connection).await
}

/// All consumers that keep their effects in this database.
pub async fn list(connection: &mut AnyConnection) -> Result<Vec<Listed>, Error> {
    let doing = "listing consumers";
    let rows = sqlx::query(
        "SELECT consumer, log, seq, event_id, stopped, \
         (SELECT COUNT(*) FROM dead_letters AS letter WHERE letter.consumer = cursors.consumer \
         AND letter.log = cursors.log AND letter.state = 'dead'), \
         (SELECT COUNT(*) FROM dead_letters AS letter WHERE letter.consumer = cursors.consumer \
         AND letter.log = cursors.log AND letter.state <> 'dead') FROM cursors ORDER BY consumer, log",
    )
    .fetch_all(connection)
    .await
    .map_err(Error::database(doing))?;
    let listed = |row: &sqlx::any::AnyRow| {
        Ok(Listed {
            consumer: Consumer { name: row.try_get(0)?, log: row.try_get(1)? },
            at: Cursor { seq: row.try_get(2)?, id: uuid_at(row, 3)? },
            stopped: row.try_get(4)?,
            dead: row.try_get(5)?,
            waiting: row.try_get(6)?,
        })
    };
    rows.iter().map(listed).collect::<Result<_, _>>().map_err(Error::database(doing))
}

/// What a consumer keeps aside, in order, `limit` at most.
pub async fn dead(connection: &mut AnyConnection, consumer: &Consumer, limit: u32) -> Result<Vec<Letter>, Error> {
    let doing = "listing dead letters";
    let rows = made(format!(
        "SELECT {EVENT}, state, reason FROM dead_letters WHERE consumer = $1 AND log = $2 ORDER BY seq LIMIT $3"
    ))
    .bind(consumer.name.clone())
    .bind(consumer.log.clone())
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(Error::database(doing))?;
    rows.iter().map(letter_at).collect::<Result<_, _>>().map_err(Error::database(doing))
}

/// Has a dead letter tried again, and then what waits behind it.
pub async fn replay(connection: &mut AnyConnection, consumer: &Consumer, seq: i64) -> Result<(), Error> {
    let query = sqlx::query(
        "UPDATE dead_letters SET state = 'replay' WHERE consumer = $1 AND log = $2 AND seq = $3 AND state = 'dead'",
    );
    let query = query.bind(consumer.name.clone()).bind(consumer.log.clone()).bind(seq);
    let done = query.execute(connection).await.map_err(Error::database("replaying a dead letter"))?;
    one(done.rows_affected(), || format!("dead letter {seq} of {consumer}"))
}

/// Gives a dead letter another payload and has it tried again; the log stays as it is.
pub async fn mend(connection: &mut AnyConnection, consumer: &Consumer, seq: i64, payload: &str) -> Result<(), Error> {
    let query = sqlx::query(
        "UPDATE dead_letters SET state = 'replay', payload = $1 \
         WHERE consumer = $2 AND log = $3 AND seq = $4 AND state = 'dead'",
    );
    let query = query.bind(payload.to_owned()).bind(consumer.name.clone()).bind(consumer.log.clone()).bind(seq);
    let done = query.execute(connection).await.map_err(Error::database("mending a dead letter"))?;
    one(done.rows_affected(), || format!("dead letter {seq} of {consumer}"))
}

/// Forgets a dead letter; what waits behind it goes on.
pub async fn drop(connection: &mut AnyConnection, consumer: &Consumer, seq: i64) -> Result<(), Error> {
    let query =
        sqlx::query("DELETE FROM dead_letters WHERE consumer = $1 AND log = $2 AND seq = $3 AND state = 'dead'");
    let query = query.bind(consumer.name.clone()).bind(consumer.log.clone()).bind(seq);
    let done = query.execute(connection).await.map_err(Error::database("dropping a dead letter"))?;
    one(done.rows_affected(), || format!("dead letter {seq} of {consumer}"))
}

/// Has a consumer forget all that it made of the log, and start over.
pub async fn rebuild(connection: &mut AnyConnection, consumer: &Consumer) -> Result<(), Error> {
    let query = sqlx::query("UPDATE cursors SET rebuild = 1 WHERE consumer = $1 AND log = $2");
    let query = query.bind(consumer.name.clone()).bind(consumer.log.clone());
    let done = query.execute(connection).await.map_err(Error::database("ordering that a consumer starts over"))?;
    one(done.rows_affected(), || format!("consumer {consumer}"))
}

fn one(rows: u64, what: impl Fn() -> String) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Unknown { what: what() }) }
}
