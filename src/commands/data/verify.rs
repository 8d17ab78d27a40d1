//! `cineswarm data verify`: whether a dataset's files hold what was written.

use std::io::{self, Write};

use crate::commands::DataDir;
use crate::datasets;

/// Which dataset.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The dataset
    #[arg(env = "DATASET", value_name = "NAME")]
    name: String,

    #[command(flatten)]
    place: DataDir,
}

/// Reads all files of the latest version and compares their hashes.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let dataset = datasets::open(&arguments.place.data_dir, &arguments.name)?;
    dataset.verify()?;
    let metadata = dataset.metadata();
    writeln!(io::stdout().lock(), "{} {}: all files are as they were written", metadata.name, metadata.version)?;
    Ok(())
}
