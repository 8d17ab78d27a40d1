//! The half-steps of implicit ALS, and the loss they lower.

use std::sync::Arc;

use rayon::prelude::*;

use super::parameters::Weights;
use super::{Ials, IalsParameters, NAME};
use crate::dense::{FactorRows, Lane, NormalEquations, Symmetric, dot};
use crate::matrix::{RatingsMatrix, SparseRows};
use crate::models::alternating::{Workspace, gram, normal_rows, solve_rows};
use crate::models::{Error, TrainingData};

/// A training under way: the factors of all users and films.
#[derive(Clone, Debug)]
pub struct IalsTraining {
    matrix: Arc<RatingsMatrix>,
    parameters: IalsParameters,
    users: FactorRows,
    films: FactorRows,
}

impl IalsTraining {
    /// Draws the factors to start from.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn start(data: &TrainingData, parameters: &IalsParameters) -> Result<IalsTraining, Error> {
        parameters.check()?;
        let matrix = data.matrix.clone();
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let rank = parameters.factors;
        let deviation = parameters.deviation / (rank as f64).sqrt();
        let films = normal_rows(matrix.films(), rank, deviation, parameters.seed);
        let users = FactorRows::zeros(matrix.users(), rank);
        Ok(IalsTraining { matrix, parameters: parameters.clone(), users, films })
    }

    /// One iteration: solves all users, then all films.
    pub fn step(&mut self) {
        solve_side(&self.parameters, self.matrix.by_user(), &self.films, &mut self.users);
        solve_side(&self.parameters, self.matrix.by_film(), &self.users, &mut self.films);
    }

    /// The factors of all users, then those of all films, row by row, `factors` of the parameters each.
    pub fn factors(&self) -> (Vec<f32>, Vec<f32>) {
        (self.users.to_flat(), self.films.to_flat())
    }

    /// The factors of all users.
    #[cfg(test)]
    pub(super) fn users(&self) -> &FactorRows {
        &self.users
    }

    /// The factors of all films.
    #[cfg(test)]
    pub(super) fn films(&self) -> &FactorRows {
        &self.films
    }

    /// What the training minimises, as [`IalsParameters`] defines it, over all pairs, without ever forming them: the sum
    /// of all squared scores is the inner product of the two Gram matrices (Hu et al. 2008, section 4).
    pub fn loss(&self) -> f64 {
        let (by_user, parameters) = (self.matrix.by_user(), &self.parameters);
        let of_ratings = |user: usize| {
            let (columns, half_stars) = by_user.row(user);
            let terms = columns.iter().zip(half_stars).map(|(&column, &half_stars)| {
                let score = f64::from(dot(self.users.row(user), self.films.row(column as usize)));
                let (squared, linear) = parameters.weights(half_stars);
                squared * score * score - 2.0 * linear * score + linear
            });
            terms.sum::<f64>()
        };
        // Collected before they are summed, so that the order of additions does not depend on threads.
        let of_users: Vec<f64> = (0..self.matrix.users()).into_par_iter().map(of_ratings).collect();
        let (of_user_factors, of_film_factors) = (gram(&self.users), gram(&self.films));
        let rank = parameters.factors;
        let squared_scores = (0..rank * rank).map(|at| {
            let (row, column) = (at / rank, at % rank);
            f64::from(of_user_factors.at(row, column)) * f64::from(of_film_factors.at(row, column))
        });
        let regularisation = |rows: &SparseRows, factors: &FactorRows, others: usize| {
            let of_row = |row: usize| {
                let length = f64::from(dot(factors.row(row), factors.row(row)));
                parameters.regularisation_of(rows.row(row).0.len(), others) * length
            };
            (0..rows.len()).map(of_row).sum::<f64>()
        };
        of_users.iter().sum::<f64>()
            + parameters.unobserved_weight * squared_scores.sum::<f64>()
            + regularisation(by_user, &self.users, self.films.len())
            + regularisation(self.matrix.by_film(), &self.films, self.users.len())
    }

    /// The model as it is now.
    ///
    /// # Errors
    /// If the parameters were so large that factors overflowed.
    pub fn finish(self) -> Result<Ials, Error> {
        if self.films.lanes().iter().any(|lane| lane.0.iter().any(|factor| !factor.is_finite())) {
            return Err(Error::Diverged { model: NAME });
        }
        Ok(Ials::new(self.films, self.parameters))
    }
}

/// Solves every row of one side.
fn solve_side(parameters: &IalsParameters, rows: &SparseRows, fixed: &FactorRows, solved: &mut FactorRows) {
    let gram = gram(fixed);
    solve_rows(solved, |row, workspace, into| {
        let (columns, half_stars) = rows.row(row);
        solve_row(parameters, (fixed, &gram), columns, half_stars, workspace, into);
    });
}

/// Solves one row (Rendle et al. 2021, equation 7) and leaves its matrix factored in the workspace.
pub(super) fn solve_row(
    parameters: &IalsParameters,
    (fixed, gram): (&FactorRows, &Symmetric),
    columns: &[u32],
    half_stars: &[u8],
    workspace: &mut Workspace,
    into: &mut [Lane],
) {
    let Workspace { equations, roots, linear } = workspace;
    let weights = Weights::of(parameters);
    roots.clear();
    roots.extend(half_stars.iter().map(|&half_stars| weights.root(half_stars)));
    linear.clear();
    linear.extend(half_stars.iter().map(|&half_stars| weights.linear(half_stars)));
    equations.clear();
    equations.add(fixed, columns, roots, linear);
    solve_summed(parameters, (fixed, gram), columns.len(), equations, into);
}

/// Solves the equations to which all ratings of a row were added.
pub(super) fn solve_summed(
    parameters: &IalsParameters,
    (fixed, gram): (&FactorRows, &Symmetric),
    ratings: usize,
    equations: &mut NormalEquations,
    into: &mut [Lane],
) {
    let regularisation = parameters.regularisation_of(ratings, fixed.len()) as f32;
    equations.factorise(Some((gram, parameters.unobserved_weight as f32)), |_| regularisation);
    into.copy_from_slice(equations.right_side());
    equations.solve(into);
}
