//! A sentence that the grammar is at a loss with, read as the example that it is most like (`likeness.rs`).

use crate::intent::{Intent, Shift, Understood};
use crate::likeness::{self, Likely};
use crate::request::Reader;
use crate::turn;
use crate::whole::{says, understood_whole};
use crate::words::fold::{Sentence, Token};
use crate::{Setting, replies};

/// How like an example a sentence is at least that is read as it.
pub(crate) const LIKE_ENOUGH: f32 = 0.5;

/// Where the grammar has a reading that is doubtful.
pub(crate) const CLEARLY_LIKE: f32 = 0.7;

/// A question or an order, of which a wish for films is told apart by its examples.
pub(crate) fn asks_for_no_films(intent: &Intent, taken: &Intent) -> bool {
    // "Batman entonces" asks for films like it more often than it chooses it.
    let chooses_title =
        matches!((intent, taken), (Intent::Chosen { movie }, Intent::Like { movies, .. }) if movies.contains(movie));
    !chooses_title
        && intent.filters().is_none()
        && !matches!(intent, Intent::More | Intent::LessKnown | Intent::Help | Intent::Thanks)
}

/// Acts that ask for nothing, or for nothing that is known: what is like them stays not understood.
const NOTHING: [&str; 9] =
    ["chat", "remark", "unknowable", "other_talk", "agrees", "none", "itself", "about_shown", "add_film"];

/// Acts that ask for other films, whatever else is said: "not in the mood for anything heavy" is nearly "not in the mood for
/// these".
const OTHERS: [&str; 5] = ["other", "more", "dull", "anything", "surprise"];
const LIKE_ENOUGH_FOR_OTHERS: f32 = 0.7;

/// What the most like example would say here; `None` where none is like enough, or says nothing.
pub(crate) fn read(sentence: &Sentence, setting: Setting<'_>, enough: f32) -> Option<Understood> {
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    if setting.is_example {
        return None;
    }
    let chat = setting.chat(sentence);
    let it = chat.pointed_at().or_else(|| chat.spoken_of());
    let it = it.and_then(|movie| setting.catalogue.get(movie)).map(replies::film_name);
    let likely = likeness::likely(&reader, it.as_deref());
    let is_enough = |likely: &&Likely| {
        let enough = if OTHERS.contains(&likely.act) { LIKE_ENOUGH_FOR_OTHERS.max(enough) } else { enough };
        likely.likeness >= enough && !NOTHING.contains(&likely.act)
    };
    let first = likely.first().filter(is_enough)?;
    let near = likely.iter().take_while(|next| next.likeness >= first.likeness * NEAR).filter(is_enough);
    let mut read = near.take(MOST_TRIED).filter_map(|likely| said(likely, sentence, setting));
    let found = read.next()?;
    // As like to what says something else, it is not known what it says.
    let is_same = |other: Understood| other.intent == found.intent || other.intent == Intent::WhichOne;
    (first.likeness >= SURE || read.all(is_same)).then_some(found)
}

/// An example that is hardly less like is tried where the first cannot be said here.
const NEAR: f32 = 0.9;
const MOST_TRIED: usize = 3;
/// So like that nothing else is meant.
const SURE: f32 = 0.9;

fn said(likely: &Likely, typed: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let setting = Setting { is_example: true, ..setting };
    let is_of_one =
        |token: &Token| matches!(token.word.as_str(), "these" | "those" | "them" | "estas" | "esas" | "estos");
    // "when did these come out" asks not of which.
    let asks_of_several = typed.tokens.iter().any(is_of_one);
    let Some(said) = &likely.said else {
        let asks_which = !setting.context.shown.is_empty() && !asks_of_several;
        return asks_which.then(|| says(typed, Intent::WhichOne));
    };
    let sentence = Sentence::new(said);
    let turned = turn::of_the_question_before(&sentence, setting);
    let understood = turned.unwrap_or_else(|| understood_whole(&sentence, setting));
    let lifts = !understood.lifted.is_empty()
        || matches!(understood.intent, Intent::Refine { shift: Some(Shift::AnyYear), .. });
    let asks_of_one = understood.intent == Intent::WhichOne && asks_of_several;
    let is_read = !asks_of_one && !understood.intent.is_at_a_loss() && (likely.act != "lift" || lifts);
    is_read.then_some(understood)
}
