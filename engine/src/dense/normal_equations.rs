//! Least squares over rows of factors: the sum of their outer products, and the vector that solves the system.

use super::cholesky::Cholesky;
use super::kernels::{add_outer_products, factor, gather, products, solve_transposed, solve_upper};
use super::rows::{FactorRows, LANE, Lane};

/// Rows gathered before their outer products are summed: as many as fit the first cache beside what they are added to.
pub(crate) const PANEL_ROWS: usize = 64;

/// A symmetric matrix of `rank` rows, of which the lanes on and right of the diagonal are kept up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Symmetric {
    rank: usize,
    lanes: Vec<Lane>,
}

impl Symmetric {
    pub(crate) fn zeros(rank: usize) -> Symmetric {
        let lanes = rank.div_ceil(LANE);
        Symmetric { rank, lanes: vec![Lane::ZERO; lanes * lanes * LANE] }
    }

    /// From `rank` rows of `rank` numbers.
    pub(crate) fn from_rows(rows: &[f64], rank: usize) -> Symmetric {
        let mut matrix = Symmetric::zeros(rank);
        let lanes = matrix.lanes_a_row();
        for (at, &value) in rows.iter().enumerate().take(rank * rank) {
            let (row, column) = (at / rank, at % rank);
            matrix.lanes[row * lanes + column / LANE].0[column % LANE] = value as f32;
        }
        matrix
    }

    fn lanes_a_row(&self) -> usize {
        self.rank.div_ceil(LANE)
    }

    /// Adds the outer product of each row with itself.
    pub(crate) fn add_outer_products(&mut self, rows: &[Lane]) {
        let lanes = self.lanes_a_row();
        for panel in rows.chunks(PANEL_ROWS * lanes.max(1)) {
            add_outer_products(panel, lanes, &mut self.lanes);
        }
    }

    pub(crate) fn add(&mut self, other: &Symmetric) {
        for (sum, lane) in self.lanes.iter_mut().zip(&other.lanes) {
            for (sum, value) in sum.0.iter_mut().zip(lane.0) {
                *sum += value;
            }
        }
    }

    /// The element in a row and a column.
    pub(crate) fn at(&self, row: usize, column: usize) -> f32 {
        let (row, column) = (row.min(column), row.max(column));
        self.lanes[row * self.lanes_a_row() + column / LANE].0[column % LANE]
    }

    fn clear(&mut self) {
        self.lanes.fill(Lane::ZERO);
    }
}

/// The normal equations of one unknown row: (sum of weighted outer products + what is added to it) x = right side.
#[derive(Clone, Debug)]
pub(crate) struct NormalEquations {
    outer_products: Symmetric,
    right_side: Vec<Lane>,
    panel: Vec<Lane>,
    factor: Vec<Lane>,
}

impl NormalEquations {
    /// Empty equations for rows of `rank` factors.
    pub(crate) fn new(rank: usize) -> NormalEquations {
        let outer_products = Symmetric::zeros(rank);
        let lanes = outer_products.lanes_a_row();
        NormalEquations {
            right_side: vec![Lane::ZERO; lanes],
            panel: vec![Lane::ZERO; lanes * PANEL_ROWS],
            factor: outer_products.lanes.clone(),
            outer_products,
        }
    }

    /// Forgets all rows.
    pub(crate) fn clear(&mut self) {
        self.outer_products.clear();
        self.right_side.fill(Lane::ZERO);
    }

    /// Adds, for each place, the outer product of its row times the square of its root, and to the right side the row
    /// times its linear weight. `places` are below the number of rows, `roots` and `linear` parallel to them.
    pub(crate) fn add(&mut self, rows: &FactorRows, places: &[u32], roots: &[f32], linear: &[f32]) {
        let lanes = rows.lanes_a_row();
        for start in (0..places.len()).step_by(PANEL_ROWS) {
            let panel = &mut self.panel[..(places.len() - start).min(PANEL_ROWS) * lanes];
            gather(
                rows.lanes(),
                lanes,
                &places[start..],
                &roots[start..],
                &linear[start..],
                panel,
                &mut self.right_side,
            );
            add_outer_products(panel, lanes, &mut self.outer_products.lanes);
        }
    }

    /// What the rows' linear weights came to.
    pub(crate) fn right_side(&self) -> &[Lane] {
        &self.right_side
    }

    /// Factors the matrix of the rows added so far, plus `times` times `added`, plus the diagonal.
    ///
    /// Where that matrix is singular to working precision, what nothing determines will be zero in the solutions.
    pub(crate) fn factorise(&mut self, added: Option<(&Symmetric, f32)>, diagonal: impl Fn(usize) -> f32) {
        let lanes = self.outer_products.lanes_a_row();
        match added {
            None => self.factor.copy_from_slice(&self.outer_products.lanes),
            Some((added, times)) => {
                let sums = self.outer_products.lanes.iter().zip(&added.lanes);
                for (factor, (sum, added)) in self.factor.iter_mut().zip(sums) {
                    for at in 0..LANE {
                        factor.0[at] = sum.0[at] + times * added.0[at];
                    }
                }
            }
        }
        let mut largest = 0.0f32;
        for row in 0..lanes * LANE {
            let value = &mut self.factor[row * lanes + row / LANE].0[row % LANE];
            *value += if row < self.outer_products.rank { diagonal(row) } else { 0.0 };
            largest = largest.max(*value);
        }
        // The padding's rows are zero; any positive pivot keeps them out of the way.
        for row in self.outer_products.rank..lanes * LANE {
            self.factor[row * lanes + row / LANE].0[row % LANE] = largest.max(f32::MIN_POSITIVE);
        }
        // A pivot below this is mostly what rounding left of larger numbers.
        let least = largest * (lanes * LANE) as f32 * f32::EPSILON;
        if !factor(&mut self.factor, lanes, least) {
            self.factorise_in_double(added, diagonal);
        }
    }

    /// As [`NormalEquations::factorise`], slowly, and passing over pivots that are zero even in double precision.
    fn factorise_in_double(&mut self, added: Option<(&Symmetric, f32)>, diagonal: impl Fn(usize) -> f32) {
        let rank = self.outer_products.rank;
        let lanes = self.outer_products.lanes_a_row();
        let mut matrix = vec![0.0f64; rank * rank];
        for row in 0..rank {
            for column in row..rank {
                let added = added.map_or(0.0, |(added, times)| f64::from(added.at(row, column)) * f64::from(times));
                matrix[row * rank + column] = f64::from(self.outer_products.at(row, column)) + added;
            }
            matrix[row * rank + row] += f64::from(diagonal(row));
        }
        // The sums were rounded to single precision: a pivot no larger than that rounding says nothing.
        let cholesky = Cholesky::of(matrix, rank, f64::from(f32::EPSILON));
        self.factor.fill(Lane::ZERO);
        for (row, values) in cholesky.rows().enumerate() {
            for (column, value) in values.iter().enumerate() {
                self.factor[row * lanes + column / LANE].0[column % LANE] = *value as f32;
            }
        }
        for row in rank..lanes * LANE {
            self.factor[row * lanes + row / LANE].0[row % LANE] = 1.0;
        }
    }

    /// Replaces a right side by the solution for the matrix that was factored last.
    pub(crate) fn solve(&self, right_side: &mut [Lane]) {
        let lanes = self.outer_products.lanes_a_row();
        solve_transposed(&self.factor, lanes, right_side);
        solve_upper(&self.factor, lanes, right_side);
    }

    /// Replaces v by the x of Ux = v, U'U being the matrix that was factored last: white noise becomes noise of which
    /// that matrix is the precision.
    pub(crate) fn colour(&self, noise: &mut [Lane]) {
        solve_upper(&self.factor, self.outer_products.lanes_a_row(), noise);
    }
}

/// The inner product of a vector with each row, as many as `into` has places.
pub(crate) fn inner_products(rows: &FactorRows, vector: &[Lane], into: &mut [f32]) {
    products(rows.lanes(), vector, into);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Deviates;

    /// Solves (sum of root^2 row row' + times G + diagonal) x = sum of linear row by elimination in double precision.
    fn by_elimination(matrix: &mut [Vec<f64>], right_side: &mut [f64]) {
        let rank = right_side.len();
        for at in 0..rank {
            let pivot = (at..rank).max_by(|&a, &b| matrix[a][at].abs().total_cmp(&matrix[b][at].abs())).unwrap();
            matrix.swap(at, pivot);
            right_side.swap(at, pivot);
            let (pivot_row, pivot_value) = (matrix[at].clone(), right_side[at]);
            for below in (0..rank).filter(|&row| row != at) {
                let times = matrix[below][at] / pivot_row[at];
                matrix[below].iter_mut().zip(&pivot_row).for_each(|(value, pivot)| *value -= times * pivot);
                right_side[below] -= times * pivot_value;
            }
        }
        for (at, row) in matrix.iter().enumerate() {
            right_side[at] /= row[at];
        }
    }

    fn random_rows(count: usize, rank: usize, deviates: &mut Deviates) -> FactorRows {
        let flat: Vec<f32> = (0..count * rank).map(|_| deviates.normal() as f32).collect();
        FactorRows::from_flat(&flat, rank)
    }

    #[test]
    fn equations_of_any_rank_and_any_number_of_rows_are_solved_as_by_elimination() {
        let mut deviates = Deviates::new(1, 0);
        for rank in [1, 2, 15, 16, 17, 31, 32, 50, 64, 100] {
            for count in [0, 1, 3, 63, 64, 65, 300] {
                let rows = random_rows(count.max(1), rank, &mut deviates);
                let places: Vec<u32> = (0..count as u32).rev().collect();
                let roots: Vec<f32> = (0..count).map(|at| 0.5 + (at % 5) as f32 / 4.0).collect();
                let linear: Vec<f32> = (0..count).map(|at| (at % 7) as f32 - 3.0).collect();
                let mut gram = Symmetric::zeros(rank);
                gram.add_outer_products(rows.lanes());
                let mut equations = NormalEquations::new(rank);
                equations.add(&rows, &places, &roots, &linear);
                equations.factorise(Some((&gram, 0.25)), |row| 2.0 + row as f32 / 64.0);
                let mut solution = equations.right_side().to_vec();
                equations.solve(&mut solution);

                let mut matrix = vec![vec![0.0; rank]; rank];
                let mut expected = vec![0.0; rank];
                let row_of = |row: usize| rows.values(row).map(f64::from).collect::<Vec<f64>>();
                let mut add = |row: &[f64], weight: f64| {
                    for a in 0..rank {
                        for b in 0..rank {
                            matrix[a][b] += weight * row[a] * row[b];
                        }
                    }
                };
                for (at, &place) in places.iter().enumerate() {
                    let row = row_of(place as usize);
                    add(&row, f64::from(roots[at]).powi(2));
                    for (sum, value) in expected.iter_mut().zip(&row) {
                        *sum += f64::from(linear[at]) * value;
                    }
                }
                for row in 0..rows.len() {
                    add(&row_of(row), 0.25);
                }
                for (at, row) in matrix.iter_mut().enumerate() {
                    row[at] += 2.0 + at as f64 / 64.0;
                }
                by_elimination(&mut matrix, &mut expected);
                let scale = expected.iter().fold(1.0f64, |most, value| most.max(value.abs()));
                for (row, expected) in expected.iter().enumerate() {
                    let found = f64::from(solution[row / LANE].0[row % LANE]);
                    assert!(
                        (found - expected).abs() < 1e-4 * scale,
                        "rank {rank}, {count} rows: {found} for {expected}"
                    );
                }
                assert!(solution.iter().flat_map(|lane| lane.0).skip(rank).all(|value| value == 0.0));
            }
        }
    }

    #[test]
    fn what_nothing_determines_is_zero_and_the_rest_still_solves_the_equations() {
        let rows = FactorRows::from_flat(&[1.0, 2.0, 0.0, 2.0, 4.0, 0.0], 3);
        let mut equations = NormalEquations::new(3);
        equations.add(&rows, &[0, 1], &[1.0, 1.0], &[5.0, 10.0]);
        equations.factorise(None, |_| 0.0);
        let mut solution = equations.right_side().to_vec();
        equations.solve(&mut solution);
        let [a, b, c] = [0, 1, 2].map(|at| solution[0].0[at]);
        assert!((a + 2.0 * b - 5.0).abs() < 1e-5 && c == 0.0, "{a} {b} {c}");

        let mut nothing = NormalEquations::new(3);
        nothing.factorise(None, |_| 0.0);
        let mut solution = nothing.right_side().to_vec();
        nothing.solve(&mut solution);
        assert_eq!(solution, [Lane::ZERO]);
    }

    #[test]
    fn equations_too_near_singular_for_single_precision_are_solved_in_double() {
        let mut deviates = Deviates::new(2, 0);
        let rows = random_rows(20, 40, &mut deviates);
        let places: Vec<u32> = (0..20).collect();
        let mut equations = NormalEquations::new(40);
        equations.add(&rows, &places, &[1.0; 20], &[1.0; 20]);
        equations.factorise(None, |_| 1e-5);
        let mut solution = equations.right_side().to_vec();
        equations.solve(&mut solution);
        // Twenty rows in forty dimensions: an x exists whose product with each is 1.
        let mut found = [0.0; 20];
        inner_products(&rows, &solution, &mut found);
        assert!(found.iter().all(|product| (product - 1.0).abs() < 1e-2), "{found:?}");
    }
}
