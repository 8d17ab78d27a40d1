//! What a sentence asks for that is neither title, genre nor year: a theme, a person, two genres as one thing. Each is a
//! set of films with a name. Never ranks them.

use std::collections::HashSet;

use cineswarm_engine::{Catalogue, Filters, MovieId};
use serde::{Deserialize, Serialize};

/// Films of one sentence's topics that are looked among, the best known of them: the filter takes them one by one.
const MOST_FILMS: usize = 1000;

/// What kind of topic it is; the name of its chip's kind on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicKind {
    /// What viewers have tagged: "zombies".
    Theme,
    /// Several genres at once: "romantic comedy".
    Genres,
    /// Somebody who directed them.
    Director,
    /// Somebody who is in them.
    Cast,
    /// A series.
    Series,
    /// Minutes at the most; the label is their number.
    LengthAtMost,
    /// Minutes at the least; the label is their number.
    LengthAtLeast,
    /// A language or country.
    Origin,
    /// What the films are not to be: a theme, somebody, years, a series, a film.
    Without,
    /// Films that more people have rated than the others that fit.
    BetterKnown,
}

impl TopicKind {
    /// As it is on the wire.
    pub fn name(self) -> &'static str {
        match self {
            TopicKind::Theme => "theme",
            TopicKind::Genres => "genres",
            TopicKind::Director => "director",
            TopicKind::Cast => "cast",
            TopicKind::Series => "series",
            TopicKind::LengthAtMost | TopicKind::LengthAtLeast => "length",
            TopicKind::Origin => "origin",
            TopicKind::Without => "without",
            TopicKind::BetterKnown => "better_known",
        }
    }
}

/// A part of a sentence that names a set of films.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// What it is.
    pub kind: TopicKind,
    /// For the person to read.
    pub label: String,
    /// The words that ask for it in a sentence.
    pub said: String,
}

/// Conditions of the question before that are to hold no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lifted {
    /// Genres.
    pub genres: Vec<String>,
    /// Whatever years.
    pub years: bool,
    /// Themes, people, origins, lengths, and what was ruled out.
    pub topics: Vec<Topic>,
    /// The films of what was ruled out.
    pub films: Vec<MovieId>,
}

impl Lifted {
    /// Whether nothing is lifted.
    pub fn is_empty(&self) -> bool {
        self.genres.is_empty() && !self.years && self.topics.is_empty()
    }
}

/// A topic with its films.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) topic: Topic,
    pub(crate) films: Vec<MovieId>,
}

/// Genres that stand together: tokens `from..to`.
#[derive(Clone, Debug)]
pub(crate) struct GenreRun {
    pub(crate) genres: Vec<String>,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl GenreRun {
    /// Goes on to `to` with these, too.
    pub(crate) fn extend(&mut self, genres: &[String], to: usize) {
        self.to = to;
        for genre in genres {
            if !self.genres.contains(genre) {
                self.genres.push(genre.clone());
            }
        }
    }
}

/// Topics that follow each other with nothing but commas, "and" or "or" between them.
#[derive(Debug, Default)]
pub(crate) struct Alternatives {
    /// The first of them among all topics.
    pub(crate) first: usize,
    /// The place after the last of them; none, if nothing was read yet.
    pub(crate) end: Option<usize>,
    /// They are people whom somebody likes.
    pub(crate) are_liked: bool,
}

impl TopicKind {
    /// Whether one can stand for the other: who directed and who is in it are both people.
    pub fn is_like(self, other: TopicKind) -> bool {
        let is_person = |kind| matches!(kind, TopicKind::Director | TopicKind::Cast);
        self == other || (is_person(self) && is_person(other))
    }
}

/// Stands for no film at all, where an empty list would be of any.
pub(crate) const NOTHING_IN_COMMON: [MovieId; 1] = [MovieId::MAX];

/// Films that are left out at most, the best known: each film of a list is looked for among them.
const MOST_LEFT_OUT: usize = 7000;

/// Films that are left out, the best known if they are many.
pub(crate) fn left_out(without: &[Named], catalogue: &Catalogue) -> Vec<MovieId> {
    let mut films: Vec<MovieId> = without.iter().flat_map(|named| named.films.iter().copied()).collect();
    films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
    films.dedup();
    films.truncate(MOST_LEFT_OUT);
    films.sort_unstable();
    films
}

/// Either of two topics as one.
pub(crate) fn either(one: Named, other: Named, joint: &str) -> Named {
    let topic = Topic {
        kind: one.topic.kind,
        label: [one.topic.label, other.topic.label].join(joint),
        said: [one.topic.said, other.topic.said].join(joint),
    };
    let mut films = one.films;
    films.extend(other.films);
    films.sort_unstable();
    films.dedup();
    Named { topic, films }
}

/// The films that all topics have in common, the best known if they are many. An empty list lets every film pass, so
/// where none fits, one stands that no film has.
pub(crate) fn in_common(named: &[Named], catalogue: &Catalogue) -> Vec<MovieId> {
    let mut films = all_in_common(named);
    films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
    films.truncate(MOST_FILMS);
    films
}

/// As [`in_common`], however many they are, in no order: what is asked for besides may leave few of them.
pub(crate) fn all_in_common(named: &[Named]) -> Vec<MovieId> {
    let Some((first, others)) = named.split_first() else { return Vec::new() };
    let mut films = first.films.clone();
    for other in others {
        let own: HashSet<MovieId> = other.films.iter().copied().collect();
        films.retain(|movie| own.contains(movie));
    }
    if films.is_empty() { NOTHING_IN_COMMON.to_vec() } else { films }
}

/// Whether films are asked for only by what they are not to be, or by how long they may be: "no horror", "I have two hours".
pub fn only_rules_out(filters: &Filters, topics: &[Topic]) -> bool {
    let Filters { genres, exclude_genres, year_from, year_to, .. } = filters;
    let is_length = |topic: &Topic| matches!(topic.kind, TopicKind::LengthAtMost | TopicKind::LengthAtLeast);
    let is_of_length = topics.iter().any(is_length);
    let wants = !genres.is_empty() || year_from.is_some() || year_to.is_some();
    let wants = wants || !(filters.movie_ids.is_empty() || is_of_length);
    let rules_out = !exclude_genres.is_empty() || !topics.is_empty();
    rules_out && !wants && topics.iter().all(|topic| topic.kind == TopicKind::Without || is_length(topic))
}
