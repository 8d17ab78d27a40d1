//! The results of one model over all its splits: means, deviations, and what is needed for intervals and tests.

use std::collections::BTreeMap;

use super::measure::{Measured, Share, total};
use super::metrics::{Metric, RankingMetric, RatingMetric};
use super::student;
use crate::rating::UserId;

/// A model's results, split by split. Which split comes first makes no difference beyond rounding.
#[derive(Clone, Debug)]
pub struct Tally {
    metrics: Vec<Metric>,
    values: Vec<Vec<f64>>,
    shares: BTreeMap<UserId, Vec<Share>>,
}

impl Tally {
    /// Nothing measured yet.
    pub fn new(metrics: &[Metric]) -> Tally {
        Tally { metrics: metrics.to_vec(), values: vec![Vec::new(); metrics.len()], shares: BTreeMap::new() }
    }

    /// Adds what was measured, by the same metrics, on one more split.
    pub fn add(&mut self, measured: Measured) {
        for (values, value) in self.values.iter_mut().zip(measured.values) {
            values.extend(value);
        }
        for (user, shares) in measured.users.into_iter().zip(measured.shares) {
            self.add_shares(user, shares);
        }
    }

    /// Adds all that another tally of the same model and metrics holds.
    pub fn merge(&mut self, other: Tally) {
        for (values, others) in self.values.iter_mut().zip(other.values) {
            values.extend(others);
        }
        for (user, shares) in other.shares {
            self.add_shares(user, shares);
        }
    }

    fn add_shares(&mut self, user: UserId, shares: Vec<Share>) {
        let sums = self.shares.entry(user).or_insert_with(|| vec![Share::default(); self.metrics.len()]);
        for (sum, share) in sums.iter_mut().zip(shares) {
            *sum = total([*sum, share].into_iter());
        }
    }

    /// What was measured.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The mean over the splits of the metric number `at`; `None` where no split had a value.
    pub fn mean(&self, at: usize) -> Option<f64> {
        let values = &self.values[at];
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The standard deviation over the splits (of a sample, with n - 1); `None` of fewer than two.
    pub fn deviation(&self, at: usize) -> Option<f64> {
        let values = &self.values[at];
        let mean = self.mean(at).filter(|_| values.len() > 1)?;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some((squares / (values.len() - 1) as f64).sqrt())
    }

    /// Half the width of the 95 % confidence interval that comes from the choice of users: what the mean could have been
    /// with other users of the same kind, by Student's t.
    ///
    /// What a user adds over all splits is taken as one draw, since a user's ratings are no independent ones. A metric
    /// that is no mean over users is a ratio of two such means, and its error is linearised (Cochran 1977, section 6.4).
    /// `None` for metrics that are neither, and for fewer than two users.
    pub fn confidence_95(&self, at: usize) -> Option<f64> {
        if self.values[at].is_empty() {
            return None;
        }
        let influences = self.influences(at)?;
        let users = influences.len() as f64;
        let squares: f64 = influences.values().map(|influence| influence * influence).sum();
        let error = (squares * users / (users - 1.0)).sqrt();
        let slope = match self.metrics[at] {
            Metric::Rating(RatingMetric::Rmse) => 0.5 / self.mean(at).filter(|rmse| *rmse > 0.0)?,
            // The tests between models see the squared errors alone, but the interval would need the variance's too.
            Metric::Rating(RatingMetric::R2) => return None,
            _ => 1.0,
        };
        Some(student::quantile(0.975, users - 1.0)? * error * slope)
    }

    /// By how much each user with a share moves the ratio of sums that the metric comes from; `None` for metrics that
    /// come from none, and for fewer than two users.
    pub(super) fn influences(&self, at: usize) -> Option<BTreeMap<UserId, f64>> {
        let metric = self.metrics[at];
        if matches!(metric, Metric::Ranking(RankingMetric::Coverage | RankingMetric::Gini, _)) {
            return None;
        }
        let sum = self.sum(at);
        let users =
            self.shares.iter().map(|(&user, shares)| (user, shares[at])).filter(|(_, share)| share.weight > 0.0);
        let ratio = sum.amount / sum.weight;
        let influences: BTreeMap<UserId, f64> =
            users.map(|(user, share)| (user, (share.amount - ratio * share.weight) / sum.weight)).collect();
        (influences.len() > 1).then_some(influences)
    }

    /// The sum of all shares in the metric number `at`.
    pub(super) fn sum(&self, at: usize) -> Share {
        total(self.shares.values().map(|shares| shares[at]))
    }
}
