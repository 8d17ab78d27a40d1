//! Where the files that viewers bring wait until they are whole: bounded in bytes and in time, and one at a time is worked
//! on, so that what others say goes on.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use crate::words::Trouble;

/// Bytes of a file that is brought.
pub const LARGEST_BROUGHT: usize = 8 << 20;
/// Bytes of all files that are being brought.
const LARGEST_IN_ALL: usize = 64 << 20;
/// How long a file may take from its first part to its last.
const LONGEST_UPLOAD: Duration = Duration::from_secs(120);
/// How long a file may wait for others to be read, before its viewer is told to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The files that are being brought, one for each session.
pub struct Uploads {
    parts: Mutex<HashMap<Uuid, Upload>>,
    /// One file is read, or stored, at a time.
    turn: Semaphore,
}

struct Upload {
    size: usize,
    bytes: Vec<u8>,
    begun: Instant,
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads { parts: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl Uploads {
    fn parts(&self) -> MutexGuard<'_, HashMap<Uuid, Upload>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a part; `at` 0 begins a file anew. Says how much of the file is there.
    pub(super) fn add(
        &self,
        session: Uuid,
        size: usize,
        at: usize,
        part: &[u8],
        now: Instant,
    ) -> Result<usize, Trouble> {
        let mut parts = self.parts();
        parts.retain(|_, upload| now.saturating_duration_since(upload.begun) < LONGEST_UPLOAD);
        if at == 0 {
            parts.remove(&session);
            let in_all: usize = parts.values().map(|upload| upload.size).sum();
            if in_all + size > LARGEST_IN_ALL {
                return Err(Trouble::QueueFull);
            }
            parts.insert(session, Upload { size, bytes: Vec::new(), begun: now });
        }
        let Some(upload) = parts.get_mut(&session) else {
            return Err(Trouble::BadRequest("at: no such file was begun; begin with 0".into()));
        };
        let there = upload.bytes.len();
        // A part whose acknowledgement was lost comes again.
        if at.checked_add(part.len()) == Some(there) && at > 0 {
            return Ok(there);
        }
        if at != there || size != upload.size || there + part.len() > size {
            return Err(Trouble::BadRequest(format!(
                "at: {at} and {} more bytes do not go on from {there} of {}",
                part.len(),
                upload.size
            )));
        }
        upload.bytes.extend_from_slice(part);
        Ok(upload.bytes.len())
    }

    pub(super) fn take(&self, session: Uuid) -> Option<Vec<u8>> {
        self.parts().remove(&session).map(|upload| upload.bytes)
    }

    /// One's turn to read or store a file, until it is dropped.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        match tokio::time::timeout(LONGEST_WAIT, self.turn.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Trouble::QueueFull),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 10;

    fn words(outcome: Result<usize, Trouble>) -> String {
        match outcome {
            Err(Trouble::BadRequest(reason)) => reason,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_file_comes_in_parts_and_each_goes_on_where_the_last_one_ended() {
        let (uploads, session, now) = (Uploads::default(), Uuid::new_v4(), Instant::now());
        assert_eq!(uploads.add(session, SIZE, 0, b"abcd", now), Ok(4));
        assert_eq!(uploads.add(session, SIZE, 4, b"efgh", now), Ok(8));
        assert_eq!(uploads.add(session, SIZE, 4, b"efgh", now), Ok(8), "a part may come twice");
        assert!(words(uploads.add(session, SIZE, 7, b"ij", now)).contains("do not go on from 8 of 10"));
        assert!(words(uploads.add(session, SIZE, 8, b"ijk", now)).contains("do not go on"), "more than was said");
        assert!(words(uploads.add(session, SIZE, usize::MAX, b"ijk", now)).contains("do not go on"));
        assert!(words(uploads.add(Uuid::new_v4(), SIZE, 8, b"ij", now)).contains("no such file was begun"));
        assert_eq!(uploads.add(session, SIZE, 8, b"ij", now), Ok(10));
        assert_eq!(uploads.take(session).as_deref(), Some(&b"abcdefghij"[..]));
        assert_eq!(uploads.take(session), None);
    }

    #[test]
    fn what_all_bring_together_is_bounded_and_who_breaks_off_makes_room() {
        let (uploads, now) = (Uploads::default(), Instant::now());
        for _ in 0..LARGEST_IN_ALL / LARGEST_BROUGHT {
            assert_eq!(uploads.add(Uuid::new_v4(), LARGEST_BROUGHT, 0, b"x", now), Ok(1));
        }
        let late = Uuid::new_v4();
        assert_eq!(uploads.add(late, LARGEST_BROUGHT, 0, b"x", now), Err(Trouble::QueueFull));
        assert_eq!(uploads.add(late, LARGEST_BROUGHT, 0, b"x", now + LONGEST_UPLOAD), Ok(1));
    }
}
