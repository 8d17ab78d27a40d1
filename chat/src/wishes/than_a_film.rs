//! "something shorter than Titanic", "más nueva que Alien": a film as a measure, put as its minutes or its year.

use crate::films::titles::{Reading, TitleMatch};
use crate::intent::Wanted;
use crate::talk::remarks;
use crate::wishes::like_one_but;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns};
use crate::{Last, Setting};

/// Words of the longest order before it: "mucho más corta".
const LONGEST_ORDER: usize = 2;

/// The sentence with the measure in place of the film.
pub(crate) fn told(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let tokens = &sentence.tokens;
    let at = (1..tokens.len()).find(|at| matches!(tokens[*at].word.as_str(), "than" | "que"))?;
    let is_spanish = tokens[at].word == "que";
    let (from, order) = (1..=LONGEST_ORDER.min(at)).rev().find_map(|len| {
        let order = remarks::order(&Sentence::new(sentence.typed(at - len, at)))?.0;
        Some((at - len, order))
    })?;
    // "that one is longer than Titanic" asks for nothing.
    let end = (at + 1..tokens.len()).find(|end| sentence.breaks_before(*end)).unwrap_or(tokens.len());
    let titled = || {
        (at + 2..=end).rev().find_map(|end| {
            let movie = match setting.index.find_as(&tokens[at + 1..end], Reading::Exact)? {
                TitleMatch::One(movie) => movie,
                TitleMatch::Several(movies) => *movies.first()?,
                TitleMatch::Nothing { .. } => return None,
            };
            Some((movie, end))
        })
    };
    // "is it longer than that?" wishes nothing.
    let asks_of_it = || {
        tokens
            .iter()
            .find(|token| !patterns::is_courtesy(&token.word))
            .is_some_and(|first| cues::is("copula", &first.word))
    };
    let pointed = || {
        let context = setting.context;
        let is_told = matches!(context.last, Last::Asked(Wanted::Runtime | Wanted::Year)) && !asks_of_it();
        let is_it = matches!(tokens[at + 1].word.as_str(), "that" | "it" | "this" | "eso" | "esa" | "ese" | "esta");
        let to = at + 2 + usize::from(tokens.get(at + 2).is_some_and(|token| token.word == "one"));
        context.about.filter(|_| is_told && is_it && at + 1 < end).map(|movie| (movie, to))
    };
    let (movie, end) = if at + 1 < tokens.len() { pointed().or_else(titled)? } else { return None };
    let measure = like_one_but::than(order, movie, is_spanish, setting)?;
    let (before, after) = (sentence.typed(0, from), sentence.typed(end, tokens.len()));
    Some(format!("{before} {measure} {after}").trim().to_owned())
}
