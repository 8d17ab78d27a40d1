//! A dataset small enough to train every model on in no time, and trainings on it.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use cineswarm_engine::Dataset;
use cineswarm_engine::model_store::{Error, ModelMetadata, ModelSlot, Training, training_data};
use cineswarm_engine::models::{Algorithm, Model, TrainingData, Viewer, Weighted};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Fixture, NOW};

pub const USERS: u32 = 40;
pub const FILMS: u32 = 30;

/// Viewers of two tastes: those of even number prefer films of even number.
pub fn two_tastes() -> Fixture {
    let genres = ["Comedy|Romance", "Action|Sci-Fi"];
    let movies: String = (1..=FILMS)
        .map(|film| format!("{film},Film {film} ({}),{}\n", 1960 + film, genres[film as usize % 2]))
        .collect();
    let mut ratings = String::new();
    let mut tags = String::new();
    for user in 1..=USERS {
        for film in 1..=FILMS {
            let luck = (user * 7919 + film * 104_729) % 97;
            let likes = user % 2 == film % 2;
            if luck < if likes { 50 } else { 20 } {
                let stars = if likes { 3.0 + f64::from(luck % 5) / 2.0 } else { 0.5 + f64::from(luck % 6) / 2.0 };
                ratings += &format!("{user},{film},{stars},{}\n", 1_000_000_000 + user * 1000 + luck);
                if luck % 9 == 0 {
                    tags += &format!("{user},{film},{},{}\n", ["calm", "loud"][film as usize % 2], 1_000_000_000);
                }
            }
        }
    }
    // The last films have no genome.
    let scores: String = (1..=FILMS * 2 / 3)
        .flat_map(|film| (1..=5).map(move |tag| (film, tag, (film * 7919 + tag * 104_729) % 97)))
        .map(|(film, tag, luck)| format!("{film},{tag},{}\n", f64::from(luck) / 100.0))
        .collect();
    Fixture::new(&[
        ("movies.csv", format!("movieId,title,genres\n{movies}").as_bytes()),
        ("ratings.csv", format!("userId,movieId,rating,timestamp\n{ratings}").as_bytes()),
        ("tags.csv", format!("userId,movieId,tag,timestamp\n{tags}").as_bytes()),
        ("genome-tags.csv", b"tagId,tag\n1,a\n2,b\n3,c\n4,d\n5,e\n"),
        ("genome-scores.csv", format!("movieId,tagId,relevance\n{scores}").as_bytes()),
    ])
}

/// A dataset with what models learn from it.
pub struct Trainable {
    pub fixture: Fixture,
    pub dataset: Dataset,
    pub data: TrainingData,
}

impl Trainable {
    pub fn new() -> Trainable {
        let fixture = two_tastes();
        let dataset = fixture.imported();
        let data = training_data(&dataset).unwrap();
        Trainable { fixture, dataset, data }
    }

    pub fn data_dir(&self) -> &Path {
        self.fixture.data_dir.path()
    }

    /// All parameters, where these are given.
    pub fn parameters(&self, algorithm: Algorithm, given: &Value) -> Value {
        algorithm.parameters(given, &self.data).unwrap()
    }

    pub fn lock(&self, algorithm: Algorithm) -> Result<ModelSlot, Error> {
        ModelSlot::lock(self.data_dir(), self.dataset.metadata(), algorithm)
    }

    pub fn model(&self, algorithm: Algorithm, given: &Value) -> Box<dyn Model> {
        algorithm.train(&self.data, given, &|_| {}).unwrap()
    }

    /// A training that nobody validated.
    pub fn training<'a>(&'a self, parameters: &'a Value, ended_at: i64) -> Training<'a> {
        let (metrics, validation) = (BTreeMap::new(), String::new());
        Training { data: &self.data, parameters, metrics, validation, took: Duration::from_millis(1500), ended_at }
    }

    /// Trains and saves at a time.
    pub fn train_at(&self, seconds: i64, algorithm: Algorithm, given: &Value) -> (Box<dyn Model>, ModelMetadata) {
        let slot = self.lock(algorithm).unwrap();
        let model = self.model(algorithm, given);
        let parameters = self.parameters(algorithm, given);
        let metadata = slot.save(&*model, self.training(&parameters, NOW + seconds)).unwrap();
        (model, metadata)
    }
}

/// Everything a model answers: scores as bits, predictions, reasons and likenesses.
pub type Answers = (Vec<u32>, Vec<Option<u32>>, Vec<Vec<(u32, u32)>>);

/// Asks for known viewers, for a new one and for one who has rated nothing.
pub fn answers(model: &dyn Model, data: &TrainingData) -> Answers {
    let matrix = &data.matrix;
    let new = Viewer { row: None, columns: &[1, 4, 5], half_stars: &[10, 1, 7] };
    let known = [0, 7, matrix.users() - 1].map(|row| Viewer::known(matrix, row));
    let mut answers = Answers::default();
    let bits = |weighted: Vec<Weighted>| weighted.iter().map(|one| (one.column, one.weight.to_bits())).collect();
    for viewer in known.iter().chain([&new, &Viewer::default()]) {
        let mut scores = vec![0.0; matrix.films()];
        model.score(viewer, &mut scores);
        answers.0.extend(scores.iter().map(|score| score.to_bits()));
        for column in 0..matrix.films() as u32 {
            answers.1.push(model.predict(viewer, column).map(f32::to_bits));
            answers.2.push(bits(model.because(viewer, column, 3)));
        }
    }
    answers.2.extend((0..matrix.films() as u32).map(|column| bits(model.similar(column, 5))));
    answers
}

/// Changes the metadata so that it agrees with a file's size and hashes.
pub fn agree(directory: &Path, file: &str) {
    let contents = fs::read(directory.join(file)).unwrap();
    let path = directory.join("metadata.json");
    let mut metadata: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    metadata["files"][file] = json!({ "bytes": contents.len(), "sha256": sha256(contents) });
    let text = |field: &str| metadata[field].as_str().unwrap().to_owned();
    let mut made_from = format!("{}\n{}\n{}\n", text("algorithm"), text("dataset_version"), metadata["parameters"]);
    for (file, summary) in metadata["files"].as_object().unwrap() {
        made_from += &format!("{file} {}\n", summary["sha256"].as_str().unwrap());
    }
    metadata["content_sha256"] = sha256(made_from).into();
    fs::write(path, metadata.to_string()).unwrap();
}

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
