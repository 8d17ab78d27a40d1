//! "one that isn't by him but similar", "parecida pero que no sea suya": films like the one that is spoken of, else like the first
//! of the list, without whoever made them.

use cineswarm_engine::MovieId;

use crate::context::Last;
use crate::intent::Lang;
use crate::people::whose;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns, turns};
use crate::{Setting, replies};

/// The wish, with the films and the person named.
pub(crate) fn as_wish(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    const MOST_WORDS: usize = 16;
    const MOST_FILMS: usize = 3;
    let Setting { lang, index, catalogue, context, .. } = setting;
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS || !setting.goes_on() {
        return None;
    }
    let (mut is_like, mut is_denied) = (false, false);
    let mut at = 0;
    while at < tokens.len() {
        let said = |kind| turns::beginnings(kind, &tokens[at..]).next();
        let word = tokens[at].word.as_str();
        if let Some(count) = said("not_his") {
            (is_denied, at) = (true, at + count);
        } else if let Some(count) = said("similar").or_else(|| said("as_told")) {
            (is_like, at) = (true, at + count);
        } else if cues::is("beside_not_his", word) || patterns::is_courtesy(word) {
            at += 1;
        } else {
            return None;
        }
    }
    if !(is_like && is_denied) {
        return None;
    }
    let (name, directs) = whose::meant("him", index, context)?;
    let of_list = context.last.is_list() || matches!(context.last, Last::Compared(_));
    let spoken_of = context.about.filter(|_| !of_list);
    let films: Vec<MovieId> =
        spoken_of.map_or_else(|| context.shown.iter().take(MOST_FILMS).copied().collect(), |movie| vec![movie]);
    let names: Vec<String> = films.iter().filter_map(|movie| catalogue.get(*movie).map(replies::film_name)).collect();
    if names.is_empty() {
        return None;
    }
    Some(match (lang, directs) {
        (Lang::En, true) => format!("films like {}, not directed by {name}", names.join(" and ")),
        (Lang::En, false) => format!("films like {}, without {name}", names.join(" and ")),
        (Lang::Es, true) => format!("películas como {}, no dirigidas por {name}", names.join(" y ")),
        (Lang::Es, false) => format!("películas como {}, sin {name}", names.join(" y ")),
    })
}
