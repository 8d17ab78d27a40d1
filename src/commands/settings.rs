//! Parameters of models on the command line: `--set ials.factors=64`.

use anyhow::{anyhow, bail};
use cineswarm_engine::models::Algorithm;
use serde_json::{Map, Value};

/// One parameter of one model.
#[derive(Clone)]
pub(crate) struct Setting {
    algorithm: Algorithm,
    /// Names from the outermost to the innermost, where parameters have parts.
    path: Vec<String>,
    value: Value,
}

/// "ials.factors=64"; the value is JSON, or else a word.
pub(super) fn parse_setting(text: &str) -> Result<Setting, String> {
    let form = "it must be MODEL.PARAMETER=VALUE, as in ials.factors=64";
    let (name, value) = text.split_once('=').ok_or(form)?;
    let (model, path) = name.split_once('.').ok_or(form)?;
    let algorithm = Algorithm::named(model.trim()).map_err(|error| error.to_string())?;
    let path: Vec<String> = path.split('.').map(|part| part.trim().to_owned()).collect();
    if path.iter().any(String::is_empty) {
        return Err(form.to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.trim().to_owned()));
    Ok(Setting { algorithm, path, value })
}

/// The models with the parameters that were set, the others to have their defaults.
///
/// # Errors
/// If a parameter of another model is set, or one as a whole and in part.
pub(super) fn with_settings(algorithms: &[Algorithm], settings: &[Setting]) -> anyhow::Result<Vec<(Algorithm, Value)>> {
    if let Some(lost) = settings.iter().find(|setting| !algorithms.contains(&setting.algorithm)) {
        let name = lost.algorithm.name();
        bail!("a parameter of {name} is set, but {name} is not among the models; add it to --models");
    }
    algorithms.iter().map(|&algorithm| Ok((algorithm, given(algorithm, settings)?))).collect()
}

fn given(algorithm: Algorithm, settings: &[Setting]) -> anyhow::Result<Value> {
    let mut given = Map::new();
    for Setting { path, value, .. } in settings.iter().filter(|setting| setting.algorithm == algorithm) {
        let Some((last, outer)) = path.split_last() else { continue };
        let mut inside = &mut given;
        for part in outer {
            let entry = inside.entry(part).or_insert_with(|| Value::Object(Map::new()));
            inside = entry.as_object_mut().ok_or_else(|| {
                anyhow!("{}.{} is set as a whole and in part; set one of them", algorithm.name(), path.join("."))
            })?;
        }
        inside.insert(last.clone(), value.clone());
    }
    Ok(Value::Object(given))
}
