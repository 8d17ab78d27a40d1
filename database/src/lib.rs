//! What all rooms with a database share, whatever they keep in it. It knows no table.

#![forbid(unsafe_code)]

mod trouble;

pub use trouble::Trouble;
