//! Bayesian factors for ratings: not one solution but the average over many drawn from all that explain the ratings.
//!
//! Bayesian probabilistic matrix factorisation (Salakhutdinov and Mnih 2008) with biases, and with the implicit factors of
//! who rated what as side information (as Simm et al. 2015 take in what is known of rows). Kept are draws of the films'
//! factors; a viewer is solved in each, so that who was never seen in training is served like everybody else.

mod parameters;
mod prior;
mod sampler;

pub use parameters::BpmfParameters;

use super::alternating::{Workspace, empty_row};
use super::biased_factors::{BiasedFactors, at};
use super::biases::{Scale, finite, rated_films};
use super::weighted_lists::{best_first, check_finite, shares};
use super::{Array, Error, Ials, Model, Parts, Progress, TrainingData, Viewer, Watch, Weighted};
use crate::dense::{FactorRows, Lane, dot, inner_products};
use prior::Prior;
use sampler::{Sampler, solve_given};

const NAME: &str = "bpmf";
const KNOWN_SCALE: &str = "known_scale";
const IMPLICIT_FACTORS: &str = "implicit_film_factors";
const FILM_FACTORS: &str = "film_factors";
const PRIOR_MEANS: &str = "prior_means";
const PRIOR_PRECISIONS: &str = "prior_precisions";
const LINKS: &str = "links";
const NOISE_PRECISIONS: &str = "noise_precisions";

/// A model of more is refused.
const MOST_MIB: usize = 4096;

/// What predicts ratings as the chain once stood: films, what is believed of users, and the precision of ratings.
#[derive(Clone, Debug)]
struct Draw {
    films: BiasedFactors,
    prior: Prior,
    noise_precision: f64,
}

/// Draws of film factors, and the implicit factors from which a viewer's prior is known.
#[derive(Debug)]
pub struct Bpmf {
    scale: Scale,
    rated: Vec<bool>,
    mean: f64,
    /// What the implicit factors of viewers are multiplied by, so that they are about one.
    known_scale: f32,
    implicit: Ials,
    draws: Vec<Draw>,
}

impl Bpmf {
    /// Draws, telling `watch` after each iteration.
    ///
    /// # Errors
    /// If a parameter is out of range, there is no rating, or the model would be too large.
    pub fn train(data: &TrainingData, parameters: &BpmfParameters, watch: Watch<'_>) -> Result<Bpmf, Error> {
        parameters.check()?;
        let matrix = &*data.matrix;
        if matrix.ratings() == 0 {
            return Err(Error::NoRatings { model: NAME });
        }
        let needed = BiasedFactors::bytes(matrix.films(), parameters.rank()).saturating_mul(parameters.draws) >> 20;
        if needed > MOST_MIB {
            let advice = "keep fewer draws or factors";
            return Err(Error::TooLarge { model: NAME, films: matrix.films(), needed, limit: MOST_MIB, advice });
        }
        let implicit = Ials::train(data, &parameters.implicit, &|_| {})?;
        let flat = implicit.user_factors(matrix).to_flat();
        let known_scale = one_over_root_mean_square(&flat);
        let known = |flat: Vec<f32>, scale: f32| {
            let scaled: Vec<f32> = flat.into_iter().map(|value| value * scale).collect();
            FactorRows::from_flat(&scaled, parameters.implicit.factors)
        };
        let of_films = implicit.film_factors();
        let film_scale = one_over_root_mean_square(&of_films);
        let mut sampler = Sampler::start(matrix, parameters, known(flat, known_scale), known(of_films, film_scale));
        let mut draws = Vec::with_capacity(parameters.draws);
        for iteration in 0..parameters.iterations() {
            let draw = sampler.step();
            let after = (iteration + 1).saturating_sub(parameters.burn_in);
            if after > 0 && after.is_multiple_of(parameters.iterations_a_draw) {
                draws.push(draw);
            }
            watch(Progress { done: iteration as u64 + 1, total: parameters.iterations() as u64 });
        }
        let finite =
            |draw: &Draw| draw.films.own().lanes().iter().all(|lane| lane.0.iter().all(|value| value.is_finite()));
        if !draws.iter().all(finite) {
            return Err(Error::Diverged { model: NAME });
        }
        Ok(Bpmf::new(data, known_scale, implicit, draws))
    }

    /// Takes the arrays of a model that was trained on these data.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, data: &TrainingData, parameters: &BpmfParameters) -> Result<Bpmf, Error> {
        parameters.check()?;
        let (films, rank, knowns, draws) =
            (data.matrix.films(), parameters.rank(), parameters.implicit.factors, parameters.draws);
        let mut take = |part: &'static str, length: usize| finite(NAME, part, parts.take_f64(NAME, part, length)?);
        let known_scale = take(KNOWN_SCALE, 1)?[0] as f32;
        let means = take(PRIOR_MEANS, draws * rank)?;
        let precisions = take(PRIOR_PRECISIONS, draws * rank * rank)?;
        let links = take(LINKS, draws * knowns * rank)?;
        let noise_precisions = take(NOISE_PRECISIONS, draws)?;
        if noise_precisions.iter().any(|&precision| precision <= 0.0) {
            return Err(Error::damaged(NAME, NOISE_PRECISIONS, "has an element that is not above zero"));
        }
        let flat = parts.take_f32(NAME, FILM_FACTORS, films.saturating_mul(rank).saturating_mul(draws))?;
        check_finite(NAME, FILM_FACTORS, &flat)?;
        let implicit = parts.take_f32(NAME, IMPLICIT_FACTORS, films.saturating_mul(knowns))?;
        let implicit = Ials::load(Ials::parts_of(implicit), films, &parameters.implicit)?;
        let draw = |draw: usize| {
            let slice = |values: &[f64], length: usize| values[draw * length..(draw + 1) * length].to_vec();
            let (mean, precision) = (slice(&means, rank), slice(&precisions, rank * rank));
            let films = FactorRows::from_flat(&flat[draw * films * rank..(draw + 1) * films * rank], rank);
            Draw {
                films: BiasedFactors::new(films),
                prior: Prior::new(mean, precision, slice(&links, knowns * rank)),
                noise_precision: noise_precisions[draw],
            }
        };
        Ok(Bpmf::new(data, known_scale, implicit, (0..draws).map(draw).collect()))
    }

    fn new(data: &TrainingData, known_scale: f32, implicit: Ials, draws: Vec<Draw>) -> Bpmf {
        let (scale, rated) = (Scale::of(&data.matrix), rated_films(&data.matrix));
        Bpmf { scale, rated, mean: data.matrix.mean_half_stars() / 2.0, known_scale, implicit, draws }
    }

    /// Solves the viewer in each draw.
    fn for_each_draw(&self, viewer: &Viewer<'_>, mut visit: impl FnMut(&Draw, &Workspace, &[Lane])) {
        let known: Vec<f32> =
            self.implicit.viewer_factors(viewer).into_iter().map(|value| value * self.known_scale).collect();
        let Some(rank) = self.draws.first().map(|draw| draw.films.rank()) else { return };
        let (mut workspace, mut row) = (Workspace::new(rank), empty_row(rank));
        for draw in &self.draws {
            let noise = (self.mean, draw.noise_precision);
            let ratings = (viewer.columns, viewer.half_stars);
            solve_given(&draw.prior, known.iter().copied(), noise, &draw.films, ratings, &mut workspace, &mut row);
            visit(draw, &workspace, &row);
        }
    }
}

/// What brings numbers to a root mean square of one; one if all are zero.
fn one_over_root_mean_square(values: &[f32]) -> f32 {
    let squares: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
    if squares > 0.0 { (values.len() as f64 / squares).sqrt() as f32 } else { 1.0 }
}

impl Model for Bpmf {
    fn score(&self, viewer: &Viewer<'_>, scores: &mut [f32]) {
        scores.fill(0.0);
        let mut products = vec![0.0; scores.len()];
        self.for_each_draw(viewer, |draw, _, row| {
            inner_products(draw.films.with_one(), row, &mut products);
            for (film, (score, product)) in scores.iter_mut().zip(&products).enumerate() {
                *score += product + draw.films.bias(film);
            }
        });
        for (score, &rated) in scores.iter_mut().zip(&self.rated) {
            *score = if rated { *score / self.draws.len() as f32 + self.mean as f32 } else { f32::NEG_INFINITY };
        }
    }

    fn predict(&self, viewer: &Viewer<'_>, column: u32) -> Option<f32> {
        self.predict_each(viewer, &[column]).pop().flatten()
    }

    fn predict_each(&self, viewer: &Viewer<'_>, columns: &[u32]) -> Vec<Option<f32>> {
        let mut sums = vec![0.0f64; columns.len()];
        self.for_each_draw(viewer, |draw, _, row| {
            for (sum, &column) in sums.iter_mut().zip(columns) {
                let film = column as usize;
                *sum += match film < draw.films.len() {
                    true => f64::from(draw.films.bias(film) + dot(row, draw.films.with_one().row(film))),
                    false => f64::from(at(row, draw.films.rank() - 1)),
                };
            }
        });
        sums.into_iter().map(|sum| Some(self.scale.clamp(self.mean + sum / self.draws.len() as f64))).collect()
    }

    /// In each draw as Hu et al. 2008, equation 7, for what the rating exceeds the viewer's prior by.
    fn because(&self, viewer: &Viewer<'_>, column: u32, limit: usize) -> Vec<Weighted> {
        let film = column as usize;
        // Of films that nobody rated only the viewer's own bias speaks.
        if !self.rated.get(film).is_some_and(|&rated| rated) {
            return Vec::new();
        }
        let mut added: Vec<Weighted> = viewer.columns.iter().map(|&column| Weighted { column, weight: 0.0 }).collect();
        self.for_each_draw(viewer, |draw, workspace, _| {
            let mut through_matrix = draw.films.with_one().row(film).to_vec();
            workspace.equations.solve(&mut through_matrix);
            for (added, linear) in added.iter_mut().zip(&workspace.linear) {
                added.weight += linear * dot(&through_matrix, draw.films.with_one().row(added.column as usize));
            }
        });
        added.retain(|film| film.weight > 0.0);
        shares(added, limit)
    }

    /// The mean over draws of the cosine of factors without biases.
    fn similar(&self, column: u32, k: usize) -> Vec<Weighted> {
        let film = column as usize;
        if !self.rated.get(film).is_some_and(|&rated| rated) {
            return Vec::new();
        }
        let mut sums = vec![0.0f32; self.rated.len()];
        for draw in &self.draws {
            let own = draw.films.without_bias(film);
            let length = dot(&own, &own).sqrt();
            for (other, sum) in sums.iter_mut().enumerate() {
                let squares = draw.films.own().values(other).take(draw.films.rank() - 1).map(|factor| factor * factor);
                let lengths = length * squares.sum::<f32>().sqrt();
                // Without factors there is nothing to be like.
                if lengths > 0.0 {
                    *sum += dot(&own, draw.films.own().row(other)) / lengths;
                }
            }
        }
        let others = (0..self.rated.len()).filter(|&other| other != film && self.rated[other]);
        let cosine = |other: usize| Weighted { column: other as u32, weight: sums[other] / self.draws.len() as f32 };
        best_first(others.map(cosine).collect(), k)
    }

    fn parts(&self) -> Parts {
        let gathered =
            |of: fn(&Draw) -> &[f64]| Array::F64(self.draws.iter().flat_map(|draw| of(draw).to_vec()).collect());
        let films = self.draws.iter().flat_map(|draw| draw.films.own().to_flat()).collect();
        Parts::default()
            .with(KNOWN_SCALE, Array::F64(vec![f64::from(self.known_scale)]))
            .with(IMPLICIT_FACTORS, Array::F32(self.implicit.film_factors()))
            .with(FILM_FACTORS, Array::F32(films))
            .with(PRIOR_MEANS, gathered(|draw| &draw.prior.mean))
            .with(PRIOR_PRECISIONS, gathered(|draw| &draw.prior.precision))
            .with(LINKS, gathered(|draw| &draw.prior.link))
            .with(NOISE_PRECISIONS, Array::F64(self.draws.iter().map(|draw| draw.noise_precision).collect()))
    }
}
