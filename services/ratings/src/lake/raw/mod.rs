//! All lines that came in, beside what the log says of those that count. They wait in the database, where the gate left
//! them with their fates ([`Outbox`]), until there are enough of them for a file ([`due`]); the file is written and listed
//! ([`copying`]), and then they wait no longer. Where that was cut short, what waits is what is to be written, unless it is
//! listed: a file's entry has its name from the first that waited.

pub mod copying;
mod table;

#[cfg(test)]
mod tests;

use super::writing::hour_of;
use crate::raw::RawLine;
use uuid::Uuid;

/// How many are looked at together.
pub const MOST_PARTS: i64 = 10_000;
/// Bytes of a file at most, before they are packed; a part alone may have more.
const MOST_BYTES: i64 = 32 << 20;

/// Some lines that wait, with a number that is given in the order of their judgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: i64,
    /// Its id, by which it differs from one of this number in a database that was restored.
    pub id: Uuid,
    /// When they were judged, in milliseconds since 1970.
    pub judged_at: i64,
    /// How many they are.
    pub lines: i64,
    /// How long.
    pub bytes: i64,
}

/// Parts that become a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The first.
    pub first: Part,
    /// The number of the last.
    pub last: i64,
}

/// Why what waits cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("raw lines that wait for the lake: {0}")]
pub struct Unavailable(pub String);

/// Where lines wait.
pub trait Outbox: Clone + Send + Sync + 'static {
    /// The first parts, in the order of their numbers, [`MOST_PARTS`] at most.
    fn waiting(&self) -> impl Future<Output = Result<Vec<Part>, Unavailable>> + Send;

    /// The lines of parts from a number up to another, without what users said who were deleted.
    fn lines(&self, group: Group) -> impl Future<Output = Result<Vec<RawLine>, Unavailable>> + Send;

    /// Removes parts up to a number, the first one last: as long as any is there, the first is.
    fn remove(&self, through: i64) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// When lines are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// A file has so many at most, but for those of its last part.
    pub most_rows: i64,
    /// The first has waited so long.
    pub longest_wait_ms: i64,
    /// Now, in milliseconds since 1970; an hour that is over waits for nothing.
    pub now: i64,
    /// Nothing more comes.
    pub is_the_end: bool,
}

/// What is to be written of what waits, if it is time.
pub(super) fn due(waiting: &[Part], due: Due) -> Option<Group> {
    let first = *waiting.first()?;
    let (mut last, mut lines, mut bytes) = (first.number, first.lines, first.bytes);
    let mut is_full = waiting.len() as i64 >= MOST_PARTS;
    for part in &waiting[1..] {
        let is_of_the_hour = hour_of(part.judged_at) == hour_of(first.judged_at);
        if lines >= due.most_rows || bytes + part.bytes > MOST_BYTES || !is_of_the_hour {
            is_full = true;
            break;
        }
        (last, lines, bytes) = (part.number, lines + part.lines, bytes + part.bytes);
    }
    is_full |= lines >= due.most_rows;
    let has_waited = due.now.saturating_sub(first.judged_at) >= due.longest_wait_ms;
    let hour_is_over = hour_of(due.now) != hour_of(first.judged_at);
    (is_full || has_waited || hour_is_over || due.is_the_end).then_some(Group { first, last })
}
