//! Reading a lake from its first event to its last, and refusing one that is not whole.

use super::manifest::{self, Entry, Place};
use super::row::Row;
use super::storage::Storage;
use super::{Error, table};
use cineswarm_engine::dataset::{Changes, Watermark};
use std::io::ErrorKind;

/// What a lake has beyond a base.
#[derive(Debug)]
pub struct Replayed {
    /// What it changes.
    pub changes: Changes,
    /// Up to where.
    pub watermark: Watermark,
    /// How many events.
    pub events: u64,
}

/// All changes after a base's watermark; of a base without one all that there are.
///
/// # Errors
/// If a file is missing, or is not what was written; if entries are missing between others; if the lake begins later
/// than the base ends, or is not of the log that the base has grown by.
pub fn replay(storage: &impl Storage, base: Option<&Watermark>) -> Result<Replayed, Error> {
    let listed = manifest::listed(storage)?;
    let Some(first) = listed.first().copied() else { return Err(Error::Empty) };
    let from = base.map_or(0, |base| base.seq);
    if first > from {
        return Err(Error::BeginsLater { begins_after: first, wanted_after: from });
    }
    let (mut changes, mut events) = (Changes::default(), 0);
    let mut end: Option<Place> = None;
    for after in listed {
        let entry = manifest::read(storage, after)?;
        if let Some(end) = end.filter(|end| *end != entry.after) {
            let name = manifest::name_after(after);
            let reason = format!(
                "goes on after event {} ({}), and the one before ends with event {} ({})",
                entry.after.seq, entry.after.event_id, end.seq, end.event_id
            );
            return Err(Error::damaged(&name, reason));
        }
        check_base(base, [entry.after, entry.through])?;
        end = Some(entry.through);
        if entry.through.seq <= from {
            continue;
        }
        for row in rows_of(storage, &entry)? {
            check_base(base, [Place { seq: row.seq, event_id: row.event_id }])?;
            if row.seq <= from {
                continue;
            }
            let seq = row.seq;
            row.apply(&mut changes).map_err(|reason| {
                Error::damaged(&entry.file, format!("has an event {seq} that is no rating: {reason}"))
            })?;
            events += 1;
        }
    }
    let end = end.ok_or(Error::Empty)?;
    if end.seq < from {
        let base = base.map(|base| base.id.clone()).unwrap_or_default();
        return Err(Error::OtherLog { seq: from, id: base, which: "the lake" });
    }
    let watermark = Watermark { seq: end.seq, id: end.event_id.to_string() };
    Ok(Replayed { changes, watermark, events })
}

/// The event of the base's watermark is the same here.
fn check_base<const N: usize>(base: Option<&Watermark>, places: [Place; N]) -> Result<(), Error> {
    let Some(base) = base else { return Ok(()) };
    match places.iter().all(|place| place.seq != base.seq || place.event_id.to_string() == base.id) {
        true => Ok(()),
        false => Err(Error::OtherLog { seq: base.seq, id: base.id.clone(), which: "the lake" }),
    }
}

/// The rows of a file that is listed, which are those that were written.
fn rows_of(storage: &impl Storage, entry: &Entry) -> Result<Vec<Row>, Error> {
    let name = &entry.file;
    let content = storage.get(name).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::Missing { name: name.clone(), listed_in: manifest::name_after(entry.after.seq) },
        _ => Error::storage("reading", name)(error),
    })?;
    if content.len() as u64 != entry.bytes || manifest::sha256(&content) != entry.sha256 {
        return Err(Error::damaged(name, "is not what was written"));
    }
    let rows = table::read(content).map_err(|reason| Error::damaged(name, reason))?;
    let place = |row: &Row| Place { seq: row.seq, event_id: row.event_id };
    let is_as_listed = rows.len() as u64 == entry.rows
        && rows.first().map(place) == Some(entry.first)
        && rows.last().map(place) == Some(entry.last)
        && rows.windows(2).all(|pair| pair[0].seq < pair[1].seq);
    match is_as_listed {
        true => Ok(rows),
        false => Err(Error::damaged(name, "has other events than its entry says")),
    }
}
