//! What is stored as a number or a text, and means more.

use super::error::damaged;
use cineswarm_engine::{HalfStars, MovieId, UserId};
use sqlx::Row;
use uuid::Uuid;

/// A user's number as it is stored.
pub(super) fn stored_user(stored: i64) -> Result<UserId, sqlx::Error> {
    UserId::try_from(stored).map_err(|_| damaged(format!("user id {stored}")))
}

/// A film's number at a column.
pub(super) fn movie_id_at(row: &sqlx::any::AnyRow, column: usize) -> Result<MovieId, sqlx::Error> {
    let stored: i64 = row.try_get(column)?;
    MovieId::try_from(stored).map_err(|_| damaged(format!("movie id {stored}")))
}

/// An id at a column.
pub(super) fn uuid_at(row: &sqlx::any::AnyRow, column: usize) -> Result<Uuid, sqlx::Error> {
    let text: &str = row.try_get(column)?;
    Uuid::try_parse(text).map_err(|error| damaged(format!("id {text:?}: {error}")))
}

/// A rating at a column.
pub(super) fn half_stars_at(row: &sqlx::any::AnyRow, column: usize) -> Result<HalfStars, sqlx::Error> {
    let stored: i64 = row.try_get(column)?;
    let half_stars = u8::try_from(stored).ok().and_then(HalfStars::new);
    half_stars.ok_or_else(|| damaged(format!("a rating of {stored} half-stars")))
}
