//! What changes: a request that is stopped, a film that is rated or spoken of. Each is on disk before it is acknowledged.

use std::sync::Arc;

use cineswarm_engine::{HalfStars, MovieId};
use cineswarm_mqtt::{quoted, timestamp_ms};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, storage};
use crate::farm::coordinator::Live;
use crate::library::Film;
use crate::requests::ask::parse;
use crate::requests::spec::Spec;
use crate::store::{EndState, Feedback, FeedbackKind};
use crate::web::sessions::{Change, Session, TabId};
use crate::words::Trouble;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCancel {
    request_id: Uuid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeedback {
    movie_id: MovieId,
    kind: String,
    request_id: Option<Uuid>,
}

impl App {
    pub(super) async fn cancel(self: &Arc<Self>, payload: Value, session: &Session) -> Result<Value, Trouble> {
        let RawCancel { request_id } = parse(payload)?;
        let known = self.store.request(request_id).await.map_err(storage)?;
        let request = known.filter(|known| known.session_id == session.id).ok_or(Trouble::UnknownRequest)?;
        if request.ended_at.is_some() {
            return Ok(json!({ "cancelled": false }));
        }
        // Only the language of its ending is of use here.
        let spec = serde_json::from_str::<Spec>(&request.spec).unwrap_or_else(|_| Spec::unreadable());
        let under_way = self.room.cancel(request_id).await;
        if under_way {
            let live = Live::stored(request_id, session.id, request.query.into(), Arc::new(spec));
            self.desk.fail(&live, EndState::Cancelled, &Trouble::Cancelled).await;
        }
        Ok(json!({ "cancelled": under_way }))
    }

    pub(super) async fn rate(
        &self,
        session: &Session,
        film: &Film<'_>,
        movie: MovieId,
        rating: Option<HalfStars>,
        tab: TabId,
    ) -> Result<u64, Trouble> {
        let rated = self.store.rate(session.id, movie, rating, timestamp_ms()).await;
        let ratings = rated.map_err(|error| self.unsure(session, error))?;
        self.sessions.change(session.id, Change::Rated(movie, rating));
        let told = json!({ "movie": film, "rating": rating.map(|rating| rating.stars()), "ratings": ratings });
        self.sessions.push(session.id, "rated", &told, Some(tab));
        Ok(ratings)
    }

    pub(super) async fn feedback(&self, payload: Value, session: &Session) -> Result<Value, Trouble> {
        let RawFeedback { movie_id, kind, request_id } = parse(payload)?;
        let kind = FeedbackKind::from_name(&kind).ok_or_else(|| {
            Trouble::BadRequest(format!("kind: {:?} is not up, down, seen or not_interested", quoted(&kind)))
        })?;
        self.library.film(movie_id).ok_or(Trouble::UnknownMovie(movie_id))?;
        let given = Feedback { session_id: session.id, movie_id, kind, request_id, given_at: timestamp_ms() };
        self.store.give_feedback(given).await.map_err(|error| self.unsure(session, error))?;
        let hidden = matches!(kind, FeedbackKind::Seen | FeedbackKind::NotInterested);
        self.sessions.change(session.id, Change::Hidden(movie_id, hidden));
        Ok(json!({ "ok": true }))
    }

    /// A change failed; it may be in the database all the same.
    fn unsure(&self, session: &Session, error: crate::store::Error) -> Trouble {
        self.sessions.doubt(session.id);
        storage(error)
    }
}
