//! What the fuzzers do with an input: its first byte says which file of a valid set it takes the place of, the rest is what
//! is in that file. Reading may fail, but must not panic, and what reads well must be usable.

#[path = "../../engine/tests/common/mod.rs"]
mod common;

pub mod dataset;
pub mod evaluation;
pub mod model;
pub mod movielens;
pub mod viewer_files;

/// Splits an input in the file it is for and its contents; `None` if there is no such file.
fn split(input: &[u8], files: usize) -> Option<(usize, &[u8])> {
    let (&file, contents) = input.split_first()?;
    (usize::from(file) < files).then_some((file.into(), contents))
}

/// An input that puts these contents in the place of a file.
fn joined(file: usize, contents: &[u8]) -> Vec<u8> {
    [&[file as u8], contents].concat()
}
