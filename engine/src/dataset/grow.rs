//! A dataset version and the changes since, as a new version. The same base and the same changes give the same columns, and
//! so the same hash, wherever the changes were kept; and growing twice gives what growing once by all changes gives.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;
use rustc_hash::FxHashMap;

use super::import::ImportReport;
use super::metadata::Watermark;
use super::store::lock;
use super::write::{
    FACTS_FILE, FILM_IDS_FILE, GENOME_FILE, MOVIES_FILE, RATINGS_FILE, StoredRating, TAGS_FILE, USER_IDS_FILE,
    USERS_FILE, write_movies, write_ratings, write_tags,
};
use super::{BAD_ROWS_FILE, Counts, Dataset, Error, FileSummary, Metadata, shard_of};
use crate::catalogue::Movie;
use crate::movielens::{self, Progress, Stage};
use crate::rating::{HalfStars, MovieId, UserId};
use crate::versions::{self, content_sha256, utc, version_name, write_synced};

/// Columns that ratings do not change.
const KEPT: [&str; 4] = [FACTS_FILE, FILM_IDS_FILE, GENOME_FILE, USER_IDS_FILE];

/// What became of ratings since a dataset version, told in the order in which it happened: what is told last of a user and
/// a film counts, whatever its time.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    by_user: FxHashMap<UserId, OfUser>,
}

#[derive(Clone, Debug, Default)]
struct OfUser {
    /// Nothing of them in the base counts.
    is_forgotten: bool,
    /// `None` where the rating was taken back.
    by_film: FxHashMap<MovieId, Option<(HalfStars, i64)>>,
}

impl Changes {
    /// A user rated a film, at a time in seconds since 1970. Users may be new.
    pub fn rate(&mut self, user: UserId, film: MovieId, half_stars: HalfStars, timestamp: i64) {
        self.by_user.entry(user).or_default().by_film.insert(film, Some((half_stars, timestamp)));
    }

    /// A user took a rating back.
    pub fn take_back(&mut self, user: UserId, film: MovieId) {
        self.by_user.entry(user).or_default().by_film.insert(film, None);
    }

    /// A user was deleted, with all their ratings and tags.
    pub fn forget(&mut self, user: UserId) {
        self.by_user.insert(user, OfUser { is_forgotten: true, ..OfUser::default() });
    }

    fn is_forgotten(&self, user: UserId) -> bool {
        self.by_user.get(&user).is_some_and(|changed| changed.is_forgotten)
    }

    /// A shard's ratings after the changes, in no order; `changed` are the users of the shard who have changes.
    fn applied_to(&self, base: &Dataset, shard: u32, changed: &[UserId]) -> Vec<StoredRating> {
        let mut ratings = Vec::new();
        if let Some(columns) = base.shard(shard) {
            ratings.reserve(columns.movie_ids.len());
            for (user, rows) in columns.user_ids.iter().zip(columns.row_offsets.windows(2)) {
                let changes = self.by_user.get(user);
                if changes.is_some_and(|changes| changes.is_forgotten) {
                    continue;
                }
                for row in rows[0] as usize..rows[1] as usize {
                    let movie = columns.movie_ids[row];
                    if changes.is_some_and(|changes| changes.by_film.contains_key(&movie)) {
                        continue;
                    }
                    let (half_stars, timestamp) = (columns.half_stars[row], columns.timestamps[row]);
                    ratings.push(StoredRating { timestamp, user: *user, movie, line: 0, half_stars });
                }
            }
        }
        for user in changed {
            for (movie, rating) in self.by_user.get(user).into_iter().flat_map(|changes| &changes.by_film) {
                let Some((half_stars, timestamp)) = *rating else { continue };
                let (user, movie, half_stars) = (*user, *movie, half_stars.get());
                ratings.push(StoredRating { timestamp, user, movie, line: 0, half_stars });
            }
        }
        ratings
    }

    /// The users who have changes, by shard.
    fn users(&self, shard_count: u32) -> Vec<Vec<UserId>> {
        let mut users = vec![Vec::new(); shard_count as usize];
        for user in self.by_user.keys() {
            users[shard_of(*user, shard_count) as usize].push(*user);
        }
        users
    }
}

/// Where a version that has grown is written to.
#[derive(Clone, Debug)]
pub struct GrowOptions {
    /// Where datasets are kept.
    pub data_dir: PathBuf,
    /// The dataset that gets the version; it may be the base's own.
    pub name: String,
    /// The present time in seconds since 1970, for the version's name.
    pub now: i64,
    /// Up to where in the log of ratings the changes go.
    pub watermark: Watermark,
    /// The version that it is said to have grown from, where the base has grown from that one itself; else the base.
    pub grown_from: Option<String>,
}

/// Writes a dataset version and the changes since as the latest version of a dataset. What was written before from the same
/// is not written again.
///
/// The base's files are read whole and held against their hashes, so that no damage is carried on.
///
/// # Errors
/// [`Error::UnknownFilm`] if a film was rated that the base does not have, which is the base of other changes then; what an
/// import can end with otherwise.
pub fn grow(
    base: &Dataset,
    changes: &Changes,
    options: &GrowOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, Error> {
    let GrowOptions { data_dir, name, now, watermark, grown_from } = options;
    let now = utc(*now).ok_or_else(|| Error::BadOption {
        option: "the time",
        value: now.to_string(),
        allowed: "seconds since 1970, before the year 10000".to_owned(),
    })?;
    check_films(base, changes)?;
    base.verify()?;
    let dataset = lock(data_dir, name)?;
    let directory = dataset.temporary()?;
    let movies = base.catalogue().movies();
    let (files, counts, times) = write(base, movies, changes, directory.path(), progress)?;
    let content_sha256 = content_sha256("", &files);
    let is_the_same =
        |known: &Metadata| known.content_sha256 == content_sha256 && known.watermark.as_ref() == Some(watermark);
    if let Some(metadata) = dataset.find(is_the_same)? {
        dataset.point_latest_to(&metadata.version)?;
        let directory = dataset.path().join(&metadata.version);
        return Ok(ImportReport { metadata, directory, reused: true, bad_rows: Vec::new() });
    }
    let metadata = Metadata {
        name: name.clone(),
        version: version_name(now, &content_sha256),
        created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        content_sha256,
        counts,
        first_rating_at: times.0,
        last_rating_at: times.1,
        files,
        base: Some(grown_from.clone().unwrap_or_else(|| base.metadata().version.clone())),
        watermark: Some(watermark.clone()),
        ..base.metadata().clone()
    };
    let metadata = dataset.publish(directory, metadata)?;
    let directory = dataset.path().join(&metadata.version);
    Ok(ImportReport { metadata, directory, reused: false, bad_rows: Vec::new() })
}

fn check_films(base: &Dataset, changes: &Changes) -> Result<(), Error> {
    let rated = changes.by_user.values().flat_map(|changes| changes.by_film.keys());
    let unknown = rated.filter(|film| base.catalogue().position(**film).is_none()).min();
    let Some(movie) = unknown else { return Ok(()) };
    let Metadata { name, version, .. } = base.metadata();
    Err(Error::UnknownFilm { movie: *movie, name: name.clone(), version: version.clone() })
}

type Files = BTreeMap<String, FileSummary>;

/// Writes the columns, with these films; gives also the times of the first and the last rating.
pub(super) fn write(
    base: &Dataset,
    movies: &[Movie],
    changes: &Changes,
    directory: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Files, Counts, (i64, i64)), Error> {
    let users = changes.users(base.shard_count());
    let shards = (0..base.shard_count()).zip(&users).map(|(shard, users)| changes.applied_to(base, shard, users));
    let row_bytes = size_of::<StoredRating>() as u64;
    let total = base.ratings() as u64;
    let summary = write_ratings(directory, shards, |rows| {
        let (bytes_done, bytes_total) = (rows * row_bytes, total.max(rows) * row_bytes);
        progress(Progress { stage: Stage::Writing, bytes_done, bytes_total, rows });
    })?;
    let (Some(first), Some(last)) = (summary.first_rating_at, summary.last_rating_at) else {
        return Err(movielens::Error::Empty { file: RATINGS_FILE.to_owned() }.into());
    };
    let mut files = Files::new();
    files.extend(summary.ratings_file.map(|file| (RATINGS_FILE.to_owned(), file)));
    files.extend(summary.users_file.map(|file| (USERS_FILE.to_owned(), file)));
    files.insert(MOVIES_FILE.to_owned(), write_movies(directory, movies, &summary.stats)?);
    let mut counts = base.metadata().counts.clone();
    (counts.users, counts.ratings) = (summary.users, summary.ratings);
    if base.metadata().files.contains_key(TAGS_FILE) {
        let mut tags = base.tags()?;
        tags.retain(|tag| !changes.is_forgotten(tag.user));
        counts.tags = tags.len() as u64;
        files.insert(TAGS_FILE.to_owned(), write_tags(directory, &tags)?);
    }
    for file in KEPT {
        if let Some(kept) = base.metadata().files.get(file) {
            copy(&base.directory().join(file), &directory.join(file))?;
            files.insert(file.to_owned(), kept.clone());
        }
    }
    let bad_rows = base.directory().join(BAD_ROWS_FILE);
    if fs::exists(&bad_rows).map_err(versions::Error::io("looking for", &bad_rows))? {
        copy(&bad_rows, &directory.join(BAD_ROWS_FILE))?;
    }
    Ok((files, counts, (first, last)))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut source = File::open(from).map_err(versions::Error::io("opening", from))?;
    Ok(write_synced(to, |out| io::copy(&mut source, out).map(drop))?)
}
