//! Gathering events and writing them as files of the lake. A file is written first, and is part of the lake once it is
//! listed: where that was cut short, what the manifest says is where to go on, and what it does not list is written anew.
//! A file that was not listed goes once another one is listed in its place. Until then another process may be about to list
//! it; afterwards none can: of those who go on from one event the first alone is listed.
//! Pure but for the storage: the present is given.

use super::manifest::{self, Entry, Place, Span};
use super::row::Row;
use super::storage::Storage;
use super::{Error, table};
use chrono::{DateTime, Timelike};
use cineswarm_events::{Cursor, Event};

/// Where the files are, by day and hour.
pub(super) const FOLDER: &str = "ratings";

/// The end of a lake, where it goes on.
pub struct Writer<S> {
    storage: S,
    /// What is listed goes up to here.
    listed: Place,
    rows_listed: u64,
    /// The last file that is listed, and the event after which it goes on.
    last: Option<(String, i64)>,
    /// Files that were written and not listed, of what is to be listed next.
    left_over: Vec<String>,
    /// Events up to here were looked at.
    through: Place,
    gathered: Vec<Row>,
    /// When the first of them was gathered, in milliseconds since 1970.
    since: i64,
}

impl<S: Storage> Writer<S> {
    /// Goes on where the manifest ends.
    pub fn open(storage: S) -> Result<Writer<S>, Error> {
        let last = manifest::listed(&storage)?.pop().map(|after| manifest::read(&storage, after)).transpose()?;
        let (listed, rows_listed, last) = match last {
            Some(Entry { through, rows_in_all, file, after, .. }) => (through, rows_in_all, Some((file, after.seq))),
            None => (Cursor::START.into(), 0, None),
        };
        let (left_over, gathered) = (Vec::new(), Vec::new());
        Ok(Writer { storage, listed, rows_listed, last, left_over, through: listed, gathered, since: 0 })
    }

    /// Where the lake lies.
    pub(super) fn storage(&self) -> &S {
        &self.storage
    }

    /// Where to read the log on.
    pub fn cursor(&self) -> Cursor {
        self.through.into()
    }

    /// How many rows are in the lake.
    pub fn rows_listed(&self) -> u64 {
        self.rows_listed
    }

    /// How many wait to be.
    pub fn rows_waiting(&self) -> usize {
        self.gathered.len()
    }

    /// Begins a lake that is empty later in the log, which was pruned; `false` if it is not empty.
    pub fn begin_at(&mut self, floor: Cursor) -> bool {
        if self.through.seq != 0 {
            return false;
        }
        (self.listed, self.through) = (floor.into(), floor.into());
        true
    }

    /// Finds files that were written and never listed. To be called once the log has agreed to go on from here, since what
    /// they hold comes from there again.
    pub fn sweep(&mut self) -> Result<(), Error> {
        let names = self.storage.list(FOLDER).map_err(Error::storage("listing", FOLDER))?;
        let (last, after) = self.last.as_ref().map_or((None, self.listed.seq), |(file, after)| (Some(file), *after));
        let is_left_over = |name: &String| first_of(name).is_some_and(|first| first > after) && Some(name) != last;
        self.left_over = names.into_iter().filter(is_left_over).collect();
        self.remove_left_over()
    }

    /// Removes those whose events are listed in other files.
    fn remove_left_over(&mut self) -> Result<(), Error> {
        let listed = self.listed.seq;
        let is_listed_elsewhere = |name: &mut String| first_of(name).is_none_or(|first| first <= listed);
        for name in self.left_over.extract_if(.., is_listed_elsewhere) {
            if self.last.as_ref().is_some_and(|(file, _)| *file == name) {
                continue;
            }
            tracing::info!(name, "a file of the lake that was never listed has been written again");
            self.storage.remove(&name).map_err(Error::storage("removing", &name))?;
        }
        Ok(())
    }

    /// Takes a page of the log, at a time in milliseconds since 1970.
    pub fn gather(&mut self, events: &[Event], through: Cursor, now: i64) {
        if self.gathered.is_empty() {
            self.since = now;
        }
        self.gathered.extend(events.iter().map(Row::of));
        self.through = through.into();
    }

    /// Whether what was gathered is to be written before more is: it is much, has waited long, or its hour is over.
    pub fn is_due(&self, now: i64, most_rows: usize, longest_wait_ms: i64) -> bool {
        let has_waited = now.saturating_sub(self.since);
        let hour_is_over = hour_of(now) != hour_of(self.since);
        !self.gathered.is_empty() && (self.gathered.len() >= most_rows || has_waited >= longest_wait_ms || hour_is_over)
    }

    /// Writes what was gathered and lists it, if there is anything. After an error the lake is to be opened anew.
    pub fn write(&mut self) -> Result<(), Error> {
        let (Some(first), Some(last)) = (self.gathered.first(), self.gathered.last()) else { return Ok(()) };
        let place = |row: &Row| Place { seq: row.seq, event_id: row.event_id };
        let rows = self.gathered.len() as u64;
        let span = Span { after: self.listed, through: self.through, first: place(first), last: place(last), rows };
        let (day, hour) = hour_of(self.since);
        let folder = format!("{FOLDER}/day={day}/hour={hour:02}");
        let content = table::write(&self.gathered).map_err(|error| Error::Storage {
            doing: "making a file in",
            name: folder.clone(),
            error: std::io::Error::other(error.to_string()),
        })?;
        let mark = manifest::mark(&content);
        let name = format!("{folder}/{:012}-{:012}-{mark}.parquet", first.seq, last.seq);
        self.storage.put(&name, &content).map_err(Error::storage("writing", &name))?;
        let entry = Entry::new(name, &content, span, self.rows_listed);
        entry.put(&self.storage)?;
        (self.listed, self.rows_listed) = (entry.through, entry.rows_in_all);
        self.last = Some((entry.file, entry.after.seq));
        self.gathered.clear();
        self.remove_left_over()
    }
}

/// The number of the first event in a file, which its name says.
fn first_of(name: &str) -> Option<i64> {
    let file = name.rsplit_once('/')?.1.strip_suffix(".parquet")?;
    file.split_once('-')?.0.parse().ok()
}

/// Day and hour, in UTC.
pub(super) fn hour_of(ms: i64) -> (String, u32) {
    // A clock past the calendar's end is none.
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    (time.format("%Y-%m-%d").to_string(), time.hour())
}
