//! Rows of factors with a bias each, for models in which a rating is mean + user's bias + film's bias + product of factors.
//!
//! A row of d factors and its bias are one unknown of d + 1 numbers; what it is multiplied with is the other side's
//! factors and a one.

use super::alternating::Workspace;
use super::biases::stars;
use crate::dense::{FactorRows, LANE, Lane};

/// N rows of `rank` numbers, the last of which is the row's bias.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BiasedFactors {
    own: FactorRows,
    /// The same rows with a one in the bias's place.
    with_one: FactorRows,
    biases: Vec<f32>,
}

impl BiasedFactors {
    pub(super) fn new(own: FactorRows) -> BiasedFactors {
        let mut with_one = own.clone();
        let last = own.rank() - 1;
        let biases = (0..own.len())
            .map(|row| std::mem::replace(&mut with_one.row_mut(row)[last / LANE].0[last % LANE], 1.0))
            .collect();
        BiasedFactors { own, with_one, biases }
    }

    pub(super) fn rank(&self) -> usize {
        self.own.rank()
    }

    pub(super) fn len(&self) -> usize {
        self.biases.len()
    }

    /// The rows with their biases.
    pub(super) fn own(&self) -> &FactorRows {
        &self.own
    }

    /// The rows with a one in the bias's place: what the other side's rows are multiplied with.
    pub(super) fn with_one(&self) -> &FactorRows {
        &self.with_one
    }

    /// What the row adds to the rating whoever it meets.
    pub(super) fn bias(&self, row: usize) -> f32 {
        self.biases[row]
    }

    /// A row with a zero in the bias's place: its product with any row leaves out the biases.
    pub(super) fn without_bias(&self, row: usize) -> Vec<Lane> {
        let mut own = self.own.row(row).to_vec();
        *at_mut(&mut own, self.rank() - 1) = 0.0;
        own
    }

    /// The bytes of `rows` rows of `rank` numbers.
    pub(super) fn bytes(rows: usize, rank: usize) -> usize {
        rows.saturating_mul(2 * rank.div_ceil(LANE) * size_of::<Lane>() + size_of::<f32>())
    }

    /// The rows without biases, of which alikeness is measured.
    pub(super) fn without_biases(&self) -> FactorRows {
        let rank = self.rank() - 1;
        let flat: Vec<f32> = (0..self.len()).flat_map(|row| self.own.values(row).take(rank)).collect();
        FactorRows::from_flat(&flat, rank)
    }

    /// Sums up the equations of a row of the other side from its ratings: what they exceed `mean` and the biases here by,
    /// each with weight `precision`.
    pub(super) fn sum_up(
        &self,
        mean: f64,
        precision: f32,
        columns: &[u32],
        half_stars: &[u8],
        workspace: &mut Workspace,
    ) {
        let Workspace { equations, roots, linear } = workspace;
        roots.clear();
        roots.resize(columns.len(), precision.sqrt());
        linear.clear();
        linear.extend(columns.iter().zip(half_stars).map(|(&column, &half_stars)| {
            precision * ((stars(half_stars) - mean) as f32 - self.biases[column as usize])
        }));
        equations.clear();
        equations.add(&self.with_one, columns, roots, linear);
    }
}

/// The number in a place of a row.
pub(super) fn at(row: &[Lane], place: usize) -> f32 {
    row[place / LANE].0[place % LANE]
}

/// The number in a place of a row, to change.
pub(super) fn at_mut(row: &mut [Lane], place: usize) -> &mut f32 {
    &mut row[place / LANE].0[place % LANE]
}
