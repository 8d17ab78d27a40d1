//! Which films a title means: an index over all titles, built once for a catalogue.
//! Forgives case, accents, punctuation, articles, typos and a missing year; never reads anything but titles and years.
//! A few lines longer than other files: each way of reading a title builds on the stricter one before it.

mod beside;
mod build;
mod namesakes;
mod typing;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use cineswarm_engine::MovieId;

use crate::words::fold::{Token, is_article, key, spelt_key, tokenize, without_article};
use crate::words::spelling::{Signature, Spelling, tolerated_edits};

/// How many films are offered where a title fits several.
const MAX_CANDIDATES: usize = 8;
/// Letters by which a title that is offered may differ: each more lets through the sieve many more to compare.
const MAX_NEAREST_EDITS: usize = 3;
/// How many films are offered where a title fits none.
const MAX_NEAREST: usize = 3;
/// Letters of a title in whose first one nobody errs.
const SHORT_TITLE: usize = 5;
/// Films that most people have heard of.
const WELL_KNOWN: usize = 2000;
/// Words of a query that are looked at; no title is longer.
pub(crate) const MAX_TITLE_TOKENS: usize = 40;

/// One film found while a person types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The film.
    pub movie_id: MovieId,
    /// How well the title fits: 1 for the whole title, 0.8 for its beginning, 0.6 for words of it, 0.4 with typos.
    pub quality: f32,
}

/// What a title in a sentence means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitleMatch {
    /// One film fits best.
    One(MovieId),
    /// These fit equally well, the most rated first.
    Several(Vec<MovieId>),
    /// None fits; these have the most similar titles, the most similar first (often none).
    Nothing {
        /// Films whose titles resemble the text.
        nearest: Vec<MovieId>,
    },
}

/// How freely a title may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reading {
    /// The whole title, folded.
    Exact,
    /// The whole title with few typos.
    Close,
    /// The beginning of a title, or words that stand together in it.
    Part,
    /// Words anywhere in a title.
    Loose,
    /// Words anywhere in a title, with typos in each: to be asked, never to be taken.
    Guess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NameKind {
    Title,
    OtherTitle,
    /// What stands before or after a colon or dash: "A New Hope".
    Segment,
}

#[derive(Debug)]
struct Film {
    id: MovieId,
    year: Option<u16>,
    ratings: u32,
    /// The key of its title, to know two films of one title apart from two titles of one film.
    key: String,
}

/// A string under which a film can be found.
#[derive(Debug)]
struct Name {
    film: u32,
    kind: NameKind,
    /// The key without a leading article; with numbers in digits or, for a second name, as they are written.
    key: String,
    signature: Signature,
    /// The leading article, where there is one.
    article: String,
    /// Number of words, each run of [`TitleIndex::words_of_names`]; none for segments.
    words: std::ops::Range<u32>,
}

/// All titles of a catalogue, ready to be searched.
#[derive(Debug)]
pub struct TitleIndex {
    films: Vec<Film>,
    names: Vec<Name>,
    by_key: HashMap<String, Vec<u32>>,
    /// Numbers of `names`, sorted by key: a prefix is a range.
    sorted_names: Vec<u32>,
    /// Every word of a title, sorted: a prefix is a range.
    vocabulary: Vec<Word>,
    /// Numbers of `names` and places in `vocabulary` by count of characters: a typo changes it little.
    /// With the signatures side by side, so that the sieve runs through memory in order.
    names_by_length: Vec<Vec<(Signature, u32)>>,
    words_by_length: Vec<Vec<(Signature, u32)>>,
    /// The words of each name in order, as places in `vocabulary`, names one after the other.
    words_of_names: Vec<u32>,
    /// Ratings of a film that most people have heard of.
    well_known: u32,
    /// The year of the newest film.
    pub(crate) newest: u16,
    /// From the usual name of a genre to the catalogue's.
    pub(crate) genre_names: HashMap<String, String>,
    pub(crate) tagged: crate::films::themes::Tagged,
    pub(crate) knowledge: crate::films::knowledge::Knowledge,
}

#[derive(Debug)]
struct Word {
    text: String,
    signature: Signature,
    /// The names with this word, ascending.
    names: Vec<u32>,
}

impl TitleIndex {
    /// The film or films that a title in a sentence means.
    pub fn find(&self, text: &str) -> TitleMatch {
        self.find_tokens(&tokenize(text))
    }

    pub(crate) fn find_tokens(&self, tokens: &[Token]) -> TitleMatch {
        for reading in [Reading::Exact, Reading::Close, Reading::Part, Reading::Loose, Reading::Guess] {
            if let Some(found) = self.find_as(tokens, reading) {
                return found;
            }
        }
        TitleMatch::Nothing { nearest: self.nearest(tokens) }
    }

    /// The films a title means if it is read as freely as `reading` and no freer; `None` if there is none.
    pub(crate) fn find_as(&self, tokens: &[Token], reading: Reading) -> Option<TitleMatch> {
        if tokens.is_empty() || tokens.len() > MAX_TITLE_TOKENS {
            return None;
        }
        let films = self.films_as(tokens, reading);
        if !films.is_empty() {
            let films = if reading == Reading::Exact { self.far_better_known(films) } else { films };
            return Some(self.one_or_several(films));
        }
        if let Some(titled) = split_unknown_year(tokens) {
            let films = self.films_as(titled, reading);
            return self.keep(films, |own| own.is_none());
        }
        let (titled, year) = split_year(tokens)?;
        let mut films = self.films_as(titled, reading);
        // "Heat from 1995", but also "What Planet Are You From? (2000)".
        if films.is_empty()
            && let Some((link, rest)) = titled.split_last()
            && matches!(link.word.as_str(), "from" | "of" | "de" | "del")
        {
            films = self.films_as(rest, reading);
        }
        // People are often a year off; a film of the very year still goes first.
        self.keep(films.clone(), |own| own == Some(year))
            .or_else(|| self.keep(films, |own| own.is_some_and(|own| own.abs_diff(year) <= 1)))
    }

    /// Every film with a name that begins so: all of "Harry Potter".
    pub(crate) fn named_so(&self, tokens: &[Token]) -> Vec<MovieId> {
        let words = self.known_words(tokens, 0);
        if words.is_empty() || words.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let begins_so = |name: &&Name| {
            let own = &self.words_of_names[name.words.start as usize..name.words.end as usize];
            own.len() >= words.len() && own.iter().zip(&words).all(|(own, meant)| meant.contains(own))
        };
        let mut films: Vec<u32> = self.names.iter().filter(begins_so).map(|name| name.film).collect();
        films.sort_unstable();
        films.dedup();
        films.into_iter().map(|film| self.films[film as usize].id).collect()
    }

    /// Every film with a name in which these words stand together, the best known first.
    pub(crate) fn with_part(&self, tokens: &[Token]) -> Vec<MovieId> {
        let words = self.known_words(tokens, 0);
        let (mut films, inside) = self.parts(&words, true);
        films.extend(inside);
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        films.dedup();
        films.into_iter().map(|film| self.films[film as usize].id).collect()
    }

    /// Whether a film is among those that most people have heard of.
    pub(crate) fn is_well_known(&self, movie: MovieId) -> bool {
        self.films.iter().find(|film| film.id == movie).is_some_and(|film| film.ratings >= self.well_known)
    }

    /// Everything that the film is called, folded and without articles.
    pub(crate) fn keys_of(&self, movie: MovieId) -> impl Iterator<Item = &str> {
        let own = move |name: &&Name| name.kind != NameKind::Segment && self.films[name.film as usize].id == movie;
        self.names.iter().filter(own).map(|name| name.key.as_str())
    }

    fn keep(&self, mut films: Vec<u32>, year: impl Fn(Option<u16>) -> bool) -> Option<TitleMatch> {
        films.retain(|film| year(self.films[*film as usize].year));
        (!films.is_empty()).then(|| self.one_or_several(films))
    }

    fn one_or_several(&self, mut films: Vec<u32>) -> TitleMatch {
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        // Two entries of one title and one year are told apart by nobody; the most rated stands for both.
        let mut told_apart = HashSet::new();
        films.retain(|film| {
            let film = &self.films[*film as usize];
            told_apart.insert((film.key.as_str(), film.year))
        });
        films.truncate(MAX_CANDIDATES);
        let ids: Vec<MovieId> = films.iter().map(|film| self.films[*film as usize].id).collect();
        match ids.as_slice() {
            [only] => TitleMatch::One(*only),
            _ => TitleMatch::Several(ids),
        }
    }

    fn by_popularity(&self, film: u32) -> (Reverse<u32>, MovieId) {
        let film = &self.films[film as usize];
        (Reverse(film.ratings), film.id)
    }

    fn films_as(&self, tokens: &[Token], reading: Reading) -> Vec<u32> {
        match reading {
            Reading::Exact => self.exact(tokens),
            Reading::Close => self.close(tokens),
            Reading::Part => self.part(&self.known_words(tokens, 0), true),
            Reading::Loose => {
                let words = self.known_words(tokens, 0);
                self.part(&words, false)
            }
            Reading::Guess => {
                let corrected = self.known_words(tokens, 2);
                let together = self.part(&corrected, true);
                if together.is_empty() { self.part(&corrected, false) } else { together }
            }
        }
    }

    fn exact(&self, tokens: &[Token]) -> Vec<u32> {
        // Lists sort "The Matrix" as "Matrix, The", and people paste it so; "solo una" is no "Solo".
        let tokens = match tokens {
            [rest @ .., before, last]
                if is_article(&last.word) && last.start > before.end + 1 && !self.by_key.contains_key(&key(tokens)) =>
            {
                &tokens[..=rest.len()]
            }
            _ => tokens,
        };
        let stripped = without_article(tokens);
        let mut names: Vec<u32> = Vec::new();
        for name_key in keys(stripped) {
            names.extend(self.by_key.get(&name_key).into_iter().flatten());
        }
        // A film called "A ..." is found by its first word too.
        if stripped.len() < tokens.len() {
            for name_key in keys(tokens) {
                names.extend(self.by_key.get(&name_key).into_iter().flatten());
            }
        }
        // "1" is a place, and no "The One"; "9" is a film.
        if let [number] = stripped
            && number.number().is_some()
        {
            names.retain(|name| !self.is_number_in_words(*name));
        }
        let article = if stripped.len() < tokens.len() { tokens[0].word.as_str() } else { "" };
        let rank = |name: &u32| {
            let name = &self.names[*name as usize];
            (name.kind, name.article != article)
        };
        let Some(best) = names.iter().map(rank).min() else { return Vec::new() };
        let mut films: Vec<u32> =
            names.iter().filter(|name| rank(name) == best).map(|name| self.names[*name as usize].film).collect();
        if best.0 == NameKind::Title {
            films.extend(self.better_known_series(&names, &films));
            if let Some(known) = self.far_better_known_by_it(&names, &films) {
                films = vec![known];
            }
        }
        films.extend(self.better_known_spelling(tokens, &films));
        films.sort_unstable();
        films.dedup();
        films
    }

    /// Whether the name is a number that its title has in words: the name with these stands after it.
    fn is_number_in_words(&self, name: u32) -> bool {
        let (own, next) = (&self.names[name as usize], self.names.get(name as usize + 1));
        next.is_some_and(|next| next.film == own.film && next.kind == own.kind && next.key.parse::<u64>().is_err())
    }

    /// "Inglorious Bastards" is a film that few have seen, and a misspelling of one that many have: the person is asked.
    fn better_known_spelling(&self, tokens: &[Token], exact: &[u32]) -> Vec<u32> {
        const LONG_ENOUGH: usize = 12;
        let typed = key(without_article(tokens));
        let is_obscure = |film: &u32| self.films[*film as usize].ratings < self.well_known;
        if exact.is_empty() || typed.len() < LONG_ENOUGH || !exact.iter().all(is_obscure) {
            return Vec::new();
        }
        let near = Spelling::within(&typed, tolerated_edits(&typed));
        let found = self.names_near(&near).map(|(_, name)| name);
        found.filter(|name| name.kind == NameKind::Title && !is_obscure(&name.film)).map(|name| name.film).collect()
    }

    /// "Lord of the Rings" is also the whole title of a film few have seen: where the films of a series ("Title: ...")
    /// are rated far more, the person is asked.
    fn better_known_series(&self, names: &[u32], exact: &[u32]) -> Vec<u32> {
        let most_rated = exact.iter().map(|film| self.films[*film as usize].ratings).max().unwrap_or(0);
        names
            .iter()
            .map(|name| &self.names[*name as usize])
            .filter(|name| name.kind == NameKind::Segment)
            .map(|name| name.film)
            .filter(|film| self.films[*film as usize].ratings > most_rated.saturating_mul(3))
            .collect()
    }

    /// Whole titles with the fewest typos.
    fn close(&self, tokens: &[Token]) -> Vec<u32> {
        let mut found: Vec<((usize, NameKind), u32)> = Vec::new();
        let misspelt_article = without_misspelt_article(tokens).into_iter().flat_map(keys);
        for name_key in keys(without_article(tokens)).chain(misspelt_article) {
            let edits = tolerated_edits(&name_key);
            // Few mistype the first letter: "Roma" is no misspelt "Coma".
            let is_short = name_key.len() <= SHORT_TITLE;
            let near = Spelling::within(&name_key, edits);
            let begins_so = |name: &Name| {
                !is_short || (name.kind == NameKind::Title && name.key.bytes().next() == name_key.bytes().next())
            };
            let near = self.names_near(&near).filter(|(_, name)| begins_so(name));
            found.extend(near.map(|(distance, name)| ((distance, name.kind), name.film)));
        }
        // "th etruman show": the space went to the wrong place.
        if let Some(names) = key(tokens).strip_prefix("the").and_then(|rest| self.by_key.get(rest)) {
            found.extend(names.iter().map(|name| &self.names[*name as usize]).map(|name| ((1, name.kind), name.film)));
        }
        let Some(least) = found.iter().map(|(distance, _)| *distance).min() else { return Vec::new() };
        let mut films: Vec<u32> =
            found.into_iter().filter(|(distance, _)| *distance == least).map(|(_, film)| film).collect();
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        films.dedup();
        // A typo is a guess anyway: a film that everybody knows is meant rather than one that nobody knows.
        let ratings = |at: usize| films.get(at).map_or(0, |film: &u32| self.films[*film as usize].ratings);
        if ratings(0) > ratings(1).saturating_mul(10) {
            films.truncate(1);
        }
        films
    }

    /// The names that are spelt nearly so, and how far apart they are.
    fn names_near<'a>(&'a self, spelling: &'a Spelling) -> impl Iterator<Item = (usize, &'a Name)> + 'a {
        spelling.lengths().filter_map(|length| self.names_by_length.get(length)).flatten().filter_map(
            |(signature, name)| {
                if !spelling.may_be_near(*signature) {
                    return None;
                }
                let name = &self.names[*name as usize];
                Some((spelling.distance(&name.key, *signature)?, name))
            },
        )
    }

    /// For each token the places in the vocabulary it may mean, and whether it carries meaning of its own. `None` for a
    /// word that is in no title. With `edits` a word that is in no title is taken for the nearest that is.
    fn known_words(&self, tokens: &[Token], edits: usize) -> Vec<Vec<u32>> {
        without_article(tokens)
            .iter()
            .map(|token| {
                let mut places: Vec<u32> = [&token.canonical, &token.word]
                    .into_iter()
                    .filter_map(|text| self.vocabulary.binary_search_by(|word| word.text.as_str().cmp(text)).ok())
                    .map(|place| place as u32)
                    .collect();
                places.dedup();
                if places.is_empty() && edits > 0 {
                    places = self.nearest_words(&token.word, edits);
                }
                places
            })
            .collect()
    }

    fn nearest_words(&self, word: &str, edits: usize) -> Vec<u32> {
        let spelling = Spelling::within(word, tolerated_edits(word).min(edits));
        let found: Vec<(usize, u32)> = spelling
            .lengths()
            .filter_map(|length| self.words_by_length.get(length))
            .flatten()
            .filter(|(signature, _)| spelling.may_be_near(*signature))
            .filter_map(|(signature, place)| {
                let known = &self.vocabulary[*place as usize];
                Some((spelling.distance(&known.text, *signature)?, *place))
            })
            .collect();
        let least = found.iter().map(|(distance, _)| *distance).min();
        found.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, place)| place).collect()
    }

    /// Films with a name that has all these words, standing `together` in this order or anywhere. Of those found at
    /// the beginning of a name and those found inside, only the former.
    fn part(&self, words: &[Vec<u32>], together: bool) -> Vec<u32> {
        let (beginning, inside) = self.parts(words, together);
        let mut films = if beginning.is_empty() { inside } else { beginning };
        films.sort_unstable();
        films.dedup();
        films
    }

    /// Films with a name that begins with these words, and with one that has them inside.
    fn parts(&self, words: &[Vec<u32>], together: bool) -> (Vec<u32>, Vec<u32>) {
        let says_something = words.iter().flatten().any(|place| {
            let text = &self.vocabulary[*place as usize].text;
            text.chars().count() >= 3 && !is_article(text) && !matches!(text.as_str(), "and" | "for" | "from" | "with")
        });
        if !says_something || words.iter().any(Vec::is_empty) {
            return Default::default();
        }
        let count = |places: &Vec<u32>| -> usize {
            places.iter().map(|place| self.vocabulary[*place as usize].names.len()).sum()
        };
        let Some(rarest) = words.iter().min_by_key(|places| count(places)) else { return Default::default() };
        let (mut beginning, mut inside) = (Vec::new(), Vec::new());
        for name in rarest.iter().flat_map(|place| &self.vocabulary[*place as usize].names) {
            let name = &self.names[*name as usize];
            let own = &self.words_of_names[name.words.start as usize..name.words.end as usize];
            if together {
                let fits = |from: &[u32]| from.iter().zip(words).all(|(own, meant)| meant.contains(own));
                match own.windows(words.len()).position(fits) {
                    Some(0) => beginning.push(name.film),
                    Some(_) => inside.push(name.film),
                    None => {}
                }
            } else if words.iter().all(|meant| own.iter().any(|own| meant.contains(own))) {
                inside.push(name.film);
            }
        }
        (beginning, inside)
    }

    /// Films with the most similar titles, for "did you mean".
    pub(crate) fn nearest(&self, tokens: &[Token]) -> Vec<MovieId> {
        let tokens = &tokens[..tokens.len().min(MAX_TITLE_TOKENS)];
        let titled = split_year(tokens).map_or(tokens, |(titled, _)| titled);
        for reading in [Reading::Exact, Reading::Close, Reading::Part, Reading::Loose, Reading::Guess] {
            let mut films = self.films_as(titled, reading);
            if !films.is_empty() {
                films.sort_unstable_by_key(|film| self.by_popularity(*film));
                return films.into_iter().take(MAX_NEAREST).map(|film| self.films[film as usize].id).collect();
            }
        }
        // Many of the words, or a spelling a third of whose letters differ.
        let wanted = key(without_article(titled));
        let length = wanted.chars().count();
        let spelling = Spelling::within(&wanted, (length / 3).min(MAX_NEAREST_EDITS));
        let mut scored: HashMap<u32, f32> = HashMap::new();
        let begins_so = |name: &Name| {
            length > SHORT_TITLE || (name.kind == NameKind::Title && name.key.chars().next() == wanted.chars().next())
        };
        for (distance, name) in self.names_near(&spelling).filter(|(_, name)| begins_so(name)) {
            let score = 1.0 - distance as f32 / length.max(1) as f32;
            let best = scored.entry(name.film).or_insert(0.0);
            *best = best.max(score);
        }
        let telling: Vec<&Token> =
            titled.iter().filter(|token| token.word.chars().count() >= 4 && !is_article(&token.word)).collect();
        if telling.len() >= 2 {
            let mut shared: HashMap<u32, usize> = HashMap::new();
            for token in &telling {
                let places = self.known_words(std::slice::from_ref(*token), 2);
                let films: HashSet<u32> = places
                    .iter()
                    .flatten()
                    .flat_map(|place| &self.vocabulary[*place as usize].names)
                    .map(|name| self.names[*name as usize].film)
                    .collect();
                for film in films {
                    *shared.entry(film).or_default() += 1;
                }
            }
            for (film, words) in shared {
                if words * 2 >= telling.len() && words >= 2 {
                    let score = words as f32 / telling.len() as f32;
                    let best = scored.entry(film).or_insert(0.0);
                    *best = best.max(score);
                }
            }
        }
        let mut ranked: Vec<(u32, f32)> = scored.into_iter().collect();
        ranked.sort_by(|(left, left_score), (right, right_score)| {
            right_score.total_cmp(left_score).then_with(|| self.by_popularity(*left).cmp(&self.by_popularity(*right)))
        });
        ranked.into_iter().take(MAX_NEAREST).map(|(film, _)| self.films[film as usize].id).collect()
    }
}

/// The key with numbers in digits and, if it differs, with numbers as written.
fn keys(tokens: &[Token]) -> impl Iterator<Item = String> {
    let canonical = key(tokens);
    let spelt = Some(spelt_key(tokens)).filter(|spelt| *spelt != canonical);
    std::iter::once(canonical).chain(spelt)
}

/// A year after a title: "Heat 1995", "Heat (1995)".
fn split_year(tokens: &[Token]) -> Option<(&[Token], u16)> {
    let (last, titled) = tokens.split_last().filter(|(_, titled)| !titled.is_empty())?;
    Some((titled, last.year()?))
}

/// The words after a first word that is nearly "the".
fn without_misspelt_article(tokens: &[Token]) -> Option<&[Token]> {
    let (first, rest) = tokens.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let nearly = first.word.len() <= 4 && !is_article(&first.word) && strsim::osa_distance(&first.word, "the") == 1;
    nearly.then_some(rest)
}

/// The words by which a film without a year is told from others of its title; see `replies::film_name`.
fn split_unknown_year(tokens: &[Token]) -> Option<&[Token]> {
    let count = tokens.len().checked_sub(2).filter(|count| *count > 0)?;
    let (titled, tail) = tokens.split_at(count);
    matches!((tail[0].word.as_str(), tail[1].word.as_str()), ("year", "unknown") | ("ano", "desconocido"))
        .then_some(titled)
}
