//! What is said of a rating or a mark that was just given: that another film was meant, or that another gets the same. Only where
//! nothing else is said than that and one title. The words are in `data/turns.tsv`.

use cineswarm_engine::{HalfStars, MovieId};

use crate::context::Last;
use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleMatch};
use crate::intent::{Intent, OfItself};
use crate::request::TitleSlot;
use crate::words::fold::{Sentence, Token};
use crate::words::places::{self, Places};
use crate::words::{lexicon, turns};
use crate::{Chat, Setting};

/// "not 4, 5", "no un 4 sino un 5" after a rating: "no, 5".
pub(crate) fn stars_denied(sentence: &Sentence, setting: Setting<'_>) -> Option<String> {
    let tokens = &sentence.tokens;
    let is_number = |at: usize| {
        tokens.get(at).is_some_and(|token| token.number().is_some() || lexicon::number_word(&token.word).is_some())
    };
    let word = |at: usize| tokens.get(at).map_or("", |token| token.word.as_str());
    let article = |at: usize| usize::from(matches!(word(at), "a" | "un"));
    let denied = 1 + article(1);
    let denies = matches!(word(0), "not" | "no") && is_number(denied) && !sentence.breaks_before(1);
    let next = denied + 1 + usize::from(matches!(word(denied + 1), "but" | "sino"));
    let turns = next > denied + 1 || sentence.breaks_before(next);
    let meant = next + article(next);
    let is_all = is_number(meant) && tokens.len() == meant + 1;
    let is_of_rating = setting.context.last == Last::Rating && setting.context.stars.is_some();
    (is_of_rating && denies && turns && is_all).then(|| format!("no, {}", sentence.typed(meant, meant + 1)))
}

impl Chat<'_> {
    /// "no, espera, me confundí, era Interstellar", "oh sorry I meant the third", "y a Gravity también".
    pub(crate) fn rated_otherwise(&self) -> Option<Intent> {
        if let Some(meant) = self.film_meant_instead() {
            return Some(meant);
        }
        let (of, half_stars) = self.context.about.zip(self.context.stars)?;
        if self.context.last != Last::Rating {
            return None;
        }
        // "no, that was wrong" speaks of no film that hardly anybody knows.
        const KNOWN: u32 = 10;
        let is_a_word = |slot: &TitleSlot| {
            let is_unknown =
                matches!(slot.found, TitleMatch::One(movie) if self.catalogue.stats(movie).ratings < KNOWN);
            let typed = self.reader.sentence.typed(slot.from, slot.to);
            slot.to == slot.from + 1 && is_unknown && typed.starts_with(char::is_lowercase)
        };
        if let Some(slot) = self.title_beside("mistaken", "mistaken_beside", (of, half_stars))
            && !is_a_word(&slot)
        {
            return Some(match self.resolved(&slot) {
                Ok(movie) => Intent::RateInstead { movie, half_stars, of },
                Err(question) => *question,
            });
        }
        let slot = self.title_beside("same", "same_beside", (of, half_stars))?;
        Some(match self.resolved(&slot) {
            Ok(movie) => Intent::Rate { movie, half_stars },
            Err(question) => *question,
        })
    }

    /// "swap the first two", "al revés" after a rating: that films exchange their stars.
    pub(crate) fn swaps_stars(&self) -> Option<Intent> {
        let tokens = &self.reader.sentence.tokens;
        let mut rest = &tokens[..];
        let mut swaps = false;
        while let Some(token) = rest.first() {
            let kinds = ["swaps_stars", "swaps_beside"].into_iter();
            let found = kinds.filter_map(|kind| Some((kind, turns::beginnings(kind, rest).next()?)));
            let (kind, count) = match found.max_by_key(|(_, count)| *count) {
                Some(found) => found,
                None if token.number().is_some() || places::place(&token.word).is_some() => ("swaps_beside", 1),
                None => return None,
            };
            swaps |= kind == "swaps_stars";
            rest = &rest[count..];
        }
        (swaps && self.context.last == Last::Rating).then_some(Intent::OfItself(OfItself::Swap))
    }

    /// "I meant the third", "no wait, the other one" after a rating or a mark of one film.
    fn film_meant_instead(&self) -> Option<Intent> {
        const POINTS: [&str; 6] = ["the", "la", "el", "number", "numero", "one"];
        let of = self.context.about?;
        let tokens = &self.reader.sentence.tokens;
        let says = |token: &Token| turns::is_word("mistaken", &token.word);
        let is_other = |word: &str| matches!(word, "other" | "otra" | "otro");
        let tells = |token: &Token| {
            let word = token.word.as_str();
            is_other(word) || (places::place(word).is_some() && word != "one")
        };
        let mut telling = tokens.iter().filter(|token| tells(token));
        let (told, None) = (telling.next()?, telling.next()) else { return None };
        let beside = |token: &Token| {
            let word = token.word.as_str();
            tells(token) || says(token) || turns::is_word("mistaken_beside", word) || POINTS.contains(&word)
        };
        let is_denied = tokens.first().is_some_and(|first| matches!(first.word.as_str(), "no" | "sorry" | "perdon"));
        if !tokens.iter().all(beside) || !(is_denied || tokens.iter().any(says)) {
            return None;
        }
        // "I meant 4" is of the stars.
        let is_number = told.number().is_some() || lexicon::number_word(&told.word).is_some();
        if is_number && !tokens.iter().any(|token| POINTS.contains(&token.word.as_str())) {
            return None;
        }
        let shown = self.context.counted();
        let found = match is_other(&told.word) {
            true => self.other_of_two().or_else(|| match self.reader.index.namesakes(of)[..] {
                [one, other] if one == of => Some(other),
                [other, one] if one == of => Some(other),
                _ => None,
            }),
            false => places::place(&told.word)
                .and_then(|place| Places::These(vec![place]).of(shown)?.first().copied())
                .filter(|movie| *movie != of),
        };
        match (self.context.last, self.context.stars, found) {
            (Last::Rating, Some(_), None) | (Last::Marked(_), _, None) => Some(Intent::WhichOne),
            (Last::Rating, Some(half_stars), Some(movie)) => Some(Intent::RateInstead { movie, half_stars, of }),
            (Last::Marked(mark), _, Some(movie)) => Some(Intent::MarkInstead { movie, mark, of }),
            _ => None,
        }
    }

    /// The title that the sentence is beside words of these kinds, one at least of the first, beside that of the film that
    /// was rated ("not Inception"), and the number of its stars ("the 4 was for Heat").
    fn title_beside(&self, kind: &str, beside: &str, (of, stars): (MovieId, HalfStars)) -> Option<TitleSlot> {
        let tokens = &self.reader.sentence.tokens;
        let says = |token: &Token| turns::is_word(kind, &token.word);
        let rated = self.place_of_title(of);
        let says_nothing = |at: usize| {
            let word = &tokens[at];
            says(word)
                || turns::is_word(beside, &word.word)
                || rated.is_some_and(|(from, to)| (from..to).contains(&at))
                || word.number().is_some_and(|number| number as f64 == stars.stars())
        };
        let before = (0..tokens.len()).take_while(|at| says_nothing(*at)).count();
        let after = (0..tokens.len()).rev().take_while(|at| says_nothing(*at)).count();
        // The shortest beginning first: "The Wrong Man".
        let spans = (0..=before).flat_map(|from| (0..=after).map(move |end| (from, end)));
        spans.into_iter().find_map(|(from, end)| {
            let to = tokens.len().checked_sub(end).filter(|to| from < *to)?;
            // "a Fargo también".
            if matches!(tokens[from].word.as_str(), "a" | "al") && from + 1 < to {
                return None;
            }
            let is_said = tokens[..from].iter().chain(&tokens[to..]).any(says);
            let found = self.reader.index.find_as(&tokens[from..to], Reading::Exact).filter(|_| is_said)?;
            (found != TitleMatch::One(of)).then_some(TitleSlot { from, to, found })
        })
    }

    /// Where this film's title stands.
    fn place_of_title(&self, movie: MovieId) -> Option<(usize, usize)> {
        let tokens = &self.reader.sentence.tokens;
        let spans = (0..tokens.len())
            .flat_map(|from| (from + 1..=tokens.len().min(from + MAX_TITLE_TOKENS)).rev().map(move |to| (from, to)));
        let is_it = |found: TitleMatch| match found {
            TitleMatch::One(found) => found == movie,
            TitleMatch::Several(found) => found.contains(&movie),
            TitleMatch::Nothing { .. } => false,
        };
        spans
            .into_iter()
            .find(|(from, to)| self.reader.index.find_as(&tokens[*from..*to], Reading::Exact).is_some_and(is_it))
    }
}
