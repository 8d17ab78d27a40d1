//! Threads that help with work of some hundred microseconds, of which waking a sleeping thread would take a good part. They
//! stay awake for a little while after each piece of work, and keep off the core of whoever they help.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a helper looks for more work before it sleeps, and how long its caller looks whether it is done.
const AWAKE: Duration = Duration::from_micros(200);

struct Helpers {
    pool: rayon::ThreadPool,
    threads: Threads,
    /// How many are looking for work, or are about to.
    awake: AtomicUsize,
}

/// One fewer than the cores that the first caller may use; `None` if that is none, or the system gives no threads.
static HELPERS: LazyLock<Option<Helpers>> = LazyLock::new(|| {
    let helpers = std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
    if helpers == 0 {
        return None;
    }
    let builder = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("helper-{number}"));
    let pool = builder.num_threads(helpers).build().ok()?;
    // On a thread of its own, as a caller that is one of rayon's would do other work while it waits, perhaps work that comes
    // back here.
    let threads = std::thread::scope(|scope| scope.spawn(|| Threads::of(&pool)).join()).ok()?;
    Some(Helpers { pool, threads, awake: AtomicUsize::new(0) })
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
        // What is left is mostly nearly done, and being woken for it would take longer.
        let started = Instant::now();
        while unfinished.load(Ordering::Acquire) > 0 && started.elapsed() < AWAKE {
            std::hint::spin_loop();
        }
    });
    done.into_iter().flatten().collect()
}

thread_local! {
    static LOOKING_FOR_WORK: Cell<bool> = const { Cell::new(false) };
}

impl Helpers {
    /// Has as many helpers as are wanted, if there are so many, look for work.
    fn stay_awake(&'static self, wanted: usize) {
        let wanted = wanted.min(self.pool.current_num_threads());
        let missing = wanted.saturating_sub(self.awake.load(Ordering::Acquire));
        for _ in 0..missing {
            self.awake.fetch_add(1, Ordering::AcqRel);
            self.pool.spawn(|| {
                // A helper that looks for work may find this; then it is for another time.
                if !LOOKING_FOR_WORK.replace(true) {
                    look_for_work();
                    LOOKING_FOR_WORK.set(false);
                }
                self.awake.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }
}

/// Does what work there is on a helper, until there has been none for a while.
fn look_for_work() {
    let mut idle_since = Instant::now();
    while idle_since.elapsed() < AWAKE {
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => idle_since = Instant::now(),
            _ => std::hint::spin_loop(),
        }
    }
}

/// The threads of the helpers as the scheduler knows them. Left to itself it often wakes a helper on the very core that the
/// caller keeps busy, though another is idle.
#[cfg(target_os = "linux")]
struct Threads {
    /// Each with the cores it was given. None where there are so many cores that a second idle one is soon found, and moving
    /// all would take too long.
    threads: Vec<(rustix::thread::Pid, rustix::thread::CpuSet)>,
    /// The core they keep off; at first none.
    kept_off: std::sync::Mutex<Option<usize>>,
}

#[cfg(target_os = "linux")]
impl Threads {
    const FEW: usize = 8;

    fn of(pool: &rayon::ThreadPool) -> Threads {
        use rustix::thread::{gettid, sched_getaffinity};
        let threads = match pool.current_num_threads() <= Threads::FEW {
            true => pool.broadcast(|_| Some((gettid(), sched_getaffinity(None).ok()?))),
            false => Vec::new(),
        };
        Threads { threads: threads.into_iter().flatten().collect(), kept_off: std::sync::Mutex::default() }
    }

    /// Moves all helpers off the core that the caller runs on. It is only for speed, so what fails is left as it is, and so
    /// it is where another caller is at it.
    fn keep_off_this_core(&self) {
        use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
        let core = sched_getcpu();
        let Ok(mut kept_off) = self.kept_off.try_lock() else { return };
        if kept_off.replace(core) == Some(core) {
            return;
        }
        for &(thread, mut cores) in &self.threads {
            if core < CpuSet::MAX_CPU && cores.is_set(core) && cores.count() > 1 {
                cores.unset(core);
            }
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
    use rayon::prelude::*;

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
        let until = Instant::now() + Duration::from_secs(30);
        while HELPERS.as_ref().is_some_and(|helpers| helpers.awake.load(Ordering::Acquire) > 0) {
            assert!(Instant::now() < until, "they look for work for ever");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_caller_that_is_one_of_rayons_threads_gets_its_answer_too() {
        let sums = |caller: usize| on_threads(0..4_usize, move |piece| piece + caller).into_iter().sum::<usize>();
        let expected: Vec<usize> = (0..50).map(|caller| 6 + 4 * caller).collect();
        assert_eq!((0..50).into_par_iter().map(sums).collect::<Vec<_>>(), expected);
    }
}
