//! Which films of a catalogue a viewer's entries are: by their ids through the links, else by title and year.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::{Brought, Entry, Kind};
use crate::catalogue::{Catalogue, Movie};
use crate::movielens::{folded_title, parse_typed_title};
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId};

/// How many films a miss proposes.
const PROPOSED: usize = 5;

/// By what a film was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// By its number on movielens.org, imdb.com or themoviedb.org.
    Id,
    /// By title and year.
    TitleAndYear,
    /// By title, and a year beside: festivals and cinemas are often a year apart. No other film has it.
    YearBeside,
    /// By a title that one film only has; the file gives no year.
    Title,
}

/// An entry whose film was found.
#[derive(Clone, Debug)]
pub struct MatchedEntry {
    /// The entry.
    pub entry: Entry,
    /// The film.
    pub movie: MovieId,
    /// By what.
    pub how: How,
}

/// Why no film was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// No film has the id, and the file gives no title.
    UnknownId,
    /// No film has the title.
    UnknownTitle,
    /// These have the title, but not the year.
    OtherYears(Vec<MovieId>),
    /// Each of these may be meant.
    Several(Vec<MovieId>),
    /// This one has the title, but is another film by its id.
    OtherId(MovieId),
}

/// An entry whose film was not found.
#[derive(Clone, Debug)]
pub struct Unmatched {
    /// The entry.
    pub entry: Entry,
    /// Why.
    pub why: Miss,
}

/// A viewer's films in a catalogue.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// The rated films, each once.
    pub ratings: BTreeMap<MovieId, HalfStars>,
    /// Films seen, rated or not, ascending.
    pub seen: Vec<MovieId>,
    /// Ratings of a film of which another one counts.
    pub rated_again: usize,
    /// What was found.
    pub matched: Vec<MatchedEntry>,
    /// What was not.
    pub unmatched: Vec<Unmatched>,
}

impl Matched {
    /// Finds the films. Of several ratings of one the one in a file of ratings counts, then the latest, then the last.
    pub fn new(brought: Brought, catalogue: &Catalogue) -> Matched {
        let index = Index::new(catalogue);
        let mut found = Matched::default();
        let mut best: BTreeMap<MovieId, ((bool, i64), HalfStars)> = BTreeMap::new();
        for entry in brought.entries {
            let (movie, how) = match index.find(&entry) {
                Ok(found) => found,
                Err(why) => {
                    found.unmatched.push(Unmatched { entry, why });
                    continue;
                }
            };
            if matches!(entry.kind, Kind::Rated | Kind::Watched | Kind::Liked) {
                found.seen.push(movie);
            }
            if let Some(half_stars) = entry.half_stars {
                let weight = entry.weight();
                let known = best.get(&movie).copied();
                found.rated_again += usize::from(known.is_some());
                if known.is_none_or(|(known, _)| weight >= known) {
                    best.insert(movie, (weight, half_stars));
                }
            }
            found.matched.push(MatchedEntry { entry, movie, how });
        }
        found.seen.sort_unstable();
        found.seen.dedup();
        found.ratings = best.into_iter().map(|(movie, (_, half_stars))| (movie, half_stars)).collect();
        found
    }

    /// The ratings as a profile.
    pub fn profile(&self) -> Profile {
        Profile::from_ratings(self.ratings.iter().map(|(movie, half_stars)| (*movie, *half_stars)))
    }
}

struct Index<'a> {
    catalogue: &'a Catalogue,
    imdb: FxHashMap<u32, &'a Movie>,
    tmdb: FxHashMap<u32, &'a Movie>,
    titles: FxHashMap<String, Vec<&'a Movie>>,
}

impl<'a> Index<'a> {
    fn new(catalogue: &'a Catalogue) -> Index<'a> {
        let mut index =
            Index { catalogue, imdb: FxHashMap::default(), tmdb: FxHashMap::default(), titles: FxHashMap::default() };
        for movie in catalogue.movies() {
            if let Some(id) = movie.imdb_id {
                index.imdb.entry(id).or_insert(movie);
            }
            if let Some(id) = movie.tmdb_id {
                index.tmdb.entry(id).or_insert(movie);
            }
            let mut names: Vec<String> =
                std::iter::once(&movie.title).chain(&movie.other_titles).map(|title| folded_title(title)).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                index.titles.entry(name).or_default().push(movie);
            }
        }
        index
    }

    fn find(&self, entry: &Entry) -> Result<(MovieId, How), Miss> {
        let by_link =
            |ids: &FxHashMap<u32, &'a Movie>, id: Option<u32>| id.and_then(|id| ids.get(&id)).map(|movie| movie.id);
        if let Some(movie) = by_link(&self.imdb, entry.imdb_id).or_else(|| by_link(&self.tmdb, entry.tmdb_id)) {
            return Ok((movie, How::Id));
        }
        let named = self.named(entry);
        if let Some(movie) = entry.source_id.as_ref().and_then(|id| self.catalogue.of_source(id)) {
            // Another dataset may give the number to another film.
            if entry.title.is_empty() || named.iter().any(|named| named.id == movie.id) {
                return Ok((movie.id, How::Id));
            }
        }
        if entry.title.is_empty() {
            return Err(Miss::UnknownId);
        }
        let (same, other): (Vec<&Movie>, Vec<&Movie>) = named.into_iter().partition(|movie| !is_another(entry, movie));
        if let ([], [first, ..]) = (same.as_slice(), other.as_slice()) {
            return Err(Miss::OtherId(first.id));
        }
        let Some(year) = entry.year else { return only(&same, How::Title) };
        let of_year: Vec<&Movie> = same.iter().copied().filter(|movie| movie.year == Some(year)).collect();
        if !of_year.is_empty() {
            return only(&of_year, How::TitleAndYear);
        }
        let beside = same.iter().copied().filter(|movie| movie.year.is_some_and(|own| own.abs_diff(year) == 1));
        let beside: Vec<&Movie> = beside.collect();
        match beside.as_slice() {
            [] if same.is_empty() => Err(Miss::UnknownTitle),
            [] => Err(Miss::OtherYears(ids(&same))),
            _ => only(&beside, How::YearBeside),
        }
    }

    /// The films with the title, or its original form; a main title goes before others.
    fn named(&self, entry: &Entry) -> Vec<&'a Movie> {
        let forms = [entry.title.as_str(), entry.original_title.as_str()].map(|title| {
            let parsed = parse_typed_title(title);
            [folded_title(title), folded_title(&parsed.title)]
        });
        let mut found: Vec<&Movie> = Vec::new();
        for name in forms.iter().flatten().filter(|name| !name.is_empty()) {
            for movie in self.titles.get(name).into_iter().flatten() {
                if !found.iter().any(|known| known.id == movie.id) {
                    found.push(movie);
                }
            }
        }
        found
    }
}

/// Whether a film with the entry's title has another id where the entry has one.
fn is_another(entry: &Entry, movie: &Movie) -> bool {
    let differs = |one: Option<u32>, other: Option<u32>| one.is_some() && other.is_some() && one != other;
    differs(entry.imdb_id, movie.imdb_id) || differs(entry.tmdb_id, movie.tmdb_id)
}

fn only(movies: &[&Movie], how: How) -> Result<(MovieId, How), Miss> {
    match movies {
        [] => Err(Miss::UnknownTitle),
        [movie] => Ok((movie.id, how)),
        several => Err(Miss::Several(ids(several))),
    }
}

fn ids(movies: &[&Movie]) -> Vec<MovieId> {
    movies.iter().take(PROPOSED).map(|movie| movie.id).collect()
}
