//! The dot products of the most popular films over the most active users, on dense bytes with AVX-512 VNNI, which
//! multiplies and adds 64 pairs of bytes an instruction. Pairs left out here are summed one by one; both are integers,
//! so that where the line is drawn changes no result.

use super::renumbered::Renumbered;

/// Films are computed in squares of this many.
const PANEL: usize = 64;
/// Users are unpacked into bytes so many at a time.
const CHUNK: usize = 1024;
/// The most films: their sums then take 34 MB, and the bytes of a chunk of users 4 MB.
const MOST_FILMS: usize = 4096;
/// How many dense products take the time of one scattered addition.
const PRODUCTS_AN_ADDITION: f64 = 150.0;
/// Of how many users one is looked at to choose the width of a chunk.
const SAMPLING: usize = 16;

/// Sums of products of the pairs of films that are both below the width of a user's chunk.
#[derive(Default)]
pub(super) struct DenseHead {
    /// How many films are dense in each chunk of users; never more than in the chunk before.
    widths: Vec<usize>,
    /// For each panel of rows the sums with all columns up to the end of the same panel.
    sums: Vec<i32>,
}

impl DenseHead {
    /// Sums all that is worth it on this machine; nothing where plain sums of dense bytes would be slower than scattered
    /// ones.
    pub fn new(ratings: &Renumbered<u8>) -> DenseHead {
        #[cfg(target_arch = "x86_64")]
        if has_vnni() {
            return DenseHead::with_widths(ratings, worthwhile_widths(ratings));
        }
        DenseHead::default()
    }

    /// Sums the films below `widths` (multiples of [`PANEL`], descending, none past the films) of each chunk of users.
    pub(super) fn with_widths(ratings: &Renumbered<u8>, widths: Vec<usize>) -> DenseHead {
        let panels = widths.first().map_or(0, |width| width / PANEL);
        let mut head = DenseHead { widths, sums: vec![0; start_of_panel(panels)] };
        let mut bytes = Vec::new();
        for (chunk, &width) in head.widths.iter().enumerate() {
            unpack(ratings, chunk, width, &mut bytes);
            accumulate(&bytes, width / PANEL, &mut head.sums);
        }
        head
    }

    /// How many ranks are dense for a seat.
    pub fn width(&self, seat: usize) -> usize {
        self.widths.get(seat / CHUNK).copied().unwrap_or(0)
    }

    /// The sums of a film with those of lower rank; empty past the head.
    pub fn row(&self, rank: usize) -> &[i32] {
        if rank >= self.widths.first().copied().unwrap_or(0) {
            return &[];
        }
        let panel = rank / PANEL;
        let start = start_of_panel(panel) + rank % PANEL * (panel + 1) * PANEL;
        &self.sums[start..start + rank]
    }
}

/// Where the sums of a panel of rows begin: panel p has `PANEL` rows of `(p + 1) * PANEL` columns.
fn start_of_panel(panel: usize) -> usize {
    PANEL * PANEL * panel * (panel + 1) / 2
}

/// For each chunk of users the width at which dense and scattered sums together should take least time.
fn worthwhile_widths(ratings: &Renumbered<u8>) -> Vec<usize> {
    let films = ratings.films().min(MOST_FILMS) / PANEL * PANEL;
    let mut widths = Vec::new();
    let mut widest = films;
    for chunk in 0..ratings.seats().div_ceil(CHUNK) {
        let seats = chunk * CHUNK..ratings.seats().min((chunk + 1) * CHUNK);
        let cost = |width: usize| {
            let scattered: usize = seats
                .clone()
                .step_by(SAMPLING)
                .map(|seat| {
                    let ranks = ratings.seat(seat).0;
                    let inside = ranks.partition_point(|&rank| (rank as usize) < width);
                    ranks.len() * ranks.len() - inside * inside
                })
                .sum();
            (scattered * SAMPLING) as f64 * PRODUCTS_AN_ADDITION + (width * width * CHUNK) as f64
        };
        let costs = (0..=widest).step_by(PANEL).map(|width| (cost(width), width));
        widest = costs.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, width)| width);
        if widest == 0 {
            break;
        }
        widths.push(widest);
    }
    widths
}

/// Spreads the ratings of a chunk of users over bytes: for each panel of films and each four users, the four bytes of
/// a film side by side.
fn unpack(ratings: &Renumbered<u8>, chunk: usize, width: usize, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.resize(width * CHUNK, 0);
    for seat in chunk * CHUNK..ratings.seats().min((chunk + 1) * CHUNK) {
        let (ranks, half_stars) = ratings.seat(seat);
        let user = seat % CHUNK;
        for (&rank, &half_stars) in ranks.iter().zip(half_stars) {
            let rank = rank as usize;
            if rank >= width {
                break;
            }
            bytes[rank / PANEL * PANEL * CHUNK + user / 4 * 4 * PANEL + rank % PANEL * 4 + user % 4] = half_stars;
        }
    }
}

/// Adds the products of a chunk of users, for all pairs of the first `panels` panels of films.
fn accumulate(bytes: &[u8], panels: usize, sums: &mut [i32]) {
    use rayon::prelude::*;
    let mut rest = &mut sums[..start_of_panel(panels)];
    let mut rows = Vec::with_capacity(panels);
    for panel in 0..panels {
        let (of_panel, after) = rest.split_at_mut(start_of_panel(panel + 1) - start_of_panel(panel));
        rows.push((panel, of_panel));
        rest = after;
    }
    let of = |panel: usize| &bytes[panel * PANEL * CHUNK..(panel + 1) * PANEL * CHUNK];
    // The longest rows first, so that no thread is left alone with one at the end.
    rows.into_par_iter().rev().with_max_len(1).for_each(|(panel, sums)| {
        let stride = (panel + 1) * PANEL;
        for other in 0..=panel {
            accumulate_square(of(panel), of(other), &mut sums[other * PANEL..], stride);
        }
    });
}

/// Adds to `sums[row * stride + column]`, for rows of the one panel and columns of the other, the products of the bytes
/// of a chunk of users.
fn accumulate_square(rows: &[u8], columns: &[u8], sums: &mut [i32], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    if has_vnni() {
        // SAFETY: the instructions were detected.
        unsafe { vnni::accumulate_square(rows, columns, sums, stride) };
        return;
    }
    for (rows, columns) in rows.chunks_exact(4 * PANEL).zip(columns.chunks_exact(4 * PANEL)) {
        for (row, of_row) in rows.chunks_exact(4).enumerate() {
            for (column, of_column) in columns.chunks_exact(4).enumerate() {
                let products = of_row.iter().zip(of_column).map(|(&a, &b)| i32::from(a) * i32::from(b));
                sums[row * stride + column] += products.sum::<i32>();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn has_vnni() -> bool {
    std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vnni")
}

#[cfg(target_arch = "x86_64")]
mod vnni {
    use std::arch::x86_64::*;

    use super::{CHUNK, PANEL};

    /// As [`super::accumulate_square`].
    #[target_feature(enable = "avx512f,avx512vnni")]
    pub(super) fn accumulate_square(rows: &[u8], columns: &[u8], sums: &mut [i32], stride: usize) {
        const ROWS: usize = 4;
        const LANES: usize = 16;
        const VECTORS: usize = PANEL / LANES;
        const FOUR_USERS: usize = 4 * PANEL;
        assert!(rows.len() == PANEL * CHUNK && columns.len() == PANEL * CHUNK);
        assert!(stride >= PANEL && sums.len() >= (PANEL - 1) * stride + PANEL);
        for first in (0..PANEL).step_by(ROWS) {
            let mut accumulators = [[_mm512_setzero_si512(); VECTORS]; ROWS];
            for users in (0..PANEL * CHUNK).step_by(FOUR_USERS) {
                let mut right = [_mm512_setzero_si512(); VECTORS];
                for (vector, right) in right.iter_mut().enumerate() {
                    // SAFETY: `users` is at most `PANEL * CHUNK - FOUR_USERS`, of which `VECTORS` vectors of 64 bytes
                    // take all the four users' bytes.
                    *right = unsafe { _mm512_loadu_si512(columns.as_ptr().add(users + vector * 64).cast()) };
                }
                for (row, accumulators) in accumulators.iter_mut().enumerate() {
                    // SAFETY: `first + row` is below `PANEL`, so that its four bytes are among those of the four users.
                    let four = unsafe { rows.as_ptr().add(users + (first + row) * 4).cast::<i32>().read_unaligned() };
                    let left = _mm512_set1_epi32(four);
                    for (accumulator, &right) in accumulators.iter_mut().zip(&right) {
                        *accumulator = _mm512_dpbusd_epi32(*accumulator, left, right);
                    }
                }
            }
            for (row, accumulators) in accumulators.iter().enumerate() {
                for (vector, &accumulator) in accumulators.iter().enumerate() {
                    let place = &mut sums[(first + row) * stride + vector * LANES..][..LANES];
                    // SAFETY: the slice is of the 16 integers that are read and written.
                    unsafe {
                        let before = _mm512_loadu_si512(place.as_ptr().cast());
                        _mm512_storeu_si512(place.as_mut_ptr().cast(), _mm512_add_epi32(before, accumulator));
                    }
                }
            }
        }
    }
}
