//! Answers a task's queries on the shards it names. Pure computation; the caller keeps it off the async threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cineswarm_engine::models::ServedModel;
use cineswarm_engine::{
    HalfStars, LiveIndex, Neighbour as Found, NeighbourOptions, Profile, Scratch, top_k_batch_unless,
};
use cineswarm_proto::farm::{Neighbour, QueryResult, ScoredFilm, encode_ascending};
use cineswarm_proto::messages::TaskQuery;

/// Why a query cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
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
pub struct Computed {
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

/// So many queries go over the shards together.
const BATCH: usize = 64;

/// Answers the queries on the shards, each neighbour `with_ratings` or without. Once `cancelled`, it stops before the
/// next block of users, which is a fraction of a millisecond's work for each query.
pub fn compute(
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
pub fn score(model: &ServedModel, queries: &[TaskQuery]) -> Result<Computed, Error> {
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
