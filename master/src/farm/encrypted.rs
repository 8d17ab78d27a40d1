//! Connections of workers, encrypted: each handshake runs by itself, so that a slow one holds up nobody.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cineswarm_credentials::{ServerTls, in_words};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

/// Handshakes at a time; past it a connection waits in the listener's queue.
const HANDSHAKES: usize = 64;
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(5);
/// After an accept that failed, as when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes connections until `stop` is cancelled, each with the certificates as they are then.
pub fn accept(
    listener: TcpListener,
    tls: Arc<ServerTls>,
    stop: CancellationToken,
) -> ReceiverStream<io::Result<TlsStream<TcpStream>>> {
    let (encrypted, connections) = mpsc::channel(HANDSHAKES);
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        let slots = Arc::new(Semaphore::new(HANDSHAKES));
        // The semaphore is never closed.
        while let Ok(slot) = slots.clone().acquire_owned().await {
            let (connection, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot take a worker's connection");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let acceptor = TlsAcceptor::from(tls.config());
            let encrypted = encrypted.clone();
            tokio::spawn(async move {
                let _slot = slot;
                // Results are small and wanted at once.
                let _ = connection.set_nodelay(true);
                match tokio::time::timeout(HANDSHAKE_DEADLINE, acceptor.accept(connection)).await {
                    Ok(Ok(connection)) => {
                        let _ = encrypted.send(Ok(connection)).await;
                    }
                    Ok(Err(error)) => {
                        let reason = in_words(&error, "the worker", "--grpc").unwrap_or_else(|| error.to_string());
                        tracing::warn!(%peer, reason, "no TLS with a worker");
                    }
                    Err(_) => tracing::warn!(%peer, "a worker did not end its TLS handshake in time"),
                }
            });
        }
    }));
    ReceiverStream::new(connections)
}
