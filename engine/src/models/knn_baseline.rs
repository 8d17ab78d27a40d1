//! Film neighbours for ratings: the baseline, and by how much the viewer's ratings of the most similar films exceed theirs.
//!
//! Similarity is the correlation of what ratings exceed the baseline by, over common raters, shrunk towards zero where
//! these are few: Koren, "Factor in the Neighbors" (2010), equations 2 and 3, as in Surprise's `KNNBaseline` with
//! `pearson_baseline`. All similarities are learned in advance; the viewer may be anybody.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::biases::{Biases, Scale, rated_films, stars};
use super::weighted_lists::{WeightedLists, best_first, shares};
use super::{BaselineParameters, Error, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};
use crate::best::Best;
use crate::matrix::RatingsMatrix;

const NAME: &str = "knn-baseline";

/// Films whose neighbours are looked for between two reports of progress.
const FILMS_AT_ONCE: usize = 256;

/// How similarities are shrunk, how many films count, and how the baseline is learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnnBaselineParameters {
    /// The viewer's films that count, at most; 1 or more.
    pub k: usize,
    /// A correlation over n raters is multiplied by (n - 1) / (n - 1 + shrinkage); 0 or more.
    pub shrinkage: f64,
    /// Similar films kept a film, at most; 1 to 10,000. Fewer make a smaller model, and predictions that miss neighbours.
    pub kept: usize,
    /// The baseline's.
    pub baseline: BaselineParameters,
}

impl Default for KnnBaselineParameters {
    fn default() -> Self {
        KnnBaselineParameters { k: 60, shrinkage: 100.0, kept: 1000, baseline: BaselineParameters::default() }
    }
}

impl KnnBaselineParameters {
    fn check(&self) -> Result<(), Error> {
        Error::unless_at_least(NAME, "k", self.k as f64, 1.0, "a whole number, 1 or more")?;
        Error::unless_within(NAME, "shrinkage", self.shrinkage, 0.0..=1e9, "a number of raters, 0 or more")?;
        Error::unless_within(NAME, "kept", self.kept as f64, 1.0..=1e4, "a whole number from 1 to 10000")?;
        self.baseline.check(NAME)
    }
}

/// Biases, and similar films.
#[derive(Clone, Debug)]
pub struct KnnBaseline {
    scale: Scale,
    rated: Vec<bool>,
    biases: Biases,
    similar: WeightedLists,
    k: usize,
}

impl KnnBaseline {
    /// Learns biases and similarities, telling `watch` now and then.
    ///
    /// # Errors
    /// If a parameter is out of range or there is no rating.
    pub fn train(
        data: &TrainingData,
        parameters: &KnnBaselineParameters,
        watch: Watch<'_>,
    ) -> Result<KnnBaseline, Error> {
        parameters.check()?;
        if data.matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let biases = Biases::learn(&data.matrix, &parameters.baseline);
        let similar = correlated_films(&data.matrix, &biases, parameters, watch);
        Ok(KnnBaseline::new(data, biases, similar, parameters))
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(
        mut parts: Parts,
        data: &TrainingData,
        parameters: &KnnBaselineParameters,
    ) -> Result<KnnBaseline, Error> {
        parameters.check()?;
        let films = data.matrix.films();
        let biases = Biases::take(&mut parts, NAME, films, &parameters.baseline)?;
        let similar = WeightedLists::from_parts(&mut parts, NAME, films, films)?;
        Ok(KnnBaseline::new(data, biases, similar, parameters))
    }

    fn new(
        data: &TrainingData,
        biases: Biases,
        similar: WeightedLists,
        parameters: &KnnBaselineParameters,
    ) -> KnnBaseline {
        let (scale, rated) = (Scale::of(&data.matrix), rated_films(&data.matrix));
        KnnBaseline { scale, rated, biases, similar, k: parameters.k }
    }

    /// The viewer's films most similar to a film, with their similarities and what their ratings exceed the baseline by.
    fn neighbours(&self, viewer: &Viewer<'_>, of_viewer: f64, column: u32) -> Vec<(Weighted, f64)> {
        let rated = viewer
            .columns
            .iter()
            .filter_map(|&own| Some(Weighted { column: own, weight: self.similar.weight(column as usize, own)? }));
        let deviation = |own: Weighted| {
            let rating = stars(viewer.half_stars_of(own.column)?);
            Some((own, rating - self.biases.of_film(own.column) - of_viewer))
        };
        best_first(rated.collect(), self.k).into_iter().filter_map(deviation).collect()
    }

    fn predicted(&self, viewer: &Viewer<'_>, of_viewer: f64, column: u32) -> f64 {
        let (mut deviations, mut weights) = (0.0, 0.0);
        for (neighbour, deviation) in self.neighbours(viewer, of_viewer, column) {
            deviations += f64::from(neighbour.weight) * deviation;
            weights += f64::from(neighbour.weight);
        }
        let baseline = self.biases.of_film(column) + of_viewer;
        if weights > 0.0 { baseline + deviations / weights } else { baseline }
    }
}

impl Model for KnnBaseline {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        let of_viewer = self.biases.of_viewer(viewer);
        for (column, score) in scores.iter_mut().enumerate() {
            *score = match self.rated[column] {
                true => self.predicted(viewer, of_viewer, column as u32) as f32,
                false => f32::NEG_INFINITY,
            };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        self.predict_each(viewer, &[column]).pop().flatten()
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let of_viewer = self.biases.of_viewer(viewer);
        columns.iter().map(|&column| Some(self.scale.clamp(self.predicted(viewer, of_viewer, column)))).collect()
    }

    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let added = self.neighbours(viewer, self.biases.of_viewer(viewer), column).into_iter();
        let added = added.map(|(film, deviation)| Weighted { weight: film.weight * deviation as f32, ..film });
        shares(added.filter(|film| film.weight > 0.0).collect(), limit)
    }

    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        self.similar.best(column as usize, k)
    }

    fn parts(&self) -> Parts {
        self.similar.add_to(self.biases.put(Parts::default()))
    }
}

/// Over the raters of two films, the sums of: product of deviations, square of the one's, of the other's, and one.
type Sums = [f32; 4];

/// For each film those of the largest shrunk correlation with it, of those above zero.
fn correlated_films(
    matrix: &RatingsMatrix,
    biases: &Biases,
    parameters: &KnnBaselineParameters,
    watch: Watch<'_>,
) -> WeightedLists {
    let deviations = deviations(matrix, biases);
    let films = matrix.films();
    let sums: Vec<Mutex<Vec<Sums>>> =
        (0..rayon::current_num_threads()).map(|_| Mutex::new(vec![[0.0; 4]; films])).collect();
    let mut lists = Vec::with_capacity(films);
    for first in (0..films).step_by(FILMS_AT_ONCE) {
        let piece = first..(first + FILMS_AT_ONCE).min(films);
        watch(Progress { done: first as u64, total: films as u64 });
        lists.par_extend(piece.into_par_iter().with_max_len(1).map(|film| {
            let thread = rayon::current_thread_index().unwrap_or(0) % sums.len();
            let mut sums = sums[thread].lock().unwrap_or_else(PoisonError::into_inner);
            correlated(matrix, &deviations, film, parameters, &mut sums)
        }));
    }
    watch(Progress { done: films as u64, total: films as u64 });
    WeightedLists::new(lists)
}

/// What each rating exceeds the baseline by, in stars, parallel to the ratings by user.
fn deviations(matrix: &RatingsMatrix, biases: &Biases) -> Vec<f32> {
    let of_user = |row: usize| {
        let viewer = Viewer::known(matrix, row);
        let of_viewer = biases.of_viewer(&viewer);
        let deviation = move |(&column, &half_stars)| (stars(half_stars) - biases.of_film(column) - of_viewer) as f32;
        viewer.columns.iter().zip(viewer.half_stars).map(deviation).collect::<Vec<f32>>()
    };
    (0..matrix.users()).into_par_iter().flat_map_iter(of_user).collect()
}

fn correlated(
    matrix: &RatingsMatrix,
    deviations: &[f32],
    film: usize,
    parameters: &KnnBaselineParameters,
    sums: &mut [Sums],
) -> Vec<Weighted> {
    let by_user = matrix.by_user();
    sums.fill([0.0; 4]);
    for &user in matrix.by_film().row(film).0 {
        let start = by_user.offsets()[user as usize];
        let columns = by_user.row(user as usize).0;
        let Ok(own) = columns.binary_search(&(film as u32)) else { continue };
        let own = deviations[start + own];
        for (&column, &other) in columns.iter().zip(&deviations[start..]) {
            let added = [own * other, own * own, other * other, 1.0];
            let sums = &mut sums[column as usize];
            *sums = std::array::from_fn(|at| sums[at] + added[at]);
        }
    }
    let mut best = Best::new(parameters.kept, |a: &Weighted, b: &Weighted| {
        b.weight.total_cmp(&a.weight).then(a.column.cmp(&b.column))
    });
    for (other, &[product, own_square, other_square, raters]) in sums.iter().enumerate() {
        // Of two raters at least; and a film of which every rating is as expected correlates with none.
        let lengths = (f64::from(own_square) * f64::from(other_square)).sqrt();
        if other == film || raters < 2.0 || product <= 0.0 || lengths == 0.0 {
            continue;
        }
        let others = f64::from(raters) - 1.0;
        let weight = f64::from(product) / lengths * others / (others + parameters.shrinkage);
        best.offer(Weighted { column: other as u32, weight: weight as f32 });
    }
    best.into_sorted()
}
