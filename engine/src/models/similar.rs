//! Likeness of films by their factors.

use crate::dense::{FactorRows, dot, inner_products};
use crate::models::Weighted;
use crate::models::weighted_lists::best_first;

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
        let others = (0..films.len()).filter(|&other| other != at && !self.is_zero(other));
        let cosine =
            |other: usize| Weighted { column: other as u32, weight: products[other] / self.0[at] / self.0[other] };
        best_first(others.map(cosine).collect(), k)
    }
}
