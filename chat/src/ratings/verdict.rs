//! What somebody thinks of one film, and nothing else: "I thought Jaws was pretty good", "Tiburón me pareció regular", "the
//! second was a bit dull". A judgement is no number of stars: it asks how many. Every word is of the film or of a verdict
//! (`data/verdicts.tsv`); a question, a number or any other word makes it something else.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use crate::Setting;
use crate::commands::{BAD, GOOD, MEH};
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::Understood;
use crate::request::TitleSlot;
use crate::whole::says;
use crate::words::fold::{Sentence, Token};

/// Words of the longest phrase.
const LONGEST: usize = 5;
const MOST_WORDS: usize = 18;

/// What a phrase is in a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// "I thought", "la verdad es que".
    Opener,
    /// "was", "me pareció".
    Copula,
    /// "pretty", "un poco".
    Degree,
    /// "wasn't", "no es".
    Denies,
    Judged(Judgement),
    /// "too long": judges a film that is named by its title, or was seen.
    JudgedOfTitle(Judgement),
    /// "[a good] movie".
    Noun,
    /// "to be honest", behind it.
    Tail,
    /// "liked", "me encantó".
    Liked,
    /// "didn't enjoy", "odié".
    Disliked,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Judgement {
    Good,
    Meh,
    Bad,
}

static PHRASES: LazyLock<HashMap<Part, HashSet<&str>>> = LazyLock::new(|| {
    let mut phrases: HashMap<Part, HashSet<&str>> = HashMap::new();
    let lines = include_str!("../../data/verdicts.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, phrase) in lines.filter_map(|line| line.split_once('\t')) {
        let part = match kind {
            "opener" => Part::Opener,
            "copula" => Part::Copula,
            "degree" => Part::Degree,
            "denies" => Part::Denies,
            "good" => Part::Judged(Judgement::Good),
            "meh" => Part::Judged(Judgement::Meh),
            "bad" => Part::Judged(Judgement::Bad),
            "good_of_title" => Part::JudgedOfTitle(Judgement::Good),
            "bad_of_title" => Part::JudgedOfTitle(Judgement::Bad),
            "noun" => Part::Noun,
            "liked" => Part::Liked,
            "disliked" => Part::Disliked,
            _ => Part::Tail,
        };
        phrases.entry(part).or_default().insert(phrase);
    }
    phrases
});

/// Where phrases of this part end that begin the tokens, the longest first.
pub(super) fn ends(part: Part, tokens: &[Token]) -> impl Iterator<Item = usize> {
    let words: Vec<&str> = tokens.iter().take(LONGEST).map(|token| token.word.as_str()).collect();
    let is =
        move |len: &usize| PHRASES.get(&part).is_some_and(|phrases| phrases.contains(words[..*len].join(" ").as_str()));
    (1..=tokens.len().min(LONGEST)).rev().filter(is)
}

/// The place after as many phrases of this part as there are.
pub(super) fn past(part: Part, tokens: &[Token], mut at: usize) -> usize {
    while let Some(len) = ends(part, &tokens[at..]).next() {
        at += len;
    }
    at
}

/// "pretty good movie", "not bad", and nothing behind it.
fn judged(tokens: &[Token], is_titled: bool) -> Option<Judgement> {
    let after_degree = |from: usize| {
        let degree = past(Part::Degree, tokens, from);
        (from..=degree).find_map(|at| plainly_judged(&tokens[at..], is_titled))
    };
    // "not bad" is a judgement, "not" before another turns it.
    after_degree(0).or_else(|| {
        Some(match after_degree(ends(Part::Denies, tokens).next()?)? {
            Judgement::Good => Judgement::Bad,
            Judgement::Meh | Judgement::Bad => Judgement::Meh,
        })
    })
}

fn plainly_judged(tokens: &[Token], is_titled: bool) -> Option<Judgement> {
    [Judgement::Good, Judgement::Meh, Judgement::Bad].into_iter().find(|judgement| {
        let is_all = |len: usize| {
            let noun = past(Part::Noun, tokens, len);
            past(Part::Tail, tokens, noun) == tokens.len()
        };
        let of_any = ends(Part::Judged(*judgement), tokens).any(is_all);
        of_any || (is_titled && ends(Part::JudgedOfTitle(*judgement), tokens).any(is_all))
    })
}

/// The film that is judged, or the title of it, where several have that.
type Judged = Result<MovieId, TitleSlot>;

/// How many stars the film is worth that is judged; which one, where several are called so.
pub(crate) fn said(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    if !(2..=MOST_WORDS).contains(&tokens.len()) || sentence.text.contains(['?', '¿']) {
        return None;
    }
    let chat = setting.chat(sentence);
    let opened = past(Part::Opener, tokens, 0);
    let at_place = chat.film_at_place();
    // What is said is looked for before the title: it costs less, and most sentences are no verdict.
    let named = (0..=opened).rev().find_map(|from| {
        let judged = |to: usize, is_titled| behind(sentence, to, from > 0, is_titled);
        let of_place = || match at_place.as_ref().filter(|slot| slot.from == from)? {
            TitleSlot { to, found: TitleMatch::One(movie), .. } => Some((Ok(*movie), judged(*to, false)?)),
            _ => None,
        };
        let longest = tokens.len().min(from + MAX_TITLE_TOKENS);
        let mut ends = (from + 1..longest).rev().filter(|to| *to > from + 1 || !is_pronoun(&tokens[from]));
        let of_title = |to: usize| {
            let judgement = judged(to, true)?;
            let film: Judged = match setting.index.find_as(&tokens[from..to], Reading::Exact)? {
                TitleMatch::One(movie) => Ok(movie),
                found => Err(TitleSlot { from, to, found }),
            };
            Some((film, judgement))
        };
        of_place().or_else(|| ends.find_map(of_title))
    });
    let spoken_of = || {
        let movie = chat.pointed_at().filter(|_| !setting.context.last.is_list())?;
        let judgement = (0..=opened).rev().find_map(|from| {
            let pronouns = tokens[from..].iter().take_while(|token| is_pronoun(token)).count();
            // "me pareció" begins with one.
            (from..=from + pronouns).find_map(|at| {
                let copula = past(Part::Copula, tokens, at);
                (copula > at).then(|| judged(&tokens[copula..], is_past(&tokens[at..copula]))).flatten()
            })
        })?;
        Some((Ok(movie), judgement))
    };
    let (film, judgement) = named.or_else(spoken_of)?;
    // "Life Is Beautiful".
    if setting.index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let movie = match film.or_else(|slot| chat.resolved(&slot)) {
        Ok(movie) => movie,
        Err(question) => return Some(says(sentence, *question)),
    };
    let stars = match judgement {
        Judgement::Good => GOOD,
        Judgement::Meh => MEH,
        Judgement::Bad => BAD,
    };
    Some(says(sentence, chat.confirm_rating(movie, stars)))
}

/// What is said behind a film that ends before `at`: after a "was", after a break, or at once after "I found".
fn behind(sentence: &Sentence, at: usize, is_opened: bool, is_titled: bool) -> Option<Judgement> {
    let tokens = &sentence.tokens;
    let copula = past(Part::Copula, tokens, at);
    let gap = sentence.gap(at);
    let is_told = copula > at || is_opened || gap.contains([':', ',', '-', '–', '—', '.', '!']);
    // "wasn't" is its own "was".
    let denies = || ends(Part::Denies, &tokens[at..]).next().is_some();
    let is_of_film = is_titled || is_past(&tokens[at..copula]);
    (is_told || denies()).then(|| judged(tokens.get(copula..)?, is_of_film)).flatten()
}

/// "was too long" judges a film; "is too long", of one that was not seen, says what the others are to be.
fn is_past(copula: &[Token]) -> bool {
    let is_present =
        |word: &str| matches!(word, "is" | "its" | "s" | "thats" | "are" | "es" | "son" | "esta" | "estan");
    !copula.is_empty() && !copula.iter().any(|token| is_present(&token.word))
}

/// "it was a bit slow": of the film that is spoken of, and of none called "It".
fn is_pronoun(token: &Token) -> bool {
    matches!(
        token.word.as_str(),
        "it" | "that" | "this" | "one" | "esa" | "ese" | "eso" | "esta" | "este" | "la" | "lo" | "me"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_short_enough_to_be_met() {
        for phrase in PHRASES.values().flatten() {
            let words: Vec<String> = tokenize(phrase).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), *phrase);
            assert!(words.len() <= LONGEST, "{phrase}");
        }
    }

    #[test]
    fn a_judgement_may_be_weighed_or_denied_and_nothing_may_follow_it() {
        let of = |text: &str| judged(&tokenize(text), false);
        for text in ["good", "a really good movie", "one of the best", "una obra maestra", "pretty good tbh"] {
            assert!(of(text) == Some(Judgement::Good), "{text}");
        }
        for text in ["not bad", "ok", "a bit meh", "regular la verdad", "no es mala"] {
            assert!(of(text) == Some(Judgement::Meh), "{text}");
        }
        for text in ["not good", "wasnt very good", "boring", "un toston"] {
            assert!(of(text) == Some(Judgement::Bad), "{text}");
        }
        for text in ["good comedies", "not", "very", "bad boys"] {
            assert!(of(text).is_none(), "{text}");
        }
    }
}
