//! How long after the start of a program somebody who asks at once has an answer.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::process::{Child, Command};

use crate::client::Client;
use crate::processes::load_average;
use crate::report::{FirstAnswer, Measured};
use crate::spread::median;

/// Between two tries to connect: short beside what is measured.
const RETRY: Duration = Duration::from_millis(2);
const START_DEADLINE: Duration = Duration::from_secs(60);

/// What to start, and how often.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where the program will listen
    #[arg(long, value_name = "URL")]
    server: String,

    /// How often to start it
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,

    /// What the measurement is called in the report
    #[arg(long, default_value = "")]
    setup: String,

    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Prints the times from each start to the first answer.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let load_average = load_average();
    let mut seconds = Vec::new();
    for _ in 0..arguments.runs {
        seconds.push(once(&arguments).await?.as_secs_f64());
    }
    let (setup, longest_s) = (arguments.setup, seconds.iter().copied().fold(0.0, f64::max));
    crate::print(&Measured::FirstAnswer(FirstAnswer { setup, median_s: median(seconds), longest_s, load_average }))
}

async fn once(arguments: &Arguments) -> anyhow::Result<Duration> {
    let (program, rest) = arguments.command.split_first().context("no program to start")?;
    ensure!(Client::connect(&arguments.server).await.is_err(), "something listens on {} already", arguments.server);
    let begun = Instant::now();
    let mut running = Command::new(program)
        .args(rest)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {program}"))?;
    let mut client = loop {
        match Client::connect(&arguments.server).await {
            Ok(client) => break client,
            Err(error) => {
                ensure!(begun.elapsed() < START_DEADLINE, "{program} did not listen in time: {error}");
                ensure!(running.try_wait()?.is_none(), "{program} ended before it listened");
                tokio::time::sleep(RETRY).await;
            }
        }
    };
    let answered = client.ask(1).await?;
    let took = begun.elapsed();
    ensure!(answered.meta.coverage == 1.0, "the first answer was partial");
    stop(&mut running).await?;
    Ok(took)
}

/// Asks it to end, as a service manager would, and waits.
async fn stop(running: &mut Child) -> anyhow::Result<()> {
    if let Some(pid) = running.id() {
        Command::new("kill").arg(pid.to_string()).status().await.context("running kill")?;
    }
    tokio::time::timeout(START_DEADLINE, running.wait()).await.context("the program did not end when told to")??;
    Ok(())
}
