//! What a person types, understood without any outside service, in English and in Spanish.
//! Pure: a sentence and a catalogue in, an [`Intent`] out. Never asks the farm, stores nothing, reads no clock.
#![forbid(unsafe_code)]

mod about;
mod asked;
mod bags;
mod certainty;
mod commands;
mod cues;
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
pub use topics::{Topic, TopicKind};

use fold::Sentence;
use lexicon::Meaning;
use ratings::RatingSaid;
use request::{Reader, Request, TitleSlot};
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
    let chosen = follow_up::chosen(sentence, context.options)
        .or_else(|| follow_up::chosen_by_person(sentence, context.options, index))
        .or_else(|| follow_up::chosen_by_genre(sentence, context.options, index, catalogue))
        .or_else(|| follow_up::chosen_by_tag(sentence, context.options, index));
    let settled = Context { options: &[], ..*context };
    if let Some(option) = chosen {
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
    if let Some(asked) = whose::named_again(sentence, lang, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    if let Some(asked) = follow_up::asked_of_another(sentence, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let reader = Reader::new(sentence, index, catalogue);
    if let Some(asked) = whose::films_of_people(&reader, lang) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let (mut request, is_announced) = reader.read_with_films_inside();
    let chat = Chat { reader, lang, catalogue, context };
    let (mut intent, mut ignored) = chat.decide(&request);
    let is_unsure = gist::is_unsure(&intent, &ignored, is_announced) || chat.may_ask(&intent, &ignored);
    if (!request.help || chat.film_at_place().is_some())
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
        if let Some(intent) = self.rated_in_passing() {
            return (intent, none);
        }
        if let Some(intent) = self.order().or_else(|| self.forgets_years()).or_else(|| self.film_of_that_year()) {
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
        if let Some(intent) = self.most_of_all(request).or_else(|| self.asks_for_awards()) {
            return (intent, none);
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
        // "and the music, who did that?"
        let asks_who = |token: &fold::Token| matches!(token.word.as_str(), "who" | "whos" | "quien");
        let of_music =
            |token: &fold::Token| matches!(token.word.as_str(), "music" | "musica" | "soundtrack" | "sonora");
        let tokens = &self.reader.sentence.tokens;
        if tokens.iter().any(asks_who) && tokens.iter().any(of_music) && request.titles.is_empty() {
            return true;
        }
        // "are there any films by Kurosawa?" is a wish.
        let is_wish = self.reader.sentence.tokens.get(1).is_some_and(|next| next.word == "there");
        cues::is("asks", &first.word)
            && !is_wish
            && (!request.unread.is_empty() || (is_about_somebody && !request.named.is_empty()))
            && request.titles.is_empty()
    }

    /// "5 stars", "cinco estrellas".
    pub(crate) fn says_stars(&self) -> bool {
        let tokens = &self.reader.sentence.tokens;
        let is_number = |at: usize| tokens[at].number().is_some() || lexicon::number_word(&tokens[at].word).is_some();
        (1..tokens.len()).any(|at| is_number(at - 1) && lexicon::after(tokens, at, Meaning::Stars).is_some())
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
