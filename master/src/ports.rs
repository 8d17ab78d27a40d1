//! The ports of a master. They can outlive it: another master of the same process goes on there, and whoever connects in
//! between waits in the system's queue instead of being refused.

use std::io;
use std::net::{SocketAddr, TcpListener};

use cineswarm_telemetry::listener::Port;
use tokio::net;

use crate::options::Options;

/// A port is taken or not allowed.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}; choose another port with {flag}")]
pub struct NotListening {
    /// Where.
    pub address: SocketAddr,
    /// Why not.
    pub error: io::Error,
    /// The option to change.
    pub flag: &'static str,
}

/// Ports at which nobody is answered yet.
pub struct Ports {
    http: TcpListener,
    grpc: TcpListener,
    operators: Option<Port>,
}

/// The same, once a master listens.
pub(crate) struct Listeners {
    pub http: net::TcpListener,
    pub grpc: net::TcpListener,
    pub operators: Option<Port>,
}

impl Ports {
    /// Takes those that the options name. Needs a tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen on one of them.
    pub async fn take(options: &Options) -> Result<Ports, NotListening> {
        let http = take(SocketAddr::new(options.listen, options.port), "--port").await?;
        let grpc_listen = options.grpc_listen.unwrap_or(options.listen);
        let grpc = take(SocketAddr::new(grpc_listen, options.grpc_port), "--grpc-port").await?;
        let operators = match options.health_listen {
            None => None,
            Some(address) => {
                Some(Port::take(address).map_err(|error| NotListening { address, error, flag: "--health-listen" })?)
            }
        };
        Ok(Ports { http, grpc, operators })
    }

    /// The same ports once more, for another master after the one that got these.
    ///
    /// # Errors
    /// If there are no more file descriptors.
    pub fn again(&self) -> io::Result<Ports> {
        let operators = self.operators.as_ref().map(Port::again).transpose()?;
        Ok(Ports { http: self.http.try_clone()?, grpc: self.grpc.try_clone()?, operators })
    }

    pub(crate) fn listen(self) -> Result<Listeners, NotListening> {
        let Ports { http, grpc, operators } = self;
        Ok(Listeners { http: listen(http, "--port")?, grpc: listen(grpc, "--grpc-port")?, operators })
    }
}

async fn take(address: SocketAddr, flag: &'static str) -> Result<TcpListener, NotListening> {
    // By tokio, whose queue of connections is longer than the standard library's.
    let listener = net::TcpListener::bind(address).await.and_then(net::TcpListener::into_std);
    listener.map_err(|error| NotListening { address, error, flag })
}

fn listen(listener: TcpListener, flag: &'static str) -> Result<net::TcpListener, NotListening> {
    let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
    net::TcpListener::from_std(listener).map_err(|error| NotListening { address, error, flag })
}
