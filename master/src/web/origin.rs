//! Which pages may open a socket here: those of this host, and those that are named. Otherwise any page that a viewer looks
//! at could have their browser speak with a farm that only they can reach.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where Socket.IO's own requests go.
const SOCKETS: &str = "/socket.io";

/// An origin that may open sockets beside this host's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// Whatever the page.
    Any,
    /// Scheme, host, and the port unless it is the scheme's own.
    Page(String),
}

impl FromStr for AllowedOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<AllowedOrigin, String> {
        if text == "*" {
            return Ok(AllowedOrigin::Any);
        }
        let form = || "it must be *, or look like https://films.example or http://localhost:5173".to_owned();
        let url = url::Url::parse(text).map_err(|_| form())?;
        match url.origin() {
            url::Origin::Tuple(..) if url.path() == "/" && url.query().is_none() => {
                Ok(AllowedOrigin::Page(url.origin().ascii_serialization()))
            }
            _ => Err(form()),
        }
    }
}

/// Refuses a socket to the page of a stranger; every other request goes on.
pub async fn check(State(allowed): State<Arc<[AllowedOrigin]>>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(SOCKETS) && !may_open(&allowed, request.headers()) {
        let origin = request.headers().get(header::ORIGIN);
        tracing::warn!(?origin, "refused a socket to the page of another host; --allowed-origins names those that may");
        let reason = "pages of this origin may not connect here; the operator can allow it with --allowed-origins\n";
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    next.run(request).await
}

fn may_open(allowed: &[AllowedOrigin], headers: &HeaderMap) -> bool {
    // A browser always says it where it matters: programs may say what they like anyhow.
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Some(origin) = origin.to_str().ok().and_then(|origin| url::Url::parse(origin).ok()) else {
        return allowed.contains(&AllowedOrigin::Any);
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // Before a proxy that ends TLS the scheme is another, so only host and port are compared.
    let own = host.and_then(|host| url::Url::parse(&format!("{}://{host}", origin.scheme())).ok());
    let at = |url: &url::Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
    own.is_some_and(|own| own.host_str().is_some() && at(&own) == at(&origin))
        || allowed.iter().any(|one| match one {
            AllowedOrigin::Any => true,
            AllowedOrigin::Page(page) => *page == origin.origin().ascii_serialization(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(origin: Option<&str>, host: &str, allowed: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        let allowed: Vec<_> = allowed.iter().map(|origin| origin.parse().unwrap()).collect();
        may_open(&allowed, &headers)
    }

    #[test]
    fn only_pages_of_this_host_and_those_named_open_a_socket() {
        assert!(opens(None, "films.example", &[]), "a program sends no origin");
        assert!(opens(Some("http://films.example:8888"), "films.example:8888", &[]));
        assert!(opens(Some("https://FILMS.example"), "films.example", &[]), "a proxy ends TLS");
        assert!(!opens(Some("http://films.example:1"), "films.example:8888", &[]));
        assert!(!opens(Some("https://evil.example"), "films.example", &[]));
        assert!(!opens(Some("https://films.example.evil.example"), "films.example", &[]));
        assert!(!opens(Some("null"), "films.example", &["https://other.example"]), "a page from a file");
        assert!(!opens(Some("null"), "null", &[]));
        assert!(opens(Some("https://other.example"), "films.example", &["https://other.example/"]));
        assert!(opens(Some("https://evil.example"), "films.example", &["*"]));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for bad in ["", "films.example", "https://films.example/page", "data:text/html,x"] {
            assert!(bad.parse::<AllowedOrigin>().is_err(), "{bad}");
        }
    }
}
