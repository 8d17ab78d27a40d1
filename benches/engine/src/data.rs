//! The dataset that is measured: invented once, and kept.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, import_rows};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::synth::{SEED, Shape, Synthetic};

use crate::Outcome;

/// The most users of a block of the index. Shards of about as many are the largest that are one block, and so the fewest
/// places that a query goes to.
const USERS_A_SHARD: u32 = 16_384;

/// Invents a dataset named after its shape, unless it is there.
pub(crate) fn make(data_dir: &Path, shape_name: &str) -> Outcome<()> {
    let shape = Shape::named(shape_name).ok_or_else(|| format!("there is no shape {shape_name:?}"))?;
    if Dataset::open(data_dir, shape_name).is_ok() {
        eprintln!("{shape_name} is there already");
        return Ok(());
    }
    let started = Instant::now();
    let synthetic = Synthetic::new(&shape, SEED)?;
    let movies = synthetic.movies();
    let ratings: Vec<Rating> = synthetic.ratings().collect();
    eprintln!("invented {} ratings in {:.1} s", ratings.len(), started.elapsed().as_secs_f64());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut options = ImportOptions::new(data_dir, shape_name, i64::try_from(now)?);
    // An even number, for two threads.
    options.shard_count = shape.users.div_ceil(USERS_A_SHARD).next_multiple_of(2);
    let started = Instant::now();
    let label = format!("invented like {shape_name} with seed {SEED}");
    import_rows(&label, movies, ratings, &options, &mut |_| {})?;
    eprintln!("imported them in {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Opens it.
pub(crate) fn open(data_dir: &Path, name: &str) -> Outcome<Dataset> {
    let started = Instant::now();
    let dataset = Dataset::open(data_dir, name)?;
    eprintln!("opened {} ratings in {:.3} s", dataset.ratings(), started.elapsed().as_secs_f64());
    Ok(dataset)
}
