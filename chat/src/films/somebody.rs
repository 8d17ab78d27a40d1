//! Somebody who was spoken of, kept with what was said last.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Stands for a name: small, and the same after the people of a catalogue were read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Somebody(u64);

impl Somebody {
    /// Whoever has this name.
    pub(crate) fn called(name: &str) -> Somebody {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Somebody(hasher.finish())
    }
}
