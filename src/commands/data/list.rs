//! `cineswarm data list`: what has been imported.

use std::io::{self, Write};

use cineswarm_engine::dataset;

use super::info::counted;
use crate::commands::DataDir;

/// Where to look.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: DataDir,
}

/// Lists the datasets, one a line, with what cannot be read said on its line.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let data_dir = &arguments.place.data_dir;
    let datasets = dataset::list(data_dir)?;
    if datasets.is_empty() {
        let place = data_dir.display();
        eprintln!("no datasets in {place}; import one with `cineswarm data import PATH`, or download one with");
        eprintln!("`cineswarm data get ml-latest-small`. The bundled one, demo, is made when it is first used.");
    }
    let longest = datasets.iter().map(|listed| listed.name.len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    for listed in &datasets {
        let facts = match &listed.metadata {
            Ok(metadata) => format!("{}  {}", metadata.version, counted(metadata)),
            Err(error) => format!("unreadable: {error}"),
        };
        writeln!(out, "{:longest$}  {facts}", listed.name)?;
    }
    Ok(())
}
