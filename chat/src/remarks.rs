//! What is said of a list in one clause of several: "más conocidas, que estos no tienen paciencia". The other clauses say
//! why. Never takes a clause for a remark that names what films are to be.

use cineswarm_engine::Catalogue;

use crate::fold::Sentence;
use crate::request::Reader;
use crate::titles::{TitleIndex, TitleMatch};
use crate::{Context, cues, degrees, patterns, plainly};

/// The clause that is an order about the list before, and the others.
pub(crate) fn order_among_remarks(
    sentence: &Sentence,
    index: &TitleIndex,
    catalogue: &Catalogue,
    context: &Context<'_>,
) -> Option<(String, Vec<String>)> {
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let mut clauses = plainly::clauses_of(sentence);
    let orders: Vec<usize> = (0..clauses.len()).filter(|at| order(&Sentence::new(&clauses[*at])).is_some()).collect();
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
        is_small_talk(&clause)
            || exclaims(&clause)
            || !(asks || names_film || request.has_conditions() || request.less_known || request.n.is_some())
    });
    if !says_nothing_else {
        return None;
    }
    let said = clauses.remove(last);
    clauses.retain(|clause| {
        let clause = Sentence::new(clause);
        !(is_small_talk(&clause) || exclaims(&clause) || order(&clause).is_some())
    });
    Some((said, clauses))
}

/// "newer", "algo más alegre", "otras": which order it is.
pub(crate) fn order(clause: &Sentence) -> Option<patterns::Kind> {
    const ORDERS: [&str; 10] =
        ["newer", "older", "newest", "oldest", "shorter", "longer", "better_known", "lesser_known", "other", "both"];
    let is_of = |kind: &str| ORDERS.contains(&kind) || kind.starts_with("more ") || kind.starts_with("less ");
    let mut whole = patterns::fitting(clause).filter(|fitting| {
        fitting.film.is_none() && fitting.numbers.is_empty() && fitting.places.is_none() && is_of(fitting.kind.0)
    });
    whole.next().map(|fitting| fitting.kind).or_else(|| degrees::order(clause))
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
    let is_said =
        |kind: &str| matches!(kind, "chat" | "dull" | "remark" | "thanks" | "hide_it" | "bad_it" | "meh_it" | "undo");
    patterns::fitting(clause).any(|fitting| fitting.film.is_none() && is_said(fitting.kind.0))
        || clause.tokens.iter().all(|token| {
            let word = token.word.as_str();
            patterns::is_courtesy(word)
                || patterns::ends_politely(word)
                || plainly::is_laughter(word)
                || plainly::is_idle(word)
                || word == "no"
        })
}
