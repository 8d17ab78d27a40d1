//! From the workers' neighbours to the `answer` event: the exact merge, the ranking, and what it says of itself.

use cineswarm_engine::{MovieId, Neighbour, NeighbourRow, RankScratch, Recommendation, dataset::shard_of, popular};
use cineswarm_proto::farm::{QueryResult, decode_ascending};
use serde::Serialize;

use super::ask::ALGORITHM;
use super::spec::{Source, Spec};
use crate::library::Library;
use crate::words::Note;
use cineswarm_chat::{Understanding, replies};

/// One worker's neighbours for one request, checked to be what they claim.
#[derive(Debug)]
pub struct Part {
    /// Which query it answers.
    pub query_id: String,
    /// Who computed it.
    pub worker_id: String,
    /// On which shards.
    pub shards: Vec<u32>,
    /// Time it took for all queries of the task, in milliseconds.
    pub processing_time_ms: f64,
    /// What it found.
    pub neighbours: Vec<FoundNeighbour>,
}

/// A neighbour with all of his ratings.
#[derive(Debug)]
pub struct FoundNeighbour {
    neighbour: Neighbour,
    movie_ids: Vec<MovieId>,
    half_stars: bytes::Bytes,
}

/// What the master knows of a request's way through the farm.
#[derive(Debug, Default, Clone, Copy)]
pub struct Timings {
    /// From the ask to the first task.
    pub queue_ms: f64,
    /// From the first task to the last result.
    pub farm_ms: f64,
}

/// Unpacks a worker's answer to one query, and checks that it speaks of users of its shards only.
pub fn unpack(result: QueryResult, shards: &[u32], shard_count: u32) -> Result<Vec<FoundNeighbour>, String> {
    let unpacked = result.neighbours.into_iter().map(|found| {
        let user = found.user_id;
        if !shards.contains(&shard_of(user, shard_count)) {
            return Err(format!("user {user} is not in the task's shards"));
        }
        let mut movie_ids = Vec::new();
        decode_ascending(&found.movie_id_deltas, found.half_stars.len(), &mut movie_ids)
            .map_err(|error| format!("user {user}: {error}"))?;
        let neighbour = Neighbour { user, similarity: found.similarity, overlap: found.overlap, dot: found.dot };
        let checked = FoundNeighbour { neighbour, movie_ids, half_stars: found.half_stars };
        checked.row().map_err(|error| error.to_string())?;
        Ok(checked)
    });
    unpacked.collect()
}

impl FoundNeighbour {
    fn row(&self) -> Result<NeighbourRow<'_>, cineswarm_engine::ranking::Error> {
        NeighbourRow::new(self.neighbour, &self.movie_ids, &self.half_stars)
    }
}

/// The payload of the `answer` event but for `request_id`, `offset` and `query`, which the envelope adds.
#[derive(Serialize)]
pub struct Answer<'a> {
    recommendations: Vec<Film<'a>>,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Film<'a> {
    rank: usize,
    movie_id: MovieId,
    title: &'a str,
    year: Option<u16>,
    genres: &'a [String],
    score: f64,
    predicted_rating: Option<f64>,
    neighbours: u32,
    because: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    movie_id: MovieId,
    title: &'a str,
    year: Option<u16>,
    share: f64,
    neighbours: u32,
}

#[derive(Serialize)]
struct Meta<'a> {
    algorithm: &'static str,
    source: Source,
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Understanding>,
    workers: Vec<Contribution>,
    processing_time_ms: f64,
    queue_time_ms: f64,
    coverage: f64,
    model_version: &'a str,
    timings: Phases,
}

#[derive(Serialize)]
struct Contribution {
    worker_id: String,
    shards: Vec<u32>,
    processing_time_ms: f64,
}

#[derive(Serialize)]
struct Phases {
    queue_ms: f64,
    farm_ms: f64,
    merge_ms: f64,
}

impl Answer<'_> {
    /// How many films it has.
    pub fn films(&self) -> usize {
        self.recommendations.len()
    }

    /// The workers that computed it.
    pub fn workers(&self) -> impl Iterator<Item = &str> {
        self.meta.workers.iter().map(|worker| worker.worker_id.as_str())
    }

    /// Shards that answered / shards there are.
    pub fn coverage(&self) -> f64 {
        self.meta.coverage
    }
}

/// Merges the parts exactly: the best k of all shards, whatever worker had which.
pub fn merge<'a>(
    library: &'a Library,
    spec: &Spec,
    parts: Vec<Part>,
    timings: Timings,
    scratch: &mut RankScratch,
) -> Answer<'a> {
    let started = std::time::Instant::now();
    let profile = spec.profile();
    let shards_done: usize = parts.iter().map(|part| part.shards.len()).sum();
    let coverage = match spec.source {
        Source::Neighbours => shards_done as f64 / f64::from(library.dataset.shard_count()),
        Source::Popular => 1.0,
    };

    let mut nearest: Vec<&FoundNeighbour> = parts.iter().flat_map(|part| &part.neighbours).collect();
    nearest.sort_by(|a, b| a.neighbour.best_first(&b.neighbour));
    nearest.truncate(spec.neighbours.k);
    // Each was checked when it came.
    let rows: Vec<NeighbourRow<'_>> = nearest.iter().filter_map(|found| found.row().ok()).collect();

    let (source, found) = match spec.source {
        Source::Neighbours if !rows.is_empty() => {
            (Source::Neighbours, library.ranker.rank(&profile, &rows, &spec.filters, &spec.ranking, scratch))
        }
        _ => (Source::Popular, popular(library.catalogue(), &spec.filters, &profile, spec.ranking.n)),
    };
    let note = match (spec.note, source) {
        _ if found.is_empty() && coverage == 1.0 => Some(Note::NothingFits),
        (Some(note), _) => Some(note),
        // Before the next one: of the shards that are missing nobody knows what neighbours they have.
        _ if coverage < 1.0 => Some(Note::Partial),
        (None, Source::Popular) if spec.source == Source::Neighbours => Some(Note::NoNeighbours),
        _ => None,
    };
    let recommendations = found.into_iter().enumerate().filter_map(|(at, one)| film(library, at + 1, one)).collect();
    let merge_ms = milliseconds(started.elapsed());
    let meta = Meta {
        algorithm: match source {
            Source::Neighbours => ALGORITHM,
            Source::Popular => "popularity",
        },
        source,
        note: in_words(note, spec),
        reading: spec.reading.clone(),
        workers: contributions(parts),
        processing_time_ms: round(timings.farm_ms + merge_ms),
        queue_time_ms: round(timings.queue_ms),
        coverage,
        model_version: library.version(),
        timings: Phases { queue_ms: round(timings.queue_ms), farm_ms: round(timings.farm_ms), merge_ms },
    };
    Answer { recommendations, meta }
}

/// What the viewer is to know: about the answer as a whole, and what of the sentence it does not take into account.
fn in_words(note: Option<Note>, spec: &Spec) -> Option<String> {
    let sentences = [note.map(|note| note.words(spec.lang)), replies::ignored(&spec.ignored, spec.lang)];
    let words = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

fn film(library: &Library, rank: usize, found: Recommendation) -> Option<Film<'_>> {
    let movie = library.catalogue().get(found.movie_id)?;
    // A film of the viewer's that the catalogue lacks cannot be named.
    let because = found.because.into_iter().filter_map(|reason| {
        let own = library.catalogue().get(reason.movie_id)?;
        Some(Reason {
            movie_id: own.id,
            title: &own.title,
            year: own.year,
            share: reason.share,
            neighbours: reason.neighbours,
        })
    });
    Some(Film {
        rank,
        movie_id: movie.id,
        title: &movie.title,
        year: movie.year,
        genres: &movie.genres,
        score: found.score,
        predicted_rating: found.predicted_rating,
        neighbours: found.neighbours,
        because: because.collect(),
    })
}

/// One entry a worker: of several tasks the shards are joined and the times added.
fn contributions(parts: Vec<Part>) -> Vec<Contribution> {
    let mut workers: Vec<Contribution> = Vec::new();
    for part in parts {
        match workers.iter_mut().find(|known| known.worker_id == part.worker_id) {
            Some(known) => {
                known.shards.extend(part.shards);
                known.processing_time_ms += part.processing_time_ms;
            }
            None => workers.push(Contribution {
                worker_id: part.worker_id,
                shards: part.shards,
                processing_time_ms: part.processing_time_ms,
            }),
        }
    }
    for worker in &mut workers {
        worker.shards.sort_unstable();
        worker.processing_time_ms = round(worker.processing_time_ms);
    }
    workers.sort_by(|a, b| a.worker_id.cmp(&b.worker_id));
    workers
}

fn milliseconds(duration: std::time::Duration) -> f64 {
    round(duration.as_secs_f64() * 1e3)
}

fn round(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests;
