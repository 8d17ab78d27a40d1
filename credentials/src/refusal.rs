//! Why a connection with TLS failed, in words that say what to do.

use std::error::Error;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

/// What failed, as seen from one side: `peer` is the other one ("the broker"), `option` the first part of the options
/// that name this side's files ("--broker" for --broker-ca, --broker-cert and --broker-key). `None`: the error is not
/// one of TLS.
pub fn in_words(error: &(dyn Error + 'static), peer: &str, option: &str) -> Option<String> {
    let error = tls_error(error)?;
    Some(match error {
        rustls::Error::InvalidCertificate(reason) => certificate(reason, peer, option),
        rustls::Error::NoCertificatesPresented => {
            format!("{peer} showed no certificate; give it one that this side's CA has signed")
        }
        rustls::Error::AlertReceived(alert) => refused(*alert, peer, option),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            format!("{peer} does not speak TLS at this address; check the address and its port")
        }
        other => format!("TLS with {peer} failed: {other}"),
    })
}

/// The other side's certificate, as this side sees it.
fn certificate(reason: &CertificateError, peer: &str, option: &str) -> String {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {peer} has expired; renew it, or set this machine's clock ({reason})")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {peer} is not valid yet; set the clocks ({reason})")
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            format!("the certificate of {peer} is not signed by the CA of {option}-ca; give the CA that signed it")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate of {peer} is for another name; use a name that it is for ({reason})")
        }
        other => format!("the certificate of {peer} cannot be trusted: {other}"),
    }
}

/// This side's certificate, as the other side sees it.
fn refused(alert: AlertDescription, peer: &str, option: &str) -> String {
    let files = format!("{option}-cert and {option}-key");
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            format!("{peer} asks for a certificate; give {files}")
        }
        AlertDescription::CertificateExpired => {
            format!("{peer} says that the certificate of {option}-cert has expired; renew it")
        }
        AlertDescription::UnknownCA | AlertDescription::DecryptError => {
            format!(
                "{peer} does not know the CA that signed the certificate of {option}-cert; give one signed by a CA it knows"
            )
        }
        AlertDescription::HandshakeFailure | AlertDescription::BadCertificate => {
            format!("{peer} refused the connection ({alert:?}); it may want another certificate: see {files}")
        }
        alert => format!("{peer} refused the connection: {alert:?}; see its log"),
    }
}

/// Looks through what wraps it; `io::Error` hides what it holds from `source`.
fn tls_error<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error rustls::Error> {
    if let Some(found) = error.downcast_ref::<rustls::Error>() {
        return Some(found);
    }
    if let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        return tls_error(inner);
    }
    tls_error(error.source()?)
}
