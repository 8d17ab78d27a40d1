//! The writing statements, the same text for SQLite and PostgreSQL, each run for a whole batch of operations inside the
//! writer's transaction. Outcomes are left beside the operations; nobody is answered here, for nothing is committed yet.

use super::columns::{stored_user, uuid_at};
use super::operations::{Finish, OpenSession, Operation};
use super::ratings_log::Telling;
use super::records::{Accepted, OpenedSession};
use super::{NewRequest, upkeep};
use cineswarm_database::{Answerable, ManyRows};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyConnection, Connection, Row};
use std::collections::HashSet;
use std::sync::LazyLock;
use uuid::Uuid;

type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// Everything an accepted request is made of. A row that is already there, by its id or by the session's key, is left.
static INSERT_REQUESTS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "INSERT INTO requests (id, session_id, idempotency_key, query, spec, state, accepted_at) VALUES ",
        7,
        " ON CONFLICT DO NOTHING RETURNING id",
    )
});

/// The first ending wins: a request that has ended is left as it is.
static END_REQUESTS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "WITH ending (id, state, ended_at, event_offset, outcome) AS (VALUES ",
        5,
        ") UPDATE requests SET state = ending.state, ended_at = ending.ended_at, event_offset = ending.event_offset, \
         outcome = ending.outcome FROM ending WHERE requests.id = ending.id AND requests.state = 'queued' \
         RETURNING requests.id",
    )
});

/// The ids that a statement returned.
fn ids(rows: &[AnyRow]) -> Result<HashSet<Uuid>, sqlx::Error> {
    rows.iter().map(|row| uuid_at(row, 0)).collect()
}

/// Runs the operations in one transaction, some of which may have been tried before (`again`); gives the last number of the
/// log of ratings, if it may have grown. On an error nothing has happened and all outcomes are to be ignored.
pub(super) async fn run_in_one_transaction(
    connection: &mut AnyConnection,
    operations: &mut [Operation],
    keep_bytes: u64,
    again: bool,
) -> Result<Option<i64>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut accepts = Vec::new();
    let mut finishes = Vec::new();
    let mut others = Vec::new();
    let mut bytes = 0;
    for operation in operations {
        match operation {
            Operation::Accept(accept) => accepts.push(accept),
            Operation::Finish(finish) => finishes.push(finish),
            // Withdrawn requests go first: a key they hold may be asked for again in this very batch.
            Operation::Withdraw(request_id) => bytes -= withdraw(&mut transaction, *request_id).await?,
            other => others.push(other),
        }
    }
    // Only operations whose callers wait for each other depend on each other, and those are never in one batch; so
    // the kinds may change places. Within its kind each keeps its place.
    bytes += accept_all(&mut transaction, &mut accepts).await?;
    bytes += finish_all(&mut transaction, &mut finishes).await?;
    if bytes != 0 {
        let kept = upkeep::count_bytes(&mut transaction, bytes).await?;
        if kept > keep_bytes as i64 {
            // Twice what comes in, so that it falls below in the end.
            upkeep::delete_oldest(&mut transaction, None, 2 * finishes.len() as u64 + 1).await?;
        }
    }
    let mut telling = Telling::begin(&mut transaction, &others, again).await?;
    for operation in &mut others {
        match operation {
            Operation::OpenSession(open) => open.outcome = Some(open_session(&mut transaction, &open.input).await?),
            Operation::Rate(rate) => rate.outcome = Some(telling.rate(&mut transaction, &rate.input).await?),
            Operation::RateMany(many) => many.outcome = Some(telling.rate_many(&mut transaction, &many.input).await?),
            Operation::Feedback(feedback) => {
                feedback.outcome = Some(telling.feedback(&mut transaction, &feedback.input).await?);
            }
            Operation::Ingest(ingest) => {
                ingest.outcome = Some(telling.ingest(&mut transaction, &ingest.input).await?);
            }
            Operation::Live(live) => live.outcome = Some(upkeep::live(&mut transaction, live.input).await?),
            Operation::Prune(prune) => prune.outcome = Some(upkeep::prune(&mut transaction, prune.input).await?),
            Operation::Accept(_) | Operation::Finish(_) | Operation::Withdraw(_) => {}
        }
    }
    // The last act, for until the commit whoever else appends to the log waits.
    let head = telling.end(&mut transaction, &mut others).await?;
    transaction.commit().await?;
    Ok(head)
}

/// The highest offset ever given out that is still stored, or 0.
pub(super) async fn highest_offset(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    let row = sqlx::query("SELECT MAX(event_offset) FROM requests").fetch_one(connection).await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or(0))
}

/// Gives the bytes of text that are new.
async fn accept_all(
    connection: &mut AnyConnection,
    accepts: &mut [&mut Answerable<NewRequest, Accepted>],
) -> Result<i64, sqlx::Error> {
    let bind = |query: Query, accept: &&mut Answerable<NewRequest, Accepted>| {
        let request = &accept.input;
        query
            .bind(request.request_id.to_string())
            .bind(request.session_id.to_string())
            .bind(request.idempotency_key.clone())
            .bind(request.query.clone())
            .bind(request.spec.clone())
            .bind("queued")
            .bind(request.accepted_at)
    };
    let stored = ids(&INSERT_REQUESTS.fetch(connection, accepts, bind).await?)?;
    let mut bytes = 0;
    for accept in accepts {
        let request_id = accept.input.request_id;
        accept.outcome = Some(if stored.contains(&request_id) {
            bytes += (accept.input.query.len() + accept.input.spec.len()) as i64;
            Accepted::New
        } else {
            holder_of_key(connection, &accept.input).await?
        });
    }
    Ok(bytes)
}

/// The request that made an insert do nothing. If it is the request itself, an earlier attempt was committed although
/// its acknowledgement was lost.
async fn holder_of_key(connection: &mut AnyConnection, request: &NewRequest) -> Result<Accepted, sqlx::Error> {
    let holder = sqlx::query("SELECT id FROM requests WHERE id = $1 OR (session_id = $2 AND idempotency_key = $3)")
        .bind(request.request_id.to_string())
        .bind(request.session_id.to_string())
        .bind(request.idempotency_key.clone())
        .fetch_one(connection)
        .await?;
    let holder = uuid_at(&holder, 0)?;
    Ok(if holder == request.request_id { Accepted::New } else { Accepted::Duplicate { request_id: holder } })
}

/// Gives the bytes of text that are new.
async fn finish_all(
    connection: &mut AnyConnection,
    finishes: &mut [&mut Answerable<Finish, Option<i64>>],
) -> Result<i64, sqlx::Error> {
    // Of several endings of one request the first is tried, the others have lost already.
    let mut seen = HashSet::with_capacity(finishes.len());
    let mut firsts = Vec::with_capacity(finishes.len());
    for finish in finishes.iter_mut() {
        if seen.insert(finish.input.request_id) {
            firsts.push(&mut **finish);
        } else {
            finish.outcome = Some(None);
        }
    }
    let bind = |query: Query, finish: &&mut Answerable<Finish, Option<i64>>| {
        let Finish { request_id, ending, offset } = &finish.input;
        query
            .bind(request_id.to_string())
            .bind(ending.state.name())
            .bind(ending.ended_at)
            .bind(*offset)
            .bind(ending.outcome.clone())
    };
    let ended = ids(&END_REQUESTS.fetch(connection, &firsts, bind).await?)?;
    let mut bytes = 0;
    for finish in firsts {
        let Finish { request_id, offset, .. } = finish.input;
        let is_new = ended.contains(&request_id);
        bytes += if is_new { finish.input.ending.outcome.len() as i64 } else { 0 };
        let won = is_new || ended_at_offset(connection, request_id, offset).await?;
        finish.outcome = Some(won.then_some(offset));
    }
    Ok(bytes)
}

/// Whether this very ending was committed before although its acknowledgement was lost: offsets are never given twice.
async fn ended_at_offset(connection: &mut AnyConnection, request_id: Uuid, offset: i64) -> Result<bool, sqlx::Error> {
    let found = sqlx::query("SELECT id FROM requests WHERE id = $1 AND event_offset = $2")
        .bind(request_id.to_string())
        .bind(offset)
        .fetch_optional(connection)
        .await?;
    Ok(found.is_some())
}

/// Gives the bytes of text that are gone.
async fn withdraw(connection: &mut AnyConnection, request_id: Uuid) -> Result<i64, sqlx::Error> {
    let withdrawn = sqlx::query("DELETE FROM requests WHERE id = $1 AND state = 'queued' RETURNING query, spec")
        .bind(request_id.to_string())
        .fetch_optional(connection)
        .await?;
    let Some(row) = withdrawn else { return Ok(0) };
    Ok((row.try_get::<&str, _>(0)?.len() + row.try_get::<&str, _>(1)?.len()) as i64)
}

async fn open_session(connection: &mut AnyConnection, open: &OpenSession) -> Result<OpenedSession, sqlx::Error> {
    if let Some(id) = open.id {
        let resumed = sqlx::query(
            "UPDATE sessions SET last_seen_at = $1, lang = COALESCE($2, lang) WHERE id = $3 RETURNING lang, \
             (SELECT COALESCE(MAX(event_offset), 0) FROM requests WHERE session_id = $3), user_id",
        )
        .bind(open.now)
        .bind(open.lang.clone())
        .bind(id.to_string())
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(row) = resumed {
            let user_id = row.try_get::<Option<i64>, _>(2)?.map(stored_user).transpose()?;
            return Ok(OpenedSession {
                id,
                user_id,
                resumed: true,
                last_offset: row.try_get(1)?,
                lang: row.try_get(0)?,
            });
        }
    }
    // Not under the id that the client gave: a session id is a secret, and only the store makes them.
    let session = OpenedSession {
        id: Uuid::new_v4(),
        user_id: None,
        resumed: false,
        last_offset: 0,
        lang: open.lang.clone().unwrap_or_else(|| "en".to_owned()),
    };
    sqlx::query(
        "INSERT INTO sessions (id, created_at, last_seen_at, lang, opened_lived_ms) \
         SELECT $1, $2, $2, $3, lived_ms FROM lifetime WHERE id = 1",
    )
    .bind(session.id.to_string())
    .bind(open.now)
    .bind(session.lang.clone())
    .execute(connection)
    .await?;
    Ok(session)
}
