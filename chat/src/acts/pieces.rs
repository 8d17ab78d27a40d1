//! The parts of a typed sentence that examples have a place for: films, places of the list, "it", numbers, people and kinds
//! of film.

use std::collections::HashMap;

use super::slots::SLOTS;
use crate::films::knowledge::Role;
use crate::request::Reader;
use crate::words::fold::{Sentence, Token};
use crate::words::places;

/// What a part of the sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Word,
    Film,
    /// "the second one".
    Place,
    /// "it".
    Pronoun,
    Number,
    Person,
    Kind,
}

/// Tokens `from..to`.
struct Piece {
    part: Part,
    from: usize,
    to: usize,
}

/// How places, pronouns, people and kinds are taken: each may be a film, a number, or mere words.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    places_are_films: bool,
    pronouns_are_films: bool,
    kinds_are_words: bool,
}

impl Taken {
    fn slot(self, part: Part) -> Option<&'static str> {
        match part {
            Part::Film => Some("*"),
            Part::Place if self.places_are_films => Some("*"),
            Part::Pronoun if self.pronouns_are_films => Some("*"),
            Part::Place | Part::Number => Some("#"),
            Part::Person if !self.kinds_are_words => Some("%"),
            Part::Kind if !self.kinds_are_words => Some("~"),
            _ => None,
        }
    }
}

/// A sentence in its parts.
pub(super) struct Parts<'s> {
    sentence: &'s Sentence,
    pieces: Vec<Piece>,
}

impl<'s> Parts<'s> {
    pub(super) fn of(reader: &Reader<'s>) -> Parts<'s> {
        let sentence = reader.sentence;
        let tokens = &sentence.tokens;
        let films = reader.films_named();
        let mut pieces = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            // "dame cinco" names no film of that name.
            let is_more = |to: usize| to > at + 1 || number(sentence, at).is_none();
            let film = films.iter().find(|slot| slot.from == at && is_more(slot.to));
            let (part, to) = film
                .map(|slot| (Part::Film, slot.to))
                .or_else(|| number(sentence, at))
                .or_else(|| place(tokens, at))
                .or_else(|| pronoun(tokens, at))
                .or_else(|| Some((Part::Person, reader.named_at(at, Role::Either)?.1)))
                .or_else(|| Some((Part::Kind, reader.kind_at(at)?)))
                .unwrap_or((Part::Word, at + 1));
            pieces.push(Piece { part, from: at, to });
            at = to;
        }
        Parts { sentence, pieces }
    }

    /// In which ways the sentence can be taken.
    pub(super) fn ways(&self) -> impl Iterator<Item = Taken> {
        let either = |parts: &[Part]| match self.pieces.iter().any(|piece| parts.contains(&piece.part)) {
            true => &[false, true][..],
            false => &[false][..],
        };
        let places = either(&[Part::Place]);
        let pronouns = either(&[Part::Pronoun]);
        let kinds = either(&[Part::Kind, Part::Person]);
        places.iter().flat_map(move |places_are_films| {
            pronouns.iter().flat_map(move |pronouns_are_films| {
                kinds.iter().map(move |kinds_are_words| Taken {
                    places_are_films: *places_are_films,
                    pronouns_are_films: *pronouns_are_films,
                    kinds_are_words: *kinds_are_words,
                })
            })
        })
    }

    /// Whether a place of the list is taken for a number: "the second" are no stars.
    pub(super) fn counts_places(&self, taken: Taken) -> bool {
        !taken.places_are_films && self.pieces.iter().any(|piece| piece.part == Part::Place)
    }

    /// The words, with what stands for films and the like.
    pub(super) fn words(&self, taken: Taken) -> Vec<&str> {
        let mut words = Vec::new();
        for piece in &self.pieces {
            match taken.slot(piece.part) {
                Some(slot) => words.push(slot),
                None => words.extend(self.tokens(piece).iter().map(|token| token.word.as_str())),
            }
        }
        words
    }

    /// The words that stand for nothing, where they are, and how they were typed.
    pub(super) fn mere_words(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let words = self.pieces.iter().filter(|piece| piece.part == Part::Word);
        words.filter_map(|piece| {
            let token = self.tokens(piece).first()?;
            Some((piece.from, token.word.as_str(), self.sentence.typed(piece.from, piece.to)))
        })
    }

    /// The meaning with what was typed in its places, and the film that is spoken of where none is said.
    pub(super) fn filled(&self, meaning: &str, taken: Taken, it: Option<&str>) -> Option<String> {
        let said = |slot: &str, nth: usize| {
            let mut fitting = self.pieces.iter().filter(|piece| taken.slot(piece.part) == Some(slot));
            fitting.nth(nth).map(|piece| {
                if piece.part == Part::Pronoun {
                    return it;
                }
                // What stands around a number is in the pattern.
                let says_place = |at: &usize| places::place(&self.sentence.tokens[*at].word).is_some();
                let from = if slot == "#" { (piece.from..piece.to).find(says_place) } else { None };
                Some(self.sentence.typed(from.unwrap_or(piece.from), piece.to))
            })
        };
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut words = Vec::new();
        for word in meaning.split(' ') {
            if !SLOTS.contains(&word) {
                words.push(word);
                continue;
            }
            let nth = counts.entry(word).or_default();
            words.push(said(word, *nth).unwrap_or(it)?);
            *nth += 1;
        }
        Some(words.join(" "))
    }

    fn tokens(&self, piece: &Piece) -> &[Token] {
        self.sentence.tokens.get(piece.from..piece.to).unwrap_or_default()
    }
}

/// "4", "4.5", "3 and a half", "cuatro y medio".
fn number(sentence: &Sentence, at: usize) -> Option<(Part, usize)> {
    const HALVES: [&[&str]; 3] = [&["and", "a", "half"], &["y", "medio"], &["y", "media"]];
    let tokens = &sentence.tokens;
    let token = &tokens[at];
    let in_words =
        || token.canonical.parse::<u64>().is_ok() && !matches!(token.word.as_str(), "one" | "una" | "uno" | "un");
    let counts = match token.number() {
        Some(number) => number <= 100,
        None => places::place(&token.word).is_some() && in_words(),
    };
    if !counts {
        return None;
    }
    let end = at + 1;
    let says = |words: &&[&str]| {
        tokens
            .get(end..end + words.len())
            .is_some_and(|said| said.iter().map(|token| token.word.as_str()).eq(words.iter().copied()))
    };
    let half = HALVES.iter().find(|words| says(words)).map_or(0, |words| words.len());
    let is_tenths = matches!(sentence.gap(end), "." | ",") && tokens.get(end).is_some_and(|next| next.word.len() == 1);
    Some((Part::Number, end + half.max(usize::from(is_tenths))))
}

/// "the second one", "number 3", "la tercera".
fn place(tokens: &[Token], at: usize) -> Option<(Part, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.word.as_str());
    let is_link = |at: usize| matches!(word(at), Some("the" | "number" | "no" | "la" | "el" | "numero" | "num"));
    let counts = |word: &str| !matches!(word, "one" | "una" | "uno") && places::place(word).is_some();
    let from = (at..at + 3).find(|from| !is_link(*from))?;
    if !word(from).is_some_and(counts) {
        return None;
    }
    let ends = matches!(word(from + 1), Some("one" | "film" | "movie" | "peli" | "pelicula"));
    Some((Part::Place, from + 1 + usize::from(ends)))
}

/// "it", "that one", "esa".
fn pronoun(tokens: &[Token], at: usize) -> Option<(Part, usize)> {
    let next = tokens.get(at + 1).map(|token| token.word.as_str());
    let is_noun = matches!(next, Some("one" | "movie" | "film" | "peli" | "pelicula"));
    match tokens[at].word.as_str() {
        "that" | "this" | "esa" | "esta" | "ese" | "este" if is_noun => Some((Part::Pronoun, at + 2)),
        "it" | "esa" | "esta" | "eso" | "that" | "this" => Some((Part::Pronoun, at + 1)),
        _ => None,
    }
}
