//! Opening a dataset version: the columns are mapped and checked once, then read as slices.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ListArray, RecordBatch, StringArray, TimestampSecondArray, UInt8Array, UInt32Array};
use arrow_schema::SchemaRef;

use super::store::latest_version;
use super::write::{
    FACTS_FILE, FILM_IDS_FILE, GENOME_FILE, MOVIES_FILE, RATINGS_FILE, TAGS_FILE, USER_IDS_FILE, USERS_FILE,
    facts_schema, genome_schema, movies_schema, ratings_schema, source_ids_schema, tags_schema, users_schema,
};
use super::{Error, MAX_SHARD_COUNT, Metadata, shard_of, version_directory};
use crate::catalogue::{Catalogue, Movie, MovieStats};
use crate::facts::FilmFacts;
use crate::movielens::{Genome, Tag};
use crate::profile::Profile;
use crate::rating::{HalfStars, MovieId, UserId};
use crate::source_ids::SourceIds;
use crate::versions::{METADATA_FILE, map, read_metadata, verify};

/// An opened dataset version. Ratings stay on disk until they are touched.
#[derive(Debug)]
pub struct Dataset {
    directory: PathBuf,
    metadata: Metadata,
    catalogue: Catalogue,
    user_ids: Option<SourceIds>,
    shards: Vec<ShardColumns>,
}

/// The ratings of a shard's users.
///
/// The ratings of `user_ids[i]` are at `row_offsets[i]..row_offsets[i + 1]` in the three parallel columns.
#[derive(Clone, Copy, Debug)]
pub struct ShardSlices<'a> {
    /// Users, strictly ascending.
    pub user_ids: &'a [UserId],
    /// Ascending, one more than there are users, from 0 to the count of ratings.
    pub row_offsets: &'a [u32],
    /// Films, strictly ascending within a user.
    pub movie_ids: &'a [MovieId],
    /// Ratings, 1 to 10.
    pub half_stars: &'a [u8],
    /// Times of the ratings in seconds since 1970.
    pub timestamps: &'a [i64],
}

#[derive(Debug)]
struct ShardColumns {
    user_ids: UInt32Array,
    row_offsets: Vec<u32>,
    movie_ids: UInt32Array,
    half_stars: UInt8Array,
    timestamps: TimestampSecondArray,
}

impl Dataset {
    /// Opens the latest version of a dataset.
    pub fn open(data_dir: &Path, name: &str) -> Result<Dataset, Error> {
        let version = latest_version(data_dir, name)?;
        Dataset::open_version(data_dir, name, &version)
    }

    /// Opens a version of a dataset, checking its structure and the range of every column that is computed with.
    ///
    /// That a file holds the very bytes that were written is for [`Dataset::verify`] to find out.
    pub fn open_version(data_dir: &Path, name: &str, version: &str) -> Result<Dataset, Error> {
        let directory = version_directory(data_dir, name, version)?;
        if !directory.is_dir() {
            return Err(Error::NotFound { name: format!("{name}/{version}"), data_dir: data_dir.to_owned() });
        }
        let metadata: Metadata = read_metadata(&directory)?;
        if metadata.version != version || metadata.name != name {
            let reason =
                format!("it is the metadata of {} {}", metadata.name.escape_debug(), metadata.version.escape_debug());
            return Err(Error::damaged(directory.join(METADATA_FILE), &reason));
        }
        let film_ids = read_source_ids(&directory, &metadata, FILM_IDS_FILE)?;
        let catalogue = read_catalogue(&directory, &metadata)?.with_source_ids(film_ids);
        let user_ids = read_source_ids(&directory, &metadata, USER_IDS_FILE)?;
        let shards = read_shards(&directory, &metadata)?;
        Ok(Dataset { directory, metadata, catalogue, user_ids, shards })
    }

    /// What is known of the version.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Where the version lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The films, with their statistics.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What the source calls its users; `None` if they have the numbers that it gives them.
    pub fn user_ids(&self) -> Option<&SourceIds> {
        self.user_ids.as_ref()
    }

    /// The user with this id in the source; `None` for one that cannot be.
    pub fn user_of(&self, source_id: &str) -> Option<UserId> {
        match &self.user_ids {
            None => source_id.parse().ok(),
            Some(ids) => ids.number_of(source_id),
        }
    }

    /// The id of a user in the source.
    pub fn user_shown(&self, user: UserId) -> Cow<'_, str> {
        match self.user_ids.as_ref().and_then(|ids| ids.get(user)) {
            None => user.to_string().into(),
            Some(id) => id.into(),
        }
    }

    /// How many users have a rating.
    pub fn users(&self) -> usize {
        self.shards.iter().map(|shard| shard.user_ids.len()).sum()
    }

    /// How many ratings there are.
    pub fn ratings(&self) -> usize {
        self.shards.iter().map(|shard| shard.movie_ids.len()).sum()
    }

    /// How many shards the users are cut into, by [`shard_of`].
    pub fn shard_count(&self) -> u32 {
        // At most MAX_SHARD_COUNT, as was checked on opening.
        self.shards.len() as u32
    }

    /// A shard's ratings; `None` past the last shard.
    pub fn shard(&self, shard: u32) -> Option<ShardSlices<'_>> {
        self.shards.get(shard as usize).map(ShardColumns::slices)
    }

    /// All users with their films, ascending, and the half-stars parallel to these.
    pub fn rows(&self) -> impl Iterator<Item = (UserId, &[MovieId], &[u8])> {
        self.shards.iter().map(ShardColumns::slices).flat_map(|shard| {
            let ends = shard.row_offsets.windows(2).map(|pair| pair[0] as usize..pair[1] as usize);
            let rows = shard.user_ids.iter().zip(ends);
            rows.map(move |(&user, row)| (user, &shard.movie_ids[row.clone()], &shard.half_stars[row]))
        })
    }

    /// A user's ratings; `None` for a user without any.
    pub fn profile(&self, user: UserId) -> Option<Profile> {
        Some(Profile::from_ratings(self.ratings_of(user)?.map(|(movie, half_stars, _)| (movie, half_stars))))
    }

    /// A user's ratings by film, with their times in seconds since 1970; `None` for a user without any.
    pub fn ratings_of(&self, user: UserId) -> Option<impl Iterator<Item = (MovieId, HalfStars, i64)>> {
        let shard = self.shard(shard_of(user, self.shard_count()))?;
        let at = shard.user_ids.binary_search(&user).ok()?;
        let rows = shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize;
        let rating = move |row: usize| {
            Some((shard.movie_ids[row], HalfStars::new(shard.half_stars[row])?, shard.timestamps[row]))
        };
        Some(rows.filter_map(rating))
    }

    /// Reads the tags, in the order of the source; none if it had no file of them.
    pub fn tags(&self) -> Result<Vec<Tag>, Error> {
        if !self.metadata.files.contains_key(TAGS_FILE) {
            return Ok(Vec::new());
        }
        let (path, batch) = map_one_batch(&self.directory, &self.metadata, TAGS_FILE, &tags_schema())?;
        let tags = || {
            let users = batch.column(0).as_primitive_opt::<UInt32Type>()?;
            let movies = batch.column(1).as_primitive_opt::<UInt32Type>()?;
            let words = batch.column(2).as_string_opt::<i32>()?;
            let timestamps = batch.column(3).as_primitive_opt::<TimestampSecondType>()?;
            let rows = 0..batch.num_rows();
            let tags = rows.map(|row| Tag {
                user: users.value(row),
                movie: movies.value(row),
                tag: words.value(row).to_owned(),
                timestamp: timestamps.value(row),
            });
            Some(tags.collect())
        };
        tags().ok_or_else(|| other_columns(&path))
    }

    /// Reads the tag genome; `None` if the source had none.
    pub fn genome(&self) -> Result<Option<Genome>, Error> {
        if !self.metadata.files.contains_key(GENOME_FILE) {
            return Ok(None);
        }
        let (path, batch) = map_one_batch(&self.directory, &self.metadata, GENOME_FILE, &genome_schema())?;
        let columns = || {
            let movies = batch.column(0).as_primitive_opt::<UInt32Type>()?;
            let lists: &ListArray = batch.column(1).as_list_opt()?;
            Some((movies, lists, lists.values().as_primitive_opt::<UInt8Type>()?))
        };
        let (movies, lists, relevances) = columns().ok_or_else(|| other_columns(&path))?;
        let offsets = lists.value_offsets();
        // The first list says how many tags there are, and all others must have as many.
        let tags = offsets.get(1).map_or(0, |&end| end as usize);
        let even = offsets.iter().enumerate().all(|(row, &start)| row.checked_mul(tags) == Some(start as usize));
        let whole = even && movies.len() as u64 == self.metadata.counts.genome;
        let genome = Genome::new(movies.values().to_vec(), tags, relevances.values().to_vec());
        let genome = genome.filter(|_| whole && lists.null_count() == 0 && relevances.null_count() == 0);
        genome.map(Some).ok_or_else(|| Error::damaged(path, "its films and relevances are not those that were written"))
    }

    /// Reads what is known of films beside the ratings, ascending by film; none if it was imported without.
    pub fn facts(&self) -> Result<Vec<FilmFacts>, Error> {
        if !self.metadata.files.contains_key(FACTS_FILE) {
            return Ok(Vec::new());
        }
        let (path, batch) = map_one_batch(&self.directory, &self.metadata, FACTS_FILE, &facts_schema())?;
        facts_in(&batch).ok_or_else(|| other_columns(&path))
    }

    /// Reads every file and compares its hash with the one taken when it was written.
    pub fn verify(&self) -> Result<(), Error> {
        for (file, summary) in &self.metadata.files {
            verify(&self.directory.join(file), summary)?;
        }
        Ok(())
    }
}

impl ShardColumns {
    fn slices(&self) -> ShardSlices<'_> {
        ShardSlices {
            user_ids: self.user_ids.values(),
            row_offsets: &self.row_offsets,
            movie_ids: self.movie_ids.values(),
            half_stars: self.half_stars.values(),
            timestamps: self.timestamps.values(),
        }
    }
}

fn other_columns(path: &Path) -> Error {
    Error::damaged(path, "it has other columns than this program writes")
}

fn map_file(
    directory: &Path,
    metadata: &Metadata,
    file: &str,
    schema: &SchemaRef,
) -> Result<(PathBuf, Vec<RecordBatch>), Error> {
    let path = directory.join(file);
    let summary = metadata.files.get(file);
    let summary = summary.ok_or_else(|| Error::damaged(&path, "it is not listed in metadata.json"))?;
    let batches = map(&path, std::slice::from_ref(schema), summary)?;
    Ok((path, batches))
}

fn map_one_batch(
    directory: &Path,
    metadata: &Metadata,
    file: &str,
    schema: &SchemaRef,
) -> Result<(PathBuf, RecordBatch), Error> {
    let (path, mut batches) = map_file(directory, metadata, file, schema)?;
    match (batches.pop(), batches.is_empty()) {
        (Some(batch), true) => Ok((path, batch)),
        _ => Err(Error::damaged(path, "it has not exactly one record batch")),
    }
}

/// What a source calls its users or films; `None` if it numbers them itself.
fn read_source_ids(directory: &Path, metadata: &Metadata, file: &str) -> Result<Option<SourceIds>, Error> {
    if !metadata.files.contains_key(file) {
        return Ok(None);
    }
    let (path, batches) = map_file(directory, metadata, file, &source_ids_schema())?;
    let parts: Option<Vec<StringArray>> =
        batches.iter().map(|batch| batch.column(0).as_string_opt().cloned()).collect();
    let ids = SourceIds::new(parts.ok_or_else(|| other_columns(&path))?);
    ids.map(Some).ok_or_else(|| Error::damaged(path, "its ids are not those that were written"))
}

fn read_catalogue(directory: &Path, metadata: &Metadata) -> Result<Catalogue, Error> {
    let (path, batch) = map_one_batch(directory, metadata, MOVIES_FILE, &movies_schema())?;
    let movies = movies_in(&batch).ok_or_else(|| other_columns(&path))?;
    if movies.windows(2).any(|pair| pair[0].0.id >= pair[1].0.id) || movies.len() as u64 != metadata.counts.movies {
        return Err(Error::damaged(path, "its films are not those that were written"));
    }
    Ok(Catalogue::new(movies))
}

fn movies_in(batch: &RecordBatch) -> Option<Vec<(Movie, MovieStats)>> {
    let number = |column: usize| batch.column(column).as_primitive_opt::<UInt32Type>();
    let (ids, imdb_ids, tmdb_ids, ratings) = (number(0)?, number(5)?, number(6)?, number(7)?);
    let titles: &StringArray = batch.column(1).as_string_opt()?;
    let other_titles: &ListArray = batch.column(2).as_list_opt()?;
    let years = batch.column(3).as_primitive_opt::<UInt16Type>()?;
    let genres: &ListArray = batch.column(4).as_list_opt()?;
    let sums = batch.column(8).as_primitive_opt::<UInt64Type>()?;
    let optional = |column: &UInt32Array, row: usize| column.is_valid(row).then(|| column.value(row));
    let rows = 0..batch.num_rows();
    rows.map(|row| {
        let movie = Movie {
            id: ids.value(row),
            title: titles.value(row).to_owned(),
            other_titles: texts_in(other_titles, row)?,
            year: years.is_valid(row).then(|| years.value(row)),
            genres: texts_in(genres, row)?,
            imdb_id: optional(imdb_ids, row),
            tmdb_id: optional(tmdb_ids, row),
        };
        Some((movie, MovieStats { ratings: ratings.value(row), half_stars_sum: sums.value(row) }))
    })
    .collect()
}

fn facts_in(batch: &RecordBatch) -> Option<Vec<FilmFacts>> {
    let movies = batch.column(0).as_primitive_opt::<UInt32Type>()?;
    let lists = |column: usize| batch.column(column).as_list_opt::<i32>();
    let (directors, cast, languages, countries, themes) = (lists(1)?, lists(2)?, lists(4)?, lists(5)?, lists(7)?);
    let runtimes = batch.column(3).as_primitive_opt::<UInt16Type>()?;
    let series: &StringArray = batch.column(6).as_string_opt()?;
    let rows = 0..batch.num_rows();
    rows.map(|row| {
        Some(FilmFacts {
            movie: movies.value(row),
            directors: texts_in(directors, row)?,
            cast: texts_in(cast, row)?,
            runtime_min: runtimes.is_valid(row).then(|| runtimes.value(row)),
            languages: texts_in(languages, row)?,
            countries: texts_in(countries, row)?,
            series: series.is_valid(row).then(|| series.value(row).to_owned()),
            themes: texts_in(themes, row)?,
        })
    })
    .collect()
}

fn texts_in(lists: &ListArray, row: usize) -> Option<Vec<String>> {
    let list = lists.value(row);
    let texts: &StringArray = list.as_string_opt()?;
    Some(texts.iter().flatten().map(str::to_owned).collect())
}

fn read_shards(directory: &Path, metadata: &Metadata) -> Result<Vec<ShardColumns>, Error> {
    let (ratings_path, ratings) = map_file(directory, metadata, RATINGS_FILE, &ratings_schema())?;
    let (users_path, users) = map_file(directory, metadata, USERS_FILE, &users_schema())?;
    let shard_count = metadata.shard_count;
    if !(1..=MAX_SHARD_COUNT).contains(&shard_count) {
        return Err(Error::damaged(directory.join(METADATA_FILE), "its shard count is out of range"));
    }
    for (path, batches) in [(&ratings_path, &ratings), (&users_path, &users)] {
        if batches.len() != shard_count as usize {
            let reason = format!("it has {} record batches for {shard_count} shards", batches.len());
            return Err(Error::damaged(path, reason));
        }
    }
    let mut shards = Vec::with_capacity(ratings.len());
    for (shard, (ratings, users)) in (0..).zip(ratings.iter().zip(&users)) {
        let user_ids = users.column(0).as_primitive_opt::<UInt32Type>().ok_or_else(|| other_columns(&users_path))?;
        let counts = users.column(3).as_primitive_opt::<UInt32Type>().ok_or_else(|| other_columns(&users_path))?;
        let row_offsets = row_offsets(counts.values(), ratings.num_rows());
        let row_offsets =
            row_offsets.ok_or_else(|| Error::damaged(&users_path, "its counts of ratings do not add up"))?;
        let columns = || {
            Some(ShardColumns {
                user_ids: user_ids.clone(),
                row_offsets,
                movie_ids: ratings.column(1).as_primitive_opt::<UInt32Type>()?.clone(),
                half_stars: ratings.column(2).as_primitive_opt::<UInt8Type>()?.clone(),
                timestamps: ratings.column(3).as_primitive_opt::<TimestampSecondType>()?.clone(),
            })
        };
        let columns = columns().ok_or_else(|| other_columns(&ratings_path))?;
        check_users(columns.slices(), shard, shard_count).map_err(|reason| Error::damaged(&users_path, reason))?;
        check_ratings(columns.slices()).map_err(|reason| Error::damaged(&ratings_path, reason))?;
        shards.push(columns);
    }
    let ratings: usize = shards.iter().map(|shard: &ShardColumns| shard.movie_ids.len()).sum();
    if ratings as u64 != metadata.counts.ratings {
        return Err(Error::damaged(ratings_path, "it has not as many ratings as metadata.json says"));
    }
    Ok(shards)
}

/// Running sums from 0; `None` unless they end at `rows` and each user has a rating.
fn row_offsets(counts: &[u32], rows: usize) -> Option<Vec<u32>> {
    let mut offsets = Vec::with_capacity(counts.len() + 1);
    let mut end = 0u32;
    offsets.push(end);
    for &count in counts {
        end = end.checked_add(count).filter(|_| count > 0)?;
        offsets.push(end);
    }
    (end as usize == rows).then_some(offsets)
}

fn check_users(shard: ShardSlices<'_>, number: u32, shard_count: u32) -> Result<(), &'static str> {
    if shard.user_ids.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err("its users are not in order");
    }
    if shard.user_ids.iter().any(|&user| shard_of(user, shard_count) != number) {
        return Err("it has a user in a shard where the user does not belong");
    }
    Ok(())
}

fn check_ratings(shard: ShardSlices<'_>) -> Result<(), &'static str> {
    if !shard.half_stars.iter().all(|half_stars| (1..=10).contains(half_stars)) {
        return Err("it has a rating that is not 0.5 to 5 stars");
    }
    for rows in shard.row_offsets.windows(2) {
        let of_user = &shard.movie_ids[rows[0] as usize..rows[1] as usize];
        if of_user.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("a user's films are not in order");
        }
    }
    Ok(())
}
