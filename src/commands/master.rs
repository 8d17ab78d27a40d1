//! `cineswarm master`.

use cineswarm_telemetry::traces;

use super::block_on;
use super::serving::{Serving, open_served};

/// Runs a master until it is told to stop.
pub(super) fn run(options: cineswarm_master::Options) -> anyhow::Result<()> {
    let chosen = open_served(&options)?;
    block_on(async {
        let traces = traces::start("cineswarm-master")?;
        let told = Serving::start(options, chosen, false).await?.run_to_the_end(|| {}).await;
        traces.stop().await;
        told
    })
}
