//! `cineswarm master`.

use super::{block_on, told_to_stop_or_failed};
use crate::datasets::open_or_make;
use crate::progress::ImportProgress;

/// Runs a master until it is told to stop.
pub(super) fn run(options: cineswarm_master::Options) -> anyhow::Result<()> {
    let mut bar = ImportProgress::default();
    let dataset = open_or_make(&options.data_dir, &options.dataset, &mut |progress| bar.show(progress))?;
    drop(bar);
    block_on(async {
        let master = cineswarm_master::start(options, dataset).await?;
        let told = told_to_stop_or_failed(&master).await;
        master.stop();
        master.stopped().await;
        told
    })
}
