//! The reading half of a log: some events after a cursor, or that the cursor is not of this log.

use crate::{Cursor, Error, Event, Tables};
use std::borrow::Borrow;
use tokio::sync::watch;

/// Events that one read gives at the most.
pub const LARGEST_READ: u32 = 256;
/// Events that one read with a filter looks at: a quiet shard's reader gets past the others' without a read for each.
const LARGEST_SCAN: u32 = 1024;

/// Which shards are meant: the hashes whose remainder by `count` is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardFilter {
    /// How many shards there are.
    pub count: u32,
    /// Those that are wanted.
    pub shards: Vec<u32>,
}

/// Which events are wanted; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Kinds; none for all.
    pub kinds: Vec<String>,
    /// Shards; an event without a user is in all of them.
    pub shards: Option<ShardFilter>,
}

impl Filter {
    fn takes_all(&self) -> bool {
        self.kinds.is_empty() && self.shards.is_none()
    }

    /// Whether this event is wanted. The last one of a key always is: it ends what went before it.
    pub fn takes(&self, event: &Event) -> bool {
        let kind = self.kinds.is_empty() || event.is_last || self.kinds.contains(&event.kind);
        let shard = match (&self.shards, event.shard_hash) {
            (Some(wanted), Some(hash)) => {
                // The remainder is below a u32.
                wanted.shards.contains(&((hash % u64::from(wanted.count.max(1))) as u32))
            }
            _ => true,
        };
        kind && shard
    }
}

/// What is asked of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The last event that was taken.
    pub after: Cursor,
    /// Which are wanted.
    pub filter: Filter,
    /// How many at the most; [`LARGEST_READ`] is the bound.
    pub limit: u32,
}

/// What a log answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The wanted events, in order.
    Page {
        /// Some or none.
        events: Vec<Event>,
        /// How far this answer goes, whether or not the events up to there were wanted: where to read on.
        through: Cursor,
        /// The log's last number.
        head: i64,
    },
    /// The cursor is not of this log: it was restored from an older copy, or is another one.
    Forked {
        /// The last event of the log as it is now.
        last: Cursor,
    },
    /// What comes after the cursor has been pruned.
    Pruned {
        /// From where the log goes on.
        floor: Cursor,
    },
}

/// Where a consumer reads a log: in the same process, or in another.
pub trait Source: Send + Sync {
    /// Some events after a cursor.
    fn read(&self, read: &Read) -> impl Future<Output = Result<Reply, Error>> + Send;

    /// The log's last number as it grows, where that is known in this process without a ring.
    fn moves(&self) -> Option<watch::Receiver<i64>> {
        None
    }
}

impl<S: Source> Source for std::sync::Arc<S> {
    fn read(&self, read: &Read) -> impl Future<Output = Result<Reply, Error>> + Send {
        (**self).read(read)
    }

    fn moves(&self) -> Option<watch::Receiver<i64>> {
        (**self).moves()
    }
}

/// Reads on this connection. It needs no transaction: what is checked is checked after the events were read, so that a
/// log which is pruned in between is not read with a gap.
pub async fn read<T: Tables>(connection: &mut T, read: &Read) -> Result<Reply, Error> {
    let doing = "reading a log";
    let limit = read.limit.clamp(1, LARGEST_READ);
    let scanned = if read.filter.takes_all() { limit } else { LARGEST_SCAN };
    let after = read.after.seq.max(0);
    let events = connection.scan(after, scanned).await.map_err(Error::database(doing))?;
    let head = connection.head(after).await.map_err(Error::database(doing))?;
    if after < head.floor.seq && head.seq >= after {
        return Ok(Reply::Pruned { floor: head.floor });
    }
    let id_there = if after == head.floor.seq { Some(head.floor.id) } else { head.id_there };
    if id_there != Some(read.after.id) {
        return Ok(Reply::Forked { last: last(connection).await? });
    }
    let (events, through) = page_of(events, read);
    Ok(Reply::Page { events, through, head: head.seq })
}

/// Of the events after a reader's place, as many as are looked at once: those that are wanted, and how far that goes.
pub(crate) fn page_of<E: Borrow<Event>>(after: impl IntoIterator<Item = E>, read: &Read) -> (Vec<E>, Cursor) {
    let limit = read.limit.clamp(1, LARGEST_READ) as usize;
    let (mut wanted, mut through) = (Vec::new(), read.after);
    for event in after.into_iter().take(LARGEST_SCAN as usize) {
        through = event.borrow().cursor();
        if read.filter.takes(event.borrow()) {
            wanted.push(event);
            if wanted.len() == limit {
                break;
            }
        }
    }
    (wanted, through)
}

/// The log's last event.
pub(crate) async fn last<T: Tables>(connection: &mut T) -> Result<Cursor, Error> {
    let doing = "asking for the head of a log";
    let seq = connection.head(0).await.map_err(Error::database(doing))?.seq;
    let head = connection.head(seq).await.map_err(Error::database(doing))?;
    let id = if seq == head.floor.seq { Some(head.floor.id) } else { head.id_there };
    // It can only be gone if the log was pruned between the two; where it begins is then as good.
    Ok(id.map_or(head.floor, |id| Cursor { seq, id }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_shard_gets_its_own_users_events_and_those_of_no_user() {
        let event = |shard_hash, kind: &str| Event {
            seq: 1,
            id: Uuid::nil(),
            kind: kind.to_owned(),
            key: "k".to_owned(),
            shard_hash,
            payload: None,
            is_last: false,
            at: 0,
            traceparent: None,
        };
        let shards = Some(ShardFilter { count: 16, shards: vec![3, 5] });
        let filter = Filter { kinds: vec!["rating.created".to_owned()], shards };
        assert!(filter.takes(&event(Some(16 * 7 + 3), "rating.created")));
        assert!(filter.takes(&event(Some(u64::MAX - 10), "rating.created")));
        assert!(!filter.takes(&event(Some(4), "rating.created")));
        assert!(filter.takes(&event(None, "rating.created")));
        assert!(!filter.takes(&event(Some(3), "rating.deleted")));
        let last = Event { is_last: true, ..event(Some(3), "user.deleted") };
        assert!(filter.takes(&last));
    }
}
