//! What the store says in the log of ratings: an event for each rating and feedback, in the transaction that stores it. Users
//! are named by a number of their own, never by their session.

use super::columns::{movie_id_at, stored_user, uuid_at};
use super::error::damaged;
use super::operations::Operation;
use super::records::{BroughtRating, Feedback, FeedbackKind, NewRating, NewRatings, Rated, Told};

use cineswarm_database::ManyRows;
use cineswarm_engine::dataset::shard_hash;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_events::{Cursor, NewEvent};
use cineswarm_proto::events::{
    FEEDBACK_DELETED, FEEDBACK_GIVEN, FeedbackDeleted, FeedbackGiven, RATING_CREATED, RATING_DELETED, RATING_UPDATED,
    RatingChanged, user_key,
};
use serde::Serialize;
use sqlx::{AnyConnection, Row};
use std::collections::HashMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// Sessions whose ratings are put into a new log at a time.
const CHUNK: i64 = 100;

/// What a transaction has to say in the log, and what an earlier try of it has said already.
#[derive(Default)]
pub(super) struct Telling {
    events: Vec<NewEvent>,
    told_before: HashMap<Uuid, i64>,
}

impl Telling {
    /// `again` says that some of the operations were tried before: a commit of which nobody heard may have told them.
    pub(super) async fn begin(
        connection: &mut AnyConnection,
        operations: &[&mut Operation],
        again: bool,
    ) -> Result<Telling, sqlx::Error> {
        let mut telling = Telling::default();
        if again {
            let ids: Vec<Uuid> = operations.iter().flat_map(|operation| event_ids(operation)).collect();
            let known = cineswarm_events::known(connection, &ids).await.map_err(driver_error)?;
            telling.told_before = known.into_iter().map(|Cursor { seq, id }| (id, seq)).collect();
        }
        Ok(telling)
    }

    /// Appends what is to be said, as the transaction's last act, and leaves each event's place with its operation. Gives
    /// the last number of the log if it may have grown.
    pub(super) async fn end(
        self,
        connection: &mut AnyConnection,
        operations: &mut [&mut Operation],
    ) -> Result<Option<i64>, sqlx::Error> {
        let mut places = self.told_before;
        if !self.events.is_empty() {
            let appended = cineswarm_events::append(connection, &self.events).await.map_err(driver_error)?;
            if appended.known > 0 {
                // The earlier try was committed since it was looked for: what was done here was done twice.
                return Err(sqlx::Error::Io(std::io::Error::other("an earlier try has been committed after all")));
            }
            let first = appended.head - self.events.len() as i64 + 1;
            places.extend(self.events.iter().map(|event| event.id).zip(first..));
        }
        for operation in operations {
            let told: Vec<&mut Told> = match operation {
                Operation::Rate(rate) => rate.outcome.iter_mut().filter_map(|rated| rated.told.as_mut()).collect(),
                Operation::RateMany(many) => many.outcome.iter_mut().flatten().collect(),
                Operation::Feedback(feedback) => feedback.outcome.iter_mut().flatten().collect(),
                _ => Vec::new(),
            };
            for told in told {
                told.seq = places.get(&told.event_id).copied().unwrap_or(told.seq);
            }
        }
        Ok(places.into_values().max())
    }

    /// Stores ratings that came in from elsewhere, or what became of them.
    pub(super) async fn ingest(
        &mut self,
        connection: &mut AnyConnection,
        write: &cineswarm_ratings::store::Write,
    ) -> Result<cineswarm_ratings::store::Written, sqlx::Error> {
        let first_new_user = match write.new_users() {
            0 => None,
            count => Some(new_user_ids(connection, count).await?),
        };
        cineswarm_ratings::store::write(connection, write, first_new_user, &mut self.events).await
    }

    /// Stores a rating, or takes it back.
    pub(super) async fn rate(
        &mut self,
        connection: &mut AnyConnection,
        rating: &NewRating,
    ) -> Result<Rated, sqlx::Error> {
        let session_id = rating.session_id.to_string();
        let known_user = lock_session(connection, &session_id).await?;
        let row = sqlx::query(
            "SELECT COUNT(*), MAX(CASE WHEN movie_id = $2 THEN half_stars END) FROM ratings WHERE session_id = $1",
        )
        .bind(session_id.clone())
        .bind(i64::from(rating.movie_id))
        .fetch_one(&mut *connection)
        .await?;
        let ratings: i64 = row.try_get(0)?;
        let ratings = u64::try_from(ratings).map_err(|_| damaged(format!("a count of {ratings} ratings")))?;
        if let (true, Some(user_id)) = (self.told_before.contains_key(&rating.event_id), known_user) {
            let told = Told { user_id, event_id: rating.event_id, seq: 0 };
            return Ok(Rated { ratings, told: Some(told) });
        }
        let previous = row.try_get::<Option<i64>, _>(1)?.map(half_stars).transpose()?;
        if rating.half_stars.is_none() && previous.is_none() {
            return Ok(Rated { ratings, told: None });
        }
        set_rating(connection, session_id.clone(), rating).await?;
        let user_id = user_id(connection, &session_id, known_user).await?;
        self.events.push(rating_event(rating, user_id, previous));
        let ratings = match (rating.half_stars, previous) {
            (Some(_), None) => ratings + 1,
            (None, Some(_)) => ratings.saturating_sub(1),
            _ => ratings,
        };
        Ok(Rated { ratings, told: Some(Told { user_id, event_id: rating.event_id, seq: 0 }) })
    }

    /// Stores ratings of one session, each of another film.
    pub(super) async fn rate_many(
        &mut self,
        connection: &mut AnyConnection,
        many: &NewRatings,
    ) -> Result<Vec<Told>, sqlx::Error> {
        let session_id = many.session_id.to_string();
        let known_user = lock_session(connection, &session_id).await?;
        let told_before =
            |rating: &&BroughtRating| known_user.is_some() && self.told_before.contains_key(&rating.event_id);
        let new: Vec<&BroughtRating> = many.ratings.iter().filter(|rating| !told_before(rating)).collect();
        let previous = stored_ratings(connection, &session_id).await?;
        SET_RATINGS
            .execute(connection, &new, |query, rating| {
                query
                    .bind(session_id.clone())
                    .bind(i64::from(rating.movie_id))
                    .bind(i64::from(rating.half_stars.get()))
                    .bind(rating.rated_at)
            })
            .await?;
        let user_id = user_id(connection, &session_id, known_user).await?;
        self.events.extend(new.into_iter().map(|rating| {
            let BroughtRating { event_id, movie_id, half_stars, rated_at } = *rating;
            let (session_id, half_stars) = (many.session_id, Some(half_stars));
            let rating = NewRating { event_id, session_id, movie_id, half_stars, rated_at };
            rating_event(&rating, user_id, previous.get(&movie_id).copied())
        }));
        Ok(many.ratings.iter().map(|rating| Told { user_id, event_id: rating.event_id, seq: 0 }).collect())
    }

    /// Stores feedback, or takes it back.
    pub(super) async fn feedback(
        &mut self,
        connection: &mut AnyConnection,
        feedback: &Feedback,
    ) -> Result<Option<Told>, sqlx::Error> {
        let session_id = feedback.session_id.to_string();
        let known_user = lock_session(connection, &session_id).await?;
        let event_id = feedback.event_id;
        if let (true, Some(user_id)) = (self.told_before.contains_key(&event_id), known_user) {
            return Ok(Some(Told { user_id, event_id, seq: 0 }));
        }
        if set_feedback(connection, session_id.clone(), feedback).await? == 0 {
            return Ok(None);
        }
        let user_id = user_id(connection, &session_id, known_user).await?;
        self.events.push(feedback_event(feedback, user_id));
        Ok(Some(Told { user_id, event_id, seq: 0 }))
    }
}

fn event_ids(operation: &Operation) -> Vec<Uuid> {
    match operation {
        Operation::Rate(rate) => vec![rate.input.event_id],
        Operation::RateMany(many) => many.input.ratings.iter().map(|rating| rating.event_id).collect(),
        Operation::Feedback(feedback) => vec![feedback.input.event_id],
        _ => Vec::new(),
    }
}

static SET_RATINGS: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(
        "INSERT INTO ratings (session_id, movie_id, half_stars, rated_at) VALUES ",
        4,
        " ON CONFLICT (session_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, rated_at = excluded.rated_at",
    )
});

/// What the session has rated, by film.
async fn stored_ratings(
    connection: &mut AnyConnection,
    session_id: &str,
) -> Result<HashMap<MovieId, HalfStars>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT movie_id, half_stars FROM ratings WHERE session_id = $1").bind(session_id.to_owned());
    let rows = rows.fetch_all(connection).await?;
    rows.iter().map(|row| Ok((movie_id_at(row, 0)?, half_stars(row.try_get(1)?)?))).collect()
}

/// Has whoever else changes this session wait, so that the log has what happened in its order; gives its user, if it has
/// one.
async fn lock_session(connection: &mut AnyConnection, session_id: &str) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query("UPDATE sessions SET user_id = user_id WHERE id = $1 RETURNING user_id")
        .bind(session_id.to_owned())
        .fetch_optional(connection)
        .await?;
    // A session that is not there is found out by the foreign key.
    let Some(row) = row else { return Ok(None) };
    row.try_get::<Option<i64>, _>(0)?.map(stored_user).transpose()
}

/// The session's user; with its first rating or feedback a new one.
async fn user_id(
    connection: &mut AnyConnection,
    session_id: &str,
    known: Option<UserId>,
) -> Result<UserId, sqlx::Error> {
    if let Some(user_id) = known {
        return Ok(user_id);
    }
    let user_id = new_user_ids(connection, 1).await?;
    sqlx::query("UPDATE sessions SET user_id = $1 WHERE id = $2")
        .bind(i64::from(user_id))
        .bind(session_id.to_owned())
        .execute(connection)
        .await?;
    Ok(user_id)
}

/// Gives out numbers for new users, the first of which it gives.
async fn new_user_ids(connection: &mut AnyConnection, count: usize) -> Result<UserId, sqlx::Error> {
    let given = sqlx::query("UPDATE live_users SET last_id = last_id + $1 RETURNING last_id").bind(count as i64);
    let last: i64 = given.fetch_one(connection).await?.try_get(0)?;
    // None of them is past what a user's number can be.
    stored_user(last)?;
    stored_user(last - count as i64 + 1)
}

fn half_stars(stored: i64) -> Result<HalfStars, sqlx::Error> {
    let half_stars = u8::try_from(stored).ok().and_then(HalfStars::new);
    half_stars.ok_or_else(|| damaged(format!("a rating of {stored} half-stars")))
}

async fn set_rating(connection: &mut AnyConnection, session_id: String, rating: &NewRating) -> Result<(), sqlx::Error> {
    let query = match rating.half_stars {
        Some(half_stars) => sqlx::query(
            "INSERT INTO ratings (session_id, movie_id, half_stars, rated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (session_id, movie_id) DO UPDATE SET half_stars = excluded.half_stars, \
             rated_at = excluded.rated_at",
        )
        .bind(session_id)
        .bind(i64::from(rating.movie_id))
        .bind(i64::from(half_stars.get()))
        .bind(rating.rated_at),
        None => sqlx::query("DELETE FROM ratings WHERE session_id = $1 AND movie_id = $2")
            .bind(session_id)
            .bind(i64::from(rating.movie_id)),
    };
    query.execute(connection).await.map(drop)
}

/// Gives how many rows it changed: none where there was nothing to take back.
async fn set_feedback(
    connection: &mut AnyConnection,
    session_id: String,
    feedback: &Feedback,
) -> Result<u64, sqlx::Error> {
    let movie_id = i64::from(feedback.movie_id);
    let query = match feedback.kind {
        Some(kind) => sqlx::query(
            "INSERT INTO feedback (session_id, movie_id, kind, request_id, given_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (session_id, movie_id) DO UPDATE SET kind = excluded.kind, request_id = excluded.request_id, \
             given_at = excluded.given_at",
        )
        .bind(session_id)
        .bind(movie_id)
        .bind(kind.name())
        .bind(feedback.request_id.map(|id| id.to_string()))
        .bind(feedback.given_at),
        None => {
            sqlx::query("DELETE FROM feedback WHERE session_id = $1 AND movie_id = $2").bind(session_id).bind(movie_id)
        }
    };
    Ok(query.execute(connection).await?.rows_affected())
}

fn rating_event(rating: &NewRating, user_id: UserId, previous: Option<HalfStars>) -> NewEvent {
    let kind = match (rating.half_stars, previous) {
        (None, _) => RATING_DELETED,
        (Some(_), None) => RATING_CREATED,
        (Some(_), Some(_)) => RATING_UPDATED,
    };
    let (stars, previous) = (rating.half_stars.map(HalfStars::stars), previous.map(HalfStars::stars));
    let payload = RatingChanged { user_id, movie_id: rating.movie_id, rating: stars, previous, via: None };
    event(rating.event_id, kind, user_id, &payload, rating.rated_at)
}

fn feedback_event(feedback: &Feedback, user_id: UserId) -> NewEvent {
    let Feedback { event_id, movie_id, kind, request_id, given_at, .. } = *feedback;
    let Some(kind) = kind else {
        return event(event_id, FEEDBACK_DELETED, user_id, &FeedbackDeleted { user_id, movie_id }, given_at);
    };
    let request_id = request_id.map(|id| id.to_string());
    let payload = FeedbackGiven { user_id, movie_id, kind: kind.name().to_owned(), request_id };
    event(event_id, FEEDBACK_GIVEN, user_id, &payload, given_at)
}

fn event(id: Uuid, kind: &str, user_id: UserId, payload: &impl Serialize, at: i64) -> NewEvent {
    // Numbers and short texts: writing them does not fail.
    let payload = serde_json::to_string(payload).unwrap_or_default();
    NewEvent { id, shard_hash: Some(shard_hash(user_id)), ..NewEvent::new(kind, user_key(user_id), payload, at) }
}

/// An error of the log as one of the driver, for the writer to judge by.
fn driver_error(error: cineswarm_events::Error) -> sqlx::Error {
    match error {
        cineswarm_events::Error::Database { error, .. } => error,
        refused => sqlx::Error::InvalidArgument(refused.to_string()),
    }
}

/// Puts into a new log what was rated and said before there was one, some sessions at a time; false once all is in it. To
/// be called in a transaction.
pub(super) async fn fill_some(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let full: i64 = sqlx::query("UPDATE live_users SET log_is_full = log_is_full RETURNING log_is_full")
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if full != 0 {
        return Ok(false);
    }
    let sessions = sqlx::query(
        "SELECT id FROM sessions WHERE user_id IS NULL AND (EXISTS (SELECT 1 FROM ratings WHERE session_id = sessions.id) \
         OR EXISTS (SELECT 1 FROM feedback WHERE session_id = sessions.id)) ORDER BY created_at, id LIMIT $1",
    )
    .bind(CHUNK)
    .fetch_all(&mut *connection)
    .await?;
    if sessions.is_empty() {
        sqlx::query("UPDATE live_users SET log_is_full = 1").execute(connection).await?;
        return Ok(false);
    }
    let mut events = Vec::new();
    for row in &sessions {
        let session_id = uuid_at(row, 0)?;
        let user_id = user_id(connection, &session_id.to_string(), None).await?;
        events.extend(everything_of(connection, session_id, user_id).await?);
    }
    events.sort_by_key(|event| event.at);
    cineswarm_events::append(connection, &events).await.map_err(driver_error)?;
    Ok(true)
}

async fn everything_of(
    connection: &mut AnyConnection,
    session_id: Uuid,
    user_id: UserId,
) -> Result<Vec<NewEvent>, sqlx::Error> {
    let mut events = Vec::new();
    let ratings = sqlx::query("SELECT movie_id, half_stars, rated_at FROM ratings WHERE session_id = $1");
    for row in ratings.bind(session_id.to_string()).fetch_all(&mut *connection).await? {
        let rating = NewRating {
            event_id: Uuid::now_v7(),
            session_id,
            movie_id: movie_id_at(&row, 0)?,
            half_stars: Some(half_stars(row.try_get(1)?)?),
            rated_at: row.try_get(2)?,
        };
        events.push(rating_event(&rating, user_id, None));
    }
    let feedback = sqlx::query("SELECT movie_id, kind, given_at FROM feedback WHERE session_id = $1");
    for row in feedback.bind(session_id.to_string()).fetch_all(connection).await? {
        let kind: &str = row.try_get(1)?;
        let kind = FeedbackKind::from_name(kind).ok_or_else(|| damaged(format!("feedback of kind {kind:?}")))?;
        let movie_id: MovieId = movie_id_at(&row, 0)?;
        let event_id = Uuid::now_v7();
        let given =
            Feedback { event_id, session_id, movie_id, kind: Some(kind), request_id: None, given_at: row.try_get(2)? };
        events.push(feedback_event(&given, user_id));
    }
    Ok(events)
}
