//! From the workers' neighbours to the `answer` event: the exact merge, the ranking, and what it says of itself.

use cineswarm_engine::dataset::shard_of;
use cineswarm_engine::{MovieId, Neighbour, RankScratch, Ranker, Recommendation, Shortage, rank_or_explain};
use cineswarm_proto::farm::QueryResult;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::ask::{ALGORITHM, GRAPH};
use super::chosen;
use super::spec::{Source, Spec};
use crate::library::Library;
use crate::words::Note;
use cineswarm_chat::{Understanding, replies};

/// Why neighbours answer and not the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InsteadOfModel {
    /// None is trained.
    NotTrained,
    /// No worker holds it.
    NoWorker,
    /// It did not answer in time.
    Late,
    /// Only certain films are asked for, of which it may know nothing.
    NamedFilms,
}

/// One worker's neighbours for one request, checked to be what they are said to be.
#[derive(Debug)]
pub struct WorkersPart {
    /// Who computed it.
    pub worker_id: String,
    /// On which shards.
    pub shards: Vec<u32>,
    /// Up to which number of the log each of them was, parallel to them.
    pub watermarks: Vec<u64>,
    /// Time it took for all queries of the task, in milliseconds.
    pub processing_time_ms: f64,
    /// What it found.
    pub found: Found,
}

/// What a worker found, best first.
#[derive(Debug)]
pub enum Found {
    /// The users nearest to the profile.
    Neighbours(Vec<Neighbour>),
    /// The films that the model has for the profile, with their scores.
    Films(Vec<(MovieId, f32)>),
}

/// What answers: the algorithm, and where its films come from.
type Answering = (&'static str, &'static str);
const NEIGHBOURS: Answering = (ALGORITHM, "neighbours");
const MODEL: Answering = ("likeness", "model");
const POPULARITY: Answering = ("popularity", "popular");
const COINCIDENCES: Answering = (GRAPH, "graph");

/// What the master knows of a request's way through the farm.
#[derive(Debug, Default, Clone, Copy)]
pub struct Timings {
    /// From the ask to the first task.
    pub queue_ms: f64,
    /// From the first task to the last result.
    pub farm_ms: f64,
}

/// Takes a worker's answer to one query, and checks all that can be checked without another search: that it speaks of
/// users of its shards only, each once and in order, with the figures that their ratings gave at the watermarks, which are
/// parallel to the shards.
pub fn check(
    library: &Library,
    ranker: &Ranker,
    spec: &Spec,
    result: &QueryResult,
    (shards, watermarks): (&[u32], &[u64]),
    scratch: &mut RankScratch,
) -> Result<Vec<Neighbour>, String> {
    let shard_count = library.dataset.shard_count();
    let is_elsewhere = |user| !shards.contains(&shard_of(user, shard_count));
    if let Some(stranger) = result.neighbours.iter().find(|found| is_elsewhere(found.user_id)) {
        return Err(format!("user {} is not in the task's shards", stranger.user_id));
    }
    let neighbours = result.neighbours.iter().map(|found| Neighbour {
        user: found.user_id,
        similarity: found.similarity,
        overlap: found.overlap,
        dot: found.dot,
    });
    let neighbours: Vec<Neighbour> = neighbours.collect();
    let as_of = |user| {
        let shard = shard_of(user, shard_count);
        // The user is in one of the shards.
        shards.iter().position(|known| *known == shard).and_then(|at| watermarks.get(at)).copied().unwrap_or_default()
    };
    let checked = ranker.check(&spec.profile(), &spec.wanted(), &neighbours, as_of, scratch);
    checked.map(|()| neighbours).map_err(|error| error.to_string())
}

/// Takes a worker's answer from the model to one query, and checks that each film has the score that the profile gives it,
/// and that they come in order, each once.
pub fn check_films(library: &Library, spec: &Spec, result: &QueryResult) -> Result<Vec<(MovieId, f32)>, String> {
    let offered = library.model().ok_or("no model is served")?;
    let profile = spec.profile();
    let scores = offered.model.scores(&profile);
    let films: Vec<(MovieId, f32)> = result.films.iter().map(|film| (film.movie_id, film.score)).collect();
    for &(movie, score) in &films {
        if profile.get(movie).is_some() || scores.of(movie).is_none_or(|own| own.to_bits() != score.to_bits()) {
            return Err(format!("film {movie} does not have the score {score}"));
        }
    }
    let in_order = |pair: &[(MovieId, f32)]| pair[0].1 > pair[1].1 || (pair[0].1 == pair[1].1 && pair[0].0 < pair[1].0);
    match films.windows(2).find(|pair| !in_order(pair)) {
        Some(pair) => Err(format!("film {} stands before film {}", pair[0].0, pair[1].0)),
        None => Ok(films),
    }
}

/// The payload of the `answer` event but for `request_id`, `offset` and `query`, which the envelope adds. It is written
/// as JSON once, for the database and for every tab.
#[derive(Serialize)]
pub struct Answer {
    recommendations: Box<RawValue>,
    meta: Box<RawValue>,
    #[serde(skip)]
    summary: String,
    #[serde(skip)]
    coverage: f64,
}

#[derive(Serialize)]
struct Film<'a> {
    rank: usize,
    movie_id: MovieId,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<&'a str>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    source_id: Option<&'a str>,
    title: &'a str,
    year: Option<u16>,
    share: f64,
    neighbours: u32,
}

#[derive(Serialize)]
struct Meta<'a> {
    algorithm: &'static str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead_of_model: Option<InsteadOfModel>,
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Understanding>,
    workers: Vec<Contribution>,
    processing_time_ms: f64,
    queue_time_ms: f64,
    coverage: f64,
    model_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    watermark: Option<Watermark>,
    timings: Phases,
}

/// Up to which number of the log of ratings the answer knows what everybody has rated.
#[derive(Serialize)]
struct Watermark {
    /// What films are ranked by.
    master: u64,
    /// Where neighbours were looked for, by shard; `null` where nobody answered.
    shards: Vec<Option<u64>>,
}

impl Watermark {
    fn new(master: u64, shard_count: u32, parts: &[WorkersPart]) -> Watermark {
        let mut shards = vec![None; shard_count as usize];
        for (&shard, &watermark) in parts.iter().flat_map(|part| part.shards.iter().zip(&part.watermarks)) {
            if let Some(of_shard) = shards.get_mut(shard as usize) {
                *of_shard = Some(watermark);
            }
        }
        Watermark { master, shards }
    }
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

impl Answer {
    /// For the log.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Shards that answered / shards there are.
    pub fn coverage(&self) -> f64 {
        self.coverage
    }
}

/// Merges the parts exactly: the best k of all shards, whatever worker had which.
///
/// # Errors
/// If the answer cannot be written as JSON.
pub fn merge(
    library: &Library,
    spec: &Spec,
    parts: Vec<WorkersPart>,
    instead_of_model: Option<InsteadOfModel>,
    timings: Timings,
    scratch: &mut RankScratch,
) -> serde_json::Result<Answer> {
    let started = std::time::Instant::now();
    let (profile, ranker) = (spec.profile(), library.ranker());
    let of_model = parts.iter().find_map(|part| match &part.found {
        Found::Films(films) => Some(films.as_slice()),
        Found::Neighbours(_) => None,
    });
    let shards_done: usize = parts.iter().map(|part| part.shards.len()).sum();
    let coverage = match spec.source {
        Source::Neighbours if of_model.is_none() => shards_done as f64 / f64::from(library.dataset.shard_count()),
        _ => 1.0,
    };
    let (source, found, shortage) = match (spec.source, of_model, library.model()) {
        (Source::Popular, ..) => (POPULARITY, chosen::popular_films(library, spec, &profile), None),
        (Source::Graph, ..) => match chosen::by_graph(library, &ranker, spec, &profile) {
            found if found.is_empty() => {
                let instead = chosen::popular_films(library, spec, &profile);
                (POPULARITY, instead, Some(Shortage::NobodyShares))
            }
            found => (COINCIDENCES, found, None),
        },
        (Source::Neighbours, Some(films), Some(offered)) => {
            match chosen::of_model(library, spec, &profile, films, &offered.model) {
                found if found.is_empty() => {
                    let instead = chosen::popular_films(library, spec, &profile);
                    let reason = if instead.is_empty() { Shortage::NothingFits } else { Shortage::Filtered };
                    (POPULARITY, instead, Some(reason))
                }
                found => (MODEL, found, None),
            }
        }
        (Source::Neighbours, ..) => {
            let neighbours = parts.iter().filter_map(|part| match &part.found {
                Found::Neighbours(neighbours) => Some(neighbours),
                Found::Films(_) => None,
            });
            let mut nearest: Vec<Neighbour> = neighbours.flatten().copied().collect();
            nearest.sort_by(Neighbour::best_first);
            nearest.truncate(spec.neighbours.k);
            let (found, shortage) = rank_or_explain(&ranker, &profile, &nearest, &spec.filters, &spec.ranking, scratch);
            let is_popular = shortage.is_some_and(Shortage::is_popular);
            (if is_popular { POPULARITY } else { NEIGHBOURS }, found, shortage)
        }
    };
    let note = match (spec.note, shortage) {
        _ if found.is_empty() && coverage == 1.0 => Some(Note::NothingFits),
        (Some(note), _) => Some(note),
        // Before the next one: of the shards that are missing nobody knows what neighbours they have.
        _ if coverage < 1.0 => Some(Note::Partial),
        (None, Some(Shortage::NobodyShares)) => Some(Note::NoNeighbours),
        (None, Some(Shortage::FewShare)) => Some(Note::FewNeighbours),
        (None, Some(Shortage::NothingElse)) => Some(Note::NothingElse),
        (None, Some(Shortage::Filtered)) => Some(Note::Filtered),
        (None, Some(Shortage::NothingFits)) => Some(Note::NothingFits),
        (None, None) => None,
    };
    let films: Vec<Film<'_>> =
        found.into_iter().enumerate().filter_map(|(at, one)| film(library, at + 1, one)).collect();
    let recommendations = to_raw_value(&films)?;
    let watermark = || Watermark::new(ranker.taken(), library.dataset.shard_count(), &parts);
    let watermark = library.shared().map(|_| watermark());
    let workers = contributions(parts);
    let summary = summary(&films, &workers, coverage);
    let merge_ms = milliseconds(started.elapsed());
    let meta = Meta {
        algorithm: source.0,
        source: source.1,
        instead_of_model: instead_of_model.filter(|_| source == NEIGHBOURS),
        note: in_words(note, spec),
        reading: spec.reading.clone(),
        workers,
        processing_time_ms: round(timings.farm_ms + merge_ms),
        queue_time_ms: round(timings.queue_ms),
        coverage,
        model_version: library.version(),
        watermark,
        timings: Phases { queue_ms: round(timings.queue_ms), farm_ms: round(timings.farm_ms), merge_ms },
    };
    Ok(Answer { recommendations, meta: to_raw_value(&meta)?, summary, coverage })
}

fn summary(films: &[Film<'_>], workers: &[Contribution], coverage: f64) -> String {
    let workers: Vec<&str> = workers.iter().map(|worker| worker.worker_id.as_str()).collect();
    format!("answered with {} films by {workers:?}, coverage {coverage}", films.len())
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
            source_id: library.catalogue().source_id(own.id),
            title: &own.title,
            year: own.year,
            share: reason.share,
            neighbours: reason.neighbours,
        })
    });
    Some(Film {
        rank,
        movie_id: movie.id,
        source_id: library.catalogue().source_id(movie.id),
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
fn contributions(parts: Vec<WorkersPart>) -> Vec<Contribution> {
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
