//! What a sentence is about that no pattern fits: films that it names in full, and a word that tells what is said of them
//! or asked (`data/gist.tsv`). Looked at only where nothing else was understood, so that "run time of Gone with the Wind?"
//! is no failure. Of several films only others like them can be wished, and where words deny it, nothing is guessed.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::commands::{BAD, GOOD};
use crate::fold::Token;
use crate::intent::{Intent, Mark, Wanted};
use crate::request::Request;
use crate::{Chat, Ignored, cues, ratings};

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
        let films = self.reader.films_named();
        let tokens = &self.reader.sentence.tokens;
        let others: Vec<&Token> = (0..tokens.len())
            .filter(|at| films.iter().all(|slot| !(slot.from..slot.to).contains(at)))
            .map(|at| &tokens[at])
            .collect();
        if films.is_empty() || others.is_empty() || others.len() > MOST_WORDS {
            return None;
        }
        let is_said = |phrase: &[&str]| {
            let words = |words: &[&Token]| words.iter().map(|token| token.word.as_str()).eq(phrase.iter().copied());
            others.windows(phrase.len()).any(words)
        };
        let told: HashSet<&str> = GIST.iter().filter(|(_, phrase)| is_said(phrase)).map(|(kind, _)| *kind).collect();
        let tells = |kind| told.contains(kind);
        let denies = others.iter().any(|token| cues::is("denies", &token.word));
        let alike = tells("alike") || others.iter().any(|token| cues::is("alike", &token.word));
        if let [slot] = films.as_slice()
            && let Ok(movie) = self.resolved(slot)
        {
            let about = |wanted| Some(Intent::About { wanted, movie });
            let mark = |mark| Some(Intent::Mark { movies: vec![movie], mark });
            let said = match () {
                () if tells("removes") && tells("stars") => Some(Intent::Unrate { movie }),
                () if tells("hides") => mark(Mark::NotForMe),
                () if tells("mine") => about(Wanted::MyRating),
                () if let Some(half_stars) = ratings::marked(&self.reader) => Some(Intent::Rate { movie, half_stars }),
                () if tells("bad") => Some(self.confirm_rating(movie, BAD)),
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
