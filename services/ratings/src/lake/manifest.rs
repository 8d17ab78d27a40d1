//! The manifest: an entry for each file of the lake, a small JSON file of its own, written after it. What is not listed is
//! not in the lake. Each entry goes on where the one before ended, so that none can be missing unnoticed.

use super::Error;
use super::storage::Storage;
use cineswarm_events::Cursor;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const FOLDER: &str = "manifest";

/// Raised whenever a reader would read otherwise what is written.
const FORMAT_VERSION: u32 = 1;

/// An event of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its number; 0 before the first.
    pub seq: i64,
    /// Its id.
    pub event_id: Uuid,
}

impl From<Cursor> for Place {
    fn from(cursor: Cursor) -> Place {
        Place { seq: cursor.seq, event_id: cursor.id }
    }
}

impl From<Place> for Cursor {
    fn from(place: Place) -> Cursor {
        Cursor { seq: place.seq, id: place.event_id }
    }
}

/// A file of the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which form this entry has.
    pub format_version: u32,
    /// Its name.
    pub file: String,
    /// It has what the log says of ratings after this event,
    pub after: Place,
    /// up to this one.
    pub through: Place,
    /// Its first event of a rating.
    pub first: Place,
    /// Its last one.
    pub last: Place,
    /// How many it has.
    pub rows: u64,
    /// How many the lake has with it.
    pub rows_in_all: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl Entry {
    /// Of a file; the format is this program's.
    pub(super) fn new(file: String, content: &[u8], span: Span, rows_before: u64) -> Entry {
        let Span { after, through, first, last, rows } = span;
        Entry {
            format_version: FORMAT_VERSION,
            file,
            after,
            through,
            first,
            last,
            rows,
            rows_in_all: rows_before + rows,
            bytes: content.len() as u64,
            sha256: sha256(content),
        }
    }

    /// Lists the file, unless another process has listed one that goes on from the same event.
    pub(super) fn put(&self, storage: &impl Storage) -> Result<(), Error> {
        let name = name_after(self.after.seq);
        // Numbers and names: writing them does not fail.
        let mut content = serde_json::to_vec(self).unwrap_or_default();
        content.push(b'\n');
        storage.create(&name, &content).map_err(Error::listing(&name))
    }
}

/// What a file is to cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub after: Place,
    pub through: Place,
    pub first: Place,
    pub last: Place,
    pub rows: u64,
}

/// The numbers after which the entries go on, ascending: what each is called by.
pub(super) fn listed(storage: &impl Storage) -> Result<Vec<i64>, Error> {
    let names = storage.list(FOLDER).map_err(Error::storage("listing", FOLDER))?;
    let mut after: Vec<i64> = names.iter().filter_map(|name| after_of(name)).collect();
    after.sort_unstable();
    Ok(after)
}

/// Reads the entry that goes on after this number.
pub(super) fn read(storage: &impl Storage, after: i64) -> Result<Entry, Error> {
    let name = name_after(after);
    let content = storage.get(&name).map_err(Error::storage("reading", &name))?;
    let entry: Entry =
        serde_json::from_slice(&content).map_err(|error| Error::damaged(&name, format!("is no entry: {error}")))?;
    if entry.format_version != FORMAT_VERSION {
        let found = entry.format_version;
        let reason =
            format!("has format {found}, and this program reads {FORMAT_VERSION}: use the program that wrote it");
        return Err(Error::damaged(&name, reason));
    }
    let is_in_order = entry.after.seq < entry.first.seq
        && entry.first.seq <= entry.last.seq
        && entry.last.seq <= entry.through.seq
        && entry.after.seq == after;
    if !is_in_order {
        return Err(Error::damaged(&name, "does not say which events its file has"));
    }
    Ok(entry)
}

/// What the entry that goes on after this number is called.
pub(super) fn name_after(after: i64) -> String {
    format!("{FOLDER}/{:012}.json", after.saturating_add(1))
}

fn after_of(name: &str) -> Option<i64> {
    let first: i64 = name.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok()?;
    let after = first.checked_sub(1)?;
    (name_after(after) == name).then_some(after)
}

/// In hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of a file's content, for its name.
pub(super) fn mark(content: &[u8]) -> String {
    let mut mark = sha256(content);
    mark.truncate(16);
    mark
}
