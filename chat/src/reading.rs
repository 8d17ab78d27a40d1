//! How a sentence was read, for the person to see and correct: words, and chips that can each be taken out.
//! A chip is taken out by asking its sentence instead, which is understood as what is left.

use cineswarm_engine::{Catalogue, Filters};
use serde::{Deserialize, Serialize};

use crate::intent::{Intent, Lang, Tweak};
use crate::replies;
use crate::topics::Topic;

/// How a sentence was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// In one line: "Films like Heat (1995), 1990–1999, less known".
    pub words: String,
    /// Its parts.
    pub chips: Vec<Chip>,
}

impl Reading {
    /// The same where nothing is known of who asks: films for anybody, and not "for you".
    pub fn for_anybody(mut self) -> Reading {
        let begins = |(own, _): &&(&str, &str)| self.words.starts_with(own);
        if let Some((own, others)) = replies::FOR_YOU.iter().find(begins) {
            self.words.replace_range(..own.len(), others);
        }
        self
    }
}

/// A part of what was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chip {
    /// `film`, `genre`, `without`, `years`, `less_known`, `seen_too`, or the kind of a topic.
    pub kind: String,
    /// For the person to read.
    pub label: String,
    /// The sentence to ask instead, without this part.
    pub remove: String,
}

/// A part in the person's words and in those of a sentence.
struct Part {
    kind: &'static str,
    label: String,
    said: String,
}

/// How an intent that lists films was read; `None` for any other.
pub fn reading(intent: &Intent, topics: &[Topic], catalogue: &Catalogue, lang: Lang) -> Option<Reading> {
    let english = lang == Lang::En;
    let (mut parts, filters, tweak): (Vec<Part>, &Filters, Tweak) = match intent {
        Intent::Like { movies, filters, tweak } => {
            let films = movies.iter().filter_map(|movie| catalogue.get(*movie)).map(|movie| {
                let name = replies::film_name(movie);
                Part { kind: "film", label: name.clone(), said: name }
            });
            (films.collect(), filters, *tweak)
        }
        Intent::Browse { filters, tweak } => (Vec::new(), filters, *tweak),
        Intent::Popular { filters } | Intent::ForMe { filters } => (Vec::new(), filters, Tweak::None),
        Intent::LessKnown => {
            let browsed = Intent::Browse { filters: Filters::default(), tweak: Tweak::LessKnown };
            return reading(&browsed, topics, catalogue, lang);
        }
        _ => return None,
    };
    let films = parts.len();
    parts.extend(topics.iter().map(|topic| Part {
        kind: topic.kind.name(),
        label: replies::topic_name(topic, lang),
        said: replies::topic_said(topic, lang),
    }));
    parts.extend(conditions(filters, tweak, lang));
    let base = match (intent, english) {
        (Intent::Popular { .. }, true) => "popular films",
        (Intent::Popular { .. }, false) => "películas populares",
        (_, true) => "recommend me films",
        (_, false) => "recomiéndame películas",
    };
    let sentence = |without: usize| {
        let said = |range: std::ops::Range<usize>| {
            let kept = range.filter(|at| *at != without).filter_map(|at| parts.get(at)).map(|part| part.said.as_str());
            kept.collect::<Vec<_>>()
        };
        let named = said(0..films).join(if english { " and " } else { " y " });
        let start = match (named.is_empty(), english) {
            (true, _) => base.to_owned(),
            (false, true) => format!("films like {named}"),
            (false, false) => format!("películas como {named}"),
        };
        std::iter::once(start.as_str()).chain(said(films..parts.len())).collect::<Vec<_>>().join(", ")
    };
    let chips = parts.iter().enumerate().map(|(at, part)| Chip {
        kind: part.kind.to_owned(),
        label: part.label.clone(),
        remove: sentence(at),
    });
    Some(Reading { words: replies::describe(intent, topics, catalogue, lang), chips: chips.collect() })
}

fn conditions(filters: &Filters, tweak: Tweak, lang: Lang) -> Vec<Part> {
    let english = lang == Lang::En;
    let pick = |en: String, es: String| if english { en } else { es };
    let mut parts = Vec::new();
    for genre in &filters.genres {
        let label = replies::genre_name(genre, lang).to_owned();
        parts.push(Part { kind: "genre", said: label.to_lowercase(), label });
    }
    for genre in &filters.exclude_genres {
        let genre = replies::genre_name(genre, lang);
        let label = pick(format!("without {genre}"), format!("sin {genre}"));
        parts.push(Part { kind: "without", said: label.to_lowercase(), label });
    }
    let years = match (filters.year_from, filters.year_to) {
        (Some(from), Some(to)) if from == to => {
            Some((from.to_string(), pick(format!("from {from}"), format!("de {from}"))))
        }
        (Some(from), Some(to)) => {
            Some((format!("{from}–{to}"), pick(format!("from {from} to {to}"), format!("de {from} a {to}"))))
        }
        (Some(from), None) => Some((format!("≥ {from}"), pick(format!("since {from}"), format!("desde {from}")))),
        (None, Some(to)) => Some((format!("≤ {to}"), pick(format!("until {to}"), format!("hasta {to}")))),
        (None, None) => None,
    };
    if let Some((label, said)) = years {
        parts.push(Part { kind: "years", label, said });
    }
    if tweak == Tweak::LessKnown {
        let label = pick("less known".into(), "menos conocidas".into());
        parts.push(Part { kind: "less_known", said: label.clone(), label });
    }
    if !filters.exclude_seen {
        let label = pick("seen ones too".into(), "también vistas".into());
        let said = pick("including ones I've seen".into(), "incluyendo las que he visto".into());
        parts.push(Part { kind: "seen_too", label, said });
    }
    parts
}
