//! Every model by name: its parameters as JSON, its training, its loading. The one list of what models there are.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Ease, EaseParameters, Error, Graph, GraphParameters, ItemKnn, ItemKnnParameters, Model, Parts, Popularity, PopularityParameters, Rp3Beta, Rp3BetaParameters, TrainingData, UserKnn,
    UserKnnParameters, Watch,
};

/// A kind of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// [`Popularity`]
    Popularity,
    /// [`UserKnn`]
    UserKnn,
    /// [`ItemKnn`]
    ItemKnn,
    /// [`Ease`]
    Ease,
    /// [`Rp3Beta`]
    Rp3Beta,
    /// [`Graph`]
    Graph,
}

impl Algorithm {
    /// All there are, the simplest first.
    pub const ALL: [Algorithm; 6] = [Algorithm::Popularity, Algorithm::UserKnn, Algorithm::ItemKnn, Algorithm::Ease, Algorithm::Rp3Beta, Algorithm::Graph];

    /// The name on the command line, in files and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Popularity => "popularity",
            Algorithm::UserKnn => "user-knn",
            Algorithm::ItemKnn => "item-knn",
            Algorithm::Ease => "ease",
            Algorithm::Rp3Beta => "rp3beta",
            Algorithm::Graph => "graph",
        }
    }

    /// The model of a name.
    ///
    /// # Errors
    /// If there is none, saying which there are.
    pub fn named(name: &str) -> Result<Algorithm, Error> {
        let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| Error::Unknown {
            name: name.to_owned(),
            known: Algorithm::ALL.map(Algorithm::name).join(", "),
        })
    }

    /// All parameters of the model: those given, and what the others are by default for these data.
    ///
    /// # Errors
    /// If one is unknown or of the wrong type.
    pub fn parameters(self, given: &Value, _data: &TrainingData) -> Result<Value, Error> {
        match self {
            Algorithm::Popularity => self.completed::<PopularityParameters>(given),
            Algorithm::UserKnn => self.completed::<UserKnnParameters>(given),
            Algorithm::ItemKnn => self.completed::<ItemKnnParameters>(given),
            Algorithm::Ease => self.completed::<EaseParameters>(given),
            Algorithm::Rp3Beta => self.completed::<Rp3BetaParameters>(given),
            Algorithm::Graph => self.completed::<GraphParameters>(given),
        }
    }

    /// Trains a model; parameters that are not given have their defaults.
    ///
    /// # Errors
    /// If a parameter is unknown or out of range, or the data are nothing to learn from.
    pub fn train(self, data: &TrainingData, parameters: &Value, _watch: Watch<'_>) -> Result<Box<dyn Model>, Error> {
        let parameters = self.parameters(parameters, data)?;
        Ok(match self {
            Algorithm::Popularity => Box::new(Popularity::train(data, &self.parse(&parameters)?)?),
            Algorithm::UserKnn => Box::new(UserKnn::train(data, &self.parse(&parameters)?)?),
            Algorithm::ItemKnn => Box::new(ItemKnn::train(data, &self.parse(&parameters)?)?),
            Algorithm::Ease => Box::new(Ease::train(data, &self.parse(&parameters)?)?),
            Algorithm::Rp3Beta => Box::new(Rp3Beta::train(data, &self.parse(&parameters)?)?),
            Algorithm::Graph => Box::new(Graph::train(data, &self.parse(&parameters)?)?),
        })
    }

    /// Makes a model from the arrays of one that was trained on these data with these parameters.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(self, parts: Parts, data: &TrainingData, parameters: &Value) -> Result<Box<dyn Model>, Error> {
        Ok(match self {
            Algorithm::Popularity => Box::new(Popularity::load(parts, data.matrix.films())?),
            Algorithm::UserKnn => Box::new(UserKnn::load(parts, data, &self.parse(parameters)?)?),
            Algorithm::ItemKnn => Box::new(ItemKnn::load(parts, data, &self.parse(parameters)?)?),
            Algorithm::Ease => Box::new(Ease::load(parts, data, &self.parse(parameters)?)?),
            Algorithm::Rp3Beta => Box::new(Rp3Beta::load(parts, data.matrix.films())?),
            Algorithm::Graph => Box::new(Graph::load(parts, data.matrix.films(), &self.parse(parameters)?)?),
        })
    }

    fn parse<P: DeserializeOwned>(self, given: &Value) -> Result<P, Error> {
        serde_json::from_value(given.clone())
            .map_err(|error| Error::Parameters { model: self.name(), reason: error.to_string() })
    }

    fn completed<P: DeserializeOwned + Serialize>(self, given: &Value) -> Result<Value, Error> {
        serde_json::to_value(self.parse::<P>(given)?)
            .map_err(|error| Error::Parameters { model: self.name(), reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::RatingsMatrix;
    use serde_json::json;

    #[test]
    fn a_model_or_parameter_that_does_not_exist_is_named_in_the_error() {
        assert!(Algorithm::named("popular").unwrap_err().to_string().contains("there are: popularity"));
        let data = TrainingData::ratings_only(RatingsMatrix::default());
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()).unwrap(), algorithm);
            let error = algorithm.parameters(&json!({ "colour": 1 }), &data).unwrap_err().to_string();
            assert!(error.contains(algorithm.name()) && error.contains("colour"), "{error}");
        }
    }
}
