//! What a sentence says of the question before it: an order about its list, a part of it taken back or put in its place.
//! `None` where it says nothing of it, and is to be read for itself.

use crate::Setting;
use crate::films::titles::TitleMatch;
use crate::intent::{Context, Intent, Understood};
use crate::talk::{choosing, going_back, in_short, open_question, remarks};
use crate::whole::understood_whole;
use crate::words::fold::Sentence;
use crate::words::{places, plainly};

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
    if let Some(understood) = remarks::seen_and_another(&clauses, |clause| read(clause, context)) {
        return Some(understood);
    }
    if let Some(understood) = remarks::within_limits(sentence, read, context) {
        return Some(understood);
    }
    let (order, remarks) = remarks::order_among_remarks(sentence, setting)?;
    let understood = read(&order, context);
    let is_read = matches!(understood.intent, Intent::Refine { .. } | Intent::LessKnown | Intent::More);
    is_read.then_some(Understood { ignored: remarks, ..understood })
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
