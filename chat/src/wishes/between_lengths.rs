//! Lengths from one to another: "between 2 and 3 hours long", "de entre hora y media y dos horas", "90 to 120 minutes". Said as
//! two bounds, which are read like any others.

use crate::words::cues;
use crate::words::fold::Sentence;
use crate::words::lexicon;

/// The same sentence with both bounds.
pub(crate) fn bounded(sentence: &Sentence) -> Option<String> {
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    (0..tokens.len()).find_map(|at| {
        let (from, joints): (usize, &[&str]) = match word(at) {
            "between" => (at + 1, &["and"]),
            "entre" => (at + 1, &["y", "a"]),
            "from" | "de" => (at + 1, &["to", "a"]),
            _ => (at, &["to", "a"]),
        };
        let (least_end, least_unit) = length_at(sentence, from)?;
        let to = least_end + 1;
        let (most_end, most_unit) = length_at(sentence, to).filter(|_| joints.contains(&word(least_end)))?;
        let unit = most_unit?;
        let is_english = matches!(word(least_end), "and" | "to");
        let (least, most) = match is_english {
            true => ("of at least", "and no more than"),
            false => ("de al menos", "y no más de"),
        };
        let start = at - usize::from(at > 0 && matches!((word(at - 1), word(at)), ("de", "entre")));
        let end = most_end + usize::from(word(most_end) == "long");
        Some(format!(
            "{} {least} {} {} {most} {} {}",
            sentence.typed(0, start),
            sentence.typed(from, least_end),
            if least_unit.is_none() { unit } else { "" },
            sentence.typed(to, most_end),
            sentence.typed(end, tokens.len())
        ))
    })
}

/// Minutes that films may be shorter or longer than a length that is not said to be a bound.
const ABOUT: u64 = 10;
const MOST_MINUTES: u64 = 900;

/// "about 90 minutes", "de hora y media", "a two hour film": the same sentence with the bounds around that length.
pub(crate) fn around(sentence: &Sentence) -> Option<String> {
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    (0..tokens.len()).find_map(|at| {
        let is_about = cues::is("about_length", word(at));
        let from = at + usize::from(is_about) + usize::from(is_about && word(at + 1) == "de");
        let (end, unit) = length_at(sentence, from)?;
        let unit = unit?;
        let is_adjective = matches!(unit, "hour" | "minute") && word(from) != "an" && word(from) != "a";
        let is_of = at > 0 && word(at - 1) == "de";
        let before = at.checked_sub(1 + usize::from(is_of)).map_or("", word);
        // "less than about 90 minutes", "de hora y media como mucho": a bound is read as one.
        let is_bound = cues::is("bounds_length", before) || cues::is("bounds_length", word(end));
        if is_bound || !(is_about || is_adjective || is_of) {
            return None;
        }
        let number = tokens[from].number().or_else(|| lexicon::number_word(word(from))).unwrap_or(1);
        // Nothing takes longer, and what does is no length.
        if number > MOST_MINUTES {
            return None;
        }
        let has_half = word(end - 1) == "half" || word(end - 1) == "media";
        let minutes = if unit.starts_with('m') { number } else { number * 60 + if has_half { 30 } else { 0 } };
        let (least, most) = (minutes.checked_sub(ABOUT)?, minutes + ABOUT);
        let start = at - usize::from(is_of);
        let end = end + usize::from(word(end) == "long");
        let (before, after) = (sentence.typed(0, start), sentence.typed(end, tokens.len()));
        // An adjective stands before what it is of.
        Some(match is_adjective {
            true => format!("{before} {after} of at least {least} minutes and no more than {most} minutes"),
            false => format!("{before} of at least {least} minutes and no more than {most} minutes {after}"),
        })
    })
}

/// Where a length ends that begins here, and its unit if that is said: "2", "2 hours", "an hour and a half", "hora y media".
fn length_at(sentence: &Sentence, at: usize) -> Option<(usize, Option<&str>)> {
    let word = |at: usize| sentence.tokens.get(at).map_or("", |token| token.word.as_str());
    let is_unit = |at: usize| cues::is("length_units", word(at));
    let token = sentence.tokens.get(at)?;
    let is_number = token.number().is_some() || lexicon::number_word(&token.word).is_some();
    let is_one = matches!(token.word.as_str(), "an" | "a" | "one" | "una" | "un");
    let unit = match () {
        () if token.word == "hora" => at,
        () if is_unit(at + 1) && (is_number || is_one) => at + 1,
        () if is_number => return Some((at + 1, None)),
        () => return None,
    };
    let half = [["and", "a", "half"].as_slice(), &["y", "media"]];
    let more = half.into_iter().find(|half| half.iter().enumerate().all(|(more, half)| word(unit + 1 + more) == *half));
    Some((unit + 1 + more.map_or(0, <[&str]>::len), Some(word(unit))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_is_no_bound_has_bounds_around_it_and_a_number_that_is_none_is_left() {
        let of = |text: &str| around(&Sentence::new(text));
        assert_eq!(of("a 90 minute comedy").unwrap(), "a comedy of at least 80 minutes and no more than 100 minutes");
        assert!(of("about two hours").unwrap().contains("at least 110 minutes"));
        for text in [
            "less than 90 minutes",
            "about 5 minutes",
            "about 99999999999999999999 hours",
            "a 18446744073709551615 minute film",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
