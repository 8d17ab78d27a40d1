//! The models asked for, each with the parameters set on the command line.

use std::str::FromStr;

use anyhow::{anyhow, ensure};
use cineswarm_engine::models::Algorithm;
use serde_json::{Map, Value};

/// "ials.factors=64"
#[derive(Clone)]
pub(super) struct Setting {
    algorithm: Algorithm,
    parameter: String,
    value: Value,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Setting, String> {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
        let ((model, parameter), value) = parts.ok_or("must be as in ials.factors=64")?;
        let algorithm = Algorithm::named(model.trim()).map_err(|error| error.to_string())?;
        let value = value.trim();
        // What is no number, list, true or false is a word.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Ok(Setting { algorithm, parameter: parameter.trim().to_owned(), value })
    }
}

/// Models, each once.
pub(super) struct Chosen {
    models: Vec<(Algorithm, Value)>,
}

impl Chosen {
    /// Puts settings and models together.
    pub(super) fn new(algorithms: Vec<Algorithm>, settings: &[Setting]) -> anyhow::Result<Chosen> {
        let mut models: Vec<(Algorithm, Map<String, Value>)> = Vec::new();
        for algorithm in algorithms {
            let name = algorithm.name();
            ensure!(models.iter().all(|(known, _)| *known != algorithm), "model {name} is given twice; leave one out");
            models.push((algorithm, Map::new()));
        }
        for Setting { algorithm, parameter, value } in settings {
            let model = models.iter_mut().find(|(known, _)| known == algorithm);
            let (_, parameters) = model.ok_or_else(|| {
                let name = algorithm.name();
                anyhow!("{name}.{parameter} is set, but {name} is not among --models; add it or leave the setting out")
            })?;
            parameters.insert(parameter.clone(), value.clone());
        }
        let models = models.into_iter().map(|(algorithm, parameters)| (algorithm, Value::Object(parameters)));
        Ok(Chosen { models: models.collect() })
    }

    /// Models with the parameters given, in the order of the command line.
    pub(super) fn models(&self) -> impl Iterator<Item = (Algorithm, &Value)> {
        self.models.iter().map(|(algorithm, given)| (*algorithm, given))
    }
}
