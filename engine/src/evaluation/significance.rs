//! Whether two models differ by more than chance: paired t-tests over the users of both, corrected by Holm's method for
//! how many pairs are looked at.

use super::student;
use super::tally::Tally;

/// Two models held against each other in one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Number of the first model.
    pub first: usize,
    /// Number of the second.
    pub second: usize,
    /// The first's value less the second's.
    pub difference: f64,
    /// How likely a difference at least so large would be if both were equally good; corrected by Holm (1979).
    pub p_value: f64,
}

/// Compares every model with every other in the metric number `at`, on the users that were asked about by both.
///
/// Models without a value, and metrics that are no mean over users, are passed over.
pub fn compare_all(models: &[&Tally], at: usize) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (first, a) in models.iter().enumerate() {
        for (second, b) in models.iter().enumerate().skip(first + 1) {
            let difference = a.mean(at).zip(b.mean(at)).map(|(a, b)| a - b);
            if let Some((difference, p_value)) = difference.zip(paired_t_test(a, b, at)) {
                comparisons.push(Comparison { first, second, difference, p_value });
            }
        }
    }
    let corrected = holm(&comparisons.iter().map(|comparison| comparison.p_value).collect::<Vec<f64>>());
    for (comparison, p_value) in comparisons.iter_mut().zip(corrected) {
        comparison.p_value = p_value;
    }
    comparisons
}

/// The two-sided p-value of a paired t-test. For a mean over users this is the test of that name on the users' values; for
/// predictions it is the same on what each user adds to the mean error.
fn paired_t_test(a: &Tally, b: &Tally, at: usize) -> Option<f64> {
    let (of_a, of_b) = (a.influences(at)?, b.influences(at)?);
    let ratio = |tally: &Tally| tally.sum(at).amount / tally.sum(at).weight;
    let difference = ratio(a) - ratio(b);
    let both: Vec<f64> = of_a.iter().filter_map(|(user, of_a)| Some(of_a - of_b.get(user)?)).collect();
    if both.len() < 2 {
        return None;
    }
    let users = both.len() as f64;
    let squares: f64 = both.iter().map(|influence| influence * influence).sum();
    let error = (squares * users / (users - 1.0)).sqrt();
    // What differs by less is what rounding leaves of equals.
    let rounding = 1e-12 * (ratio(a).abs() + ratio(b).abs());
    if difference.abs() <= rounding {
        return Some(1.0);
    }
    if error <= rounding {
        return Some(0.0);
    }
    let below = student::cdf(-(difference / error).abs(), users - 1.0)?;
    Some((2.0 * below).min(1.0))
}

/// Holm's step-down correction: the smallest of m p-values times m, the next times m - 1, and so on, none below the one
/// before.
fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut ascending: Vec<usize> = (0..p_values.len()).collect();
    ascending.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least = 0.0f64;
    for (rank, &at) in ascending.iter().enumerate() {
        least = least.max(p_values[at] * (p_values.len() - rank) as f64).min(1.0);
        corrected[at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_is_as_in_a_worked_example() {
        // 0.01 * 4, 0.02 * 3, then 0.03 * 2 and 0.04 * 1, the last not below the one before.
        let corrected = holm(&[0.04, 0.01, 0.03, 0.02]);
        let expected = [0.06, 0.04, 0.06, 0.06];
        assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // Two-sided 95 % points of Student's t: 12.706, 2.262, 1.984.
        for (freedom, table) in [(1.0, 12.706), (9.0, 2.262), (100.0, 1.984)] {
            assert!((super::student::quantile(0.975, freedom).unwrap() - table).abs() < 1e-3, "{freedom}");
        }
        assert!(super::student::quantile(0.975, 0.0).is_none());
    }
}
