//! A lake in a bucket that fails, one that two write, and one that says no.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::Bucket;
use crate::lake::Error as LakeError;
use crate::lake::manifest;
use crate::lake::reading::replay;
use crate::lake::storage::Storage;
use crate::lake::tests::{MINUTE, NOW, gather_page, ratings_up_to, rows_in};
use crate::lake::writing::Writer;
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Well,
    /// It is not carried out.
    Lost,
    /// It is, and nobody hears of it.
    Unheard,
}

/// A store that has others decide what becomes of each call.
struct Troubled {
    inner: Arc<InMemory>,
    calls: Arc<AtomicUsize>,
    fate: Box<dyn Fn(usize) -> Fate + Send + Sync>,
    error: fn() -> Error,
}

impl Troubled {
    async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match (self.fate)(self.calls.fetch_add(1, Ordering::Relaxed)) {
            Fate::Well => call.await,
            Fate::Lost => Err((self.error)()),
            Fate::Unheard => call.await.and_then(|_| Err((self.error)())),
        }
    }
}

impl fmt::Display for Troubled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a troubled store")
    }
}

impl fmt::Debug for Troubled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[async_trait]
impl ObjectStore for Troubled {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.call(self.inner.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        unreachable!("files are put whole")
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.call(self.inner.get_opts(location, options)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let fate = (self.fate)(self.calls.fetch_add(1, Ordering::Relaxed));
        let error = self.error;
        match fate {
            Fate::Well => self.inner.delete_stream(locations),
            Fate::Lost => locations.map(move |_| Err(error())).boxed(),
            Fate::Unheard => self.inner.delete_stream(locations).map(move |_| Err(error())).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.inner.list(prefix);
        match (self.fate)(self.calls.fetch_add(1, Ordering::Relaxed)) {
            Fate::Well => listed,
            // In its midst.
            _ => {
                let error = self.error;
                listed.take(1).chain(futures::stream::once(async move { Err(error()) })).boxed()
            }
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn not_now() -> Error {
    Error::Generic { store: "troubled", source: "not now".into() }
}

/// Beside which threads wait.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// By a linear congruence (Knuth's numbers), of which the high bits are good enough.
fn by_chance(seed: u64) -> impl Fn(usize) -> Fate + Send + Sync {
    let state = AtomicU64::new(seed);
    move |_| {
        let next =
            |state: u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        match state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap() >> 62 {
            0 | 1 => Fate::Well,
            2 => Fate::Lost,
            _ => Fate::Unheard,
        }
    }
}

/// A bucket, and how many calls there were.
fn bucket(
    runtime: &Runtime,
    inner: &Arc<InMemory>,
    fate: impl Fn(usize) -> Fate + Send + Sync + 'static,
    error: fn() -> Error,
) -> (Bucket, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let store = Troubled { inner: inner.clone(), calls: calls.clone(), fate: Box::new(fate), error };
    let handle = runtime.handle().clone();
    (Bucket::new(Arc::new(store), "films/lake", handle, CancellationToken::new()).unwrap(), calls)
}

fn well(runtime: &Runtime, inner: &Arc<InMemory>) -> Bucket {
    bucket(runtime, inner, |_| Fate::Well, not_now).0
}

#[test]
fn a_bucket_that_fails_half_of_its_calls_loses_nothing_and_doubles_nothing() {
    const HEAD: i64 = 60;
    let (runtime, inner) = (runtime(), Arc::new(InMemory::new()));
    let mut calls_in_all = 0;
    // Each begins where a kill left the one before.
    for part in 1..=4 {
        let (bucket, calls) = bucket(&runtime, &inner, by_chance(part << 50), not_now);
        let mut writer = Writer::open(bucket).unwrap();
        writer.sweep().unwrap();
        let head = HEAD * part as i64 / 4;
        while writer.cursor().seq < head {
            gather_page(&mut writer, 3 + part as i64, head, NOW + part as i64 * MINUTE);
            writer.write().unwrap();
        }
        calls_in_all += calls.load(Ordering::Relaxed);
    }
    let storage = well(&runtime, &inner);
    let entries = manifest::listed(&storage).unwrap().len();
    assert!(calls_in_all > 3 * entries, "there were only {calls_in_all} calls for {entries} files");
    assert_eq!(rows_in(&storage), ratings_up_to(HEAD));
    let (bucket, _) = bucket(&runtime, &inner, by_chance(3 << 50), not_now);
    let replayed = replay(&bucket, None).unwrap();
    assert_eq!((replayed.events, replayed.watermark.seq), (45, HEAD));
}

#[test]
fn a_writer_that_was_killed_at_any_call_loses_nothing_and_doubles_nothing() {
    let runtime = runtime();
    for fate in [Fate::Lost, Fate::Unheard] {
        // Two files, each put and listed, after two looks at what is there.
        for killed_at in 0..9 {
            let inner = Arc::new(InMemory::new());
            let no = || Error::PermissionDenied { path: "any".to_owned(), source: "it was killed".into() };
            let fate = move |call| if call < killed_at { Fate::Well } else { fate };
            let (bucket, _) = bucket(&runtime, &inner, fate, no);
            let killed: Result<(), LakeError> = (|| {
                let mut writer = Writer::open(bucket)?;
                writer.sweep()?;
                while writer.cursor().seq < 10 {
                    gather_page(&mut writer, 5, 10, NOW);
                    writer.write()?;
                }
                Ok(())
            })();
            assert_eq!(killed.is_err(), killed_at < 6, "{killed_at}");
            let mut writer = Writer::open(well(&runtime, &inner)).unwrap();
            writer.sweep().unwrap();
            while writer.cursor().seq < 12 {
                gather_page(&mut writer, 6, 12, NOW + MINUTE);
                writer.write().unwrap();
            }
            let storage = well(&runtime, &inner);
            assert_eq!(rows_in(&storage), ratings_up_to(12), "killed at call {killed_at}");
            assert_eq!(replay(&storage, None).unwrap().events, 9);
        }
    }
}

#[test]
fn of_two_who_write_one_lake_the_second_is_refused_aloud_and_nothing_is_doubled() {
    let (runtime, inner) = (runtime(), Arc::new(InMemory::new()));
    let mut first = Writer::open(well(&runtime, &inner)).unwrap();
    let mut second = Writer::open(well(&runtime, &inner)).unwrap();
    gather_page(&mut first, 5, 20, NOW);
    gather_page(&mut second, 8, 20, NOW);
    first.write().unwrap();
    let refused = second.write().unwrap_err();
    assert!(matches!(&refused, LakeError::Taken { name } if name == "manifest/000000000001.json"), "{refused}");
    assert!(refused.to_string().contains("another process"), "{refused}");
    // What it wrote before it was refused is another's affair no longer once somebody goes on.
    let mut second = Writer::open(well(&runtime, &inner)).unwrap();
    second.sweep().unwrap();
    assert_eq!(second.cursor().seq, 5);
    gather_page(&mut second, 20, 20, NOW);
    // The one looks for what is left over before the other lists it.
    let mut first = Writer::open(well(&runtime, &inner)).unwrap();
    first.sweep().unwrap();
    second.write().unwrap();
    gather_page(&mut first, 3, 20, NOW);
    assert!(matches!(first.write(), Err(LakeError::Taken { .. })));
    let mut last = Writer::open(well(&runtime, &inner)).unwrap();
    last.sweep().unwrap();
    let storage = well(&runtime, &inner);
    assert_eq!(rows_in(&storage), ratings_up_to(20));
    assert_eq!(replay(&storage, None).unwrap().events, 15);
}

#[test]
fn what_is_written_again_is_the_same_object_and_what_is_refused_is_not_tried_again() {
    let (runtime, inner) = (runtime(), Arc::new(InMemory::new()));
    // The first answer is lost.
    let (bucket, _) = bucket(&runtime, &inner, |call| if call == 0 { Fate::Unheard } else { Fate::Well }, not_now);
    bucket.create("manifest/000000000001.json", b"one").unwrap();
    bucket.create("manifest/000000000001.json", b"one").unwrap();
    let refused = bucket.create("manifest/000000000001.json", b"other").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(bucket.get("manifest/000000000001.json").unwrap(), b"one");
    assert_eq!(bucket.list("manifest").unwrap(), ["manifest/000000000001.json"]);
    bucket.remove("manifest/000000000001.json").unwrap();
    bucket.remove("manifest/000000000001.json").unwrap();
    assert_eq!(bucket.get("manifest/000000000001.json").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(bucket.get("../other/secret").unwrap_err().kind(), ErrorKind::InvalidInput);

    let denied = || Error::PermissionDenied { path: "films".to_owned(), source: "it is not yours".into() };
    let (bucket, calls) = self::bucket(&runtime, &inner, |_| Fate::Lost, denied);
    assert_eq!(bucket.get("x").unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn who_gives_up_waits_for_nothing_more() {
    let (runtime, inner) = (runtime(), Arc::new(InMemory::new()));
    let (bucket, _) = bucket(&runtime, &inner, |_| Fate::Lost, not_now);
    bucket.give_up.cancel();
    assert_eq!(bucket.list("").unwrap_err().kind(), ErrorKind::Interrupted);
}
