//! The Gibbs sampler: priors, users, films and noise are drawn in turn, each given all others.

use rayon::prelude::*;

use super::prior::{Known, Prior, draw_prior};
use super::{BpmfParameters, Draw};
use crate::dense::{FactorRows, Lane, dot};
use crate::matrix::{RatingsMatrix, SparseRows};
use crate::models::Deviates;
use crate::models::alternating::{Workspace, normal_rows, solve_rows};
use crate::models::biased_factors::{BiasedFactors, at_mut};
use crate::models::biases::stars;

/// Ratings more regular than to 0.03 stars are taken to be that irregular; more would be beyond single precision.
const MOST_PRECISE: f64 = 1000.0;

/// Where the chain is.
pub(super) struct Sampler<'a> {
    matrix: &'a RatingsMatrix,
    mean: f64,
    users: Side,
    films: Side,
    noise_precision: f64,
    seed: u64,
    iteration: u64,
}

struct Side {
    rows: BiasedFactors,
    known: Known,
    prior: Prior,
}

impl<'a> Sampler<'a> {
    /// Starts near zero. Of each user and film a row of other numbers is known.
    pub(super) fn start(
        matrix: &'a RatingsMatrix,
        parameters: &BpmfParameters,
        known_of_users: FactorRows,
        known_of_films: FactorRows,
    ) -> Sampler<'a> {
        let (rank, seed) = (parameters.rank(), parameters.seed);
        let side = |known: FactorRows, seed: u64| Side {
            rows: BiasedFactors::new(normal_rows(known.len(), rank, 0.1, seed)),
            prior: Prior::standard(rank, known.rank()),
            known: Known::new(known, parameters.link_regularisation),
        };
        Sampler {
            matrix,
            mean: matrix.mean_half_stars() / 2.0,
            users: side(known_of_users, seed),
            films: side(known_of_films, seed.wrapping_add(1)),
            noise_precision: 1.0,
            seed,
            iteration: 0,
        }
    }

    /// One round. Returned is what predicts ratings as the chain stood in it.
    pub(super) fn step(&mut self) -> Draw {
        self.iteration += 1;
        let mut deviates = Deviates::new(self.seed, self.stream(0));
        self.users.prior = draw_prior(self.users.rows.own(), &self.users.known, &self.users.prior, &mut deviates);
        let draw = Draw {
            films: self.films.rows.clone(),
            prior: self.users.prior.clone(),
            noise_precision: self.noise_precision,
        };
        self.users.rows = self.drawn(self.matrix.by_user(), &self.films.rows, &self.users, self.stream(1));
        self.films.prior = draw_prior(self.films.rows.own(), &self.films.known, &self.films.prior, &mut deviates);
        self.films.rows = self.drawn(self.matrix.by_film(), &self.users.rows, &self.films, self.stream(2));
        let (shape, rate) = (1.0 + self.matrix.ratings() as f64 / 2.0, 1.0 + self.squared_error() / 2.0);
        self.noise_precision = (deviates.gamma(shape) / rate).min(MOST_PRECISE);
        draw
    }

    /// A stream of chance for each purpose of an iteration, with room for one for each row.
    fn stream(&self, purpose: u64) -> u64 {
        (self.iteration * 3 + purpose) << 32
    }

    /// Draws all rows of a side from their distributions given the other side.
    fn drawn(&self, ratings: &SparseRows, others: &BiasedFactors, side: &Side, stream: u64) -> BiasedFactors {
        let mut rows = FactorRows::zeros(side.rows.len(), side.rows.rank());
        solve_rows(&mut rows, |row, workspace, into| {
            let known = side.known.rows.values(row);
            solve_given(
                &side.prior,
                known,
                (self.mean, self.noise_precision),
                others,
                ratings.row(row),
                workspace,
                into,
            );
            let mut deviates = Deviates::new(self.seed, stream + row as u64);
            let mut noise = vec![Lane::ZERO; into.len()];
            (0..side.rows.rank()).for_each(|place| *at_mut(&mut noise, place) = deviates.normal() as f32);
            workspace.equations.colour(&mut noise);
            for (lane, noise) in into.iter_mut().zip(&noise) {
                lane.0.iter_mut().zip(noise.0).for_each(|(value, noise)| *value += noise);
            }
        });
        BiasedFactors::new(rows)
    }

    fn squared_error(&self) -> f64 {
        let of_user = |row: usize| {
            let (columns, half_stars) = self.matrix.by_user().row(row);
            let user = self.users.rows.own().row(row);
            let error = |(&column, &half_stars): (&u32, &u8)| {
                let film = column as usize;
                let product = dot(user, self.films.rows.with_one().row(film));
                stars(half_stars) - self.mean - f64::from(self.films.rows.bias(film)) - f64::from(product)
            };
            columns.iter().zip(half_stars).map(|rating| error(rating).powi(2)).sum::<f64>()
        };
        (0..self.matrix.users()).into_par_iter().map(of_user).collect::<Vec<f64>>().iter().sum()
    }
}

/// The mean of a row's distribution given the other side (Salakhutdinov and Mnih 2008, equations 12 and 13), its
/// precision being left factored in the workspace.
pub(super) fn solve_given(
    prior: &Prior,
    known: impl Iterator<Item = f32>,
    (mean, noise_precision): (f64, f64),
    others: &BiasedFactors,
    (columns, half_stars): (&[u32], &[u8]),
    workspace: &mut Workspace,
    into: &mut [Lane],
) {
    others.sum_up(mean, noise_precision as f32, columns, half_stars, workspace);
    workspace.equations.factorise(Some((prior.precision_lanes(), 1.0)), |_| 0.0);
    into.copy_from_slice(workspace.equations.right_side());
    for (place, value) in prior.times_precision(&prior.mean_given(known)).into_iter().enumerate() {
        *at_mut(into, place) += value as f32;
    }
    workspace.equations.solve(into);
}
