//! The farm's side of the master: the coordinator that owns its state, and the gRPC service that workers call.

pub mod coordinator;
pub mod doorbell;
mod encrypted;
pub mod grpc;
pub mod live;
pub mod raw_ratings;
