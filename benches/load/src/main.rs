//! The load generator: asks a running master over Socket.IO, times what comes back, and reads from `/proc` what each
//! process of the farm used. It computes nothing of the farm's, and runs on one thread so as to leave the cores to it.
//!
//! Every measurement prints one line of JSON; `report` makes tables of many such lines.

mod asks;
mod client;
mod first_answer;
mod processes;
mod qos1;
mod report;
mod spread;

use clap::Parser;

/// Measures a running Cineswarm; `scripts/bench.sh` shows how it is used
#[derive(Parser)]
#[command(max_term_width = 110)]
enum Command {
    /// Ask over and over, with so many asks under way
    Asks(asks::Arguments),
    /// Start a program many times, and take the time from its start to its first answer
    FirstAnswer(first_answer::Arguments),
    /// Publish to oneself over the broker, one acknowledged message (QoS 1) at a time
    Qos1(qos1::Arguments),
    /// Make Markdown tables of the measurements read from standard input
    Report,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Asks(arguments) => asks::run(arguments).await,
        Command::FirstAnswer(arguments) => first_answer::run(arguments).await,
        Command::Qos1(arguments) => qos1::run(arguments).await,
        Command::Report => report::run(),
    }
}

/// Prints a measurement as one line.
fn print(measured: &report::Measured) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}
