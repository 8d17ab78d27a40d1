//! What a viewer brings from elsewhere: their file is taken in parts, read once it is whole, and shown; what they then
//! choose of it is stored as their ratings. And what they take away: all of it, as text. Bounded in bytes and in time, and
//! one file at a time is worked on, so that what others say goes on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cineswarm_engine::viewer_files::written::{OwnRating, json as ratings_as_json, letterboxd};
use cineswarm_engine::{HalfStars, MovieId};
use cineswarm_mqtt::timestamp_ms;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{App, storage};
use crate::requests::ask::{LONGEST_PROFILE, parse};
use crate::requests::brought::{Imported, preview};
use crate::store::FeedbackKind;
use crate::web::sessions::{Session, TabId};
use crate::words::{Trouble, shortened};

/// Bytes of a file that is brought.
pub const LARGEST_BROUGHT: usize = 8 << 20;
/// Bytes of all files that are being brought.
const LARGEST_IN_ALL: usize = 64 << 20;
/// How long a file may take from its first part to its last.
const LONGEST_UPLOAD: Duration = Duration::from_secs(120);
/// How long a file may wait for others to be read, before its viewer is told to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Ratings of one import that are being stored at a time: what others store shares the commits with them.
const STORED_AT_A_TIME: usize = 64;
/// Characters of a file's name that are kept.
const LONGEST_NAME: usize = 120;

/// The files that are being brought, one for each session.
pub struct Uploads {
    parts: Mutex<HashMap<Uuid, Upload>>,
    /// One file is read, or stored, at a time.
    turn: Semaphore,
}

struct Upload {
    size: usize,
    bytes: Vec<u8>,
    begun: Instant,
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads { parts: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Uploads {
    fn parts(&self) -> MutexGuard<'_, HashMap<Uuid, Upload>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a part; `at` 0 begins a file anew. Says how much of the file is there.
    fn add(&self, session: Uuid, size: usize, at: usize, part: &[u8], now: Instant) -> Result<usize, Trouble> {
        let mut parts = self.parts();
        parts.retain(|_, upload| now.saturating_duration_since(upload.begun) < LONGEST_UPLOAD);
        if at == 0 {
            parts.remove(&session);
            let in_all: usize = parts.values().map(|upload| upload.size).sum();
            if in_all + size > LARGEST_IN_ALL {
                return Err(Trouble::QueueFull);
            }
            parts.insert(session, Upload { size, bytes: Vec::new(), begun: now });
        }
        let Some(upload) = parts.get_mut(&session) else {
            return Err(Trouble::BadRequest("at: no such file was begun; begin with 0".into()));
        };
        let there = upload.bytes.len();
        // A part whose acknowledgement was lost comes again.
        if at.checked_add(part.len()) == Some(there) && at > 0 {
            return Ok(there);
        }
        if at != there || size != upload.size || there + part.len() > size {
            return Err(Trouble::BadRequest(format!(
                "at: {at} and {} more bytes do not go on from {there} of {}",
                part.len(),
                upload.size
            )));
        }
        upload.bytes.extend_from_slice(part);
        Ok(upload.bytes.len())
    }

    fn take(&self, session: Uuid) -> Option<Vec<u8>> {
        self.parts().remove(&session).map(|upload| upload.bytes)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    name: String,
    size: usize,
    at: usize,
    /// In base64.
    part: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawImport {
    ratings: Vec<RawImported>,
    #[serde(default)]
    seen: Vec<MovieId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawImported {
    movie_id: MovieId,
    rating: f64,
    rated_at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExport {
    format: String,
}

impl App {
    /// Takes a part of a file; with the last one, says what is in it.
    pub(super) async fn bring(&self, payload: Value, session: &Session) -> Result<Value, Trouble> {
        let RawPart { name, size, at, part } = parse(payload)?;
        if size == 0 || size > LARGEST_BROUGHT {
            let mib = LARGEST_BROUGHT >> 20;
            return Err(Trouble::UnreadableFile {
                en: format!("the file has {size} bytes, and 1 byte to {mib} MiB are read"),
                es: format!("el archivo tiene {size} bytes, y se leen de 1 byte a {mib} MiB"),
            });
        }
        let part = STANDARD.decode(part).map_err(|error| Trouble::BadRequest(format!("part: {error}")))?;
        let there = self.uploads.add(session.id, size, at, &part, Instant::now())?;
        if there < size {
            return Ok(json!({ "received": there }));
        }
        let bytes = self.uploads.take(session.id).unwrap_or_default();
        let name = shortened(&name.replace(char::is_control, " "), LONGEST_NAME).into_owned();
        let library = self.library.clone();
        let _turn = self.turn().await?;
        let read = self
            .computing
            .run(move |_| preview(&name, &bytes, timestamp_ms() / 1_000, &library).map(|preview| json!(preview)));
        let preview = read.await.map_err(|error| {
            tracing::error!(%error, "a viewer's file was not read");
            Trouble::Internal
        })??;
        Ok(json!({ "received": there, "preview": preview }))
    }

    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Trouble> {
        match tokio::time::timeout(LONGEST_WAIT, self.uploads.turn.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Trouble::QueueFull),
        }
    }

    /// Stores what the viewer has chosen of a file; acknowledged when all of it is on disk. What was stored before a failure
    /// stays, and the same import again does no harm.
    pub(super) async fn import(&self, payload: Value, session: &Session, tab: TabId) -> Result<Value, Trouble> {
        let RawImport { ratings, seen } = parse(payload)?;
        for (list, length) in [("ratings", ratings.len()), ("seen", seen.len())] {
            if length > LONGEST_PROFILE {
                return Err(Trouble::BadRequest(format!(
                    "{list}: it has {length} films; up to {LONGEST_PROFILE} are taken"
                )));
            }
        }
        let now = timestamp_ms();
        let mut chosen: HashMap<MovieId, Imported> = HashMap::new();
        for (at, raw) in ratings.into_iter().enumerate() {
            let off = |reason: &dyn std::fmt::Display| Trouble::BadRequest(format!("ratings[{at}].{reason}"));
            let rating = HalfStars::from_stars(raw.rating).map_err(|scale| off(&format_args!("rating: {scale}")))?;
            if raw.rated_at.is_some_and(|rated_at| !(0..=now).contains(&rated_at)) {
                return Err(off(&"rated_at: it is not between 1970 and now"));
            }
            chosen.insert(raw.movie_id, Imported { movie: raw.movie_id, rating, rated_at: raw.rated_at });
        }
        if let Some(unknown) = chosen.keys().chain(&seen).find(|movie| self.library.film(**movie).is_none()) {
            return Err(Trouble::UnknownMovie(*unknown));
        }
        let _turn = self.turn().await?;
        let ratings: Vec<Imported> = chosen.values().copied().collect();
        for some in ratings.chunks(STORED_AT_A_TIME) {
            let mut storing = Vec::with_capacity(some.len());
            for Imported { movie, rating, rated_at } in some.iter().copied() {
                storing.push(self.rate_at(session, movie, Some(rating), rated_at.unwrap_or(now), Some(tab)));
            }
            try_join_all(storing).await?;
        }
        let known: HashSet<MovieId> = session.feedback().into_iter().map(|(movie, _)| movie).collect();
        let new: BTreeSet<MovieId> = seen.into_iter().collect();
        let new: Vec<MovieId> =
            new.into_iter().filter(|movie| !chosen.contains_key(movie) && !known.contains(movie)).collect();
        for some in new.chunks(STORED_AT_A_TIME) {
            let mut marking = Vec::with_capacity(some.len());
            for movie in some.iter().copied() {
                marking.push(self.change_mark(session, movie, Some(FeedbackKind::Seen), None, Some(tab)));
            }
            try_join_all(marking).await?;
        }
        Ok(json!({ "ratings": session.ratings().len() }))
    }

    /// All that the viewer has said of films, as text for them to keep.
    pub(super) async fn export(&self, payload: Value, session: &Session) -> Result<Value, Trouble> {
        let RawExport { format } = parse(payload)?;
        let ratings = self.store.dated_ratings(session.id).await.map_err(storage)?;
        let ratings =
            ratings.into_iter().map(|(movie, half_stars, at)| OwnRating { movie, half_stars, at: at / 1_000 });
        let ratings: Vec<OwnRating> = ratings.collect();
        let catalogue = self.library.catalogue();
        let (name, text) = match format.as_str() {
            "letterboxd" => ("cineswarm-letterboxd.csv", letterboxd(&ratings, catalogue)),
            "json" => {
                let mut all = ratings_as_json(&ratings, catalogue);
                let marked = session.feedback().into_iter();
                all["seen_or_not_wanted"] = marked
                    .map(|(movie, kind)| json!({ "movie": self.library.film(movie), "kind": kind.name() }))
                    .collect();
                all["dataset"] = json!({
                    "name": self.library.dataset.metadata().name,
                    "version": self.library.version(),
                });
                ("cineswarm.json", format!("{all:#}\n"))
            }
            other => {
                let reason = format!("format: {other:?} is not known; there are \"letterboxd\" and \"json\"");
                return Err(Trouble::BadRequest(reason));
            }
        };
        Ok(json!({ "name": name, "text": text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 10;

    fn words(outcome: Result<usize, Trouble>) -> String {
        match outcome {
            Err(Trouble::BadRequest(reason)) => reason,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_file_comes_in_parts_and_each_goes_on_where_the_last_one_ended() {
        let (uploads, session, now) = (Uploads::default(), Uuid::new_v4(), Instant::now());
        assert_eq!(uploads.add(session, SIZE, 0, b"abcd", now), Ok(4));
        assert_eq!(uploads.add(session, SIZE, 4, b"efgh", now), Ok(8));
        assert_eq!(uploads.add(session, SIZE, 4, b"efgh", now), Ok(8), "a part may come twice");
        assert!(words(uploads.add(session, SIZE, 7, b"ij", now)).contains("do not go on from 8 of 10"));
        assert!(words(uploads.add(session, SIZE, 8, b"ijk", now)).contains("do not go on"), "more than was said");
        assert!(words(uploads.add(session, SIZE, usize::MAX, b"ijk", now)).contains("do not go on"));
        assert!(words(uploads.add(Uuid::new_v4(), SIZE, 8, b"ij", now)).contains("no such file was begun"));
        assert_eq!(uploads.add(session, SIZE, 8, b"ij", now), Ok(10));
        assert_eq!(uploads.take(session).as_deref(), Some(&b"abcdefghij"[..]));
        assert_eq!(uploads.take(session), None);
    }

    #[test]
    fn what_all_bring_together_is_bounded_and_who_breaks_off_makes_room() {
        let (uploads, now) = (Uploads::default(), Instant::now());
        for _ in 0..LARGEST_IN_ALL / LARGEST_BROUGHT {
            assert_eq!(uploads.add(Uuid::new_v4(), LARGEST_BROUGHT, 0, b"x", now), Ok(1));
        }
        let late = Uuid::new_v4();
        assert_eq!(uploads.add(late, LARGEST_BROUGHT, 0, b"x", now), Err(Trouble::QueueFull));
        assert_eq!(uploads.add(late, LARGEST_BROUGHT, 0, b"x", now + LONGEST_UPLOAD), Ok(1));
    }
}
