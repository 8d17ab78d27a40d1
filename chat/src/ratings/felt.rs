//! How somebody liked the film that is pointed at, and nothing else: "I loved that one, actually", "esa peli me gustó mucho",
//! "the second one I hated". It asks for stars; where nothing tells which film is meant, for the film. Read of the same parts
//! as a verdict (`data/verdicts.tsv`).

use super::verdict::{Part, ends, past};
use crate::Setting;
use crate::commands::{BAD, GOOD};
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Understood};
use crate::request::TitleSlot;
use crate::whole::says;
use crate::words::fold::{Sentence, Token};
use crate::words::lexicon::{self, Meaning};

const MOST_WORDS: usize = 14;

/// How many stars the film is worth that is pointed at; which one, where none is.
pub(crate) fn said(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    if !(2..=MOST_WORDS).contains(&tokens.len()) || sentence.text.contains(['?', '¿']) {
        return None;
    }
    let chat = setting.chat(sentence);
    let at_place = chat.film_at_place();
    let is_place = |at: usize| at_place.as_ref().filter(|slot| slot.from == at).map(|slot| slot.to);
    let pointer = |at: usize| is_place(at).or_else(|| pointer(tokens, at));
    let opened = past(Part::Opener, tokens, 0);
    let past_who =
        |at: usize| at + usize::from(tokens.get(at).is_some_and(|who| matches!(who.word.as_str(), "i" | "we" | "yo")));
    let is_liked = (0..=opened).rev().find_map(|from| {
        let begin = past_who(from);
        let verb = |at: usize| {
            let at = past(Part::Degree, tokens, at);
            let of = |part, is_liked| Some((at + ends(part, tokens.get(at..)?).next()?, is_liked));
            of(Part::Liked, true).or_else(|| of(Part::Disliked, false))
        };
        let ends_there = |at: usize| tail(tokens, at) == tokens.len();
        let behind = || {
            let (to, is_liked) = verb(begin)?;
            // "me gustó mucho" has its film in itself.
            let is_told = matches!(tokens[begin].word.as_str(), "me" | "no") && ends_there(to);
            let object = pointer(tail(tokens, to)).is_some_and(ends_there);
            (is_told || object).then_some(is_liked)
        };
        let before = || {
            let at = past_who(pointer(begin)?);
            let (to, is_liked) = verb(at)?;
            ends_there(to).then_some(is_liked)
        };
        behind().or_else(before)
    })?;
    if setting.index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let placed = at_place.and_then(|TitleSlot { found, .. }| match found {
        TitleMatch::One(movie) => Some(movie),
        _ => None,
    });
    let Some(movie) = placed.or_else(|| chat.pointed_at()) else {
        return Some(says(sentence, Intent::WhichOne));
    };
    Some(says(sentence, chat.confirm_rating(movie, if is_liked { GOOD } else { BAD })))
}

/// The place after what may be said of how much or how surely.
fn tail(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while let Some(rest) = tokens.get(at..)
        && let Some(len) = ends(Part::Tail, rest).next().or_else(|| ends(Part::Degree, rest).next())
    {
        at += len;
    }
    at
}

/// The place after "it", "that one", "esa película".
fn pointer(tokens: &[Token], at: usize) -> Option<usize> {
    tokens.get(at)?;
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let noun = lexicon::after(tokens, at + 1, Meaning::FilmNoun);
    let end = noun.unwrap_or(at + 1 + usize::from(word(at + 1) == "one"));
    let stands_alone =
        matches!(word(at), "it" | "that" | "this" | "esa" | "ese" | "eso" | "esta" | "este" | "aquella" | "la" | "lo");
    (stands_alone || (word(at) == "the" && noun.is_some())).then_some(end)
}
