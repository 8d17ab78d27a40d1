//! A sentence that the grammar is at a loss with, read as the act that it most likely is (`acts.rs`).

use crate::intent::{Intent, Shift, Understood};
use crate::turn;
use crate::whole::{says, understood_whole};
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, lexicon, patterns, plainly};
use crate::{Setting, acts, ratings, replies};

/// By how much an act must lead where the grammar has no reading.
pub(crate) const LIKE_ENOUGH: f32 = 0.5;
/// Where the grammar has a reading that is doubtful.
pub(crate) const CLEARLY_LIKE: f32 = 0.8;

/// By how much an act must lead that is said instead of what the grammar has read; `None` where that is not in doubt.
pub(crate) fn enough_to_doubt(sentence: &Sentence, understood: &Understood) -> Option<f32> {
    let asks = sentence.tokens.iter().any(|token| cues::is("asks", &token.word));
    match understood.intent {
        // A question is seldom a wish.
        _ if understood.is_doubtful && asks && sentence.text.contains(['?', '¿']) => Some(LIKE_ENOUGH),
        _ if understood.is_doubtful => Some(CLEARLY_LIKE),
        // "by the way, who's the leading man in Roman Holiday?"
        Intent::Like { .. } if asks => Some(CLEARLY_LIKE),
        _ => None,
    }
}

/// A question or an order, of which a wish for films is told apart by its examples.
pub(crate) fn asks_for_no_films(read: &Understood, taken: &Intent) -> bool {
    let intent = &read.intent;
    // "forget the romance, he won" asks for no romance.
    if !read.lifted.is_empty() {
        return true;
    }
    // "Batman entonces" asks for films like it more often than it chooses it.
    let chooses_title =
        matches!((intent, taken), (Intent::Chosen { movie }, Intent::Like { movies, .. }) if movies.contains(movie));
    // "como la segunda" says of which.
    let asks_which = matches!((intent, taken), (Intent::WhichOne, Intent::Like { .. }));
    !chooses_title
        && !asks_which
        && intent.filters().is_none()
        && !matches!(intent, Intent::More | Intent::LessKnown | Intent::Help | Intent::Thanks)
}

/// Acts whose sentences leave out what counts: "y la 2 también" is no mere place.
const TOO_SHORT: [&str; 5] = ["remark", "agrees", "none", "about_shown", "add_film"];

/// What the likeliest act would say here; `None` where none is likely enough, or says nothing.
pub(crate) fn read(sentence: &Sentence, setting: Setting<'_>, enough: f32) -> Option<Understood> {
    if setting.is_example {
        return None;
    }
    let chat = setting.chat(sentence);
    let it = chat.pointed_at().or_else(|| chat.spoken_of());
    let it = it.and_then(|movie| setting.catalogue.get(movie)).map(replies::film_name);
    let likely = acts::likely(&chat.reader, it.as_deref())?;
    if likely.lead < enough || TOO_SHORT.contains(&likely.act) || is_said_otherwise(likely.act, sentence) {
        return None;
    }
    let Some(said) = likely.said else {
        let asks_which =
            likely.lead >= CLEARLY_LIKE && !setting.context.shown.is_empty() && !speaks_of_several(sentence);
        return asks_which.then(|| says(sentence, Intent::WhichOne));
    };
    if said.is_empty() {
        return None;
    }
    let setting = Setting { is_example: true, ..setting };
    let said = Sentence::new(&said);
    let turned = turn::of_the_question_before(&said, setting);
    let understood = turned.unwrap_or_else(|| understood_whole(&said, setting));
    // What was not asked for cannot be lifted.
    let lifts = !understood.lifted.is_empty()
        || matches!(understood.intent, Intent::Refine { shift: Some(Shift::AnyYear), .. });
    let is_read = !understood.intent.is_at_a_loss() && (likely.act != "lift" || lifts);
    is_read.then_some(understood)
}

/// Whether the sentence is most likely about nothing that is done here.
pub(crate) fn is_of_other_things(sentence: &Sentence, setting: Setting<'_>) -> bool {
    const FEWEST_WORDS: usize = 3;
    const CERTAINLY: f32 = 1.2;
    let chat = setting.chat(sentence);
    let is_talk = |likely: acts::Likely| likely.act == "other_talk" && likely.lead >= CERTAINLY;
    sentence.len() >= FEWEST_WORDS
        && !setting.is_example
        && !speaks_of_several(sentence)
        && acts::likely(&chat.reader, None).is_some_and(is_talk)
}

/// "movies nothing like it", "films like Toy Story 4", "is it going to rain": words that the act has no place for.
fn is_said_otherwise(act: &str, sentence: &Sentence) -> bool {
    let has = |cue: &str| sentence.tokens.iter().any(|token| cues::is(cue, &token.word));
    let is_number = |at: usize| sentence.tokens[at].canonical.parse::<u64>().is_ok();
    match act {
        "like_x" | "seen" | "seen_all" if has("denies") => true,
        // "otra de barcos" asks for boats.
        "more" if names_a_kind(sentence) => true,
        "rate" if has("alike") || has("counted") => true,
        "rate" if (0..sentence.len()).any(|at| is_number(at) && ratings::counts_films(&sentence.tokens, at)) => true,
        _ => has("elsewhere"),
    }
}

/// "when did these come out" asks not of which.
fn speaks_of_several(sentence: &Sentence) -> bool {
    let is_of_several =
        |token: &Token| matches!(token.word.as_str(), "these" | "those" | "them" | "estas" | "esas" | "estos");
    sentence.tokens.iter().any(is_of_several)
}

/// "another one about boats": a kind of film that nothing is known of follows.
fn names_a_kind(sentence: &Sentence) -> bool {
    let tokens = &sentence.tokens;
    let is_other = |word: &str| matches!(word, "another" | "other" | "others" | "otra" | "otras" | "otro" | "otros");
    let is_about = |word: &str| matches!(word, "de" | "sobre" | "con" | "about" | "with");
    let is_unknown = |token: &Token| {
        let word = token.word.as_str();
        !(lexicon::is_known(word) || patterns::says(word) || plainly::is_idle(word))
    };
    let mut about = (1..tokens.len().saturating_sub(1)).filter(|at| is_about(&tokens[*at].word));
    let first = tokens.iter().position(|token| is_other(&token.word));
    first.is_some_and(|first| about.any(|at| at > first && is_unknown(&tokens[at + 1])))
}
