//! That a film was seen, beside what says no more of it: "seen Titanic a hundred times", "not Oldboy, saw it". Never marks a film of another title. The words are in `data/turns.tsv`.

use crate::Setting;
use crate::context::Last;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Mark, Understood};
use crate::whole::says;
use crate::words::fold::{Sentence, Token};
use crate::words::{cues, lexicon, patterns, places, plainly, turns};

const MOST_WORDS: usize = 16;

pub(crate) fn said(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let says_seen = |token: &Token| cues::is("says_seen", &token.word) || turns::is_word("saw", &token.word);
    if tokens.len() > MOST_WORDS || sentence.text.contains(['?', '¿']) || !tokens.iter().any(says_seen) {
        return None;
    }
    // "la nueva ya la vi" after a film gave way to another: the one that came is not known here.
    let says_new = turns::beginnings("the_new_one", tokens).next().is_some();
    if says_new && setting.context.last == Last::List && !setting.context.shown.is_empty() {
        return Some(says(sentence, Intent::WhichOne));
    }
    turned_down(sentence, setting).or_else(|| with_a_tail(sentence, setting))
}

/// "the second one too", "y Fargo también" after a mark: the same of another film.
pub(crate) fn marked_too(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let Last::Marked(mark) = setting.context.last else { return None };
    let says_too = |token: &Token| {
        matches!(token.word.as_str(), "and" | "y" | "e" | "also" | "too" | "as" | "well" | "tambien" | "aswell")
    };
    let tokens = &sentence.tokens;
    let from = tokens.iter().take_while(|token| says_too(token)).count();
    let to = tokens.len() - tokens.iter().rev().take_while(|token| says_too(token)).count();
    let said = tokens.get(from..to).filter(|said| !said.is_empty() && said.len() < tokens.len())?;
    if sentence.text.contains(['?', '¿']) {
        return None;
    }
    let placed = places::read(said).and_then(|places| places.of(setting.context.shown));
    let movies = placed.or_else(|| match setting.index.find_as(said, Reading::Exact)? {
        TitleMatch::One(movie) => Some(vec![movie]),
        _ => None,
    })?;
    Some(says(sentence, Intent::Mark { movies, mark }))
}

/// "seen Titanic a hundred times", "i've seen batman begins too but no rating".
fn with_a_tail(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let tokens = &sentence.tokens;
    let to = without_tail(tokens).len();
    // "The Day After", "Once": the tail may be of the title.
    let is_title = (0..to).any(|from| setting.index.find_as(&tokens[from..], Reading::Exact).is_some());
    if to == tokens.len() || is_title {
        return None;
    }
    let read = setting.understand(sentence.typed(0, to));
    let is_seen = matches!(read.intent, Intent::Mark { mark: Mark::Seen, .. } | Intent::WhichOne)
        || (matches!(read.intent, Intent::Clarify { .. }) && says_seen_first(tokens));
    is_seen.then_some(read)
}

fn says_seen_first(tokens: &[Token]) -> bool {
    tokens.iter().take(3).any(|token| cues::is("says_seen", &token.word))
}

/// Without "in the cinema", "a hundred times", "years ago", "but no rating" at the end.
pub(super) fn without_tail(tokens: &[Token]) -> &[Token] {
    let mut rest = tokens;
    loop {
        let shorter = turns::without_end("seen_tail", rest);
        let shorter = &shorter[..shorter.len() - times_at_the_end(shorter)];
        if shorter.len() == rest.len() || shorter.is_empty() {
            return rest;
        }
        rest = shorter;
    }
}

/// How many words "like ten times", "un montón de veces" are at the end.
fn times_at_the_end(tokens: &[Token]) -> usize {
    let Some((last, before)) = tokens.split_last() else { return 0 };
    let counts = |token: &&Token| {
        token.number().is_some()
            || lexicon::number_word(&token.word).is_some()
            || turns::is_word("so_often", &token.word)
    };
    let count = before.iter().rev().take_while(counts).count();
    if matches!(last.word.as_str(), "times" | "veces") && count > 0 { count + 1 } else { 0 }
}

/// "not Oldboy, saw it", "Oldboy no, ya la vi": the film that is turned down was seen.
fn turned_down(sentence: &Sentence, setting: Setting<'_>) -> Option<Understood> {
    let parts = plainly::parts_of(sentence);
    let [one, other] = &parts[..] else { return None };
    let is_seen = |part: &Sentence| {
        let said = Sentence::new(part.typed(0, without_tail(&part.tokens).len()));
        let points = |(from, to): (usize, usize)| {
            to == from + 1 && matches!(said.tokens[from].word.as_str(), "it" | "that" | "la" | "esa")
        };
        let mut fitting = patterns::fitting(&said);
        let is_of_it = |fitting: patterns::Fitting| match fitting.kind.0 {
            "seen_it" => true,
            "seen_film" => fitting.film.is_some_and(points),
            _ => false,
        };
        fitting.any(is_of_it) || turns::is("saw", &said.tokens)
    };
    let film = |part: &Sentence| {
        let tokens = &part.tokens;
        let denies = |token: &Token| turns::is_word("turns_down", &token.word);
        let from = tokens.iter().take_while(|token| denies(token) || patterns::is_courtesy(&token.word)).count();
        let to = tokens.len() - tokens.iter().rev().take_while(|token| denies(token)).count();
        let is_denied = from < to && tokens[..from].iter().chain(&tokens[to..]).any(denies);
        match setting.index.find_as(tokens.get(from..to).filter(|_| is_denied)?, Reading::Exact)? {
            TitleMatch::One(movie) => Some(movie),
            TitleMatch::Several(movies) => {
                let shown = movies.iter().find(|movie| setting.context.shown.contains(movie));
                shown.or(movies.first()).copied()
            }
            TitleMatch::Nothing { .. } => None,
        }
    };
    let movie = film(one).filter(|_| is_seen(other))?;
    Some(says(sentence, Intent::Mark { movies: vec![movie], mark: Mark::Seen }))
}
