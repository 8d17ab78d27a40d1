//! "I watched The Prestige and loved it, now something just as clever": what was seen is told first, and films like it are
//! wished for then. The wish is written anew with the films named in it. Never reads that sentence.

use std::collections::HashSet;

use cineswarm_engine::MovieId;

use crate::films::titles::TitleMatch;
use crate::replies::film_name;
use crate::request::TitleSlot;
use crate::whole::understood_whole;
use crate::words::fold::Sentence;
use crate::words::language;
use crate::words::{cues, plainly, turns};
use crate::{Intent, Lang, Setting};

/// Films that may be told of.
const MOST_FILMS: usize = 4;
/// Words between a "not" and what it denies.
const DENIED_WITHIN: usize = 3;

/// The wish with the films that were told of before it: in its own words, and in plain ones.
pub(crate) fn wish(sentence: &Sentence, setting: Setting<'_>) -> Option<[String; 2]> {
    let tokens = &sentence.tokens;
    let tells = tokens.iter().any(|token| turns::is_word("told", &token.word));
    if !tells || !tokens.iter().enumerate().any(|(at, _)| turns::beginnings("as_told", &tokens[at..]).next().is_some())
    {
        return None;
    }
    let named = setting.chat(sentence).reader.films_named();
    let told_to = named.last().map_or(0, |slot| slot.to);
    let phrase = |at: usize| turns::beginnings("as_told", &tokens[at..]).next().map(|len| (at, at + len));
    let (like, end) = (told_to..tokens.len()).find_map(phrase)?;
    let joins = |at: usize| matches!(tokens[at].word.as_str(), "and" | "y" | "so" | "but" | "pero" | "now" | "ahora");
    let from = (told_to..=like).rev().find(|at| sentence.breaks_before(*at) || joins(*at))?;
    let told = &tokens[..from];
    // "I didn't like Up, something like that but better" wants none of it, and stars are a rating.
    let tells = |at: usize| turns::is_word("told", &told[at].word);
    let denied =
        |at: usize| told[at.saturating_sub(DENIED_WITHIN)..at].iter().any(|word| cues::is("denies", &word.word));
    let is_told = (0..told.len()).any(tells);
    let is_else = (0..told.len()).any(|at| told[at].number().is_some() || (tells(at) && denied(at)));
    if !is_told || is_else {
        return None;
    }
    let only = |slot: &TitleSlot| if let TitleMatch::One(movie) = slot.found { Some(movie) } else { None };
    let mut films: Vec<MovieId> = named.iter().filter_map(only).collect();
    let told = Sentence::new(sentence.typed(0, from));
    for clause in plainly::clauses_of(&told).iter().chain([&told.text]) {
        match understood_whole(&Sentence::new(clause), setting).intent {
            Intent::Like { movies, .. } | Intent::Mark { movies, .. } => films.extend(movies),
            Intent::Clarify { film: Some(movie), .. } => films.push(movie),
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    films.retain(|movie| seen.insert(*movie));
    let names: Vec<String> = films.iter().filter_map(|movie| setting.catalogue.get(*movie)).map(film_name).collect();
    if names.is_empty() || names.len() > MOST_FILMS {
        return None;
    }
    let (as_word, and, but) = match language::language(&sentence.text, tokens.iter()).unwrap_or(setting.lang) {
        Lang::En => ("like", " and ", "but"),
        Lang::Es => ("como", " y ", "pero"),
    };
    let films = names.join(and);
    let turns = tokens.get(end).is_some_and(|token| token.word == but);
    let rest = sentence.typed(end + usize::from(turns), tokens.len());
    // A "but" ends the list of films.
    let rest = if rest.is_empty() { String::new() } else { format!(" {but} {rest}") };
    Some([sentence.typed(from, like), ""].map(|head| format!("{head} {as_word} {films}{rest}").trim_start().to_owned()))
}
