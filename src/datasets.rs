//! Finds the dataset a person means: imported under this name, lying at this path, or bundled with the program.
//! It prints nothing; who calls it is told of the progress.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};
use cineswarm_engine::dataset::{self, Dataset, Error, ImportOptions, Metadata, import, import_rows};
use cineswarm_engine::demo;
use cineswarm_engine::movielens::{Progress, Rating};

/// The name of the bundled dataset.
pub(crate) const DEMO: &str = "demo";

/// Seconds since 1970; zero on a machine whose clock is set before that.
pub(crate) fn now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_1970.as_secs().try_into().unwrap_or(i64::MAX)
}

/// Opens the latest version of a dataset, which is made first if need be.
///
/// If none is asked for it is the one that has been imported, and the demo dataset if there is none. A name of an imported
/// dataset comes before a path (`./NAME` is always a path). What lies at a path is imported under its [name](name_for),
/// unless the same has been imported before, with `facts` if they are given. The demo dataset is generated once, and again
/// if another release of the program or an accident has left it unreadable, or it has no facts and some are given. Where
/// another command is making it, that is waited for.
///
/// # Errors
/// If there is no such dataset, or none is asked for and there are several, saying which there are; if it cannot be
/// imported or opened.
pub(crate) fn open_or_make(
    data_dir: &Path,
    name_or_path: Option<&str>,
    facts: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Dataset> {
    let name_or_path = &name_or_path.map_or_else(|| the_only(data_dir), |asked| Ok(asked.to_owned()))?;
    let deadline = Instant::now() + MAKING_TIMEOUT;
    loop {
        match try_to_open_or_make(data_dir, name_or_path, facts, progress) {
            Err(error) if is_being_made(&error) && Instant::now() < deadline => thread::sleep(MAKING_POLL),
            done => return done,
        }
    }
}

/// The name of the imported dataset if there is one, of the demo dataset if there is none.
pub(crate) fn the_only(data_dir: &Path) -> anyhow::Result<String> {
    let mut names: Vec<String> = dataset::list(data_dir)?.into_iter().map(|listed| listed.name).collect();
    names.retain(|name| name != DEMO);
    if names.len() > 1 {
        return Err(anyhow!(
            "{} has several datasets: {}; choose one with --data NAME",
            data_dir.display(),
            names.join(", ")
        ));
    }
    Ok(names.pop().unwrap_or_else(|| DEMO.to_owned()))
}

/// How long another command may take to make a dataset: many times what twenty million ratings take.
const MAKING_TIMEOUT: Duration = Duration::from_secs(120);
const MAKING_POLL: Duration = Duration::from_millis(200);

fn is_being_made(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Error::Busy { .. }))
}

fn try_to_open_or_make(
    data_dir: &Path,
    name_or_path: &str,
    facts: Option<&Path>,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Dataset> {
    match Dataset::open(data_dir, name_or_path) {
        // The demo is made again for facts that it was made without.
        Ok(dataset) if name_or_path != DEMO || facts.is_none() || dataset.metadata().counts.facts > 0 => {
            return Ok(dataset);
        }
        Ok(_) => {}
        Err(Error::NotFound { .. } | Error::BadName { .. }) => {}
        Err(Error::OtherFormat { .. } | Error::Damaged { .. }) if name_or_path == DEMO => {}
        Err(error) => return Err(error.into()),
    }
    if name_or_path == DEMO {
        make_demo(data_dir, facts, progress)?;
        return Ok(Dataset::open(data_dir, DEMO)?);
    }
    let path = Path::new(name_or_path);
    if !path.exists() {
        return Err(unknown(data_dir, name_or_path));
    }
    let name = name_for(path)?;
    let mut options = ImportOptions { facts: facts.map(Path::to_owned), ..ImportOptions::new(data_dir, &name, now()) };
    // Someone who chose another count of shards for it meant that to stay.
    if let Ok(known) = metadata(data_dir, &name) {
        options.shard_count = known.shard_count;
    }
    let report = import(path, &options, progress)?;
    Ok(Dataset::open_version(data_dir, &name, &report.metadata.version)?)
}

/// The metadata of a dataset's latest version.
///
/// # Errors
/// If there is no such dataset, saying which there are; if its metadata cannot be read.
pub(crate) fn metadata(data_dir: &Path, name: &str) -> anyhow::Result<Metadata> {
    match dataset::list(data_dir)?.into_iter().find(|listed| listed.name == name) {
        Some(listed) => Ok(listed.metadata?),
        None => Err(unknown(data_dir, name)),
    }
}

/// Opens a dataset that must have been imported.
pub(crate) fn open(data_dir: &Path, name: &str) -> anyhow::Result<Dataset> {
    Dataset::open(data_dir, name).map_err(|error| match error {
        Error::NotFound { .. } | Error::BadName { .. } => unknown(data_dir, name),
        error => error.into(),
    })
}

/// The name under which a folder or archive is imported unless another is given: its own, without ".zip", with '-'
/// for every character that the name of a dataset cannot have.
pub(crate) fn name_for(path: &Path) -> anyhow::Result<String> {
    // "." and "data/.." have names, too.
    let canonical = path.canonicalize().with_context(|| format!("opening {}", path.display()))?;
    let named = if canonical.is_dir() { canonical.file_name() } else { canonical.file_stem() };
    let named = named.unwrap_or_default().to_string_lossy();
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let name: String = named.chars().map(|character| if allowed(character) { character } else { '-' }).collect();
    // Names begin with a letter or digit and end at 64 characters.
    let name: String = name.trim_start_matches(['-', '_', '.']).chars().take(64).collect();
    match name.as_str() {
        "" | "latest" => Err(anyhow!("{} gives no name for a dataset; choose one with --name", path.display())),
        _ => Ok(name),
    }
}

fn make_demo(data_dir: &Path, facts: Option<&Path>, progress: &mut dyn FnMut(Progress)) -> anyhow::Result<()> {
    let ratings = demo::ratings(demo::SEED)?.into_iter().map(|rating| Rating {
        user: rating.user_id,
        movie: rating.movie_id,
        half_stars: rating.half_stars,
        timestamp: rating.timestamp,
    });
    // Forced, because what is there was found unreadable, or lacks facts, or there is nothing.
    let options =
        ImportOptions { force: true, facts: facts.map(Path::to_owned), ..ImportOptions::new(data_dir, DEMO, now()) };
    import_rows("bundled with cineswarm", demo::movies()?, ratings, &options, progress)?;
    Ok(())
}

/// What to add to a command for it to look in this folder.
pub(crate) fn looking_in(data_dir: &Path) -> String {
    let path = data_dir.to_string_lossy();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
    match &*path {
        "data" => String::new(),
        plain if plain.chars().all(is_plain) => format!(" --data-dir {plain}"),
        other => format!(" --data-dir '{}'", other.replace('\'', "'\\''")),
    }
}

fn unknown(data_dir: &Path, name: &str) -> anyhow::Error {
    let there = looking_in(data_dir);
    let names: Vec<String> =
        dataset::list(data_dir).unwrap_or_default().into_iter().map(|listed| listed.name).collect();
    if names.iter().any(|listed| listed == name) {
        return anyhow!(
            "dataset {name} in {} has versions, but its file `latest` names none of them; import it again with \
             `cineswarm data import PATH --name {name}{there}`",
            data_dir.display()
        );
    }
    let there_are = if names.is_empty() { "there are none".into() } else { format!("there are: {}", names.join(", ")) };
    anyhow!(
        "no dataset called \"{}\" in {}; {there_are}; import one with `cineswarm data import PATH{there}`, or download one \
         with `cineswarm data get NAME{there}`",
        name.escape_debug(),
        data_dir.display()
    )
}
