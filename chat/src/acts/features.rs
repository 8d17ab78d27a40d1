//! What tells an act: words, their beginnings, and pairs of words. Shared with the build, which trains on them.

/// Of longer words the beginning counts, too: "puntuaste", "puntuamos".
const BEGINNING: usize = 5;

/// Weights are stored in steps of a twentieth.
pub(crate) const STEPS: f32 = 20.0;

/// The features of a sentence, each once, as numbers (FNV-1a, 64 bits).
pub(crate) fn features<'w>(words: impl Iterator<Item = &'w str>) -> Vec<u64> {
    let mut features = Vec::new();
    let mut before = "^";
    for word in words {
        features.push(hash(&[word]));
        if let Some(beginning) = word.get(..BEGINNING).filter(|beginning| beginning.len() < word.len()) {
            features.push(hash(&[beginning, "-"]));
        }
        features.push(hash(&[before, " ", word]));
        before = word;
    }
    features.push(hash(&[before, " ", "$"]));
    features.sort_unstable();
    features.dedup();
    features
}

/// A word, or what else these parts make.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
