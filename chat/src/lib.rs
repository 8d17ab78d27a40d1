//! What a person types, understood without any outside service, in English and in Spanish.
//! Pure: a sentence and a catalogue in, an [`Intent`] out. Never asks the farm, stores nothing, reads no clock.
#![forbid(unsafe_code)]

mod acts;
mod asks;
mod by_example;
mod certainty;
mod commands;
mod context;
mod decide;
mod films;
mod intent;
mod naming;
mod ratings;
mod reading;
pub mod replies;
mod request;
mod talk;
mod titled;
mod topics;
mod turn;
mod whole;
mod words;

#[cfg(test)]
mod tests;

use cineswarm_engine::Catalogue;

pub use context::{Context, Last};
pub use films::somebody::Somebody;
pub use films::titles::{Hit, TitleIndex, TitleMatch};
pub use intent::{
    ClarifyOption, Intent, Lang, Mark, NotRated, OfItself, Order, Question, Shift, Tweak, Understood, Wanted,
};
pub use naming::{Naming, films_named};
pub use reading::{Chip, Reading as Understanding, reading};
pub use request::{either_topic, films_of, parts_of_either};
pub use talk::earlier::Earlier;
pub use topics::{Lifted, Topic, TopicKind, only_rules_out};

use asks::of_list::which_of_shown;
use decide::Chat;
use films::series;
use request::Reader;
use talk::{
    another_meant, follow_up, going_back, like_one_but, made_by, marked_beside, misspelt, not_remembered, of_hero,
    places_said, that_year, which_film,
};
use whole::understood_whole;
use words::fold::Sentence;
use words::{cues, language, plainly};

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
    Setting { lang, index, catalogue, context, is_example: false, depth: 0 }.understand(text)
}

/// What a sentence is read with: the language of labels, the films that are known, and what was said before.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) lang: Lang,
    pub(crate) index: &'a TitleIndex,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) context: &'a Context<'a>,
    /// What is read is said by an example, and is to be like no other.
    pub(crate) is_example: bool,
    /// How many sentences are read for this one, each put for the one before it.
    pub(crate) depth: u8,
}

/// A sentence that is put so often is not understood. Each depth takes some kilobytes of the thread's stack.
const MOST_DEPTH: u8 = 8;

impl<'a> Setting<'a> {
    /// The same, where something else was said before.
    pub(crate) fn after(self, context: &'a Context<'a>) -> Setting<'a> {
        Setting { context, ..self }
    }

    /// What was said before, once its open question is answered.
    pub(crate) fn without_options(self) -> Context<'a> {
        Context { options: &[], ..*self.context }
    }

    /// Whether there is a question before that can be changed.
    pub(crate) fn goes_on(self) -> bool {
        self.context.goes_on || !self.context.shown.is_empty()
    }

    fn chat<'s>(self, sentence: &'s Sentence) -> Chat<'s>
    where
        'a: 's,
    {
        self.chat_of(Reader::new(sentence, self.index, self.catalogue))
    }

    fn chat_of<'s>(self, reader: Reader<'s>) -> Chat<'s>
    where
        'a: 's,
    {
        let Setting { lang, catalogue, context, is_example, depth, .. } = self;
        Chat { reader, lang, catalogue, context, is_example, depth }
    }

    /// What the sentence says, by itself or of what was said before.
    pub(crate) fn understand(self, text: &str) -> Understood {
        let sentence = Sentence::new(text);
        if self.depth == MOST_DEPTH {
            return whole::says(&sentence, Intent::NotUnderstood { asked: sentence.text.trim().to_owned() });
        }
        let deeper = Setting { depth: self.depth + 1, ..self };
        let understood = another_meant::asked_which(deeper.read(&sentence), &sentence, deeper);
        which_of_shown(understood, &sentence, deeper)
    }

    fn read(self, sentence: &Sentence) -> Understood {
        let Setting { index, context, .. } = self;
        let anew = Context::default();
        if let Some(rest) = follow_up::after_beginning_anew(sentence) {
            let understood = self.after(&anew).understand(&rest);
            // "never mind, just show me something similar" is of what was before.
            if !understood.intent.is_at_a_loss() {
                return understood;
            }
        }
        let chat = self.chat(sentence);
        if let Some(intent) = chat.swaps_stars() {
            return whole::says(sentence, intent);
        }
        if let Some(wish) = made_by::as_wish(sentence, self) {
            return self.understand(&wish);
        }
        // Before the sentence is taken apart: each part would be a rating of its own.
        if let Some(intent @ Intent::RateSeveral { .. }) = chat.rated_several() {
            return whole::says(sentence, intent);
        }
        let is_of_rating = context.last == Last::Rating && context.stars.is_some();
        let is_of_mark = matches!(context.last, Last::Marked(_));
        let goes_on = self.goes_on() && !is_of_rating;
        if let Some(rest) = follow_up::after_correction(sentence).filter(|_| goes_on && !is_of_mark) {
            return self.understand(&rest).meant_instead();
        }
        if let Some(question) = not_remembered::not_remembered(sentence, self) {
            return whole::says(sentence, question);
        }
        if let Some(said) = which_film::said_of_one(sentence, self) {
            return said;
        }
        if let Some(asked) = chat.is_by_somebody() {
            return whole::says(sentence, asked);
        }
        if let Some(marked) = marked_beside::marked(sentence, self) {
            return marked;
        }
        let in_full = places_said::counted(sentence, self).or_else(|| like_one_but::named(sentence, self));
        if let Some(read) = in_full.map(|in_full| self.understand(&in_full)).filter(|read| !read.intent.is_at_a_loss())
        {
            let language = language::language(&sentence.text, &sentence.tokens).or(read.language);
            return Understood { language, ..read };
        }
        if let Some(films) = of_hero::films_by(sentence, self) {
            return films;
        }
        // "cuál es la última de Harry Potter" asks for what it would be put for.
        if let Some(read) = series::part_named(sentence, self).map(|part| self.understand(&part))
            && !read.intent.is_at_a_loss()
            && read.ignored.is_empty()
            && !matches!(read.intent, Intent::About { wanted: Wanted::Other, .. })
        {
            return read;
        }
        if let Some(order) = going_back::order_at_the_end(sentence, index) {
            return self.understand(&order);
        }
        if let Some(turned) = turn::of_the_question_before(sentence, self) {
            return turned;
        }
        if let Some(wish) = turn::where_there_is_none(sentence, self) {
            return self.understand(&wish);
        }
        if let Some(said) = that_year::told(sentence, self) {
            return self.understand(&said);
        }
        if let Some(refined) = turn::after_complaint(sentence, self) {
            return refined;
        }
        let understood = understood_whole(sentence, self);
        if !understood.intent.is_at_a_loss() {
            // "fine, we'll go with that one" names no film called "Go".
            if let Some(enough) = by_example::enough_to_doubt(sentence, &understood)
                && let Some(read) = by_example::read(sentence, self, enough)
                && by_example::asks_for_no_films(&read, &understood.intent)
            {
                return Understood { language: understood.language, ..read };
            }
            return turn::as_one_clause(understood, sentence, self);
        }
        let again = |text: &str| self.understand(text);
        let exactly = |text: &str| Setting { is_example: true, ..self }.understand(text);
        let is_read = |again: &Understood| !again.intent.is_at_a_loss();
        if let Some(read) = plainly::plainly(sentence).map(|plain| exactly(&plain)).filter(is_read) {
            return read;
        }
        // "mroe", "somthing newer", of a list.
        let is_order = |again: &Understood| {
            let changes =
                matches!(again.intent, Intent::Refine { .. } | Intent::More | Intent::LessKnown | Intent::Undo);
            changes && again.ignored.is_empty()
        };
        let spelt = misspelt::spelt_right(sentence, index).filter(|_| goes_on && context.options.is_empty());
        if let Some(read) = spelt.map(|spelt| exactly(&spelt)).filter(is_order) {
            return read;
        }
        // What is taken for a title or a theme may be just that.
        let enough = match understood.intent {
            Intent::NotUnderstood { .. } => by_example::LIKE_ENOUGH,
            _ => by_example::CLEARLY_LIKE,
        };
        if let Some(read) = by_example::read(sentence, self, enough) {
            return Understood { language: understood.language, ..read };
        }
        if says_thanks(sentence) {
            return Understood { intent: Intent::Thanks, ..understood };
        }
        // Of several sentences the last that is understood; the answer to a question leaves nothing out that counts.
        let parts = plainly::sentences(sentence);
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
            // "undo that, she might like it".
            Intent::Undo => Some(3),
            _ => None,
        };
        let clauses = plainly::clauses_of(sentence);
        let said = clauses.iter().map(|clause| again(clause)).filter_map(|read| Some((says_of_film(&read)?, read)));
        said.min_by_key(|(rank, _)| *rank).map_or(understood, |(_, read)| read)
    }
}

/// "thank you dear", of which nothing else is understood; "gracias majo, con esto ya tenemos para toda la tarde", which asks
/// for nothing more.
fn says_thanks(sentence: &Sentence) -> bool {
    const MOST_WORDS: usize = 8;
    const MOST_WORDS_AFTER: usize = 14;
    let thanks = |word: &str| matches!(word, "thanks" | "thank" | "thx" | "ty" | "cheers" | "gracias");
    let turns =
        |word: &str| (cues::is("wishes", word) && word != "see") || matches!(word, "but" | "pero" | "now" | "ahora");
    let mut words = sentence.tokens.iter().map(|token| token.word.as_str());
    let begins =
        words.clone().find(|word| !matches!(*word, "ok" | "vale" | "great" | "muchas" | "mil")).is_some_and(thanks);
    let says_no_more = begins && !sentence.text.contains('?') && !words.clone().any(turns);
    let most = if says_no_more { MOST_WORDS_AFTER } else { MOST_WORDS };
    sentence.len() <= most && words.any(thanks)
}

/// Tokens `from..to` that the answer does not take into account.
type Ignored = Vec<(usize, usize)>;
