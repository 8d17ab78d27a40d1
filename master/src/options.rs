//! What the master is told from outside.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use cineswarm_credentials::Secret;
use cineswarm_mqtt::BrokerOptions;
use cineswarm_proto::messages::Shared;
use cineswarm_ratings::lake::address::Address as LakeAddress;
use ipnet::IpNet;

use crate::web::origin::AllowedOrigin;
use crate::web::posters::Posters;

/// The master's settings; every flag is also an environment variable.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Port of the page, Socket.IO and HTTP
    #[arg(long, env = "PORT", value_name = "PORT", default_value_t = 8888)]
    pub port: u16,

    /// Address to listen on
    #[arg(long = "listen", env = "LISTEN", value_name = "ADDRESS", default_value = "0.0.0.0")]
    pub listen: IpAddr,

    /// Port of gRPC, for workers only: keep it off the internet
    #[arg(long = "grpc-port", env = "GRPC_PORT", value_name = "PORT", default_value_t = 50051)]
    pub grpc_port: u16,

    /// Address to listen on for workers [default: as --listen; `up`: 127.0.0.1]
    #[arg(long = "grpc-listen", env = "GRPC_LISTEN", value_name = "ADDRESS")]
    pub grpc_listen: Option<IpAddr>,

    /// Address under which workers reach the gRPC port [default: THIS-HOST:GRPC-PORT, https:// with --grpc-cert, else
    /// http://]
    #[arg(long = "grpc-endpoint", env = "GRPC_ENDPOINT", value_name = "URL")]
    pub grpc_endpoint: Option<String>,

    /// Certificate of the gRPC port, in PEM; with it that port takes TLS only
    #[arg(long = "grpc-cert", env = "GRPC_CERT", value_name = "FILE")]
    pub grpc_cert: Option<PathBuf>,

    /// Key of the certificate of the gRPC port, in PEM
    #[arg(long = "grpc-key", env = "GRPC_KEY", value_name = "FILE")]
    pub grpc_key: Option<PathBuf>,

    /// CA of the workers' certificates, in PEM; with it only workers with one are taken at the gRPC port
    #[arg(long = "grpc-ca", env = "GRPC_CA", value_name = "FILE")]
    pub grpc_ca: Option<PathBuf>,

    /// Address and port of /metrics, /health/live and /health/ready, for operators only: keep it off the internet; such as
    /// 127.0.0.1:8889 [default: none; health is at the page's port as well]
    #[arg(long = "health-listen", env = "HEALTH_LISTEN", value_name = "ADDRESS:PORT")]
    pub health_listen: Option<SocketAddr>,

    /// The MQTT broker.
    #[command(flatten)]
    pub broker: BrokerOptions,

    /// First part of every MQTT topic
    #[arg(long, env = "TOPIC_PREFIX", value_name = "PREFIX", default_value = "cineswarm")]
    pub topic_prefix: String,

    /// Folder of the imported datasets, and of the SQLite database
    #[arg(long = "data-dir", env = "DATA_DIR", value_name = "DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// The dataset to serve: name of an imported one, path of one to import first, or "demo" for the bundled one [default:
    /// the one that is imported; demo if there is none]
    #[arg(long = "data", alias = "dataset", env = "DATASET", value_name = "NAME-OR-PATH")]
    pub dataset: Option<String>,

    /// A file of facts about films (directors, cast, lengths, languages, series), read with a dataset that is imported or
    /// generated now; film-facts/README.md says what it holds
    #[arg(long, env = "FACTS", value_name = "FILE")]
    pub facts: Option<PathBuf>,

    /// Where films' posters are, for viewers who turn them on: an address with {imdb} (as in tt0113277), {tmdb} or {movie_id},
    /// such as https://images.example/{imdb}.jpg, or a path on the page's own host [default: none; the page loads nothing
    /// from elsewhere]
    #[arg(long, env = "POSTERS_URL", value_name = "URL")]
    pub posters: Option<Posters>,

    /// The database.
    #[command(flatten)]
    pub database: DatabaseOptions,

    /// Token that whoever sends ratings to /ingest has to show, and that may speak for users of the dataset; everybody on
    /// this machine can read a command line, so rather give its file [default: none; /ingest is open to this machine alone]
    #[arg(long = "ingest-token", env = "INGEST_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub ingest_token: Option<Secret>,

    /// File with the token for /ingest
    #[arg(long = "ingest-token-file", env = "INGEST_TOKEN_FILE", value_name = "FILE")]
    pub ingest_token_file: Option<PathBuf>,

    /// Show on the broker what became of each rating from elsewhere: ratings/clean and ratings/dead, for people
    #[arg(long = "ratings-taps", env = "RATINGS_TAPS")]
    pub ratings_taps: bool,

    /// Whose ratings others may be compared with, beside the dataset's: everybody's; not those of viewers without an account,
    /// but what came in by /ingest; or nobody's
    #[arg(long = "ratings-shared", env = "RATINGS_SHARED", value_name = "WHOSE", value_enum,
          default_value_t = RatingsShared::All)]
    pub ratings_shared: RatingsShared,

    /// Events of the log of ratings past which they are made part of the dataset, as a new version of it, beside all that is
    /// served: workers that come and the next start read that many less; 0: only by hand, `cineswarm data compact`
    #[arg(long = "compact-after", env = "COMPACT_AFTER", value_name = "EVENTS", default_value_t = 500_000)]
    pub compact_after: u64,

    /// The data lake: a copy of all that happens to ratings, in Parquet files by day and hour, from which `cineswarm data
    /// rebuild` brings them back; a folder, or s3://BUCKET/PREFIX with the usual AWS_ variables [default: none]
    #[arg(long = "lake", env = "LAKE_DIR", value_name = "LAKE")]
    pub lake: Option<LakeAddress>,

    /// Workers that hold each shard
    #[arg(long, env = "REPLICATION", value_name = "N", default_value_t = 2,
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub replication: u32,

    /// Seconds a request may take before it is answered with what there is
    #[arg(long = "request-timeout", env = "REQUEST_TIMEOUT", value_name = "SECONDS", default_value = "10",
          value_parser = parse_seconds)]
    pub request_timeout: Duration,

    /// Seconds a worker has for a task before it is sent again
    #[arg(long, env = "LEASE", value_name = "SECONDS", default_value = "2", value_parser = parse_lease)]
    pub lease: Duration,

    /// Seconds between two words of a worker that has nothing new to say; the workers learn it from the master, which gives
    /// up one that is silent for four times as long
    #[arg(long = "heartbeat-interval", env = "HEARTBEAT_INTERVAL", value_name = "SECONDS", default_value = "2",
          value_parser = parse_heartbeat)]
    pub heartbeat_interval: Duration,

    /// Requests under way at the most; past it askers are told to wait
    #[arg(long = "max-requests", env = "MAX_REQUESTS", value_name = "N", default_value_t = 10_000)]
    pub max_requests: usize,

    /// Days an ended request stays in the database, to be shown again to its session; counted while a master runs
    #[arg(long = "keep-days", env = "KEEP_DAYS", value_name = "N", default_value_t = 90,
          value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub keep_days: u32,

    /// Mebibytes of requests and answers that stay in the database; past it the oldest go
    #[arg(long = "keep-mib", env = "KEEP_MIB", value_name = "N", default_value_t = 1024,
          value_parser = clap::value_parser!(u64).range(16..=1_048_576))]
    pub keep_mib: u64,

    /// Origins whose pages may connect beside this host's own, such as https://films.example; * for all
    #[arg(long = "allowed-origins", env = "ALLOWED_ORIGINS", value_name = "ORIGIN,...", value_delimiter = ',')]
    pub allowed_origins: Vec<AllowedOrigin>,

    /// Events a browser may send in a second; it may save up two seconds' worth
    #[arg(long = "events-per-second", env = "EVENTS_PER_SECOND", value_name = "N", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub events_per_second: u32,

    /// Connections that one address may have open; past it it is refused with a reason
    #[arg(long = "connections-per-address", env = "CONNECTIONS_PER_ADDRESS", value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub connections_per_address: u32,

    /// Proxies whose X-Forwarded-For says who connects, as in "10.0.0.0/8,::1"; nobody else's is believed
    #[arg(long = "trusted-proxies", env = "TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',',
          value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,
}

/// Where the database is.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DatabaseOptions {
    /// sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE [default: cineswarm.db in the data folder]
    #[arg(long = "database-url", env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<Secret>,

    /// File with the database's URL
    #[arg(long = "database-url-file", env = "DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,

    /// Password of the user in the database's URL; everybody on this machine can read a command line, so rather give its
    /// file
    #[arg(long = "database-password", env = "DATABASE_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub database_password: Option<Secret>,

    /// File with the password of the user in the database's URL
    #[arg(long = "database-password-file", env = "DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
}

/// Whose ratings others may be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RatingsShared {
    /// Everybody's.
    All,
    /// Not those of viewers without an account.
    Accounts,
    /// Those of the dataset alone.
    None,
}

impl RatingsShared {
    /// The same as workers are told it; `None` if they follow no log.
    pub fn shared(self) -> Option<Shared> {
        match self {
            RatingsShared::All => Some(Shared::All),
            RatingsShared::Accounts => Some(Shared::Accounts),
            RatingsShared::None => None,
        }
    }
}

fn parse_heartbeat(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.2..=60.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0.2 to 60".into()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0.01 to 3600".into()),
    }
}

/// A worker says what it does within 100 ms, and the lease is looked at as often; with a slow network's round trip on
/// top, a shorter lease would take healthy workers for lost.
const SHORTEST_LEASE: Duration = Duration::from_millis(500);

fn parse_lease(text: &str) -> Result<Duration, String> {
    let lease = parse_seconds(text)?;
    if lease < SHORTEST_LEASE {
        let shortest = SHORTEST_LEASE.as_secs_f64();
        return Err(format!("a lease under {shortest} s would take healthy workers for lost; give {shortest} or more"));
    }
    Ok(lease)
}

/// A network, or one address.
fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "an address as in 10.0.0.7, or a network as in 10.0.0.0/8".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_shorter_than_a_healthy_worker_needs_is_refused_and_says_what_to_give() {
        assert_eq!(parse_lease("0.5"), Ok(Duration::from_millis(500)));
        for short in ["0.05", "0.1", "0.49"] {
            assert!(parse_lease(short).unwrap_err().contains("give 0.5 or more"));
        }
    }
}
