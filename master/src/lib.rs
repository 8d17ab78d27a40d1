//! The coordinator.
pub mod scheduler;
pub mod store;
