//! A Socket.IO client (protocol 5 on Engine.IO 4) of text frames on one WebSocket: as little as asking needs, so that
//! it takes little of the processor beside the farm. It knows the default namespace only and never reconnects.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Longer than the farm takes to give a request up.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connected browser, as the master sees it.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asks: u64,
}

/// How one ask went.
pub struct Answered {
    /// From the ask to its acknowledgement.
    pub ack: Duration,
    /// From the ask to the `answer`.
    pub answer: Duration,
    /// What the answer says of how it came about.
    pub meta: Meta,
}

/// The part of an answer's `meta` that is about time, as docs/PROTOCOL.md has it.
#[derive(Deserialize)]
pub struct Meta {
    pub workers: Vec<Worker>,
    pub processing_time_ms: f64,
    pub coverage: f64,
    pub timings: Timings,
}

/// What one worker did for an answer.
#[derive(Deserialize)]
pub struct Worker {
    pub processing_time_ms: f64,
}

/// The master's own stages.
#[derive(Deserialize)]
pub struct Timings {
    pub merge_ms: f64,
}

impl Meta {
    /// Computing without which there would be no answer: the slowest worker's, then the master's merge.
    pub fn pure_compute_ms(&self) -> f64 {
        let workers = self.workers.iter().map(|worker| worker.processing_time_ms);
        workers.fold(0.0, f64::max) + self.timings.merge_ms
    }
}

#[derive(Deserialize)]
struct Ack {
    request_id: String,
}

#[derive(Deserialize)]
struct Answer {
    request_id: String,
    meta: Meta,
}

impl Client {
    /// Connects to `ws://HOST:PORT`, joins the namespace `/` and waits until the session is open.
    pub async fn connect(server: &str) -> anyhow::Result<Client> {
        let url = format!("{server}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = connect_async_with_config(url, None, true).await?;
        let mut client = Client { socket, asks: 0 };
        ensure!(client.packet().await?.starts_with('0'), "the server did not open with an Engine.IO handshake");
        client.socket.send(Message::text("40{}")).await?;
        while !client.packet().await?.starts_with(r#"42["session""#) {}
        Ok(client)
    }

    /// Asks for ten films for a user, and waits for both the acknowledgement and the answer, whichever is first.
    pub async fn ask(&mut self, user_id: u32) -> anyhow::Result<Answered> {
        self.asks += 1;
        let ack_prefix = format!("43{}", self.asks);
        let asked = Instant::now();
        let packet = format!(r#"42{}["ask",{{"user_id":{user_id},"n":10}}]"#, self.asks);
        self.socket.send(Message::text(packet)).await?;
        let (mut acked, mut answered) = (None, None);
        loop {
            let packet = self.packet().await?;
            let came_after = asked.elapsed();
            if let Some(arguments) = packet.strip_prefix(ack_prefix.as_str()) {
                let (ack,): (Ack,) = parse(arguments)?;
                acked = Some((came_after, ack.request_id));
            } else if packet.starts_with(r#"42["answer""#) {
                let (_, answer): (IgnoredAny, Answer) = parse(&packet[2..])?;
                answered = Some((came_after, answer));
            } else if packet.starts_with(r#"42["failed""#) {
                bail!("an ask failed: {packet}");
            }
            if let (Some((ack, request_id)), Some((answer, Answer { request_id: answers, meta }))) =
                (&acked, answered.take_if(|_| acked.is_some()))
            {
                ensure!(*request_id == answers, "the answer to {answers} came for the ask {request_id}");
                return Ok(Answered { ack: *ack, answer, meta });
            }
        }
    }

    /// The next Socket.IO packet; the server's pings are answered on the way.
    async fn packet(&mut self) -> anyhow::Result<tokio_tungstenite::tungstenite::Utf8Bytes> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            let message = next.context("the server was silent for too long")?.context("the server hung up")??;
            match message {
                Message::Text(ping) if ping.as_str() == "2" => self.socket.send(Message::text("3")).await?,
                Message::Text(packet) => return Ok(packet),
                Message::Close(reason) => bail!("the server closed the connection: {reason:?}"),
                _ => {}
            }
        }
    }
}

fn parse<T: DeserializeOwned>(json: &str) -> anyhow::Result<T> {
    serde_json::from_str(json).with_context(|| format!("docs/PROTOCOL.md has something else than {json}"))
}
