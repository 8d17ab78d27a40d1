//! How far a mean could be off: the percentiles of means over units drawn again with replacement (Efron 1979). The units
//! are what is independent: viewers, or the films that lists are made for.

use std::collections::BTreeMap;

use crate::chance::Chance;

/// Draws are made so often.
const DRAWS: u64 = 1_000;
/// The stream of chance that draws are made from.
const STREAM: u64 = 0x11_57;

/// A mean and the 95 % interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean over units.
    pub mean: f64,
    /// 2.5 of 100 draws are below.
    pub low: f64,
    /// 2.5 of 100 draws are above.
    pub high: f64,
}

/// The mean over units of the mean of their values; `None` without any.
pub fn interval(values: &[(u32, f64)]) -> Option<Interval> {
    let units = means(values);
    let mean = |drawn: &mut dyn Iterator<Item = usize>| drawn.map(|at| units[at]).sum::<f64>() / units.len() as f64;
    drawn(units.len(), mean)
}

/// By which part of itself the second mean is above the first, 0.25 being a quarter; both are of the same units, which are
/// drawn together. `None` where the first is 0 or the units differ.
pub fn gain(base: &[(u32, f64)], other: &[(u32, f64)]) -> Option<Interval> {
    let (base, other) = (means(base), means(other));
    if base.len() != other.len() || base.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    drawn(base.len(), |drawn| {
        let (below, above) = drawn.fold((0.0, 0.0), |(below, above), at| (below + base[at], above + other[at]));
        above / below - 1.0
    })
}

fn means(values: &[(u32, f64)]) -> Vec<f64> {
    let mut units: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (unit, value) in values {
        let (sum, count) = units.entry(*unit).or_default();
        *sum += value;
        *count += 1.0;
    }
    units.into_values().map(|(sum, count)| sum / count).collect()
}

fn drawn(units: usize, figure: impl Fn(&mut dyn Iterator<Item = usize>) -> f64) -> Option<Interval> {
    if units == 0 {
        return None;
    }
    let mut figures: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let mut chance = Chance::of_stream(draw, STREAM);
            figure(&mut (0..units).map(|_| chance.below(units)))
        })
        .filter(|figure| figure.is_finite())
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| figures.get(((figures.len() as f64 - 1.0) * share).round() as usize).copied();
    Some(Interval { mean: figure(&mut (0..units)), low: at(0.025)?, high: at(0.975)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_counts_once_however_often_it_was_asked() {
        let found = interval(&[(1, 1.0), (1, 0.0), (2, 1.0)]).unwrap();
        assert_eq!(found.mean, 0.75);
        assert!(found.low >= 0.5 && found.high <= 1.0 && found.low < found.high);
        assert_eq!(interval(&[]), None);
    }

    #[test]
    fn the_interval_of_many_is_that_of_the_normal_approximation() {
        let values: Vec<(u32, f64)> = (0..400).map(|unit| (unit, f64::from(unit % 2))).collect();
        let found = interval(&values).unwrap();
        // 1.96 * sqrt(0.25 / 400)
        assert!((found.high - found.mean - 0.049).abs() < 0.008 && (found.mean - found.low - 0.049).abs() < 0.008);
    }

    #[test]
    fn what_is_always_a_quarter_better_has_no_interval() {
        let base: Vec<(u32, f64)> = (1..40).map(|unit| (unit, f64::from(unit))).collect();
        let better: Vec<(u32, f64)> = base.iter().map(|(unit, value)| (*unit, value * 1.25)).collect();
        let found = gain(&base, &better).unwrap();
        assert!([found.mean, found.low, found.high].iter().all(|gain| (gain - 0.25).abs() < 1e-12), "{found:?}");
        assert_eq!(gain(&[(1, 0.0)], &[(1, 1.0)]), None);
    }
}
