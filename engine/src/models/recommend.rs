//! From the scores of any model to a list of films for a viewer, with reasons. What the scores mean is the model's.

use super::{Model, TrainingData, Viewer};
use crate::best::Best;
use crate::catalogue::Catalogue;
use crate::filters::Filters;
use crate::ranking::{Because, MAX_RECOMMENDATIONS, RankOptions, Recommendation};

/// A film and its score.
#[derive(Clone, Copy)]
struct Scored {
    score: f32,
    column: u32,
}

/// Columns ascend with film ids, so a tie goes to the lower id.
fn higher_score_first(a: &Scored, b: &Scored) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.column.cmp(&b.column))
}

/// The best films by the model's score that are in the catalogue and pass the filters, the best first, ties by ascending
/// film id. Films of which the model can say nothing are left out.
///
/// `data` are those the model was trained on. Of `options` the number of films and of reasons count. The numbers of
/// neighbours are those of [`Model::coincidences`], 0 where nobody is counted.
pub fn recommend(
    model: &dyn Model,
    data: &TrainingData,
    catalogue: &Catalogue,
    viewer: &Viewer<'_>,
    filters: &Filters,
    options: &RankOptions,
) -> Vec<Recommendation> {
    let movie_ids = data.matrix.movie_ids();
    let mut scores = vec![f32::NEG_INFINITY; movie_ids.len()];
    model.score(viewer, &mut scores);
    let mut best = Best::new(options.n.min(MAX_RECOMMENDATIONS), higher_score_first);
    for ((&score, &movie), column) in scores.iter().zip(movie_ids).zip(0..) {
        let scored = Scored { score, column };
        // The filters cost more than the comparison. Of no number it is false that it is above anything.
        let is_out = best.bar().is_some_and(|bar| higher_score_first(&scored, bar).is_gt());
        if score > f32::NEG_INFINITY && !is_out {
            let seen = viewer.half_stars_of(column).is_some();
            if catalogue.get(movie).is_some_and(|movie| filters.allow(movie, seen)) {
                best.offer(scored);
            }
        }
    }
    let best = best.into_sorted();
    let columns: Vec<u32> = best.iter().map(|scored| scored.column).collect();
    let predicted = model.predict_each(viewer, &columns);
    let explained = |(Scored { score, column }, stars): (Scored, Option<f32>)| {
        let reasons = model.because(viewer, column, options.because).into_iter().map(|reason| Because {
            movie_id: movie_ids[reason.column as usize],
            share: reason.weight.into(),
            neighbours: model.coincidences(reason.column, column).unwrap_or(0),
        });
        Recommendation {
            movie_id: movie_ids[column as usize],
            score: score.into(),
            predicted_rating: stars.map(f64::from),
            neighbours: 0,
            because: reasons.collect(),
        }
    };
    best.into_iter().zip(predicted).map(explained).collect()
}
