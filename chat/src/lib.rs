//! What a person types, understood without any outside service, in English and in Spanish.
//! Pure: a sentence and a catalogue in, an [`Intent`] out. Never asks the farm, stores nothing, reads no clock.
//! A few lines longer than other files: the order in which readings are tried stands in one place.
#![forbid(unsafe_code)]

mod certainty;
mod commands;
mod cues;
mod fold;
mod follow_up;
mod gist;
mod intent;
mod knowledge;
mod language;
mod lexicon;
mod naming;
mod patterns;
mod places;
mod plainly;
mod questions;
mod ratings;
mod reading;
pub mod replies;
mod request;
mod spelling;
mod themes;
mod titles;
mod topics;
mod years;

#[cfg(test)]
mod tests;

use cineswarm_engine::{Catalogue, MovieId};

pub use intent::{ClarifyOption, Context, Intent, Lang, Last, Mark, Question, Shift, Tweak, Understood, Wanted};
pub use naming::{Naming, films_named};
pub use reading::{Chip, Reading as Understanding, reading};
pub use request::{either_topic, films_of};
pub use titles::{Hit, TitleIndex, TitleMatch};
pub use topics::{Topic, TopicKind};

use fold::{Sentence, without_article};
use lexicon::Meaning;
use ratings::RatingSaid;
use request::{Reader, Request, TitleSlot};
use titles::Reading;

/// A sentence with more words than this that mean nothing is no title.
const MAX_UNREAD_TOKENS: usize = 8;

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
    let understood = understand_sentence(&sentence, lang, index, catalogue, context);
    if !understood.intent.is_at_a_loss() {
        return understood;
    }
    let again = |text: &str| Some(understand_in(text, lang, index, catalogue, context));
    let is_read = |again: &Understood| !again.intent.is_at_a_loss();
    if let Some(read) = plainly::plainly(&sentence).and_then(|plain| again(&plain)).filter(is_read) {
        return read;
    }
    if says_thanks(&sentence) {
        return Understood { intent: Intent::Thanks, ..understood };
    }
    // Of several sentences the last that is understood; the answer to a question leaves nothing out that counts.
    let parts = plainly::sentences(&sentence);
    let answers = |read: &Understood| is_read(read) && (read.intent.filters().is_none() || read.ignored.is_empty());
    let found = parts.iter().rev().find_map(|part| Some((part, again(part).filter(answers)?)));
    match found {
        Some((part, mut read)) => {
            read.ignored.extend(parts.iter().filter(|other| *other != part).cloned());
            read
        }
        None => understood,
    }
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
    let chosen = follow_up::chosen(sentence, context.options)
        .or_else(|| follow_up::chosen_by_person(sentence, context.options, index));
    if let Some(option) = chosen {
        return understand_in(&option.text, lang, index, catalogue, &Context { options: &[], ..*context });
    }
    if let Some(negated) = follow_up::negated_at_its_end(sentence, index) {
        return understand_in(&negated, lang, index, catalogue, context);
    }
    if let Some(asked) = follow_up::more_by_its_maker(sentence, lang, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    if let Some(asked) = follow_up::asked_of_another(sentence, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let reader = Reader::new(sentence, index, catalogue);
    let (mut request, is_announced) = reader.read_with_films_inside();
    let chat = Chat { reader, lang, catalogue, context };
    let (mut intent, mut ignored) = chat.decide(&request);
    if !request.help
        && gist::is_unsure(&intent, &ignored, is_announced)
        && let Some((meant, around)) = chat.gist()
    {
        (intent, ignored) = (meant, Ignored::new());
        request = around.unwrap_or_default();
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
    Understood { intent, n, topics, ignored, disliked: request.disliked, language }
}

/// Tokens `from..to` that the answer does not take into account.
type Ignored = Vec<(usize, usize)>;

struct Chat<'a> {
    reader: Reader<'a>,
    lang: Lang,
    catalogue: &'a Catalogue,
    context: &'a Context<'a>,
}

impl Chat<'_> {
    fn decide(&self, request: &Request) -> (Intent, Ignored) {
        let none = Ignored::new();
        if self.reader.sentence.tokens.is_empty() {
            return (Intent::Help, none);
        }
        if let Some(intent) = self.stars_alone() {
            return (intent, none);
        }
        if let Some(intent) = self.order().or_else(|| self.film_of_that_year()) {
            return (intent, none);
        }
        if let Some(intent) = self.whole_sentence_is_title(request) {
            return (intent, none);
        }
        if let Some(intent) = self.about_a_film() {
            return (intent, none);
        }
        if let Some(said) = ratings::read(&self.reader, self.context.last == Last::Rating) {
            return (self.rating(said), none);
        }
        if let Some(intent) = self.why() {
            return (intent, none);
        }
        if self.is_other_question(request) {
            let asked = self.reader.sentence.text.trim().to_owned();
            return (Intent::NotUnderstood { asked }, none);
        }
        // "Coco es preciosa, 5 estrellas" is a rating that was not read, and no wish.
        if self.says_stars() && request.titles.is_empty() {
            let asked = self.reader.sentence.text.trim().to_owned();
            return (Intent::NotUnderstood { asked }, none);
        }
        // "what's the weather like tomorrow" speaks of no film called "Tomorrow".
        let is_of_something_else = self.reader.sentence.tokens.iter().any(|token| cues::is("elsewhere", &token.word));
        if is_of_something_else && !request.film_noun && request.titles.len() <= 1 && !request.has_conditions() {
            let asked = self.reader.sentence.text.trim().to_owned();
            return (Intent::NotUnderstood { asked }, none);
        }
        if let Some(user_id) = request.user {
            return (Intent::ForUser { user_id, filters: request.filters() }, request.unread.clone());
        }
        // "tv series like Breaking Bad" are no films, whatever film is called nearly so.
        let is_elsewhere = |slot: &TitleSlot| matches!(slot.found, TitleMatch::Nothing { .. });
        if request.outside && !request.titles.is_empty() && request.titles.iter().all(is_elsewhere) {
            let asked = self.reader.sentence.text.trim().to_owned();
            return (Intent::OutsideTheData { asked }, none);
        }
        if !request.titles.is_empty() {
            return self.like(&request.titles, request);
        }
        if request.unread.is_empty() {
            if self.refines(request) {
                return (self.refinement(request), none);
            }
            let says_only_dislike = !request.has_conditions() && !request.popular;
            // "quita Troya" of a question that has no such film is no verdict on it.
            let drops = patterns::fitting(self.reader.sentence).any(|fitting| fitting.kind.0 == "drop_film");
            if says_only_dislike && drops && !request.disliked.is_empty() && self.says_removal() {
                let asked = self.reader.sentence.text.trim().to_owned();
                return (Intent::NotUnderstood { asked }, none);
            }
            if let Some(movie) = request.disliked.first().filter(|_| says_only_dislike) {
                return (self.confirm_rating(*movie, &[1.0, 1.5, 2.0, 0.5]), none);
            }
            return match without_titles(request) {
                Intent::Help if !request.help => {
                    let asked = self.reader.sentence.text.trim().to_owned();
                    (Intent::NotUnderstood { asked }, none)
                }
                intent => (intent, none),
            };
        }
        self.title_without_verb(request)
    }

    /// "is X better than Y?", "how many Oscars did it win?": no wish for films, whatever themes its words are.
    fn is_other_question(&self, request: &Request) -> bool {
        let Some(first) = self.reader.sentence.tokens.first() else { return false };
        // "who is Tarantino?" asks for no list of his films.
        let is_about_somebody = matches!(first.word.as_str(), "who" | "whos" | "quien" | "quienes");
        // "are there any films by Kurosawa?" is a wish.
        let is_wish = self.reader.sentence.tokens.get(1).is_some_and(|next| next.word == "there");
        cues::is("asks", &first.word)
            && !is_wish
            && (!request.unread.is_empty() || (is_about_somebody && !request.named.is_empty()))
            && request.titles.is_empty()
    }

    /// "but no animation", "from the 90s", "only comedies": conditions alone, said of the list before.
    fn refines(&self, request: &Request) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let Some(first) = tokens.first() else { return false };
        if !self.goes_on() || request.popular || request.for_me {
            return false;
        }
        if request.only_limits() && !request.film_noun {
            return true;
        }
        // "the japanese ones".
        let says_ones = tokens.iter().any(|token| token.word == "ones");
        let begins = |cue| cues::is(cue, &first.word);
        // "nothing romantic", "anything but the 80s".
        let begins_so = lexicon::after(tokens, 0, Meaning::Not).is_some() || cues::is("one_that", &first.word);
        let rules_out = request.only_rules_out() && begins_so;
        let says_more = request.has_conditions() || !request.disliked.is_empty();
        if says_more {
            let refines = rules_out || says_ones || begins("refines") || (begins("may_refine") && !request.film_noun);
            // "comedy instead".
            let ends_so = tokens.last().is_some_and(|last| matches!(last.word.as_str(), "instead" | "rather"));
            return refines || ends_so || self.is_bare(request);
        }
        // "top 20", "just five".
        request.n.is_some() && !(request.more || request.less_known || request.help || request.film_noun)
    }

    /// "5 stars", "cinco estrellas".
    pub(crate) fn says_stars(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let is_number = |at: usize| tokens[at].number().is_some() || lexicon::number_word(&tokens[at].word).is_some();
        (1..tokens.len()).any(|at| is_number(at - 1) && lexicon::after(tokens, at, Meaning::Stars).is_some())
    }

    /// "vampires", "korean": conditions and nothing else, said of a list, are of that list.
    fn is_bare(&self, request: &Request) -> bool {
        const MOST_WORDS: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let is_plain = request.has_conditions() && request.unread.is_empty() && request.titles.is_empty();
        is_plain
            && tokens.len() <= MOST_WORDS
            && !(request.film_noun || request.more || request.less_known || request.help || request.n.is_some())
            && !tokens.iter().any(|token| cues::is("wishes", &token.word))
    }

    /// The last question again, with what this sentence says.
    fn refinement(&self, request: &Request) -> Intent {
        let tokens = &self.reader.sentence.tokens;
        let is_either = tokens.first().is_some_and(|first| cues::is("either", &first.word));
        let swaps = tokens.iter().any(|token| cues::is("swaps", &token.word));
        let shift = match () {
            () if is_either => Some(Shift::Either),
            () if !request.genres.is_empty() && self.adds_genres() => Some(Shift::Besides),
            () if swaps || self.is_bare(request) => Some(Shift::Instead),
            () => None,
        };
        Intent::Refine { filters: request.filters(), tweak: tweak(request), shift }
    }

    fn says_removal(&self) -> bool {
        let first = self.reader.sentence.tokens.first();
        first.is_some_and(|first| {
            matches!(
                first.word.as_str(),
                "drop"
                    | "remove"
                    | "skip"
                    | "without"
                    | "minus"
                    | "exclude"
                    | "except"
                    | "quita"
                    | "saca"
                    | "sin"
                    | "menos"
            )
        })
    }

    /// Whether a question for films stands before.
    pub(crate) fn goes_on(&self) -> bool {
        self.context.goes_on || !self.context.shown.is_empty()
    }

    /// "with some romance", "but funny": beside what was asked for, where "only comedies" is instead of it.
    fn adds_genres(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        tokens.first().is_some_and(|first| cues::is("adds", &first.word))
            && !tokens.iter().any(|token| cues::is("instead", &token.word))
    }

    /// "films by ...", "películas de ...": what follows is somebody, whatever film is called so.
    fn names_a_maker(&self, at: usize) -> bool {
        let before = self.reader.sentence.tokens.get(at.wrapping_sub(1));
        before.is_some_and(|token| matches!(token.word.as_str(), "by" | "de" | "del" | "con" | "with" | "from"))
    }

    /// "The Good, the Bad and the Ugly" and nothing else. Where the sentence is a command too ("popular"), the command
    /// wins; where it is also a kind of film ("scary movie"), the person is asked.
    fn whole_sentence_is_title(&self, request: &Request) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let words = without_article(tokens);
        let named = words.split_last().filter(|(last, rest)| last.year().is_some() && !rest.is_empty());
        let named = named.map_or(words, |(_, rest)| rest);
        let dated = named.len() < words.len() && self.reader.sentence.text.contains('(');
        let is_command = request.popular || request.less_known || request.more || request.for_me || request.help;
        let says_something = is_command || request.has_conditions() || request.film_noun;
        // "Los otros" is a film, "the best" an order.
        let named_with_article = tokens.len() > 1 && words.len() < tokens.len();
        let only_more = (request.more || request.film_noun)
            && !(request.popular || request.less_known || request.for_me || request.help || request.has_conditions());
        if !dated
            && says_something
            && !(named_with_article && only_more)
            && matches!(named, [word] if word.year().is_none() && lexicon::is_known(&word.word))
        {
            return None;
        }
        // "top 5" is an order; the film is "Top Five".
        let counts = request.n.is_some() && tokens.iter().any(|token| token.number().is_some());
        if counts && tokens.len() == 2 && lexicon::after(tokens, 0, Meaning::Top) == Some(1) {
            return None;
        }
        let found = self.reader.index.find_as(tokens, Reading::Exact)?;
        // "in space", of a list, asks for no part of a series that few know.
        let is_obscure = matches!(found, TitleMatch::One(movie) if !self.reader.index.is_well_known(movie));
        let is_written_as_name = self.reader.sentence.text.trim_start().starts_with(char::is_uppercase);
        if is_obscure && !is_written_as_name && request.unread.is_empty() && self.refines(request) {
            return None;
        }
        let slot = TitleSlot { from: 0, to: tokens.len(), found };
        if let Some(question) = self.film_or_person(&slot) {
            return Some(question);
        }
        let is_request = request.unread.is_empty() && request.titles.is_empty() && !request.corrected && !dated;
        if is_request && (request.has_conditions() || request.film_noun) && words.len() > 1 {
            return Some(self.film_or_kind(&slot));
        }
        if is_request && is_command && !(named_with_article && only_more) {
            return None;
        }
        Some(self.like(&[slot], &Request::default()).0)
    }

    fn rating(&self, said: RatingSaid) -> Intent {
        match said {
            RatingSaid::VerbAlone => Intent::Help,
            RatingSaid::UnknownTitle { from, to } => self.unknown(from, to),
            RatingSaid::Complete { title, said, half_stars } => match self.resolved(&title) {
                Ok(movie) => match half_stars {
                    Some(half_stars) => Intent::Rate { movie, half_stars },
                    None => Intent::RateOffScale { movie, said },
                },
                Err(question) => *question,
            },
            RatingSaid::WithoutStars { title } => match self.resolved(&title) {
                Ok(movie) => self.how_many_stars(movie),
                Err(question) => *question,
            },
            RatingSaid::RatingOrTitle { title, half_stars, longer_title } => {
                match (self.resolved(&title), self.resolved(&longer_title)) {
                    (Ok(movie), Ok(longer)) if movie != longer => self.rating_or_title(movie, half_stars, longer),
                    (Ok(movie), _) => Intent::Rate { movie, half_stars },
                    (Err(question), _) => *question,
                }
            }
        }
    }

    /// "why Fargo?", "¿por qué me recomiendas Fargo?"
    fn why(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let from = (0..tokens.len().min(4)).find_map(|at| {
            lexicon::after(tokens, at, Meaning::Why).filter(|_| {
                // Only "and", "but", "please" may stand before it.
                (0..at).all(|before| {
                    matches!(
                        lexicon::meanings(tokens, before).last(),
                        Some((Meaning::And | Meaning::But | Meaning::Filler | Meaning::Tail | Meaning::Help, _))
                    )
                })
            })
        })?;
        const AFTER: [&str; 17] = [
            "recommended",
            "suggested",
            "here",
            "list",
            "recomendada",
            "recomendado",
            "recomiendas",
            "aqui",
            "lista",
            "la",
            "on",
            "in",
            "the",
            "my",
            "en",
            "mi",
            "me",
        ];
        let mut to = tokens.len();
        while to > from + 1 && AFTER.contains(&tokens[to - 1].word.as_str()) {
            to -= 1;
        }
        let points = |word: &str| {
            matches!(word, "this" | "that" | "these" | "those" | "esto" | "esta" | "estas" | "esa" | "ese")
        };
        if from >= to || tokens[from..to].iter().all(|token| points(&token.word)) {
            return Some(Intent::Help);
        }
        Some(match self.reader.title_among_words(from, to) {
            Some(slot) => self.resolved(&slot).map_or_else(|question| *question, |movie| Intent::Why { movie }),
            None => self.unknown(from, to),
        })
    }

    /// Films like these titles, or the first question that one of them raises.
    fn like(&self, titles: &[TitleSlot], request: &Request) -> (Intent, Ignored) {
        let mut movies: Vec<MovieId> = Vec::new();
        let mut is_told_by_year = false;
        for slot in titles {
            if let TitleMatch::Several(fitting) = &slot.found
                && let Some(movie) = self.of_the_year_said(slot, fitting)
            {
                is_told_by_year = true;
                movies.push(movie);
                continue;
            }
            match self.resolved(slot) {
                Ok(movie) if movies.contains(&movie) => {}
                Ok(movie) => movies.push(movie),
                Err(question) => {
                    // "Like Watr for Chocolate" begins like a request but is a title.
                    let whole = self.reader.whole_title(0, self.reader.sentence.len());
                    return match whole {
                        Some(TitleMatch::One(movie)) if matches!(*question, Intent::UnknownTitle { .. }) => (
                            Intent::Like { movies: vec![movie], filters: Default::default(), tweak: Tweak::None },
                            Vec::new(),
                        ),
                        _ => (*question, Vec::new()),
                    };
                }
            }
        }
        let (mut filters, mut unread) = (request.filters(), Ignored::new());
        if is_told_by_year {
            (filters.year_from, filters.year_to) = (None, None);
        }
        for &(from, to) in &request.unread {
            match self.turned(from, to) {
                Some(Intent::Refine { filters: turned, .. }) => {
                    filters.genres.extend(turned.genres);
                    filters.exclude_genres.extend(turned.exclude_genres);
                }
                _ => unread.push((from, to)),
            }
        }
        if let Some((shift, at)) = self.turned_in_years() {
            unread.retain(|(from, _)| *from < at);
            let years = || movies.iter().filter_map(|movie| self.catalogue.get(*movie)?.year);
            match shift {
                Shift::Newer => filters.year_from = filters.year_from.max(years().max().map(|year| year + 1)),
                _ => filters.year_to = filters.year_to.or(years().min().map(|year| year - 1)),
            }
        }
        (Intent::Like { movies, filters, tweak: tweak(request) }, unread)
    }

    /// "but funnier" of a film: as of a list.
    fn turned(&self, from: usize, to: usize) -> Option<Intent> {
        let said = Sentence::new(self.reader.sentence.typed(from, to));
        patterns::fitting(&said).find_map(|fitting| match fitting.kind.0.split_once(' ')? {
            ("more", genre) => self.refined_by(genre, true),
            ("less", genre) => self.refined_by(genre, false),
            _ => None,
        })
    }

    /// "but newer", "pero más antigua" at the end of a wish for films like others.
    fn turned_in_years(&self) -> Option<(Shift, usize)> {
        let tokens = &self.reader.sentence.tokens;
        let but = |at: &usize| matches!(tokens[*at].word.as_str(), "but" | "only" | "just" | "pero");
        let turn = (1..tokens.len()).rev().find(but)?;
        let said = Sentence::new(self.reader.sentence.typed(turn + 1, tokens.len()));
        patterns::fitting(&said).find_map(|fitting| match fitting.kind.0 {
            "newer" => Some((Shift::Newer, turn)),
            "older" => Some((Shift::Older, turn)),
            _ => None,
        })
    }

    /// "i give up", "you got it wrong": somebody does something, and one word of it may be a title.
    fn says_something_else(&self, slot: &TitleSlot) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let says = |cue, at: usize| tokens.get(at).is_some_and(|token| cues::is(cue, &token.word));
        let wishes = (0..slot.from).any(|at| says("wishes", at));
        let is_name = self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase);
        slot.to == slot.from + 1 && slot.from > 0 && says("subject", 0) && !wishes && !is_name
    }

    /// Whether a "not" stands before the title that the words resemble.
    fn rules_out_title(&self, from: usize, to: usize, titles: &[TitleSlot]) -> bool {
        let Some(next) = lexicon::after(&self.reader.sentence.tokens, from, Meaning::Not) else { return false };
        let [slot] = titles else { return false };
        let is_whole = self.reader.index.find_as(&self.reader.sentence.tokens[from..to], Reading::Exact).is_some();
        next < to && !is_whole && self.reader.whole_title(next, to).as_ref() == Some(&slot.found)
    }

    /// Something that no verb says is a title: "laberinto del fauno", "heat, alien", "the shawshenk redemption".
    fn title_without_verb(&self, request: &Request) -> (Intent, Ignored) {
        let tokens = &self.reader.sentence.tokens;
        let (Some((first, _)), Some((_, last))) = (request.unread.first(), request.unread.last()) else {
            return (Intent::Help, Vec::new());
        };
        let (first, last) = (*first, *last);
        let with_article = first - usize::from(first > 0 && fold::is_article(&tokens[first - 1].word));
        let whole = [(0, tokens.len()), (with_article, last), (first, last)];
        for (from, to) in whole {
            if let Some(titles) = self.reader.whole_titles(from, to) {
                // "no hitchcock" is no misspelt "Hitchcock".
                if self.rules_out_title(from, to, &titles) {
                    if request.has_conditions() {
                        break;
                    }
                    let asked = self.reader.sentence.typed(from, to).to_owned();
                    return (Intent::NotUnderstood { asked }, Vec::new());
                }
                if let [slot] = titles.as_slice()
                    && self.says_something_else(slot)
                {
                    return (self.ask_whether(slot), Vec::new());
                }
                // Conditions that the words of the title were taken for are none.
                let outside_title = if from == 0 && to == tokens.len() { Request::default() } else { request.clone() };
                if let Some(doubtful) = titles.iter().find(|slot| !self.is_certain(slot, &outside_title)) {
                    if outside_title.has_conditions() {
                        break;
                    }
                    return (self.ask_whether(doubtful), Vec::new());
                }
                if from > 0 && request.film_noun && self.names_a_maker(from) {
                    return (self.did_you_mean(&titles), Vec::new());
                }
                return self.like(&titles, &Request { unread: Vec::new(), ..outside_title });
            }
        }
        if request.has_conditions() && self.refines(request) {
            return (self.refinement(request), request.unread.clone());
        }
        if request.has_conditions() || request.popular {
            return (without_titles(request), request.unread.clone());
        }
        // "no Hitchcock" is no title, where nothing is known to be ruled out either.
        if lexicon::after(tokens, first, Meaning::Not).is_some() && !request.outside {
            let asked = self.reader.sentence.typed(first, last).to_owned();
            return (Intent::NotUnderstood { asked }, Vec::new());
        }
        // "with Al Pacino": the preposition tells a person or a plot from a title.
        let preposition = (first.saturating_sub(3)..first)
            .find(|at| matches!(tokens[*at].word.as_str(), "with" | "con" | "by" | "about" | "sobre" | "starring"));
        if request.outside || preposition.is_some() {
            let from = preposition.map_or(first, |at| at + 1);
            return (Intent::OutsideTheData { asked: self.reader.sentence.typed(from, last).to_owned() }, Vec::new());
        }
        let not_understood = || {
            let asked = self.reader.sentence.typed(first, last).to_owned();
            (Intent::NotUnderstood { asked }, Vec::new())
        };
        // "thx that helps" asks for no film called "The Help".
        let is_remark = first > 0 && cues::is("thanks", &tokens[0].word);
        if last - first > MAX_UNREAD_TOKENS || is_remark {
            return not_understood();
        }
        let covers_sentence =
            self.reader.trimmed(0, tokens.len()) == (with_article, last) || last - with_article == tokens.len();
        if let Some(slot) = self.reader.title_among_words(with_article, last) {
            // In the middle of other words a part of a title is too little to go by.
            // "whats the meaning of life" asks for no film.
            let is_asked = matches!(
                tokens[0].word.as_str(),
                "what"
                    | "whats"
                    | "who"
                    | "whos"
                    | "how"
                    | "when"
                    | "where"
                    | "que"
                    | "cual"
                    | "quien"
                    | "como"
                    | "cuando"
            );
            let is_asked = is_asked || self.says_something_else(&slot);
            if covers_sentence && (slot.from == 0 || !is_asked) && self.is_certain(&slot, request) {
                return self.like(&[slot], &Request { unread: Vec::new(), ..request.clone() });
            }
            let slot = TitleSlot { from: first, to: last, ..slot };
            return (self.ask_whether(&slot), Vec::new());
        }
        // "what's the weather tonight" says "tonight", and asks for no films.
        if request.less_known || (request.for_me && request.film_noun) {
            return (without_titles(request), request.unread.clone());
        }
        if request.for_me {
            return not_understood();
        }
        match self.unknown(with_article, last) {
            Intent::UnknownTitle { nearest, .. } if nearest.is_empty() => not_understood(),
            unknown => (unknown, Vec::new()),
        }
    }

    /// "King Kong, the one from 1933": the only one of that year.
    fn of_the_year_said(&self, slot: &TitleSlot, movies: &[MovieId]) -> Option<MovieId> {
        let tokens = &self.reader.sentence.tokens;
        let outside = (0..tokens.len()).filter(|at| !(slot.from..slot.to).contains(at));
        let mut years = outside.filter_map(|at| tokens[at].year());
        let (Some(year), None) = (years.next(), years.next()) else { return None };
        let is_of_year = |movie: &&MovieId| self.catalogue.get(**movie).is_some_and(|film| film.year == Some(year));
        let mut of_year = movies.iter().filter(is_of_year);
        of_year.next().copied().filter(|_| of_year.next().is_none())
    }

    fn is_only_a_pronoun(&self, slot: &TitleSlot) -> bool {
        const SAYS_NOTHING: [&str; 10] =
            ["it", "that", "this", "them", "everything", "everybody", "yes", "yeah", "todo", "nada"];
        let tokens = &self.reader.sentence.tokens;
        let is_name = self.reader.sentence.typed(slot.from, slot.to).starts_with(char::is_uppercase);
        slot.to == slot.from + 1
            && tokens.len() > 2
            && !is_name
            && SAYS_NOTHING.contains(&tokens[slot.from].word.as_str())
    }

    /// The film a title means, or the question to ask.
    fn resolved(&self, slot: &TitleSlot) -> Result<MovieId, Box<Intent>> {
        match &slot.found {
            TitleMatch::One(movie) if self.is_doubtful(slot, *movie) => Err(Box::new(self.ask_whether(slot))),
            // "I adored it, is there more?" speaks of no film called "It".
            TitleMatch::One(_) | TitleMatch::Several(_) if self.is_only_a_pronoun(slot) => {
                let asked = self.reader.sentence.text.trim().to_owned();
                Err(Box::new(Intent::NotUnderstood { asked }))
            }
            TitleMatch::One(movie) => Ok(*movie),
            TitleMatch::Several(movies) => Err(Box::new(self.which_film(slot, movies))),
            TitleMatch::Nothing { nearest } => {
                let (from, to) = self.reader.trimmed(slot.from, slot.to);
                let asked = self.reader.sentence.typed(from, to).to_owned();
                Err(Box::new(Intent::UnknownTitle { asked, nearest: nearest.clone() }))
            }
        }
    }
}

fn tweak(request: &Request) -> Tweak {
    if request.less_known { Tweak::LessKnown } else { Tweak::None }
}

/// What a sentence without titles asks for.
fn without_titles(request: &Request) -> Intent {
    let filters = request.filters();
    if request.popular && !request.less_known {
        Intent::Popular { filters }
    } else if request.has_conditions() || (request.less_known && (request.for_me || request.popular)) {
        Intent::Browse { filters, tweak: tweak(request) }
    } else if request.less_known {
        Intent::LessKnown
    } else if request.more {
        Intent::More
    } else if request.for_me || request.film_noun || request.n.is_some() || !filters.exclude_seen {
        Intent::ForMe { filters }
    } else {
        Intent::Help
    }
}
