//! Why a rating does not come in: a closed list, so that reasons can be counted, with words for whoever mends it.

use serde::{Deserialize, Serialize};

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Longer than a rating can be.
    TooLong,
    /// No JSON.
    NotJson,
    /// JSON, but no object.
    NotAnObject,
    /// A field that must be there is not.
    MissingField,
    /// A field is there twice, so that nobody knows which is meant.
    RepeatedField,
    /// A field that no rating has.
    UnknownField,
    /// A field of another type.
    WrongType,
    /// An id that is empty, too long or unreadable.
    BadId,
    /// A film that the dataset does not have.
    UnknownFilm,
    /// Not 0.5 to 5 stars in steps of 0.5.
    OffScale,
    /// A time that cannot be read.
    BadTime,
    /// Given in the future.
    InTheFuture,
    /// Given before the film, or all films.
    BeforeFilm,
    /// A user of the dataset, by somebody who may not speak for them.
    NotAllowed,
    /// A user who was deleted.
    UserDeleted,
    /// The id of another delivery.
    IdReused,
    /// More films in a time than a person can rate.
    TooFast,
    /// One of very many ratings in a row that are all the same.
    AllEqual,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 18] = [
        Reason::TooLong,
        Reason::NotJson,
        Reason::NotAnObject,
        Reason::MissingField,
        Reason::RepeatedField,
        Reason::UnknownField,
        Reason::WrongType,
        Reason::BadId,
        Reason::UnknownFilm,
        Reason::OffScale,
        Reason::BadTime,
        Reason::InTheFuture,
        Reason::BeforeFilm,
        Reason::NotAllowed,
        Reason::UserDeleted,
        Reason::IdReused,
        Reason::TooFast,
        Reason::AllEqual,
    ];

    /// By its name.
    pub fn named(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The names of all, for whoever gave another.
    pub fn names() -> String {
        Reason::ALL.map(Reason::name).join(", ")
    }

    /// Its name, as it is stored, counted and told.
    pub fn name(self) -> &'static str {
        match self {
            Reason::TooLong => "too_long",
            Reason::NotJson => "not_json",
            Reason::NotAnObject => "not_an_object",
            Reason::MissingField => "missing_field",
            Reason::RepeatedField => "repeated_field",
            Reason::UnknownField => "unknown_field",
            Reason::WrongType => "wrong_type",
            Reason::BadId => "bad_id",
            Reason::UnknownFilm => "unknown_film",
            Reason::OffScale => "off_scale",
            Reason::BadTime => "bad_time",
            Reason::InTheFuture => "in_the_future",
            Reason::BeforeFilm => "before_film",
            Reason::NotAllowed => "not_allowed",
            Reason::UserDeleted => "user_deleted",
            Reason::IdReused => "id_reused",
            Reason::TooFast => "too_fast",
            Reason::AllEqual => "all_equal",
        }
    }
}

/// A reason, with what exactly is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which.
    pub reason: Reason,
    /// For people: what of others is quoted in it is short and without control characters.
    pub words: String,
}

impl Fault {
    pub(crate) fn new(reason: Reason, words: impl Into<String>) -> Fault {
        Fault { reason, words: words.into() }
    }
}

/// The longest text of others that is repeated in words, in characters.
const SHOWN: usize = 60;

/// A text of others, short and harmless enough to repeat.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short.escape_debug().to_string()
}
