//! One task, from the message to the result that is handed in: computed on the shards it names or from its model, off the
//! async threads, and handed in as long as its lease lasts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cineswarm_engine::models::ServedModel;
use cineswarm_engine::{
    HalfStars, LiveIndex, Neighbour as Found, NeighbourOptions, Profile, Scratch, top_k_batch_unless,
};
use cineswarm_mqtt::{FarmLog, timestamp_ms};
use cineswarm_proto::farm::farm_client::FarmClient;
use cineswarm_proto::farm::{Neighbour, QueryResult, ScoredFilm, TaskResult, encode_ascending};
use cineswarm_proto::messages::{Task, TaskQuery};
use cineswarm_retry::Backoff;
use cineswarm_telemetry::metrics::list;
use cineswarm_telemetry::traces::{Kind, Span};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;

use crate::channel::Channels;
use crate::shards::HeldShard;

const FIRST_BACKOFF: Duration = Duration::from_millis(20);
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

/// So many queries go over the shards together.
const BATCH: usize = 64;

/// What a task is computed with.
pub enum With {
    /// The task's shards, in its order.
    Shards(Vec<HeldShard>),
    /// The model it names.
    Model(Arc<ServedModel>),
}

/// One task in hand.
pub struct TaskWork {
    /// What is to be computed.
    pub task: Task,
    /// What it is computed with.
    pub with: With,
    /// The connection to the master; `None`: the task names another endpoint than the master does.
    pub grpc: Option<FarmClient<Channel>>,
    /// Opens a connection to that other endpoint.
    pub channels: Channels,
    /// When it came.
    pub begun: Instant,
    /// When the lease ends.
    pub deadline: Instant,
    /// Seen by the computation itself, which does not end because its task is dropped.
    pub cancelled: CancellationToken,
    /// Working memory.
    pub scratch: ScratchPool,
    /// Where to say what happened.
    pub log: FarmLog,
}

impl TaskWork {
    /// Computes, and hands the result in unless the lease ends first. Cancelled, it ends as soon as the computing has:
    /// a task whose processor time is still being used is in hand.
    pub async fn carry_out(self) {
        let worker_id = self.task.worker_id.clone();
        let span = Span::of("carry out task", Kind::Consumer, self.task.traceparent.as_deref());
        span.word("worker", &worker_id);
        span.number("queries", self.task.queries.len() as f64);
        span.number("shards", self.task.shards.len() as f64);
        let outcome = self.outcome(&span).await;
        span.word("outcome", outcome);
        if outcome == "failed" || outcome == "refused" {
            span.fail(outcome);
        }
        list::WORKER_TASKS.increment([&worker_id, outcome]);
    }

    async fn outcome(self, span: &Span) -> &'static str {
        let TaskWork { task, with, grpc, channels, begun, deadline, cancelled, scratch, log } = self;
        let seen_by_computing = cancelled.clone();
        let watermarks = match &with {
            With::Shards(shards) => shards.iter().map(|shard| shard.at.seq).collect(),
            With::Model(_) => Vec::new(),
        };
        let computing = span.part("compute", Kind::Inside);
        let (task, computed) = match tokio::task::spawn_blocking(move || {
            list::WORKER_TASK_STAGE_DURATION.observe(["wait"], begun.elapsed().as_secs_f64());
            let in_vain = || seen_by_computing.is_cancelled() || Instant::now() >= deadline;
            let computed = match &with {
                With::Shards(shards) => {
                    let indexes: Vec<&LiveIndex> = shards.iter().map(|shard| &shard.index).collect();
                    compute(&indexes, &task.queries, task.with_ratings, &scratch, in_vain)
                }
                With::Model(model) => score(model, &task.queries),
            };
            (task, computed)
        })
        .await
        {
            Ok(done) => done,
            Err(error) => {
                log.error(format!("a computation ended abnormally: {error}"));
                return "failed";
            }
        };
        let computed = match computed {
            Ok(computed) => computed,
            Err(Error::Cancelled) => return "cancelled",
            Err(error) => {
                log.error(format!("task {} cannot be computed: {error}", task.task_id));
                return "failed";
            }
        };
        drop(computing);
        list::WORKER_TASK_STAGE_DURATION.observe(["compute"], computed.processing_time_ms / 1e3);
        log.request(&task.request_id, || {
            let (id, queries, shards) = (&task.task_id, task.queries.len(), task.shards.len());
            let ms = computed.processing_time_ms;
            format!("task {id}: computed {queries} queries on {shards} shards in {ms:.2} ms")
        });
        let result = TaskResult {
            worker_id: task.worker_id,
            session_id: task.session_id,
            original_query: task.query,
            request_id: task.request_id,
            task_id: task.task_id.clone(),
            attempt: task.attempt,
            shards: task.shards,
            results: computed.results,
            processing_time_ms: computed.processing_time_ms,
            query_timestamp_ms: task.timestamp,
            completion_timestamp_ms: timestamp_ms(),
            watermarks,
        };
        let grpc = match grpc.map_or_else(|| channels.connect(&task.grpc_endpoint), Ok) {
            Ok(grpc) => grpc,
            Err(error) => {
                log.error(format!("cannot call back to {:?}: {error}", task.grpc_endpoint));
                return "failed";
            }
        };
        let submitting = Instant::now();
        let handing_in = span.part("hand in", Kind::Client);
        let submitted = hand_in(grpc, result, handing_in.traceparent(), deadline);
        let Some(outcome) = cancelled.run_until_cancelled(submitted).await else {
            return "cancelled";
        };
        drop(handing_in);
        list::WORKER_TASK_STAGE_DURATION.observe(["submit"], submitting.elapsed().as_secs_f64());
        match outcome {
            Outcome::Taken => "taken",
            Outcome::Stale => {
                tracing::debug!(task = task.task_id, "the result came too late to count");
                "stale"
            }
            Outcome::Refused(status) => {
                log.error(format!("task {}: the master did not take the result: {status}", task.task_id));
                "refused"
            }
        }
    }
}

/// Why a query cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Error {
    /// Film ids and half-stars differ in number.
    #[error("query {query_id}: {movies} films but {half_stars} ratings")]
    Lengths {
        /// The query.
        query_id: String,
        /// Film ids.
        movies: usize,
        /// Half-stars.
        half_stars: usize,
    },
    /// A rating that is not 1 to 10.
    #[error("query {query_id}: {half_stars} half-stars for film {movie}; the scale is 1 to 10")]
    OffScale {
        /// The query.
        query_id: String,
        /// The film.
        movie: u32,
        /// The rating.
        half_stars: u8,
    },
    /// Nobody waits for the results any more.
    #[error("it was cancelled")]
    Cancelled,
}

/// What a task's queries found, and how long it took.
struct Computed {
    /// One for each query, in order.
    pub results: Vec<QueryResult>,
    /// Time spent, in milliseconds.
    pub processing_time_ms: f64,
}

/// Working memory for queries, kept from task to task.
#[derive(Clone, Default)]
pub struct ScratchPool(Arc<Mutex<Vec<Scratch>>>);

impl ScratchPool {
    fn with<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let result = work(&mut scratch);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        result
    }
}

/// Answers the queries on the shards, each neighbour `with_ratings` or without. Once `cancelled`, it stops before the
/// next block of users, which is a fraction of a millisecond's work for each query.
fn compute(
    shards: &[&LiveIndex],
    queries: &[TaskQuery],
    with_ratings: bool,
    pool: &ScratchPool,
    cancelled: impl Fn() -> bool + Sync,
) -> Result<Computed, Error> {
    let started = Instant::now();
    let mut results = Vec::with_capacity(queries.len());
    pool.with(|scratch| {
        for batch in queries.chunks(BATCH) {
            let parsed = batch.iter().map(|query| Ok((profile_of(query)?, options_of(query))));
            let parsed = parsed.collect::<Result<Vec<_>, Error>>()?;
            let found = top_k_batch_unless(shards, &parsed, scratch, &cancelled).ok_or(Error::Cancelled)?;
            let ratings_from = if with_ratings { shards } else { &[] };
            results.extend(batch.iter().zip(found).map(|(query, found)| result(ratings_from, query, found)));
        }
        Ok(())
    })?;
    Ok(Computed { results, processing_time_ms: started.elapsed().as_secs_f64() * 1e3 })
}

/// Answers the queries from a model.
fn score(model: &ServedModel, queries: &[TaskQuery]) -> Result<Computed, Error> {
    let started = Instant::now();
    let answer = |query: &TaskQuery| {
        let best = model.best(&profile_of(query)?, query.k as usize);
        let films = best.into_iter().map(|(movie_id, score)| ScoredFilm { movie_id, score }).collect();
        Ok(QueryResult { query_id: query.query_id.clone(), neighbours: Vec::new(), films })
    };
    let results = queries.iter().map(answer).collect::<Result<Vec<_>, Error>>()?;
    Ok(Computed { results, processing_time_ms: started.elapsed().as_secs_f64() * 1e3 })
}

/// The neighbours as they go to the master, with such of their ratings as these indexes have.
fn result(ratings_from: &[&LiveIndex], query: &TaskQuery, found: Vec<Found>) -> QueryResult {
    let neighbours = found.into_iter().map(|found| {
        let ratings = ratings_from.iter().find_map(|index| index.ratings_of(found.user));
        let (movie_ids, half_stars) = ratings.unwrap_or_default();
        Neighbour {
            user_id: found.user,
            similarity: found.similarity,
            overlap: found.overlap,
            dot: found.dot,
            movie_id_deltas: encode_ascending(&movie_ids),
            half_stars: half_stars.to_vec().into(),
        }
    });
    QueryResult { query_id: query.query_id.clone(), neighbours: neighbours.collect(), films: Vec::new() }
}

fn options_of(query: &TaskQuery) -> NeighbourOptions {
    NeighbourOptions {
        k: query.k as usize,
        min_overlap: query.options.min_overlap,
        shrink: query.options.shrink,
        exclude_user: query.options.exclude_user,
    }
}

fn profile_of(query: &TaskQuery) -> Result<Profile, Error> {
    let query_id = || query.query_id.clone();
    if query.movie_ids.len() != query.half_stars.len() {
        let (movies, half_stars) = (query.movie_ids.len(), query.half_stars.len());
        return Err(Error::Lengths { query_id: query_id(), movies, half_stars });
    }
    let rated = query.movie_ids.iter().zip(&query.half_stars).map(|(&movie, &half_stars)| {
        let rating =
            HalfStars::new(half_stars).ok_or_else(|| Error::OffScale { query_id: query_id(), movie, half_stars })?;
        Ok((movie, rating))
    });
    Ok(Profile::from_ratings(rated.collect::<Result<Vec<_>, Error>>()?))
}

/// How a result ended that was handed in.
#[derive(Debug)]
enum Outcome {
    /// The master has it.
    Taken,
    /// The attempt was stale: somebody else has the task, or nobody waits for it.
    Stale,
    /// It could not be handed in before the lease ended, or the master refused it.
    Refused(Box<tonic::Status>),
}

/// Hands in a result; where the master cannot be reached, again with backoff until `deadline`.
async fn hand_in(
    mut client: FarmClient<Channel>,
    result: TaskResult,
    traceparent: Option<String>,
    deadline: Instant,
) -> Outcome {
    // What no header can hold was none.
    let traceparent = traceparent.and_then(|value| AsciiMetadataValue::try_from(value).ok());
    let mut backoff = Backoff::between(FIRST_BACKOFF, LONGEST_BACKOFF);
    loop {
        let mut request = tonic::Request::new(result.clone());
        if let Some(traceparent) = &traceparent {
            request.metadata_mut().insert("traceparent", traceparent.clone());
        }
        let call = tokio::time::timeout_at(deadline, client.submit_result(request)).await;
        let status = match call {
            Ok(Ok(_)) => return Outcome::Taken,
            Ok(Err(status)) if status.code() == Code::FailedPrecondition => return Outcome::Stale,
            Ok(Err(status)) => status,
            Err(_) => tonic::Status::deadline_exceeded("the lease ended before the master took the result"),
        };
        let may_pass = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Unknown);
        let pause = backoff.next_pause();
        if !may_pass || Instant::now() + pause >= deadline {
            return Outcome::Refused(Box::new(status));
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use cineswarm_engine::{ShardIndex, ShardRatings};
    use cineswarm_proto::messages::QueryOptions;

    use super::*;

    fn query(half_stars: Vec<u8>) -> TaskQuery {
        let options = QueryOptions { exclude_user: Some(2), ..QueryOptions::default() };
        TaskQuery { query_id: "q".into(), movie_ids: vec![10, 20], half_stars, k: 5, options }
    }

    fn run(query: TaskQuery, with_ratings: bool) -> Result<Computed, Error> {
        compute(&[&shard()], &[query], with_ratings, &ScratchPool::default(), || false)
    }

    fn shard() -> LiveIndex {
        let ratings = ShardRatings::new(&[1, 2], &[0, 2, 3], &[10, 30, 10], &[6, 8, 9]).unwrap();
        LiveIndex::new(ShardIndex::build(ratings))
    }

    #[test]
    fn a_query_gives_neighbours_with_their_ratings_and_without_the_viewer() {
        let computed = run(query(vec![3, 4]), true).unwrap();
        let [neighbour] = &computed.results[0].neighbours[..] else { panic!("one neighbour is left") };
        // cos = (3 * 6) / (sqrt(9 + 16) * sqrt(36 + 64))
        assert_eq!((neighbour.user_id, neighbour.similarity, neighbour.overlap), (1, 18.0 / 50.0, 1));
        assert_eq!(neighbour.movie_id_deltas, [10, 20].as_slice());
        assert_eq!(&neighbour.half_stars[..], [6, 8]);
        let without = run(query(vec![3, 4]), false).unwrap();
        let no = Default::default;
        let bare = Neighbour { movie_id_deltas: no(), half_stars: no(), ..neighbour.clone() };
        assert_eq!(without.results[0].neighbours, [bare]);
    }

    #[test]
    fn a_query_that_does_not_fit_is_refused() {
        for bad in [vec![3], vec![0, 4], vec![3, 11]] {
            assert!(run(query(bad), true).is_err());
        }
    }

    #[test]
    fn what_nobody_waits_for_is_not_computed() {
        // What is cancelled while it is computed stops at the next block, however many queries go together.
        for (queries, looks_before) in [(1, 0), (1, 1), (32, 0), (32, 1), (32, 2)] {
            let queries = vec![query(vec![3, 4]); queries];
            let looks = AtomicUsize::new(0);
            let cancelled = || looks.fetch_add(1, Ordering::Relaxed) >= looks_before;
            let shard = shard();
            let computed = compute(&[&shard; 3], &queries, false, &ScratchPool::default(), cancelled);
            assert_eq!(computed.err(), Some(Error::Cancelled));
            assert_eq!(looks.into_inner(), looks_before + 1);
        }
    }
}
