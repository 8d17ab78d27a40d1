//! `POST /ingest` and how far it is: bodies are read as they are written to disk, so that a sender who is faster waits.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cineswarm_mqtt::{quoted, timestamp_ms};
use cineswarm_ratings::gate::Authority;
use cineswarm_ratings::intake::Receipt;
use cineswarm_ratings::splitting::{Chunk, Splitter, split_json};
use cineswarm_ratings::store::Via;
use futures::StreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::context::Context;
use super::dead;
use super::refusal::Refusal;

/// One rating or a list, which is held in memory; a hundred thousand ratings of a usual length.
const LARGEST_JSON: usize = 8 << 20;
/// Lines, which are not; five million ratings.
const LARGEST_LINES: u64 = 512 << 20;
/// Dead ratings of a batch that are shown.
const SHOWN_DEAD: u32 = 20;

/// Takes ratings in.
pub(super) async fn take(State(context): State<Arc<Context>>, request: Request) -> Result<Response, Refusal> {
    let authority = context.door.let_in(&request)?;
    let is_lines = is_lines(request.headers())?;
    let Ok(_permit) = context.bodies.try_acquire() else {
        return Err(Refusal::busy("As many are sending ratings as can be read at a time."));
    };
    let receipt = match is_lines {
        true => take_lines(&context, authority, request.into_body()).await?,
        false => take_json(&context, authority, request.into_body()).await?,
    };
    let Receipt { batch_id, lines } = receipt;
    let mut response = (StatusCode::ACCEPTED, Json(json!({ "id": batch_id, "lines": lines }))).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("/ingest/{batch_id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Whether the body has a rating a line. A page of somebody else's cannot send either kind unasked.
fn is_lines(headers: &HeaderMap) -> Result<bool, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Ok(false),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines" => Ok(true),
        other => Err(Refusal {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "unsupported_type",
            ..Refusal::bad_request(format!("Content-Type is {:?}, which is no kind of ratings.", quoted(other)))
        }),
    }
}

fn too_large(bytes: u64) -> Refusal {
    let hint =
        "Send a rating a line as application/x-ndjson, which is read as it comes, in several requests if need be.";
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("The body has more than {bytes} bytes."), hint)
}

fn broken(error: &axum::Error) -> Refusal {
    Refusal::bad_request(format!("The body ended early, and nothing of it was taken: {error}."))
}

fn empty() -> Refusal {
    Refusal::bad_request("There is no rating in it.")
}

async fn take_lines(context: &Context, authority: Authority, body: Body) -> Result<Receipt, Refusal> {
    let mut batch = context.intake.begin(Via::Http, authority, timestamp_ms());
    let (mut splitter, mut full, mut bytes, mut last) = (Splitter::default(), Vec::new(), 0, None);
    let mut data = body.into_data_stream();
    while let Some(piece) = data.next().await {
        let piece = piece.map_err(|error| broken(&error))?;
        bytes += piece.len() as u64;
        if bytes > LARGEST_LINES {
            return Err(too_large(LARGEST_LINES));
        }
        splitter.push(&piece, &mut full);
        // One is kept back, so that a body of one chunk is written at once.
        for chunk in full.drain(..) {
            if let Some(earlier) = last.replace(chunk) {
                batch.push(earlier).await?;
            }
        }
    }
    let rest: Vec<Chunk> = last.into_iter().chain(splitter.finish()).collect();
    if rest.is_empty() {
        return Err(empty());
    }
    Ok(batch.end(rest).await?)
}

async fn take_json(context: &Context, authority: Authority, body: Body) -> Result<Receipt, Refusal> {
    let mut whole = Vec::new();
    let mut data = body.into_data_stream();
    while let Some(piece) = data.next().await {
        whole.extend_from_slice(&piece.map_err(|error| broken(&error))?);
        if whole.len() > LARGEST_JSON {
            return Err(too_large(LARGEST_JSON as u64));
        }
    }
    // A long list takes milliseconds, which are not the async threads'.
    let split = tokio::task::spawn_blocking(move || split_json(&whole)).await.map_err(|error| {
        tracing::error!(%error, "a body of ratings was not split");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "A part of the master is broken.", "See its log.")
    })?;
    let mut chunks = split.map_err(|not| Refusal::bad_request(format!("It cannot be read: {}.", not.words)))?;
    let Some(last) = chunks.pop() else { return Err(empty()) };
    let mut batch = context.intake.begin(Via::Http, authority, timestamp_ms());
    for chunk in chunks {
        batch.push(chunk).await?;
    }
    Ok(batch.end(vec![last]).await?)
}

/// How far a batch is.
pub(super) async fn progress(
    State(context): State<Arc<Context>>,
    Path(batch_id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    context.door.let_in(&request)?;
    let unknown = || {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "unknown_batch",
            format!("There is no batch {:?}.", quoted(&batch_id)),
            "Ask for the id that POST /ingest gave; the last 100,000 are known.",
        )
    };
    let id = Uuid::try_parse(&batch_id).map_err(|_| unknown())?;
    let batch = context.store.ingested(id, SHOWN_DEAD).await.map_err(|error| Refusal::storage(&error))?;
    let batch = batch.ok_or_else(unknown)?;
    let lines = batch.lines.ok_or_else(unknown)?;
    let tally = batch.tally;
    let waiting = lines - tally.lines();
    let dead: Vec<Value> = batch.dead.iter().map(dead::shown).collect();
    Ok(Json(json!({
        "id": id,
        "via": batch.via,
        "taken_at": batch.taken_at,
        "state": if waiting > 0 { "waiting" } else { "done" },
        "lines": lines,
        "waiting": waiting,
        "clean": tally.clean,
        "repeated": tally.repeated,
        "superseded": tally.superseded,
        "dead": tally.dead,
        "dead_ratings": dead,
    })))
}
