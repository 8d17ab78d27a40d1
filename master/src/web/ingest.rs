//! `/ingest`: ratings that come in from elsewhere over HTTP. Translates, and decides nothing but who may; bodies are read as
//! they are written to disk, so that a sender who is faster waits.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cineswarm_credentials::Secret;
use cineswarm_mqtt::{quoted, timestamp_ms};
use cineswarm_ratings::gate::Authority;
use cineswarm_ratings::intake::{Intake, Receipt, Refused};
use cineswarm_ratings::splitting::{Chunk, Splitter, split_json};
use cineswarm_ratings::store::Via;
use futures::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Semaphore;
use url::Host;
use uuid::Uuid;

use crate::store::{self, Store};

/// One rating or a list, which is held in memory; a hundred thousand ratings of a usual length.
const LARGEST_JSON: usize = 8 << 20;
/// Lines, which are not; five million ratings.
const LARGEST_LINES: u64 = 512 << 20;
/// Bodies that are read at a time.
const BODIES: usize = 64;
/// When who was refused for want of room may come again.
const COME_AGAIN_MS: u64 = 5_000;
/// Dead ratings of a batch that are shown.
const SHOWN_DEAD: u32 = 20;

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// What the handlers need.
pub struct Context {
    intake: Intake<Store>,
    store: Store,
    token: Option<Token>,
    bodies: Semaphore,
}

impl Context {
    /// Without a token only this machine may send ratings, and nobody for users of the dataset.
    pub fn new(intake: Intake<Store>, store: Store, token: Option<&Secret>) -> Context {
        Context { intake, store, token: token.map(Token::new), bodies: Semaphore::new(BODIES) }
    }

    fn let_in(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Result<Authority, Refusal> {
        let Some(token) = &self.token else {
            if is_local(headers, peer) {
                return Ok(Authority::default());
            }
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                "Without a token ratings are taken from this machine alone.",
                "Start the master with --ingest-token-file, and send the token as \"Authorization: Bearer TOKEN\".",
            ));
        };
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown =
            shown.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        match shown {
            Some((_, shown)) if token.is(shown.trim()) => Ok(Authority { is_operator: true, has_looked: false }),
            _ => Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "Who sends ratings shows the token of this farm.",
                "Send it as \"Authorization: Bearer TOKEN\"; it is what the master was given by --ingest-token-file.",
            )),
        }
    }
}

/// The routes.
pub fn router(context: Arc<Context>) -> Router {
    Router::new().route("/ingest", post(take)).route("/ingest/{batch_id}", get(progress)).with_state(context)
}

/// A token, compared in a time that tells nothing of it.
struct Token {
    keyed: Hmac<Sha256>,
    wanted: Vec<u8>,
}

impl Token {
    fn new(token: &Secret) -> Token {
        // Two random UUIDs have 244 random bits.
        let key: Vec<u8> = [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|half| *half.as_bytes()).collect();
        // HMAC takes a key of any length.
        let keyed = Hmac::<Sha256>::new_from_slice(&key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        let wanted = keyed.clone().chain_update(token.expose()).finalize().into_bytes().to_vec();
        Token { keyed, wanted }
    }

    fn is(&self, shown: &str) -> bool {
        self.keyed.clone().chain_update(shown).verify_slice(&self.wanted).is_ok()
    }
}

/// Whether a request comes from this machine, by a program or a page of it: a proxy's, and a stranger's page that found
/// this address, come from here as well.
fn is_local(headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
    let is_forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    let names_this_machine = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        match url::Url::parse(&url).ok().as_ref().and_then(url::Url::host) {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    };
    peer.is_some_and(|peer| peer.to_canonical().is_loopback())
        && !is_forwarded
        && headers.get(header::HOST).is_some_and(names_this_machine)
        && headers.get(header::ORIGIN).is_none_or(names_this_machine)
}

/// Why something was not taken.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
    retry_after_ms: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into(), hint: hint.into(), retry_after_ms: None }
    }

    fn bad_request(message: impl Into<String>) -> Refusal {
        let hint = "Send one rating or a list as application/json, or a rating a line as application/x-ndjson.";
        Refusal::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
    }

    fn busy(message: &str) -> Refusal {
        let hint = "Wait a moment, then send it again; what names its delivery by an id is counted once.";
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "queue_full", message, hint);
        Refusal { retry_after_ms: Some(COME_AGAIN_MS), ..refusal }
    }

    fn storage(error: &store::Error) -> Refusal {
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

async fn take(State(context): State<Arc<Context>>, request: Request) -> Result<Response, Refusal> {
    let authority = context.let_in(request.headers(), peer_of(&request))?;
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

fn peer_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.0)
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

async fn progress(
    State(context): State<Arc<Context>>,
    Path(batch_id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    context.let_in(request.headers(), peer_of(&request))?;
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
    let dead: Vec<Value> = batch
        .dead
        .iter()
        .map(
            |dead| json!({ "id": dead.id, "line_number": dead.line_number, "line": dead.line, "reasons": dead.faults }),
        )
        .collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn local(peer: &str, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(header::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        is_local(&map, peer.parse().ok())
    }

    #[test]
    fn without_a_token_only_programs_and_pages_of_this_machine_are_let_in() {
        let host = ("host", "localhost:8888");
        assert!(local("127.0.0.1", &[host]));
        assert!(local("::1", &[("host", "[::1]:8888")]));
        assert!(local("::ffff:127.0.0.1", &[("host", "127.0.0.1:8888"), ("origin", "http://localhost:5173")]));
        let strangers: &[(&str, &[(&str, &str)])] = &[
            ("10.0.0.7", &[host]),
            ("nobody", &[host]),
            ("127.0.0.1", &[]),
            ("127.0.0.1", &[host, ("x-forwarded-for", "10.0.0.7")]),
            ("127.0.0.1", &[host, ("forwarded", "for=10.0.0.7")]),
            ("127.0.0.1", &[host, ("origin", "https://evil.example")]),
            ("127.0.0.1", &[host, ("origin", "null")]),
            ("127.0.0.1", &[("host", "evil.example:8888")]),
        ];
        for (peer, headers) in strangers {
            assert!(!local(peer, headers), "{peer} {headers:?}");
        }
    }

    #[test]
    fn a_token_is_the_whole_token() {
        let token = Token::new(&Secret::from("open sesame"));
        assert!(token.is("open sesame"));
        for other in ["", "open", "open sesame ", "OPEN SESAME", "open sesame\0"] {
            assert!(!token.is(other), "{other:?}");
        }
    }
}
