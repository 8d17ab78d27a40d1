//! "the oldest film you have": the first of all films by years, minutes or stars, of those that meet what else is said.
//! Of the list before only where no word speaks of the catalogue.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::asks::about;
use crate::intent::{Intent, Wanted};
use crate::request::{Request, TitleSlot};
use crate::topics::TopicKind;
use crate::words::cues;

/// Whether the word tells no more than which of somebody's films is meant.
fn says_no_more(word: &str) -> bool {
    let is_most = ["oldest", "newest", "longest", "shortest"].iter().any(|cue| cues::is(cue, word));
    is_most || cues::is("frames", word) || cues::is("asks", word) || about::is_of_grammar(word) || word == "s"
}

impl Chat<'_> {
    /// The film that it is, by what is asked of it.
    pub(crate) fn most_of_all(&self, request: &Request) -> Option<Intent> {
        const CATALOGUE: [&[&str]; 31] = [
            &["in", "there"],
            &["in", "here"],
            &["on", "here"],
            &["you", "have"],
            &["youve", "got"],
            &["you", "got"],
            &["you", "know"],
            &["you", "know", "of"],
            &["of", "all"],
            &["in", "the", "catalogue"],
            &["in", "the", "catalog"],
            &["in", "your", "catalogue"],
            &["in", "your", "catalog"],
            &["in", "the", "database"],
            &["in", "your", "database"],
            &["in", "your", "collection"],
            &["que", "tengas"],
            &["que", "tienes"],
            &["que", "tenes"],
            &["que", "tengan"],
            &["que", "tienen"],
            &["que", "teneis"],
            &["que", "tengais"],
            &["que", "haya"],
            &["que", "hay"],
            &["que", "conoces"],
            &["que", "conozcas"],
            &["del", "catalogo"],
            &["de", "tu", "catalogo"],
            &["en", "el", "catalogo"],
            &["de", "todo", "el", "catalogo"],
        ];
        let tokens = &self.reader.sentence.tokens;
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let speaks_of_all = CATALOGUE.iter().any(|phrase| words.ends_with(phrase));
        // "the newest stuff you have" is a list.
        let is_list = words.iter().any(|word| {
            matches!(*word, "stuff" | "ones" | "films" | "movies" | "things" | "pelis" | "peliculas" | "las" | "cosas")
        });
        // "which film of Nolan's is the shortest?", and nothing else.
        let mut kinds = request.named.iter().map(|named| named.topic.kind);
        let is_somebodys = !request.named.is_empty()
            && kinds.all(|kind| matches!(kind, TopicKind::Director | TopicKind::Cast))
            // "is the last one directed by Spielberg?" is of the list.
            && self.film_at_place().is_none()
            && request.unread.iter().all(|&(from, to)| (from..to).all(|at| says_no_more(words[at])));
        let is_title = |slot: &TitleSlot| {
            self.resolved(slot).is_ok() && !(is_somebodys && (slot.from..slot.to).all(|at| says_no_more(words[at])))
        };
        if !(speaks_of_all || is_somebodys) || is_list || request.titles.iter().any(is_title) {
            return None;
        }
        // "the oldest", "la más vieja".
        let says = |cue: &str| {
            (0..words.len()).any(|at| {
                let is_most = words[at].ends_with("est") || (at > 0 && words[at - 1] == "mas");
                let is_first = is_somebodys && matches!(cue, "oldest" | "newest");
                cues::is(cue, words[at]) && (is_most || is_first)
            })
        };
        // What the words mean as years ("old" is before 1980) is no condition beside it.
        let filters =
            Request { titles: Vec::new(), year_from: None, year_to: None, within: request.within, ..request.clone() }
                .filters();
        let films = || self.catalogue.movies().iter().filter(|movie| filters.allow(movie, false));
        let minutes = |movie: &MovieId| self.reader.index.facts(*movie).and_then(|known| known.runtime_min);
        let timed = || films().map(|movie| movie.id).filter(|movie| minutes(movie).is_some_and(|minutes| minutes > 0));
        let dated = || films().filter(|movie| movie.year.is_some());
        let (movie, wanted) = match () {
            () if says("oldest") => (dated().min_by_key(|movie| movie.year).map(|movie| movie.id), Wanted::Year),
            () if says("newest") => (dated().max_by_key(|movie| movie.year).map(|movie| movie.id), Wanted::Year),
            () if says("longest") => (timed().max_by_key(minutes), Wanted::Runtime),
            () if says("shortest") => (timed().min_by_key(minutes), Wanted::Runtime),
            () => return None,
        };
        Some(match movie {
            Some(movie) => Intent::About { wanted, movie },
            None => Intent::OutsideTheData { asked: self.reader.sentence.text.trim().to_owned() },
        })
    }
}
