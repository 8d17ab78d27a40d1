//! The broker as it is given on a command line: address, login, certificates.

use std::path::PathBuf;
use std::sync::Arc;

use cineswarm_credentials::{self as credentials, ClientTls, Expiry, Files, Secret, SecretError, given};

use crate::{BadBrokerUrl, BrokerUrl};

/// Where the broker is and as whom to go there; every flag is also an environment variable.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct BrokerOptions {
    /// The MQTT broker; mqtts:// for TLS [default: mqtt://localhost:1883; `up` starts its own]
    #[arg(long = "broker", env = "BROKER_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<Secret>,

    /// File with the broker's URL
    #[arg(long = "broker-url-file", env = "BROKER_URL_FILE", value_name = "FILE")]
    pub url_file: Option<PathBuf>,

    /// User at the broker
    #[arg(long = "broker-user", env = "BROKER_USER", value_name = "NAME")]
    pub user: Option<String>,

    /// Password at the broker; everybody on this machine can read a command line, so rather give its file
    #[arg(long = "broker-password", env = "BROKER_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub password: Option<Secret>,

    /// File with the password at the broker
    #[arg(long = "broker-password-file", env = "BROKER_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// CA of the broker's certificate, in PEM [default: those the system trusts]
    #[arg(long = "broker-ca", env = "BROKER_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Certificate to show to the broker, in PEM
    #[arg(long = "broker-cert", env = "BROKER_CERT", value_name = "FILE")]
    pub certificate: Option<PathBuf>,

    /// Key of the certificate to show to the broker, in PEM
    #[arg(long = "broker-key", env = "BROKER_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// A broker to connect to.
#[derive(Clone, Debug)]
pub struct Broker {
    pub(crate) url: BrokerUrl,
    pub(crate) tls: Option<Arc<ClientTls>>,
}

/// Options that name no broker that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BadBroker {
    /// The address.
    #[error(transparent)]
    Url(#[from] BadBrokerUrl),
    /// The password or a URL in a file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The certificates.
    #[error("TLS with the broker: {0}")]
    Certificates(#[from] credentials::Error),
    /// Two that say different things.
    #[error("{0}")]
    Contradiction(&'static str),
}

impl From<&str> for BrokerOptions {
    fn from(url: &str) -> BrokerOptions {
        BrokerOptions { url: Some(Secret::from(url)), ..BrokerOptions::default() }
    }
}

impl BrokerOptions {
    /// Whether an address is given.
    pub fn names_one(&self) -> bool {
        self.url.is_some() || self.url_file.is_some()
    }

    /// Reads the files that are named; an address that is not given is the one on this machine.
    pub fn broker(&self) -> Result<Broker, BadBroker> {
        let contradiction = |what| Err(BadBroker::Contradiction(what));
        let mut url: BrokerUrl = match given("BROKER_URL", self.url.as_ref(), self.url_file.as_deref())? {
            Some(url) => url.expose().parse()?,
            None => BrokerUrl::default(),
        };
        let password = given("BROKER_PASSWORD", self.password.as_ref(), self.password_file.as_deref())?;
        match (&self.user, password) {
            (None, None) => {}
            (None, Some(_)) => return contradiction("a password for the broker is given, but no --broker-user"),
            (Some(_), _) if url.login.is_some() => {
                return contradiction("the broker's URL names a user, and so does --broker-user; leave one out");
            }
            (Some(user), password) => {
                let password = password.map(|password| password.expose().to_owned());
                url.login = Some((user.clone(), password.unwrap_or_default()));
            }
        }
        let files = Files { ca: self.ca.clone(), certificate: self.certificate.clone(), key: self.key.clone() };
        if !url.tls && files.any() {
            return contradiction(
                "certificates for the broker are given, but its URL begins with mqtt://, which is plaintext; \
                 write mqtts://",
            );
        }
        let tls = if url.tls { Some(Arc::new(ClientTls::new(files, &[])?)) } else { None };
        Ok(Broker { url, tls })
    }
}

impl Broker {
    /// When the certificates for it expire; `None` without TLS.
    pub fn expiry(&self) -> Option<Expiry> {
        self.tls.as_ref().map(|tls| tls.expiry())
    }
}

impl std::fmt::Display for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.url.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    fn options(url: &str) -> BrokerOptions {
        url.into()
    }

    #[test]
    fn user_and_password_come_from_options_of_their_own_and_are_never_shown() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "p@ss/word\n").unwrap();
        let user = Some("farm".to_owned());
        let options = BrokerOptions { user, password_file: Some(file.path().into()), ..options("mqtt://broker") };
        let broker = options.broker().unwrap();
        assert_eq!(broker.url.login, Some(("farm".into(), "p@ss/word".into())));
        assert!(!format!("{broker} {broker:?} {options:?}").contains("p@ss"));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused_rather_than_left_unused() {
        let said = |options: BrokerOptions| options.broker().unwrap_err().to_string();
        let ca = Some("ca.crt".into());
        assert!(said(BrokerOptions { ca, ..options("mqtt://broker") }).contains("write mqtts://"));
        let user = Some("farm".to_owned());
        assert!(said(BrokerOptions { user, ..options("mqtt://other@broker") }).contains("leave one out"));
        let password = Some("hidden".into());
        assert!(said(BrokerOptions { password, ..options("mqtt://broker") }).contains("no --broker-user"));
    }
}
