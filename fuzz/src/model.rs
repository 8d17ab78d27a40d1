//! Files of model versions, those of every model there is.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use cineswarm_engine::model_store::StoredModel;
use cineswarm_engine::models::Algorithm;
use serde_json::json;

use crate::common::models::{Trainable, agree, answers};
use crate::{joined, split};

const METADATA: &str = "metadata.json";

thread_local! {
    static MODELS: OnceCell<Models> = const { OnceCell::new() };
}

/// Models on disk with their files.
struct Models {
    place: Trainable,
    files: Vec<ModelFile>,
}

struct ModelFile {
    algorithm: Algorithm,
    directory: PathBuf,
    name: String,
    contents: Vec<u8>,
}

impl Models {
    fn new() -> Models {
        let place = Trainable::new();
        let mut files = Vec::new();
        for algorithm in Algorithm::ALL {
            let (_, metadata) = place.train_at(0, algorithm, &json!({}));
            let stored = StoredModel::latest(place.data_dir(), "films", algorithm).expect("it was saved");
            let names = metadata.files.into_keys().chain([METADATA.to_owned()]);
            files.extend(names.map(|name| ModelFile {
                algorithm,
                directory: stored.directory().to_owned(),
                contents: fs::read(stored.directory().join(&name)).expect("the file is there"),
                name,
            }));
        }
        Models { place, files }
    }
}

fn with_models(work: impl FnOnce(&Models)) {
    MODELS.with(|models| work(models.get_or_init(Models::new)));
}

/// Loads the model with the file replaced and the metadata in agreement with it, and asks it everything.
pub fn run(input: &[u8]) {
    with_models(|models| {
        let Some((file, contents)) = split(input, models.files.len()) else { return };
        let Models { place, files } = models;
        let ModelFile { algorithm, directory, name, contents: whole } = &files[file];
        fs::write(directory.join(name), contents).expect("a file can be written");
        if name != METADATA {
            agree(directory, name);
        }
        if let Ok(stored) = StoredModel::latest(place.data_dir(), "films", *algorithm)
            && let Ok(model) = stored.load(&place.data)
        {
            answers(&*model, &place.data);
        }
        fs::write(directory.join(name), whole).expect("a file can be written");
        if name != METADATA {
            agree(directory, name);
        }
    });
}

/// The valid files.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    with_models(|models| {
        seeds.extend((0..).zip(&models.files).map(|(file, model)| joined(file, &model.contents)));
    });
    seeds
}
