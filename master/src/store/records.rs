//! What goes into the store and what comes out of it, as types. All times are milliseconds since 1970, given by the
//! caller; ids are version 4 UUIDs; specs and outcomes are JSON texts that the store never looks into.

use cineswarm_engine::{HalfStars, MovieId, UserId};
use uuid::Uuid;

/// An opened session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSession {
    /// Made by the store; a secret.
    pub id: Uuid,
    /// Its user, if it has ever rated or said anything of a film.
    pub user_id: Option<UserId>,
    /// Whether it existed before.
    pub resumed: bool,
    /// The offset of the session's latest event, 0 if it has none.
    pub last_offset: i64,
    /// The viewer's language.
    pub lang: String,
}

/// The spec of what begins a new conversation: what was answered before it is not asked on from.
pub const BEGINNING: &str = "begin";

/// A request to be put on disk.
#[derive(Debug, Clone)]
pub struct NewRequest {
    /// Made by the caller, never by a client.
    pub request_id: Uuid,
    /// Who asks; must be open.
    pub session_id: Uuid,
    /// The client's own name for the request, unique within its session.
    pub idempotency_key: Option<String>,
    /// What the person asked, in words.
    pub query: String,
    /// The resolved request, as JSON text; empty for one that is replied to and computes nothing.
    pub spec: String,
    /// When the master took it.
    pub accepted_at: i64,
}

/// What became of a request given to [`Store::accept`](super::Store::accept).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk and is to be computed.
    New,
    /// The session had used this key before; nothing was stored.
    Duplicate {
        /// The request that was stored under the key.
        request_id: Uuid,
    },
}

/// Where a request is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Accepted, not ended.
    Queued,
    /// Ended well.
    Answered,
    /// Ended without an answer.
    Failed,
    /// Ended by the viewer.
    Cancelled,
}

/// How a request ends. There is no way back to queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndState {
    /// With an answer.
    Answered,
    /// With an error.
    Failed,
    /// By the viewer.
    Cancelled,
}

/// A request's end.
#[derive(Debug, Clone)]
pub struct Ending {
    /// How it ends.
    pub state: EndState,
    /// What is pushed to the browser, as JSON text, without the offset: that is allotted by the store.
    pub outcome: String,
    /// When it ended.
    pub ended_at: i64,
}

/// One ended request, as a session's tabs see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order of all endings, from 1; there may be gaps.
    pub offset: i64,
    /// How it ended.
    pub state: EndState,
    /// Which request.
    pub request_id: Uuid,
    /// What the person asked, in words.
    pub query: String,
    /// The JSON text given to [`Store::finish`](super::Store::finish).
    pub outcome: String,
}

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// Which request.
    pub request_id: Uuid,
    /// Who asked.
    pub session_id: Uuid,
    /// The client's own name for it.
    pub idempotency_key: Option<String>,
    /// What the person asked, in words.
    pub query: String,
    /// The resolved request, as JSON text.
    pub spec: String,
    /// Where it is in its life.
    pub state: State,
    /// When the master took it.
    pub accepted_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// The latest answer of a session, to ask on from ("more", "why").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Which request.
    pub request_id: Uuid,
    /// The resolved request, as JSON text.
    pub spec: String,
    /// What was pushed to the browser, as JSON text.
    pub outcome: String,
}

/// Ratings of one session to be set at once, each of another film.
#[derive(Debug, Clone)]
pub struct NewRatings {
    /// Whose.
    pub session_id: Uuid,
    /// What, by film.
    pub ratings: Vec<BroughtRating>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct BroughtRating {
    /// The id of its event, made by the caller.
    pub event_id: Uuid,
    /// Which film.
    pub movie_id: MovieId,
    /// How high.
    pub half_stars: HalfStars,
    /// When it was given.
    pub rated_at: i64,
}

/// A rating to be set, or taken back.
#[derive(Debug, Clone)]
pub struct NewRating {
    /// The id of its event, made by the caller.
    pub event_id: Uuid,
    /// Who.
    pub session_id: Uuid,
    /// Which film.
    pub movie_id: MovieId,
    /// `None` takes it back.
    pub half_stars: Option<HalfStars>,
    /// When.
    pub rated_at: i64,
}

/// A rating is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    /// Films that the session has rated.
    pub ratings: u64,
    /// The event that says so; none where there was nothing to take back.
    pub told: Option<Told>,
}

/// A change is in the log of ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What the session is called there.
    pub user_id: UserId,
    /// Which event.
    pub event_id: Uuid,
    /// Its place.
    pub seq: i64,
}

/// What is known of a viewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// All events of the log up to here are in it, and perhaps some later ones.
    pub through: i64,
    /// The films rated, by film.
    pub ratings: Vec<(MovieId, HalfStars)>,
    /// The films seen or not wanted, by film.
    pub hidden: Vec<(MovieId, FeedbackKind)>,
}

/// What a viewer thinks of a film that was recommended.
#[derive(Debug, Clone)]
pub struct Feedback {
    /// The id of its event, made by the caller.
    pub event_id: Uuid,
    /// Who.
    pub session_id: Uuid,
    /// Which film; the latest feedback on it replaces earlier ones.
    pub movie_id: MovieId,
    /// What; `None` takes it back.
    pub kind: Option<FeedbackKind>,
    /// The answer it was given under.
    pub request_id: Option<Uuid>,
    /// When.
    pub given_at: i64,
}

/// The four things a viewer can say of a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackKind {
    /// A good one.
    Up,
    /// A bad one.
    Down,
    /// Seen already: never recommended again.
    Seen,
    /// Not wanted: never recommended again.
    NotInterested,
}

impl State {
    pub(super) fn from_name(name: &str) -> Option<State> {
        match name {
            "queued" => Some(State::Queued),
            other => EndState::from_name(other).map(State::from),
        }
    }
}

impl From<EndState> for State {
    fn from(end: EndState) -> State {
        match end {
            EndState::Answered => State::Answered,
            EndState::Failed => State::Failed,
            EndState::Cancelled => State::Cancelled,
        }
    }
}

impl EndState {
    /// The word stored for it.
    pub const fn name(self) -> &'static str {
        match self {
            EndState::Answered => "answered",
            EndState::Failed => "failed",
            EndState::Cancelled => "cancelled",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<EndState> {
        [EndState::Answered, EndState::Failed, EndState::Cancelled].into_iter().find(|state| state.name() == name)
    }
}

impl FeedbackKind {
    /// The word stored for it, which is also the browser's.
    pub const fn name(self) -> &'static str {
        match self {
            FeedbackKind::Up => "up",
            FeedbackKind::Down => "down",
            FeedbackKind::Seen => "seen",
            FeedbackKind::NotInterested => "not_interested",
        }
    }

    /// Itself, if the film is never to be recommended again.
    pub fn hiding(self) -> Option<FeedbackKind> {
        matches!(self, FeedbackKind::Seen | FeedbackKind::NotInterested).then_some(self)
    }

    /// From the browser's word.
    pub fn from_name(name: &str) -> Option<FeedbackKind> {
        use FeedbackKind::{Down, NotInterested, Seen, Up};
        [Up, Down, Seen, NotInterested].into_iter().find(|kind| kind.name() == name)
    }
}
