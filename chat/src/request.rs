//! Reads a sentence from left to right into its parts: titles, genres, years, counts, and what was not understood.
//! Never decides what the parts together ask for; `mod.rs` does.

use std::cell::Cell;
use std::collections::HashMap;

use cineswarm_engine::{Catalogue, Filters, MovieId, UserId};

use super::fold::{Sentence, Token, is_article, key, tokenize};
use super::lexicon::{self, Meaning};
use super::titles::{MAX_TITLE_TOKENS, Reading, TitleIndex, TitleMatch};
use super::years::{self, YearBound};

/// Titles of one sentence; further ones are not read.
const MAX_TITLES: usize = 20;
/// Searches through all titles for misspelt ones, per sentence: each takes up to a millisecond on 60,000 films.
const MAX_TYPO_SEARCHES: usize = 24;
/// A misspelt title that spans an "and" must be this long: "up and it" is no typo of anything.
const MIN_LETTERS_ACROSS_AND: usize = 12;

/// Films of one theme or pair of genres that are looked among; the filter takes them one by one.
const MOST_FILMS: usize = 400;

/// A title in a sentence.
#[derive(Clone, Debug)]
pub(crate) struct TitleSlot {
    /// Tokens `from..to`.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) found: TitleMatch,
}

/// The parts of a sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) titles: Vec<TitleSlot>,
    pub(crate) genres: Vec<String>,
    pub(crate) exclude_genres: Vec<String>,
    /// Groups of genres named as one thing: a film has one genre of each.
    pub(crate) together: Vec<Vec<String>>,
    /// Films with a theme that is asked for.
    pub(crate) only: Option<Vec<MovieId>>,
    /// Films that the sentence speaks against.
    pub(crate) disliked: Vec<MovieId>,
    pub(crate) within: Option<(u16, u16)>,
    pub(crate) year_from: Option<u16>,
    pub(crate) year_to: Option<u16>,
    pub(crate) less_known: bool,
    pub(crate) popular: bool,
    pub(crate) more: bool,
    pub(crate) for_me: bool,
    pub(crate) help: bool,
    pub(crate) film_noun: bool,
    pub(crate) outside: bool,
    pub(crate) seen_too: bool,
    pub(crate) n: Option<usize>,
    pub(crate) user: Option<UserId>,
    /// Runs of tokens that mean nothing here.
    pub(crate) unread: Vec<(usize, usize)>,
    /// A misspelt word was taken for another.
    pub(crate) corrected: bool,
    /// Where the genre before ends, while the sentence is read.
    pub(crate) last_genre_end: Option<usize>,
}

impl Request {
    /// Whether genres or years are asked for.
    pub(crate) fn has_conditions(&self) -> bool {
        !self.genres.is_empty()
            || !self.exclude_genres.is_empty()
            || self.within.is_some()
            || self.year_from.is_some()
            || self.year_to.is_some()
            || self.only.is_some()
    }

    pub(crate) fn filters(&self) -> Filters {
        let (first, last) = self.within.unzip();
        Filters {
            genres: self.genres.iter().filter(|genre| !self.exclude_genres.contains(genre)).cloned().collect(),
            exclude_genres: self.exclude_genres.clone(),
            year_from: self.year_from.max(first),
            year_to: [self.year_to, last].into_iter().flatten().min(),
            exclude_seen: !self.seen_too,
            movie_ids: self.only.clone().unwrap_or_default(),
            ..Filters::default()
        }
    }

    fn restrict_years(&mut self, bound: YearBound) {
        match bound {
            // "the 80s or the 90s": the years from the first to the last of them.
            YearBound::Within(from, to) => {
                let (first, last) = self.within.unwrap_or((from, to));
                self.within = Some((first.min(from), last.max(to)));
            }
            YearBound::From(from) => self.year_from = self.year_from.max(Some(from)),
            YearBound::To(to) => self.year_to = Some(self.year_to.map_or(to, |known| known.min(to))),
        }
    }

    fn leave_unread(&mut self, from: usize, to: usize) {
        match self.unread.last_mut() {
            Some((_, end)) if *end == from => *end = to,
            _ => self.unread.push((from, to)),
        }
    }
}

/// What sentences are read with.
pub(crate) struct Reader<'a> {
    pub(crate) sentence: &'a Sentence,
    pub(crate) index: &'a TitleIndex,
    /// From the usual name of a genre to the catalogue's.
    genre_names: HashMap<String, String>,
    catalogue: &'a Catalogue,
    newest: u16,
    typo_searches_left: Cell<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sentence: &'a Sentence, index: &'a TitleIndex, catalogue: &'a Catalogue) -> Reader<'a> {
        let newest = catalogue.movies().iter().filter_map(|movie| movie.year).max().unwrap_or(0);
        let mut genre_names = HashMap::new();
        for genre in catalogue.genres() {
            let tokens = tokenize(genre);
            genre_names.insert(key(&tokens), genre.clone());
            for (meaning, end) in lexicon::meanings(&tokens, 0) {
                if let (Meaning::Genres([usual]), true) = (meaning, end == tokens.len()) {
                    genre_names.entry(key(&tokenize(usual))).or_insert_with(|| genre.clone());
                }
            }
        }
        Reader { sentence, index, catalogue, genre_names, newest, typo_searches_left: Cell::new(MAX_TYPO_SEARCHES) }
    }

    fn tokens(&self) -> &'a [Token] {
        &self.sentence.tokens
    }

    /// Reads the whole sentence.
    pub(crate) fn read(&self) -> Request {
        let mut request = Request::default();
        let mut at = 0;
        while at < self.sentence.len() {
            if let Some(next) = self.title_announced(at) {
                at = self.read_titles(next, &mut request);
            } else if let Some(next) = self.read_part(at, &mut request) {
                at = next;
            } else {
                request.leave_unread(at, at + 1);
                at += 1;
            }
        }
        self.join_genres(&mut request);
        request
    }

    /// "romantic comedy", "sci-fi horror": both at once. What is said to be unwanted is left alone.
    fn join_genres(&self, request: &mut Request) {
        let together = std::mem::take(&mut request.together);
        let together: Vec<Vec<String>> = together.into_iter().filter(|groups| groups.len() > 1).collect();
        let Some(groups) = together.first() else { return };
        let has_all = |movie: &MovieId| {
            let own = self.catalogue.get(*movie).map(|movie| &movie.genres[..]).unwrap_or_default();
            groups.iter().all(|genre| own.contains(genre))
        };
        request.only = Some(match request.only.take() {
            Some(films) => some_films(films.into_iter().filter(has_all).collect()),
            None => {
                let mut films: Vec<MovieId> =
                    self.catalogue.movies().iter().map(|movie| movie.id).filter(has_all).collect();
                films.sort_by_key(|movie| std::cmp::Reverse(self.catalogue.stats(*movie).ratings));
                if request.less_known {
                    films.drain(..films.len() / 4);
                }
                films.truncate(MOST_FILMS);
                some_films(films)
            }
        });
    }

    /// The place after "like" or "similar to", unless a longer phrase begins there ("like this").
    fn title_announced(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        let (longer, longest) = lexicon::meanings(tokens, at).next()?;
        let next = lexicon::after(tokens, at, Meaning::LikeTitle)?;
        // "based on a true story" announces no title.
        if self.index.theme_at(tokens, at).is_some_and(|(_, end)| end > next) {
            return None;
        }
        // "films like This Is Spinal Tap" are no more of the same, and "like To Die For" is no wish.
        let titled = || {
            let mut ends = self.title_ends(next).into_iter().rev().filter(|end| *end > longest);
            ends.any(|end| self.index.find_as(&tokens[next..end], Reading::Exact).is_some())
        };
        (next == longest || (matches!(longer, Meaning::More | Meaning::Filler) && titled())).then_some(next)
    }

    /// Reads "A, B and C" and returns the place after it; nothing is read where no title begins.
    fn read_titles(&self, from: usize, request: &mut Request) -> usize {
        let mut at = from;
        while request.titles.len() < MAX_TITLES {
            let Some(slot) = self.title(at, at == from) else { return at };
            at = slot.to;
            request.titles.push(slot);
            match self.after_list_joint(at) {
                Some(next) => at = next,
                None => return at,
            }
        }
        at
    }

    /// The place after a comma, an "and" or both; `None` where a list ends.
    fn after_list_joint(&self, at: usize) -> Option<usize> {
        let word =
            lexicon::after(self.tokens(), at, Meaning::And).or_else(|| lexicon::after(self.tokens(), at, Meaning::Or));
        word.or_else(|| (at < self.sentence.len() && self.sentence.breaks_before(at)).then_some(at))
    }

    /// The title that begins at `at`, as long as possible and read as strictly as possible.
    fn title(&self, at: usize, first: bool) -> Option<TitleSlot> {
        let ends = self.title_ends(at);
        let shortest = *ends.first()?;
        let may_be_genre = |end: usize| !first && end == at + 1 && self.genres_at(at).is_some();
        for end in ends.iter().rev().copied().filter(|end| !may_be_genre(*end)) {
            if let Some(found) = self.whole_title(at, end) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        let turns = !first && lexicon::after(self.tokens(), at, Meaning::But).is_some();
        if turns || self.says_no_title(at, shortest, first) {
            return None;
        }
        for end in ends.iter().rev().copied() {
            if let Some(found) = self.index.find_as(&self.tokens()[at..end], Reading::Part) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        self.title_among_words(at, shortest).or_else(|| {
            let (from, to) = self.trimmed(at, shortest);
            let nearest = self.index.nearest(&self.tokens()[from..to]);
            Some(TitleSlot { from, to: shortest, found: TitleMatch::Nothing { nearest } })
        })
    }

    /// Titles of a list from `from` to the end of the text, every one of them whole; `None` if one is not.
    pub(crate) fn whole_titles(&self, from: usize, to: usize) -> Option<Vec<TitleSlot>> {
        let mut slots = Vec::new();
        let mut at = from;
        while at < to {
            let ends: Vec<usize> = self.title_ends(at).into_iter().filter(|end| *end <= to).collect();
            let slot = ends
                .iter()
                .rev()
                .chain((ends.last() != Some(&to)).then_some(&to))
                .find_map(|end| self.whole_title(at, *end).map(|found| TitleSlot { from: at, to: *end, found }))?;
            at = slot.to;
            slots.push(slot);
            if at < to {
                at = self.after_list_joint(at)?;
            }
            if slots.len() >= MAX_TITLES {
                break;
            }
        }
        (!slots.is_empty()).then_some(slots)
    }

    /// The tokens as one whole title, perhaps with typos.
    pub(crate) fn whole_title(&self, from: usize, to: usize) -> Option<TitleMatch> {
        let tokens = self.tokens().get(from..to)?;
        if let Some(found) = self.index.find_as(tokens, Reading::Exact) {
            return Some(found);
        }
        let letters: usize = tokens.iter().map(|token| token.word.len()).sum();
        let spans_and = (from + 1..to).any(|at| self.is_list_joint(at));
        if spans_and && letters < MIN_LETTERS_ACROSS_AND {
            return None;
        }
        // A word of the lexicon is spelt right; "horror" is no typo of a title.
        if to == from + 1 && lexicon::is_known(&tokens[0].word) {
            return None;
        }
        let left = self.typo_searches_left.get().checked_sub(1)?;
        self.typo_searches_left.set(left);
        self.index.find_as(tokens, Reading::Close)
    }

    /// The title in `from..to` with any words around it that are no part of titles ("the film Heat please").
    pub(crate) fn title_among_words(&self, from: usize, to: usize) -> Option<TitleSlot> {
        let (trimmed_from, trimmed_to) = self.trimmed(from, to);
        for (from, to) in [(from, to), (trimmed_from, to), (from, trimmed_to), (trimmed_from, trimmed_to)] {
            if let Some(found) = self.whole_title(from, to) {
                return Some(TitleSlot { from, to, found });
            }
        }
        for (from, to) in [(from, to), (trimmed_from, trimmed_to)] {
            let tokens = &self.tokens()[from..to];
            let found =
                [Reading::Part, Reading::Loose].into_iter().find_map(|reading| self.index.find_as(tokens, reading));
            if let Some(found) = found {
                return Some(TitleSlot { from, to, found });
            }
        }
        None
    }

    /// Without words at both ends that say "film", "please" and the like; never empty if `from..to` is not.
    pub(crate) fn trimmed(&self, mut from: usize, mut to: usize) -> (usize, usize) {
        let tokens = self.tokens();
        let empty_word = |at: usize| {
            !is_article(&tokens[at].word)
                && lexicon::meanings(tokens, at).any(|(meaning, end)| {
                    end == at + 1 && matches!(meaning, Meaning::Filler | Meaning::FilmNoun | Meaning::Tail)
                })
        };
        while to > from + 1 && empty_word(to - 1) {
            to -= 1;
        }
        let mut start = from;
        while start + 1 < to && (empty_word(start) || is_article(&tokens[start].word)) {
            start += 1;
            // "the film Heat": the article goes only with the word after it.
            if !is_article(&tokens[start - 1].word) {
                from = start;
            }
        }
        (from, to)
    }

    fn is_list_joint(&self, at: usize) -> bool {
        self.sentence.breaks_before(at)
            || lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::And | Meaning::Or))
    }

    /// Where a title that begins at `at` can end, the nearest first.
    fn title_ends(&self, at: usize) -> Vec<usize> {
        let len = self.sentence.len();
        let furthest = len.min(at + MAX_TITLE_TOKENS);
        (at + 1..=furthest).filter(|end| *end == len || self.stops_title(*end)).collect()
    }

    fn stops_title(&self, at: usize) -> bool {
        let tokens = self.tokens();
        self.is_list_joint(at)
            || lexicon::meanings(tokens, at).any(|(meaning, end)| match meaning {
                Meaning::But | Meaning::Tail | Meaning::LessKnown | Meaning::SeenToo | Meaning::Not => true,
                Meaning::User => tokens.get(end).and_then(Token::number).is_some(),
                Meaning::Genres(_) => end > at + 1,
                _ => false,
            })
            || (!is_plain_condition(tokens, at) && years::bound(tokens, at, self.newest, false).is_some())
    }

    /// Whether `from..to` is all genres, years and the like, and no part of a title.
    fn says_no_title(&self, from: usize, to: usize, first: bool) -> bool {
        let mut request = Request::default();
        let mut at = from;
        while at < to {
            match self.read_part(at, &mut request) {
                Some(next) => at = next,
                // After a title, one condition at the head is enough: "Alien, no romance at all".
                None => return !first && at > from && (request.has_conditions() || request.less_known),
            }
        }
        request.unread.is_empty()
            && (!first
                || request.has_conditions()
                || request.less_known
                || request.popular
                || request.film_noun
                || request.for_me)
    }

    /// Reads what stands at `at` if it is no title, and returns the place after it.
    fn read_part(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let longest = lexicon::meanings(tokens, at).map(|(_, end)| end).max().unwrap_or(at);
        if let Some(end) = self.read_negation(at, request, longest) {
            return Some(end);
        }
        let conditions_end = years::bound(tokens, at, self.newest, true);
        if let Some((bound, end)) = conditions_end.filter(|(_, end)| *end >= longest) {
            request.restrict_years(bound);
            return Some(end);
        }
        if let Some(end) = self.read_user(at, request) {
            return Some(end);
        }
        if let Some(end) = self.read_count(at, request) {
            return Some(end);
        }
        if let Some((films, end)) = self.index.theme_at(tokens, at).filter(|(_, end)| *end >= longest) {
            let genres = self.genres_at(at).filter(|(_, own)| films.is_empty() && *own == end);
            if films.is_empty() && genres.is_none() {
                request.outside = true;
                request.leave_unread(at, end);
                return Some(end);
            }
            if genres.is_none() {
                let mut films = films.to_vec();
                if let Some(known) = &request.only {
                    films.retain(|movie| known.contains(movie));
                }
                films.sort_by_key(|movie| std::cmp::Reverse(self.catalogue.stats(*movie).ratings));
                films.truncate(MOST_FILMS);
                request.only = Some(some_films(films));
                return Some(end);
            }
        }
        if let Some((genres, end)) = self.genres_at(at).filter(|(_, end)| *end >= longest) {
            match request.together.last_mut().filter(|_| request.last_genre_end == Some(at)) {
                // "action comedy", but not "comedies, action".
                Some(group) if !self.sentence.breaks_before(at) => group.extend(genres.clone()),
                _ => request.together.push(genres.clone()),
            }
            request.last_genre_end = Some(end);
            request.genres.extend(genres);
            request.genres.dedup();
            return Some(end);
        }
        for (meaning, end) in lexicon::meanings(tokens, at) {
            match meaning {
                Meaning::Mood(wants, avoids) => {
                    request.genres.extend(self.own_names(wants).unwrap_or_default());
                    request.exclude_genres.extend(self.own_names(avoids).unwrap_or_default());
                }
                Meaning::LessKnown => request.less_known = true,
                Meaning::SeenToo => request.seen_too = true,
                Meaning::Popular => request.popular = true,
                Meaning::ForMe => request.for_me = true,
                Meaning::More => request.more = true,
                Meaning::Help => request.help = true,
                Meaning::FilmNoun => request.film_noun = true,
                Meaning::Genres(_) => {
                    // A kind of film that this catalogue does not know.
                    request.outside = true;
                    request.leave_unread(at, end);
                }
                Meaning::Outside => {
                    request.outside = true;
                    request.leave_unread(at, end);
                }
                Meaning::Filler | Meaning::Tail | Meaning::And | Meaning::Or | Meaning::But | Meaning::Top => {}
                _ => continue,
            }
            return Some(end);
        }
        self.read_misspelt(at, request)
    }

    fn read_misspelt(&self, at: usize, request: &mut Request) -> Option<usize> {
        let known = lexicon::corrected(&self.tokens()[at].word)?;
        let corrected = tokenize(known);
        let (meaning, _) = lexicon::meanings(&corrected, 0).find(|(_, end)| *end == corrected.len())?;
        match meaning {
            Meaning::Genres(names) => request.genres.extend(self.own_names(names)?),
            Meaning::Popular => request.popular = true,
            Meaning::FilmNoun => request.film_noun = true,
            Meaning::ForMe => request.for_me = true,
            Meaning::Decade(from) => request.restrict_years(YearBound::Within(from, from + 9)),
            _ => return None,
        }
        request.corrected = true;
        Some(at + 1)
    }

    /// "no romance", "sin musicales ni guerra", "not so popular".
    fn read_negation(&self, at: usize, request: &mut Request, longest: usize) -> Option<usize> {
        let tokens = self.tokens();
        let after_not = lexicon::after(tokens, at, Meaning::Not)?;
        // "less known" and "not before 1970" are longer than the "not" they may begin with.
        let meant = lexicon::meanings(tokens, at).find(|(_, end)| *end == longest).map(|(meaning, _)| meaning);
        if after_not < longest && !matches!(meant, Some(Meaning::Tail | Meaning::Filler | Meaning::But | Meaning::And))
        {
            return None;
        }
        let mut next = after_not;
        while let Some((_, end)) = lexicon::meanings(tokens, next).find(|(meaning, _)| {
            matches!(meaning, Meaning::Filler | Meaning::FilmNoun | Meaning::Not) && self.genres_at(next).is_none()
        }) {
            next = end;
        }
        if let Some((genres, end)) = self.genre_run(next) {
            request.exclude_genres.extend(genres);
            return Some(end);
        }
        if let Some(end) = lexicon::after(tokens, next, Meaning::Popular) {
            request.less_known = true;
            return Some(end);
        }
        // "not too dark", "nothing with zombies": nothing here can rule it out; say so.
        let mood = lexicon::meanings(tokens, next).find(|(meaning, _)| matches!(meaning, Meaning::Mood(..)));
        let theme = self.index.theme_at(tokens, next).map(|(_, end)| end);
        if let Some(end) = mood.map(|(_, end)| end).max(theme) {
            request.leave_unread(at, end);
            return Some(end);
        }
        if let Some((movie, end)) = self.title_spoken_against(next) {
            request.disliked.push(movie);
            return Some(end);
        }
        // Years can't be excluded; say so rather than do the contrary.
        let end = years::bound(tokens, next, self.newest, true).map_or(after_not, |(_, end)| end);
        request.leave_unread(at, end);
        Some(end)
    }

    /// "but not Aliens", "nothing like Titanic".
    fn title_spoken_against(&self, at: usize) -> Option<(MovieId, usize)> {
        let at = lexicon::after(self.tokens(), at, Meaning::LikeTitle).unwrap_or(at);
        self.title_ends(at).into_iter().rev().find_map(|end| {
            match self.index.find_as(self.tokens().get(at..end)?, Reading::Exact)? {
                TitleMatch::One(movie) => Some((movie, end)),
                _ => None,
            }
        })
    }

    /// The genres of "romance, war or horror". A comma alone ends the run: "no romance, comedies please".
    fn genre_run(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let tokens = self.tokens();
        let (mut genres, mut end) = self.genres_at(at).or_else(|| self.misspelt_genres_at(at))?;
        let (mut pending, mut next): (Vec<String>, usize) = (Vec::new(), end);
        loop {
            while let Some(after) = lexicon::after(tokens, next, Meaning::FilmNoun) {
                next = after;
            }
            let comma = next < tokens.len() && self.sentence.gap(next).contains([',', '/']);
            let or = lexicon::after(tokens, next, Meaning::Or).or_else(|| lexicon::after(tokens, next, Meaning::And));
            let mut further = match or {
                Some(after) => after,
                None if comma => next,
                None => break,
            };
            while let Some(after) =
                lexicon::after(tokens, further, Meaning::Filler).filter(|_| self.genres_at(further).is_none())
            {
                further = after;
            }
            let Some((more, after)) = self.genres_at(further) else { break };
            pending.extend(more);
            next = after;
            if or.is_some() {
                genres.append(&mut pending);
                end = after;
            }
        }
        Some((genres, end))
    }

    fn misspelt_genres_at(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let corrected = tokenize(lexicon::corrected(&self.tokens().get(at)?.word)?);
        lexicon::meanings(&corrected, 0).find_map(|(meaning, _)| match meaning {
            Meaning::Genres(names) => Some((self.own_names(names)?, at + 1)),
            _ => None,
        })
    }

    /// The catalogue's genres that the longest phrase at `at` names.
    fn genres_at(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let tokens = self.tokens();
        let in_lexicon = lexicon::meanings(tokens, at).find_map(|(meaning, end)| match meaning {
            Meaning::Genres(names) => Some((self.own_names(names)?, end)),
            _ => None,
        });
        // A catalogue may have genres of its own.
        in_lexicon.or_else(|| {
            (1..=3).rev().find_map(|count| {
                let own = self.genre_names.get(&key(tokens.get(at..at + count)?))?;
                Some((vec![own.clone()], at + count))
            })
        })
    }

    /// `None` if the catalogue has none of these genres.
    fn own_names(&self, usual: &[&str]) -> Option<Vec<String>> {
        let own: Vec<String> =
            usual.iter().filter_map(|genre| self.genre_names.get(&key(&tokenize(genre)))).cloned().collect();
        (!own.is_empty()).then_some(own)
    }

    fn read_user(&self, at: usize, request: &mut Request) -> Option<usize> {
        lexicon::meanings(self.tokens(), at).find_map(|(meaning, end)| {
            let number = self.tokens().get(end).filter(|_| meaning == Meaning::User).and_then(Token::number)?;
            // A number beyond all user ids is an unknown user like any other.
            request.user = Some(UserId::try_from(number).unwrap_or(UserId::MAX));
            Some(end + 1)
        })
    }

    /// "5 films", "top ten", "dame 3".
    fn read_count(&self, at: usize, request: &mut Request) -> Option<usize> {
        let tokens = self.tokens();
        let token = tokens.get(at)?;
        let number = token.number().filter(|_| token.word.len() <= 3).or_else(|| lexicon::number_word(&token.word))?;
        let follows = |wanted: Meaning| {
            at > 0 && lexicon::meanings(tokens, at - 1).any(|(meaning, end)| meaning == wanted && end == at)
        };
        let mut next = at + 1;
        while let Some((_, end)) =
            lexicon::meanings(tokens, next).find(|(meaning, end)| *meaning == Meaning::Filler && *end == next + 1)
        {
            next = end;
        }
        let counts = lexicon::meanings(tokens, next).any(|(meaning, _)| {
            matches!(
                meaning,
                Meaning::FilmNoun
                    | Meaning::Genres(_)
                    | Meaning::Popular
                    | Meaning::LessKnown
                    | Meaning::More
                    | Meaning::Recent
                    | Meaning::Old
            )
        }) || self.genres_at(next).is_some();
        // "dame 3", but not "it is a 5".
        let follows_article = at > 0 && is_article(&tokens[at - 1].word);
        let asked = follows(Meaning::Top)
            || (!follows_article
                && next == tokens.len()
                && (follows(Meaning::Filler) || follows(Meaning::ForMe))
                && token.number().is_some());
        if !counts && !asked {
            return None;
        }
        request.n = Some(usize::try_from(number).unwrap_or(usize::MAX).clamp(1, 100));
        Some(at + 1)
    }
}

/// An empty list would let every film pass: where none fits, one stands that no film has.
fn some_films(films: Vec<MovieId>) -> Vec<MovieId> {
    if films.is_empty() { vec![MovieId::MAX] } else { films }
}

/// "new", "old": words that are also parts of titles, and so end none.
fn is_plain_condition(tokens: &[Token], at: usize) -> bool {
    lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::Recent | Meaning::Old))
}
