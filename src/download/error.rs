//! What can go wrong with a download, and whether trying again could help.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Servers may ask for a longer pause than this, but do not get it.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Why a file was not downloaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The server has no such file.
    #[error("downloading {url}: the server has no such file; check the name and --base-url")]
    NotFound { url: String },
    /// The server refused, or is in trouble.
    #[error("downloading {url}: the server answered \"{status}\"; try again later, or another --base-url")]
    Status { url: String, status: StatusCode, retry_after: Option<Duration> },
    /// No connection, or it broke.
    #[error("downloading {url}: {reason}; check the network and --base-url")]
    Transport { url: String, reason: String, permanent: bool },
    /// The answer ended early, or was for another range than was asked for.
    #[error("downloading {url}: {reason}")]
    Incomplete { url: String, reason: String },
    /// More than any file that is published there.
    #[error("downloading {url}: it has more than {limit} bytes; is --base-url right?")]
    TooLarge { url: String, limit: u64 },
    /// As often as was allowed.
    #[error("{last} ({tries} tries; run the same command again to go on where it stopped)")]
    GaveUp { tries: u32, last: Box<Error> },
    /// The contents are not those that were published.
    #[error(
        "{url} has the MD5 checksum {found}, but {expected} is published for it; the file was removed: download it \
         again, and if that does not help, do not trust this server"
    )]
    WrongChecksum { url: String, found: String, expected: String },
    /// There is a checksum, but not for this file.
    #[error("{url} has no MD5 checksum for {file}; try again later, or another --base-url")]
    UnreadableChecksum { url: String, file: String },
    /// Two at once would write over each other.
    #[error("another download to {} is running; wait for it to end", path.display())]
    Busy { path: PathBuf },
    /// The file system refused.
    #[error("{doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { doing, path, source }
    }

    pub(super) fn transport(url: &str, error: &reqwest::Error) -> Error {
        // The outer messages repeat the address; the innermost says what happened.
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let reason = if error.is_timeout() { "the server has gone silent".into() } else { innermost.to_string() };
        let permanent = error.is_builder() || error.is_redirect();
        Error::Transport { url: url.into(), reason, permanent }
    }

    pub(super) fn status(url: &str, status: StatusCode, headers: &HeaderMap) -> Error {
        if status == StatusCode::NOT_FOUND {
            return Error::NotFound { url: url.into() };
        }
        let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER));
        Error::Status { url: url.into(), status, retry_after }
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Error::Transport { permanent, .. } => !permanent,
            Error::Incomplete { .. } => true,
            Error::Status { status, .. } => {
                status.is_server_error()
                    || matches!(*status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
            }
            _ => false,
        }
    }
}
