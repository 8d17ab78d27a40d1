//! How this worker is, for whoever asks by HTTP: `/health/live` and `/health/ready`, on a port of its own, and nothing
//! else.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Connections at a time; past it one waits in the listener's queue.
const CONNECTIONS: usize = 32;
/// A whole connection, with all that is asked on it.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);
/// After an accept that failed, as when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a worker says of itself.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Health {
    /// Whether the broker can be reached.
    pub broker_connected: bool,
    /// Whether a master is there that knows this worker.
    pub registered: bool,
    /// Whether it is about to leave.
    pub draining: bool,
    /// Shards it is to hold; `None` before the master has said so.
    pub shards_assigned: Option<usize>,
    /// Shards it holds, ready for tasks.
    pub shards_held: usize,
    /// What the broker's ACL keeps from it, in words.
    pub denied: Vec<String>,
    /// Why the broker refuses its password or certificate, if it has never taken them.
    pub refused: Option<String>,
}

impl Health {
    /// `None` if it is ready for tasks.
    fn why_not_ready(&self) -> Option<&'static str> {
        match self {
            Health { draining: true, .. } => Some("it is draining"),
            Health { broker_connected: false, .. } => Some("there is no connection to the broker"),
            Health { registered: false, .. } => Some("no master has said on the broker that it is there"),
            Health { shards_assigned: None, .. } => Some("the master has not said which shards to hold"),
            Health { shards_assigned: Some(assigned), shards_held, .. } if shards_held < assigned => {
                Some("not all of its shards have come yet")
            }
            Health { denied, .. } if !denied.is_empty() => Some("the broker's ACL keeps from it what it needs"),
            _ => None,
        }
    }
}

/// Answers until `stop` is cancelled; gives the address with the port that was found.
pub fn listen(address: SocketAddr, health: watch::Receiver<Health>, stop: CancellationToken) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    tokio::spawn(stop.run_until_cancelled_owned(accept(listener, health)));
    Ok(address)
}

async fn accept(listener: TcpListener, health: watch::Receiver<Health>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(slot) = slots.clone().acquire_owned().await {
        let connection = match listener.accept().await {
            Ok((connection, _)) => connection,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection that asks for this worker's health");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let health = health.clone();
        tokio::spawn(async move {
            let _slot = slot;
            let answering = service_fn(|request: Request<Incoming>| {
                let answer = answer(request.method(), request.uri().path(), &health.borrow());
                async { Ok::<_, Infallible>(answer) }
            });
            let serving =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), answering);
            let _ = tokio::time::timeout(CONNECTION_DEADLINE, serving).await;
        });
    }
}

fn answer(method: &Method, path: &str, health: &Health) -> Response<Full<Bytes>> {
    let why_not_ready = health.why_not_ready();
    let status = match (method, path) {
        // It would wait for ever; whoever rolls it out is to hear that it does not work.
        (&Method::GET | &Method::HEAD, "/health/live") if health.refused.is_some() => StatusCode::SERVICE_UNAVAILABLE,
        (&Method::GET | &Method::HEAD, "/health/live") => StatusCode::OK,
        (&Method::GET | &Method::HEAD, "/health/ready" | "/health") if why_not_ready.is_none() => StatusCode::OK,
        (&Method::GET | &Method::HEAD, "/health/ready" | "/health") => StatusCode::SERVICE_UNAVAILABLE,
        (_, "/health/live" | "/health/ready" | "/health") => return empty(StatusCode::METHOD_NOT_ALLOWED),
        _ => return empty(StatusCode::NOT_FOUND),
    };
    #[derive(serde::Serialize)]
    struct Body<'health> {
        ready: bool,
        reason: Option<&'static str>,
        #[serde(flatten)]
        health: &'health Health,
    }
    let body = serde_json::to_vec(&Body { ready: why_not_ready.is_none(), reason: why_not_ready, health });
    let mut response = Response::new(Full::from(body.unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    #[test]
    fn a_worker_is_ready_once_it_holds_what_it_was_told_to_hold() {
        let asked = |health: &Health| answer(&Method::GET, "/health/ready", health).status();
        let mut health = Health { broker_connected: true, registered: true, shards_held: 3, ..Health::default() };
        assert_eq!(asked(&health), StatusCode::SERVICE_UNAVAILABLE, "nobody has told it what to hold");
        health.shards_assigned = Some(4);
        assert_eq!(asked(&health), StatusCode::SERVICE_UNAVAILABLE, "one shard has not come");
        health.shards_held = 4;
        assert_eq!(asked(&health), StatusCode::OK);
        health.draining = true;
        assert_eq!(asked(&health), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer(&Method::GET, "/health/live", &health).status(), StatusCode::OK);
        assert_eq!(answer(&Method::POST, "/health/live", &health).status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer(&Method::GET, "/metrics", &health).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_worker_whose_password_was_never_taken_is_not_live() {
        let asked = |health: &Health| answer(&Method::GET, "/health/live", health).status();
        assert_eq!(asked(&Health::default()), StatusCode::OK, "a broker that is away may come");
        let health = Health { refused: Some("no such user".into()), ..Health::default() };
        assert_eq!(asked(&health), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn a_worker_from_whom_its_tasks_are_kept_is_not_ready() {
        let mut health =
            Health { broker_connected: true, registered: true, shards_assigned: Some(0), ..Health::default() };
        assert_eq!(health.why_not_ready(), None);
        health.denied.push("its tasks".into());
        assert!(health.why_not_ready().is_some());
    }
}
