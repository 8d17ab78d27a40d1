//! `cineswarm master`.

use cineswarm_telemetry::traces;
use clap::builder::FalseyValueParser;

use super::block_on;
use super::serving::{Serving, open_served};

/// What to start.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Train the model that answers "films like these", beside the farm and at low priority, where none was trained before
    /// [default: neighbours answer until `cineswarm train` was run and the master starts anew]
    #[arg(long, env = "TRAIN", value_parser = FalseyValueParser::new())]
    train: bool,

    #[command(flatten)]
    master: cineswarm_master::Options,
}

/// Runs a master until it is told to stop.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { train, master: options } = arguments;
    let chosen = open_served(&options)?;
    block_on(async {
        let traces = traces::start("cineswarm-master")?;
        let told = Serving::start(options, chosen, train).await?.run_to_the_end(|| {}).await;
        traces.stop().await;
        told
    })
}
