//! A service writes through the task with operations of its own, and knows nothing of the master's.
#![allow(clippy::unwrap_used)]

use cineswarm_database::{Address, Answerable, Limits, NotWritten, Operation, Transactions, Writer, sqlite_url};
use sqlx::{AnyConnection, Connection, Executor, Row};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

const WAIT: Duration = Duration::from_secs(5);

/// Words that are kept once each.
enum Word {
    Keep(Answerable<&'static str, i64>),
    Forget(&'static str),
}

impl Operation for Word {
    fn is_abandoned(&self) -> bool {
        matches!(self, Word::Keep(keep) if keep.is_abandoned())
    }

    fn begin(&mut self) -> bool {
        match self {
            Word::Keep(keep) => keep.begin(),
            Word::Forget(_) => false,
        }
    }

    fn answer(self) -> Option<Word> {
        match self {
            Word::Keep(keep) => {
                let word = keep.input;
                (!keep.answer()).then_some(Word::Forget(word))
            }
            Word::Forget(_) => None,
        }
    }

    fn only_undoes(&self) -> bool {
        matches!(self, Word::Forget(_))
    }

    fn refuse(self, error: sqlx::Error) {
        if let Word::Keep(keep) = self {
            keep.refuse(error);
        }
    }
}

/// Says how many operations each commit had; holds each transaction until it is let go.
struct Words {
    committed: mpsc::UnboundedSender<usize>,
    begun: mpsc::UnboundedSender<()>,
    go: mpsc::UnboundedReceiver<()>,
}

impl Transactions for Words {
    type Operation = Word;
    type News = usize;

    async fn run(
        &mut self,
        connection: &mut AnyConnection,
        operations: &mut [Word],
        _again: bool,
    ) -> Result<usize, sqlx::Error> {
        self.begun.send(()).unwrap();
        self.go.recv().await;
        let mut transaction = connection.begin().await?;
        for operation in operations.iter_mut() {
            match operation {
                Word::Keep(keep) => {
                    let insert = sqlx::query("INSERT INTO words (word) VALUES ($1)").bind(keep.input);
                    insert.execute(&mut *transaction).await?;
                    let count = sqlx::query("SELECT COUNT(*) FROM words").fetch_one(&mut *transaction).await?;
                    keep.outcome = Some(count.try_get(0)?);
                }
                Word::Forget(word) => {
                    sqlx::query("DELETE FROM words WHERE word = $1").bind(*word).execute(&mut *transaction).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(operations.len())
    }

    fn committed(&mut self, news: usize) {
        self.committed.send(news).unwrap();
    }
}

struct Service {
    address: Address,
    writer: Writer<Word>,
    committed: mpsc::UnboundedReceiver<usize>,
    begun: mpsc::UnboundedReceiver<()>,
    go: mpsc::UnboundedSender<()>,
}

async fn service(folder: &Path) -> Service {
    let address = Address::parse(&sqlite_url(&folder.join("words.db"))).unwrap();
    let mut connection = address.first_connection(WAIT).await.unwrap();
    connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY)").await.unwrap();
    let ((committing, committed), (beginning, begun), (go, going)) =
        (mpsc::unbounded_channel(), mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let words = Words { committed: committing, begun: beginning, go: going };
    let limits = Limits { queue_length: 8, deadline: WAIT };
    let writer = Writer::start(address.clone(), connection, words, limits).unwrap();
    Service { address, writer, committed, begun, go }
}

impl Service {
    fn keep(&self, word: &'static str) -> tokio::task::JoinHandle<Result<i64, NotWritten>> {
        let writer = self.writer.clone();
        tokio::spawn(async move { writer.write(WAIT, word, Word::Keep).await })
    }

    async fn until_waiting(&self, operations: usize) {
        while self.writer.health().waiting < operations {
            tokio::task::yield_now().await;
        }
    }

    async fn kept(&self) -> Vec<String> {
        let mut connection = self.address.connect().await.unwrap();
        let rows = connection.fetch_all("SELECT word FROM words ORDER BY word").await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test]
async fn what_waits_is_committed_together_and_one_that_is_refused_hurts_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(folder.path()).await;
    let first = service.keep("one");
    service.begun.recv().await.unwrap();
    // While the first is being written, three more come, one of them a word that is there by then.
    let second = service.keep("two");
    let twice = service.keep("one");
    let third = service.keep("three");
    service.until_waiting(3).await;
    (0..10).for_each(|_| service.go.send(()).unwrap());

    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert!(matches!(twice.await.unwrap(), Err(NotWritten::Failed(_))));
    let mut counts = [second.await.unwrap().unwrap(), third.await.unwrap().unwrap()];
    counts.sort_unstable();
    assert_eq!(counts, [2, 3]);
    assert_eq!(service.committed.recv().await, Some(1));
    assert_eq!(service.kept().await, ["one", "three", "two"]);
    assert_eq!(service.writer.trouble(), None);
}

#[tokio::test]
async fn an_operation_whose_caller_went_away_in_its_midst_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(folder.path()).await;
    let caller = service.keep("lost");
    service.begun.recv().await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    (0..10).for_each(|_| service.go.send(()).unwrap());
    assert_eq!((service.committed.recv().await, service.committed.recv().await), (Some(1), Some(1)));
    assert_eq!(service.kept().await, [""; 0]);
}

#[tokio::test]
async fn what_was_accepted_is_written_before_it_closes_and_nothing_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(folder.path()).await;
    let first = service.keep("first");
    service.begun.recv().await.unwrap();
    let second = service.keep("second");
    service.until_waiting(1).await;
    (0..10).for_each(|_| service.go.send(()).unwrap());
    service.writer.close().await;
    assert_eq!((first.await.unwrap().unwrap(), second.await.unwrap().unwrap()), (1, 2));
    assert!(matches!(service.keep("late").await.unwrap(), Err(NotWritten::Closed)));
    assert_eq!(service.kept().await, ["first", "second"]);
}

#[tokio::test]
async fn a_queue_that_stays_full_is_told_and_nothing_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(folder.path()).await;
    let first = service.keep("0");
    service.begun.recv().await.unwrap();
    let waiting: Vec<_> = ["1", "2", "3", "4", "5", "6", "7", "8"].map(|word| service.keep(word)).into();
    service.until_waiting(8).await;
    let refused = service.writer.write(Duration::ZERO, "9", Word::Keep).await;
    assert!(matches!(refused, Err(NotWritten::Full)), "{refused:?}");
    (0..10).for_each(|_| service.go.send(()).unwrap());
    first.await.unwrap().unwrap();
    for kept in waiting {
        kept.await.unwrap().unwrap();
    }
    assert_eq!(service.kept().await.len(), 9);
}

#[tokio::test]
async fn the_write_ahead_log_is_copied_back_beside_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(folder.path()).await;
    let kept = service.keep("word");
    service.begun.recv().await.unwrap();
    service.go.send(()).unwrap();
    kept.await.unwrap().unwrap();
    // Far below the bound past which a commit copies. NOOP copies nothing and tells how much there is and was copied.
    let mut connection = service.address.connect().await.unwrap();
    let give_up_at = tokio::time::Instant::now() + WAIT;
    loop {
        let row = connection.fetch_one("PRAGMA wal_checkpoint(NOOP)").await.unwrap();
        let (pages, copied): (i64, i64) = (row.get(1), row.get(2));
        if pages > 0 && pages == copied {
            break;
        }
        assert!(tokio::time::Instant::now() < give_up_at, "{copied} of {pages} pages are in the database");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
