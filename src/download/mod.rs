//! Downloads a file over HTTP in such a way that an interruption costs only what had not arrived, and that nothing is in
//! its final place before its checksum was found right. It never looks into what it downloads.

mod checksum;
mod error;
mod partial;

use std::path::Path;
use std::time::Duration;

use cineswarm_retry::Backoff;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE};
use reqwest::{Client, Response, StatusCode, redirect};

pub(crate) use error::Error;
use partial::{Note, Partial};

/// The largest file there is, 25m with its genome scores, has 250 MiB.
const LARGEST_FILE: u64 = 4 << 30;

/// A checksum is a line.
const LARGEST_CHECKSUM: u64 = 4096;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a server may send nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause before the second try; it doubles with every further one, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);

const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// A try that brought this much was worth it, and the count of tries starts again.
const WORTHWHILE: u64 = 1 << 20;

/// What happens during a download.
pub(crate) enum Event<'a> {
    /// So many bytes are there, of so many.
    Bytes(u64, Option<u64>),
    /// What an earlier try left is of use: so many bytes.
    Continuing(u64),
    /// What an earlier try left is of no use: the file has changed, or the server sends whole files only.
    StartingOver,
    /// After a pause there is another try.
    Retrying(&'a Error, Duration),
}

/// Downloads, one after the other, each with so many further tries after the first.
pub(crate) struct Downloader {
    client: Client,
    retries: u32,
}

impl Downloader {
    /// Follows redirects and the environment's proxy settings; for an address with TLS, never to one without.
    pub(crate) fn new(url: &str, retries: u32) -> Result<Downloader, Error> {
        // Fails if there is one already, which will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("cineswarm/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .redirect(redirect::Policy::limited(5))
            .https_only(url.starts_with("https:"))
            .build()
            .map_err(|error| Error::transport(url, &error))?;
        Ok(Downloader { client, retries })
    }

    /// The published MD5 checksum of the file at `url`, from `url` with ".md5" added; `None` if there is none.
    pub(crate) async fn checksum(&self, url: &str, events: &mut dyn FnMut(Event<'_>)) -> Result<Option<String>, Error> {
        let address = format!("{url}.md5");
        let mut patience = Patience::new(self.retries);
        let text = loop {
            match self.small_text(&address).await {
                Ok(text) => break text,
                Err(Error::NotFound { .. }) => return Ok(None),
                Err(error) => patience.pause(error, events).await?,
            }
        };
        let file = url.rsplit('/').next().unwrap_or(url);
        match checksum::published(&text, file) {
            Some(found) => Ok(Some(found)),
            None => Err(Error::UnreadableChecksum { url: address, file: file.into() }),
        }
    }

    /// Downloads to `target`, going on where an earlier try stopped if the file is still the same.
    ///
    /// # Errors
    /// If there is a checksum and the contents have another, and nothing is left of the file then. If it could not be
    /// downloaded; what has arrived is kept for the next time.
    pub(crate) async fn file(
        &self,
        url: &str,
        target: &Path,
        expected_md5: Option<&str>,
        events: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Error> {
        let mut partial = Partial::open(target, url)?;
        let mut patience = Patience::new(self.retries);
        loop {
            let before = partial.length();
            match self.rest(url, &mut partial, events).await {
                Ok(()) => break,
                Err(error) => {
                    if partial.length() >= before + WORTHWHILE {
                        patience = Patience::new(self.retries);
                    }
                    if let Err(error) = patience.pause(error, events).await {
                        // An empty part is of no use next time.
                        if partial.length() == 0 {
                            partial.discard()?;
                        }
                        return Err(error);
                    }
                }
            }
        }
        if let Some(expected) = expected_md5 {
            let found = checksum::of_file(partial.path()).map_err(Error::io("reading", partial.path()))?;
            if found != expected {
                partial.discard()?;
                return Err(Error::WrongChecksum { url: url.into(), found, expected: expected.into() });
            }
        }
        partial.finish(target)
    }

    /// One try at what is missing.
    async fn rest(&self, url: &str, partial: &mut Partial, events: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        let incomplete = |reason: String| Error::Incomplete { url: url.into(), reason };
        // What a server compresses on the way has another length and other ranges.
        let mut request = self.client.get(url).header(ACCEPT_ENCODING, "identity");
        let offset = partial.length();
        let asked_with = partial.validator().map(str::to_owned);
        if let Some(validator) = &asked_with {
            request = request.header(RANGE, format!("bytes={offset}-")).header(IF_RANGE, validator);
        }
        let mut response = request.send().await.map_err(|error| Error::transport(url, &error))?;
        let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let total = match (response.status(), asked_with) {
            (StatusCode::OK, asked_with) => {
                if asked_with.is_some() {
                    events(Event::StartingOver);
                }
                let validator = validator(response.headers());
                partial.begin_again(validator.map(|validator| Note { url: url.into(), validator }))?;
                response.content_length()
            }
            (StatusCode::PARTIAL_CONTENT, Some(asked_with)) => {
                let range = range.and_then(parse_range);
                // Servers exist that know ranges, but not If-Range.
                let changed = validator(response.headers()).is_some_and(|validator| validator != asked_with);
                match range {
                    Some((start, total)) if start == offset && !changed => {
                        events(Event::Continuing(offset));
                        total
                    }
                    _ => {
                        partial.begin_again(None)?;
                        events(Event::StartingOver);
                        return Err(incomplete("the server sent another part than was asked for".into()));
                    }
                }
            }
            // The part is the whole file: all that was missing is that it was moved to its place.
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_))
                if range.and_then(|range| range.strip_prefix("bytes */")?.parse().ok()) == Some(offset) =>
            {
                return Ok(());
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                partial.begin_again(None)?;
                events(Event::StartingOver);
                return Err(incomplete("the server has a shorter file than before".into()));
            }
            (status, _) => return Err(Error::status(url, status, response.headers())),
        };
        events(Event::Bytes(partial.length(), total));
        while let Some(bytes) = response.chunk().await.map_err(|error| Error::transport(url, &error))? {
            if partial.length() + bytes.len() as u64 > LARGEST_FILE {
                partial.begin_again(None)?;
                return Err(Error::TooLarge { url: url.into(), limit: LARGEST_FILE });
            }
            partial.append(&bytes)?;
            events(Event::Bytes(partial.length(), total));
        }
        match total {
            Some(total) if partial.length() < total => {
                Err(incomplete(format!("the connection ended after {} of {total} bytes", partial.length())))
            }
            Some(total) if partial.length() > total => {
                let length = partial.length();
                partial.begin_again(None)?;
                Err(incomplete(format!("the server sent {length} bytes of a file of {total}")))
            }
            _ => Ok(()),
        }
    }

    async fn small_text(&self, url: &str) -> Result<String, Error> {
        let transport = |error: reqwest::Error| Error::transport(url, &error);
        let mut response: Response = self.client.get(url).send().await.map_err(transport)?;
        if response.status() != StatusCode::OK {
            return Err(Error::status(url, response.status(), response.headers()));
        }
        let mut contents = Vec::new();
        while let Some(bytes) = response.chunk().await.map_err(transport)? {
            if (contents.len() + bytes.len()) as u64 > LARGEST_CHECKSUM {
                return Err(Error::TooLarge { url: url.into(), limit: LARGEST_CHECKSUM });
            }
            contents.extend_from_slice(&bytes);
        }
        Ok(String::from_utf8_lossy(&contents).into_owned())
    }
}

/// How much longer to try.
struct Patience {
    tries: u32,
    retries: u32,
    /// Many who lost the same server at once do not come back at once.
    backoff: Backoff,
}

impl Patience {
    fn new(retries: u32) -> Patience {
        Patience { tries: 1, retries, backoff: Backoff::with_jitter(FIRST_PAUSE, LONGEST_PAUSE) }
    }

    /// Waits before the next try, or fails if there is to be none.
    async fn pause(&mut self, error: Error, events: &mut dyn FnMut(Event<'_>)) -> Result<(), Error> {
        if !error.is_transient() {
            return Err(error);
        }
        if self.tries > self.retries {
            return Err(Error::GaveUp { tries: self.tries, last: Box::new(error) });
        }
        let mut pause = self.backoff.next_pause();
        if let Error::Status { retry_after: Some(asked), .. } = &error {
            pause = pause.max(*asked);
        }
        self.tries += 1;
        events(Event::Retrying(&error, pause));
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// What identifies this version of the file, if the server says: a strong ETag or else the time of the last change.
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let strong = text(ETAG).filter(|tag| tag.starts_with('"'));
    strong.or_else(|| text(LAST_MODIFIED)).map(str::to_owned)
}

/// The start and, if it is said, the whole file's length, in "bytes 100-199/1000".
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, end) = range.split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    (start <= end).then_some((start, total))
}

/// Whether a file is there and has this checksum.
pub(crate) fn has_checksum(path: &Path, expected_md5: &str) -> bool {
    checksum::of_file(path).is_ok_and(|found| found == expected_md5)
}
