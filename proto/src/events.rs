//! The logs of services: generated gRPC types, and what events say. Names of events that are published stay, for a log is
//! never rewritten; unknown fields of a payload are ignored.

#![allow(missing_docs, clippy::all)]

use serde::{Deserialize, Serialize};

use crate::messages::Shared;

tonic::include_proto!("cineswarm.events.v1");

/// The log of ratings.
pub const RATINGS: &str = "ratings";

/// A film was rated that the user had not rated.
pub const RATING_CREATED: &str = "rating.created";
/// A film was rated again.
pub const RATING_UPDATED: &str = "rating.updated";
/// A rating was taken back.
pub const RATING_DELETED: &str = "rating.deleted";
/// Something else was said of a film.
pub const FEEDBACK_GIVEN: &str = "feedback.given";
/// What was said of a film was taken back.
pub const FEEDBACK_DELETED: &str = "feedback.deleted";

/// A user is gone, with all that was rated and said: the last event of the user's key.
pub const USER_DELETED: &str = "user.deleted";

/// The way of ratings that come from elsewhere; see [`RatingChanged::via`].
pub const VIA_INGEST: &str = "ingest";

/// The key of all events about a user.
pub fn user_key(user_id: u32) -> String {
    format!("user/{user_id}")
}

/// What `rating.created`, `rating.updated` and `rating.deleted` say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RatingChanged {
    /// Who: users that live have ids from 2^31 on.
    pub user_id: u32,
    pub movie_id: u32,
    /// Stars, 0.5 to 5; absent where it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// What the rating was before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<f64>,
    /// Which way it came: `ingest` from elsewhere; absent where a viewer said it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// What an event of the log of ratings changes in everybody's ratings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedChange {
    /// A user rated a film with so many half-stars, 1 to 10, or took the rating back.
    Rated { user_id: u32, movie_id: u32, half_stars: Option<u8> },
    /// A user is gone, with all ratings.
    UserGone { user_id: u32 },
}

impl SharedChange {
    /// Reads an event, of which `is_last` says whether its key ends with it. `None` for one that changes nothing that is
    /// shared, or has been emptied. The same on both sides of the wire: workers and master have to agree to the bit.
    pub fn read(kind: &str, key: &str, payload: Option<&str>, is_last: bool, shared: Shared) -> Option<SharedChange> {
        if is_last {
            let user_id = key.strip_prefix("user/")?.parse().ok()?;
            return Some(SharedChange::UserGone { user_id });
        }
        if ![RATING_CREATED, RATING_UPDATED, RATING_DELETED].contains(&kind) {
            return None;
        }
        let RatingChanged { user_id, movie_id, rating, via, .. } = serde_json::from_str(payload?).ok()?;
        if shared == Shared::Accounts && via.is_none() {
            return None;
        }
        let half_stars = match rating.map(|stars| stars * 2.0) {
            None => None,
            Some(doubled) if doubled.fract() == 0.0 && (1.0..=10.0).contains(&doubled) => Some(doubled as u8),
            Some(_) => return None,
        };
        Some(SharedChange::Rated { user_id, movie_id, half_stars })
    }
}

/// What `feedback.given` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct FeedbackGiven {
    pub user_id: u32,
    pub movie_id: u32,
    /// `up`, `down`, `seen` or `not_interested`; the latest of a film counts.
    pub kind: String,
    /// The answer it was given under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What `feedback.deleted` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct FeedbackDeleted {
    pub user_id: u32,
    pub movie_id: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_changes_for_everybody_is_read_from_what_is_published() {
        let read = |kind, payload, shared| SharedChange::read(kind, "user/2147483649", payload, false, shared);
        let rated = |half_stars| Some(SharedChange::Rated { user_id: 1 << 31, movie_id: 6, half_stars });
        let here = r#"{"user_id":2147483648,"movie_id":6,"rating":4.5,"new":1}"#;
        let elsewhere = r#"{"user_id":2147483648,"movie_id":6,"rating":4.5,"via":"ingest"}"#;
        let taken_back = r#"{"user_id":2147483648,"movie_id":6,"previous":4.5}"#;
        for (kind, payload, of_all, of_accounts) in [
            (RATING_CREATED, Some(here), rated(Some(9)), None),
            (RATING_UPDATED, Some(elsewhere), rated(Some(9)), rated(Some(9))),
            (RATING_DELETED, Some(taken_back), rated(None), None),
            (RATING_CREATED, None, None, None),
            (RATING_CREATED, Some(r#"{"user_id":1,"movie_id":6,"rating":4.6}"#), None, None),
            (RATING_CREATED, Some(r#"{"user_id":1,"movie_id":6,"rating":5.5}"#), None, None),
            (FEEDBACK_GIVEN, Some(r#"{"user_id":1,"movie_id":6,"kind":"seen"}"#), None, None),
        ] {
            assert_eq!(
                (read(kind, payload, Shared::All), read(kind, payload, Shared::Accounts)),
                (of_all, of_accounts)
            );
        }
        let gone = |key| SharedChange::read(USER_DELETED, key, None, true, Shared::Accounts);
        assert_eq!(gone("user/7"), Some(SharedChange::UserGone { user_id: 7 }));
        assert_eq!(gone("movie/7"), None);
    }
}
