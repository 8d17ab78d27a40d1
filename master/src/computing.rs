//! Where work goes that takes the processor for more than an instant: off the async threads, no more of it at a time
//! than there are cores, first come first served. It knows nothing of what is computed.

use std::sync::{Arc, Mutex, PoisonError};

use cineswarm_engine::RankScratch;
use tokio::sync::Semaphore;

/// A place to compute; cheap to clone. Who waits for it is bounded by whoever calls.
#[derive(Clone)]
pub struct Computing {
    cores: Arc<Semaphore>,
    /// Working memory, never more of them than cores.
    scratches: Arc<Mutex<Vec<RankScratch>>>,
}

/// The computation panicked, or the master is ending.
#[derive(Debug, thiserror::Error)]
#[error("a computation ended abnormally: {0}")]
pub struct Aborted(String);

impl Default for Computing {
    fn default() -> Computing {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Computing { cores: Arc::new(Semaphore::new(cores)), scratches: Arc::default() }
    }
}

impl Computing {
    /// Computes as soon as a core is free.
    ///
    /// # Errors
    /// If the computation panics: then its working memory is thrown away and everybody else goes on.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut RankScratch) -> T + Send + 'static,
    ) -> Result<T, Aborted> {
        let aborted = |error: &dyn std::fmt::Display| Aborted(error.to_string());
        let core = self.cores.clone().acquire_owned().await.map_err(|error| aborted(&error))?;
        let scratches = self.scratches.clone();
        let computed = tokio::task::spawn_blocking(move || {
            let kept = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
            let scratch = kept().pop();
            let mut scratch = scratch.unwrap_or_default();
            let result = work(&mut scratch);
            kept().push(scratch);
            // Only now, so that a caller who gave up does not let another in beside the computation.
            drop(core);
            result
        });
        computed.await.map_err(|error| aborted(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_is_computed_at_a_time_than_there_are_cores_though_callers_give_up() {
        let computing = Computing::default();
        let cores = computing.cores.available_permits();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = || {
            let (now, most) = (now.clone(), most.clone());
            move |_: &mut RankScratch| {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(1));
                now.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let callers: Vec<_> = (0..20 * cores)
            .map(|caller| {
                let (computing, work) = (computing.clone(), work());
                let running = tokio::spawn(async move { computing.run(work).await });
                if caller % 2 == 0 {
                    running.abort();
                }
                running
            })
            .collect();
        for caller in callers {
            let _ = caller.await;
        }
        computing.run(work()).await.unwrap();
        assert!((1..=cores).contains(&most.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn one_that_panics_takes_nobody_with_it() {
        let computing = Computing::default();
        for _ in 0..2 * computing.cores.available_permits() {
            assert!(computing.run(|_| panic!("as a test")).await.is_err());
        }
        assert_eq!(computing.run(|_| 7).await.unwrap(), 7);
    }
}
