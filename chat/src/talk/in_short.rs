//! What is said of a list in a word or two, or asked for as people speak: "3", "give me something else", "got any newer?",
//! "what about Scorsese". Never reads a sentence that is a title.

use crate::films::knowledge::Role;
use crate::films::titles::{Reading, TitleIndex};
use crate::intent::{Intent, Wanted};
use crate::request::Reader;
use crate::talk::remarks;
use crate::words::fold::{Sentence, Token, tokenize};
use crate::words::patterns::{Fitting, Kind};
use crate::words::places::{self, Places};
use crate::words::{patterns, turns};
use crate::{Chat, Context};

impl Chat<'_> {
    /// "3", "#2", "the 2nd": the film at that place of the list. "one" and "last" alone may mean anything.
    pub(crate) fn place_alone(&self) -> Option<Intent> {
        const SAYS_LITTLE: [&str; 6] = ["one", "una", "uno", "last", "ultima", "ultimo"];
        if !self.context.options.is_empty() {
            return None;
        }
        let says_something =
            |token: &&Token| !patterns::is_courtesy(&token.word) && !patterns::ends_politely(&token.word);
        let mut told = self.reader.sentence.tokens.iter().filter(says_something);
        let (Some(token), None) = (told.next(), told.next()) else { return None };
        let place = places::place(&token.word).filter(|_| !SAYS_LITTLE.contains(&token.word.as_str()))?;
        let movie = *Places::These(vec![place]).of(self.context.shown)?.first()?;
        Some(Intent::About { wanted: Wanted::Plot, movie })
    }

    /// "give me something else", "got any newer?": what is ordered after words that only ask.
    pub(crate) fn order_asked_for(&self) -> Option<Intent> {
        let sentence = self.reader.sentence;
        if !self.goes_on() || self.reader.index.find_as(&sentence.tokens, Reading::Exact).is_some() {
            return None;
        }
        let mut kinds = asked_for(sentence);
        kinds.find_map(|kind| self.ordered(&Fitting { kind, film: None, numbers: Vec::new(), places: None }))
    }

    /// The film of the list that these words are the number of, which is no title then: "give 1 a 4".
    pub(crate) fn film_numbered(&self, from: usize, to: usize) -> Option<u32> {
        let [token] = self.reader.sentence.tokens.get(from..to)? else { return None };
        let place = token.word.parse().ok().filter(|place| *place > 0)?;
        Places::These(vec![place]).of(self.context.shown)?.first().copied()
    }
}

/// The orders that may be meant after words that only ask, the likeliest first.
fn asked_for(sentence: &Sentence) -> impl Iterator<Item = Kind> + '_ {
    let tokens = &sentence.tokens;
    let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word) || token.word == "no").count();
    let asked = turns::beginnings("asks_for", &tokens[from..]).map(move |len| from + len);
    let rest = asked.filter(|at| *at < tokens.len()).map(|at| Sentence::new(sentence.typed(at, tokens.len())));
    rest.filter_map(|order| remarks::order(&order))
}

/// Whether it asks for other films: "another", "show me something else".
pub(crate) fn asks_for_others(sentence: &Sentence) -> bool {
    let is_other = |kind: Kind| kind.0 == "other";
    remarks::order(sentence).is_some_and(is_other) || asked_for(sentence).any(is_other)
}

/// "same but newer", "lo mismo sin romance": what is said of the list before.
pub(crate) fn of_the_same(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    let tokens = &sentence.tokens;
    let begins = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let mut begun = (0..=begins).rev();
    let at = begun.find_map(|from| Some(from + turns::beginnings("list_but", tokens.get(from..)?).next()?))?;
    (at < tokens.len() && index.find_as(tokens, Reading::Exact).is_none())
        .then(|| sentence.typed(at, tokens.len()).to_owned())
}

/// "what about Scorsese", "¿qué tal Almodóvar?", "only Hitchcock": films of that person, as a sentence, whose surname is all
/// that is said.
pub(crate) fn person_instead(reader: &Reader, index: &TitleIndex, context: &Context<'_>) -> Option<String> {
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let tokens = &reader.sentence.tokens;
    let begins = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let mut begun = (0..=begins).rev();
    let begins_so = |kind, from: usize| turns::beginnings(kind, tokens.get(from..)?).next().map(|len| from + len);
    // "only Hitchcock" speaks of no film of that name, as a list of one would be none.
    let (at, is_only) = begun.find_map(|from| {
        begins_so("what_about", from).map(|at| (at, false)).or_else(|| Some((begins_so("only_of", from)?, true)))
    })?;
    let (name, end) = reader.named_at(at, Role::Either)?;
    let is_surname_alone = end == tokens.len() && !reader.names_somebody(at, end);
    if !is_surname_alone || (!is_only && index.find_as(&tokens[at..], Reading::Exact).is_some()) {
        return None;
    }
    let directs = index.knowledge.person_named(&tokenize(name))?.role(Role::Either) == Role::Directs;
    Some(format!("{} {name}", if directs { "by" } else { "with" }))
}
