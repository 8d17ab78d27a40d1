//! Reads a sentence from left to right into its parts: titles, genres, years, counts, and what was not understood.
//! Never decides what the parts together ask for; `decide.rs` does.

mod conditions;
mod counts;
mod denied;
pub(crate) mod facts;
mod happened;
mod inside;
mod joining;
mod lengths;
mod lifted;
mod people;
mod titles_said;
mod unwanted;
mod unwanted_films;
mod without_effect;

pub(crate) use self::joining::films_ruled_out;
pub use self::joining::{either_topic, films_of, parts_of_either};

use self::denied::leaves_nothing_of;

use std::cell::Cell;
use std::collections::HashSet;

use cineswarm_engine::{Catalogue, Filters, MovieId, UserId};

use crate::films::titles::{TitleIndex, TitleMatch};
use crate::topics::{Alternatives, GenreRun, Lifted, NOTHING_IN_COMMON, Named, TopicKind, in_common, left_out};
use crate::words::fold::{Sentence, Token, tokenize};
use crate::words::years::YearBound;

/// Searches through all titles for misspelt ones, per sentence: each takes up to a millisecond on 60,000 films.
const MAX_TYPO_SEARCHES: usize = 24;

/// A title in a sentence.
#[derive(Clone, Debug)]
pub(crate) struct TitleSlot {
    /// Tokens `from..to`.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) found: TitleMatch,
}

/// A mood that so many genres stand for says more than one of them.
const WIDE_MOOD: usize = 3;

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
    /// Where so many films of one kind are counted, while the sentence is read.
    pub(crate) counted: Option<usize>,
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
        let (mut from, mut to) = (self.year_from.or(self.vague_from), self.year_to.or(self.vague_to));
        if contradict(from, to) {
            (from, to) = (self.year_from, self.year_to);
        }
        let (mut year_from, mut year_to) = (from.max(first), [to, last].into_iter().flatten().min());
        // "an old 90s film" is of the nineties.
        if self.within.is_some() && contradict(year_from, year_to) {
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
    pub(crate) catalogue: &'a Catalogue,
    typo_searches_left: Cell<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sentence: &'a Sentence, index: &'a TitleIndex, catalogue: &'a Catalogue) -> Reader<'a> {
        Reader { sentence, index, catalogue, typo_searches_left: Cell::new(MAX_TYPO_SEARCHES) }
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
        self.settle_contradicting_years(&mut request);
        Self::take_moods(&mut request);
        self.join_genres(&mut request);
        // "not Godard, I am so over Godard": what was ruled out is not wanted after that.
        let without = std::mem::take(&mut request.without);
        request.named.retain(|named| {
            !without.iter().any(|ruled_out| leaves_nothing_of(std::slice::from_ref(named), &ruled_out.films))
        });
        request.without = without;
        request.only = in_common(&request.named, self.catalogue);
        if request.only == NOTHING_IN_COMMON {
            self.leave_out_a_rare_tag(&mut request);
        }
        self.drop_what_has_no_effect(&mut request);
        // "not godard, I've had it with godard" says it once.
        let mut told = HashSet::new();
        request.without.retain(|named| told.insert(named.topic.label.clone()));
        request.left_out = left_out(&request.without, self.catalogue);
        request
    }

    /// "a Korean revenge thriller": viewers tag few films, so that a theme no film of that country has says nothing of it. It is
    /// left out, and that is said.
    fn leave_out_a_rare_tag(&self, request: &mut Request) {
        let is_tag = |named: &Named| named.topic.kind == TopicKind::Theme;
        let Some(at) = request.named.iter().rposition(is_tag) else { return };
        let (before, others) = (&request.named[..at], &request.named[at + 1..]);
        let others: Vec<Named> = before.iter().chain(others).cloned().collect();
        let only = in_common(&others, self.catalogue);
        let said = tokenize(&request.named[at].topic.label);
        let is_said = |own: &[Token]| own.iter().zip(&said).all(|(own, said)| own.word == said.word);
        let place = self.tokens().windows(said.len().max(1)).position(is_said);
        if let Some(place) = place.filter(|_| !others.iter().all(is_tag) && only != NOTHING_IN_COMMON) {
            request.without_effect.push((place, place + said.len()));
            (request.named, request.only) = (others, only);
        }
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

    /// "new or old" is of any year. Of two years that leave none between them neither holds, and that is said.
    fn settle_contradicting_years(&self, request: &mut Request) {
        if contradict(request.vague_from, request.vague_to) {
            (request.vague_from, request.vague_to) = (None, None);
            request.lifted.years |= !request.says_years();
        }
        if contradict(request.year_from, request.year_to) {
            (request.year_from, request.year_to) = (None, None);
            let years = (0..self.sentence.len()).filter(|at| self.tokens()[*at].year().is_some());
            request.without_effect.extend(years.map(|at| (at, at + 1)));
        }
    }

    /// Genres that are named go before those that a mood stands for: "slow burn horror" is horror.
    fn take_moods(request: &mut Request) {
        let named = request.genres.clone();
        for mood in std::mem::take(&mut request.moods) {
            // "no comedies, I mean easy to follow": what would stand for it is not wanted.
            if !mood.wants.is_empty() && mood.wants.iter().all(|genre| request.exclude_genres.contains(genre)) {
                request.without_effect.push((mood.from, mood.to));
            } else if named.is_empty() || mood.wants.is_empty() {
                request.genres.extend(mood.wants);
                request.exclude_genres.extend(mood.avoids);
            } else {
                // A comedy is funny, but science fiction need not be smart.
                let says_it = mood.wants.iter().any(|genre| named.contains(genre)) && mood.wants.len() < WIDE_MOOD;
                if !says_it && mood.wants.iter().any(|genre| !named.contains(genre)) {
                    request.without_effect.push((mood.from, mood.to));
                }
            }
        }
    }
}

/// Whether no year is from the one on and up to the other.
fn contradict(from: Option<u16>, to: Option<u16>) -> bool {
    from.zip(to).is_some_and(|(from, to)| from > to)
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
