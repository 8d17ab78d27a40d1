//! A broker inside this process, for a laptop and for tests: plain MQTT over TCP, 3.1.1 and 5, for whoever can reach it.
//!
//! It never touches the disk and knows no passwords: what guards it is the address it listens on. Retained messages
//! live as long as it does; a session lives as long as its connection.

use std::net::SocketAddr;
use std::time::Duration;

use mqtt5::broker::config::{RateLimitConfig, StorageConfig};
use mqtt5::broker::{BrokerConfig, BrokerShutdownHandle, MqttBroker};
use tokio::task::JoinHandle;

use crate::connection::{INCOMING_BOUND, MAX_PACKET_BYTES};

/// A laptop's farm is dozens of clients; past this a connection is refused.
const MAX_CLIENTS: usize = 1000;
/// Messages that may wait for one client; past it the oldest QoS 1 message, or the newest QoS 0 one, is dropped.
const WAITING_FOR_A_CLIENT: usize = 10_000;
/// Topics that may hold a retained message; past it a message is delivered but not kept.
const MAX_RETAINED: usize = 100_000;
const START_DEADLINE: Duration = Duration::from_secs(5);
/// How long clients may take to be told goodbye.
const STOP_DEADLINE: Duration = Duration::from_secs(2);

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could not be bound.
    #[error("cannot listen for MQTT on {address}: {reason}; give the broker a free address")]
    Listen {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the operating system or the broker said.
        reason: String,
    },
    /// It ended, or hung, before it took a connection.
    #[error("the embedded MQTT broker on {address} did not start: {reason}")]
    Start {
        /// Where it listened.
        address: SocketAddr,
        /// What it said.
        reason: String,
    },
}

/// A running broker; it stops when this is dropped, or when it is told to.
pub struct EmbeddedBroker {
    address: SocketAddr,
    shutdown: BrokerShutdownHandle,
    running: JoinHandle<Result<(), String>>,
}

impl EmbeddedBroker {
    /// Starts a broker in the caller's tokio runtime and waits until it takes connections. Port 0 finds a free port.
    pub async fn start(address: SocketAddr) -> Result<EmbeddedBroker, Error> {
        let listen = |reason: String| Error::Listen { address, reason };
        let mut broker = MqttBroker::with_config(config(address)).await.map_err(|error| listen(error.to_string()))?;
        let address = broker.local_addr().ok_or_else(|| listen("the listener has no address".into()))?;
        let shutdown = broker.shutdown_handle();
        let mut ready = broker.ready_receiver();
        let running = tokio::spawn(async move { broker.run().await.map_err(|error| error.to_string()) });
        let broker = EmbeddedBroker { address, shutdown, running };
        match tokio::time::timeout(START_DEADLINE, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(broker),
            Ok(Err(_)) => Err(Error::Start { address, reason: broker.last_words().await }),
            Err(_) => Err(Error::Start { address, reason: format!("it was not ready after {START_DEADLINE:?}") }),
        }
    }

    /// Where it listens, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says goodbye to every client and frees the port; returns after two seconds at the latest.
    pub async fn stop(mut self) {
        self.shutdown.shutdown();
        match tokio::time::timeout(STOP_DEADLINE, &mut self.running).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(reason))) => tracing::warn!(reason, "the embedded MQTT broker ended with an error"),
            Ok(Err(error)) => tracing::error!(%error, "the embedded MQTT broker panicked"),
            Err(_) => tracing::warn!("the embedded MQTT broker did not stop in time; a connection may linger"),
        }
    }

    async fn last_words(mut self) -> String {
        match (&mut self.running).await {
            Ok(Ok(())) => "it ended at once".into(),
            Ok(Err(reason)) => reason,
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.shutdown.shutdown();
        self.running.abort();
    }
}

/// TCP_NODELAY needs no word here: the broker sets it on each socket it accepts.
fn config(address: SocketAddr) -> BrokerConfig {
    // With persistence, even in memory, the broker would keep sessions and their messages for clients that are gone.
    let mut storage = StorageConfig::default().with_persistence(false);
    storage.max_queued_messages_per_client = WAITING_FOR_A_CLIENT;
    let mut config = BrokerConfig::default()
        .with_bind_address(address)
        .with_max_clients(MAX_CLIENTS)
        .with_max_packet_size(MAX_PACKET_BYTES as usize)
        .with_max_retained_messages(MAX_RETAINED);
    config.storage_config = storage;
    config.client_channel_capacity = WAITING_FOR_A_CLIENT;
    config.max_outbound_inflight = INCOMING_BOUND as u16;
    config.server_receive_maximum = Some(INCOMING_BOUND as u16);
    // There are no passwords to guess, so there are no guesses to count.
    config.auth_config.rate_limit = RateLimitConfig { enabled: false, ..RateLimitConfig::default() };
    config.sys_topics_enabled = false;
    config
}
