//! Drawing one of many by weight in constant time.

use crate::chance::Chance;

/// A table from which index `i` is drawn with a probability in proportion to the weight `i` (Walker 1974, in the
/// construction of Vose, IEEE Trans. Softw. Eng. 17(9), 1991).
pub(super) struct Alias {
    /// For each index the share of its draws that it keeps, of 2^32, and who gets the others.
    cells: Vec<(u32, u32)>,
}

impl Alias {
    /// Weights below zero count as zero, and if all do, everyone is as likely.
    pub(super) fn new(weights: &[f64]) -> Alias {
        let sum: f64 = weights.iter().map(|weight| weight.max(0.0)).sum();
        let mean = sum / weights.len() as f64;
        let mut shares: Vec<f64> = match mean > 0.0 {
            true => weights.iter().map(|weight| weight.max(0.0) / mean).collect(),
            false => vec![1.0; weights.len()],
        };
        let mut cells = vec![(u32::MAX, 0); weights.len()];
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|&at| shares[at] < 1.0);
        while let (Some(giver), Some(&taker)) = (rich.last().copied(), poor.last()) {
            poor.pop();
            cells[taker] = ((shares[taker] * f64::from(u32::MAX)) as u32, giver as u32);
            shares[giver] -= 1.0 - shares[taker];
            if shares[giver] < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        // Who is left over is so by rounding, and keeps all.
        for at in poor.into_iter().chain(rich) {
            cells[at] = (u32::MAX, at as u32);
        }
        Alias { cells }
    }

    /// An index; the table must not be empty.
    pub(super) fn draw(&self, chance: &mut Chance) -> usize {
        let product = u128::from(chance.bits()) * self.cells.len() as u128;
        let at = (product >> 64) as usize;
        // What the multiplication leaves below the index is as even as the index.
        let remainder = (product as u64 >> 32) as u32;
        let (kept, other) = self.cells[at];
        if remainder <= kept { at } else { other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_as_frequent_as_the_weights() {
        let weights = [1.0, 0.0, 7.0, 2.0, 0.01, -3.0];
        let table = Alias::new(&weights);
        let mut counts = [0u32; 6];
        let mut chance = Chance::of_stream(7, 0);
        for _ in 0..1_000_000 {
            counts[table.draw(&mut chance)] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = weight.max(0.0) / 10.01 * 1e6;
            // Five standard deviations.
            assert!((f64::from(count) - expected).abs() <= 5.0 * expected.sqrt() + 1.0, "{counts:?}");
        }
    }

    #[test]
    fn without_weights_everyone_is_as_likely() {
        let table = Alias::new(&[0.0; 4]);
        let mut chance = Chance::of_stream(7, 0);
        let mut counts = [0u32; 4];
        (0..40_000).for_each(|_| counts[table.draw(&mut chance)] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}
