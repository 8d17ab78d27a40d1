//! Fits the weights of a hybrid: to the order of films by a listwise likelihood, to ratings by least squares.

use rayon::prelude::*;

use super::validation::Judged;

/// Steps of Newton's method; it has converged long before.
const STEPS: usize = 25;
/// Keeps weights of members that say the same finite, in films held out.
const RIDGE: f64 = 1.0;

/// Weights of the chosen members, the others being 0, under which the films held out are likeliest to be drawn from each user's candidates, when a film is drawn
/// with a probability proportional to `exp(weights . scores)` (ListNet's top-one probability: Cao, Qin, Liu, Tsai and Li
/// 2007). Concave in the weights, so that Newton's method finds the one best.
pub(super) fn ranking_weights(users: &[Judged], chosen: &[usize], members: usize) -> Vec<f32> {
    let mut weights = vec![0.0; members];
    chosen.iter().for_each(|&member| weights[member] = 1.0 / chosen.len() as f64);
    let mut slope = slope_at(users, &weights);
    for _ in 0..STEPS {
        let n = chosen.len();
        let curvature = (0..n * n).map(|at| slope.curvature[chosen[at / n] * members + chosen[at % n]]).collect();
        let gradient = chosen.iter().map(|&member| slope.gradient[member]).collect();
        let Some(step) = solve(curvature, gradient) else { break };
        // Halved until it helps: a full step may overshoot far from the optimum.
        let better = (0..10).find_map(|halvings| {
            let scale = 0.5f64.powi(halvings);
            let mut tried = weights.clone();
            chosen.iter().zip(&step).for_each(|(&member, step)| tried[member] += scale * step);
            let there = slope_at(users, &tried);
            (there.likelihood > slope.likelihood + 1e-9 * slope.likelihood.abs()).then_some((tried, there))
        });
        let Some(better) = better else { break };
        (weights, slope) = better;
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}

/// The penalised logarithm of the likelihood, its gradient, and its curvature (the negative of its second derivatives).
struct Slope {
    likelihood: f64,
    gradient: Vec<f64>,
    curvature: Vec<f64>,
}

fn slope_at(users: &[Judged], weights: &[f64]) -> Slope {
    let n = weights.len();
    // Summed in order, so that the number of threads makes no difference.
    let of_users: Vec<Slope> = users.par_iter().map(|user| slope_of_user(user, weights)).collect();
    let mut sum = Slope {
        likelihood: -RIDGE / 2.0 * weights.iter().map(|weight| weight * weight).sum::<f64>(),
        gradient: weights.iter().map(|weight| -RIDGE * weight).collect(),
        curvature: (0..n * n).map(|at| if at / n == at % n { RIDGE } else { 0.0 }).collect(),
    };
    for user in of_users {
        sum.likelihood += user.likelihood;
        add(&mut sum.gradient, 1.0, &user.gradient);
        add(&mut sum.curvature, 1.0, &user.curvature);
    }
    sum
}

fn slope_of_user(user: &Judged, weights: &[f64]) -> Slope {
    let n = weights.len();
    let candidates: Vec<Vec<f64>> =
        user.scores.chunks_exact(n).map(|scores| scores.iter().map(|&score| f64::from(score)).collect()).collect();
    let exponents: Vec<f64> = candidates
        .iter()
        .map(|scores| scores.iter().zip(weights).map(|(score, weight)| score * weight).sum())
        .collect();
    let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = exponents.iter().map(|exponent| (exponent - largest).exp()).sum();
    let mut slope = Slope { likelihood: 0.0, gradient: vec![0.0; n], curvature: vec![0.0; n * n] };
    let mut mean = vec![0.0; n];
    let mut squares = vec![0.0; n * n];
    let mut drawn = 0.0;
    for ((scores, exponent), &relevant) in candidates.iter().zip(&exponents).zip(&user.relevant) {
        let probability = (exponent - largest).exp() / total;
        add(&mut mean, probability, scores);
        for (row, score) in scores.iter().enumerate() {
            add(&mut squares[row * n..][..n], probability * score, scores);
        }
        if relevant {
            drawn += 1.0;
            slope.likelihood += exponent - largest - total.ln();
            add(&mut slope.gradient, 1.0, scores);
        }
    }
    add(&mut slope.gradient, -drawn, &mean);
    add(&mut slope.curvature, drawn, &squares);
    for (row, &of_row) in mean.iter().enumerate() {
        add(&mut slope.curvature[row * n..][..n], -drawn * of_row, &mean);
    }
    slope
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += factor * what;
    }
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
    let mut weights = solve(normal, right)?;
    weights[..members].iter_mut().for_each(|weight| *weight += equal);
    weights.iter().all(|weight| weight.is_finite()).then_some(weights)
}

/// Solves a positive definite system by elimination.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for pivot in 0..n {
        let diagonal = matrix[pivot * n + pivot];
        if !(diagonal > 0.0 && diagonal.is_finite()) {
            return None;
        }
        for row in (0..n).filter(|&row| row != pivot) {
            let factor = matrix[row * n + pivot] / diagonal;
            for column in pivot..n {
                matrix[row * n + column] -= factor * matrix[pivot * n + column];
            }
            right[row] -= factor * right[pivot];
        }
    }
    Some((0..n).map(|at| right[at] / matrix[at * n + at]).collect())
}
