//! What the engine makes of real ratings: the MovieLens sample, where it is to be had.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod reference;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cineswarm_engine::{
    Catalogue, Filters, NeighbourOptions, PopularityPenalty, Profile, RankOptions, RankScratch, Scratch, ShardIndex,
    popular, starters, top_k_over,
};
use reference::Ratings;

const TOY_STORY: u32 = 1;
const SHAWSHANK_REDEMPTION: u32 = 318;

/// The sample's ratings and its films with their genres; `None`, said aloud, where it is not there.
fn sample() -> Option<(Ratings, Arc<Catalogue>)> {
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ml-latest-small"),
        PathBuf::from,
    );
    let (Ok(ratings_csv), Ok(movies_csv)) =
        (std::fs::read_to_string(folder.join("ratings.csv")), std::fs::read_to_string(folder.join("movies.csv")))
    else {
        eprintln!("SKIPPED: no MovieLens sample in {}; set CINESWARM_TEST_DATA to its folder", folder.display());
        return None;
    };
    let mut ratings = Ratings::new();
    for line in ratings_csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let stars: f64 = fields[2].parse().unwrap();
        ratings.entry(fields[0].parse().unwrap()).or_default().insert(fields[1].parse().unwrap(), (stars * 2.0) as u8);
    }
    let films = movies_csv.lines().skip(1).map(|line| {
        let (id, rest) = line.split_once(',').unwrap();
        let (_, genres) = rest.rsplit_once(',').unwrap();
        (id.parse().unwrap(), genres.trim().split('|').map(String::from).collect())
    });
    let catalogue = Arc::new(reference::catalogue(films, &ratings));
    Some((ratings, catalogue))
}

#[test]
fn neighbours_and_ranking_of_real_viewers_equal_the_reference_for_1_2_4_and_8_workers() {
    let Some((ratings, catalogue)) = sample() else { return };
    let shards: Vec<ShardIndex> = (0..16).map(|shard| reference::shard(&ratings, |user| user % 16 == shard)).collect();
    let ranker = reference::ranker(catalogue.clone(), &ratings);
    let (mut scratch, mut rank_scratch) = (Scratch::default(), RankScratch::default());
    for (user, shrink) in [(1, 0), (42, 0), (414, 10), (610, 0)] {
        let viewer = &ratings[&user];
        let profile = reference::profile(viewer);
        let options = NeighbourOptions { shrink, exclude_user: Some(user), ..NeighbourOptions::default() };
        let expected = reference::neighbours(&ratings, viewer, &options);
        assert_eq!(expected.len(), options.k);
        let filters = Filters::default();
        let films = reference::ranking(&ratings, viewer, &expected, &catalogue, &filters, PopularityPenalty::None);
        for workers in [1, 2, 4, 8] {
            let answers = (0..workers).map(|worker| {
                let held: Vec<&ShardIndex> = shards.iter().skip(worker).step_by(workers).collect();
                top_k_over(&held, &profile, &options, &mut scratch)
            });
            let merged = reference::merged(answers, options.k);
            assert_eq!(reference::bits(&merged), reference::bits(&expected), "user {user}, {workers} workers");
            let ranked = ranker.rank(&profile, &merged, &filters, &RankOptions::default(), &mut rank_scratch);
            assert_eq!(ranked.len(), 10);
            for (film, expected) in ranked.iter().zip(&films) {
                assert_eq!((film.movie_id, film.score.to_bits()), (expected.0, expected.1.to_bits()));
                assert!(film.because.len() <= 3 && film.because.iter().all(|b| viewer.contains_key(&b.movie_id)));
            }
        }
    }
}

#[test]
fn popular_films_are_both_well_known_and_well_liked() {
    let Some((_, catalogue)) = sample() else { return };
    let films = popular(&catalogue, &Filters::default(), &Profile::default(), 20);
    assert_eq!(films.len(), 20);
    assert!(films.iter().any(|film| film.movie_id == SHAWSHANK_REDEMPTION));
    for film in films {
        let stats = catalogue.stats(film.movie_id);
        assert!(stats.ratings >= 100, "film {} has {} ratings", film.movie_id, stats.ratings);
        assert!(stats.mean_stars().unwrap() >= 3.9, "film {}", film.movie_id);
    }
}

#[test]
fn the_first_films_to_rate_are_well_known_and_of_many_genres_and_decades() {
    let Some((_, catalogue)) = sample() else { return };
    let films: Vec<_> = starters(&catalogue, 24).into_iter().map(|id| catalogue.get(id).unwrap()).collect();
    assert_eq!(films.len(), 24);
    assert!(films.iter().all(|film| catalogue.stats(film.id).ratings >= 50));
    let mut genres: Vec<&String> = films.iter().flat_map(|film| &film.genres).collect();
    genres.sort();
    genres.dedup();
    assert!(genres.len() >= 14, "{genres:?}");
}

#[test]
fn films_like_toy_story_are_mostly_for_children_or_animated() {
    let Some((ratings, catalogue)) = sample() else { return };
    let all = reference::shard(&ratings, |_| true);
    let profile = reference::profile(&BTreeMap::from([(TOY_STORY, 10)]));
    let neighbours = all.neighbours(&profile, &NeighbourOptions::like_these(), &mut Scratch::default());
    let ranker = reference::ranker(catalogue.clone(), &ratings);
    let films = ranker.rank(
        &profile,
        &neighbours,
        &Filters::default(),
        &RankOptions::like_these(10),
        &mut RankScratch::default(),
    );
    let alike = films.iter().filter(|film| {
        let genres = &catalogue.get(film.movie_id).unwrap().genres;
        genres.iter().any(|genre| genre == "Children" || genre == "Animation")
    });
    assert!(alike.count() >= 7);
}
