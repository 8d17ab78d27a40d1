//! "Undo": the last step of a session is taken back, whatever it was.

use std::sync::Arc;

use cineswarm_chat::{Earlier, replies};
use cineswarm_mqtt::timestamp_ms;
use cineswarm_telemetry::traces::Span;
use uuid::Uuid;

use super::{App, Done, storage};
use crate::app::ask::viewer;
use crate::app::sessions::{Session, TabId};
use crate::requests::ask::{Ask, Basis};
use crate::requests::resolve::asked_again;
use crate::requests::spec::Spec;
use crate::requests::steps::Undoing;
use crate::words::Trouble;

impl App {
    pub(super) async fn undo(
        self: &Arc<Self>,
        ask: &Ask,
        session: &Arc<Session>,
        tab: TabId,
        span: Span,
    ) -> Result<Done, Trouble> {
        let lang = ask.lang.unwrap_or(session.lang());
        let catalogue = self.library.catalogue();
        let Some(undoing) = session.steps().undo(ask.key.as_deref()) else {
            return self.tell(replies::nothing_to_undo(lang).to_owned(), ask, session, tab).await;
        };
        session.steps().speak_of(None);
        match undoing {
            Undoing::Rate(before) => {
                let mut said = Vec::with_capacity(before.len());
                for (movie, rating) in before {
                    let known = catalogue.get(movie).ok_or(Trouble::UnknownMovie(movie))?;
                    self.rate_at(session, movie, rating, timestamp_ms(), None).await?;
                    said.push(replies::rated_as_before(known, rating, lang));
                }
                self.tell(said.join(" "), ask, session, tab).await
            }
            Undoing::Mark(before) => {
                for (movie, kind) in &before {
                    self.change_mark(session, *movie, *kind, None, None).await?;
                }
                let movies: Vec<_> = before.iter().map(|(movie, _)| *movie).collect();
                self.tell(replies::marked_as_before(&movies, catalogue, lang), ask, session, tab).await
            }
            Undoing::AskAgain(request) => {
                let mut before = self.asked_before(request, session).await?;
                // A list is gone back to, and not why a film of it is on it.
                while before.as_ref().is_some_and(|(_, spec)| spec.rest.is_some()) {
                    let Some(earlier) = session.steps().take_last_asked() else { break };
                    before = self.asked_before(earlier, session).await?;
                }
                match before {
                    Some((query, spec)) => self.submit(session, query, ask.key.clone(), spec, span).await,
                    None => self.tell(replies::nothing_to_undo(lang).to_owned(), ask, session, tab).await,
                }
            }
            Undoing::Forget => self.begin_with(replies::question_forgotten(lang), ask, session, tab).await,
        }
    }

    /// The earlier question of this session that the sentence goes back to: "back to the Denzel list".
    pub(super) async fn gone_back_to(&self, ask: &Ask, session: &Session) -> Result<Option<(String, Spec)>, Trouble> {
        let Basis::Text(text) = &ask.basis else { return Ok(None) };
        let Some(earlier) = Earlier::said(text, &self.library.titles) else { return Ok(None) };
        let (asked, digressed) = {
            let steps = session.steps();
            (steps.asked(), steps.spoken_of().is_some())
        };
        let candidates: Vec<Uuid> = match earlier {
            Earlier::First => asked.into_iter().take(1).collect(),
            // Of a list that still stands there nothing is to be gone back to.
            Earlier::About(_) => asked.into_iter().rev().skip(usize::from(!digressed)).collect(),
        };
        for request in candidates {
            let Some((query, spec)) = self.asked_before(request, session).await? else { continue };
            let reading = spec.reading.as_ref().map_or("", |reading| reading.words.as_str());
            if earlier.fits(&format!("{query} {reading}")) {
                return Ok(Some((query, spec)));
            }
        }
        Ok(None)
    }

    /// The words and the spec of a request of this session.
    async fn asked_before(&self, request: Uuid, session: &Session) -> Result<Option<(String, Spec)>, Trouble> {
        let known = self.store.request(request).await.map_err(storage)?;
        let Some(known) = known.filter(|known| known.session_id == session.id) else { return Ok(None) };
        // A spec of an older version that cannot be read is no question that can be asked again.
        let spec = serde_json::from_str::<Spec>(&known.spec).ok();
        Ok(spec.map(|spec| (known.query, asked_again(spec, &viewer(session, None, None), &self.library))))
    }
}
