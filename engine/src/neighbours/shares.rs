//! Who of some threads takes which shards.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shards by number, each to be taken by one thread. A thread has a share of its own, so that it knows what it will
/// probably take next; one that is through with it takes the last of another's, so that a slow or late thread has less
/// to do.
pub(super) struct Shares {
    /// What is left of each thread's: the first in the upper half of the bits and the end in the lower.
    left: Vec<AtomicU64>,
}

fn pack(Range { start, end }: Range<u32>) -> u64 {
    u64::from(start) << 32 | u64::from(end)
}

fn unpack(left: u64) -> Range<u32> {
    (left >> 32) as u32..left as u32
}

impl Shares {
    /// Shares out as many shards as there are, as evenly as it goes.
    pub(super) fn new(shards: usize, threads: usize) -> Shares {
        let end_of = |thread: usize| (shards * thread / threads) as u32;
        Shares { left: (0..threads).map(|thread| AtomicU64::new(pack(end_of(thread)..end_of(thread + 1)))).collect() }
    }

    /// What is left of a thread's own. It will take these in their order, but for what others take from the end.
    pub(super) fn own(&self, thread: usize) -> Range<usize> {
        let Range { start, end } = unpack(self.left[thread].load(Ordering::Relaxed));
        start as usize..end as usize
    }

    /// Takes the first of a thread's own.
    pub(super) fn take_own(&self, thread: usize) -> Option<usize> {
        let before = self.change(thread, |Range { start, end }| start + 1..end)?;
        Some(before.start as usize)
    }

    /// Takes one, of another thread's if there is none of the thread's own.
    pub(super) fn take(&self, thread: usize) -> Option<usize> {
        self.take_own(thread).or_else(|| self.take_others())
    }

    /// Takes the last of a thread that has the most left.
    pub(super) fn take_others(&self) -> Option<usize> {
        loop {
            let (left, most) = (0..self.left.len()).map(|thread| (self.own(thread).len(), thread)).max()?;
            if left == 0 {
                return None;
            }
            if let Some(before) = self.change(most, |Range { start, end }| start..end - 1) {
                return Some(before.end as usize - 1);
            }
        }
    }

    /// Changes what is left of a thread's, unless that is nothing; what it was before.
    fn change(&self, thread: usize, change: impl Fn(Range<u32>) -> Range<u32>) -> Option<Range<u32>> {
        let change = |left: u64| Some(unpack(left)).filter(|left| !left.is_empty()).map(|left| pack(change(left)));
        self.left[thread].fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).ok().map(unpack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shard_is_taken_once_however_many_threads_take_at_a_time() {
        for (shards, threads) in [(0, 1), (1, 3), (7, 3), (10, 2), (1000, 8)] {
            let shares = Shares::new(shards, threads);
            let mut taken: Vec<usize> = std::thread::scope(|scope| {
                let shares = &shares;
                let take = move |thread| std::iter::from_fn(move || shares.take(thread));
                let threads: Vec<_> =
                    (0..threads).map(|thread| scope.spawn(move || take(thread).collect::<Vec<_>>())).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            taken.sort_unstable();
            assert_eq!(taken, (0..shards).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_thread_takes_its_own_in_order_and_the_last_of_one_that_does_not_come() {
        let shares = Shares::new(5, 2);
        assert_eq!((shares.own(0), shares.own(1)), (0..2, 2..5));
        assert_eq!([shares.take_own(0), shares.take_own(0), shares.take_own(0)], [Some(0), Some(1), None]);
        assert_eq!((shares.take_others(), shares.take_own(1)), (Some(4), Some(2)));
        assert_eq!((shares.take_others(), shares.take_own(1), shares.take_others()), (Some(3), None, None));
    }
}
