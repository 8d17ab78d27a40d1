//! Neighbours and rankings are held, to the last bit, to a slow reference, however users are spread over shards and
//! shards over workers.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod reference;

use std::collections::BTreeMap;
use std::sync::Arc;

use cineswarm_engine::{
    Filters, Neighbour, NeighbourOptions, PopularityPenalty, RankOptions, RankScratch, Ranker, Recommendation, Scratch,
    ShardIndex, claims, top_k_over,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use reference::Ratings;

/// Films above this are rated in the tests but not in the catalogue.
const LAST_FILM_OF_CATALOGUE: u32 = 32;

fn rows() -> impl Strategy<Value = BTreeMap<u32, u8>> {
    prop::collection::btree_map(0..36u32, 1..=10u8, 0..24)
}

fn matrices() -> impl Strategy<Value = Ratings> {
    prop::collection::btree_map(0..1000u32, rows(), 0..60)
}

fn neighbour_options() -> impl Strategy<Value = NeighbourOptions> {
    (0..70usize, 0..5u32, 0..6u32, prop::option::of(0..1000u32))
        .prop_map(|(k, min_overlap, shrink, exclude_user)| NeighbourOptions { k, min_overlap, shrink, exclude_user })
}

fn filters() -> impl Strategy<Value = Filters> {
    let genre = || prop::sample::subsequence(vec!["Comedy".to_string(), "drama".into(), "War".into()], 0..2);
    (genre(), genre(), prop::option::of(1980..2020u16), any::<bool>()).prop_map(
        |(genres, exclude_genres, year_from, exclude_seen)| Filters {
            genres,
            exclude_genres,
            year_from,
            exclude_seen,
            ..Filters::default()
        },
    )
}

fn penalties() -> impl Strategy<Value = PopularityPenalty> {
    prop::sample::select(vec![PopularityPenalty::None, PopularityPenalty::Mild, PopularityPenalty::Strong])
}

fn genres_of(film: u32) -> Vec<String> {
    ["Comedy", "Drama", "War"]
        .into_iter()
        .zip([2, 3, 5])
        .filter(|(_, n)| film.is_multiple_of(*n))
        .map(|(g, _)| g.into())
        .collect()
}

fn ranker(ratings: &Ratings) -> Ranker {
    let films = (0..=LAST_FILM_OF_CATALOGUE).map(|film| (film, genres_of(film)));
    reference::ranker(Arc::new(reference::catalogue(films, ratings)), ratings)
}

fn rank(
    ranker: &Ranker,
    viewer: &BTreeMap<u32, u8>,
    neighbours: &[Neighbour],
    filters: &Filters,
    options: &RankOptions,
    scratch: &mut RankScratch,
) -> Vec<Recommendation> {
    ranker.rank(&reference::profile(viewer), neighbours, filters, options, scratch)
}

/// The share of each of the viewer's films in the score of one film.
fn shares(
    ratings: &Ratings,
    viewer: &BTreeMap<u32, u8>,
    neighbours: &[Neighbour],
    film: u32,
) -> BTreeMap<u32, (f64, u32)> {
    let mut shares: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
    let mut total = 0.0;
    for neighbour in neighbours {
        let row = &ratings[&neighbour.user];
        let Some(&rating) = row.get(&film) else { continue };
        let weight = neighbour.similarity * f64::from(rating);
        total += weight;
        for (own, &own_rating) in viewer {
            if let Some(&other) = row.get(own) {
                let share = shares.entry(*own).or_default();
                share.0 += weight * f64::from(own_rating) * f64::from(other) / f64::from(neighbour.dot);
                share.1 += 1;
            }
        }
    }
    shares.values_mut().for_each(|share| share.0 /= total);
    shares
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, rng_seed: RngSeed::Fixed(20), ..ProptestConfig::default() })]

    #[test]
    fn neighbours_are_the_same_to_the_last_bit_for_any_shards_on_any_workers(
        ratings in matrices(),
        viewer in rows(),
        options in neighbour_options(),
        worker_of_shard in prop::collection::vec(0..5usize, 8),
    ) {
        let expected = reference::bits(&reference::neighbours(&ratings, &viewer, &options));
        let profile = reference::profile(&viewer);
        let mut scratch = Scratch::default();
        for shards in [1u32, 2, 4, 8] {
            let indexes: Vec<ShardIndex> =
                (0..shards).map(|shard| reference::shard(&ratings, |user| user.wrapping_mul(2_654_435_761) >> 7 & (shards - 1) == shard)).collect();
            let answers: Vec<Vec<Neighbour>> = (0..5)
                .map(|worker| {
                    let held: Vec<&ShardIndex> = indexes.iter().zip(&worker_of_shard).rev().filter(|(_, of)| **of == worker).map(|(index, _)| index).collect();
                    top_k_over(&held, &profile, &options, &mut scratch)
                })
                .collect();
            prop_assert_eq!(&reference::bits(&reference::merged(answers, options.k)), &expected, "{} shards", shards);
        }
    }

    #[test]
    fn ranked_films_equal_the_reference_to_the_last_bit_and_filters_come_before_the_cut(
        ratings in matrices(),
        viewer in rows(),
        options in neighbour_options(),
        filters in filters(),
        penalty in penalties(),
        n in 0..40usize,
    ) {
        let neighbours = reference::neighbours(&ratings, &viewer, &options);
        let ranker = ranker(&ratings);
        let expected: Vec<(u32, u64)> = reference::ranking(&ratings, &viewer, &neighbours, ranker.catalogue(), &filters, penalty)
            .into_iter().map(|(film, score)| (film, score.to_bits())).take(n).collect();
        let mut scratch = RankScratch::default();
        let rank_options = RankOptions { n, popularity_penalty: penalty, ..RankOptions::default() };
        for round in ["fresh", "used"] {
            let ranked = rank(&ranker, &viewer, &neighbours, &filters, &rank_options, &mut scratch);
            let films: Vec<(u32, u64)> = ranked.iter().map(|film| (film.movie_id, film.score.to_bits())).collect();
            prop_assert_eq!(&films, &expected, "with {} working memory", round);
        }
    }

    #[test]
    fn what_is_so_of_neighbours_is_believed(ratings in matrices(), viewer in rows(), options in neighbour_options()) {
        let neighbours = reference::neighbours(&ratings, &viewer, &options);
        let checked =
            ranker(&ratings).check(&reference::profile(&viewer), &options, &neighbours, |_| 0, &mut RankScratch::default());
        prop_assert_eq!(checked, Ok(()));
    }

    #[test]
    fn every_recommendation_goes_back_in_full_to_the_viewers_films(
        ratings in matrices(),
        viewer in rows(),
        options in neighbour_options(),
    ) {
        let neighbours = reference::neighbours(&ratings, &viewer, &options);
        let ranker = ranker(&ratings);
        let mut scratch = RankScratch::default();
        let options = RankOptions { because: usize::MAX, ..RankOptions::default() };
        for film in rank(&ranker, &viewer, &neighbours, &Filters::default(), &options, &mut scratch) {
            let expected = shares(&ratings, &viewer, &neighbours, film.movie_id);
            prop_assert_eq!(film.because.len(), expected.len());
            prop_assert!((film.because.iter().map(|because| because.share).sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(film.because.is_sorted_by(|a, b| a.share >= b.share));
            for because in &film.because {
                let (share, both) = expected[&because.movie_id];
                prop_assert!((because.share - share).abs() < 1e-12);
                prop_assert_eq!(because.neighbours, both);
            }
            let predicted = film.predicted_rating.unwrap();
            prop_assert!((0.5..=5.0).contains(&predicted));
        }
    }
}

fn ratings(rows: &[(u32, &[(u32, u8)])]) -> Ratings {
    rows.iter().map(|(user, row)| (*user, row.iter().copied().collect())).collect()
}

fn users_near(matrix: &Ratings, viewer: &[(u32, u8)], options: NeighbourOptions) -> Vec<u32> {
    let profile = reference::profile(&viewer.iter().copied().collect());
    let found = reference::shard(matrix, |_| true).neighbours(&profile, &options, &mut Scratch::default());
    found.iter().map(|neighbour| neighbour.user).collect()
}

#[test]
fn nobody_is_near_in_an_empty_shard_or_to_an_empty_profile_or_to_films_nobody_rated() {
    let matrix = ratings(&[(1, &[(10, 8)]), (2, &[])]);
    assert!(users_near(&Ratings::new(), &[(10, 8)], NeighbourOptions::default()).is_empty());
    assert!(users_near(&matrix, &[], NeighbourOptions::default()).is_empty());
    assert!(users_near(&matrix, &[(11, 8), (u32::MAX, 8)], NeighbourOptions::default()).is_empty());
    assert!(ShardIndex::build(Default::default()).ratings_of(1).is_none());
    assert!(
        top_k_over::<&ShardIndex>(
            &[],
            &reference::profile(&BTreeMap::from([(10, 8)])),
            &NeighbourOptions::default(),
            &mut Scratch::default()
        )
        .is_empty()
    );
}

#[test]
fn equally_similar_users_come_in_order_of_their_ids_and_k_may_be_anything() {
    let matrix = ratings(&[(9, &[(10, 8)]), (3, &[(10, 2)]), (7, &[(10, 5)])]);
    for (k, expected) in [(0, vec![]), (1, vec![3]), (2, vec![3, 7]), (3, vec![3, 7, 9]), (usize::MAX, vec![3, 7, 9])] {
        let options = NeighbourOptions { k, ..NeighbourOptions::default() };
        assert_eq!(users_near(&matrix, &[(10, 4)], options), expected, "k {k}");
    }
}

#[test]
fn a_lower_id_wins_a_tie_even_when_it_is_seen_last() {
    let viewer = BTreeMap::from([(10, 7), (11, 3)]);
    let matrix: Ratings = (0..400).map(|user| (user, BTreeMap::from([(10, 9), (11, 2), (12, 5)]))).collect();
    let shards: Vec<ShardIndex> =
        (0..8).rev().map(|shard| reference::shard(&matrix, |user| user / 50 == shard)).collect();
    for shrink in [0, 3] {
        let options = NeighbourOptions { k: 5, shrink, ..NeighbourOptions::default() };
        let held: Vec<&ShardIndex> = shards.iter().collect();
        let found = top_k_over(&held, &reference::profile(&viewer), &options, &mut Scratch::default());
        assert_eq!(found.iter().map(|neighbour| neighbour.user).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }
}

#[test]
fn overlap_can_be_demanded_and_can_outweigh_a_high_similarity_on_one_film() {
    let matrix = ratings(&[(1, &[(10, 8)]), (2, &[(10, 8), (11, 8), (12, 8), (13, 3)]), (3, &[(12, 9), (13, 9)])]);
    let viewer = [(10, 8), (11, 8), (12, 8)];
    let options = NeighbourOptions::default();
    assert_eq!(users_near(&matrix, &viewer, NeighbourOptions { min_overlap: 2, ..options }), [2]);
    assert_eq!(users_near(&matrix, &viewer, NeighbourOptions { exclude_user: Some(2), ..options }), [1, 3]);
    let lone = [(10, 10), (11, 1), (12, 1)];
    assert_eq!(users_near(&matrix, &lone, options)[0], 1, "one shared film that fits perfectly is nearest");
    assert_eq!(
        users_near(&matrix, &lone, NeighbourOptions { shrink: 10, ..options })[0],
        2,
        "three shared films are safer"
    );
}

#[test]
fn a_profile_of_tens_of_thousands_of_films_is_answered_exactly() {
    let everything: BTreeMap<u32, u8> = (0..60_000).map(|film| (film, (film % 10 + 1) as u8)).collect();
    let matrix = Ratings::from([
        (1, everything.clone()),
        (2, (0..60_000).map(|film| (film, 10)).collect()),
        (3, BTreeMap::from([(59_999, 10)])),
    ]);
    let options = NeighbourOptions::default();
    let found = reference::shard(&matrix, |_| true).neighbours(
        &reference::profile(&everything),
        &options,
        &mut Scratch::default(),
    );
    assert_eq!(reference::bits(&found), reference::bits(&reference::neighbours(&matrix, &everything, &options)));
    assert_eq!((found[0].user, found[0].similarity, found[0].overlap), (1, 1.0, 60_000));
}

#[test]
fn more_users_than_two_bytes_count_are_told_apart() {
    let matrix: Ratings = (0..70_000).map(|user| (user, BTreeMap::from([(user % 7, 6), (100 + user, 1)]))).collect();
    assert_eq!(users_near(&matrix, &[(100 + 69_999, 9)], NeighbourOptions::default()), [69_999]);
    let options = NeighbourOptions { k: 3, ..NeighbourOptions::default() };
    assert_eq!(users_near(&matrix, &[(6, 9)], options), [6, 13, 20]);
}

#[test]
fn one_lone_enthusiast_does_not_predict_five_stars_and_many_do_better() {
    let viewer = BTreeMap::from([(1, 7), (2, 7), (3, 8)]);
    let fan = [(1, 6), (2, 6), (3, 6), (20, 10)];
    let predicted = |fans: u32| {
        let matrix: Ratings = (0..fans).map(|user| (user, fan.into())).collect();
        let neighbours = reference::neighbours(&matrix, &viewer, &NeighbourOptions::default());
        let films = rank(
            &ranker(&matrix),
            &viewer,
            &neighbours,
            &Filters::default(),
            &RankOptions::default(),
            &mut RankScratch::default(),
        );
        assert_eq!((films.len(), films[0].movie_id, films[0].neighbours), (1, 20, fans));
        films[0].predicted_rating.unwrap()
    };
    assert!(predicted(1) < 4.5);
    assert!(predicted(1) < predicted(3) && predicted(3) < predicted(30));
    assert!(predicted(30) <= 5.0);
}

#[test]
fn without_a_profile_or_without_neighbours_nothing_is_ranked() {
    let matrix = ratings(&[(1, &[(10, 8), (11, 9)])]);
    let viewer = BTreeMap::from([(10, 8)]);
    let ranked = |viewer: &BTreeMap<u32, u8>, options: &RankOptions| {
        let neighbours = reference::neighbours(&matrix, viewer, &NeighbourOptions::default());
        rank(&ranker(&matrix), viewer, &neighbours, &Filters::default(), options, &mut RankScratch::default()).len()
    };
    assert_eq!(ranked(&BTreeMap::new(), &RankOptions::default()), 0);
    assert_eq!(ranked(&viewer, &RankOptions { n: 0, ..RankOptions::default() }), 0);
    assert_eq!(ranked(&viewer, &RankOptions { n: usize::MAX, ..RankOptions::default() }), 1);
    assert_eq!(ranked(&viewer, &RankOptions { min_raters: 2, ..RankOptions::default() }), 0);
}

#[test]
fn among_films_the_same_people_liked_the_one_of_the_viewers_genres_can_be_asked_first() {
    // By `genres_of`: 2 and 8 are comedies, 3 a drama.
    let matrix = ratings(&[(1, &[(2, 10), (3, 10), (8, 9)]), (2, &[(2, 10), (3, 10), (8, 9)]), (3, &[(5, 9), (7, 9)])]);
    let viewer = BTreeMap::from([(2, 10)]);
    let first = |genre_weight| {
        let neighbours = reference::neighbours(&matrix, &viewer, &NeighbourOptions::default());
        let options = RankOptions { genre_weight, ..RankOptions::default() };
        rank(&ranker(&matrix), &viewer, &neighbours, &Filters::default(), &options, &mut RankScratch::default())[0]
            .movie_id
    };
    assert_eq!(first(0), 3);
    assert_eq!(first(4), 8);
}

/// A list of claimed neighbours is spoilt in one place.
type Lie = fn(&mut Vec<Neighbour>);

#[test]
fn neighbours_that_were_made_up_are_found_out() {
    let matrix = ratings(&[
        (1, &[(10, 8), (11, 2)]),
        (2, &[(10, 8), (12, 8), (40, 9)]),
        (3, &[(12, 9), (13, 9)]),
        (4, &[(10, 3)]),
        (5, &[(20, 9)]),
    ]);
    let viewer = BTreeMap::from([(10, 8), (12, 6), (40, 1)]);
    let (ranker, profile) = (ranker(&matrix), reference::profile(&viewer));
    let mut scratch = RankScratch::default();
    for shrink in [0, 3] {
        let options = NeighbourOptions { k: 4, shrink, ..NeighbourOptions::default() };
        let honest = reference::neighbours(&matrix, &viewer, &options);
        assert_eq!(honest.len(), 4);
        assert_eq!(ranker.check(&profile, &options, &honest, |_| 0, &mut scratch), Ok(()));
        let lies: [(&str, Lie); 14] = [
            ("the same user again", |list| list[1] = list[0]),
            ("the same user, less similar", |list| {
                list[1] = Neighbour { similarity: list[0].similarity / 2.0, ..list[0] };
            }),
            ("a user without ratings", |list| list[3].user = 99),
            ("a user with nothing in common", |list| {
                list[3] = Neighbour { user: 5, similarity: f64::MIN_POSITIVE, overlap: 0, dot: 0 };
            }),
            ("worse first", |list| list.swap(0, 3)),
            ("an overlap of four billion", |list| list[2].overlap = 4_000_000_000),
            ("one film more in common", |list| list[2].overlap += 1),
            ("a larger dot product", |list| list[3].dot += 1),
            ("another user's figures", |list| list[3].user = list[2].user),
            ("more similar", |list| list[0].similarity = 1.0),
            ("more similar by one bit", |list| list[0].similarity = list[0].similarity.next_up()),
            ("similar beyond measure", |list| list[0].similarity = f64::INFINITY),
            ("no number", |list| list[0].similarity = f64::NAN),
            ("too many", |list| list.push(list[3])),
        ];
        for (lie, tell) in lies {
            let mut claimed = honest.clone();
            tell(&mut claimed);
            assert!(ranker.check(&profile, &options, &claimed, |_| 0, &mut scratch).is_err(), "{lie}");
        }
        let without = NeighbourOptions { exclude_user: Some(honest[1].user), ..options };
        let refused = ranker.check(&profile, &without, &honest, |_| 0, &mut scratch);
        assert_eq!(refused, Err(claims::Error::NoNeighbour { user: honest[1].user }));
        let demanding = NeighbourOptions { min_overlap: 2, ..options };
        assert!(ranker.check(&profile, &demanding, &honest, |_| 0, &mut scratch).is_err());
    }
}
