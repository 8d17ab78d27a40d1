//! gRPC connections to the master: in plaintext to `http://`, with TLS to `https://`, and never one for the other.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cineswarm_credentials::{ClientTls, Expiry, in_words};
use cineswarm_proto::farm::MAX_MESSAGE_BYTES;
use cineswarm_proto::farm::farm_client::FarmClient;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tonic::transport::{Channel, Endpoint, Uri};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Under the 900 s after which a Swarm network forgets an idle connection, and soon enough to notice a dead master.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long the master's first words may take until it is taken for one that waits for ours.
const FIRST_WORDS: Duration = Duration::from_millis(500);

/// An endpoint that this worker does not call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no URL.
    #[error(transparent)]
    Endpoint(#[from] tonic::transport::Error),
    /// TLS is wanted there, and this worker knows no CA.
    #[error("it asks for TLS; give this worker the CA of the master's certificate by --grpc-ca")]
    NeedsTls,
    /// This worker is told to use TLS, and there is none.
    #[error("it is plaintext, but --grpc-ca asks for TLS; give the master --grpc-cert and --grpc-key")]
    NoTls,
    /// Neither.
    #[error("it begins with neither http:// nor https://")]
    Scheme,
}

/// Opens connections; cheap to clone.
#[derive(Clone, Default)]
pub struct Channels {
    /// `None`: plaintext only.
    tls: Option<Arc<ClientTls>>,
}

impl Channels {
    /// With TLS to masters whose certificate is of its CA, or in plaintext.
    pub fn new(tls: Option<ClientTls>) -> Channels {
        Channels { tls: tls.map(Arc::new) }
    }

    /// When the certificates for calls to the master expire; `None` without TLS.
    pub fn expiry(&self) -> Option<Expiry> {
        self.tls.as_ref().map(|tls| tls.expiry())
    }

    /// What workers call, over [`Channels::open`].
    pub(crate) fn connect(&self, endpoint: &str) -> Result<FarmClient<Channel>, Error> {
        Ok(FarmClient::new(self.open(endpoint)?)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES))
    }

    /// Opens a connection, in the background, that is made again when it breaks, with the certificates as they are then.
    pub fn open(&self, endpoint: &str) -> Result<Channel, Error> {
        let endpoint = Endpoint::from_shared(endpoint.to_owned())?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_while_idle(true);
        Ok(match (endpoint.uri().scheme_str(), &self.tls) {
            (Some("http"), None) => endpoint.connect_lazy(),
            (Some("https"), Some(tls)) => {
                let tls = tls.clone();
                endpoint.connect_with_connector_lazy(tower::service_fn(move |uri| connect_tls(uri, tls.clone())))
            }
            (Some("http"), Some(_)) => return Err(Error::NoTls),
            (Some("https"), None) => return Err(Error::NeedsTls),
            _ => return Err(Error::Scheme),
        })
    }
}

type Connection = TokioIo<BufReader<TlsStream<TcpStream>>>;

async fn connect_tls(endpoint: Uri, tls: Arc<ClientTls>) -> Result<Connection, io::Error> {
    match tokio::time::timeout(CONNECT_TIMEOUT, shake_hands(&endpoint, &tls)).await {
        Ok(Ok(connection)) => Ok(TokioIo::new(connection)),
        Ok(Err(error)) => Err(match in_words(&error, "the master", "--grpc") {
            Some(words) => io::Error::other(words),
            None => error,
        }),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no connection after {CONNECT_TIMEOUT:?}"))),
    }
}

async fn shake_hands(endpoint: &Uri, tls: &ClientTls) -> Result<BufReader<TlsStream<TcpStream>>, io::Error> {
    let host = endpoint.host().unwrap_or_default().trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(|_| io::Error::other(format!("{host:?} is no name")))?;
    let connection = TcpStream::connect((host, endpoint.port_u16().unwrap_or(443))).await?;
    connection.set_nodelay(true)?;
    let mut connection = BufReader::new(TlsConnector::from(tls.config()).connect(name, connection).await?);
    // In TLS 1.3 the client is through before the server has looked at its certificate, so a refusal is only read with
    // the first words. HTTP/2 has a server speak without being asked.
    match tokio::time::timeout(FIRST_WORDS, connection.fill_buf()).await {
        Ok(Ok([])) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the master closed the connection at once")),
        Ok(Err(error)) => Err(error),
        Ok(Ok(_)) | Err(_) => Ok(connection),
    }
}
