//! Rows of factors, padded with zeros to whole lanes, so that no inner loop has a remainder.

/// How many numbers a lane holds.
pub(crate) const LANE: usize = 16;

/// Sixteen numbers that fill one cache line and one of the widest registers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lane(pub(crate) [f32; LANE]);

impl Lane {
    pub(crate) const ZERO: Lane = Lane([0.0; LANE]);
}

/// N rows of `rank` factors each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FactorRows {
    rank: usize,
    lanes: Vec<Lane>,
}

impl FactorRows {
    /// Rows of zeros.
    pub(crate) fn zeros(rows: usize, rank: usize) -> FactorRows {
        FactorRows { rank, lanes: vec![Lane::ZERO; rows * rank.div_ceil(LANE)] }
    }

    /// From `rank` numbers a row, one row after the other; an incomplete last row is dropped.
    pub(crate) fn from_flat(flat: &[f32], rank: usize) -> FactorRows {
        let mut rows = FactorRows::zeros(flat.len().checked_div(rank).unwrap_or(0), rank);
        for (at, values) in flat.chunks_exact(rank.max(1)).enumerate() {
            rows.set(at, values);
        }
        rows
    }

    /// The numbers of all rows without padding.
    pub(crate) fn to_flat(&self) -> Vec<f32> {
        (0..self.len()).flat_map(|row| self.values(row)).collect()
    }

    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    /// How many lanes a row has.
    pub(crate) fn lanes_a_row(&self) -> usize {
        self.rank.div_ceil(LANE)
    }

    pub(crate) fn len(&self) -> usize {
        self.lanes.len().checked_div(self.lanes_a_row()).unwrap_or(0)
    }

    pub(crate) fn row(&self, row: usize) -> &[Lane] {
        let lanes = self.lanes_a_row();
        &self.lanes[row * lanes..(row + 1) * lanes]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [Lane] {
        let lanes = self.lanes_a_row();
        &mut self.lanes[row * lanes..(row + 1) * lanes]
    }

    /// All lanes, row after row.
    pub(crate) fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// All lanes, row after row; what is beyond the rank must stay zero.
    pub(crate) fn lanes_mut(&mut self) -> &mut [Lane] {
        &mut self.lanes
    }

    /// The numbers of a row.
    pub(crate) fn values(&self, row: usize) -> impl Iterator<Item = f32> + '_ {
        self.row(row).iter().flat_map(|lane| lane.0).take(self.rank)
    }

    /// Sets the first numbers of a row.
    pub(crate) fn set(&mut self, row: usize, values: &[f32]) {
        for (lane, values) in self.row_mut(row).iter_mut().zip(values.chunks(LANE)) {
            lane.0[..values.len()].copy_from_slice(values);
        }
    }
}

/// The inner product of two rows of the same number of lanes.
pub(crate) fn dot(a: &[Lane], b: &[Lane]) -> f32 {
    let mut sums = [0.0f32; LANE];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.0.iter().zip(b.0)) {
            *sum += a * b;
        }
    }
    sum_of(&sums)
}

/// The sum of a lane, by halves.
#[inline(always)]
pub(crate) fn sum_of(lane: &[f32; LANE]) -> f32 {
    let mut sums = *lane;
    let mut width = LANE / 2;
    while width > 0 {
        for at in 0..width {
            sums[at] += sums[at + width];
        }
        width /= 2;
    }
    sums[0]
}
