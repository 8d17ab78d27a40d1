//! The models: each learns from a ratings matrix, then scores all films for a viewer, known or never seen, and says why.
//! One file a model. Nothing here reads or writes files; a model's arrays go in and out as [`Parts`].

mod algorithm;
mod als;
mod alternating;
mod baseline;
mod biased_factors;
mod biases;
mod blend;
mod bpmf;
mod content;
mod content_based;
mod dense_inverse;
mod deviates;
mod ease;
mod error;
mod genome;
mod graph;
mod hybrid;
pub mod ials;
mod item_knn;
pub mod item_similarity;
mod knn_baseline;
mod knn_means;
mod likeness;
mod parts;
mod popularity;
#[cfg(test)]
mod rating_tests;
mod recommend;
mod rp3beta;
mod similar;
mod user_knn;
mod weighted_lists;
mod weighting;

pub use algorithm::Algorithm;
pub use als::{Als, AlsParameters};
pub use baseline::Baseline;
pub use biases::BaselineParameters;
pub use blend::{Blend, BlendParameters, ValidationParameters};
pub use bpmf::{Bpmf, BpmfParameters};
pub use content::FilmContent;
pub use content_based::{ContentBased, ContentParameters};
pub(crate) use deviates::Deviates;
pub use ease::{Ease, EaseParameters};
pub use error::Error;
pub use graph::{Graph, GraphParameters};
pub use hybrid::{Hybrid, HybridParameters};
pub use ials::{Ials, IalsParameters};
pub use item_knn::{ItemKnn, ItemKnnParameters, ProfileWeight};
pub use knn_baseline::{KnnBaseline, KnnBaselineParameters};
pub use knn_means::{KnnMeans, KnnMeansParameters};
pub use likeness::{Likeness, LikenessParameters, ServedModel};
pub use parts::{Array, Parts};
pub use popularity::{Popularity, PopularityParameters};
pub use recommend::recommend;
pub use rp3beta::{Rp3Beta, Rp3BetaParameters};
pub use user_knn::{UserKnn, UserKnnParameters, Votes};
pub use weighting::Weighting;

use std::sync::Arc;

use crate::matrix::RatingsMatrix;

/// What models learn from.
#[derive(Clone, Debug)]
pub struct TrainingData {
    /// The ratings; its columns are the films every model scores.
    pub matrix: Arc<RatingsMatrix>,
    /// What is known of the films besides their ratings.
    pub content: Arc<FilmContent>,
}

impl TrainingData {
    /// Ratings alone, as from a file of a benchmark.
    pub fn ratings_only(matrix: RatingsMatrix) -> TrainingData {
        let content = FilmContent::unknown(matrix.films());
        TrainingData { matrix: Arc::new(matrix), content: Arc::new(content) }
    }
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done of `total`; what a step is depends on the model.
    pub done: u64,
    /// All steps there are.
    pub total: u64,
}

/// Told of the progress of a training, from any thread.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Sync);

/// Who asks: ratings by column of the matrix the model was trained on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Viewer<'a> {
    /// The viewer's row, if the viewer was among the users of the training and these are the ratings known then.
    /// A model may use what it learned of the row, or fold the ratings in as for anybody else.
    pub row: Option<usize>,
    /// Columns of the rated films, ascending, all below the number of films.
    pub columns: &'a [u32],
    /// Half-stars (1 to 10), parallel to `columns`.
    pub half_stars: &'a [u8],
}

impl<'a> Viewer<'a> {
    /// A user of the training with the ratings it had then.
    ///
    /// # Panics
    /// If the row is not below the number of users.
    pub fn known(matrix: &'a RatingsMatrix, row: usize) -> Viewer<'a> {
        let (columns, half_stars) = matrix.by_user().row(row);
        Viewer { row: Some(row), columns, half_stars }
    }

    /// The viewer's half-stars for a film.
    pub fn half_stars_of(&self, column: u32) -> Option<u8> {
        self.columns.binary_search(&column).ok().map(|at| self.half_stars[at])
    }
}

/// A film of the viewer, or one like another, and how much it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    /// The film.
    pub column: u32,
    /// How much: a share of the score, 0 to 1, or a similarity.
    pub weight: f32,
}

/// A trained model of F films. All methods may be called from many threads at once.
pub trait Model: Send + Sync + std::fmt::Debug {
    /// Scores every film for the viewer, the viewer's own included; higher is better, comparable within one call only.
    /// A film of which the model can say nothing gets negative infinity. `scores` has length F.
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]);

    /// What the viewer would rate the film, in stars from 0.5 to 5; `None` where the model does not predict ratings.
    fn predict(&self, _viewer: &Viewer<'_>, _column: u32) -> Option<f32> {
        None
    }

    /// [`Model::predict`] for many films, at the cost of finding out about the viewer once.
    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        columns.iter().map(|&column| self.predict(viewer, column)).collect()
    }

    /// The viewer's films that the score of a film goes back to, the largest share first, `limit` at most.
    fn because(&self, _viewer: &Viewer<'_>, _column: u32, _limit: usize) -> Vec<Weighted> {
        Vec::new()
    }

    /// The films most like a film, the most similar first, `k` at most; empty where the model knows no such thing.
    fn similar(&self, _column: u32, _k: usize) -> Vec<Weighted> {
        Vec::new()
    }

    /// How many people the link from one film to another goes through; `None` where the model does not count them.
    fn coincidences(&self, _film: u32, _other: u32) -> Option<u32> {
        None
    }

    /// What was learned, from which [`Algorithm::load`] makes the same model again.
    fn parts(&self) -> Parts;
}
