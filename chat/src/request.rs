//! Reads a sentence from left to right into its parts: titles, genres, years, counts, and what was not understood.
//! Never decides what the parts together ask for; `lib.rs` does. Longer than other files: what a word may be is tried in one
//! order, which stands here.

mod conditions;
mod counts;
mod denied;
mod facts;
mod happened;
mod inside;
mod joining;
mod lengths;
mod lifted;
mod people;
mod unwanted;
mod unwanted_films;

pub(crate) use self::joining::films_ruled_out;
pub use self::joining::{either_topic, films_of, parts_of_either};

use self::denied::leaves_nothing_of;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use cineswarm_engine::{Catalogue, Filters, MovieId, UserId};

use crate::films::titles::{MAX_TITLE_TOKENS, Reading, TitleIndex, TitleMatch};
use crate::topics::{Alternatives, GenreRun, Lifted, Named, TopicKind, in_common, left_out};
use crate::words::everyday;
use crate::words::fold::{self, Sentence, Token, is_article, key, tokenize};
use crate::words::lexicon::{self, Meaning};
use crate::words::patterns;
use crate::words::places;
use crate::words::years::{self, YearBound};

/// Titles of one sentence; further ones are not read.
const MAX_TITLES: usize = 20;
/// Searches through all titles for misspelt ones, per sentence: each takes up to a millisecond on 60,000 films.
const MAX_TYPO_SEARCHES: usize = 24;
/// A misspelt "similar" must have this many letters: a "lover" is nobody who "loved" a film.
const LONG_ENOUGH_TO_ANNOUNCE: usize = 6;
/// A misspelt title that spans an "and" must be this long: "up and it" is no typo of anything.
const MIN_LETTERS_ACROSS_AND: usize = 12;

/// A title in a sentence.
#[derive(Clone, Debug)]
pub(crate) struct TitleSlot {
    /// Tokens `from..to`.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) found: TitleMatch,
}

/// A mood, as genres, and where it is said.
#[derive(Clone, Debug)]
pub(crate) struct MoodSaid {
    pub(crate) wants: Vec<String>,
    pub(crate) avoids: Vec<String>,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The parts of a sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) titles: Vec<TitleSlot>,
    pub(crate) genres: Vec<String>,
    pub(crate) exclude_genres: Vec<String>,
    /// Genres as they stand side by side in the sentence, while it is read.
    pub(crate) genre_runs: Vec<GenreRun>,
    /// Moods, while the sentence is read.
    pub(crate) moods: Vec<MoodSaid>,
    /// Parts that were understood and have no effect beside others.
    pub(crate) without_effect: Vec<(usize, usize)>,
    /// Themes and the like: a film is of all of them.
    pub(crate) named: Vec<Named>,
    /// The films that those have in common.
    pub(crate) only: Vec<MovieId>,
    /// Themes, people, years and films that are not wanted.
    pub(crate) without: Vec<Named>,
    /// The films of those.
    pub(crate) left_out: Vec<MovieId>,
    /// Themes among those, by their place, and where they are said.
    pub(crate) doubtful: Vec<(usize, usize, usize)>,
    /// What was asked for before and need not be.
    pub(crate) lifted: Lifted,
    /// Kinds of which whatever was asked for before need not be: "from any country".
    pub(crate) any: Vec<TopicKind>,
    /// Films that the sentence speaks against.
    pub(crate) disliked: Vec<MovieId>,
    pub(crate) within: Option<(u16, u16)>,
    pub(crate) year_from: Option<u16>,
    pub(crate) year_to: Option<u16>,
    /// Years that "recent" and "old" stand for, where none are told.
    pub(crate) vague_from: Option<u16>,
    pub(crate) vague_to: Option<u16>,
    /// A decade in which somebody was young, and where it is said.
    pub(crate) of_life: Option<(YearBound, usize, usize)>,
    /// What "short" and "long" stand for, where no length is told.
    pub(crate) vague_length: Option<Named>,
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
}

impl Request {
    /// Whether genres or years are asked for.
    pub(crate) fn has_conditions(&self) -> bool {
        !self.genres.is_empty()
            || !self.exclude_genres.is_empty()
            || self.within.is_some()
            || self.year_from.is_some()
            || self.year_to.is_some()
            || self.vague_from.is_some()
            || self.vague_to.is_some()
            || !self.named.is_empty()
            || !self.without.is_empty()
            || !self.moods.is_empty()
    }

    /// Whether the sentence says years, lengths, languages or what is not wanted, and nothing that films are about: alone
    /// it is no question of its own.
    pub(crate) fn only_limits(&self) -> bool {
        use crate::topics::TopicKind::{LengthAtLeast, LengthAtMost, Origin};
        let is_limit = |named: &Named| matches!(named.topic.kind, LengthAtMost | LengthAtLeast | Origin);
        self.has_conditions()
            && self.genres.is_empty()
            && self.moods.is_empty()
            && self.titles.is_empty()
            && self.disliked.is_empty()
            && self.named.iter().all(is_limit)
    }

    /// Whether the sentence says what is not wanted, and nothing that is.
    pub(crate) fn only_rules_out(&self) -> bool {
        let rules_out = !(self.without.is_empty() && self.exclude_genres.is_empty() && self.disliked.is_empty());
        rules_out && self.genres.is_empty() && self.named.is_empty() && self.titles.is_empty()
    }

    pub(crate) fn filters(&self) -> Filters {
        let (first, last) = self.within.unzip();
        // "not that old, say from the 60s on": what is told goes before what a word stands for.
        let (from, to) = (self.year_from.or(self.vague_from), self.year_to.or(self.vague_to));
        let (mut year_from, mut year_to) = (from.max(first), [to, last].into_iter().flatten().min());
        // "an old 90s film" is of the nineties.
        if self.within.is_some() && year_from.zip(year_to).is_some_and(|(from, to)| from > to) {
            (year_from, year_to) = (first, last);
        }
        Filters {
            genres: once(self.genres.iter().filter(|genre| !self.exclude_genres.contains(genre))),
            exclude_genres: once(self.exclude_genres.iter()),
            year_from,
            year_to,
            exclude_seen: !self.seen_too,
            movie_ids: self.only.clone(),
            exclude_movie_ids: self.left_out.clone(),
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

    fn restrict_vaguely(&mut self, bound: YearBound) {
        match bound {
            YearBound::From(from) => self.vague_from = self.vague_from.max(Some(from)),
            YearBound::To(to) => self.vague_to = Some(self.vague_to.map_or(to, |known| known.min(to))),
            YearBound::Within(..) => self.restrict_years(bound),
        }
    }

    fn says_years(&self) -> bool {
        [self.year_from, self.year_to, self.vague_from, self.vague_to].iter().any(Option::is_some)
            || self.within.is_some()
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
    pub(crate) catalogue: &'a Catalogue,
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

    pub(crate) fn tokens(&self) -> &'a [Token] {
        &self.sentence.tokens
    }

    /// Reads the whole sentence.
    pub(crate) fn read(&self) -> Request {
        self.read_around(&[])
    }

    /// Reads the whole sentence, where it is known already that these are titles.
    pub(crate) fn read_around(&self, known: &[TitleSlot]) -> Request {
        let mut request = Request::default();
        let mut alternatives = Alternatives::default();
        let mut at = 0;
        while at < self.sentence.len() {
            let (named, genres, runs) = (request.named.len(), request.genres.len(), request.genre_runs.len());
            if let Some(slot) = known.iter().find(|slot| slot.from == at) {
                request.titles.push(slot.clone());
                at = slot.to;
            } else if let Some(next) = self.title_announced(at) {
                at = match self.read_person_liked(next, &mut request) {
                    Some(end) => self.read_more_liked(next, end, &mut alternatives, &mut request),
                    None => self.read_titles(next, &mut request),
                };
            } else if let Some(next) = self.read_part(at, &mut request) {
                let says_more = request.named.len() > named || request.genre_runs.len() > runs;
                if let Some(end) = self.optional_after(next).filter(|_| says_more) {
                    request.named.truncate(named);
                    request.genres.truncate(genres);
                    request.genre_runs.truncate(runs);
                    request.leave_unread(at, end);
                    at = end;
                    continue;
                }
                if request.named.len() > named {
                    self.join_alternatives(at, next, &mut alternatives, &mut request.named);
                }
                at = next;
            } else {
                request.leave_unread(at, at + 1);
                at += 1;
            }
        }
        self.settle_what_is_vague(&mut request);
        Self::take_moods(&mut request);
        self.join_genres(&mut request);
        // "not Godard, I am so over Godard": what was ruled out is not wanted after that.
        let without = std::mem::take(&mut request.without);
        request.named.retain(|named| {
            !without.iter().any(|ruled_out| leaves_nothing_of(std::slice::from_ref(named), &ruled_out.films))
        });
        request.without = without;
        request.only = in_common(&request.named, self.catalogue);
        self.drop_what_has_no_effect(&mut request);
        // "not godard, I've had it with godard" says it once.
        let mut told = HashSet::new();
        request.without.retain(|named| told.insert(named.topic.label.clone()));
        request.left_out = left_out(&request.without, self.catalogue);
        request
    }

    /// "short, under 100 minutes" is of one length, and "I grew up in the 80s, but something new" is not of the eighties.
    fn settle_what_is_vague(&self, request: &mut Request) {
        if let Some(vague) = request.vague_length.take()
            && !request.named.iter().any(|named| named.topic.kind == vague.topic.kind)
        {
            request.named.push(vague);
        }
        let Some((bound, from, to)) = request.of_life.take() else { return };
        match request.says_years() {
            true => request.without_effect.push((from, to)),
            false => request.restrict_years(bound),
        }
    }

    /// Genres that are named go before those that a mood stands for: "slow burn horror" is horror.
    fn take_moods(request: &mut Request) {
        let named = request.genres.clone();
        for mood in std::mem::take(&mut request.moods) {
            if named.is_empty() || mood.wants.is_empty() {
                request.genres.extend(mood.wants);
                request.exclude_genres.extend(mood.avoids);
            } else if !mood.wants.iter().any(|genre| named.contains(genre)) {
                request.without_effect.push((mood.from, mood.to));
            }
        }
    }

    /// The place after "like" or "similar to", unless a longer phrase begins there ("like this").
    fn title_announced(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens();
        if let Some(next) = self.misspelt_announcement(at) {
            return Some(next);
        }
        let (longer, longest) = lexicon::meanings(tokens, at).next()?;
        let next = lexicon::after(tokens, at, Meaning::LikeTitle)?;
        // "después de 2010" announces a year, "después de ver Fargo" a film.
        if years::bound(tokens, at, self.newest, false).is_some() {
            return None;
        }
        // "como mucho dos horas".
        if self.length_begins(at) {
            return None;
        }
        // "films like One Crazy Summer", "movies like At Close Range": what follows is a title, if misspelt.
        let follows_films = at > 0 && lexicon::after(tokens, at - 1, Meaning::FilmNoun) == Some(at);
        // "seen it like five times" counts, and names nothing.
        let is_number = |word: &Token| {
            word.year().is_none() && (word.number().is_some() || lexicon::number_word(&word.word).is_some())
        };
        let names_film = || {
            let mut ends = self.title_ends(next).into_iter();
            ends.any(|end| self.index.find_as(&tokens[next..end], Reading::Exact).is_some())
        };
        let may_count = tokens[at].word == "like" && at > 0 && !follows_films;
        if may_count && tokens.get(next).is_some_and(is_number) && !names_film() {
            return None;
        }
        // "based on a true story" announces no title.
        if self.index.theme_at(tokens, at).is_some_and(|(_, end)| end > next) {
            return None;
        }
        let titled_past = |least: usize| {
            let mut ends = self.title_ends(next).into_iter().rev().filter(|end| *end > least);
            ends.any(|end| self.index.find_as(&tokens[next..end], Reading::Exact).is_some())
        };
        // "what is the weather like in London".
        let is_place = tokens.get(next).is_some_and(|word| matches!(word.word.as_str(), "in" | "at"));
        if is_place && !follows_films && !titled_past(next) {
            return None;
        }
        // "films like This Is Spinal Tap" are no more of the same, and "like To Die For" is no wish.
        let titled = || titled_past(longest);
        (next == longest || (matches!(longer, Meaning::More | Meaning::Filler) && titled())).then_some(next)
    }

    /// The place after "simliar to" and the like.
    fn misspelt_announcement(&self, at: usize) -> Option<usize> {
        let word = &self.tokens().get(at)?.word;
        let known = tokenize(lexicon::corrected(word).filter(|_| word.len() >= LONG_ENOUGH_TO_ANNOUNCE)?);
        lexicon::after(&known, 0, Meaning::LikeTitle)?;
        let joint = self.tokens().get(at + 1).is_some_and(|next| matches!(next.word.as_str(), "to" | "a" | "al"));
        Some(at + 1 + usize::from(joint))
    }

    /// Reads "A, B and C" and returns the place after it; nothing is read where no title begins.
    pub(crate) fn read_titles(&self, from: usize, request: &mut Request) -> usize {
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
        if first && self.is_lone_genre(at) {
            return None;
        }
        let may_be_genre = |end: usize| !first && end == at + 1 && self.genres_at(at).is_some();
        // "Scream pero que no ..." turns after a title: "scream pero" is no typo of "Screamers".
        let is_exact = |end: usize| self.index.find_as(&self.tokens()[at..end], Reading::Exact).is_some();
        let turn = ends.iter().copied().find(|end| self.turns(*end) && is_exact(*end));
        // "Relatos salvajes, ¿hay más?" is no misspelt longer title.
        let known = ends.iter().copied().find(|end| is_exact(*end));
        let adds_nothing = |end: usize| {
            known.is_some_and(|known| known < end && self.tokens()[known..end].iter().all(everyday::is_everyday))
        };
        let reaches = |end: usize| is_exact(end) || (turn.is_none_or(|turn| end <= turn) && !adds_nothing(end));
        // "Fargo, nothing from before 1990" speaks of no film called "Nothing".
        let may_be_turn = |end: usize| !first && end == at + 1 && self.turns(at);
        let may_be_title = |end: &usize| !may_be_genre(*end) && !may_be_turn(*end) && reaches(*end);
        for end in ends.iter().rev().copied().filter(may_be_title) {
            if let Some(found) = self.whole_title(at, end) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        let turns = !first && self.turns(at);
        // "When Harry Met Sally, would enjoy": a list of titles does not go on with a word that carries nothing.
        let goes_astray = !first
            && !is_article(&self.tokens()[at].word)
            && lexicon::meanings(self.tokens(), at).next().is_some_and(|(meaning, _)| {
                matches!(meaning, Meaning::Filler | Meaning::Tail | Meaning::ForMe | Meaning::More)
            });
        if turns || goes_astray || self.says_no_title(at, shortest, first) {
            return None;
        }
        // "based on that" speaks of no film called "That ...".
        if self.tokens()[at..shortest].iter().all(|token| points(&token.word)) {
            return None;
        }
        for end in ends.iter().rev().copied() {
            if let Some(found) = self.index.find_as(&self.tokens()[at..end], Reading::Part) {
                return Some(TitleSlot { from: at, to: end, found });
            }
        }
        self.title_among_words(at, shortest).or_else(|| {
            let (from, to) = self.trimmed(at, shortest);
            // "me encantó, ¿hay más?" names nothing.
            if self.tokens()[from..to].iter().all(everyday::is_everyday) && !(at + 1..=shortest).any(is_exact) {
                return None;
            }
            let nearest = self.index.nearest(&self.tokens()[from..to]);
            Some(TitleSlot { from, to: shortest, found: TitleMatch::Nothing { nearest } })
        })
    }

    /// "I love romance" is no verdict on the film of that name.
    fn is_lone_genre(&self, at: usize) -> bool {
        let tokens = self.tokens();
        let from = at + usize::from(tokens.get(at).is_some_and(|token| is_article(&token.word)));
        let is_genre = self.genres_at(from).is_some_and(|(_, end)| end == from + 1);
        is_genre
            && self.sentence.typed(from, from + 1).starts_with(char::is_lowercase)
            && (from + 1 == tokens.len()
                || self.sentence.breaks_before(from + 1)
                || lexicon::after(tokens, from + 1, Meaning::And).is_some())
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
        // A word of the lexicon is spelt right; "horror" is no typo of a title, nor is "the first".
        let named = fold::without_article(tokens);
        let is_word = |token: &Token| {
            lexicon::is_known(&token.word)
                || patterns::says(&token.word)
                || places::place(&token.word).is_some()
                || self.index.theme_at(std::slice::from_ref(token), 0).is_some()
        };
        if let [word] = named
            && is_word(word)
        {
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
                // "Stranger Things" are no things like "The Stranger".
                && !matches!(tokens[at].word.as_str(), "things" | "stuff" | "cosas")
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

    /// Whether a "but" or a "not" stands here.
    fn turns(&self, at: usize) -> bool {
        lexicon::meanings(self.tokens(), at).any(|(meaning, _)| matches!(meaning, Meaning::But | Meaning::Not))
    }

    fn stops_title(&self, at: usize) -> bool {
        let tokens = self.tokens();
        self.is_list_joint(at)
            || self.fact_begins(at)
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
}

fn once<'g>(genres: impl Iterator<Item = &'g String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for genre in genres.filter(|genre| !genre.is_empty()) {
        if !seen.contains(genre) {
            seen.push(genre.clone());
        }
    }
    seen
}

/// Words that stand for what was spoken of.
fn points(word: &str) -> bool {
    matches!(
        word,
        "that"
            | "this"
            | "these"
            | "those"
            | "it"
            | "them"
            | "esa"
            | "ese"
            | "eso"
            | "esas"
            | "esos"
            | "esta"
            | "este"
            | "esto"
            | "estas"
            | "estos"
            | "ella"
            | "ellas"
    )
}

/// "new", "old": words that are also parts of titles, and so end none.
fn is_plain_condition(tokens: &[Token], at: usize) -> bool {
    lexicon::meanings(tokens, at).any(|(meaning, _)| matches!(meaning, Meaning::Recent | Meaning::Old))
}
