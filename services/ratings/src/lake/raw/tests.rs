//! Raw lines of which the copying is cut short at every step.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::copying::{Entry, FOLDER};
use super::{Due, Group, Outbox, Part, Unavailable, due};
use crate::lake::keeping::{Options, keep};
use crate::lake::storage::{Folder, Storage};
use crate::lake::tests::{Failing, MINUTE, NOW};
use crate::raw::{Content, Fate, RawLine};
use crate::reason::{Fault, Reason};
use bytes::Bytes;
use cineswarm_events::{Read, Reply, Source};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A log in which nothing happens.
struct Quiet;

impl Source for Quiet {
    async fn read(&self, wanted: &Read) -> Result<Reply, cineswarm_events::Error> {
        Ok(Reply::Page { events: Vec::new(), through: wanted.after, head: wanted.after.seq })
    }
}

/// Each with its lines.
type Parts = Vec<(Part, Vec<RawLine>)>;

/// Parts of which a removal may be cut short.
#[derive(Clone, Default)]
struct Waiting {
    parts: Arc<Mutex<Parts>>,
    removals_left: Arc<Mutex<Option<usize>>>,
}

impl Waiting {
    /// Three lines each, judged long ago, so that nothing waits for more.
    fn with(parts: std::ops::RangeInclusive<i64>) -> Waiting {
        let waiting = Waiting::default();
        waiting.add(parts);
        waiting
    }

    fn add(&self, parts: std::ops::RangeInclusive<i64>) {
        let part = |number: i64| Part {
            number,
            id: Uuid::from_u128(number as u128),
            judged_at: NOW + number,
            lines: 3,
            bytes: 300,
        };
        self.parts
            .lock()
            .unwrap()
            .extend(parts.map(|number| (part(number), (1..=3).map(|line| raw_line(number, line)).collect())));
    }
}

impl Outbox for Waiting {
    async fn waiting(&self) -> Result<Vec<Part>, Unavailable> {
        Ok(self.parts.lock().unwrap().iter().map(|(part, _)| *part).collect())
    }

    async fn lines(&self, group: Group) -> Result<Vec<RawLine>, Unavailable> {
        let parts = self.parts.lock().unwrap();
        let of_group = parts.iter().filter(|(part, _)| (group.first.number..=group.last).contains(&part.number));
        Ok(of_group.flat_map(|(_, lines)| lines.clone()).collect())
    }

    async fn remove(&self, through: i64) -> Result<(), Unavailable> {
        let (mut parts, mut left) = (self.parts.lock().unwrap(), self.removals_left.lock().unwrap());
        while let Some(last) = parts.iter().rposition(|(part, _)| part.number <= through) {
            if let Some(left) = left.as_mut() {
                *left = left.checked_sub(1).ok_or_else(|| Unavailable("cut off".to_owned()))?;
            }
            parts.remove(last);
        }
        Ok(())
    }
}

fn raw_line(part: i64, line: i64) -> RawLine {
    RawLine {
        batch_id: Uuid::from_u128(part as u128),
        line_number: line,
        came_at: NOW,
        judged_at: NOW + part,
        via: "http".to_owned(),
        user_id: (line == 1).then_some(1 << 31),
        fate: if line == 3 { Fate::Dead } else { Fate::Clean },
        event_id: (line < 3).then(|| Uuid::from_u128(7)),
        faults: (line == 3).then(|| Fault::new(Reason::NotJson, "it is no JSON")).into_iter().collect(),
        content: Some(Content::of(b"\xff{}")),
    }
}

/// One life of a keeper: until it is done, or the first thing fails.
async fn live<P: Storage>(open: impl Fn() -> P + Clone + Send + 'static, waiting: &Waiting) {
    let stop = CancellationToken::new();
    stop.cancel();
    let options = Options { most_rows: 6, ..Options::default() };
    keep(options, move || Ok(open()), Quiet, waiting.clone(), stop).await;
}

/// Batch and line of all that lies in files, by what is listed; what lies there unlisted fails.
fn copied(folder: &Path) -> Vec<(String, i64)> {
    let storage = Folder::to_read(folder);
    let entries: Vec<Entry> = storage
        .list("manifest/raw")
        .unwrap()
        .iter()
        .map(|name| serde_json::from_slice(&storage.get(name).unwrap()).unwrap())
        .collect();
    let (mut files, mut listed) =
        (storage.list(FOLDER).unwrap(), entries.iter().map(|entry| entry.file.clone()).collect::<Vec<_>>());
    files.sort_unstable();
    listed.sort_unstable();
    assert_eq!(files, listed);
    let mut lines = Vec::new();
    for entry in entries {
        let file = SerializedFileReader::new(Bytes::from(storage.get(&entry.file).unwrap())).unwrap();
        let rows: Vec<_> = file.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len() as u64, entry.rows);
        let dead = rows.iter().filter(|row| row.get_string(5).unwrap() == "dead").count() as u64;
        assert_eq!((entry.fates["dead"], entry.fates["clean"]), (dead, entry.rows - dead));
        for row in rows {
            let number = row.get_long(1).unwrap();
            assert_eq!(row.get_bytes(9).unwrap().data(), b"\xff{}");
            assert_eq!(row.get_string(8).is_ok_and(|reasons| reasons.contains("not_json")), number == 3);
            lines.push((row.get_string(0).unwrap().clone(), number));
        }
    }
    lines.sort();
    lines
}

fn all(parts: i64) -> Vec<(String, i64)> {
    (1..=parts).flat_map(|part| (1..=3).map(move |line| (Uuid::from_u128(part as u128).to_string(), line))).collect()
}

#[tokio::test]
async fn raw_lines_whose_copying_is_cut_off_at_any_step_are_in_the_lake_once() {
    // Three files of two parts each, put and listed, of which each part is removed.
    for (steps, removals) in (0..8).map(|steps| (steps, None)).chain((0..6).map(|removals| (100, Some(removals)))) {
        for is_done_after_all in [false, true] {
            let (folder, waiting) = (tempfile::tempdir().unwrap(), Waiting::with(1..=6));
            *waiting.removals_left.lock().unwrap() = removals;
            let failing = Failing::new(Folder::to_write(folder.path()).unwrap(), steps, is_done_after_all);
            live(move || failing.clone(), &waiting).await;
            let is_cut_off = steps < 6 || removals.is_some();
            assert_eq!(!waiting.parts.lock().unwrap().is_empty(), is_cut_off, "{steps} steps, {removals:?} removals");
            // More comes until somebody goes on, so that the next file is another one.
            waiting.add(7..=9);
            *waiting.removals_left.lock().unwrap() = None;
            let path = folder.path().to_owned();
            live(move || Folder::to_write(&path).unwrap(), &waiting).await;
            assert!(waiting.parts.lock().unwrap().is_empty());
            assert_eq!(copied(folder.path()), all(9), "{steps} steps, {removals:?} removals, {is_done_after_all}");
        }
    }
}

#[tokio::test]
async fn parts_of_a_restored_database_are_others_though_their_numbers_are_the_same() {
    let (folder, waiting) = (tempfile::tempdir().unwrap(), Waiting::with(1..=2));
    let path = folder.path().to_owned();
    let open = move || Folder::to_write(&path).unwrap();
    live(open.clone(), &waiting).await;
    waiting.add(1..=2);
    for (part, lines) in waiting.parts.lock().unwrap().iter_mut() {
        part.id = Uuid::from_u128(100 + part.number as u128);
        lines.iter_mut().for_each(|line| line.batch_id = part.id);
    }
    live(open, &waiting).await;
    assert_eq!(copied(folder.path()).len(), 12);
}

#[test]
fn lines_wait_for_a_full_file_for_ten_minutes_or_for_the_end_of_their_hour() {
    let part = |number: i64, judged_at: i64, lines: i64| Part {
        number,
        id: Uuid::nil(),
        judged_at,
        lines,
        bytes: 1_000_000 * lines,
    };
    let usual = Due { most_rows: 10, longest_wait_ms: 10 * MINUTE, now: NOW, is_the_end: false };
    let last = |parts: &[Part], usual: Due| due(parts, usual).map(|group| group.last);
    let few = [part(1, NOW - 5, 4), part(2, NOW, 5)];
    assert_eq!(last(&[], Due { is_the_end: true, ..usual }), None);
    assert_eq!(last(&few, usual), None);
    assert_eq!(last(&few, Due { is_the_end: true, ..usual }), Some(2));
    assert_eq!(last(&few, Due { longest_wait_ms: 5, ..usual }), Some(2));
    assert_eq!(last(&few, Due { now: NOW + MINUTE, ..usual }), Some(2), "its hour is over");
    assert_eq!(last(&[few[0], few[1], part(3, NOW, 1), part(4, NOW, 1)], usual), Some(3), "it is full");
    assert_eq!(last(&[few[0], part(2, NOW + MINUTE, 1)], usual), Some(1), "the next is of another hour");
    let long = [part(1, NOW, 30), part(2, NOW, 3)];
    assert_eq!(last(&long, Due { most_rows: 100, ..usual }), None);
    let too_long = [part(1, NOW, 30), part(2, NOW, 4)];
    assert_eq!(last(&too_long, Due { most_rows: 100, ..usual }), Some(1), "both would be too many bytes");
}
