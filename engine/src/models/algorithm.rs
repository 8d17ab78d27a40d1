//! Every model by name: its parameters as JSON, its training, its loading. The one list of what models there are.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

/// Writes [`Algorithm`] from a list of models. Each has its defaults for given data, its training, and its loading.
macro_rules! algorithms {
    ($($variant:ident, $name:literal, $parameters:ty {
        defaults: $defaults:expr, train: $train:expr, load: $load:expr $(,)?
    })*) => {
        /// A kind of model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Algorithm {
            $(#[doc = concat!("[`", stringify!($variant), "`]")] $variant,)*
        }

        impl Algorithm {
            /// All there are.
            pub const ALL: [Algorithm; [$($name),*].len()] = [$(Algorithm::$variant),*];

            /// The name on the command line, in files and in answers.
            pub fn name(self) -> &'static str {
                match self {
                    $(Algorithm::$variant => $name,)*
                }
            }

            /// As [`Algorithm::parameters`], but for those of a hybrid's members.
            fn own_parameters(self, given: &Value, data: &TrainingData) -> Result<Value, Error> {
                match self {
                    $(Algorithm::$variant => {
                        let defaults: fn(&TrainingData) -> $parameters = $defaults;
                        self.completed(given, defaults(data))
                    })*
                }
            }

            /// Trains a model; parameters that are not given have their defaults.
            ///
            /// # Errors
            /// If a parameter is unknown or out of range, or the data are nothing to learn from.
            pub fn train(
                self,
                data: &TrainingData,
                parameters: &Value,
                watch: Watch<'_>,
            ) -> Result<Box<dyn Model>, Error> {
                let parameters = self.parameters(parameters, data)?;
                match self {
                    $(Algorithm::$variant => {
                        let train: fn(&TrainingData, &$parameters, Watch<'_>) -> Result<$variant, Error> = $train;
                        Ok(Box::new(train(data, &self.parse(&parameters)?, watch)?))
                    })*
                }
            }

            /// Makes a model from the arrays of one that was trained on these data with these parameters.
            ///
            /// # Errors
            /// If they are not such a model's.
            pub fn load(self, parts: Parts, data: &TrainingData, parameters: &Value) -> Result<Box<dyn Model>, Error> {
                match self {
                    $(Algorithm::$variant => {
                        let load: fn(Parts, &TrainingData, &$parameters) -> Result<$variant, Error> = $load;
                        Ok(Box::new(load(parts, data, &self.parse(parameters)?)?))
                    })*
                }
            }
        }
    };
}

algorithms! {
    Popularity, "popularity", PopularityParameters {
        defaults: |_| PopularityParameters::default(),
        train: |data, parameters, _| Popularity::train(data, parameters),
        load: |parts, data, _| Popularity::load(parts, data.matrix.films()),
    }
    UserKnn, "user-knn", UserKnnParameters {
        defaults: |_| UserKnnParameters::default(),
        train: |data, parameters, _| UserKnn::train(data, parameters),
        load: UserKnn::load,
    }
    ItemKnn, "item-knn", ItemKnnParameters {
        defaults: |_| ItemKnnParameters::default(),
        train: |data, parameters, _| ItemKnn::train(data, parameters),
        load: ItemKnn::load,
    }
    Ials, "ials", IalsParameters {
        defaults: IalsParameters::for_data,
        train: Ials::train,
        load: |parts, data, parameters| Ials::load(parts, data.matrix.films(), parameters),
    }
    Ease, "ease", EaseParameters {
        defaults: |_| EaseParameters::default(),
        train: |data, parameters, _| Ease::train(data, parameters),
        load: Ease::load,
    }
    Rp3Beta, "rp3beta", Rp3BetaParameters {
        defaults: |_| Rp3BetaParameters::default(),
        train: |data, parameters, _| Rp3Beta::train(data, parameters),
        load: |parts, data, _| Rp3Beta::load(parts, data.matrix.films()),
    }
    Graph, "graph", GraphParameters {
        defaults: |_| GraphParameters::default(),
        train: |data, parameters, _| Graph::train(data, parameters),
        load: |parts, data, parameters| Graph::load(parts, data.matrix.films(), parameters),
    }
    Baseline, "baseline", BaselineParameters {
        defaults: |_| BaselineParameters::default(),
        train: |data, parameters, _| Baseline::train(data, parameters),
        load: Baseline::load,
    }
    KnnMeans, "knn-means", KnnMeansParameters {
        defaults: |_| KnnMeansParameters::default(),
        train: |data, parameters, _| KnnMeans::train(data, parameters),
        load: KnnMeans::load,
    }
    KnnBaseline, "knn-baseline", KnnBaselineParameters {
        defaults: |_| KnnBaselineParameters::default(),
        train: KnnBaseline::train,
        load: KnnBaseline::load,
    }
    ContentBased, "content", ContentParameters {
        defaults: |_| ContentParameters::default(),
        train: |data, parameters, _| ContentBased::train(data, parameters),
        load: |parts, data, _| ContentBased::load(parts, data.matrix.films()),
    }
    Likeness, "likeness", LikenessParameters {
        defaults: |_| LikenessParameters::default(),
        train: Likeness::train,
        load: |parts, data, parameters| Likeness::load(parts, data.matrix.films(), parameters),
    }
    Hybrid, "hybrid", HybridParameters {
        defaults: |_| HybridParameters::default(),
        train: Hybrid::train,
        load: Hybrid::load,
    }
    Als, "als", AlsParameters {
        defaults: |_| AlsParameters::default(),
        train: Als::train,
        load: Als::load,
    }
    Bpmf, "bpmf", BpmfParameters {
        defaults: BpmfParameters::for_data,
        train: Bpmf::train,
        load: Bpmf::load,
    }
    Blend, "blend", BlendParameters {
        defaults: BlendParameters::for_data,
        train: Blend::train,
        load: Blend::load,
    }
}

impl Algorithm {
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
    pub fn parameters(self, given: &Value, data: &TrainingData) -> Result<Value, Error> {
        let own = self.own_parameters(given, data)?;
        match self {
            Algorithm::Hybrid => self.to_value(self.parse::<HybridParameters>(&own)?.completed(data)?),
            _ => Ok(own),
        }
    }

    fn to_value(self, parameters: impl Serialize) -> Result<Value, Error> {
        serde_json::to_value(parameters)
            .map_err(|error| Error::Parameters { model: self.name(), reason: error.to_string() })
    }

    fn parse<P: DeserializeOwned>(self, given: &Value) -> Result<P, Error> {
        serde_path_to_error::deserialize(given).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.inner().to_string());
            let place = if path == "." { String::new() } else { format!("{path}: ") };
            Error::Parameters { model: self.name(), reason: place + &without_rust(&error) }
        })
    }

    /// The given parameters, and the defaults for the others.
    fn completed<P: DeserializeOwned + Serialize>(self, given: &Value, defaults: P) -> Result<Value, Error> {
        let mut all = self.to_value(defaults)?;
        match given {
            Value::Null => {}
            Value::Object(_) => merge(&mut all, given),
            _ => {
                let reason = format!("they are {given}; they must be an object of names and values");
                return Err(Error::Parameters { model: self.name(), reason });
            }
        }
        // Read and written once more, which finds unknown names and brings numbers into one form.
        self.to_value(self.parse::<P>(&all)?)
    }
}

/// The types of parameters as people call them.
fn without_rust(error: &str) -> String {
    let names =
        [("usize", "a whole number"), ("u64", "a whole number"), ("u32", "a whole number"), ("u8", "a whole number")];
    let names = names.into_iter().chain([("f64", "a number"), ("f32", "a number"), ("struct ", "parameters of ")]);
    names
        .fold(error.to_owned(), |text, (from, to)| text.replace(&format!("expected {from}"), &format!("expected {to}")))
}

/// Puts what is given in the place of the defaults: of an object that is a group of parameters only those given.
fn merge(defaults: &mut Value, given: &Value) {
    /// These are not a group but a choice, to be taken as a whole.
    const CHOICE: &str = "members";
    match (defaults, given) {
        (Value::Object(defaults), Value::Object(given)) => {
            for (name, given) in given {
                match defaults.get_mut(name) {
                    Some(default) if name != CHOICE => merge(default, given),
                    _ => drop(defaults.insert(name.clone(), given.clone())),
                }
            }
        }
        (default, given) => *default = given.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::RatingsMatrix;
    use serde_json::json;

    #[test]
    fn what_is_given_of_a_group_of_parameters_leaves_the_others_of_the_group_alone() {
        let data = TrainingData::ratings_only(RatingsMatrix::default());
        let default = Algorithm::Bpmf.parameters(&Value::Null, &data).unwrap();
        let mut expected = default.clone();
        expected["implicit"]["iterations"] = json!(3);
        assert_ne!(expected, default);
        assert_eq!(Algorithm::Bpmf.parameters(&json!({ "implicit": { "iterations": 3 } }), &data).unwrap(), expected);
        let alone = Algorithm::Hybrid.parameters(&json!({ "members": { "ease": { "lambda": 2.0 } } }), &data).unwrap();
        assert_eq!(alone["members"].as_object().unwrap().len(), 1);
        let ease = Algorithm::Ease.parameters(&json!({ "lambda": 2.0 }), &data).unwrap();
        assert_eq!(alone["members"]["ease"], ease, "a member's defaults are there too");
        for label in ["ease:strict", "ease/strict", "ease_a.b", "hybrid", "ease_12345678901234567"] {
            assert!(Algorithm::Hybrid.parameters(&json!({ "members": { label: {} } }), &data).is_err(), "{label}");
        }
    }

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
