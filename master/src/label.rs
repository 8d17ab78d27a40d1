//! What a session is called where people and other programs can read it: its id opens it, so that stays between the
//! master, its database and the browser.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of a label: enough that no two sessions of a farm share one.
const LABEL_BYTES: usize = 8;

/// Makes labels: an HMAC-SHA256 (RFC 2104) under a key that nobody else has and that ends with the process.
#[derive(Clone)]
pub struct SessionLabels(Hmac<Sha256>);

impl SessionLabels {
    /// Labels under a new random key.
    pub fn new() -> SessionLabels {
        // Two random UUIDs have 244 random bits.
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let key: Vec<u8> = one.as_bytes().iter().chain(other.as_bytes()).copied().collect();
        SessionLabels::under(&key)
    }

    fn under(key: &[u8]) -> SessionLabels {
        // HMAC takes a key of any length, so what it may refuse does not happen; an empty key would do as little harm.
        let hmac = Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
        SessionLabels(hmac)
    }

    /// The session's label, 16 hexadecimal digits: the same as long as the master runs.
    pub fn of(&self, session_id: Uuid) -> String {
        let mut hmac = self.0.clone();
        hmac.update(session_id.as_bytes());
        let digest = hmac.finalize().into_bytes();
        digest.iter().take(LABEL_BYTES).fold(String::new(), |mut label, byte| {
            // Writing to a String does not fail.
            let _ = write!(label, "{byte:02x}");
            label
        })
    }
}

impl Default for SessionLabels {
    fn default() -> SessionLabels {
        SessionLabels::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_hmac_sha256_as_published() {
        // Made with `openssl dgst -sha256 -hmac key`.
        let labels = SessionLabels::under(b"key");
        assert_eq!(labels.of(Uuid::nil()), "8d7bc0f5c3eee3d8");
    }

    #[test]
    fn a_session_keeps_its_label_and_another_master_calls_it_otherwise() {
        let (one, other, session) = (SessionLabels::new(), SessionLabels::new(), Uuid::new_v4());
        assert_eq!(one.of(session), one.of(session));
        assert_ne!(one.of(session), other.of(session));
        assert_ne!(one.of(session), one.of(Uuid::new_v4()));
    }
}
