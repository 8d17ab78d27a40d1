//! A sentence read as one whole. What may be said in a way of its own is asked for first, each way by the room that knows it;
//! what is left is read from left to right (`request`) and decided upon (`decide`).

use crate::asks::{asked_twice, counted, gist};
use crate::films::titles::Reading;
use crate::intent::{Intent, Shift, Understood};
use crate::people::whose;
use crate::request::{Reader, Request};
use crate::talk::{follow_up, in_short, lifting};
use crate::topics::{Topic, TopicKind};
use crate::which_film::choosing;
use crate::wishes::turned_down;
use crate::words::fold::Sentence;
use crate::words::{cues, fold, language, plainly};
use crate::{Ignored, Setting, replies};

/// That the whole sentence says this, and nothing else.
pub(crate) fn says(sentence: &Sentence, intent: Intent) -> Understood {
    let language = language::language(&sentence.text, sentence.tokens.iter());
    let (n, topics, ignored, disliked, lifted) = Default::default();
    Understood { intent, n, topics, ignored, disliked, lifted, language, is_doubtful: false }
}

/// The sentence as one whole, of which nothing was taken apart.
pub(crate) fn understood_whole(sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let Setting { lang, index, catalogue, context, .. } = setting;
    let settled = setting.without_options();
    if let Some(option) = choosing::choice(sentence, context.options, index, catalogue) {
        return setting.after(&settled).understand(&option.text);
    }
    if let Some(rated) = choosing::chosen_with_stars(sentence, context.options, index, catalogue) {
        let understood = setting.after(&settled).understand(&rated);
        if matches!(understood.intent, Intent::Rate { .. }) {
            return understood;
        }
    }
    if let Some(meant) = turned_down::meant_in_the_end(sentence) {
        let understood = setting.understand(&meant);
        if understood.intent.filters().is_some() {
            return understood;
        }
    }
    let negated = turned_down::negated_at_its_end(sentence, index).map(|negated| (negated, true));
    let put_off = || turned_down::put_off_at_its_end(sentence, index).map(|put_off| (put_off, false));
    if let Some((negated, is_whole)) = negated.or_else(put_off) {
        let understood = setting.understand(&negated);
        // "ella dice que terror no" speaks not of all that stands before the "no".
        let is_all = !is_whole || understood.ignored.is_empty();
        // "la 2 no me gusta" is no wish.
        if !understood.intent.is_at_a_loss() && is_all {
            return understood;
        }
    }
    if let Some(understood) = asked_twice::asked_twice(sentence, setting) {
        return understood;
    }
    if let Some(understood) = counted::counted(sentence, setting) {
        return understood;
    }
    let asked_back = || whose::whom(sentence, setting);
    if let Some(intent) = choosing::namesake(sentence, setting).or_else(asked_back) {
        return says(sentence, intent);
    }
    if let Some(asked) = whose::named_again(sentence, setting) {
        return without_spoken_of(setting.understand(&asked), sentence, setting);
    }
    if let Some(asked) = whose::by_another(sentence, setting) {
        return setting.understand(&asked);
    }
    if let Some(asked) = follow_up::asked_of_another(sentence, index, context) {
        return setting.understand(&asked);
    }
    let reader = Reader::new(sentence, index, catalogue);
    if let Some((intent, lifted)) = lifting::lifted(&reader, context) {
        return Understood { lifted, ..says(sentence, intent) };
    }
    if let Some(without) = lifting::not_asked_for(&reader, context) {
        let language = language::language(&sentence.text, sentence.tokens.iter());
        return Understood { language, ..setting.understand(&without) };
    }
    if let Some(asked) = whose::films_of_people(&reader, lang, context) {
        return setting.understand(&asked);
    }
    if let Some(asked) = in_short::person_instead(&reader, index, context) {
        return setting.understand(&asked).meant_instead();
    }
    let (mut request, is_announced) = reader.read_with_films_inside();
    let chat = setting.chat_of(reader);
    let (mut intent, mut ignored) = chat.decide(&request);
    if chat.asks_of_no_name(&intent) {
        intent = Intent::NotUnderstood { asked: sentence.text.trim().to_owned() };
    }
    // "algo entre la 1 y la 2" asks for films like both.
    let is_like_several = matches!(&intent, Intent::Like { movies, .. } if movies.len() > 1) && ignored.is_empty();
    let is_unsure =
        !is_like_several && (gist::is_unsure(&intent, &ignored, is_announced) || chat.may_ask(&intent, &ignored));
    let mut is_doubtful = is_unsure;
    // "que tal" greets, and begins many a question, too.
    const GREETING: usize = 3;
    let may_be_asked = !request.help || sentence.len() > GREETING || chat.film_at_place().is_some();
    if may_be_asked
        && is_unsure
        && chat.asks_for_awards_alone().is_none()
        && let Some((meant, around)) = chat.gist(&intent).filter(|(meant, _)| !chat.asks_of_no_name(meant))
    {
        (intent, ignored) = (meant, Ignored::new());
        request = around.unwrap_or_default();
        is_doubtful = false;
    }
    if let Some(rated) = intent.is_at_a_loss().then(|| chat.rated_by_the_way()).flatten() {
        (intent, ignored) = (rated, Ignored::new());
        is_doubtful = false;
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
        request.lifted.genres.extend(lifting::said_together(&request, context));
        request.lifted.topics.extend(taken);
        let again = lifting::allowed_again(&chat.reader, &request, context);
        request.lifted.topics.extend(again.topics);
        request.lifted.films.extend(again.films);
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
    Understood { intent, n, topics, ignored, disliked, lifted, language, is_doubtful }
}

/// "dame otras de ese director": others than the film that is spoken of.
fn without_spoken_of(mut read: Understood, sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let asks_for_others = sentence.tokens.iter().any(|token| cues::is("says_others", &token.word));
    let spoken_of = setting.context.about.filter(|_| asks_for_others && !setting.context.last.is_list());
    if let (Some(movie), Intent::Browse { filters, .. } | Intent::Refine { filters, .. }) =
        (spoken_of, &mut read.intent)
    {
        filters.exclude_movie_ids.push(movie);
    }
    read
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
