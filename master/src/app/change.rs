//! What changes: a request that is stopped, a film that is rated or spoken of. Each is on disk before it is acknowledged.

use std::sync::Arc;

use cineswarm_engine::{HalfStars, MovieId};
use cineswarm_mqtt::{quoted, timestamp_ms};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, storage};
use crate::app::sessions::{Change, Held, LoggedChange, Session, TabId, Taken};
use crate::farm::coordinator::Live;
use crate::requests::ask::{RawRating, parse};
use crate::requests::spec::Spec;
use crate::requests::steps::Step;
use crate::store::{BroughtRating, EndState, Feedback, FeedbackKind, NewRating, NewRatings, Rated, Told};
use crate::words::Trouble;

/// Films of which a tab is told at a time: some 100 kB.
const TOLD_AT_A_TIME: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCancel {
    request_id: Uuid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFeedback {
    movie_id: MovieId,
    // Spelled out so that it must be there: a forgotten kind is not to take anything back.
    #[serde(deserialize_with = "Option::deserialize")]
    kind: Option<String>,
    request_id: Option<Uuid>,
}

impl App {
    /// Stops a request of the session.
    pub async fn cancel(self: &Arc<Self>, payload: Value, session: &Session) -> Result<Value, Trouble> {
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

    /// Takes what the viewer says of one film: rates it, or takes the rating back.
    pub async fn take_rating(&self, payload: Value, session: &Session, tab: TabId) -> Result<Value, Trouble> {
        let (movie, rating) = parse::<RawRating>(payload)?.check()?;
        self.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
        let ratings = self.rate(session, movie, rating, Some(tab)).await?;
        Ok(json!({ "movie_id": movie, "rating": rating.map(|rating| rating.stars()), "ratings": ratings }))
    }

    /// Rates a film, or takes its rating back, so that it can be undone. The tab, if one is given, hears of it otherwise.
    pub(super) async fn rate(
        &self,
        session: &Session,
        movie: MovieId,
        rating: Option<HalfStars>,
        tab: Option<TabId>,
    ) -> Result<u64, Trouble> {
        self.rate_each(session, &[(movie, rating)], tab).await
    }

    /// Rates films, or takes their ratings back, as one step that can be undone. As many films as are rated then.
    pub(super) async fn rate_each(
        &self,
        session: &Session,
        ratings: &[(MovieId, Option<HalfStars>)],
        tab: Option<TabId>,
    ) -> Result<u64, Trouble> {
        let (mut changed, mut count) = (Vec::with_capacity(ratings.len()), 0);
        let mut failed = None;
        for (movie, rating) in ratings {
            let (before, _) = session.said_of(*movie);
            match self.rate_at(session, *movie, *rating, timestamp_ms(), tab).await {
                Ok(rated) => count = rated,
                // What was stored before it can be undone all the same.
                Err(trouble) => {
                    failed = Some(trouble);
                    break;
                }
            }
            if before != *rating {
                changed.push((*movie, before));
            }
        }
        if !changed.is_empty() {
            session.steps().push(Step::Rated(changed));
        }
        failed.map_or(Ok(count), Err)
    }

    /// Stores ratings that were given elsewhere, each of another film, without a way back.
    pub(super) async fn rate_many(
        &self,
        session: &Session,
        ratings: Vec<BroughtRating>,
        tab: TabId,
    ) -> Result<(), Trouble> {
        for rating in &ratings {
            self.sessions.expect(session.id, rating.event_id, tab);
        }
        let stored = self.store.rate_many(NewRatings { session_id: session.id, ratings: ratings.clone() }).await;
        let told = match stored {
            Ok(told) => told,
            Err(error) => {
                ratings.iter().for_each(|rating| self.sessions.doubt(session.id, rating.event_id));
                return Err(storage(error));
            }
        };
        for (told, rating) in told.into_iter().zip(ratings) {
            self.take(session, Some(told), rating.event_id, Change::Rated(rating.movie_id, Some(rating.half_stars)));
        }
        Ok(())
    }

    /// Rates a film without a way back.
    pub(super) async fn rate_at(
        &self,
        session: &Session,
        movie: MovieId,
        rating: Option<HalfStars>,
        rated_at: i64,
        tab: Option<TabId>,
    ) -> Result<u64, Trouble> {
        let event_id = Uuid::now_v7();
        if let Some(tab) = tab {
            self.sessions.expect(session.id, event_id, tab);
        }
        let session_id = session.id;
        let new = NewRating { event_id, session_id, movie_id: movie, half_stars: rating, rated_at };
        let Rated { ratings, told } =
            self.store.rate(new).await.map_err(|error| self.unsure(session, event_id, error))?;
        self.take(session, told, event_id, Change::Rated(movie, rating));
        Ok(ratings)
    }

    /// Marks a film as seen or not wanted, or takes that back.
    pub async fn feedback(&self, payload: Value, session: &Session, tab: TabId) -> Result<Value, Trouble> {
        let RawFeedback { movie_id, kind, request_id } = parse(payload)?;
        let kind = kind.as_deref().map(feedback_kind).transpose()?;
        self.library.film(movie_id).ok_or(Trouble::UnknownMovie(movie_id))?;
        let (_, before) = session.said_of(movie_id);
        self.change_mark(session, movie_id, kind, request_id, Some(tab)).await?;
        if before != kind {
            session.steps().push(Step::Marked(vec![(movie_id, before)]));
        }
        Ok(json!({ "ok": true }))
    }

    /// Marks films of the list as seen or not wanted, as one step that can be undone. All tabs hear of it.
    /// What was said of another film by mistake is taken back before.
    pub(super) async fn mark(
        &self,
        session: &Session,
        movies: &[MovieId],
        kind: FeedbackKind,
        instead_of: Option<MovieId>,
    ) -> Result<(), Trouble> {
        let mut before = Vec::with_capacity(movies.len() + 1);
        if let Some(mistaken) = instead_of {
            before.push((mistaken, session.said_of(mistaken).1));
            self.change_mark(session, mistaken, None, None, None).await?;
        }
        for movie in movies {
            before.push((*movie, session.said_of(*movie).1));
            self.change_mark(session, *movie, Some(kind), None, None).await?;
        }
        // A sentence that is sent again changes nothing, and leaves the first way back.
        before.retain(|(movie, before)| *before != movies.contains(movie).then_some(kind));
        if !before.is_empty() {
            session.steps().push(Step::Marked(before));
        }
        Ok(())
    }

    /// Marks a film without a way back.
    pub(super) async fn change_mark(
        &self,
        session: &Session,
        movie_id: MovieId,
        kind: Option<FeedbackKind>,
        request_id: Option<Uuid>,
        tab: Option<TabId>,
    ) -> Result<(), Trouble> {
        let event_id = Uuid::now_v7();
        if let Some(tab) = tab {
            self.sessions.expect(session.id, event_id, tab);
        }
        let given_at = timestamp_ms();
        let given = Feedback { event_id, session_id: session.id, movie_id, kind, request_id, given_at };
        let told = self.store.give_feedback(given).await.map_err(|error| self.unsure(session, event_id, error))?;
        self.take(session, told, event_id, Change::Hidden(movie_id, kind.and_then(FeedbackKind::hiding)));
        Ok(())
    }

    /// A change is stored: known from here on, whether or not the log has told of it already.
    fn take(&self, session: &Session, told: Option<Told>, event_id: Uuid, change: Change) {
        let Some(told) = told else { return self.sessions.forget(session.id, event_id) };
        self.sessions.name(session.id, told.user_id);
        let taken = self.sessions.change(LoggedChange::new(told, change));
        self.tell_tabs(change, taken);
    }

    /// All tabs of a session hear of what one of them has changed, or somebody elsewhere.
    pub(super) fn tell_tabs(&self, change: Change, taken: Taken) {
        let Taken::New { session_id, tab, ratings } = taken else { return };
        if self.sessions.keeps_back(session_id, tab, change) {
            return;
        }
        let (Change::Rated(movie, _) | Change::Hidden(movie, _)) = change;
        let Some(film) = self.library.film(movie) else { return };
        let (event, told) = match change {
            Change::Rated(_, rating) => {
                ("rated", json!({ "movie": film, "rating": rating.map(HalfStars::stars), "ratings": ratings }))
            }
            Change::Hidden(_, kind) => ("feedback", json!({ "movie": film, "kind": kind.map(FeedbackKind::name) })),
        };
        self.sessions.push(session_id, event, &told, tab);
    }

    /// The other tabs hear of what was kept back from them, as it is now.
    pub(super) fn tell_held(&self, session: &Session) {
        let Some(Held { tab, rated, marked }) = self.sessions.let_go(session.id) else { return };
        let changed: Vec<(bool, MovieId)> = rated
            .into_iter()
            .map(|movie| (true, movie))
            .chain(marked.into_iter().map(|movie| (false, movie)))
            .collect();
        let ratings = session.ratings().len();
        for some in changed.chunks(TOLD_AT_A_TIME) {
            let (mut rated, mut marked) = (Vec::new(), Vec::new());
            for (is_rated, movie) in some {
                let Some(film) = self.library.film(*movie) else { continue };
                let (rating, kind) = session.said_of(*movie);
                match is_rated {
                    true => rated.push(json!({ "movie": film, "rating": rating.map(HalfStars::stars) })),
                    false => marked.push(json!({ "movie": film, "kind": kind.map(FeedbackKind::name) })),
                }
            }
            let told = json!({ "rated": rated, "feedback": marked, "ratings": ratings });
            self.sessions.push(session.id, "changed", &told, Some(tab));
        }
    }

    /// A change failed; it may be in the database all the same.
    fn unsure(&self, session: &Session, event_id: Uuid, error: crate::store::Error) -> Trouble {
        self.sessions.doubt(session.id, event_id);
        storage(error)
    }
}

fn feedback_kind(name: &str) -> Result<FeedbackKind, Trouble> {
    FeedbackKind::from_name(name)
        .ok_or_else(|| Trouble::BadRequest(format!("kind: {:?} is not up, down, seen or not_interested", quoted(name))))
}
