//! What is known of films beside their titles: tags of viewers, and facts.

use std::collections::HashMap;

use cineswarm_engine::{Catalogue, FilmFacts, MovieId};

use super::TitleIndex;
use crate::films::knowledge::Knowledge;
use crate::words::fold::{Token, key, tokenize};

impl TitleIndex {
    /// With what viewers have tagged, so that themes are found too.
    pub fn with_tags<'t>(mut self, tags: impl IntoIterator<Item = (MovieId, &'t str)>) -> TitleIndex {
        self.tagged.add(tags);
        self
    }

    /// With facts about films, so that people, series, lengths and languages are found; their themes count as tags.
    pub fn with_facts(self, facts: Vec<FilmFacts>, catalogue: &Catalogue) -> TitleIndex {
        let themes: Vec<(MovieId, String)> =
            facts.iter().flat_map(|known| known.themes.iter().map(|theme| (known.movie, theme.clone()))).collect();
        let grouped = self.grouped().into_iter().chain(sequels(&facts, catalogue));
        let themes = themes.iter().map(|(movie, theme)| (*movie, theme.as_str()));
        let mut index = self.with_tags(themes.chain(grouped));
        index.knowledge = Knowledge::new(facts, catalogue);
        index
    }

    /// Films and tags of `data/groups.tsv`: studios and heroes that viewers rarely tag.
    fn grouped(&self) -> Vec<(MovieId, &'static str)> {
        let films: HashMap<(&str, Option<u16>), MovieId> =
            self.films.iter().map(|film| ((film.key.as_str(), film.year), film.id)).collect();
        let lines = include_str!("../../../data/groups.tsv").lines().filter(|line| !line.starts_with('#'));
        let found = lines.filter_map(|line| {
            let mut fields = line.split('\t');
            let (tag, title, year) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
            Some((*films.get(&(key(&tokenize(title)).as_str(), Some(year)))?, tag))
        });
        found.collect()
    }

    /// What is known of a film beside its title and genres; `None` where the dataset has no facts of it.
    pub fn facts(&self, movie: MovieId) -> Option<&FilmFacts> {
        self.knowledge.of(movie)
    }

    /// Whether the dataset has facts at all.
    pub fn has_facts(&self) -> bool {
        !self.knowledge.is_empty()
    }

    /// What viewers have tagged a film, the commonest first. Looks through all tags.
    pub fn tags_of(&self, movie: MovieId, most: usize) -> Vec<&str> {
        self.tagged.of(movie, most)
    }

    /// The theme or person named at token `at`, with its films (none, if nobody tagged them) and the place after it.
    pub(crate) fn theme_at(&self, tokens: &[Token], at: usize) -> Option<(&[MovieId], usize)> {
        self.tagged.theme_at(tokens, at)
    }

    /// The films that viewers have tagged with these very words, whether they name a theme or not.
    pub(crate) fn tagged_so(&self, words: &[Token]) -> &[MovieId] {
        self.tagged.with_tag(words)
    }
}

/// Films that follow an earlier one of their series, as tagged so. What shares a "universe" follows nothing.
fn sequels(facts: &[FilmFacts], catalogue: &Catalogue) -> Vec<(MovieId, &'static str)> {
    let mut first: HashMap<&str, u16> = HashMap::new();
    let of_series = || {
        facts.iter().filter_map(|known| {
            let series = known.series.as_deref().filter(|name| !name.contains("Universe"))?;
            Some((series, known.movie, catalogue.get(known.movie)?.year?))
        })
    };
    for (series, _, year) in of_series() {
        first.entry(series).and_modify(|first| *first = year.min(*first)).or_insert(year);
    }
    of_series().filter(|(series, _, year)| *year > first[series]).map(|(_, movie, _)| (movie, "sequel")).collect()
}
