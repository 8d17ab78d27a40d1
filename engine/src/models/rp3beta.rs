//! RP3beta: random walks of three steps, viewer to film to user to film, held back from ending at popular films.

use serde::{Deserialize, Serialize};

use super::item_similarity::{Gram, Scaling, neighbour_lists};
use super::weighted_lists::WeightedLists;
use super::{Error, Model, Parts, TrainingData, Viewer, Weighted};

const NAME: &str = "rp3beta";

/// How the RP3beta model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rp3BetaParameters {
    /// Transition probabilities are raised to this power; 0 or more.
    pub alpha: f64,
    /// Scores are divided by the number of ratings of the film raised to this power; 0 or more.
    pub beta: f64,
    /// How many films are kept for each film to come from; 1 or more.
    pub k: usize,
}

impl Default for Rp3BetaParameters {
    fn default() -> Self {
        Rp3BetaParameters { alpha: 0.7, beta: 0.6, k: 500 }
    }
}

impl Rp3BetaParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_within(NAME, "alpha", self.alpha, 0.0..=10.0, "between 0 and 10")?;
        Error::unless_within(NAME, "beta", self.beta, 0.0..=10.0, "between 0 and 10")?;
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a number of films, 1 or more")
    }
}

/// For each film where walks from it end, with their probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Rp3Beta {
    ends: WeightedLists,
}

impl Rp3Beta {
    /// Sums the walks (Paudel, Christoffel, Newell and Bernstein 2017, equations 3 and 8): from film j to film i
    /// `sum_u (1/d_j)^alpha (1/d_u)^alpha / d_i^beta`, d being numbers of ratings. The first step, from the viewer, is the
    /// same for all films and left out.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &Rp3BetaParameters) -> Result<Rp3Beta, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let Rp3BetaParameters { alpha, beta, k } = *parameters;
        // The root of the user's factor, so that the product of two ratings has it once.
        let of_user: Vec<f32> = (0..matrix.users())
            .map(|row| (matrix.by_user().row(row).0.len() as f64).powf(-alpha / 2.0) as f32)
            .collect();
        let gram = Gram::of_weights(matrix, |row, _, _| of_user[row as usize]);
        let degrees: Vec<f64> = (0..matrix.films()).map(|column| matrix.by_film().row(column).0.len() as f64).collect();
        let power = |exponent: f64| degrees.iter().map(|degree| degree.powf(exponent)).collect();
        let scaling = Scaling { left: power(alpha), right: power(beta), shrink: 0.0 };
        Ok(Rp3Beta { ends: neighbour_lists(&gram, &scaling, k) })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize) -> Result<Rp3Beta, Error> {
        Ok(Rp3Beta { ends: WeightedLists::from_parts(&mut parts, NAME, films, films)? })
    }
}

impl Model for Rp3Beta {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        self.ends.score(viewer, |_, _| 1.0, scores);
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.ends.because(viewer, column, |_, _| 1.0, limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.ends.best(column as usize, k)
    }

    fn parts(&self) -> Parts {
        self.ends.add_to(Parts::default())
    }
}
