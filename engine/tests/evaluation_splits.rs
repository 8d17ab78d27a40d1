//! Every protocol divides the ratings without losing, doubling or leaking one.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cineswarm_engine::evaluation::{Asks, Case, LeftOut, Protocol, Source, Split};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{HalfStars, RatingsMatrix};
use proptest::collection::btree_map;
use proptest::prelude::*;

const ALL: [Protocol; 6] = [
    Protocol::KFold { folds: 3 },
    Protocol::RandomHoldout { share: 0.3 },
    Protocol::TimeHoldout { share: 0.3 },
    Protocol::LeaveOneOut { left_out: LeftOut::Latest, negatives: 4 },
    Protocol::LeaveOneOut { left_out: LeftOut::Random, negatives: 0 },
    Protocol::NewUsers { users: 0.4, share: 0.5 },
];

/// (user, film) -> (half-stars, time)
type Rows = BTreeMap<(u32, u32), (u8, i64)>;

fn source(rows: &Rows) -> Source {
    let ratings = rows.iter().map(|(&(user, movie), &(half_stars, timestamp))| Rating {
        user,
        movie,
        half_stars: HalfStars::new(half_stars).unwrap(),
        timestamp,
    });
    Source::ratings_only(RatingsMatrix::new(ratings, []))
}

fn rows_of(matrix: &RatingsMatrix) -> Rows {
    matrix.iter().map(|it| ((it.user, it.movie), (it.half_stars.get(), it.timestamp))).collect()
}

fn held_out(split: &Split) -> Vec<((u32, u32), u8)> {
    let of_case = |case: &Case| {
        let films = case.held_out.columns.iter().map(|&column| split.training.matrix.movie_ids()[column as usize]);
        films.zip(case.held_out.half_stars.clone()).map(|(film, it)| ((case.user, film), it)).collect::<Vec<_>>()
    };
    split.cases.iter().flat_map(of_case).collect()
}

fn given(split: &Split) -> Vec<((u32, u32), u8)> {
    let mut given = Vec::new();
    for case in &split.cases {
        if let Asks::New(films) = &case.asks {
            for (&column, &half_stars) in films.columns.iter().zip(&films.half_stars) {
                given.push(((case.user, split.training.matrix.movie_ids()[column as usize]), half_stars));
            }
        }
    }
    given
}

/// Users with 10, 5, 2 and 1 ratings of films 100 and up, each a second before the one with the next lower number.
fn of_10_5_2_1() -> Rows {
    let users = [(1, 10), (2, 5), (3, 2), (4, 1)];
    let rows = users.into_iter().flat_map(|(user, count)| {
        (0..count).map(move |at| ((user, 100 + at), (1 + (at % 10) as u8, 1_000 - i64::from(at))))
    });
    rows.collect()
}

fn held_out_of_each(split: &Split) -> BTreeMap<u32, usize> {
    split.cases.iter().map(|case| (case.user, case.held_out.columns.len())).collect()
}

proptest! {
    #[test]
    fn every_rating_is_learned_from_or_shown_or_asked_about_and_only_once(
        rows in btree_map((0u32..9, 0u32..12), (1u8..=10, 0i64..5), 2..60), seed: u64
    ) {
        let source = source(&rows);
        for protocol in ALL {
            for at in 0..protocol.splits() {
                let Ok(split) = protocol.split(&source, seed, at) else { continue };
                prop_assert_eq!(split.training.matrix.movie_ids(), source.matrix().movie_ids());
                let learned = rows_of(&split.training.matrix);
                let mut all: Vec<_> = learned.into_iter().map(|(pair, (half_stars, _))| (pair, half_stars)).collect();
                all.extend(held_out(&split));
                all.extend(given(&split));
                all.sort_unstable();
                let expected: Vec<_> = rows.iter().map(|(&pair, &(half_stars, _))| (pair, half_stars)).collect();
                prop_assert_eq!(all, expected, "{:?}", protocol);
            }
        }
    }

    #[test]
    fn what_is_held_out_by_time_is_never_earlier_than_what_the_user_is_known_by(
        rows in btree_map((0u32..6, 0u32..12), (1u8..=10, 0i64..4), 2..50), seed: u64
    ) {
        let source = source(&rows);
        let latest = Protocol::LeaveOneOut { left_out: LeftOut::Latest, negatives: 0 };
        for protocol in [Protocol::TimeHoldout { share: 0.4 }, latest] {
            let Ok(split) = protocol.split(&source, seed, 0) else { continue };
            let training = rows_of(&split.training.matrix);
            for ((user, film), _) in held_out(&split) {
                let known = training.iter().filter(|((other, _), _)| *other == user).map(|(_, (_, time))| *time).max();
                prop_assert!(known.unwrap() <= rows[&(user, film)].1);
            }
        }
    }

    #[test]
    fn sampled_films_are_rated_by_somebody_but_never_by_the_user(
        rows in btree_map((0u32..6, 0u32..15), (1u8..=10, 0i64..4), 2..50), negatives in 1usize..20, seed: u64
    ) {
        let source = source(&rows);
        let protocol = Protocol::LeaveOneOut { left_out: LeftOut::Random, negatives };
        let Ok(split) = protocol.split(&source, seed, 0) else { return Ok(()) };
        let films: BTreeSet<u32> = rows.keys().map(|(_, film)| *film).collect();
        for case in &split.cases {
            let candidates = case.candidates.as_ref().unwrap();
            prop_assert!(candidates.is_sorted_by(|a, b| a < b));
            let ids = candidates.iter().map(|&column| split.training.matrix.movie_ids()[column as usize]);
            let ids: BTreeSet<u32> = ids.collect();
            let unseen = films.iter().copied().filter(|&film| !rows.contains_key(&(case.user, film)));
            let unseen: BTreeSet<u32> = unseen.collect();
            prop_assert!(ids.is_subset(&unseen));
            prop_assert_eq!(ids.len(), negatives.min(unseen.len()));
        }
    }
}

#[test]
fn each_fold_holds_out_its_part_and_all_of_them_everything() {
    let rows = of_10_5_2_1();
    let source = source(&rows);
    let protocol = Protocol::KFold { folds: 4 };
    let folds: Vec<Vec<_>> = (0..4).map(|at| held_out(&protocol.split(&source, 7, at).unwrap())).collect();
    // 18 ratings are 5 + 5 + 4 + 4.
    assert_eq!(folds.iter().map(Vec::len).collect::<Vec<usize>>(), [5, 5, 4, 4]);
    let all: BTreeSet<(u32, u32)> = folds.iter().flatten().map(|(pair, _)| *pair).collect();
    assert_eq!(all, rows.keys().copied().collect());
}

#[test]
fn a_share_is_rounded_but_leaves_one_and_takes_one() {
    let source = source(&of_10_5_2_1());
    for protocol in [Protocol::RandomHoldout { share: 0.25 }, Protocol::TimeHoldout { share: 0.25 }] {
        // 2.5 rounds to 3, 1.25 to 1, 0.5 would too, and of a single rating none can go.
        let split = protocol.split(&source, 1, 0).unwrap();
        assert_eq!(held_out_of_each(&split), BTreeMap::from([(1, 3), (2, 1), (3, 1)]), "{protocol:?}");
    }
    let most = Protocol::RandomHoldout { share: 0.99 }.split(&source, 1, 0).unwrap();
    assert_eq!(held_out_of_each(&most), BTreeMap::from([(1, 9), (2, 4), (3, 1)]));
    let one = Protocol::LeaveOneOut { left_out: LeftOut::Latest, negatives: 0 }.split(&source, 1, 0).unwrap();
    assert_eq!(held_out(&one).iter().map(|(pair, _)| *pair).collect::<Vec<_>>(), [(1, 100), (2, 100), (3, 100)]);
}

#[test]
fn users_held_out_are_not_in_the_training_part_and_show_the_rest_of_their_ratings() {
    let source = source(&of_10_5_2_1());
    // 0.5 of 4 users, of whom one cannot be chosen because a single rating cannot be divided.
    let split = Protocol::NewUsers { users: 0.5, share: 0.2 }.split(&source, 3, 0).unwrap();
    assert_eq!(split.cases.len(), 2);
    for case in &split.cases {
        assert_eq!(split.training.matrix.row_of(case.user), None);
        let viewer = case.viewer(&split.training.matrix);
        assert_eq!(viewer.row, None);
        let all = BTreeMap::from([(1, 10), (2, 5), (3, 2)])[&case.user];
        assert_eq!(viewer.columns.len() + case.held_out.columns.len(), all);
    }
}

#[test]
fn a_seed_decides_everything() {
    let source = source(&of_10_5_2_1());
    for protocol in ALL {
        let split = |seed| protocol.split(&source, seed, 0).unwrap();
        assert_eq!(split(5).cases, split(5).cases);
        assert_eq!(split(5).training.matrix, split(5).training.matrix);
    }
    let cases = |seed| Protocol::RandomHoldout { share: 0.3 }.split(&source, seed, 0).unwrap().cases;
    assert!((0..9).any(|seed| cases(seed) != cases(9)));
}

#[test]
fn sampling_is_even_over_the_films_never_seen() {
    // One user has seen films 0, 3 and 9 of ten; another has rated all.
    let mut rows: Rows = (0..10).map(|film| ((2, film), (5, 0))).collect();
    rows.extend([0, 3, 9].map(|film| ((1, film), (5, 0))));
    let source = source(&rows);
    let mut drawn = BTreeMap::<u32, u32>::new();
    for seed in 0..2_100 {
        let protocol = Protocol::LeaveOneOut { left_out: LeftOut::Random, negatives: 2 };
        let split = protocol.split(&source, seed, 0).unwrap();
        split.cases[0].candidates.as_ref().unwrap().iter().for_each(|&film| *drawn.entry(film).or_default() += 1);
    }
    // 2 of 7 films, 2,100 times: 600 each, with a deviation of 21.
    assert_eq!(drawn.keys().copied().collect::<Vec<u32>>(), [1, 2, 4, 5, 6, 7, 8]);
    assert!(drawn.values().all(|count| count.abs_diff(600) < 100), "{drawn:?}");
}

#[test]
fn what_cannot_be_divided_and_settings_out_of_range_are_errors_in_words() {
    let empty = Source::ratings_only(RatingsMatrix::default());
    let single = source(&BTreeMap::from([((1, 1), (5, 0))]));
    for protocol in ALL {
        for nothing in [&empty, &single] {
            let words = protocol.split(nothing, 1, 0).unwrap_err().to_string();
            assert!(words.contains(protocol.name()) && words.contains("users"), "{words}");
        }
    }
    let source = source(&of_10_5_2_1());
    let bad = [
        Protocol::KFold { folds: 1 },
        Protocol::KFold { folds: usize::MAX },
        Protocol::RandomHoldout { share: 0.0 },
        Protocol::TimeHoldout { share: 1.0 },
        Protocol::RandomHoldout { share: f64::NAN },
        Protocol::NewUsers { users: f64::INFINITY, share: 0.5 },
        Protocol::NewUsers { users: 0.5, share: -1.0 },
    ];
    for protocol in bad {
        let words = protocol.split(&source, 1, 0).unwrap_err().to_string();
        assert!(words.contains("must be"), "{words}");
    }
}

#[test]
fn tags_of_films_held_out_are_kept_from_the_models_with_the_ratings() {
    let fixture = common::clean();
    let dataset = fixture.imported();
    // User 2 has rated film 2 alone and tagged it: a fold that asks about that rating must not know the tag.
    let source = Source::from_dataset(&dataset).unwrap();
    for at in 0..2 {
        let split = Protocol::KFold { folds: 2 }.split(&source, 1, at).unwrap();
        let column = split.training.matrix.column_of(2).unwrap();
        let is_held_out = split.cases.iter().any(|case| case.user == 2);
        assert_eq!(split.training.content.tags(column).is_empty(), is_held_out);
        assert_eq!(split.training.content.movie(column).unwrap().title, "Quiet Harbour");
    }
}

#[test]
fn the_genome_of_films_stays_however_often_ratings_are_divided() {
    let source = Source::from_dataset(&common::clean().imported()).unwrap();
    let halves = Protocol::KFold { folds: 2 };
    let split = halves.split(&source, 1, 0).unwrap();
    let again = halves.split(&split.training_source(), 1, 0).unwrap();
    for content in [&split.training.content, &again.training.content] {
        assert_eq!(content.genome(0), Some(&[204, 6][..]));
        assert_eq!(content.genome(1), None);
        assert_eq!(content.genome(2), Some(&[0, 255][..]));
    }
}
