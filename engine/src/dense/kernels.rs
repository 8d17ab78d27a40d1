//! The inner loops, each written once over the registers of a [`Set`] and compiled for AVX-512, for AVX2 with fused
//! multiply-add, and for any machine.

use super::rows::{LANE, Lane, sum_of};
#[cfg(target_arch = "x86_64")]
use super::wide::{Avx2, Avx512};
use super::wide::{Portable, Set, Wide, prefetch};

/// How many rows before its turn a row is asked for: rows lie all over a table that no cache holds.
const ROWS_AHEAD: usize = 16;

/// Makes a function that runs `$body` as compiled for the best instruction set there is.
macro_rules! for_each_instruction_set {
    ($(#[$doc:meta])* $name:ident = $body:ident($($argument:ident: $type:ty),* $(,)?) $(-> $output:ty)?) => {
        $(#[$doc])*
        pub(super) fn $name($($argument: $type),*) $(-> $output)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($argument: $type),*) $(-> $output)? {
                    $body(Avx512::detected(), $($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $type),*) $(-> $output)? {
                    $body(Avx2::detected(), $($argument),*)
                }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the instruction set was just detected.
                    return unsafe { avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the instruction sets were just detected.
                    return unsafe { avx2($($argument),*) };
                }
            }
            $body(Portable, $($argument),*)
        }
    };
}

for_each_instruction_set! {
    /// Adds to a symmetric matrix the outer product of each of the rows in `panel` with itself.
    ///
    /// Rows have `lanes` lanes; the matrix has as many rows as `lanes` lanes hold. Only lanes on and right of the
    /// diagonal are touched.
    add_outer_products = outer_products(panel: &[Lane], lanes: usize, matrix: &mut [Lane])
}

for_each_instruction_set! {
    /// Factors the symmetric matrix A, of which the lanes on and right of the diagonal are given, into U'U and puts U
    /// in its place. Says whether every pivot was above `least`; if not, what is left is of no use.
    factor = cholesky(matrix: &mut [Lane], lanes: usize, least: f32) -> bool
}

for_each_instruction_set! {
    /// Solves U'z = b in place of b.
    solve_transposed = forward(factor: &[Lane], lanes: usize, right_side: &mut [Lane])
}

for_each_instruction_set! {
    /// Solves Ux = z in place of z.
    solve_upper = backward(factor: &[Lane], lanes: usize, right_side: &mut [Lane])
}

for_each_instruction_set! {
    /// Copies rows of `lanes` lanes to the panel, each times its root, and adds each times its linear weight to a sum.
    gather = gathered(
        rows: &[Lane],
        lanes: usize,
        places: &[u32],
        roots: &[f32],
        linear: &[f32],
        panel: &mut [Lane],
        sum: &mut [Lane],
    )
}

for_each_instruction_set! {
    /// The inner product of a vector with each row.
    products = inner_products(rows: &[Lane], vector: &[Lane], products: &mut [f32])
}

#[inline(always)]
fn outer_products<S: Set>(set: S, panel: &[Lane], lanes: usize, matrix: &mut [Lane]) {
    for_each_tile(set, panel, lanes, 0, matrix, |sum, product| sum.add(product));
}

/// Sums the outer products of the panel's rows, without their first `first` lanes, and joins the sums to the matrix,
/// which lacks these rows.
#[inline(always)]
fn for_each_tile<S: Set>(
    set: S,
    panel: &[Lane],
    lanes: usize,
    first: usize,
    matrix: &mut [Lane],
    join: impl Fn(S::Wide, S::Wide) -> S::Wide + Copy,
) {
    for (block, rows) in matrix.chunks_exact_mut(LANE * lanes).enumerate() {
        for right in first + block..lanes {
            match S::HELD {
                2 => tiles::<S, 2>(set, panel, lanes, first + block, right, rows, join),
                4 => tiles::<S, 4>(set, panel, lanes, first + block, right, rows, join),
                _ => tiles::<S, LANE>(set, panel, lanes, first + block, right, rows, join),
            }
        }
    }
}

/// The part of the outer products of lane `left` with lane `right`, in tiles of as many rows as registers hold.
#[inline(always)]
fn tiles<S: Set, const HELD: usize>(
    set: S,
    panel: &[Lane],
    lanes: usize,
    left: usize,
    right: usize,
    rows: &mut [Lane],
    join: impl Fn(S::Wide, S::Wide) -> S::Wide + Copy,
) {
    for (part, rows) in rows.chunks_exact_mut(HELD * lanes).enumerate() {
        let mut sums = [set.splat(0.0); HELD];
        for row in panel.chunks_exact(lanes) {
            let lane = set.load(&row[right]);
            let factors = &row[left].0[part * HELD..][..HELD];
            for at in 0..HELD {
                sums[at] = sums[at].add_product(set.splat(factors[at]), lane);
            }
        }
        for (row, sum) in rows.chunks_exact_mut(lanes).zip(sums) {
            join(set.load(&row[right]), sum).store(&mut row[right]);
        }
    }
}

#[inline(always)]
fn cholesky<S: Set>(set: S, matrix: &mut [Lane], lanes: usize, least: f32) -> bool {
    for block in 0..lanes {
        let (rows, below) = matrix[block * LANE * lanes..].split_at_mut(LANE * lanes);
        let mut inverses = [0.0; LANE];
        for at in 0..LANE {
            let row = &mut rows[at * lanes + block];
            let pivot = row.0[at];
            if !(pivot > least && pivot.is_finite()) {
                return false;
            }
            inverses[at] = 1.0 / pivot.sqrt();
            let pivot_row = set.load(row).multiply(set.splat(inverses[at]));
            pivot_row.store(row);
            for under in at + 1..LANE {
                let factor = set.splat(rows[at * lanes + block].0[under]);
                let row = &mut rows[under * lanes + block];
                set.load(row).take_product(factor, pivot_row).store(row);
            }
        }
        for (at, row) in rows.chunks_exact_mut(lanes).enumerate() {
            let lane = row[block].0;
            row[block].0 = std::array::from_fn(|column| if column < at { 0.0 } else { lane[column] });
        }
        for right in block + 1..lanes {
            for at in 0..LANE {
                let solved = set.load(&rows[at * lanes + right]).multiply(set.splat(inverses[at]));
                solved.store(&mut rows[at * lanes + right]);
                for under in at + 1..LANE {
                    let factor = set.splat(rows[at * lanes + block].0[under]);
                    let row = &mut rows[under * lanes + right];
                    set.load(row).take_product(factor, solved).store(row);
                }
            }
        }
        for_each_tile(set, rows, lanes, block + 1, below, |sum, product| sum.take_product(set.splat(1.0), product));
    }
    true
}

#[inline(always)]
fn forward<S: Set>(set: S, factor: &[Lane], lanes: usize, right_side: &mut [Lane]) {
    for (at, row) in factor.chunks_exact(lanes).enumerate() {
        let (block, place) = (at / LANE, at % LANE);
        let solved = right_side[block].0[place] / row[block].0[place];
        let times = set.splat(solved);
        for (value, lane) in right_side[block..].iter_mut().zip(&row[block..]) {
            set.load(value).take_product(times, set.load(lane)).store(value);
        }
        right_side[block].0[place] = solved;
    }
}

#[inline(always)]
fn backward<S: Set>(set: S, factor: &[Lane], lanes: usize, right_side: &mut [Lane]) {
    for (block, rows) in factor.chunks_exact(LANE * lanes).enumerate().rev() {
        let (unsolved, solved) = right_side.split_at_mut(block + 1);
        let unsolved = &mut unsolved[block].0;
        for (value, row) in unsolved.iter_mut().zip(rows.chunks_exact(lanes)) {
            *value -= inner_product(set, &row[block + 1..], solved);
        }
        for (at, row) in rows.chunks_exact(lanes).enumerate().rev() {
            let row = &row[block].0;
            let known = (at + 1..LANE).map(|right| row[right] * unsolved[right]).sum::<f32>();
            unsolved[at] = (unsolved[at] - known) / row[at];
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "what it reads and what it writes, as they lie")]
fn gathered<S: Set>(
    set: S,
    rows: &[Lane],
    lanes: usize,
    places: &[u32],
    roots: &[f32],
    linear: &[f32],
    panel: &mut [Lane],
    sum: &mut [Lane],
) {
    let weights = roots.iter().zip(linear);
    let row_at = |place: u32| &rows[place as usize * lanes..][..lanes];
    for (at, (panel, (&root, &linear))) in panel.chunks_exact_mut(lanes).zip(weights).enumerate() {
        if let Some(&ahead) = places.get(at + ROWS_AHEAD) {
            row_at(ahead).iter().for_each(prefetch);
        }
        let row = row_at(places[at]);
        for ((lane, panel), sum) in row.iter().zip(panel).zip(sum.iter_mut()) {
            let lane = set.load(lane);
            lane.multiply(set.splat(root)).store(panel);
            set.load(sum).add_product(set.splat(linear), lane).store(sum);
        }
    }
}

#[inline(always)]
fn inner_product<S: Set>(set: S, a: &[Lane], b: &[Lane]) -> f32 {
    let mut sum = set.splat(0.0);
    for (a, b) in a.iter().zip(b) {
        sum = sum.add_product(set.load(a), set.load(b));
    }
    let mut lane = Lane::ZERO;
    sum.store(&mut lane);
    sum_of(&lane.0)
}

#[inline(always)]
fn inner_products<S: Set>(set: S, rows: &[Lane], vector: &[Lane], products: &mut [f32]) {
    for (product, row) in products.iter_mut().zip(rows.chunks_exact(vector.len().max(1))) {
        *product = inner_product(set, row, vector);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANES: usize = 3;

    /// What every kernel makes of the same numbers, in the registers of one instruction set.
    fn all_kernels<S: Set>(set: S) -> Vec<Lane> {
        let lane =
            |at: usize| Lane(std::array::from_fn(|place| ((at * LANE + place) * 7919 % 101) as f32 / 50.0 - 1.0));
        let rows: Vec<Lane> = (0..40 * LANES).map(lane).collect();
        let (roots, linear) = (vec![0.7; 90], vec![-1.5; 90]);
        let places: Vec<u32> = (0..90).map(|at| at * 31 % 40).collect();
        let mut panel = vec![Lane::ZERO; 90 * LANES];
        let mut right_side = vec![Lane::ZERO; LANES];
        gathered(set, &rows, LANES, &places, &roots, &linear, &mut panel, &mut right_side);
        let mut matrix = vec![Lane::ZERO; LANES * LANES * LANE];
        outer_products(set, &panel, LANES, &mut matrix);
        for row in 0..LANES * LANE {
            matrix[row * LANES + row / LANE].0[row % LANE] += 10.0;
        }
        assert!(cholesky(set, &mut matrix, LANES, 1e-3));
        forward(set, &matrix, LANES, &mut right_side);
        backward(set, &matrix, LANES, &mut right_side);
        let mut products = [0.0; LANE];
        inner_products(set, &rows, &right_side, &mut products);
        let on_or_right = |(at, lane): (usize, &Lane)| (at % LANES >= at / LANES / LANE).then_some(*lane);
        panel
            .into_iter()
            .chain(matrix.iter().enumerate().filter_map(on_or_right))
            .chain(right_side)
            .chain([Lane(products)])
            .collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_numbers_but_for_rounding() {
        let portable = all_kernels(Portable);
        let hold_against = |lanes: Vec<Lane>| {
            for (found, expected) in lanes.iter().zip(&portable) {
                for (found, expected) in found.0.iter().zip(expected.0) {
                    assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} for {expected}");
                }
            }
        };
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the instruction sets were just detected.
            hold_against(all_kernels(unsafe { Avx2::detected() }));
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the instruction set was just detected.
            hold_against(all_kernels(unsafe { Avx512::detected() }));
        }
    }
}
