//! What is measured is what the definitions say: held to a slow reference, to a model that knows everything, to one that
//! knows nothing, and to lists worked by hand.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use cineswarm_engine::evaluation::{LeftOut, Measured, Metric, Protocol, Source, Split, Tally, compare_all, measure};
use cineswarm_engine::models::{Model, Parts, TrainingData, Viewer};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{HalfStars, RatingsMatrix};
use proptest::collection::btree_map;
use proptest::prelude::*;

type Rows = BTreeMap<(u32, u32), u8>;

const ANY: HalfStars = HalfStars::new(1).unwrap();

fn matrix(rows: &Rows) -> RatingsMatrix {
    let ratings = rows.iter().map(|(&(user, movie), &half_stars)| Rating {
        user,
        movie,
        half_stars: HalfStars::new(half_stars).unwrap(),
        timestamp: i64::from(user * 31 + movie * 17) % 7,
    });
    RatingsMatrix::new(ratings, [])
}

/// 40 users with 20 to 39 ratings of 60 films, scattered by arithmetic.
fn scattered() -> Rows {
    let user = |user: u32| {
        (0..20 + user % 20).map(move |at| ((user, (at * 7 + user * 13) % 60), (1 + (at * user) % 10) as u8))
    };
    (0..40).flat_map(user).collect()
}

fn metrics(names: &str) -> Vec<Metric> {
    names.split(' ').map(|name| name.parse().unwrap()).collect()
}

fn measured(model: &dyn Model, split: &Split, names: &str) -> Vec<Option<f64>> {
    measure(model, split, &metrics(names), ANY, &|| ()).values
}

/// A model that is a function from the viewer's row and a column to a score.
struct ByRule<F>(F);

impl<F> std::fmt::Debug for ByRule<F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ByRule")
    }
}

impl<F: Fn(usize, u32) -> f32 + Send + Sync> Model for ByRule<F> {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let row = viewer.row.unwrap_or(0);
        (0..).zip(scores).for_each(|(column, score)| *score = (self.0)(row, column));
    }

    fn parts(&self) -> Parts {
        Parts::default()
    }
}

/// A model that has seen the test part.
#[derive(Debug)]
struct Oracle(RatingsMatrix);

impl Model for Oracle {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        for (column, score) in (0..).zip(scores) {
            *score = self.predict(viewer, column).unwrap_or(0.0);
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        let all = Viewer::known(&self.0, viewer.row?);
        all.half_stars_of(column).map(|half_stars| f32::from(half_stars) / 2.0)
    }

    fn parts(&self) -> Parts {
        Parts::default()
    }
}

/// The obvious way: sort everything, count, divide.
fn reference(split: &Split, score: &dyn Fn(usize, u32) -> f32, name: &str, n: usize, relevant_from: u8) -> Option<f64> {
    let training = &split.training.matrix;
    let mut of_users = Vec::new();
    for case in &split.cases {
        let viewer = case.viewer(training);
        let held_out: BTreeMap<u32, u8> =
            case.held_out.columns.iter().copied().zip(case.held_out.half_stars.iter().copied()).collect();
        let is_relevant = |column: u32| held_out.get(&column).is_some_and(|&half_stars| half_stars >= relevant_from);
        let relevant = held_out.keys().filter(|&&column| is_relevant(column)).count();
        if relevant == 0 {
            continue;
        }
        let mut films: Vec<u32> = (0..training.films() as u32).collect();
        films.retain(|column| !viewer.columns.contains(column));
        if let Some(candidates) = &case.candidates {
            films.retain(|column| candidates.contains(column) || held_out.contains_key(column));
        }
        let score = |column: u32| score(viewer.row.unwrap_or(0), column);
        films.retain(|&column| !score(column).is_nan() && score(column) > f32::NEG_INFINITY);
        films.sort_by(|&a, &b| {
            let by_score = score(b).partial_cmp(&score(a)).unwrap();
            by_score.then(is_relevant(a).cmp(&is_relevant(b))).then(a.cmp(&b))
        });
        let hit = |position: usize| films.get(position - 1).is_some_and(|&column| is_relevant(column));
        let hits = |down_to: usize| (1..=down_to).filter(|&position| hit(position)).count() as f64;
        let gain = |position: usize| 1.0 / (position as f64 + 1.0).log2();
        of_users.push(match name {
            "precision" => hits(n) / n as f64,
            "recall" => hits(n) / relevant as f64,
            "hr" => hits(n).min(1.0),
            "mrr" => (1..=n).find(|&position| hit(position)).map_or(0.0, |position| 1.0 / position as f64),
            "map" => {
                let at_hits =
                    (1..=n).filter(|&position| hit(position)).map(|position| hits(position) / position as f64);
                at_hits.sum::<f64>() / n.min(relevant) as f64
            }
            "ndcg" => {
                let found: f64 = (1..=n).filter(|&position| hit(position)).map(gain).sum();
                found / (1..=n.min(relevant)).map(gain).sum::<f64>()
            }
            _ => unreachable!(),
        });
    }
    (!of_users.is_empty()).then(|| of_users.iter().sum::<f64>() / of_users.len() as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_ranking_metric_equals_the_obvious_computation_ties_and_unknown_scores_included(
        rows in btree_map((0u32..8, 0u32..14), 1u8..=10, 10..80), seed: u64, salt: u32, relevant_from in 1u8..=10
    ) {
        let source = Source::ratings_only(matrix(&rows));
        let all = [
            Protocol::RandomHoldout { share: 0.4 },
            Protocol::KFold { folds: 2 },
            Protocol::LeaveOneOut { left_out: LeftOut::Latest, negatives: 5 },
            Protocol::NewUsers { users: 0.5, share: 0.5 },
        ];
        // Few different scores, so that most are tied; both zeroes; and films of which nothing is known.
        let scores = [0.5f32, -0.0, 0.0, 1.5, f32::NAN, f32::NEG_INFINITY, 2.0];
        let score = move |row: usize, column: u32| scores[((row as u32 * 5 + column * 3 + salt % 97) % 11).min(6) as usize];
        for protocol in all {
            let Ok(split) = protocol.split(&source, seed, 0) else { continue };
            for name in ["precision", "recall", "hr", "ndcg", "mrr", "map"] {
                for n in [1, 3, 20] {
                    let wanted = metrics(&format!("{name}@{n}"));
                    let relevant_stars = HalfStars::new(relevant_from).unwrap();
                    let fast = measure(&ByRule(score), &split, &wanted, relevant_stars, &|| ()).values[0];
                    let slow = reference(&split, &score, name, n, relevant_from);
                    let close = match (fast, slow) {
                        (Some(fast), Some(slow)) => (fast - slow).abs() < 1e-12,
                        (fast, slow) => fast == slow,
                    };
                    prop_assert!(close, "{protocol:?} {name}@{n}: {fast:?} and {slow:?}");
                }
            }
        }
    }
}

#[test]
fn a_model_that_has_seen_the_test_part_is_perfect() {
    let rows = scattered();
    let source = Source::ratings_only(matrix(&rows));
    for protocol in [
        Protocol::RandomHoldout { share: 0.2 },
        Protocol::LeaveOneOut { left_out: LeftOut::Random, negatives: 99 },
        Protocol::TimeHoldout { share: 0.2 },
    ] {
        let split = protocol.split(&source, 1, 0).unwrap();
        let oracle = Oracle(source.matrix().clone());
        for perfect in measured(&oracle, &split, "ndcg@10 recall@20 hr@1 mrr@5 map@10 r2") {
            assert!((perfect.unwrap() - 1.0).abs() < 1e-12, "{protocol:?}");
        }
        assert_eq!(measured(&oracle, &split, "rmse mae mse"), [Some(0.0); 3]);
    }
}

#[test]
fn chance_hits_as_often_as_chance_does_and_no_decision_never_hits() {
    // 400 users with 3 of 500 films each: the held-out film is one of 100, so the first 10 hold it one time in ten.
    let rows: Rows =
        (0..400u32).flat_map(|user| (0..3).map(move |at| ((user, (user * 71 + at * 101) % 500), 8))).collect();
    let source = Source::ratings_only(matrix(&rows));
    let protocol = Protocol::LeaveOneOut { left_out: LeftOut::Random, negatives: 99 };
    let chance = |row: usize, column: u32| {
        let mixed = (row as u64 * 1_000_003 + u64::from(column)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 40) as f32
    };
    let mut hit_rates = Vec::new();
    for seed in 0..5 {
        let split = protocol.split(&source, seed, 0).unwrap();
        hit_rates.extend(measured(&ByRule(chance), &split, "hr@10")[0]);
        assert_eq!(measured(&ByRule(|_, _| 1.0), &split, "hr@99 ndcg@99"), [Some(0.0); 2]);
        assert_eq!(measured(&ByRule(|_, _| 1.0), &split, "hr@100"), [Some(1.0)]);
        assert_eq!(measured(&ByRule(|_, _| f32::NEG_INFINITY), &split, "hr@100"), [Some(0.0)]);
    }
    // 2,000 draws of probability 0.1 deviate by 0.0067.
    let mean = hit_rates.iter().sum::<f64>() / 5.0;
    assert!((mean - 0.1).abs() < 0.02, "{mean}");
}

#[test]
fn films_already_rated_are_never_recommended_however_high_their_score() {
    let source = Source::ratings_only(matrix(&scattered()));
    let split = Protocol::RandomHoldout { share: 0.2 }.split(&source, 1, 0).unwrap();
    let training = split.training.matrix.clone();
    let seen_first = |row: usize, column: u32| {
        if training.by_user().row(row).0.contains(&column) { 9.0 } else { (column % 5) as f32 }
    };
    let others_only = |row: usize, column: u32| {
        if training.by_user().row(row).0.contains(&column) { f32::NEG_INFINITY } else { (column % 5) as f32 }
    };
    let names = "ndcg@10 precision@5 map@7";
    assert_eq!(measured(&ByRule(seen_first), &split, names), measured(&ByRule(others_only), &split, names));
}

/// Training: film 1 has raters {1, 2, 3, 4}, film 2 {1, 2}, film 3 {3}, film 4 {2, 3}; user 1 is asked about film 3 and user
/// 4 about film 2.
fn small() -> Split {
    let training = [(1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 3), (2, 4), (3, 4)];
    let folder = tempfile::tempdir().unwrap();
    let (train, test) = (folder.path().join("train"), folder.path().join("test"));
    let lines = training.map(|(user, film)| format!("{user}\t{film}\t4\t0\n"));
    std::fs::write(&train, lines.concat()).unwrap();
    std::fs::write(&test, "1\t3\t2\t0\n4\t2\t5\t0\n").unwrap();
    cineswarm_engine::evaluation::read_split(&train, &test, None).unwrap().split
}

#[test]
fn lists_are_described_as_worked_by_hand() {
    // The lower the number the better: user 1 gets films 3 and 4, user 4 gets 2 and 3, of n = 2.
    let by_number = ByRule(|_, column| -(column as f32));
    let values =
        measured(&by_number, &small(), "coverage@2 gini@2 popularity@2 novelty@2 diversity@2 popularity-lift@2");
    // Film 1 is never recommended, films 2 and 4 once, 3 twice: 3 of 4 films; ascending shares 0, 1/4, 1/4, 2/4.
    let gini = (-3.0 * 0.0 - 0.25 + 0.25 + 3.0 * 0.5) / 3.0;
    // Raters: 1 and 2 for user 1, 2 and 1 for user 4.
    let popularity = 1.5;
    // Of 4 users, 1 rater is 2 bits and 2 raters are 1 bit.
    let novelty = 1.5;
    // {3} and {2, 3} have 1 in common, sqrt(1 * 2) below; {1, 2} and {3} have none.
    let diversity = ((1.0 - 1.0 / 2f64.sqrt()) + 1.0) / 2.0;
    // The profiles: films 1 and 2 with 4 and 2 raters, film 1 with 4. Their means are 3 and 4, the lists' 1.5 and 1.5.
    let lift = 3.0 / 7.0 - 1.0;
    for (value, expected) in values.iter().zip([0.75, gini, popularity, novelty, diversity, lift]) {
        assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?} and {expected}");
    }
    // No film has a known genre.
    assert_eq!(measured(&by_number, &small(), "genre-diversity@2"), [None]);
}

/// Predicts 3 stars for the film of column 1 alone.
#[derive(Debug)]
struct PredictsOne;

impl Model for PredictsOne {
    fn score(&self, _: &Viewer<'_>, scores: &mut [f32]) {
        scores.fill(0.0);
    }

    fn predict(&self, _: &Viewer<'_>, column: u32) -> Option<f32> {
        (column == 1).then_some(3.0)
    }

    fn parts(&self) -> Parts {
        Parts::default()
    }
}

#[test]
fn errors_of_predictions_are_as_worked_by_hand_and_absent_where_nothing_is_predicted() {
    // User 1's film 3 has 2 stars and gets the training mean, 4; user 4's film 2 has 5 and gets 3.
    let values = measured(&PredictsOne, &small(), "rmse mae mse r2");
    // Errors 2 and -2; about the mean of 3.5 the squares are 2.25 each.
    let expected = [2.0, 2.0, 4.0, 1.0 - 8.0 / 4.5];
    for (value, expected) in values.iter().zip(expected) {
        assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?} and {expected}");
    }
    assert_eq!(measured(&ByRule(|_, _| 0.0), &small(), "rmse mae mse r2"), [None; 4]);
}

#[test]
fn only_films_rated_high_enough_are_to_be_found() {
    let score = |_, column: u32| column as f32;
    // From 5 stars on only user 4's film counts. User 4 gets films 4 and 3 first, then 2.
    let of =
        |from| measure(&ByRule(score), &small(), &metrics("mrr@3"), HalfStars::new(from).unwrap(), &|| ()).values[0];
    assert_eq!(of(10), Some(1.0 / 3.0));
    // User 1 gets film 4 and then 3.
    assert_eq!(of(1), Some((1.0 / 2.0 + 1.0 / 3.0) / 2.0));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let source = Source::ratings_only(matrix(&scattered()));
    let split = Protocol::RandomHoldout { share: 0.3 }.split(&source, 1, 0).unwrap();
    let metrics = metrics("ndcg@10 map@5 novelty@10 diversity@10 gini@10 coverage@10 rmse r2");
    let oracle = Oracle(source.matrix().clone());
    let with = |threads: usize| -> Measured {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| measure(&oracle, &split, &metrics, ANY, &|| ()))
    };
    assert_eq!(with(1), with(4));
}

/// What a tally holds after these values of one metric, a user each.
fn tally(values: &[f64]) -> Tally {
    let split = small();
    let mut measured = measure(&PredictsOne, &split, &metrics("ndcg@10"), ANY, &|| ());
    measured.values = vec![Some(values.iter().sum::<f64>() / values.len() as f64)];
    measured.users = (1..=values.len() as u32).collect();
    let share = measured.shares[0][0];
    measured.shares =
        values.iter().map(|&amount| vec![cineswarm_engine::evaluation::Share { amount, ..share }]).collect();
    let mut tally = Tally::new(&measured.metrics);
    tally.add(measured);
    tally
}

#[test]
fn intervals_and_tests_are_those_of_student() {
    // Student's sleep data (1908): hours gained by ten patients on each of two drugs. Paired t = -4.0621, p = 0.002833.
    let first = tally(&[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]);
    let second = tally(&[1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
    let compared = compare_all(&[&first, &second], 0);
    assert_eq!((compared.len(), compared[0].first, compared[0].second), (1, 0, 1));
    assert!((compared[0].difference - -1.58).abs() < 1e-12);
    assert!((compared[0].p_value - 0.002833).abs() < 1e-6, "{}", compared[0].p_value);
    // The first drug alone: mean 0.75, deviation 1.78901, so 2.262157 * 1.78901 / sqrt(10).
    assert!((first.confidence_95(0).unwrap() - 1.27978).abs() < 1e-5);
    // A model is no different from itself, and two equal ones are not told apart by dividing by zero.
    assert_eq!(compare_all(&[&first, &first], 0)[0].p_value, 1.0);
    assert_eq!(tally(&[0.5]).confidence_95(0), None);
}

#[test]
fn deviation_is_over_splits_and_a_user_asked_twice_is_one_user() {
    let source = Source::ratings_only(matrix(&scattered()));
    let protocol = Protocol::KFold { folds: 3 };
    let metrics = metrics("rmse ndcg@5");
    let constant = ByRule(|_, column| column as f32);
    let mut all = Tally::new(&metrics);
    let mut values = Vec::new();
    for at in 0..3 {
        let measured = measure(&constant, &protocol.split(&source, 1, at).unwrap(), &metrics, ANY, &|| ());
        values.extend(measured.values[1]);
        all.add(measured);
    }
    let mean = values.iter().sum::<f64>() / 3.0;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    assert!((all.mean(1).unwrap() - mean).abs() < 1e-12);
    assert!((all.deviation(1).unwrap() - deviation).abs() < 1e-12);
    // No rating is predicted, so there is nothing to say of it.
    assert_eq!((all.mean(0), all.deviation(0), all.confidence_95(0)), (None, None, None));
    assert!(all.confidence_95(1).unwrap() > 0.0);
}

#[test]
fn a_real_model_is_asked_about_the_sample_of_movielens() {
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ml-latest-small"),
        PathBuf::from,
    );
    let Ok(file) = std::fs::read_to_string(folder.join("ratings.csv")) else {
        eprintln!("SKIPPED: no MovieLens sample in {}; set CINESWARM_TEST_DATA to its folder", folder.display());
        return;
    };
    let ratings = file.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let half_stars = HalfStars::from_stars(fields[2].parse().unwrap()).unwrap();
        Rating { user: fields[0].parse().unwrap(), movie: fields[1].parse().unwrap(), half_stars, timestamp: 0 }
    });
    let source = Source::ratings_only(RatingsMatrix::new(ratings, []));
    let split = Protocol::RandomHoldout { share: 0.2 }.split(&source, 1, 0).unwrap();
    let TrainingData { matrix, .. } = &split.training;
    let popularity = ByRule(|_, column| matrix.by_film().row(column as usize).0.len() as f32);
    let chance = ByRule(|row, column| ((row as u32 * 7919 + column * 104_729) % 1009) as f32);
    let names = "ndcg@10 hr@10 coverage@10 popularity-lift@10 novelty@10";
    let popular: Vec<f64> = measured(&popularity, &split, names).into_iter().flatten().collect();
    let random: Vec<f64> = measured(&chance, &split, names).into_iter().flatten().collect();
    // Popular films are found more often, and are fewer, more popular and less novel than films at random.
    assert!(popular[0] > 10.0 * random[0] && popular[1] > random[1]);
    assert!(popular[2] < random[2] && popular[3] > 0.0 && random[3] < 0.0 && popular[4] < random[4]);
}
