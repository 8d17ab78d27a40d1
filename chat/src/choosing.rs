//! A choice of an open question told by what is known of its films: "the russian one", "la soviética", "the one from the
//! seventies" after "which Solaris?". Chooses only where a single one fits.

use cineswarm_engine::{Catalogue, Filters, MovieId};

use crate::fold::Sentence;
use crate::follow_up::{choice, is_around, only_film};
use crate::intent::{Intent, Last};
use crate::places::place;
use crate::request::Reader;
use crate::titles::{TitleIndex, TitleMatch};
use crate::{ClarifyOption, Context, cues, patterns, replies};

/// The only choice that meets the conditions that the sentence says, and says nothing beside them.
pub(crate) fn by_conditions<'o>(
    sentence: &Sentence,
    options: &'o [ClarifyOption],
    index: &TitleIndex,
    catalogue: &Catalogue,
) -> Option<&'o ClarifyOption> {
    const MOST_WORDS: usize = 8;
    const BEFORE: [&str; 12] =
        ["i", "meant", "mean", "want", "no", "not", "me", "refiero", "referia", "a", "quiero", "digo"];
    let points = |word: &str| matches!(word, "the" | "that" | "la" | "el" | "esa" | "ese");
    let begins = |word: &str| BEFORE.contains(&word) || patterns::is_courtesy(word);
    let first = sentence.tokens.iter().find(|token| !begins(&token.word))?;
    if options.is_empty() || sentence.len() > MOST_WORDS || !points(&first.word) {
        return None;
    }
    let request = Reader::new(sentence, index, catalogue).read();
    let says_nothing = |at: usize| {
        let word = sentence.tokens[at].word.as_str();
        is_around(word) || cues::is("frames", word) || begins(word)
    };
    let says_no_more = request.unread.iter().all(|(from, to)| (*from..*to).all(says_nothing));
    // "the animated one, 4" rates it.
    if request.n.is_some() || !request.titles.is_empty() || !request.has_conditions() || !says_no_more {
        return None;
    }
    // Of a country or a language all films count here, not only the best known.
    let filters = Filters { exclude_seen: false, movie_ids: Vec::new(), ..request.filters() };
    let is_such = |movie| request.named.iter().all(|named| named.films.contains(&movie));
    only_film(options, index, |movie| {
        is_such(movie) && catalogue.get(movie).is_some_and(|film| filters.allow(film, false))
    })
}

/// "the Disney one" after films like Cinderella, of which there are several: the one of that name that is meant.
pub(crate) fn namesake(
    sentence: &Sentence,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Option<Intent> {
    const MOST_WORDS: usize = 6;
    let [only] = context.like else { return None };
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let points = matches!(
        words.as_slice(),
        ["the", .., "one" | "version" | "cartoon" | "film" | "movie"]
            | ["the", "one", ..]
            | ["la", "de" | "que" | "version", ..]
            | ["la" | "el", _]
    );
    // "the newer one" may be of the list.
    let is_of_list = |word: &str| matches!(word, "newer" | "older") || (place(word).is_some() && word != "one");
    if !points || words.iter().any(|word| is_of_list(word)) || words.len() > MOST_WORDS || context.last != Last::List {
        return None;
    }
    let option = |movie: MovieId| {
        let label = replies::film_name(catalogue.get(movie)?);
        Some(ClarifyOption { text: label.clone(), label })
    };
    let options: Vec<ClarifyOption> = index.namesakes(*only).into_iter().filter_map(option).collect();
    if options.len() < 2 {
        return None;
    }
    let chosen = choice(sentence, &options, index, catalogue)?;
    match index.find(&chosen.label) {
        TitleMatch::One(movie) => Some(Intent::LikeInstead { movies: vec![movie] }),
        _ => None,
    }
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
