//! Threads that help with work of some hundred microseconds, which is over before a sleeping thread has been woken and
//! found a core. They stay awake for a little while after each piece of work, and keep off the core of whoever they help.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a helper looks for more work before it sleeps, and how long its caller looks whether it is done.
const AWAKE: Duration = Duration::from_micros(200);

struct Helpers {
    pool: rayon::ThreadPool,
    threads: Threads,
    /// How many are looking for work.
    awake: AtomicUsize,
}

/// One fewer than there are cores, but one at least; `None` if the system gives no threads.
static HELPERS: LazyLock<Option<Helpers>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let builder = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("helper-{number}"));
    let pool = builder.num_threads(cores.saturating_sub(1).max(1)).build().ok()?;
    Some(Helpers { threads: Threads::of(&pool), pool, awake: AtomicUsize::new(0) })
});

/// Does the first piece of work on this thread and each other on a helper; what they give, in their order.
pub(super) fn on_threads<Piece: Send, Done: Send>(
    pieces: impl ExactSizeIterator<Item = Piece>,
    work: impl Fn(Piece) -> Done + Sync,
) -> Vec<Done> {
    let others = pieces.len().saturating_sub(1);
    let helpers = if others > 0 { HELPERS.as_ref() } else { None };
    let Some(helpers) = helpers else { return pieces.map(work).collect() };
    helpers.threads.keep_off_this_core();
    helpers.stay_awake(others);
    let mut done: Vec<Option<Done>> = (0..pieces.len()).map(|_| None).collect();
    let unfinished = AtomicUsize::new(others);
    helpers.pool.in_place_scope(|scope| {
        let mut pieces = pieces.zip(&mut done);
        let mine = pieces.next();
        for (piece, done) in pieces {
            let (work, unfinished) = (&work, &unfinished);
            scope.spawn(move |_| {
                *done = Some(work(piece));
                unfinished.fetch_sub(1, Ordering::Release);
            });
        }
        if let Some((piece, done)) = mine {
            *done = Some(work(piece));
        }
        // What is left is nearly done, and being woken for it would take longer.
        let started = Instant::now();
        while unfinished.load(Ordering::Acquire) > 0 && started.elapsed() < AWAKE {
            std::hint::spin_loop();
        }
    });
    done.into_iter().flatten().collect()
}

impl Helpers {
    /// Has so many helpers look for work, if there are so many, unless they do already.
    fn stay_awake(&'static self, helpers: usize) {
        let helpers = helpers.min(self.pool.current_num_threads());
        let one_more = |awake| (awake < helpers).then_some(awake + 1);
        while self.awake.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok() {
            self.pool.spawn(|| {
                let mut idle_since = Instant::now();
                while idle_since.elapsed() < AWAKE {
                    match rayon::yield_now() {
                        Some(rayon::Yield::Executed) => idle_since = Instant::now(),
                        _ => std::hint::spin_loop(),
                    }
                }
                self.awake.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }
}

/// The threads of the helpers as the scheduler knows them. Left to itself it often wakes a helper on the very core that the
/// caller keeps busy, though another is idle.
#[cfg(target_os = "linux")]
struct Threads {
    threads: Vec<rustix::thread::Pid>,
    /// The core they keep off; at first none.
    kept_off: AtomicUsize,
}

#[cfg(target_os = "linux")]
impl Threads {
    fn of(pool: &rayon::ThreadPool) -> Threads {
        Threads { threads: pool.broadcast(|_| rustix::thread::gettid()), kept_off: AtomicUsize::new(usize::MAX) }
    }

    /// Moves all helpers off the core that the caller runs on. It is only for speed, so what fails is left as it is.
    fn keep_off_this_core(&self) {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
        let core = sched_getcpu();
        if self.kept_off.swap(core, Ordering::Relaxed) == core {
            return;
        }
        let Ok(mut cores) = sched_getaffinity(None) else { return };
        if core < CpuSet::MAX_CPU && cores.count() > 1 {
            cores.unset(core);
        }
        for &thread in &self.threads {
            let _ = sched_setaffinity(Some(thread), &cores);
        }
    }
}

#[cfg(not(target_os = "linux"))]
struct Threads;

#[cfg(not(target_os = "linux"))]
impl Threads {
    fn of(_: &rayon::ThreadPool) -> Threads {
        Threads
    }

    fn keep_off_this_core(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_is_done_once_in_its_place_for_many_callers_at_a_time() {
        std::thread::scope(|scope| {
            for caller in 0..8_usize {
                scope.spawn(move || {
                    for pieces in [0, 1, 2, 3, 40] {
                        let done = AtomicUsize::new(0);
                        let squares = on_threads(0..pieces, |piece| {
                            done.fetch_add(1, Ordering::Relaxed);
                            piece * piece + caller
                        });
                        assert_eq!(squares, (0..pieces).map(|piece| piece * piece + caller).collect::<Vec<_>>());
                        assert_eq!(done.into_inner(), pieces);
                    }
                });
            }
        });
    }

    #[test]
    #[should_panic(expected = "piece 1")]
    fn a_panic_of_a_helper_is_the_callers() {
        on_threads(0..2_usize, |piece| assert_eq!(piece, 0, "piece {piece}"));
    }

    #[test]
    fn helpers_fall_asleep_when_there_is_no_work() {
        on_threads(0..3_usize, |piece| piece);
        let asleep = || HELPERS.as_ref().is_none_or(|helpers| helpers.awake.load(Ordering::Acquire) == 0);
        let until = Instant::now() + Duration::from_secs(30);
        while !asleep() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(asleep());
    }
}
