//! A dataset version as Parquet files with the columns of MovieLens' CSV files, for other programs and for another import.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rustc_hash::FxHashMap;

use super::export::{genres_listed, published_title};
use super::{Dataset, Error};
use crate::rating::{MovieId, UserId};
use crate::versions;

/// A column's name, and its cells in a group of rows.
type Column = (&'static str, Cells);

enum Cells {
    Numbers(Vec<i64>),
    /// Of which some may be missing.
    OptionalNumbers(Vec<Option<u32>>),
    Stars(Vec<f64>),
    Texts(Vec<ByteArray>),
}

/// Writes `ratings.parquet`, `movies.parquet`, `links.parquet` and, where there are any, `tags.parquet` to a folder, which
/// is made if need be. Files of these names are replaced. Ids are numbers, or text where the source's are; times are
/// seconds since 1970. What is packed is packed with Snappy, which every reader knows.
pub fn export_parquet(dataset: &Dataset, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(versions::Error::io("making", folder))?;
    let write = |name: &str, groups: &mut dyn Iterator<Item = Vec<Column>>| -> Result<(), Error> {
        let path = folder.join(name);
        let written = write_table(&path, groups).map_err(|reason| match reason {
            ParquetError::External(reason) => io::Error::other(reason),
            reason => io::Error::other(reason.to_string()),
        });
        Ok(written.map_err(versions::Error::io("writing", &path))?)
    };
    let ids = Ids::of(dataset);
    let movies = dataset.catalogue().movies();
    let texts = |text: &dyn Fn(&crate::Movie) -> String| {
        Cells::Texts(movies.iter().map(|movie| text(movie).into_bytes().into()).collect())
    };
    write(
        "movies.parquet",
        &mut std::iter::once(vec![
            ("movieId", ids.films(movies.iter().map(|movie| movie.id))),
            ("title", texts(&published_title)),
            ("genres", texts(&genres_listed)),
        ]),
    )?;
    write(
        "links.parquet",
        &mut std::iter::once(vec![
            ("movieId", ids.films(movies.iter().map(|movie| movie.id))),
            ("imdbId", Cells::OptionalNumbers(movies.iter().map(|movie| movie.imdb_id).collect())),
            ("tmdbId", Cells::OptionalNumbers(movies.iter().map(|movie| movie.tmdb_id).collect())),
        ]),
    )?;
    let shards = (0..dataset.shard_count()).filter_map(|shard| dataset.shard(shard));
    let mut groups = shards.filter(|shard| !shard.movie_ids.is_empty()).map(|shard| {
        let counts = shard.row_offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
        let stars = shard.half_stars.iter().map(|half_stars| f64::from(*half_stars) / 2.0);
        vec![
            ("userId", ids.users(shard.user_ids.iter().copied().zip(counts))),
            ("movieId", ids.films(shard.movie_ids.iter().copied())),
            ("rating", Cells::Stars(stars.collect())),
            ("timestamp", Cells::Numbers(shard.timestamps.to_vec())),
        ]
    });
    write("ratings.parquet", &mut groups)?;
    let tags = dataset.tags()?;
    if tags.is_empty() {
        return Ok(());
    }
    write(
        "tags.parquet",
        &mut std::iter::once(vec![
            ("userId", ids.users(tags.iter().map(|tag| (tag.user, 1)))),
            ("movieId", ids.films(tags.iter().map(|tag| tag.movie))),
            ("tag", Cells::Texts(tags.iter().map(|tag| tag.tag.as_str().into()).collect())),
            ("timestamp", Cells::Numbers(tags.iter().map(|tag| tag.timestamp).collect())),
        ]),
    )
}

/// Ids as the source has them.
struct Ids<'a> {
    dataset: &'a Dataset,
    /// The films' where they are text; each is kept once, however often it is rated.
    films: Option<FxHashMap<MovieId, ByteArray>>,
}

impl<'a> Ids<'a> {
    fn of(dataset: &'a Dataset) -> Ids<'a> {
        let catalogue = dataset.catalogue();
        let films: FxHashMap<MovieId, ByteArray> = catalogue
            .movies()
            .iter()
            .filter_map(|movie| Some((movie.id, catalogue.source_id(movie.id)?.into())))
            .collect();
        Ids { dataset, films: (!films.is_empty()).then_some(films) }
    }

    fn films(&self, films: impl Iterator<Item = MovieId>) -> Cells {
        match &self.films {
            None => Cells::Numbers(films.map(i64::from).collect()),
            Some(known) => Cells::Texts(films.map(|film| known.get(&film).cloned().unwrap_or_default()).collect()),
        }
    }

    /// Each user so many times.
    fn users(&self, users: impl Iterator<Item = (UserId, usize)>) -> Cells {
        match self.dataset.user_ids() {
            None => {
                Cells::Numbers(users.flat_map(|(user, times)| std::iter::repeat_n(i64::from(user), times)).collect())
            }
            // A user who came after the dataset has a number only.
            Some(_) => Cells::Texts(
                users
                    .flat_map(|(user, times)| {
                        std::iter::repeat_n(ByteArray::from(&*self.dataset.user_shown(user)), times)
                    })
                    .collect(),
            ),
        }
    }
}

/// Writes a group of rows after the other; the first says what the columns are.
fn write_table(path: &Path, groups: &mut dyn Iterator<Item = Vec<Column>>) -> Result<(), ParquetError> {
    let mut groups = groups.peekable();
    let Some(first) = groups.peek() else { return Ok(()) };
    let fields = first.iter().map(|(name, cells)| match cells {
        Cells::Numbers(_) => format!("required int64 {name};"),
        Cells::OptionalNumbers(_) => format!("optional int64 {name};"),
        Cells::Stars(_) => format!("required double {name};"),
        Cells::Texts(_) => format!("required binary {name} (STRING);"),
    });
    let schema = parse_message_type(&format!("message table {{ {} }}", fields.collect::<String>()))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(File::create(path)?, Arc::new(schema), Arc::new(properties))?;
    for columns in groups {
        let mut group = writer.next_row_group()?;
        for (_, cells) in columns {
            let Some(mut column) = group.next_column()? else { break };
            match cells {
                Cells::Numbers(numbers) => column.typed::<Int64Type>().write_batch(&numbers, None, None)?,
                Cells::Stars(stars) => column.typed::<DoubleType>().write_batch(&stars, None, None)?,
                Cells::Texts(texts) => column.typed::<ByteArrayType>().write_batch(&texts, None, None)?,
                Cells::OptionalNumbers(numbers) => {
                    let levels: Vec<i16> = numbers.iter().map(|number| i16::from(number.is_some())).collect();
                    let there: Vec<i64> = numbers.into_iter().flatten().map(i64::from).collect();
                    column.typed::<Int64Type>().write_batch(&there, Some(&levels), None)?
                }
            };
            column.close()?;
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}
