//! `cineswarm data info`: what is known of a dataset without reading its ratings.

use std::io::{self, Write};

use cineswarm_engine::dataset::{Metadata, Origin, version_directory, versions};
use cineswarm_engine::movielens::Layout;
use clap::builder::FalseyValueParser;
use indicatif::{HumanBytes, HumanCount};

use crate::commands::{DataDir, print_json};
use crate::datasets;

/// Which dataset, and how to print it.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cineswarm data info ml-latest-small --json")]
pub(crate) struct Arguments {
    /// The dataset
    #[arg(env = "DATASET", value_name = "NAME")]
    name: String,

    #[command(flatten)]
    place: DataDir,

    /// Print the metadata as it is stored
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

/// Prints the facts.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { name, place, json } = arguments;
    let metadata = datasets::metadata(&place.data_dir, &name)?;
    if json {
        return print_json(&metadata);
    }
    let directory = version_directory(&place.data_dir, &name, &metadata.version)?;
    let bytes: u64 = metadata.files.values().map(|file| file.bytes).sum();
    let older = versions(&place.data_dir, &name)?.len().saturating_sub(1);
    let mut out = io::stdout().lock();
    writeln!(out, "{name}")?;
    writeln!(out, "  version   {} ({older} other)", metadata.version)?;
    writeln!(out, "  imported  {} from {} ({})", metadata.created_at, metadata.source, layout(&metadata))?;
    writeln!(out, "  contents  {}", counted(&metadata))?;
    writeln!(out, "  shards    {}", metadata.shard_count)?;
    writeln!(out, "  bad rows  {}", bad_rows_line(&metadata))?;
    for assumed in &metadata.assumptions {
        writeln!(out, "  assumed   {assumed}")?;
    }
    writeln!(out, "  files     {} in {}", HumanBytes(bytes), directory.display())?;
    Ok(())
}

/// "610 users, 9,742 films, 100,836 ratings, 3,683 tags".
pub(super) fn counted(metadata: &Metadata) -> String {
    let counts = &metadata.counts;
    let (users, films, ratings) = (HumanCount(counts.users), HumanCount(counts.movies), HumanCount(counts.ratings));
    let tags = if counts.tags > 0 { format!(", {} tags", HumanCount(counts.tags)) } else { String::new() };
    let genome = match counts.genome {
        0 => String::new(),
        films => format!(", tag genome of {} films", HumanCount(films)),
    };
    let facts = match counts.facts {
        0 => String::new(),
        films => format!(", facts of {} films", HumanCount(films)),
    };
    format!("{users} users, {films} films, {ratings} ratings{tags}{genome}{facts}")
}

/// "3: 2 duplicate, 1 off scale".
pub(super) fn bad_rows_line(metadata: &Metadata) -> String {
    let by_reason = &metadata.counts.bad_rows;
    if by_reason.is_empty() {
        return "none".into();
    }
    let each = by_reason.iter().map(|(reason, count)| {
        // As in the JSON, but in words.
        let reason = serde_json::to_value(reason).unwrap_or_default();
        format!("{} {}", HumanCount(*count), reason.as_str().unwrap_or("other").replace('_', " "))
    });
    let each: Vec<String> = each.collect();
    format!("{}: {}", HumanCount(by_reason.values().sum()), each.join(", "))
}

fn layout(metadata: &Metadata) -> &'static str {
    match metadata.layout {
        Origin::Rows => "generated",
        Origin::MovieLens(Layout::Csv) => "ratings.csv",
        Origin::MovieLens(Layout::Kaggle) => "rating.csv, as on Kaggle",
        Origin::MovieLens(Layout::Dat) => "ratings.dat",
        Origin::MovieLens(Layout::HundredK) => "u.data",
        Origin::MovieLens(Layout::Parquet) => "ratings.parquet",
        Origin::MovieLens(Layout::Atomic) => "NAME.inter, as of RecBole",
    }
}
