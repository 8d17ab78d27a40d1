//! Likeness of films by their factors, and the shares of a score.

use crate::best::Best;
use crate::dense::{FactorRows, dot, inner_products};
use crate::models::Weighted;

/// Largest weight first; of equal ones the film with the lowest column.
fn by_weight(a: &Weighted, b: &Weighted) -> std::cmp::Ordering {
    b.weight.total_cmp(&a.weight).then(a.column.cmp(&b.column))
}

/// The Euclidean lengths of films' factors.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FilmLengths(Vec<f32>);

impl FilmLengths {
    pub(super) fn of(films: &FactorRows) -> FilmLengths {
        FilmLengths((0..films.len()).map(|film| dot(films.row(film), films.row(film)).sqrt()).collect())
    }

    /// Whether the film has no factors but zeros, as one that nobody rated.
    pub(super) fn is_zero(&self, column: usize) -> bool {
        self.0[column] == 0.0
    }

    /// The `k` films of the largest cosine with a film, itself left out.
    pub(super) fn most_similar(&self, films: &FactorRows, column: u32, k: usize) -> Vec<Weighted> {
        let at = column as usize;
        if at >= films.len() || self.is_zero(at) {
            return Vec::new();
        }
        let mut products = vec![0.0; films.len()];
        inner_products(films, films.row(at), &mut products);
        let mut best = Best::new(k, by_weight);
        for (other, product) in products.into_iter().enumerate() {
            if other != at && !self.is_zero(other) {
                best.offer(Weighted { column: other as u32, weight: product / self.0[at] / self.0[other] });
            }
        }
        best.into_sorted()
    }
}

/// The largest positive contributions, as shares of all positive ones.
pub(super) fn largest_shares(contributions: impl IntoIterator<Item = Weighted>, limit: usize) -> Vec<Weighted> {
    let mut best = Best::new(limit, by_weight);
    let mut sum = 0.0;
    for contribution in contributions.into_iter().filter(|contribution| contribution.weight > 0.0) {
        sum += contribution.weight;
        best.offer(contribution);
    }
    let share = |contribution: Weighted| Weighted { weight: contribution.weight / sum, ..contribution };
    best.into_sorted().into_iter().map(share).collect()
}
