//! Parameters are searched among values that the models take, and without a look at what they are tested on.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use cineswarm_engine::evaluation::{Protocol, Search, Source, Split, space};
use cineswarm_engine::models::Algorithm;
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{HalfStars, RatingsMatrix};
use serde_json::{Value, json};

/// 30 users with 12 of 40 films each, the films with low numbers more often and with lower ratings.
fn split() -> Split {
    let ratings = (0..30u32).flat_map(|user| {
        (0..12u32).map(move |at| {
            let movie = (at * at + user * at) % 40;
            let half_stars = HalfStars::new(1 + ((movie / 5 + user) % 10) as u8).unwrap();
            Rating { user, movie, half_stars, timestamp: i64::from(at) }
        })
    });
    let source = Source::ratings_only(RatingsMatrix::new(ratings, []));
    Protocol::RandomHoldout { share: 0.2 }.split(&source, 1, 0).unwrap()
}

fn search(candidates: usize, objective: &str) -> Search {
    Search {
        validation: Protocol::RandomHoldout { share: 0.2 },
        objective: objective.parse().unwrap(),
        relevant_from: HalfStars::new(1).unwrap(),
        candidates,
        seed: 3,
    }
}

#[test]
fn every_model_takes_what_is_tried_on_it() {
    let split = split();
    for algorithm in Algorithm::ALL {
        let found = search(12, "ndcg@5").run(algorithm, &json!({}), &split, &mut |_, _| ()).unwrap();
        let parameters = algorithm.parameters(&json!({}), &split.training).unwrap();
        for (name, _) in space(algorithm) {
            assert!(parameters.get(name).is_some(), "{} has no parameter {name}", algorithm.name());
        }
        if space(algorithm).is_empty() {
            assert_eq!((found.tried, found.unsearched), (0, None), "{}", algorithm.name());
            assert_eq!(found.parameters, parameters, "{}", algorithm.name());
        } else {
            assert!(found.validation.unwrap() >= found.unsearched.unwrap(), "{}", algorithm.name());
            assert!(found.tried > 1, "{}", algorithm.name());
        }
    }
}

#[test]
fn what_a_model_is_tested_on_has_no_say_in_its_parameters() {
    let split = split();
    let mut other = split.clone();
    for case in &mut other.cases {
        case.held_out.columns.truncate(1);
        case.held_out.half_stars = vec![1];
    }
    let find = |split| search(10, "recall@3").run(Algorithm::Popularity, &json!({}), split, &mut |_, _| ()).unwrap();
    assert_eq!(find(&split), find(&other));
}

#[test]
fn what_is_given_stays_and_one_candidate_is_no_search() {
    let split = split();
    let given = json!({ "damping": 7.0 });
    let find =
        |candidates| search(candidates, "ndcg@5").run(Algorithm::Popularity, &given, &split, &mut |_, _| ()).unwrap();
    assert_eq!(find(10).parameters["damping"], 7.0);
    let single = find(1);
    assert_eq!(single.parameters, Algorithm::Popularity.parameters(&given, &split.training).unwrap());
    assert_eq!((single.tried, single.unsearched), (1, single.validation));
}

#[test]
fn a_model_without_a_value_for_the_objective_keeps_its_parameters_and_is_tried_once() {
    let split = split();
    let given = json!({ "damping": 7.0 });
    let found = search(30, "rmse").run(Algorithm::Popularity, &given, &split, &mut |_, _| ()).unwrap();
    assert_eq!(found.parameters, Algorithm::Popularity.parameters(&given, &split.training).unwrap());
    assert!(found.validation.is_none() && found.unsearched.is_none() && found.tried == 1, "{found:?}");
}

#[test]
fn progress_is_told_of_each_candidate() {
    let mut told = Vec::new();
    let found =
        search(4, "hr@5").run(Algorithm::Popularity, &Value::Null, &split(), &mut |done, of| told.push((done, of)));
    let tried = found.unwrap().tried as u64;
    assert_eq!(told, (1..=tried).map(|done| (done, tried)).collect::<Vec<_>>());
}
