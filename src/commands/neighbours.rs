//! `cineswarm neighbours`: who rates as a user does, for looking into an answer.

use std::io::{self, Write};

use anyhow::anyhow;
use cineswarm_engine::{NeighbourOptions, UserId};
use clap::builder::FalseyValueParser;
use serde::Serialize;

use super::{DatasetChoice, print_json};
use crate::local::Local;

/// Whose neighbours, and how many.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cineswarm neighbours --data ml-latest-small --user 1 --k 5 --json")]
pub(crate) struct Arguments {
    /// The user of the dataset
    #[arg(long, env = "NEIGHBOURS_USER", value_name = "ID")]
    user: UserId,

    /// How many neighbours
    #[arg(long, env = "NEIGHBOURS_K", value_name = "K", default_value_t = 40,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    k: u32,

    #[command(flatten)]
    choice: DatasetChoice,

    /// Print a list of {"user", "similarity", "overlap"}
    #[arg(long, env = "OUTPUT_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
}

#[derive(Serialize)]
struct Listed {
    user: UserId,
    /// Above 0 and at most 1.
    similarity: f64,
    /// How many films both have rated.
    overlap: u32,
}

/// Computes and lists them, the most similar first.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { user, k, choice, json } = arguments;
    let dataset = choice.open()?;
    let name = &dataset.metadata().name;
    let profile =
        dataset.profile(user).ok_or_else(|| anyhow!("user {user} has no ratings in dataset {name}; try another"))?;
    let options = NeighbourOptions { k: k as usize, exclude_user: Some(user), ..NeighbourOptions::default() };
    let neighbours = Local::new(&dataset)?.neighbours(&profile, &options);
    if json {
        let listed = neighbours.iter();
        let listed: Vec<Listed> =
            listed.map(|one| Listed { user: one.user, similarity: one.similarity, overlap: one.overlap }).collect();
        return print_json(&listed);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{:>10}  {:>10}  {:>7}", "user", "similarity", "overlap")?;
    for one in &neighbours {
        writeln!(out, "{:>10}  {:>10.6}  {:>7}", one.user, one.similarity, one.overlap)?;
    }
    Ok(())
}
