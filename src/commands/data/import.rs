//! `cineswarm data import`: from a folder or archive to a new version of a dataset.

use std::io::{self, Write};
use std::path::PathBuf;

use cineswarm_engine::dataset::{ImportOptions, ImportReport, MAX_SHARD_COUNT, import};
use cineswarm_engine::movielens::{IdKind, Scale};
use clap::builder::FalseyValueParser;
use indicatif::HumanCount;

use super::info::{bad_rows_line, counted};
use crate::commands::DataDir;
use crate::datasets::{name_for, now};
use crate::progress::ImportProgress;

/// How many bad rows are shown.
const SHOWN_BAD_ROWS: usize = 5;

/// What an import is told.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data import ~/Downloads/ml-latest-small.zip\n  \
    cineswarm data import ml-1m --name one-million --shards 32\n  \
    cineswarm data import my-export --max-bad-rows 5%\n  \
    cineswarm data import ml-latest-small --facts film-facts/film-facts.tsv.gz")]
pub(crate) struct Arguments {
    /// Folder of ratings and films, or a zip or tar archive of it, in any layout of MovieLens
    #[arg(env = "IMPORT_PATH", value_name = "PATH")]
    path: PathBuf,

    /// What to call the dataset [default: the name of the folder or archive]
    #[arg(long, env = "IMPORT_NAME", value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    place: DataDir,

    #[command(flatten)]
    how: How,

    /// Make a new version even if the same was imported before
    #[arg(long, env = "IMPORT_FORCE", value_parser = FalseyValueParser::new())]
    force: bool,
}

/// Settings of every import.
#[derive(clap::Args)]
pub(super) struct How {
    /// How many parts the users are cut into; one worker computes one part at a time
    #[arg(long, env = "SHARDS", value_name = "N", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_SHARD_COUNT)))]
    shards: u32,

    /// The fraction of a file's rows that may be bad, as in 0.01 or 1%; past it nothing is imported
    #[arg(long, env = "MAX_BAD_ROWS", value_name = "FRACTION", default_value = "1%", value_parser = parse_fraction)]
    max_bad_rows: f64,

    /// A file of facts about films: directors, cast, lengths, languages, series; film-facts/README.md says what it holds
    #[arg(long, env = "FACTS", value_name = "FILE")]
    facts: Option<PathBuf>,
    /// The highest rating of the file's scale; without it 1 to 10 and 1 to 100 are recognised, and said
    #[arg(long, env = "IMPORT_SCALE", value_name = "5|10|100", value_parser = parse_scale)]
    scale: Option<Scale>,
    /// What the ids of users and films are: whole numbers below 2,147,483,648, or text, which is numbered and given back;
    /// without it they are taken as text where more than a fifth are no numbers, and that is said
    #[arg(long, env = "IMPORT_IDS", value_name = "numbers|text", value_parser = parse_ids)]
    ids: Option<IdKind>,
}

impl How {
    /// With these settings, now.
    pub(super) fn options(&self, place: &DataDir, name: String) -> ImportOptions {
        let Self { shards, max_bad_rows, ref facts, scale, ids } = *self;
        ImportOptions {
            shard_count: shards,
            max_bad_rows,
            facts: facts.clone(),
            scale,
            ids,
            ..ImportOptions::new(&place.data_dir, name, now())
        }
    }
}

/// Imports and says what came of it.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { path, name, place, how, force } = arguments;
    let name = name.map_or_else(|| name_for(&path), Ok)?;
    let options = ImportOptions { force, ..how.options(&place, name) };
    let mut shown = ImportProgress::default();
    let report = import(&path, &options, &mut |progress| shown.show(progress))?;
    drop(shown);
    summarise(&mut io::stdout().lock(), &report)?;
    Ok(())
}

/// Says what an import did.
pub(super) fn summarise(out: &mut dyn Write, report: &ImportReport) -> io::Result<()> {
    let ImportReport { metadata, directory, reused, bad_rows } = report;
    if *reused {
        writeln!(out, "{}: unchanged since it was imported at {}", metadata.name, metadata.created_at)?;
    } else {
        writeln!(out, "{}: imported from {}", metadata.name, metadata.source)?;
    }
    writeln!(out, "  version   {}", metadata.version)?;
    writeln!(out, "  contents  {}", counted(metadata))?;
    if metadata.counts.rated_again > 0 {
        let again = HumanCount(metadata.counts.rated_again);
        writeln!(out, "  re-rated  {again} ratings of which a later one counts")?;
    }
    for assumed in &metadata.assumptions {
        writeln!(out, "  assumed   {assumed}")?;
    }
    writeln!(out, "  bad rows  {}", bad_rows_line(metadata))?;
    for row in bad_rows.iter().take(SHOWN_BAD_ROWS) {
        writeln!(out, "            {row}")?;
    }
    if !metadata.counts.bad_rows.is_empty() {
        writeln!(out, "            listed in {}", directory.join("bad_rows.jsonl").display())?;
    }
    Ok(())
}

fn parse_fraction(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    match number {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err("a fraction from 0 to 1, or a percentage from 0% to 100%".into()),
    }
}

fn parse_ids(text: &str) -> Result<IdKind, String> {
    match text {
        "numbers" => Ok(IdKind::Numbers),
        "text" => Ok(IdKind::Text),
        _ => Err("numbers or text".into()),
    }
}

fn parse_scale(text: &str) -> Result<Scale, String> {
    match text {
        "5" => Ok(Scale::Five),
        "10" => Ok(Scale::Ten),
        "100" => Ok(Scale::Hundred),
        _ => Err("5 for half a star to five stars, 10 for 1 to 10, or 100 for 1 to 100".into()),
    }
}
