//! Which shard a user belongs to. Workers in other languages and later versions must compute the same.

use crate::rating::UserId;

/// The most shards a dataset can be cut into.
pub const MAX_SHARD_COUNT: u32 = 4096;

/// The shard of a user: the hash of the user id, modulo the count of shards. A count of zero is taken as one.
pub fn shard_of(user: UserId, shard_count: u32) -> u32 {
    // The remainder is below a u32.
    (shard_hash(user) % u64::from(shard_count.max(1))) as u32
}

/// The hash that says which shard a user is in, however many there are: the first output of SplitMix64 seeded with the
/// user id.
///
/// SplitMix64 is from Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014). With
/// 64-bit wrapping arithmetic: `z = user + 0x9e3779b97f4a7c15`, `z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9`,
/// `z = (z ^ z >> 27) * 0x94d049bb133111eb`, `z ^ z >> 31`.
pub fn shard_hash(user: UserId) -> u64 {
    let mut mixed = u64::from(user).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_those_that_a_separate_implementation_computes() {
        // Computed with Python's integers from the formula above.
        let expected: [(UserId, u32, u32, u32); 7] = [
            (0, 15, 1, 535),
            (1, 1, 2, 465),
            (2, 14, 1, 110),
            (42, 5, 1, 413),
            (610, 3, 2, 75),
            (138_493, 13, 1, 437),
            (u32::MAX, 0, 2, 680),
        ];
        for (user, of_16, of_3, of_1000) in expected {
            assert_eq!([16, 3, 1000].map(|count| shard_of(user, count)), [of_16, of_3, of_1000], "user {user}");
        }
    }

    #[test]
    fn users_numbered_in_sequence_spread_evenly() {
        let mut sizes = [0u32; 16];
        for user in 1..=160_000 {
            sizes[shard_of(user, 16) as usize] += 1;
        }
        // 10,000 each is expected with a standard deviation below 100.
        assert!(sizes.iter().all(|size| (9_500..=10_500).contains(size)), "{sizes:?}");
    }
}
