//! Files of ready-made splits.

use std::cell::OnceCell;
use std::fs;

use cineswarm_engine::HalfStars;
use cineswarm_engine::evaluation::{Metric, measure, read_split};
use cineswarm_engine::models::Algorithm;
use serde_json::json;
use tempfile::TempDir;

use crate::{joined, split};

/// Each layout's training and test files, and the negatives, which go with the first.
const FILES: [(&str, &[u8]); 5] = [
    ("train.rating", b"0\t1\t5\t978300760\n0\t2\t0.5\t978300761\n1\t1\t3\t978300762\n1\t3\t4\t978300763\n"),
    ("test.rating", b"0\t3\t4\t978300764\n1\t2\t5\t978300765\n"),
    ("test.negative", b"(0,3)\t4\t5\n(1,2)\t5\t4294967295\n"),
    ("train.txt", b"0 1 2 3\n1 2\n2\n"),
    ("test.txt", b"0 4\n1 1 3\n"),
];

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// Reads the split with the file replaced, and measures a model on it.
pub fn run(input: &[u8]) {
    let Some((file, contents)) = split(input, FILES.len()) else { return };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a directory can be made");
            FILES.iter().for_each(|(name, whole)| fs::write(folder.path().join(name), whole).expect("it can be written"));
            folder
        });
        let path = |file: usize| folder.path().join(FILES[file].0);
        fs::write(path(file), contents).expect("a file can be written");
        let read = match file {
            0..3 => read_split(&path(0), &path(1), Some(&path(2))),
            _ => read_split(&path(3), &path(4), None),
        };
        if let Ok(read) = read {
            let parameters = json!({ "window_days": 1 });
            let training = &read.split.training;
            let model = Algorithm::Popularity.train(training, &parameters, &|_| {}).expect("popularity learns anything");
            let metrics = ["rmse", "r2", "recall@2", "ndcg@2", "coverage@2", "novelty@2", "diversity@2", "gini@2"];
            let metrics: Vec<Metric> = metrics.iter().map(|name| name.parse().expect("a metric")).collect();
            measure(&*model, &read.split, &metrics, HalfStars::MAX, &|| {});
        }
        fs::write(path(file), FILES[file].1).expect("a file can be written");
    });
}

/// The valid files.
pub fn seeds() -> Vec<Vec<u8>> {
    (0..).zip(FILES).map(|(file, (_, contents))| joined(file, contents)).collect()
}
