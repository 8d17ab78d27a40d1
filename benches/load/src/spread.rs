//! Times, summed up.

use serde::{Deserialize, Serialize};

/// How many milliseconds something took, over many times; each quantile is a time that was measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Half took at most this.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// Ninety-nine in a hundred.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Spread {
    /// `None` of no times at all.
    pub fn of(mut milliseconds: Vec<f64>) -> Option<Spread> {
        milliseconds.sort_unstable_by(f64::total_cmp);
        let last = milliseconds.len().checked_sub(1)?;
        let at = |share: f64| milliseconds[(last as f64 * share).round() as usize];
        Some(Spread { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: milliseconds[last] })
    }
}

/// The middle one, or the mean of the two in the middle; zero of none.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    match numbers.len() {
        0 => 0.0,
        n => (numbers[(n - 1) / 2] + numbers[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let spread = Spread::of((0..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!((spread.p50, spread.p90, spread.p99, spread.max), (50.0, 90.0, 99.0, 100.0));
        assert!(Spread::of(Vec::new()).is_none());
    }

    #[test]
    fn the_median_of_an_even_count_lies_between_the_two_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
    }
}
