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
mod people;
mod ratings;
mod reading;
pub mod replies;
mod request;
mod talk;
mod titled;
mod topics;
mod turn;
mod ways;
mod which_film;
mod whole;
mod wishes;
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
use films::titles::MAX_TITLE_TOKENS;
use request::Reader;
use talk::going_back;
use which_film::{another_meant, open_question};
use words::fold::{Sentence, is_article, key};
use words::language;

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
    let mut shown = context.shown.to_vec();
    if let Last::Ordered(order) = context.last {
        order.sort(&mut shown, catalogue, index);
    }
    let nothing_changed = context.last == Last::OffScale;
    let last = if nothing_changed { Last::Rating } else { context.last };
    let context = &Context { shown: &shown, last, ..*context };
    if let Some(movie) = context.about.filter(|_| nothing_changed && going_back::leaves_it(text)) {
        return whole::says(&Sentence::new(text), Intent::About { wanted: Wanted::MyRating, movie });
    }
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
        let understood = another_meant::asked_which(ways::read(&sentence, deeper), &sentence, deeper);
        let understood = which_of_shown(understood, &sentence, deeper);
        if self.depth > 0 {
            return understood;
        }
        let understood = open_question::not_settled(understood, &sentence, self);
        self.without_titles_language(understood, &sentence)
    }

    /// "hated La La Land" is no Spanish: the words of a title do not tell the language of what is said of it.
    fn without_titles_language(self, understood: Understood, sentence: &Sentence) -> Understood {
        const MOST_FILMS: usize = 3;
        let films = understood.intent.films();
        if films.is_empty() || films.len() > MOST_FILMS {
            return understood;
        }
        let tokens = &sentence.tokens;
        let keys: Vec<&str> = films.iter().flat_map(|movie| self.index.keys_of(*movie)).collect();
        let mut is_title = vec![false; tokens.len()];
        for from in 0..tokens.len() {
            let longest = tokens.len().min(from + MAX_TITLE_TOKENS);
            for to in (from + 1..=longest).filter(|to| keys.contains(&key(&tokens[from..*to]).as_str())) {
                // A key is without its article.
                let article = usize::from(from > 0 && is_article(&tokens[from - 1].word));
                is_title[from - article..to].fill(true);
            }
        }
        if is_title.iter().all(|is_title| *is_title) {
            return Understood { language: None, ..understood };
        }
        let beside = tokens.iter().zip(&is_title).filter(|(_, is_title)| !**is_title).map(|(token, _)| token);
        Understood { language: language::language(&sentence.text, beside), ..understood }
    }
}

/// Tokens `from..to` that the answer does not take into account.
type Ignored = Vec<(usize, usize)>;
