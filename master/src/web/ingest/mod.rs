//! `/ingest`: ratings that come in from elsewhere over HTTP, and what an operator makes of those that do not count.
//! Translates, and decides nothing but who may.

mod context;
mod dead;
mod door;
mod refusal;
mod sending;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

pub use context::Context;
pub use door::Peer;

/// The routes.
pub fn router(context: Arc<Context>) -> Router {
    Router::new()
        .route("/ingest", post(sending::take))
        .route("/ingest/{batch_id}", get(sending::progress))
        .route("/ingest/dead", get(dead::list).delete(dead::drop_many))
        .route("/ingest/dead/replay", post(dead::replay_many))
        .route("/ingest/dead/{id}", delete(dead::drop_one))
        .route("/ingest/dead/{id}/replay", post(dead::replay_one))
        .with_state(context)
}
