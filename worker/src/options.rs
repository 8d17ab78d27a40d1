//! What a worker is told from outside.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cineswarm_mqtt::BrokerOptions;

/// A worker's settings; every flag is also an environment variable.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The MQTT broker.
    #[command(flatten)]
    pub broker: BrokerOptions,

    /// CA of the master's certificate, in PEM; with it the master is called with TLS only
    #[arg(long = "grpc-ca", env = "GRPC_CA", value_name = "FILE")]
    pub grpc_ca: Option<PathBuf>,

    /// Certificate to show to the master, in PEM
    #[arg(long = "grpc-cert", env = "GRPC_CERT", value_name = "FILE")]
    pub grpc_cert: Option<PathBuf>,

    /// Key of the certificate to show to the master, in PEM
    #[arg(long = "grpc-key", env = "GRPC_KEY", value_name = "FILE")]
    pub grpc_key: Option<PathBuf>,

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

    /// Address and port of /metrics, /health/live and /health/ready, for operators only: keep it off the internet; such as
    /// 127.0.0.1:8889 [default: none]
    #[arg(long = "health-listen", env = "HEALTH_LISTEN", value_name = "ADDRESS:PORT")]
    pub health_listen: Option<SocketAddr>,

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
