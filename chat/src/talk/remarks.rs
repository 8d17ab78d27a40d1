//! What is said of a list in one clause of several: "más conocidas, que estos no tienen paciencia". The other clauses say
//! why. Never takes a clause for a remark that names what films are to be.

use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Mark, Shift, Understood};
use crate::request::Reader;
use crate::talk::{degrees, lifting};
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, plainly, turns};
use crate::{Context, Setting};

/// The clause that is an order about the list before, and the others.
pub(crate) fn order_among_remarks(sentence: &Sentence, setting: Setting<'_>) -> Option<(String, Vec<String>)> {
    let Setting { index, catalogue, context, .. } = setting;
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let mut clauses = plainly::clauses_of(sentence);
    let orders: Vec<usize> = (0..clauses.len()).filter(|at| is_order(&Sentence::new(&clauses[*at]))).collect();
    let last = *orders.last()?;
    // "muy triste, algo más alegre": the first says what is wrong, and the last what is wanted.
    let complains = |at: &usize| {
        let said = Sentence::new(&clauses[*at]);
        said.tokens.iter().take(3).any(|token| cues::is("complains", &token.word))
    };
    if !orders.iter().all(|at| *at == last || complains(at)) {
        return None;
    }
    let says_nothing_else = (0..clauses.len()).filter(|at| !orders.contains(at)).all(|at| {
        let clause = Sentence::new(&clauses[at]);
        let request = Reader::new(&clause, index, catalogue).read();
        let names_film = request.titles.iter().any(|slot| !matches!(slot.found, TitleMatch::Nothing { .. }));
        // "otra cosa: ¿quién dirigió Tiburón?"
        let asks = clause.tokens.first().is_some_and(|first| cues::is("asks", &first.word))
            || patterns::fitting(&clause).next().is_some();
        // "colour is fine".
        let allows = turns::without_end("is_fine", &clause.tokens).len() < clause.len();
        is_small_talk(&clause)
            || exclaims(&clause)
            || (allows && !request.has_conditions())
            || !(asks || names_film || request.has_conditions() || request.less_known || request.n.is_some())
    });
    if !says_nothing_else {
        return None;
    }
    let said = clauses.remove(last);
    clauses.retain(|clause| {
        let clause = Sentence::new(clause);
        !(is_small_talk(&clause) || exclaims(&clause) || is_order(&clause))
    });
    Some((said, clauses))
}

/// An order, or one to drop something.
fn is_order(clause: &Sentence) -> bool {
    order(clause).is_some() || lifting::begins(&clause.tokens)
}

/// "newer", "algo más alegre", "otras": which order it is.
pub(crate) fn order(clause: &Sentence) -> Option<patterns::Kind> {
    const ORDERS: [&str; 10] =
        ["newer", "older", "newest", "oldest", "shorter", "longer", "better_known", "lesser_known", "other", "both"];
    let is_of = |kind: &str| {
        ORDERS.contains(&kind)
            || kind.starts_with("more ")
            || kind.starts_with("less ")
            || kind.starts_with("in_order ")
    };
    let mut whole = patterns::fitting(clause).filter(|fitting| {
        fitting.film.is_none() && fitting.numbers.is_empty() && fitting.places.is_none() && is_of(fitting.kind.0)
    });
    whole.next().map(|fitting| fitting.kind).or_else(|| degrees::order(clause))
}

/// "newer, but not that new": the question before, moved one way and bounded at the other end.
pub(crate) fn within_limits(
    sentence: &Sentence,
    read: impl Fn(&str, &Context<'_>) -> Understood,
    context: &Context<'_>,
) -> Option<Understood> {
    let (order, limits) = order_within_limits(sentence)?;
    let limits = read(&limits, &Context::default());
    let Intent::Browse { filters, tweak } = limits.intent else { return None };
    if !(limits.topics.is_empty() && limits.ignored.is_empty()) {
        return None;
    }
    let understood = read(&order, context);
    let Intent::Refine { shift, .. } = understood.intent else { return None };
    let is_other_end = match shift {
        Some(Shift::Newer) => filters.year_from.is_none() && filters.year_to.is_some(),
        Some(Shift::Older) => filters.year_to.is_none() && filters.year_from.is_some(),
        _ => false,
    };
    is_other_end.then_some(Understood { intent: Intent::Refine { filters, tweak, shift }, ..understood })
}

/// An order on the years of the list before, and what bounds it.
fn order_within_limits(sentence: &Sentence) -> Option<(String, String)> {
    let tokens = &sentence.tokens;
    let is_but = |at: usize| matches!(tokens[at].word.as_str(), "but" | "pero" | "though" | "aunque");
    let at = (1..tokens.len()).find(|at| sentence.breaks_before(*at) || is_but(*at))?;
    let order = Sentence::new(sentence.typed(0, at));
    let is_of_years = |kind: &str| matches!(kind, "newer" | "older");
    let says_order = patterns::fitting(&order).any(|fitting| fitting.film.is_none() && is_of_years(fitting.kind.0))
        || degrees::order(&order).is_some_and(|kind| is_of_years(kind.0));
    let from = at + usize::from(is_but(at));
    (says_order && from < tokens.len())
        .then(|| (sentence.typed(0, at).to_owned(), sentence.typed(from, tokens.len()).to_owned()))
}

/// "esa ya la vi, dame otra": the film is marked, and how to go on is left to be said.
pub(crate) fn seen_and_another(clauses: &[String], read: impl Fn(&str) -> Understood) -> Option<Understood> {
    let [said, wish] = clauses else { return None };
    let understood = read(said);
    let is_seen = matches!(understood.intent, Intent::Mark { mark: Mark::Seen, .. });
    let goes_on = is_seen && matches!(read(wish).intent, Intent::More);
    goes_on.then_some(Understood { ignored: vec![wish.clone()], ..understood })
}

/// "uf, qué deprimente".
fn exclaims(clause: &Sentence) -> bool {
    let begins = |word: &str| matches!(word, "que" | "how" | "vaya" | "so" | "muy");
    let said = clause.tokens.iter().skip_while(|token| patterns::is_courtesy(&token.word));
    let said: Vec<&str> = said.map(|token| token.word.as_str()).collect();
    matches!(said.as_slice(), [first, _] if begins(first))
}

/// "mmm", "no me convence", "eso son películas de críos".
fn is_small_talk(clause: &Sentence) -> bool {
    let is_said = |kind: patterns::Kind| {
        kind.is_chat() || matches!(kind.0, "dull" | "remark" | "thanks" | "hide_it" | "bad_it" | "meh_it" | "undo")
    };
    patterns::fitting(clause).any(|fitting| fitting.film.is_none() && is_said(fitting.kind))
        || clause.tokens.iter().all(|token| {
            let word = token.word.as_str();
            patterns::is_courtesy(word)
                || patterns::ends_politely(word)
                || plainly::is_laughter(word)
                || plainly::is_idle(word)
                || word == "no"
        })
}
