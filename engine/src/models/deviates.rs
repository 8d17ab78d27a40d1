//! Random numbers of the distributions that factor models start from and draw by, from seeds alone and the same on every
//! machine: the system's logarithms and cosines, which differ in the last bit, are never asked.

use libm::{cos, log, pow};

use crate::chance::Chance;

/// A stream of random numbers.
pub(crate) struct Deviates(Chance);

impl Deviates {
    /// One of the 2^64 streams of a seed, so that what is drawn for a row does not depend on other rows.
    pub(crate) fn new(seed: u64, stream: u64) -> Deviates {
        Deviates(Chance::of_stream(seed, stream))
    }

    /// Evenly between 0 and 1, never 0.
    pub(crate) fn unit(&mut self) -> f64 {
        1.0 - self.0.unit()
    }

    /// Normal with mean 0 and variance 1 (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * log(self.unit())).sqrt() * cos(std::f64::consts::TAU * self.unit())
    }

    /// Gamma with a shape of 1/2 or more and scale 1 (Marsaglia and Tsang, "A Simple Method for Generating Gamma
    /// Variables", 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * pow(self.unit(), 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let root = 1.0 + x / (9.0 * d).sqrt();
            let v = root * root * root;
            if v > 0.0 && log(self.unit()) < 0.5 * x * x + d - d * v + d * log(v) {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_have_the_means_and_variances_of_their_distributions() {
        let mut deviates = Deviates::new(3, 0);
        let mut hold = |draw: &mut dyn FnMut(&mut Deviates) -> f64, mean: f64, variance: f64| {
            let drawn: Vec<f64> = (0..40_000).map(|_| draw(&mut deviates)).collect();
            let found = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let spread = drawn.iter().map(|value| (value - found).powi(2)).sum::<f64>() / drawn.len() as f64;
            assert!((found - mean).abs() < 0.03 * variance.sqrt(), "mean {found} for {mean}");
            assert!((spread / variance - 1.0).abs() < 0.05, "variance {spread} for {variance}");
        };
        hold(&mut Deviates::unit, 0.5, 1.0 / 12.0);
        hold(&mut Deviates::normal, 0.0, 1.0);
        for shape in [0.5, 1.0, 2.5, 40.0, 5000.0] {
            hold(&mut |deviates| deviates.gamma(shape), shape, shape);
        }
    }
}
