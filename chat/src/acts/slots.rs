//! What stands in an example for what is different in every sentence. Shared with the build.

/// What stands for a film, for a number or places of the list, for a person, and for a kind of film.
pub(crate) const SLOTS: [&str; 4] = ["*", "#", "%", "~"];

/// How many of each of [`SLOTS`] a sentence has.
pub(crate) type Slots = [u8; 4];

/// How many of each these words have.
pub(crate) fn slots<'w>(words: impl Iterator<Item = &'w str>) -> Slots {
    let mut slots = Slots::default();
    for word in words {
        if let Some(at) = SLOTS.iter().position(|slot| *slot == word) {
            slots[at] = slots[at].saturating_add(1);
        }
    }
    slots
}
