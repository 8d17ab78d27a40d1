//! The sessions that have a browser connected: what is known of each viewer, and the sockets of its tabs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cineswarm_engine::{HalfStars, MovieId};
use serde::Serialize;
use uuid::Uuid;

use super::tab::Tab;
use crate::chat::Lang;
use crate::requests::resolve::Reply;

/// Tells a connected tab from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabId(pub u64);

/// A viewer with at least one tab open.
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Held while an ending is stored and pushed, and while past ones are sent again: a tab that gets events out of the
    /// order of their offsets would miss some when it resumes after the last.
    pub in_order: tokio::sync::Mutex<()>,
    viewer: Mutex<ViewerState>,
}

#[derive(Default)]
struct ViewerState {
    lang: Lang,
    ratings: BTreeMap<MovieId, HalfStars>,
    hidden: BTreeSet<MovieId>,
    /// The question that was asked back last, until something else is said.
    asked_back: Option<Reply>,
    tabs: Vec<Arc<Tab>>,
    /// A change may be in the database that is not here.
    unsure: bool,
    /// Tabs on their way in.
    opening: usize,
    /// Changes made since the session was opened, until what the database knew is there; `None` from then on.
    since_opened: Option<Vec<Change>>,
}

/// What a viewer says of a film, once it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Rated it, or took the rating back.
    Rated(MovieId, Option<HalfStars>),
    /// Never wants it again, or does.
    Hidden(MovieId, bool),
}

impl ViewerState {
    fn apply(&mut self, change: Change) {
        match change {
            Change::Rated(movie, Some(rating)) => _ = self.ratings.insert(movie, rating),
            Change::Rated(movie, None) => _ = self.ratings.remove(&movie),
            Change::Hidden(movie, true) => _ = self.hidden.insert(movie),
            Change::Hidden(movie, false) => _ = self.hidden.remove(&movie),
        }
    }
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

    /// The question that was asked back and is open.
    pub fn asked_back(&self) -> Option<Reply> {
        self.state().asked_back.clone()
    }

    /// Keeps a question that is asked back, or closes the one before.
    pub fn asks_back(&self, question: Option<Reply>) {
        self.state().asked_back = question;
    }

    /// Whether a change failed of which nobody knows whether it was stored.
    pub fn is_unsure(&self) -> bool {
        self.state().unsure
    }

    /// Takes what the database knows instead of what was known. To be called while nothing of the session changes.
    pub fn replace(&self, ratings: Vec<(MovieId, HalfStars)>, hidden: Vec<MovieId>) {
        let mut state = self.state();
        state.ratings = ratings.into_iter().collect();
        state.hidden = hidden.into_iter().collect();
        state.unsure = false;
    }

    /// Takes what the database knew after the session was opened; what is known already is newer.
    pub fn load(&self, ratings: Vec<(MovieId, HalfStars)>, hidden: Vec<MovieId>) {
        let mut state = self.state();
        let Some(changes) = state.since_opened.take() else { return };
        state.ratings = ratings.into_iter().collect();
        state.hidden = hidden.into_iter().collect();
        for change in changes {
            state.apply(change);
        }
    }

    fn change(&self, change: Change) {
        let mut state = self.state();
        state.apply(change);
        if let Some(changes) = &mut state.since_opened {
            changes.push(change);
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

    /// Opens a session for a tab that is about to be attached. To be called before its ratings are read from the
    /// database, so that of what is stored meanwhile nothing is missed; [`Session::load`] then puts both together.
    pub fn enter(&self, id: Uuid) -> Arc<Session> {
        let mut open = self.open();
        let session = open.entry(id).or_insert_with(|| {
            let viewer = ViewerState { since_opened: Some(Vec::new()), ..ViewerState::default() };
            Arc::new(Session { id, in_order: tokio::sync::Mutex::default(), viewer: Mutex::new(viewer) })
        });
        session.state().opening += 1;
        session.clone()
    }

    /// The tab that entered is there.
    pub fn attach(&self, session: &Session, lang: Lang, tab: Arc<Tab>) {
        let mut state = session.state();
        state.lang = lang;
        state.tabs.push(tab);
        state.opening -= 1;
    }

    /// The tab that entered is not coming.
    pub fn turn_away(&self, id: Uuid) {
        self.leave(id, |state| state.opening -= 1);
    }

    /// Takes a tab off its session.
    pub fn detach(&self, id: Uuid, tab: TabId) {
        self.leave(id, |state| state.tabs.retain(|known| known.id != tab));
    }

    /// With the last tab the session is forgotten here, not in the database.
    fn leave(&self, id: Uuid, leave: impl FnOnce(&mut ViewerState)) {
        let mut open = self.open();
        let Some(session) = open.get(&id) else { return };
        let mut state = session.state();
        leave(&mut state);
        let empty = state.tabs.is_empty() && state.opening == 0;
        drop(state);
        if empty {
            open.remove(&id);
        }
    }

    /// Makes a stored change known to the session, which may be another one by now than that of the tab it came from.
    pub fn change(&self, id: Uuid, change: Change) {
        if let Some(session) = self.open().get(&id) {
            session.change(change);
        }
    }

    /// The session, if a tab of it is open.
    pub fn get(&self, id: Uuid) -> Option<Arc<Session>> {
        self.open().get(&id).cloned()
    }

    /// What the session knows of its viewer may not be what the database knows.
    pub fn doubt(&self, id: Uuid) {
        if let Some(session) = self.open().get(&id) {
            session.state().unsure = true;
        }
    }

    /// Sends an event to every tab of a session but one.
    pub fn push(&self, id: Uuid, event: &str, payload: &impl Serialize, except: Option<TabId>) {
        let tabs: Vec<Arc<Tab>> = match self.open().get(&id) {
            Some(session) => session.state().tabs.clone(),
            None => return,
        };
        for tab in tabs.into_iter().filter(|tab| except != Some(tab.id)) {
            if let Err(error) = tab.tell(event, payload) {
                // The browser reads too slowly. Nothing more is pushed to it, so that what it has is without a gap; it
                // connects again and is then sent what it missed.
                tracing::debug!(%error, "disconnected a tab that does not keep up");
                self.detach(id, tab.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(half_stars: u8) -> HalfStars {
        HalfStars::new(half_stars).unwrap()
    }

    #[test]
    fn what_is_stored_while_a_session_is_read_is_not_missed() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id);
        // Read now: films 1 and 2, of which 2 is taken back and 3 is rated before what was read is there.
        let read = (vec![(1, rating(4)), (2, rating(6))], vec![7, 8]);
        sessions.change(id, Change::Rated(2, None));
        sessions.change(id, Change::Rated(3, Some(rating(10))));
        sessions.change(id, Change::Hidden(8, false));
        session.load(read.0, read.1);
        assert_eq!(session.ratings(), [(1, rating(4)), (3, rating(10))]);
        assert_eq!(session.hidden(), [7]);
    }

    #[test]
    fn a_second_tab_does_not_bring_back_what_the_first_has_changed() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id);
        session.load(vec![(1, rating(4))], Vec::new());
        sessions.change(id, Change::Rated(1, Some(rating(9))));
        sessions.enter(id).load(vec![(1, rating(4))], Vec::new());
        assert_eq!(session.ratings(), [(1, rating(9))]);
    }

    #[test]
    fn a_session_is_forgotten_when_nobody_is_in_it_or_on_the_way() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        sessions.enter(id);
        sessions.enter(id);
        sessions.turn_away(id);
        assert_eq!(sessions.open().len(), 1);
        sessions.turn_away(id);
        assert!(sessions.open().is_empty());
        sessions.turn_away(id);
    }
}
