//! From what a browser asks to what the farm computes, and back to what the browser gets. No sockets, no database.

pub mod answer;
pub mod ask;
pub mod brought;
mod chosen;
pub mod resolve;
#[cfg(test)]
mod sample;
pub mod spec;
pub mod steps;
