//! What others give a film, asked in words of theirs: "what do viewers give it?", "¿cuánto le pone la gente a Crepúsculo?".
//! Every word must be of such a question or of one film, named, counted in the list or spoken of. The words are in
//! `data/cues.tsv`.

use crate::Setting;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Understood, Wanted};
use crate::request::TitleSlot;
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns};

pub(crate) fn asked(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 16;
    let tokens = &sentence.tokens;
    let says_any = |cue: &str| tokens.iter().any(|token| cues::is(cue, &token.word));
    let asks = sentence.text.contains(['?', '¿']) || says_any("asks_score");
    if tokens.len() > MOST_WORDS || !(asks && says_any("viewers") && says_any("viewers_give")) {
        return None;
    }
    if setting.index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let about = |movie| Some(says(sentence, Intent::About { wanted: Wanted::Opinion, movie }));
    let of_question = |at: usize| {
        let word = tokens[at].word.as_str();
        patterns::is_courtesy(word)
            || ["viewers", "viewers_give", "asks_score", "around_viewers"].iter().any(|cue| cues::is(cue, word))
    };
    let chat = setting.chat(sentence);
    if let Some(TitleSlot { from, to, found: TitleMatch::One(movie) }) = chat.film_at_place() {
        let is_all = (0..tokens.len()).all(|at| (from..to).contains(&at) || of_question(at));
        return is_all.then(|| about(movie)).flatten();
    }
    let mut others = (0..tokens.len()).filter(|at| !of_question(*at));
    let Some(first) = others.next() else {
        return match chat.pointed_at().or(chat.spoken_of()) {
            Some(movie) => about(movie),
            None => Some(says(sentence, Intent::WhichOne)),
        };
    };
    // "The Third Man": the words around its own may be of the question, too.
    let last = others.next_back().unwrap_or(first);
    let begins = (0..=first).rev().take_while(|at| *at == first || of_question(*at));
    let spans = begins.flat_map(|from| (last + 1..=tokens.len()).map(move |to| (from, to)));
    let found = spans.into_iter().find_map(|(from, to)| {
        let found = setting.index.find_as(&tokens[from..to], Reading::Exact)?;
        Some(TitleSlot { from, to, found })
    });
    let near = || {
        let found = chat.reader.whole_title(first, last + 1)?;
        let slot = TitleSlot { from: first, to: last + 1, found };
        chat.is_near(&tokens[first..=last], &slot).then_some(slot)
    };
    match chat.resolved(&found.or_else(near)?) {
        Ok(movie) => about(movie),
        Err(question) => Some(says(sentence, *question)),
    }
}
