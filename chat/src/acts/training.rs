//! Learns from examples which act a sentence is: a linear support vector machine for each act against all others, squared
//! hinge loss, by dual coordinate descent (Hsieh, Chang, Lin, Keerthi and Sundararajan, A dual coordinate descent method for
//! large-scale linear SVM, 2008), on features weighted by how rare they are (tf-idf). Runs when the crate is built.

use std::collections::HashMap;

/// What a wrong example costs against large weights.
const COST: f64 = 1.0;
const PASSES: usize = 12;
/// A feature of fewer examples is left out.
const FEWEST: u32 = 2;

pub(crate) struct Trained {
    /// In ascending order.
    pub(crate) features: Vec<u64>,
    /// How rare each is.
    pub(crate) rarity: Vec<f32>,
    /// For each act, a weight for each feature, and one more that stands for all sentences.
    pub(crate) weights: Vec<Vec<f32>>,
}

/// `examples` are the features and the act of each; acts are counted from 0 to below `acts`.
pub(crate) fn train(examples: &[(Vec<u64>, usize)], acts: usize) -> Trained {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for feature in examples.iter().flat_map(|(features, _)| features) {
        *counts.entry(*feature).or_default() += 1;
    }
    counts.retain(|_, count| *count >= FEWEST);
    let mut features: Vec<u64> = counts.keys().copied().collect();
    features.sort_unstable();
    let rarity: Vec<f32> = features.iter().map(|feature| rarity(examples.len(), counts[feature])).collect();
    let place: HashMap<u64, usize> = features.iter().enumerate().map(|(at, feature)| (*feature, at)).collect();
    let rows: Vec<Vec<(usize, f64)>> = examples
        .iter()
        .map(|(said, _)| {
            let known = said.iter().filter_map(|feature| place.get(feature));
            let mut row: Vec<(usize, f64)> = known.map(|at| (*at, f64::from(rarity[*at]))).collect();
            let length = row.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
            row.iter_mut().for_each(|(_, weight)| *weight /= length);
            row.push((features.len(), 1.0));
            row
        })
        .collect();
    let of: Vec<usize> = examples.iter().map(|(_, act)| *act).collect();
    let weights = (0..acts).map(|act| one_against_all(&rows, &of, act, features.len() + 1)).collect();
    Trained { features, rarity, weights }
}

/// How much a feature tells that so many of all examples have.
fn rarity(all: usize, have: u32) -> f32 {
    (((1 + all) as f32) / ((1 + have) as f32)).ln() + 1.0
}

fn one_against_all(rows: &[Vec<(usize, f64)>], of: &[usize], act: usize, features: usize) -> Vec<f32> {
    let softness = 0.5 / COST;
    let mut weights = vec![0.0_f64; features];
    let mut alphas = vec![0.0_f64; rows.len()];
    let mut active: Vec<usize> = (0..rows.len()).collect();
    let mut random = 1_u64;
    for pass in 0..PASSES {
        // Examples that are told apart well are looked at again in every fourth pass only.
        if pass % 4 == 3 || pass + 1 == PASSES {
            active = (0..rows.len()).collect();
        }
        for at in (1..active.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            active.swap(at, (random >> 33) as usize % (at + 1));
        }
        active.retain(|at| {
            let (row, alpha) = (&rows[*at], alphas[*at]);
            let sign = if of[*at] == act { 1.0 } else { -1.0 };
            let said: f64 = row.iter().map(|(feature, value)| weights[*feature] * value).sum();
            let gradient = sign * said - 1.0 + softness * alpha;
            if alpha == 0.0 && gradient > 0.0 {
                return gradient < 0.5;
            }
            // A row has length 1, and 1 more for all sentences.
            let next = (alpha - gradient / (2.0 + softness)).max(0.0);
            let step = (next - alpha) * sign;
            alphas[*at] = next;
            for (feature, value) in row {
                weights[*feature] += step * value;
            }
            true
        });
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}
