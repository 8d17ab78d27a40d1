//! Forgetting a user: all that was rated and said, here and elsewhere, goes in one transaction with the event that ends the
//! user's key in the log. For an operator, beside a master that runs or not.

use cineswarm_engine::UserId;
use cineswarm_engine::dataset::shard_hash;
use cineswarm_events::NewEvent;
use cineswarm_proto::events::{USER_DELETED, user_key};
use sqlx::{AnyConnection, Connection};
use uuid::Uuid;

/// Forgets a user of the dataset or one with a number of their own; gives the ratings that went, beside those of the
/// dataset, and `None` if the user was forgotten before. Whoever follows the log takes the user's ratings out of
/// everybody's. A session goes on without ratings, and is a new user with its next one; what a source sends of the user from
/// now on is kept aside.
///
/// # Errors
/// As the database says; nothing has changed then.
pub async fn forget(
    connection: &mut AnyConnection,
    user_id: UserId,
    now: i64,
) -> Result<Option<u64>, cineswarm_events::Error> {
    let database = |error| cineswarm_events::Error::Database { doing: "forgetting a user", error };
    let mut transaction = connection.begin().await.map_err(database)?;
    let mut gone = 0;
    for (counts, statement) in [
        (true, "DELETE FROM ratings WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)"),
        (false, "DELETE FROM feedback WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)"),
        (true, "DELETE FROM ingest_ratings WHERE user_id = $1"),
        (false, "UPDATE sessions SET user_id = NULL WHERE user_id = $1"),
    ] {
        let done =
            sqlx::query(statement).bind(i64::from(user_id)).execute(&mut *transaction).await.map_err(database)?;
        gone += if counts { done.rows_affected() } else { 0 };
    }
    let last = NewEvent {
        id: Uuid::now_v7(),
        shard_hash: Some(shard_hash(user_id)),
        ..NewEvent::new(USER_DELETED, user_key(user_id), "{}", now)
    };
    let appended = cineswarm_events::delete(&mut *transaction, &last).await?;
    transaction.commit().await.map_err(database)?;
    Ok((appended.known == 0).then_some(gone))
}
