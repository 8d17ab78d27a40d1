//! A film that is told by what happens in it: "the one where a boy befriends an alien", "la de un niño que ve muertos". No fact
//! says that, so none is guessed, and no genre is read out of it; who is named beside it can be looked for. The phrases are in
//! `data/plots.tsv`, which a translator can edit.

use std::sync::LazyLock;

use crate::Setting;
use crate::films::knowledge::Role;
use crate::intent::{Intent, OfItself, Understood, Wanted};
use crate::whole::says;
use crate::words::fold::{Sentence, Token, tokenize};
use crate::words::lexicon;

/// Words that "..." stands for, at most.
const LONGEST_GAP: usize = 6;

/// Words that join what happens to the film; that only these were not read is no plot.
const MOST_OF_JOINT: usize = 5;

/// What stands at one place of a phrase: one of several words, or up to some of any.
enum Part {
    Word(Vec<&'static str>),
    Gap,
}

/// How surely it tells a plot, and its parts.
static PHRASES: LazyLock<Vec<(&str, Vec<Part>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/plots.tsv").lines().filter(|line| !line.starts_with('#'));
    let part = |said: &'static str| match said {
        "..." => Part::Gap,
        words => Part::Word(words.split('|').collect()),
    };
    lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, phrase)| (kind, phrase.split(' ').map(part).collect()))
        .collect()
});

fn begins(parts: &[Part], tokens: &[Token]) -> bool {
    match parts.split_first() {
        None => true,
        Some((Part::Word(words), rest)) => tokens
            .split_first()
            .is_some_and(|(first, others)| words.contains(&first.word.as_str()) && begins(rest, others)),
        Some((Part::Gap, rest)) => (1..=LONGEST_GAP.min(tokens.len())).any(|gap| begins(rest, &tokens[gap..])),
    }
}

/// Whether a phrase of this kind stands anywhere.
fn tells(kind: &str, sentence: &Sentence) -> bool {
    let mut phrases = PHRASES.iter().filter(|(own, _)| *own == kind);
    phrases.any(|(_, parts)| (0..sentence.len()).any(|at| begins(parts, &sentence.tokens[at..])))
}

/// What is answered to a plot where the rest was not read, or some of it was left out.
pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>, understood: &Understood) -> Option<Understood> {
    if setting.is_example || sentence.len() < 4 {
        return None;
    }
    let says_more = |left: &String| {
        let tokens = tokenize(left);
        tokens.iter().any(|token| token.word.len() > MOST_OF_JOINT || !lexicon::is_known(&token.word))
            && !tells("joint", &Sentence::new(left))
    };
    let is_told = match &understood.intent {
        Intent::NotUnderstood { .. } | Intent::OutsideTheData { .. } => {
            ["surely", "film", "perhaps"].iter().any(|kind| tells(kind, sentence))
        }
        Intent::UnknownTitle { .. } => ["surely", "film"].iter().any(|kind| tells(kind, sentence)),
        Intent::About { wanted: Wanted::Plot, .. } => tells("surely", sentence),
        intent => {
            // "where things go wrong, like Reservoir Dogs": the film says what is wanted.
            let is_alike = matches!(intent, Intent::Like { .. });
            let is_left_out = !is_alike && intent.filters().is_some() && understood.ignored.iter().any(says_more);
            // "what's that one where he ...": it is asked for, however little was left out.
            (is_left_out && tells("surely", sentence)) || (!understood.ignored.is_empty() && tells("asked", sentence))
        }
    };
    if !is_told {
        return None;
    }
    Some(films_of_who_is_named(sentence, setting).unwrap_or_else(|| says(sentence, Intent::OfItself(OfItself::ByPlot))))
}

/// The films of somebody who is named beside the plot, which is left out.
fn films_of_who_is_named(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let chat = setting.chat(sentence);
    let (from, name, to) = (0..sentence.len()).find_map(|from| {
        let (name, to) = chat.reader.named_at(from, Role::Either)?;
        Some((from, name.to_owned(), to))
    })?;
    let wish = format!("films with {name}");
    let films = Setting { is_example: true, ..setting.after(&Default::default()) }.understand(&wish);
    let is_read = films.intent.filters().is_some() && films.ignored.is_empty();
    let rest = if from > sentence.len() - to { (0, from) } else { (to, sentence.len()) };
    let ignored = vec![sentence.typed(rest.0, rest.1).to_owned()];
    let language = says(sentence, Intent::Help).language;
    is_read.then_some(Understood { ignored, language, ..films })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_written_folded_and_every_phrase_is_of_a_kind() {
        assert!(PHRASES.len() > 20);
        for (kind, parts) in PHRASES.iter() {
            assert!(["surely", "asked", "film", "perhaps", "joint"].contains(kind), "{kind}");
            for part in parts {
                let Part::Word(words) = part else { continue };
                for word in words {
                    let folded: Vec<String> = tokenize(word).into_iter().map(|token| token.word).collect();
                    assert_eq!(folded, [*word]);
                }
            }
        }
    }
}
