//! From a source, or from rows made by a program, to a new dataset version.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::metadata::{READING_RULES, Settings};
use super::store::lock;
use super::write::{
    FACTS_FILE, FILM_IDS_FILE, GENOME_FILE, MOVIES_FILE, RATINGS_FILE, StoredRating, TAGS_FILE, USER_IDS_FILE,
    USERS_FILE, write_facts, write_genome, write_movies, write_ratings, write_source_ids, write_tags,
};
use super::{BAD_ROWS_FILE, Counts, Error, FORMAT_VERSION, MAX_SHARD_COUNT, Metadata, Origin, shard_of};
use crate::catalogue::Movie;
use crate::facts::{self, read_facts};
use crate::movielens::{
    self, BadReason, BadRow, BadRows, Films, Genome, IdKind, Ids, Progress, Rating, RatingsRead, RatingsReading, Scale,
    Source, Stage, Tag,
};
use crate::versions::{self, LockedDirectory, content_sha256, utc, version_name, write_synced};

/// What an import is told.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Where datasets are kept.
    pub data_dir: PathBuf,
    /// The dataset's name.
    pub name: String,
    /// How many shards the users are cut into, 1 to [`MAX_SHARD_COUNT`].
    pub shard_count: u32,
    /// The fraction of a file's rows that may be bad, 0 to 1.
    pub max_bad_rows: f64,
    /// A file of facts about films, if there is one.
    pub facts: Option<PathBuf>,
    /// The present time in seconds since 1970: no rating is from later.
    pub now: i64,
    /// The scale of the ratings; none to recognise it.
    pub scale: Option<Scale>,
    /// What the ids of users and films are; none to recognise it.
    pub ids: Option<IdKind>,
    /// Make a new version even if the same was imported before.
    pub force: bool,
}

impl ImportOptions {
    /// 16 shards, at most 1 % bad rows, no force.
    pub fn new(data_dir: impl Into<PathBuf>, name: impl Into<String>, now: i64) -> ImportOptions {
        let (data_dir, name) = (data_dir.into(), name.into());
        ImportOptions {
            data_dir,
            name,
            shard_count: 16,
            max_bad_rows: 0.01,
            facts: None,
            now,
            scale: None,
            ids: None,
            force: false,
        }
    }

    fn check(&self) -> Result<DateTime<Utc>, Error> {
        let bad = |option, value: String, allowed: String| Err(Error::BadOption { option, value, allowed });
        if !(1..=MAX_SHARD_COUNT).contains(&self.shard_count) {
            return bad("a shard count of", self.shard_count.to_string(), format!("1 to {MAX_SHARD_COUNT}"));
        }
        if !(0.0..=1.0).contains(&self.max_bad_rows) {
            return bad("a fraction of bad rows of", self.max_bad_rows.to_string(), "0 to 1".to_owned());
        }
        match utc(self.now) {
            Some(now) => Ok(now),
            None => bad("the time", self.now.to_string(), "seconds since 1970, before the year 10000".to_owned()),
        }
    }
}

/// What an import did.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// The version that is now the latest.
    pub metadata: Metadata,
    /// Where it lies.
    pub directory: PathBuf,
    /// Whether the same had been imported before and nothing was written.
    pub reused: bool,
    /// The first bad rows, ordered by file and line; none if the version was reused.
    pub bad_rows: Vec<BadRow>,
}

/// Imports a folder or zip archive in any layout of MovieLens as the latest version of a dataset.
///
/// Either the version is complete and the latest, or the data directory is as it was.
pub fn import(
    source: &Path,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, Error> {
    let now = options.check()?;
    let mut source = Source::open(source)?;
    let dataset = lock(&options.data_dir, &options.name)?;
    let origin = Origin::MovieLens(source.layout());
    let facts_sha256 = facts_sha256(options)?;
    let (scale, ids) = (options.scale.map(Scale::highest), options.ids);
    let settings = Settings { max_bad_rows: options.max_bad_rows, scale, ids };
    // The same files read by other rules or under other settings may be another dataset.
    let same_as = |sha256: String| {
        let facts_sha256 = &facts_sha256;
        move |metadata: &Metadata| {
            metadata.source_sha256 == sha256
                && metadata.base.is_none()
                && metadata.shard_count == options.shard_count
                && metadata.facts_sha256 == *facts_sha256
                && metadata.reading_rules == READING_RULES
                && metadata.settings == Some(settings)
        }
    };
    // Reading the source twice is worth it only if there is something to find.
    if !options.force && dataset.find(|metadata: &Metadata| metadata.layout == origin)?.is_some() {
        let sha256 = source.sha256(progress)?;
        if let Some(known) = dataset.find(same_as(sha256))? {
            return reuse(&dataset, known);
        }
    }
    let mut bad_rows = BadRows::default();
    let films = source.read_movies(options.ids, &mut bad_rows, options.max_bad_rows)?;
    let genome = source.read_genome(&films, &mut bad_rows, progress, options.max_bad_rows);
    let (mut shards, mut users) = read_ratings(&mut source, &films, options, &mut bad_rows, progress)?;
    let mut tags = source.read_tags(&films, &mut users, options.now, &mut bad_rows, options.max_bad_rows);
    users.put_in_order();
    source.assume_users(&users);
    if !users.are_numbers() {
        shards = shards.renumbered(&users);
        tags.iter_mut().flatten().for_each(|tag| tag.user = users.number_in_order(tag.user));
    }
    let ratings_file = source.ratings_file().to_owned();
    let rows = Rows { films, users, tags, genome, shards, ratings_file, bad_rows };
    let written = write(&dataset, options, rows, progress)?;
    let source_sha256 = source.sha256(progress)?;
    let read_as = ReadAs { settings: Some(settings), assumptions: source.assumptions().to_vec() };
    let source = SourceRead { layout: origin, name: source.name(), sha256: source_sha256, facts_sha256 };
    publish(&dataset, options, now, written, source, read_as)
}

/// Reads the ratings as it is said, or else with the ids and on the scale that they turn out to have.
fn read_ratings(
    source: &mut Source,
    films: &Films,
    options: &ImportOptions,
    bad_rows: &mut BadRows,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Shards, Ids), Error> {
    let file = source.ratings_file().to_owned();
    let mut as_told = AsTold {
        ids: options.ids.unwrap_or(IdKind::Numbers),
        scale: options.scale.unwrap_or_default(),
        may_break_off: options.ids.is_none(),
    };
    let (before, assumed_before) = (bad_rows.clone(), source.assumptions().len());
    loop {
        let (mut shards, mut users) = (Shards::new(options.shard_count), Ids::new(as_told.ids));
        let AsTold { scale, may_break_off, .. } = as_told;
        let reading = RatingsReading { films, users: &mut users, scale, now: options.now, may_break_off };
        let found = source.read_ratings(reading, bad_rows, progress, |line, rating| shards.add(line, rating))?;
        let better = as_told.better(options, &users, &found);
        let Some(better) = better else {
            bad_rows.check(&file, found.rows, options.max_bad_rows)?;
            return Ok((shards, users));
        };
        // What was read in the wrong way goes before it is read in the right one.
        as_told = better;
        bad_rows.clone_from(&before);
        source.forget_assumptions(assumed_before);
    }
}

/// How the ratings are read: as the import was told, or as they looked when they were read before.
#[derive(Clone, Copy)]
struct AsTold {
    ids: IdKind,
    scale: Scale,
    may_break_off: bool,
}

impl AsTold {
    /// How they are to be read instead, seeing what was found; each time something else, so it ends.
    fn better(self, options: &ImportOptions, users: &Ids, found: &RatingsRead) -> Option<AsTold> {
        if found.broken_off {
            // The whole file decides, whatever its first rows were.
            return Some(AsTold { ids: IdKind::Text, may_break_off: false, ..self });
        }
        let ids = options.ids.unwrap_or_else(|| users.likely());
        if ids != self.ids {
            return Some(AsTold { ids, may_break_off: false, ..self });
        }
        let scale = found.other_scale().filter(|scale| options.scale.is_none() && *scale != self.scale)?;
        Some(AsTold { scale, may_break_off: false, ..self })
    }
}

/// Imports rows made by a program; `label` stands for the source's name in the metadata and in bad rows.
///
/// The same checks apply as to files: ratings of unknown films, from the future, or given twice are bad rows, whose
/// line is their place in the iterator, counted from 1.
pub fn import_rows(
    label: &str,
    movies: Vec<Movie>,
    ratings: impl IntoIterator<Item = Rating>,
    options: &ImportOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, Error> {
    let now = options.check()?;
    let facts_sha256 = facts_sha256(options)?;
    let dataset = lock(&options.data_dir, &options.name)?;
    let films = Films::new(movies);
    let mut shards = Shards::new(options.shard_count);
    let mut bad_rows = BadRows::default();
    let mut rows = 0;
    for rating in ratings {
        rows += 1;
        let movie = rating.movie;
        if !films.is_known(movie) {
            bad_rows.add(label, rows, BadReason::UnknownFilm, || format!("film {movie} is not among the films"));
        } else if !(0..=options.now).contains(&rating.timestamp) {
            let detail = || format!("the time {} lies in the future or before 1970", rating.timestamp);
            bad_rows.add(label, rows, BadReason::FutureTime, detail);
        } else if let Ok(line) = u32::try_from(rows) {
            shards.add(line, rating);
        } else {
            let limit = u32::MAX.into();
            return Err(movielens::Error::TooLarge { file: label.to_owned(), bytes: rows, limit }.into());
        }
    }
    bad_rows.check(label, rows, options.max_bad_rows)?;
    let (users, ratings_file) = (Ids::default(), label.to_owned());
    let rows = Rows { films, users, tags: None, genome: None, shards, ratings_file, bad_rows };
    let written = write(&dataset, options, rows, progress)?;
    let content_sha256 = written.content_sha256.clone();
    if !options.force
        && let Some(known) = dataset.find(|metadata: &Metadata| metadata.content_sha256 == content_sha256)?
    {
        return reuse(&dataset, known);
    }
    let source = SourceRead { layout: Origin::Rows, name: label.to_owned(), sha256: content_sha256, facts_sha256 };
    publish(&dataset, options, now, written, source, ReadAs::default())
}

fn reuse(dataset: &LockedDirectory, metadata: Metadata) -> Result<ImportReport, Error> {
    dataset.point_latest_to(&metadata.version)?;
    let directory = dataset.path().join(&metadata.version);
    Ok(ImportReport { metadata, directory, reused: true, bad_rows: Vec::new() })
}

/// Ratings on their way, by shard.
struct Shards(Vec<Vec<StoredRating>>);

impl Shards {
    fn new(shard_count: u32) -> Shards {
        Shards((0..shard_count).map(|_| Vec::new()).collect())
    }

    fn add(&mut self, line: u32, rating: Rating) {
        let Rating { user, movie, half_stars, timestamp } = rating;
        let shard = shard_of(user, self.0.len() as u32);
        self.0[shard as usize].push(StoredRating { timestamp, user, movie, line, half_stars: half_stars.get() });
    }

    /// With each user's number in the order of ids, and in the shard that goes with it. Takes room for one shard more.
    fn renumbered(mut self, users: &Ids) -> Shards {
        let count = self.0.len() as u32;
        let mut sizes = vec![0; self.0.len()];
        for rating in self.0.iter_mut().flatten() {
            rating.user = users.number_in_order(rating.user);
            sizes[shard_of(rating.user, count) as usize] += 1;
        }
        let mut shards: Vec<Vec<StoredRating>> = sizes.into_iter().map(Vec::with_capacity).collect();
        for rating in self.0.into_iter().flatten() {
            shards[shard_of(rating.user, count) as usize].push(rating);
        }
        Shards(shards)
    }
}

/// What a version is made from, for its metadata.
struct SourceRead {
    layout: Origin,
    name: String,
    sha256: String,
    facts_sha256: Option<String>,
}

/// The hash of the file of facts; `None` if none is given.
fn facts_sha256(options: &ImportOptions) -> Result<Option<String>, Error> {
    let Some(path) = &options.facts else { return Ok(None) };
    let read = || {
        let (mut file, mut hash, mut buffer) = (std::fs::File::open(path)?, Sha256::new(), [0; 1 << 13]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(movielens::hexadecimal(&hash.finalize())),
                bytes => hash.update(&buffer[..bytes]),
            }
        }
    };
    read().map(Some).map_err(|source| facts::Error::Io { path: path.clone(), source }.into())
}

/// All that was read, before duplicates are found.
struct Rows {
    films: Films,
    users: Ids,
    tags: Option<Vec<Tag>>,
    genome: Option<Genome>,
    shards: Shards,
    ratings_file: String,
    bad_rows: BadRows,
}

/// A directory with all columns, lacking only its metadata.
struct Written {
    directory: TempDir,
    content_sha256: String,
    files: BTreeMap<String, super::FileSummary>,
    counts: Counts,
    first_rating_at: i64,
    last_rating_at: i64,
    bad_rows: Vec<BadRow>,
}

fn write(
    dataset: &LockedDirectory,
    options: &ImportOptions,
    rows: Rows,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Error> {
    let Rows { films, users, tags, genome, shards, ratings_file, bad_rows } = rows;
    let temporary = dataset.temporary()?;
    let directory = temporary.path();
    let row_bytes = size_of::<StoredRating>() as u64;
    let total: u64 = shards.0.iter().map(|shard| shard.len() as u64).sum();
    let summary = write_ratings(directory, shards.0, |rows| {
        let (bytes_done, bytes_total) = (rows * row_bytes, total * row_bytes);
        progress(Progress { stage: Stage::Writing, bytes_done, bytes_total, rows });
    })?;
    let (Some(first_rating_at), Some(last_rating_at)) = (summary.first_rating_at, summary.last_rating_at) else {
        return Err(movielens::Error::Empty { file: ratings_file }.into());
    };
    let mut files = BTreeMap::new();
    for (file, ids) in [(USER_IDS_FILE, &users), (FILM_IDS_FILE, films.ids())] {
        if let Some(in_order) = ids.in_order() {
            files.insert(file.to_owned(), write_source_ids(directory, file, in_order)?);
        }
    }
    drop(users);
    let mut movies = films.movies;
    movies.sort_by_key(|movie| movie.id);
    movies.dedup_by_key(|movie| movie.id);
    files.extend(summary.ratings_file.map(|file| (RATINGS_FILE.to_owned(), file)));
    files.extend(summary.users_file.map(|file| (USERS_FILE.to_owned(), file)));
    files.insert(MOVIES_FILE.to_owned(), write_movies(directory, &movies, &summary.stats)?);
    if let Some(tags) = &tags {
        files.insert(TAGS_FILE.to_owned(), write_tags(directory, tags)?);
    }
    if let Some(genome) = &genome {
        files.insert(GENOME_FILE.to_owned(), write_genome(directory, genome)?);
    }
    let facts = match &options.facts {
        Some(path) => read_facts(path, &movies)?,
        None => Vec::new(),
    };
    if !facts.is_empty() {
        files.insert(FACTS_FILE.to_owned(), write_facts(directory, &facts)?);
    }
    let content_sha256 = content_sha256("", &files);
    let mut detailed = bad_rows.detailed().to_vec();
    detailed.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    let lines = detailed.iter().map(serde_json::to_string).collect::<Result<Vec<String>, _>>();
    let path = directory.join(BAD_ROWS_FILE);
    let lines = lines.map_err(|reason| versions::Error::io("writing", &path)(reason.into()))?;
    write_synced(&path, |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    let counts = Counts {
        users: summary.users,
        movies: movies.len() as u64,
        ratings: summary.ratings,
        rated_again: summary.rated_again,
        tags: tags.map_or(0, |tags| tags.len() as u64),
        genome: genome.map_or(0, |genome| genome.movies().len() as u64),
        facts: facts.len() as u64,
        bad_rows: bad_rows.by_reason().clone(),
    };
    let bad_rows = detailed;
    Ok(Written { directory: temporary, content_sha256, files, counts, first_rating_at, last_rating_at, bad_rows })
}

/// How a source was read.
#[derive(Default)]
struct ReadAs {
    settings: Option<Settings>,
    assumptions: Vec<String>,
}

fn publish(
    dataset: &LockedDirectory,
    options: &ImportOptions,
    now: DateTime<Utc>,
    written: Written,
    source: SourceRead,
    read_as: ReadAs,
) -> Result<ImportReport, Error> {
    let Written { directory, content_sha256, files, counts, first_rating_at, last_rating_at, bad_rows } = written;
    let version = version_name(now, &content_sha256);
    let metadata = Metadata {
        format_version: FORMAT_VERSION,
        name: options.name.clone(),
        version,
        created_at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        source: source.name,
        source_sha256: source.sha256,
        content_sha256,
        facts_sha256: source.facts_sha256,
        layout: source.layout,
        reading_rules: READING_RULES,
        settings: read_as.settings,
        assumptions: read_as.assumptions,
        shard_count: options.shard_count,
        counts,
        first_rating_at,
        last_rating_at,
        files,
        base: None,
        watermark: None,
    };
    let metadata = dataset.publish(directory, metadata)?;
    let directory = dataset.path().join(&metadata.version);
    Ok(ImportReport { metadata, directory, reused: false, bad_rows })
}
