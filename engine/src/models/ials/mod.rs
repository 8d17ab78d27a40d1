//! Implicit ALS: who rated which film, factored so that rated films score high and all others low.
//!
//! Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (2008), in the form and with the
//! regularisation of Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item Recommendation
//! Benchmarks" (2021). A viewer's factors are always solved from the viewer's films, so that who was never seen in
//! training is served like everybody else, and the model keeps nothing of any user.

mod folding;
mod parameters;
#[cfg(test)]
mod tests;
mod training;

pub use folding::FoldedViewer;
pub use parameters::IalsParameters;
pub use training::IalsTraining;

use super::alternating::{Workspace, empty_row, gram, solve_rows};
use super::similar::FilmLengths;
use super::weighted_lists::{check_finite, shares};
use super::{Array, Error, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};
use crate::dense::{FactorRows, Lane, Symmetric, dot, inner_products};
use crate::matrix::RatingsMatrix;

const NAME: &str = "ials";
const FILM_FACTORS: &str = "film_factors";

/// Film factors, and what it takes to solve a viewer's.
#[derive(Clone, Debug)]
pub struct Ials {
    films: FactorRows,
    gram: Symmetric,
    lengths: FilmLengths,
    parameters: IalsParameters,
}

impl Ials {
    /// Learns film factors, telling `watch` after each iteration.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &IalsParameters, watch: Watch<'_>) -> Result<Ials, Error> {
        let mut training = IalsTraining::start(data, parameters)?;
        for iteration in 0..parameters.iterations {
            training.step();
            watch(Progress { done: iteration as u64 + 1, total: parameters.iterations as u64 });
        }
        training.finish()
    }

    /// Takes the arrays of a model of `films` films, trained with these parameters.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize, parameters: &IalsParameters) -> Result<Ials, Error> {
        parameters.check()?;
        let flat = parts.take_f32(NAME, FILM_FACTORS, films.saturating_mul(parameters.factors))?;
        check_finite(NAME, FILM_FACTORS, &flat)?;
        Ok(Ials::new(FactorRows::from_flat(&flat, parameters.factors), parameters.clone()))
    }

    /// The factors of all films, `parameters.factors` each, film after film.
    pub fn film_factors(&self) -> Vec<f32> {
        self.films.to_flat()
    }

    /// Film factors as the arrays of a model.
    pub(super) fn parts_of(film_factors: Vec<f32>) -> Parts {
        Parts::default().with(FILM_FACTORS, Array::F32(film_factors))
    }

    fn new(films: FactorRows, parameters: IalsParameters) -> Ials {
        Ials { gram: gram(&films), lengths: FilmLengths::of(&films), films, parameters }
    }

    /// The viewer's factors given the films' (one half-step of the training), with the equations they solve.
    fn fold_in(&self, viewer: &Viewer<'_>) -> (Workspace, Vec<Lane>) {
        let mut workspace = Workspace::new(self.films.rank());
        let mut factors = empty_row(self.films.rank());
        let fixed = (&self.films, &self.gram);
        training::solve_row(&self.parameters, fixed, viewer.columns, viewer.half_stars, &mut workspace, &mut factors);
        (workspace, factors)
    }

    /// The factors that fit a viewer's ratings, `parameters.factors` of them.
    pub fn viewer_factors(&self, viewer: &Viewer<'_>) -> Vec<f32> {
        flat(&self.fold_in(viewer).1, self.films.rank())
    }

    /// [The factors](Ials::viewer_factors) of all users of a matrix of the same films, on all threads of the pool.
    pub(super) fn user_factors(&self, matrix: &RatingsMatrix) -> FactorRows {
        let mut users = FactorRows::zeros(matrix.users(), self.films.rank());
        solve_rows(&mut users, |row, workspace, into| {
            let (columns, half_stars) = matrix.by_user().row(row);
            training::solve_row(&self.parameters, (&self.films, &self.gram), columns, half_stars, workspace, into);
        });
        users
    }

    /// The score of a film as a sum over the viewer's films (Hu et al. 2008, equation 7): each contributes
    /// (film's factors)' (inverse of the viewer's matrix) (own film's factors) (own film's weight).
    fn contributions(&self, viewer: &Viewer<'_>, column: u32) -> Vec<Weighted> {
        if column as usize >= self.films.len() {
            return Vec::new();
        }
        let (workspace, _) = self.fold_in(viewer);
        let mut through_matrix = self.films.row(column as usize).to_vec();
        workspace.equations.solve(&mut through_matrix);
        let parts = viewer.columns.iter().zip(&workspace.linear).map(|(&own, &weight)| Weighted {
            column: own,
            weight: weight * dot(&through_matrix, self.films.row(own as usize)),
        });
        parts.collect()
    }
}

/// The first `rank` numbers of lanes.
fn flat(lanes: &[Lane], rank: usize) -> Vec<f32> {
    lanes.iter().flat_map(|lane| lane.0).take(rank).collect()
}

impl Model for Ials {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let (_, factors) = self.fold_in(viewer);
        inner_products(&self.films, &factors, scores);
        for (column, score) in scores.iter_mut().enumerate() {
            if viewer.columns.is_empty() || self.lengths.is_zero(column) {
                *score = f32::NEG_INFINITY;
            }
        }
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let mut added = self.contributions(viewer, column);
        added.retain(|film| film.weight > 0.0);
        shares(added, limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.lengths.most_similar(&self.films, column, k)
    }

    fn parts(&self) -> Parts {
        Ials::parts_of(self.film_factors())
    }
}
