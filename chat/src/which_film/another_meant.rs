//! Stars and marks that would be kept for a film where the words speak of another one: "the Sinatra one" of a film without
//! him, "la japonesa" of an American one, "the remake" of a film that has none here. Which film is meant is asked instead.

use cineswarm_engine::MovieId;

use crate::Setting;
use crate::context::Last;
use crate::films::knowledge::Role;
use crate::intent::{Intent, Question, Understood};
use crate::request::{Reader, facts};
use crate::which_film::pointed_at::with_is_spelt_out;
use crate::words::fold::{Sentence, Token};
use crate::words::which::{self, is_film_word, is_possessive};
use crate::{ClarifyOption, replies};

/// What was understood, or a question which film is meant.
pub(crate) fn asked_which(understood: Understood, sentence: &Sentence, setting: Setting<'_>) -> Understood {
    let movie = match &understood.intent {
        Intent::Rate { movie, .. }
        | Intent::RateOffScale { movie, .. }
        | Intent::RateBy { movie, .. }
        | Intent::Unrate { movie } => *movie,
        Intent::Mark { movies, .. } if movies.len() == 1 => movies[0],
        _ => return understood,
    };
    // "la nueva ya la vi" after a film gave way to another: the one that came is not known here.
    let is_new = |token: &Token| matches!(token.word.as_str(), "new" | "nueva" | "nuevo");
    if setting.context.last == Last::Marked(crate::Mark::NotForMe)
        && sentence.tokens.iter().any(is_new)
        && !names_itself(sentence, movie, setting)
    {
        return Understood { intent: Intent::WhichOne, ..understood };
    }
    let spelt_out = with_is_spelt_out(sentence);
    let sentence = spelt_out.as_ref().unwrap_or(sentence);
    // Of a film that was named in full the words say what it is like.
    if !told_otherwise(sentence, movie, setting) || names_itself(sentence, movie, setting) {
        return understood;
    }
    let Setting { index, catalogue, .. } = setting;
    let about = catalogue.get(movie).map(replies::film_name).unwrap_or_default();
    let option = |other: &MovieId| {
        let label = replies::film_name(catalogue.get(*other)?);
        Some(ClarifyOption { text: rewritten(&understood.intent, &label, setting), label })
    };
    let options: Vec<ClarifyOption> = index.versions(movie).iter().filter_map(option).collect();
    let intent = match options.len() {
        0 | 1 => Intent::WhichOne,
        _ => Intent::Clarify { question: Question::WhichFilm, about, film: None, options },
    };
    Understood { intent, ..understood }
}

/// What was said, of a film that is named.
pub(super) fn rewritten(intent: &Intent, label: &str, setting: Setting<'_>) -> String {
    let english = setting.lang == crate::Lang::En;
    match intent {
        Intent::Rate { half_stars, .. } if english => format!("rate {label} {}", half_stars.stars()),
        Intent::Rate { half_stars, .. } => format!("ponle un {} a {label}", half_stars.stars()),
        Intent::Mark { mark: crate::Mark::Seen, .. } if english => format!("I have seen {label}"),
        Intent::Mark { mark: crate::Mark::Seen, .. } => format!("ya vi {label}"),
        _ => label.to_owned(),
    }
}

pub(super) fn names_itself(sentence: &Sentence, movie: MovieId, setting: Setting<'_>) -> bool {
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let said = format!(" {} ", words.join(" "));
    setting.index.keys_of(movie).any(|key| said.contains(&format!(" {key} ")))
}

/// Whether "the ... one", "la de ..." tells a film that this is not.
fn told_otherwise(sentence: &Sentence, movie: MovieId, setting: Setting<'_>) -> bool {
    let tokens = &sentence.tokens;
    let known = setting.index.facts(movie);
    let has_others = || setting.index.versions(movie).len() > 1;
    let reader = Reader::new(sentence, setting.index, setting.catalogue);
    let is_film_word = |at: usize| tokens.get(at).is_some_and(|token| is_film_word(&token.word));
    let is_in_it =
        |name: &str| known.is_some_and(|facts| facts.directors.iter().chain(&facts.cast).any(|own| own == name));
    let somebody = |at: usize| reader.named_at(at, Role::Either).map(|(name, end)| (name.to_owned(), end));
    (0..tokens.len()).any(|at| {
        let word = tokens[at].word.as_str();
        if is_possessive(sentence, at)
            && is_film_word(at + 1)
            && let Some((name, _)) = somebody(at)
        {
            return !is_in_it(&name);
        }
        if !matches!(word, "the" | "that" | "la" | "el" | "al" | "del" | "esa" | "ese") {
            return false;
        }
        // "la version japonesa", "the one from Korea".
        let begins = at + 1 + usize::from(is_film_word(at + 1));
        let linked = matches!(
            tokens.get(begins).map(|token| token.word.as_str()),
            Some("de" | "con" | "by" | "with" | "from" | "starring")
        );
        let is_romance = matches!(word, "la" | "el" | "al" | "del" | "esa" | "ese");
        let tells = |end: usize| linked || is_romance || is_film_word(end);
        if let Some((is_of, end)) = facts::is_from(tokens, begins, known).filter(|(_, end)| tells(*end)) {
            return !is_of && known.is_some() && end > begins;
        }
        let from = begins + usize::from(linked);
        // "2 y media, la de 1997", "the 1997 one".
        if let Some(year) = tokens.get(from).and_then(Token::year).filter(|_| linked || is_film_word(from + 1)) {
            let own = setting.catalogue.get(movie).and_then(|film| film.year);
            return own.is_some_and(|own| own.abs_diff(year) > 1);
        }
        if let Some((name, end)) = somebody(from).filter(|(_, end)| linked || is_film_word(*end)) {
            return !is_in_it(&name) && end > from;
        }
        matches!(tokens.get(begins).map(|token| token.word.as_str()), Some("remake" | "reboot" | "original"))
            && which::phrase_at(tokens, begins, tokens.len(), &["oldest", "newest"]).is_some()
            && !has_others()
    })
}
