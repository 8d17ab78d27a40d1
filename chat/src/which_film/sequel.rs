//! "and the sequel 2", "cuánto dura la segunda parte": the film after the one that is spoken of in its series, named in its
//! place. The phrases are the kind `sequel` in `data/which.tsv`. "¿tiene segunda parte?" asks whether there is one.

use cineswarm_engine::MovieId;

use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::words::fold::Sentence;
use crate::words::which::{phrase_at, says_only};
use crate::{Last, Setting, replies};

/// The sentence with the sequel named.
pub(crate) fn named(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let tokens = &sentence.tokens;
    let (at, end) =
        (0..tokens.len()).find_map(|at| phrase_at(tokens, at, tokens.len(), &["sequel"]).map(|(_, end)| (at, end)))?;
    // "la segunda parte de Tiburón".
    let is_link = |at: usize| {
        tokens.get(at).is_some_and(|token| matches!(token.word.as_str(), "of" | "to" | "de" | "del" | "for" | "a"))
    };
    let titled = || {
        let ends = (end + 2..=tokens.len().min(end + 1 + MAX_TITLE_TOKENS)).rev();
        ends.into_iter().find_map(|to| match setting.index.find_as(&tokens[end + 1..to], Reading::Exact)? {
            TitleMatch::One(movie) => Some((movie, to)),
            _ => None,
        })
    };
    let (film, to) = is_link(end).then(titled).flatten().or_else(|| Some((spoken_of(setting)?, end)))?;
    let sequel = after(film, setting)?;
    let (start, end) = sentence.byte_range(at, to);
    let title = setting.catalogue.get(sequel).map(replies::film_name)?;
    // "y la segunda parte?" after a list asks for that film alone, and for nothing of it.
    let is_all = says_only(&tokens[..at], &["beside"]) && says_only(&tokens[to..], &["beside"]);
    if is_all && setting.context.last == Last::List {
        return Some(title);
    }
    Some(format!("{}{title}{}", &sentence.text[..start], &sentence.text[end..]))
}

/// The film that is spoken of, or that films are asked for like.
fn spoken_of(setting: Setting<'_>) -> Option<MovieId> {
    let context = setting.context;
    let only = context.like.first().copied().filter(|_| context.like.len() == 1);
    context.about.filter(|_| !matches!(context.last, Last::List | Last::Compared(_))).or(only)
}

/// The next film of its series, which is no other version of it.
fn after(film: MovieId, setting: Setting<'_>) -> Option<MovieId> {
    let Setting { index, catalogue, .. } = setting;
    let year = |movie: &MovieId| catalogue.get(*movie).and_then(|film| film.year);
    let own = year(&film)?;
    let versions = index.versions(film);
    let later = |movie: &&MovieId| year(movie).is_some_and(|year| year > own) && !versions.contains(movie);
    index.series_of(film).iter().filter(later).min_by_key(|movie| year(movie)).copied()
}
