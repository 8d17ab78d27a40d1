//! A sentence that is a title, whatever else its words would do. Only says which film is meant.

use crate::Setting;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::Understood;
use crate::replies::film_name;
use crate::whole::says;
use crate::words::cues;
use crate::words::fold::{Sentence, Token, without_article};

/// "seven samurai not seven": a film, and one whose title is a part of that and is not meant.
pub(crate) fn not_another(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let denies = |token: &Token| matches!(token.word.as_str(), "not" | "no");
    let at = sentence.tokens.iter().position(denies).filter(|at| *at > 1)?;
    let (title, other) = (&sentence.tokens[..at], without_article(sentence.tokens.get(at + 1..)?));
    let is_part = !other.is_empty()
        && other.len() < title.len()
        && title.windows(other.len()).any(|part| part.iter().zip(other).all(|(own, said)| own.word == said.word));
    let film = match setting.index.find_as(title, Reading::Exact)? {
        TitleMatch::One(movie) if is_part => setting.catalogue.get(movie)?,
        _ => return None,
    };
    setting.index.find_as(other, Reading::Exact)?;
    Some(film_name(film))
}

/// "Volver", where there is nothing to go back to.
pub(crate) fn said_first(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let context = setting.context;
    let is_first = !setting.goes_on() && context.about.is_none() && context.options.is_empty();
    let goes_back = |sentence: &Sentence| cues::is("goes_back", &sentence.tokens[0].word);
    if sentence.len() != 1 || !is_first || !goes_back(sentence) {
        return None;
    }
    let film = match setting.index.find_as(&sentence.tokens, Reading::Exact)? {
        TitleMatch::One(movie) => setting.catalogue.get(movie)?,
        _ => return None,
    };
    Some(format!("films like {}", film_name(film)))
}

/// "Avengers Endgame": words that are all written as names are a title, if one that no film here has.
pub(crate) fn written_as_one(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    let words = 0..sentence.len();
    let is_name = |at: usize| sentence.typed(at, at + 1).starts_with(|first: char| first.is_uppercase());
    let is_title = (2..=MAX_TITLE_TOKENS).contains(&sentence.len()) && words.into_iter().all(is_name);
    // Who shouts writes no names.
    let shouts = !sentence.text.chars().any(char::is_lowercase);
    let asks = sentence.text.contains(['?', '¿']) || shouts;
    (is_title && !asks).then(|| says(sentence, setting.chat(sentence).unknown(0, sentence.len())))
}
