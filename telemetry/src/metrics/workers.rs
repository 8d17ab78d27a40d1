//! Which workers' ids are told apart in labels.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};

/// What a label says that would have a value it was not declared with, or one too many.
pub const OTHER: &str = "other";

/// Workers that have series of their own at a time; those past it share one.
pub const MOST_WORKERS: usize = 256;

static KNOWN: LazyLock<RwLock<HashSet<String>>> = LazyLock::new(RwLock::default);

/// The worker's id as a label may have it.
pub fn label(id: &str) -> Cow<'_, str> {
    if KNOWN.read().unwrap_or_else(PoisonError::into_inner).contains(id) {
        return id.into();
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST_WORKERS && !known.contains(id) {
        return OTHER.into();
    }
    known.insert(id.to_owned());
    id.into()
}

pub fn forget(id: &str) {
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).remove(id);
}
