//! User kNN: films are scored by the votes of the users whose ratings are most similar to the viewer's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::weighted_lists::{best_first, shares};
use super::weighting::{RatingWeights, Terms, Weighting};
use super::{Array, Error, Model, Parts, TrainingData, Viewer, Weighted};
use crate::best::Best;
use crate::matrix::RatingsMatrix;

const NAME: &str = "user-knn";

/// What a neighbour's rating adds to the score of a film, times the similarity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Votes {
    /// Its half-stars.
    HalfStars,
    /// 1.
    Ones,
    /// Its weight, as in the similarity.
    Weights,
}

/// How the user kNN model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserKnnParameters {
    /// How many neighbours vote; 1 or more.
    pub k: usize,
    /// How ratings are weighted before users are compared.
    pub weighting: Weighting,
    /// Added to the denominator of the cosine, so that similarity on little evidence counts less; 0 or more.
    pub shrink: f64,
    /// 0.5 is the cosine; the denominator is `|viewer|^(2 a) |user|^(2 (1 - a))` (Aiolli, RecSys 2013); 0 to 1.
    pub asymmetry: f64,
    /// Similarities are raised to this power before they weight votes; 0 to 10.
    pub amplification: f64,
    /// What a neighbour's rating counts.
    pub votes: Votes,
}

impl Default for UserKnnParameters {
    fn default() -> Self {
        UserKnnParameters {
            k: 200,
            weighting: Weighting::Bm25,
            shrink: 0.0,
            asymmetry: 0.3,
            amplification: 2.0,
            votes: Votes::Weights,
        }
    }
}

impl UserKnnParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a number of neighbours, 1 or more")?;
        Error::unless_at_least(NAME, "shrink", self.shrink, 0.0, "a number, 0 or more")?;
        Error::unless_within(NAME, "amplification", self.amplification, 0.0..=10.0, "an exponent from 0 to 10")?;
        Error::unless_within(NAME, "asymmetry", self.asymmetry, 0.0..=1.0, "between 0 and 1")
    }
}

/// The users' ratings and their norms; neighbours are found when somebody asks.
#[derive(Clone, Debug)]
pub struct UserKnn {
    matrix: Arc<RatingsMatrix>,
    parameters: UserKnnParameters,
    weights: RatingWeights,
    /// Squared norms of the users' weighted ratings.
    norms: Vec<f64>,
    film_norms: Vec<f64>,
}

/// A user and how similar to the viewer.
#[derive(Clone, Copy)]
struct Neighbour {
    row: u32,
    similarity: f32,
}

impl UserKnn {
    /// Weights the ratings.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &UserKnnParameters) -> Result<UserKnn, Error> {
        parameters.check()?;
        if data.matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let weights = RatingWeights::new(&data.matrix, parameters.weighting, Terms::Films);
        let norms = weights.user_norms(&data.matrix);
        let film_norms = weights.film_norms(&data.matrix);
        Ok(UserKnn { matrix: data.matrix.clone(), parameters: *parameters, weights, norms, film_norms })
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &UserKnnParameters) -> Result<UserKnn, Error> {
        parameters.check()?;
        let matrix = data.matrix.clone();
        let weights = RatingWeights::from_parts(&mut parts, NAME, &matrix, parameters.weighting, Terms::Films)?;
        let norms = parts.take_f64(NAME, "norms", matrix.users())?;
        if norms.iter().any(|norm| !(norm.is_finite() && *norm >= 0.0)) {
            return Err(Error::damaged(NAME, "norms", "have an element that is negative or no number"));
        }
        let film_norms = weights.film_norms(&matrix);
        Ok(UserKnn { matrix, parameters: *parameters, weights, norms, film_norms })
    }

    /// The viewer's weight of each film rated.
    fn profile<'a>(&'a self, viewer: &Viewer<'a>) -> impl Iterator<Item = (u32, f32)> + 'a {
        let factor = self.weights.of_user_with(viewer.columns.len());
        let rated = viewer.columns.iter().zip(viewer.half_stars);
        rated
            .map(move |(&column, &half_stars)| (column, factor * self.weights.of_film(column)[usize::from(half_stars)]))
    }

    /// The rows and half-stars of those who rated a film; none of a column that there is not.
    fn raters(&self, column: u32) -> (&[u32], &[u8]) {
        let by_film = self.matrix.by_film();
        if (column as usize) < by_film.len() { by_film.row(column as usize) } else { (&[], &[]) }
    }

    /// The most similar users but the viewer, best first, of equals the lower row.
    fn neighbours(&self, viewer: &Viewer<'_>) -> Vec<Neighbour> {
        let mut dots = vec![0f32; self.matrix.users()];
        let mut norm = 0f64;
        for (column, weight) in self.profile(viewer) {
            norm += f64::from(weight).powi(2);
            let (rows, half_stars) = self.matrix.by_film().row(column as usize);
            let products = self.weights.of_film(column).map(|factor| factor * weight);
            for (&row, &half_stars) in rows.iter().zip(half_stars) {
                dots[row as usize] += products[usize::from(half_stars)];
            }
        }
        let UserKnnParameters { k, shrink, asymmetry, .. } = self.parameters;
        let own = norm.powf(asymmetry);
        let order = |a: &Neighbour, b: &Neighbour| b.similarity.total_cmp(&a.similarity).then(a.row.cmp(&b.row));
        let mut best = Best::new(k, order);
        for (row, &dot) in dots.iter().enumerate() {
            if dot <= 0.0 || viewer.row == Some(row) {
                continue;
            }
            let other = if asymmetry == 0.5 { self.norms[row].sqrt() } else { self.norms[row].powf(1.0 - asymmetry) };
            let similarity = f64::from(dot * self.weights.of_user(row as u32)) / (own * other + shrink);
            let similarity = similarity as f32;
            if similarity > 0.0 && similarity.is_finite() {
                best.offer(Neighbour { row: row as u32, similarity });
            }
        }
        best.into_sorted()
    }

    fn influence(&self, neighbour: &Neighbour) -> f32 {
        if self.parameters.amplification == 1.0 {
            neighbour.similarity
        } else {
            f64::from(neighbour.similarity).powf(self.parameters.amplification) as f32
        }
    }

    fn vote(&self, row: u32, column: u32, half_stars: u8) -> f32 {
        match self.parameters.votes {
            Votes::HalfStars => f32::from(half_stars),
            Votes::Ones => 1.0,
            Votes::Weights => self.weights.weight(row, column, half_stars),
        }
    }

    fn mean_of(half_stars: &[u8]) -> Option<f64> {
        let sum: u64 = half_stars.iter().map(|&half_stars| u64::from(half_stars)).sum();
        (!half_stars.is_empty()).then(|| sum as f64 / half_stars.len() as f64)
    }
}

impl Model for UserKnn {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        scores.fill(f32::NEG_INFINITY);
        for neighbour in self.neighbours(viewer) {
            let influence = self.influence(&neighbour);
            let (columns, half_stars) = self.matrix.by_user().row(neighbour.row as usize);
            for (&column, &half_stars) in columns.iter().zip(half_stars) {
                let score = &mut scores[column as usize];
                let before = if *score == f32::NEG_INFINITY { 0.0 } else { *score };
                *score = before + influence * self.vote(neighbour.row, column, half_stars);
            }
        }
    }

    /// Resnick's formula: the viewer's mean and the neighbours' mean distance from theirs, weighted by similarity
    /// (Resnick, Iacovou, Suchak, Bergstrom and Riedl 1994); without neighbours the mean of the film, of the viewer, or
    /// of all ratings, whichever is there.
    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let of_viewer = UserKnn::mean_of(viewer.half_stars);
        let voter = |neighbour: Neighbour| {
            let mean = UserKnn::mean_of(self.matrix.by_user().row(neighbour.row as usize).1).unwrap_or(0.0);
            (neighbour.row, f64::from(self.influence(&neighbour)), mean)
        };
        let voters: Vec<(u32, f64, f64)> = self.neighbours(viewer).into_iter().map(voter).collect();
        let predict = |&column: &u32| {
            let (rows, half_stars) = self.raters(column);
            let (mut sum, mut weight) = (0.0, 0.0);
            for &(row, influence, mean) in &voters {
                let Ok(at) = rows.binary_search(&row) else { continue };
                sum += influence * (f64::from(half_stars[at]) - mean);
                weight += influence;
            }
            let predicted = match of_viewer {
                Some(mean) if weight > 0.0 => mean + sum / weight,
                _ => UserKnn::mean_of(half_stars).or(of_viewer).unwrap_or_else(|| self.matrix.mean_half_stars()),
            };
            Some((predicted / 2.0).clamp(0.5, 5.0) as f32)
        };
        columns.iter().map(predict).collect()
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        self.predict_each(viewer, &[column]).pop().flatten()
    }

    /// The share of a film of the viewer: what it adds to the similarities of those neighbours who rated the film asked
    /// about, times their votes.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let profile: Vec<(u32, f32)> = self.profile(viewer).collect();
        let mut added = vec![0f32; profile.len()];
        let (rows, half_stars) = self.raters(column);
        for neighbour in self.neighbours(viewer) {
            let Ok(at) = rows.binary_search(&neighbour.row) else { continue };
            let vote = self.influence(&neighbour) * self.vote(neighbour.row, column, half_stars[at]);
            let (columns, half_stars) = self.matrix.by_user().row(neighbour.row as usize);
            let products = profile.iter().map(|&(rated, weight)| {
                let at = columns.binary_search(&rated).ok()?;
                Some(weight * self.weights.weight(neighbour.row, rated, half_stars[at]))
            });
            let products: Vec<f32> = products.map(Option::unwrap_or_default).collect();
            let dot: f32 = products.iter().sum();
            for (added, product) in added.iter_mut().zip(products) {
                *added += vote * product / dot;
            }
        }
        let added = profile.iter().zip(added).map(|(&(column, _), weight)| Weighted { column, weight });
        shares(added.filter(|film| film.weight > 0.0).collect(), limit)
    }

    /// By the cosine of the weighted ratings of both films.
    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        if column as usize >= self.matrix.films() {
            return Vec::new();
        }
        let mut dots = vec![0f64; self.matrix.films()];
        let (rows, own) = self.matrix.by_film().row(column as usize);
        for (&row, &own) in rows.iter().zip(own) {
            let own = f64::from(self.weights.weight(row, column, own));
            let (columns, half_stars) = self.matrix.by_user().row(row as usize);
            for (&other, &half_stars) in columns.iter().zip(half_stars) {
                dots[other as usize] += own * f64::from(self.weights.weight(row, other, half_stars));
            }
        }
        let found = dots.iter().enumerate().filter(|&(other, &dot)| dot > 0.0 && other != column as usize);
        let similar = found.map(|(other, &dot)| {
            let norms = self.film_norms[column as usize] * self.film_norms[other];
            Weighted { column: other as u32, weight: (dot / norms.sqrt()) as f32 }
        });
        best_first(similar.collect(), k)
    }

    fn parts(&self) -> Parts {
        self.weights.add_to(Parts::default()).with("norms", Array::F64(self.norms.clone()))
    }
}
