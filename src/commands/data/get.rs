//! stub
#[derive(clap::Args)]
pub(crate) struct Arguments {}
pub(super) fn run(_: Arguments) -> anyhow::Result<()> {
    Ok(())
}
