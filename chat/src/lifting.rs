//! Conditions of the question before that are to hold no more: "forget the length", "quita lo de francesas", "keep the
//! Godfather in". Reads only sentences that say nothing else, and lifts only what was asked for or ruled out before.

use cineswarm_engine::Filters;

use crate::fold::{Token, key, without_article};
use crate::intent::{Context, Intent, Shift, Tweak};
use crate::request::{Reader, films_of, films_ruled_out};
use crate::titles::{Reading, TitleMatch};
use crate::topics::{Lifted, Topic, TopicKind};
use crate::{patterns, turns};

/// The question before again, and what of it is lifted.
pub(crate) fn lifted(reader: &Reader<'_>, context: &Context<'_>) -> Option<(Intent, Lifted)> {
    let again = |shift| Intent::Refine { filters: Filters::default(), tweak: Tweak::None, shift };
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let object_of = |tokens| {
        objects(reader, tokens).into_iter().find_map(|(object, is_allowed)| {
            if is_years(reader, object) && !is_allowed {
                return Some((again(Some(Shift::AnyYear)), Lifted::default()));
            }
            let lifted = if is_allowed { None } else { asked_for(reader, context, object) };
            Some((again(None), lifted.or_else(|| ruled_out(reader, context, object))?))
        })
    };
    // "you know what, forget the length".
    let tokens = reader.tokens();
    let mut breaks = (1..tokens.len()).rev().filter(|at| reader.sentence.breaks_before(*at));
    let from = breaks.find(|at| tokens[..*at].iter().all(|token| says_little(&token.word))).unwrap_or(0);
    object_of(&tokens[from..])
}

/// "you know what", "no", "sabes qué", "al final".
fn says_little(word: &str) -> bool {
    patterns::is_courtesy(word) || turns::is_word("little", word)
}

/// What these words may say that something is to be lifted of, and whether it is to be allowed again.
fn objects<'t>(reader: &Reader<'_>, tokens: &'t [Token]) -> Vec<(&'t [Token], bool)> {
    let mut found = Vec::new();
    let courtesies = tokens.iter().take_while(|token| says_little(&token.word)).count();
    for from in (0..=courtesies.min(tokens.len().saturating_sub(1))).rev() {
        let said = &tokens[from..];
        let rest = |len: usize| Some(&said[len..]).filter(|rest| !rest.is_empty());
        found.extend(turns::beginnings("lift", said).filter_map(rest).map(|rest| (plain(rest), false)));
        let things = turns::beginnings("lift_thing", said).filter_map(rest);
        let is_condition =
            |rest: &&[Token]| plain(rest).len() < rest.len() || is_name_of_condition(rest) || is_years(reader, rest);
        found.extend(things.filter(is_condition).map(|rest| (plain(rest), false)));
        let any = turns::beginnings("lift_any", said).filter_map(rest).map(plain);
        found.extend(any.filter(|rest| is_name_of_condition(rest)).map(|rest| (rest, false)));
        found.extend(turns::beginnings("allow", said).filter_map(rest).map(|rest| (plain(rest), true)));
        for (end, is_allowed) in [("lift_after", false), ("allow_after", true)] {
            let before = turns::without_end(end, said);
            if before.len() < said.len() {
                // "lo de francesas da igual".
                let lead = turns::beginnings("lift_lead", before).next().filter(|lead| *lead < before.len());
                found.push((&before[lead.unwrap_or(0)..], is_allowed));
            }
        }
    }
    found
}

/// Without "thing" and the like at its end.
fn plain(words: &[Token]) -> &[Token] {
    turns::without_end("thing", words)
}

/// "olvídate de las comedias", where none were asked for: without them, as a sentence that says so.
pub(crate) fn not_asked_for(reader: &Reader<'_>, context: &Context<'_>) -> Option<String> {
    let goes_on = context.goes_on || !context.shown.is_empty();
    let tokens = reader.tokens();
    let from = tokens.iter().take_while(|token| patterns::is_courtesy(&token.word)).count();
    let mut lifted = turns::beginnings("lift", tokens.get(from..)?).filter(|_| goes_on);
    let (start, end) = lifted.find_map(|len| {
        let object = plain(tokens.get(from + len..).filter(|rest| !rest.is_empty())?);
        let named = without_article(object);
        let is_said = reader.genres_said(named).is_some() || reader.topic_said(object).is_some();
        is_said.then_some((from + len, from + len + object.len()))
    })?;
    Some(format!("sin {}", reader.sentence.typed(start, end)))
}

fn is_name_of_condition(object: &[Token]) -> bool {
    ["length", "years", "origin", "person", "genre"].iter().any(|kind| turns::is(kind, without_article(object)))
}

fn is_years(reader: &Reader<'_>, object: &[Token]) -> bool {
    turns::is("years", without_article(object)) || reader.says_years(object)
}

/// What was asked for before and is named by these words.
fn asked_for(reader: &Reader<'_>, context: &Context<'_>, object: &[Token]) -> Option<Lifted> {
    let named = without_article(object);
    let of_kind = |is_it: &dyn Fn(TopicKind) -> bool| {
        let topics = context.topics.iter().filter(|topic| is_it(topic.kind)).cloned().collect();
        Some(Lifted { topics, ..Lifted::default() })
    };
    let is_length = |kind| matches!(kind, TopicKind::LengthAtMost | TopicKind::LengthAtLeast);
    if turns::is("length", named) {
        return of_kind(&is_length);
    }
    if turns::is("origin", named) {
        return of_kind(&|kind| kind == TopicKind::Origin);
    }
    if turns::is("person", named) {
        return of_kind(&|kind| kind.is_like(TopicKind::Cast));
    }
    if turns::is("genre", named) {
        return Some(Lifted { genres: context.genres.to_vec(), ..Lifted::default() });
    }
    if let Some(genres) = reader.genres_said(named) {
        let are_asked = genres.iter().all(|genre| context.genres.contains(genre));
        return are_asked.then(|| Lifted { genres, ..Lifted::default() });
    }
    let said = key(named);
    let is_called_so = |topic: &&Topic| {
        let called = |text: &str| key(without_article(&crate::fold::tokenize(text))) == said;
        topic.kind != TopicKind::Without && (called(&topic.label) || called(&topic.said))
    };
    if let Some(topic) = context.topics.iter().find(is_called_so) {
        return Some(Lifted { topics: vec![topic.clone()], ..Lifted::default() });
    }
    let meant = reader.topic_said(object).or_else(|| reader.topic_said(named))?;
    if is_length(meant.kind) {
        return of_kind(&is_length);
    }
    let films = |topic: &Topic| films_of(topic, reader.index, reader.catalogue);
    let meant_films = films(&meant);
    let is_it = |topic: &&Topic| topic.kind.is_like(meant.kind) && films(topic) == meant_films;
    let topics: Vec<Topic> = context.topics.iter().filter(is_it).cloned().collect();
    (!topics.is_empty()).then(|| Lifted { topics, ..Lifted::default() })
}

/// What was ruled out before and is named by these words, with its films: by what it was called, or by a film of it.
fn ruled_out(reader: &Reader<'_>, context: &Context<'_>, object: &[Token]) -> Option<Lifted> {
    let films = |topic: &Topic| films_ruled_out(topic, reader.index, reader.catalogue);
    let said = key(without_article(object));
    let film = match reader.index.find_as(object, Reading::Exact) {
        Some(TitleMatch::One(movie)) => Some(movie),
        Some(TitleMatch::Several(movies)) => movies.first().copied(),
        _ => None,
    };
    let mut ruled_out = context.topics.iter().filter(|topic| topic.kind == TopicKind::Without);
    let topic = ruled_out.find(|topic| {
        let is_called_so = key(without_article(&crate::fold::tokenize(&topic.label))) == said;
        is_called_so || film.is_some_and(|movie| films(topic).contains(&movie))
    })?;
    Some(Lifted { topics: vec![topic.clone()], films: films(topic), ..Lifted::default() })
}
