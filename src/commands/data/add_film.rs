//! `cineswarm data add-film`: a film that came after the dataset, in a new version of it.

use std::io::{self, Write};

use cineswarm_engine::MovieId;
use cineswarm_engine::dataset::{NewFilm, add_film};
use indicatif::HumanCount;

use crate::commands::DataDir;
use crate::datasets::{self, looking_in, now};
use crate::progress::ImportProgress;

/// Which film, and where to.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  \
    cineswarm data add-film --data ml-latest-small --title \"Flow\" --year 2024 --genres 'Animation|Adventure' --imdb 4772188\n  \
    cineswarm data switch ml-latest-small")]
pub(crate) struct Arguments {
    /// The dataset that gets the film
    #[arg(long = "data", env = "DATASET", value_name = "NAME")]
    data: String,

    /// The title, as people or MovieLens write it; other titles in parentheses
    #[arg(long, value_name = "TITLE")]
    title: String,

    /// The year of release
    #[arg(long, value_name = "YEAR")]
    year: u16,

    /// The genres, as the dataset spells them
    #[arg(long, value_name = "A|B", default_value = "", hide_default_value = true)]
    genres: String,

    /// The number on imdb.com, without tt
    #[arg(long, value_name = "N")]
    imdb: Option<u32>,

    /// The number on themoviedb.org
    #[arg(long, value_name = "N")]
    tmdb: Option<u32>,

    /// The film's id in the dataset [default: the next one from 2147483648 on, where no source has any]
    #[arg(long, value_name = "N")]
    id: Option<MovieId>,

    #[command(flatten)]
    place: DataDir,
}

/// Writes the version, and says how it is served.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { data, title, year, genres, imdb, tmdb, id, place } = arguments;
    let data_dir = &place.data_dir;
    // Of one that does not exist it says which there are.
    datasets::metadata(data_dir, &data)?;
    let film = NewFilm { id, title, year, genres, imdb_id: imdb, tmdb_id: tmdb };
    let mut shown = ImportProgress::default();
    let (movie, report) = add_film(data_dir, &data, &film, now(), &mut |progress| shown.show(progress))?;
    drop(shown);
    let metadata = &report.metadata;
    let mut out = io::stdout().lock();
    writeln!(out, "{data}: {} ({year}) is film {}", movie.title, movie.id)?;
    writeln!(out, "  version   {}", metadata.version)?;
    writeln!(out, "  hash      {}", metadata.content_sha256)?;
    writeln!(out, "  films     {}", HumanCount(metadata.counts.movies))?;
    writeln!(out, "  serve it  cineswarm data switch {data}{}", looking_in(data_dir))?;
    Ok(())
}
