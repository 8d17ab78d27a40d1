//! What a sentence rules out: genres, themes, people, years, films, in any wording. What cannot be ruled out is left
//! unread, so that it is said; never is it taken for a wish.

use std::collections::HashSet;
use std::sync::LazyLock;

use cineswarm_engine::{Filters, MovieId};

use super::{Reader, Request};
use crate::cues;
use crate::fold::{Token, tokenize};
use crate::lexicon::{self, Meaning};
use crate::patterns;
use crate::themes::Tagged;
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

/// What is not wanted.
#[derive(Default)]
struct Unwanted {
    films: Vec<MovieId>,
    /// What it is called, where that is not what was typed.
    name: Option<String>,
    /// Whether viewers' tags are all that is known of it.
    is_theme: bool,
}

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
                    // "no the one with Brie Larson".
                    || (next.word == "the" && tokens.get(at + 2).is_some_and(|word| word.word == "one"))
            });
        // "tanto no. De los 80": what follows is another sentence.
        let ends = tokens[at].word == "no" && at > 0 && self.sentence.gap(after_not).contains(['.', '!', ';', '\n']);
        if takes_back || (ends && after_not == at + 1) {
            return Some(at + 1);
        }
        // "and no longer than 100 minutes".
        // "nada de más de dos horas" denies what "no más de dos horas" says.
        let denies = |at: usize| matches!(tokens[at].word.as_str(), "no" | "not" | "que" | "menos" | "less");
        if (at..after_not).any(|at| denies(at) && self.length_begins(at)) {
            return None;
        }
        // "less known" and "not before 1970" are longer than the "not" they may begin with.
        let meant = lexicon::meanings(tokens, at).find(|(_, end)| *end == longest).map(|(meaning, _)| meaning);
        // "don't ever show me those" says no more than what was said before.
        let is_remark = matches!(meant, Some(Meaning::Tail | Meaning::Filler)) && longest > after_not + 1;
        if after_not < longest
            && (is_remark || !matches!(meant, Some(Meaning::Tail | Meaning::Filler | Meaning::But | Meaning::And)))
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
        // "I can't stand Adam Sandler, comedies without him".
        let stands_for = |word: &str| matches!(word, "him" | "her" | "them" | "el" | "ella" | "ellos" | "ellas");
        let ends_there = after_not + 1 == tokens.len() || self.ends_clause(after_not + 1);
        if ends_there
            && tokens.get(after_not).is_some_and(|token| stands_for(&token.word))
            && !(request.without.is_empty() && request.disliked.is_empty())
        {
            return Some(after_not + 1);
        }
        let is_without = tokens[at..after_not].iter().any(|token| matches!(token.word.as_str(), "without" | "sin"));
        let spoken_against = [after_not, object]
            .into_iter()
            .find_map(|start| self.title_spoken_against(start).map(|(movie, end)| (movie, start, end)));
        let called = if is_beside_films && spoken_against.is_some() { None } else { self.films_called(object) };
        // "like Alien but not Aliens": beside films a film is spoken of, whatever else is called so. "Sci-fi that isn't
        // Star Wars" speaks of all of them.
        // "hated La La Land" speaks of no other film called "Land".
        let is_called_so = |movie: &MovieId| called.as_ref().is_some_and(|(films, _)| films.contains(movie));
        let is_whole =
            spoken_against.is_some_and(|(movie, start, end)| start < object && object < end && !is_called_so(&movie));
        let is_of_several = !is_beside_films && !is_whole && called.as_ref().is_some_and(|(films, _)| films.len() > 1);
        if let Some((movie, start, end)) = spoken_against
            && (is_beside_films || !(is_without || is_of_several))
            && (is_beside_films || self.is_said_as_title(movie, start, end))
        {
            request.disliked.push(movie);
            return Some(self.read_further(end, request));
        }
        if let Some((films, end)) = called {
            self.rule_out(object, end, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(end, request));
        }
        if let Some((films, end)) = self.films_in_part(object, request) {
            request.disliked.extend(films);
            return Some(self.read_further(end, request));
        }
        let mut end = object.max(after_not);
        while end < tokens.len() && end < object + UNREAD_AFTER_NOT && !self.ends_clause(end) {
            end += 1;
        }
        request.leave_unread(at, end);
        Some(end)
    }

    /// The place after words that carry nothing between a "not" and its object.
    pub(super) fn after_link(&self, at: usize) -> Option<usize> {
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
            // "these are all great" is praise.
            let is_praise =
                tokens[from..at].iter().any(|token| matches!(token.word.as_str(), "all" | "todas" | "todos"));
            request.less_known |= !is_praise;
            return Some(end);
        }
        // "nothing over 100 minutes".
        if let Some((named, end)) = self.length_at_the_other_side(at) {
            request.named.push(named);
            return Some(end);
        }
        // "like Alien but not Aliens" speaks of a film, not of aliens.
        // "can't stand blood" speaks of none.
        let is_film = !request.titles.is_empty()
            && self
                .title_spoken_against(at)
                .is_some_and(|(movie, end)| !is_theme || self.is_said_as_title(movie, at, end));
        if is_film {
            return None;
        }
        let known = self.films_of(at);
        // "sin Piratas del Caribe" speaks of those films, not of pirates.
        // "not another superhero movie" speaks of no film of that name.
        let is_kind_of_film = |end: usize| {
            lexicon::after(tokens, end, Meaning::FilmNoun).is_some()
                && !self.sentence.typed(at, end).starts_with(char::is_uppercase)
        };
        let is_part_of_name =
            known.as_ref().is_some_and(|(_, end)| self.name_goes_on(at, *end) && !is_kind_of_film(*end));
        let called = if is_part_of_name { self.films_called(at) } else { None };
        if let Some((films, end)) = called {
            self.rule_out(at, end, Unwanted { films, ..Unwanted::default() }, request);
            return Some(self.read_further(end, request));
        }
        if let Some((unwanted, end)) = known {
            if unwanted.films.is_empty() {
                request.leave_unread(from, end);
                return Some(self.read_further(end, request));
            }
            // "no French comedies" rules out what is both.
            if let Some((genres, further)) = self.genres_at(end).filter(|_| !self.sentence.breaks_before(end)) {
                let is_both = |movie: &MovieId| {
                    let own = self.catalogue.get(*movie).map(|movie| movie.genres.as_slice()).unwrap_or_default();
                    genres.iter().any(|genre| own.contains(genre))
                };
                let both = unwanted.films.into_iter().filter(is_both).collect();
                self.rule_out(at, further, Unwanted { films: both, ..Unwanted::default() }, request);
                return Some(further);
            }
            self.rule_out(at, end, unwanted, request);
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
    fn films_of(&self, at: usize) -> Option<(Unwanted, usize)> {
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
    fn films_in_part(&self, at: usize, request: &Request) -> Option<(Vec<MovieId>, usize)> {
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

    fn rule_out(&self, from: usize, to: usize, unwanted: Unwanted, request: &mut Request) {
        let said = self.sentence.typed(from, to).to_owned();
        let is_name = self.is_called_for_short(from, to);
        let links = ["de ", "about ", "sobre ", "con ", "with ", "by ", "from "];
        let bare = links.iter().find_map(|link| said.strip_prefix(link)).filter(|_| !is_name);
        let label = unwanted.name.unwrap_or_else(|| bare.unwrap_or(&said).to_owned());
        let said = if label.contains(", ") { said } else { label.clone() };
        // "without Batman": The Dark Knight is not called so.
        let mut films = unwanted.films;
        films.extend((from..to).flat_map(|at| self.index.tagged_so(&self.tokens()[at..to]).iter().copied()));
        let tagged = (from..to).find_map(|at| self.index.theme_at(self.tokens(), at).filter(|(_, end)| *end == to));
        films.extend(tagged.iter().flat_map(|(tagged, _)| tagged.iter().copied()));
        // The facts do not have every film of somebody; viewers' tags may.
        films.extend(self.index.tagged_so(&tokenize(&label)));
        if unwanted.is_theme {
            films.extend(self.series_films(&self.tokens()[from..to]));
            request.doubtful.push((request.without.len(), from, to));
        }
        request.without.push(Named { topic: Topic { kind: TopicKind::Without, label, said }, films });
    }

    /// "hates horror and violence", "sin zombis ni vampiros": what is not wanted beside it. A wish after an "and" has a
    /// word of its own: "no romance and some action".
    fn read_further(&self, at: usize, request: &mut Request) -> usize {
        // "not Korean, Japanese or Chinese".
        let goes_on = || {
            let is_listed = at < self.tokens().len() && self.sentence.gap(at).contains(',');
            let listed = self.films_of(at).filter(|_| is_listed);
            let is_either = |end| lexicon::after(self.tokens(), end, Meaning::Or).is_some();
            listed.is_some_and(|(unwanted, end)| !unwanted.films.is_empty() && is_either(end)).then_some(at)
        };
        let Some(mut next) = self.after_and_or(at).or_else(goes_on) else { return at };
        // "y todo lo de la mafia".
        if self.tokens().get(next).is_some_and(|token| cues::is("all", &token.word)) {
            next += self.tokens()[next..]
                .iter()
                .take_while(|token| cues::is("all", &token.word) || cues::is("of_all", &token.word))
                .count();
        }
        // "ni las de Van Damme".
        while self.tokens().get(next).is_some_and(|token| matches!(token.word.as_str(), "las" | "los" | "la" | "the")) {
            next += 1;
        }
        if let Some((genres, end)) = self.genre_run(next) {
            request.exclude_genres.extend(genres);
            return self.read_further(end, request);
        }
        if let Some((unwanted, end)) = self.films_of(next).filter(|(_, end)| !self.name_goes_on(next, *end)) {
            if unwanted.films.is_empty() {
                request.leave_unread(next, end);
            } else {
                self.rule_out(next, end, unwanted, request);
            }
            return self.read_further(end, request);
        }
        if let Some((films, end)) = self.films_called(next) {
            self.rule_out(next, end, Unwanted { films, ..Unwanted::default() }, request);
            return self.read_further(end, request);
        }
        let exactly = self
            .title_spoken_against(next)
            .filter(|(movie, end)| self.is_said_as_title(*movie, next, *end))
            .map(|(movie, end)| (vec![movie], end));
        let Some((films, end)) = exactly.or_else(|| self.films_in_part(next, request)) else { return at };
        request.disliked.extend(films);
        self.read_further(end, request)
    }

    /// What is not wanted and is not wanted in vain: where no film that would be shown is known to be so, the chip would do
    /// nothing, and what viewers have not tagged may be so all the same.
    pub(super) fn drop_what_has_no_effect(&self, request: &mut Request) {
        if request.named.is_empty() {
            return;
        }
        let wanted = Filters { exclude_movie_ids: Vec::new(), ..request.filters() };
        let would_be_shown =
            |movie: &MovieId| self.catalogue.get(*movie).is_some_and(|movie| wanted.allow(movie, false));
        for (place, from, to) in std::mem::take(&mut request.doubtful).into_iter().rev() {
            if !request.without[place].films.iter().any(would_be_shown) {
                request.without.remove(place);
                request.without_effect.push((from, to));
            }
        }
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
