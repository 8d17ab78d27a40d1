//! Lines become a file of the lake, once: the file is put, then listed in an entry of its own, whatever was cut short before.

use super::{Group, table};
use crate::lake::storage::Storage;
use crate::lake::writing::hour_of;
use crate::lake::{Error, manifest};
use crate::raw::{Fate, RawLine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use uuid::Uuid;

/// Where the files are, by day and hour of the judgement.
pub(in crate::lake) const FOLDER: &str = "raw";
const ENTRIES: &str = "manifest/raw";

/// Raised whenever a reader would read otherwise what is written.
const FORMAT_VERSION: u32 = 1;

/// A file of raw lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which form this entry has.
    pub format_version: u32,
    /// The file's name.
    pub file: String,
    /// The number of its first part, in the database where it waited,
    pub first: i64,
    /// the first part's id,
    pub first_id: Uuid,
    /// and the number of the last one.
    pub last: i64,
    /// How many lines it has.
    pub rows: u64,
    /// How many of each fate.
    pub fates: BTreeMap<String, u64>,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// Writes a group and lists it, unless it is listed; gives up to which part it is. With `is_first` of a process, files of
/// the group that an earlier one did not list are removed.
pub(in crate::lake) fn copy(
    storage: &impl Storage,
    group: Group,
    lines: &[RawLine],
    is_first: bool,
) -> Result<i64, Error> {
    let listed = match listed(storage, group)? {
        Some(listed) => listed,
        None => write(storage, group, lines)?,
    };
    if is_first {
        let names = storage.list(FOLDER).map_err(Error::storage("listing", FOLDER))?;
        let of_group = stem(group);
        let is_left_over = |name: &&String| {
            **name != listed.file && name.rsplit_once('/').is_some_and(|(_, file)| file.starts_with(&of_group))
        };
        for name in names.iter().filter(is_left_over) {
            tracing::info!(name, "a file of the lake that was never listed has been written again");
            storage.remove(name).map_err(Error::storage("removing", name))?;
        }
    }
    Ok(listed.last)
}

/// What the files of a group begin with, whatever came to be in them.
fn stem(group: Group) -> String {
    format!("{:012}-{}-", group.first.number, group.first.id.simple())
}

fn entry_name(group: Group) -> String {
    format!("{ENTRIES}/{:012}-{}.json", group.first.number, group.first.id.simple())
}

/// The entry of the file that begins with what the group begins with.
fn listed(storage: &impl Storage, group: Group) -> Result<Option<Entry>, Error> {
    let name = entry_name(group);
    let content = match storage.get(&name) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::storage("reading", &name)(error)),
    };
    let entry: Entry =
        serde_json::from_slice(&content).map_err(|error| Error::damaged(&name, format!("is no entry: {error}")))?;
    match entry.first_id == group.first.id && entry.last >= group.first.number {
        true => Ok(Some(entry)),
        false => Err(Error::damaged(&name, "does not say which lines its file has")),
    }
}

fn write(storage: &impl Storage, group: Group, lines: &[RawLine]) -> Result<Entry, Error> {
    let (day, hour) = hour_of(group.first.judged_at);
    let folder = format!("{FOLDER}/day={day}/hour={hour:02}");
    let content = table::write(lines).map_err(|error| Error::Storage {
        doing: "making a file in",
        name: folder.clone(),
        error: std::io::Error::other(error.to_string()),
    })?;
    let file = format!("{folder}/{}{}.parquet", stem(group), manifest::mark(&content));
    storage.put(&file, &content).map_err(Error::storage("writing", &file))?;
    let count = |fate: Fate| (fate.name().to_owned(), lines.iter().filter(|line| line.fate == fate).count() as u64);
    let entry = Entry {
        format_version: FORMAT_VERSION,
        file,
        first: group.first.number,
        first_id: group.first.id,
        last: group.last,
        rows: lines.len() as u64,
        fates: [Fate::Clean, Fate::Repeated, Fate::Superseded, Fate::Dead].map(count).into(),
        bytes: content.len() as u64,
        sha256: manifest::sha256(&content),
    };
    let name = entry_name(group);
    // Numbers and names: writing them does not fail.
    let mut content = serde_json::to_vec(&entry).unwrap_or_default();
    content.push(b'\n');
    storage.create(&name, &content).map_err(Error::listing(&name))?;
    Ok(entry)
}
