//! `cineswarm events`: how the consumers of logs are, what they could not take, and a consumer that keeps a copy.

mod copy;

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use cineswarm_events::{Consumer, Cursor, Database, Letter, LetterState, admin};
use cineswarm_master::DatabaseOptions;
use cineswarm_proto::events::RATINGS;
use comfy_table::{Table, presets};

use super::films::for_terminal;
use super::{DataDir, block_on};

/// What can be done.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the log in a database, and the consumers that keep what they make of logs there
    List(Place),
    /// Show the events that a consumer could not take, and those that wait behind them
    Dead {
        #[command(flatten)]
        of: Of,
        /// How many at the most
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
    /// Have a dead letter tried again, and then what waits behind it
    Replay(OneOf),
    /// Give a dead letter another payload and have it tried again; the log stays as it is
    Mend {
        #[command(flatten)]
        one: OneOf,
        /// The payload, as JSON
        payload: String,
    },
    /// Forget a dead letter; what waits behind it goes on
    Drop(OneOf),
    /// Have a consumer forget what it made of a log and start over, as one that has stopped at a fork must
    Rebuild(Of),
    /// Keep a copy of a log in a database, each event once and in order, until told to stop
    Copy(Box<copy::Arguments>),
}

/// The database.
#[derive(clap::Args)]
pub(crate) struct Place {
    #[command(flatten)]
    database: DatabaseOptions,

    #[command(flatten)]
    place: DataDir,
}

/// A consumer.
#[derive(clap::Args)]
pub(crate) struct Of {
    /// The consumer, as `cineswarm events list` shows it
    consumer: String,

    /// The log it takes
    #[arg(long, value_name = "NAME", default_value = RATINGS)]
    log: String,

    #[command(flatten)]
    place: Place,
}

/// One of a consumer's letters.
#[derive(clap::Args)]
pub(crate) struct OneOf {
    #[command(flatten)]
    of: Of,

    /// The event's number, as `cineswarm events dead` shows it
    seq: i64,
}

impl Command {
    /// Runs to the end.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Copy(arguments) => block_on(copy::run(*arguments)),
            other => block_on(other.ask()),
        }
    }

    async fn ask(self) -> anyhow::Result<()> {
        match self {
            Command::List(place) => list(&place).await,
            Command::Dead { of, limit } => {
                let letters = admin::dead(&mut of.place.open().await?, &of.consumer(), limit).await?;
                show(&letters)
            }
            Command::Replay(OneOf { of, seq }) => {
                admin::replay(&mut of.place.open().await?, &of.consumer(), seq).await?;
                say(format_args!("{} will try event {seq} again", of.consumer()))
            }
            Command::Mend { one: OneOf { of, seq }, payload } => {
                if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&payload) {
                    bail!("the payload is no JSON: {error}");
                }
                admin::mend(&mut of.place.open().await?, &of.consumer(), seq, &payload).await?;
                say(format_args!("{} will try event {seq} again with the new payload", of.consumer()))
            }
            Command::Drop(OneOf { of, seq }) => {
                admin::drop(&mut of.place.open().await?, &of.consumer(), seq).await?;
                say(format_args!("{} goes on without event {seq}", of.consumer()))
            }
            Command::Rebuild(of) => {
                admin::rebuild(&mut of.place.open().await?, &of.consumer()).await?;
                say(format_args!("{} will start over", of.consumer()))
            }
            Command::Copy(_) => Ok(()),
        }
    }
}

impl Of {
    fn consumer(&self) -> Consumer {
        Consumer { name: self.consumer.clone(), log: self.log.clone() }
    }
}

impl Place {
    fn parse(&self) -> anyhow::Result<Database> {
        let url = cineswarm_master::database_url(&self.database, &self.place.data_dir)?;
        // Looking at a database does not make one.
        Ok(Database::parse(&url.expose().replace("?mode=rwc", "?mode=rw"))?)
    }

    pub(super) fn data_dir(&self) -> &Path {
        &self.place.data_dir
    }

    pub(super) async fn open(&self) -> anyhow::Result<sqlx::AnyConnection> {
        let database = self.parse()?;
        database.connect().await.context("opening the database; name it by --database-url or --data-dir")
    }
}

async fn list(place: &Place) -> anyhow::Result<()> {
    let mut connection = place.open().await?;
    let Cursor { seq, .. } = admin::head(&mut connection).await?;
    let mut table = table(["CONSUMER", "LOG", "AT", "DEAD", "WAITING", "STATE"]);
    let consumers = admin::list(&mut connection).await?;
    for listed in &consumers {
        let state = listed.stopped.as_deref().unwrap_or("following");
        table.add_row([
            listed.consumer.name.clone(),
            listed.consumer.log.clone(),
            listed.at.seq.to_string(),
            listed.dead.to_string(),
            listed.waiting.to_string(),
            for_terminal(state),
        ]);
    }
    say(format_args!("the log in this database has {seq} events"))?;
    if consumers.is_empty() { Ok(()) } else { say(format_args!("{table}")) }
}

fn show(letters: &[Letter]) -> anyhow::Result<()> {
    let mut table = table(["EVENT", "KIND", "KEY", "STATE", "REASON", "PAYLOAD"]);
    for Letter { event, state, reason } in letters {
        let state = match state {
            LetterState::Dead => "dead",
            LetterState::Waiting => "waiting",
            LetterState::Replay => "to be tried",
        };
        table.add_row([
            event.seq.to_string(),
            for_terminal(&event.kind),
            for_terminal(&event.key),
            state.to_owned(),
            for_terminal(reason.as_deref().unwrap_or_default()),
            for_terminal(event.payload.as_deref().unwrap_or("(deleted)")),
        ]);
    }
    if letters.is_empty() { say(format_args!("nothing is kept aside")) } else { say(format_args!("{table}")) }
}

pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    table
}

pub(super) fn say(words: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{words}")?)
}
