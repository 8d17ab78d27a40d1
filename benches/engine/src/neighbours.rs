//! Neighbour queries, one at a time or many, with each kernel, on one thread or two.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::time::Instant;

use cineswarm_engine::{
    Dataset, Kernel, Neighbour, NeighbourOptions, Profile, Scratch, ShardIndex, ShardRatings, UserId, top_k_over,
    top_k_parallel,
};

use crate::{Outcome, word};

type Query = (Profile, NeighbourOptions);

/// The shards of a dataset, ready for queries.
pub(crate) struct Bench<'a> {
    dataset: &'a Dataset,
    shards: Vec<ShardIndex>,
    build_seconds: f64,
    /// For each kernel asked for as many working memories as threads were asked for at most.
    scratches: Vec<(Kernel, Vec<Scratch>)>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(dataset: &'a Dataset) -> Outcome<Bench<'a>> {
        let started = Instant::now();
        let shards = (0..dataset.shard_count()).filter_map(|shard| dataset.shard(shard)).map(|shard| {
            ShardRatings::new(shard.user_ids, shard.row_offsets, shard.movie_ids, shard.half_stars)
                .map(ShardIndex::build)
        });
        let shards = shards.collect::<Result<Vec<ShardIndex>, _>>()?;
        Ok(Bench { dataset, shards, build_seconds: started.elapsed().as_secs_f64(), scratches: Vec::new() })
    }

    fn query(&self, user: UserId, k: usize) -> Outcome<Query> {
        let profile = self.dataset.profile(user).ok_or_else(|| format!("there is no user {user}"))?;
        Ok((profile, NeighbourOptions { k, exclude_user: Some(user), ..NeighbourOptions::default() }))
    }
}

/// Answers one of
/// - `memory`: bytes of the index, bytes with the rows, seconds it took to build, kernels;
/// - `query AT_ONCE KERNEL THREADS K USER...`: so many queries at once, then the next; for each the time of those it was
///   among, then `user:similarity` of each neighbour, best first, separated by `;`;
/// - `streams KERNEL THREADS K USER...`: every thread asks all, one by one on its own; the times of all.
pub(crate) fn answer(bench: &mut Bench<'_>, words: &[&str]) -> Outcome<String> {
    match words.first() {
        Some(&"memory") => {
            let index: usize = bench.shards.iter().map(ShardIndex::index_bytes).sum();
            let with_rows: usize = bench.shards.iter().map(ShardIndex::memory_bytes).sum();
            let kernels: Vec<String> = Kernel::available().iter().map(|kernel| format!("{kernel:?}")).collect();
            Ok(format!("{index} {with_rows} {} {}", bench.build_seconds, kernels.join(" ")))
        }
        Some(&"query") => {
            let at_once: NonZeroUsize = word(words, 1, "count of queries at once")?;
            let (kernel, threads, queries) = asked(bench, words.get(2..).unwrap_or_default())?;
            measure(bench, kernel, threads, &queries, at_once.get())
        }
        Some(&"streams") => {
            let (kernel, threads, queries) = asked(bench, &words[1..])?;
            Ok(streams(bench, kernel, threads, &queries))
        }
        _ => Err("neighbours needs one of memory, query, streams".into()),
    }
}

/// Kernel, count of threads and queries, of the words KERNEL THREADS K USER...
fn asked(bench: &Bench<'_>, words: &[&str]) -> Outcome<(Kernel, usize, Vec<Query>)> {
    let kernel = kernel(word(words, 0, "kernel")?)?;
    let threads: NonZeroUsize = word(words, 1, "count of threads")?;
    let k = word(words, 2, "k")?;
    let users = words.iter().skip(3).map(|user| user.parse().map_err(|_| format!("{user:?} is no user")));
    Ok((kernel, threads.get(), users.map(|user| bench.query(user?, k)).collect::<Outcome<_>>()?))
}

/// `best`, or the name of a kernel that this machine can run.
fn kernel(name: String) -> Outcome<Kernel> {
    if name == "best" {
        return Ok(Kernel::best());
    }
    let found = Kernel::available().into_iter().find(|kernel| format!("{kernel:?}") == name);
    found.ok_or_else(|| format!("there is no kernel {name:?} here").into())
}

/// Answers so many queries at once, and then the next.
fn measure(
    bench: &mut Bench<'_>,
    kernel: Kernel,
    threads: usize,
    queries: &[Query],
    at_once: usize,
) -> Outcome<String> {
    let shards: Vec<&ShardIndex> = bench.shards.iter().collect();
    let at = bench.scratches.iter().position(|(of, _)| *of == kernel).unwrap_or_else(|| {
        bench.scratches.push((kernel, Vec::new()));
        bench.scratches.len() - 1
    });
    let scratches = &mut bench.scratches[at].1;
    while scratches.len() < threads {
        scratches.push(Scratch::with_kernel(kernel));
    }
    let mut answers = Vec::new();
    for queries in queries.chunks(at_once) {
        let started = Instant::now();
        let found = match (queries, &mut scratches[..threads]) {
            ([(profile, options)], [scratch]) => vec![top_k_over(&shards, profile, options, scratch)],
            (queries, scratches) => top_k_parallel(&shards, queries, scratches),
        };
        let nanoseconds = started.elapsed().as_nanos();
        answers.extend(found.into_iter().map(|neighbours| (nanoseconds, neighbours)));
    }
    let mut line = String::new();
    for (at, (nanoseconds, neighbours)) in answers.iter().enumerate() {
        write!(line, "{}{nanoseconds}", if at == 0 { "" } else { " ; " })?;
        for Neighbour { user, similarity, .. } in neighbours {
            write!(line, " {user}:{similarity}")?;
        }
    }
    Ok(line)
}

/// Nanoseconds of each query of each thread, while the others are at theirs.
fn streams(bench: &Bench<'_>, kernel: Kernel, threads: usize, queries: &[Query]) -> String {
    let shards: Vec<&ShardIndex> = bench.shards.iter().collect();
    let begin = Barrier::new(threads);
    let stream = |thread: usize| {
        let mut scratch = Scratch::with_kernel(kernel);
        // Each begins elsewhere, so that no thread finds in the cache what another has just read.
        let (later, first) = queries.split_at(queries.len() * thread / threads);
        begin.wait();
        let times = first.iter().chain(later).map(|(profile, options)| {
            let started = Instant::now();
            std::hint::black_box(top_k_over(&shards, profile, options, &mut scratch));
            started.elapsed().as_nanos().to_string()
        });
        times.collect::<Vec<String>>().join(" ")
    };
    let mut times = vec![String::new(); threads];
    std::thread::scope(|scope| {
        for (thread, times) in times.iter_mut().enumerate() {
            let stream = &stream;
            scope.spawn(move || *times = stream(thread));
        }
    });
    times.join(" ")
}
