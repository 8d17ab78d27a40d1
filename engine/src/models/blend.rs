//! The blend: the ratings that several models predict, weighted by what each is worth on ratings none of them was shown.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::biases::{Scale, finite, rated_films, stars};
use super::{
    Als, AlsParameters, Array, Bpmf, BpmfParameters, Error, KnnBaseline, KnnBaselineParameters, KnnMeans,
    KnnMeansParameters, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted,
};
use crate::chance::Chance;
use crate::dense::Cholesky;
use crate::matrix::RatingsMatrix;
use crate::movielens::Rating;

const NAME: &str = "blend";
const WEIGHTS: &str = "weights";

/// The models that are blended, by the names of their arrays; the last one gives reasons and similar films.
const MODELS: [&str; 4] = ["knn-means", "knn-baseline", "als", "bpmf"];

/// How the blend learns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlendParameters {
    /// How much is kept from the models to weigh them by.
    pub validation: ValidationParameters,
    /// User neighbours.
    pub knn_means: KnnMeansParameters,
    /// Film neighbours.
    pub knn_baseline: KnnBaselineParameters,
    /// ALS with biases.
    pub als: AlsParameters,
    /// Bayesian factors.
    pub bpmf: BpmfParameters,
}

/// How much is kept from the models to weigh them by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidationParameters {
    /// Share of a user's ratings that is kept; above 0, below 1.
    pub share: f64,
    /// Once so many ratings are kept, no further user's are.
    pub ratings: usize,
    /// Weight, in squared stars, that pulls all weights towards zero; above 0.
    pub ridge: f64,
    /// Seed of the choice.
    pub seed: u64,
}

impl Default for ValidationParameters {
    fn default() -> Self {
        ValidationParameters { share: 0.1, ratings: 50_000, ridge: 1.0, seed: 1 }
    }
}

impl BlendParameters {
    /// What is known to do well on data of this size.
    pub fn for_data(data: &TrainingData) -> BlendParameters {
        BlendParameters { bpmf: BpmfParameters::for_data(data), ..BlendParameters::default() }
    }

    fn check(&self) -> Result<(), Error> {
        let ValidationParameters { share, ratings, ridge, .. } = self.validation;
        Error::unless_within(NAME, "validation.share", share, 0.001..=0.9, "a number from 0.001 to 0.9")?;
        Error::unless_at_least(NAME, "validation.ratings", ratings as f64, 1.0, "a whole number, 1 or more")?;
        Error::unless_within(NAME, "validation.ridge", ridge, 1e-6..=1e9, "a number from 0.000001 to 1000000000")
    }
}

/// Models and their weights.
#[derive(Debug)]
pub struct Blend {
    scale: Scale,
    rated: Vec<bool>,
    mean: f64,
    models: [Box<dyn Model>; MODELS.len()],
    /// What is added to every prediction, then the weight of each model's deviation from the mean.
    weights: Vec<f64>,
}

impl Blend {
    /// Trains all models without some ratings, weighs them by these, and trains them anew with all.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(data: &TrainingData, parameters: &BlendParameters, watch: Watch<'_>) -> Result<Blend, Error> {
        parameters.check()?;
        if data.matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let total = 2 * MODELS.len() as u64;
        let (shown, kept) = keep_some(&data.matrix, &parameters.validation);
        let shown = TrainingData { matrix: shown.into(), content: data.content.clone() };
        let weights = if kept.is_empty() || shown.matrix.ratings() == 0 {
            // Too little to keep any: the mean of the models.
            std::iter::once(0.0).chain([1.0 / MODELS.len() as f64; MODELS.len()]).collect()
        } else {
            let models = train_all(&shown, parameters, |done| watch(Progress { done, total }))?;
            fit(&models, &shown, &kept, parameters.validation.ridge)
        };
        let models = train_all(data, parameters, |done| watch(Progress { done: total / 2 + done, total }))?;
        Ok(Blend::new(data, models, weights))
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &BlendParameters) -> Result<Blend, Error> {
        parameters.check()?;
        let weights = finite(NAME, WEIGHTS, parts.take_f64(NAME, WEIGHTS, MODELS.len() + 1)?)?;
        let [knn_means, knn_baseline, als, bpmf] = MODELS.map(|model| parts.take_group(model));
        let models: [Box<dyn Model>; MODELS.len()] = [
            Box::new(KnnMeans::load(knn_means, data, &parameters.knn_means)?),
            Box::new(KnnBaseline::load(knn_baseline, data, &parameters.knn_baseline)?),
            Box::new(Als::load(als, data, &parameters.als)?),
            Box::new(Bpmf::load(bpmf, data, &parameters.bpmf)?),
        ];
        Ok(Blend::new(data, models, weights))
    }

    fn new(data: &TrainingData, models: [Box<dyn Model>; MODELS.len()], weights: Vec<f64>) -> Blend {
        let mean = data.matrix.mean_half_stars() / 2.0;
        Blend { scale: Scale::of(&data.matrix), rated: rated_films(&data.matrix), mean, models, weights }
    }

    /// The weights of the blended models by name, and what is added to every prediction.
    pub fn weights(&self) -> (Vec<(&'static str, f64)>, f64) {
        (MODELS.into_iter().zip(self.weights[1..].iter().copied()).collect(), self.weights[0])
    }

    fn blended(&self, predictions: impl Iterator<Item = f64>) -> f64 {
        let deviations = predictions.map(|stars| stars - self.mean);
        self.mean
            + self.weights[0]
            + deviations.zip(&self.weights[1..]).map(|(value, weight)| value * weight).sum::<f64>()
    }
}

fn train_all(
    data: &TrainingData,
    parameters: &BlendParameters,
    done: impl Fn(u64),
) -> Result<[Box<dyn Model>; MODELS.len()], Error> {
    let knn_means = KnnMeans::train(data, &parameters.knn_means)?;
    done(1);
    let knn_baseline = KnnBaseline::train(data, &parameters.knn_baseline, &|_| {})?;
    done(2);
    let als = Als::train(data, &parameters.als, &|_| {})?;
    done(3);
    let bpmf = Bpmf::train(data, &parameters.bpmf, &|_| {})?;
    done(4);
    Ok([Box::new(knn_means), Box::new(knn_baseline), Box::new(als), Box::new(bpmf)])
}

/// Keeps some ratings of users in an order drawn by chance: the other ratings, and those kept.
fn keep_some(matrix: &RatingsMatrix, parameters: &ValidationParameters) -> (RatingsMatrix, Vec<Rating>) {
    let mut chance = Chance::of_stream(parameters.seed, 0);
    let mut users: Vec<usize> = (0..matrix.users()).collect();
    chance.shuffle(&mut users);
    let offsets = matrix.by_user().offsets();
    let mut is_kept = vec![false; matrix.ratings()];
    let mut count = 0;
    for user in users {
        for kept in &mut is_kept[offsets[user]..offsets[user + 1]] {
            *kept = count < parameters.ratings && chance.unit() < parameters.share;
            count += usize::from(*kept);
        }
    }
    let chosen = |kept: bool| {
        let marked = matrix.iter().zip(&is_kept);
        marked.filter(move |(_, is_kept)| **is_kept == kept).map(|(rating, _)| rating)
    };
    (RatingsMatrix::new(chosen(false), matrix.movie_ids().iter().copied()), chosen(true).collect())
}

/// Fits weights by ridge regression of the kept ratings' deviations from the mean on the predictions'.
fn fit(models: &[Box<dyn Model>; MODELS.len()], shown: &TrainingData, kept: &[Rating], ridge: f64) -> Vec<f64> {
    const N: usize = MODELS.len() + 1;
    let mean = shown.matrix.mean_half_stars() / 2.0;
    let users: Vec<&[Rating]> = kept.chunk_by(|a, b| a.user == b.user).collect();
    let sums_of = |ratings: &&[Rating]| {
        let viewer = shown.matrix.row_of(ratings[0].user).map(|row| Viewer::known(&shown.matrix, row));
        let viewer = viewer.unwrap_or_default();
        let known = ratings.iter().filter_map(|rating| {
            Some((shown.matrix.column_of(rating.movie)? as u32, stars(rating.half_stars.get()) - mean))
        });
        let (columns, truth): (Vec<u32>, Vec<f64>) = known.unzip();
        let predictions: Vec<Vec<Option<f32>>> =
            models.iter().map(|model| model.predict_each(&viewer, &columns)).collect();
        let mut sums = [0.0; N * N + N];
        for (at, truth) in truth.into_iter().enumerate() {
            let deviation = |model: usize| predictions[model][at].map_or(0.0, |stars| f64::from(stars) - mean);
            let row: [f64; N] = std::array::from_fn(|term| if term == 0 { 1.0 } else { deviation(term - 1) });
            for a in 0..N {
                for b in 0..N {
                    sums[a * N + b] += row[a] * row[b];
                }
                sums[N * N + a] += row[a] * truth;
            }
        }
        sums
    };
    let all: Vec<[f64; N * N + N]> = users.par_iter().map(sums_of).collect();
    let mut matrix = vec![0.0; N * N + N];
    for sums in all {
        matrix.iter_mut().zip(sums).for_each(|(sum, value)| *sum += value);
    }
    let mut weights = matrix.split_off(N * N);
    (0..N).for_each(|term| matrix[term * N + term] += ridge);
    Cholesky::of(matrix, N, 1e-12).solve(&mut weights);
    weights
}

impl Model for Blend {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let mut of_models = vec![vec![0.0; scores.len()]; MODELS.len()];
        for (model, scores) in self.models.iter().zip(&mut of_models) {
            model.score(viewer, scores);
        }
        for (film, score) in scores.iter_mut().enumerate() {
            *score = match self.rated[film] {
                true => self.blended(of_models.iter().map(|scores| f64::from(scores[film]))) as f32,
                false => f32::NEG_INFINITY,
            };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        self.predict_each(viewer, &[column]).pop().flatten()
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let of_models: Vec<Vec<Option<f32>>> =
            self.models.iter().map(|model| model.predict_each(viewer, columns)).collect();
        let blended = |at: usize| {
            let predictions = of_models.iter().map(|of_model| of_model[at].map_or(self.mean, f64::from));
            Some(self.scale.clamp(self.blended(predictions)))
        };
        (0..columns.len()).map(blended).collect()
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        self.models[MODELS.len() - 1].because(viewer, column, limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.models[MODELS.len() - 1].similar(column, k)
    }

    fn parts(&self) -> Parts {
        let parts = Parts::default().with(WEIGHTS, Array::F64(self.weights.clone()));
        let groups = MODELS.into_iter().zip(&self.models);
        groups.fold(parts, |parts, (name, model)| parts.with_group(name, model.parts()))
    }
}
