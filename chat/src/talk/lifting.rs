//! Conditions of the question before that are to hold no more: "forget the length", "quita lo de francesas", "keep the
//! Godfather in". Reads only sentences that say nothing else, and lifts only what was asked for or ruled out before.

use std::collections::HashSet;

use cineswarm_engine::{Filters, MovieId};

use crate::context::{Context, Last};
use crate::films::themes::Tagged;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Shift, Tweak};
use crate::request::{Reader, Request, films_of, films_ruled_out};
use crate::topics::{Lifted, Named, Topic, TopicKind};
use crate::words::fold::{Sentence, Token, key, tokenize, without_article};
use crate::words::{cues, patterns, turns};

/// The question before again, and what of it is lifted.
pub(crate) fn lifted(reader: &Reader<'_>, context: &Context<'_>) -> Option<(Intent, Lifted)> {
    let again = |shift| Intent::Refine { filters: Filters::default(), tweak: Tweak::None, shift };
    if !context.goes_on && context.shown.is_empty() {
        return None;
    }
    let object_of = |tokens| {
        objects(reader, tokens).into_iter().find_map(|(object, done)| {
            if is_years(reader, object) && done == Done::Lifted {
                return Some((again(Some(Shift::AnyYear)), Lifted::default()));
            }
            let asked = || asked_for(reader, context, object);
            let unwanted = || ruled_out(reader, context, object);
            let lifted = match done {
                Done::Lifted => asked().or_else(unwanted),
                Done::Dropped => asked(),
                Done::Allowed if turns::is("colour", without_article(object)) => asked(),
                Done::Allowed => unwanted(),
            };
            Some((again(None), lifted?))
        })
    };
    let tokens = reader.tokens();
    if allows_any_age(tokens) {
        return Some((again(Some(Shift::AnyYear)), Lifted::default()));
    }
    if allows_last(tokens) {
        // Of a film that was just marked, that is taken back.
        if matches!(context.last, Last::Marked(_)) {
            return Some((Intent::Undo, Lifted::default()));
        }
        if let Some(lifted) = ruled_out_last(context, reader) {
            return Some((again(None), lifted));
        }
    }
    // "you know what, forget the length", "train's cancelled, forget the time limit".
    let joins = |word: &str| matches!(word, "so" | "and" | "y" | "que");
    let begins = |at: &usize| reader.sentence.breaks_before(*at) || joins(&tokens[*at - 1].word);
    let mut clauses = (1..tokens.len()).rev().filter(begins);
    let of_clause = clauses.find_map(|at| object_of(&tokens[at..]).filter(|_| says_no_wish(reader, at)));
    of_clause.or_else(|| object_of(tokens))
}

/// Whether what stands before `at` carries little, or is no whole wish.
fn says_no_wish(reader: &Reader<'_>, at: usize) -> bool {
    let said = Sentence::new(reader.sentence.typed(0, at));
    let is_remark = || {
        patterns::fitting(&said).any(|fitting| fitting.kind.is_chat() || matches!(fitting.kind.0, "remark" | "undo"))
    };
    // "no wait, put it back, WW2 is fine".
    let puts_back = || {
        let from = (0..at).rev().find(|from| *from == 0 || said.breaks_before(*from));
        from.is_some_and(|from| allows_last(&said.tokens[from..]))
    };
    if said.tokens.iter().all(|token| says_little(&token.word)) || is_remark() || puts_back() {
        return true;
    }
    let asks = said.tokens.first().is_some_and(|first| cues::is("asks", &first.word));
    let request = Reader::new(&said, reader.index, reader.catalogue).read();
    let is_wish =
        request.film_noun || !request.titles.is_empty() || (request.has_conditions() && request.unread.is_empty());
    !(asks || is_wish || begins(&said.tokens))
}

/// "older was fine actually", "las viejas también valen": whatever the year.
fn allows_any_age(tokens: &[Token]) -> bool {
    let from = tokens.iter().take_while(|token| says_little(&token.word)).count();
    let said = turns::without_end("lift_tail", &tokens[from.min(tokens.len().saturating_sub(1))..]);
    let before = turns::without_end("age_fine", said);
    before.len() < said.len() && turns::is("age", without_article(before))
}

/// "actually put her back", "ponlo otra vez".
fn allows_last(tokens: &[Token]) -> bool {
    let from = tokens.iter().take_while(|token| says_little(&token.word)).count().min(tokens.len().saturating_sub(1));
    (0..=from).any(|from| {
        let len = turns::beginnings("allow_last", &tokens[from..]).next();
        len.is_some_and(|len| plain(&tokens[from..]).get(len..).is_none_or(<[Token]>::is_empty))
    })
}

/// What was ruled out last may be there again.
fn ruled_out_last(context: &Context<'_>, reader: &Reader<'_>) -> Option<Lifted> {
    let topic = context.topics.iter().rev().find(|topic| topic.kind == TopicKind::Without);
    let films = |topic: &Topic| films_ruled_out(topic, reader.index, reader.catalogue);
    match topic {
        Some(topic) => Some(Lifted { topics: vec![topic.clone()], films: films(topic), ..Lifted::default() }),
        None => {
            let genre = context.unwanted_genres.last()?;
            Some(Lifted { genres: vec![genre.clone()], ..Lifted::default() })
        }
    }
}

/// "you know what", "no", "sabes qué", "al final".
fn says_little(word: &str) -> bool {
    patterns::is_courtesy(word) || turns::is_word("little", word)
}

/// What is done to a condition of the question before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    /// It holds no more, whether it was asked for or ruled out.
    Lifted,
    /// "drop the cold war": it holds no more if it was asked for, and is ruled out else.
    Dropped,
    /// What was ruled out may be there again.
    Allowed,
}

/// Whether the words begin as an order to lift something does.
pub(crate) fn begins(tokens: &[Token]) -> bool {
    ["lift", "lift_thing", "drop"].iter().any(|kind| turns::beginnings(kind, tokens).next().is_some())
}

/// What a refinement takes back of the question before: conditions of which any will do now, and what it rules out, as no
/// film is both. Of genres that were one thing, the others stay.
pub(crate) fn taken_back(reader: &Reader<'_>, request: &Request, context: &Context<'_>) -> (Vec<Topic>, Vec<String>) {
    let (mut taken, mut stay) = (Vec::new(), Vec::new());
    for topic in context.topics.iter().filter(|topic| topic.kind != TopicKind::Without) {
        let is_ruled_out = |genre: &&str| request.exclude_genres.iter().any(|other| other == genre);
        if topic.kind == TopicKind::Genres && topic.label.split(" + ").any(|genre| is_ruled_out(&genre)) {
            stay.extend(topic.label.split(" + ").filter(|genre| !is_ruled_out(genre)).map(str::to_owned));
            taken.push(topic.clone());
        } else if request.any.contains(&topic.kind) || is_all_without(reader, topic, &request.without) {
            taken.push(topic.clone());
        }
    }
    (taken, stay)
}

/// What was ruled out before and is asked for now: "ok now with Vietnam again". No film is both.
pub(crate) fn allowed_again(reader: &Reader<'_>, request: &Request, context: &Context<'_>) -> Lifted {
    let asked_for = |topic: &&Topic| {
        let is_same = |named: &Named| key(&tokenize(&named.topic.label)) == key(&tokenize(&topic.label));
        // "no world war 2", and then "WW2".
        let is_of_same = |named: &Named| named.films == films_ruled_out(topic, reader.index, reader.catalogue);
        topic.kind == TopicKind::Without && request.named.iter().any(|named| is_same(named) || is_of_same(named))
    };
    let topics: Vec<Topic> = context.topics.iter().filter(asked_for).cloned().collect();
    let films = topics.iter().flat_map(|topic| films_ruled_out(topic, reader.index, reader.catalogue)).collect();
    Lifted { topics, films, ..Lifted::default() }
}

/// Genres asked for before that are said again together with others: "miedo", and then "miedo y risa".
pub(crate) fn said_together(request: &Request, context: &Context<'_>) -> Vec<String> {
    let runs = request.named.iter().filter(|named| named.topic.kind == TopicKind::Genres);
    let said: Vec<&str> = runs.flat_map(|named| named.topic.label.split(" + ")).collect();
    context.genres.iter().filter(|genre| said.contains(&genre.as_str())).cloned().collect()
}

/// Whether what is ruled out leaves no film of the topic.
fn is_all_without(reader: &Reader<'_>, topic: &Topic, without: &[Named]) -> bool {
    if without.is_empty() {
        return false;
    }
    let films = films_of(topic, reader.index, reader.catalogue).unwrap_or_default();
    let is_of = |named: &Named| {
        let ruled_out: HashSet<MovieId> = named.films.iter().copied().collect();
        films.iter().all(|movie| ruled_out.contains(movie))
    };
    !films.is_empty() && without.iter().any(is_of)
}

/// What these words may say that something is done to, and what.
fn objects<'t>(reader: &Reader<'_>, tokens: &'t [Token]) -> Vec<(&'t [Token], Done)> {
    let mut found = Vec::new();
    let courtesies = tokens.iter().take_while(|token| says_little(&token.word)).count();
    for from in (0..=courtesies.min(tokens.len().saturating_sub(1))).rev() {
        let said = &tokens[from..];
        let rest = |len: usize| Some(&said[len..]).filter(|rest| !rest.is_empty());
        found.extend(turns::beginnings("lift", said).filter_map(rest).map(|rest| (plain(rest), Done::Lifted)));
        let things = turns::beginnings("lift_thing", said).filter_map(rest);
        let is_condition =
            |rest: &&[Token]| plain(rest).len() < rest.len() || is_name_of_condition(rest) || is_years(reader, rest);
        found.extend(things.filter(is_condition).map(|rest| (plain(rest), Done::Lifted)));
        let any = turns::beginnings("lift_any", said).filter_map(rest).map(plain);
        found.extend(any.filter(|rest| is_name_of_condition(rest)).map(|rest| (rest, Done::Lifted)));
        found.extend(turns::beginnings("drop", said).filter_map(rest).map(|rest| (plain(rest), Done::Dropped)));
        found.extend(turns::beginnings("allow", said).filter_map(rest).map(|rest| (plain(rest), Done::Allowed)));
        for (end, done) in [("lift_after", Done::Lifted), ("allow_after", Done::Allowed)] {
            // "cartoons are ok now".
            for said in [said, turns::without_end("lift_tail", said)] {
                let before = turns::without_end(end, said);
                if before.len() < said.len() {
                    // "lo de francesas da igual".
                    let lead = turns::beginnings("lift_lead", before).next().filter(|lead| *lead < before.len());
                    found.push((plain(&before[lead.unwrap_or(0)..]), done));
                }
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
pub(crate) fn asked_for(reader: &Reader<'_>, context: &Context<'_>, object: &[Token]) -> Option<Lifted> {
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
        let is_it = |topic: &&Topic| topic.kind == TopicKind::Origin || is_origin_ruled_out(reader, topic);
        let topics: Vec<Topic> = context.topics.iter().filter(is_it).cloned().collect();
        let films = topics.iter().filter(|topic| topic.kind == TopicKind::Without);
        let films = films.flat_map(|topic| films_ruled_out(topic, reader.index, reader.catalogue)).collect();
        return Some(Lifted { topics, films, ..Lifted::default() });
    }
    if turns::is("colour", named) {
        let is_colour = |topic: &&Topic| Tagged::tag_of(&tokenize(&topic.label)) == Some("black and white");
        let topics = context.topics.iter().filter(is_colour).cloned().collect();
        return Some(Lifted { topics, ..Lifted::default() });
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
        let called = |text: &str| key(without_article(&crate::words::fold::tokenize(text))) == said;
        let is_surname = || topic.kind.is_like(TopicKind::Cast) && is_end_of_name(&topic.label, named);
        topic.kind != TopicKind::Without && (called(&topic.label) || called(&topic.said) || is_surname())
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
    if let Some(genres) = reader.genres_said(without_article(object)) {
        // "slashers" are horror, too, and may have been ruled out alone.
        if genres.iter().all(|genre| context.unwanted_genres.contains(genre)) {
            return Some(Lifted { genres, ..Lifted::default() });
        }
    }
    let said = key(without_article(object));
    let film = match reader.index.find_as(object, Reading::Exact) {
        Some(TitleMatch::One(movie)) => Some(movie),
        Some(TitleMatch::Several(movies)) => movies.first().copied(),
        _ => None,
    };
    let ruled_out = || context.topics.iter().filter(|topic| topic.kind == TopicKind::Without);
    let named = ruled_out().find(|topic| {
        let called = key(without_article(&crate::words::fold::tokenize(&topic.label)));
        // "anime's fine".
        let is_called_so = called == said || Some(called.as_str()) == said.strip_suffix('s');
        is_called_so || film.is_some_and(|movie| films(topic).contains(&movie))
    });
    let topic = named.or_else(|| {
        let meant = reader.topic_said(object).or_else(|| reader.topic_said(without_article(object)))?;
        let is_origin = meant.kind == TopicKind::Origin;
        let meant = films_of(&meant, reader.index, reader.catalogue)?;
        // "no world war 2", and then "WW2 is fine".
        if let Some(same) = ruled_out().find(|topic| films(topic) == meant) {
            return Some(same);
        }
        if !is_origin {
            return None;
        }
        // "en inglés no", and then "vuelve a meter las inglesas".
        let is_mostly_of = |topic: &&Topic| {
            let without: HashSet<MovieId> = films(topic).into_iter().collect();
            2 * meant.iter().filter(|movie| without.contains(movie)).count() > meant.len()
        };
        ruled_out().filter(|topic| is_origin_ruled_out(reader, topic)).find(is_mostly_of)
    })?;
    Some(Lifted { topics: vec![topic.clone()], films: films(topic), ..Lifted::default() })
}

/// "Scorsese" of Martin Scorsese.
fn is_end_of_name(name: &str, said: &[Token]) -> bool {
    let name = tokenize(name);
    let end = name.len().checked_sub(said.len()).map(|from| &name[from..]);
    !said.is_empty() && end.is_some_and(|end| end.iter().zip(said).all(|(own, said)| own.word == said.word))
}

/// Whether a language or a country was ruled out by it.
fn is_origin_ruled_out(reader: &Reader<'_>, topic: &Topic) -> bool {
    let said = Sentence::new(&topic.label);
    let meant = || Reader::new(&said, reader.index, reader.catalogue).topic_said(&said.tokens);
    topic.kind == TopicKind::Without && meant().is_some_and(|meant| meant.kind == TopicKind::Origin)
}
