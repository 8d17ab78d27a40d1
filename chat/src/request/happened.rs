//! Years told by what happened in them: "from before we were married in 1968", "del año en que nací, 1974".

use super::Reader;
use crate::words::cues;
use crate::words::fold::is_article;
use crate::words::lexicon::{self, Meaning};
use crate::words::years::{self, YearBound};

/// Words of what happened.
const MOST_WORDS: usize = 7;

impl Reader<'_> {
    /// The place after "before the war", of which no year is told: it asks for no war films.
    pub(super) fn after_untold_event(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        let (_, from) = lexicon::meanings(tokens, at)
            .find(|(meaning, _)| matches!(meaning, Meaning::Before | Meaning::After | Meaning::Since))?;
        let event = from + usize::from(tokens.get(from).is_some_and(|token| is_article(&token.word)));
        tokens.get(event).is_some_and(|token| cues::is("life", &token.word)).then_some(event + 1)
    }

    /// "before my train", "antes de coger el tren": when the film is seen, which says nothing of it.
    pub(super) fn before_event(&self, at: usize) -> Option<usize> {
        const BETWEEN: usize = 4;
        let tokens = self.tokens();
        let (_, from) = lexicon::meanings(tokens, at)
            .find(|(meaning, _)| matches!(meaning, Meaning::Before | Meaning::After | Meaning::Until))?;
        let ends = from..tokens.len().min(from + BETWEEN);
        let event = ends.into_iter().find(|at| cues::is("event", &tokens[*at].word))?;
        let says_more = (from + 1..=event).any(|at| self.sentence.breaks_before(at))
            || tokens[from..event].iter().any(|token| token.number().is_some());
        (!says_more).then_some(event + 1)
    }

    /// Whether the years at `at` are those in which somebody was young: "I grew up in the 80s", "de niño en los 80".
    pub(super) fn is_of_life(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let says_when = (at.saturating_sub(2)..=at)
            .any(|at| matches!(tokens[at].word.as_str(), "in" | "during" | "en" | "durante"));
        let word = |at: Option<usize>| at.map_or("", |at| tokens[at].word.as_str());
        // "as a kid", "when I was young", "de niña", but no "kids' films".
        let is_young = |at: &usize| {
            let young = cues::is("young", &tokens[*at].word);
            let before = word(at.checked_sub(1));
            let is_one = before == "a" && matches!(word(at.checked_sub(2)), "as" | "was");
            let is_so = matches!(before, "de" | "era" | "eramos" | "was" | "were" | "my" | "our" | "mi" | "nuestra");
            cues::is("grown", &tokens[*at].word) || (young && (is_one || is_so))
        };
        let young = (at.saturating_sub(MOST_WORDS)..at).rev().find(is_young).filter(|_| says_when);
        young.is_some_and(|young| !(young + 1..=at).any(|at| self.sentence.breaks_before(at)))
    }

    /// The years that are asked for at `at`, and the place after them.
    pub(super) fn years_of_event(&self, at: usize) -> Option<(YearBound, usize)> {
        let tokens = self.tokens();
        lexicon::meanings(tokens, at).find_map(|(meaning, from)| {
            let is_of_year = || tokens[from - 1].word == "year" || tokens[from - 1].word == "ano";
            let bound: fn(u16) -> YearBound = match meaning {
                Meaning::Before => |year| YearBound::To(year - 1),
                Meaning::After => |year| YearBound::From(year + 1),
                Meaning::Since => YearBound::From,
                Meaning::In if is_of_year() => |year| YearBound::Within(year, year),
                _ => return None,
            };
            let to = (from..tokens.len().min(from + MOST_WORDS + 1)).find(|at| tokens[*at].number().is_some())?;
            let year = tokens[to].year().or_else(|| years::short_year(tokens, to))?;
            // "before we go out, something from 1999" tells of no year in which anything happened.
            // "older than me, I'm from 1985".
            let is_of_viewer = tokens.get(from).is_some_and(|token| matches!(token.word.as_str(), "me" | "yo"));
            let happened = is_of_viewer || tokens[from..to].iter().any(|token| cues::is("life", &token.word));
            let says_more = (from..to)
                .any(|at| years::bound(tokens, at, self.index.newest, false).is_some_and(|(_, end)| end < to));
            (happened && !says_more).then(|| (bound(year), to + 1))
        })
    }
}
