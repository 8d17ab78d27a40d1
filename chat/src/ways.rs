//! The ways in which a sentence may be put, and in which order they are tried: first those by which it is a sentence of its
//! own sort, then as one whole, then, where that finds nothing, those that make the best of it.

use crate::asks::{by_plot, by_viewers, of_year, unknowable};
use crate::films::series;
use crate::films::titles::Reading;
use crate::intent::{Intent, Mark, OfItself, Understood, Wanted};
use crate::people::{made_by, not_by_him, of_cast, who_is_in, whose};
use crate::ratings::{all_but, felt, marked_beside, otherwise, seen_aside, stars_asked, verdict};
use crate::talk::{added, follow_up, going_back, misspelt, not_that_one};
use crate::which_film::{
    all_options, beside_title, most_said, not_remembered, of_hero, places_said, pointed_at, sequel, series_said,
    title_alone, what_differs,
};
use crate::whole::{says, understood_whole};
use crate::wishes::{
    between_lengths, like_one_but, own_language, series_out, than_a_film, that_year, told_before, told_beside,
    year_beside,
};
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, language, plainly};
use crate::{Last, Setting, by_example, turn};

/// `None` where the sentence is not put so.
type Way = fn(&Sentence, Setting<'_>) -> Option<Understood>;

/// Each knows its sentences for certain, and would be misread by those after it.
const OF_ITS_OWN_SORT: &[Way] = &[
    without_idle_end,
    |sentence, setting| in_full(own_language::left_out(sentence)?, sentence, setting),
    |sentence, setting| in_full(title_alone::said_first(sentence, setting)?, sentence, setting),
    |sentence, setting| in_full(that_year::last_years(sentence, setting)?, sentence, setting),
    begins_anew,
    stars_asked::answered,
    verdict::said,
    felt::said,
    |sentence, setting| Some(says(sentence, setting.chat(sentence).swaps_stars()?)),
    |sentence, setting| Some(setting.understand(&whose::of_who_directed(sentence, setting)?)),
    |sentence, setting| Some(says(sentence, whose::one_of_cast(sentence, setting)?)),
    |sentence, setting| Some(setting.understand(&made_by::as_wish(sentence, setting)?)),
    |sentence, setting| Some(says(sentence, setting.chat(sentence).rating_taken_back()?)),
    |sentence, setting| Some(setting.understand(&otherwise::stars_denied(sentence, setting)?)),
    rates_several,
    |sentence, setting| Some(says(sentence, all_but::rated(sentence, setting)?)),
    turn::marks_each,
    told_beside::wish,
    wish_that_follows,
    seen_aside::said,
    seen_aside::marked_too,
    corrects,
    |sentence, setting| Some(says(sentence, not_remembered::not_remembered(sentence, setting)?)),
    all_options::taken,
    what_differs::told,
    |sentence, setting| in_full(title_alone::not_another(sentence, setting)?, sentence, setting),
    all_options::none_taken,
    pointed_at::said_of_one,
    beside_title::named,
    |sentence, setting| in_full(series::numbered_parts(sentence, setting)?, sentence, setting),
    |sentence, setting| Some(says(sentence, series::part_asked_for(sentence, setting)?)),
    |sentence, setting| in_full(sequel::named(sentence, setting)?, sentence, setting),
    series_said::narrowed,
    |sentence, setting| in_full(series_out::named(sentence, setting)?, sentence, setting),
    who_is_in::meant,
    series_said::most_of_series,
    |sentence, setting| Some(says(sentence, setting.chat(sentence).is_by_somebody()?)),
    of_year::asked,
    not_that_one::turned_down,
    by_viewers::asked,
    unknowable::asked,
    unknowable::asks_what_differs,
    marked_beside::marked,
    |sentence, setting| in_full(places_said::counted(sentence, setting)?, sentence, setting),
    most_said::told,
    |sentence, setting| in_full(between_lengths::bounded(sentence)?, sentence, setting),
    |sentence, setting| as_films(in_full(between_lengths::around(sentence)?, sentence, setting)?),
    |sentence, setting| in_full(year_beside::told(sentence, setting)?, sentence, setting),
    |sentence, setting| as_films(in_full(than_a_film::told(sentence, setting)?, sentence, setting)?),
    |sentence, setting| in_full(of_cast::named_in_full(sentence, setting)?, sentence, setting),
    |sentence, setting| in_full(like_one_but::named(sentence, setting)?, sentence, setting),
    |sentence, setting| in_full(like_one_but::than_itself(sentence, setting)?, sentence, setting),
    of_hero::films_by,
    part_of_a_series,
    likes_what_was_told,
    |sentence, setting| in_full(not_by_him::as_wish(sentence, setting)?, sentence, setting),
    |sentence, setting| in_full(not_by_him::as_wish_of_somebody_named(sentence, setting)?, sentence, setting),
    |sentence, setting| Some(setting.understand(&going_back::order_at_the_end(sentence, setting.index)?)),
    added::to_the_question_before,
    turn::of_the_question_before,
    |sentence, setting| Some(setting.understand(&turn::where_there_is_none(sentence, setting)?)),
    |sentence, setting| as_films(in_full(going_back::back_to_a_time(sentence, setting)?, sentence, setting)?),
    |sentence, setting| Some(setting.understand(&that_year::told(sentence, setting)?)),
    turn::after_complaint,
];

/// Takes what the sentence was read as before, as one whole: nothing, or something doubtful.
type Resort = fn(&Sentence, Setting<'_>, &Understood) -> Option<Understood>;

const AT_A_LOSS: &[Resort] = &[
    series_alone,
    said_plainly,
    order_spelt_right,
    by_plot::told,
    as_likely_act,
    thanks,
    last_sentence_understood,
    said_of_a_film,
    of_other_things,
    title_alone::written_as_one,
];

/// What the sentence says: the first way in which it may be put that finds something.
pub(crate) fn read(sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let read = first_found(sentence, setting);
    // "gracias, eres un crack" is no "wow".
    let is_praise = read.intent == Intent::OfItself(OfItself::Reaction);
    is_praise.then(|| thanks(sentence, setting, &read)).flatten().unwrap_or(read)
}

fn first_found(sentence: &Sentence, setting: Setting<'_>) -> Understood {
    if let Some(said) = OF_ITS_OWN_SORT.iter().find_map(|way| way(sentence, setting)) {
        return said;
    }
    let understood = understood_whole(sentence, setting);
    if understood.intent.is_at_a_loss() {
        let found = AT_A_LOSS.iter().find_map(|resort| resort(sentence, setting, &understood));
        return found.unwrap_or(understood);
    }
    if let Some(told) = by_plot::told(sentence, setting, &understood) {
        return told;
    }
    // "fine, we'll go with that one" names no film called "Go".
    if let Some(enough) = by_example::enough_to_doubt(sentence, &understood)
        && let Some(read) = by_example::read(sentence, setting, enough)
        && by_example::asks_for_no_films(&read, &understood.intent)
    {
        return Understood { language: understood.language, ..read };
    }
    turn::as_one_clause(understood, sentence, setting)
}

/// "without crashes haha".
fn without_idle_end(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let plain = plainly::without_idle_end(sentence)?;
    let is_title = setting.index.find_as(&sentence.tokens, Reading::Exact).is_some();
    if is_title { None } else { in_full(plain, sentence, setting) }
}

/// What asks for films and is like none, and leaves nothing out: "Titanic is longer than Alien" asks for nothing.
fn as_films(read: Understood) -> Option<Understood> {
    let asks = matches!(read.intent, Intent::Browse { .. } | Intent::Refine { .. } | Intent::Popular { .. });
    (asks && read.ignored.is_empty()).then_some(read)
}

fn is_read(understood: &Understood) -> bool {
    !understood.intent.is_at_a_loss()
}

/// "start over: something with dragons".
fn begins_anew(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let rest = follow_up::after_beginning_anew(sentence)?;
    // "never mind, just show me something similar" is of what was before.
    Some(setting.after(&Default::default()).understand(&rest)).filter(is_read)
}

/// Before the sentence is taken apart: each part would be a rating of its own.
fn rates_several(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let chat = setting.chat(sentence);
    let is_rating = |intent: &Intent| matches!(intent, Intent::RateSeveral { .. } | Intent::Rate { .. });
    let several = chat.rated_several();
    // "a Hook un 4, a las otras un 3", and which others is not known: rating the one alone would not be what was said.
    let says_others = |token: &Token| cues::is("others_rated", &token.word);
    if let Some(unknown @ (Intent::WhichOne | Intent::NotUnderstood { .. })) = &several
        && sentence.tokens.iter().any(says_others)
    {
        return Some(says(sentence, unknown.clone()));
    }
    let rated = several.filter(is_rating).or_else(|| chat.stars_corrected())?;
    Some(says(sentence, rated))
}

/// "no wait, I meant the old one": of a list. A rating or a mark that is corrected moves.
fn corrects(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let context = setting.context;
    let is_of_rating = context.last == Last::Rating && context.stars.is_some();
    let is_of_one = is_of_rating || matches!(context.last, Last::Marked(_));
    let rest = follow_up::after_correction(sentence).filter(|_| setting.goes_on() && !is_of_one)?;
    Some(setting.understand(&rest).meant_instead())
}

/// The sentence with what it speaks of named, in its own language.
fn in_full(in_full: String, sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let read = Some(setting.understand(&in_full)).filter(is_read)?;
    let language = language::language(&sentence.text, &sentence.tokens).or(read.language);
    Some(Understood { language, ..read })
}

/// "I loved The Prestige, something like that with Hugh Jackman".
fn likes_what_was_told(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let wishes = told_before::wish(sentence, setting)?;
    wishes.iter().map(|wish| setting.understand(wish)).find(|read| matches!(read.intent, Intent::Like { .. }))
}

/// "cuál es la última de Harry Potter" asks for what it would be put for.
fn part_of_a_series(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let read = setting.understand(&series::part_named(sentence, setting)?);
    let is_all = is_read(&read) && read.ignored.is_empty();
    (is_all && !matches!(read.intent, Intent::About { wanted: Wanted::Other, .. })).then_some(read)
}

/// "james bond", "the before trilogy": its films.
fn series_alone(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    in_full(series_said::films_of(sentence, setting)?, sentence, setting)
}

/// The sentence without what says nothing in it.
fn said_plainly(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    let plain = plainly::plainly(sentence)?;
    Some(Setting { is_example: true, ..setting }.understand(&plain)).filter(is_read)
}

/// "mroe", "somthing newer", of a list.
fn order_spelt_right(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    let of_list = setting.goes_on() && setting.context.options.is_empty();
    let spelt = misspelt::spelt_right(sentence, setting.index).filter(|_| of_list)?;
    let read = Setting { is_example: true, ..setting }.understand(&spelt);
    let changes = matches!(read.intent, Intent::Refine { .. } | Intent::More | Intent::LessKnown | Intent::Undo);
    (changes && read.ignored.is_empty()).then_some(read)
}

fn as_likely_act(sentence: &Sentence, setting: Setting<'_>, understood: &Understood) -> Option<Understood> {
    // What is taken for a title or a theme may be just that.
    let enough = match understood.intent {
        Intent::NotUnderstood { .. } => by_example::LIKE_ENOUGH,
        _ => by_example::CLEARLY_LIKE,
    };
    let read = by_example::read(sentence, setting, enough)?;
    Some(Understood { language: understood.language, ..read })
}

/// "thank you dear", of which nothing else is understood; "gracias majo, con esto ya tenemos para toda la tarde", which asks
/// for nothing more.
fn thanks(sentence: &Sentence, _: Setting<'_>, understood: &Understood) -> Option<Understood> {
    const MOST_WORDS: usize = 8;
    const MOST_WORDS_AFTER: usize = 14;
    let is_thanks = |word: &str| matches!(word, "thanks" | "thank" | "thx" | "ty" | "cheers" | "gracias");
    let turns =
        |word: &str| (cues::is("wishes", word) && word != "see") || matches!(word, "but" | "pero" | "now" | "ahora");
    let mut words = sentence.tokens.iter().map(|token| token.word.as_str());
    let begins =
        words.clone().find(|word| !matches!(*word, "ok" | "vale" | "great" | "muchas" | "mil")).is_some_and(is_thanks);
    let says_no_more = begins && !sentence.text.contains('?') && !words.clone().any(turns);
    let most = if says_no_more { MOST_WORDS_AFTER } else { MOST_WORDS };
    let is_all = sentence.len() <= most && words.any(is_thanks);
    is_all.then(|| Understood { intent: Intent::Thanks, ..understood.clone() })
}

/// Of several sentences the last that is understood; the answer to a question leaves nothing out that counts.
fn last_sentence_understood(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    let parts = plainly::sentences(sentence);
    let answers = |read: &Understood| {
        let says_something = !matches!(read.intent, Intent::Help | Intent::Thanks);
        is_read(read) && says_something && (read.intent.filters().is_none() || read.ignored.is_empty())
    };
    let mut read_last_first = parts.iter().rev().map(|part| (part, setting.understand(part)));
    let (part, mut read) = read_last_first.find(|(_, read)| answers(read))?;
    read.ignored.extend(parts.iter().filter(|other| *other != part).cloned());
    Some(read)
}

/// "she's seen all the old ones, so something from this century": why it is wished is left out.
fn wish_that_follows(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const FEWEST_WORDS: usize = 3;
    let tokens = &sentence.tokens;
    let word = |at: usize| tokens[at].word.as_str();
    let follows = |at: usize| match word(at) {
        "so" if sentence.breaks_before(at) => Some(at + 1),
        "asi" if at + 1 < tokens.len() && word(at + 1) == "que" => Some(at + 2),
        _ => None,
    };
    let (at, from) = (FEWEST_WORDS..tokens.len()).find_map(|at| Some((at, follows(at)?)))?;
    let mut read = setting.understand(sentence.typed(from, tokens.len()));
    let is_wish = read.intent.filters().is_some() && read.ignored.is_empty();
    let why = sentence.typed(0, at);
    let says_nothing = is_wish && setting.understand(why).intent.is_at_a_loss();
    read.ignored.push(why.to_owned());
    says_nothing.then_some(read)
}

/// "Titanic gets 2 stars from me, way too long": what is said of a film counts, whatever is said beside it.
fn said_of_a_film(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    let rank = |read: &Understood| match read.intent {
        Intent::Rate { .. } => Some(0),
        Intent::Mark { mark: Mark::Seen, .. } => Some(1),
        Intent::Mark { .. } | Intent::Unrate { .. } => Some(2),
        // "undo that, she might like it".
        Intent::Undo => Some(3),
        _ => None,
    };
    let clauses = plainly::clauses_of(sentence);
    let said = clauses.iter().map(|clause| setting.understand(clause));
    let ranked = said.filter_map(|read| Some((rank(&read)?, read)));
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, read)| read)
}

/// "whats the weather like", "cuéntame algo gracioso".
fn of_other_things(sentence: &Sentence, setting: Setting<'_>, _: &Understood) -> Option<Understood> {
    by_example::is_of_other_things(sentence, setting).then(|| says(sentence, Intent::OfItself(OfItself::OnlyFilms)))
}
