//! Themes and people in a sentence, and the films that viewers have tagged so.
//! Knows no film itself: without the dataset's tags a theme is recognised and has no films.

use std::collections::HashMap;
use std::sync::LazyLock;

use cineswarm_engine::MovieId;

use crate::words::fold::{Token, tokenize};

/// Words of the longest theme that is looked for.
const MAX_WORDS: usize = 6;
/// A tag that fewer films have is one viewer's note rather than a theme.
const MIN_FILMS: usize = 2;

/// From a phrase to the tag it means, both folded.
static THEMES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    include_str!("../../data/themes.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (phrase, tag) = line.split_once('\t').unwrap_or((line, ""));
            let tag = if tag.is_empty() { phrase } else { tag };
            (folded(phrase), folded(tag))
        })
        .collect()
});

/// The films of each tag.
#[derive(Debug, Default)]
pub(crate) struct Tagged(HashMap<String, Vec<MovieId>>);

impl Tagged {
    /// Adds what viewers have tagged.
    pub(crate) fn add<'t>(&mut self, tags: impl IntoIterator<Item = (MovieId, &'t str)>) {
        for (movie, tag) in tags {
            // "zombie" and "zombies" are one theme.
            let tag = folded(tag);
            let tag = THEMES.get(&tag).cloned().unwrap_or(tag);
            self.0.entry(tag).or_default().push(movie);
        }
        for films in self.0.values_mut() {
            films.sort_unstable();
            films.dedup();
        }
        self.0.retain(|_, films| films.len() >= MIN_FILMS);
    }

    /// The tags of a film, the commonest first. Looks through all tags.
    pub(crate) fn of(&self, movie: MovieId, most: usize) -> Vec<&str> {
        let with_film = self.0.iter().filter(|(_, films)| films.binary_search(&movie).is_ok());
        let mut tags: Vec<(usize, &str)> = with_film.map(|(tag, films)| (films.len(), tag.as_str())).collect();
        tags.sort_unstable_by_key(|(films, tag)| (std::cmp::Reverse(*films), *tag));
        tags.into_iter().take(most).map(|(_, tag)| tag).collect()
    }

    /// The films with this very tag.
    pub(crate) fn with_tag(&self, words: &[Token]) -> &[MovieId] {
        self.0.get(&joined(words)).map_or(&[], Vec::as_slice)
    }

    /// The tag that a theme's phrase means.
    pub(crate) fn tag_of(words: &[Token]) -> Option<&'static str> {
        THEMES.get(&joined(words)).map(String::as_str)
    }

    /// The theme or person named at token `at`, with its films (none, if nobody tagged them) and the place after it.
    pub(crate) fn theme_at(&self, tokens: &[Token], at: usize) -> Option<(&[MovieId], usize)> {
        (1..=MAX_WORDS).rev().find_map(|count| {
            let phrase = joined(tokens.get(at..at + count)?);
            let tag = THEMES.get(&phrase)?;
            let films = self.0.get(tag).or_else(|| self.0.get(&phrase));
            Some((films.map_or(&[][..], Vec::as_slice), at + count))
        })
    }
}

fn folded(text: &str) -> String {
    joined(&tokenize(text))
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_found_in_both_languages_where_films_are_tagged() {
        let mut tagged = Tagged::default();
        tagged.add([(1, "Zombies"), (2, "zombies"), (2, "zombies"), (3, "heist")]);
        let found = |text: &str| tagged.theme_at(&tokenize(text), 0).map(|(films, end)| (films.to_vec(), end));
        assert_eq!(found("zombie movies"), Some((vec![1, 2], 1)));
        assert_eq!(found("zombis"), Some((vec![1, 2], 1)));
        assert_eq!(found("heist"), Some((vec![], 1)), "one film is no theme");
        assert_eq!(found("based on a true story please"), Some((vec![], 5)));
        assert_eq!(found("quentin tarantino"), Some((vec![], 2)));
        assert_eq!(found("comedies"), None);
        assert_eq!(tagged.of(2, 5), ["zombies"]);
        assert!(tagged.of(3, 5).is_empty(), "one film is no theme");
    }
}
