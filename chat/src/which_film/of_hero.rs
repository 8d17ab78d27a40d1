//! "las de Nolan" after "Batman": of the films of that series or about that hero the ones that somebody made. Where there are
//! none, and of a film that belongs to no series, nothing is said here.

use crate::films::knowledge::Role;
use crate::films::titles::TitleMatch;
use crate::intent::{Intent, Lang, Understood};
use crate::request::Reader;
use crate::topics::TopicKind;
use crate::words::fold::{Sentence, tokenize};
use crate::words::language;
use crate::words::which::{is_possessive, says_only};
use crate::{Context, Setting};

/// The films that are meant, in answer to a title or a question which of several.
pub(crate) fn films_by(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 9;
    let Setting { lang, index, catalogue, context, .. } = setting;
    if sentence.len() > MOST_WORDS {
        return None;
    }
    let is_of_several = |word: &str| {
        matches!(
            word,
            "las" | "los" | "todas" | "todos" | "ones" | "those" | "all" | "films" | "movies" | "pelis" | "peliculas"
        )
    };
    let says_several = sentence.tokens.iter().any(|token| is_of_several(&token.word));
    let is_somebodys = (0..sentence.len()).any(|at| is_possessive(sentence, at));
    if !says_several && !is_somebodys {
        return None;
    }
    let of_option = || match index.find(&context.options.first()?.label) {
        TitleMatch::One(movie) => Some(movie),
        _ => None,
    };
    let film = of_option().or(context.like.first().copied().filter(|_| context.like.len() == 1))?;
    let reader = Reader::new(sentence, index, catalogue);
    let (at, name, end) = (0..sentence.len())
        .find_map(|at| reader.named_at(at, Role::Directs).map(|(name, end)| (at, name.to_owned(), end)))?;
    let is_around = says_only(&sentence.tokens[..at], &["of_them"]) && says_only(&sentence.tokens[end..], &["of_them"]);
    if !is_around {
        return None;
    }
    // "only Tarantino's", where none of them is: as "directed by Tarantino".
    let by_name = || {
        let by = if lang == Lang::En { "directed by" } else { "dirigidas por" };
        (is_somebodys && setting.goes_on()).then(|| setting.understand(&format!("{by} {name}")))
    };
    let title = tokenize(&catalogue.get(film)?.title);
    let named = (1..=title.len()).rev().find_map(|count| reader.series_called(&title[..count]));
    let of_facts = || reader.series_called(&tokenize(index.facts(film)?.series.as_deref()?.split(" - ").next()?));
    let Some((series, _)) = named.or_else(of_facts) else { return by_name() };
    let said = match lang {
        Lang::En => format!("{series} films directed by {name}"),
        Lang::Es => format!("películas de {series} dirigidas por {name}"),
    };
    let films = setting.after(&Context::default()).understand(&said);
    let kinds: Vec<TopicKind> = films.topics.iter().map(|topic| topic.kind).collect();
    // "otras suyas" are none of a series of which only this one is theirs.
    let exist = films
        .intent
        .filters()
        .is_some_and(|filters| filters.movie_ids.iter().any(|movie| *movie != film && catalogue.get(*movie).is_some()));
    let is_both = matches!(films.intent, Intent::Browse { .. }) && kinds == [TopicKind::Series, TopicKind::Director];
    let language = language::language(&sentence.text, sentence.tokens.iter());
    if exist && is_both {
        return Some(Understood { language, ..films });
    }
    by_name()
}
