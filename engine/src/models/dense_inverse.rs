//! The inverse of a symmetric positive definite matrix, in place and on all cores, by the sweep operator in blocks.

use matrixmultiply::sgemm;
use rayon::prelude::*;

/// Rows that are swept at once.
const BLOCK: usize = 64;

/// Replaces the lower triangle of an `n` by `n` matrix in rows, positive definite, by that of its inverse; what is above
/// the diagonal is left undefined. `false`, with the matrix spoilt, if it is not positive definite in single precision.
///
/// Sweeping a block of rows p turns `[[App, Apq], [Aqp, Aqq]]` into `[[-D, D Apq], [Aqp D, Aqq - Aqp D Apq]]`, D being the
/// inverse of App; it keeps the matrix symmetric, so that only one triangle is computed, and once all blocks are swept
/// the negative of the inverse is left (Goodnight, "A tutorial on the SWEEP operator", 1979).
pub(crate) fn invert(matrix: &mut [f32], n: usize) -> bool {
    assert_eq!(matrix.len(), n * n);
    for first in (0..n).step_by(BLOCK) {
        let width = BLOCK.min(n - first);
        if !sweep(matrix, n, first, width) {
            return false;
        }
    }
    matrix.par_iter_mut().for_each(|element| *element = -*element);
    true
}

fn sweep(matrix: &mut [f32], n: usize, first: usize, width: usize) -> bool {
    let end = first + width;
    // The columns of the block as rows: `width` rows of n, from left of the diagonal as they lie, below it turned.
    let mut block = vec![0f32; width * n];
    for (row, block) in block.chunks_exact_mut(n).enumerate() {
        block[..end].copy_from_slice(&matrix[(first + row) * n..][..end]);
        for (below, element) in block[end..].iter_mut().enumerate() {
            *element = matrix[(end + below) * n + first + row];
        }
    }
    for row in 0..width {
        for column in row + 1..width {
            block[row * n + first + column] = block[column * n + first + row];
        }
    }
    let Some(inverse) = small_inverse(&block, n, first, width) else { return false };
    // D Apq.
    let mut scaled = vec![0f32; width * n];
    // SAFETY: `inverse` is `width` squared, `block` and `scaled` are `width` by n.
    unsafe {
        sgemm(
            width,
            width,
            n,
            1.0,
            inverse.as_ptr(),
            width as isize,
            1,
            block.as_ptr(),
            n as isize,
            1,
            0.0,
            scaled.as_mut_ptr(),
            n as isize,
            1,
        );
    }
    let (block, scaled) = (&block, &scaled);
    matrix.par_chunks_mut(BLOCK * n).enumerate().for_each(|(panel, rows)| {
        let start = panel * BLOCK;
        let count = rows.len() / n;
        if start == first {
            for row in 0..count {
                rows[row * n..][..end].copy_from_slice(&scaled[row * n..][..end]);
                for column in 0..width {
                    rows[row * n + first + column] = -inverse[row * width + column];
                }
            }
            return;
        }
        // Aqq - Aqp D Apq for all columns up to the end of the panel, then Aqp D over the columns of the block, if they
        // are in this triangle.
        let columns = start + count;
        subtract_product(&block[start..], n, (count, width, columns), scaled, rows);
        if start > first {
            for row in 0..count {
                for column in 0..width {
                    rows[row * n + first + column] = scaled[column * n + start + row];
                }
            }
        }
    });
    true
}

/// `rows -= turned^T right`: `turned` is `depth` rows of n of which the first `count` columns count, `right` `depth` rows
/// of n of which the first `columns` count.
fn subtract_product(
    turned: &[f32],
    n: usize,
    (count, depth, columns): (usize, usize, usize),
    right: &[f32],
    rows: &mut [f32],
) {
    assert!(turned.len() >= (depth - 1) * n + count && right.len() >= (depth - 1) * n + columns);
    assert!(rows.len() >= (count - 1) * n + columns);
    // SAFETY: the largest index of each operand was checked above.
    unsafe {
        sgemm(
            count,
            depth,
            columns,
            -1.0,
            turned.as_ptr(),
            1,
            n as isize,
            right.as_ptr(),
            n as isize,
            1,
            1.0,
            rows.as_mut_ptr(),
            n as isize,
            1,
        );
    }
}

/// The inverse of the square of the block, by sweeping its rows one by one; `None` unless it is positive definite.
fn small_inverse(block: &[f32], n: usize, first: usize, width: usize) -> Option<Vec<f32>> {
    let mut square: Vec<f64> =
        (0..width * width).map(|at| f64::from(block[at / width * n + first + at % width])).collect();
    for pivot in 0..width {
        let diagonal = square[pivot * width + pivot];
        if !(diagonal > 0.0 && diagonal.is_finite()) {
            return None;
        }
        let pivot_row: Vec<f64> = square[pivot * width..][..width].to_vec();
        for row in (0..width).filter(|&row| row != pivot) {
            let factor = square[row * width + pivot] / diagonal;
            for (element, above) in square[row * width..][..width].iter_mut().zip(&pivot_row) {
                *element -= factor * above;
            }
            square[row * width + pivot] = factor;
        }
        for element in &mut square[pivot * width..][..width] {
            *element /= diagonal;
        }
        square[pivot * width + pivot] = -1.0 / diagonal;
    }
    Some(square.into_iter().map(|element| -element as f32).collect())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn number(rng: &mut ChaCha8Rng) -> f32 {
        (rng.next_u32() >> 8) as f32 / (1 << 24) as f32 - 0.5
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity_whatever_the_blocks() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for n in [1, 2, 63, 64, 65, 200] {
            let factors: Vec<f32> = (0..n * n).map(|_| number(&mut rng)).collect();
            let element = |row: usize, column: usize| -> f32 {
                let dot: f32 = (0..n).map(|at| factors[row * n + at] * factors[column * n + at]).sum();
                if row == column { dot + 1.0 } else { dot }
            };
            let matrix: Vec<f32> = (0..n * n).map(|at| element(at / n, at % n)).collect();
            let mut inverse = matrix.clone();
            assert!(invert(&mut inverse, n));
            for row in 0..n {
                for column in 0..n {
                    let at = |a: usize, b: usize| f64::from(inverse[a.max(b) * n + a.min(b)]);
                    let product: f64 = (0..n).map(|k| f64::from(matrix[row * n + k]) * at(k, column)).sum();
                    let identity = f64::from(u8::from(row == column));
                    assert!((product - identity).abs() < 1e-4, "n {n}, row {row}, column {column}: {product}");
                }
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_refused() {
        assert!(!invert(&mut [1.0, 0.0, 2.0, 1.0], 2));
        assert!(!invert(&mut [0.0], 1));
        assert!(!invert(&mut [f32::NAN], 1));
        assert!(invert(&mut [], 0));
    }
}
