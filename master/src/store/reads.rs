//! The reading half of the store: plain queries on a small pool of connections, beside the writer and never through it.

use super::columns::{half_stars_at, movie_id_at, uuid_at};
use super::error::{Error, damaged};
use super::records::{BEGINNING, EndState, Event, FeedbackKind, Profile, State, StoredAnswer, StoredRequest};
use super::{Store, reason_or};
use cineswarm_database::Fault;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_retry::Backoff;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, Row};
use std::time::Duration;
use uuid::Uuid;

type Query = sqlx::query::Query<'static, Any, AnyArguments>;

/// Between two tries of a read: doubled up to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

impl Store {
    /// The session's ended requests with an offset greater than `offset`, in order, `limit` at most.
    pub async fn events_since(&self, session_id: Uuid, offset: i64, limit: u32) -> Result<Vec<Event>, Error> {
        let query = || {
            sqlx::query(
                "SELECT event_offset, state, id, query, outcome FROM requests \
                 WHERE session_id = $1 AND event_offset > $2 ORDER BY event_offset LIMIT $3",
            )
            .bind(session_id.to_string())
            .bind(offset)
            .bind(i64::from(limit))
        };
        self.read("reading a session's missed events", query, event).await
    }

    /// How a request ended, if it has.
    pub async fn ending(&self, request_id: Uuid) -> Result<Option<Event>, Error> {
        let query = || {
            sqlx::query(
                "SELECT event_offset, state, id, query, outcome FROM requests \
                 WHERE id = $1 AND event_offset IS NOT NULL",
            )
            .bind(request_id.to_string())
        };
        Ok(self.read("reading how a request ended", query, event).await?.pop())
    }

    /// All accepted requests that have not ended, oldest first: what a restarted master has to go on with.
    pub async fn unfinished(&self) -> Result<Vec<StoredRequest>, Error> {
        let query = || {
            sqlx::query(
                "SELECT id, session_id, idempotency_key, query, spec, state, accepted_at, ended_at FROM requests \
                 WHERE ended_at IS NULL ORDER BY accepted_at, id",
            )
        };
        self.read("reading the unfinished requests", query, stored_request).await
    }

    /// One request, if it is stored.
    pub async fn request(&self, request_id: Uuid) -> Result<Option<StoredRequest>, Error> {
        let query = || {
            sqlx::query(
                "SELECT id, session_id, idempotency_key, query, spec, state, accepted_at, ended_at FROM requests \
                 WHERE id = $1",
            )
            .bind(request_id.to_string())
        };
        Ok(self.read("reading a request", query, stored_request).await?.pop())
    }

    /// The latest answer that was computed in the session's present conversation.
    pub async fn last_answered(&self, session_id: Uuid) -> Result<Option<StoredAnswer>, Error> {
        let query = || {
            sqlx::query(
                "SELECT id, spec, outcome FROM requests WHERE session_id = $1 AND state = 'answered' \
                 AND spec <> '' ORDER BY event_offset DESC LIMIT 1",
            )
            .bind(session_id.to_string())
        };
        let answer = |row: &AnyRow| {
            Ok(StoredAnswer { request_id: uuid_at(row, 0)?, spec: row.try_get(1)?, outcome: row.try_get(2)? })
        };
        let latest = self.read("reading a session's last answer", query, answer).await?.pop();
        Ok(latest.filter(|answer| answer.spec != BEGINNING))
    }

    /// What is known of a session's viewer.
    pub async fn profile(&self, session_id: Uuid) -> Result<Profile, Error> {
        // Before the rest is read, which may then know more and never less.
        let through = self.head().await?;
        let (ratings, hidden) = (self.ratings(session_id).await?, self.hidden_movies(session_id).await?);
        Ok(Profile { through, ratings, hidden })
    }

    /// The last number of the log of ratings.
    async fn head(&self) -> Result<i64, Error> {
        let query = || sqlx::query("SELECT seq FROM log_head");
        let heads = self.read("reading the head of the log of ratings", query, |row| row.try_get(0)).await?;
        Ok(heads.into_iter().max().unwrap_or(0))
    }

    /// The session that is called so in the log of ratings.
    pub async fn session_of_user(&self, user_id: UserId) -> Result<Option<Uuid>, Error> {
        let query = || sqlx::query("SELECT id FROM sessions WHERE user_id = $1").bind(i64::from(user_id));
        Ok(self.read("looking for a user's session", query, |row| uuid_at(row, 0)).await?.pop())
    }

    /// Events that consumers with their effects in this database refused, and that wait for an operator.
    pub async fn dead_letters(&self) -> Result<i64, Error> {
        let query = || sqlx::query("SELECT COUNT(*) FROM dead_letters WHERE state = 'dead'");
        Ok(self.read("counting dead letters", query, |row| row.try_get(0)).await?.pop().unwrap_or(0))
    }

    /// The films the session has rated, by film.
    pub async fn ratings(&self, session_id: Uuid) -> Result<Vec<(MovieId, HalfStars)>, Error> {
        let query = || {
            sqlx::query("SELECT movie_id, half_stars FROM ratings WHERE session_id = $1 ORDER BY movie_id")
                .bind(session_id.to_string())
        };
        let rating = |row: &AnyRow| Ok((movie_id_at(row, 0)?, half_stars_at(row, 1)?));
        self.read("reading a session's ratings", query, rating).await
    }

    /// The same with the time of each, in milliseconds since 1970.
    pub async fn dated_ratings(&self, session_id: Uuid) -> Result<Vec<(MovieId, HalfStars, i64)>, Error> {
        let query = || {
            sqlx::query("SELECT movie_id, half_stars, rated_at FROM ratings WHERE session_id = $1 ORDER BY movie_id")
                .bind(session_id.to_string())
        };
        let rating = |row: &AnyRow| Ok((movie_id_at(row, 0)?, half_stars_at(row, 1)?, row.try_get(2)?));
        self.read("reading a session's ratings with their times", query, rating).await
    }

    /// The films the session has seen or does not want, by film.
    pub async fn hidden_movies(&self, session_id: Uuid) -> Result<Vec<(MovieId, FeedbackKind)>, Error> {
        let query = || {
            sqlx::query(
                "SELECT movie_id, kind FROM feedback WHERE session_id = $1 AND kind IN ('seen', 'not_interested') \
                 ORDER BY movie_id",
            )
            .bind(session_id.to_string())
        };
        let hidden = |row: &AnyRow| {
            let kind: &str = row.try_get(1)?;
            let known = FeedbackKind::from_name(kind).ok_or_else(|| damaged(format!("feedback of kind {kind:?}")))?;
            Ok((movie_id_at(row, 0)?, known))
        };
        self.read("reading a session's hidden films", query, hidden).await
    }

    /// Runs a query on one of the readers' connections; one that has failed is not used again.
    async fn fetch(&self, query: Query) -> Result<Vec<AnyRow>, sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let rows = query.fetch_all(&mut *connection).await;
        if rows.is_err() {
            connection.close_on_drop();
        }
        rows
    }

    /// Runs a query and parses its rows, again and again while the database is away and there is time.
    async fn read<T>(
        &self,
        doing: &'static str,
        query: impl Fn() -> Query,
        parse: impl Fn(&AnyRow) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, Error> {
        let reading = async {
            let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
            loop {
                match self.fetch(query()).await {
                    Ok(rows) => {
                        let parsed: Result<Vec<T>, sqlx::Error> = rows.iter().map(&parse).collect();
                        return parsed.map_err(|error| Error::from_database(doing, &error));
                    }
                    Err(sqlx::Error::PoolClosed) => return Err(Error::Closed),
                    Err(error) if Fault::of(&error).may_pass() => {
                        tracing::debug!(%error, doing, "reading from the database failed; trying again");
                        tokio::time::sleep(backoff.next_pause()).await;
                    }
                    Err(error) => return Err(Error::from_database(doing, &error)),
                }
            }
        };
        match tokio::time::timeout(self.deadline, reading).await {
            Ok(result) => result,
            Err(_) => Err(Error::Unavailable { doing, reason: reason_or(self.trouble(), "no answer in time") }),
        }
    }
}

fn event(row: &AnyRow) -> Result<Event, sqlx::Error> {
    let state: &str = row.try_get(1)?;
    Ok(Event {
        offset: row.try_get(0)?,
        state: EndState::from_name(state).ok_or_else(|| damaged(format!("an ended request in state {state:?}")))?,
        request_id: uuid_at(row, 2)?,
        query: row.try_get(3)?,
        outcome: row.try_get(4)?,
    })
}

fn stored_request(row: &AnyRow) -> Result<StoredRequest, sqlx::Error> {
    let state: &str = row.try_get(5)?;
    Ok(StoredRequest {
        request_id: uuid_at(row, 0)?,
        session_id: uuid_at(row, 1)?,
        idempotency_key: row.try_get(2)?,
        query: row.try_get(3)?,
        spec: row.try_get(4)?,
        state: State::from_name(state).ok_or_else(|| damaged(format!("a request in state {state:?}")))?,
        accepted_at: row.try_get(6)?,
        ended_at: row.try_get(7)?,
    })
}
