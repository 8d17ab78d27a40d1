//! How implicit ALS learns, and with what defaults for how many ratings.

use serde::{Deserialize, Serialize};

use super::NAME;
use crate::models::{Error, TrainingData};

/// How implicit ALS learns.
///
/// The factors x of users and y of films minimise the sum of
/// - w (1 - x'y)^2 over rated pairs, with w = `rated_weight` + `weight_per_star` * stars,
/// - a (x'y)^2 over all pairs, or over unrated ones if `spare_rated`, with a = `unobserved_weight`,
/// - l (n + a m)^e |x|^2 over users and films, with l = `regularisation`, e = `regularisation_exponent`, n the ratings
///   of the user or film, and m the number of films or users on the other side.
///
/// With `spare_rated`, an exponent of 0 and an unobserved weight of 1 this is the objective of Hu et al. 2008, w being
/// their confidence; without, that of Rendle et al. 2021.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IalsParameters {
    /// Factors of a user or film, 1 to 1024.
    pub factors: usize,
    /// Iterations, each of which solves all users and then all films; 1 to 10,000.
    pub iterations: usize,
    /// Weight of the regularisation, 0 or more.
    pub regularisation: f64,
    /// How the regularisation grows with the number of ratings: 0 not at all, 1 in proportion.
    pub regularisation_exponent: f64,
    /// Weight of a pair nobody observed.
    pub unobserved_weight: f64,
    /// Whether the unobserved weight pulls on unrated pairs only.
    pub spare_rated: bool,
    /// Weight of a rated pair, whatever the rating.
    pub rated_weight: f64,
    /// Weight of a rated pair for each star.
    pub weight_per_star: f64,
    /// Standard deviation that the factors' inner products start from: each factor's is this over the root of `factors`.
    pub deviation: f64,
    /// Seed of the factors that training starts from.
    pub seed: u64,
}

impl Default for IalsParameters {
    fn default() -> Self {
        IalsParameters {
            factors: 64,
            iterations: 16,
            regularisation: 0.003,
            regularisation_exponent: 1.0,
            unobserved_weight: 0.1,
            spare_rated: false,
            rated_weight: 1.0,
            weight_per_star: 0.0,
            deviation: 0.1,
            seed: 1,
        }
    }
}

impl IalsParameters {
    /// What is known to do well on data of this size.
    ///
    /// From half a million ratings on these are the parameters published for MovieLens 1M and 20M in the code of
    /// Rendle et al. 2021 (google-research/ials, README), with fewer factors for the latter; below, found by
    /// validation on MovieLens 100K.
    pub fn for_data(data: &TrainingData) -> IalsParameters {
        match data.matrix.ratings() {
            0..500_000 => {
                IalsParameters { factors: 32, regularisation: 0.016, unobserved_weight: 0.3, ..Default::default() }
            }
            500_000..5_000_000 => IalsParameters {
                factors: 192,
                iterations: 12,
                regularisation: 0.007,
                unobserved_weight: 0.3,
                ..Default::default()
            },
            _ => IalsParameters::default(),
        }
    }

    /// The squared term and the linear term that a rating of so many half-stars adds.
    pub(super) fn weights(&self, half_stars: u8) -> (f64, f64) {
        let weight = self.rated_weight + self.weight_per_star * f64::from(half_stars) / 2.0;
        (if self.spare_rated { weight - self.unobserved_weight } else { weight }, weight)
    }

    /// The regularisation of a user or film with `ratings`, `others` being on the other side.
    pub(super) fn regularisation_of(&self, ratings: usize, others: usize) -> f64 {
        let frequency = ratings as f64 + self.unobserved_weight * others as f64;
        self.regularisation * frequency.powf(self.regularisation_exponent)
    }

    /// An error unless all are in range.
    pub(in crate::models) fn check(&self) -> Result<(), Error> {
        Error::unless_within(NAME, "factors", self.factors as f64, 1.0..=1024.0, "a whole number from 1 to 1024")?;
        Error::unless_within(NAME, "iterations", self.iterations as f64, 1.0..=1e4, "a whole number from 1 to 10000")?;
        let numbers = [
            ("regularisation", self.regularisation),
            ("unobserved_weight", self.unobserved_weight),
            ("rated_weight", self.rated_weight),
            ("weight_per_star", self.weight_per_star),
            ("deviation", self.deviation),
        ];
        for (parameter, value) in numbers {
            Error::unless_within(NAME, parameter, value, 0.0..=1e6, "a number from 0 to 1000000")?;
        }
        let exponent = self.regularisation_exponent;
        Error::unless_within(NAME, "regularisation_exponent", exponent, 0.0..=2.0, "a number from 0 to 2")?;
        if self.weights(1).0 < 0.0 {
            return Err(Error::Parameter {
                model: NAME,
                parameter: "unobserved_weight",
                value: self.unobserved_weight.to_string(),
                expected: "at most the weight of every rated pair where rated pairs are spared",
            });
        }
        Ok(())
    }
}

/// The weights of ratings by half-stars, in the form the equations take.
pub(super) struct Weights([(f32, f32); 11]);

impl Weights {
    pub(super) fn of(parameters: &IalsParameters) -> Weights {
        Weights(std::array::from_fn(|half_stars| {
            let (squared, linear) = parameters.weights(half_stars as u8);
            // Below zero only for half-stars that no rating has.
            (squared.max(0.0).sqrt() as f32, linear as f32)
        }))
    }

    /// The square root of a rating's squared term.
    pub(super) fn root(&self, half_stars: u8) -> f32 {
        self.0[usize::from(half_stars).min(10)].0
    }

    /// A rating's linear term.
    pub(super) fn linear(&self, half_stars: u8) -> f32 {
        self.0[usize::from(half_stars).min(10)].1
    }
}
