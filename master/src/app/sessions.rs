//! The sessions that have a browser connected: what is known of each viewer, and the tabs it is told in.
//! A few lines longer than other files: what is known of a viewer is changed in one place, under one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use cineswarm_engine::{HalfStars, MovieId, UserId};
use erased_serde::Serialize;
use uuid::Uuid;

use super::pace::Pace;
use crate::chat::Lang;
use crate::requests::resolve::Reply;
use crate::requests::steps::Steps;
use crate::store::{FeedbackKind, Profile, Told};

/// Tells a connected tab from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabId(pub u64);

/// A tab as its session knows it; the edge has the connection.
pub trait OpenTab: Send + Sync {
    /// Which one.
    fn id(&self) -> TabId;

    /// Sends it an event, now or as soon as it reads; `false` if it does not read or is gone: then it is being disconnected,
    /// comes back and is sent what it missed.
    fn take_event(self: Arc<Self>, event: &str, payload: &dyn Serialize) -> bool;
}

/// A viewer with at least one tab open.
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Held while an ending is stored and pushed, and while past ones are sent again: a tab that gets events out of the
    /// order of their offsets would miss some when it resumes after the last.
    pub in_order: tokio::sync::Mutex<()>,
    viewer: Mutex<ViewerState>,
    steps: Mutex<Steps>,
    pace: Mutex<Pace>,
    is_hurried: AtomicBool,
    was_answered: AtomicBool,
}

#[derive(Default)]
struct ViewerState {
    lang: Lang,
    user_id: Option<UserId>,
    ratings: BTreeMap<MovieId, HalfStars>,
    hidden: BTreeMap<MovieId, FeedbackKind>,
    /// What was said last without computing, until something is computed: a question that is asked back is open.
    said_last: Option<Reply>,
    tabs: Vec<Arc<dyn OpenTab>>,
    /// A change may be in the database that is not here.
    unsure: bool,
    /// Tabs on their way in.
    opening: usize,
    /// The last change of each film since the session was opened, by its place in the log.
    changes: HashMap<About, (i64, Change)>,
    /// What is known has all changes up to this place in the log.
    through: i64,
    /// Changes that a tab waits for.
    expected: Vec<(Uuid, TabId)>,
    /// What is being brought by a tab, of which the others are told when all of it is stored.
    held: Option<Held>,
}

/// Films of which a tab has changed something that the others have not been told.
#[derive(Debug)]
pub struct Held {
    /// Which tab.
    pub tab: TabId,
    /// Films that were rated.
    pub rated: Vec<MovieId>,
    /// Films that were marked.
    pub marked: Vec<MovieId>,
}

/// What a viewer says of a film, once it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Rated it, or took the rating back.
    Rated(MovieId, Option<HalfStars>),
    /// Never wants it again, and why; `None`: does.
    Hidden(MovieId, Option<FeedbackKind>),
}

/// What a change replaces earlier ones of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum About {
    Rating(MovieId),
    Hiding(MovieId),
}

impl Change {
    fn about(self) -> About {
        match self {
            Change::Rated(movie, _) => About::Rating(movie),
            Change::Hidden(movie, _) => About::Hiding(movie),
        }
    }
}

impl ViewerState {
    /// Whether it is news: what comes from the log may have come from whoever stored it, and the other way round.
    fn change(&mut self, seq: i64, change: Change) -> bool {
        let known = self.changes.get(&change.about()).map_or(self.through, |(seq, _)| *seq);
        if seq <= known {
            return false;
        }
        self.changes.insert(change.about(), (seq, change));
        self.apply(change);
        true
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Rated(movie, Some(rating)) => _ = self.ratings.insert(movie, rating),
            Change::Rated(movie, None) => _ = self.ratings.remove(&movie),
            Change::Hidden(movie, Some(kind)) => _ = self.hidden.insert(movie, kind),
            Change::Hidden(movie, None) => _ = self.hidden.remove(&movie),
        }
    }

    fn take_expected(&mut self, event_id: Uuid) -> Option<TabId> {
        let place = self.expected.iter().position(|(expected, _)| *expected == event_id)?;
        Some(self.expected.swap_remove(place).1)
    }
}

impl Session {
    fn state(&self) -> MutexGuard<'_, ViewerState> {
        // Each critical section leaves the state whole, so a poisoned lock still guards good data.
        self.viewer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts something said in any of its tabs; gives whether that is more than `hurried_from` in about a second.
    pub fn say(&self, now: Instant, hurried_from: f64) -> bool {
        let is_hurried = self.pace.lock().unwrap_or_else(PoisonError::into_inner).say(now) > hurried_from;
        self.is_hurried.store(is_hurried, Ordering::Relaxed);
        is_hurried
    }

    /// It got an answer.
    pub fn is_answered(&self) {
        self.was_answered.store(true, Ordering::Relaxed);
    }

    /// Whether it is in a conversation at a person's pace. Where many wait, that goes before whoever only begins: a crowd
    /// of new sessions is no reason to let a viewer down in the middle.
    pub fn goes_first(&self) -> bool {
        self.was_answered.load(Ordering::Relaxed) && !self.is_hurried.load(Ordering::Relaxed)
    }

    /// The language replies are in.
    pub fn lang(&self) -> Lang {
        self.state().lang
    }

    /// What the viewer is called in the log; `None` before the first rating.
    pub fn user_id(&self) -> Option<UserId> {
        self.state().user_id
    }

    /// The ratings, ascending by film id.
    pub fn ratings(&self) -> Vec<(MovieId, HalfStars)> {
        self.state().ratings.iter().map(|(movie, rating)| (*movie, *rating)).collect()
    }

    /// Films never to recommend again.
    pub fn hidden(&self) -> Vec<MovieId> {
        self.state().hidden.keys().copied().collect()
    }

    /// The same with what was said of them.
    pub fn feedback(&self) -> Vec<(MovieId, FeedbackKind)> {
        self.state().hidden.iter().map(|(movie, kind)| (*movie, *kind)).collect()
    }

    /// What can be undone, and what "it" means.
    pub fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rating of a film, and how it is marked.
    pub fn said_of(&self, movie: MovieId) -> (Option<HalfStars>, Option<FeedbackKind>) {
        let state = self.state();
        (state.ratings.get(&movie).copied(), state.hidden.get(&movie).copied())
    }

    /// What was said last without computing.
    pub fn said_last(&self) -> Option<Reply> {
        self.state().said_last.clone()
    }

    /// Keeps what is said without computing; nothing closes a question that was asked back.
    pub fn says_last(&self, reply: Option<Reply>) {
        self.state().said_last = reply;
    }

    /// Whether a change failed of which nobody knows whether it was stored.
    pub fn is_unsure(&self) -> bool {
        self.state().unsure
    }

    /// Takes what the database knew since the session was opened; what has changed after that stays.
    pub fn load(&self, stored: Profile) {
        let mut state = self.state();
        if stored.through < state.through {
            return;
        }
        state.through = stored.through;
        state.ratings = stored.ratings.into_iter().collect();
        state.hidden = stored.hidden.into_iter().collect();
        state.unsure = false;
        let later: Vec<Change> =
            state.changes.values().filter(|(seq, _)| *seq > stored.through).map(|(_, change)| *change).collect();
        for change in later {
            state.apply(change);
        }
    }
}

/// A change that the log tells of.
#[derive(Clone, Copy, Debug)]
pub struct LoggedChange {
    /// Whose.
    pub user_id: UserId,
    /// Its event.
    pub event_id: Uuid,
    /// Its event's place.
    pub seq: i64,
    /// What.
    pub change: Change,
}

impl LoggedChange {
    /// The change that was stored with this event.
    pub fn new(told: Told, change: Change) -> LoggedChange {
        LoggedChange { user_id: told.user_id, event_id: told.event_id, seq: told.seq, change }
    }
}

/// What became of a change.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is known now, and was not.
    New {
        /// Whose it was.
        session_id: Uuid,
        /// The tab that has waited for it.
        tab: Option<TabId>,
        /// Films that the session has rated.
        ratings: usize,
    },
    /// It was known already.
    Known,
    /// No open session is known to be this user's.
    Stranger,
}

/// A session that stays open as long as this is there.
pub struct KeptOpen<'a> {
    sessions: &'a Sessions,
    /// Which.
    pub session: Arc<Session>,
}

impl Drop for KeptOpen<'_> {
    fn drop(&mut self) {
        self.sessions.turn_away(self.session.id);
    }
}

/// All sessions with a tab open.
#[derive(Default)]
pub struct Sessions(Mutex<Open>);

#[derive(Default)]
struct Open {
    sessions: HashMap<Uuid, Arc<Session>>,
    /// What those that have rated anything are called in the log.
    users: HashMap<UserId, Uuid>,
}

impl Open {
    fn get(&self, id: Uuid) -> Option<&Arc<Session>> {
        self.sessions.get(&id)
    }

    fn name(&mut self, id: Uuid, user_id: UserId) {
        if let Some(session) = self.sessions.get(&id) {
            session.state().user_id = Some(user_id);
            self.users.insert(user_id, id);
        }
    }
}

impl Sessions {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.open().sessions.len()
    }

    /// Opens a session for a tab that is about to be attached. To be called before its ratings are read from the
    /// database, so that of what is stored meanwhile nothing is missed; [`Session::load`] then puts both together.
    pub fn enter(&self, id: Uuid, user_id: Option<UserId>) -> Arc<Session> {
        let mut open = self.open();
        let session = open.sessions.entry(id).or_insert_with(|| {
            Arc::new(Session {
                id,
                in_order: tokio::sync::Mutex::default(),
                viewer: Mutex::default(),
                steps: Mutex::default(),
                pace: Mutex::new(Pace::new(Instant::now())),
                is_hurried: AtomicBool::new(false),
                was_answered: AtomicBool::new(false),
            })
        });
        let session = session.clone();
        session.state().opening += 1;
        if let Some(user_id) = user_id {
            open.name(id, user_id);
        }
        session
    }

    /// Keeps a session open, whether a tab of it is or not, so that a tab that comes meanwhile has to wait for what is
    /// [in order](Session::in_order).
    pub fn keep_open(&self, id: Uuid) -> KeptOpen<'_> {
        KeptOpen { sessions: self, session: self.enter(id, None) }
    }

    /// The tab that entered is there.
    pub fn attach(&self, session: &Session, lang: Lang, tab: Arc<dyn OpenTab>) {
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
        self.leave(id, |state| state.tabs.retain(|known| known.id() != tab));
    }

    /// With the last tab the session is forgotten here, not in the database.
    fn leave(&self, id: Uuid, leave: impl FnOnce(&mut ViewerState)) {
        let mut open = self.open();
        let Some(session) = open.get(id) else { return };
        let mut state = session.state();
        leave(&mut state);
        let empty = state.tabs.is_empty() && state.opening == 0;
        let user_id = state.user_id;
        drop(state);
        if empty {
            open.sessions.remove(&id);
            user_id.map(|user_id| open.users.remove(&user_id));
        }
    }

    /// A tab is about to make a change, and will hear of it otherwise.
    pub fn expect(&self, id: Uuid, event_id: Uuid, tab: TabId) {
        if let Some(session) = self.open().get(id) {
            session.state().expected.push((event_id, tab));
        }
    }

    /// What this tab changes is kept back from the others from here on, until it is [let go](Sessions::let_go).
    pub fn hold(&self, id: Uuid, tab: TabId) {
        if let Some(session) = self.open().get(id) {
            session.state().held = Some(Held { tab, rated: Vec::new(), marked: Vec::new() });
        }
    }

    /// Keeps a change back if it is of a tab whose changes are; otherwise the others are to be told.
    pub fn keeps_back(&self, id: Uuid, tab: Option<TabId>, change: Change) -> bool {
        let open = self.open();
        let Some(mut state) = open.get(id).map(|session| session.state()) else { return false };
        let Some(held) = state.held.as_mut().filter(|held| Some(held.tab) == tab) else { return false };
        match change {
            Change::Rated(movie, _) => held.rated.push(movie),
            Change::Hidden(movie, _) => held.marked.push(movie),
        }
        true
    }

    /// What was kept back.
    pub fn let_go(&self, id: Uuid) -> Option<Held> {
        self.open().get(id)?.state().held.take()
    }

    /// There was nothing to change.
    pub fn forget(&self, id: Uuid, event_id: Uuid) {
        if let Some(session) = self.open().get(id) {
            session.state().take_expected(event_id);
        }
    }

    /// Makes a stored change known to its session, which may be another one by now than that of the tab it came from.
    pub fn change(&self, logged: LoggedChange) -> Taken {
        let open = self.open();
        let Some(&session_id) = open.users.get(&logged.user_id) else { return Taken::Stranger };
        let Some(session) = open.get(session_id) else { return Taken::Stranger };
        let mut state = session.state();
        let tab = state.take_expected(logged.event_id);
        match state.change(logged.seq, logged.change) {
            true => Taken::New { session_id, tab, ratings: state.ratings.len() },
            false => Taken::Known,
        }
    }

    /// What the session is called in the log.
    pub fn name(&self, id: Uuid, user_id: UserId) {
        self.open().name(id, user_id);
    }

    /// What the session knows of its viewer may not be what the database knows: of this change nobody knows whether it is
    /// stored.
    pub fn doubt(&self, id: Uuid, event_id: Uuid) {
        if let Some(session) = self.open().get(id) {
            let mut state = session.state();
            state.take_expected(event_id);
            state.unsure = true;
        }
    }

    /// The log is another one: nothing that was known of its places holds.
    pub fn doubt_all(&self) {
        for session in self.open().sessions.values() {
            let mut state = session.state();
            state.changes.clear();
            state.through = 0;
            state.unsure = true;
        }
    }

    /// Sends an event to every tab of a session but one.
    pub fn push(&self, id: Uuid, event: &str, payload: &dyn Serialize, except: Option<TabId>) {
        let tabs: Vec<Arc<dyn OpenTab>> = match self.open().get(id) {
            Some(session) => session.state().tabs.clone(),
            None => return,
        };
        for tab in tabs.into_iter().filter(|tab| except != Some(tab.id())) {
            let tab_id = tab.id();
            if !tab.take_event(event, payload) {
                // Nothing more is pushed to it, so that what it has is without a gap.
                self.detach(id, tab_id);
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

    const USER: UserId = 1 << 31;

    fn logged(seq: i64, change: Change) -> LoggedChange {
        LoggedChange { user_id: USER, event_id: Uuid::from_u128(seq as u128), seq, change }
    }

    fn profile(through: i64, ratings: &[(MovieId, u8)]) -> Profile {
        let ratings = ratings.iter().map(|(movie, half_stars)| (*movie, rating(*half_stars))).collect();
        Profile { through, ratings, hidden: Vec::new() }
    }

    #[test]
    fn what_is_stored_while_a_session_is_read_is_not_missed() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id, Some(USER));
        // Read now: films 1 and 2, of which 2 is taken back and 3 is rated before what was read is there.
        let read =
            Profile { hidden: vec![(7, FeedbackKind::Seen), (8, FeedbackKind::Seen)], ..profile(5, &[(1, 4), (2, 6)]) };
        sessions.change(logged(6, Change::Rated(2, None)));
        sessions.change(logged(7, Change::Rated(3, Some(rating(10)))));
        sessions.change(logged(8, Change::Hidden(8, None)));
        session.load(read);
        assert_eq!(session.ratings(), [(1, rating(4)), (3, rating(10))]);
        assert_eq!(session.hidden(), [7]);
    }

    #[test]
    fn a_second_tab_does_not_bring_back_what_the_first_has_changed() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id, None);
        session.load(profile(3, &[(1, 4)]));
        sessions.name(id, USER);
        sessions.change(logged(4, Change::Rated(1, Some(rating(9)))));
        sessions.enter(id, Some(USER)).load(profile(3, &[(1, 4)]));
        assert_eq!(session.ratings(), [(1, rating(9))]);
        // Read before the first tab's was.
        sessions.enter(id, Some(USER)).load(profile(2, &[]));
        assert_eq!(session.ratings(), [(1, rating(9))]);
    }

    #[test]
    fn a_change_is_known_once_whether_the_log_or_who_stored_it_tells_it_first() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id, Some(USER));
        let (first, second) =
            (logged(1, Change::Rated(1, Some(rating(4)))), logged(2, Change::Rated(1, Some(rating(6)))));
        sessions.expect(id, first.event_id, TabId(7));
        assert_eq!(sessions.change(first), Taken::New { session_id: id, tab: Some(TabId(7)), ratings: 1 });
        assert_eq!(sessions.change(second), Taken::New { session_id: id, tab: None, ratings: 1 });
        // What the log tells late does not undo what is known.
        assert_eq!(sessions.change(first), Taken::Known);
        assert_eq!(sessions.change(second), Taken::Known);
        assert_eq!(session.ratings(), [(1, rating(6))]);
    }

    #[test]
    fn a_log_that_was_restored_is_followed_from_its_own_numbers_on() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        let session = sessions.enter(id, Some(USER));
        sessions.change(logged(100, Change::Rated(1, Some(rating(4)))));
        sessions.doubt_all();
        assert!(session.is_unsure());
        session.load(profile(50, &[]));
        assert_eq!(session.ratings(), []);
        sessions.change(logged(51, Change::Rated(1, Some(rating(2)))));
        assert_eq!(session.ratings(), [(1, rating(2))]);
    }

    #[test]
    fn a_session_is_forgotten_when_nobody_is_in_it_or_on_the_way() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        sessions.enter(id, Some(USER));
        sessions.enter(id, None);
        sessions.turn_away(id);
        assert_eq!(sessions.open().sessions.len(), 1);
        sessions.turn_away(id);
        assert!(sessions.open().sessions.is_empty());
        assert_eq!(sessions.change(logged(1, Change::Hidden(1, Some(FeedbackKind::Seen)))), Taken::Stranger);
        sessions.turn_away(id);
    }

    #[test]
    fn a_tab_that_comes_while_an_ending_is_stored_waits_for_it() {
        let (sessions, id) = (Sessions::default(), Uuid::new_v4());
        {
            let kept = sessions.keep_open(id);
            let _in_order = kept.session.in_order.try_lock().unwrap();
            let coming = sessions.enter(id, Some(USER));
            assert!(coming.in_order.try_lock().is_err(), "it would be sent the ending again, and pushed it too");
        }
        assert_eq!(sessions.count(), 1, "the tab that came is there");
        sessions.turn_away(id);
        drop(sessions.keep_open(id));
        assert_eq!(sessions.count(), 0);
    }
}
