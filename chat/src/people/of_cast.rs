//! One of the cast that was just told, by a first name or a surname alone: "me gusta Winona, qué más tiene". Only puts the
//! whole name in its place. "Any that do?" after "is Al Pacino in it?" asks for films with him.

use crate::Setting;
use crate::context::Last;
use crate::films::titles::Reading;
use crate::intent::{Lang, Wanted};
use crate::words::fold::{Sentence, tokenize};
use crate::words::{lexicon, turns};

/// The sentence with the whole name.
pub(crate) fn named_in_full(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let Setting { lang, index, context, .. } = setting;
    let tokens = &sentence.tokens;
    if index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let films = |name: &str, directs: bool| match (lang, directs) {
        (Lang::En, true) => format!("films directed by {name}"),
        (Lang::En, false) => format!("films with {name}"),
        (Lang::Es, true) => format!("películas dirigidas por {name}"),
        (Lang::Es, false) => format!("películas con {name}"),
    };
    if let Last::AskedOf(wanted, somebody) = context.last
        && let Some(name) = index.knowledge.name_of(somebody)
    {
        let with = |name: &str| match (lang, wanted == Wanted::Director) {
            (Lang::En, true) => format!("directed by {name}"),
            (Lang::En, false) => format!("with {name}"),
            (Lang::Es, true) => format!("dirigidas por {name}"),
            (Lang::Es, false) => format!("con {name}"),
        };
        return turns::is("any_that_do", tokens).then(|| with(name));
    }
    let directs = match context.last {
        Last::Asked(Wanted::Cast | Wanted::Role) => false,
        Last::Asked(Wanted::Director) => true,
        _ => return None,
    };
    let facts = index.facts(context.about?)?;
    let told = if directs { &facts.directors } else { &facts.cast };
    let is_called = |name: &String, word: &str| tokenize(name).iter().any(|part| part.word == word);
    let (at, name) = (0..tokens.len()).find_map(|at| {
        let word = tokens[at].word.as_str();
        let mut named = told.iter().filter(|name| word.len() > 2 && is_called(name, word));
        let is_name = sentence.typed(at, at + 1).starts_with(char::is_uppercase) || !lexicon::is_known(word);
        let name = named.next().filter(|_| named.next().is_none() && is_name)?;
        Some((at, name))
    })?;
    // The whole name, and nothing else, is read as it is.
    let is_whole = [at.checked_sub(1), Some(at + 1)]
        .into_iter()
        .flatten()
        .any(|beside| tokens.get(beside).is_some_and(|token| is_called(name, &token.word)));
    let mut others = (0..tokens.len()).filter(|other| *other != at);
    let rest = |at: usize| turns::is_word("more_of", &tokens[at].word);
    let asks_more =
        tokens.iter().any(|token| matches!(token.word.as_str(), "mas" | "more" | "else" | "other" | "otras" | "otra"));
    (!is_whole && asks_more && others.all(rest)).then(|| films(name, directs))
}
