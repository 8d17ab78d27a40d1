//! "how many films by Hitchcock have you got": a number, of a kind that is told. The rest of the sentence is understood as a
//! wish for those films. Never of the list before, nor of what the viewer has rated.

use crate::intent::Intent;
use crate::topics::TopicKind;
use crate::words::fold::Sentence;
use crate::words::{cues, fold, lexicon};
use crate::{Lang, Setting, Understood};

/// The sentence without what counts; `None` if it does not count films.
fn as_wish(sentence: &Sentence) -> Option<String> {
    // "films did Kubrick make" are films by him.
    const MADE: [(&[&str], &str); 7] = [
        (&["did"], "by"),
        (&["has"], "by"),
        (&["hizo"], "de"),
        (&["ha", "hecho"], "de"),
        (&["ha", "dirigido"], "de"),
        (&["dirigio"], "de"),
        (&["tiene"], "de"),
    ];
    const AROUND: [&[&str]; 20] = [
        &["have", "you", "got"],
        &["do", "you", "have"],
        &["do", "you", "know", "of"],
        &["do", "you", "know"],
        &["are", "there"],
        &["you", "have"],
        &["make"],
        &["made"],
        &["direct"],
        &["directed"],
        &["in", "total"],
        &["en", "total"],
        &["tienes"],
        &["tenes"],
        &["teneis"],
        &["tienen"],
        &["hay"],
        &["conoces"],
        &["sabes"],
        &["existen"],
    ];
    let tokens = &sentence.tokens;
    let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
    let from = match words.as_slice() {
        ["and" | "so" | "y" | "ok", "how", "many", ..] => 3,
        ["how", "many", ..] => 2,
        ["cuantas" | "cuantos", ..] => 1,
        ["y" | "oye", "cuantas" | "cuantos", ..] => 2,
        _ => return None,
    };
    if words.iter().any(|word| cues::is("of_list", word)) {
        return None;
    }
    let end = (from + 1..words.len()).find(|at| sentence.breaks_before(*at)).unwrap_or(words.len());
    let words = &words[..end];
    let mut kept: Vec<&str> = Vec::new();
    let mut at = from;
    while at < words.len() {
        let around = AROUND.iter().find(|phrase| words[at..].starts_with(phrase));
        if let Some(phrase) = around {
            at += phrase.len();
        } else if let Some((phrase, by)) = MADE.iter().find(|(phrase, _)| words[at..].starts_with(phrase)) {
            kept.push(by);
            at += phrase.len();
        } else {
            kept.push(sentence.typed(at, at + 1));
            at += 1;
        }
    }
    Some(kept.join(" ")).filter(|wish| !wish.is_empty())
}

/// How many there are of the films that are told.
pub(crate) fn counted(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let wish = as_wish(sentence)?;
    let understood = setting.after(&setting.without_options()).understand(&wish);
    let is_series = understood.topics.iter().any(|topic| topic.kind == TopicKind::Series);
    // "how many have you got by Kurosawa, will you list them?"
    let lists = sentence.tokens.iter().any(|token| cues::is("lists", &token.word));
    match understood.intent {
        Intent::Browse { .. } if lists => Some(understood),
        Intent::Browse { filters, .. } if understood.ignored.is_empty() && !is_series => {
            Some(Understood { intent: Intent::CountOf { filters, wish }, n: None, ..understood })
        }
        _ => None,
    }
}

/// "did Kubrick ever make a comedy?", "¿hizo Kubrick alguna comedia?": as a wish for those films.
pub(crate) fn ever_made(sentence: &Sentence, somebody: &str, lang: Lang) -> Option<String> {
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let made = words.iter().position(|word| cues::is("makes", word))?;
    let begins = words.iter().any(|word| matches!(*word, "did" | "has" | "have" | "ever" | "ha" | "alguna" | "algun"));
    let any = |word: &str| matches!(word, "a" | "an" | "any" | "some" | "alguna" | "algunas" | "algun" | "una");
    let from = (made + 1..words.len()).find(|at| any(words[*at])).filter(|_| begins)? + 1;
    let is_name = |word: &str| fold::tokenize(somebody).iter().any(|part| part.word == word);
    let kind: Vec<&str> =
        (from..words.len()).filter(|at| !is_name(words[*at])).map(|at| sentence.typed(at, at + 1)).collect();
    let says_film = words.get(from).is_some_and(|_| {
        lexicon::meanings(&sentence.tokens, from).any(|(meaning, _)| meaning == lexicon::Meaning::FilmNoun)
    });
    let kind = kind.join(" ");
    if kind.is_empty() {
        return None;
    }
    Some(match lang {
        Lang::En => format!("{kind} directed by {somebody}"),
        Lang::Es if says_film || words.get(from) != Some(&"de") => format!("{kind} dirigidas por {somebody}"),
        Lang::Es => format!("películas {kind} dirigidas por {somebody}"),
    })
}
