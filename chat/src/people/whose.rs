//! People that are spoken of again: "give me his other stuff", "¿y alguna del mismo director?", and two who are asked for
//! together. The person is the last one named: who was told or asked for, else who made the film that is spoken of.
//! The phrases are in `data/whose.tsv`. Never reads what else the sentence says: that is put in other words only.

use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use crate::asks::counted;
use crate::context::Last;
use crate::films::knowledge::Role;
use crate::films::titles::{Reading, TitleIndex, TitleMatch};
use crate::intent::{Intent, Lang, Question, Wanted};
use crate::request::Reader;
use crate::topics::TopicKind;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, lexicon, patterns, places};
use crate::{ClarifyOption, Context, Setting, replies};

/// A phrase, and whom it means in which words.
struct Phrase {
    kind: &'static str,
    words: Vec<&'static str>,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let lines = include_str!("../../data/whose.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut phrases: Vec<Phrase> = lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, phrase)| Phrase { kind, words: phrase.split(' ').collect() })
        .collect();
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    phrases
});

/// Where a phrase that speaks of somebody stands.
fn spoken_of<'p>(sentence: &Sentence, words: &[&str]) -> Option<(usize, &'p Phrase)> {
    let ends = |at: usize| {
        at >= words.len()
            || sentence.breaks_before(at)
            || lexicon::is_known(words[at])
            || cues::is("ends_phrase", words[at])
            || matches!(words[at], "as" | "de")
    };
    (0..words.len()).find_map(|at| {
        let fits = |phrase: &&Phrase| words[at..].starts_with(&phrase.words) && ends(at + phrase.words.len());
        PHRASES.iter().find(fits).map(|phrase| (at, phrase))
    })
}

/// "his other films", "del mismo director", whoever that is.
pub(crate) fn speaks_of_somebody(sentence: &Sentence) -> bool {
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    spoken_of(sentence, &words).is_some()
}

/// "anything else with her?" of a film in which several are known to be: who is meant is asked.
pub(crate) fn whom(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    let Setting { lang, index, catalogue, context, .. } = setting;
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let (at, phrase) = spoken_of(sentence, &words)?;
    if is_in_title(at, sentence, setting) {
        return None;
    }
    let is_first = phrase.words.iter().any(|word| matches!(*word, "lead" | "prota" | "protagonista"));
    let acts = matches!(phrase.words[0], "with" | "con");
    let was_told = matches!(context.last, Last::Asked(Wanted::Cast | Wanted::Role));
    let is_of_one = context.like.len() == 1;
    let is_open = match phrase.kind {
        "actor" => was_told && !is_first,
        // "más de él" is mostly of who was named first, as its chip says.
        "him" if !acts && matches!(phrase.words.last(), Some(&("el" | "him"))) => false,
        "his" => was_told,
        "him" => was_told || (acts && context.person.is_none() && (!context.last.is_list() || is_of_one)),
        _ => false,
    };
    let spoken_of = context.about.or(context.like.first().copied().filter(|_| is_of_one));
    let is_known = matches!(context.last, Last::Compared(_) | Last::AskedOf(..));
    let movie = spoken_of.filter(|_| is_open && !is_known)?;
    let cast = &index.facts(movie)?.cast;
    if cast.len() < 2 || index.find_as(&sentence.tokens, Reading::Exact).is_some() {
        return None;
    }
    let (start, end) = sentence.byte_range(at, at + phrase.words.len());
    let with = match (phrase.kind, lang) {
        ("his", Lang::En) => "films with",
        ("his", Lang::Es) => "películas con",
        (_, Lang::En) => "with",
        (_, Lang::Es) => "con",
    };
    let options = cast.iter().map(|name| ClarifyOption {
        label: name.clone(),
        text: format!("{}{with} {name}{}", &sentence.text[..start], &sentence.text[end..]),
    });
    Some(Intent::Clarify {
        question: Question::WhichPerson,
        about: catalogue.get(movie).map(replies::film_name)?,
        film: None,
        options: options.collect(),
    })
}

/// "what else did he direct?" after a whole cast was told is of who directed that film.
pub(crate) fn of_who_directed(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let Setting { lang, index, context, .. } = setting;
    let directs =
        |token: &Token| matches!(token.word.as_str(), "direct" | "directed" | "dirigio" | "dirigido" | "dirige");
    let was_told = matches!(context.last, Last::Asked(Wanted::Cast | Wanted::Role));
    if !was_told || !sentence.tokens.iter().any(directs) || !asks_for_more_of_maker(sentence, context) {
        return None;
    }
    let [name] = index.facts(context.about?)?.directors.as_slice() else { return None };
    Some(if lang == Lang::En {
        format!("films directed by {name}")
    } else {
        format!("películas dirigidas por {name}")
    })
}

/// "what else has he done?" after a whole cast was told: who of them is meant is asked.
pub(crate) fn one_of_cast(sentence: &Sentence, setting: Setting<'_>) -> Option<Intent> {
    let Setting { lang, index, catalogue, context, .. } = setting;
    let was_told = matches!(context.last, Last::Asked(Wanted::Cast | Wanted::Role));
    let movie = context.about.filter(|_| was_told && asks_for_more_of_maker(sentence, context))?;
    let cast = &index.facts(movie)?.cast;
    let films = if lang == Lang::En { "films with" } else { "películas con" };
    let options = cast.iter().map(|name| ClarifyOption { label: name.clone(), text: format!("{films} {name}") });
    (cast.len() > 1).then_some(Intent::Clarify {
        question: Question::WhichPerson,
        about: catalogue.get(movie).map(replies::film_name)?,
        film: None,
        options: options.collect(),
    })
}

/// "what else has he done", "¿y tiene otras?" once somebody was told, "same director", and nothing else.
fn asks_for_more_of_maker(sentence: &Sentence, context: &Context<'_>) -> bool {
    let is_told =
        matches!(context.last, Last::Asked(Wanted::Director | Wanted::Cast | Wanted::Role) | Last::AskedOf(..));
    patterns::fitting(sentence).map(|fitting| fitting.kind.0).any(|kind| {
        kind == "by_maker" || (kind == "by_told" && is_told) || (kind.starts_with("same ") && sentence.len() == 2)
    })
}

/// "¿y de Chaplin?" after a list asks for what he made, where "¿y Chaplin?" may be of the film.
pub(crate) fn by_another(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let begins = matches!(words.as_slice(), ["y", "de" | "del", _, ..] | ["and", "by" | "from", _, ..]);
    let is_of_plot = setting.context.last == Last::Asked(Wanted::Plot);
    if !begins || is_of_plot || !setting.goes_on() {
        return None;
    }
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let (name, end) = reader.named_at(2, Role::Directs)?;
    let by = if setting.lang == Lang::En { "directed by" } else { "dirigidas por" };
    (end == words.len()).then(|| format!("{by} {name}"))
}

/// Whether the word is one of a title: "¿y a Hable con ella qué le puse?"
fn is_in_title(at: usize, sentence: &Sentence, setting: Setting<'_>) -> bool {
    let named = Reader::new(sentence, setting.index, setting.catalogue).films_named();
    named.iter().any(|slot| (slot.from..slot.to).contains(&at))
}

/// The same sentence with the person's name.
pub(crate) fn named_again(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let Setting { lang, index, context, .. } = setting;
    let tokens = &sentence.tokens;
    if index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
    let found = spoken_of(sentence, &words).filter(|(at, _)| !is_in_title(*at, sentence, setting));
    // "el mismo director, ¿no?" wishes nothing.
    let is_question = || patterns::fitting(sentence).any(|fitting| fitting.kind.0.starts_with("same "));
    if sentence.text.contains(['?', '¿']) && is_question() {
        return None;
    }
    let asks = || asks_for_more_of_maker(sentence, context);
    if let Some(movie) = film_whose_director_made_more(tokens, &words, index, context)
        && let Some(name) = index.facts(movie).and_then(|facts| facts.directors.first())
    {
        return Some(match lang {
            Lang::En => format!("films directed by {name}"),
            Lang::Es => format!("películas dirigidas por {name}"),
        });
    }
    // "his shortest?"
    let is_most = |at: usize| words.get(at).is_some_and(|word| is_most(word));
    let most = (0..words.len()).find(|at| {
        (matches!(words[*at], "his" | "her" | "their") && is_most(at + 1))
            || (words[*at] == "su" && words.get(at + 1) == Some(&"mas") && is_most(at + 2))
    });
    let (kind, from, to) = match found {
        None if let Some(at) = most => ("his", at, at + 1),
        Some((at, phrase)) => (phrase.kind, at, at + phrase.words.len()),
        None if asks() => ("his", 0, words.len()),
        None => return None,
    };
    // "by the same director as Jaws", "del mismo director de Tiburón".
    let joint =
        words[to..].iter().take_while(|word| matches!(**word, "as" | "of" | "de" | "que" | "in" | "la")).count();
    let of_title = || match index.find_as(tokens.get(to + joint..)?, Reading::Exact)? {
        TitleMatch::One(movie) => Some(movie),
        _ => None,
    };
    let titled = (kind == "director" && joint > 0).then(of_title).flatten();
    let (to, meant) = match titled {
        Some(movie) => (words.len(), index.facts(movie)?.directors.first().map(|name| (name.clone(), true))),
        None => (to, meant(kind, index, context)),
    };
    let (name, directs) = meant?;
    let says_directs = |word: &str| matches!(word, "directed" | "dirigida" | "dirigidas" | "dirigido" | "dirigidos");
    let directs = directs
        || found.is_some_and(|(_, phrase)| phrase.kind == "him" && phrase.words.iter().any(|word| says_directs(word)));
    let by = match (lang, directs) {
        (Lang::En, true) => "directed by",
        (Lang::En, false) => "with",
        (Lang::Es, true) => "dirigidas por",
        (Lang::Es, false) => "con",
    };
    let films = match (kind, lang) {
        ("his", Lang::En) if most.is_some() => "the film ",
        ("his", Lang::Es) if most.is_some() => "la película ",
        ("his", Lang::En) => "films ",
        ("his", Lang::Es) => "películas ",
        _ => "",
    };
    let (start, end) = sentence.byte_range(from, to);
    Some(format!("{}{films}{by} {name}{}", &sentence.text[..start], &sentence.text[end..]))
}

/// "the director of the first one's other stuff", "what else did the director of Alien make": that film.
fn film_whose_director_made_more(
    tokens: &[Token],
    words: &[&str],
    index: &TitleIndex,
    context: &Context<'_>,
) -> Option<MovieId> {
    let at = words.iter().position(|word| matches!(*word, "director" | "directora"))?;
    let says_more =
        words.iter().any(|word| matches!(*word, "other" | "else" | "more" | "mas" | "otra" | "otras" | "otros"));
    if !says_more || !matches!(words.get(at + 1), Some(&("of" | "de"))) {
        return None;
    }
    let is_rest = |end: usize| words[end..].iter().all(|word| cues::is("works", word) || cues::is("makes", word));
    let film = |said: &[Token]| match index.find_as(said, Reading::Exact) {
        Some(TitleMatch::One(movie)) => Some(movie),
        _ => match places::read(said)?.of(context.shown)?[..] {
            [movie] => Some(movie),
            _ => None,
        },
    };
    let mut ends = (at + 3..=words.len()).rev().filter(|end| is_rest(*end));
    ends.find_map(|end| film(&tokens[at + 2..end]))
}

/// Whether one of somebody's films is meant by this word.
fn is_most(word: &str) -> bool {
    ["shortest", "longest", "oldest", "newest"].iter().any(|cue| cues::is(cue, word))
}

/// Whom the phrase means, and whether as who directed.
pub(crate) fn meant(kind: &str, index: &TitleIndex, context: &Context<'_>) -> Option<(String, bool)> {
    let directs = |movie: MovieId| Some((index.facts(movie)?.directors.first()?.clone(), true));
    let acts = |movie: MovieId| Some((index.facts(movie)?.cast.first()?.clone(), false));
    if let Last::AskedOf(wanted, somebody) = context.last
        && let Some(name) = index.knowledge.name_of(somebody)
    {
        return Some((name.to_owned(), wanted == Wanted::Director));
    }
    let told = context.about.and_then(|movie| match context.last {
        Last::Asked(Wanted::Director) => directs(movie),
        Last::Asked(Wanted::Cast | Wanted::Role) => acts(movie),
        _ => None,
    });
    let asked_for = || context.person.map(|topic| (topic.label.clone(), topic.kind == TopicKind::Director));
    let film = || {
        let spoken_of = context.about.filter(|_| !context.last.is_list() && !matches!(context.last, Last::Compared(_)));
        spoken_of.or(context.like.first().copied()).or(context.about)
    };
    let fits = |(_, directs): &(String, bool)| match kind {
        "director" => *directs,
        "actor" => !*directs,
        _ => true,
    };
    let of_film = || film().and_then(if kind == "actor" { &acts as &dyn Fn(MovieId) -> _ } else { &directs });
    told.filter(fits).or_else(|| asked_for().filter(fits)).or_else(of_film)
}

/// "did Tilda Swinton and George Clooney ever share a film", "did Kubrick ever make a comedy": as a wish for those films.
pub(crate) fn films_of_people(reader: &Reader<'_>, lang: Lang, context: &Context<'_>) -> Option<String> {
    let words: Vec<&str> = reader.tokens().iter().map(|token| token.word.as_str()).collect();
    let says = |cue: &str| words.iter().any(|word| cues::is(cue, word));
    let films = if lang == Lang::En { "films with" } else { "películas con" };
    // "films with Pacino and De Niro together, but not Heat" says both as it stands.
    let asks = words.first().is_some_and(|word| cues::is("asks", word) || cues::is("asks_whether", word));
    let is_read =
        || reader.read().named.iter().filter(|named| named.topic.kind.is_like(TopicKind::Director)).count() > 1;
    if says("together")
        && (asks || !is_read())
        && let Some((one, other)) = reader.two_people()
    {
        return Some(match lang {
            Lang::En => format!("{films} {one}, with {other}"),
            Lang::Es => format!("{films} {one}, con {other}"),
        });
    }
    // "la Bacall sale en alguna de esas?"
    if context.goes_on
        && says("plays")
        && (says("of_list") || says("which_of_them"))
        && let Some((name, _)) = (0..words.len()).find_map(|at| reader.named_at(at, Role::Acts))
    {
        return Some(format!("{} {name}", if lang == Lang::En { "with" } else { "con" }));
    }
    // "Nolan's shortest film".
    let count = words.len();
    if let Some((most, name)) = (1..count)
        .filter(|most| is_most(words[*most]))
        .find_map(|most| Some((most, reader.named_at(most - 1, Role::Directs).filter(|(_, end)| *end == most)?.0)))
    {
        return Some(match lang {
            Lang::En => format!("the {} film directed by {name}", words[most]),
            Lang::Es => format!("la película {} dirigida por {name}", words[most]),
        });
    }
    if !says("makes") {
        return None;
    }
    let name = (0..count).find_map(|at| reader.named_at(at, Role::Directs))?.0.to_owned();
    counted::ever_made(reader.sentence, &name, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_of_a_kind() {
        assert!(PHRASES.len() > 40);
        for Phrase { kind, words } in PHRASES.iter() {
            assert!(matches!(*kind, "his" | "him" | "director" | "actor"), "{kind}");
            let folded: Vec<String> = tokenize(&words.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, *words);
        }
    }
}
