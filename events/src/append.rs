//! The writing half of a log: what a service does last in the transaction of its change.

use crate::{Cursor, Error, NewEvent, Tables};
use std::collections::HashSet;
use uuid::Uuid;

/// What an append did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The log's last number, once the transaction is committed.
    pub head: i64,
    /// How many of the events were in the log already: the commit of an earlier try of which nobody heard.
    pub known: usize,
}

/// Puts events into the log, in this order, as the last thing in the caller's transaction: until it ends, whoever else
/// appends waits. Events that are there already are left.
///
/// A retry of a transaction whose outcome is unknown should ask [`known`] first, and then change nothing.
///
/// # Errors
/// [`Error::Deleted`] and [`Error::Malformed`]: roll back, trying again will not help. [`Error::Database`] as the
/// database says.
pub async fn append<T: Tables>(transaction: &mut T, events: &[NewEvent]) -> Result<Appended, Error> {
    for event in events {
        event.check()?;
    }
    number_and_insert(transaction, events, false).await
}

async fn number_and_insert<T: Tables>(
    transaction: &mut T,
    events: &[NewEvent],
    are_last: bool,
) -> Result<Appended, Error> {
    let doing = "appending events";
    let last = transaction.advance_head(events.len() as i64).await.map_err(Error::database(doing))?;
    // What others have committed is seen from here on, since this transaction's turn has come: a deletion cannot slip in.
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let known = transaction.known_ids(&ids).await.map_err(Error::database(doing))?;
    let mut seen: HashSet<Uuid> = known.into_iter().map(|known| known.id).collect();
    let new: Vec<&NewEvent> = events.iter().filter(|event| seen.insert(event.id)).collect();
    let known = events.len() - new.len();
    let head = match known {
        0 => last,
        known => transaction.advance_head(-(known as i64)).await.map_err(Error::database(doing))?,
    };
    if new.is_empty() {
        return Ok(Appended { head, known });
    }
    let mut keys: Vec<&str> = new.iter().map(|event| event.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    if !are_last && let Some(key) = transaction.deleted_keys(&keys).await.map_err(Error::database(doing))?.pop() {
        return Err(Error::Deleted { key });
    }
    let first = head - new.len() as i64 + 1;
    transaction.insert_events(first, &new, are_last).await.map_err(Error::database(doing))?;
    Ok(Appended { head, known })
}

/// Which of these events are in the log already, and where: for a change that is tried again.
pub async fn known<T: Tables>(transaction: &mut T, ids: &[Uuid]) -> Result<Vec<Cursor>, Error> {
    transaction.known_ids(ids).await.map_err(Error::database("looking for events"))
}

/// Deletes a key in the caller's transaction: empties the payloads of its events, refuses it from now on, and appends
/// the event that says so, which is the key's last. The same for a key that is deleted already changes nothing more.
pub async fn delete<T: Tables>(transaction: &mut T, last_event: &NewEvent) -> Result<Appended, Error> {
    let doing = "deleting a key from the log";
    last_event.check()?;
    let key = last_event.key.as_str();
    // Whoever appends events of the key does so before this or finds the tombstone.
    let head = transaction.advance_head(0).await.map_err(Error::database(doing))?;
    if !transaction.deleted_keys(&[key]).await.map_err(Error::database(doing))?.is_empty() {
        return Ok(Appended { head, known: 1 });
    }
    transaction.bury(key, last_event.at).await.map_err(Error::database(doing))?;
    transaction.empty_events(key).await.map_err(Error::database(doing))?;
    number_and_insert(transaction, std::slice::from_ref(last_event), true).await
}

/// Takes out the events up to `floor`, in the caller's transaction; gives how many. Consumers that are not so far have
/// to start over; new ones start from here.
pub async fn prune<T: Tables>(transaction: &mut T, floor: i64) -> Result<u64, Error> {
    let doing = "pruning the log";
    let last = transaction.advance_head(0).await.map_err(Error::database(doing))?;
    let head = transaction.head(floor.min(last)).await.map_err(Error::database(doing))?;
    let Some(id) = head.id_there else { return Ok(0) };
    transaction.cut(Cursor { seq: floor.min(last), id }).await.map_err(Error::database(doing))
}
