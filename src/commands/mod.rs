//! The commands, one a file. Each prints its answer to standard output and everything else to standard error.

mod data;
mod neighbours;
mod recommend;

use std::path::PathBuf;

/// What can be done.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import, list, check and download datasets
    #[command(subcommand)]
    Data(data::Command),
    /// Recommend films on the terminal, without a server
    Recommend(recommend::Arguments),
    /// List the users whose ratings are most similar to a user's
    Neighbours(neighbours::Arguments),
}

impl Command {
    /// Runs to the end.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Data(command) => command.run(),
            Command::Recommend(arguments) => recommend::run(arguments),
            Command::Neighbours(arguments) => neighbours::run(arguments),
        }
    }
}

/// Where datasets are kept.
#[derive(clap::Args)]
pub(crate) struct DataDir {
    /// Folder of the imported datasets
    #[arg(long, env = "DATA_DIR", value_name = "DIR", default_value = "data")]
    pub(crate) data_dir: PathBuf,
}

/// Which dataset to compute with.
#[derive(clap::Args)]
pub(crate) struct DatasetChoice {
    /// Name of an imported dataset, path of one to import first, or "demo" for the bundled one
    #[arg(long = "data", env = "DATASET", value_name = "NAME-OR-PATH", default_value = "demo")]
    pub(crate) dataset: String,

    #[command(flatten)]
    pub(crate) place: DataDir,
}
