//! "one that isn't by him but similar", "parecida pero que no sea suya": films like the one that is spoken of, else like the first
//! of the list, without whoever made them. "Like Tarantino but not by Tarantino", "I've seen everything by Hitchcock, something
//! in that vein": films like the best known of theirs.

use cineswarm_engine::MovieId;

use crate::context::{Context, Last};
use crate::films::knowledge::Role;
use crate::films::titles::Reading;
use crate::intent::Lang;
use crate::people::whose;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, patterns, turns};
use crate::{Setting, replies};

/// Films that the wished-for ones are to be like, at most.
const MOST_FILMS: usize = 3;
const LIKE_THEIRS: [&str; 3] = ["like_theirs", "similar", "as_told"];

/// The wish, with the films and the person named.
pub(crate) fn as_wish(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 16;
    let Setting { lang, index, catalogue, context, .. } = setting;
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS || !setting.goes_on() {
        return None;
    }
    if !says_like_but_not(tokens, &["similar", "as_told"], &["not_his"], |_| None) {
        return None;
    }
    let (name, directs) = whose::meant("him", index, context)?;
    let of_list = context.last.is_list() || matches!(context.last, Last::Compared(_));
    let spoken_of = context.about.filter(|_| !of_list);
    let films: Vec<MovieId> =
        spoken_of.map_or_else(|| context.shown.iter().take(MOST_FILMS).copied().collect(), |movie| vec![movie]);
    let names: Vec<String> = films.iter().filter_map(|movie| catalogue.get(*movie).map(replies::film_name)).collect();
    (!names.is_empty()).then(|| like_but_not_theirs(&names, &name, directs, lang))
}

/// The wish, where it names whose films are meant, and wants none of them or has seen them all.
pub(crate) fn as_wish_of_somebody_named(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 20;
    let tokens = &sentence.tokens;
    let is_said =
        |at: usize| LIKE_THEIRS.into_iter().any(|kind| turns::beginnings(kind, &tokens[at..]).next().is_some());
    if tokens.len() > MOST_WORDS || !(0..tokens.len()).any(is_said) {
        return None;
    }
    let reader = setting.chat(sentence).reader;
    let named_at = |at: usize| reader.named_at(at, Role::Directs);
    let (first, (name, end)) = (0..tokens.len()).find_map(|at| Some((at, named_at(at)?)))?;
    let again = |at: usize| named_at(at).filter(|(own, _)| *own == name).map(|(_, end)| end);
    if !says_like_but_not(tokens, &LIKE_THEIRS, &["not_his", "not_theirs", "seen_theirs"], again)
        || setting.index.find_as(&tokens[first..end], Reading::Exact).is_some()
    {
        return None;
    }
    let wish = if setting.lang == Lang::En { "films directed by " } else { "películas dirigidas por " };
    let read = setting.after(&Context::default()).understand(&format!("{wish}{name}"));
    let mut films = read.intent.filters()?.movie_ids.to_vec();
    films.sort_by_key(|movie| std::cmp::Reverse(setting.catalogue.stats(*movie).ratings));
    let best_known = films.iter().take(MOST_FILMS);
    let names: Vec<String> =
        best_known.filter_map(|movie| setting.catalogue.get(*movie).map(replies::film_name)).collect();
    (!names.is_empty()).then(|| like_but_not_theirs(&names, name, true, setting.lang))
}

/// Whether it says both, and nothing else but a name, where one ends at the place that `named` tells.
fn says_like_but_not(
    tokens: &[Token],
    like: &[&'static str],
    denied: &[&'static str],
    named: impl Fn(usize) -> Option<usize>,
) -> bool {
    let (mut is_like, mut is_denied) = (false, false);
    let mut at = 0;
    while at < tokens.len() {
        let said = |kinds: &[&'static str]| kinds.iter().find_map(|kind| turns::beginnings(kind, &tokens[at..]).next());
        let word = tokens[at].word.as_str();
        if let Some(end) = named(at) {
            at = end;
        } else if let Some(count) = said(denied) {
            (is_denied, at) = (true, at + count);
        } else if let Some(count) = said(like) {
            (is_like, at) = (true, at + count);
        } else if cues::is("beside_not_his", word) || patterns::is_courtesy(word) {
            at += 1;
        } else {
            return false;
        }
    }
    is_like && is_denied
}

fn like_but_not_theirs(films: &[String], name: &str, directs: bool, lang: Lang) -> String {
    match (lang, directs) {
        (Lang::En, true) => format!("films like {}, not directed by {name}", films.join(" and ")),
        (Lang::En, false) => format!("films like {}, without {name}", films.join(" and ")),
        (Lang::Es, true) => format!("películas como {}, no dirigidas por {name}", films.join(" y ")),
        (Lang::Es, false) => format!("películas como {}, sin {name}", films.join(" y ")),
    }
}
