//! Follows the log of ratings, so that everybody's ratings are what was stored, whichever process stored it; and so that
//! open sessions know the same of their viewers, and all their tabs hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cineswarm_engine::dataset::Watermark;
use cineswarm_engine::{HalfStars, UserId};
use cineswarm_events::{Cursor, Event, Filter, Follower, LARGEST_READ, Log, Read, Reply, Source};
use cineswarm_proto::events::{
    FEEDBACK_DELETED, FEEDBACK_GIVEN, FeedbackDeleted, FeedbackGiven, RATING_CREATED, RATING_DELETED, RATING_UPDATED,
    RatingChanged, SharedChange,
};

use uuid::Uuid;

use super::App;
use crate::app::sessions::{Change, LoggedChange, Taken};
use crate::library::Library;
use crate::store::FeedbackKind;

/// Takes events of the log of ratings into the open sessions.
pub struct Following {
    app: Arc<App>,
    /// Users up to this one have been looked for: numbers are given out in their order, so a user who is new to an open
    /// session has a higher one than all that the log has told of before.
    looked_for: UserId,
    /// The number of the last event that was taken.
    taken: Arc<AtomicI64>,
    /// What the page at hand changes for everybody.
    changes: Vec<(u64, SharedChange)>,
}

/// Events of a long log between two words of how far its reading is.
const EVENTS_PER_REPORT: i64 = 100_000;

/// The dataset version has ratings of another log than this database's.
#[derive(Debug, thiserror::Error)]
#[error(
    "the dataset version has all ratings up to event {0} of a log that is not this database's; serve it with the database it \
     was made from, or the version before with --data NAME"
)]
pub struct OtherLog(i64);

/// Why the log could not be taken into everybody's ratings.
#[derive(Debug, thiserror::Error)]
pub enum NotCaughtUp {
    /// It cannot be read.
    #[error(transparent)]
    Log(#[from] cineswarm_events::Error),
    /// It is not the dataset's.
    #[error(transparent)]
    OtherLog(#[from] OtherLog),
}

/// Takes the log into everybody's ratings, from the dataset version on up to `to`; gives how many changes there were.
pub async fn catch_up(library: &Library, log: &Log, to: Cursor) -> Result<usize, NotCaughtUp> {
    let kinds = [RATING_CREATED, RATING_UPDATED, RATING_DELETED].map(str::to_owned).to_vec();
    let filter = Filter { kinds, shards: None };
    let after = library.dataset.metadata().watermark.as_ref();
    let after = after.and_then(|Watermark { seq, id }| Some(Cursor { seq: *seq, id: Uuid::parse_str(id).ok()? }));
    let mut read = Read { after: after.unwrap_or(Cursor::START), filter, limit: LARGEST_READ };
    let (mut taken, mut reported) = (0, read.after.seq);
    while read.after.seq != to.seq {
        match log.read(&read).await? {
            Reply::Forked { .. } if taken == 0 && after.is_some() => return Err(OtherLog(read.after.seq).into()),
            Reply::Page { events, through, .. } if through != read.after => {
                let changes: Vec<_> = events.iter().filter_map(|event| shared_change(library, event)).collect();
                library.take(&changes, through.seq.unsigned_abs());
                taken += changes.len();
                read.after = through;
            }
            // Pruned since, or shorter than it was: whoever follows from `to` on will hear of it.
            _ => break,
        }
        if read.after.seq - reported >= EVENTS_PER_REPORT {
            reported = read.after.seq;
            tracing::info!(read = reported, of = to.seq, "reading what was rated since the dataset version");
        }
    }
    Ok(taken)
}

fn shared_change(library: &Library, event: &Event) -> Option<(u64, SharedChange)> {
    let Event { seq, kind, key, payload, is_last, .. } = event;
    Some((seq.unsigned_abs(), library.changed_by(kind, key, payload.as_deref(), *is_last)?))
}

impl Following {
    /// Has looked for nobody yet; `taken` tells how far it is.
    pub fn new(app: Arc<App>, taken: Arc<AtomicI64>) -> Following {
        Following { app, looked_for: 0, taken, changes: Vec::new() }
    }

    /// Somebody whom no open session is known to be may be one that was never called anything in the log before.
    async fn introduce(&mut self, user_id: UserId) -> bool {
        if user_id <= self.looked_for {
            return false;
        }
        match self.app.store.session_of_user(user_id).await {
            Ok(found) => {
                self.looked_for = user_id;
                found.map(|session_id| self.app.sessions.name(session_id, user_id)).is_some()
            }
            Err(error) => {
                tracing::warn!(%error, user_id, "whose rating the log tells of is not known");
                self.app.sessions.doubt_all();
                false
            }
        }
    }
}

impl Follower for Following {
    async fn take(&mut self, event: &Event) {
        self.taken.store(event.seq, Ordering::Relaxed);
        self.changes.extend(shared_change(&self.app.library, event));
        if event.is_last {
            // Whoever has a session open with a user who is gone has said nothing.
            self.app.sessions.doubt_all();
            return;
        }
        // Emptied, of a kind that is not known yet, or about the end of a user.
        let Some((logged, is_from_elsewhere)) = logged_change(event) else { return };
        let mut taken = self.app.sessions.change(logged);
        if taken == Taken::Stranger && !is_from_elsewhere && self.introduce(logged.user_id).await {
            taken = self.app.sessions.change(logged);
        }
        self.app.tell_tabs(logged.change, taken);
    }

    async fn turned(&mut self, through: Cursor) {
        self.app.library.take(&self.changes, through.seq.unsigned_abs());
        self.changes.clear();
    }

    async fn start_over(&mut self) {
        self.looked_for = 0;
        self.changes.clear();
        self.app.sessions.doubt_all();
        self.app.library.start_over();
        let log = self.app.store.log();
        let caught_up = match log.last().await {
            Ok(last) => catch_up(&self.app.library, log, last).await.map(drop),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = caught_up {
            // Workers are refused what they know beyond this, until a restart.
            tracing::error!(%error, "what was rated since the dataset version could not be read again; restart the master");
        }
    }
}

/// With whether it was said elsewhere, by somebody whom no session is.
fn logged_change(event: &Event) -> Option<(LoggedChange, bool)> {
    let payload = event.payload.as_deref()?;
    let mut is_from_elsewhere = false;
    let (user_id, change) = match event.kind.as_str() {
        RATING_CREATED | RATING_UPDATED | RATING_DELETED => {
            let RatingChanged { user_id, movie_id, rating, via, .. } = serde_json::from_str(payload).ok()?;
            is_from_elsewhere = via.is_some();
            let rating = rating.map(HalfStars::from_stars).transpose().ok()?;
            (user_id, Change::Rated(movie_id, rating))
        }
        FEEDBACK_GIVEN => {
            let FeedbackGiven { user_id, movie_id, kind, .. } = serde_json::from_str(payload).ok()?;
            (user_id, Change::Hidden(movie_id, FeedbackKind::from_name(&kind)?.hiding()))
        }
        FEEDBACK_DELETED => {
            let FeedbackDeleted { user_id, movie_id } = serde_json::from_str(payload).ok()?;
            (user_id, Change::Hidden(movie_id, None))
        }
        _ => return None,
    };
    Some((LoggedChange { user_id, event_id: event.id, seq: event.seq, change }, is_from_elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, payload: Option<&str>) -> Event {
        Event {
            seq: 7,
            id: Uuid::from_u128(7),
            kind: kind.to_owned(),
            key: "user/2147483648".to_owned(),
            shard_hash: None,
            payload: payload.map(str::to_owned),
            is_last: false,
            at: 0,
            traceparent: None,
        }
    }

    #[test]
    fn events_as_they_are_published_are_read_for_ever() {
        let change = |kind, payload| logged_change(&event(kind, Some(payload))).map(|(logged, _)| logged.change);
        let stars = |half_stars| HalfStars::new(half_stars);
        for (kind, payload, wanted) in [
            (RATING_CREATED, r#"{"user_id":2147483648,"movie_id":6,"rating":4.5}"#, Change::Rated(6, stars(9))),
            (
                RATING_UPDATED,
                r#"{"user_id":2147483648,"movie_id":6,"rating":0.5,"previous":4.5,"new":1}"#,
                Change::Rated(6, stars(1)),
            ),
            (RATING_DELETED, r#"{"user_id":2147483648,"movie_id":6,"previous":0.5}"#, Change::Rated(6, None)),
            (
                FEEDBACK_GIVEN,
                r#"{"user_id":2147483648,"movie_id":6,"kind":"seen"}"#,
                Change::Hidden(6, Some(FeedbackKind::Seen)),
            ),
            (FEEDBACK_GIVEN, r#"{"user_id":2147483648,"movie_id":6,"kind":"up"}"#, Change::Hidden(6, None)),
            (FEEDBACK_DELETED, r#"{"user_id":2147483648,"movie_id":6}"#, Change::Hidden(6, None)),
        ] {
            assert_eq!(change(kind, payload), Some(wanted), "{kind} {payload}");
        }
        let from = |payload| {
            logged_change(&event(RATING_CREATED, Some(payload))).map(|(_, is_from_elsewhere)| is_from_elsewhere)
        };
        assert_eq!(from(r#"{"user_id":2147483649,"movie_id":6,"rating":4.5,"via":"ingest"}"#), Some(true));
        assert_eq!(from(r#"{"user_id":2147483649,"movie_id":6,"rating":4.5}"#), Some(false));
        assert_eq!(change("user.registered", r#"{"user_id":1}"#), None);
        assert_eq!(change(RATING_CREATED, r#"{"user_id":1,"movie_id":6,"rating":7}"#), None);
        assert!(logged_change(&event(RATING_CREATED, None)).is_none());
    }
}
