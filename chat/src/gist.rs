//! What a sentence is about that no pattern fits: films that it names in full, and a word that tells what is said of them
//! or asked (`data/gist.tsv`). Looked at only where nothing else was understood, so that "run time of Gone with the Wind?"
//! is no failure. Of several films only others like them can be wished, and where words deny it, nothing is guessed.

use std::collections::HashSet;
use std::sync::LazyLock;

use cineswarm_engine::Filters;

use crate::commands::{BAD, GOOD};
use crate::fold::Token;
use crate::intent::{Intent, Mark, Tweak, Wanted};
use crate::request::{Request, TitleSlot};
use crate::titles::TitleMatch;
use crate::{Chat, Ignored, cues, places, ratings};

/// Words beside the films; in longer sentences something else is said, too.
const MOST_WORDS: usize = 14;

/// What a phrase tells, and its words.
static GIST: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../data/gist.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(kind, phrase)| (kind, phrase.split(' ').collect())).collect()
});

/// Whether what was decided leaves room for doubt: nothing was understood, or part of the sentence was not, or a title was
/// taken that nothing announced, which is often asked about.
pub(crate) fn is_unsure(intent: &Intent, ignored: &Ignored, is_announced: bool) -> bool {
    match intent {
        Intent::NotUnderstood { .. } | Intent::UnknownTitle { .. } | Intent::OutsideTheData { .. } | Intent::Help => {
            true
        }
        Intent::Like { .. } => !is_announced,
        Intent::Browse { .. } | Intent::LessKnown => !is_announced && !ignored.is_empty(),
        _ => false,
    }
}

impl Chat<'_> {
    /// What is asked about a film, or said of it, and the films that others are wished like.
    pub(crate) fn gist(&self) -> Option<(Intent, Option<Request>)> {
        let mut films = self.reader.films_named();
        if films.len() < 2 {
            films = self.reader.films_beside_or().unwrap_or(films);
        }
        let is_pointed_at = films.is_empty();
        if is_pointed_at {
            films.extend(self.film_pointed_at());
        }
        let tokens = &self.reader.sentence.tokens;
        let is_film = |at: usize| films.iter().any(|slot| (slot.from..slot.to).contains(&at));
        let others: Vec<usize> = (0..tokens.len()).filter(|at| !is_film(*at)).collect();
        if films.is_empty() || others.is_empty() || others.len() > MOST_WORDS {
            return None;
        }
        let is_said = |phrase: &[&str]| {
            // "about Alien, what else" asks not "about what".
            let words = |words: &[usize]| {
                words.iter().map(|at| tokens[*at].word.as_str()).eq(phrase.iter().copied())
                    && words
                        .windows(2)
                        .all(|pair| pair[0] + 1 == pair[1] || !self.reader.sentence.breaks_before(pair[1]))
            };
            others.windows(phrase.len()).any(words)
        };
        let told: HashSet<&str> = GIST.iter().filter(|(_, phrase)| is_said(phrase)).map(|(kind, _)| *kind).collect();
        let tells = |kind| told.contains(kind);
        let denies = others.iter().any(|at| cues::is("denies", &tokens[*at].word));
        let alike = tells("alike") || others.iter().any(|at| cues::is("alike", &tokens[*at].word));
        // What is pointed at is no title that could be doubtful.
        let one = match films.as_slice() {
            [TitleSlot { found: TitleMatch::One(movie), .. }] if is_pointed_at => Some(*movie),
            [slot] => self.resolved(slot).ok(),
            _ => None,
        };
        if let Some(movie) = one {
            let about = |wanted| Some(Intent::About { wanted, movie });
            let mark = |mark| Some(Intent::Mark { movies: vec![movie], mark });
            let said = match () {
                () if tells("removes") && tells("stars") => Some(Intent::Unrate { movie }),
                () if tells("hides") => mark(Mark::NotForMe),
                () if tells("mine") => about(Wanted::MyRating),
                () if let Some(half_stars) = ratings::marked(&self.reader) => Some(Intent::Rate { movie, half_stars }),
                () if tells("bad") => Some(self.confirm_rating(movie, BAD)),
                () if tells("suits") || self.asks_of_kind(&films) => about(Wanted::Genre),
                () if tells("plot") => about(Wanted::Plot),
                () if tells("runtime") => about(Wanted::Runtime),
                () if tells("director") => about(Wanted::Director),
                () if tells("cast") => about(Wanted::Cast),
                () if tells("genre") => about(Wanted::Genre),
                () if tells("year") => about(Wanted::Year),
                () if tells("opinion") => about(Wanted::Opinion),
                () if tells("have") => about(Wanted::Have),
                () if alike => None,
                // "I have never seen Casablanca" marks nothing.
                () if tells("seen") && !denies => mark(Mark::Seen),
                () if tells("good") => Some(self.confirm_rating(movie, GOOD)),
                () => None,
            };
            if said.is_some() {
                return said.map(|intent| (intent, None));
            }
        }
        if is_pointed_at {
            let movie = one.filter(|_| alike && !denies)?;
            return Some((Intent::Like { movies: vec![movie], filters: Filters::default(), tweak: Tweak::None }, None));
        }
        if films.len() > 1 && tells("compares") {
            let movies: Result<Vec<_>, _> = films.iter().map(|slot| self.resolved(slot)).collect();
            let wanted = match () {
                () if tells("runtime") || tells("length") => Wanted::Runtime,
                () if tells("year") || tells("age") => Wanted::Year,
                () => Wanted::Opinion,
            };
            let compare = |movies| Intent::Compare { wanted, movies };
            return Some((movies.map_or_else(|question| *question, compare), None));
        }
        // "Con Air minus Nicolas Cage": the rest is read, too.
        let around = self.reader.read_around(&films);
        let is_read = around.unread.is_empty() && (around.has_conditions() || around.less_known);
        if !(is_read || (alike && !denies)) {
            return None;
        }
        let request = Request { unread: Vec::new(), ..around };
        let (intent, _) = self.like(&request.titles, &request);
        Some((intent, Some(request)))
    }
}

impl Chat<'_> {
    /// "is Seven horror or a thriller?"
    fn asks_of_kind(&self, films: &[TitleSlot]) -> bool {
        let asks = matches!(self.reader.sentence.tokens[0].word.as_str(), "is" | "was" | "es" | "era");
        asks && !self.reader.read_around(films).genres.is_empty()
    }

    /// The film of the list that a place or "that one" means, where only one is meant: "la 4 la odio".
    fn film_pointed_at(&self) -> Option<TitleSlot> {
        const LONGEST: usize = 3;
        let tokens = &self.reader.sentence.tokens;
        let spans = (0..tokens.len())
            .flat_map(|from| (from + 1..=tokens.len().min(from + LONGEST)).rev().map(move |to| (from, to)));
        let of_place = |(from, to): (usize, usize)| {
            let is_article = |token: &Token| {
                matches!(token.word.as_str(), "the" | "that" | "this" | "la" | "el" | "esa" | "number" | "numero")
            };
            // "that one" counts nothing, and in "esa primera no me gustó" the "no" is not of the place.
            let is_pronoun = to == from + 1 && matches!(tokens[from].word.as_str(), "one" | "una" | "uno");
            if is_pronoun || tokens[to - 1].word == "no" {
                return None;
            }
            let says_film = is_article(&tokens[from]) || (from > 0 && is_article(&tokens[from - 1]));
            let [movie] = places::read(&tokens[from..to]).filter(|_| says_film)?.of(self.context.shown)?[..] else {
                return None;
            };
            Some(TitleSlot { from, to, found: TitleMatch::One(movie) })
        };
        let points = |word: &str| matches!(word, "it" | "that" | "this" | "esa" | "esta" | "ese" | "la");
        let pronoun = || {
            let at = tokens.iter().position(|token| points(&token.word))?;
            Some(TitleSlot { from: at, to: at + 1, found: TitleMatch::One(self.pointed_at()?) })
        };
        spans.into_iter().find_map(of_place).or_else(pronoun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded() {
        assert!(GIST.len() > 10);
        for phrase in GIST.iter().map(|(_, phrase)| phrase) {
            let said = phrase.join(" ");
            let words: Vec<String> = tokenize(&said).into_iter().map(|token| token.word).collect();
            assert_eq!(words.join(" "), said);
        }
    }
}
