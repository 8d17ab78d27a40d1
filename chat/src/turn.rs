//! What a sentence says of the question before it: an order about its list, a part of it taken back or put in its place.
//! `None` where it says nothing of it, and is to be read for itself.

use cineswarm_engine::Filters;

use crate::Setting;
use crate::context::Context;
use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Shift, Tweak, Understood};
use crate::request::Reader;
use crate::talk::{going_back, in_short, remarks};
use crate::which_film::{choosing, open_question};
use crate::whole::understood_whole;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, places, plainly, turns};

/// What a clause of the sentence, or what follows a phrase that turns the question before, says of that question.
pub(crate) fn of_the_question_before(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let Setting { index, catalogue, context, .. } = setting;
    let read = |text: &str, context: &Context<'_>| setting.after(context).understand(text);
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
        if let Some(refined) = open_question::refined(&sentence.text, &said, setting).filter(|_| !is_choice) {
            return Some(refined);
        }
    }
    if !setting.goes_on() {
        return None;
    }
    let wanted = going_back::back_to(sentence, index).or_else(|| going_back::swapped(sentence, index));
    if let Some(understood) = wanted.map(|wanted| read(&wanted, context).meant_instead())
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
    let parts: Vec<String> = plainly::parts_of(sentence).into_iter().map(|part| part.text).collect();
    if let Some(changed) = lifts_and_wants(&parts, |clause| read(clause, context)) {
        return Some(changed);
    }
    if let Some(understood) = remarks::seen_and_another(&parts, |clause| read(clause, context)) {
        return Some(understood);
    }
    if let Some(understood) = remarks::within_limits(sentence, read, context) {
        return Some(understood);
    }
    let (order, remarks) = remarks::order_among_remarks(sentence, setting)?;
    let understood = read(&order, context);
    let is_read =
        matches!(understood.intent, Intent::Refine { .. } | Intent::LessKnown | Intent::More | Intent::InOrder { .. });
    is_read.then_some(Understood { ignored: remarks, ..understood })
}

/// "forget the romance then, just action": what holds no more, and what is wanted besides.
fn lifts_and_wants(parts: &[String], read: impl Fn(&str) -> Understood) -> Option<Understood> {
    let [lifting, wanting] = parts else { return None };
    let changes = |read: &Understood| matches!(read.intent, Intent::Refine { .. }) && read.ignored.is_empty();
    let wants = |read: &Understood| read.intent.filters() != Some(&Filters::default());
    let lifting = Some(read(lifting)).filter(|read| changes(read) && !read.lifted.is_empty() && !wants(read))?;
    let wanting = Some(read(wanting)).filter(|read| changes(read) && read.lifted.is_empty() && wants(read))?;
    Some(Understood { lifted: lifting.lifted, ..wanting })
}

/// "too old for me. anything after 1990", "muy largas, algo de hora y media": after what is wrong with the films shown, the
/// question before with what is said. A kind of film ("a comedy") is a question of its own.
pub(crate) fn after_complaint(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const COMPLAINS_WITHIN: usize = 4;
    if !setting.goes_on() {
        return None;
    }
    let parts = plainly::clauses_of(sentence);
    let (complaints, wish) = parts.split_last().map(|(wish, said)| (said, wish))?;
    let complains = |said: &String| {
        let said = Sentence::new(said);
        let is_of_size =
            |pair: &[Token]| cues::is("complains", &pair[0].word) && cues::is("complained_of", &pair[1].word);
        let too = said.tokens.iter().take(COMPLAINS_WITHIN).any(|token| cues::is("too", &token.word));
        // "not too long" is a wish.
        let denies = said.tokens.iter().any(|token| cues::is("denies", &token.word));
        (too || said.tokens.windows(2).any(is_of_size)) && !denies && says_no_wish(&said, setting)
    };
    if !complaints.iter().any(complains) {
        return None;
    }
    let wish = Sentence::new(wish);
    let begins_so = wish.tokens.iter().take(2).any(|token| cues::is("asks_for_any", &token.word));
    let understood = understood_whole(&wish, setting);
    if !understood.ignored.is_empty() {
        return None;
    }
    let is_best = !wish.tokens.iter().any(|token| cues::is("swaps", &token.word));
    let intent = match understood.intent.clone() {
        refined @ Intent::Refine { .. } => refined,
        Intent::Browse { filters, tweak } if begins_so => {
            Intent::Refine { filters, tweak, shift: Some(Shift::Instead) }
        }
        // "mejor algo de los 90" is no wish for the best.
        Intent::Popular { filters } if begins_so && !is_best => {
            Intent::Refine { filters, tweak: Tweak::None, shift: Some(Shift::Instead) }
        }
        _ => return None,
    };
    Some(Understood { intent, ..understood })
}

/// Whether a clause names no film and asks for nothing.
fn says_no_wish(clause: &Sentence, setting: Setting<'_>) -> bool {
    let request = Reader::new(clause, setting.index, setting.catalogue).read();
    !request.film_noun && request.titles.iter().all(|slot| matches!(slot.found, TitleMatch::Nothing { .. }))
}

/// "si no hay comedias, cualquier cosa con Darín": what is wanted where the question before finds nothing, in the words that
/// say it.
pub(crate) fn where_there_is_none(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let begins = turns::beginnings("if_none", &sentence.tokens).next().is_some();
    let end = (1..sentence.len()).find(|at| sentence.breaks_before(*at)).filter(|_| begins && setting.goes_on())?;
    Some(sentence.typed(end, sentence.len()).to_owned())
}

/// "solo esas? vale, ahora solo con Pacino": where all that films are to be is said in one clause, and that alone
/// would be of the list before, so is the whole.
pub(crate) fn as_one_clause(understood: Understood, sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let Intent::Browse { filters, .. } = &understood.intent else { return understood };
    if !setting.goes_on() || understood.ignored.is_empty() {
        return understood;
    }
    let clauses = plainly::clauses_of(sentence);
    let found = clauses.iter().rev().find_map(|said| {
        let read = understood_whole(&Sentence::new(said), setting);
        let says_it_all = read.intent.filters() == Some(filters) && read.topics == understood.topics;
        (says_it_all && matches!(read.intent, Intent::Refine { .. })).then_some(read.intent)
    });
    match found {
        Some(intent) => Understood { intent, ..understood },
        None => understood,
    }
}

/// "seen Jaws, seen E.T. and seen Gremlins".
pub(crate) fn marks_each(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST: usize = 8;
    let tokens = &sentence.tokens;
    let says_seen = |at: usize| tokens.get(at).is_some_and(|token| cues::is("says_seen", &token.word));
    let is_joint = |at: usize| matches!(tokens[at].word.as_str(), "and" | "y" | "n");
    // "I saw", "ya vi": the word itself, or one before it.
    let begins = |at: &usize| {
        (*at == 0 || sentence.breaks_before(*at) || is_joint(at - 1)) && (says_seen(*at) || says_seen(at + 1))
    };
    let starts: Vec<usize> = (0..tokens.len()).filter(begins).collect();
    if starts.first() != Some(&0) || !(2..=MOST).contains(&starts.len()) {
        return None;
    }
    let ends = starts.iter().skip(1).map(|at| at - usize::from(is_joint(at - 1))).chain([tokens.len()]);
    let parts = starts.iter().zip(ends).map(|(from, to)| sentence.typed(*from, to));
    all_marked(&parts.map(|part| setting.understand(part)).collect::<Vec<_>>())
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
