//! A text that is nothing but titles, as commands on the terminal have it. It is read as after "films like", so that the
//! terminal and the page give the same films, or ask the same back. Never reads conditions.

use cineswarm_engine::{Catalogue, MovieId};

use crate::films::titles::{TitleIndex, TitleMatch};
use crate::request::Request;
use crate::words::fold::Sentence;
use crate::{Context, Lang, Setting};

/// What a text of titles means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    /// These films, each once, as they are named.
    Films(Vec<MovieId>),
    /// Which of these is to be asked.
    Which {
        /// The title that fits them.
        asked: String,
        /// The most rated first.
        movies: Vec<MovieId>,
    },
    /// No film has this title for certain.
    Unknown {
        /// What was read as a title.
        asked: String,
        /// Films that may be meant, often none.
        nearest: Vec<MovieId>,
    },
}

/// The films that a text of one or several titles names. `index` must have been built from `catalogue`.
pub fn films_named(text: &str, index: &TitleIndex, catalogue: &Catalogue) -> Naming {
    let sentence = Sentence::new(text);
    let context = Context::default();
    let chat = Setting { lang: Lang::default(), index, catalogue, context: &context, is_example: false, depth: 0 }
        .chat(&sentence);
    let mut request = Request::default();
    let end = chat.reader.read_titles(0, &mut request);
    if request.titles.is_empty() || end < sentence.len() {
        return Naming::Unknown { asked: sentence.text.trim().to_owned(), nearest: index.nearest(&sentence.tokens) };
    }
    let mut films = Vec::new();
    for slot in &request.titles {
        let (from, to) = chat.reader.trimmed(slot.from, slot.to);
        let asked = || sentence.typed(from, to).to_owned();
        match &slot.found {
            TitleMatch::One(movie) if chat.is_doubtful(slot, *movie) => {
                return Naming::Unknown { asked: asked(), nearest: vec![*movie] };
            }
            TitleMatch::One(movie) if films.contains(movie) => {}
            TitleMatch::One(movie) => films.push(*movie),
            TitleMatch::Several(movies) => return Naming::Which { asked: asked(), movies: movies.clone() },
            TitleMatch::Nothing { nearest } => {
                return Naming::Unknown { asked: asked(), nearest: nearest.clone() };
            }
        }
    }
    Naming::Films(films)
}
