//! What a sentence asks for that is neither title, genre nor year: a theme, a person, two genres as one thing. Each is a
//! set of films with a name. Never ranks them.

use cineswarm_engine::{Catalogue, MovieId};
use serde::{Deserialize, Serialize};

use crate::request::{Reader, Request};

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

/// Films that are left out at most, the best known: each film of a list is looked for among them.
const MOST_LEFT_OUT: usize = 4000;

/// Films that are left out, the best known if they are many.
pub(crate) fn left_out(without: &[Named], catalogue: &Catalogue) -> Vec<MovieId> {
    let mut films: Vec<MovieId> = without.iter().flat_map(|named| named.films.iter().copied()).collect();
    films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
    films.dedup();
    films.truncate(MOST_LEFT_OUT);
    films.sort_unstable();
    films
}

impl Reader<'_> {
    /// "romantic comedy", "sci-fi horror": both at once, and no longer either.
    pub(crate) fn join_genres(&self, request: &mut Request) {
        for run in std::mem::take(&mut request.genre_runs) {
            if run.genres.len() < 2 {
                continue;
            }
            request.genres.retain(|genre| !run.genres.contains(genre));
            let has_all =
                |movie: &&cineswarm_engine::Movie| run.genres.iter().all(|genre| movie.genres.contains(genre));
            let films = self.catalogue.movies().iter().filter(has_all).map(|movie| movie.id).collect();
            let topic = Topic {
                kind: TopicKind::Genres,
                label: run.genres.join(" + "),
                said: self.sentence.typed(run.from, run.to).to_owned(),
            };
            request.named.push(Named { topic, films });
        }
    }
}

/// The films that all topics have in common, the best known if they are many. An empty list lets every film pass, so
/// where none fits, one stands that no film has.
pub(crate) fn in_common(named: &[Named], catalogue: &Catalogue) -> Vec<MovieId> {
    let Some((first, others)) = named.split_first() else { return Vec::new() };
    let mut films = first.films.clone();
    for other in others {
        films.retain(|movie| other.films.contains(movie));
    }
    films.sort_by_key(|movie| (std::cmp::Reverse(catalogue.stats(*movie).ratings), *movie));
    films.truncate(MOST_FILMS);
    if films.is_empty() {
        films.push(MovieId::MAX);
    }
    films
}
