//! What is believed of all rows of a side before their ratings are looked at, drawn anew in each iteration: a mean and
//! a precision with a normal-Wishart hyperprior, and a link that moves the mean by what is known of the row otherwise.

use rayon::prelude::*;

use crate::dense::{Cholesky, FactorRows, Symmetric};
use crate::models::Deviates;

/// Rounding that may be left of a zero pivot in double precision.
const ROUNDING: f64 = 1e-14;

/// Rows summed up by one thread at a time, a fixed number, so that the order of additions is fixed too.
const ROWS_AT_ONCE: usize = 1024;

/// Weight of the hyperprior's mean, zero, in rows (beta_0 in the paper).
const HYPERPRIOR_ROWS: f64 = 2.0;

/// A normal distribution of rows of `rank` numbers, given a row of `known` numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    pub(super) mean: Vec<f64>,
    /// `rank` rows of `rank`.
    pub(super) precision: Vec<f64>,
    /// `known` rows of `rank`: what each known number moves the mean by.
    pub(super) link: Vec<f64>,
    precision_lanes: Symmetric,
}

impl Prior {
    pub(super) fn new(mean: Vec<f64>, precision: Vec<f64>, link: Vec<f64>) -> Prior {
        let precision_lanes = Symmetric::from_rows(&precision, mean.len());
        Prior { mean, precision, link, precision_lanes }
    }

    /// Zero, give or take one.
    pub(super) fn standard(rank: usize, known: usize) -> Prior {
        let precision = (0..rank * rank).map(|at| f64::from(u8::from(at / rank == at % rank))).collect();
        Prior::new(vec![0.0; rank], precision, vec![0.0; known * rank])
    }

    /// The precision as the equations add it.
    pub(super) fn precision_lanes(&self) -> &Symmetric {
        &self.precision_lanes
    }

    /// The mean for a row of which these numbers are known.
    pub(super) fn mean_given(&self, known: impl Iterator<Item = f32>) -> Vec<f64> {
        let mut mean = self.mean.clone();
        for (known, moved) in known.zip(self.link.chunks_exact(mean.len())) {
            for (mean, moved) in mean.iter_mut().zip(moved) {
                *mean += f64::from(known) * moved;
            }
        }
        mean
    }

    /// The precision times a row.
    pub(super) fn times_precision(&self, row: &[f64]) -> Vec<f64> {
        let product = |precision: &[f64]| precision.iter().zip(row).map(|(a, b)| a * b).sum();
        self.precision.chunks_exact(row.len()).map(product).collect()
    }
}

/// What is known of each row besides ratings, and what drawing a link from it takes.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) rows: FactorRows,
    regularisation: f64,
    /// Of the rows' Gram matrix plus the regularisation.
    factored: Cholesky,
}

impl Known {
    pub(super) fn new(rows: FactorRows, regularisation: f64) -> Known {
        let n = rows.rank();
        let mut gram = sums_of(rows.len(), n * n, |row, sums| {
            let values: Vec<f64> = rows.values(row).map(f64::from).collect();
            for (sums, a) in sums.chunks_exact_mut(n).zip(&values) {
                sums.iter_mut().zip(&values).for_each(|(sum, b)| *sum += a * b);
            }
        });
        (0..n).for_each(|at| gram[at * n + at] += regularisation);
        Known { factored: Cholesky::of(gram, n, ROUNDING), rows, regularisation }
    }
}

/// Draws the prior of rows given the rows: Salakhutdinov and Mnih, "Bayesian Probabilistic Matrix Factorization using
/// Markov Chain Monte Carlo" (2008), equation 14, and for the link Simm et al., "Macau: Scalable Bayesian Multi-relational
/// Factorization with Side Information" (2015).
pub(super) fn draw_prior(rows: &FactorRows, known: &Known, before: &Prior, deviates: &mut Deviates) -> Prior {
    let (n, rank, knowns) = (rows.len() as f64, rows.rank(), known.rows.rank());
    // What the link leaves unexplained.
    let rest_of = |row: usize| {
        let moved = before.mean_given(known.rows.values(row));
        let values = rows.values(row).map(f64::from).zip(moved).zip(&before.mean);
        values.map(|((value, moved), mean)| value - (moved - mean)).collect::<Vec<f64>>()
    };
    let mut centre = sums_of(rows.len(), rank, |row, sums| {
        sums.iter_mut().zip(rest_of(row)).for_each(|(sum, value)| *sum += value);
    });
    centre.iter_mut().for_each(|sum| *sum /= n.max(1.0));
    let mut scatter = sums_of(rows.len(), rank * rank, |row, sums| {
        let off: Vec<f64> = rest_of(row).iter().zip(&centre).map(|(value, centre)| value - centre).collect();
        for (sums, a) in sums.chunks_exact_mut(rank).zip(&off) {
            sums.iter_mut().zip(&off).for_each(|(sum, b)| *sum += a * b);
        }
    });
    let weight = HYPERPRIOR_ROWS * n / (HYPERPRIOR_ROWS + n);
    for row in 0..rank {
        for column in 0..rank {
            let of_link: f64 = before.link.chunks_exact(rank).map(|moved| moved[row] * moved[column]).sum();
            scatter[row * rank + column] += weight * centre[row] * centre[column] + known.regularisation * of_link;
        }
        scatter[row * rank + row] += 1.0;
    }
    let degrees = (rank + knowns) as f64 + n;
    let precision = draw_wishart(scatter, rank, degrees, deviates);
    let coloured = Cholesky::of(precision.clone(), rank, ROUNDING);
    let mut mean: Vec<f64> = (0..rank).map(|_| deviates.normal()).collect();
    coloured.solve_upper(&mut mean);
    for (mean, centre) in mean.iter_mut().zip(&centre) {
        *mean = *mean / (HYPERPRIOR_ROWS + n).sqrt() + centre * n / (HYPERPRIOR_ROWS + n);
    }
    let link = draw_link(rows, known, &mean, &coloured, deviates);
    Prior::new(mean, precision, link)
}

/// Draws from the Wishart distribution whose scale matrix is the inverse of `scatter` (Bartlett's decomposition).
fn draw_wishart(scatter: Vec<f64>, rank: usize, degrees: f64, deviates: &mut Deviates) -> Vec<f64> {
    // With scatter = U'U its inverse is U^-1 U^-1', and U^-1 times a Bartlett matrix is the root of the draw.
    let factored = Cholesky::of(scatter, rank, ROUNDING);
    let mut roots = Vec::with_capacity(rank * rank);
    for column in 0..rank {
        let mut root = vec![0.0; rank];
        for (row, value) in root.iter_mut().enumerate() {
            *value = match row.cmp(&column) {
                std::cmp::Ordering::Less => deviates.normal(),
                std::cmp::Ordering::Equal => (2.0 * deviates.gamma((degrees - (rank - 1 - row) as f64) / 2.0)).sqrt(),
                std::cmp::Ordering::Greater => 0.0,
            };
        }
        factored.solve_upper(&mut root);
        roots.push(root);
    }
    let element = |at: usize| roots.iter().map(|root| root[at / rank] * root[at % rank]).sum();
    (0..rank * rank).map(element).collect()
}

/// Draws the link given rows, mean and precision: normal about the ridge solution, with the inverse of the known rows'
/// Gram matrix as covariance of its rows and the inverse precision as that of its columns.
fn draw_link(
    rows: &FactorRows,
    known: &Known,
    mean: &[f64],
    precision: &Cholesky,
    deviates: &mut Deviates,
) -> Vec<f64> {
    let (rank, knowns) = (rows.rank(), known.rows.rank());
    // By column of the link, each of which is one right side.
    let mut link = sums_of(rows.len(), rank * knowns, |row, sums| {
        let values = rows.values(row).zip(mean).map(|(value, mean)| f64::from(value) - mean);
        for (sums, value) in sums.chunks_exact_mut(knowns).zip(values) {
            sums.iter_mut().zip(known.rows.values(row)).for_each(|(sum, known)| *sum += f64::from(known) * value);
        }
    });
    let mut noise = vec![0.0; rank * knowns];
    for of_known in 0..knowns {
        let mut row: Vec<f64> = (0..rank).map(|_| deviates.normal()).collect();
        precision.solve_upper(&mut row);
        row.iter().enumerate().for_each(|(column, value)| noise[column * knowns + of_known] = *value);
    }
    for (link, noise) in link.chunks_exact_mut(knowns).zip(noise.chunks_exact_mut(knowns)) {
        known.factored.solve(link);
        known.factored.solve_upper(noise);
        link.iter_mut().zip(noise).for_each(|(link, noise)| *link += *noise);
    }
    (0..knowns * rank).map(|at| link[at % rank * knowns + at / rank]).collect()
}

/// Sums over all rows, in an order that does not depend on threads.
fn sums_of(rows: usize, width: usize, add: impl Fn(usize, &mut [f64]) + Sync) -> Vec<f64> {
    let pieces: Vec<Vec<f64>> = (0..rows.div_ceil(ROWS_AT_ONCE))
        .into_par_iter()
        .map(|piece| {
            let mut sums = vec![0.0; width];
            (piece * ROWS_AT_ONCE..((piece + 1) * ROWS_AT_ONCE).min(rows)).for_each(|row| add(row, &mut sums));
            sums
        })
        .collect();
    pieces.iter().fold(vec![0.0; width], |mut sums, piece| {
        sums.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
        sums
    })
}
