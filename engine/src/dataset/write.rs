//! The columns of a dataset version, and writing them.
//!
//! `ratings.arrow` and `users.arrow` have one record batch a shard, so that a shard is a run of memory.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, ListArray, RecordBatch, StringArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array,
    UInt64Array,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

use super::Error;
use crate::catalogue::{Movie, MovieStats};
use crate::facts::FilmFacts;
use crate::movielens::{Genome, Tag};
use crate::rating::{MovieId, UserId};
use crate::source_ids::IDS_PER_PART;
use crate::versions::{ArrowFileWriter, FileSummary};

pub(super) const RATINGS_FILE: &str = "ratings.arrow";
pub(super) const USERS_FILE: &str = "users.arrow";
pub(super) const MOVIES_FILE: &str = "movies.arrow";
pub(super) const TAGS_FILE: &str = "tags.arrow";
pub(super) const GENOME_FILE: &str = "genome.arrow";
pub(super) const FACTS_FILE: &str = "facts.arrow";
pub(super) const USER_IDS_FILE: &str = "user_ids.arrow";
pub(super) const FILM_IDS_FILE: &str = "film_ids.arrow";

const UTC: &str = "UTC";

fn schema(columns: impl IntoIterator<Item = (&'static str, DataType, bool)>) -> SchemaRef {
    let fields: Vec<Field> =
        columns.into_iter().map(|(name, data_type, nullable)| Field::new(name, data_type, nullable)).collect();
    Arc::new(Schema::new(fields))
}

fn seconds() -> DataType {
    DataType::Timestamp(TimeUnit::Second, Some(UTC.into()))
}

fn texts() -> DataType {
    DataType::new_list(DataType::Utf8, true)
}

/// Sorted by shard, user and film; a record batch for each shard, even if it is empty.
pub(super) fn ratings_schema() -> SchemaRef {
    schema([
        ("user_id", DataType::UInt32, false),
        ("movie_id", DataType::UInt32, false),
        ("half_stars", DataType::UInt8, false),
        ("timestamp", seconds(), false),
    ])
}

/// Where each user's ratings are; a record batch for each shard. `first_row` counts from the start of the file.
pub(super) fn users_schema() -> SchemaRef {
    schema([
        ("user_id", DataType::UInt32, false),
        ("shard", DataType::UInt32, false),
        ("first_row", DataType::UInt64, false),
        ("ratings", DataType::UInt32, false),
    ])
}

/// One record batch, sorted by film.
pub(super) fn movies_schema() -> SchemaRef {
    schema([
        ("movie_id", DataType::UInt32, false),
        ("title", DataType::Utf8, false),
        ("other_titles", texts(), false),
        ("year", DataType::UInt16, true),
        ("genres", texts(), false),
        ("imdb_id", DataType::UInt32, true),
        ("tmdb_id", DataType::UInt32, true),
        ("ratings", DataType::UInt32, false),
        ("half_stars_sum", DataType::UInt64, false),
    ])
}

/// One record batch, in the order of the source.
pub(super) fn tags_schema() -> SchemaRef {
    schema([
        ("user_id", DataType::UInt32, false),
        ("movie_id", DataType::UInt32, false),
        ("tag", DataType::Utf8, false),
        ("timestamp", seconds(), false),
    ])
}

/// One record batch, sorted by film; only films of which something is known.
pub(super) fn facts_schema() -> SchemaRef {
    schema([
        ("movie_id", DataType::UInt32, false),
        ("directors", texts(), false),
        ("cast", texts(), false),
        ("runtime_min", DataType::UInt16, true),
        ("languages", texts(), false),
        ("countries", texts(), false),
        ("series", DataType::Utf8, true),
        ("themes", texts(), false),
    ])
}

/// One record batch, sorted by film; lists of the same length, by ascending id of the tag.
pub(super) fn genome_schema() -> SchemaRef {
    schema([("movie_id", DataType::UInt32, false), ("relevances", DataType::List(relevance_field()), false)])
}

/// Record batches of [`IDS_PER_PART`] ids but the last; the first id is that of number 1.
pub(super) fn source_ids_schema() -> SchemaRef {
    schema([("source_id", DataType::Utf8, false)])
}

fn relevance_field() -> FieldRef {
    Arc::new(Field::new("relevance", DataType::UInt8, false))
}

/// A rating on its way from the source to its shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredRating {
    pub timestamp: i64,
    pub user: UserId,
    pub movie: MovieId,
    /// Line in the source: of two ratings of a film by the same user, the latest is kept, and of the same time the last.
    pub line: u32,
    pub half_stars: u8,
}

/// What was found out while the ratings were written.
#[derive(Debug, Default)]
pub(super) struct RatingsSummary {
    pub users: u64,
    pub ratings: u64,
    pub rated_again: u64,
    pub first_rating_at: Option<i64>,
    pub last_rating_at: Option<i64>,
    pub stats: HashMap<MovieId, MovieStats>,
    pub ratings_file: Option<FileSummary>,
    pub users_file: Option<FileSummary>,
}

/// Sorts and writes the shards one after the other, dropping each when it is written.
pub(super) fn write_ratings(
    directory: &Path,
    shards: impl IntoIterator<Item = Vec<StoredRating>>,
    mut on_shard: impl FnMut(u64),
) -> Result<RatingsSummary, Error> {
    let ratings_path = directory.join(RATINGS_FILE);
    let users_path = directory.join(USERS_FILE);
    let (ratings_schema, users_schema) = (ratings_schema(), users_schema());
    let mut ratings_file = ArrowFileWriter::create(ratings_path.clone(), &ratings_schema)?;
    let mut users_file = ArrowFileWriter::create(users_path.clone(), &users_schema)?;
    let mut summary = RatingsSummary::default();
    let mut rows_done = 0;
    for (shard, mut ratings) in shards.into_iter().enumerate() {
        rows_done += ratings.len() as u64;
        // The latest first, which is the one that is kept.
        ratings.sort_unstable_by_key(|rating| {
            (rating.user, rating.movie, Reverse(rating.timestamp), Reverse(rating.line))
        });
        let with_repetitions = ratings.len();
        ratings.dedup_by_key(|rating| (rating.user, rating.movie));
        summary.rated_again += (with_repetitions - ratings.len()) as u64;
        if u32::try_from(ratings.len()).is_err() {
            return Err(Error::ShardTooLarge { shard });
        }
        let users: Vec<&[StoredRating]> = ratings.chunk_by(|one, next| one.user == next.user).collect();
        let mut first_row = summary.ratings;
        let first_rows: Vec<u64> = users
            .iter()
            .map(|of_user| {
                let first = first_row;
                first_row += of_user.len() as u64;
                first
            })
            .collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(users.iter().map(|of_user| of_user[0].user))),
            Arc::new(UInt32Array::from_value(shard as u32, users.len())),
            Arc::new(UInt64Array::from(first_rows)),
            Arc::new(UInt32Array::from_iter_values(users.iter().map(|of_user| of_user.len() as u32))),
        ];
        users_file.write(&batch(&users_path, &users_schema, columns)?)?;
        let timestamps = TimestampSecondArray::from_iter_values(ratings.iter().map(|rating| rating.timestamp));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from_iter_values(ratings.iter().map(|rating| rating.user))),
            Arc::new(UInt32Array::from_iter_values(ratings.iter().map(|rating| rating.movie))),
            Arc::new(UInt8Array::from_iter_values(ratings.iter().map(|rating| rating.half_stars))),
            Arc::new(timestamps.with_timezone(UTC)),
        ];
        ratings_file.write(&batch(&ratings_path, &ratings_schema, columns)?)?;
        summary.users += users.len() as u64;
        summary.ratings += ratings.len() as u64;
        for rating in &ratings {
            let stats = summary.stats.entry(rating.movie).or_default();
            stats.ratings += 1;
            stats.half_stars_sum += u64::from(rating.half_stars);
            let (first, last) = (&mut summary.first_rating_at, &mut summary.last_rating_at);
            *first = Some(first.map_or(rating.timestamp, |first| first.min(rating.timestamp)));
            *last = Some(last.map_or(rating.timestamp, |last| last.max(rating.timestamp)));
        }
        on_shard(rows_done);
    }
    summary.ratings_file = Some(ratings_file.finish()?);
    summary.users_file = Some(users_file.finish()?);
    Ok(summary)
}

/// Writes the films, in the order given, with their statistics.
pub(super) fn write_movies(
    directory: &Path,
    movies: &[Movie],
    stats: &HashMap<MovieId, MovieStats>,
) -> Result<FileSummary, Error> {
    let stats = |movie: &Movie| stats.get(&movie.id).copied().unwrap_or_default();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(movies.iter().map(|movie| movie.id))),
        Arc::new(StringArray::from_iter_values(movies.iter().map(|movie| &movie.title))),
        text_lists(movies.iter().map(|movie| movie.other_titles.as_slice())),
        Arc::new(movies.iter().map(|movie| movie.year).collect::<UInt16Array>()),
        text_lists(movies.iter().map(|movie| movie.genres.as_slice())),
        Arc::new(movies.iter().map(|movie| movie.imdb_id).collect::<UInt32Array>()),
        Arc::new(movies.iter().map(|movie| movie.tmdb_id).collect::<UInt32Array>()),
        Arc::new(UInt32Array::from_iter_values(movies.iter().map(|movie| stats(movie).ratings))),
        Arc::new(UInt64Array::from_iter_values(movies.iter().map(|movie| stats(movie).half_stars_sum))),
    ];
    write_one_batch(directory, MOVIES_FILE, &movies_schema(), columns)
}

/// Writes the tags in the order given.
pub(super) fn write_tags(directory: &Path, tags: &[Tag]) -> Result<FileSummary, Error> {
    let timestamps = TimestampSecondArray::from_iter_values(tags.iter().map(|tag| tag.timestamp));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(tags.iter().map(|tag| tag.user))),
        Arc::new(UInt32Array::from_iter_values(tags.iter().map(|tag| tag.movie))),
        Arc::new(StringArray::from_iter_values(tags.iter().map(|tag| &tag.tag))),
        Arc::new(timestamps.with_timezone(UTC)),
    ];
    write_one_batch(directory, TAGS_FILE, &tags_schema(), columns)
}

/// Writes the genome.
pub(super) fn write_genome(directory: &Path, genome: &Genome) -> Result<FileSummary, Error> {
    let lengths = std::iter::repeat_n(genome.tags(), genome.movies().len());
    let relevances = Arc::new(UInt8Array::from(genome.relevances().to_vec()));
    let lists = ListArray::try_new(relevance_field(), OffsetBuffer::from_lengths(lengths), relevances, None);
    let lists = lists.map_err(|source| Error::Write { path: directory.join(GENOME_FILE), source })?;
    let columns: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(genome.movies().to_vec())), Arc::new(lists)];
    write_one_batch(directory, GENOME_FILE, &genome_schema(), columns)
}

/// Writes the facts in the order given.
pub(super) fn write_facts(directory: &Path, facts: &[FilmFacts]) -> Result<FileSummary, Error> {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(facts.iter().map(|facts| facts.movie))),
        text_lists(facts.iter().map(|facts| facts.directors.as_slice())),
        text_lists(facts.iter().map(|facts| facts.cast.as_slice())),
        Arc::new(facts.iter().map(|facts| facts.runtime_min).collect::<UInt16Array>()),
        text_lists(facts.iter().map(|facts| facts.languages.as_slice())),
        text_lists(facts.iter().map(|facts| facts.countries.as_slice())),
        Arc::new(facts.iter().map(|facts| facts.series.as_deref()).collect::<StringArray>()),
        text_lists(facts.iter().map(|facts| facts.themes.as_slice())),
    ];
    write_one_batch(directory, FACTS_FILE, &facts_schema(), columns)
}

/// Writes what the source calls its users or films, in the order of their numbers, a part at a time.
pub(super) fn write_source_ids<'a>(
    directory: &Path,
    file: &str,
    mut ids: impl ExactSizeIterator<Item = &'a str>,
) -> Result<FileSummary, Error> {
    let path = directory.join(file);
    let schema = source_ids_schema();
    let mut writer = ArrowFileWriter::create(path.clone(), &schema)?;
    while ids.len() > 0 {
        let part = StringArray::from_iter_values(ids.by_ref().take(IDS_PER_PART));
        writer.write(&batch(&path, &schema, vec![Arc::new(part)])?)?;
    }
    Ok(writer.finish()?)
}

fn text_lists<'a>(lists: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for texts in lists {
        for text in texts {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn batch(path: &Path, schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch, Error> {
    let made = RecordBatch::try_new(Arc::clone(schema), columns);
    made.map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn write_one_batch(
    directory: &Path,
    file: &str,
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
) -> Result<FileSummary, Error> {
    let path = directory.join(file);
    let batch = batch(&path, schema, columns)?;
    let mut writer = ArrowFileWriter::create(path, schema)?;
    writer.write(&batch)?;
    Ok(writer.finish()?)
}
