//! A viewer whose factors follow each rating as it comes, at a cost that does not grow with the profile.

use super::parameters::Weights;
use super::{Ials, flat, training};
use crate::dense::NormalEquations;
use crate::models::Viewer;
use crate::models::alternating::empty_row;

/// The equations of one viewer, kept so that a rating more is one outer product more.
///
/// It belongs to the model it was made with; [`Ials::viewer_factors`] of the whole profile gives the same factors but
/// for rounding.
#[derive(Clone, Debug)]
pub struct FoldedViewer {
    equations: NormalEquations,
    ratings: usize,
}

impl FoldedViewer {
    /// Starts from a profile.
    pub fn new(model: &Ials, viewer: &Viewer<'_>) -> FoldedViewer {
        FoldedViewer { equations: model.fold_in(viewer).0.equations, ratings: viewer.columns.len() }
    }

    /// Adds a rating for a film that the viewer had not rated; a column that is none of the model's is passed over.
    pub fn rate(&mut self, model: &Ials, column: u32, half_stars: u8) {
        if (column as usize) < model.films.len() {
            let weights = Weights::of(&model.parameters);
            let (root, linear) = (weights.root(half_stars), weights.linear(half_stars));
            self.equations.add(&model.films, &[column], &[root], &[linear]);
            self.ratings += 1;
        }
    }

    /// The viewer's factors now.
    pub fn factors(&mut self, model: &Ials) -> Vec<f32> {
        let mut factors = empty_row(model.films.rank());
        training::solve_summed(
            &model.parameters,
            (&model.films, &model.gram),
            self.ratings,
            &mut self.equations,
            &mut factors,
        );
        flat(&factors, model.films.rank())
    }
}
