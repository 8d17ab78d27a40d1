//! `cineswarm worker`.

use cineswarm_telemetry::traces;

use super::{block_on, told_to_stop};

/// Runs a worker until it is told to stop, or drained by the master.
pub(super) fn run(options: cineswarm_worker::Options) -> anyhow::Result<()> {
    block_on(async {
        let traces = traces::start("cineswarm-worker")?;
        let worker = cineswarm_worker::start(options)?;
        let stopper = worker.stopper();
        tokio::spawn(async move {
            if told_to_stop().await.is_ok() {
                stopper.cancel();
            }
        });
        worker.stopped().await;
        traces.stop().await;
        Ok(())
    })
}
