//! The ratings with films numbered by popularity and users by activity: where most of the sums fall lies together.
//! A *rank* is a film's place in that order, 0 the most rated; a *seat* is a user's, 0 the one with most ratings.

use crate::matrix::{RatingsMatrix, SparseRows};

/// Ratings by seat, in each seat by ascending rank.
pub(super) struct Renumbered<V> {
    /// Columns by rank.
    pub columns: Vec<u32>,
    /// Rows by seat.
    pub rows: Vec<u32>,
    /// Where the ratings of each seat begin, and the end of the last.
    pub offsets: Vec<usize>,
    /// Ranks of the rated films.
    pub ranks: Vec<u32>,
    /// What the ratings count, parallel to `ranks`.
    pub values: Vec<V>,
}

impl<V: Copy + Default> Renumbered<V> {
    /// Renumbers; a rating counts what `value` makes of its row, its column and its half-stars.
    pub fn new(matrix: &RatingsMatrix, value: impl Fn(u32, u32, u8) -> V) -> Renumbered<V> {
        let columns = most_rated_first(matrix.by_film());
        let rows = most_rated_first(matrix.by_user());
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        let mut next = vec![0usize; rows.len()];
        let mut end = 0;
        offsets.push(end);
        for &row in &rows {
            next[row as usize] = end;
            end += matrix.by_user().row(row as usize).0.len();
            offsets.push(end);
        }
        let (mut ranks, mut values) = (vec![0; end], vec![V::default(); end]);
        // Films in the order of their ranks leave every user's ratings sorted without a sort.
        for (rank, &column) in columns.iter().enumerate() {
            let (raters, half_stars) = matrix.by_film().row(column as usize);
            for (&row, &half_stars) in raters.iter().zip(half_stars) {
                let slot = &mut next[row as usize];
                ranks[*slot] = rank as u32;
                values[*slot] = value(row, column, half_stars);
                *slot += 1;
            }
        }
        Renumbered { columns, rows, offsets, ranks, values }
    }

    /// How many films there are.
    pub fn films(&self) -> usize {
        self.columns.len()
    }

    /// How many users there are.
    pub fn seats(&self) -> usize {
        self.rows.len()
    }

    /// The ratings of a seat.
    pub fn seat(&self, seat: usize) -> (&[u32], &[V]) {
        let range = self.offsets[seat]..self.offsets[seat + 1];
        (&self.ranks[range.clone()], &self.values[range])
    }
}

/// The rows of a matrix, the longest first, of equals the lower.
pub(crate) fn most_rated_first(matrix: &SparseRows) -> Vec<u32> {
    let offsets = matrix.offsets();
    let mut rows: Vec<u32> = (0..matrix.len() as u32).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(offsets[row as usize + 1] - offsets[row as usize]));
    rows
}
