//! Models on disk: what is trained is found again, answers the same to the last bit, and is there whole or not at all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, import};
use cineswarm_engine::model_store::{Error, ModelSlot, StoredModel, Training, trained};
use cineswarm_engine::models::Algorithm;
use common::models::{FILMS, Trainable, USERS, answers};
use common::{NOW, tree};
use serde_json::json;

#[test]
fn every_model_answers_the_same_to_the_last_bit_after_it_was_saved_and_loaded() {
    let place = Trainable::new();
    for algorithm in Algorithm::ALL {
        let (model, metadata) = place.train_at(0, algorithm, &json!({}));
        let stored = StoredModel::latest(place.data_dir(), "films", algorithm).unwrap();
        assert_eq!(*stored.metadata(), metadata);
        assert!(stored.directory().join("metadata.json").is_file());
        let loaded = stored.open().unwrap();
        assert_eq!(answers(&*loaded.model, &loaded.data), answers(&*model, &place.data), "{}", algorithm.name());
        assert_eq!(loaded.model.parts(), model.parts(), "{}", algorithm.name());
    }
    assert_eq!(trained(place.data_dir(), "films").unwrap(), Algorithm::ALL);
}

#[test]
fn the_metadata_says_what_the_model_was_trained_on_and_how() {
    let place = Trainable::new();
    let slot = place.lock(Algorithm::Popularity).unwrap();
    let parameters = place.parameters(Algorithm::Popularity, &json!({ "measure": "damped_mean" }));
    let training = Training {
        data: &place.data,
        parameters: &parameters,
        metrics: BTreeMap::from([("ndcg@10".to_owned(), 0.25), ("loss".to_owned(), f64::NAN)]),
        validation: "every fifth rating".to_owned(),
        took: Duration::from_millis(2500),
        ended_at: NOW,
    };
    let model = place.model(Algorithm::Popularity, &parameters);
    let version = slot.save(&*model, training).unwrap().version;
    assert!(version.starts_with("20270115T080000Z-"), "{version}");
    let file = place.data_dir().join("models/films/popularity").join(&version).join("metadata.json");
    let metadata: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(metadata["algorithm"], "popularity");
    assert_eq!(metadata["version"], version);
    assert_eq!(metadata["created_at"], "2027-01-15T08:00:00Z");
    assert_eq!(
        (&metadata["dataset"], &metadata["dataset_version"]),
        (&json!("films"), &json!(place.dataset.metadata().version))
    );
    assert_eq!(metadata["parameters"], json!({ "measure": "damped_mean", "damping": 25.0, "window_days": 0 }));
    assert_eq!(metadata["metrics"], json!({ "ndcg@10": 0.25 }), "what is no number cannot be said in JSON");
    assert_eq!(metadata["validation"], "every fifth rating");
    assert_eq!(metadata["training_seconds"], 2.5);
    let counts = &metadata["counts"];
    assert_eq!((&counts["users"], &counts["films"]), (&json!(USERS), &json!(FILMS)));
    assert_eq!(counts["ratings"], json!(place.dataset.ratings()));
    assert_eq!(counts["numbers"], json!(FILMS), "a score for each film");
    assert!(metadata["files"]["scores.arrow"]["bytes"].as_u64().unwrap() > u64::from(FILMS) * 4);
}

#[test]
fn the_same_training_is_found_again_and_latest_points_to_what_was_asked_for_last() {
    let place = Trainable::new();
    let latest = || StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap().metadata().clone();
    let by_count = place.parameters(Algorithm::Popularity, &json!({}));
    let by_mean = place.parameters(Algorithm::Popularity, &json!({ "measure": "damped_mean" }));
    let find = |parameters| place.lock(Algorithm::Popularity).unwrap().find(parameters, |_| true).unwrap();
    assert_eq!(find(&by_count), None);

    let (_, first) = place.train_at(0, Algorithm::Popularity, &by_count);
    assert_eq!(find(&by_mean), None);
    let (_, second) = place.train_at(60, Algorithm::Popularity, &by_mean);
    assert_eq!(latest(), second);
    assert_eq!(find(&by_count), Some(first.clone()));
    assert_eq!(latest(), first, "who asks for the first again gets it again");
    let slot = place.lock(Algorithm::Popularity).unwrap();
    assert_eq!(slot.find(&by_mean, |metadata| !metadata.validation.is_empty()).unwrap(), None);
    assert_eq!(latest(), first, "what is not enough for who asks is passed over");
    drop(slot);

    let (_, forced) = place.train_at(120, Algorithm::Popularity, &by_count);
    assert_ne!(forced.version, first.version);
    assert_eq!(forced.content_sha256, first.content_sha256);
    assert_eq!(latest(), forced);
    let version = |version: &str| StoredModel::version(place.data_dir(), "films", Algorithm::Popularity, version);
    assert_eq!(*version(&second.version).unwrap().metadata(), second, "what is no longer the latest stays");
}

#[test]
fn the_same_training_in_the_same_second_is_a_version_of_its_own_and_leaves_the_other_in_place() {
    let place = Trainable::new();
    let versions = place.data_dir().join("models/films/popularity");
    let (_, first) = place.train_at(0, Algorithm::Popularity, &json!({}));
    let in_use = StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap();
    let before = tree(&versions.join(&first.version));
    let (_, second) = place.train_at(0, Algorithm::Popularity, &json!({}));
    let (_, third) = place.train_at(0, Algorithm::Popularity, &json!({}));
    let (_, later) = place.train_at(1, Algorithm::Popularity, &json!({}));
    assert_eq!(first.content_sha256, third.content_sha256);
    let mut names: Vec<String> = fs::read_dir(&versions)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "latest")
        .collect();
    names.sort_unstable();
    assert_eq!(names, [&*first.version, &*second.version, &*third.version, &*later.version], "in the order of time");
    assert_eq!(tree(&versions.join(&first.version)), before);
    for metadata in [&first, &second, &third, &later] {
        let version =
            StoredModel::version(place.data_dir(), "films", Algorithm::Popularity, &metadata.version).unwrap();
        assert_eq!(version.metadata(), metadata);
        version.open().unwrap();
    }
    in_use.open().unwrap();
}

#[test]
fn a_version_that_cannot_be_made_the_latest_does_not_stay() {
    let place = Trainable::new();
    let versions = place.data_dir().join("models/films/popularity");
    let slot = place.lock(Algorithm::Popularity).unwrap();
    // No file can take the place of a directory.
    fs::create_dir_all(versions.join("latest/in_the_way")).unwrap();
    let before = tree(&versions);
    let (model, parameters) = (place.model(Algorithm::Popularity, &json!({})), json!({}));
    let training = place.training(&parameters, NOW);
    let error = slot.save(&*model, training.clone()).unwrap_err();
    assert!(error.to_string().contains("latest"), "{error}");
    assert_eq!(tree(&versions), before);
    assert_eq!(fs::read_dir(&versions).unwrap().count(), 1, "not even an empty directory");
    fs::remove_dir_all(versions.join("latest")).unwrap();
    slot.save(&*model, training).unwrap();
    StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap().open().unwrap();
}

#[test]
fn a_model_is_loaded_with_the_dataset_version_it_was_trained_on() {
    let place = Trainable::new();
    let (model, metadata) = place.train_at(0, Algorithm::Popularity, &json!({}));
    place.fixture.put("ratings.csv", b"userId,movieId,rating,timestamp\n1,1,1.0,1000\n1,2,1.0,1000\n");
    let newer =
        import(place.fixture.folder.path(), &ImportOptions { now: NOW + 5, ..place.fixture.options() }, &mut |_| {});
    let newer = newer.unwrap().metadata;
    assert_eq!(Dataset::open(place.data_dir(), "films").unwrap().metadata().version, newer.version);

    let stored = StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap();
    let loaded = stored.clone().open().unwrap();
    assert_eq!(loaded.metadata.dataset_version, place.dataset.metadata().version);
    assert_eq!(answers(&*loaded.model, &loaded.data), answers(&*model, &place.data));

    // On the new version there is nothing yet.
    let slot = ModelSlot::lock(place.data_dir(), &newer, Algorithm::Popularity).unwrap();
    assert_eq!(slot.find(&metadata.parameters, |_| true).unwrap(), None);

    fs::remove_dir_all(place.dataset.directory()).unwrap();
    let error = stored.open().unwrap_err();
    assert!(matches!(error, Error::Dataset { .. }));
    assert!(error.to_string().contains("train the model again"), "{error}");
}

#[test]
fn who_asks_for_a_model_that_is_not_there_is_told_how_to_get_it() {
    let place = Trainable::new();
    let error = StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap_err().to_string();
    assert!(error.contains("`cineswarm train --models popularity --data films`"), "{error}");
    assert!(trained(place.data_dir(), "films").unwrap().is_empty());
    place.train_at(0, Algorithm::Popularity, &json!({}));
    let absent =
        StoredModel::version(place.data_dir(), "films", Algorithm::Popularity, "20200101T000000Z-000000000000");
    assert!(matches!(absent, Err(Error::NoVersion { .. })));
    for name in ["", "..", "../films", "a/b", "latest", ".hidden"] {
        assert!(StoredModel::latest(place.data_dir(), name, Algorithm::Popularity).is_err(), "{name:?}");
        assert!(StoredModel::version(place.data_dir(), "films", Algorithm::Popularity, name).is_err(), "{name:?}");
    }
}

#[test]
fn a_training_that_ends_before_it_is_saved_leaves_nothing() {
    let place = Trainable::new();
    drop(place.lock(Algorithm::Popularity).unwrap());
    let models = place.data_dir().join("models/films");
    assert_eq!(tree(&models), [models.join(".popularity.lock").display().to_string()]);

    // As after a power cut while the arrays were written.
    let (_, whole) = place.train_at(0, Algorithm::Popularity, &json!({}));
    let half = models.join("popularity/.unfinished-crashed");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("scores.arrow"), b"half").unwrap();
    let latest = StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap();
    assert_eq!(*latest.metadata(), whole);
    drop(place.lock(Algorithm::Popularity).unwrap());
    assert!(!half.exists(), "the next training cleans up");
    assert_eq!(*latest.metadata(), whole);
    latest.open().unwrap();
}

#[test]
fn of_two_trainings_of_a_model_at_a_time_one_is_told_to_wait_and_readers_always_find_a_whole_one() {
    let place = Trainable::new();
    place.train_at(0, Algorithm::Popularity, &json!({}));
    let slot = place.lock(Algorithm::Popularity).unwrap();
    let busy = place.lock(Algorithm::Popularity).unwrap_err();
    assert!(matches!(busy, Error::Busy { .. }));
    assert!(busy.to_string().contains("popularity"), "{busy}");
    drop(slot);

    thread::scope(|scope| {
        let trainings = [1, 2].map(|trainer| {
            let place = &place;
            scope.spawn(move || {
                let mut saved = 0;
                for round in 0..20 {
                    if let Ok(slot) = place.lock(Algorithm::Popularity) {
                        let parameters = json!({ "measure": "count", "damping": f64::from(trainer), "window_days": 0 });
                        let training = place.training(&parameters, NOW + 10 * round + trainer as i64);
                        let model = place.model(Algorithm::Popularity, &parameters);
                        slot.save(&*model, training).unwrap();
                        saved += 1;
                    }
                }
                saved
            })
        });
        while trainings.iter().any(|training| !training.is_finished()) {
            StoredModel::latest(place.data_dir(), "films", Algorithm::Popularity).unwrap().open().unwrap();
        }
        let saved: i32 = trainings.into_iter().map(|training| training.join().unwrap()).sum();
        assert!(saved > 0);
    });
}

#[test]
fn a_time_that_cannot_be_is_refused() {
    let place = Trainable::new();
    let slot = place.lock(Algorithm::Popularity).unwrap();
    let model = place.model(Algorithm::Popularity, &json!({}));
    for ended_at in [-1, i64::MAX, i64::MIN] {
        let parameters = json!({});
        let training = place.training(&parameters, ended_at);
        assert!(matches!(slot.save(&*model, training), Err(Error::BadTime(_))), "{ended_at}");
    }
}
