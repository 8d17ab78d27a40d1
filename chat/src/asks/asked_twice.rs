//! Two questions about one film in a sentence: "who directed Toni Erdmann? and how long is it", "¿quién dirige Roma y cuánto
//! dura?". Each is understood by itself, the second after the first. Only where both are about the same film.

use crate::intent::Intent;
use crate::words::fold::Sentence;
use crate::words::{cues, plainly};
use crate::{Context, Last, Setting, Understood};

/// What both questions want, as one.
pub(crate) fn asked_twice(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let (first, second) = two_questions(sentence)?;
    let first = setting.understand(&first);
    let Intent::About { wanted, movie } = first.intent else { return None };
    let context = Context { about: Some(movie), last: Last::Asked(wanted), options: &[], ..*setting.context };
    let second = setting.after(&context).understand(&second);
    match second.intent {
        Intent::About { wanted: other, movie: of } if of == movie && other != wanted => {
            Some(Understood { intent: Intent::AboutBoth { wanted: [wanted, other], movie }, ..first })
        }
        _ => None,
    }
}

/// The parts before and after a question mark, or an "and" that a word follows which asks.
fn two_questions(sentence: &Sentence) -> Option<(String, String)> {
    let parts = plainly::sentences(sentence);
    if let [first, second] = parts.as_slice()
        && first.ends_with('?')
    {
        return Some((first.clone(), second.clone()));
    }
    let tokens = &sentence.tokens;
    let asks = |at: usize| {
        tokens.get(at).is_some_and(|token| {
            cues::is("asks", &token.word) || matches!(token.word.as_str(), "what" | "whats" | "que" | "de" | "en")
        })
    };
    let is_joint = |at: usize| matches!(tokens[at].word.as_str(), "and" | "y") && asks(at + 1);
    let first = tokens.iter().position(|token| cues::is("asks", &token.word))?;
    let joint = (first + 2..tokens.len().saturating_sub(2)).find(|at| is_joint(*at))?;
    Some((sentence.typed(0, joint).to_owned(), sentence.typed(joint + 1, tokens.len()).to_owned()))
}
