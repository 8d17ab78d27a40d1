//! Lengths from one to another: "between 2 and 3 hours long", "de entre 90 y 120 minutos". Said as two bounds, which are read
//! like any others.

use crate::words::cues;
use crate::words::fold::Sentence;
use crate::words::lexicon;

/// The same sentence with both bounds.
pub(crate) fn bounded(sentence: &Sentence) -> Option<String> {
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let is_number = |at: usize| {
        tokens.get(at).is_some_and(|token| token.number().is_some() || lexicon::number_word(&token.word).is_some())
    };
    let is_unit = |at: usize| cues::is("length_units", word(at));
    (0..tokens.len()).find_map(|at| {
        let is_english = match word(at) {
            "between" | "from" => true,
            "entre" | "de" => false,
            _ => return None,
        };
        let from = at + 1;
        let joint = from + 1 + usize::from(is_unit(from + 1));
        let to = joint + 1;
        let joins = match word(at) {
            "between" => word(joint) == "and",
            "entre" => matches!(word(joint), "y" | "a"),
            _ => matches!(word(joint), "to" | "a"),
        };
        if !(is_number(from) && joins && is_number(to) && is_unit(to + 1)) {
            return None;
        }
        let unit = word(to + 1);
        let first_unit = if is_unit(from + 1) { word(from + 1) } else { unit };
        let (least, most) = match is_english {
            true => ("of at least", "and no more than"),
            false => ("de al menos", "y no más de"),
        };
        let start = at - usize::from(at > 0 && matches!((word(at - 1), word(at)), ("de", "entre")));
        let end = to + 2 + usize::from(word(to + 2) == "long");
        Some(format!(
            "{} {least} {} {first_unit} {most} {} {unit} {}",
            sentence.typed(0, start),
            word(from),
            word(to),
            sentence.typed(end, tokens.len())
        ))
    })
}
