//! Reads the titles of a catalogue into an index, once. Never searches it.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::Catalogue;

use super::{Film, MAX_TITLE_TOKENS, Name, NameKind, TitleIndex, WELL_KNOWN, Word, keys};
use crate::words::fold::{Token, key, tokenize, without_article};
use crate::words::lexicon::{self, Meaning};
use crate::words::spelling::Signature;

impl TitleIndex {
    /// Reads every title of the catalogue. The index does not change with the catalogue; build a new one.
    pub fn build(catalogue: &Catalogue) -> TitleIndex {
        let mut builder = Builder::default();
        for (movie, stats) in catalogue.movies().iter().zip(catalogue.all_stats()) {
            let tokens = tokenize(&movie.title);
            let film = builder.films.len() as u32;
            let title_key = key(&tokens);
            builder.films.push(Film { id: movie.id, year: movie.year, ratings: stats.ratings, key: title_key });
            builder.add(film, NameKind::Title, &tokens);
            for other in &movie.other_titles {
                builder.add(film, NameKind::OtherTitle, &tokenize(other));
            }
            for called in movie.year.into_iter().flat_map(|year| also_called(&movie.title, year)) {
                builder.add(film, NameKind::OtherTitle, &tokenize(called));
            }
            for segment in segments(&movie.title) {
                builder.add(film, NameKind::Segment, &tokenize(segment));
            }
        }
        TitleIndex { genre_names: genre_names(catalogue), ..builder.finish() }
    }
}

fn genre_names(catalogue: &Catalogue) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for genre in catalogue.genres() {
        let tokens = tokenize(genre);
        names.insert(key(&tokens), genre.clone());
        for (meaning, end) in lexicon::meanings(&tokens, 0) {
            if let (Meaning::Genres([usual]), true) = (meaning, end == tokens.len()) {
                names.entry(key(&tokenize(usual))).or_insert_with(|| genre.clone());
            }
        }
    }
    names
}

/// Names from `data/titles.tsv`: Spain's and Latin America's titles, and nicknames.
fn also_called(title: &str, year: u16) -> impl Iterator<Item = &'static str> {
    static ALSO_CALLED: LazyLock<HashMap<(String, u16), &'static str>> = LazyLock::new(|| {
        let lines = include_str!("../../../data/titles.tsv").lines().filter(|line| !line.starts_with('#'));
        let read = lines.filter_map(|line| {
            let mut fields = line.split('\t');
            let (title, year, names) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?);
            Some(((key(without_article(&tokenize(title))), year), names))
        });
        read.collect()
    });
    let names = ALSO_CALLED.get(&(key(without_article(&tokenize(title))), year)).copied().unwrap_or_default();
    names.split('|').filter(|name| !name.is_empty())
}

/// The parts of a title around colons and dashes; none for a title in one part.
fn segments(title: &str) -> impl Iterator<Item = &str> {
    let parts = || title.split(": ").flat_map(|part| part.split(" - "));
    let several = parts().nth(1).is_some();
    parts().filter(move |_| several)
}

fn by_length(signatures: impl Iterator<Item = Signature>) -> Vec<Vec<(Signature, u32)>> {
    let mut numbers: Vec<Vec<(Signature, u32)>> = Vec::new();
    for (number, signature) in (0..).zip(signatures) {
        if numbers.len() <= signature.length() {
            numbers.resize_with(signature.length() + 1, Vec::new);
        }
        numbers[signature.length()].push((signature, number));
    }
    numbers
}

#[derive(Default)]
struct Builder {
    films: Vec<Film>,
    names: Vec<Name>,
    words: HashMap<String, Vec<u32>>,
    words_of_names: Vec<String>,
}

impl Builder {
    fn add(&mut self, film: u32, kind: NameKind, tokens: &[Token]) {
        let stripped = without_article(tokens);
        if stripped.is_empty() {
            return;
        }
        let article = if stripped.len() < tokens.len() { tokens[0].word.clone() } else { String::new() };
        for (spelling, name_key) in keys(stripped).enumerate() {
            let name = self.names.len() as u32;
            let from = self.words_of_names.len() as u32;
            if kind != NameKind::Segment {
                // The first name has the numbers in digits, the second as they are written.
                for token in stripped.iter().take(MAX_TITLE_TOKENS) {
                    let word = if spelling == 0 { &token.canonical } else { &token.word };
                    self.words_of_names.push(word.clone());
                    let names = self.words.entry(word.clone()).or_default();
                    if names.last() != Some(&name) {
                        names.push(name);
                    }
                }
            }
            let words = from..self.words_of_names.len() as u32;
            let signature = Signature::new(&name_key);
            self.names.push(Name { film, kind, key: name_key, signature, article: article.clone(), words });
        }
    }

    fn finish(self) -> TitleIndex {
        let mut by_key: HashMap<String, Vec<u32>> = HashMap::new();
        for (number, name) in self.names.iter().enumerate() {
            by_key.entry(name.key.clone()).or_default().push(number as u32);
        }
        let mut sorted_names: Vec<u32> = (0..self.names.len() as u32).collect();
        sorted_names
            .sort_unstable_by(|left, right| self.names[*left as usize].key.cmp(&self.names[*right as usize].key));
        let mut vocabulary: Vec<Word> = self
            .words
            .into_iter()
            .map(|(text, names)| Word { signature: Signature::new(&text), text, names })
            .collect();
        vocabulary.sort_unstable_by(|left, right| left.text.cmp(&right.text));
        let words_of_names = self
            .words_of_names
            .iter()
            // Every word was added to the vocabulary, so the search finds it; zero only satisfies the type.
            .map(|text| vocabulary.binary_search_by(|word| word.text.cmp(text)).unwrap_or(0) as u32)
            .collect();
        let mut ratings: Vec<u32> = self.films.iter().map(|film| film.ratings).collect();
        ratings.sort_unstable_by_key(|ratings| std::cmp::Reverse(*ratings));
        TitleIndex {
            well_known: ratings.get(WELL_KNOWN).copied().unwrap_or(0),
            newest: self.films.iter().filter_map(|film| film.year).max().unwrap_or(0),
            genre_names: HashMap::new(),
            names_by_length: by_length(self.names.iter().map(|name| name.signature)),
            words_by_length: by_length(vocabulary.iter().map(|word| word.signature)),
            films: self.films,
            names: self.names,
            by_key,
            sorted_names,
            vocabulary,
            words_of_names,
            tagged: Default::default(),
            knowledge: Default::default(),
        }
    }
}
