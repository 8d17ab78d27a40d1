//! Certificates in files, as rustls wants them: one provider of cryptography (ring), TLS 1.2 and 1.3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::expiry::expiry;
use crate::reread::Reread;

/// The files with which one side of a connection shows who it is and knows the other, all in PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Who may have signed the other side's certificate. A client without one trusts whom the system trusts.
    pub ca: Option<PathBuf>,
    /// The own certificate, followed by those between it and its CA.
    pub certificate: Option<PathBuf>,
    /// The key of the own certificate.
    pub key: Option<PathBuf>,
}

impl Files {
    /// Whether any is named.
    pub fn any(&self) -> bool {
        self.ca.is_some() || self.certificate.is_some() || self.key.is_some()
    }

    fn all(&self) -> Vec<PathBuf> {
        [&self.ca, &self.certificate, &self.key].into_iter().flatten().cloned().collect()
    }

    fn pair(&self) -> Result<Option<(&Path, &Path)>, Error> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
            (None, None) => Ok(None),
            (Some(file), None) => Err(Error::Half { file: file.clone(), lacks: "key" }),
            (None, Some(file)) => Err(Error::Half { file: file.clone(), lacks: "certificate" }),
        }
    }
}

/// Certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not there, or not for this user, or not PEM.
    #[error("cannot read the {what} {}: {reason}", file.display())]
    Read {
        /// What should be in it.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("{} is given without its {lacks}; give both", file.display())]
    Half {
        /// The one that is given.
        file: PathBuf,
        /// The one that is not.
        lacks: &'static str,
    },
    /// The two do not belong together, or are of a kind that is not known.
    #[error("the certificate {} cannot be used with the key {}: {reason}", certificate.display(), key.display())]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        reason: rustls::Error,
    },
    /// The system knows no CA.
    #[error(
        "no CA is given and this system has none either; name the file of the CA that signed the other side's certificate"
    )]
    NoAuthorities,
    /// A server has to show something.
    #[error("a CA is given but no certificate and key; a server needs both")]
    NoCertificate,
    /// Whatever else rustls has against them.
    #[error("the CA {} cannot be used: {reason}", file.display())]
    Authorities {
        /// The CA's file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// When the earliest certificate of a file expires, in seconds since 1970, as the files were when they were last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// Of the own certificate, and those between it and its CA; `None` if there is none.
    pub own: Option<i64>,
    /// Of those who may have signed the other side's; `None` if no file names them.
    pub ca: Option<i64>,
}

impl Expiry {
    fn of(files: &Files) -> Result<Expiry, Error> {
        let earliest = |file: &Option<PathBuf>| -> Result<Option<i64>, Error> {
            let Some(file) = file else { return Ok(None) };
            Ok(certificates("certificate", file)?.iter().filter_map(|certificate| expiry(certificate)).min())
        };
        Ok(Expiry { own: earliest(&files.certificate)?, ca: earliest(&files.ca)? })
    }
}

/// The client's side of TLS.
pub struct ClientTls(Reread<(Arc<ClientConfig>, Expiry), Error>);

impl ClientTls {
    /// Reads the files; `protocols` are offered as ALPN.
    pub fn new(files: Files, protocols: &'static [&'static str]) -> Result<ClientTls, Error> {
        let all = files.all();
        let make = move || Ok((Arc::new(client_config(&files, protocols)?), Expiry::of(&files)?));
        Reread::new(all, make).map(ClientTls)
    }

    /// For the next connection: as the files are now.
    pub fn config(&self) -> Arc<ClientConfig> {
        self.0.current().0
    }

    /// When what is used for the next connection expires.
    pub fn expiry(&self) -> Expiry {
        self.0.current().1
    }
}

/// The server's side of TLS. With a CA it takes only clients whose certificate that CA has signed.
pub struct ServerTls(Reread<(Arc<ServerConfig>, Expiry), Error>);

impl ServerTls {
    /// Reads the files; `protocols` are taken as ALPN.
    pub fn new(files: Files, protocols: &'static [&'static str]) -> Result<ServerTls, Error> {
        let all = files.all();
        let make = move || Ok((Arc::new(server_config(&files, protocols)?), Expiry::of(&files)?));
        Reread::new(all, make).map(ServerTls)
    }

    /// For the next connection: as the files are now.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.0.current().0
    }

    /// When what is used for the next connection expires.
    pub fn expiry(&self) -> Expiry {
        self.0.current().1
    }
}

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientTls")
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls")
    }
}

fn client_config(files: &Files, protocols: &[&str]) -> Result<ClientConfig, Error> {
    let roots = Arc::new(match &files.ca {
        Some(file) => authorities(file)?,
        None => systems_authorities()?,
    });
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|error| unusable(files, &error))?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(files, &error))?
        .with_webpki_verifier(verifier);
    let mut config = match files.pair()? {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(chain(certificate)?, private_key(key)?)
            .map_err(|reason| Error::Pair { certificate: certificate.into(), key: key.into(), reason })?,
    };
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

fn server_config(files: &Files, protocols: &[&str]) -> Result<ServerConfig, Error> {
    let (certificate, key) = files.pair()?.ok_or(Error::NoCertificate)?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(files, &error))?;
    let builder = match &files.ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities(file)?), provider());
            builder.with_client_cert_verifier(verifier.build().map_err(|error| unusable(files, &error))?)
        }
    };
    let mut config = builder
        .with_single_cert(chain(certificate)?, private_key(key)?)
        .map_err(|reason| Error::Pair { certificate: certificate.into(), key: key.into(), reason })?;
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn unusable(files: &Files, reason: &dyn std::fmt::Display) -> Error {
    Error::Authorities { file: files.ca.clone().unwrap_or_default(), reason: reason.to_string() }
}

fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("CA certificate", file)? {
        let refused = |error: rustls::Error| Error::Authorities { file: file.into(), reason: error.to_string() };
        store.add(certificate).map_err(refused)?;
    }
    Ok(store)
}

fn systems_authorities() -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() { Err(Error::NoAuthorities) } else { Ok(store) }
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    certificates("certificate", file)
}

fn certificates(what: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unreadable = |error: pem::Error| Error::Read { what, file: file.into(), reason: in_words(&error) };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(unreadable)?.collect();
    match certificates.map_err(unreadable)? {
        none if none.is_empty() => Err(unreadable(pem::Error::NoItemsFound)),
        certificates => Ok(certificates),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let unreadable = |error: pem::Error| Error::Read { what: "key", file: file.into(), reason: in_words(&error) };
    PrivateKeyDer::from_pem_file(file).map_err(unreadable)
}

/// Never with a line of the file, as some of the reader's own messages would be.
fn in_words(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is none in it; it must be in PEM form".into(),
        _ => "it is not in PEM form".into(),
    }
}
