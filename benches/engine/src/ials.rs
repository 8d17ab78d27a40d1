//! Implicit ALS, an iteration at a time, and what it costs to fold one more rating in.

use std::fs;
use std::time::Instant;

use cineswarm_engine::RatingsMatrix;
use cineswarm_engine::models::ials::{FoldedViewer, IalsTraining};
use cineswarm_engine::models::{Ials, IalsParameters, TrainingData, Viewer};

use crate::{Outcome, word};

/// A training under way, and the model that came of one.
pub(crate) struct Bench {
    data: TrainingData,
    training: Option<IalsTraining>,
    model: Option<Ials>,
}

impl Bench {
    pub(crate) fn new(data: TrainingData) -> Bench {
        Bench { data, training: None, model: None }
    }
}

/// Answers one of
/// - `start FACTORS REGULARISATION PER_STAR`: begins a training by the objective of Hu et al. 2008, in which a rating has
///   the confidence 1 + PER_STAR * stars;
/// - `step`: time of one iteration, on all threads of the pool;
/// - `factors USERS_FILE FILMS_FILE`: writes the factors in single precision, row by row;
/// - `finish`: makes the model;
/// - `fold USER_ROW`: takes the last of the user's ratings away, and gives the time to fold it in again, the time to
///   solve for the user anew, and by how much both differ relative to the largest factor.
pub(crate) fn answer(bench: &mut Bench, words: &[&str]) -> Outcome<String> {
    let (request, words) = words.split_first().ok_or("there is no request to ials")?;
    match *request {
        "start" => {
            let parameters = IalsParameters {
                factors: word(words, 0, "count of factors")?,
                regularisation: word(words, 1, "regularisation")?,
                regularisation_exponent: 0.0,
                unobserved_weight: 1.0,
                spare_rated: true,
                rated_weight: 1.0,
                weight_per_star: word(words, 2, "weight per star")?,
                ..IalsParameters::default()
            };
            bench.training = Some(IalsTraining::start(&bench.data, &parameters)?);
            Ok(String::new())
        }
        "step" => {
            let training = bench.training.as_mut().ok_or("no training has been started")?;
            let started = Instant::now();
            training.step();
            Ok(started.elapsed().as_nanos().to_string())
        }
        "factors" => {
            let training = bench.training.as_ref().ok_or("no training has been started")?;
            let (users, films) = training.factors();
            for (at, factors) in [users, films].iter().enumerate() {
                let bytes: Vec<u8> = factors.iter().flat_map(|factor| factor.to_le_bytes()).collect();
                fs::write(word::<String>(words, at, "file")?, bytes)?;
            }
            Ok(String::new())
        }
        "finish" => {
            bench.model = Some(bench.training.take().ok_or("no training has been started")?.finish()?);
            Ok(String::new())
        }
        "fold" => {
            let model = bench.model.as_ref().ok_or("no training has been finished")?;
            fold(model, &bench.data.matrix, word(words, 0, "user")?)
        }
        other => Err(format!("there is no request {other:?} to ials").into()),
    }
}

fn fold(model: &Ials, matrix: &RatingsMatrix, row: usize) -> Outcome<String> {
    if row >= matrix.users() {
        return Err(format!("there is no user in row {row}").into());
    }
    let whole = Viewer::known(matrix, row);
    let (Some((&column, columns)), Some((&last, half_stars))) =
        (whole.columns.split_last(), whole.half_stars.split_last())
    else {
        return Err(format!("the user in row {row} has no rating").into());
    };
    let mut folded = FoldedViewer::new(model, &Viewer { row: None, columns, half_stars });
    let started = Instant::now();
    folded.rate(model, column, last);
    let incremental = folded.factors(model);
    let fold_time = started.elapsed().as_nanos();
    let started = Instant::now();
    let anew = model.viewer_factors(&whole);
    let solve_time = started.elapsed().as_nanos();
    let largest = anew.iter().fold(0f32, |largest, factor| largest.max(factor.abs()));
    let difference = incremental.iter().zip(&anew).fold(0f32, |most, (one, other)| most.max((one - other).abs()));
    Ok(format!("{fold_time} {solve_time} {}", difference / largest))
}
