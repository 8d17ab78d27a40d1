//! Sentences that turn down what they named before: "batman no", "one by Tarantino no one by Scorsese rather". Each is
//! written anew as a sentence that says plainly what is wanted and what is not. Never reads that sentence.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::films::titles::{Reading, TitleIndex};
use crate::words::fold::Sentence;
use crate::words::patterns;
use crate::words::places;

/// "one by Tarantino no one by Scorsese rather", "comedies, no wait, dramas": what is meant in the end.
pub(crate) fn meant_in_the_end(sentence: &Sentence) -> Option<String> {
    const TAKES_BACK: [&[&str]; 14] = [
        &["no", "mejor"],
        &["no", "wait"],
        &["no", "espera"],
        &["no", "perdon"],
        &["no", "perdona"],
        &["no", "sorry"],
        &["no", "digo"],
        &["no", "mas", "bien"],
        &["no", "rather"],
        &["no", "better"],
        &["wait", "no"],
        &["espera", "no"],
        &["no", "make", "that"],
        &["no", "i", "mean"],
    ];
    const DENIES: [&str; 2] = ["no", "not"];
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    // "that is no better", "Salma Hayek, horror no, rather comedy": what is turned down stands right before the "no".
    let is_begun = |at: usize| !matches!(words[at - 1], "que" | "pero" | "but" | "y" | "and" | "is" | "are" | "esta");
    let begins_anew = (1..words.len())
        .filter(|at| is_begun(*at) && sentence.breaks_before(*at))
        .find_map(|at| Some(at + TAKES_BACK.iter().find(|words_of| words[at..].starts_with(words_of))?.len()));
    if let Some(at) = begins_anew.filter(|at| *at < words.len()) {
        return Some(sentence.typed(at, words.len()).to_owned());
    }
    const SWAPS: [&str; 4] = ["mejor", "instead", "rather", "better"];
    const MOST_WORDS: usize = 5;
    // "francesas no, italianas mejor", "Tarantino no, rather Spielberg".
    let is_turned_down = |at: &usize| {
        DENIES.contains(&words[*at])
            && !(1..=*at).any(|at| sentence.breaks_before(at))
            && sentence.breaks_before(at + 1)
    };
    let (last, rest) = words.split_last()?;
    if let Some(at) = (1..words.len().min(MOST_WORDS)).find(is_turned_down) {
        let from = at + 1 + usize::from(words.get(at + 1).is_some_and(|word| SWAPS.contains(word)));
        let to = words.len() - usize::from(SWAPS.contains(last));
        let is_swapped = from > at + 1 || to < words.len();
        return (is_swapped && from < to)
            .then(|| format!("{} sin {}", sentence.typed(from, to), sentence.typed(0, at)));
    }
    if !SWAPS.contains(last) {
        return None;
    }
    let denied = (1..rest.len()).rev().find(|at| DENIES.contains(&words[*at]))?;
    let goes_on = !(denied + 1..=rest.len()).any(|at| sentence.breaks_before(at));
    let is_whole = denied + 1 < rest.len() && is_begun(denied) && goes_on;
    is_whole.then(|| sentence.typed(denied + 1, rest.len()).to_owned())
}

/// What puts off what stands before it, at the end of a sentence.
static PUT_OFF: LazyLock<HashSet<Vec<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/put_off.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|phrase| phrase.split(' ').collect()).collect()
});

/// Words of the longest of those.
const LONGEST_END: usize = 5;

/// "blood makes me queasy", "los musicales me aburren": without it, as a sentence that says so.
pub(crate) fn put_off_at_its_end(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    const MOST_WORDS: usize = 11;
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let said = |length: usize| words.get(words.len().checked_sub(length)?..).filter(|end| PUT_OFF.contains(*end));
    let to = words.len() - (1..=LONGEST_END).rev().find_map(said)?.len();
    // Of a film it is a verdict.
    let is_title = index.find_as(&sentence.tokens[..to], Reading::Exact).is_some();
    let says_what = to > 0 && words.len() <= MOST_WORDS && !(1..to).any(|at| sentence.breaks_before(at));
    let points = matches!(words[0], "that" | "this" | "it" | "esa" | "ese" | "eso" | "esta" | "este" | "que" | "no");
    // "my kids will like but won't bore me".
    let denies = to > 0 && matches!(words[to - 1], "wont" | "dont" | "doesnt" | "not" | "no" | "never");
    (says_what && !is_title && !points && !denies).then(|| format!("sin {}", sentence.typed(0, to)))
}

/// "batman no", "batman no plis", "Hachiko no, que me muero", "Alien fuera": without it, as a sentence that says so.
pub(crate) fn negated_at_its_end(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    const MOST_WORDS: usize = 5;
    const COURTESY: [&str; 10] =
        ["plis", "favor", "porfa", "porfavor", "please", "pls", "plz", "gracias", "thanks", "eh"];
    let mut len = sentence.len();
    while len > 1 && COURTESY.contains(&sentence.tokens[len - 1].word.as_str()) {
        len -= 1 + usize::from(len > 2 && sentence.tokens[len - 1].word == "favor");
    }
    // What follows a "no que" is why.
    let says_why = (1..len.min(MOST_WORDS)).find(|at| {
        let word = |at: usize| sentence.tokens.get(at).map_or("", |token| token.word.as_str());
        word(*at) == "no" && matches!(word(at + 1), "que" | "porque")
    });
    let says_why = says_why
        .filter(|at| (1..=*at).any(|end| index.find_as(&sentence.tokens[at - end..*at], Reading::Exact).is_some()));
    let len = says_why.map_or(len, |at| at + 1);
    let (last, rest) = sentence.tokens.get(..len)?.split_last()?;
    // "de Almodóvar nada".
    if let [of, unwanted @ ..] = rest
        && (of.word.as_str(), last.word.as_str()) == ("de", "nada")
        && (1..MOST_WORDS).contains(&unwanted.len())
        && !matches!(unwanted[0].word.as_str(), "eso" | "esto" | "ello" | "ellos" | "ellas")
    {
        return Some(format!("sin {}", sentence.typed(1, rest.len())));
    }
    let also = matches!(last.word.as_str(), "tampoco" | "either" | "neither");
    let denies =
        |word: &str| matches!(word, "not" | "dont" | "cant" | "nothing" | "never" | "nor" | "without" | "sin" | "or");
    if !(also || matches!(last.word.as_str(), "no" | "fuera")) || rest.is_empty() {
        return None;
    }
    // "I don't like horror either" says it with a word of its own; "ni batman tampoco" twice.
    let joins = usize::from(also && rest.len() > 1 && matches!(rest[0].word.as_str(), "y" | "ni" | "and"));
    if also && rest.iter().any(|token| denies(&token.word)) {
        return None;
    }
    // "Dr. No".
    if index.find_as(&sentence.tokens, Reading::Exact).is_some() {
        return None;
    }
    let is_question = sentence.text.contains(['?', '¿']);
    let says_place = rest.iter().any(|token| places::place(&token.word).is_some());
    let is_order = patterns::fitting(sentence).any(|fitting| fitting.film.is_none());
    let begins_otherwise = matches!(rest[joins].word.as_str(), "no" | "y" | "pues" | "como");
    if is_question || says_place || is_order || begins_otherwise {
        return None;
    }
    // "Salma Hayek, terror no" and "romantic but terror no" are no horror.
    let turns = |at: usize| matches!(rest[at].word.as_str(), "pero" | "but" | "aunque");
    let clause = (1..rest.len()).rev().find(|at| sentence.breaks_before(*at) || turns(*at)).unwrap_or(joins);
    let unwanted = if turns(clause) { clause + 1 } else { clause };
    let unwanted = if unwanted < rest.len() { unwanted } else { joins };
    if rest.len() - unwanted >= MOST_WORDS {
        return None;
    }
    let before = if unwanted == joins { "" } else { sentence.typed(0, clause) };
    let named = sentence.typed(unwanted, rest.len());
    // A title is written as one, so that it is read as one.
    let is_title = index.find_as(&rest[unwanted..], Reading::Exact).is_some();
    let mut letters = named.chars();
    let capital = letters.next().filter(|_| is_title).map(|first| first.to_uppercase().chain(letters).collect());
    Some(format!("{before} sin {}", capital.unwrap_or_else(|| named.to_owned())).trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_end_is_written_folded_and_can_be_met() {
        assert!(PUT_OFF.len() > 10);
        for words in PUT_OFF.iter() {
            let folded: Vec<String> = tokenize(&words.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, *words);
            assert!(words.len() <= LONGEST_END, "{words:?}");
        }
    }
}
