//! Who may: whoever shows the token, or where there is none who is on this machine.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use cineswarm_credentials::Secret;
use cineswarm_ratings::gate::Authority;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Host;
use uuid::Uuid;

use super::refusal::Refusal;

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Lets requests in.
pub(super) struct Door {
    token: Option<Token>,
}

impl Door {
    /// Without a token only this machine is let in, and speaks for nobody of the dataset.
    pub(super) fn new(token: Option<&Secret>) -> Door {
        Door { token: token.map(Token::new) }
    }

    /// On whose word the request is.
    pub(super) fn let_in(&self, request: &Request) -> Result<Authority, Refusal> {
        let (headers, peer) = (request.headers(), request.extensions().get::<Peer>().map(|peer| peer.0));
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
                "Who sends ratings, or asks about them, shows the token of this farm.",
                "Send it as \"Authorization: Bearer TOKEN\"; it is what the master was given by --ingest-token-file.",
            )),
        }
    }
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
