//! Cholesky factors in double precision, for the few matrices that a whole model depends on, and for those that are too
//! near singular for the fast kernels.

/// The upper triangular U of U'U = A, in rows of `n`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cholesky {
    n: usize,
    upper: Vec<f64>,
}

impl Cholesky {
    /// Factors a symmetric `n` by `n` matrix in rows, of which only what is on and right of the diagonal is read.
    ///
    /// A pivot that is not above `rounding` times the largest diagonal element is what rounding left of zero: it becomes
    /// so large that solutions are zero in its place.
    pub(crate) fn of(mut matrix: Vec<f64>, n: usize, rounding: f64) -> Cholesky {
        let largest = (0..n).map(|row| matrix[row * n + row]).fold(0.0, f64::max);
        for row in 0..n {
            let (above, below) = matrix.split_at_mut((row + 1) * n);
            let pivot_row = &mut above[row * n..];
            let pivot = pivot_row[row];
            pivot_row[..row].fill(0.0);
            if !(pivot > largest * rounding && pivot.is_finite()) {
                pivot_row.fill(0.0);
                pivot_row[row] = f64::from(f32::MAX);
                continue;
            }
            pivot_row[row..].iter_mut().for_each(|value| *value /= pivot.sqrt());
            for (under, rest) in below.chunks_exact_mut(n).enumerate() {
                let times = pivot_row[row + 1 + under];
                for column in row + 1 + under..n {
                    rest[column] -= times * pivot_row[column];
                }
            }
        }
        Cholesky { n, upper: matrix }
    }

    /// The rows of U.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.upper.chunks_exact(self.n.max(1))
    }

    /// Replaces b by the x of Ax = b.
    pub(crate) fn solve(&self, right_side: &mut [f64]) {
        self.solve_transposed(right_side);
        self.solve_upper(right_side);
    }

    /// Replaces b by the z of U'z = b.
    pub(crate) fn solve_transposed(&self, right_side: &mut [f64]) {
        for (at, row) in self.rows().enumerate() {
            right_side[at] /= row[at];
            let solved = right_side[at];
            for (value, factor) in right_side[at + 1..].iter_mut().zip(&row[at + 1..]) {
                *value -= solved * factor;
            }
        }
    }

    /// Replaces z by the x of Ux = z: white noise becomes noise of which A is the precision.
    pub(crate) fn solve_upper(&self, right_side: &mut [f64]) {
        for (at, row) in self.upper.chunks_exact(self.n.max(1)).enumerate().rev() {
            let known: f64 =
                row[at + 1..].iter().zip(&right_side[at + 1..]).map(|(factor, value)| factor * value).sum();
            right_side[at] = (right_side[at] - known) / row[at];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_solution_is_the_right_side() {
        let n = 6;
        let element = |row: usize, column: usize| {
            let product: f64 =
                (0..9).map(|at| ((row * 5 + at * 3) % 7) as f64 * ((column * 5 + at * 3) % 7) as f64).sum();
            product + if row == column { 2.0 } else { 0.0 }
        };
        let cholesky = Cholesky::of((0..n * n).map(|at| element(at / n, at % n)).collect(), n, 1e-12);
        let right_side = vec![1.0, -2.0, 0.5, 0.0, 3.0, 1.0];
        let mut solution = right_side.clone();
        cholesky.solve(&mut solution);
        for (row, expected) in right_side.iter().enumerate() {
            let product: f64 = (0..n).map(|at| element(row, at) * solution[at]).sum();
            assert!((product - expected).abs() < 1e-9, "{product} for {expected}");
        }
    }

    #[test]
    fn what_a_singular_matrix_leaves_open_is_zero() {
        let cholesky = Cholesky::of(vec![1.0, 2.0, 2.0, 4.0], 2, 1e-12);
        let mut solution = vec![3.0, 6.0];
        cholesky.solve(&mut solution);
        assert!((solution[0] - 3.0).abs() < 1e-9 && solution[1].abs() < 1e-9, "{solution:?}");
    }
}
