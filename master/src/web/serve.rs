//! Serves HTTP on a listener. A request's head and body have deadlines, whoever may not stay is told why, and stopping
//! lets answers under way go out.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cineswarm_telemetry::metrics::list;
use futures::StreamExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::gate::{Entry, Full, Gate, Place};
use super::ingest::Peer;

/// How long the head of a request may take; also how long a connection is kept between two requests.
const HEAD: Duration = Duration::from_secs(10);
/// The same for a connection that may not stay.
const HEAD_ON_SUFFERANCE: Duration = Duration::from_secs(2);
/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(15);
/// The same for one that is read as it comes, each part of which may take as long as another's whole.
const STREAM: Duration = Duration::from_secs(1_800);
/// Where such bodies are sent.
const INGEST: &str = "/ingest";
/// When to look again after a connection could not be taken.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
/// When who was refused may come again, in seconds.
const COME_AGAIN_S: u16 = 5;

/// Serves until `stop` is cancelled, then until the answers under way are out.
pub async fn serve(listener: TcpListener, router: Router, gate: Arc<Gate>, stop: CancellationToken) {
    let connections = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok((stream, address)) => (stream, address.ip()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        // Answers are small and wanted at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let (place, full) = match gate.enter(peer) {
            Entry::Welcome(place) => (place, None),
            Entry::OnSufferance(place, full) => (place, Some(full)),
            Entry::Closed => continue,
        };
        let (router, gate) = (router.clone(), gate.clone());
        let service = hyper::service::service_fn(move |request| {
            let (router, gate) = (router.clone(), gate.clone());
            async move { Ok::<_, Infallible>(answer(request, router, &gate, peer, full).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(if full.is_some() { HEAD_ON_SUFFERANCE } else { HEAD })
            .keep_alive(full.is_none())
            .serve_connection(TokioIo::new(Counted { stream, _place: place }), service)
            .with_upgrades();
        let stop = stop.clone();
        connections.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::trace!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn answer(
    request: Request<Incoming>,
    router: Router,
    gate: &Arc<Gate>,
    peer: IpAddr,
    full: Option<Full>,
) -> Response {
    let is_stream = request.uri().path() == INGEST;
    let mut request = request.map(|body| with_deadline(body, is_stream));
    request.extensions_mut().insert(Peer(peer));
    if is_for_sockets(&request) {
        if let Some(full) = full {
            return refused(full);
        }
        // A socket that has an id already is counted since it came.
        if !has_socket_id(&request) {
            match gate.enter_behind_proxy(peer, request.headers()) {
                Some(Ok(place)) => _ = request.extensions_mut().insert(Arc::new(place)),
                Some(Err(full)) => return refused(full),
                None => {}
            }
        }
    }
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

fn is_for_sockets(request: &Request<Body>) -> bool {
    request.uri().path().starts_with("/socket.io")
}

fn has_socket_id(request: &Request<Body>) -> bool {
    request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("sid=")))
}

/// Ends a body that takes too long with an error, and a long one, which is read as it comes, where a part of it does. A body
/// that is there already, or is none, costs nothing.
fn with_deadline(body: Incoming, is_stream: bool) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let data = Body::new(body).into_data_stream();
    let begun = Instant::now();
    let bounded = futures::stream::unfold(Some(data), move |data| async move {
        let mut data = data?;
        let until = if is_stream { (Instant::now() + BODY).min(begun + STREAM) } else { begun + BODY };
        match tokio::time::timeout_at(until, data.next()).await {
            Ok(chunk) => chunk.map(|chunk| (chunk, Some(data))),
            Err(_) => Some((Err(axum::Error::new("the body of the request took too long")), None)),
        }
    });
    Body::from_stream(bounded)
}

fn refused(full: Full) -> Response {
    list::REFUSALS.increment(["too_many_connections"]);
    let (status, message, hint) = match full {
        Full::Address => (
            StatusCode::TOO_MANY_REQUESTS,
            "Your address has as many connections open as one may have.",
            "Close some, or try again later.",
        ),
        Full::Server => {
            (StatusCode::SERVICE_UNAVAILABLE, "Too many people are connected right now.", "Try again in a moment.")
        }
    };
    let retry_after_ms = u64::from(COME_AGAIN_S) * 1_000;
    let error =
        json!({ "code": "too_many_connections", "message": message, "hint": hint, "retry_after_ms": retry_after_ms });
    let mut response = (status, axum::Json(json!({ "error": error }))).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(COME_AGAIN_S));
    response
}

/// A connection that is counted as long as it is open, also after it has become a WebSocket.
struct Counted {
    stream: TcpStream,
    _place: Place,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
