//! A choice of an open question told by what is known of its films: "the russian one", "la soviética", "the one from the
//! seventies" after "which Solaris?". Chooses only where a single one fits.

use cineswarm_engine::{Catalogue, Filters};

use crate::fold::Sentence;
use crate::follow_up::{is_around, only_film};
use crate::request::Reader;
use crate::titles::TitleIndex;
use crate::{ClarifyOption, cues};

/// The only choice that meets the conditions that the sentence says, and says nothing beside them.
pub(crate) fn by_conditions<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    const MOST_WORDS: usize = 8;
    let points = |word: &str| matches!(word, "the" | "that" | "la" | "el" | "esa" | "ese");
    let first = sentence.tokens.first()?;
    if options.is_empty() || sentence.len() > MOST_WORDS || !points(&first.word) {
        return None;
    }
    let request = Reader::new(sentence, index, catalogue).read();
    let says_nothing = |at: usize| {
        let word = sentence.tokens[at].word.as_str();
        is_around(word) || cues::is("frames", word)
    };
    let says_no_more = request.unread.iter().all(|(from, to)| (*from..*to).all(says_nothing));
    if !request.titles.is_empty() || !request.has_conditions() || !says_no_more {
        return None;
    }
    let filters = Filters { exclude_seen: false, ..request.filters() };
    only_film(options, index, |movie| catalogue.get(movie).is_some_and(|film| filters.allow(film, false)))
}

/// "the first of the two", without what it is one of.
pub(crate) fn without_count(sentence: &Sentence) -> Option<Sentence> {
    let counts = |word: &str| {
        matches!(word, "the" | "las" | "los" | "two" | "dos" | "three" | "tres" | "them" | "these" | "those")
            || matches!(word, "ellas" | "esas" | "estas" | "all" | "todas" | "list" | "lista" | "la")
    };
    let at = sentence.tokens.iter().rposition(|token| matches!(token.word.as_str(), "of" | "de"))?;
    let rest = sentence.tokens.get(at + 1..)?;
    let is_count = at > 0 && !rest.is_empty() && rest.iter().all(|token| counts(&token.word));
    is_count.then(|| Sentence::new(sentence.typed(0, at)))
}
