//! Chance that is the same on every machine: ChaCha8 and arithmetic that IEEE 754 fixes. Never the system's entropy.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Random numbers made from the raw bits of ChaCha8, because the distributions of libraries change between versions.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// One of the 2^64 streams of a seed. Who is given a stream of their own does not depend on anybody before them.
    pub(crate) fn of_stream(seed: u64, stream: u64) -> Chance {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream);
        Chance(generator)
    }

    /// 64 bits, each as likely 0 as 1.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// From 0 inclusive to 1 exclusive, evenly.
    pub(crate) fn unit(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.bits() >> 11) as f64 / STEPS
    }

    /// About normal, with mean 0 and variance 1: the sum of four even numbers (Irwin-Hall), scaled.
    pub(crate) fn bell(&mut self) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 3.0_f64.sqrt()
    }

    /// A place drawn by the weights whose running sums are given.
    pub(crate) fn index(&mut self, sums: &[f64]) -> usize {
        let target = self.unit() * sums.last().copied().unwrap_or(0.0);
        sums.partition_point(|&sum| sum <= target).min(sums.len().saturating_sub(1))
    }

    /// A place among `count`, evenly; 0 if there is none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// Brings the items into an order in which each is as likely as any other (Fisher and Yates, in Durstenfeld's form).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}
