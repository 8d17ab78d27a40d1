//! The connection: connects, subscribes, delivers, and reconnects with backoff until it is told to stop.
//! A few lines longer than other files: all that knows the client library stands here.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cineswarm_retry::Backoff;
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, Filter, LastWill, LastWillProperties, Packet, Publish, PublishProperties, SubAck,
    SubscribeReasonCode,
};
use rumqttc::v5::mqttbytes::{self, QoS};
use rumqttc::v5::{AsyncClient, ConnectionError, EventLoop, MqttOptions, StateError, TlsError};
use rumqttc::{NetworkOptions, Outgoing, TlsConfiguration, Transport};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Broker;
use crate::permissions::{Permissions, Shared};

/// Messages that may wait for the broker; past it a publish is refused.
const OUTGOING_BOUND: usize = 4096;
/// Events that may wait for the owner; past it the connection stands still, and if that lasts the broker ends it.
pub(crate) const INCOMING_BOUND: usize = 1024;
/// A dead connection is noticed after two of these; the broker sends the Last Will after one and a half.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT_S: u64 = 5;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
/// A broker that comes back is found within a second.
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);
/// How long a connection must have stood for the backoff to begin anew.
const STEADY: Duration = Duration::from_secs(5);
/// For connections that are made and do not stand: two clients with the same id would otherwise throw each other out as
/// fast as they can.
const LONGEST_AFTER_BRIEF: Duration = Duration::from_secs(5);
/// How long the last messages may take to leave when the connection is closed.
const GOODBYE: Duration = Duration::from_secs(5);
pub(crate) const MAX_PACKET_BYTES: u32 = 16 << 20;
/// What a packet needs beside its topic and payload, generously.
const PACKET_OVERHEAD_BYTES: usize = 192;

/// What to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Options {
    /// The broker.
    pub broker: Broker,
    /// Unique among the broker's clients: a second one with the same id throws the first one out.
    pub client_id: String,
    /// Topic filters, subscribed at QoS 1 on each connection.
    pub subscriptions: Vec<String>,
    /// Subscribed topics on which this client sends itself a probe, to learn whether the broker's ACL lets it read them.
    pub probes: Vec<String>,
    /// Published by the broker when this client disappears.
    pub last_will: Option<Message>,
}

/// A message in either direction.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its content.
    pub payload: Bytes,
    /// Kept by the broker for later subscribers.
    pub retain: bool,
    /// Acknowledged by the broker (QoS 1) or sent once (QoS 0).
    pub acknowledged: bool,
    /// The broker drops it if it could not be delivered for this long; whole seconds, rounded up.
    pub expiry: Option<Duration>,
    /// Sent as a user property, for those who look at messages; nobody here reads it.
    pub traceparent: Option<String>,
}

impl Message {
    /// An acknowledged message (QoS 1) without expiry.
    pub fn new(topic: String, payload: impl Into<Bytes>) -> Message {
        Message { topic, payload: payload.into(), retain: false, acknowledged: true, expiry: None, traceparent: None }
    }

    /// An acknowledged message with a JSON payload.
    pub fn json(topic: String, payload: &impl serde::Serialize) -> Message {
        // Only maps with keys other than strings and types that refuse by themselves cannot be JSON; no payload is one.
        Message::new(topic, serde_json::to_vec(payload).unwrap_or_default())
    }

    /// Kept by the broker for later subscribers.
    pub fn retained(self) -> Message {
        Message { retain: true, ..self }
    }

    /// Sent once, at most (QoS 0).
    pub fn unacknowledged(self) -> Message {
        Message { acknowledged: false, ..self }
    }

    /// Dropped by the broker if undeliverable for this long.
    pub fn expiring(self, expiry: Duration) -> Message {
        Message { expiry: Some(expiry), ..self }
    }

    /// The expiry as MQTT counts it.
    fn expiry_s(&self) -> Option<u32> {
        self.expiry.map(|expiry| u32::try_from(expiry.as_millis().div_ceil(1000)).unwrap_or(u32::MAX))
    }

    fn qos(&self) -> QoS {
        if self.acknowledged { QoS::AtLeastOnce } else { QoS::AtMostOnce }
    }
}

/// What happens on the connection.
#[derive(Clone, Debug)]
pub enum Event {
    /// Connected, and every subscription is granted. Whatever the owner keeps on the broker is to be said again.
    /// Retained messages may come before it.
    Connected,
    /// The connection is gone or could not be made; the next try is under way.
    Disconnected {
        /// Why, for people.
        reason: String,
        /// How long until the next try.
        retry_in: Duration,
    },
    /// A message on one of the subscriptions.
    Message(Message),
}

/// The events of a connection, in order; ends when the connection was told to stop.
pub type Events = mpsc::Receiver<Event>;

/// Publishes on a connection; cheap to clone.
#[derive(Clone)]
pub struct Client {
    requests: AsyncClient,
    connected: Arc<AtomicBool>,
    refused: Arc<Mutex<Option<String>>>,
    permissions: Shared,
}

/// A message that did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// There is no connection to the broker now.
    #[error("not connected to the MQTT broker; the message was not sent")]
    Disconnected,
    /// The broker takes messages more slowly than they are made.
    #[error("{OUTGOING_BOUND} messages wait for the MQTT broker already; the message was not sent")]
    Full,
    /// Sending it would end the connection.
    #[error("the message is larger than the {MAX_PACKET_BYTES} bytes of an MQTT packet here; it was not sent")]
    TooLarge,
}

impl Client {
    /// Hands a message to the connection, without waiting. `Ok` means handed over, not delivered.
    pub fn publish(&self, message: Message) -> Result<(), PublishError> {
        if !self.connected.load(Ordering::Relaxed) {
            return Err(PublishError::Disconnected);
        }
        if message.topic.len() + message.payload.len() + PACKET_OVERHEAD_BYTES > MAX_PACKET_BYTES as usize {
            return Err(PublishError::TooLarge);
        }
        let (qos, retain, topic) = (message.qos(), message.retain, message.topic.clone());
        self.permissions.publish(&topic, || {
            let handed_over = match (message.expiry_s(), message.traceparent) {
                (None, None) => self.requests.try_publish(message.topic, qos, retain, message.payload),
                (message_expiry_interval, traceparent) => {
                    let user_properties = traceparent.map(|value| ("traceparent".to_owned(), value));
                    let properties = PublishProperties {
                        message_expiry_interval,
                        user_properties: user_properties.into_iter().collect(),
                        ..PublishProperties::default()
                    };
                    self.requests.try_publish_with_properties(message.topic, qos, retain, message.payload, properties)
                }
            };
            handed_over.map_err(|_| PublishError::Full)
        })
    }

    /// What the broker's ACL keeps from this client, in words, as far as this connection has shown.
    pub fn denied(&self) -> Vec<String> {
        self.permissions.denied()
    }

    /// Why the broker refuses what this client shows it, if it has taken it on no connection so far. Whoever was taken
    /// once is refused for a time, as while passwords change; who never was has been given the wrong ones.
    pub fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the connection stands, as far as is known.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

/// Opens a connection that stands, with reconnects, until `stop` is cancelled; what was published before that is
/// still sent. Needs a tokio runtime.
pub fn connect(options: Options, stop: CancellationToken) -> (Client, Events) {
    let (requests, event_loop) = AsyncClient::new(rumqttc_options(&options), OUTGOING_BOUND);
    let permissions = Permissions::new(&options.client_id);
    let connected = Arc::new(AtomicBool::new(false));
    let refused = Arc::default();
    let client = Client { requests, connected, refused, permissions: permissions.shared.clone() };
    let (events, receiver) = mpsc::channel(INCOMING_BOUND);
    let Options { broker, subscriptions, probes, .. } = options;
    let connection =
        Connection { event_loop, broker, client: client.clone(), subscriptions, probes, permissions, events };
    tokio::spawn(connection.run(stop));
    (client, receiver)
}

fn rumqttc_options(options: &Options) -> MqttOptions {
    let broker = &options.broker.url;
    let mut rumqttc = MqttOptions::new(&options.client_id, &broker.host, broker.port);
    let mut network = NetworkOptions::new();
    // Without it Nagle's algorithm and delayed acknowledgements add 40 ms to each direction of a QoS 1 exchange.
    network.set_tcp_nodelay(true);
    network.set_connection_timeout(CONNECT_TIMEOUT_S);
    rumqttc
        .set_network_options(network)
        .set_keep_alive(KEEP_ALIVE)
        .set_connection_timeout(CONNECT_TIMEOUT_S)
        .set_clean_start(true)
        .set_max_packet_size(Some(MAX_PACKET_BYTES))
        .set_receive_maximum(Some(INCOMING_BOUND as u16))
        .set_outgoing_inflight_upper_limit(INCOMING_BOUND as u16);
    if let Some((user, password)) = &broker.login {
        rumqttc.set_credentials(user, password);
    }
    if let Some(will) = &options.last_will {
        let payload = will.payload.to_vec();
        let properties = LastWillProperties {
            message_expiry_interval: will.expiry_s(),
            delay_interval: None,
            payload_format_indicator: None,
            content_type: None,
            response_topic: None,
            correlation_data: None,
            user_properties: Vec::new(),
        };
        rumqttc.set_last_will(LastWill::new(&will.topic, payload, will.qos(), will.retain, Some(properties)));
    }
    rumqttc
}

/// Why a connection ended or was not made.
struct Broken {
    reason: String,
    /// It is the password or a certificate that is not taken.
    refused: bool,
}

impl From<String> for Broken {
    fn from(reason: String) -> Broken {
        Broken { reason, refused: false }
    }
}

struct Connection {
    event_loop: EventLoop,
    broker: Broker,
    client: Client,
    subscriptions: Vec<String>,
    probes: Vec<String>,
    permissions: Permissions,
    events: mpsc::Sender<Event>,
}

impl Connection {
    async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = self.stand() => {}
            () = stop.cancelled() => {}
        }
        self.say_goodbye().await;
    }

    /// Connects again and again until nobody listens to the events any more.
    async fn stand(&mut self) {
        let mut while_away = Backoff::with_jitter(FIRST_BACKOFF, LONGEST_BACKOFF);
        let mut after_brief = Backoff::with_jitter(FIRST_BACKOFF, LONGEST_AFTER_BRIEF);
        let mut connected_at = None;
        let mut taken_once = false;
        self.read_certificates();
        loop {
            match self.poll().await {
                Ok(None) => {}
                Ok(Some(event)) => {
                    if matches!(event, Event::Connected) {
                        connected_at = Some(Instant::now());
                        taken_once = true;
                        self.say_refused(None);
                    }
                    if self.events.send(event).await.is_err() {
                        return;
                    }
                }
                Err(Broken { reason, refused }) => {
                    if refused && !taken_once {
                        self.say_refused(Some(reason.clone()));
                    }
                    let stood = connected_at.take().map(|at: Instant| at.elapsed());
                    let stood_briefly = stood.is_some_and(|time| time < STEADY);
                    if stood.is_some_and(|time| time >= STEADY) {
                        while_away.start_over();
                        after_brief.start_over();
                    }
                    for message in self.forget_connection() {
                        if self.events.send(Event::Message(message)).await.is_err() {
                            return;
                        }
                    }
                    let retry_in = if stood_briefly { after_brief.next_pause() } else { while_away.next_pause() };
                    if self.events.send(Event::Disconnected { reason, retry_in }).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(retry_in).await;
                    self.read_certificates();
                }
            }
        }
    }

    fn say_refused(&self, reason: Option<String>) {
        *self.client.refused.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    /// The next connection is made with the certificates as they are now.
    fn read_certificates(&mut self) {
        if let Some(tls) = &self.broker.tls {
            let transport = Transport::tls_with_config(TlsConfiguration::Rustls(tls.config()));
            self.event_loop.options.set_transport(transport);
        }
    }

    /// Leaves nothing of a broken connection to the next one; returns what was received on it but not delivered.
    fn forget_connection(&mut self) -> Vec<Message> {
        self.client.connected.store(false, Ordering::Relaxed);
        let event_loop = &mut self.event_loop;
        self.permissions.forget(|| {
            event_loop.clean();
            event_loop.pending.clear();
        });
        // rumqttc keeps these two over `clean`. A collision would keep the next connection from subscribing, and the
        // broker's goodbye, read from the events after the next connection was made, would end that one as well.
        self.event_loop.state.collision = None;
        let undelivered = std::mem::take(&mut self.event_loop.state.events);
        let messages = undelivered.into_iter().filter_map(|event| match event {
            rumqttc::v5::Event::Incoming(Packet::Publish(publish)) => received(publish),
            _ => None,
        });
        messages.collect()
    }

    /// One step of the protocol; an error ends the connection.
    async fn poll(&mut self) -> Result<Option<Event>, Broken> {
        // A ping makes an event in each keep-alive interval, unless a write hangs because the other side is gone:
        // rumqttc waits for that without a deadline.
        let deadline = 2 * self.event_loop.options.keep_alive();
        let event = match tokio::time::timeout(deadline, self.event_loop.poll()).await {
            Ok(event) => event.map_err(|error| in_words(&error))?,
            Err(_) => return Err(format!("the broker took nothing for {deadline:?}").into()),
        };
        self.permissions.look();
        match event {
            rumqttc::v5::Event::Outgoing(Outgoing::Publish(packet)) => {
                self.permissions.sent(packet);
                Ok(None)
            }
            rumqttc::v5::Event::Incoming(Packet::PubAck(acknowledgement)) => {
                self.permissions.acknowledged(&acknowledgement);
                let waits_for_it = self.event_loop.state.collision.as_ref();
                if waits_for_it.is_some_and(|waiting| waiting.pkid == acknowledgement.pkid) {
                    // rumqttc sends what waits for a packet number only when that was taken, not when it was refused.
                    return Err(format!(
                        "the broker refused message {}, which another waited for",
                        acknowledgement.pkid
                    )
                    .into());
                }
                Ok(None)
            }
            rumqttc::v5::Event::Incoming(Packet::ConnAck(_)) => Ok(self.subscribe()?),
            rumqttc::v5::Event::Incoming(Packet::SubAck(granted)) => Ok(self.subscribed(&granted)?),
            rumqttc::v5::Event::Incoming(Packet::Publish(publish)) => {
                let own =
                    received(publish).filter(|message| !self.permissions.is_probe(&message.topic, &message.payload));
                Ok(own.map(Event::Message))
            }
            rumqttc::v5::Event::Incoming(Packet::Disconnect(goodbye)) => {
                Err(format!("the broker closed the connection: {:?}", goodbye.reason_code).into())
            }
            _ => Ok(None),
        }
    }

    fn subscribe(&mut self) -> Result<Option<Event>, String> {
        if self.subscriptions.is_empty() {
            self.client.connected.store(true, Ordering::Relaxed);
            return Ok(Some(Event::Connected));
        }
        let filters = self.subscriptions.iter().map(|topic| Filter::new(topic, QoS::AtLeastOnce));
        let sent = self.client.requests.try_subscribe_many(filters);
        sent.map(|()| None).map_err(|error| format!("cannot subscribe: {error}"))
    }

    fn subscribed(&mut self, granted: &SubAck) -> Result<Option<Event>, String> {
        if granted.return_codes.len() != self.subscriptions.len() {
            return Err("the broker answered another subscription than the one that was made".into());
        }
        for (code, topic) in granted.return_codes.iter().zip(&self.subscriptions) {
            if !matches!(code, SubscribeReasonCode::Success(_)) {
                return Err(format!("the broker refused the subscription to {topic:?}: {code:?}; see its ACL"));
            }
        }
        self.client.connected.store(true, Ordering::Relaxed);
        for topic in &self.probes {
            let probe = Message::new(topic.clone(), self.permissions.probe(topic));
            if let Err(error) = self.client.publish(probe) {
                tracing::debug!(topic, %error, "not probed");
            }
        }
        Ok(Some(Event::Connected))
    }

    /// Lets what was published go out, then disconnects, so that the Last Will is not sent.
    async fn say_goodbye(&mut self) {
        if !self.client.connected.swap(false, Ordering::Relaxed) {
            return;
        }
        // It waits for its turn behind what was published, which moves only while the connection is polled.
        let disconnected = self.client.requests.disconnect();
        let drained = async { while self.event_loop.poll().await.is_ok() {} };
        if tokio::time::timeout(GOODBYE, async { tokio::join!(disconnected, drained) }).await.is_err() {
            tracing::debug!("the MQTT broker did not take the last messages in time");
        }
    }
}

fn received(publish: Publish) -> Option<Message> {
    match std::str::from_utf8(&publish.topic) {
        Ok(topic) => Some(Message {
            topic: topic.to_owned(),
            payload: publish.payload,
            retain: publish.retain,
            acknowledged: publish.qos != QoS::AtMostOnce,
            expiry: None,
            traceparent: None,
        }),
        Err(_) => {
            tracing::warn!(topic = ?publish.topic, "dropped an MQTT message whose topic is not UTF-8");
            None
        }
    }
}

fn in_words(error: &ConnectionError) -> Broken {
    if let ConnectionError::ConnectionRefused(
        ConnectReturnCode::NotAuthorized | ConnectReturnCode::BadUserNamePassword,
    ) = error
    {
        let reason = "the broker knows no such user with this password; see --broker-user and --broker-password-file";
        return Broken { reason: reason.into(), refused: true };
    }
    // It does not say what it wraps as others do.
    let cause: &(dyn std::error::Error + 'static) = match error {
        ConnectionError::MqttState(StateError::Deserialization(mqttbytes::Error::Io(cause))) => cause,
        ConnectionError::Tls(TlsError::Io(cause))
            if matches!(cause.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) =>
        {
            let reason =
                "the broker ended the TLS handshake; it may speak plaintext at this port: mqtt:// asks for that";
            return reason.to_owned().into();
        }
        other => other,
    };
    match cineswarm_credentials::in_words(cause, "the broker", "--broker") {
        Some(reason) => Broken { reason, refused: true },
        None => error.to_string().into(),
    }
}
