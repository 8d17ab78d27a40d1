//! `cineswarm data synth`: an invented dataset with the shape of a published one.

use std::cell::RefCell;
use std::io;

use cineswarm_engine::dataset::{ImportOptions, import_rows};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::synth::{SEED, Shape, Synthetic};
use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser};

use super::import::{How, summarise};
use crate::commands::DataDir;
use crate::progress::{ByteProgress, ImportProgress};

/// How many ratings go by between two looks at the clock.
const ROWS_PER_REPORT: u64 = 1 << 15;

/// What is invented.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cineswarm data synth --shape ml-20m\n  \
    cineswarm data synth --shape ml-1m --seed 7 --name another-million\n\n\
    The same shape and seed give the same ratings on every machine. Films and viewers are invented.")]
pub(crate) struct Arguments {
    /// Which published dataset it resembles in its counts and their distribution
    #[arg(long, env = "SYNTH_SHAPE", value_name = "SHAPE", value_parser = shape_parser())]
    shape: NamedShape,

    /// Another seed gives other films, viewers and ratings
    #[arg(long, env = "SYNTH_SEED", value_name = "N", default_value_t = SEED)]
    seed: u64,

    /// What to call the dataset [default: "synth-" and the shape]
    #[arg(long, env = "SYNTH_NAME", value_name = "NAME")]
    name: Option<String>,

    #[command(flatten)]
    place: DataDir,

    #[command(flatten)]
    how: How,

    /// Make a new version even if the same was made before
    #[arg(long, env = "IMPORT_FORCE", value_parser = FalseyValueParser::new())]
    force: bool,
}

#[derive(Clone)]
struct NamedShape {
    name: String,
    shape: Shape,
}

fn shape_parser() -> impl TypedValueParser<Value = NamedShape> {
    PossibleValuesParser::new(Shape::NAMED.map(|(name, _)| name)).try_map(|name| match Shape::named(&name) {
        Some(shape) => Ok(NamedShape { name, shape }),
        None => Err("no such shape"),
    })
}

/// Invents the dataset, imports it and says what came of it.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { shape: NamedShape { name: shape_name, shape }, seed, name, place, how, force } = arguments;
    let name = name.unwrap_or_else(|| format!("synth-{shape_name}"));
    let options = ImportOptions { force, ..how.options(&place, name) };
    let synthetic = Synthetic::new(&shape, seed)?;
    let mut inventing = ByteProgress::new("inventing");
    let (row_bytes, total) = (size_of::<Rating>() as u64, u64::from(shape.ratings));
    // The import takes the rows and reports its own progress when they have ended.
    let shown = RefCell::new(None);
    let ratings = (1..).zip(synthetic.ratings()).map(|(row, rating)| {
        if row % ROWS_PER_REPORT == 0 {
            inventing.set(row * row_bytes, Some(total * row_bytes), row);
        }
        rating
    });
    let label = format!("invented like {shape_name} with seed {seed}");
    let report = import_rows(&label, synthetic.movies(), ratings, &options, &mut |progress| {
        shown.borrow_mut().get_or_insert_with(ImportProgress::default).show(progress);
    })?;
    drop(shown);
    summarise(&mut io::stdout().lock(), &report)?;
    Ok(())
}
