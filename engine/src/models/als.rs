//! ALS for ratings: a rating is the mean, the biases of user and film, and the inner product of their factors.
//!
//! Zhou, Wilkinson, Schreiber and Pan, "Large-Scale Parallel Collaborative Filtering for the Netflix Prize" (2008), with
//! the biases of Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems" (2009), solved
//! together with the factors. A viewer's factors are always solved from the viewer's ratings; nothing is kept of users.

use serde::{Deserialize, Serialize};

use super::alternating::{Workspace, empty_row, normal_rows, solve_rows};
use super::biased_factors::{BiasedFactors, at};
use super::biases::{Scale, finite, rated_films};
use super::similar::FilmLengths;
use super::weighted_lists::{check_finite, shares};
use super::{Array, Error, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};
use crate::dense::{FactorRows, Lane, dot, inner_products};
use crate::matrix::SparseRows;

const NAME: &str = "als";
const MEAN: &str = "mean";
const FILM_FACTORS: &str = "film_factors";

/// How ALS for ratings learns.
///
/// It minimises the sum of squared errors, plus for each user and film of n ratings n^e (l |factors|^2 + b bias^2) with
/// l = `regularisation`, b = `bias_regularisation` and e = `regularisation_exponent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlsParameters {
    /// Factors of a user or film, 1 to 1023.
    pub factors: usize,
    /// Iterations, each of which solves all users and then all films; 1 to 10,000.
    pub iterations: usize,
    /// Weight of the factors' regularisation, 0 or more.
    pub regularisation: f64,
    /// Weight of the biases' regularisation, 0 or more.
    pub bias_regularisation: f64,
    /// How the regularisation grows with the number of ratings: 0 not at all, 1 in proportion.
    pub regularisation_exponent: f64,
    /// Standard deviation that factors start with, times the root of their number.
    pub deviation: f64,
    /// Seed of the factors that training starts from.
    pub seed: u64,
}

impl Default for AlsParameters {
    fn default() -> Self {
        AlsParameters {
            factors: 15,
            iterations: 16,
            regularisation: 0.5,
            bias_regularisation: 0.3,
            regularisation_exponent: 0.7,
            deviation: 0.1,
            seed: 1,
        }
    }
}

impl AlsParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_within(NAME, "factors", self.factors as f64, 1.0..=1023.0, "a whole number from 1 to 1023")?;
        Error::unless_within(NAME, "iterations", self.iterations as f64, 1.0..=1e4, "a whole number from 1 to 10000")?;
        let numbers = [
            ("regularisation", self.regularisation),
            ("bias_regularisation", self.bias_regularisation),
            ("deviation", self.deviation),
        ];
        for (parameter, value) in numbers {
            Error::unless_within(NAME, parameter, value, 0.0..=1e6, "a number from 0 to 1000000")?;
        }
        let exponent = self.regularisation_exponent;
        Error::unless_within(NAME, "regularisation_exponent", exponent, 0.0..=2.0, "a number from 0 to 2")
    }
}

/// The mean rating, and the factors and biases of films.
#[derive(Clone, Debug)]
pub struct Als {
    scale: Scale,
    rated: Vec<bool>,
    mean: f64,
    films: BiasedFactors,
    alike: FactorRows,
    lengths: FilmLengths,
    parameters: AlsParameters,
}

impl Als {
    /// Learns factors, telling `watch` after each iteration.
    ///
    /// # Errors
    /// If a parameter is out of range, there is no rating, or numbers grow beyond all bounds.
    pub fn train(data: &TrainingData, parameters: &AlsParameters, watch: Watch<'_>) -> Result<Als, Error> {
        parameters.check()?;
        let matrix = &data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let (mean, rank) = (matrix.mean_half_stars() / 2.0, parameters.factors + 1);
        let deviation = parameters.deviation / (rank as f64).sqrt();
        let mut films = BiasedFactors::new(normal_rows(matrix.films(), rank, deviation, parameters.seed));
        let mut users = FactorRows::zeros(matrix.users(), rank);
        for iteration in 0..parameters.iterations {
            solve_side(parameters, matrix.by_user(), mean, &films, &mut users);
            let mut solved = FactorRows::zeros(matrix.films(), rank);
            solve_side(parameters, matrix.by_film(), mean, &BiasedFactors::new(users.clone()), &mut solved);
            films = BiasedFactors::new(solved);
            watch(Progress { done: iteration as u64 + 1, total: parameters.iterations as u64 });
        }
        if films.own().lanes().iter().any(|lane| lane.0.iter().any(|factor| !factor.is_finite())) {
            return Err(Error::Diverged { model: NAME });
        }
        Ok(Als::new(data, mean, films, parameters.clone()))
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &AlsParameters) -> Result<Als, Error> {
        parameters.check()?;
        let (films, rank) = (data.matrix.films(), parameters.factors + 1);
        let mean = finite(NAME, MEAN, parts.take_f64(NAME, MEAN, 1)?)?[0];
        let flat = parts.take_f32(NAME, FILM_FACTORS, films.saturating_mul(rank))?;
        check_finite(NAME, FILM_FACTORS, &flat)?;
        let films = BiasedFactors::new(FactorRows::from_flat(&flat, rank));
        Ok(Als::new(data, mean, films, parameters.clone()))
    }

    fn new(data: &TrainingData, mean: f64, films: BiasedFactors, parameters: AlsParameters) -> Als {
        let alike = films.without_biases();
        let lengths = FilmLengths::of(&alike);
        let (scale, rated) = (Scale::of(&data.matrix), rated_films(&data.matrix));
        Als { scale, rated, mean, alike, lengths, films, parameters }
    }

    /// The viewer's factors and bias given the films' (one half-step of the training), with the equations they solve.
    fn fold_in(&self, viewer: &Viewer<'_>) -> (Workspace, Vec<Lane>) {
        let mut workspace = Workspace::new(self.films.rank());
        let mut factors = empty_row(self.films.rank());
        let ratings = (viewer.columns, viewer.half_stars);
        solve_row(&self.parameters, self.mean, &self.films, ratings, &mut workspace, &mut factors);
        (workspace, factors)
    }

    fn predicted(&self, factors: &[Lane], column: u32) -> f32 {
        let column = column as usize;
        if column >= self.films.len() {
            return self.scale.clamp(self.mean + f64::from(at(factors, self.films.rank() - 1)));
        }
        let product = dot(factors, self.films.with_one().row(column));
        self.scale.clamp(self.mean + f64::from(self.films.bias(column)) + f64::from(product))
    }
}

/// Solves every row of one side.
fn solve_side(
    parameters: &AlsParameters,
    rows: &SparseRows,
    mean: f64,
    fixed: &BiasedFactors,
    solved: &mut FactorRows,
) {
    solve_rows(solved, |row, workspace, into| solve_row(parameters, mean, fixed, rows.row(row), workspace, into));
}

/// Solves one row and leaves its matrix factored in the workspace.
fn solve_row(
    parameters: &AlsParameters,
    mean: f64,
    fixed: &BiasedFactors,
    (columns, half_stars): (&[u32], &[u8]),
    workspace: &mut Workspace,
    into: &mut [Lane],
) {
    fixed.sum_up(mean, 1.0, columns, half_stars, workspace);
    let frequency = (columns.len() as f64).powf(parameters.regularisation_exponent);
    let of_factors = (parameters.regularisation * frequency) as f32;
    let of_bias = (parameters.bias_regularisation * frequency) as f32;
    let bias = fixed.rank() - 1;
    workspace.equations.factorise(None, |place| if place == bias { of_bias } else { of_factors });
    into.copy_from_slice(workspace.equations.right_side());
    workspace.equations.solve(into);
}

impl Model for Als {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let (_, factors) = self.fold_in(viewer);
        inner_products(self.films.with_one(), &factors, scores);
        for (column, score) in scores.iter_mut().enumerate() {
            *score = match self.rated[column] {
                true => *score + self.mean as f32 + self.films.bias(column),
                false => f32::NEG_INFINITY,
            };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        Some(self.predicted(&self.fold_in(viewer).1, column))
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let (_, factors) = self.fold_in(viewer);
        columns.iter().map(|&column| Some(self.predicted(&factors, column))).collect()
    }

    /// As Hu et al. 2008, equation 7, for what the rating exceeds the film's mean by.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        // Of films that nobody rated only the viewer's own bias speaks.
        let is_unknown = |film: usize| dot(self.films.own().row(film), self.films.own().row(film)) == 0.0;
        if column as usize >= self.films.len() || is_unknown(column as usize) {
            return Vec::new();
        }
        let (workspace, _) = self.fold_in(viewer);
        let mut through_matrix = self.films.with_one().row(column as usize).to_vec();
        workspace.equations.solve(&mut through_matrix);
        let added = viewer.columns.iter().zip(&workspace.linear).map(|(&own, &weight)| Weighted {
            column: own,
            weight: weight * dot(&through_matrix, self.films.with_one().row(own as usize)),
        });
        shares(added.filter(|film| film.weight > 0.0).collect(), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.lengths.most_similar(&self.alike, column, k)
    }

    fn parts(&self) -> Parts {
        let parts = Parts::default().with(MEAN, Array::F64(vec![self.mean]));
        parts.with(FILM_FACTORS, Array::F32(self.films.own().to_flat()))
    }
}
