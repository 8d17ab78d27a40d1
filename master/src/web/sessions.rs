//! The sessions that have a browser connected: what is known of each viewer, and the sockets of its tabs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cineswarm_engine::{HalfStars, MovieId};
use serde::Serialize;
use socketioxide::SendError;
use socketioxide::extract::SocketRef;
use tokio::time::Instant;
use uuid::Uuid;

use crate::chat::Lang;

/// How long a browser that does not read is tried to be told goodbye; the heartbeat ends it long before.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(60);
const GOODBYE_INTERVAL: Duration = Duration::from_millis(50);

/// A viewer with at least one tab open.
pub struct Session {
    /// Its id.
    pub id: Uuid,
    viewer: Mutex<ViewerState>,
}

#[derive(Default)]
struct ViewerState {
    lang: Lang,
    ratings: BTreeMap<MovieId, HalfStars>,
    hidden: BTreeSet<MovieId>,
    sockets: Vec<SocketRef>,
}

impl Session {
    fn state(&self) -> MutexGuard<'_, ViewerState> {
        // Each critical section leaves the state whole, so a poisoned lock still guards good data.
        self.viewer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The language replies are in.
    pub fn lang(&self) -> Lang {
        self.state().lang
    }

    /// The ratings, ascending by film id.
    pub fn ratings(&self) -> Vec<(MovieId, HalfStars)> {
        self.state().ratings.iter().map(|(movie, rating)| (*movie, *rating)).collect()
    }

    /// Films never to recommend again.
    pub fn hidden(&self) -> Vec<MovieId> {
        self.state().hidden.iter().copied().collect()
    }

    /// Remembers a rating, or forgets it.
    pub fn rate(&self, movie: MovieId, rating: Option<HalfStars>) {
        let mut state = self.state();
        match rating {
            Some(rating) => state.ratings.insert(movie, rating),
            None => state.ratings.remove(&movie),
        };
    }

    /// Never recommends this film again, or does.
    pub fn hide(&self, movie: MovieId, hidden: bool) {
        let mut state = self.state();
        if hidden {
            state.hidden.insert(movie);
        } else {
            state.hidden.remove(&movie);
        }
    }
}

/// All sessions with a tab open.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<Uuid, Arc<Session>>>);

impl Sessions {
    fn open(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a tab to its session, which is made from what the database knew if it is the first one.
    pub fn attach(
        &self,
        id: Uuid,
        lang: Lang,
        ratings: Vec<(MovieId, HalfStars)>,
        hidden: Vec<MovieId>,
        socket: SocketRef,
    ) -> Arc<Session> {
        let mut open = self.open();
        let session = open.entry(id).or_insert_with(|| {
            let ratings = ratings.into_iter().collect();
            let hidden = hidden.into_iter().collect();
            Arc::new(Session { id, viewer: Mutex::new(ViewerState { ratings, hidden, ..ViewerState::default() }) })
        });
        let mut state = session.state();
        state.lang = lang;
        state.sockets.push(socket);
        drop(state);
        session.clone()
    }

    /// Takes a tab off its session; with the last one the session is forgotten here, not in the database.
    pub fn detach(&self, id: Uuid, socket: &SocketRef) {
        let mut open = self.open();
        let Some(session) = open.get(&id) else { return };
        let mut state = session.state();
        state.sockets.retain(|known| known.id != socket.id);
        let empty = state.sockets.is_empty();
        drop(state);
        if empty {
            open.remove(&id);
        }
    }

    /// Sends an event to every tab of a session but one.
    pub fn push(&self, id: Uuid, event: &str, payload: &impl Serialize, except: Option<&SocketRef>) {
        let sockets: Vec<SocketRef> = match self.open().get(&id) {
            Some(session) => session.state().sockets.clone(),
            None => return,
        };
        for socket in sockets {
            if except.is_some_and(|own| own.id == socket.id) {
                continue;
            }
            if let Err(error) = send(&socket, event, payload) {
                // The browser reads too slowly. Nothing more is pushed to it, so that what it has is without a gap; it
                // connects again and is then sent what it missed.
                tracing::debug!(session = %id, %error, "disconnected a socket that does not keep up");
                self.detach(id, &socket);
                disconnect(socket);
            }
        }
    }
}

/// Disconnects a tab, in the background: a buffer that is full has no room for the goodbye either.
pub fn disconnect(socket: SocketRef) {
    let give_up_at = Instant::now() + GOODBYE_PATIENCE;
    tokio::spawn(async move {
        while socket.connected() && socket.clone().disconnect().is_err() && Instant::now() < give_up_at {
            tokio::time::sleep(GOODBYE_INTERVAL).await;
        }
    });
}

/// Sends one event to one tab.
pub fn send(socket: &SocketRef, event: &str, payload: &impl Serialize) -> Result<(), SendError> {
    socket.emit(event, payload)
}
