//! What a person types, understood without any outside service, in English and in Spanish.
//! Pure: a sentence and a catalogue in, an [`Intent`] out. Never asks the farm, stores nothing, reads no clock.
#![forbid(unsafe_code)]

mod asks;
mod certainty;
mod commands;
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
mod words;

#[cfg(test)]
mod tests;

use cineswarm_engine::Catalogue;

pub use films::titles::{Hit, TitleIndex, TitleMatch};
pub use intent::{
    ClarifyOption, Context, Intent, Lang, Last, Mark, OfItself, Question, Shift, Tweak, Understood, Wanted,
};
pub use naming::{Naming, films_named};
pub use reading::{Chip, Reading as Understanding, reading};
pub use request::{either_topic, films_of, parts_of_either};
pub use topics::{Lifted, Topic, TopicKind, only_rules_out};

use asks::{asked_twice, counted, gist};
use decide::Chat;
use films::titles::Reading;
use request::{Reader, Request};
use talk::{choosing, follow_up, going_back, in_short, lifting, misspelt, open_question, remarks, turned_down, whose};
use words::fold::Sentence;
use words::{cues, fold, language, places, plainly};

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
    let is_of_rating = context.last == Last::Rating && context.stars.is_some();
    let goes_on = (context.goes_on || !context.shown.is_empty()) && !is_of_rating;
    if let Some(rest) = follow_up::after_correction(&sentence).filter(|_| goes_on) {
        return meant_instead(understand_in(&rest, lang, index, catalogue, context));
    }
    if let Some(order) = going_back::order_at_the_end(&sentence, index) {
        return understand_in(&order, lang, index, catalogue, context);
    }
    if let Some(turned) = of_the_question_before(&sentence, lang, index, catalogue, context) {
        return turned;
    }
    let understood = understand_sentence(&sentence, lang, index, catalogue, context);
    if !understood.intent.is_at_a_loss() {
        return as_one_clause(understood, &sentence, lang, index, catalogue, context);
    }
    let again = |text: &str| understand_in(text, lang, index, catalogue, context);
    let is_read = |again: &Understood| !again.intent.is_at_a_loss();
    if let Some(read) = plainly::plainly(&sentence).map(|plain| again(&plain)).filter(is_read) {
        return read;
    }
    // "mroe", "somthing newer", of a list.
    let is_order = |again: &Understood| {
        let changes = matches!(again.intent, Intent::Refine { .. } | Intent::More | Intent::LessKnown | Intent::Undo);
        changes && again.ignored.is_empty()
    };
    let spelt = misspelt::spelt_right(&sentence, index).filter(|_| goes_on && context.options.is_empty());
    if let Some(read) = spelt.map(|spelt| again(&spelt)).filter(is_order) {
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

/// The films that all of these mark, where they all mark some alike.
fn all_marked(marks: &[Understood]) -> Option<Understood> {
    let (first, rest) = marks.split_first()?;
    let Intent::Mark { mut movies, mark } = first.intent.clone() else { return None };
    for other in rest {
        match &other.intent {
            Intent::Mark { movies: others, mark: same } if *same == mark => movies.extend(others),
            _ => return None,
        }
    }
    movies.dedup();
    Some(Understood { intent: Intent::Mark { movies, mark }, ..first.clone() })
}

/// "solo esas? vale, ahora solo con Pacino": where all that films are to be is said in one clause, and that alone
/// would be of the list before, so is the whole.
fn as_one_clause(
    understood: Understood,
    sentence: &Sentence,
    lang: Lang,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Understood {
    let goes_on = context.goes_on || !context.shown.is_empty();
    let Intent::Browse { filters, .. } = &understood.intent else { return understood };
    if !goes_on || understood.ignored.is_empty() {
        return understood;
    }
    let clauses = plainly::clauses_of(sentence);
    let found = clauses.iter().rev().find_map(|said| {
        let read = understand_sentence(&Sentence::new(said), lang, index, catalogue, context);
        let says_it_all = read.intent.filters() == Some(filters) && read.topics == understood.topics;
        (says_it_all && matches!(read.intent, Intent::Refine { .. })).then_some(read.intent)
    });
    match found {
        Some(intent) => Understood { intent, ..understood },
        None => understood,
    }
}

/// What a clause of the sentence, or what follows a phrase that turns the question before, says of that question.
fn of_the_question_before(
    sentence: &Sentence,
    lang: Lang,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Option<Understood> {
    let read = |text: &str, context: &Context<'_>| understand_in(text, lang, index, catalogue, context);
    if !context.options.is_empty() {
        // As if there had been a list, so that what is said of it is no new question.
        let named = context.options.first().map(|option| index.find(&option.label));
        let best: Vec<u32> = match named {
            Some(TitleMatch::One(movie)) => vec![movie],
            _ => Vec::new(),
        };
        let going_on = Context { goes_on: true, shown: &best, options: &[], ..*context };
        let said = read(&sentence.text, &going_on);
        let is_choice = choosing::choice(sentence, context.options, index, catalogue).is_some();
        if let Some(refined) =
            open_question::refined(&sentence.text, &said, lang, index, catalogue, context).filter(|_| !is_choice)
        {
            return Some(refined);
        }
    }
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let wanted = going_back::back_to(sentence, index).or_else(|| going_back::swapped(sentence, index));
    if let Some(understood) = wanted.map(|wanted| meant_instead(read(&wanted, context)))
        && matches!(understood.intent, Intent::Refine { .. })
        && understood.ignored.is_empty()
    {
        return Some(understood);
    }
    if let Some(understood) = in_short::of_the_same(sentence, index).map(|said| read(&said, context))
        && matches!(understood.intent, Intent::Refine { .. } | Intent::LessKnown)
        && understood.ignored.is_empty()
    {
        return Some(understood);
    }
    // "la uno no, la dos tampoco" speaks of both.
    let clauses = plainly::clauses_of(sentence);
    let says_place =
        |clause: &String| Sentence::new(clause).tokens.iter().any(|token| places::place(&token.word).is_some());
    if !clauses.is_empty() && clauses.iter().all(says_place) {
        let marks: Vec<Understood> = clauses.iter().map(|clause| read(clause, context)).collect();
        if let Some(marked) = all_marked(&marks) {
            return Some(marked);
        }
    }
    if let Some(understood) = remarks::seen_and_another(&clauses, |clause| read(clause, context)) {
        return Some(understood);
    }
    if let Some(understood) = remarks::within_limits(sentence, read, context) {
        return Some(understood);
    }
    let (order, remarks) = remarks::order_among_remarks(sentence, index, catalogue, context)?;
    let understood = read(&order, context);
    let is_read = matches!(understood.intent, Intent::Refine { .. } | Intent::LessKnown | Intent::More);
    is_read.then_some(Understood { ignored: remarks, ..understood })
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

fn understand_sentence(
    sentence: &Sentence,
    lang: Lang,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Understood {
    let settled = Context { options: &[], ..*context };
    if let Some(option) = choosing::choice(sentence, context.options, index, catalogue) {
        return understand_in(&option.text, lang, index, catalogue, &settled);
    }
    if let Some(rated) = choosing::chosen_with_stars(sentence, context.options, index, catalogue) {
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
    let negated = turned_down::negated_at_its_end(sentence, index).map(|negated| (negated, true));
    let put_off = || turned_down::put_off_at_its_end(sentence, index).map(|put_off| (put_off, false));
    if let Some((negated, is_whole)) = negated.or_else(put_off) {
        let understood = understand_in(&negated, lang, index, catalogue, context);
        // "ella dice que terror no" speaks not of all that stands before the "no".
        let is_all = !is_whole || understood.ignored.is_empty();
        // "la 2 no me gusta" is no wish.
        if !understood.intent.is_at_a_loss() && is_all {
            return understood;
        }
    }
    if let Some(understood) = asked_twice::asked_twice(sentence, lang, index, catalogue, context) {
        return understood;
    }
    if let Some(understood) = counted::counted(sentence, lang, index, catalogue, context) {
        return understood;
    }
    let asked_back = || whose::whom(sentence, lang, index, catalogue, context);
    if let Some(intent) = choosing::namesake(sentence, index, catalogue, context).or_else(asked_back) {
        let language = language::language(&sentence.text, sentence.tokens.iter());
        let (n, topics, ignored, disliked, lifted) = Default::default();
        return Understood { intent, n, topics, ignored, disliked, lifted, language };
    }
    if let Some(asked) = whose::named_again(sentence, lang, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    if let Some(asked) = follow_up::asked_of_another(sentence, index, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    let reader = Reader::new(sentence, index, catalogue);
    if let Some((intent, lifted)) = lifting::lifted(&reader, context) {
        let language = language::language(&sentence.text, sentence.tokens.iter());
        let (n, topics, ignored, disliked) = Default::default();
        return Understood { intent, n, topics, ignored, disliked, lifted, language };
    }
    if let Some(without) = lifting::not_asked_for(&reader, context) {
        return understand_in(&without, lang, index, catalogue, context);
    }
    if let Some(asked) = whose::films_of_people(&reader, lang, context) {
        return understand_in(&asked, lang, index, catalogue, context);
    }
    if let Some(asked) = in_short::person_instead(&reader, index, context) {
        return meant_instead(understand_in(&asked, lang, index, catalogue, context));
    }
    let (mut request, is_announced) = reader.read_with_films_inside();
    let chat = Chat { reader, lang, catalogue, context };
    let (mut intent, mut ignored) = chat.decide(&request);
    if chat.asks_of_no_name(&intent) {
        intent = Intent::NotUnderstood { asked: sentence.text.trim().to_owned() };
    }
    // "algo entre la 1 y la 2" asks for films like both.
    let is_like_several = matches!(&intent, Intent::Like { movies, .. } if movies.len() > 1) && ignored.is_empty();
    let is_unsure =
        !is_like_several && (gist::is_unsure(&intent, &ignored, is_announced) || chat.may_ask(&intent, &ignored));
    // "que tal" greets, and begins many a question, too.
    const GREETING: usize = 3;
    let may_be_asked = !request.help || sentence.len() > GREETING || chat.film_at_place().is_some();
    if may_be_asked
        && is_unsure
        && let Some((meant, around)) = chat.gist(&intent).filter(|(meant, _)| !chat.asks_of_no_name(meant))
    {
        (intent, ignored) = (meant, Ignored::new());
        request = around.unwrap_or_default();
    }
    if let Some((wish, around, left_out)) = intent.is_at_a_loss().then(|| chat.wish_for_an_occasion()).flatten() {
        (intent, ignored) = (wish, left_out);
        request = around;
    } else if is_hardly_read(&intent, &ignored, sentence) {
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
    // "sin violencia jaja": that laughter was not taken into account need not be said.
    let says_something = |(from, to): &(usize, usize)| {
        let is_laughter = |token: &fold::Token| plainly::is_laughter(&token.word);
        !sentence.tokens.get(*from..*to).is_some_and(|words| words.iter().all(is_laughter))
    };
    let ignored = ignored
        .into_iter()
        .chain(without_effect)
        .filter(says_something)
        .map(|(from, to)| sentence.typed(from, to).to_owned())
        .collect();
    if let Intent::Refine { filters, .. } = &mut intent {
        let (taken, stay) = lifting::taken_back(&chat.reader, &request, context);
        request.lifted.topics.extend(taken);
        filters.genres.extend(stay);
    }
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
    // Short words are mostly between others.
    let is_unread = |short: usize| {
        let words = |from: usize, to: usize| (from..to).filter(|at| sentence.tokens[*at].word.len() > short).count();
        let unread: usize = ignored.iter().map(|(from, to)| words(*from, *to)).sum();
        unread >= FEWEST_WORDS && 2 * unread >= words(0, sentence.len())
    };
    says_little && (is_unread(2) || is_unread(3))
}

/// Tokens `from..to` that the answer does not take into account.
type Ignored = Vec<(usize, usize)>;
