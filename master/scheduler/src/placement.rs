//! Which worker should hold which shard: rendezvous hashing with a bound on each worker's load.
//!
//! Rendezvous hashing (Thaler and Ravishankar 1998) moves only the shards of the worker that came or went; the bound
//! (after Mirrokni, Thorup and Zadimoghaddam 2018, with the least bound that fits) keeps the shares even.

use super::WorkerId;

/// For each shard, the workers that should hold it, the preferred one first.
pub type Placement = Vec<Vec<WorkerId>>;

/// Places every shard on `replication` of the workers (on all, if there are fewer).
///
/// The first choices are spread evenly by themselves, since they carry the work; further replicas follow.
pub fn place(workers: &[WorkerId], shard_count: u32, replication: usize) -> Placement {
    let mut placement: Placement = vec![Vec::new(); shard_count as usize];
    if workers.is_empty() {
        return placement;
    }
    let most = (shard_count as usize).div_ceil(workers.len());
    for _ in 0..replication.min(workers.len()) {
        let mut load = vec![0usize; workers.len()];
        for (shard, holders) in placement.iter_mut().enumerate() {
            let mut candidates: Vec<usize> = (0..workers.len()).filter(|&at| !holders.contains(&workers[at])).collect();
            candidates.sort_by_key(|&at| std::cmp::Reverse(weight(&workers[at], shard as u32)));
            // Where everyone left over is full, the bound gives way: a shard without a holder would be worse.
            let chosen = candidates.iter().copied().find(|&at| load[at] < most).or(candidates.first().copied());
            if let Some(at) = chosen {
                load[at] += 1;
                holders.push(workers[at].clone());
            }
        }
    }
    placement
}

/// The same for every master, whatever version: FNV-1a over the id, then the finaliser of splitmix64.
fn weight(worker: &str, shard: u32) -> u64 {
    let fnv = worker
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut mixed = fnv ^ (u64::from(shard) << 32 | u64::from(shard)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(names: std::ops::Range<usize>) -> Vec<WorkerId> {
        names.map(|n| WorkerId::from(format!("worker-{n}"))).collect()
    }

    #[test]
    fn every_shard_has_its_replicas_on_different_workers_and_shares_are_even() {
        for count in 1..=9 {
            for replication in 1..=3 {
                let workers = workers(0..count);
                let placement = place(&workers, 16, replication);
                for holders in &placement {
                    let mut distinct = holders.clone();
                    distinct.sort();
                    distinct.dedup();
                    assert_eq!(distinct.len(), replication.min(count));
                    assert_eq!(distinct.len(), holders.len());
                }
                for worker in &workers {
                    let first = placement.iter().filter(|holders| holders[0] == *worker).count();
                    assert!(first <= 16usize.div_ceil(count), "{worker} is first for {first} of 16 shards");
                }
            }
        }
    }

    #[test]
    fn a_newcomer_takes_about_its_share_and_little_else_moves() {
        let before = place(&workers(0..4), 256, 1);
        let after = place(&workers(0..5), 256, 1);
        let moved = before.iter().zip(&after).filter(|(old, new)| old != new).count();
        // Its share is 51; the bound on load moves a few more. Hashing modulo the count would move about 205.
        assert!((40..=110).contains(&moved), "{moved} of 256 shards moved");
    }

    #[test]
    fn no_worker_means_no_holder() {
        assert!(place(&[], 4, 2).iter().all(Vec::is_empty));
    }
}
