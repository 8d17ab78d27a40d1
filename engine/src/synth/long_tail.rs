//! Counts with a long tail that add up exactly: how many ratings each user gives, and how many each film should get.

use libm::{exp, log, pow};

use super::shapes::LongTail;

impl LongTail {
    /// `count` counts in descending order with the sum `total`, none above `most`.
    ///
    /// Below the upper quartile the logarithm of a count is linear between the given quantiles. Above it, it falls from
    /// the maximum's by a power of the rank (the stretched exponential that Laherrère and Sornette, Eur. Phys. J. B 2,
    /// 1998, find in such rankings); the power is the one that gives the total. What rounding and impossible figures
    /// leave over goes to as many as needed, the foremost last.
    pub(super) fn counts(&self, count: usize, total: u64, most: u32) -> Vec<u32> {
        let least = self.minimum.max(1).min(most);
        let maximum = f64::from(self.maximum.clamp(least, most));
        let knots = [f64::from(least), self.quartiles[0], self.quartiles[1], self.quartiles[2]]
            .map(|knot| log(knot.clamp(f64::from(least), maximum)));
        let head = (count / 4).max(1).min(count);
        let fall = log(maximum) - knots[3];
        let of_head = |rank: usize, power: f64| exp(log(maximum) - fall * pow(rank as f64 / head as f64, power));
        let of_tail = |rank: usize| {
            // From 0 for the last, in quarters.
            let quarters = 4.0 * (count - 1 - rank) as f64 / count as f64;
            let below = (quarters as usize).min(2);
            exp(knots[below] + (knots[below + 1] - knots[below]) * (quarters - below as f64))
        };
        let tail: Vec<f64> = (head..count).map(of_tail).collect();
        let of_tail: f64 = tail.iter().sum();
        let (mut low, mut high) = (0.01, 8.0);
        for _ in 0..60 {
            let power = (low + high) / 2.0;
            let sum = of_tail + (0..head).map(|rank| of_head(rank, power)).sum::<f64>();
            if sum < total as f64 { low = power } else { high = power }
        }
        let wanted = (0..head).map(|rank| of_head(rank, low)).chain(tail);
        let mut counts: Vec<u32> = wanted.map(|count| (count.round() as u32).clamp(least, most)).collect();
        level(&mut counts, total, least, most);
        counts.sort_unstable_by(|one, other| other.cmp(one));
        counts
    }
}

/// Adds to or takes from the counts, in proportion to what room each has, until they have the sum `total`; `least` and
/// `most` times their number must enclose it.
fn level(counts: &mut [u32], total: u64, least: u32, most: u32) {
    loop {
        let sum: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let missing = total.abs_diff(sum);
        let room = |count: u32| u64::from(if sum < total { most - count } else { count - least });
        let all: u64 = counts.iter().map(|&count| room(count)).sum();
        if missing == 0 || all == 0 {
            return;
        }
        let mut left = missing;
        // From the last to the foremost, so that what is rounded up does not change the maximum.
        for count in counts.iter_mut().rev() {
            let of_sum = u128::from(missing) * u128::from(if sum < total { *count } else { *count - least });
            let share = (of_sum / u128::from(sum.max(1))) as u64;
            let change = share.max(1).min(left).min(room(*count));
            // At most `room`, which is a u32.
            if sum < total {
                *count += change as u32
            } else {
                *count -= change as u32
            }
            left -= change;
            if left == 0 {
                return;
            }
        }
    }
}
