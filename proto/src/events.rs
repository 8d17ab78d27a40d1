//! The logs of services: generated gRPC types, and what events say. Names of events that are published stay, for a log is
//! never rewritten; unknown fields of a payload are ignored.

#![allow(missing_docs, clippy::all)]

use serde::{Deserialize, Serialize};

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
