//! Item-item similarities over all films.

use std::fs;
use std::time::Instant;

use cineswarm_engine::RatingsMatrix;
use cineswarm_engine::models::item_similarity::cosine_neighbours;

use crate::{Outcome, word};

/// Answers `K FILE`: time to find the K films with the largest cosine for each film, on all threads of the pool. The
/// file gets for each film, by ascending id, K pairs of a 32-bit column and a single-precision similarity, best first,
/// with zeroes where there are fewer.
pub(crate) fn answer(matrix: &RatingsMatrix, words: &[&str]) -> Outcome<String> {
    let (k, file): (usize, String) = (word(words, 0, "k")?, word(words, 1, "file")?);
    let started = Instant::now();
    let lists = cosine_neighbours(matrix, k);
    let taken = started.elapsed().as_nanos();
    let mut bytes = Vec::with_capacity(lists.len() * k * 8);
    for list in &lists {
        for weighted in list {
            bytes.extend(weighted.column.to_le_bytes());
            bytes.extend(weighted.weight.to_le_bytes());
        }
        bytes.resize(bytes.len() + (k - list.len()) * 8, 0);
    }
    fs::write(file, bytes)?;
    Ok(taken.to_string())
}
