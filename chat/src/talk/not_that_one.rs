//! One film of the list that is turned down: "esa no, es muy larga" wants shorter ones without it, "not that one, the next"
//! asks of the film after it. Every other word must say no more than that (`too_long_around` in `data/turns.tsv`).

use cineswarm_engine::Filters;

use crate::Setting;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Shift, Tweak, Understood, Wanted};
use crate::request::TitleSlot;
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::turns;

/// What is wanted instead of it.
pub(crate) fn turned_down(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 12;
    let tokens = &sentence.tokens;
    let shown = setting.context.shown;
    if shown.is_empty() || tokens.len() > MOST_WORDS || sentence.text.contains(['?', '¿']) {
        return None;
    }
    let chat = setting.chat(sentence);
    let at_place = chat.film_at_place();
    let is_place = |at: usize| at_place.as_ref().is_some_and(|slot| (slot.from..slot.to).contains(&at));
    let (mut is_too_long, mut wants_next, mut denies, mut is_owned) = (false, false, false, false);
    let mut at = 0;
    while at < tokens.len() {
        let begins = |kind: &'static str| turns::beginnings(kind, &tokens[at..]).next();
        if let Some(count) = begins("too_long") {
            (is_too_long, at) = (true, at + count);
        } else if let Some(count) = begins("next_one") {
            (wants_next, at) = (true, at + count);
        } else if let Some(count) = begins("owned").filter(|_| !is_place(at)) {
            is_owned |= count > 1;
            at += count;
        } else if is_place(at) || begins("too_long_around").is_some() {
            denies |= matches!(tokens[at].word.as_str(), "no" | "not" | "nah" | "nope" | "skip");
            at += 1;
        } else {
            return None;
        }
    }
    let named = match at_place {
        Some(TitleSlot { found: TitleMatch::One(movie), .. }) => Some(movie),
        _ => chat.pointed_at(),
    };
    if setting.index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    if wants_next && denies && !is_too_long {
        let turned_down = named.or(shown.first().copied())?;
        let place = shown.iter().position(|movie| *movie == turned_down)?;
        let movie = *shown.get(place + 1)?;
        return Some(says(sentence, Intent::About { wanted: Wanted::Plot, movie }));
    }
    // "not that one, she's got it on dvd".
    if is_owned && denies && !is_too_long && !wants_next {
        let without = named.filter(|movie| shown.contains(movie)).map(|movie| chat.others_in_place_of(vec![movie]));
        return Some(says(sentence, without.unwrap_or(Intent::WhichOne)));
    }
    let movie = named.filter(|_| is_too_long && !wants_next)?;
    let filters = Filters { exclude_movie_ids: [movie].into_iter().collect(), ..Filters::default() };
    let shift = Some(Shift::Shorter);
    Some(says(sentence, Intent::Refine { filters, tweak: Tweak::None, shift }))
}
