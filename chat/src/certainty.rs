//! How certain it is that words mean a film: what is less is asked, never taken.

use cineswarm_engine::MovieId;

use crate::Chat;
use crate::films::titles::{Reading, TitleMatch};
use crate::intent::{Intent, Question};
use crate::request::{Request, TitleSlot};
use crate::words::fold::without_article;
use crate::words::{everyday, fold};

/// A title that no verb announces and that is not spelt as it should be is taken from this many letters; below, the
/// person is asked.
const SURE_LETTERS: usize = 7;

impl Chat<'_> {
    /// Whether a title that no verb announces is more than a resemblance.
    pub(crate) fn is_certain(&self, slot: &TitleSlot, request: &Request) -> bool {
        let Some(tokens) = self.reader.sentence.tokens.get(slot.from..slot.to) else { return false };
        let is_well_known = match slot.found {
            TitleMatch::One(movie) => self.reader.index.is_well_known(movie),
            _ => true,
        };
        // "with Leonardo DiCaprio and the boat" is no wish for "Das Boot", which is called "The Boat", too.
        // "Cartoons for grown ups" are none like "Grown Ups", either.
        if request.has_conditions() && slot.from > 0 {
            return false;
        }
        if self.reader.index.find_as(tokens, Reading::Exact).is_some() {
            return is_well_known || !request.film_noun;
        }
        if !is_well_known {
            return false;
        }
        if self.reader.index.find_as(tokens, Reading::Close).is_some() && !self.is_near(tokens, slot) {
            return false;
        }
        let letters: usize = without_article(tokens).iter().map(|token| token.word.len()).sum();
        if !self.is_called_so(tokens, slot) {
            return false;
        }
        letters >= SURE_LETTERS && !request.film_noun && !request.for_me && !request.less_known
    }

    /// Whether the person would be asked which film is meant by words that name none: "hay", "his", "de antes".
    pub(crate) fn asks_of_no_name(&self, intent: &Intent) -> bool {
        let asked = match intent {
            Intent::UnknownTitle { asked, .. } => asked,
            Intent::Clarify { question: Question::WhichFilm, about, .. } => about,
            _ => return false,
        };
        let tokens = fold::tokenize(asked);
        // In the middle of a sentence a capital makes it a name.
        let is_written_as_name = asked.starts_with(char::is_uppercase) && !self.reader.sentence.text.starts_with(asked);
        let is_title = || self.reader.index.find_as(&tokens, Reading::Exact).is_some();
        !is_written_as_name && tokens.iter().all(everyday::is_everyday) && !is_title()
    }

    /// "a Joker le doy 5": one word that is a part of the title of a film that few know, or short and misspelt, is no title to
    /// be rated unasked.
    pub(crate) fn is_rated_in_doubt(&self, slot: &TitleSlot) -> bool {
        const SHORT: usize = 5;
        let Some(tokens) = self.reader.sentence.tokens.get(slot.from..slot.to) else { return false };
        let (TitleMatch::One(movie), [word]) = (&slot.found, without_article(tokens)) else { return false };
        let reads = |reading| self.reader.index.find_as(tokens, reading).is_some();
        // "Alein" is a slip of the fingers.
        let sorted = |word: &str| {
            let mut letters: Vec<char> = word.chars().collect();
            letters.sort_unstable();
            letters
        };
        let is_swapped = || self.reader.index.keys_of(*movie).any(|own| sorted(own) == sorted(&word.word));
        match () {
            () if reads(Reading::Exact) => false,
            () if reads(Reading::Close) => word.word.chars().count() <= SHORT && !is_swapped(),
            () => !self.reader.index.is_well_known(*movie),
        }
    }

    /// Whether a misspelt title differs in one letter of eight at the most: "cant stand" is not "The Last Stand".
    pub(crate) fn is_near(&self, tokens: &[fold::Token], slot: &TitleSlot) -> bool {
        let TitleMatch::One(movie) = slot.found else { return true };
        let typed = fold::key(without_article(tokens));
        let tolerated = (typed.chars().count() / 8).max(1);
        let mut own = self.reader.index.keys_of(movie);
        own.any(|own| strsim::osa_distance(own, &typed) <= tolerated)
    }

    /// Whether these words stand in a title of the film's own: "buen trabajo" is no part of what "Office Space" is called.
    pub(crate) fn is_called_so(&self, tokens: &[fold::Token], slot: &TitleSlot) -> bool {
        let TitleMatch::One(movie) = slot.found else { return true };
        let Some(movie) = self.catalogue.get(movie) else { return false };
        let is_close = self.reader.index.find_as(tokens, Reading::Close).is_some();
        let typed = fold::key(without_article(tokens));
        let mut titles = std::iter::once(&movie.title).chain(&movie.other_titles);
        is_close || titles.any(|title| fold::key(&fold::tokenize(title)).contains(&typed))
    }

    /// A misspelt title of a film that few have heard of is more likely one that is not in the data.
    pub(crate) fn is_doubtful(&self, slot: &TitleSlot, movie: MovieId) -> bool {
        let (from, to) = self.reader.trimmed(slot.from, slot.to);
        let is_exact = |from: usize, to: usize| {
            let tokens = self.reader.sentence.tokens.get(from..to);
            tokens.is_some_and(|tokens| self.reader.index.find_as(tokens, Reading::Exact).is_some())
        };
        // "Stranger Things" are no films like "The Stranger".
        let is_whole = is_exact(slot.from, slot.to) || (to == slot.to && is_exact(from, to));
        let first = self.reader.sentence.tokens.get(slot.from).map_or("", |token| token.word.as_str());
        let begins_so = |title: &str| fold::tokenize(title).first().is_some_and(|token| token.word == first);
        // "cry like a baby" speaks of no film called "The Baby".
        let is_simile = matches!(first, "a" | "an" | "un" | "una")
            && self.catalogue.get(movie).is_some_and(|movie| !begins_so(&movie.title));
        (!self.reader.index.is_well_known(movie) && !is_whole) || is_simile
    }
}
