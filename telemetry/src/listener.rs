//! What operators ask a process by HTTP, on a port of its own: `/metrics`, and how it is. Nothing else, nobody's data,
//! and nothing that changes anything; who may ask is for the network to say.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
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
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::metrics;

/// Connections at a time; past it one waits in the listener's queue.
const CONNECTIONS: usize = 32;
/// A whole connection, with all that is asked on it.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);
/// After an accept that failed, as when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a process is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether it runs.
    Live,
    /// Whether it can do its work.
    Ready,
}

/// What it answers: whether it is so, and more about it as JSON.
pub struct Answer {
    /// Whether it is so.
    pub yes: bool,
    /// What is to be said beside.
    pub json: Vec<u8>,
}

/// Who answers.
pub trait Respondent: Send + Sync + 'static {
    /// How it is.
    fn answer(&self, question: Question) -> Answer;
    /// Sets the metrics that are looked up rather than counted.
    fn refresh_metrics(&self) {}
}

/// A port at which nobody is answered yet.
pub struct Port(TcpListener);

impl Port {
    /// Takes it. Needs a tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn take(address: SocketAddr) -> io::Result<Port> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Port(TcpListener::from_std(listener)?))
    }

    /// The same port once more, for who answers there when this one is closed.
    ///
    /// # Errors
    /// If there are no more file descriptors.
    pub fn again(&self) -> io::Result<Port> {
        let listener = std::net::TcpListener::from(self.0.as_fd().try_clone_to_owned()?);
        Ok(Port(TcpListener::from_std(listener)?))
    }

    /// Answers in the background until `stop` is cancelled.
    pub fn answer(self, respondent: impl Respondent, stop: CancellationToken) {
        if let Ok(address) = self.0.local_addr() {
            tracing::info!(%address, "operators are answered at /metrics and /health");
        }
        tokio::spawn(stop.run_until_cancelled_owned(accept(self.0, Arc::new(respondent))));
    }
}

async fn accept(listener: TcpListener, respondent: Arc<impl Respondent>) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(slot) = slots.clone().acquire_owned().await {
        let connection = match listener.accept().await {
            Ok((connection, _)) => connection,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection that asks how this process is");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let respondent = respondent.clone();
        tokio::spawn(async move {
            let _slot = slot;
            let answering = service_fn(|request: Request<Incoming>| {
                let response = respond(request.method(), request.uri().path(), &*respondent);
                async { Ok::<_, Infallible>(response) }
            });
            let serving =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(connection), answering);
            let _ = tokio::time::timeout(CONNECTION_DEADLINE, serving).await;
        });
    }
}

fn respond(method: &Method, path: &str, respondent: &impl Respondent) -> Response<Full<Bytes>> {
    let question = match path {
        "/metrics" => None,
        "/health/live" => Some(Question::Live),
        "/health/ready" | "/health" => Some(Question::Ready),
        _ => return response(StatusCode::NOT_FOUND, "text/plain", Bytes::new()),
    };
    if !matches!(*method, Method::GET | Method::HEAD) {
        return response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", Bytes::new());
    }
    let Some(question) = question else {
        respondent.refresh_metrics();
        return response(StatusCode::OK, metrics::CONTENT_TYPE, metrics::render().into());
    };
    let Answer { yes, json } = respondent.answer(question);
    let status = if yes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    response(status, "application/json", json.into())
}

fn response(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    struct Starting;

    impl Respondent for Starting {
        fn answer(&self, question: Question) -> Answer {
            Answer { yes: question == Question::Live, json: b"{}".to_vec() }
        }

        fn refresh_metrics(&self) {
            metrics::list::SHARDS.set([], 16.0);
        }
    }

    fn status(method: &Method, path: &str) -> StatusCode {
        respond(method, path, &Starting).status()
    }

    #[test]
    fn a_process_that_starts_runs_and_is_not_ready() {
        assert_eq!(status(&Method::GET, "/health/live"), StatusCode::OK);
        assert_eq!(status(&Method::GET, "/health/ready"), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(&Method::HEAD, "/health"), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn nothing_else_is_there_and_nothing_is_taken() {
        assert_eq!(status(&Method::GET, "/"), StatusCode::NOT_FOUND);
        assert_eq!(status(&Method::POST, "/"), StatusCode::NOT_FOUND);
        assert_eq!(status(&Method::POST, "/metrics"), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(status(&Method::DELETE, "/health"), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn metrics_are_looked_up_when_they_are_asked_for() {
        let response = respond(&Method::GET, "/metrics", &Starting);
        assert_eq!(response.headers()[CONTENT_TYPE], metrics::CONTENT_TYPE);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains("\ncineswarm_shards 16\n"), "{text}");
        assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
    }
}
