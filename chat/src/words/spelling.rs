//! How near two spellings are, and a sieve that spares computing it for spellings that are far apart.
//! Never knows about films.

/// Which letters and letter pairs a word has, as bits: one edit changes few of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    letters: u64,
    pairs: u128,
    length: u16,
    ascii: bool,
}

impl Signature {
    pub(crate) fn new(word: &str) -> Signature {
        let bytes = word.as_bytes();
        let mut letters = 0u64;
        let mut pairs = 0u128;
        for (at, byte) in bytes.iter().enumerate() {
            letters |= 1 << (byte % 64);
            if let Some(next) = bytes.get(at + 1) {
                let pair = (u32::from(*byte) * 31 + u32::from(*next)).wrapping_mul(0x9E37_79B1) >> 25;
                pairs |= 1 << pair;
            }
        }
        let length = u16::try_from(word.chars().count()).unwrap_or(u16::MAX);
        Signature { letters, pairs, length, ascii: word.is_ascii() }
    }

    /// Number of characters.
    pub(crate) fn length(self) -> usize {
        usize::from(self.length)
    }

    /// `false` only if the two words are more than `edits` apart.
    ///
    /// In ASCII one edit changes at most two letters, and at most six pairs (a swap: three go, three come). A letter of
    /// four bytes changes up to eight byte values and ten pairs.
    fn may_be_within(self, other: Signature, edits: usize) -> bool {
        let (letters, pairs) = if self.ascii && other.ascii { (2, 6) } else { (8, 10) };
        usize::from(self.length.abs_diff(other.length)) <= edits
            && (self.letters ^ other.letters).count_ones() as usize <= letters * edits
            && (self.pairs ^ other.pairs).count_ones() as usize <= pairs * edits
    }
}

/// A word to compare many others with.
pub(crate) struct Spelling<'a> {
    word: &'a str,
    signature: Signature,
    edits: usize,
}

impl<'a> Spelling<'a> {
    /// Accepts words at most `edits` insertions, deletions, substitutions or swaps of neighbours away.
    pub(crate) fn within(word: &'a str, edits: usize) -> Spelling<'a> {
        Spelling { word, signature: Signature::new(word), edits }
    }

    /// The numbers of characters that a near word can have.
    pub(crate) fn lengths(&self) -> std::ops::RangeInclusive<usize> {
        self.signature.length().saturating_sub(self.edits)..=self.signature.length() + self.edits
    }

    /// `false` only if a word of this signature is too far away.
    pub(crate) fn may_be_near(&self, signature: Signature) -> bool {
        self.signature.may_be_within(signature, self.edits)
    }

    /// The optimal string alignment distance, if it is small enough. A digit is never taken for a typo: "Toy Story 4"
    /// is not a misspelt "Toy Story 3".
    pub(crate) fn distance(&self, other: &str, signature: Signature) -> Option<usize> {
        if self.edits == 0 {
            return (self.word == other).then_some(0);
        }
        if !self.may_be_near(signature) || !digits(self.word).eq(digits(other)) {
            return None;
        }
        Some(strsim::osa_distance(self.word, other)).filter(|distance| *distance <= self.edits)
    }
}

fn digits(word: &str) -> impl Iterator<Item = u8> + '_ {
    word.bytes().filter(u8::is_ascii_digit)
}

/// How many typos a word or a run of words of this many letters may have.
pub(crate) fn tolerated_edits(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        8..=13 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_sieve_never_loses_a_near_spelling(word in "[a-zé世]{1,14}", edits in prop::collection::vec((0usize..4, 0usize..14, prop::char::any()), 1..3)) {
            let mut changed: Vec<char> = word.chars().collect();
            for (kind, at, letter) in edits {
                let at = at % changed.len().max(1);
                match kind {
                    0 if !changed.is_empty() => { changed.remove(at); }
                    1 => changed.insert(at, letter),
                    2 if at + 1 < changed.len() => changed.swap(at, at + 1),
                    _ if at < changed.len() => changed[at] = letter,
                    _ => {}
                }
            }
            let changed: String = changed.into_iter().filter(|letter| !letter.is_ascii_digit()).collect();
            let expected = strsim::osa_distance(&word, &changed);
            let found = Spelling::within(&word, 2).distance(&changed, Signature::new(&changed));
            prop_assert_eq!(found, (expected <= 2).then_some(expected));
        }
    }

    #[test]
    fn digits_are_not_typos() {
        assert_eq!(Spelling::within("toystory4", 2).distance("toystory3", Signature::new("toystory3")), None);
    }
}
