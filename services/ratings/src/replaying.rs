//! What the log of ratings changes in a dataset version, read from its watermark on.

use cineswarm_engine::dataset::{Changes, Watermark};
use cineswarm_events::{Cursor, Event, LARGEST_READ, Read, Reply, Source};
use cineswarm_proto::events::SharedChange;
use cineswarm_proto::messages::Shared;
use uuid::Uuid;

use crate::lake::reading::Replayed;
use crate::lake::row::{Row, wanted};

/// Why a log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error(transparent)]
    Log(#[from] cineswarm_events::Error),
    /// The dataset does not say which event was its last.
    #[error("the id of the dataset's watermark is none: {0:?}")]
    NoPlace(String),
    /// An event is none of a rating.
    #[error("event {seq} of the log is no rating: {reason}")]
    NoRating {
        /// Which.
        seq: i64,
        /// Why not.
        reason: String,
    },
    /// The log is another one than the dataset has grown from.
    #[error(
        "the dataset has event {after}, and the log, that ends with {last}, does not; give a --base-version that has grown \
         from this log, or the imported one"
    )]
    OtherLog {
        /// The dataset's last event.
        after: Cursor,
        /// The log's.
        last: Cursor,
    },
    /// The log does not reach back so far.
    #[error(
        "the dataset has what was up to event {after}, and the log begins after {floor}; give a dataset that has more, or \
         rebuild from the data lake"
    )]
    Pruned {
        /// The dataset's last event.
        after: Cursor,
        /// The last event before the log's first one.
        floor: Cursor,
    },
}

/// Whether others may be compared with what an event says, as workers decide it.
pub fn is_shared(event: &Event, shared: Shared) -> bool {
    let Event { kind, key, payload, is_last, .. } = event;
    shared == Shared::All || SharedChange::read(kind, key, payload.as_deref(), *is_last, shared).is_some()
}

/// All changes from a base's watermark up to `to` or a little further; of events that `count` only. A base without a
/// watermark has grown from no event.
///
/// # Errors
/// If the log cannot be read, does not reach back to the base, or has events that are no ratings.
pub async fn replay(
    log: &impl Source,
    base: Option<&Watermark>,
    to: Cursor,
    counts: impl Fn(&Event) -> bool + Send,
) -> Result<Replayed, Error> {
    let after = match base {
        None => Cursor::START,
        Some(Watermark { seq, id }) => {
            Cursor { seq: *seq, id: Uuid::try_parse(id).map_err(|_| Error::NoPlace(id.clone()))? }
        }
    };
    let (mut changes, mut events) = (Changes::default(), 0);
    let mut read = Read { after, filter: wanted(), limit: LARGEST_READ };
    // The first read tells whether it is the base's log, even if there is nothing new.
    loop {
        match log.read(&read).await? {
            Reply::Page { events: page, through, .. } => {
                for event in page.iter().filter(|event| counts(event)) {
                    let told = Row::of(event).apply(&mut changes);
                    told.map_err(|reason| Error::NoRating { seq: event.seq, reason })?;
                    events += 1;
                }
                let is_the_end = through == read.after;
                read.after = through;
                if is_the_end || through.seq >= to.seq {
                    break;
                }
            }
            Reply::Forked { last } => return Err(Error::OtherLog { after: read.after, last }),
            Reply::Pruned { floor } => return Err(Error::Pruned { after: read.after, floor }),
        }
    }
    let Cursor { seq, id } = read.after;
    Ok(Replayed { changes, watermark: Watermark { seq, id: id.to_string() }, events })
}
