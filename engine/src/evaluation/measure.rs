//! Asks a trained model about every case of a split and measures the answers. Viewers are asked in parallel; the result
//! does not depend on the number of threads.
//!
//! Films the viewer has rated are never ranked, nor are those of which the model can say nothing (a score of negative
//! infinity, or none at all): where they were held out they count as missed. Of films with equal scores those held out
//! rank last, so that a model gains nothing by not deciding; the rest of a tie is ordered by column.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::metrics::{Metric, RankingMetric, RatingMetric, gini, of_hits};
use super::splits::{Case, Split};
use crate::matrix::RatingsMatrix;
use crate::models::{FilmContent, Model};
use crate::rating::{HalfStars, UserId};

/// What one viewer adds to a metric, which is (a function of) the sum of all amounts divided by that of all weights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Of a mean over viewers, the viewer's value; of the errors of predictions, the sum of the viewer's.
    pub amount: f64,
    /// Of a mean over viewers 1, or 0 if the viewer has no value; of predictions, how many.
    pub weight: f64,
}

/// A model measured on one split.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What was measured.
    pub metrics: Vec<Metric>,
    /// Parallel to `metrics`; `None` where the model makes no such thing (predictions of ratings), or nobody has a value.
    pub values: Vec<Option<f64>>,
    /// The users asked about, by case.
    pub users: Vec<UserId>,
    /// By case, parallel to `metrics`.
    pub shares: Vec<Vec<Share>>,
}

/// Asks and measures.
///
/// Held-out films rated with `relevant_from` and more are those to find; users without any are left out of the metrics of
/// lists. Predictions are measured on all that was held out; where a model that predicts ratings has no prediction, the
/// mean rating of the training part stands in. `asked` is told after each case, from any thread.
pub fn measure(
    model: &dyn Model,
    split: &Split,
    metrics: &[Metric],
    relevant_from: HalfStars,
    asked: &(dyn Fn() + Sync),
) -> Measured {
    let matrix: &RatingsMatrix = &split.training.matrix;
    let questions = Questions::new(split, metrics, relevant_from);
    let answers: Vec<Answer> = split
        .cases
        .par_iter()
        .map_init(
            || Desk {
                scores: vec![0.0; matrix.films()],
                marks: vec![Mark::Unseen; matrix.films()],
                ranked: Vec::new(),
            },
            |desk, case| {
                let answer = questions.ask(model, case, desk);
                asked();
                answer
            },
        )
        .collect();
    let values = (0..metrics.len()).map(|at| questions.value(at, &answers)).collect();
    Measured {
        metrics: metrics.to_vec(),
        values,
        users: split.cases.iter().map(|case| case.user).collect(),
        shares: answers.into_iter().map(|answer| answer.shares).collect(),
    }
}

/// What one viewer was told.
struct Answer {
    shares: Vec<Share>,
    /// The list, kept only for metrics of all lists together.
    list: Vec<u32>,
    predicted: bool,
}

/// What a film is to the viewer at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    Seen,
    Relevant,
}

/// What a thread works on.
struct Desk {
    scores: Vec<f32>,
    /// All `Unseen` between two cases.
    marks: Vec<Mark>,
    ranked: Vec<(f32, u32)>,
}

/// What is asked of every viewer.
struct Questions<'a> {
    split: &'a Split,
    matrix: &'a RatingsMatrix,
    content: &'a FilmContent,
    metrics: &'a [Metric],
    relevant_from: u8,
    longest: usize,
    rating: bool,
    keeps_lists: bool,
    mean_stars: f64,
    test_mean_stars: f64,
}

impl<'a> Questions<'a> {
    fn new(split: &'a Split, metrics: &'a [Metric], relevant_from: HalfStars) -> Questions<'a> {
        let of_lists = |metric: &Metric| match metric {
            Metric::Ranking(_, n) => *n,
            Metric::Rating(_) => 0,
        };
        let held_out = || split.cases.iter().flat_map(|case| &case.held_out.half_stars);
        let sum: u64 = held_out().map(|&half_stars| u64::from(half_stars)).sum();
        Questions {
            split,
            matrix: &split.training.matrix,
            content: &split.training.content,
            metrics,
            relevant_from: relevant_from.get(),
            longest: metrics.iter().map(of_lists).max().unwrap_or(0),
            rating: metrics.iter().any(|metric| matches!(metric, Metric::Rating(_))),
            keeps_lists: metrics
                .iter()
                .any(|metric| matches!(metric, Metric::Ranking(RankingMetric::Coverage | RankingMetric::Gini, _))),
            mean_stars: split.training.matrix.mean_half_stars() / 2.0,
            test_mean_stars: sum as f64 / 2.0 / held_out().count().max(1) as f64,
        }
    }

    fn ask(&self, model: &dyn Model, case: &Case, desk: &mut Desk) -> Answer {
        let (errors, predicted) = if self.rating { self.errors(model, case) } else { (Errors::default(), false) };
        let is_relevant = |half_stars: &&u8| **half_stars >= self.relevant_from;
        let relevant = case.held_out.half_stars.iter().filter(is_relevant).count();
        let hits = if self.longest > 0 && relevant > 0 { self.rank(model, case, desk) } else { Vec::new() };
        let list: Vec<u32> = desk.ranked.iter().map(|&(_, column)| column).collect();
        desk.ranked.clear();
        let one = |amount: Option<f64>| amount.map_or(Share::default(), |amount| Share { amount, weight: 1.0 });
        let shares = self.metrics.iter().map(|metric| match *metric {
            Metric::Rating(RatingMetric::Mae) => Share { amount: errors.absolute, weight: errors.count },
            Metric::Rating(_) => Share { amount: errors.squared, weight: errors.count },
            Metric::Ranking(..) if relevant == 0 => Share::default(),
            Metric::Ranking(RankingMetric::PopularityLift, n) => {
                let of_profile = self.popularity(case.viewer(self.matrix).columns);
                match (self.popularity(cut(&list, n)), of_profile) {
                    (Some(amount), Some(weight)) => Share { amount, weight },
                    _ => Share::default(),
                }
            }
            Metric::Ranking(metric, n) => {
                one(of_hits(metric, n, &hits, relevant).or_else(|| self.of_list(metric, cut(&list, n))))
            }
        });
        Answer { shares: shares.collect(), list: if self.keeps_lists { list } else { Vec::new() }, predicted }
    }

    /// The errors of the predictions for what was held out, and whether any came from the model.
    fn errors(&self, model: &dyn Model, case: &Case) -> (Errors, bool) {
        let viewer = case.viewer(self.matrix);
        let mut errors = Errors::default();
        let mut predicted = false;
        let stars_of_each = model.predict_each(&viewer, &case.held_out.columns);
        for (stars, &half_stars) in stars_of_each.into_iter().zip(&case.held_out.half_stars) {
            let stars = stars.map(f64::from).filter(|stars| stars.is_finite());
            predicted |= stars.is_some();
            let error = stars.unwrap_or(self.mean_stars) - f64::from(half_stars) / 2.0;
            errors.absolute += error.abs();
            errors.squared += error * error;
            errors.count += 1.0;
        }
        (errors, predicted)
    }

    /// Leaves the first films of the list on the desk; returns the positions of the relevant ones.
    fn rank(&self, model: &dyn Model, case: &Case, desk: &mut Desk) -> Vec<usize> {
        let viewer = case.viewer(self.matrix);
        model.score(&viewer, &mut desk.scores);
        let Desk { scores, marks, ranked } = desk;
        let relevant = case.held_out.columns.iter().zip(&case.held_out.half_stars);
        let relevant = relevant.filter(|(_, half_stars)| **half_stars >= self.relevant_from);
        relevant.for_each(|(&column, _)| marks[column as usize] = Mark::Relevant);
        viewer.columns.iter().for_each(|&column| marks[column as usize] = Mark::Seen);
        ranked.clear();
        let mut enter = |column: u32| {
            let score = scores[column as usize];
            if score > f32::NEG_INFINITY && marks[column as usize] != Mark::Seen {
                ranked.push((score, column));
            }
        };
        match &case.candidates {
            Some(candidates) => case.held_out.columns.iter().chain(candidates).copied().for_each(&mut enter),
            None => (0..scores.len() as u32).for_each(&mut enter),
        }
        let better_first = |a: &(f32, u32), b: &(f32, u32)| {
            // No score here is without order.
            let by_score = b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal);
            let is_relevant = |column: u32| marks[column as usize] == Mark::Relevant;
            by_score.then_with(|| is_relevant(a.1).cmp(&is_relevant(b.1))).then_with(|| a.1.cmp(&b.1))
        };
        if ranked.len() > self.longest {
            ranked.select_nth_unstable_by(self.longest, better_first);
            ranked.truncate(self.longest);
        }
        ranked.sort_unstable_by(better_first);
        let hits = (1..).zip(ranked.iter()).filter(|(_, (_, column))| marks[*column as usize] == Mark::Relevant);
        let hits = hits.map(|(position, _)| position).collect();
        for &column in case.held_out.columns.iter().chain(viewer.columns) {
            marks[column as usize] = Mark::Unseen;
        }
        hits
    }

    /// A metric of a list itself, whatever was held out; `None` where the list is too short for it, or where only all
    /// lists together have a value.
    fn of_list(&self, metric: RankingMetric, list: &[u32]) -> Option<f64> {
        match metric {
            RankingMetric::Popularity => self.popularity(list),
            RankingMetric::Novelty => {
                let users = self.matrix.users().max(1) as f64;
                mean(list.iter().map(|&film| (users / self.raters(film).len().max(1) as f64).log2()))
            }
            RankingMetric::Diversity => mean(pairs(list).map(|(a, b)| {
                let (a, b) = (self.raters(a), self.raters(b));
                let either = (a.len() as f64 * b.len() as f64).sqrt();
                if either > 0.0 { 1.0 - common(a, b) as f64 / either } else { 1.0 }
            })),
            RankingMetric::GenreDiversity => {
                let genres = |film: u32| self.content.movie(film as usize).map_or(&[][..], |movie| &movie.genres);
                let known: Vec<u32> = list.iter().copied().filter(|&film| !genres(film).is_empty()).collect();
                mean(pairs(&known).map(|(a, b)| {
                    let (a, b) = (genres(a), genres(b));
                    let both = a.iter().filter(|genre| b.contains(genre)).count();
                    1.0 - both as f64 / (a.len() + b.len() - both) as f64
                }))
            }
            _ => None,
        }
    }

    /// The mean number of ratings of the films.
    fn popularity(&self, films: &[u32]) -> Option<f64> {
        mean(films.iter().map(|&film| self.raters(film).len() as f64))
    }

    fn raters(&self, film: u32) -> &[u32] {
        self.matrix.by_film().row(film as usize).0
    }

    /// The value of the metric number `at` over all viewers.
    fn value(&self, at: usize, answers: &[Answer]) -> Option<f64> {
        let total = total(answers.iter().map(|answer| answer.shares[at]));
        match self.metrics[at] {
            Metric::Ranking(RankingMetric::Coverage, n) => {
                let counts = self.recommended(answers, n);
                mean(counts.iter().map(|&count| f64::from(u8::from(count > 0))))
            }
            Metric::Ranking(RankingMetric::Gini, n) => Some(gini(&self.recommended(answers, n))),
            Metric::Rating(_) if !answers.iter().any(|answer| answer.predicted) => None,
            Metric::Rating(RatingMetric::R2) => {
                let held_out = self.split.cases.iter().flat_map(|case| &case.held_out.half_stars);
                let about_mean =
                    held_out.map(|&half_stars| (f64::from(half_stars) / 2.0 - self.test_mean_stars).powi(2));
                let about_mean: f64 = about_mean.sum();
                (about_mean > 0.0).then(|| 1.0 - total.amount / about_mean)
            }
            metric => metric.of_total(total),
        }
    }

    /// How often each film is among the first n.
    fn recommended(&self, answers: &[Answer], n: usize) -> Vec<u32> {
        let mut counts = vec![0; self.matrix.films()];
        for answer in answers {
            cut(&answer.list, n).iter().for_each(|&film| counts[film as usize] += 1);
        }
        counts
    }
}

impl Metric {
    /// The value for a sum of shares, where the metric is a function of it; `None` if nobody has a share.
    pub(super) fn of_total(self, total: Share) -> Option<f64> {
        if total.weight <= 0.0 {
            return None;
        }
        let ratio = total.amount / total.weight;
        match self {
            Metric::Rating(RatingMetric::Rmse) => Some(ratio.sqrt()),
            Metric::Rating(RatingMetric::R2) | Metric::Ranking(RankingMetric::Coverage | RankingMetric::Gini, _) => {
                None
            }
            Metric::Ranking(RankingMetric::PopularityLift, _) => Some(ratio - 1.0),
            _ => Some(ratio),
        }
    }
}

/// The sum of shares in their order.
pub(super) fn total(shares: impl Iterator<Item = Share>) -> Share {
    shares.fold(Share::default(), |sum, share| Share {
        amount: sum.amount + share.amount,
        weight: sum.weight + share.weight,
    })
}

/// How far a viewer's predictions are off, in stars.
#[derive(Default)]
struct Errors {
    absolute: f64,
    squared: f64,
    count: f64,
}

fn cut(list: &[u32], n: usize) -> &[u32] {
    &list[..n.min(list.len())]
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

fn pairs(films: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    films.iter().enumerate().flat_map(|(at, &a)| films[at + 1..].iter().map(move |&b| (a, b)))
}

/// How many elements two ascending lists have in common.
fn common(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut count) = (0, 0);
    for element in a {
        while at < b.len() && b[at] < *element {
            at += 1;
        }
        count += usize::from(b.get(at) == Some(element));
    }
    count
}
