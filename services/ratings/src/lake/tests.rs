//! A lake whose writing is cut short at every step, one that was tampered with, and one that is whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::Error;
use super::reading::replay;
use super::row::Row;
use super::storage::{Folder, Storage};
use super::writing::{FOLDER, Writer};
use super::{manifest, table};
use cineswarm_engine::dataset::Watermark;
use cineswarm_events::{Cursor, Event};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use uuid::Uuid;

/// 2026-11-26T20:59:00Z.
pub(super) const NOW: i64 = 1_795_726_740_000;
pub(super) const MINUTE: i64 = 60_000;

/// What a log says: the first events are of two users, a film each; some are no ratings.
fn event(seq: i64) -> Event {
    let user = 2_147_483_648 + seq % 2;
    let (kind, payload) = match seq % 4 {
        0 => ("rating.deleted", format!(r#"{{"user_id":{user},"movie_id":{},"previous":4.5}}"#, seq / 4)),
        1 => ("rating.created", format!(r#"{{"user_id":{user},"movie_id":{seq},"rating":4.5}}"#)),
        2 => (
            "rating.updated",
            format!(r#"{{"user_id":{user},"movie_id":{seq},"rating":0.5,"previous":3.0,"via":"ingest"}}"#),
        ),
        _ => ("feedback.given", format!(r#"{{"user_id":{user},"movie_id":{seq},"kind":"seen"}}"#)),
    };
    Event {
        seq,
        id: id(seq),
        kind: kind.to_owned(),
        key: format!("user/{user}"),
        shard_hash: None,
        payload: Some(payload),
        is_last: false,
        at: NOW + seq,
        traceparent: None,
    }
}

fn id(seq: i64) -> Uuid {
    if seq == 0 { Uuid::nil() } else { Uuid::from_u128(seq as u128) }
}

fn cursor(seq: i64) -> Cursor {
    Cursor { seq, id: id(seq) }
}

/// The next page of a log that ends with `head`, as a log answers.
pub(super) fn gather_page<S: Storage>(writer: &mut Writer<S>, events: i64, head: i64, now: i64) {
    let from = writer.cursor();
    assert_eq!(from.id, id(from.seq));
    let through = (from.seq + events).min(head);
    let page: Vec<Event> =
        (from.seq + 1..=through).map(event).filter(|event| super::row::wanted().takes(event)).collect();
    writer.gather(&page, cursor(through), now);
}

/// A lake of the events up to `head`, a file for each five.
fn lake(folder: &Path, head: i64) {
    let mut writer = Writer::open(Folder::to_write(folder).unwrap()).unwrap();
    while writer.cursor().seq < head {
        gather_page(&mut writer, 5, head, NOW);
        writer.write().unwrap();
    }
}

/// All rows in files of the lake, whether listed or not, as who reads the folder sees them.
fn rows_in_files(folder: &Path) -> Vec<i64> {
    rows_in(&Folder::to_read(folder))
}

pub(super) fn rows_in(storage: &impl Storage) -> Vec<i64> {
    let mut seqs: Vec<i64> = storage
        .list(FOLDER)
        .unwrap()
        .into_iter()
        .flat_map(|name| table::read(storage.get(&name).unwrap()).unwrap())
        .map(|row| row.seq)
        .collect();
    seqs.sort_unstable();
    seqs
}

pub(super) fn ratings_up_to(head: i64) -> Vec<i64> {
    (1..=head).filter(|seq| seq % 4 != 3).collect()
}

/// A folder that is cut off after so many steps, each of which is done by half, or done without being told.
#[derive(Clone)]
pub(super) struct Failing {
    folder: Arc<Mutex<Folder>>,
    steps_left: Arc<AtomicUsize>,
    is_done_after_all: bool,
}

impl Failing {
    pub(super) fn new(folder: Folder, steps: usize, is_done_after_all: bool) -> Failing {
        let (folder, steps_left) = (Arc::new(Mutex::new(folder)), Arc::new(AtomicUsize::new(steps)));
        Failing { folder, steps_left, is_done_after_all }
    }

    fn step(&self, write: impl FnOnce(&Folder) -> io::Result<()>) -> io::Result<()> {
        let step = self.steps_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if step.is_ok() || self.is_done_after_all {
            write(&self.folder.lock().unwrap())?;
        }
        step.map(drop).map_err(|_| io::Error::other("cut off"))
    }
}

impl Storage for Failing {
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.step(|folder| folder.put(name, content))
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.step(|folder| folder.create(name, content))
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.folder.lock().unwrap().get(name)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.folder.lock().unwrap().list(folder)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.folder.lock().unwrap().remove(name)
    }
}

#[test]
fn a_lake_that_is_cut_off_at_any_step_loses_nothing_and_doubles_nothing() {
    for is_done_after_all in [false, true] {
        for steps in 0..8 {
            let folder = tempfile::tempdir().unwrap();
            {
                let failing = Failing::new(Folder::to_write(folder.path()).unwrap(), steps, is_done_after_all);
                let mut writer = Writer::open(failing).unwrap();
                while writer.cursor().seq < 20 {
                    gather_page(&mut writer, 5, 20, NOW);
                    if writer.write().is_err() {
                        break;
                    }
                }
            }
            // It goes on in the next hour, by other pages.
            let mut writer = Writer::open(Folder::to_write(folder.path()).unwrap()).unwrap();
            gather_page(&mut writer, 1, 23, NOW);
            writer.sweep().unwrap();
            while writer.cursor().seq < 23 {
                gather_page(&mut writer, 7, 23, NOW + 2 * MINUTE);
                writer.write().unwrap();
            }
            writer.write().unwrap();
            assert_eq!(rows_in_files(folder.path()), ratings_up_to(23), "{steps} steps, {is_done_after_all}");
            let replayed = replay(&Folder::to_read(folder.path()), None).unwrap();
            // The last event is no rating, and no file has been written for it alone.
            assert_eq!((replayed.events, writer.rows_listed()), (18 - 1, 18 - 1));
        }
    }
}

/// Half of all calls fail, some of them after they were carried out.
struct Chancy {
    folder: Folder,
    chance: AtomicU64,
}

impl Chancy {
    fn is_well(&self) -> bool {
        // Knuth's linear congruence; its high bits are good enough.
        let next =
            |state: u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let state = self.chance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap();
        state >> 63 == 0
    }

    fn call<T>(&self, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let away = || io::Error::other("not now");
        if self.is_well() {
            return call();
        }
        if self.is_well() {
            call()?;
        }
        Err(away())
    }
}

impl Storage for Chancy {
    fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.call(|| self.folder.put(name, content))
    }

    fn create(&self, name: &str, content: &[u8]) -> io::Result<()> {
        self.call(|| self.folder.create(name, content))
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.call(|| self.folder.get(name))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.call(|| self.folder.list(folder))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.call(|| self.folder.remove(name))
    }
}

#[test]
fn a_storage_that_fails_half_its_calls_loses_nothing_and_doubles_nothing() {
    const HEAD: i64 = 200;
    let folder = tempfile::tempdir().unwrap();
    let (mut seed, mut tries) = (1, 0);
    loop {
        tries += 1;
        seed += 1;
        let chancy = Chancy { folder: Folder::to_write(folder.path()).unwrap(), chance: AtomicU64::new(seed << 40) };
        let Ok(mut writer) = Writer::open(chancy) else { continue };
        if writer.sweep().is_err() {
            continue;
        }
        if writer.cursor().seq >= HEAD {
            break;
        }
        while writer.cursor().seq < HEAD {
            gather_page(&mut writer, 3 + seed as i64 % 5, HEAD, NOW + seed as i64 * MINUTE);
            if writer.write().is_err() {
                break;
            }
        }
    }
    assert!(tries > 20, "{tries} tries");
    assert_eq!(rows_in_files(folder.path()), ratings_up_to(HEAD));
    let replayed = replay(&Folder::to_read(folder.path()), None).unwrap();
    assert_eq!((replayed.events, replayed.watermark.seq), (150, HEAD));
}

#[test]
fn a_file_that_a_kill_left_half_written_is_gone_with_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    lake(folder.path(), 10);
    let half = folder.path().join("ratings/.unfinished-000000000011-000000000015.parquet");
    fs::write(&half, "PAR1").unwrap();
    assert_eq!(rows_in_files(folder.path()), ratings_up_to(10));
    lake(folder.path(), 12);
    assert!(!half.exists());
    assert_eq!(rows_in_files(folder.path()), ratings_up_to(12));
}

#[test]
fn two_processes_do_not_write_one_lake() {
    let folder = tempfile::tempdir().unwrap();
    let first = Folder::to_write(folder.path()).unwrap();
    let refused = Folder::to_write(folder.path()).unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
    drop(first);
    Folder::to_write(folder.path()).unwrap();
}

#[test]
fn files_are_by_day_and_hour_and_a_new_hour_has_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(Folder::to_write(folder.path()).unwrap()).unwrap();
    gather_page(&mut writer, 2, 2, NOW);
    assert!(!writer.is_due(NOW + MINUTE / 2, 100, 10 * MINUTE));
    assert!(writer.is_due(NOW, 2, 10 * MINUTE), "it is as many rows as a file may have");
    assert!(writer.is_due(NOW + MINUTE / 2, 100, MINUTE / 2), "it has waited long");
    assert!(writer.is_due(NOW + MINUTE, 100, 10 * MINUTE), "its hour is over");
    writer.write().unwrap();
    assert!(!writer.is_due(NOW + 90 * MINUTE, 100, 10 * MINUTE), "nothing waits");
    gather_page(&mut writer, 2, 4, NOW + MINUTE);
    writer.write().unwrap();
    let mut names = Folder::to_read(folder.path()).list("").unwrap();
    names.sort_unstable();
    // Of each file's name but what stands for its content.
    let names: Vec<&str> = names
        .iter()
        .map(|name| {
            name.rsplit_once('-').filter(|_| name.ends_with(".parquet")).map_or(name.as_str(), |(name, _)| name)
        })
        .collect();
    assert_eq!(
        names,
        [
            ".lock",
            "manifest/000000000001.json",
            "manifest/000000000003.json",
            "ratings/day=2026-11-26/hour=20/000000000001-000000000002",
            "ratings/day=2026-11-26/hour=21/000000000004-000000000004",
        ]
    );
}

#[test]
fn what_is_written_is_read_back() {
    let mut rows: Vec<Row> = [1, 2, 4].map(|seq| Row::of(&event(seq))).to_vec();
    let emptied = Event { payload: None, ..event(5) };
    let last = Event { payload: Some("{}".to_owned()), kind: "user.deleted".to_owned(), is_last: true, ..event(6) };
    rows.extend([Row::of(&emptied), Row::of(&last)]);
    let row =
        |row: usize| (rows[row].user_id, rows[row].movie_id, rows[row].rating, rows[row].previous, rows[row].is_last);
    assert_eq!(row(0), (Some(2_147_483_649), Some(1), Some(4.5), None, false));
    assert_eq!(row(1), (Some(2_147_483_648), Some(2), Some(0.5), Some(3.0), false));
    assert_eq!(row(2), (Some(2_147_483_648), Some(1), None, Some(4.5), false));
    assert_eq!(row(3), (Some(2_147_483_649), None, None, None, false), "by its key");
    assert_eq!(row(4), (Some(2_147_483_648), None, None, None, true));
    assert_eq!(rows[1].via.as_deref(), Some("ingest"));
    assert_eq!(table::read(table::write(&rows).unwrap()).unwrap(), rows);
}

/// Of a lake of twelve events that was changed on the disk, what is said when it is read.
fn refusal(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    lake(folder.path(), 12);
    change(folder.path());
    match replay(&Folder::to_read(folder.path()), None) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut entry = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut entry);
    fs::write(path, entry.to_string()).unwrap();
}

#[test]
fn a_lake_that_is_not_whole_is_refused_by_the_file_with_the_way_out() {
    let second = "manifest/000000000006.json";
    let file_of_second = |folder: &Path| {
        let entry: serde_json::Value = serde_json::from_slice(&fs::read(folder.join(second)).unwrap()).unwrap();
        folder.join(entry["file"].as_str().unwrap())
    };
    let file = "ratings/day=2026-11-26/hour=20/000000000006-000000000010-";
    let missing = refusal(|folder| fs::remove_file(file_of_second(folder)).unwrap());
    assert!(missing.contains(file) && missing.contains(second) && missing.contains("data compact"), "{missing}");
    let unlisted = refusal(|folder| fs::remove_file(folder.join(second)).unwrap());
    assert!(unlisted.contains("manifest/000000000011.json goes on after event 10"), "{unlisted}");
    let flipped = refusal(|folder| {
        let path = file_of_second(folder);
        let mut content = fs::read(&path).unwrap();
        content[40] ^= 1;
        fs::write(path, content).unwrap();
    });
    assert!(flipped.contains(file) && flipped.contains("is not what was written"), "{flipped}");
    let garbage = refusal(|folder| fs::write(folder.join(second), "{").unwrap());
    assert!(garbage.contains(second) && garbage.contains("is no entry"), "{garbage}");
    let newer = refusal(|folder| edit(&folder.join(second), |entry| entry["format_version"] = 2.into()));
    assert!(newer.contains("format 2"), "{newer}");
    let begins_later = refusal(|folder| fs::remove_file(folder.join("manifest/000000000001.json")).unwrap());
    assert!(begins_later.contains("begins after event 5"), "{begins_later}");
    let elsewhere = refusal(|folder| edit(&folder.join(second), |entry| entry["file"] = "../../etc/passwd".into()));
    assert!(elsewhere.contains("leads out of the lake"), "{elsewhere}");
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(replay(&Folder::to_read(empty.path()), None), Err(Error::Empty)));
}

/// Who can write the manifest can list what they like; what it says is held against the file.
#[test]
fn an_entry_that_was_made_up_is_refused() {
    let second = "manifest/000000000006.json";
    let other_rows = refusal(|folder| {
        let content = table::write(&[7, 8].map(|seq| Row { seq, ..Row::of(&event(seq)) })).unwrap();
        let file = "ratings/made-up.parquet";
        fs::write(folder.join(file), &content).unwrap();
        edit(&folder.join(second), |entry| {
            entry["file"] = file.into();
            entry["bytes"] = content.len().into();
            entry["sha256"] = manifest::sha256(&content).into();
        });
    });
    assert!(other_rows.contains("has other events than its entry says"), "{other_rows}");
    let no_parquet = refusal(|folder| {
        let file = "ratings/made-up.parquet";
        fs::write(folder.join(file), "PAR1 nothing of the kind PAR1").unwrap();
        edit(&folder.join(second), |entry| {
            entry["file"] = file.into();
            entry["bytes"] = 29.into();
            entry["sha256"] = manifest::sha256(b"PAR1 nothing of the kind PAR1").into();
        });
    });
    assert!(no_parquet.contains("is no Parquet of the lake"), "{no_parquet}");
    let order = refusal(|folder| edit(&folder.join(second), |entry| entry["first"]["seq"] = 11.into()));
    assert!(order.contains("does not say which events"), "{order}");
}

#[test]
fn only_what_comes_after_the_base_is_applied_and_a_base_of_another_log_is_refused() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    lake(folder.path(), 12);
    let base = |seq: i64, id: Uuid| Watermark { seq, id: id.to_string() };
    let storage = Folder::to_read(folder.path());
    let events = |base: Watermark| replay(&storage, Some(&base)).map(|replayed| replayed.events);
    assert_eq!(events(base(5, id(5))).unwrap(), 5);
    assert_eq!(events(base(8, id(8))).unwrap(), 3, "in the midst of a file");
    assert_eq!(events(base(12, id(12))).unwrap(), 0);
    for (seq, event) in [(5, id(6)), (8, id(9)), (12, id(1)), (13, id(13))] {
        let refused = events(base(seq, event)).unwrap_err();
        assert!(matches!(refused, Error::OtherLog { .. }), "{seq}: {refused}");
    }
    let watermark = replay(&storage, None).unwrap().watermark;
    assert_eq!(watermark, base(12, id(12)));
}

#[test]
fn a_lake_of_a_log_that_was_pruned_begins_where_the_log_does() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(Folder::to_write(folder.path()).unwrap()).unwrap();
    assert!(writer.begin_at(cursor(8)));
    gather_page(&mut writer, 4, 12, NOW);
    writer.write().unwrap();
    assert!(!writer.begin_at(cursor(20)), "it is not empty any more");
    let storage = Folder::to_read(folder.path());
    assert!(matches!(replay(&storage, None), Err(Error::BeginsLater { begins_after: 8, wanted_after: 0 })));
    let base = Watermark { seq: 8, id: id(8).to_string() };
    assert_eq!(replay(&storage, Some(&base)).unwrap().events, 3);
}

#[test]
fn names_in_the_folder_that_are_not_the_lakes_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    lake(folder.path(), 5);
    let others = ["ratings/README.txt", "manifest/notes.json", "ratings/my-own.parquet"];
    for name in others {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    let mut writer = Writer::open(Folder::to_write(folder.path()).unwrap()).unwrap();
    writer.sweep().unwrap();
    assert_eq!(writer.cursor().seq, 5);
    assert!(others.iter().all(|name| folder.path().join(name).exists()));
}
