//! An ask: understood, stored, handed to the farm, acknowledged.

use std::sync::Arc;
use std::time::Instant;

use cineswarm_mqtt::timestamp_ms;
use cineswarm_telemetry::traces::{Kind, Span};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, Done, storage};
use crate::app::desk::replayed;
use crate::app::sessions::{Session, TabId};
use crate::chat::{Intent, Lang, Last, Mark, Tweak, replies};
use crate::farm::coordinator::{Live, NotTaken, Outlet};
use crate::library::Library;
use crate::measure;
use crate::requests::ask::{Ask, Basis};
use crate::requests::resolve::{Reply, Resolved, Viewer, resolve};
use crate::requests::spec::{Source, Spec};
use crate::requests::steps::Step;
use crate::store::{self, Accepted, EndState, Ending, FeedbackKind, NewRequest};
use crate::words::{LONGEST_TEXT, Trouble, shortened};

impl App {
    /// Asks for films, or says something, as the payload of `ask` has it.
    pub async fn ask(self: &Arc<Self>, payload: Value, session: &Arc<Session>, tab: TabId) -> Result<Done, Trouble> {
        let ask = Ask::parse(payload)?;
        self.make_sure(session).await?;
        let span = Span::first("ask", Kind::Server, ask.traceparent.as_deref());
        let (begun, understanding) = (Instant::now(), span.part("understand", Kind::Inside));
        if let Some((query, spec)) = self.gone_back_to(&ask, session).await? {
            drop(understanding);
            session.says_last(None);
            session.steps().speak_of(None);
            return self.submit(session, query, ask.key, spec, span).await;
        }
        let resolved = self.understand(&ask, session).await?;
        drop(understanding);
        measure::stage("understand", begun.elapsed().as_secs_f64());
        session.says_last(match &resolved {
            Resolved::Say(reply) | Resolved::SayRatings(reply) | Resolved::SayOf { reply, .. } => Some(reply.clone()),
            _ => None,
        });
        if let Resolved::SayRatings(_) = &resolved {
            let listed = replies::as_listed(&session.ratings());
            session.steps().shows_ratings(listed);
        }
        let spoken_of = session.steps().spoken_of();
        session.steps().speak_of(match &resolved {
            // What is not understood changes nothing.
            Resolved::Say(Reply::Help { .. }) | Resolved::SayRatings(_) => spoken_of,
            Resolved::SayOf { movie, last, .. } => Some((*movie, *last)),
            Resolved::Rate { movie, .. } | Resolved::Unrate { movie, .. } => Some((*movie, Last::Rating)),
            Resolved::RateSeveral { ratings, .. } => ratings.last().map(|(movie, _)| (*movie, Last::Rating)),
            Resolved::Mark { movies, kind, .. } => match movies.as_slice() {
                [only] => Some((*only, marked(*kind))),
                // "la primera un 5" after "he visto Shrek 1, 2 y 3" counts that series.
                several => self.library.titles.series_marked(several),
            },
            _ => None,
        });
        match resolved {
            Resolved::Unrate { movie, message } => {
                self.rate(session, movie, None, None).await?;
                self.tell(message, &ask, session, tab).await
            }
            Resolved::UnrateSeveral { movies, message } => {
                let none: Vec<_> = movies.into_iter().map(|movie| (movie, None)).collect();
                self.rate_each(session, &none, None).await?;
                self.tell(message, &ask, session, tab).await
            }
            Resolved::Say(reply) | Resolved::SayRatings(reply) | Resolved::SayOf { reply, .. } => {
                self.say(session, &ask, &reply, tab).await
            }
            Resolved::Mark { movies, kind, instead_of, message } => {
                self.mark(session, &movies, kind, instead_of).await?;
                self.tell(message, &ask, session, tab).await
            }
            Resolved::Undo => self.undo(&ask, session, tab, span).await,
            Resolved::StartOver => {
                let lang = ask.lang.unwrap_or(session.lang());
                self.begin_with(replies::begun(lang), &ask, session, tab).await
            }
            Resolved::Rate { movie, rating, instead_of, message } => {
                let film = self.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let ratings = match instead_of {
                    Some(mistaken) => self.rate_each(session, &[(mistaken, None), (movie, Some(rating))], None).await?,
                    None => self.rate(session, movie, Some(rating), Some(tab)).await?,
                };
                let rating = rating.stars();
                let reply =
                    json!({ "kind": "rated", "message": message, "movie": film, "rating": rating, "ratings": ratings });
                self.say(session, &ask, &reply, tab).await
            }
            Resolved::RateSeveral { ratings, message } => {
                let ratings: Vec<_> = ratings.into_iter().map(|(movie, rating)| (movie, Some(rating))).collect();
                self.rate_each(session, &ratings, None).await?;
                self.tell(message, &ask, session, tab).await
            }
            Resolved::Compute(spec) => {
                let query = in_words(&ask, &spec, &self.library);
                self.submit(session, query, ask.key, *spec, span).await
            }
        }
    }

    /// After a change of which nobody knows whether it was stored, the database is asked.
    async fn make_sure(&self, session: &Session) -> Result<(), Trouble> {
        if session.is_unsure() {
            session.load(self.store.profile(session.id).await.map_err(storage)?);
        }
        Ok(())
    }

    async fn understand(self: &Arc<Self>, ask: &Ask, session: &Arc<Session>) -> Result<Resolved, Trouble> {
        let Basis::Text(_) = &ask.basis else {
            return resolve(ask, &viewer(session, None, None), &self.library);
        };
        let last = self.store.last_answered(session.id).await.map_err(storage)?;
        let (app, session, ask) = (self.clone(), session.clone(), ask.clone());
        // A long sentence takes milliseconds to understand, which are not the async threads'.
        let understood = self.computing.run(move |_| {
            let last = last.and_then(|last| {
                let spec = serde_json::from_str::<Spec>(&last.spec).ok()?;
                Some((spec, serde_json::from_str::<Value>(&last.outcome).ok()?))
            });
            let last = last.as_ref().map(|(spec, outcome)| (spec, outcome));
            let said_last = session.said_last();
            resolve(&ask, &viewer(&session, last, said_last.as_ref()), &app.library)
        });
        understood.await.map_err(|error| {
            tracing::error!(%error, "a sentence was not understood");
            Trouble::Internal
        })?
    }

    /// Stores a request and hands it to the farm; acknowledged when it is on disk.
    pub(super) async fn submit(
        self: &Arc<Self>,
        session: &Session,
        query: String,
        key: Option<String>,
        spec: Spec,
        span: Span,
    ) -> Result<Done, Trouble> {
        let spec = Spec { viewer: session.user_id(), ..spec };
        // Ids that ascend with time keep the database's work on one page of their index.
        let request_id = Uuid::now_v7();
        self.underway.begin(request_id, session.id, Instant::now())?;
        let source = spec.source;
        let taken = self.store_and_hand_over(request_id, session, query, key, spec, span).await;
        match &taken {
            Ok((_, true)) => {
                session.steps().push(Step::Asked(request_id));
                measure::accepted(source);
            }
            _ => self.underway.forget(request_id),
        }
        taken.map(|(done, _)| done)
    }

    /// Whether the request is a new one is told beside the acknowledgement.
    async fn store_and_hand_over(
        self: &Arc<Self>,
        request_id: Uuid,
        session: &Session,
        query: String,
        key: Option<String>,
        spec: Spec,
        span: Span,
    ) -> Result<(Done, bool), Trouble> {
        let new = NewRequest {
            request_id,
            session_id: session.id,
            idempotency_key: key.clone(),
            query: query.clone(),
            spec: serde_json::to_string(&spec).map_err(|error| {
                tracing::error!(%request_id, %error, "a request cannot be written");
                Trouble::Internal
            })?,
            accepted_at: timestamp_ms(),
        };
        let acknowledged =
            |position: usize| (Done::from(json!({ "request_id": request_id, "position": position })), true);
        let accepting = span.part("accept", Kind::Inside);
        let (live, storing) = Live::new(request_id, session.id, query.into(), Arc::new(spec));
        let live = live.traced(span);
        if key.is_none() && live.spec.source == Source::Neighbours {
            // It cannot be a repetition: it is stored while the farm has it already.
            let (accepted, entered) = tokio::join!(
                self.accept(new, accepting),
                self.room.enter(live, session.goes_first(), self.request_timeout)
            );
            if accepted.is_err() {
                self.room.cancel(request_id).await;
            }
            accepted.map_err(storage)?;
            storing.stored();
            return match entered {
                Ok(position) => Ok(acknowledged(position)),
                Err(not_taken) => Err(self.refuse(request_id, not_taken, session.lang()).await),
            };
        }
        if let Accepted::Duplicate { request_id } = self.accept(new, accepting).await.map_err(storage)? {
            // Whoever asks again with the same key gets the ending again, if there is one already.
            let ending = self.store.ending(request_id).await.map_err(storage)?;
            let acknowledgement = json!({ "request_id": request_id, "position": 0 });
            return Ok((Done { acknowledgement, first: ending.as_ref().map(replayed) }, false));
        }
        storing.stored();
        if live.spec.source != Source::Neighbours {
            self.desk.ended(live);
            return Ok(acknowledged(0));
        }
        match self.room.enter(live, session.goes_first(), self.request_timeout).await {
            Ok(position) => Ok(acknowledged(position)),
            Err(not_taken) => Err(self.refuse(request_id, not_taken, session.lang()).await),
        }
    }

    /// Stores a request; `_span` ends with that.
    async fn accept(&self, new: NewRequest, _span: Span) -> Result<Accepted, store::Error> {
        let begun = Instant::now();
        let accepted = self.store.accept(new).await;
        measure::stage("accept", begun.elapsed().as_secs_f64());
        accepted
    }

    /// A request that is stored but that the farm did not take: ended, unless the master is stopping and will find it
    /// again.
    async fn refuse(&self, request_id: Uuid, not_taken: NotTaken, lang: Lang) -> Trouble {
        match not_taken {
            NotTaken::Stopping => Trouble::Unavailable,
            NotTaken::QueueFull => {
                let outcome = serde_json::to_string(&Trouble::QueueFull.refusal(lang)).unwrap_or_default();
                let ending = Ending { state: EndState::Failed, outcome, ended_at: timestamp_ms() };
                if let Err(error) = self.store.finish(request_id, ending).await {
                    tracing::warn!(%request_id, %error, "a refused request stays queued until the next start");
                }
                Trouble::QueueFull
            }
        }
    }
}

/// What is said last, where a film was marked so.
fn marked(kind: FeedbackKind) -> Last {
    match kind {
        FeedbackKind::Seen => Last::Marked(Mark::Seen),
        FeedbackKind::NotInterested => Last::Marked(Mark::NotForMe),
        _ => Last::Film,
    }
}

/// What is known of who asks.
pub(super) fn viewer<'a>(
    session: &Session,
    last: Option<(&'a Spec, &'a Value)>,
    said_last: Option<&'a Reply>,
) -> Viewer<'a> {
    let marked = session.feedback().into_iter();
    let (rated, shows_ratings) = session.steps().rated();
    Viewer {
        lang: session.lang(),
        ratings: session.ratings(),
        hidden: session.hidden(),
        last,
        said_last,
        spoken_of: session.steps().spoken_of(),
        seen: marked.filter(|(_, kind)| *kind == FeedbackKind::Seen).map(|(movie, _)| movie).collect(),
        rated,
        shows_ratings,
    }
}

/// What was asked, as a sentence for tabs that did not ask and for the log.
fn in_words(ask: &Ask, spec: &Spec, library: &Library) -> String {
    let filters = ask.filters.clone();
    let intent = match &ask.basis {
        Basis::Text(text) => return text.clone(),
        Basis::User(user_id) => Intent::ForUser { user_id: *user_id, filters },
        Basis::Like(movies) => Intent::Like { movies: movies.clone(), filters, tweak: Tweak::None },
        Basis::Own | Basis::Profile(_) => Intent::ForMe { filters },
    };
    // It goes out with every event about the request, and thousands of films may have been given.
    shortened(&replies::describe(&intent, &spec.topics, library.catalogue(), spec.lang), LONGEST_TEXT).into_owned()
}
