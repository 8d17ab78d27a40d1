//! What a viewer brings from elsewhere: their file is read once it is whole, and shown; what they then choose of it is
//! stored as their ratings. And what they take away: all of it, as text.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cineswarm_engine::viewer_files::written::{OwnRating, json as ratings_as_json, letterboxd};
use cineswarm_engine::{HalfStars, MovieId};
use cineswarm_mqtt::timestamp_ms;
use futures::stream::{self, TryStreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::uploads::LARGEST_BROUGHT;
use super::{App, storage};
use crate::app::sessions::{Session, TabId};
use crate::requests::ask::{LONGEST_PROFILE, parse};
use crate::requests::brought::{Imported, preview};
use crate::store::{BroughtRating, FeedbackKind};
use crate::words::{Trouble, shortened};

/// Ratings of one import that are stored in one transaction; what others store comes between two of them.
const RATINGS_AT_A_TIME: usize = 500;
/// Films of one import that are being marked at a time: what others store shares the commits with them.
const MARKED_AT_A_TIME: usize = 64;
/// Characters of a file's name that are kept.
const LONGEST_NAME: usize = 120;

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

/// Has the other tabs told of all that was stored of an import, however it ends.
struct ToldAtTheEnd<'a> {
    app: &'a App,
    session: &'a Session,
}

impl Drop for ToldAtTheEnd<'_> {
    fn drop(&mut self) {
        self.app.tell_held(self.session);
    }
}

impl App {
    /// Takes a part of a file; with the last one, says what is in it.
    pub async fn bring(&self, payload: Value, session: &Session) -> Result<Value, Trouble> {
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
        let _turn = self.uploads.turn().await?;
        let read = self
            .computing
            .run(move |_| preview(&name, &bytes, timestamp_ms() / 1_000, &library).map(|preview| json!(preview)));
        let preview = read.await.map_err(|error| {
            tracing::error!(%error, "a viewer's file was not read");
            Trouble::Internal
        })??;
        Ok(json!({ "received": there, "preview": preview }))
    }

    /// Stores what the viewer has chosen of a file; acknowledged when all of it is on disk. What was stored before a failure
    /// stays, and the same import again does no harm.
    pub async fn import(&self, payload: Value, session: &Session, tab: TabId) -> Result<Value, Trouble> {
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
        let _turn = self.uploads.turn().await?;
        self.sessions.hold(session.id, tab);
        let _told_at_the_end = ToldAtTheEnd { app: self, session };
        let rated: Vec<BroughtRating> = chosen
            .values()
            .map(|Imported { movie, rating, rated_at }| BroughtRating {
                event_id: Uuid::now_v7(),
                movie_id: *movie,
                half_stars: *rating,
                rated_at: rated_at.unwrap_or(now),
            })
            .collect();
        for some in rated.chunks(RATINGS_AT_A_TIME) {
            self.rate_many(session, some.to_vec(), tab).await?;
        }
        let known: HashSet<MovieId> = session.feedback().into_iter().map(|(movie, _)| movie).collect();
        let new = seen.into_iter().filter(|movie| !chosen.contains_key(movie) && !known.contains(movie));
        let new: BTreeSet<MovieId> = new.collect();
        stream::iter(new.into_iter().map(Ok))
            .try_for_each_concurrent(MARKED_AT_A_TIME, |movie| {
                self.change_mark(session, movie, Some(FeedbackKind::Seen), None, Some(tab))
            })
            .await?;
        Ok(json!({ "ratings": session.ratings().len() }))
    }

    /// All that the viewer has said of films, as text for them to keep.
    pub async fn export(&self, payload: Value, session: &Session) -> Result<Value, Trouble> {
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
