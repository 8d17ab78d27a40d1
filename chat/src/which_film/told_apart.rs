//! Which of several films words tell apart: by who made it or is in it, its year, its country, or its place among them in
//! time. Of somebody who is in several of them, that one is meant in which they are named first.

use cineswarm_engine::MovieId;

use crate::Setting;
use crate::request::facts;
use crate::words::fold::{Token, tokenize};
use crate::words::places;
use crate::words::which::phrase_at;
use crate::words::years::{self, YearBound};

/// What words point at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointed {
    Film(MovieId),
    /// The one that was not spoken of.
    Other,
}

/// Whether a word is of the name of somebody who made this film or is in it.
pub(super) fn is_somebody_of(film: MovieId, tokens: &[Token], setting: Setting<'_>) -> bool {
    let Some(facts) = setting.index.facts(film) else { return false };
    let is_of = |token: &Token, name: &String| {
        tokenize(name).iter().any(|part| token.word == part.word || token.word.strip_suffix('s') == Some(&part.word))
    };
    facts.directors.iter().chain(&facts.cast).any(|name| tokens.iter().any(|token| is_of(token, name)))
}

/// The one of these films; every word must tell.
pub(super) fn told_of(films: &[MovieId], tokens: &[Token], setting: Setting<'_>) -> Option<Pointed> {
    let Setting { index, catalogue, .. } = setting;
    let year = |movie: &MovieId| catalogue.get(*movie).and_then(|film| film.year);
    let newest = films.iter().filter_map(year).max().unwrap_or(0);
    let mut fits = films.to_vec();
    let mut place = None;
    let mut order = None;
    let mut name: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((kind, end)) = phrase_at(tokens, at, tokens.len(), &["oldest", "newest", "other"]) {
            // "the old black and white one".
            if order.is_some_and(|order| order != kind) {
                return None;
            }
            (order, at) = (Some(kind), end);
        } else if let Some((bound, end)) = years::bound(tokens, at, newest.max(2000), true) {
            fits.retain(|movie| {
                year(movie).is_some_and(|year| match bound {
                    YearBound::Within(from, to) => (from..=to).contains(&year),
                    YearBound::From(from) => year >= from,
                    YearBound::To(to) => year <= to,
                })
            });
            at = end;
        } else if let Some((_, end)) = facts::is_from(tokens, at, None) {
            // "the Japanese one".
            fits.retain(|movie| facts::is_from(tokens, at, index.facts(*movie)).is_some_and(|(is_of, _)| is_of));
            at = end;
        } else if let Some(nth) = places::place(&tokens[at].word)
            && !name.is_empty()
            && tokens[at].word != "one"
        {
            // "Clooney's first one".
            (place, at) = (Some(nth), at + 1);
        } else if let Some((_, end)) = phrase_at(tokens, at, tokens.len(), &["around"]) {
            at = end;
        } else {
            name.push(tokens[at].word.as_str());
            at += 1;
        }
    }
    if !name.is_empty() {
        let named = |movie: &MovieId| named_at(*movie, &name, setting);
        fits.retain(|movie| named(movie).is_some());
        // "the Mitchum one": in the remake he has a small part.
        let first = fits.iter().filter_map(named).min();
        if order.is_none() && place.is_none() && fits.iter().filter(|movie| named(movie) == first).count() == 1 {
            fits.retain(|movie| named(movie) == first);
        }
    }
    let is_told = fits.len() < films.len() || !name.is_empty();
    if let Some(place) = place {
        fits.sort_by_key(year);
        let nth = if place == 0 { fits.last() } else { fits.get(place - 1) };
        return nth.copied().map(Pointed::Film);
    }
    let dated = || fits.iter().copied().filter(|movie| year(movie).is_some());
    match order {
        Some("other") => (!is_told).then_some(Pointed::Other),
        Some("oldest") => dated().min_by_key(year).map(Pointed::Film),
        Some(_) => dated().max_by_key(year).map(Pointed::Film),
        None => match fits[..] {
            [only] if is_told => Some(Pointed::Film(only)),
            _ => None,
        },
    }
}

/// The place of whoever is called so among those who made the film and are in it.
fn named_at(movie: MovieId, name: &[&str], setting: Setting<'_>) -> Option<usize> {
    let facts = setting.index.facts(movie)?;
    let is_named = |person: &String| {
        let parts = tokenize(person);
        let is_part = |said: &str| {
            parts.iter().any(|part| part.word == said || said.strip_suffix('s') == Some(part.word.as_str()))
        };
        name.iter().all(|said| is_part(said))
    };
    let directs = facts.directors.iter().any(is_named).then_some(0);
    directs.or_else(|| facts.cast.iter().position(is_named).map(|at| at + 1))
}
