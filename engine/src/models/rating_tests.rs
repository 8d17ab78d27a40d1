//! What all models of ratings have in common, each against data that it must explain and data that explain nothing, and
//! the plain ones against definitions carried out on dense matrices.

use serde_json::{Value, json};

use super::*;
use crate::chance::Chance;
use crate::movielens::Rating;
use crate::rating::HalfStars;

const RATING_MODELS: [Algorithm; 6] = [
    Algorithm::Baseline,
    Algorithm::KnnMeans,
    Algorithm::KnnBaseline,
    Algorithm::Als,
    Algorithm::Bpmf,
    Algorithm::Blend,
];

/// Parameters under which a model of so few ratings is trained in no time.
fn small(algorithm: Algorithm) -> Value {
    let bpmf = json!({
        "factors": 3, "burn_in": 10, "draws": 12, "iterations_a_draw": 2,
        "implicit": { "factors": 3, "iterations": 4, "regularisation": 0.05 },
    });
    match algorithm {
        Algorithm::KnnBaseline => json!({ "shrinkage": 5.0 }),
        Algorithm::Als => json!({ "factors": 3 }),
        Algorithm::Bpmf => bpmf,
        Algorithm::Blend => json!({ "bpmf": bpmf, "als": { "factors": 3 }, "knn_baseline": { "shrinkage": 5.0 } }),
        _ => json!({}),
    }
}

fn train(algorithm: Algorithm, data: &TrainingData) -> Box<dyn Model> {
    algorithm.train(data, &small(algorithm), &|_| {}).unwrap()
}

fn rating(user: usize, film: usize, stars: f64) -> Rating {
    let half_stars = ((stars * 2.0).round() as u8).clamp(2, 10);
    Rating { user: user as u32, movie: film as u32, half_stars: HalfStars::new(half_stars).unwrap(), timestamp: 0 }
}

/// Ratings from 1 star on by taste, bias and a little chance; each user rates about half of the films: those shown, and a
/// fifth kept apart.
fn tastes() -> (TrainingData, Vec<Rating>) {
    let (users, films) = (80, 60);
    let mut chance = Chance::of_stream(11, 0);
    let mut numbers = |count: usize| (0..count).map(|_| chance.bell()).collect::<Vec<f64>>();
    let (tastes, traits) = (numbers(users * 2), numbers(films * 2));
    let (user_biases, film_biases, noise) = (numbers(users), numbers(films), numbers(users * films));
    let mut chance = Chance::of_stream(12, 0);
    let (mut shown, mut kept) = (Vec::new(), Vec::new());
    for user in 0..users {
        for film in 0..films {
            let taste: f64 = (0..2).map(|at| tastes[user * 2 + at] * traits[film * 2 + at]).sum();
            let stars = 3.2 + 0.3 * user_biases[user] + 0.4 * film_biases[film] + 0.6 * taste;
            if chance.unit() < 0.5 {
                let to = if chance.unit() < 0.2 { &mut kept } else { &mut shown };
                to.push(rating(user, film, stars + 0.2 * noise[user * films + film]));
            }
        }
    }
    (TrainingData::ratings_only(RatingsMatrix::new(shown, 0..films as u32)), kept)
}

fn root_mean_square_error(model: &dyn Model, data: &TrainingData, kept: &[Rating]) -> f64 {
    let error = |rating: &Rating| {
        let viewer = data.matrix.row_of(rating.user).map(|row| Viewer::known(&data.matrix, row)).unwrap();
        let predicted = model.predict(&viewer, data.matrix.column_of(rating.movie).unwrap() as u32).unwrap();
        (f64::from(predicted) - rating.half_stars.stars()).powi(2)
    };
    (kept.iter().map(error).sum::<f64>() / kept.len() as f64).sqrt()
}

/// Stars by user and film, for definitions that need no speed.
fn dense(data: &TrainingData) -> Vec<Vec<Option<f64>>> {
    let of_user = |row: usize| {
        let viewer = Viewer::known(&data.matrix, row);
        let stars = |column: usize| viewer.half_stars_of(column as u32).map(|half_stars| f64::from(half_stars) / 2.0);
        (0..data.matrix.films()).map(stars).collect()
    };
    (0..data.matrix.users()).map(of_user).collect()
}

/// Mean, user biases and film biases by ten rounds of damped means, films first, damped by 10 and 15 ratings.
fn slow_biases(stars: &[Vec<Option<f64>>]) -> (f64, Vec<f64>, Vec<f64>) {
    let all: Vec<f64> = stars.iter().flatten().flatten().copied().collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let (mut users, mut films) = (vec![0.0; stars.len()], vec![0.0; stars[0].len()]);
    for _ in 0..10 {
        for film in 0..films.len() {
            let off: Vec<f64> =
                (0..users.len()).filter_map(|user| Some(stars[user][film]? - mean - users[user])).collect();
            films[film] = off.iter().sum::<f64>() / (off.len() as f64 + 10.0);
        }
        for user in 0..users.len() {
            let off: Vec<f64> =
                (0..films.len()).filter_map(|film| Some(stars[user][film]? - mean - films[film])).collect();
            users[user] = off.iter().sum::<f64>() / (off.len() as f64 + 15.0);
        }
    }
    (mean, users, films)
}

/// Every model's predictions for all users and films against those of a definition.
fn hold_against(algorithm: Algorithm, given: Value, data: &TrainingData, expected: impl Fn(usize, usize) -> f64) {
    let model = algorithm.train(data, &given, &|_| {}).unwrap();
    let columns: Vec<u32> = (0..data.matrix.films() as u32).collect();
    for row in 0..data.matrix.users() {
        let viewer = Viewer::known(&data.matrix, row);
        for (column, found) in model.predict_each(&viewer, &columns).into_iter().enumerate() {
            let (found, expected) = (f64::from(found.unwrap()), expected(row, column).clamp(1.0, 5.0));
            assert!((found - expected).abs() < 1e-4, "{algorithm:?}: {found} for {expected} at {row}, {column}");
        }
    }
}

#[test]
fn the_baseline_is_the_mean_and_both_biases() {
    let (data, _) = tastes();
    let (mean, users, films) = slow_biases(&dense(&data));
    hold_against(Algorithm::Baseline, json!({}), &data, |user, film| mean + users[user] + films[film]);
}

#[test]
fn user_neighbours_are_the_raters_of_the_least_mean_squared_difference() {
    let (data, _) = tastes();
    let stars = dense(&data);
    let mean = |user: usize| {
        let own: Vec<f64> = stars[user].iter().flatten().copied().collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let similarity = |a: usize, b: usize| {
        let pairs = stars[a].iter().zip(&stars[b]);
        let squares: Vec<f64> = pairs.filter_map(|(a, b)| Some((a.as_ref()? - b.as_ref()?).powi(2))).collect();
        if squares.is_empty() { 0.0 } else { 1.0 / (1.0 + squares.iter().sum::<f64>() / squares.len() as f64) }
    };
    for k in [1, 5, 1000] {
        hold_against(Algorithm::KnnMeans, json!({ "k": k }), &data, |user, film| {
            let raters = (0..stars.len()).filter(|&other| other != user && stars[other][film].is_some());
            let mut raters: Vec<(f64, usize)> = raters.map(|other| (similarity(user, other), other)).collect();
            raters.retain(|rater| rater.0 > 0.0);
            raters.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            raters.truncate(k);
            let weights: f64 = raters.iter().map(|rater| rater.0).sum();
            let deviations: f64 =
                raters.iter().map(|&(weight, other)| weight * (stars[other][film].unwrap() - mean(other))).sum();
            mean(user) + if weights > 0.0 { deviations / weights } else { 0.0 }
        });
    }
}

#[test]
fn film_neighbours_are_those_that_exceed_the_baseline_together() {
    let (data, _) = tastes();
    let stars = dense(&data);
    let (mean, users, films) = slow_biases(&stars);
    let deviation = |user: usize, film: usize| Some(stars[user][film]? - mean - users[user] - films[film]);
    let similarity = |a: usize, b: usize| {
        let pairs: Vec<(f64, f64)> =
            (0..users.len()).filter_map(|user| Some((deviation(user, a)?, deviation(user, b)?))).collect();
        let product: f64 = pairs.iter().map(|(a, b)| a * b).sum();
        let squares = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(|pair| of(pair).powi(2)).sum::<f64>().sqrt();
        let others = pairs.len() as f64 - 1.0;
        if others < 1.0 {
            0.0
        } else {
            product / squares(|pair| pair.0) / squares(|pair| pair.1) * others / (others + 7.0)
        }
    };
    for k in [1, 4, 1000] {
        hold_against(Algorithm::KnnBaseline, json!({ "k": k, "shrinkage": 7.0 }), &data, |user, film| {
            let rated = (0..films.len()).filter(|&other| other != film && stars[user][other].is_some());
            let mut rated: Vec<(f64, usize)> = rated.map(|other| (similarity(film, other), other)).collect();
            rated.retain(|other| other.0 > 0.0);
            rated.sort_by(|a, b| b.0.total_cmp(&a.0));
            rated.truncate(k);
            let weights: f64 = rated.iter().map(|other| other.0).sum();
            let deviations: f64 = rated.iter().map(|&(weight, other)| weight * deviation(user, other).unwrap()).sum();
            mean + users[user] + films[film] + if weights > 0.0 { deviations / weights } else { 0.0 }
        });
    }
}

#[test]
fn models_that_know_tastes_err_less_than_the_baseline_and_the_blend_about_as_little_as_the_best() {
    let (data, kept) = tastes();
    let error = |algorithm: Algorithm| root_mean_square_error(&*train(algorithm, &data), &data, &kept);
    let [baseline, means, films, als, bpmf, blend] = RATING_MODELS.map(error);
    let told = format!("{baseline} {means} {films} {als} {bpmf} {blend}");
    assert!(means < baseline && films < baseline && als < baseline * 0.8 && bpmf < als, "{told}");
    assert!(blend < bpmf * 1.02, "{told}");
}

#[test]
fn a_viewer_never_seen_is_served_like_one_of_the_training_with_the_same_ratings() {
    let (data, _) = tastes();
    let columns: Vec<u32> = (0..data.matrix.films() as u32).collect();
    for algorithm in [Algorithm::Baseline, Algorithm::KnnBaseline, Algorithm::Als, Algorithm::Bpmf] {
        let model = train(algorithm, &data);
        let known = Viewer::known(&data.matrix, 5);
        let stranger = Viewer { row: None, ..known };
        assert_eq!(model.predict_each(&known, &columns), model.predict_each(&stranger, &columns), "{algorithm:?}");
    }
}

#[test]
fn the_same_model_is_learned_on_one_thread_and_on_many_and_loaded_from_its_arrays() {
    let (data, _) = tastes();
    let columns: Vec<u32> = (0..data.matrix.films() as u32).collect();
    let viewer = Viewer::known(&data.matrix, 5);
    for algorithm in RATING_MODELS {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| train(algorithm, &data))
        };
        let model = on(1);
        assert_eq!(on(5).parts(), model.parts(), "{algorithm:?}");
        let parameters = algorithm.parameters(&small(algorithm), &data).unwrap();
        let loaded = algorithm.load(model.parts(), &data, &parameters).unwrap();
        assert_eq!(loaded.parts(), model.parts(), "{algorithm:?}");
        assert_eq!(loaded.predict_each(&viewer, &columns), model.predict_each(&viewer, &columns), "{algorithm:?}");
        assert_eq!(loaded.because(&viewer, 7, 5), model.because(&viewer, 7, 5), "{algorithm:?}");
        assert_eq!(loaded.similar(7, 5), model.similar(7, 5), "{algorithm:?}");
    }
}

#[test]
fn scores_are_predictions_but_for_the_ends_of_the_scale_and_films_nobody_rated() {
    let (data, _) = tastes();
    let rated = RatingsMatrix::new(data.matrix.iter(), (0..60).chain([500]));
    let data = TrainingData::ratings_only(rated);
    let viewer = Viewer::known(&data.matrix, 9);
    for algorithm in RATING_MODELS {
        let model = train(algorithm, &data);
        let mut scores = vec![0.0; data.matrix.films()];
        model.score(&viewer, &mut scores);
        assert_eq!(scores[60], f32::NEG_INFINITY, "{algorithm:?}");
        for (column, &score) in scores[..60].iter().enumerate() {
            let predicted = model.predict(&viewer, column as u32).unwrap();
            assert!((1.0..=5.0).contains(&predicted), "{algorithm:?}: the least rating given is one star");
            if (1.01..4.99).contains(&predicted) && algorithm != Algorithm::Blend {
                assert!((score - predicted).abs() < 1e-4, "{algorithm:?}: {score} for {predicted}");
            }
        }
        assert!(model.predict(&viewer, 60).is_some_and(f32::is_finite), "{algorithm:?}");
    }
}

#[test]
fn reasons_are_the_viewers_own_films_and_likeness_leaves_the_film_itself_out() {
    let (data, _) = tastes();
    let viewer = Viewer::known(&data.matrix, 3);
    for algorithm in [Algorithm::KnnBaseline, Algorithm::Als, Algorithm::Bpmf, Algorithm::Blend] {
        let model = train(algorithm, &data);
        let reasons = model.because(&viewer, 20, 100);
        let whole: f32 = reasons.iter().map(|film| film.weight).sum();
        assert!(!reasons.is_empty() && (whole - 1.0).abs() < 1e-4, "{algorithm:?}: {reasons:?}");
        assert!(reasons.iter().all(|film| viewer.half_stars_of(film.column).is_some()), "{algorithm:?}");
        assert!(reasons.is_sorted_by(|a, b| a.weight >= b.weight), "{algorithm:?}");
        assert_eq!(model.because(&viewer, 20, 2), reasons[..2.min(reasons.len())], "{algorithm:?}");
        let similar = model.similar(20, 5);
        assert!(similar.len() == 5 && similar.iter().all(|film| film.column != 20 && film.weight <= 1.0001));
        assert!(model.because(&viewer, 9999, 5).is_empty() && model.similar(9999, 5).is_empty(), "{algorithm:?}");
    }
}

#[test]
fn data_that_tell_nothing_give_the_rating_that_was_given_and_no_data_an_error() {
    let equal = TrainingData::ratings_only(RatingsMatrix::new((0..12).map(|at| rating(at / 4, at % 4, 3.5)), []));
    let one = TrainingData::ratings_only(RatingsMatrix::new([rating(4, 4, 3.5)], []));
    let none = TrainingData::ratings_only(RatingsMatrix::new([], [1, 2]));
    for algorithm in RATING_MODELS {
        for data in [&equal, &one] {
            let model = train(algorithm, data);
            let viewers = [Viewer::known(&data.matrix, 0), Viewer::default()];
            for viewer in viewers {
                for column in [0, 77] {
                    assert_eq!(model.predict(&viewer, column), Some(3.5), "{algorithm:?}");
                }
                let mut scores = vec![f32::NAN; data.matrix.films()];
                model.score(&viewer, &mut scores);
                assert!(scores.iter().all(|score| score.is_finite()), "{algorithm:?}: {scores:?}");
                assert!(model.because(&viewer, 0, 3).iter().all(|film| film.weight.is_finite()), "{algorithm:?}");
                assert!(model.similar(0, 3).iter().all(|film| film.weight.is_finite()), "{algorithm:?}");
            }
        }
        let error = algorithm.train(&none, &json!({}), &|_| {}).unwrap_err().to_string();
        assert!(error.contains("not one rating"), "{error}");
    }
}

#[test]
fn parameters_out_of_range_are_named_in_the_error() {
    let (data, _) = tastes();
    let bad = [
        (Algorithm::Baseline, json!({ "iterations": 0 }), "iterations"),
        (Algorithm::Baseline, json!({ "user_damping": -1.0 }), "user_damping"),
        (Algorithm::KnnMeans, json!({ "k": 0 }), "k"),
        (Algorithm::KnnBaseline, json!({ "k": 0 }), "k"),
        (Algorithm::KnnBaseline, json!({ "shrinkage": -2.0 }), "shrinkage"),
        (Algorithm::KnnBaseline, json!({ "kept": 10_001 }), "kept"),
        (Algorithm::KnnBaseline, json!({ "baseline": { "film_damping": 1e300 } }), "film_damping"),
        (Algorithm::Als, json!({ "factors": 0 }), "factors"),
        (Algorithm::Als, json!({ "factors": 1_000_000 }), "factors"),
        (Algorithm::Als, json!({ "regularisation": -0.1 }), "regularisation"),
        (Algorithm::Als, json!({ "deviation": 1e9 }), "deviation"),
        (Algorithm::Bpmf, json!({ "draws": 0 }), "draws"),
        (Algorithm::Bpmf, json!({ "factors": 1000 }), "factors"),
        (Algorithm::Bpmf, json!({ "link_regularisation": 0.0 }), "link_regularisation"),
        (Algorithm::Bpmf, json!({ "implicit": { "unobserved_weight": -1.0 } }), "unobserved_weight"),
        (Algorithm::Blend, json!({ "validation": { "share": 1.0 } }), "validation.share"),
        (Algorithm::Blend, json!({ "validation": { "ratings": 0 } }), "validation.ratings"),
    ];
    for (algorithm, given, named) in bad {
        let error = algorithm.train(&data, &given, &|_| {}).unwrap_err().to_string();
        assert!(error.contains(&format!("{named} is")), "{algorithm:?}: {error}");
    }
    let not_a_number = AlsParameters { regularisation: f64::NAN, ..AlsParameters::default() };
    assert!(Als::train(&data, &not_a_number, &|_| {}).unwrap_err().to_string().contains("regularisation is NaN"));
}

#[test]
fn films_of_large_biases_and_hardly_any_factors_are_alike_by_their_factors_alone() {
    let (data, _) = tastes();
    let parameters = Algorithm::Bpmf.parameters(&small(Algorithm::Bpmf), &data).unwrap();
    let trained = train(Algorithm::Bpmf, &data).parts();
    let (films, rank) = (data.matrix.films(), 4);
    let length = trained.length("film_factors");
    // Three factors about a ten-thousandth of the bias; films of the same number modulo 6 have the same, film 5 has none.
    let factors = (0..length).map(|at| match (at / rank % films, at % rank) {
        (film, 3) => 1.7 + film as f32 / 100.0,
        (5, _) => 0.0,
        (film, place) => [1e-4, -2e-4][film % 2] * (1 + film % 3 + place) as f32,
    });
    let crafted = trained.with("film_factors", Array::F32(factors.collect()));
    let model = Algorithm::Bpmf.load(crafted, &data, &parameters).unwrap();
    let similar = model.similar(0, usize::MAX);
    assert_eq!(similar.len(), films - 1);
    for film in similar {
        let expected = match film.column {
            5 => 0.0,
            column if column % 6 == 0 => 1.0,
            column => {
                let factors = |film: f64| [1.0 + film % 3.0, 2.0 + film % 3.0, 3.0 + film % 3.0];
                let (own, other) = (factors(0.0), factors(f64::from(column)));
                let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let sign = if column % 2 == 0 { 1.0 } else { -1.0 };
                sign * dot(own, other) / (dot(own, own) * dot(other, other)).sqrt()
            }
        };
        assert!((f64::from(film.weight) - expected).abs() < 1e-4, "{} for {expected} of {}", film.weight, film.column);
    }
    assert!(model.similar(5, 3).iter().all(|film| film.weight == 0.0), "what has no factors is like nothing");
}

#[test]
fn draws_that_would_not_fit_into_memory_are_refused_before_any_is_made() {
    let matrix = RatingsMatrix::new([rating(1, 1, 3.0)], 0..33_000);
    let data = TrainingData::ratings_only(matrix);
    // Two numbers a row fill a line of sixteen, twice.
    let error = Algorithm::Bpmf.train(&data, &json!({ "factors": 1, "draws": 1000 }), &|_| {}).unwrap_err();
    assert!(matches!(error, Error::TooLarge { needed: 4097.., .. }), "{error}");
    assert!(error.to_string().contains("fewer draws"), "{error}");
}
