//! A film of the list before that is told by what it is most: "more like that oldest one", "who directed the longest one".
//! Which one it is, is asked as that question would be; what is asked of it is for others to read.

use crate::Setting;
use crate::films::titles::Reading;
use crate::intent::{Intent, Understood};
use crate::whole::understood_whole;
use crate::words::fold::Sentence;
use crate::words::{language, patterns, turns};

/// A kind of phrase, and the question that it answers.
const KINDS: [(&str, &str); 6] = [
    ("most_new", "which of these is the newest"),
    ("most_old", "which of these is the oldest"),
    ("most_long", "which of these is the longest"),
    ("most_short", "which of these is the shortest"),
    ("most_good", "which of these is the best rated"),
    ("most_known", "which of these is the best known"),
];

/// What is said of that film; `None` where nothing else is said.
pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let asks_which = |word: &str| matches!(word, "which" | "what" | "whats" | "cual" | "cuales" | "first" | "primero");
    if setting.context.shown.len() < 2
        || tokens.iter().any(|token| asks_which(&token.word))
        || patterns::fitting(sentence).any(|fitting| fitting.film.is_none() && fitting.numbers.is_empty())
        || setting.index.find_as(tokens, Reading::Exact).is_some()
    {
        return None;
    }
    let (from, to, question) = (0..tokens.len()).find_map(|at| {
        KINDS
            .into_iter()
            .find_map(|(kind, question)| Some((at, at + turns::beginnings(kind, &tokens[at..]).next()?, question)))
    })?;
    let Intent::About { movie, .. } = understood_whole(&Sentence::new(question), setting).intent else { return None };
    let place = setting.context.shown.iter().position(|shown| *shown == movie)? + 1;
    let asks = if sentence.text.contains('?') { "?" } else { "" };
    let number = if matches!(tokens[from].word.as_str(), "the" | "that") { "number" } else { "la" };
    let said = format!("{} {number} {place} {}{asks}", sentence.typed(0, from), sentence.typed(to, tokens.len()));
    let read = setting.understand(said.trim());
    let is_of_it = match &read.intent {
        Intent::Like { movies, .. } | Intent::Mark { movies, .. } => movies.as_slice() == [movie],
        intent => intent.speaks_of().0 == Some(movie),
    };
    let language = language::language(&sentence.text, tokens).or(read.language);
    (is_of_it && read.ignored.is_empty()).then_some(Understood { language, ..read })
}
