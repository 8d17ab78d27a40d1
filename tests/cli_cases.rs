//! Inputs that were once read wrongly, run as people run them. They lie beside the repository, or where
//! `CINESWARM_TEST_CASES` says; without them the test says so and is passed over.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::path::PathBuf;

use common::{Ended, Place, assert_mentions};
use serde_json::Value;

fn cases() -> Option<PathBuf> {
    let folder = std::env::var_os("CINESWARM_TEST_CASES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/data"), PathBuf::from);
    if !folder.join("mixed-encoding").is_dir() {
        eprintln!("SKIPPED: no cases in {}; set CINESWARM_TEST_CASES to their folder", folder.display());
        return None;
    }
    Some(folder)
}

struct Case {
    place: Place,
    folder: PathBuf,
}

impl Case {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn import(&self, source: &str, name: &str) -> Ended {
        self.place.run(&["data", "import", &self.path(source), "--name", name])
    }

    fn ask(&self, name: &str, arguments: &[&str]) -> Ended {
        self.place.run(&[&["recommend", "--data", name], arguments].concat())
    }

    fn json(&self, name: &str, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ask(name, &[arguments, &["--json"]].concat()).success()).unwrap()
    }
}

fn titles(answer: &Value) -> Vec<String> {
    let films = answer["recommendations"].as_array().unwrap();
    films.iter().map(|film| film["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_case_is_read_rightly_or_refused_with_the_way_out() {
    let Some(cases) = cases() else { return };
    let case = |name: &str| Case { place: Place::new(), folder: cases.join(name) };

    let it = case("backslash-quotes");
    it.import("set", "x").success();
    assert!(titles(&it.json("x", &["-n", "3"])).contains(&"Fargo, the \"Real\" Cut".to_owned()));

    let it = case("bad-row-messages");
    assert_mentions(&it.import("ms", "ms").success(), &["times look like milliseconds", "bad rows  none"]);
    assert_mentions(&it.import("ten", "ten").success(), &["the scale is 1 to 10", "bad rows  none"]);

    let it = case("evaluate-lists-rmse");
    let (train, test) = (it.path("train.txt"), it.path("test.txt"));
    let files = ["evaluate", "--train", &train, "--test", &test, "--models", "als,baseline", "--metrics", "rmse,mae"];
    assert_mentions(&it.place.run(&files).failure(1), &["rmse needs ratings", "lists of items"]);

    let it = case("evaluate-spaces-read-as-lists");
    let evaluated = ["tab", "space"].map(|end| {
        let (train, test) = (it.path(&format!("train.{end}")), it.path(&format!("test.{end}")));
        let metrics = ["--models", "popularity", "--metrics", "ndcg@10,recall@10", "--json"];
        let answer =
            it.place.run(&[&["evaluate", "--train", &train, "--test", &test], &metrics[..]].concat()).success();
        serde_json::from_str::<Value>(&answer).unwrap()[0]["metrics"].clone()
    });
    assert_eq!(evaluated[0], evaluated[1]);
    assert_eq!(evaluated[0]["ndcg@10"], 1.0);

    let it = case("film-without-genres");
    assert_mentions(&it.import("set", "x").success(), &["200 films", "1,000 ratings", "bad rows  none"]);
    assert_mentions(&it.import("all", "y").success(), &["3 films", "bad rows  none"]);
    assert_mentions(&it.import("dat", "z").success(), &["3 films", "bad rows  none"]);

    let it = case("like-film-with-one-rater");
    it.import("set", "x").success();
    for film in ["Rare", "Unseen"] {
        let answer = it.json("x", &["--like", film, "-n", "3"]);
        assert_eq!(titles(&answer).len(), 3, "{answer:#}");
        assert!(answer["meta"]["note"].is_string(), "{answer:#}");
    }

    let it = case("links-block-import");
    for name in ["tt", "float", "notmdb"] {
        assert_mentions(&it.import(name, name).success(), &["3 films", "bad rows  none"]);
    }

    let it = case("mixed-encoding");
    assert_mentions(&it.import("set", "x").success(), &["movies.csv: 1 rows are not UTF-8", "Windows-1252"]);
    assert_mentions(&it.ask("x", &["-n", "4"]).success(), &["Amélie", "Léon", "Café"]);
    assert_mentions(&it.ask("x", &["--like", "Amelie"]).success(), &["Films like Amélie (2001)"]);

    let it = case("not-a-zip-message");
    assert_mentions(&it.import("set/ratings.csv", "x").success(), &["whole folder is read", "3 films"]);
    assert_mentions(&it.import("gz", "y").success(), &["3 films"]);
    assert_mentions(&it.import("empty", "z").failure(1), &["ratings.csv is empty"]);

    let it = case("number-title-is-id");
    it.import("set", "x").success();
    let words = ["300", "Quiz Show (1994)", "300 (2007) [id 7]"];
    assert_mentions(&it.ask("x", &["--like", "300", "-n", "1"]).failure(1), &words);
    assert_mentions(&it.ask("x", &["--like", "id 300", "-n", "1"]).success(), &["Films like Quiz Show"]);
    assert_mentions(&it.ask("x", &["--like", "300 (2007)", "-n", "1"]).success(), &["Films like 300 (2007)"]);

    let it = case("ratings-quoted-comma");
    assert_mentions(&it.import("set", "x").success(), &["9 ratings", "bad rows  none"]);

    let it = case("rerating-keeps-first");
    assert_mentions(&it.import("set", "x").success(), &["re-rated  1 ratings", "bad rows  none"]);

    let it = case("unclosed-quote");
    assert_mentions(&it.import("set", "x").success(), &["399 films", "movies.csv:397"]);
    assert_mentions(&it.import("set2", "y").success(), &["399 films", "movies.csv:301"]);

    let it = case("user-with-one-rating");
    it.import("set", "x").success();
    let answer = it.json("x", &["--user", "1", "-n", "3"]);
    assert_eq!((titles(&answer).len(), answer["meta"]["source"].as_str()), (2, Some("popular")), "{answer:#}");
    assert_mentions(answer["meta"]["note"].as_str().unwrap(), &["have rated nothing else", "popular films"]);
}
