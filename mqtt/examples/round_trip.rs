//! How long a QoS 1 message takes to the broker and back to the client that sent it, one at a time.
//!
//!     cargo run --release -p cineswarm-mqtt --features embedded --example round_trip [mqtt://host:port]
//!
//! Without a URL it asks an embedded broker in the same process.

use std::time::{Duration, Instant};

use cineswarm_mqtt::embedded::EmbeddedBroker;
use cineswarm_mqtt::{BrokerOptions, Event, Events, Message, Options, connect};
use tokio_util::sync::CancellationToken;

const WARM_UP: usize = 500;
const ROUND_TRIPS: usize = 5000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let embedded = EmbeddedBroker::start(([127, 0, 0, 1], 0).into()).await?;
    let url = std::env::args().nth(1).unwrap_or_else(|| format!("mqtt://{}", embedded.address()));
    let broker = BrokerOptions::from(url.as_str()).broker()?;
    let topic = format!("round_trip/{}", std::process::id());
    let options = Options {
        broker,
        client_id: format!("round_trip-{}", std::process::id()),
        subscriptions: vec![topic.clone()],
        probes: Vec::new(),
        last_will: None,
    };
    let (client, mut events) = connect(options, CancellationToken::new());
    until(&mut events, |event| matches!(event, Event::Connected)).await?;
    let mut times = Vec::with_capacity(WARM_UP + ROUND_TRIPS);
    for _ in 0..WARM_UP + ROUND_TRIPS {
        let begun = Instant::now();
        client.publish(Message::new(topic.clone(), vec![b'x'; 1000]))?;
        until(&mut events, |event| matches!(event, Event::Message(_))).await?;
        times.push(begun.elapsed());
    }
    let times = &mut times[WARM_UP..];
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    println!(
        "{ROUND_TRIPS} round trips of 1000 bytes: median {:?}, p99 {:?}, longest {:?}",
        at(0.5),
        at(0.99),
        times[ROUND_TRIPS - 1]
    );
    Ok(())
}

async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Result<(), Box<dyn std::error::Error>> {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), events.recv()).await? {
            Some(event) if wanted(&event) => return Ok(()),
            Some(Event::Disconnected { reason, .. }) => return Err(reason.into()),
            Some(_) => {}
            None => return Err("the connection ended".into()),
        }
    }
}
