//! A damaged model is refused in words that name the file; no bytes and no arrays make loading or asking it panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::PathBuf;

use cineswarm_engine::model_store::{Error, StoredModel};
use cineswarm_engine::models::{Algorithm, Array, Parts};
use common::models::{Trainable, agree, answers};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// A trained model of each algorithm with the names of its files.
struct Saved {
    place: Trainable,
    models: Vec<(Algorithm, PathBuf, Vec<String>)>,
}

impl Saved {
    fn new() -> Saved {
        let place = Trainable::new();
        let save = |algorithm| {
            let (_, metadata) = place.train_at(0, algorithm, &json!({}));
            let stored = StoredModel::latest(place.data_dir(), "films", algorithm).unwrap();
            (algorithm, stored.directory().to_owned(), metadata.files.into_keys().collect())
        };
        let models = Algorithm::ALL.map(save).into();
        Saved { place, models }
    }

    /// Loads the latest version of a model and asks it everything.
    fn ask(&self, algorithm: Algorithm) -> Result<(), Error> {
        let stored = StoredModel::latest(self.place.data_dir(), "films", algorithm)?;
        let loaded = stored.open()?;
        answers(&*loaded.model, &loaded.data);
        Ok(())
    }
}

#[test]
fn a_file_missing_altered_or_cut_off_anywhere_is_refused_by_name() {
    let saved = Saved::new();
    for (algorithm, directory, files) in &saved.models {
        for file in files {
            let path = directory.join(file);
            let whole = fs::read(&path).unwrap();
            let step = whole.len() / 50 + 1;
            for at in (0..whole.len()).step_by(step) {
                let mut altered = whole.clone();
                altered[at] ^= 1 << (at % 8);
                for damaged in [&altered[..], &whole[..at]] {
                    fs::write(&path, damaged).unwrap();
                    let error = saved.ask(*algorithm).unwrap_err();
                    assert!(matches!(error, Error::Damaged { .. }), "{file}, byte {at}: {error}");
                    let message = error.to_string();
                    assert!(message.contains(&path.display().to_string()), "{message}");
                    assert!(message.contains("train the model again with --force"), "{message}");
                }
            }
            fs::remove_file(&path).unwrap();
            let message = saved.ask(*algorithm).unwrap_err().to_string();
            assert!(message.contains(&format!("{file} is damaged: it is missing; train the model again")), "{message}");
            fs::write(&path, whole).unwrap();
        }
        saved.ask(*algorithm).unwrap();
    }
}

#[test]
fn metadata_that_was_altered_is_refused_unless_it_says_the_same_of_the_model() {
    let saved = Saved::new();
    for (algorithm, directory, _) in &saved.models {
        let path = directory.join("metadata.json");
        let whole = fs::read_to_string(&path).unwrap();
        for length in (0..whole.trim_end().len()).step_by(11) {
            fs::write(&path, &whole[..length]).unwrap();
            let error = saved.ask(*algorithm).unwrap_err();
            assert!(error.to_string().contains("metadata.json is damaged"), "cut to {length}: {error}");
        }
        let metadata: Value = serde_json::from_str(&whole).unwrap();
        let refused = |field: &str, value: Value| {
            let mut altered = metadata.clone();
            altered[field] = value;
            fs::write(&path, altered.to_string()).unwrap();
            let error = saved.ask(*algorithm).unwrap_err();
            assert!(error.to_string().contains("metadata.json"), "{field}: {error}");
        };
        refused("format_version", json!(99));
        refused("algorithm", json!("another"));
        refused("version", json!("20270115T080000Z-000000000000"));
        refused("dataset", json!("others"));
        refused("dataset_version", json!("20270115T080000Z-000000000000"));
        refused("parameters", json!({ "colour": 1 }));
        refused("files", json!({}));
        refused("files", json!({ "../metadata.json": { "bytes": 1, "sha256": "" } }));
        refused("content_sha256", json!(""));
        refused("training_seconds", Value::Null);
        fs::write(&path, &whole).unwrap();

        let latest = directory.with_file_name("latest");
        let version = fs::read_to_string(&latest).unwrap();
        for pointer in ["", "../../elsewhere", "a\nb"] {
            fs::write(&latest, pointer).unwrap();
            assert!(matches!(saved.ask(*algorithm), Err(Error::Damaged { .. })), "{pointer:?}");
        }
        fs::write(&latest, version).unwrap();
        saved.ask(*algorithm).unwrap();
    }
}

/// An array with one element replaced, in each way that might lead astray.
fn with_odd_elements(array: &Array, at: usize) -> Vec<Array> {
    fn each<T: Copy>(values: &[T], at: usize, odd: &[T], array: fn(Vec<T>) -> Array) -> Vec<Array> {
        let with = |&odd: &T| {
            let mut values = values.to_vec();
            values[at] = odd;
            array(values)
        };
        odd.iter().map(with).collect()
    }
    match array {
        Array::F32(values) => each(values, at, &[f32::NAN, f32::INFINITY, -1.0, 1e30], Array::F32),
        Array::F64(values) => each(values, at, &[f64::NAN, f64::NEG_INFINITY, -1.0, 1e300], Array::F64),
        Array::U32(values) => each(values, at, &[0, 1, 29, 30, u32::MAX], Array::U32),
        Array::U8(values) => each(values, at, &[0, 11, 255], Array::U8),
    }
}

/// Arrays of other lengths or kinds.
fn misshapen(array: &Array) -> Vec<Array> {
    fn lengths<T: Copy>(values: &[T], array: fn(Vec<T>) -> Array) -> Vec<Array> {
        let shorter = values[..values.len().saturating_sub(1)].to_vec();
        let longer = values.iter().chain(values.first()).copied().collect();
        let twice = values.iter().chain(values).copied().collect();
        [Vec::new(), shorter, longer, twice].into_iter().map(array).collect()
    }
    let mut arrays = match array {
        Array::F32(values) => lengths(values, Array::F32),
        Array::F64(values) => lengths(values, Array::F64),
        Array::U32(values) => lengths(values, Array::U32),
        Array::U8(values) => lengths(values, Array::U8),
    };
    arrays.push(match array {
        Array::U8(values) => Array::F32(vec![0.0; values.len()]),
        other => Array::U8(vec![0; other.len()]),
    });
    arrays
}

#[test]
fn arrays_that_do_not_fit_together_are_refused_or_answer_without_a_panic() {
    let place = Trainable::new();
    for algorithm in Algorithm::ALL {
        let parameters = place.parameters(algorithm, &json!({}));
        let whole: Vec<(String, Array)> = place.model(algorithm, &json!({})).parts().into_iter().collect();
        let ask = |parts: Parts| {
            if let Ok(model) = algorithm.load(parts, &place.data, &parameters) {
                answers(&*model, &place.data);
            }
        };
        for (place, (part, array)) in whole.iter().enumerate() {
            let others = || whole.iter().enumerate().filter(move |(at, _)| *at != place).map(|(_, part)| part.clone());
            ask(others().collect());
            let step = array.len() / 6 + 1;
            let odd = (0..array.len()).step_by(step).chain(array.len().checked_sub(1));
            let odd = odd.flat_map(|at| with_odd_elements(array, at));
            for altered in misshapen(array).into_iter().chain(odd) {
                ask(others().chain([(part.clone(), altered)]).collect());
            }
        }
        ask(Parts::default());
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

impl Damage {
    fn apply(&self, whole: &[u8]) -> Vec<u8> {
        match self {
            Damage::Cut(at) => whole[..at.index(whole.len())].to_vec(),
            Damage::Flip(at, bits) => {
                let mut bytes = whole.to_vec();
                bytes[at.index(whole.len())] ^= bits;
                bytes
            }
            Damage::Insert(at, noise) => {
                let (before, after) = whole.split_at(at.index(whole.len()));
                [before, noise, after].concat()
            }
            Damage::Repeat(from, to) => {
                let (from, to) = (from.index(whole.len()), to.index(whole.len()));
                let (from, to) = (from.min(to), from.max(to));
                [&whole[..to], &whole[from..]].concat()
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), 1u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..64)).prop_map(|(at, noise)| Damage::Insert(at, noise)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Damage::Repeat(from, to)),
    ]
}

#[test]
fn no_bytes_make_loading_panic_even_if_the_metadata_agrees_with_them() {
    let saved = Saved::new();
    let cases = ProptestConfig { cases: 48, ..ProptestConfig::default() };
    for (algorithm, directory, files) in &saved.models {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            cases.clone(),
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        );
        let result = runner.run(&(any::<Index>(), damage()), |(file, damage)| {
            let file = file.get(files);
            let path = directory.join(file);
            let whole = fs::read(&path).unwrap();
            fs::write(&path, damage.apply(&whole)).unwrap();
            agree(directory, file);
            let outcome = saved.ask(*algorithm);
            fs::write(&path, whole).unwrap();
            agree(directory, file);
            let refused = outcome.err();
            let known =
                refused.as_ref().is_none_or(|error| matches!(error, Error::Damaged { .. } | Error::Model { .. }));
            prop_assert!(known, "{file}: {refused:?}");
            Ok(())
        });
        result.unwrap();
        saved.ask(*algorithm).unwrap();
    }
}
