//! `cineswarm data export`: a dataset, or the ratings of one of its users, for other programs.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, bail};
use cineswarm_engine::dataset::{export_csv, export_neo4j, export_parquet};
use cineswarm_engine::viewer_files::written::{OwnRating, json, letterboxd};
use clap::ValueEnum;

use crate::commands::DataDir;
use crate::datasets;

/// What is written, and where to.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data export ml-latest-small --to films-as-csv\n  \
    cineswarm data export ml-latest-small --to films-as-parquet --format parquet\n  \
    cineswarm data export ml-latest-small --to films-as-a-graph --format neo4j\n  \
    cineswarm data export ml-latest-small --user 42 --to letterboxd.csv\n  \
    cineswarm data export ml-latest-small --user 42 --to everything.json")]
pub(crate) struct Arguments {
    /// The dataset
    #[arg(env = "DATASET", value_name = "NAME")]
    name: String,

    #[command(flatten)]
    place: DataDir,

    /// The folder for the dataset's files, which must be empty or absent; with --user a file: .csv as Letterboxd imports
    /// it, or .json
    #[arg(long, env = "EXPORT_TO", value_name = "PATH")]
    to: PathBuf,

    /// What the dataset is written as
    #[arg(
        id = "export_format",
        long = "format",
        env = "EXPORT_FORMAT",
        value_name = "FORMAT",
        default_value = "csv",
        conflicts_with = "user"
    )]
    format: Format,

    /// Only the ratings of this user
    #[arg(long, env = "EXPORT_USER", allow_negative_numbers = true, value_name = "ID")]
    user: Option<String>,
}

/// What a dataset is written as.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// MovieLens' CSV files
    Csv,
    /// The same as Parquet
    Parquet,
    /// A graph for Neo4j: nodes and relationships as its importer takes them, and a Cypher script
    Neo4j,
}

/// Writes the latest version.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { name, place, to, format, user } = arguments;
    let dataset = datasets::open(&place.data_dir, &name)?;
    if to.is_file() || fs::read_dir(&to).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is there already; give another --to, or remove it first", to.display());
    }
    let Some(user) = user else {
        match format {
            Format::Csv => export_csv(&dataset, &to)?,
            Format::Parquet => export_parquet(&dataset, &to)?,
            Format::Neo4j => export_neo4j(&dataset, &to)?,
        }
        let metadata = dataset.metadata();
        writeln!(io::stdout().lock(), "{} {}: written to {}", metadata.name, metadata.version, to.display())?;
        return Ok(());
    };
    let found = dataset.user_of(&user).and_then(|user| dataset.ratings_of(user)).into_iter().flatten();
    let ratings: Vec<OwnRating> = found.map(|(movie, half_stars, at)| OwnRating { movie, half_stars, at }).collect();
    if ratings.is_empty() {
        bail!("user {user} has no ratings in dataset {name}; `cineswarm data info {name}` says what there is");
    }
    let text = match to.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => letterboxd(&ratings, dataset.catalogue()),
        Some("json") => serde_json::to_string_pretty(&json(&ratings, dataset.catalogue()))?,
        _ => bail!("{} ends neither in .csv, for Letterboxd, nor in .json; give --to one of these", to.display()),
    };
    fs::write(&to, text).with_context(|| format!("writing {}", to.display()))?;
    writeln!(io::stdout().lock(), "{} ratings of user {user} written to {}", ratings.len(), to.display())?;
    Ok(())
}
