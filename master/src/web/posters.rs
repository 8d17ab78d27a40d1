//! Where films' posters are, if the operator has said so. Browsers are sent there; no image goes through the master.

use std::str::FromStr;

use axum::http::HeaderValue;
use cineswarm_engine::Movie;
use url::{Host, Url};

/// Everything the page needs comes from here; nothing else may run or be loaded in it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const IMDB: &str = "{imdb}";
const TMDB: &str = "{tmdb}";
const MOVIE_ID: &str = "{movie_id}";

/// An address with places for what names a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posters {
    template: String,
    /// Where it is on another host.
    elsewhere: Option<Elsewhere>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Elsewhere {
    origin: String,
    host: String,
}

impl Posters {
    /// Where the poster of a film is; `None` if the film lacks the number that the address needs.
    pub fn of(&self, movie: &Movie) -> Option<String> {
        let mut address = self.template.clone();
        if address.contains(IMDB) {
            address = address.replace(IMDB, &format!("tt{:07}", movie.imdb_id?));
        }
        if address.contains(TMDB) {
            address = address.replace(TMDB, &movie.tmdb_id?.to_string());
        }
        Some(address.replace(MOVIE_ID, &movie.id.to_string()))
    }

    /// The host they are on, with its port where it is not the scheme's own; `None` for the page's own.
    pub fn host(&self) -> Option<&str> {
        self.elsewhere.as_ref().map(|elsewhere| elsewhere.host.as_str())
    }
}

impl FromStr for Posters {
    type Err = String;

    fn from_str(text: &str) -> Result<Posters, String> {
        let filled =
            |with: &str| [IMDB, TMDB, MOVIE_ID].iter().fold(text.to_owned(), |text, at| text.replace(at, with));
        // It becomes a header: and what a browser would read otherwise than it stands here is not meant.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['\\', '#']) {
            return Err("it must be of printable ASCII without spaces, \\ and #".into());
        }
        let sample = filled("1");
        if sample == text {
            return Err(format!("it must name the film by {IMDB} (as in tt0113277), {TMDB} or {MOVIE_ID}"));
        }
        if sample.contains(['{', '}']) {
            return Err(format!("only {IMDB}, {TMDB} and {MOVIE_ID} are filled in"));
        }
        if text.starts_with('/') && !text.starts_with("//") {
            return Ok(Posters { template: text.to_owned(), elsewhere: None });
        }
        let form =
            || format!("it must look like https://images.example/{IMDB}.jpg, or /posters/{IMDB}.jpg on this host");
        let url = Url::parse(&sample).map_err(|_| form())?;
        // In the policy a name with a * or ; would mean more than itself, and an IPv6 address cannot stand there.
        let (is_plain, is_local) = match url.host() {
            Some(Host::Domain(name)) => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                (name.bytes().all(plain), name == "localhost")
            }
            Some(Host::Ipv4(address)) => (true, address.is_loopback()),
            Some(Host::Ipv6(_)) | None => (false, false),
        };
        if !is_plain || !url.username().is_empty() || url.password().is_some() {
            return Err(form());
        }
        match url.scheme() {
            "https" => {}
            "http" if is_local => {}
            "http" => {
                return Err(
                    "it must be https, as what a page shows can be read on the way; http is for localhost".into()
                );
            }
            _ => return Err(form()),
        }
        let origin = url.origin();
        if !Url::parse(&filled("22")).is_ok_and(|other| other.origin() == origin) {
            return Err("the film must not be part of the host's name".into());
        }
        let origin = origin.ascii_serialization();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host).to_owned();
        Ok(Posters { template: text.to_owned(), elsewhere: Some(Elsewhere { origin, host }) })
    }
}

/// What a page from here may load: images, too, from where the posters are.
pub fn content_security_policy(posters: Option<&Posters>) -> HeaderValue {
    let strict = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    match posters.and_then(|posters| posters.elsewhere.as_ref()) {
        None => strict,
        Some(Elsewhere { origin, .. }) => {
            HeaderValue::from_str(&format!("{CONTENT_SECURITY_POLICY}; img-src 'self' {origin}")).unwrap_or(strict)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(imdb_id: Option<u32>, tmdb_id: Option<u32>) -> Movie {
        let title = "Heat".to_owned();
        Movie { id: 6, title, other_titles: Vec::new(), year: Some(1995), genres: Vec::new(), imdb_id, tmdb_id }
    }

    fn address(template: &str, movie: &Movie) -> Option<String> {
        template.parse::<Posters>().unwrap().of(movie)
    }

    fn policy(template: &str) -> String {
        let policy = content_security_policy(Some(&template.parse().unwrap()));
        policy.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_film_is_named_by_each_of_its_numbers_as_their_owners_write_them() {
        let heat = film(Some(113_277), Some(949));
        assert_eq!(address("https://i.example/{imdb}.jpg", &heat).unwrap(), "https://i.example/tt0113277.jpg");
        assert_eq!(address("https://i.example/?t={tmdb}&m={movie_id}", &heat).unwrap(), "https://i.example/?t=949&m=6");
        assert_eq!(address("/posters/{movie_id}/{movie_id}.webp", &heat).unwrap(), "/posters/6/6.webp");
        assert_eq!(address("/{imdb}", &film(Some(12_345_678), None)).unwrap(), "/tt12345678");
    }

    #[test]
    fn a_film_without_the_number_has_no_poster() {
        assert_eq!(address("https://i.example/{imdb}.jpg", &film(None, Some(949))), None);
        assert_eq!(address("https://i.example/{tmdb}/{movie_id}", &film(Some(1), None)), None);
        assert_eq!(address("/{movie_id}", &film(None, None)).unwrap(), "/6");
    }

    #[test]
    fn images_are_let_in_from_where_the_posters_are_and_nowhere_else() {
        let strict = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        assert_eq!(content_security_policy(None), strict);
        assert_eq!(policy("/posters/{imdb}.jpg"), strict);
        for (template, origin) in [
            ("https://i.example/a/{imdb}.jpg", "https://i.example"),
            ("https://I.example:443/{imdb}", "https://i.example"),
            ("https://i.example:8443/{imdb}", "https://i.example:8443"),
            ("http://localhost:9000/{imdb}", "http://localhost:9000"),
            ("http://127.0.0.1:9000/{imdb}", "http://127.0.0.1:9000"),
            ("https://i.example?film={imdb}", "https://i.example"),
        ] {
            assert_eq!(policy(template), format!("{strict}; img-src 'self' {origin}"), "{template}");
        }
    }

    #[test]
    fn the_host_is_said_as_a_person_knows_it() {
        let host = |template: &str| template.parse::<Posters>().unwrap().host().map(str::to_owned);
        assert_eq!(host("https://i.example/{imdb}").as_deref(), Some("i.example"));
        assert_eq!(host("http://localhost:9000/{imdb}").as_deref(), Some("localhost:9000"));
        assert_eq!(host("/{imdb}"), None);
    }

    #[test]
    fn what_would_load_from_elsewhere_than_it_says_is_refused() {
        for bad in [
            "",
            "{imdb}",
            "i.example/{imdb}",
            "//i.example/{imdb}",
            "/\\i.example/{imdb}",
            "ftp://i.example/{imdb}",
            "data:image/png,{imdb}",
            "javascript:{imdb}",
            "http://i.example/{imdb}",
            "http://localhost.example/{imdb}",
            "http://10.0.0.1/{imdb}",
            "https://{imdb}.example/{tmdb}",
            "https:///{imdb}/x",
            "https://i.example:{tmdb}/x",
            "https://*.example/{imdb}",
            "https://a;b.example/{imdb}",
            "https://a,b.example/{imdb}",
            "https://'self'/{imdb}",
            "https://user@i.example/{imdb}",
            "https://i.example@evil.example:{tmdb}@x/",
            "https://[::1]/{imdb}",
            "https://i.example/{imdb}.jpg\r\nx: y",
            "https://i.example/a b/{imdb}",
            "https://i.example/é/{imdb}",
            "https://i.example/#{imdb}",
        ] {
            assert!(bad.parse::<Posters>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        let said = |text: &str| text.parse::<Posters>().unwrap_err();
        assert!(said("https://i.example/poster.jpg").contains("{imdb} (as in tt0113277), {tmdb} or {movie_id}"));
        assert!(said("https://i.example/{imdb}/{size}").contains("only {imdb}, {tmdb} and {movie_id}"));
        assert!(said("http://i.example/{imdb}").contains("https"));
        assert!(said("i.example/{imdb}").contains("https://images.example/{imdb}.jpg"));
    }
}
