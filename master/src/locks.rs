//! What the options say of addresses, passwords and certificates, made usable; what contradicts itself is refused.

use std::path::Path;

use cineswarm_credentials::{self as credentials, Files, Secret, SecretError, ServerTls, given};
use url::Url;

use crate::options::{DatabaseOptions, Options};
use crate::store::sqlite_url;

/// Options that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database's URL or password in a file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database's password has no place.
    #[error("a password for the database is given, but {0}")]
    Password(&'static str),
    /// The certificates of the gRPC port.
    #[error("TLS on the gRPC port: {0}")]
    Certificates(#[from] credentials::Error),
    /// Workers would be told to speak otherwise than this master does.
    #[error("--grpc-endpoint is {endpoint:?}, but {reason}")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What it contradicts.
        reason: &'static str,
    },
}

/// The database's URL, with the password where that is given beside it.
pub fn database_url(options: &DatabaseOptions, data_dir: &Path) -> Result<Secret, Error> {
    let url = given("DATABASE_URL", options.database_url.as_ref(), options.database_url_file.as_deref())?
        .unwrap_or_else(|| sqlite_url(&data_dir.join("cineswarm.db")).into());
    let file = options.database_password_file.as_deref();
    let Some(password) = given("DATABASE_PASSWORD", options.database_password.as_ref(), file)? else {
        return Ok(url);
    };
    let mut with_password =
        Url::parse(url.expose()).map_err(|_| Error::Password("the database's URL is none; set DATABASE_URL"))?;
    if with_password.scheme() == "sqlite" {
        return Err(Error::Password("an SQLite database has none; set DATABASE_URL to postgres://USER@HOST/NAME"));
    }
    if with_password.password().is_some() {
        return Err(Error::Password("the database's URL holds one as well; leave one out"));
    }
    if with_password.username().is_empty() || with_password.set_password(Some(password.expose())).is_err() {
        return Err(Error::Password("the database's URL names no user; set DATABASE_URL to postgres://USER@HOST/NAME"));
    }
    Ok(String::from(with_password).into())
}

/// What whoever sends ratings has to show.
pub(crate) fn ingest_token(options: &Options) -> Result<Option<Secret>, Error> {
    Ok(given("INGEST_TOKEN", options.ingest_token.as_ref(), options.ingest_token_file.as_deref())?)
}

/// The gRPC port's side of TLS; `None` for plaintext.
pub(crate) fn grpc_tls(options: &Options) -> Result<Option<ServerTls>, Error> {
    let files =
        Files { ca: options.grpc_ca.clone(), certificate: options.grpc_cert.clone(), key: options.grpc_key.clone() };
    Ok(if files.any() { Some(ServerTls::new(files, &["h2"])?) } else { None })
}

/// What workers are told to call: what was given, or this host by its name. Port 0, which nobody can call, becomes the
/// port that is listened on.
pub(crate) fn grpc_endpoint(given: Option<&str>, host: &str, port: u16, tls: bool) -> Result<String, Error> {
    let Some(endpoint) = given else {
        let scheme = if tls { "https" } else { "http" };
        return Ok(format!("{scheme}://{host}:{port}"));
    };
    let contradicts = |reason| Err(Error::Endpoint { endpoint: endpoint.to_owned(), reason });
    match (endpoint.split("://").next(), tls) {
        (Some("http"), false) | (Some("https"), true) => Ok(match endpoint.strip_suffix(":0") {
            Some(host) => format!("{host}:{port}"),
            None => endpoint.to_owned(),
        }),
        (Some("https"), false) => contradicts("there is no --grpc-cert, so the port is plaintext; give it one"),
        (Some("http"), true) => contradicts("with --grpc-cert the port takes TLS only; write https://"),
        _ => contradicts("it must begin with http:// or https://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn options(arguments: &[&str]) -> Options {
        Line::parse_from(["test"].iter().chain(arguments)).options
    }

    #[test]
    fn the_databases_password_comes_from_a_file_and_is_encoded_for_the_url() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "p@ss/word\n").unwrap();
        let file = file.path().to_str().unwrap();
        let url = |url| {
            let options = options(&["--database-url", url, "--database-password-file", file]);
            database_url(&options.database, &options.data_dir)
        };
        assert_eq!(url("postgres://farm@db/films").unwrap().expose(), "postgres://farm:p%40ss%2Fword@db/films");
        for (wrong, why) in [
            ("postgres://db/films", "names no user"),
            ("postgres://farm:other@db/films", "leave one out"),
            ("sqlite://films.db", "an SQLite database has none"),
        ] {
            let said = url(wrong).unwrap_err().to_string();
            assert!(said.contains(why) && !said.contains("other") && !said.contains("p@ss"), "{said}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_what_the_port_is_is_refused() {
        let endpoint = |given, tls| grpc_endpoint(given, "host", 50051, tls);
        assert_eq!(endpoint(None, true).unwrap(), "https://host:50051");
        assert_eq!(endpoint(None, false).unwrap(), "http://host:50051");
        assert_eq!(endpoint(Some("https://master:1"), true).unwrap(), "https://master:1");
        assert_eq!(endpoint(Some("http://[::1]:0"), false).unwrap(), "http://[::1]:50051");
        let plaintext = endpoint(Some("https://master:1"), false).unwrap_err().to_string();
        assert!(plaintext.contains("no --grpc-cert"), "{plaintext}");
        assert!(endpoint(Some("http://master:1"), true).unwrap_err().to_string().contains("write https://"));
        assert!(endpoint(Some("master:1"), false).unwrap_err().to_string().contains("must begin with"));
    }
}
