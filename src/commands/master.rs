//! `cineswarm master`.

use cineswarm_telemetry::traces;

use super::{block_on, open_dataset, told_to_stop_or_failed};
use crate::default_model;

/// Runs a master until it is told to stop.
pub(super) fn run(options: cineswarm_master::Options) -> anyhow::Result<()> {
    let dataset = open_dataset(&options.data_dir, options.dataset.as_deref(), options.facts.as_deref())?;
    block_on(async {
        let traces = traces::start("cineswarm-master")?;
        let data_dir = options.data_dir.clone();
        let master = cineswarm_master::start(options, dataset).await?;
        default_model::offer(&master, &data_dir, false);
        let told = told_to_stop_or_failed(&master).await;
        master.stop();
        master.stopped().await;
        traces.stop().await;
        told
    })
}
