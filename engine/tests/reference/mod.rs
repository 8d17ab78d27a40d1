//! The slow, obvious way to neighbours and rankings: hash maps, every pair of users, every film. What the engine
//! computes must equal it to the last bit.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cineswarm_engine::{
    Catalogue, Filters, HalfStars, Movie, MovieStats, Neighbour, NeighbourOptions, PopularityPenalty, Profile, Ranker,
    ShardIndex, ShardRatings,
};

/// Who rated what, in half-stars.
pub type Ratings = BTreeMap<u32, BTreeMap<u32, u8>>;

pub fn profile(ratings: &BTreeMap<u32, u8>) -> Profile {
    Profile::from_ratings(ratings.iter().map(|(&movie, &rating)| (movie, HalfStars::new(rating).unwrap())))
}

/// The users for whom `belongs` holds, as a shard.
pub fn shard(ratings: &Ratings, belongs: impl Fn(u32) -> bool) -> ShardIndex {
    let rows: Vec<_> = ratings.iter().filter(|(user, _)| belongs(**user)).collect();
    let mut offsets = vec![0u32];
    offsets.extend(rows.iter().scan(0, |end, (_, row)| {
        *end += row.len() as u32;
        Some(*end)
    }));
    let movies: Vec<u32> = rows.iter().flat_map(|(_, row)| row.keys().copied()).collect();
    let half_stars: Vec<u8> = rows.iter().flat_map(|(_, row)| row.values().copied()).collect();
    let users: Vec<u32> = rows.iter().map(|(user, _)| **user).collect();
    ShardIndex::build(ShardRatings::new(&users, &offsets, &movies, &half_stars).unwrap())
}

pub fn neighbours(ratings: &Ratings, viewer: &BTreeMap<u32, u8>, options: &NeighbourOptions) -> Vec<Neighbour> {
    let norm = |row: &BTreeMap<u32, u8>| row.values().map(|&r| u64::from(r) * u64::from(r)).sum::<u64>();
    let mut all = Vec::new();
    for (&user, row) in ratings {
        let common: Vec<(u64, u64)> =
            viewer.iter().filter_map(|(movie, &r)| Some((u64::from(r), u64::from(*row.get(movie)?)))).collect();
        let overlap = common.len();
        if overlap == 0 || overlap < options.min_overlap as usize || options.exclude_user == Some(user) {
            continue;
        }
        let dot = common.iter().map(|(a, b)| a * b).sum::<u64>();
        let mut similarity = dot as f64 / ((norm(viewer) * norm(row)) as f64).sqrt();
        if options.shrink > 0 {
            similarity *= overlap as f64 / (overlap as f64 + f64::from(options.shrink));
        }
        all.push(Neighbour { user, similarity, overlap: overlap as u32, dot: dot as u32 });
    }
    all.sort_by(|a, b| b.similarity.partial_cmp(&a.similarity).unwrap().then_with(|| a.user.cmp(&b.user)));
    all.into_iter().take(options.k).collect()
}

/// Film ids and scores, best first.
pub fn ranking(
    ratings: &Ratings,
    viewer: &BTreeMap<u32, u8>,
    neighbours: &[Neighbour],
    catalogue: &Catalogue,
    filters: &Filters,
    penalty: PopularityPenalty,
) -> Vec<(u32, f64)> {
    let mut total = 0.0;
    for neighbour in neighbours {
        total += neighbour.similarity;
    }
    let films: BTreeSet<u32> = neighbours.iter().flat_map(|n| ratings[&n.user].keys().copied()).collect();
    let mut scored = Vec::new();
    for film in films {
        let Some(movie) = catalogue.get(film) else { continue };
        if !filters.allow(movie, viewer.contains_key(&film)) {
            continue;
        }
        let mut sum = 0.0;
        for neighbour in neighbours {
            if let Some(&rating) = ratings[&neighbour.user].get(&film) {
                sum += neighbour.similarity * f64::from(rating);
            }
        }
        let count = f64::from(catalogue.stats(film).ratings.max(1));
        let score = match penalty {
            PopularityPenalty::None => sum / total,
            PopularityPenalty::Mild => sum / total / count.sqrt().sqrt(),
            PopularityPenalty::Strong => sum / total / count.sqrt(),
        };
        scored.push((film, score));
    }
    scored.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap().then_with(|| a.0.cmp(&b.0)));
    scored
}

/// A catalogue of the given films with the statistics of these ratings.
pub fn catalogue(films: impl IntoIterator<Item = (u32, Vec<String>)>, ratings: &Ratings) -> Catalogue {
    let mut stats: BTreeMap<u32, MovieStats> = BTreeMap::new();
    for (&film, &rating) in ratings.values().flatten() {
        let film = stats.entry(film).or_default();
        film.ratings += 1;
        film.half_stars_sum += u64::from(rating);
    }
    Catalogue::new(films.into_iter().map(|(id, genres)| {
        let movie = Movie {
            id,
            title: format!("Film {id}"),
            other_titles: Vec::new(),
            year: Some(1980 + (id % 40) as u16),
            genres,
            imdb_id: None,
            tmdb_id: None,
        };
        (movie, stats.get(&id).copied().unwrap_or_default())
    }))
}

/// Ranks the films of a catalogue by these ratings.
pub fn ranker(catalogue: Arc<Catalogue>, ratings: &Ratings) -> Ranker {
    let rows: Vec<(u32, Vec<u32>, Vec<u8>)> = ratings
        .iter()
        .map(|(&user, row)| (user, row.keys().copied().collect(), row.values().copied().collect()))
        .collect();
    Ranker::new(catalogue, rows.iter().map(|(user, movies, half_stars)| (*user, &movies[..], &half_stars[..])))
}

/// The best of what several workers found, in the way the master merges it.
pub fn merged(lists: impl IntoIterator<Item = Vec<Neighbour>>, k: usize) -> Vec<Neighbour> {
    let mut all: Vec<Neighbour> = lists.into_iter().flatten().collect();
    all.sort_by(Neighbour::best_first);
    all.truncate(k);
    all
}

/// Neighbours as comparable bits.
pub fn bits(neighbours: &[Neighbour]) -> Vec<(u32, u64, u32, u32)> {
    neighbours.iter().map(|n| (n.user, n.similarity.to_bits(), n.overlap, n.dot)).collect()
}
