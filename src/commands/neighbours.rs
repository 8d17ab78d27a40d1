//! `cineswarm neighbours`: who rates as a user does, for looking into an answer.

use std::io::{self, Write};

use anyhow::anyhow;
use cineswarm_engine::NeighbourOptions;
use clap::builder::FalseyValueParser;
use serde::Serialize;
use serde_json::Value;

use super::films::for_terminal;
use super::{DatasetChoice, print_json, user_in_json, user_of};
use crate::local::Local;

/// Whose neighbours, and how many.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cineswarm neighbours --data ml-latest-small --user 1 --k 5 --json")]
pub(crate) struct Arguments {
    /// The user of the dataset
    #[arg(long, env = "NEIGHBOURS_USER", allow_negative_numbers = true, value_name = "ID")]
    user: String,

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
    user: Value,
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
    let known = user_of(&dataset, &user)?;
    let profile = known.and_then(|user| dataset.profile(user));
    let profile = profile.ok_or_else(|| anyhow!("user {user} has no ratings in dataset {name}; try another"))?;
    let options = NeighbourOptions { k: k as usize, exclude_user: known, ..NeighbourOptions::default() };
    let neighbours = Local::new(&dataset)?.neighbours(&profile, &options);
    if json {
        let listed = neighbours.iter();
        let listed = listed.map(|one| Listed {
            user: user_in_json(&dataset, one.user),
            similarity: one.similarity,
            overlap: one.overlap,
        });
        let listed: Vec<Listed> = listed.collect();
        return print_json(&listed);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{:>10}  {:>10}  {:>7}", "user", "similarity", "overlap")?;
    for one in &neighbours {
        let user = dataset.user_shown(one.user);
        writeln!(out, "{:>10}  {:>10.6}  {:>7}", for_terminal(&user), one.similarity, one.overlap)?;
    }
    Ok(())
}
