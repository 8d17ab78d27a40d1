//! Why a request was not served, with what to do: one shape for all of `/ingest`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cineswarm_ratings::intake::Refused;
use serde_json::json;

use crate::store;

/// When who was refused for want of room may come again.
const COME_AGAIN_MS: u64 = 5_000;

/// Why something was not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) retry_after_ms: Option<u64>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Refusal {
        Refusal { status, code, message: message.into(), hint: hint.into(), retry_after_ms: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
        let hint = "Send one rating or a list as application/json, or a rating a line as application/x-ndjson.";
        Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
    }

    pub(super) fn busy(message: &str) -> Refusal {
        let hint = "Wait a moment, then send it again; what names its delivery by an id is counted once.";
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "queue_full", message, hint);
        Refusal { retry_after_ms: Some(COME_AGAIN_MS), ..refusal }
    }

    pub(super) fn storage(error: &store::Error) -> Refusal {
        tracing::warn!(%error, "ratings from elsewhere were not served");
        Refusal { code: "storage", ..Refusal::busy("The database did not answer; the ratings may be there or not.") }
    }
}

impl From<Refused<store::Error>> for Refusal {
    fn from(refused: Refused<store::Error>) -> Refusal {
        match refused {
            Refused::Full => Refusal::busy("Too many ratings wait to be looked at."),
            Refused::Storage(error) => Refusal::storage(&error),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal { status, code, message, hint, retry_after_ms } = self;
        let mut error = json!({ "code": code, "message": message, "hint": hint });
        if let Some(retry_after_ms) = retry_after_ms {
            error["retry_after_ms"] = json!(retry_after_ms);
        }
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if let Some(retry_after_ms) = retry_after_ms {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_ms.div_ceil(1_000)));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
