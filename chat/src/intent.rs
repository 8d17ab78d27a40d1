//! What a sentence asks for: the types that the rest of the master reads. Never holds text to be parsed again, except
//! the rewritten sentences of a question back to the person.

use cineswarm_engine::{Filters, HalfStars, MovieId, UserId};
use serde::{Deserialize, Serialize};

pub use crate::asks::of_itself::OfItself;
pub use crate::asks::order::Order;
pub use crate::asks::wanted::Wanted;
use crate::topics::{Lifted, Topic};

/// The language of replies. What is typed is understood in both, whatever is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Lang {
    /// From a language tag such as "es-MX"; English for anything else.
    pub fn from_tag(tag: &str) -> Lang {
        let primary = tag.split(['-', '_']).next().unwrap_or("");
        if primary.eq_ignore_ascii_case("es") { Lang::Es } else { Lang::En }
    }

    /// "en" or "es".
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Es => "es",
        }
    }
}

/// A sentence, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    /// What is asked for.
    pub intent: Intent,
    /// How many films, 1 to 100, if the sentence says so.
    pub n: Option<usize>,
    /// Themes and the like that are asked for; the intent's filters hold the films that have them all.
    pub topics: Vec<Topic>,
    /// Parts of the sentence, as typed, that the answer will not take into account ("with Al Pacino").
    pub ignored: Vec<String>,
    /// Films that the sentence speaks against: "but not Aliens".
    pub disliked: Vec<MovieId>,
    /// What was asked for before and need not be: "even if they are not Korean".
    pub lifted: Lifted,
    /// The language of the sentence, where its words tell.
    pub language: Option<Lang>,
    /// Part of the sentence was not read, or a title was taken that nothing announced.
    pub(crate) is_doubtful: bool,
}

impl Understood {
    /// The same, wanted instead of what was asked for of its kind.
    pub(crate) fn meant_instead(self) -> Understood {
        let intent = match self.intent {
            Intent::Browse { filters, tweak } | Intent::Refine { filters, tweak, shift: None } => {
                Intent::Refine { filters, tweak, shift: Some(Shift::Instead) }
            }
            other => other,
        };
        Understood { intent, ..self }
    }
}

/// What the viewer says of films, so that they are not shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Has seen them.
    Seen,
    /// Does not want them.
    NotForMe,
}

/// What a sentence changes about the last question, relative to that or to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// "more recent".
    Newer,
    /// "older".
    Older,
    /// "shorter".
    Shorter,
    /// "longer".
    Longer,
    /// "newest first": newer, within the years asked for.
    NewestFirst,
    /// "oldest first": older, within the years asked for.
    OldestFirst,
    /// "both in one film": what was asked for as alternatives.
    Both,
    /// "never mind the years".
    AnyYear,
    /// "better known ones".
    BetterKnown,
    /// "with some romance": genres beside those asked for, not instead of them.
    Besides,
    /// "or Italy": this, or what was asked for last of its kind.
    Either,
    /// "what about Korea?": this instead of what was asked for of its kind.
    Instead,
}

/// How the answer is to be ordered beyond the neighbours' scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tweak {
    /// As it comes.
    #[default]
    None,
    /// Films that few have rated first.
    LessKnown,
}

/// What a sentence asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Films like these.
    Like {
        /// The films, in the order they were named, without repetition.
        movies: Vec<MovieId>,
        /// Conditions on the answer.
        filters: Filters,
        /// Order of the answer.
        tweak: Tweak,
    },
    /// Films that meet conditions, from the viewer's own profile.
    Browse {
        /// Conditions on the answer.
        filters: Filters,
        /// Order of the answer.
        tweak: Tweak,
    },
    /// Films for the viewer, from the viewer's own profile, without conditions beyond seen or not.
    ForMe {
        /// Only `exclude_seen` may differ from the default.
        filters: Filters,
    },
    /// Films for a user of the dataset.
    ForUser {
        /// The user; need not exist.
        user_id: UserId,
        /// Conditions on the answer.
        filters: Filters,
    },
    /// Films that many have rated.
    Popular {
        /// Conditions on the answer.
        filters: Filters,
    },
    /// The viewer rates a film.
    Rate {
        /// The film.
        movie: MovieId,
        /// The rating.
        half_stars: HalfStars,
    },
    /// What the viewer rated one film was meant for another.
    RateInstead {
        /// The film that is rated.
        movie: MovieId,
        /// The rating.
        half_stars: HalfStars,
        /// The film whose rating is taken back.
        of: MovieId,
    },
    /// The viewer rates films, and says what is not kept, too.
    RateSeveral {
        /// The films and their ratings; one or more.
        ratings: Vec<(MovieId, HalfStars)>,
        /// What else the sentence says.
        left_out: Vec<NotRated>,
    },
    /// The viewer's rating of a film goes up or down.
    RateBy {
        /// The film; need not be rated.
        movie: MovieId,
        /// By so many half stars.
        half_stars: i8,
    },
    /// The viewer rates a film with a number that is no rating.
    RateOffScale {
        /// The film.
        movie: MovieId,
        /// The number as it was typed.
        said: String,
    },
    /// Why a film was recommended.
    Why {
        /// The film.
        movie: MovieId,
    },
    /// More of the last answer.
    More,
    /// The last answer again, with films that fewer have rated.
    LessKnown,
    /// The sentence has several meanings; the person chooses.
    Clarify {
        /// What is being asked.
        question: Question,
        /// The part of the sentence in doubt, as typed.
        about: String,
        /// The film whose stars are asked for.
        film: Option<MovieId>,
        /// The meanings.
        options: Vec<ClarifyOption>,
    },
    /// A title that no film has.
    UnknownTitle {
        /// The title as typed.
        asked: String,
        /// Films with similar titles, the most similar first; may be empty.
        nearest: Vec<MovieId>,
    },
    /// Something the data does not hold: countries, people, plots.
    OutsideTheData {
        /// The part of the sentence, as typed.
        asked: String,
    },
    /// A fact about a film.
    About {
        /// Which fact.
        wanted: Wanted,
        /// The film.
        movie: MovieId,
    },
    /// Two facts about a film, asked in one sentence.
    AboutBoth {
        /// Which facts.
        wanted: [Wanted; 2],
        /// The film.
        movie: MovieId,
    },
    /// Whether somebody made a film or is in it.
    IsBy {
        /// The film.
        movie: MovieId,
        /// Who.
        name: String,
        /// Its director or its cast.
        wanted: Wanted,
        /// Whether they did.
        holds: bool,
    },
    /// Whether viewers have tagged a film so.
    Tagged {
        /// The film.
        movie: MovieId,
        /// The theme, as it was said.
        said: String,
        /// Whether they have.
        holds: bool,
    },
    /// What the viewer has rated.
    MyRatings,
    /// How many films there are.
    CountFilms,
    /// How many films meet conditions.
    CountOf {
        /// The conditions.
        filters: Filters,
        /// The sentence that lists them.
        wish: String,
    },
    /// The same fact of several films, beside each other.
    Compare {
        /// Which fact.
        wanted: Wanted,
        /// Two or more, in the order they were named.
        movies: Vec<MovieId>,
    },
    /// Which of the films shown are what was asked, with their places from 1 on; whether one film is, if one was named.
    AmongShown {
        /// The film that was named.
        film: Option<MovieId>,
        /// Those that are, in their order.
        found: Vec<(usize, MovieId)>,
    },
    /// The films shown, in another order.
    InOrder {
        /// Which.
        order: Order,
        /// The films in it.
        movies: Vec<MovieId>,
    },
    /// The films of a series: how many, and in which order.
    Series {
        /// What it is called.
        name: String,
        /// Its films; two or more.
        movies: Vec<MovieId>,
    },
    /// The person says thank you.
    Thanks,
    /// The film that will be watched.
    Chosen {
        /// Which.
        movie: MovieId,
    },
    /// A question to the chat about itself, or an order that it cannot carry out.
    OfItself(OfItself),
    /// The viewer takes a rating back.
    Unrate {
        /// The film.
        movie: MovieId,
    },
    /// The viewer takes the ratings of several films back.
    UnrateSeveral {
        /// The films; two or more.
        movies: Vec<MovieId>,
    },
    /// Which films the viewer has marked as seen.
    MySeen,
    /// The last question again, with other conditions.
    Refine {
        /// Conditions that replace those of the same kind, or come on top.
        filters: Filters,
        /// Order of the answer.
        tweak: Tweak,
        /// What changes relative to the last question or answer.
        shift: Option<Shift>,
    },
    /// The last question again for films like these instead; none, if its only film was dropped.
    LikeInstead {
        /// The films, in the order they were named.
        movies: Vec<MovieId>,
    },
    /// The last step is to be undone.
    Undo,
    /// What was said before is to count no more.
    StartOver,
    /// Films are seen or not wanted.
    Mark {
        /// Which.
        movies: Vec<MovieId>,
        /// What is said of them.
        mark: Mark,
    },
    /// "that one", where several may be meant.
    WhichOne,
    /// None of the choices of the open question.
    Declined,
    /// What the viewer said of a film was meant for another.
    MarkInstead {
        /// The film that is meant.
        movie: MovieId,
        /// What is said of it.
        mark: Mark,
        /// The film that is as it was before.
        of: MovieId,
    },
    /// A place that the last list does not have.
    NoSuchPlace {
        /// The sentence as typed.
        asked: String,
    },
    /// Something else than films, or words that mean nothing here.
    NotUnderstood {
        /// The sentence as typed.
        asked: String,
    },
    /// The person asks for help.
    Help,
}

impl Intent {
    /// The conditions of an intent that lists films.
    pub fn filters(&self) -> Option<&Filters> {
        match self {
            Intent::Like { filters, .. }
            | Intent::Browse { filters, .. }
            | Intent::ForMe { filters }
            | Intent::ForUser { filters, .. }
            | Intent::Popular { filters }
            | Intent::Refine { filters, .. } => Some(filters),
            _ => None,
        }
    }

    /// The films that it is about, as far as they are few.
    pub(crate) fn films(&self) -> Vec<MovieId> {
        match self {
            Intent::Rate { movie, .. }
            | Intent::RateInstead { movie, .. }
            | Intent::RateBy { movie, .. }
            | Intent::RateOffScale { movie, .. }
            | Intent::Unrate { movie }
            | Intent::About { movie, .. }
            | Intent::Chosen { movie }
            | Intent::Clarify { film: Some(movie), .. } => vec![*movie],
            Intent::RateSeveral { ratings, .. } => ratings.iter().map(|(movie, _)| *movie).collect(),
            Intent::Mark { movies, .. } | Intent::Like { movies, .. } | Intent::UnrateSeveral { movies } => {
                movies.clone()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it says that nothing, or not enough, was understood.
    pub fn is_at_a_loss(&self) -> bool {
        matches!(self, Intent::NotUnderstood { .. } | Intent::UnknownTitle { .. } | Intent::OutsideTheData { .. })
    }

    pub(crate) fn shift(shift: Shift) -> Intent {
        Intent::Refine { filters: Filters::default(), tweak: Tweak::None, shift: Some(shift) }
    }
}

/// What a sentence that rates films says, and is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRated {
    /// A name that no film has.
    Unknown(String),
    /// A film, and a number that is no rating, as typed.
    OffScale(MovieId, String),
    /// Somebody else's rating, as typed.
    NotYours(String),
}

/// What is asked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Several films fit a title.
    WhichFilm,
    /// A name that nobody is known by is a title, too.
    FilmLike,
    /// A film is to be rated, but the stars are missing.
    HowManyStars,
    /// "scary movie" is a title and a kind of film.
    FilmOrKind,
    /// A verdict in words ("I hated it") is offered as a rating.
    ConfirmRating,
    /// "rate toy story 3" may be three stars or the third film.
    RatingOrTitle,
    /// "anything else with her?" of a film with several people in it.
    WhichPerson,
    /// Somebody's name is misspelt.
    PersonLike,
    /// "delete everything" may be of the conversation or of the ratings.
    WhatToDelete,
    /// What differs between the films of a question back was told; which of them is meant is still to be said.
    WhatDiffers,
    /// Something was said of what a question back has not settled.
    StillOpen,
}

/// One meaning of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClarifyOption {
    /// What the person chooses from: "Heat (1995)".
    pub label: String,
    /// The whole sentence, rewritten so that this doubt is gone. Sent as the next `ask`.
    pub text: String,
}
