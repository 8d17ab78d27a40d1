//! What a sentence does, by the sentences that it is most like: those of `data/patterns.tsv` and the examples of
//! `data/examples.tsv`. Likeness is the cosine of their words and pairs of words, weighted by how rare each is (tf-idf: Salton
//! and Buckley, Term-weighting approaches in automatic text retrieval, 1988). Films, places of the list, people, kinds of
//! film and numbers count as one word each, and are put into the sentence that is read instead. Looked at only where the
//! grammar is at a loss.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::films::knowledge::Role;
use crate::request::Reader;
use crate::words::fold::{Sentence, Token};
use crate::words::{patterns, places, plainly};

/// A sentence that is read, and how like the typed one it is.
#[derive(Debug)]
pub(crate) struct Likely {
    /// The kind of the pattern, or what the example does.
    pub(crate) act: &'static str,
    /// The sentence to be read instead; empty where the example asks for nothing that is known, `None` where it is about the
    /// film that is spoken of and none is.
    pub(crate) said: Option<String>,
    /// From 0 to 1.
    pub(crate) likeness: f32,
}

/// What stands for a film, for a number or places of the list, for a person, and for a kind of film.
const SLOTS: [&str; 4] = ["*", "#", "%", "~"];

struct Example {
    act: &'static str,
    words: Vec<&'static str>,
    /// The sentence to be read instead.
    meaning: Vec<&'static str>,
    turned: u32,
    /// How many of each of [`SLOTS`] it has.
    slots: [usize; 4],
}

struct Examples {
    all: Vec<Example>,
    /// Of each word and pair of words: the examples that have it, with its part of their length.
    having: HashMap<String, Vec<(u32, f32)>>,
}

static EXAMPLES: LazyLock<Examples> = LazyLock::new(|| {
    let example = |act, words: Vec<&'static str>, meaning| Example {
        act,
        slots: slots(&words),
        turned: turned_by(&words),
        words,
        meaning,
    };
    let pattern = |(kind, words): (patterns::Kind, &[&'static str])| {
        let words: Vec<&str> = words.iter().map(|word| if *word == "@" { "#" } else { word }).collect();
        example(kind.0, words.clone(), words)
    };
    let mut all: Vec<Example> = patterns::all().map(pattern).collect();
    let (mut act, mut meaning) = ("", Vec::new());
    for line in include_str!("../data/examples.tsv").lines().filter(|line| !line.starts_with("# ")) {
        if let Some((name, means)) = line.strip_prefix("= ").and_then(|line| line.split_once('\t')) {
            (act, meaning) = (name, means.split_whitespace().collect());
        } else {
            all.push(example(act, line.split_whitespace().collect(), meaning.clone()));
        }
    }
    let features: Vec<HashMap<String, f32>> =
        all.iter().map(|example| features(example.words.iter().copied())).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    features.iter().flat_map(HashMap::keys).for_each(|feature| *counts.entry(feature).or_default() += 1);
    let mut having: HashMap<String, Vec<(u32, f32)>> = HashMap::new();
    for (at, features) in (0u32..).zip(&features) {
        let weight = |(feature, weight): (&String, &f32)| weight * rarity(all.len(), counts[feature.as_str()]);
        let length = features.iter().map(weight).map(|weight| weight * weight).sum::<f32>().sqrt();
        for feature in features {
            having.entry(feature.0.clone()).or_default().push((at, weight(feature) / length));
        }
    }
    Examples { all, having }
});

fn slots(words: &[&str]) -> [usize; 4] {
    SLOTS.map(|slot| words.iter().filter(|word| **word == slot).count())
}

/// How much a word tells that so many of all have.
fn rarity(all: usize, have: usize) -> f32 {
    ((all + 1) as f32 / (have as f32 + 0.5)).ln()
}

/// Words, their beginnings and pairs of them, and how much each counts beside its rarity.
fn features<'w>(words: impl Iterator<Item = &'w str>) -> HashMap<String, f32> {
    const BEGINNING: usize = 5;
    let mut features: HashMap<String, f32> = HashMap::new();
    let mut before: Option<&str> = None;
    for word in words {
        features.insert(word.to_owned(), 1.0);
        if let Some(beginning) = word.get(..BEGINNING).filter(|beginning| beginning.len() < word.len()) {
            features.insert(format!("{beginning}-"), 0.5);
        }
        if let Some(before) = before {
            features.insert(format!("{before} {word}"), 0.7);
        }
        before = Some(word);
    }
    features
}

/// Below this two sentences have little in common.
const LEAST: f32 = 0.3;

/// All examples with words in common, and how like they are.
fn alike(words: &[&str]) -> Vec<(f32, &'static Example)> {
    // A word that no example has is hardly rarer than the rarest.
    const MOST: f32 = 6.0;
    let count = EXAMPLES.all.len();
    let mut length = 0.0;
    let mut sums = vec![0.0; count];
    for (feature, weight) in features(words.iter().copied()) {
        let having = EXAMPLES.having.get(&feature);
        let is_word = !feature.contains(' ') && !feature.ends_with('-');
        // A pair that no example has tells nothing beside its words.
        if having.is_none() && !is_word {
            continue;
        }
        let weight = weight * rarity(count, having.map_or(0, Vec::len)).min(MOST);
        length += weight * weight;
        for (at, part) in having.into_iter().flatten() {
            sums[*at as usize] += weight * part;
        }
    }
    let length = length.sqrt();
    let enough = |(sum, example): (f32, &'static Example)| {
        let likeness = sum / length;
        (likeness >= LEAST).then_some((likeness, example))
    };
    sums.into_iter().zip(&EXAMPLES.all).filter_map(enough).collect()
}

/// What a part of the sentence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
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
struct Taken {
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

/// Whether the sentence has what would be lost: a name that is neither a film nor anybody known ("what else did Villeneuve
/// do"), a year, more than a word of four that no example has, or one beside a "not".
fn says_more(sentence: &Sentence, pieces: &[Piece]) -> bool {
    let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
    let denies = turned_by(&words) & 1 == 1;
    let unknown = pieces.iter().filter(|piece| {
        let token = &sentence.tokens[piece.from];
        piece.part == Part::Word && !EXAMPLES.having.contains_key(&token.word) && !plainly::is_idle(&token.word)
    });
    let (mut count, mut is_name, mut is_year) = (0, false, false);
    for piece in unknown {
        let typed = sentence.typed(piece.from, piece.to);
        count += 1;
        is_name |= piece.from > 0 && typed.starts_with(char::is_uppercase) && typed.contains(char::is_lowercase);
        is_year |= typed.starts_with(|first: char| first.is_ascii_digit());
    }
    is_name || is_year || 4 * count > sentence.len() || (denies && count > 0)
}

/// Words of `data/turning.tsv`, group by group: a sentence with one says something else than one without.
static TURNING: LazyLock<Vec<HashSet<&str>>> = LazyLock::new(|| {
    let lines = include_str!("../data/turning.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(_, words)| words.split(' ').collect()).collect()
});

/// Which groups have one of these words; the first are those that deny.
fn turned_by(words: &[&str]) -> u32 {
    let has = |group: &HashSet<&str>| words.iter().any(|word| group.contains(word));
    TURNING.iter().enumerate().filter(|(_, group)| has(group)).map(|(at, _)| 1 << at).sum()
}

/// What the sentence may do, the likeliest first, each act once. `it` is the film that is spoken of.
pub(crate) fn likely(reader: &Reader<'_>, it: Option<&str>) -> Vec<Likely> {
    const MOST_WORDS: usize = 24;
    let sentence = reader.sentence;
    if sentence.len() > MOST_WORDS {
        return Vec::new();
    }
    let pieces = pieces(reader);
    if says_more(sentence, &pieces) {
        return Vec::new();
    }
    let has = |part: Part| pieces.iter().any(|piece| piece.part == part);
    let either = |has: bool| if has { &[false, true][..] } else { &[false][..] };
    let mut best: HashMap<&'static str, Likely> = HashMap::new();
    for places_are_films in either(has(Part::Place)) {
        for pronouns_are_films in either(has(Part::Pronoun)) {
            for kinds_are_words in either(has(Part::Kind) || has(Part::Person)) {
                let taken = Taken {
                    places_are_films: *places_are_films,
                    pronouns_are_films: *pronouns_are_films,
                    kinds_are_words: *kinds_are_words,
                };
                read_as(taken, sentence, &pieces, it, &mut best);
            }
        }
    }
    let mut likely: Vec<Likely> = best.into_values().collect();
    likely.sort_by(|one, other| other.likeness.total_cmp(&one.likeness).then(one.act.cmp(other.act)));
    likely
}

fn read_as(
    taken: Taken,
    sentence: &Sentence,
    pieces: &[Piece],
    it: Option<&str>,
    best: &mut HashMap<&'static str, Likely>,
) {
    let mut words: Vec<&str> = Vec::new();
    for piece in pieces {
        match taken.slot(piece.part) {
            Some(slot) => words.push(slot),
            None => words.extend(sentence.tokens[piece.from..piece.to].iter().map(|token| token.word.as_str())),
        }
    }
    let slots = slots(&words);
    // "no, go back" denies nothing.
    let begins = usize::from(sentence.breaks_before(1));
    let turned = turned_by(words.get(begins..).unwrap_or_default());
    for (likeness, example) in alike(&words) {
        // What the example does not speak of would be lost.
        if example.slots != slots
            || example.turned != turned
            || best.get(example.act).is_some_and(|known| known.likeness >= likeness)
        {
            continue;
        }
        let said = filled(&example.meaning, sentence, pieces, taken, it);
        best.insert(example.act, Likely { act: example.act, said, likeness });
    }
}

/// The meaning with what was typed in its places, and the film that is spoken of where none is said.
fn filled(meaning: &[&str], sentence: &Sentence, pieces: &[Piece], taken: Taken, it: Option<&str>) -> Option<String> {
    let said = |slot: &str, nth: usize| {
        let mut fitting = pieces.iter().filter(|piece| taken.slot(piece.part) == Some(slot));
        fitting.nth(nth).map(|piece| {
            // What stands around a number is in the pattern.
            let says_place = |at: &usize| places::place(&sentence.tokens[*at].word).is_some();
            if piece.part == Part::Pronoun {
                return it;
            }
            let from = if slot == "#" { (piece.from..piece.to).find(says_place) } else { None };
            Some(sentence.typed(from.unwrap_or(piece.from), piece.to))
        })
    };
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut words = Vec::new();
    for word in meaning {
        if !SLOTS.contains(word) {
            words.push(*word);
            continue;
        }
        let nth = counts.entry(word).or_default();
        words.push(said(word, *nth).unwrap_or(it)?);
        *nth += 1;
    }
    Some(words.join(" "))
}

fn pieces(reader: &Reader<'_>) -> Vec<Piece> {
    let sentence = reader.sentence;
    let tokens = &sentence.tokens;
    let films = reader.films_named();
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // "dame cinco" names no film of that name.
        let is_more = |to: usize| to > at + 1 || number(sentence, at).is_none();
        let film = films.iter().find(|slot| slot.from == at && is_more(slot.to)).map(|slot| (Part::Film, slot.to));
        let (part, to) = film
            .or_else(|| number(sentence, at))
            .or_else(|| place(tokens, at))
            .or_else(|| pronoun(tokens, at))
            .or_else(|| Some((Part::Person, reader.named_at(at, Role::Either)?.1)))
            .or_else(|| Some((Part::Kind, reader.kind_at(at)?)))
            .unwrap_or((Part::Word, at + 1));
        pieces.push(Piece { part, from: at, to });
        at = to;
    }
    pieces
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_example_is_written_folded_and_of_an_act() {
        assert!(EXAMPLES.all.len() > 10_000);
        for example in &EXAMPLES.all {
            let said = example.words.iter().filter(|word| !SLOTS.contains(word)).copied().collect::<Vec<_>>().join(" ");
            let words: Vec<String> = tokenize(&said).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), said);
            assert!(!example.act.is_empty(), "{said}");
        }
    }

    /// Each example of `data/examples.tsv` by the others: what nobody has written down yet.
    #[test]
    fn most_examples_are_known_by_the_others() {
        let patterns = patterns::all().count();
        let (mut right, mut other, mut none) = (0, 0, 0);
        for example in EXAMPLES.all.iter().skip(patterns).step_by(7) {
            let others = alike(&example.words).into_iter().filter(|(_, other)| {
                !std::ptr::eq(*other, example)
                    && other.slots == example.slots
                    && other.turned == example.turned
                    && other.words != example.words
            });
            let best = others.max_by(|one, other| one.0.total_cmp(&other.0)).filter(|(likeness, _)| *likeness >= 0.5);
            match best {
                Some((_, other)) if other.act == example.act || other.meaning == example.meaning => right += 1,
                Some((likeness, found)) => {
                    println!(
                        "{likeness:.2} {} instead of {}: {} for {}",
                        found.act,
                        example.act,
                        found.words.join(" "),
                        example.words.join(" ")
                    );
                    other += 1;
                }
                None => none += 1,
            }
        }
        println!("{right} right, {none} not read, {other} otherwise");
    }
}
