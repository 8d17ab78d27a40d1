//! `cineswarm evaluate`: what programs read, what people read, and what is said when it cannot be done.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{Place, assert_mentions};
use serde_json::Value;

/// Three users; film 1 is rated by all, film 2 by two, film 3 by one, film 4 by none. User 1 is asked about film 3, user 3
/// about film 2.
const TRAIN: &str = "1\t1\t4\t0\n1\t2\t4\t0\n2\t1\t4\t0\n2\t2\t4\t0\n2\t3\t4\t0\n3\t1\t4\t0\n";
const TEST: &str = "1\t3\t4\t0\n3\t2\t4\t0\n";
const NEGATIVES: &str = "(1,3)\t4\t5\n(3,2)\t3\t4\n";

fn files() -> (Place, [String; 3]) {
    let place = Place::new();
    let files = [("train", TRAIN), ("test", TEST), ("negatives", NEGATIVES)];
    let paths = files.map(|(name, contents)| place.put(name, contents).display().to_string());
    (place, paths)
}

fn assert_close(value: &Value, expected: f64) {
    assert!((value.as_f64().unwrap() - expected).abs() < 1e-12, "{value} and {expected}");
}

#[test]
fn json_is_a_list_of_models_with_metrics_and_parameters_first() {
    let (place, [train, test, negatives]) = files();
    let json = place.output(&[
        "evaluate",
        "--train",
        &train,
        "--test",
        &test,
        "--negatives",
        &negatives,
        "--models",
        "popularity",
        "--metrics",
        "hr@1,ndcg@2,rmse",
        "--json",
    ]);
    let list: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let result = &list[0];
    assert_eq!(result["model"], "popularity");
    // Film 3 has a rater and films 4 and 5 none, film 2 more than film 3: each is found in first place.
    assert_close(&result["metrics"]["hr@1"], 1.0);
    assert_close(&result["metrics"]["ndcg@2"], 1.0);
    // Popularity predicts no ratings, which is not the same as predicting them without error.
    assert_eq!(result["metrics"]["rmse"], Value::Null);
    assert_eq!(result["parameters"]["measure"], "count");
    let at = |key: &str| json.find(&format!("\"{key}\"")).unwrap();
    assert!(at("model") < at("metrics") && at("metrics") < at("parameters") && at("hr@1") < at("ndcg@2"), "{json}");
}

#[test]
fn without_negatives_all_films_not_rated_in_training_are_ranked() {
    let (place, [train, test, _]) = files();
    let list = place.json(&[
        "evaluate",
        "--train",
        &train,
        "--test",
        &test,
        "--models",
        "popularity",
        "--metrics",
        "mrr@5,coverage@1",
        "--json",
    ]);
    // Two users, films 3 and 2 are the most popular ones not rated: both in first place, two of three films.
    assert_close(&list[0]["metrics"]["mrr@5"], 1.0);
    assert_close(&list[0]["metrics"]["coverage@1"], 2.0 / 3.0);
}

#[test]
fn parameters_are_set_by_name_and_shown() {
    let (place, [train, test, _]) = files();
    let evaluate = |setting: &str| {
        let rest = ["--models", "popularity", "--set", setting];
        place.run(&[&["evaluate", "--train", &train, "--test", &test, "--json"], &rest[..]].concat())
    };
    let list: Value = serde_json::from_str(&evaluate("popularity.damping=3.5").success()).unwrap();
    assert_eq!(list[0]["parameters"]["damping"], 3.5);
    let list: Value = serde_json::from_str(&evaluate("popularity.measure=damped_mean").success()).unwrap();
    assert_eq!(list[0]["parameters"]["measure"], "damped_mean");
    assert_mentions(&evaluate("popularity.colour=1").failure(1), &["popularity", "colour"]);
    assert_mentions(&evaluate("popularity.damping=-1").failure(1), &["damping", "-1"]);
    assert_mentions(&evaluate("popularity=1").failure(2), &["factors=64"]);
    assert_mentions(&evaluate("colour.blue=1").failure(2), &["no model \"colour\""]);
}

#[test]
fn every_protocol_divides_an_imported_dataset_and_seeds_give_a_deviation() {
    let place = Place::new();
    let ratings = (1..=12u32).flat_map(|user| {
        [1u32, 2, 30]
            .map(|film| format!("{user},{film},{}.5,{}\n", (user + film) % 5, 1_000_000_000 + user * 10 + film))
    });
    let ratings = format!("userId,movieId,rating,timestamp\n{}", ratings.collect::<String>());
    let source = place.put_source("films", &ratings);
    let shared = ["evaluate", "--data", &source, "--models", "popularity", "--metrics", "recall@1"];
    for protocol in ["k-fold", "random-holdout", "time-holdout", "leave-one-out", "new-users"] {
        let all = [&shared[..], &["--protocol", protocol, "--seeds", "3", "--json"]].concat();
        let list = place.json(&all);
        let recall = list[0]["metrics"]["recall@1"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&recall), "{protocol}: {recall}");
        assert!(list[0]["deviation"]["recall@1"].as_f64().unwrap() >= 0.0, "{protocol}");
        assert_eq!(place.json(&all)[0]["metrics"], list[0]["metrics"], "{protocol}");
    }
    let table = place.output(&[&shared[..], &["--folds", "4"]].concat());
    assert_mentions(&table, &["dataset films", "4 folds", "recall@1", "popularity", "±"]);
    let mixed = place.run(&[&shared[..], &["--folds", "4", "--protocol", "new-users"]].concat());
    assert_mentions(&mixed.failure(1), &["--folds", "k-fold"]);
}

#[test]
fn a_search_says_what_it_tried_and_found_on_which_split() {
    let place = Place::new();
    let ratings =
        (1..=20u32).flat_map(|user| [1u32, 2, 30].map(|film| format!("{user},{film},{}.0,0\n", 1 + (user + film) % 5)));
    let ratings = format!("userId,movieId,rating,timestamp\n{}", ratings.collect::<String>());
    let source = place.put_source("films", &ratings);
    let list = place.json(&[
        "evaluate",
        "--data",
        &source,
        "--models",
        "popularity",
        "--metrics",
        "ndcg@1",
        "--set",
        "popularity.damping=2",
        "--search",
        "6",
        "--seeds",
        "2",
        "--json",
    ]);
    let searches = list[0]["searches"].as_array().unwrap();
    assert_eq!(searches.len(), 2);
    for search in searches {
        assert_eq!(search["parameters"]["damping"], 2.0);
        assert!(search["validation"].as_f64().unwrap() >= search["unsearched"].as_f64().unwrap());
        // There is but one other setting of a popularity whose damping is given.
        assert_eq!(search["tried"], 2);
    }
    assert_eq!(list[0]["parameters"], searches[0]["parameters"]);
}

#[test]
fn a_model_without_anything_to_search_or_without_the_metric_does_not_stop_the_others() {
    let place = Place::new();
    let ratings =
        (1..=20u32).flat_map(|user| [1u32, 2, 30].map(|film| format!("{user},{film},{}.0,0\n", 1 + (user + film) % 5)));
    let ratings = format!("userId,movieId,rating,timestamp\n{}", ratings.collect::<String>());
    let source = place.put_source("films", &ratings);
    let models = "popularity,bpmf,baseline";
    let list = place.json(&[
        "evaluate",
        "--data",
        &source,
        "--models",
        models,
        "--metrics",
        "rmse",
        "--search",
        "5",
        "--json",
    ]);
    assert_eq!(list[0]["metrics"]["rmse"], Value::Null);
    assert!(list[1]["metrics"]["rmse"].as_f64().unwrap() > 0.0);
    let searches = [&list[0]["searches"][0], &list[1]["searches"][0], &list[2]["searches"][0]];
    assert_eq!(searches.map(|search| search["tried"].as_u64().unwrap()), [1, 0, 5]);
    assert_eq!(searches[0]["validation"], Value::Null);
    assert!(searches[2]["validation"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let (place, [train, test, _]) = files();
    let bad = place.put("bad", "1\t1\t4\t0\n1\t2\t9\t0\n").display().to_string();
    let of_files = |train: &str, rest: &[&str]| {
        place.run(&[&["evaluate", "--train", train, "--test", &test, "--models", "popularity"], rest].concat())
    };
    let words = of_files(&bad, &[]).failure(1);
    assert_mentions(&words, &["bad, line 2", "the rating 9 is not on the scale 0.5, 1.0, ... 5.0"]);
    assert_mentions(&of_files(&train, &["--metrics", "hits@10"]).failure(2), &["hits@10", "hr@N"]);
    assert_mentions(&of_files(&train, &["--metrics", "ndcg@0"]).failure(2), &["1 to 1000"]);
    assert_mentions(&of_files(&train, &["--protocol", "k-fold"]).failure(2), &["--protocol", "--train"]);
    assert_mentions(&of_files(&train, &["--relevant-from", "7"]).failure(2), &["7"]);
    let two =
        place.run(&["evaluate", "--train", &format!("{train},{train}"), "--test", &test, "--models", "popularity"]);
    assert_mentions(&two.failure(1), &["2 files of --train and 1 of --test"]);
    assert_mentions(&place.run(&["evaluate", "--train", &train, "--models", "popularity"]).failure(2), &["--test"]);
    assert_mentions(&place.run(&["evaluate", "--models", "oracle"]).failure(2), &["no model \"oracle\"", "popularity"]);
    assert_mentions(&place.run(&["evaluate", "--data", "nowhere", "--models", "popularity"]).failure(1), &["nowhere"]);
}

#[test]
fn what_is_passed_over_in_files_is_noted_on_standard_error_only() {
    let (place, [train, _, _]) = files();
    let test = place.put("other", format!("{TEST}9\t3\t4\t0\n1\t1\t4\t0\n")).display().to_string();
    let ended = place.run(&["evaluate", "--train", &train, "--test", &test, "--models", "popularity", "--json"]);
    assert_mentions(&ended.stderr, &["1 test ratings were left out", "1 users of the test file"]);
    assert!(serde_json::from_str::<Value>(&ended.success()).unwrap().is_array());
}

#[test]
fn of_equals_none_is_called_the_best() {
    let place = Place::new();
    let rows: String =
        (1..=30u32).flat_map(|user| [1u32, 2, 30].map(|film| format!("{user},{film},3.0,1000000000\n"))).collect();
    let source = place.put_source("equal", &format!("userId,movieId,rating,timestamp\n{rows}"));
    place.output(&["data", "import", &source]);
    let table =
        place.output(&["evaluate", "--data", "equal", "--models", "popularity,item-knn", "--metrics", "ndcg@3,hr@3"]);
    assert_mentions(&table, &["popularity", "item-knn", "1.0000"]);
    assert!(!table.contains("is best"), "{table}");
}
