//! How the Bayesian factor model learns.

use serde::{Deserialize, Serialize};

use super::NAME;
use crate::models::{Error, IalsParameters, TrainingData};

/// How the Bayesian factor model learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BpmfParameters {
    /// Factors of a user or film besides the bias, 1 to 255.
    pub factors: usize,
    /// Iterations before anything is kept, until the draws do not depend on where they started; up to 10,000.
    pub burn_in: usize,
    /// Draws of all film factors that are kept and averaged over; 1 to 1,000. The model's size grows with them.
    pub draws: usize,
    /// Iterations from one draw kept to the next, so that they differ; 1 to 1,000.
    pub iterations_a_draw: usize,
    /// Weight that keeps down what the implicit factors say of the factors; above 0.
    pub link_regularisation: f64,
    /// The implicit factors: who rated what, whatever the rating.
    pub implicit: IalsParameters,
    /// Seed of all chance.
    pub seed: u64,
}

impl Default for BpmfParameters {
    fn default() -> Self {
        BpmfParameters {
            factors: 15,
            burn_in: 20,
            draws: 40,
            iterations_a_draw: 4,
            link_regularisation: 10.0,
            implicit: IalsParameters { factors: 16, ..IalsParameters::default() },
            seed: 1,
        }
    }
}

impl BpmfParameters {
    /// What is known to do well on data of this size: the implicit factors are as regular as those of implicit ALS.
    pub fn for_data(data: &TrainingData) -> BpmfParameters {
        let implicit = IalsParameters { factors: 16, iterations: 16, ..IalsParameters::for_data(data) };
        BpmfParameters { implicit, ..BpmfParameters::default() }
    }

    /// Rows of factors with their bias are this long.
    pub(super) fn rank(&self) -> usize {
        self.factors + 1
    }

    pub(super) fn iterations(&self) -> usize {
        self.burn_in + self.draws * self.iterations_a_draw
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        Error::unless_within(NAME, "factors", self.factors as f64, 1.0..=255.0, "a whole number from 1 to 255")?;
        Error::unless_within(NAME, "burn_in", self.burn_in as f64, 0.0..=1e4, "a whole number up to 10000")?;
        Error::unless_within(NAME, "draws", self.draws as f64, 1.0..=1e3, "a whole number from 1 to 1000")?;
        let between = self.iterations_a_draw as f64;
        Error::unless_within(NAME, "iterations_a_draw", between, 1.0..=1e3, "a whole number from 1 to 1000")?;
        let link = self.link_regularisation;
        Error::unless_within(NAME, "link_regularisation", link, 1e-6..=1e6, "a number from 0.000001 to 1000000")?;
        self.implicit.check()
    }
}
