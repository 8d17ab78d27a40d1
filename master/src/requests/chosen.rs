//! Which of the films that could be shown are: what a genre question is about comes first, and no series fills a list.

use std::collections::HashMap;

use cineswarm_engine::models::ServedModel;
use cineswarm_engine::ranking::graph::{FEWEST_IN_COMMON, Reached};
use cineswarm_engine::{Because, Movie, MovieId, PopularityPenalty, Profile, Ranker, Recommendation, popular};

use super::spec::Spec;
use crate::library::Library;

/// Films of one series in a list at the most.
const OF_A_SERIES: usize = 2;
/// Popular films that are looked at for each that is shown, as some are of a series that has its share.
const POPULAR_LOOKED_AT: usize = 4;

/// The best of the model's films that pass the filters, with the viewer's films they go back to.
pub(super) fn of_model(
    library: &Library,
    spec: &Spec,
    profile: &Profile,
    films: &[(MovieId, f32)],
    model: &ServedModel,
) -> Vec<Recommendation> {
    let catalogue = library.catalogue();
    let mut candidates: Vec<(f64, &Movie)> = films
        .iter()
        .filter_map(|&(movie, score)| {
            let movie = catalogue.get(movie).filter(|movie| spec.filters.allow(movie, false))?;
            let known = match spec.ranking.popularity_penalty {
                PopularityPenalty::Strong => f64::from(library.stats(movie.id).ratings.max(1)).sqrt(),
                PopularityPenalty::None | PopularityPenalty::Mild => 1.0,
            };
            Some((f64::from(score) * catalogue.genre_standing(movie, &spec.filters.genres) / known, movie))
        })
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.id.cmp(&b.1.id)));
    let best = few_of_a_series(library, spec, candidates.into_iter().map(|(score, movie)| (movie.id, score)));
    let explained = |(movie_id, score): (MovieId, f64)| {
        let reasons = model.because(profile, movie_id).into_iter().take_while(|(_, share)| *share > 0.0);
        let reasons = reasons.take(spec.ranking.because);
        Recommendation {
            movie_id,
            score,
            predicted_rating: None,
            neighbours: 0,
            because: reasons
                .map(|(movie_id, share)| Because { movie_id, share: share.into(), neighbours: 0 })
                .collect(),
        }
    };
    best.into_iter().map(explained).collect()
}

/// Films that people liked who liked the viewer's films, with how many of them liked both.
pub(super) fn by_graph(library: &Library, ranker: &Ranker, spec: &Spec, profile: &Profile) -> Vec<Recommendation> {
    let (catalogue, walk) = (library.catalogue(), ranker.walk(profile, spec.wanted().exclude_user));
    let mut candidates: Vec<(f64, Reached)> = walk
        .reached()
        .into_iter()
        .filter(|film| film.people >= FEWEST_IN_COMMON)
        .filter_map(|film| {
            let movie = catalogue.get(film.movie_id)?;
            let allowed = spec.filters.allow(movie, profile.get(movie.id).is_some());
            let known = match spec.ranking.popularity_penalty {
                PopularityPenalty::Strong => f64::from(ranker.catalogue().stats(movie.id).ratings.max(1)).sqrt(),
                PopularityPenalty::None | PopularityPenalty::Mild => 1.0,
            };
            allowed.then(|| (film.paths as f64 * catalogue.genre_standing(movie, &spec.filters.genres) / known, film))
        })
        .collect();
    candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.movie_id.cmp(&b.1.movie_id)));
    let people: HashMap<MovieId, u32> = candidates.iter().map(|(_, film)| (film.movie_id, film.people)).collect();
    let best = few_of_a_series(library, spec, candidates.into_iter().map(|(score, film)| (film.movie_id, score)));
    let films: Vec<MovieId> = best.iter().map(|(movie, _)| *movie).collect();
    let ways = walk.ways(&films, spec.ranking.because);
    let recommended = |((movie_id, score), because)| {
        let neighbours = people.get(&movie_id).copied().unwrap_or_default();
        Recommendation { movie_id, score, predicted_rating: None, neighbours, because }
    };
    best.into_iter().zip(ways).map(recommended).collect()
}

/// Films that many like, none of a series filling the list.
pub(super) fn popular_films(library: &Library, spec: &Spec, profile: &Profile) -> Vec<Recommendation> {
    let found = popular(library.ranker().catalogue(), &spec.filters, profile, spec.ranking.n * POPULAR_LOOKED_AT);
    let kept = few_of_a_series(library, spec, found.iter().map(|film| (film.movie_id, film.score)));
    let kept: Vec<MovieId> = kept.into_iter().map(|(movie, _)| movie).collect();
    found.into_iter().filter(|film| kept.contains(&film.movie_id)).collect()
}

/// The first films, but of each series only so many; those that are named one by one all count.
fn few_of_a_series(library: &Library, spec: &Spec, films: impl Iterator<Item = (MovieId, f64)>) -> Vec<(MovieId, f64)> {
    let asked_for = !spec.filters.movie_ids.is_empty();
    let mut of_series: HashMap<String, usize> = HashMap::new();
    let fits = |(movie, _): &(MovieId, f64)| {
        let Some(series) = series_of(library, *movie).filter(|_| !asked_for) else { return true };
        let count = of_series.entry(series).or_default();
        *count += 1;
        *count <= OF_A_SERIES
    };
    films.filter(fits).take(spec.ranking.n).collect()
}

/// The series of a film, where the facts name one; without facts what its title begins with.
fn series_of(library: &Library, movie: MovieId) -> Option<String> {
    if library.titles.has_facts() {
        return library.titles.facts(movie)?.series.clone();
    }
    library.catalogue().get(movie).and_then(|movie| stem(&movie.title))
}

/// "Star Wars" of "Star Wars: Episode IV - A New Hope", "Harry Potter" of "Harry Potter and the Goblet of Fire", "Alien"
/// of "Alien 3". A film of its own has a stem as well, which nothing else shares.
fn stem(title: &str) -> Option<String> {
    let title = title.split(':').next().unwrap_or(title);
    let title = title.split(" and the ").next().unwrap_or(title);
    let mut words: Vec<&str> = title.split_whitespace().collect();
    let is_number = |word: &&str| {
        let word = word.trim_end_matches('.');
        matches!(word, "Part" | "II" | "III" | "IV" | "V" | "VI" | "VII" | "VIII") || word.parse::<u8>().is_ok()
    };
    while words.len() > 1 && words.last().is_some_and(is_number) {
        words.pop();
    }
    let stem = words.join(" ").to_lowercase();
    (stem.len() > 3).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_of_a_series_have_a_stem_in_common() {
        for (one, other) in [
            ("Star Wars: Episode IV - A New Hope", "Star Wars: Episode VI - Return of the Jedi"),
            ("Toy Story", "Toy Story 2"),
            ("Godfather, The: Part II", "Godfather, The"),
            ("Harry Potter and the Goblet of Fire", "Harry Potter and the Chamber of Secrets"),
        ] {
            assert_eq!(stem(one), stem(other));
        }
        assert_ne!(stem("Heat"), stem("Alien"));
        assert_eq!(stem("10"), None, "a number alone says nothing");
    }
}
