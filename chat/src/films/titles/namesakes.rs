//! Films of one title: which of them is meant where nothing else is said, and which there are.

use cineswarm_engine::MovieId;

use super::{Name, NameKind, TitleIndex};
use crate::context::Last;
use crate::words::fold::tokenize;

/// Of films of one title, one with so many times the ratings of the next is meant.
const FAR_BETTER_KNOWN: u32 = 10;

impl TitleIndex {
    /// Of films of one title, the one that so many more have rated that it is meant: "Titanic" is of 1997.
    pub(super) fn far_better_known(&self, mut films: Vec<u32>) -> Vec<u32> {
        let film = |at: usize, films: &[u32]| films.get(at).map(|film| &self.films[*film as usize]);
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        if let (Some(best), Some(next)) = (film(0, &films), film(1, &films))
            && best.ratings >= FAR_BETTER_KNOWN * next.ratings.max(1)
            && films.iter().all(|film| self.films[*film as usize].key == best.key)
        {
            films.truncate(1);
        }
        films
    }

    /// "Mulholland Dr." is also the whole title of a film that hardly anybody has seen: one that so many more have rated is
    /// meant, if this is but another name of it.
    pub(super) fn far_better_known_by_it(&self, names: &[u32], titled: &[u32]) -> Option<u32> {
        let ratings = |film: &u32| self.films[*film as usize].ratings;
        let most = titled.iter().map(ratings).max().unwrap_or(0).max(1);
        let others = names.iter().map(|name| &self.names[*name as usize]);
        let others = others.filter(|name| name.kind == NameKind::OtherTitle).map(|name| name.film);
        others.filter(|film| ratings(film) >= FAR_BETTER_KNOWN * most).max_by_key(ratings)
    }

    /// All films that are called as this one is under any of its titles, the best known first: "Ringu (Ring)" and "The Ring".
    pub(crate) fn versions(&self, movie: MovieId) -> Vec<MovieId> {
        let named = self.keys_of(movie).filter_map(|key| self.by_key.get(key)).flatten();
        let names = named.map(|name| &self.names[*name as usize]).filter(|name| name.kind != NameKind::Segment);
        let mut films: Vec<u32> = names.map(|name| name.film).collect();
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        films.dedup();
        films.into_iter().map(|film| self.films[film as usize].id).collect()
    }

    /// All films of the series of this one; none if it belongs to none.
    pub(crate) fn series_of(&self, movie: MovieId) -> &[MovieId] {
        let name = self.knowledge.of(movie).and_then(|facts| facts.series.as_deref()?.split(" - ").next());
        name.and_then(|name| self.knowledge.series_named(&tokenize(name))).map_or(&[], |(_, films)| films)
    }

    /// What is spoken of once several films of one series were marked: that series, by its first film.
    pub fn series_marked(&self, movies: &[MovieId]) -> Option<(MovieId, Last)> {
        let first = movies.first().filter(|_| movies.len() > 1)?;
        let series = self.series_of(*first);
        movies.iter().all(|movie| series.contains(movie)).then_some((*first, Last::Series))
    }

    /// All films of the title of this one, which is among them, the best known first.
    pub(crate) fn namesakes(&self, movie: MovieId) -> Vec<MovieId> {
        let titled = |name: &&Name| name.kind == NameKind::Title && self.films[name.film as usize].id == movie;
        let Some(own) = self.names.iter().find(titled) else { return Vec::new() };
        let title = &self.films[own.film as usize].key;
        let names = self.by_key.get(&own.key).into_iter().flatten().map(|name| self.names[*name as usize].film);
        let mut films: Vec<u32> = names.filter(|film| self.films[*film as usize].key == *title).collect();
        films.sort_unstable_by_key(|film| self.by_popularity(*film));
        films.dedup();
        films.into_iter().map(|film| self.films[film as usize].id).collect()
    }
}
