//! A copy of a line that came in, with what became of it, as it waits for the data lake. Pure.

use crate::reason::Fault;
use cineswarm_engine::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It counts.
    Clean,
    /// It has counted already.
    Repeated,
    /// A later rating of the same film counts.
    Superseded,
    /// It is kept aside.
    Dead,
}

impl Fate {
    /// Its name, as it is stored and counted.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Clean => "clean",
            Fate::Repeated => "repeated",
            Fate::Superseded => "superseded",
            Fate::Dead => "dead",
        }
    }
}

/// A line that came in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawLine {
    /// The batch that it came with.
    pub batch_id: Uuid,
    /// Which line of the batch, from 1 on.
    pub line_number: i64,
    /// When it came, in milliseconds since 1970.
    pub came_at: i64,
    /// When it was judged.
    pub judged_at: i64,
    /// Which way it came.
    pub via: String,
    /// Whom it is by, where they have a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// What became of it.
    pub fate: Fate,
    /// The event that tells it in the log of ratings; of what is clean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    /// Why it does not count, if it is dead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// As it came, without blanks around it, and of one that is too long the beginning; absent once its user was deleted.
    pub content: Option<Content>,
}

impl RawLine {
    /// Takes out what a user said, who was deleted.
    pub fn forget(&mut self) {
        self.content = None;
        // They quote it.
        self.faults.iter_mut().for_each(|fault| fault.words.clear());
    }
}

/// The bytes of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Those of a text.
    Text(String),
    /// Those of none.
    Bytes(Vec<u8>),
}

impl Content {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Content {
        match std::str::from_utf8(bytes) {
            Ok(text) => Content::Text(text.to_owned()),
            Err(_) => Content::Bytes(bytes.to_vec()),
        }
    }

    /// The bytes again.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }
}

/// Lines as they are stored until the lake has them.
pub fn pack(lines: &[RawLine]) -> Vec<u8> {
    // Names, numbers and texts: writing them does not fail.
    serde_json::to_vec(lines).unwrap_or_default()
}

/// The lines again.
///
/// # Errors
/// If these bytes were not packed here.
pub fn unpack(bytes: &[u8]) -> Result<Vec<RawLine>, serde_json::Error> {
    serde_json::from_slice(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::reason::Reason;

    #[test]
    fn what_is_packed_is_unpacked_to_the_byte() {
        let line = |content: &[u8], fate| RawLine {
            batch_id: Uuid::from_u128(7),
            line_number: 3,
            came_at: 1,
            judged_at: 2,
            via: "mqtt".to_owned(),
            user_id: Some(1 << 31),
            fate,
            event_id: Some(Uuid::from_u128(9)),
            faults: vec![Fault::new(Reason::NotJson, "it is no JSON: \"x\"")],
            content: Some(Content::of(content)),
        };
        let mut lines = vec![line(b"{\"user_id\":\"a\\u0000b\"}", Fate::Clean), line(b"\xff\0\"\\", Fate::Dead)];
        lines.push(RawLine { content: None, user_id: None, event_id: None, faults: Vec::new(), ..lines[0].clone() });
        let unpacked = unpack(&pack(&lines)).unwrap();
        assert_eq!(unpacked, lines);
        assert_eq!(unpacked[1].content.as_ref().unwrap().as_bytes(), b"\xff\0\"\\");
        assert!(unpack(b"[").is_err());
    }
}
