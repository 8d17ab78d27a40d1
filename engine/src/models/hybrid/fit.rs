//! Fits the weights of a hybrid: to the order of films by ascent on NDCG, to ratings by least squares.

use rayon::prelude::*;

use super::validation::Judged;
use crate::dense::Cholesky;

/// Where the list is cut.
const CUT: usize = 10;
/// What a weight is tried times.
const FACTORS: [f32; 3] = [0.0, 0.5, 2.0];
/// Rounds over all weights, at most.
const ROUNDS: usize = 6;
/// Keeps weights of members that predict the same finite, in ratings held out.
const RIDGE: f64 = 1.0;

/// Weights of the chosen members, the others being 0, that order the candidates best.
///
/// They start equal, and one is changed at a time, if that raises NDCG by more than the standard error of the difference:
/// what chance may have done is not followed, so that few users leave the weights near equal. Fitting a likelihood of all
/// films held out would be smoother, but favours members that are right about the many films far down the list.
pub(super) fn ranking_weights(users: &[Judged], chosen: &[usize], members: usize) -> Vec<f32> {
    let mut weights = vec![0.0; members];
    chosen.iter().for_each(|&member| weights[member] = 1.0);
    let mut reached = ndcg(users, &weights);
    for _ in 0..ROUNDS {
        let before = weights.clone();
        for &member in chosen {
            for factor in FACTORS {
                let mut tried = weights.clone();
                tried[member] = if weights[member] > 0.0 { weights[member] * factor } else { factor / 4.0 };
                let figures = ndcg(users, &tried);
                if is_better(&figures, &reached) {
                    (weights, reached) = (tried, figures);
                }
            }
        }
        if weights == before {
            break;
        }
    }
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum.max(f32::MIN_POSITIVE)).collect()
}

/// Whether the mean of the one exceeds that of the other by more than the standard error of their difference.
fn is_better(figures: &[f64], others: &[f64]) -> bool {
    let count = figures.len() as f64;
    let differences = || figures.iter().zip(others).map(|(figure, other)| figure - other);
    let mean = differences().sum::<f64>() / count;
    let variance = differences().map(|difference| (difference - mean).powi(2)).sum::<f64>() / count;
    mean > (variance / count).sqrt()
}

/// For each user the NDCG at [`CUT`] of the candidates ordered by the weighted sum of their scores.
fn ndcg(users: &[Judged], weights: &[f32]) -> Vec<f64> {
    let gain = |at: usize| 1.0 / ((at + 2) as f64).log2();
    let of_user = |user: &Judged| -> f64 {
        let sum = |scores: &[f32]| scores.iter().zip(weights).map(|(score, weight)| score * weight).sum();
        let sums = user.scores.chunks_exact(weights.len()).map(sum);
        let mut films: Vec<(f32, bool)> = sums.zip(user.relevant.iter().copied()).collect();
        // Of equals the irrelevant first: no weights win by what is left to chance.
        let order = |a: &(f32, bool), b: &(f32, bool)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if CUT < films.len() {
            films.select_nth_unstable_by(CUT, order);
            films.truncate(CUT);
        }
        films.sort_unstable_by(order);
        let found = films.iter().enumerate().filter(|(_, film)| film.1).map(|(at, _)| gain(at));
        found.sum::<f64>() / (0..user.held_out.clamp(1, CUT)).map(gain).sum::<f64>()
    };
    users.par_iter().map(of_user).collect()
}

/// Weights by which the sum of predictions, and a constant at the end, comes closest to the ratings: least squares with
/// a small ridge towards the mean of all predictions. `None` without ratings or if it has no solution.
pub(super) fn prediction_weights(ratings: &[(f64, Vec<f64>)]) -> Option<Vec<f64>> {
    let members = ratings.first()?.1.len();
    let equal = 1.0 / members as f64;
    let size = members + 1;
    let mut normal = vec![0.0; size * size];
    let mut right = vec![0.0; size];
    for (rating, predicted) in ratings {
        let mean = predicted.iter().sum::<f64>() * equal;
        let row = |at: usize| if at < members { predicted[at] } else { 1.0 };
        for a in 0..size {
            right[a] += row(a) * (rating - mean);
            for b in 0..size {
                normal[a * size + b] += row(a) * row(b);
            }
        }
    }
    for at in 0..size {
        normal[at * size + at] += RIDGE;
    }
    let mut weights = right;
    Cholesky::of(normal, size, 1e-12).solve(&mut weights);
    weights[..members].iter_mut().for_each(|weight| *weight += equal);
    weights.iter().all(|weight| weight.is_finite()).then_some(weights)
}
