//! What a sentence rules out: genres, themes, people, years, films, in any wording. What cannot be ruled out is left
//! unread, so that it is said; never is it taken for a wish.

use std::collections::HashSet;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use super::{Reader, Request};
use crate::cues;
use crate::lexicon::{self, Meaning};
use crate::patterns;
use crate::titles::{Reading, TitleMatch};
use crate::topics::{Named, Topic, TopicKind};
use crate::years::{self, YearBound};

/// Words after a "not" that are left unread where nothing there is known, so that none of them is taken for a wish.
const UNREAD_AFTER_NOT: usize = 3;
/// Letters of a part of a title that films are left out by.
const TELLING_LETTERS: usize = 4;

/// What stands between a "not" and what is not wanted.
static LINKS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/links.tsv").lines().filter(|line| !line.starts_with('#')).collect());

impl Reader<'_> {
    /// "no romance", "sin musicales ni guerra", "not about war", "que no sean de los 80".
    pub(super) fn read_negation(&self, at: usize, request: &mut Request, longest: usize) -> Option<usize> {
        let tokens = self.tokens();
        // "too silly", of a list.
        let is_too_much = at == 0 && tokens.len() > 1 && cues::is("too", &tokens[0].word);
        let after_not = lexicon::after(tokens, at, Meaning::Not).or(is_too_much.then_some(1))?;
        // "no, a comedy" takes back what was said, and rules nothing out.
        let begins = tokens[..at].iter().all(|token| patterns::is_courtesy(&token.word));
        let takes_back = begins
            && matches!(tokens[at].word.as_str(), "no" | "not")
            && tokens.get(at + 1).is_some_and(|next| {
                self.sentence.breaks_before(at + 1)
                    || matches!(next.word.as_str(), "wait" | "espera" | "mejor" | "better" | "se")
                    || (tokens[at].word == "no" && next.word == "really")
            });
        if takes_back {
            return Some(at + 1);
        }
        // "and no longer than 100 minutes".
        if (at..after_not).any(|at| self.length_begins(at)) {
            return None;
        }
        // "less known" and "not before 1970" are longer than the "not" they may begin with.
        let meant = lexicon::meanings(tokens, at).find(|(_, end)| *end == longest).map(|(meaning, _)| meaning);
        if after_not < longest && !matches!(meant, Some(Meaning::Tail | Meaning::Filler | Meaning::But | Meaning::And))
        {
            return None;
        }
        let is_beside_films = !request.titles.is_empty();
        let mut object = after_not;
        let end = loop {
            if let Some(end) = self.read_unwanted(at, object, request) {
                break Some(end);
            }
            match self.after_link(object).filter(|next| !self.sentence.breaks_before(*next)) {
                Some(next) => object = next,
                None => break None,
            }
        };
        if let Some(end) = end {
            return Some(end);
        }
        let is_without = tokens[at..after_not].iter().any(|token| matches!(token.word.as_str(), "without" | "sin"));
        let spoken_against = [after_not, object]
            .into_iter()
            .find_map(|start| self.title_spoken_against(start).map(|(movie, end)| (movie, start, end)));
        let called = if is_beside_films && spoken_against.is_some() { None } else { self.films_called(object) };
        // "like Alien but not Aliens": beside films a film is spoken of, whatever else is called so. "Sci-fi that isn't
        // Star Wars" speaks of all of them.
        // "hated La La Land" speaks of no other film called "Land".
        let is_whole = spoken_against.is_some_and(|(_, start, end)| start < object && object < end);
        let is_of_several = !is_beside_films && !is_whole && called.as_ref().is_some_and(|(films, _)| films.len() > 1);
        if let Some((movie, start, end)) = spoken_against
            && (is_beside_films || !(is_without || is_of_several))
            && (is_beside_films || self.is_said_as_title(movie, start, end))
        {
            request.disliked.push(movie);
            return Some(end);
        }
        if let Some((films, end)) = called {
            self.rule_out(object, end, films, request);
            return Some(end);
        }
        let mut end = object.max(after_not);
        while end < tokens.len() && end < object + UNREAD_AFTER_NOT && !self.ends_clause(end) {
            end += 1;
        }
        request.leave_unread(at, end);
        Some(end)
    }

    /// The place after words that carry nothing between a "not" and its object.
    fn after_link(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        let word = tokens.get(at)?.word.as_str();
        let empty = lexicon::meanings(tokens, at)
            .find(|(meaning, _)| matches!(meaning, Meaning::Filler | Meaning::FilmNoun | Meaning::Not | Meaning::More))
            .map(|(_, end)| end);
        empty.or_else(|| LINKS.contains(word).then_some(at + 1))
    }

    /// "nothing heavy" speaks of no film that few know: one word is a title where it is written as a name, or known as one.
    fn is_said_as_title(&self, movie: MovieId, from: usize, to: usize) -> bool {
        to > from + 1
            || self.sentence.typed(from, to).starts_with(char::is_uppercase)
            || self.index.is_well_known(movie)
    }

    fn ends_clause(&self, at: usize) -> bool {
        self.is_list_joint(at)
            || lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::But | Meaning::Not))
    }

    /// What is not wanted and stands at `at`, after a negation that begins at `from`.
    fn read_unwanted(&self, from: usize, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let theme = self.index.theme_at(tokens, at);
        let theme_end = theme.map_or(at, |(_, end)| end);
        // "not slashers" leaves other horror in: what viewers have tagged says more than the genre it belongs to.
        let genre_end = self.genres_at(at).map_or(at, |(_, end)| end);
        let is_theme = theme.is_some_and(|(films, end)| !films.is_empty() && end >= genre_end);
        if let Some((genres, end)) = self.genre_run(at).filter(|(_, end)| !is_theme && *end >= theme_end) {
            // "drama but not sad" asks for dramas all the same; no filter tells them apart.
            if genres.iter().all(|genre| request.genres.contains(genre)) {
                request.leave_unread(from, end);
                return Some(end);
            }
            request.exclude_genres.extend(genres);
            return Some(self.read_further(end, request));
        }
        if let Some(end) = lexicon::after(tokens, at, Meaning::Popular) {
            request.less_known = true;
            return Some(end);
        }
        // "like Alien but not Aliens" speaks of a film, not of aliens.
        let is_film = !request.titles.is_empty() && self.title_spoken_against(at).is_some();
        if is_film {
            return None;
        }
        let known = self.films_of(at);
        // "sin Piratas del Caribe" speaks of those films, not of pirates.
        let is_part_of_name = known.as_ref().is_some_and(|(_, end)| self.name_goes_on(at, *end));
        let called = if is_part_of_name { self.films_called(at) } else { None };
        if let Some((films, end)) = called {
            self.rule_out(at, end, films, request);
            return Some(self.read_further(end, request));
        }
        if let Some((films, end)) = known {
            if films.is_empty() {
                request.leave_unread(from, end);
                return Some(end);
            }
            // "no French comedies" rules out what is both.
            if let Some((genres, further)) = self.genres_at(end).filter(|_| !self.sentence.breaks_before(end)) {
                let is_both = |movie: &MovieId| {
                    let own = self.catalogue.get(*movie).map(|movie| movie.genres.as_slice()).unwrap_or_default();
                    genres.iter().any(|genre| own.contains(genre))
                };
                let both = films.into_iter().filter(is_both).collect();
                self.rule_out(at, further, both, request);
                return Some(further);
            }
            self.rule_out(at, end, films, request);
            return Some(self.read_further(end, request));
        }
        if let Some((_, end)) = lexicon::meanings(tokens, at).find(|(meaning, _)| matches!(meaning, Meaning::Mood(..)))
        {
            request.leave_unread(from, end);
            return Some(end);
        }
        let (bound, end) = years::bound(tokens, at, self.newest, true)?;
        self.rule_out_years(from, end, bound, request);
        // "not from the 70s or 80s".
        let further = self.after_and_or(end).and_then(|next| years::bound(tokens, next, self.newest, false));
        let Some((bound, further)) = further else { return Some(end) };
        self.rule_out_years(from, further, bound, request);
        Some(further)
    }

    fn after_and_or(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        lexicon::after(tokens, at, Meaning::And).or_else(|| lexicon::after(tokens, at, Meaning::Or))
    }

    /// "nothing before 2000" is from then on; "not from the 90s" leaves them out. What the sentence asks for is not ruled
    /// out: "old but not black and white" has no film.
    fn rule_out_years(&self, from: usize, end: usize, bound: YearBound, request: &mut Request) {
        let (first, last) = match bound {
            YearBound::Within(first, last) => (first, last),
            YearBound::From(first) => (first, u16::MAX),
            YearBound::To(last) => (0, last),
        };
        let wanted_first = request.year_from.max(request.within.map(|(first, _)| first)).unwrap_or(0);
        let wanted_last = [request.year_to, request.within.map(|(_, last)| last)].into_iter().flatten().min();
        if first <= wanted_first && last >= wanted_last.unwrap_or(u16::MAX) {
            request.leave_unread(from, end);
            return;
        }
        match bound {
            YearBound::To(last) => request.restrict_years(YearBound::From(last.saturating_add(1))),
            YearBound::From(first) => request.restrict_years(YearBound::To(first.saturating_sub(1))),
            YearBound::Within(first, last) => {
                let is_of_them =
                    |movie: &&cineswarm_engine::Movie| movie.year.is_some_and(|year| (first..=last).contains(&year));
                let films = self.catalogue.movies().iter().filter(is_of_them).map(|movie| movie.id).collect();
                let label = if first == last { first.to_string() } else { format!("{first}–{last}") };
                let topic = Topic { kind: TopicKind::Without, said: label.clone(), label };
                request.without.push(Named { topic, films });
            }
        }
    }

    /// The films of the theme, person, series or origin named at `at`, and the place after it.
    fn films_of(&self, at: usize) -> Option<(Vec<MovieId>, usize)> {
        let theme = self.index.theme_at(self.tokens(), at).map(|(films, end)| (films.to_vec(), end));
        match (theme, self.fact_films_at(at)) {
            (Some(theme), Some(fact)) => Some(if fact.1 >= theme.1 && !fact.0.is_empty() { fact } else { theme }),
            // A name that nobody has tagged may be somebody's all the same.
            (theme, fact) => {
                let has_films = theme.as_ref().is_some_and(|(films, _)| !films.is_empty());
                let surnamed = if has_films || fact.is_some() { None } else { self.films_of_surname(at) };
                surnamed.or(theme).or(fact)
            }
        }
    }

    /// "without Harry Potter": every film that is called so or whose name begins so, and all of that series.
    fn films_called(&self, at: usize) -> Option<(Vec<MovieId>, usize)> {
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
    fn name_goes_on(&self, at: usize, end: usize) -> bool {
        self.title_ends(at).into_iter().filter(|further| *further > end).any(|further| {
            let words = &self.tokens()[at..further];
            self.index.find_as(words, Reading::Exact).is_some() || !self.series_films(words).is_empty()
        })
    }

    fn rule_out(&self, from: usize, to: usize, films: Vec<MovieId>, request: &mut Request) {
        let said = self.sentence.typed(from, to).to_owned();
        let is_name = self.is_called_for_short(from, to);
        let links = ["de ", "about ", "sobre ", "con ", "with "];
        let bare = links.iter().find_map(|link| said.strip_prefix(link)).filter(|_| !is_name);
        let label = bare.unwrap_or(&said).to_owned();
        // "without Batman": The Dark Knight is not called so.
        let tagged = (from..to).find_map(|at| self.index.theme_at(self.tokens(), at).filter(|(_, end)| *end == to));
        let mut films = films;
        films.extend(tagged.iter().flat_map(|(tagged, _)| tagged.iter().copied()));
        request.without.push(Named { topic: Topic { kind: TopicKind::Without, label, said }, films });
    }

    /// "hates horror and violence", "sin zombis ni vampiros": what is not wanted beside it. A wish after an "and" has a
    /// word of its own: "no romance and some action".
    fn read_further(&self, at: usize, request: &mut Request) -> usize {
        let Some(next) = self.after_and_or(at) else { return at };
        if let Some((genres, end)) = self.genre_run(next) {
            request.exclude_genres.extend(genres);
            return self.read_further(end, request);
        }
        let Some((films, end)) = self.films_of(next) else { return at };
        if films.is_empty() {
            request.leave_unread(next, end);
        } else {
            self.rule_out(next, end, films, request);
        }
        self.read_further(end, request)
    }

    /// "but not Aliens", "nothing like Titanic". Of several films of that title the best known is meant.
    fn title_spoken_against(&self, at: usize) -> Option<(MovieId, usize)> {
        let at = lexicon::after(self.tokens(), at, Meaning::LikeTitle).unwrap_or(at);
        self.title_ends(at).into_iter().rev().find_map(|end| {
            match self.index.find_as(self.tokens().get(at..end)?, Reading::Exact)? {
                TitleMatch::One(movie) => Some((movie, end)),
                TitleMatch::Several(movies) => Some((*movies.first()?, end)),
                TitleMatch::Nothing { .. } => None,
            }
        })
    }
}
