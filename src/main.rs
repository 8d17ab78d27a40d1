//! The program `cineswarm`: reads the command line, sets up logging, runs one command and says how it ended.
//! What a command does is in `commands`; nothing is computed here.

mod commands;
mod datasets;
mod download;
mod local;
mod models;
mod progress;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use commands::Command;

/// A self-hosted movie recommender that is a task farm
#[derive(Parser)]
#[command(
    version,
    propagate_version = true,
    max_term_width = 110,
    after_help = "Every option can also be given by the environment variable shown with it.\n\
                  Exit status: 0 fine, 1 failure, 2 wrong usage."
)]
struct Cli {
    /// What to log, as in "debug" or "warn,cineswarm=trace"
    #[arg(long, global = true, env = "RUST_LOG", value_name = "FILTER", default_value = "info",
          value_parser = parse_filter, help_heading = "Logging")]
    log_level: String,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Cli { log_level, command } = Cli::parse();
    // Standard output is for answers.
    let colours = io::stderr().is_terminal();
    tracing_subscriber::registry()
        .with(EnvFilter::new(log_level))
        .with(filter_fn(|what| !may_log_secrets(what)))
        .with(tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colours))
        .init();
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_words(&error));
            ExitCode::FAILURE
        }
    }
}

/// Libraries that log, below `info`, what they carry: browsers' messages have in them what opens a session, the first
/// message to a broker has its password.
const CARRIERS: [&str; 5] = ["tungstenite", "tokio_tungstenite", "socketioxide", "engineioxide", "rumqttc"];

/// Whether a log line may have a secret in it, whatever level was asked for.
fn may_log_secrets(what: &Metadata<'_>) -> bool {
    let library = what.target().split("::").next().unwrap_or_default();
    *what.level() > Level::INFO && CARRIERS.contains(&library)
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|reason| reason.to_string())
}

/// Whether whoever read our output has seen enough, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error with its causes, leaving out those that a message already quotes.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(|cause| cause.to_string()) {
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    // Words of others are quoted here, which must not steer the terminal.
    words.replace(|character: char| character.is_control() && character != '\n', " ")
}
