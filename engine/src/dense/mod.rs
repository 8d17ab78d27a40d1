//! Dense linear algebra for factor models: rows of a few dozen to a few hundred factors, sums of their outer products,
//! and the positive definite systems these make. It knows nothing of users and films, and never starts a thread.
//!
//! All of it is plain Rust over lanes of sixteen numbers, compiled once for each instruction set and chosen at run time.
//! Instruction sets may differ in the last bits; on one machine the same numbers in the same order give the same bits.

mod cholesky;
mod kernels;
mod normal_equations;
mod rows;
mod wide;

pub(crate) use cholesky::Cholesky;
pub(crate) use normal_equations::{NormalEquations, Symmetric, inner_products};
pub(crate) use rows::{FactorRows, LANE, Lane, dot};
