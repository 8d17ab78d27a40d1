//! Memory that was needed for a while goes back to the system: the allocator of glibc keeps what was freed in pieces, more
//! of it with every hundred thousand requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::app::underway::Underway;

/// How often it is looked whether a time of much work is over.
const INTERVAL: Duration = Duration::from_secs(5);
/// Requests in an interval that are much work; fewer are rest.
const MUCH: u64 = 500;

/// Freed memory is given back in the first interval of rest, and again later: sessions and threads end after the work does.
const GIVEN_BACK_AT: [u32; 3] = [1, 5, 10];
/// And as often as this, in intervals, while there is no rest.
const GIVEN_BACK_EVERY: u32 = 12;

/// From now on there are no more heaps than cores, not eight times as many: what hundreds of threads free, each in a heap of
/// its own, is used again by others.
pub fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = libc::c_int::try_from(cores).unwrap_or(libc::c_int::MAX);
        // SAFETY: it takes no pointer, and sets a limit that is looked at when the next heap would be made.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, cores) };
    }
}

/// Gives freed memory back during and after each time of much work, until `stop` is cancelled.
pub async fn give_back(underway: Arc<Underway>, stop: CancellationToken) {
    // Intervals since there was much work, and since there was rest; none, if there was no work yet.
    let mut rested = None;
    let mut busy = 0;
    let mut seen = 0;
    while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
        let now = underway.events_so_far();
        let lately = now - seen;
        seen = now;
        let is_much = lately >= MUCH;
        if is_much {
            rested = Some(0);
        }
        let Some(intervals) = rested.as_mut() else { continue };
        if is_much {
            busy += 1;
        } else {
            busy = 0;
            *intervals += 1;
        }
        let due = if busy == 0 { GIVEN_BACK_AT.contains(intervals) } else { busy % GIVEN_BACK_EVERY == 0 };
        if due {
            let started = Instant::now();
            if tokio::task::spawn_blocking(trim).await.is_ok() {
                tracing::debug!(took_ms = started.elapsed().as_millis(), "gave freed memory back to the system");
            }
        }
    }
}

fn trim() {
    // SAFETY: it takes no pointer and is safe to call from any thread; it only gives back what is free.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    unsafe {
        libc::malloc_trim(0);
    }
}
