//! Random numbers of the distributions that factor models start from and draw by, from seeds alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Deviates(ChaCha8Rng);

impl Deviates {
    /// One of the 2^64 streams of a seed, so that what is drawn for a row does not depend on other rows.
    pub(crate) fn new(seed: u64, stream: u64) -> Deviates {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Deviates(generator)
    }

    /// Evenly between 0 and 1, never either.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Normal with mean 0 and variance 1 (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}
