//! An event, before and after it has its place in the log, and a place in a log.

use crate::Error;
use uuid::Uuid;

/// The longest kind and key, in bytes, and the largest payload.
const LONGEST_KIND: usize = 100;
const LONGEST_KEY: usize = 200;
const LARGEST_PAYLOAD: usize = 64 << 10;

/// Something that happened, before it is in a log. Made before the first try to store it, so that each try has the same
/// id.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// What a repetition is known by.
    pub id: Uuid,
    /// A published name, such as `rating.created`.
    pub kind: String,
    /// What it is about: events of one key are taken in order, and deleted together.
    pub key: String,
    /// The hash of the user it is about, whose remainder is the shard; `None` where it is for all shards.
    pub shard_hash: Option<u64>,
    /// JSON: ids and figures, never an e-mail, a text or a token.
    pub payload: String,
    /// When it happened, in milliseconds since 1970 UTC.
    pub at: i64,
    /// The W3C trace it belongs to, if there is one.
    pub traceparent: Option<String>,
}

impl NewEvent {
    /// With an id of its own, for all shards, in no trace.
    pub fn new(kind: impl Into<String>, key: impl Into<String>, payload: impl Into<String>, at: i64) -> NewEvent {
        NewEvent {
            id: Uuid::now_v7(),
            kind: kind.into(),
            key: key.into(),
            shard_hash: None,
            payload: payload.into(),
            at,
            traceparent: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let refused = |reason: String| Err(Error::Malformed { id: self.id, reason });
        let traceparent = self.traceparent.as_deref().unwrap_or_default();
        for (name, text, longest) in [
            ("kind", self.kind.as_str(), LONGEST_KIND),
            ("key", &self.key, LONGEST_KEY),
            ("payload", &self.payload, LARGEST_PAYLOAD),
            ("traceparent", traceparent, LONGEST_KEY),
        ] {
            if text.len() > longest {
                return refused(format!("its {name} has {} bytes, more than {longest}", text.len()));
            }
            // PostgreSQL has none in texts; so that both databases refuse the same, neither is asked.
            if text.contains('\0') {
                return refused(format!("its {name} has a NUL character"));
            }
        }
        if self.kind.is_empty() || self.key.is_empty() {
            return refused("its kind or key is empty".to_owned());
        }
        Ok(())
    }
}

/// An event in a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place: from 1 on, without gaps, in the order of commits.
    pub seq: i64,
    /// Made by whom it happened to; unique in the log.
    pub id: Uuid,
    /// A published name.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// See [`NewEvent::shard_hash`].
    pub shard_hash: Option<u64>,
    /// JSON; `None` once a deletion has emptied it.
    pub payload: Option<String>,
    /// Whether its key was deleted with it and has no later event.
    pub is_last: bool,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The W3C trace it belongs to.
    pub traceparent: Option<String>,
}

impl Event {
    /// Its place in the log.
    pub fn cursor(&self) -> Cursor {
        Cursor { seq: self.seq, id: self.id }
    }
}

/// How far a log has been taken: the number and the id of the last event. The id tells a log that was restored from an
/// older copy from the one that was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The last event's number; 0 before the first.
    pub seq: i64,
    /// The last event's id; nil before the first.
    pub id: Uuid,
}

impl Cursor {
    /// Before the first event.
    pub const START: Cursor = Cursor { seq: 0, id: Uuid::nil() };
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.seq, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_log_should_hold_is_refused_before_a_database_is_asked() {
        let fine = NewEvent::new("rating.created", "u1", "{}", 1);
        assert!(fine.check().is_ok());
        for bad in [
            NewEvent { kind: String::new(), ..fine.clone() },
            NewEvent { key: String::new(), ..fine.clone() },
            NewEvent { key: "k".repeat(LONGEST_KEY + 1), ..fine.clone() },
            NewEvent { payload: "p".repeat(LARGEST_PAYLOAD + 1), ..fine.clone() },
            NewEvent { payload: "a\0".to_owned(), ..fine.clone() },
            NewEvent { traceparent: Some("\0".to_owned()), ..fine.clone() },
        ] {
            assert!(matches!(bad.check(), Err(Error::Malformed { .. })), "{bad:?}");
        }
    }
}
