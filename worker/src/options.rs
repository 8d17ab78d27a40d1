//! What a worker is told from outside.

use std::time::Duration;

use cineswarm_mqtt::BrokerUrl;

/// A worker's settings; every flag is also an environment variable.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The MQTT broker
    #[arg(long = "broker", env = "BROKER_URL", value_name = "URL", default_value = "mqtt://localhost:1883")]
    pub broker: BrokerUrl,

    /// This worker's name, unique in the farm: letters, digits, '-', '_' and '.' [default: made from the host's name]
    #[arg(long = "id", env = "WORKER_ID", value_name = "NAME", value_parser = parse_worker_id)]
    pub worker_id: Option<String>,

    /// Tasks to take at a time
    #[arg(long, env = "WORKER_SLOTS", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..=256))]
    pub slots: u32,

    /// First part of every MQTT topic
    #[arg(long, env = "TOPIC_PREFIX", value_name = "PREFIX", default_value = "cineswarm")]
    pub topic_prefix: String,

    /// Seconds to finish the work in hand when told to stop
    #[arg(long = "drain-timeout", env = "DRAIN_TIMEOUT", value_name = "SECONDS", default_value = "5",
          value_parser = parse_seconds)]
    pub drain_timeout: Duration,
}

fn parse_worker_id(text: &str) -> Result<String, String> {
    if cineswarm_proto::messages::is_worker_id(text) {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 letters, digits, '-', '_' or '.'".into())
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0 to 3600".into()),
    }
}
