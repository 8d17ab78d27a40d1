//! What a viewer can do: ask, cancel, rate, give feedback, bring ratings and take them along. Edges translate and call
//! this; no socket and no status code is known here. What one session does is to be handed in one after the other, in the
//! order it was said.

mod ask;
mod brought;
mod change;
pub mod desk;
pub mod following;
mod pace;
pub mod room;
mod say;
pub mod sessions;
pub mod turns;
pub mod underway;
mod undo;
pub mod uploads;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::computing::Computing;
use crate::label::SessionLabels;
use crate::library::Library;
use crate::requests::ask::{RawRating, parse};
use crate::store::Store;
use crate::words::Trouble;

use self::desk::Desk;
use self::sessions::{Session, Sessions, TabId};

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Ask for films, or say something.
    Ask,
    /// Stop a request.
    Cancel,
    /// Rate a film, or take that back.
    Rate,
    /// Say something else of a film.
    Feedback,
    /// Begin a new conversation.
    Begin,
    /// Show a file of theirs, a part of which this is.
    Bring,
    /// Take ratings from it.
    Import,
    /// Have their own ratings as text.
    Export,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 8] = [
        Event::Ask,
        Event::Cancel,
        Event::Rate,
        Event::Feedback,
        Event::Begin,
        Event::Bring,
        Event::Import,
        Event::Export,
    ];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Event::Ask => "ask",
            Event::Cancel => "cancel",
            Event::Rate => "rate",
            Event::Feedback => "feedback",
            Event::Begin => "begin",
            Event::Bring => "bring",
            Event::Import => "import",
            Event::Export => "export",
        }
    }
}

/// It was done.
pub struct Done {
    /// What whoever did it is told.
    pub acknowledgement: Value,
    /// An event that they are told before, alone.
    pub first: Option<(&'static str, Value)>,
}

impl From<Value> for Done {
    fn from(acknowledgement: Value) -> Done {
        Done { acknowledgement, first: None }
    }
}

/// What the use cases need.
pub struct App {
    /// The films.
    pub library: Arc<Library>,
    /// The database.
    pub store: Store,
    /// The way to the farm.
    pub room: Arc<room::Room>,
    /// Ends requests.
    pub desk: Desk,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// The requests that have not ended.
    pub underway: Arc<underway::Underway>,
    /// The cores.
    pub computing: Computing,
    /// The files that viewers are bringing.
    pub uploads: uploads::Uploads,
    /// What sessions are called in logs.
    pub labels: SessionLabels,
    /// How long a request may take.
    pub request_timeout: Duration,
}

impl App {
    /// Does what a session's viewer said, in a tab of theirs.
    pub async fn handle(
        self: &Arc<Self>,
        event: Event,
        payload: Value,
        session: &Arc<Session>,
        tab: TabId,
    ) -> Result<Done, Trouble> {
        match event {
            Event::Ask => self.ask(payload, session, tab).await,
            Event::Cancel => self.cancel(payload, session).await.map(Done::from),
            Event::Rate => {
                let (movie, rating) = parse::<RawRating>(payload)?.check()?;
                self.library.film(movie).ok_or(Trouble::UnknownMovie(movie))?;
                let ratings = self.rate(session, movie, rating, Some(tab)).await?;
                let rating = rating.map(|rating| rating.stars());
                Ok(json!({ "movie_id": movie, "rating": rating, "ratings": ratings }).into())
            }
            Event::Feedback => self.feedback(payload, session, tab).await.map(Done::from),
            Event::Begin => self.begin(payload, session, tab).await,
            Event::Bring => self.bring(payload, session).await.map(Done::from),
            Event::Import => self.import(payload, session, tab).await.map(Done::from),
            Event::Export => self.export(payload, session).await.map(Done::from),
        }
    }
}

/// What a viewer is told when the database did not serve them; the log has what it was.
pub fn storage(error: crate::store::Error) -> Trouble {
    use crate::store::Error;
    match error {
        Error::Busy { .. } | Error::Unavailable { .. } => {
            tracing::warn!(%error, "the database did not serve a browser");
            Trouble::Storage
        }
        Error::Closed => Trouble::Unavailable,
        // Trying again does not help with any of these.
        _ => {
            tracing::error!(%error, "the database cannot serve a browser");
            Trouble::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Error;

    #[test]
    fn a_damaged_database_is_not_something_to_try_again_in_a_moment() {
        let doing = "reading ratings";
        assert_eq!(storage(Error::Corrupt { doing, reason: "half a star".into() }), Trouble::Internal);
        assert_eq!(storage(Error::Unavailable { doing, reason: "no route to host".into() }), Trouble::Storage);
        assert_eq!(storage(Error::Busy { doing }), Trouble::Storage);
        assert_eq!(storage(Error::Closed), Trouble::Unavailable);
    }
}
