//! The coordinator.
pub mod scheduler;
