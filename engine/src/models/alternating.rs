//! The half-step that alternating least squares consists of: each row of one side is solved while the other side stands
//! still. How rows are shared between threads changes nothing about the result.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::dense::{FactorRows, LANE, Lane, NormalEquations, Symmetric};
use crate::models::Deviates;

/// Rows handed to a thread at a time: so few that the most popular films, which tend to be neighbours, do not all fall
/// to the same thread.
const ROWS_AT_ONCE: usize = 4;

/// Rows summed up before the sums are added, a fixed number, so that the order of additions is fixed too.
const GRAM_ROWS: usize = 4096;

/// What a thread needs to solve a row.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) equations: NormalEquations,
    /// Square roots of the weights of a row's ratings.
    pub(super) roots: Vec<f32>,
    /// What each rating adds to the right side, in units of the other side's row.
    pub(super) linear: Vec<f32>,
}

impl Workspace {
    pub(super) fn new(rank: usize) -> Workspace {
        Workspace { equations: NormalEquations::new(rank), roots: Vec::new(), linear: Vec::new() }
    }
}

/// Calls `solve` with each row's number, a workspace and the row to overwrite, on all threads of the pool.
pub(super) fn solve_rows(solved: &mut FactorRows, solve: impl Fn(usize, &mut Workspace, &mut [Lane]) + Sync) {
    let (rank, lanes) = (solved.rank(), solved.lanes_a_row());
    if lanes == 0 {
        return;
    }
    let workspaces: Vec<Mutex<Workspace>> =
        (0..rayon::current_num_threads()).map(|_| Mutex::new(Workspace::new(rank))).collect();
    let pieces = solved.lanes_mut().par_chunks_mut(lanes * ROWS_AT_ONCE).enumerate().with_max_len(1);
    pieces.for_each(|(piece, rows)| {
        let thread = rayon::current_thread_index().unwrap_or(0) % workspaces.len();
        // A workspace is cleared before each use, so one that a panic left behind is as good as any.
        let mut workspace = workspaces[thread].lock().unwrap_or_else(PoisonError::into_inner);
        for (at, row) in rows.chunks_exact_mut(lanes).enumerate() {
            solve(piece * ROWS_AT_ONCE + at, &mut workspace, row);
        }
    });
}

/// The sum of the rows' outer products with themselves.
pub(super) fn gram(rows: &FactorRows) -> Symmetric {
    let pieces: Vec<Symmetric> = rows
        .lanes()
        .par_chunks(rows.lanes_a_row().max(1) * GRAM_ROWS)
        .map(|rows_of_piece| {
            let mut sum = Symmetric::zeros(rows.rank());
            sum.add_outer_products(rows_of_piece);
            sum
        })
        .collect();
    let mut sum = Symmetric::zeros(rows.rank());
    pieces.iter().for_each(|piece| sum.add(piece));
    sum
}

/// Rows of normal deviates, each row from a stream of its own.
pub(super) fn normal_rows(rows: usize, rank: usize, deviation: f64, seed: u64) -> FactorRows {
    let mut drawn = FactorRows::zeros(rows, rank);
    for row in 0..rows {
        let mut deviates = Deviates::new(seed, row as u64);
        let values: Vec<f32> = (0..rank).map(|_| (deviates.normal() * deviation) as f32).collect();
        drawn.set(row, &values);
    }
    drawn
}

/// The lanes of an empty row.
pub(super) fn empty_row(rank: usize) -> Vec<Lane> {
    vec![Lane::ZERO; rank.div_ceil(LANE)]
}
