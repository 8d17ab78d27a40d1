//! Something made of files, made again when they have changed.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Tells one content of the files from the next.
type Stamp = Vec<Option<(i64, i64, u64, u64)>>;

/// What was last made of the files, and how to make it.
pub(crate) struct Reread<T, E> {
    files: Vec<PathBuf>,
    make: Box<dyn Fn() -> Result<T, E> + Send + Sync>,
    made: Mutex<Made<T>>,
}

struct Made<T> {
    from: Stamp,
    last: T,
}

impl<T: Clone, E: std::fmt::Display> Reread<T, E> {
    /// Makes it for the first time, which must succeed.
    pub(crate) fn new(
        files: Vec<PathBuf>,
        make: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Reread<T, E>, E> {
        // Before they are read: a change in between is then one more change, and not a missed one.
        let from = stamp(&files);
        let last = make()?;
        Ok(Reread { files, make: Box::new(make), made: Mutex::new(Made { from, last }) })
    }

    /// What the files hold now. While they cannot be used, as when a certificate is there and its key is not yet, it is
    /// what they held before; this is said once for each change.
    pub(crate) fn current(&self) -> T {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&self.files);
        if now != made.from {
            made.from = now;
            match (self.make)() {
                Ok(new) => {
                    made.last = new;
                    tracing::info!(files = ?self.files, "certificates were read again");
                }
                Err(error) => tracing::warn!(%error, "changed certificates are not used; the earlier ones stay in use"),
            }
        }
        made.last.clone()
    }
}

fn stamp(files: &[PathBuf]) -> Stamp {
    let of = |file: &PathBuf| {
        let metadata = std::fs::metadata(file).ok()?;
        Some((metadata.mtime(), metadata.mtime_nsec(), metadata.size(), metadata.ino()))
    };
    files.iter().map(of).collect()
}
