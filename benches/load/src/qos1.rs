//! The broker's part of the way: one acknowledged message at a time, published to oneself.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use cineswarm_mqtt::{BrokerOptions, Event, Message, Options};
use tokio_util::sync::CancellationToken;

use crate::processes::load_average;
use crate::report::{Measured, Qos1};
use crate::spread::Spread;

const PATIENCE: Duration = Duration::from_secs(10);

/// Which broker, and how often.
#[derive(clap::Args)]
pub struct Arguments {
    /// The broker.
    #[command(flatten)]
    broker: BrokerOptions,

    /// Messages to measure
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,

    /// Messages before that, which are not measured
    #[arg(long, default_value_t = 200)]
    warm_up: u32,

    /// Size of a message; a task of one query is about as large
    #[arg(long, default_value_t = 1024)]
    bytes: usize,

    /// What the measurement is called in the report
    #[arg(long, default_value = "")]
    setup: String,
}

/// Prints how long the messages took from `publish` until they came back.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { broker, count, warm_up, bytes, setup } = arguments;
    let client_id = format!("cineswarm-load-{}", std::process::id());
    let topic = format!("{client_id}/echo");
    let broker = broker.broker()?;
    let options =
        Options { broker, client_id, subscriptions: vec![topic.clone()], probes: Vec::new(), last_will: None };
    let stop = CancellationToken::new();
    let (client, mut events) = cineswarm_mqtt::connect(options, stop.clone());
    let mut next = async || match tokio::time::timeout(PATIENCE, events.recv()).await {
        Ok(Some(Event::Disconnected { reason, .. })) => bail!("no connection to the broker: {reason}"),
        Ok(event) => event.context("the connection ended"),
        Err(_) => bail!("the broker was silent for {PATIENCE:?}"),
    };
    while !matches!(next().await?, Event::Connected) {}
    let load_average = load_average();
    let mut milliseconds = Vec::new();
    for number in 0..warm_up + count {
        let message = Message::new(topic.clone(), vec![b'x'; bytes]);
        let published = Instant::now();
        client.publish(message)?;
        while !matches!(next().await?, Event::Message(_)) {}
        if number >= warm_up {
            milliseconds.push(published.elapsed().as_secs_f64() * 1e3);
        }
    }
    stop.cancel();
    let round_trip_ms = Spread::of(milliseconds).context("nothing was measured")?;
    crate::print(&Measured::Qos1(Qos1 { setup, round_trip_ms, load_average }))
}
