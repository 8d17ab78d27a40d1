//! `cineswarm events copy`: a consumer that keeps the events of a log in a table, for programs that ask in SQL.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use cineswarm_credentials::{ClientTls, Files, Secret, given};
use cineswarm_events::consumer::{self, Handler, Options, Refusal, Setup, State};
use cineswarm_events::grpc::Remote;
use cineswarm_events::{Consumer, Database, Event, Filter, LARGEST_READ, migrate};
use cineswarm_mqtt::BrokerOptions;
use cineswarm_proto::Topics;
use cineswarm_proto::events::RATINGS;
use cineswarm_worker::Channels;
use sqlx::{AnyConnection, Connection, Executor};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::told_to_stop;

/// `place` is the order in which events were taken. Both databases understand it.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS copied_events (place BIGINT NOT NULL PRIMARY KEY, \
     seq BIGINT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT, at BIGINT NOT NULL)";

/// How long a database that is still starting is waited for at a time.
const DATABASE_BACKOFF: Duration = Duration::from_millis(500);
/// How often it is tried.
const DATABASE_TRIES: u32 = 60;

/// What to copy, and where to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Database of the copy, of its own: sqlite://FILE?mode=rwc or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "COPY_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        required_unless_present = "to_file"
    )]
    to: Option<Secret>,

    /// File with the URL of the copy's database
    #[arg(long, env = "COPY_DATABASE_URL_FILE", value_name = "FILE")]
    to_file: Option<PathBuf>,

    /// Where the log is read: the gRPC port of its master
    #[arg(long, env = "GRPC_ENDPOINT", value_name = "URL", default_value = "http://127.0.0.1:50051")]
    grpc_endpoint: String,

    /// CA of the master's certificate, in PEM; with it the master is called with TLS only
    #[arg(long, env = "GRPC_CA", value_name = "FILE")]
    grpc_ca: Option<PathBuf>,

    /// Certificate to show to the master, in PEM
    #[arg(long, env = "GRPC_CERT", value_name = "FILE")]
    grpc_cert: Option<PathBuf>,

    /// Key of the certificate to show to the master, in PEM
    #[arg(long, env = "GRPC_KEY", value_name = "FILE")]
    grpc_key: Option<PathBuf>,

    #[command(flatten)]
    broker: BrokerOptions,

    /// First part of every MQTT topic
    #[arg(long, env = "TOPIC_PREFIX", value_name = "PREFIX", default_value = "cineswarm")]
    topic_prefix: String,

    /// The log
    #[arg(long, value_name = "NAME", default_value = RATINGS)]
    log: String,

    /// What the copy is called among the consumers; replicas of one copy have one name and one database
    #[arg(long, value_name = "NAME", default_value = "copy")]
    name: String,
}

/// Copies until it is told to stop.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { to, to_file, grpc_endpoint, grpc_ca, grpc_cert, grpc_key, broker, topic_prefix, log, name } =
        arguments;
    let topics = Topics::new(&topic_prefix)?;
    let to = given("COPY_DATABASE_URL", to.as_ref(), to_file.as_deref())?.context("no --to is given")?;
    let database = Database::parse(to.expose())?;
    prepare(&database).await?;
    let files = Files { ca: grpc_ca, certificate: grpc_cert, key: grpc_key };
    let tls = if files.any() { Some(ClientTls::new(files, &["h2"])?) } else { None };
    let channel = Channels::new(tls)
        .open(&grpc_endpoint)
        .map_err(|error| anyhow::anyhow!("--grpc-endpoint is {grpc_endpoint:?}, but {error}"))?;
    let stop = CancellationToken::new();
    let consumer = Consumer { name, log: log.clone() };
    let setup = Setup { consumer, filter: Filter::default(), page: LARGEST_READ };
    let (handle, mut copying) =
        consumer::start(Options::new(setup), database, Remote::new(log.clone(), channel), Copy, stop.clone());
    let (_client, mut ringing) = cineswarm_mqtt::connect(
        cineswarm_mqtt::Options {
            broker: broker.broker()?,
            client_id: format!("{}-copy-{}", topic_prefix.replace('/', "-"), Uuid::new_v4().simple()),
            subscriptions: vec![topics.ring(&log)],
            probes: Vec::new(),
            last_will: None,
        },
        stop.clone(),
    );
    let telling = tokio::spawn(tell(handle.state(), stop.clone()));
    let told = told_to_stop();
    tokio::pin!(told);
    let ended = loop {
        tokio::select! {
            // Whatever is heard, what counts is what is read then.
            Some(_) = ringing.recv() => handle.ring(),
            told = &mut told => break told,
            _ = &mut copying => break Err(anyhow::anyhow!("the copy has ended by itself")),
        }
    };
    stop.cancel();
    let _ = tokio::join!(copying_has_ended(copying), telling);
    ended
}

async fn copying_has_ended(copying: tokio::task::JoinHandle<()>) {
    if !copying.is_finished() {
        let _ = copying.await;
    }
}

async fn prepare(database: &Database) -> anyhow::Result<()> {
    let mut tries = 0;
    let mut connection = loop {
        tries += 1;
        match database.connect().await {
            Ok(connection) => break connection,
            Err(error) if tries < DATABASE_TRIES => {
                tracing::warn!(%error, "the database of the copy cannot be opened yet");
                tokio::time::sleep(DATABASE_BACKOFF).await;
            }
            Err(error) => return Err(error).context("opening the database of the copy"),
        }
    };
    migrate(&mut connection).await?;
    connection.execute(TABLE).await.context("making the table of the copy")?;
    Ok(connection.close().await?)
}

/// Says how the copy is, when that changes.
async fn tell(mut state: watch::Receiver<State>, stop: CancellationToken) {
    let mut was_at_end = false;
    while let Some(Ok(())) = stop.run_until_cancelled(state.changed()).await {
        let is_at_end = match &*state.borrow_and_update() {
            State::Following { at, behind: 0 } if !was_at_end => {
                tracing::info!(at = at.seq, "the copy has all of the log");
                true
            }
            State::Following { behind, .. } => was_at_end && *behind < i64::from(LARGEST_READ),
            // The consumer says itself why.
            State::Starting | State::Trying { .. } | State::Stopped { .. } => false,
        };
        was_at_end = is_at_end;
    }
}

struct Copy;

impl Handler<AnyConnection> for Copy {
    async fn handle(&mut self, transaction: &mut AnyConnection, event: &Event) -> Result<(), Refusal> {
        if event.is_last {
            sqlx::query("UPDATE copied_events SET payload = NULL WHERE key = $1")
                .bind(event.key.clone())
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query(
            "INSERT INTO copied_events (place, seq, id, kind, key, payload, at) \
             SELECT COALESCE(MAX(place), 0) + 1, $1, $2, $3, $4, $5, $6 FROM copied_events",
        )
        .bind(event.seq)
        .bind(event.id.to_string())
        .bind(event.kind.clone())
        .bind(event.key.clone())
        .bind(event.payload.clone())
        .bind(event.at)
        .execute(transaction)
        .await?;
        Ok(())
    }

    async fn start_over(&mut self, transaction: &mut AnyConnection) -> Result<(), Refusal> {
        transaction.execute("DELETE FROM copied_events").await?;
        Ok(())
    }
}
