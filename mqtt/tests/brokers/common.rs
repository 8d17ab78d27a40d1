//! What the tests on brokers share: the two kinds of broker, a client that waits with a deadline, and a wire to cut.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use cineswarm_mqtt::embedded::EmbeddedBroker;
use cineswarm_mqtt::{Broker as Address, BrokerOptions, Client, Event, Events, Message, Options, connect};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_util::sync::{CancellationToken, DropGuard};

/// No test waits longer than this for anything.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for something that must happen.
pub async fn within_deadline<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, happens).await {
        Ok(happened) => happened,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

/// A running broker of either kind.
pub enum Broker {
    Mosquitto(Mosquitto),
    Embedded(EmbeddedBroker),
}

impl Broker {
    /// A real Mosquitto with the project's configuration, where it is installed.
    pub async fn mosquitto() -> Option<Broker> {
        if !mosquitto_is_installed() {
            return None;
        }
        Some(Broker::Mosquitto(Mosquitto::start(free_port()).await))
    }

    pub async fn embedded() -> Option<Broker> {
        Some(Broker::Embedded(EmbeddedBroker::start(local(0)).await.unwrap()))
    }

    pub fn address(&self) -> SocketAddr {
        match self {
            Broker::Mosquitto(mosquitto) => local(mosquitto.port),
            Broker::Embedded(embedded) => embedded.address(),
        }
    }

    /// Stops it in good order, and returns how to start it again where it was.
    pub async fn stop(self) -> Stopped {
        let address = self.address();
        match self {
            Broker::Mosquitto(mosquitto) => {
                mosquitto.stop().await;
                Stopped::Mosquitto(address)
            }
            Broker::Embedded(embedded) => {
                embedded.stop().await;
                Stopped::Embedded(address)
            }
        }
    }
}

/// A broker that was stopped, or was not started yet.
pub enum Stopped {
    Mosquitto(SocketAddr),
    Embedded(SocketAddr),
}

impl Stopped {
    pub fn address(&self) -> SocketAddr {
        let (Stopped::Mosquitto(address) | Stopped::Embedded(address)) = self;
        *address
    }

    pub async fn start(self) -> Broker {
        match self {
            Stopped::Mosquitto(address) => Broker::Mosquitto(Mosquitto::start(address.port()).await),
            Stopped::Embedded(address) => Broker::Embedded(EmbeddedBroker::start(address).await.unwrap()),
        }
    }
}

/// Runs each test on both kinds of broker.
#[macro_export]
macro_rules! on_both_brokers {
    ($($test:ident),* $(,)?) => {
        mod mosquitto {
            $(#[tokio::test]
            async fn $test() {
                if let Some(broker) = $crate::common::Broker::mosquitto().await {
                    super::$test(broker).await;
                }
            })*
        }
        mod embedded {
            $(#[tokio::test]
            async fn $test() {
                if let Some(broker) = $crate::common::Broker::embedded().await {
                    super::$test(broker).await;
                }
            })*
        }
    };
}

/// Whether Mosquitto and its command line tools are here; under CI they must be.
pub fn mosquitto_is_installed() -> bool {
    let runs = |program: &str, argument: &str| {
        let mut command = std::process::Command::new(program);
        command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let installed = runs("mosquitto", "-h") && runs("mosquitto_sub", "--help");
    if !installed {
        assert!(std::env::var_os("CI").is_none(), "mosquitto and mosquitto-clients must be installed for the tests");
        println!("SKIPPED: mosquitto or mosquitto-clients is not installed");
    }
    installed
}

/// A Mosquitto process; killed when dropped.
pub struct Mosquitto {
    port: u16,
    process: Child,
    _configuration: TempDir,
}

impl Mosquitto {
    async fn start(port: u16) -> Mosquitto {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("mosquitto.conf");
        std::fs::write(&file, configuration_on(port)).unwrap();
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.kill_on_drop(true).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let runs = async {
            while let Some(line) = log.next_line().await.unwrap() {
                if line.ends_with(" running") {
                    return true;
                }
                eprintln!("{line}");
            }
            false
        };
        assert!(within_deadline("mosquitto to start", runs).await, "mosquitto ended with the project's configuration");
        // Nobody else reads its log, and a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        // It forgets a signal that comes before its main loop runs, which only a client can see.
        TestClient::connected(options(local(port), "starter", &[])).await.stop().await;
        Mosquitto { port, process, _configuration: directory }
    }

    async fn stop(mut self) {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").arg(id).status().await.unwrap().success());
        within_deadline("mosquitto to end", self.process.wait()).await.unwrap();
    }
}

/// The project's configuration with its listener moved to a port.
fn configuration_on(port: u16) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../mosquitto/mosquitto.conf");
    let configuration = std::fs::read_to_string(file).unwrap();
    assert_eq!(configuration.lines().filter(|line| line.starts_with("listener ")).count(), 1);
    let moved =
        |line: &str| if line.starts_with("listener ") { format!("listener {port} 127.0.0.1") } else { line.into() };
    configuration.lines().map(moved).collect::<Vec<_>>().join("\n")
}

pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind(local(0)).unwrap().local_addr().unwrap().port()
}

pub fn url(address: SocketAddr) -> Address {
    BrokerOptions::from(format!("mqtt://{address}").as_str()).broker().unwrap()
}

/// Options of a client without Last Will.
pub fn options(address: SocketAddr, client_id: &str, subscriptions: &[&str]) -> Options {
    Options {
        broker: url(address),
        client_id: client_id.into(),
        subscriptions: subscriptions.iter().map(|&topic| topic.into()).collect(),
        probes: Vec::new(),
        last_will: None,
    }
}

/// A client of the crate under test; it stops when dropped.
pub struct TestClient {
    pub client: Client,
    pub events: Events,
    stop: DropGuard,
}

impl TestClient {
    pub fn start(options: Options) -> TestClient {
        let stop = CancellationToken::new();
        let (client, events) = connect(options, stop.clone());
        TestClient { client, events, stop: stop.drop_guard() }
    }

    pub async fn connected(options: Options) -> TestClient {
        let mut client = TestClient::start(options);
        client.until_connected().await;
        client
    }

    pub async fn event(&mut self) -> Event {
        within_deadline("an event", self.events.recv()).await.expect("the connection should not have ended")
    }

    /// Passes over everything up to the next connection.
    pub async fn until_connected(&mut self) {
        while !matches!(self.event().await, Event::Connected) {}
    }

    /// Passes over everything up to the next loss of the connection, and returns how long until the next try.
    pub async fn until_disconnected(&mut self) -> Duration {
        loop {
            if let Event::Disconnected { retry_in, .. } = self.event().await {
                return retry_in;
            }
        }
    }

    /// The next event, which must be a message.
    pub async fn message(&mut self) -> Message {
        match self.event().await {
            Event::Message(message) => message,
            other => panic!("expected a message, not {other:?}"),
        }
    }

    /// The text of the next event, which must be a message.
    pub async fn text(&mut self) -> String {
        String::from_utf8(self.message().await.payload.to_vec()).unwrap()
    }

    pub fn publish(&self, topic: &str, text: &str) {
        self.client.publish(Message::new(topic.into(), text.to_owned())).unwrap();
    }

    /// Tells it at once to stop in good order; the future waits until it has.
    pub fn stop(self) -> impl Future<Output = ()> {
        let TestClient { mut events, stop, .. } = self;
        drop(stop);
        within_deadline("the connection to end", async move { while events.recv().await.is_some() {} })
    }
}

/// A wire between one client and a broker that can be cut or left hanging.
pub struct Wire {
    pub address: SocketAddr,
    cut: DropGuard,
    hang: CancellationToken,
}

impl Wire {
    pub async fn to(broker: SocketAddr) -> Wire {
        let listener = TcpListener::bind(local(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, hang) = (CancellationToken::new(), CancellationToken::new());
        let carry = carry(listener, broker, hang.clone());
        tokio::spawn(cut.clone().run_until_cancelled_owned(carry));
        Wire { address, cut: cut.drop_guard(), hang }
    }

    /// Both sides see the connection break, and nobody gets through any more.
    pub fn cut(self) {
        drop(self.cut);
    }

    /// Nothing passes any more, and neither side is told.
    pub fn hang(&self) {
        self.hang.cancel();
    }
}

async fn carry(listener: TcpListener, broker: SocketAddr, hang: CancellationToken) {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut broker = TcpStream::connect(broker).await.unwrap();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut broker) => {}
        () = hang.cancelled() => std::future::pending().await,
    }
}
