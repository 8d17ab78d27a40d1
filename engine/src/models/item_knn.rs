//! Item kNN: films are scored by how similar the raters find them to the films of the viewer.

use serde::{Deserialize, Serialize};

use super::item_similarity::{Gram, Scaling, neighbour_lists};
use super::weighted_lists::WeightedLists;
use super::weighting::{RatingWeights, Terms, Weighting};
use super::{Error, Model, Parts, TrainingData, Viewer, Weighted};
use crate::matrix::RatingsMatrix;

const NAME: &str = "item-knn";

/// What a film of the viewer adds to the score of another, times the similarity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileWeight {
    /// Its half-stars.
    HalfStars,
    /// 1.
    Ones,
    /// Its weight, as in the similarity, but for the factor of the viewer that all have in common.
    Weights,
}

/// How the item kNN model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemKnnParameters {
    /// How many films are kept for each film; 1 or more.
    pub k: usize,
    /// How ratings are weighted before films are compared.
    pub weighting: Weighting,
    /// Whether the film's mean is taken from its ratings first, which makes of the cosine Pearson's correlation over all
    /// raters of either.
    pub centred: bool,
    /// Added to the denominator of the cosine, so that similarity on little evidence counts less; 0 or more.
    pub shrink: f64,
    /// 0.5 is the cosine; see [`Scaling::cosine`]; 0 to 1.
    pub asymmetry: f64,
    /// What a film of the viewer counts.
    pub profile: ProfileWeight,
}

impl Default for ItemKnnParameters {
    fn default() -> Self {
        ItemKnnParameters {
            k: 200,
            weighting: Weighting::Bm25,
            centred: false,
            shrink: 0.0,
            asymmetry: 0.3,
            profile: ProfileWeight::Weights,
        }
    }
}

impl ItemKnnParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a number of films, 1 or more")?;
        Error::unless_at_least(NAME, "shrink", self.shrink, 0.0, "a number, 0 or more")?;
        Error::unless_within(NAME, "asymmetry", self.asymmetry, 0.0..=1.0, "between 0 and 1")
    }
}

/// For each film the most similar ones.
#[derive(Clone, Debug)]
pub struct ItemKnn {
    parameters: ItemKnnParameters,
    weights: RatingWeights,
    nearest: WeightedLists,
    /// The same by the other film: what a film of the viewer adds to.
    adds_to: WeightedLists,
    means: Vec<f64>,
}

impl ItemKnn {
    /// Compares all pairs of films.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &ItemKnnParameters) -> Result<ItemKnn, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let ItemKnnParameters { k, weighting, centred, shrink, asymmetry, .. } = *parameters;
        let weights = RatingWeights::new(matrix, weighting, Terms::Users);
        let means = film_means(matrix);
        let nearest = match weighting {
            _ if centred => {
                let value = |_, column: u32, half_stars| (f64::from(half_stars) - means[column as usize]) as f32;
                let scaling = Scaling::cosine(&norms(matrix, value), asymmetry, shrink);
                neighbour_lists(&Gram::of_weights(matrix, value), &scaling, k)
            }
            Weighting::HalfStars | Weighting::Ones => {
                let scaling = Scaling::cosine(&weights.film_norms(matrix), asymmetry, shrink);
                let ones = weighting == Weighting::Ones;
                let gram = Gram::of_integers(matrix, |half_stars| if ones { 1 } else { half_stars });
                neighbour_lists(&gram, &scaling, k)
            }
            Weighting::TfIdf | Weighting::Bm25 => {
                let scaling = Scaling::cosine(&weights.film_norms(matrix), asymmetry, shrink);
                let gram = Gram::of_weights(matrix, |row, column, half_stars| weights.weight(row, column, half_stars));
                neighbour_lists(&gram, &scaling, k)
            }
        };
        let adds_to = nearest.transposed(matrix.films());
        Ok(ItemKnn { parameters: *parameters, weights, nearest, adds_to, means })
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &ItemKnnParameters) -> Result<ItemKnn, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        let weights = RatingWeights::from_parts(&mut parts, NAME, matrix, parameters.weighting, Terms::Users)?;
        let nearest = WeightedLists::from_parts(&mut parts, NAME, matrix.films(), matrix.films())?;
        let (adds_to, means) = (nearest.transposed(matrix.films()), film_means(matrix));
        Ok(ItemKnn { parameters: *parameters, weights, nearest, adds_to, means })
    }

    fn value(&self, column: u32, half_stars: u8) -> f32 {
        match self.parameters.profile {
            ProfileWeight::HalfStars => f32::from(half_stars),
            ProfileWeight::Ones => 1.0,
            ProfileWeight::Weights => self.weights.of_film(column)[usize::from(half_stars)],
        }
    }
}

/// The mean half-stars of each film; the mean of all for a film without ratings.
fn film_means(matrix: &RatingsMatrix) -> Vec<f64> {
    let of_all = matrix.mean_half_stars();
    let mean = |column: usize| {
        let (_, half_stars) = matrix.by_film().row(column);
        let sum: u64 = half_stars.iter().map(|&half_stars| u64::from(half_stars)).sum();
        if half_stars.is_empty() { of_all } else { sum as f64 / half_stars.len() as f64 }
    };
    (0..matrix.films()).map(mean).collect()
}

fn norms(matrix: &RatingsMatrix, value: impl Fn(u32, u32, u8) -> f32) -> Vec<f64> {
    let norm = |column: usize| {
        let (rows, half_stars) = matrix.by_film().row(column);
        let ratings = rows.iter().zip(half_stars);
        ratings.map(|(&row, &half_stars)| f64::from(value(row, column as u32, half_stars)).powi(2)).sum()
    };
    (0..matrix.films()).map(norm).collect()
}

impl Model for ItemKnn {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        self.adds_to.score(viewer, |column, half_stars| self.value(column, half_stars), scores);
    }

    /// The film's mean and the distance of the viewer's ratings of similar films from the means of those, weighted by
    /// similarity (Sarwar, Karypis, Konstan and Riedl 2001, with means as in Koren 2010).
    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        let mean = *self.means.get(column as usize)?;
        let (mut sum, mut weight) = (0.0, 0.0);
        for (&rated, &half_stars) in viewer.columns.iter().zip(viewer.half_stars) {
            if let Some(similarity) = self.nearest.weight(column as usize, rated) {
                sum += f64::from(similarity) * (f64::from(half_stars) - self.means[rated as usize]);
                weight += f64::from(similarity);
            }
        }
        let predicted = if weight > 0.0 { mean + sum / weight } else { mean };
        Some((predicted / 2.0).clamp(0.5, 5.0) as f32)
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.adds_to.because(viewer, column, |column, half_stars| self.value(column, half_stars), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.nearest.best(column as usize, k)
    }

    fn parts(&self) -> Parts {
        self.nearest.add_to(self.weights.add_to(Parts::default()))
    }
}
