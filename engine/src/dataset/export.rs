//! A dataset version as the CSV files that MovieLens publishes, for other programs and for another import.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Dataset, Error};
use crate::catalogue::Movie;
use crate::movielens::csv_field;
use crate::rating::{MovieId, UserId};
use crate::versions;

/// Writes `ratings.csv`, `movies.csv`, `links.csv` and, where there are any, `tags.csv` to a folder, which is made if need
/// be. Files of these names are replaced. The tag genome is not written: its tags' names are not kept.
pub fn export_csv(dataset: &Dataset, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(versions::Error::io("making", folder))?;
    let write = |name: &str, rows: &dyn Fn(&mut dyn Write) -> io::Result<()>| write_lines(folder, name, rows);
    let catalogue = dataset.catalogue();
    let film = |movie: MovieId| in_csv(catalogue.id_shown(movie));
    let person = |user: UserId| in_csv(dataset.user_shown(user));
    write("movies.csv", &|out| {
        writeln!(out, "movieId,title,genres")?;
        catalogue.movies().iter().try_for_each(|movie| {
            writeln!(
                out,
                "{},{},{}",
                film(movie.id),
                csv_field(&published_title(movie)),
                csv_field(&genres_listed(movie))
            )
        })
    })?;
    write("links.csv", &|out| {
        writeln!(out, "movieId,imdbId,tmdbId")?;
        catalogue.movies().iter().try_for_each(|movie| {
            let imdb = movie.imdb_id.map(|id| format!("{id:07}")).unwrap_or_default();
            let tmdb = movie.tmdb_id.map(|id| id.to_string()).unwrap_or_default();
            writeln!(out, "{},{imdb},{tmdb}", film(movie.id))
        })
    })?;
    write("ratings.csv", &|out| {
        writeln!(out, "userId,movieId,rating,timestamp")?;
        for shard in (0..dataset.shard_count()).filter_map(|shard| dataset.shard(shard)) {
            for (at, user) in shard.user_ids.iter().enumerate() {
                let user = person(*user);
                for row in shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize {
                    let stars = f64::from(shard.half_stars[row]) / 2.0;
                    writeln!(out, "{user},{},{stars:.1},{}", film(shard.movie_ids[row]), shard.timestamps[row])?;
                }
            }
        }
        Ok(())
    })?;
    let tags = dataset.tags()?;
    if !tags.is_empty() {
        write("tags.csv", &|out| {
            writeln!(out, "userId,movieId,tag,timestamp")?;
            tags.iter().try_for_each(|tag| {
                writeln!(out, "{},{},{},{}", person(tag.user), film(tag.movie), csv_field(&tag.tag), tag.timestamp)
            })
        })?;
    }
    Ok(())
}

/// Writes a file of a folder, or replaces it.
pub(super) fn write_lines(
    folder: &Path,
    name: &str,
    lines: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let path = folder.join(name);
    let written = File::create(&path).map(BufWriter::new).and_then(|mut out| {
        lines(&mut out)?;
        out.flush()
    });
    Ok(written.map_err(versions::Error::io("writing", &path))?)
}

fn in_csv(id: Cow<'_, str>) -> Cow<'_, str> {
    match csv_field(&id) {
        Cow::Borrowed(_) => id,
        Cow::Owned(quoted) => quoted.into(),
    }
}

/// "Drama|Mystery".
pub(super) fn genres_listed(movie: &Movie) -> String {
    if movie.genres.is_empty() { "(no genres listed)".to_owned() } else { movie.genres.join("|") }
}

/// "City of God (Cidade de Deus) (2002)".
pub(super) fn published_title(movie: &Movie) -> String {
    let others = movie.other_titles.iter().map(|other| format!(" ({other})"));
    let year = movie.year.map(|year| format!(" ({year})"));
    std::iter::once(movie.title.clone()).chain(others).chain(year).collect()
}
