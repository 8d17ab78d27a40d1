//! User neighbours for ratings: the viewer's mean, and by how much the most similar raters of the film exceed theirs.
//!
//! Similarity is by mean squared difference over films that both rated, as in Surprise's `KNNWithMeans`. Nothing is
//! learned in advance but the users' means; neighbours are found when asked for, for a viewer never seen as for others.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::biases::{Scale, finite, stars};
use super::{Array, Error, Model, Parts, TrainingData, Viewer};
use crate::best::Best;
use crate::matrix::{RatingsMatrix, SparseRows};

const NAME: &str = "knn-means";
const USER_MEANS: &str = "user_means";

/// How many neighbours count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnnMeansParameters {
    /// Raters of the film who count, at most; 1 or more.
    pub k: usize,
}

impl Default for KnnMeansParameters {
    fn default() -> Self {
        KnnMeansParameters { k: 40 }
    }
}

/// All users' ratings and means.
#[derive(Clone, Debug)]
pub struct KnnMeans {
    matrix: Arc<RatingsMatrix>,
    scale: Scale,
    means: Vec<f64>,
    k: usize,
}

/// A rater of the film in question.
#[derive(Clone, Copy)]
struct Rater {
    row: u32,
    half_stars: u8,
    similarity: f64,
}

/// The most similar first; of equal ones the user with the lowest row.
fn by_similarity(a: &Rater, b: &Rater) -> Ordering {
    b.similarity.total_cmp(&a.similarity).then(a.row.cmp(&b.row))
}

impl KnnMeans {
    /// Takes the users' means.
    ///
    /// # Errors
    /// If k is zero or there is no rating.
    pub fn train(data: &TrainingData, parameters: &KnnMeansParameters) -> Result<KnnMeans, Error> {
        parameters.check()?;
        let matrix = data.matrix.clone();
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let means = (0..matrix.users()).map(|row| mean_of(matrix.by_user().row(row).1).unwrap_or(0.0)).collect();
        Ok(KnnMeans { scale: Scale::of(&matrix), matrix, means, k: parameters.k })
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &KnnMeansParameters) -> Result<KnnMeans, Error> {
        parameters.check()?;
        let matrix = data.matrix.clone();
        let means = finite(NAME, USER_MEANS, parts.take_f64(NAME, USER_MEANS, matrix.users())?)?;
        Ok(KnnMeans { scale: Scale::of(&matrix), matrix, means, k: parameters.k })
    }

    /// The similarity of each user with the viewer: 1 / (1 + mean squared difference in stars), 0 without a common film.
    fn similarities(&self, viewer: &Viewer<'_>) -> Vec<f64> {
        let mut sums = vec![(0u32, 0u32); self.matrix.users()];
        for (&column, &own) in viewer.columns.iter().zip(viewer.half_stars) {
            let (rows, half_stars) = row_or_none(self.matrix.by_film(), column);
            for (&row, &half_stars) in rows.iter().zip(half_stars) {
                let (squares, common) = &mut sums[row as usize];
                *squares += u32::from(own.abs_diff(half_stars)).pow(2);
                *common += 1;
            }
        }
        let similarity = |(squares, common): (u32, u32)| {
            if common == 0 { 0.0 } else { 1.0 / (1.0 + f64::from(squares) / 4.0 / f64::from(common)) }
        };
        let mut similarities: Vec<f64> = sums.into_iter().map(similarity).collect();
        if let Some(own) = viewer.row.and_then(|row| similarities.get_mut(row)) {
            *own = 0.0;
        }
        similarities
    }

    /// The viewer's mean plus the raters' mean deviation, weighted by similarity (Resnick et al. 1994).
    fn predicted(&self, similarities: &[f64], viewer_mean: f64, column: u32) -> f64 {
        let (rows, half_stars) = row_or_none(self.matrix.by_film(), column);
        let mut best = Best::new(self.k, by_similarity);
        for (&row, &half_stars) in rows.iter().zip(half_stars) {
            let similarity = similarities[row as usize];
            if similarity > 0.0 {
                best.offer(Rater { row, half_stars, similarity });
            }
        }
        let (mut deviations, mut weights) = (0.0, 0.0);
        for rater in best.into_sorted() {
            deviations += rater.similarity * (stars(rater.half_stars) - self.means[rater.row as usize]);
            weights += rater.similarity;
        }
        if weights > 0.0 { viewer_mean + deviations / weights } else { viewer_mean }
    }

    fn viewer_mean(&self, viewer: &Viewer<'_>) -> f64 {
        mean_of(viewer.half_stars).unwrap_or(self.matrix.mean_half_stars() / 2.0)
    }
}

impl KnnMeansParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a whole number, 1 or more")
    }
}

/// The mean of half-stars in stars; `None` of nothing.
fn mean_of(half_stars: &[u8]) -> Option<f64> {
    let sum: f64 = half_stars.iter().map(|&value| stars(value)).sum();
    (!half_stars.is_empty()).then(|| sum / half_stars.len() as f64)
}

/// A row, or an empty one past the end.
fn row_or_none(rows: &SparseRows, row: u32) -> (&[u32], &[u8]) {
    if (row as usize) < rows.len() { rows.row(row as usize) } else { (&[], &[]) }
}

impl Model for KnnMeans {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let (similarities, mean) = (self.similarities(viewer), self.viewer_mean(viewer));
        for (column, score) in scores.iter_mut().enumerate() {
            let rated = !self.matrix.by_film().row(column).0.is_empty();
            *score = if rated { self.predicted(&similarities, mean, column as u32) as f32 } else { f32::NEG_INFINITY };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        self.predict_each(viewer, &[column]).pop().flatten()
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let (similarities, mean) = (self.similarities(viewer), self.viewer_mean(viewer));
        let predicted = |&column: &u32| Some(self.scale.clamp(self.predicted(&similarities, mean, column)));
        columns.iter().map(predicted).collect()
    }

    fn parts(&self) -> Parts {
        Parts::default().with(USER_MEANS, Array::F64(self.means.clone()))
    }
}
