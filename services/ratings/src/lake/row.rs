//! What an event says of a rating, as the lake keeps it, and what that changes in a dataset.

use cineswarm_engine::dataset::Changes;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_events::{Event, Filter};
use cineswarm_proto::events::{RATING_CREATED, RATING_DELETED, RATING_UPDATED, RatingChanged, user_key};
use uuid::Uuid;

/// A row of the lake.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The event's place in the log.
    pub seq: i64,
    /// The event's id.
    pub event_id: Uuid,
    /// `rating.created`, `rating.updated`, `rating.deleted`, or what ended a user.
    pub kind: String,
    /// Who rated; absent where the event is about no user.
    pub user_id: Option<UserId>,
    /// Which film; absent where the user was deleted.
    pub movie_id: Option<MovieId>,
    /// Stars; absent where the rating was taken back.
    pub rating: Option<f64>,
    /// Stars before; absent where there were none.
    pub previous: Option<f64>,
    /// Which way it came, where it came from elsewhere.
    pub via: Option<String>,
    /// When it happened, in milliseconds since 1970 UTC.
    pub at: i64,
    /// Whether it ends a user, of whom nothing counts any more.
    pub is_last: bool,
}

/// The events of a log that a lake has.
pub fn wanted() -> Filter {
    let kinds = [RATING_CREATED, RATING_UPDATED, RATING_DELETED].map(str::to_owned).to_vec();
    Filter { kinds, shards: None }
}

impl Row {
    /// Of an event that is [wanted].
    pub fn of(event: &Event) -> Row {
        let said = event.payload.as_deref().map(serde_json::from_str::<RatingChanged>);
        let said = match said {
            Some(Ok(said)) => Some(said),
            // The last event of a user may say anything.
            Some(Err(_)) if event.is_last => None,
            Some(Err(error)) => {
                tracing::error!(seq = event.seq, %error, "what an event says of a rating cannot be read");
                None
            }
            None => None,
        };
        let user_id = said.as_ref().map(|said| said.user_id).or_else(|| user_of(&event.key));
        let (movie_id, rating, previous, via) = match said {
            Some(said) => (Some(said.movie_id), said.rating, said.previous, said.via),
            None => (None, None, None, None),
        };
        Row {
            seq: event.seq,
            event_id: event.id,
            kind: event.kind.clone(),
            user_id,
            movie_id,
            rating,
            previous,
            via,
            at: event.at,
            is_last: event.is_last,
        }
    }

    /// Adds what it says to the changes of a dataset; to be called in the order of the log.
    ///
    /// # Errors
    /// Why it cannot be: what it says is no rating.
    pub fn apply(&self, changes: &mut Changes) -> Result<(), String> {
        let Some(user) = self.user_id else { return Ok(()) };
        if self.is_last {
            changes.forget(user);
            return Ok(());
        }
        // Emptied, as its user was deleted since; the event that says so follows.
        let Some(film) = self.movie_id else { return Ok(()) };
        match self.rating {
            Some(stars) => {
                let half_stars = HalfStars::from_stars(stars).map_err(|error| error.to_string())?;
                changes.rate(user, film, half_stars, self.at.div_euclid(1_000));
            }
            None if self.kind == RATING_DELETED => changes.take_back(user, film),
            None => return Err(format!("{} of film {film} has no rating", self.kind)),
        }
        Ok(())
    }
}

fn user_of(key: &str) -> Option<UserId> {
    let user = key.rsplit_once('/')?.1.parse().ok()?;
    (user_key(user) == key).then_some(user)
}
