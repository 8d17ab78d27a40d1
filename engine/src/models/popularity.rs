//! The popularity model: the same films for everyone, by number of ratings or by damped mean, of all time or of late.

use serde::{Deserialize, Serialize};

use super::{Array, Error, Model, Parts, TrainingData, Viewer};

const NAME: &str = "popularity";

/// What counts as popular.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The number of ratings.
    #[default]
    Count,
    /// The mean rating, damped: `(sum + damping * global mean) / (count + damping)`.
    DampedMean,
}

/// How the popularity model learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopularityParameters {
    /// What counts as popular.
    pub measure: Measure,
    /// Imagined ratings at the global mean that each film starts from, for the damped mean; 0 or more.
    pub damping: f64,
    /// Only ratings of this many days before the latest count; 0 for all.
    pub window_days: u32,
}

impl Default for PopularityParameters {
    fn default() -> Self {
        PopularityParameters { measure: Measure::Count, damping: 25.0, window_days: 0 }
    }
}

/// A score for each film, whoever asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Popularity {
    scores: Vec<f32>,
}

impl Popularity {
    /// Counts. A film without a rating in the window scores negative infinity.
    ///
    /// # Errors
    /// If the damping is negative or not finite.
    pub fn train(data: &TrainingData, parameters: &PopularityParameters) -> Result<Popularity, Error> {
        let PopularityParameters { measure, damping, window_days } = *parameters;
        Error::unless_at_least(NAME, "damping", damping, 0.0, "a number of ratings, 0 or more")?;
        let matrix = &data.matrix;
        let latest = matrix.timestamps().iter().max().copied().unwrap_or(0);
        let since = if window_days == 0 { i64::MIN } else { latest.saturating_sub(i64::from(window_days) * 86_400) };
        let mut sums = vec![(0u64, 0u64); matrix.films()];
        let by_user = matrix.by_user();
        for ((&column, &half_stars), &time) in
            by_user.columns().iter().zip(by_user.half_stars()).zip(matrix.timestamps())
        {
            if time >= since {
                let (count, sum) = &mut sums[column as usize];
                *count += 1;
                *sum += u64::from(half_stars);
            }
        }
        let mean = matrix.mean_half_stars();
        let score = |(count, sum): (u64, u64)| match (count, measure) {
            (0, _) => f32::NEG_INFINITY,
            (_, Measure::Count) => count as f32,
            (_, Measure::DampedMean) => ((sum as f64 + damping * mean) / (count as f64 + damping)) as f32,
        };
        Ok(Popularity { scores: sums.into_iter().map(score).collect() })
    }

    /// Takes the arrays of a model of `films` films.
    ///
    /// # Errors
    /// If they are not such a model's.
    pub fn load(mut parts: Parts, films: usize) -> Result<Popularity, Error> {
        let scores = parts.take_f32(NAME, "scores", films)?;
        if scores.iter().any(|score| score.is_nan()) {
            return Err(Error::damaged(NAME, "scores", "has an element that is no number"));
        }
        Ok(Popularity { scores })
    }
}

impl Model for Popularity {
    fn score(&self, _viewer: &Viewer<'_>, scores: &mut [f32]) {
        scores.copy_from_slice(&self.scores);
    }

    fn parts(&self) -> Parts {
        Parts::default().with("scores", Array::F32(self.scores.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::RatingsMatrix;
    use crate::movielens::Rating;
    use crate::rating::HalfStars;

    fn scores(parameters: &PopularityParameters) -> Vec<f32> {
        let day = 86_400;
        let rating = |user, movie, half_stars, time| Rating {
            user,
            movie,
            half_stars: HalfStars::new(half_stars).unwrap(),
            timestamp: time,
        };
        let ratings =
            [rating(1, 1, 10, 0), rating(2, 1, 2, 0), rating(3, 1, 6, 100 * day), rating(1, 2, 10, 100 * day)];
        let data = TrainingData::ratings_only(RatingsMatrix::new(ratings, [3]));
        let model = Popularity::train(&data, parameters).unwrap();
        let mut scores = vec![0.0; 3];
        model.score(&Viewer::default(), &mut scores);
        assert_eq!(Popularity::load(model.parts(), 3).unwrap(), model);
        scores
    }

    #[test]
    fn what_counts_and_since_when_can_be_chosen() {
        let never = f32::NEG_INFINITY;
        assert_eq!(scores(&PopularityParameters::default()), [3.0, 1.0, never]);
        let recent = PopularityParameters { window_days: 30, ..Default::default() };
        assert_eq!(scores(&recent), [1.0, 1.0, never]);
        // The global mean is 7 half-stars: (18 + 7) / (3 + 1) and (10 + 7) / (1 + 1).
        let mean = PopularityParameters { measure: Measure::DampedMean, damping: 1.0, window_days: 0 };
        assert_eq!(scores(&mean), [6.25, 8.5, never]);
    }
}
