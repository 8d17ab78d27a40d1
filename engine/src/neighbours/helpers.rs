//! Threads that help with work of some hundred microseconds, of which waking a sleeping thread would take a good part.
//! They stay awake for a little while after each piece of work, and keep off the core of whoever they help.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a helper looks for more work before it sleeps, and how long its caller looks whether it is done.
const AWAKE: Duration = Duration::from_micros(200);

/// So many pieces a helper may wait for it; with more, callers do theirs themselves.
const WAITING_PER_HELPER: usize = 8;

struct Helpers {
    pool: rayon::ThreadPool,
    threads: Threads,
    /// How many are looking for work, or are about to.
    awake: AtomicUsize,
    /// How many pieces helpers have been asked to do and have not looked at.
    waiting: AtomicUsize,
}

/// One fewer than the cores that the first caller may use; `None` if that is none, or the system gives no threads.
static HELPERS: LazyLock<Option<Helpers>> = LazyLock::new(|| {
    let helpers = std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
    if helpers == 0 {
        return None;
    }
    let builder = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("helper-{number}"));
    let pool = builder.num_threads(helpers).build().ok()?;
    // On a thread of its own, as a caller that is one of rayon's would do other work while it waits, perhaps work that
    // comes back here.
    let threads = thread::scope(|scope| {
        let threads = thread::Builder::new().spawn_scoped(scope, || Threads::of(&pool));
        threads.ok()?.join().ok()
    });
    let threads = threads?;
    Some(Helpers { pool, threads, awake: AtomicUsize::new(0), waiting: AtomicUsize::new(0) })
});

/// Does the first piece of work on this thread and each other on a helper, or on this thread too if no helper has begun
/// it by then; what they give, in their order.
pub(super) fn on_threads<Piece: Send, Done: Send>(
    pieces: impl ExactSizeIterator<Item = Piece>,
    work: impl Fn(Piece) -> Done + Sync,
) -> Vec<Done> {
    let helpers = if pieces.len() > 1 { HELPERS.as_ref() } else { None };
    let Some(helpers) = helpers else { return pieces.map(work).collect() };
    let pieces: Vec<_> = pieces.map(|piece| Mutex::new(Some(piece))).collect();
    let done: Vec<_> = pieces.iter().map(|_| Mutex::new(None)).collect();
    let do_piece = |number: usize| {
        if let Some(piece) = lock(&pieces[number]).take() {
            let result = catch_unwind(AssertUnwindSafe(|| work(piece)));
            *lock(&done[number]) = Some(result);
        }
    };
    // SAFETY: the work's panics are caught, and a number is that of a piece.
    unsafe { helpers.help(pieces.len(), &do_piece) };
    let results = done.iter().filter_map(|done| lock(done).take());
    results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Pieces of work of one caller, some of which helpers have been asked to do.
struct Task {
    /// Does the piece with a number. It is the caller's, who may be gone once all pieces are done.
    do_piece: *const (dyn Fn(usize) + Sync),
    taken: Vec<AtomicBool>,
    unfinished: AtomicUsize,
    caller: Thread,
}

// SAFETY: what `do_piece` points to may be called by any thread, and the rest may be used by any.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}

impl Task {
    /// Does a piece, unless another thread has taken it.
    fn do_piece(&self, number: usize) {
        if self.taken[number].swap(true, Ordering::Relaxed) {
            return;
        }
        // SAFETY: no other thread has this piece, so it is unfinished, and as long as one is the caller is in
        // `Helpers::help`, with what this points to.
        unsafe { (*self.do_piece)(number) };
        if self.unfinished.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.caller.unpark();
        }
    }
}

thread_local! {
    static LOOKING_FOR_WORK: Cell<bool> = const { Cell::new(false) };
}

impl Helpers {
    /// Has so many pieces done, the first of them on this thread.
    ///
    /// # Safety
    /// `do_piece` must not panic for any number below that of the pieces: helpers would go on with what is no longer
    /// there.
    unsafe fn help(&'static self, pieces: usize, do_piece: &(dyn Fn(usize) + Sync)) {
        self.threads.keep_off_this_core();
        self.stay_awake(pieces - 1);
        // SAFETY: only the lifetime changes; `Task::do_piece` says why it is not used for longer than it may be.
        let do_piece: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(do_piece) };
        let task = Arc::new(Task {
            do_piece,
            taken: (0..pieces).map(|_| AtomicBool::new(false)).collect(),
            unfinished: AtomicUsize::new(pieces),
            caller: thread::current(),
        });
        for number in 1..pieces {
            if self.waiting.load(Ordering::Relaxed) >= WAITING_PER_HELPER * self.pool.current_num_threads() {
                break;
            }
            self.waiting.fetch_add(1, Ordering::Relaxed);
            let task = Arc::clone(&task);
            self.pool.spawn(move || {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                task.do_piece(number);
            });
        }
        (0..pieces).for_each(|number| task.do_piece(number));
        // What is left is mostly nearly done, and being woken for it would take longer.
        let started = Instant::now();
        while task.unfinished.load(Ordering::Acquire) > 0 {
            if started.elapsed() < AWAKE { std::hint::spin_loop() } else { thread::park() }
        }
    }

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

/// The threads of the helpers as the scheduler knows them. Left to itself it often wakes a helper on the very core that
/// the caller keeps busy, though another is idle.
#[cfg(target_os = "linux")]
struct Threads {
    /// Each with the cores it was given. None where there are so many cores that a second idle one is soon found, and
    /// moving all would take too long.
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

    /// Moves all helpers off the core that the caller runs on. It is only for speed, so what fails is left as it is,
    /// and so it is where another caller is at it.
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

    /// Some of these tests want all helpers to themselves.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    #[test]
    fn each_piece_is_done_once_in_its_place_for_many_callers_at_a_time() {
        let _alone = lock(&ONE_AT_A_TIME);
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
    fn nobody_waits_for_a_helper_that_is_at_the_work_of_another() {
        let _alone = lock(&ONE_AT_A_TIME);
        let helpers = HELPERS.as_ref().map_or(0, |helpers| helpers.pool.current_num_threads());
        let (busy, answered) = (AtomicUsize::new(0), AtomicBool::new(false));
        let until = Instant::now() + Duration::from_secs(30);
        let wait = |what: &dyn Fn() -> bool| {
            while !what() {
                assert!(Instant::now() < until, "{} of {helpers} helpers are busy", busy.load(Ordering::Relaxed));
                thread::sleep(Duration::from_millis(1));
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                on_threads(0..helpers + 1, |_| {
                    busy.fetch_add(1, Ordering::Relaxed);
                    wait(&|| answered.load(Ordering::Relaxed));
                });
            });
            wait(&|| busy.load(Ordering::Relaxed) > helpers);
            assert_eq!(on_threads(0..4_usize, |piece| piece), [0, 1, 2, 3]);
            answered.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn pieces_may_have_pieces_of_their_own() {
        let sums =
            on_threads(0..5_usize, |outer| on_threads(0..5_usize, |inner| outer * inner).into_iter().sum::<usize>());
        assert_eq!(sums, [0, 10, 20, 30, 40]);
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
