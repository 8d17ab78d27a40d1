//! Copies SQLite's write-ahead log back into the database beside the writer. Left to SQLite, whoever commits past the log's
//! bound copies all of it in that commit, and everybody waits. Here the writer copies only what was committed during the
//! last copy, so that the log is all copied for a moment and begins anew.

use crate::address::{Address, disconnect};
use cineswarm_retry::Backoff;
use sqlx::{AnyConnection, Executor, Row};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Between two copies while something is written. The disk has commits wait while it takes a copy: as long for one of a second
/// at thousands of answers a second as to be seen in the slowest of a hundred.
const PAUSE: Duration = Duration::from_millis(200);

/// Pages, 16 MiB, past which the log is to begin anew.
const LONG: i64 = 4096;

/// A copy that takes longer is given up: the disk does not answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Between two tries that fail: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// PASSIVE waits for nobody and keeps nobody waiting: what somebody still reads is left for the next time.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The task that copies.
pub(crate) struct CopyingBack {
    task: JoinHandle<()>,
    stop: CancellationToken,
    word: Arc<Word>,
}

/// What the writer and the task tell each other.
#[derive(Default)]
struct Word {
    written: Notify,
    is_long: AtomicBool,
}

impl CopyingBack {
    /// Copies after each time that something was written, until it is stopped.
    pub(crate) fn start(address: Address) -> CopyingBack {
        let (stop, word) = (CancellationToken::new(), Arc::<Word>::default());
        let task = tokio::spawn(copy_back(address, word.clone(), stop.clone()));
        CopyingBack { task, stop, word }
    }

    /// The writer has written, and has seen that the file is the one that the path names.
    pub(crate) fn written(&self) {
        self.word.written.notify_one();
    }

    /// Copies the rest of a long log on the writer's connection.
    pub(crate) async fn finish(&self, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
        if self.word.is_long.swap(false, Ordering::Relaxed) {
            copy(connection).await?;
        }
        Ok(())
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        // It ends by itself, within its deadlines.
        let _ = self.task.await;
    }
}

async fn copy_back(address: Address, word: Arc<Word>, stop: CancellationToken) {
    let mut kept = None;
    let mut backoff = Backoff::between(BACKOFF.0, BACKOFF.1);
    let copying = async {
        loop {
            word.written.notified().await;
            let copied = copy_on(&address, &mut kept).await;
            let pause = match copied {
                Ok(pages) => {
                    word.is_long.store(pages >= LONG, Ordering::Relaxed);
                    backoff.start_over();
                    PAUSE
                }
                Err(error) => {
                    // Past its own bound the writer copies in a commit, and says what is wrong with the database.
                    tracing::debug!(%error, "the write-ahead log was not copied back beside the writer");
                    backoff.next_pause()
                }
            };
            tokio::time::sleep(pause).await;
        }
    };
    stop.run_until_cancelled(copying).await;
    if let Some(connection) = kept {
        disconnect(connection).await;
    }
}

/// A connection on which it failed is not used again.
async fn copy_on(address: &Address, kept: &mut Option<AnyConnection>) -> Result<i64, sqlx::Error> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => address.connect().await?,
    };
    let pages = copy(&mut connection).await?;
    *kept = Some(connection);
    Ok(pages)
}

/// Gives how many pages the log has.
async fn copy(connection: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    match tokio::time::timeout(DEADLINE, connection.fetch_one(COPY)).await {
        Ok(copied) => copied?.try_get(1),
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}
