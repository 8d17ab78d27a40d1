//! Somebody told by a film: "the guy from Titanic, what else is he in", "movies with that woman from Pretty Woman", "el de
//! Piratas del Caribe, ¿en qué más sale?". Who plays what is not known: which of the cast is meant is asked, each choice the
//! sentence with that name; the leading part is the first of the cast. The words are the kinds `who_` in `data/cues.tsv`.

use cineswarm_engine::MovieId;

use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::{ClarifyOption, Intent, Lang, Question, Understood};
use crate::whole::says;
use crate::words::fold::Sentence;
use crate::words::{cues, patterns};
use crate::{Setting, replies};

/// Who is meant, or which of the cast.
pub(crate) fn meant(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    const MOST_WORDS: usize = 18;
    let tokens = &sentence.tokens;
    if tokens.len() < 3 || tokens.len() > MOST_WORDS || !setting.index.has_facts() {
        return None;
    }
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let is_article = |at: usize| matches!(word(at), "the" | "that" | "el" | "la" | "ese" | "esa" | "aquel" | "aquella");
    let asks_for_more = (0..tokens.len()).any(|at| cues::is("who_else", word(at)));
    // "who is the guy from Memento" asks for its cast.
    let asks_who =
        (0..tokens.len()).any(|at| matches!(word(at), "who" | "whos" | "quien" | "quienes" | "name" | "nombre"));
    if asks_who {
        return None;
    }
    (1..tokens.len()).find_map(|at| {
        let is_link = matches!(word(at), "from" | "in" | "of" | "de" | "del" | "en");
        let is_lead = cues::is("who_lead", word(at - 1));
        let is_noun = is_lead || cues::is("who_noun", word(at - 1));
        // "el de Piratas del Caribe, ¿en qué más sale?"
        let is_bare = asks_for_more && is_article(at - 1) && matches!(word(at), "de" | "del") && !is_noun;
        if !is_link || !(is_noun || is_bare) {
            return None;
        }
        let (film, to) = film_from(at + 1, sentence, setting)?;
        let mut from = at - 1;
        while from > 0 && (is_article(from - 1) || matches!(word(from - 1), "main" | "lead")) {
            from -= 1;
        }
        // "a girl from Tokyo", "the man of steel" tell no one.
        let is_told = from < at - 1 || is_bare || is_lead;
        // "the lady in red" may be anybody; "The Man from Earth" is a film, and "the actor from Memento" asks for its cast.
        let is_with = from > 0 && matches!(word(from - 1), "with" | "con");
        let is_close = !matches!(word(at), "in" | "en" | "of") || is_lead || is_with || asks_for_more;
        let is_all = from == 0 && to == tokens.len();
        let is_title = (from..at).any(|from| setting.index.find_as(&tokens[from..to], Reading::Exact).is_some());
        (is_told && is_close && !is_all && !is_title)
            .then(|| who(from, to, film, is_lead || word(from + 1) == "main", sentence, setting))
            .flatten()
    })
}

/// The film whose title begins here, or the first of the series that is called so.
fn film_from(from: usize, sentence: &Sentence, setting: Setting<'_>) -> Option<(MovieId, usize)> {
    let tokens = &sentence.tokens;
    let ends = (from + 1..=tokens.len().min(from + MAX_TITLE_TOKENS)).rev();
    ends.into_iter().find_map(|to| {
        let found = match setting.index.find_as(&tokens[from..to], Reading::Exact)? {
            TitleMatch::One(movie) => movie,
            TitleMatch::Several(movies) => *movies.first()?,
            TitleMatch::Nothing { .. } => return None,
        };
        Some((found, to))
    })
}

fn who(
    from: usize,
    to: usize,
    film: MovieId,
    is_lead: bool,
    sentence: &Sentence,
    setting: Setting<'_>,
) -> Option<Understood> {
    let cast = &setting.index.facts(film)?.cast;
    let rest: Vec<&str> =
        (0..sentence.len()).filter(|at| !(from..to).contains(at)).map(|at| sentence.tokens[at].word.as_str()).collect();
    let asks_for_films = rest.iter().any(|word| cues::is("who_else", word) || cues::is("works", word))
        && rest
            .iter()
            .all(|word| cues::is("who_rest", word) || cues::is("who_else", word) || patterns::is_courtesy(word));
    let (start, end) = sentence.byte_range(from, to);
    let text = |name: &str| match (asks_for_films || rest.is_empty(), setting.lang) {
        (true, Lang::En) => format!("films with {name}"),
        (true, Lang::Es) => format!("películas con {name}"),
        (false, _) => format!("{}{name}{}", &sentence.text[..start], &sentence.text[end..]),
    };
    let only = match &cast[..] {
        [only] => Some(only),
        [first, ..] if is_lead => Some(first),
        _ => None,
    };
    if let Some(name) = only {
        return Some(setting.understand(&text(name)));
    }
    let options = cast.iter().map(|name| ClarifyOption { label: name.clone(), text: text(name) }).collect();
    let about = setting.catalogue.get(film).map(replies::film_name)?;
    let asked = Intent::Clarify { question: Question::WhichPerson, about, film: None, options };
    (!cast.is_empty()).then(|| says(sentence, asked))
}
