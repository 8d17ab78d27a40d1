//! Two films held against each other: "is Heat longer than Casino?", "which came first, Alien or Star Wars", "la 1 o la 3,
//! cuál gusta más?". Around the films only words of `data/compares.tsv` may stand, which tell by what; so that a wish with
//! an "or" in it is none. Either film may be a place of the list, the one that is spoken of, or the other's first part.

use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::context::Last;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::{Intent, Wanted};
use crate::request::TitleSlot;
use crate::words::places::{self, Places};
use crate::words::{cues, patterns};

/// Words of a sentence that compares, and nothing else.
const MOST_WORDS: usize = 24;

/// Words before a break that may say anything: "let's settle it: 1 or 3, which is better?"
const LONGEST_REMARK: usize = 5;

static COMPARES: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/compares.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(kind, phrase)| (kind, phrase.split(' ').collect())).collect()
});

/// One of the two.
#[derive(Clone)]
enum Side {
    Film(TitleSlot),
    /// Of the list, or that is spoken of.
    Known(MovieId),
    /// "the first one", "the original", "part 2": of the other's series, by its place; or of the list.
    Part(usize, Option<MovieId>),
    /// "1917", which no film is called.
    Nothing,
}

/// A side, and its words.
#[derive(Clone)]
struct Said {
    from: usize,
    to: usize,
    side: Side,
}

impl Chat<'_> {
    /// Which films are compared, and by what.
    pub(crate) fn compared(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        // "nothing longer than two hours" speaks of a length.
        let says_length = tokens.iter().any(|token| cues::is("length_units", &token.word));
        // "Heat or Casino but shorter" wishes others.
        let wishes_others = tokens.iter().skip(1).any(|token| matches!(token.word.as_str(), "but" | "pero"));
        if tokens.len() > MOST_WORDS || says_length || wishes_others {
            return None;
        }
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        let mut told = vec![""; words.len()];
        let mut is_told = false;
        for (kind, phrase) in COMPARES.iter() {
            for at in 0..words.len() {
                if words[at..].starts_with(phrase) {
                    let says_nothing = *kind == "says_nothing";
                    is_told |= !says_nothing;
                    for own in told[at..at + phrase.len()].iter_mut().filter(|own| !says_nothing || own.is_empty()) {
                        *own = kind;
                    }
                }
            }
        }
        // "did the same person direct Alien and Blade Runner?"
        let asks_who = told.contains(&"Director");
        let joints = (0..words.len()).filter(|at| match words[*at] {
            "than" | "que" | "before" | "after" | "as" | "como" => is_told,
            "de" => *at > 0 && matches!(words[*at - 1], "antes" | "despues"),
            "and" | "y" if asks_who => true,
            "and" | "y" => words[..*at].iter().any(|word| {
                // "de la 2 y la 4, ¿cuál es más nueva?"
                matches!(*word, "between" | "entre" | "of") || (*word == "de" && words[*at..].contains(&"cual"))
            }),
            word => cues::is("either", word) || matches!(word, "vs" | "versus"),
        });
        joints.into_iter().find_map(|joint| self.compared_around(joint, &words, &told))
    }

    fn compared_around(&self, joint: usize, words: &[&str], told: &[&str]) -> Option<Intent> {
        let rights = self.sides_after(joint, told);
        let right = rights.into_iter().find(|side| (side.to..words.len()).all(|at| self.says_no_more(at, told)))?;
        let left = self.sides_before(joint, told).into_iter().find(|side| self.is_begun_before(side.from, told));
        let is_copula = |at: usize| words.get(at).is_some_and(|word| cues::is("copula", word));
        let first = words.iter().position(|word| !patterns::is_courtesy(word)).unwrap_or(0);
        // "older than 2000" is of a year, whatever film is called so.
        let is_year = |side: &Said| side.to == side.from + 1 && self.reader.sentence.tokens[side.from].year().is_some();
        if is_year(&right) && !(cues::is("either", words[joint]) || matches!(words[joint], "vs" | "versus")) {
            return None;
        }
        let left = match left {
            Some(left) => left,
            // "is it longer than Heat?" of the film that is spoken of, "es mejor que Heat?" too.
            None if is_copula(first) && (first..joint).all(|at| !told[at].is_empty()) => {
                let Some(movie) = self.pointed_at() else { return Some(Intent::WhichOne) };
                Said { from: joint, to: joint, side: Side::Known(movie) }
            }
            None => return None,
        };
        let is_side = |at: usize| (left.from..left.to).contains(&at) || (right.from..right.to).contains(&at);
        let others: Vec<usize> = (0..words.len()).filter(|at| !is_side(*at) && *at != joint).collect();
        let tells = |kind: &str| others.iter().any(|at| told[*at] == kind) || told[joint] == kind;
        let asks_which = others
            .iter()
            .any(|at| matches!(words[*at], "which" | "what" | "whats" | "cual" | "que" | "between" | "entre"));
        let unknown: Vec<&Said> =
            [&left, &right].into_iter().filter(|side| matches!(side.side, Side::Nothing)).collect();
        // "entre 1990 y 2000" compares nothing.
        if unknown.len() > 1 {
            return None;
        }
        let wanted = match () {
            () if tells("Director") => Wanted::Director,
            () if tells("Runtime") => Wanted::Runtime,
            () if tells("Year") => Wanted::Year,
            () if tells("Genre") => Wanted::Genre,
            () if tells("Opinion") || asks_which => Wanted::Opinion,
            () if matches!(words[joint], "vs" | "versus") => Wanted::Opinion,
            // "2 or 4?", "1917 or Dunkirk?", and nothing else; after a rating they are stars.
            () if others.is_empty() && (!unknown.is_empty() || self.context.last != Last::Rating) => Wanted::Opinion,
            () => return None,
        };
        if let [side] = unknown[..] {
            return Some(self.unknown(side.from, side.to));
        }
        let one = |own: &Said, other: Option<MovieId>| match &own.side {
            Side::Film(slot) => self.best_known(slot).map_err(Some),
            Side::Known(movie) => Ok(*movie),
            Side::Part(place, of_list) => {
                let part = other.and_then(|movie| self.part_of_series(movie, *place));
                part.or(*of_list).ok_or(None)
            }
            Side::Nothing => Err(Some(Box::new(self.unknown(own.from, own.to)))),
        };
        let titled = |side: &Said| match &side.side {
            Side::Film(slot) => self.best_known(slot).ok(),
            Side::Known(movie) => Some(*movie),
            _ => None,
        };
        match (one(&left, titled(&right)), one(&right, titled(&left))) {
            (Ok(left), Ok(right)) if left != right => Some(Intent::Compare { wanted, movies: vec![left, right] }),
            (Ok(_), Ok(_)) => None,
            (Err(question), _) | (_, Err(question)) => question.map(|question| *question),
        }
    }

    /// Of several films of that name the best known: the answer says its year.
    fn best_known(&self, slot: &TitleSlot) -> Result<MovieId, Box<Intent>> {
        match &slot.found {
            TitleMatch::Several(movies) => {
                movies.first().copied().ok_or_else(|| Box::new(self.unknown(slot.from, slot.to)))
            }
            _ => self.resolved(slot),
        }
    }

    /// Whether the word says no more than that the films are compared.
    fn says_no_more(&self, at: usize, told: &[&str]) -> bool {
        !told[at].is_empty() || patterns::is_courtesy(&self.reader.sentence.tokens[at].word)
    }

    /// Whether nothing else is said before this word, but for a remark.
    fn is_begun_before(&self, to: usize, told: &[&str]) -> bool {
        let sentence = self.reader.sentence;
        let begins = (0..to).rev().find(|at| !self.says_no_more(*at, told)).map_or(0, |at| at + 1);
        let is_wish = |at: usize| cues::is("wishes", &sentence.tokens[at].word);
        // The remark may end in words that compare, too: "let's settle it: 1 or 3".
        let remark = (begins..=to.min(LONGEST_REMARK)).find(|at| *at > 0 && sentence.breaks_before(*at));
        begins == 0 || remark.is_some_and(|end| !(0..end).any(is_wish))
    }

    /// What may stand right after the joint, the longest first.
    fn sides_after(&self, joint: usize, told: &[&str]) -> Vec<Said> {
        let count = told.len();
        let starts = (joint + 1..count).take_while(|from| (joint + 1..*from).all(|at| !told[at].is_empty()));
        let spans =
            starts.flat_map(|from| (from + 1..=count.min(from + MAX_TITLE_TOKENS)).rev().map(move |to| (from, to)));
        spans.filter_map(|(from, to)| self.side(from, to)).collect()
    }

    /// What may stand right before it, the longest first.
    fn sides_before(&self, joint: usize, told: &[&str]) -> Vec<Said> {
        let ends = (1..=joint).rev().take_while(|end| (*end..joint).all(|at| !told[at].is_empty()));
        let spans = ends.flat_map(|to| (to.saturating_sub(MAX_TITLE_TOKENS)..to).map(move |from| (from, to)));
        spans.filter_map(|(from, to)| self.side(from, to)).collect()
    }

    /// What these words stand for.
    fn side(&self, from: usize, to: usize) -> Option<Said> {
        let tokens = &self.reader.sentence.tokens[from..to];
        let said = |side| Some(Said { from, to, side });
        let exactly = |tokens| match self.reader.index.find_as(tokens, Reading::Exact) {
            Some(found @ (TitleMatch::One(_) | TitleMatch::Several(_))) => Some(found),
            _ => None,
        };
        let words: Vec<&str> = tokens.iter().map(|token| token.word.as_str()).collect();
        match words.as_slice() {
            ["it" | "this" | "that" | "esa" | "esta"] | ["this" | "that", "one"] => {
                return self.pointed_at().and_then(|movie| said(Side::Known(movie)));
            }
            ["the", "original", ..] | ["la" | "el", "original"] if words.len() <= 3 => {
                return said(Side::Part(1, None));
            }
            ["one" | "una" | "uno" | "no"] => return None,
            _ => {}
        }
        let of_list = |place: usize| match Places::These(vec![place]).of(self.context.shown)?[..] {
            [movie] => Some(movie),
            _ => None,
        };
        let begins_part = matches!(words[0], "part" | "parte");
        let (place_from, is_part) = if begins_part { (1, true) } else { (0, false) };
        let is_articled = matches!(words[0], "the" | "la" | "el" | "number" | "numero" | "no");
        let is_digit = tokens.last().is_some_and(|token| token.number().is_some());
        if let Some(Places::These(places)) = tokens.get(place_from..).and_then(places::read)
            && let [place] = places[..]
            && (is_articled || is_digit || is_part || to > from + 1)
        {
            return match of_list(place).filter(|_| !is_part) {
                // "the last one": of the list only.
                known if place == 0 => known.and_then(|movie| said(Side::Known(movie))),
                None if exactly(tokens).is_some() => {
                    exactly(tokens).and_then(|found| said(Side::Film(TitleSlot { from, to, found })))
                }
                known => said(Side::Part(place, known)),
            };
        }
        // "what should I watch after Heat" speaks of no film called "The Watch".
        let is_lexical = |word: &str| COMPARES.iter().any(|(_, phrase)| phrase.as_slice() == [word]);
        let typed = self.reader.sentence.typed(from, to);
        let is_name = typed.len() > 1 && typed.starts_with(char::is_uppercase);
        if !is_name && words.iter().all(|word| is_lexical(word) || cues::is("denies", word) || cues::is("only", word)) {
            return None;
        }
        if let Some(found) = exactly(tokens) {
            return said(Side::Film(TitleSlot { from, to, found }));
        }
        // "el padrino 1".
        if let [name @ .., number] = tokens
            && number.number() == Some(1)
            && let Some(found) = exactly(name)
        {
            return said(Side::Film(TitleSlot { from, to, found }));
        }
        let is_year = tokens.len() == 1 && tokens[0].year().is_some();
        if is_year { said(Side::Nothing) } else { None }
    }

    /// The film at a place of the other's series.
    fn part_of_series(&self, movie: MovieId, place: usize) -> Option<MovieId> {
        if place == 1
            && let Some(original) = self.original_of(movie)
        {
            return Some(original);
        }
        let Some(Intent::Series { mut movies, .. }) = self.series_of(movie) else { return None };
        movies.sort_by_key(|movie| (self.catalogue.get(*movie).and_then(|film| film.year), *movie));
        movies.get(place.checked_sub(1)?).copied().filter(|part| *part != movie)
    }

    /// The two films that were compared last: "and which is shorter?" asks of them.
    pub(crate) fn compared_last(&self) -> Option<[MovieId; 2]> {
        match self.context.last {
            Last::Compared(other) => Some([self.context.about?, other]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_of_a_kind() {
        assert!(COMPARES.len() > 100);
        for (kind, phrase) in COMPARES.iter() {
            assert!(*kind == "says_nothing" || Wanted::from_name(kind).is_some(), "{kind}");
            let folded: Vec<String> = tokenize(&phrase.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(folded, *phrase);
        }
    }
}
