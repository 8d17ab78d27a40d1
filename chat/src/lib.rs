//! What a person types, understood without any outside service, in English and in Spanish.
//! Pure: a sentence and a catalogue in, an [`Intent`] out. Never asks the farm, stores nothing, reads no clock.
#![forbid(unsafe_code)]

mod about;
mod asked;
mod asked_twice;
mod bags;
mod certainty;
mod commands;
mod comparing;
mod counted;
mod cues;
mod decide;
mod film_meant;
mod fold;
mod follow_up;
mod gist;
mod in_passing;
mod intent;
mod knowledge;
mod language;
mod lexicon;
mod most;
mod naming;
mod patterns;
mod places;
mod plainly;
mod questions;
mod ratings;
mod reading;
mod refining;
pub mod replies;
mod request;
mod series;
mod spelling;
mod themes;
mod titled;
mod titles;
mod topics;
mod turned_down;
mod wanted;
mod whose;
mod years;

#[cfg(test)]
mod tests;

use cineswarm_engine::Catalogue;

pub use intent::{
    ClarifyOption, Context, Intent, Lang, Last, Lifted, Mark, Question, Shift, Tweak, Understood, Wanted,
};
pub use naming::{Naming, films_named};
pub use reading::{Chip, Reading as Understanding, reading};
pub use request::{either_topic, films_of};
pub use titles::{Hit, TitleIndex, TitleMatch};
pub use topics::{Topic, TopicKind, only_rules_out};

use decide::Chat;
use fold::Sentence;
use request::{Reader, Request};
use titles::Reading;

/// Understands a sentence that nothing was said before. `lang` is the language of labels and rewritten sentences only.
///
/// `index` must have been built from `catalogue`. Takes any text; words past the 160th are not read.
pub fn understand(text: &str, lang: Lang, index: &TitleIndex, catalogue: &Catalogue) -> Understood {
    understand_in(text, lang, index, catalogue, &Context::default())
}

/// Understands a sentence after others: "the first one", "but no animation", "4" where stars were asked for.
pub fn understand_in(
    text: &str,
    lang: Lang,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Understood {
    let sentence = Sentence::new(text);
    if let Some(rest) = follow_up::after_beginning_anew(&sentence) {
        let understood = understand_in(&rest, lang, index, catalogue, &Context::default());
        // "never mind, just show me something similar" is of what was before.
        if !understood.intent.is_at_a_loss() {
            return understood;
        }
    }
    if let Some(rest) = follow_up::after_correction(&sentence).filter(|_| context.goes_on || !context.shown.is_empty())
    {
        return meant_instead(understand_in(&rest, lang, index, catalogue, context));
    }
    let understood = understand_sentence(&sentence, lang, index, catalogue, context);
    if !understood.intent.is_at_a_loss() {
        return understood;
    }
    let again = |text: &str| understand_in(text, lang, index, catalogue, context);
    let is_read = |again: &Understood| !again.intent.is_at_a_loss();
    if let Some(read) = plainly::plainly(&sentence).map(|plain| again(&plain)).filter(is_read) {
        return read;
    }
    if says_thanks(&sentence) {
        return Understood { intent: Intent::Thanks, ..understood };
    }
    // Of several sentences the last that is understood; the answer to a question leaves nothing out that counts.
    let parts = plainly::sentences(&sentence);
    let answers = |read: &Understood| {
        let says_something = !matches!(read.intent, Intent::Help | Intent::Thanks);
        is_read(read) && says_something && (read.intent.filters().is_none() || read.ignored.is_empty())
    };
    let found = parts.iter().rev().map(|part| (part, again(part))).find(|(_, read)| answers(read));
    if let Some((part, mut read)) = found {
        read.ignored.extend(parts.iter().filter(|other| *other != part).cloned());
        return read;
    }
    // "Titanic gets 2 stars from me, way too long": what is said of a film counts, whatever is said beside it.
    let says_of_film = |read: &Understood| match read.intent {
        Intent::Rate { .. } => Some(0),
        Intent::Mark { mark: Mark::Seen, .. } => Some(1),
        Intent::Mark { .. } | Intent::Unrate { .. } => Some(2),
        _ => None,
    };
    let clauses = plainly::clauses_of(&sentence);
    let said = clauses.iter().map(|clause| again(clause)).filter_map(|read| Some((says_of_film(&read)?, read)));
    said.min_by_key(|(rank, _)| *rank).map_or(understood, |(_, read)| read)
}

/// What is wanted instead of what was asked for of its kind.
fn meant_instead(understood: Understood) -> Understood {
    let intent = match understood.intent {
        Intent::Browse { filters, tweak } | Intent::Refine { filters, tweak, shift: None } => {
            Intent::Refine { filters, tweak, shift: Some(Shift::Instead) }
        }
        other => other,
    };
    Understood { intent, ..understood }
}

/// "thank you dear", of which nothing else is understood.
fn says_thanks(sentence: &Sentence) -> bool {
    const MOST_WORDS: usize = 8;
    let thanks = |word: &str| matches!(word, "thanks" | "thank" | "thx" | "ty" | "cheers" | "gracias");
    sentence.len() <= MOST_WORDS && sentence.tokens.iter().any(|token| thanks(&token.word))
}

fn understand_sentence(
    sentence: &Sentence,
    lang: Lang,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Understood {
    let settled = Context { options: &[], ..*context };
    if let Some(option) = follow_up::choice(sentence, context.options, index, catalogue) {
        return understand_in(&option.text, lang, index, catalogue, &settled);
    }
    if let Some(rated) = follow_up::chosen_with_stars(sentence, context.options, index, catalogue) {
        let understood = understand_in(&rated, lang, index, catalogue, &settled);
        if matches!(understood.intent, Intent::Rate { .. }) {
            return understood;
        }
    }
    if let Some(meant) = turned_down::meant_in_the_end(sentence) {
        let understood = understand_in(&meant, lang, index, catalogue, context);
        if understood.intent.filters().is_some() {
            return understood;
        }
    }
    let negated = turned_down::negated_at_its_end(sentence, index);
    if let Some(negated) = negated.or_else(|| turned_down::put_off_at_its_end(sentence, index)) {
        let understood = understand_in(&negated, lang, index, catalogue, context);
        // "la 2 no me gusta" is no wish.
        if !understood.intent.is_at_a_loss() {
            return understood;
        }
    }
    if let Some(understood) = asked_twice::asked_twice(sentence, lang, index, catalogue, context) {
        return understood;
    }
    if let Some(understood) = counted::counted(sentence, lang, index, catalogue, context) {
        return understood;
    }
    if let Some(asked) = whose::named_again(sentence, lang, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    if let Some(asked) = follow_up::asked_of_another(sentence, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let reader = Reader::new(sentence, index, catalogue);
    if let Some(asked) = whose::films_of_people(&reader, lang, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let (mut request, is_announced) = reader.read_with_films_inside();
    let chat = Chat { reader, lang, catalogue, context };
    let (mut intent, mut ignored) = chat.decide(&request);
    let is_unsure = gist::is_unsure(&intent, &ignored, is_announced) || chat.may_ask(&intent, &ignored);
    // "que tal" greets, and begins many a question, too.
    const GREETING: usize = 3;
    let may_be_asked = !request.help || sentence.len() > GREETING || chat.film_at_place().is_some();
    if may_be_asked
        && is_unsure
        && let Some((meant, around)) = chat.gist(&intent)
    {
        (intent, ignored) = (meant, Ignored::new());
        request = around.unwrap_or_default();
    }
    if is_hardly_read(&intent, &ignored, sentence) {
        let asked = sentence.text.trim().to_owned();
        (intent, ignored) = (Intent::NotUnderstood { asked }, Ignored::new());
    }
    // "quita lo del 2005" takes a condition back, and is none.
    if matches!(intent, Intent::Refine { shift: Some(Shift::AnyYear), .. }) {
        request = Request::default();
    }
    let n = match intent {
        Intent::Like { .. }
        | Intent::Browse { .. }
        | Intent::ForMe { .. }
        | Intent::ForUser { .. }
        | Intent::Popular { .. }
        | Intent::Refine { .. }
        | Intent::LessKnown
        | Intent::More => request.n,
        Intent::Clarify { .. } | Intent::UnknownTitle { .. } | Intent::OutsideTheData { .. } | Intent::Help => {
            request.n
        }
        _ => None,
    };
    let without_effect = request.without_effect.iter().copied().filter(|_| intent.filters().is_some());
    let ignored =
        ignored.into_iter().chain(without_effect).map(|(from, to)| sentence.typed(from, to).to_owned()).collect();
    let topics = match intent.filters().is_some_and(|filters| !filters.movie_ids.is_empty()) {
        true => request.named.into_iter().map(|named| named.topic).collect::<Vec<Topic>>(),
        false => Vec::new(),
    };
    let topics = match intent.filters() {
        Some(_) => {
            let spoken_against = request.disliked.iter().filter_map(|movie| {
                let name = replies::film_name(catalogue.get(*movie)?);
                Some(Topic { kind: TopicKind::Without, label: name.clone(), said: name })
            });
            let without = request.without.into_iter().map(|named| named.topic);
            topics.into_iter().chain(without).chain(spoken_against).collect()
        }
        None => topics,
    };
    let is_title = index.find_as(&sentence.tokens, Reading::Exact).is_some();
    // "I couldn't stand La La Land" is no Spanish.
    let named = chat.reader.films_named();
    let is_named = |at: usize| named.iter().any(|slot| (slot.from..slot.to).contains(&at));
    let words = (0..sentence.len()).filter(|at| !is_named(*at)).map(|at| &sentence.tokens[at]);
    let language = if is_title { None } else { language::language(&sentence.text, words) };
    let Request { disliked, lifted, .. } = request;
    Understood { intent, n, topics, ignored, disliked, lifted, language }
}

/// "whats that film where the guy can't form new memories": films are asked for, and of what is told of them hardly a word
/// is known.
fn is_hardly_read(intent: &Intent, ignored: &Ignored, sentence: &Sentence) -> bool {
    const FEWEST_WORDS: usize = 4;
    let (Intent::Browse { filters, .. } | Intent::ForMe { filters } | Intent::Popular { filters }) = intent else {
        return false;
    };
    let says_little = filters.genres.is_empty()
        && filters.exclude_genres.is_empty()
        && filters.movie_ids.is_empty()
        && filters.exclude_movie_ids.is_empty()
        // "recent" and "old" bound one end, a decade both.
        && (filters.year_from.is_none() || filters.year_to.is_none());
    let is_said = |at: usize| !matches!(sentence.tokens[at].word.len(), 0..=2);
    let words = |from: usize, to: usize| (from..to).filter(|at| is_said(*at)).count();
    let unread: usize = ignored.iter().map(|(from, to)| words(*from, *to)).sum();
    says_little && unread >= FEWEST_WORDS && 2 * unread >= words(0, sentence.len())
}

/// Tokens `from..to` that the answer does not take into account.
type Ignored = Vec<(usize, usize)>;
