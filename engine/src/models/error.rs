//! What can be wrong with training a model or with the arrays of one.

/// Why a model was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such model.
    #[error("there is no model \"{}\"; there are: {known}", .name.escape_debug())]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names of all models.
        known: String,
    },
    /// Parameters that are not those of the model.
    #[error("reading the parameters of model {model}: {reason}")]
    Parameters {
        /// The model.
        model: &'static str,
        /// What is wrong, and which parameters there are.
        reason: String,
    },
    /// A parameter out of its range.
    #[error("training model {model}: {parameter} is {value}; it must be {expected}")]
    Parameter {
        /// The model.
        model: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// The values allowed.
        expected: &'static str,
    },
    /// Nothing to learn from.
    #[error("training model {model}: there is not one rating; import some first")]
    NoRatings {
        /// The model.
        model: &'static str,
    },
    /// The model would not fit into memory.
    #[error("training model {model}: {films} films would take {needed} MiB and the limit is {limit} MiB; {advice}")]
    TooLarge {
        /// The model.
        model: &'static str,
        /// Films there are.
        films: usize,
        /// Memory needed, MiB.
        needed: usize,
        /// Memory allowed, MiB.
        limit: usize,
        /// What to do instead.
        advice: &'static str,
    },
    /// Numbers that grew beyond all bounds.
    #[error(
        "training model {model}: its factors grew beyond all bounds; give it more regularisation or smaller weights"
    )]
    Diverged {
        /// The model.
        model: &'static str,
    },
    /// Arrays that are not those of such a model.
    #[error("loading model {model}: {part} {reason}; train it again, with --force")]
    Damaged {
        /// The model.
        model: &'static str,
        /// The array.
        part: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl Error {
    /// An error unless the value is finite and at least `least`.
    pub(crate) fn unless_at_least(
        model: &'static str,
        parameter: &'static str,
        value: f64,
        least: f64,
        expected: &'static str,
    ) -> Result<(), Error> {
        if value.is_finite() && value >= least {
            return Ok(());
        }
        Err(Error::Parameter { model, parameter, value: value.to_string(), expected })
    }

    /// An error unless the value is within the range.
    pub(crate) fn unless_within(
        model: &'static str,
        parameter: &'static str,
        value: f64,
        range: std::ops::RangeInclusive<f64>,
        expected: &'static str,
    ) -> Result<(), Error> {
        if range.contains(&value) {
            return Ok(());
        }
        Err(Error::Parameter { model, parameter, value: value.to_string(), expected })
    }

    pub(crate) fn damaged(model: &'static str, part: &'static str, reason: impl Into<String>) -> Error {
        Error::Damaged { model, part, reason: reason.into() }
    }
}
