//! "la peli en inglés, tú sigue en español": in which language the chat is to speak is no condition on films, as it speaks
//! that of each sentence. Only where something else is said, too.

use crate::words::fold::Sentence;
use crate::words::{patterns, plainly, turns};

/// The sentence without the clause that says so.
pub(crate) fn left_out(sentence: &Sentence) -> Option<String> {
    let clauses = plainly::clauses_of(sentence);
    let is_of_chat = |clause: &String| {
        let tokens = Sentence::new(clause).tokens;
        let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word) || is_turn(&token.word)).count();
        turns::beginnings("speak_to_me", tokens.get(from..).unwrap_or_default()).next().is_some()
    };
    let kept: Vec<String> = clauses.iter().filter(|clause| !is_of_chat(clause)).cloned().collect();
    (!kept.is_empty() && kept.len() < clauses.len()).then(|| kept.join(", "))
}

fn is_turn(word: &str) -> bool {
    matches!(word, "but" | "pero" | "and" | "y")
}
