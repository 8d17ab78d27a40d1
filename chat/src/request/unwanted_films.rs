//! The films that a phrase after a "not" speaks of: those of a theme, a person, a series, a part of their titles.

use cineswarm_engine::MovieId;

use super::{Reader, Request};
use crate::films::themes::Tagged;
use crate::films::titles::{Reading, TitleMatch};
use crate::words::fold::{Token, key, tokenize, without_article};
use crate::words::lexicon::{self, Meaning};
use crate::words::patterns;
use crate::words::places;
use crate::words::years::{self, YearBound};

/// Letters of a part of a title that films are left out by.
const TELLING_LETTERS: usize = 4;

/// What is not wanted.
#[derive(Default)]
pub(super) struct Unwanted {
    pub(super) films: Vec<MovieId>,
    /// What it is called, where that is not what was typed.
    pub(super) name: Option<String>,
    /// Whether viewers' tags are all that is known of it.
    pub(super) is_theme: bool,
}

impl Reader<'_> {
    /// The films of the theme, person, series or origin named at `at`, and the place after it.
    pub(super) fn films_of(&self, at: usize) -> Option<(Unwanted, usize)> {
        let tokens = self.tokens();
        let theme = self.index.theme_at(tokens, at).map(|(films, end)| {
            let mut films = films.to_vec();
            // "Oldboy" is of a revenge trilogy.
            if let Some(tag) = Tagged::tag_of(&tokens[at..end]).filter(|tag| !films.is_empty() && !tag.contains(' ')) {
                films.extend(self.index.knowledge.of_series_about(tag));
            }
            (Unwanted { films, name: None, is_theme: true }, end)
        });
        let fact = self.fact_unwanted_at(at).map(|(films, name, end)| (Unwanted { films, name, is_theme: false }, end));
        match (theme, fact) {
            (Some(theme), Some(fact)) => Some(if fact.1 >= theme.1 && !fact.0.films.is_empty() { fact } else { theme }),
            // A name that nobody has tagged may be somebody's all the same.
            (theme, fact) => {
                let has_films = theme.as_ref().is_some_and(|(theme, _)| !theme.films.is_empty());
                let surnamed = if fact.is_some() { None } else { self.films_of_surname(at, has_films) };
                let surnamed =
                    surnamed.map(|(films, end, name)| (Unwanted { films, name: Some(name), is_theme: false }, end));
                surnamed.or(theme).or(fact)
            }
        }
    }

    /// "not Chihiro", "not Red October": films that a telling part of their title is enough for.
    pub(super) fn films_in_part(&self, at: usize, request: &Request) -> Option<(Vec<MovieId>, usize)> {
        let tokens = self.tokens();
        self.title_ends(at).into_iter().rev().find_map(|end| {
            let (from, to) = self.trimmed(at, end);
            let words = tokens.get(from..to)?;
            let is_name = |token: &Token| {
                token.word.len() >= TELLING_LETTERS && !(lexicon::is_known(&token.word) || patterns::says(&token.word))
            };
            if !words.iter().any(is_name) {
                return None;
            }
            let found = match self.index.find_as(words, Reading::Part)? {
                TitleMatch::One(movie) => vec![movie],
                TitleMatch::Several(movies) => movies,
                TitleMatch::Nothing { .. } => return None,
            };
            let is_wanted = |movie: &MovieId| {
                !request.named.is_empty() && request.named.iter().all(|named| named.films.contains(movie))
            };
            let wanted: Vec<MovieId> = found.iter().copied().filter(is_wanted).collect();
            if !wanted.is_empty() {
                return Some((wanted, end));
            }
            let is_told = words.len() > 1 || self.sentence.typed(from, to).starts_with(char::is_uppercase);
            let only =
                found.first().filter(|movie| found.len() == 1 && is_told && self.index.is_well_known(**movie))?;
            Some((vec![*only], end))
        })
    }

    /// "without Harry Potter": every film that is called so or whose name begins so, and all of that series.
    pub(super) fn films_called(&self, at: usize) -> Option<(Vec<MovieId>, usize)> {
        let tokens = self.tokens();
        self.title_ends(at).into_iter().rev().find_map(|end| {
            let words = tokens.get(at..end)?;
            let letters: usize = words.iter().map(|token| token.word.chars().count()).sum();
            // "nothing stupid" is no part of "Stupid, ...": a word alone is a name where it is written or known as one.
            let is_named = || {
                let is_known = |movie: &MovieId| self.index.is_well_known(*movie);
                self.sentence.typed(at, end).starts_with(char::is_uppercase)
                    || match self.index.find_as(words, Reading::Exact) {
                        Some(TitleMatch::One(movie)) => is_known(&movie),
                        Some(TitleMatch::Several(movies)) => movies.iter().any(is_known),
                        _ => false,
                    }
            };
            let mut films = self.series_films(words);
            let says_title = words.iter().any(|token| !lexicon::is_known(&token.word)) && letters >= TELLING_LETTERS;
            if says_title && (words.len() > 1 || is_named()) {
                films.extend(self.index.named_so(words));
            }
            (!films.is_empty()).then_some((films, end))
        })
    }

    /// Whether a title or a series begins at `at` and goes on past `end`.
    pub(super) fn name_goes_on(&self, at: usize, end: usize) -> bool {
        self.title_ends(at).into_iter().filter(|further| *further > end).any(|further| {
            let words = &self.tokens()[at..further];
            self.index.find_as(words, Reading::Exact).is_some() || !self.series_films(words).is_empty()
        })
    }

    /// "nothing heavy" speaks of no film that few know: one word is a title where it is written as a name, or known as one.
    pub(super) fn is_said_as_title(&self, movie: MovieId, from: usize, to: usize) -> bool {
        to > from + 1
            || self.sentence.typed(from, to).starts_with(char::is_uppercase)
            || self.index.is_well_known(movie)
    }

    /// "Aliens" is all of that title, "Star Wars" only how it begins.
    pub(super) fn is_whole_title(&self, movie: MovieId, from: usize, to: usize) -> bool {
        let title = self.catalogue.get(movie).map(|movie| tokenize(&movie.title)).unwrap_or_default();
        key(without_article(&title)) == key(without_article(&self.tokens()[from..to]))
    }

    /// "sin los rocky ni creed": a name that ends the sentence after a "ni".
    pub(super) fn ends_denied(&self, from: usize, to: usize) -> bool {
        let tokens = self.tokens();
        let is_name = |token: &Token| !(lexicon::is_known(&token.word) || patterns::says(&token.word));
        let is_denied = from > 0 && matches!(tokens[from - 1].word.as_str(), "ni" | "nor");
        is_denied && to == tokens.len() && tokens[from..to].iter().all(is_name)
    }

    /// "but not Aliens", "nothing like Titanic". Of several films of that title the best known is meant.
    pub(super) fn title_spoken_against(&self, at: usize) -> Option<(MovieId, usize)> {
        let at = lexicon::after(self.tokens(), at, Meaning::LikeTitle).unwrap_or(at);
        // "I don't want that one", "not 1" speak of no film called "The One".
        let points =
            |word: &str| matches!(word, "that" | "this" | "the" | "one" | "ones") || places::place(word).is_some();
        let is_title = |end: &usize| !self.tokens()[at..*end].iter().all(|token| points(&token.word));
        self.title_ends(at).into_iter().rev().filter(is_title).find_map(|end| {
            match self.index.find_as(self.tokens().get(at..end)?, Reading::Exact)? {
                TitleMatch::One(movie) => Some((movie, end)),
                TitleMatch::Several(movies) => Some((*movies.first()?, end)),
                TitleMatch::Nothing { .. } => None,
            }
        })
    }

    pub(super) fn is_of_genre(&self, movie: MovieId, genres: &[String]) -> bool {
        let own = self.catalogue.get(movie).map(|movie| movie.genres.as_slice()).unwrap_or_default();
        genres.iter().any(|genre| own.contains(genre))
    }

    /// "[nada de] terror coreano", "no horror comedies", "[no quiero] comedias de los 80": the films of genres that are what is
    /// told right after them.
    pub(super) fn both_unwanted(
        &self,
        end: usize,
        may_be_years: bool,
        genres: &[String],
    ) -> Option<(Vec<MovieId>, usize)> {
        if end >= self.tokens().len() || self.sentence.breaks_before(end) {
            return None;
        }
        let all = || self.catalogue.movies().iter().filter(|movie| self.is_of_genre(movie.id, genres));
        if let Some((further, to)) = self.genres_at(end) {
            return Some((
                all().map(|movie| movie.id).filter(|movie| self.is_of_genre(*movie, &further)).collect(),
                to,
            ));
        }
        // "a film without romance from the 80s" is of the 80s.
        let years = years::bound(self.tokens(), end, self.index.newest, false).filter(|_| may_be_years);
        if let Some((YearBound::Within(first, last), to)) = years {
            return Some((self.films_of_genre_and_years(genres, first, last), to));
        }
        let (told, to) = self.told_of_unwanted(end, end)?;
        Some((told.into_iter().filter(|movie| self.is_of_genre(*movie, genres)).collect(), to))
    }

    pub(super) fn films_of_genre_and_years(&self, genres: &[String], first: u16, last: u16) -> Vec<MovieId> {
        let films = self.catalogue.movies().iter();
        let films = films.filter(|movie| movie.year.is_some_and(|year| (first..=last).contains(&year)));
        films.map(|movie| movie.id).filter(|movie| self.is_of_genre(*movie, genres)).collect()
    }
}
