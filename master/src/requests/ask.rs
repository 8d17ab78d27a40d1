//! The `ask` event's payload, parsed into a type: everything after this can trust it.

use cineswarm_engine::{Filters, HalfStars, MovieId, UserId};
use serde::Deserialize;
use serde_json::Value;

use crate::words::{LONGEST_TEXT, Trouble};
use cineswarm_chat::Lang;

/// Films an answer has unless asked otherwise.
pub const DEFAULT_N: usize = 10;
/// Films an answer has at the most.
pub const LARGEST_N: usize = 100;
/// Ratings or liked films in one request at the most.
pub const LONGEST_PROFILE: usize = 10_000;
/// Entries in any list of a filter at the most.
const LONGEST_FILTER: usize = 1_000;
/// Bytes of a genre's name at the most.
const LONGEST_GENRE: usize = 100;
/// Bytes of an idempotency key at the most.
const LONGEST_KEY: usize = 200;

/// What a browser asks, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// What the answer is to be based on.
    pub basis: Basis,
    /// Films wanted, if said.
    pub n: Option<usize>,
    /// What may be recommended.
    pub filters: Filters,
    /// Makes the request idempotent within its session.
    pub key: Option<String>,
    /// Whether by the graph of films that the same people liked, instead of by neighbours or the model.
    pub by_graph: bool,
    /// The language of the answer, if said.
    pub lang: Option<Lang>,
    /// The trace it is part of, in W3C's form; whoever reads it finds out whether it is one.
    pub traceparent: Option<String>,
}

/// What an answer is to be based on.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
    /// The viewer's own ratings in this session.
    Own,
    /// A sentence.
    Text(String),
    /// The ratings of a user of the dataset.
    User(UserId),
    /// A few films.
    Like(Vec<MovieId>),
    /// Ratings that come with the request.
    Profile(Vec<(MovieId, HalfStars)>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsk {
    text: Option<String>,
    user_id: Option<UserId>,
    like: Option<Vec<MovieId>>,
    profile: Option<Vec<RawRating>>,
    n: Option<u64>,
    algorithm: Option<String>,
    filters: Option<Filters>,
    key: Option<String>,
    lang: Option<String>,
    traceparent: Option<String>,
}

/// A rating as browsers send it; `null` takes one back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRating {
    movie_id: MovieId,
    // Spelled out so that it must be there: a forgotten rating is not to take one back.
    #[serde(deserialize_with = "Option::deserialize")]
    rating: Option<f64>,
}

impl RawRating {
    /// The film and the half-stars, or `None` to take the rating back.
    pub fn check(self) -> Result<(MovieId, Option<HalfStars>), Trouble> {
        let rating = self.rating.map(HalfStars::from_stars).transpose();
        rating.map(|rating| (self.movie_id, rating)).map_err(|off| Trouble::BadRequest(format!("rating: {off}")))
    }
}

/// Parses an event's payload; the error names the field.
pub fn parse<T: for<'de> Deserialize<'de>>(payload: Value) -> Result<T, Trouble> {
    serde_path_to_error::deserialize(payload).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner().to_string();
        Trouble::BadRequest(if path == "." { reason } else { format!("{path}: {reason}") })
    })
}

impl Ask {
    /// Parses and checks the payload of `ask`.
    pub fn parse(payload: Value) -> Result<Ask, Trouble> {
        let raw: RawAsk = parse(payload)?;
        let bad = |reason: String| Err(Trouble::BadRequest(reason));
        let by_graph = match raw.algorithm.as_deref() {
            None | Some(ALGORITHM) => false,
            Some(GRAPH) => true,
            Some(algorithm) => {
                return bad(format!("algorithm: {algorithm:?} is not known; there are {ALGORITHM:?} and {GRAPH:?}"));
            }
        };
        if let Some(n) = raw.n.filter(|n| !(1..=LARGEST_N as u64).contains(n)) {
            return bad(format!("n: {n} is not from 1 to {LARGEST_N}"));
        }
        if let Some(key) = raw.key.as_ref().filter(|key| key.is_empty() || key.len() > LONGEST_KEY) {
            return bad(format!("key: it has {} bytes, not 1 to {LONGEST_KEY}", key.len()));
        }
        if raw.key.as_ref().is_some_and(|key| key.contains('\0')) {
            return bad("key: it has a NUL character".into());
        }
        let filters = raw.filters.unwrap_or_default();
        let lists = [filters.genres.len(), filters.exclude_genres.len(), filters.movie_ids.len()];
        if lists.into_iter().chain([filters.exclude_movie_ids.len()]).any(|length| length > LONGEST_FILTER) {
            return bad(format!("filters: a list has more than {LONGEST_FILTER} entries"));
        }
        if filters.genres.iter().chain(&filters.exclude_genres).any(|genre| genre.len() > LONGEST_GENRE) {
            return bad(format!("filters: a genre has more than {LONGEST_GENRE} bytes"));
        }
        let mut bases = Vec::new();
        if let Some(text) = raw.text {
            bases.push(Basis::Text(checked_text(text)?));
        }
        bases.extend(raw.user_id.map(Basis::User));
        if let Some(like) = raw.like {
            if like.is_empty() || like.len() > LONGEST_PROFILE {
                return bad(format!("like: it has {} films, not 1 to {LONGEST_PROFILE}", like.len()));
            }
            bases.push(Basis::Like(like));
        }
        if let Some(profile) = raw.profile {
            bases.push(Basis::Profile(checked_profile(profile)?));
        }
        if bases.len() > 1 {
            return bad("give at most one of text, user_id, like and profile".into());
        }
        Ok(Ask {
            basis: bases.pop().unwrap_or(Basis::Own),
            n: raw.n.map(|n| n as usize),
            filters,
            key: raw.key,
            by_graph,
            lang: raw.lang.map(|tag| Lang::from_tag(&tag)),
            traceparent: raw.traceparent,
        })
    }
}

/// The algorithm that answers where none is named.
pub const ALGORITHM: &str = "user-knn";

/// Films that people liked who liked the same.
pub const GRAPH: &str = "graph";

fn checked_text(text: String) -> Result<String, Trouble> {
    let characters = text.chars().count();
    if characters > LONGEST_TEXT {
        return Err(Trouble::TextTooLong(characters));
    }
    // Neither database nor log takes control characters well, and no sentence needs them.
    Ok(text.replace(char::is_control, " ").trim().to_owned())
}

fn checked_profile(profile: Vec<RawRating>) -> Result<Vec<(MovieId, HalfStars)>, Trouble> {
    if profile.len() > LONGEST_PROFILE {
        let reason = format!("profile: it has {} ratings; up to {LONGEST_PROFILE} are taken", profile.len());
        return Err(Trouble::BadRequest(reason));
    }
    let entries = profile.into_iter().enumerate().map(|(at, entry)| match entry.check()? {
        (movie, Some(rating)) => Ok((movie, rating)),
        (_, None) => Err(Trouble::BadRequest(format!("profile[{at}].rating: it is missing"))),
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint(payload: Value) -> String {
        match Ask::parse(payload) {
            Err(Trouble::BadRequest(reason)) => reason,
            other => panic!("{other:?} is no bad request"),
        }
    }

    #[test]
    fn nothing_said_means_the_viewers_own_ratings() {
        let ask = Ask::parse(json!({})).unwrap();
        assert_eq!((ask.basis, ask.n, ask.filters), (Basis::Own, None, Filters::default()));
    }

    #[test]
    fn every_basis_is_read() {
        let basis = |payload| Ask::parse(payload).unwrap().basis;
        assert_eq!(basis(json!({"user_id": 1})), Basis::User(1));
        assert_eq!(basis(json!({"like": [1, 2]})), Basis::Like(vec![1, 2]));
        assert_eq!(basis(json!({"text": " popular\u{0}"})), Basis::Text("popular".into()));
        let rated = basis(json!({"profile": [{"movie_id": 5, "rating": 4.5}]}));
        assert_eq!(rated, Basis::Profile(vec![(5, HalfStars::new(9).unwrap())]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field() {
        for (payload, named) in [
            (json!(null), "invalid type"),
            (json!([1, 2]), "invalid"),
            (json!("text"), "invalid type"),
            (json!({"n": 0}), "n: 0"),
            (json!({"n": 1_000_000_000}), "n: 1000000000"),
            (json!({"n": -1}), "n:"),
            (json!({"n": "ten"}), "n:"),
            (json!({"user_id": 1.5}), "user_id:"),
            (json!({"user_id": 99_999_999_999u64}), "user_id:"),
            (json!({"like": []}), "like:"),
            (json!({"like": ["Heat"]}), "like[0]:"),
            (json!({"profile": [{"movie_id": 1, "rating": 4.7}]}), "rating:"),
            (json!({"profile": [{"movie_id": 1}]}), "missing field `rating`"),
            (json!({"profile": [{"movie_id": 1, "rating": null}]}), "profile[0].rating"),
            (json!({"filters": {"genre": ["Comedy"]}}), "filters.genre"),
            (json!({"filters": {"year_from": -5}}), "filters.year_from"),
            (json!({"filters": {"genres": ["Comedy".repeat(1000)]}}), "a genre has more than 100 bytes"),
            (json!({"filters": {"movie_ids": (0..2000).collect::<Vec<_>>()}}), "more than 1000 entries"),
            (json!({"user_id": 1, "like": [1]}), "at most one"),
            (json!({"algorithm": "magic"}), "algorithm:"),
            (json!({"key": ""}), "key:"),
            (json!({"unheard": 1}), "unheard"),
        ] {
            let complaint = complaint(payload.clone());
            assert!(complaint.contains(named), "{payload} gives {complaint:?}, which does not name {named:?}");
        }
    }

    #[test]
    fn a_long_text_is_refused_by_its_length() {
        assert_eq!(Ask::parse(json!({"text": "é".repeat(501)})), Err(Trouble::TextTooLong(501)));
        assert!(Ask::parse(json!({"text": "é".repeat(500)})).is_ok());
    }
}
