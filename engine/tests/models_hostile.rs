//! No data and no parameters make a model panic or answer with something that is no number: an error in words, or the
//! right answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use cineswarm_engine::models::{Algorithm, Model, TrainingData, Viewer};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{HalfStars, RatingsMatrix};
use serde_json::{Value, json};

fn rating(user: u32, movie: u32, half_stars: u8) -> Rating {
    Rating { user, movie, half_stars: HalfStars::new(half_stars).unwrap(), timestamp: i64::from(movie) }
}

/// Ratings at the edges of what there can be, with what they are.
fn extremes() -> Vec<(&'static str, TrainingData)> {
    let everyone_everything = |half_stars: fn(u32, u32) -> u8| {
        (0..9).flat_map(move |user| (0..7).map(move |movie| rating(user, movie, half_stars(user, movie))))
    };
    let matrices = [
        ("nothing at all", RatingsMatrix::new([], [])),
        ("films without ratings", RatingsMatrix::new([], [3, 5, 9])),
        ("one rating", RatingsMatrix::new([rating(1, 1, 10)], [])),
        ("one user", RatingsMatrix::new((0..12).map(|movie| rating(7, movie, 1 + (movie % 10) as u8)), [50])),
        ("one film", RatingsMatrix::new((0..12).map(|user| rating(user, 3, 1 + (user % 10) as u8)), [])),
        ("all ratings equal", RatingsMatrix::new(everyone_everything(|_, _| 6), [])),
        (
            "everyone rated everything",
            RatingsMatrix::new(everyone_everything(|a, b| 1 + (a * 7 + b * 3) as u8 % 10), []),
        ),
        ("no two users share a film", RatingsMatrix::new((0..12).map(|at| rating(at, at, 1 + (at % 10) as u8)), [])),
        ("the largest ids", RatingsMatrix::new([rating(u32::MAX, u32::MAX, 1), rating(0, u32::MAX, 9)], [0])),
    ];
    matrices.map(|(name, matrix)| (name, TrainingData::ratings_only(matrix))).into()
}

/// Asks a model everything for viewers known and new, of no rating, of one, and of all films there are.
fn ask(model: &dyn Model, data: &TrainingData, what: &str) {
    let matrix = &data.matrix;
    let films = matrix.films() as u32;
    let (one, one_rating) = ([0], [10]);
    let all: Vec<u32> = (0..films).collect();
    let all_ratings: Vec<u8> = all.iter().map(|column| 1 + (column % 10) as u8).collect();
    let mut viewers = vec![Viewer::default(), Viewer { row: None, columns: &all, half_stars: &all_ratings }];
    if films > 0 {
        viewers.push(Viewer { row: None, columns: &one, half_stars: &one_rating });
    }
    viewers.extend((0..matrix.users()).map(|row| Viewer::known(matrix, row)));
    for viewer in &viewers {
        let mut scores = vec![f32::NAN; matrix.films()];
        model.score(viewer, &mut scores);
        assert!(scores.iter().all(|score| score.is_finite() || *score == f32::NEG_INFINITY), "{what}: {scores:?}");
        let each: Vec<Option<f32>> = all.iter().map(|&column| model.predict(viewer, column)).collect();
        for (&column, stars) in all.iter().zip(&each) {
            if let Some(stars) = stars {
                assert!((0.5..=5.0).contains(stars), "{what}: {stars} stars");
            }
            for limit in [0, 3, usize::MAX] {
                let because = model.because(viewer, column, limit);
                assert!(because.len() <= limit, "{what}");
                for film in because {
                    assert!(viewer.columns.contains(&film.column), "{what}: a reason the viewer has not rated");
                    assert!((0.0..=1.0001).contains(&film.weight), "{what}: a share of {}", film.weight);
                }
            }
        }
        assert_eq!(model.predict_each(viewer, &all), each, "{what}: predictions together and one by one");
        for beyond in [films, u32::MAX] {
            let stars = model.predict(viewer, beyond);
            assert!(stars.is_none_or(|stars| (0.5..=5.0).contains(&stars)), "{what}: {stars:?} for no film");
            assert!(model.because(viewer, beyond, 3).is_empty(), "{what}: reasons for no film");
            assert!(model.similar(beyond, 3).is_empty(), "{what}: films like no film");
        }
    }
    for column in 0..films {
        for k in [0, 2, usize::MAX] {
            let similar = model.similar(column, k);
            assert!(similar.len() <= k && similar.iter().all(|film| film.column != column), "{what}");
            assert!(similar.iter().all(|film| film.column < films && film.weight.is_finite()), "{what}: {similar:?}");
        }
    }
}

#[test]
fn data_at_the_edge_of_what_there_can_be_make_no_model_panic() {
    for (what, data) in extremes() {
        for algorithm in Algorithm::ALL {
            let what = format!("{} of {what}", algorithm.name());
            match algorithm.train(&data, &Value::Null, &|_| {}) {
                Ok(model) => ask(&*model, &data, &what),
                Err(error) => {
                    assert_eq!(data.matrix.ratings(), 0, "{what}: {error}");
                    assert!(error.to_string().contains("not one rating"), "{what}: {error}");
                }
            }
        }
    }
}

/// A parameter's value in a place, and others of the same type that are far from it.
fn extreme_values(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(value) => vec![json!(!value)],
        Value::Number(number) if number.is_u64() => {
            [0, 1, 2, 255, 1_000_000, u64::from(u32::MAX), u64::MAX].map(|value| json!(value)).into()
        }
        Value::Number(_) => {
            [0.0, -0.0, -1.0, 1.0, 1e-300, 1e300, f64::MAX, f64::MIN_POSITIVE].map(|value| json!(value)).into()
        }
        _ => vec![Value::Null, json!("nonsense")],
    }
}

#[test]
fn every_parameter_far_from_its_default_is_refused_in_words_or_works() {
    let ratings = (0..12).flat_map(|user| {
        (0..10)
            .filter(move |movie| (user * 5 + movie * 3) % 4 != 0)
            .map(move |movie| rating(user, movie, 1 + ((user + movie * movie) % 10) as u8))
    });
    let data = TrainingData::ratings_only(RatingsMatrix::new(ratings, [77]));
    for algorithm in Algorithm::ALL {
        let defaults = algorithm.parameters(&Value::Null, &data).unwrap();
        for (name, default) in defaults.as_object().unwrap() {
            for value in extreme_values(default) {
                // How long a training may take is for who asks to say.
                let is_length = ["iterations", "epochs", "factors", "rounds", "steps"].contains(&&**name);
                if is_length && value.as_u64().is_some_and(|value| value > 255) {
                    continue;
                }
                let what = format!("{} with {name} = {value}", algorithm.name());
                match algorithm.train(&data, &json!({ name: value }), &|_| {}) {
                    Ok(model) => ask(&*model, &data, &what),
                    Err(error) => {
                        let message = error.to_string();
                        assert!(message.contains(algorithm.name()), "{what}: {message}");
                        assert!(!message.contains("not one rating"), "{what}: {message}");
                    }
                }
            }
        }
    }
}
