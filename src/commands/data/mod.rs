//! `cineswarm data`: the datasets on this machine.

mod add_film;
mod export;
mod get;
mod import;
mod info;
mod list;
mod rebuild;
mod switch;
mod synth;
mod verify;

/// What can be done with datasets.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import a folder or archive of ratings and films
    Import(import::Arguments),
    /// Write a dataset as MovieLens' CSV files or as Parquet, or a user's ratings for Letterboxd
    Export(export::Arguments),
    /// List the imported datasets
    List(list::Arguments),
    /// Say what is in a dataset
    Info(info::Arguments),
    /// Download a dataset from GroupLens and import it
    Get(get::Arguments),
    /// Invent a dataset with the shape of a published one, for trials at scale
    Synth(synth::Arguments),
    /// Bring ratings back from the data lake: a dataset and all that was rated since, as a new version
    Rebuild(rebuild::RebuildArguments),
    /// Fold what was rated since into a dataset, as a new version, from the log in the database
    Compact(rebuild::CompactArguments),
    /// Add a film to a dataset, as a new version of it
    AddFilm(add_film::Arguments),
    /// Serve another dataset, or a newer version of the same one, without a restart
    Switch(switch::Arguments),
    /// Check that a dataset's files are as they were written
    Verify(verify::Arguments),
}

impl Command {
    /// Runs to the end.
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Import(arguments) => import::run(arguments),
            Command::Export(arguments) => export::run(arguments),
            Command::List(arguments) => list::run(arguments),
            Command::Info(arguments) => info::run(arguments),
            Command::Get(arguments) => get::run(arguments),
            Command::Synth(arguments) => synth::run(arguments),
            Command::Rebuild(arguments) => rebuild::rebuild(arguments),
            Command::Compact(arguments) => rebuild::compact(arguments),
            Command::AddFilm(arguments) => add_film::run(arguments),
            Command::Switch(arguments) => switch::run(arguments),
            Command::Verify(arguments) => verify::run(arguments),
        }
    }
}
