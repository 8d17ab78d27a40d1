//! What an operator does with dead ratings, at the terminal and over HTTP: sees them, mends them, has them judged again, or
//! forgets them. It decides neither who may nor what counts: that are the edge and the gate.

use crate::gate::Authority;
use crate::intake::{Receipt, Writing};
use crate::line::LONGEST_LINE;
use crate::store::admin::{Replay, Which};
use crate::store::reads::Dead;
use crate::store::{Write, Written};
use uuid::Uuid;

/// How many are replayed or dropped in one transaction, so that nobody waits long behind it.
const AT_A_TIME: usize = 250;

/// The database with dead ratings, and its one writer.
pub trait Desk: Writing {
    /// Dead ratings in the order they came, after a number, `limit` at the most.
    fn dead(&self, which: Which, after: i64, limit: u32)
    -> impl Future<Output = Result<Vec<Dead>, Self::Error>> + Send;

    /// The numbers of all of them: not more than are kept, [`MOST_DEAD`](crate::store::MOST_DEAD).
    fn dead_ids(&self, which: Which) -> impl Future<Output = Result<Vec<i64>, Self::Error>> + Send;
}

/// Some dead ratings, from [`page`].
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// In the order they came.
    pub dead: Vec<Dead>,
    /// The number after which the next page begins; absent where this is the last.
    pub next: Option<i64>,
}

/// A line that stands in for a dead one. Whether it counts is for the gate to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended(String);

/// Why something is no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLine {
    /// It is too long.
    #[error("the line has {0} bytes, more than the {LONGEST_LINE} that a rating may have")]
    TooLong(usize),
    /// It is no JSON.
    #[error("the line is no JSON: {0}")]
    NotJson(String),
}

impl Mended {
    /// Takes one rating as JSON.
    ///
    /// # Errors
    /// If it is no JSON, or longer than a rating can be.
    pub fn read(line: &[u8]) -> Result<Mended, NoLine> {
        if line.len() > LONGEST_LINE {
            return Err(NoLine::TooLong(line.len()));
        }
        let text = std::str::from_utf8(line).map_err(|error| NoLine::NotJson(error.to_string()))?;
        serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| NoLine::NotJson(error.to_string()))?;
        // Within JSON's texts there are no ends of lines, and between its values they mean nothing.
        Ok(Mended(text.trim().replace(['\n', '\r'], " ")))
    }
}

/// The dead ratings after a number, a page of `limit` at the most.
///
/// # Errors
/// If they cannot be read.
pub async fn page<D: Desk>(desk: &D, which: Which, after: i64, limit: u32) -> Result<Page, D::Error> {
    // One more tells whether there is a next page.
    let mut dead = desk.dead(which, after, limit.saturating_add(1)).await?;
    let is_last = dead.len() <= limit as usize;
    dead.truncate(limit as usize);
    Ok(Page { next: dead.last().filter(|_| !is_last).map(|last| last.id), dead })
}

/// Has one judged again, as it is or mended; `None` where there is none with this number. Who orders the same again is
/// given the same batch, as long as that is known: nothing is judged twice because an answer was lost.
///
/// # Errors
/// If it cannot be written; it may have been all the same.
pub async fn replay_one<D: Desk>(
    desk: &D,
    id: i64,
    mended: Option<&Mended>,
    authority: Authority,
    now: i64,
) -> Result<Option<Receipt>, D::Error> {
    let mended = mended.map(|Mended(line)| line.clone());
    let batch_id = batch_of(id, mended.as_deref(), authority);
    replay_some(desk, Replay { batch_id, ids: vec![id], mended, authority, taken_at: now }).await
}

/// Has all of them judged again that are there now, on the word of who orders it. What dies again meanwhile has another
/// number and waits for the next order.
///
/// # Errors
/// If they cannot be written; some may have been.
pub async fn replay<D: Desk>(desk: &D, which: Which, authority: Authority, now: i64) -> Result<Vec<Receipt>, D::Error> {
    let mut receipts = Vec::new();
    for ids in desk.dead_ids(which).await?.chunks(AT_A_TIME) {
        let batch_id = Uuid::now_v7();
        let order = Replay { batch_id, ids: ids.to_vec(), mended: None, authority, taken_at: now };
        receipts.extend(replay_some(desk, order).await?);
    }
    Ok(receipts)
}

/// Forgets those that are there now; gives how many.
///
/// # Errors
/// If they cannot be forgotten; some may have been.
pub async fn drop<D: Desk>(desk: &D, which: Which) -> Result<u64, D::Error> {
    let mut dropped = 0;
    for ids in desk.dead_ids(which).await?.chunks(AT_A_TIME) {
        if let Written::Dropped(some) = desk.write(Write::Drop(ids.to_vec())).await? {
            dropped += some;
        }
    }
    Ok(dropped)
}

async fn replay_some<D: Desk>(desk: &D, order: Replay) -> Result<Option<Receipt>, D::Error> {
    let batch_id = order.batch_id;
    match desk.write(Write::Replay(order)).await? {
        Written::Replayed(lines @ 1..) => Ok(Some(Receipt { batch_id, lines })),
        _ => Ok(None),
    }
}

/// The same for the same order, whenever it comes; numbers of dead ratings are given out once.
fn batch_of(id: i64, mended: Option<&str>, authority: Authority) -> Uuid {
    use sha2::{Digest, Sha256};
    let Authority { is_operator, has_looked } = authority;
    let mut hash = Sha256::new();
    hash.update(b"replay of a dead rating\0");
    hash.update(id.to_be_bytes());
    hash.update([u8::from(is_operator), u8::from(has_looked), u8::from(mended.is_some())]);
    hash.update(mended.unwrap_or_default().as_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mended_line_is_one_line_of_json_of_a_ratings_length() {
        let pretty = "\n{\r\n  \"user_id\": \"ana\\n\",\n  \"rating\": 5\n}\n";
        assert_eq!(Mended::read(pretty.as_bytes()).unwrap().0, "{    \"user_id\": \"ana\\n\",   \"rating\": 5 }");
        for not_json in ["", " ", "rating: 5", "{} {}", "{", "\u{feff}{}"] {
            assert!(matches!(Mended::read(not_json.as_bytes()), Err(NoLine::NotJson(_))), "{not_json:?}");
        }
        assert!(matches!(Mended::read(b"\"\xff\""), Err(NoLine::NotJson(_))));
        let long = format!("\"{}\"", "x".repeat(LONGEST_LINE - 2));
        assert!(Mended::read(long.as_bytes()).is_ok());
        assert_eq!(Mended::read(format!("{long} ").as_bytes()), Err(NoLine::TooLong(LONGEST_LINE + 1)));
    }

    #[test]
    fn another_order_is_another_batch() {
        let operator = Authority { is_operator: true, has_looked: false };
        let looked = Authority { has_looked: true, ..operator };
        let orders = [
            batch_of(1, None, operator),
            batch_of(2, None, operator),
            batch_of(1, Some(""), operator),
            batch_of(1, Some("{}"), operator),
            batch_of(1, None, looked),
            batch_of(1, None, Authority::default()),
        ];
        let different: std::collections::HashSet<_> = orders.iter().collect();
        assert_eq!(different.len(), orders.len());
        assert_eq!(batch_of(1, Some("{}"), operator), orders[3]);
    }
}
