//! A password or an address that holds one.

use std::fmt;
use std::path::{Path, PathBuf};

/// A longer file is not a password, but the wrong file.
const LONGEST: usize = 64 * 1024;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for whoever has to send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A secret that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Which of the two counts would be a guess.
    #[error("{name} and {name}_FILE are both given; leave one of them out")]
    Twice {
        /// The setting, as its environment variable is called.
        name: &'static str,
    },
    /// The file is not there, or not for this user.
    #[error("cannot read {name}_FILE={}: {error}; name a file that this user may read", file.display())]
    Read {
        /// The setting, as its environment variable is called.
        name: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The file has no secret in it.
    #[error("{name}_FILE={} {reason}; put the secret, and nothing else, into it", file.display())]
    Content {
        /// The setting, as its environment variable is called.
        name: &'static str,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The secret of this name, given itself or as a file; the ends of line that editors leave are not part of it.
pub fn given(name: &'static str, value: Option<&Secret>, file: Option<&Path>) -> Result<Option<Secret>, SecretError> {
    let file = match (value, file) {
        (Some(_), Some(_)) => return Err(SecretError::Twice { name }),
        (value, None) => return Ok(value.cloned()),
        (None, Some(file)) => file,
    };
    let bytes = std::fs::read(file).map_err(|error| SecretError::Read { name, file: file.to_owned(), error })?;
    let content = |reason| SecretError::Content { name, file: file.to_owned(), reason };
    if bytes.len() > LONGEST {
        return Err(content("is longer than 64 KiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| content("is not UTF-8"))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(content("is empty")),
        secret => Ok(Some(Secret(secret.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    #[test]
    fn a_secret_comes_from_its_file_without_the_end_of_the_line_and_is_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " pass word\r\n").unwrap();
        let secret = given("BROKER_PASSWORD", None, Some(file.path())).unwrap().unwrap();
        assert_eq!(secret.expose(), " pass word");
        assert_eq!(format!("{secret:?}"), "(secret)");
    }

    #[test]
    fn a_secret_that_cannot_be_had_is_said_with_its_name_and_file_and_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let said = |value: Option<&Secret>| given("DATABASE_URL", value, Some(&file)).unwrap_err().to_string();
        assert!(said(None).contains("cannot read DATABASE_URL_FILE=") && said(None).contains("password"));
        std::fs::write(&file, "\n").unwrap();
        assert!(said(None).contains("is empty"));
        std::fs::write(&file, b"hidden \xff").unwrap();
        assert!(said(None).contains("is not UTF-8") && !said(None).contains("hidden"));
        assert!(said(Some(&"hidden".into())).contains("DATABASE_URL and DATABASE_URL_FILE are both given"));
    }
}
