//! The program `cineswarm`: reads the command line, sets up logging, runs one command and says how it ended.
//! What a command does is in `commands`; nothing is computed here.

mod allocator;
mod commands;
mod datasets;
mod default_model;
mod download;
mod local;
mod models;
mod progress;
mod switching;

use std::io;
use std::process::ExitCode;

use cineswarm_telemetry::logs;
use clap::Parser;

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
    #[command(flatten)]
    log: logs::Options,

    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Cli { log, command } = Cli::parse();
    logs::start(&log, if command.runs_until_stopped() { logs::Stream::Output } else { logs::Stream::Error });
    match command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_words(&error));
            ExitCode::FAILURE
        }
    }
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
