use super::*;
use crate::matrix::RatingsMatrix;
use crate::models::Deviates;
use crate::movielens::Rating;
use crate::rating::HalfStars;

fn rating(user: u32, movie: u32, half_stars: u8) -> Rating {
    Rating { user, movie, half_stars: HalfStars::new(half_stars).unwrap(), timestamp: 0 }
}

/// Users of even number rate films below 10 well, the others films from 10 on; each misses about a third of them.
fn two_tastes() -> TrainingData {
    let mut deviates = Deviates::new(7, 0);
    let pairs = (0..40).flat_map(|user| (0..10).map(move |film| (user, film + 10 * (user % 2))));
    let ratings: Vec<Rating> = pairs
        .filter(|_| deviates.unit() < 0.66)
        .map(|(user, film)| rating(user, film, 5 + ((user + film) % 6) as u8))
        .collect();
    TrainingData::ratings_only(RatingsMatrix::new(ratings, [99]))
}

fn train(data: &TrainingData, parameters: &IalsParameters) -> Ials {
    Ials::train(data, parameters, &|_| {}).unwrap()
}

/// Objectives of different form: that of 2021, that of 2008, and both with weights by stars.
fn objectives() -> Vec<IalsParameters> {
    let few = IalsParameters { factors: 5, iterations: 3, deviation: 1.0, ..Default::default() };
    let by_stars = IalsParameters { weight_per_star: 0.7, regularisation_exponent: 0.5, ..few.clone() };
    let hu = IalsParameters {
        spare_rated: true,
        unobserved_weight: 1.0,
        rated_weight: 2.0,
        regularisation: 0.05,
        regularisation_exponent: 0.0,
        ..few.clone()
    };
    let hu_by_stars = IalsParameters { weight_per_star: 1.5, ..hu.clone() };
    vec![few, by_stars, hu, hu_by_stars]
}

/// The objective as [`IalsParameters`] words it, by a look at every pair.
fn slow_loss(data: &TrainingData, parameters: &IalsParameters, users: &[Vec<f64>], films: &[Vec<f64>]) -> f64 {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut loss = 0.0;
    for (row, user) in users.iter().enumerate() {
        let viewer = Viewer::known(&data.matrix, row);
        for (column, film) in films.iter().enumerate() {
            let score = product(user, film);
            let half_stars = viewer.half_stars_of(column as u32);
            if let Some(half_stars) = half_stars {
                let weight = parameters.rated_weight + parameters.weight_per_star * f64::from(half_stars) / 2.0;
                loss += weight * (1.0 - score).powi(2);
            }
            if half_stars.is_none() || !parameters.spare_rated {
                loss += parameters.unobserved_weight * score.powi(2);
            }
        }
    }
    let mut regularise = |factors: &[f64], ratings: usize, others: usize| {
        let frequency = ratings as f64 + parameters.unobserved_weight * others as f64;
        let weight = parameters.regularisation * frequency.powf(parameters.regularisation_exponent);
        loss += weight * product(factors, factors);
    };
    for (row, user) in users.iter().enumerate() {
        regularise(user, data.matrix.by_user().row(row).0.len(), films.len());
    }
    for (column, film) in films.iter().enumerate() {
        regularise(film, data.matrix.by_film().row(column).0.len(), users.len());
    }
    loss
}

fn in_double(rows: &FactorRows) -> Vec<Vec<f64>> {
    (0..rows.len()).map(|row| rows.values(row).map(f64::from).collect()).collect()
}

#[test]
fn the_loss_is_that_of_the_definition_and_no_step_raises_it() {
    let data = two_tastes();
    for parameters in objectives() {
        let mut training = IalsTraining::start(&data, &parameters).unwrap();
        let mut before = f64::INFINITY;
        for _ in 0..parameters.iterations {
            training.step();
            let loss = training.loss();
            let (users, films) = (in_double(training.users()), in_double(training.films()));
            let slow = slow_loss(&data, &parameters, &users, &films);
            assert!((loss - slow).abs() < 1e-5 * slow, "{loss} for {slow} with {parameters:?}");
            assert!(loss < before * (1.0 + 1e-6), "{loss} after {before} with {parameters:?}");
            before = loss;
        }
    }
}

#[test]
fn no_change_of_one_films_factors_lowers_the_loss_after_a_step() {
    let data = two_tastes();
    for parameters in objectives() {
        let mut training = IalsTraining::start(&data, &parameters).unwrap();
        training.step();
        let (users, films) = (in_double(training.users()), in_double(training.films()));
        let solved = slow_loss(&data, &parameters, &users, &films);
        for column in [0, 7, 15] {
            for factor in 0..parameters.factors {
                for change in [-1e-3, 1e-3] {
                    let mut changed = films.clone();
                    changed[column][factor] += change;
                    let loss = slow_loss(&data, &parameters, &users, &changed);
                    assert!(loss > solved, "{loss} for {solved} with {parameters:?}");
                }
            }
        }
    }
}

#[test]
fn factors_are_the_same_on_one_thread_and_on_many() {
    let data = two_tastes();
    let parameters = IalsParameters { factors: 20, ..Default::default() };
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train(&data, &parameters).parts())
    };
    assert_eq!(on(1), on(5));
}

#[test]
fn viewers_are_offered_the_films_of_their_taste_whether_they_were_seen_in_training_or_not() {
    let data = two_tastes();
    let model = train(&data, &IalsParameters { factors: 4, ..Default::default() });
    let mut scores = vec![0.0; data.matrix.films()];
    let new = Viewer { row: None, columns: &[0, 3], half_stars: &[10, 8] };
    for viewer in [new, Viewer::known(&data.matrix, 0)] {
        model.score(&viewer, &mut scores);
        let mut best: Vec<usize> = (0..scores.len()).collect();
        best.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        assert!(best[..5].iter().all(|&column| column < 10), "{scores:?}");
        assert_eq!(scores[20], f32::NEG_INFINITY, "nobody rated the film");
    }
    model.score(&Viewer::default(), &mut scores);
    assert!(scores.iter().all(|&score| score == f32::NEG_INFINITY), "nothing is known of who rated nothing");

    let similar = model.similar(3, 5);
    assert!(similar.len() == 5 && similar.iter().all(|like| like.column < 10 && like.column != 3), "{similar:?}");
    assert!(similar.is_sorted_by(|a, b| a.weight >= b.weight) && similar[0].weight <= 1.0001);
    assert!(model.similar(20, 5).is_empty() && model.similar(9999, 5).is_empty() && model.similar(3, 0).is_empty());
}

#[test]
fn a_score_is_the_sum_of_what_the_viewers_films_contribute() {
    let data = two_tastes();
    for parameters in objectives() {
        let model = train(&data, &parameters);
        let viewer = Viewer::known(&data.matrix, 3);
        let mut scores = vec![0.0; data.matrix.films()];
        model.score(&viewer, &mut scores);
        for column in 0..20 {
            let all = model.contributions(&viewer, column);
            let sum: f32 = all.iter().map(|part| part.weight).sum();
            assert!((sum - scores[column as usize]).abs() < 1e-4, "{sum} for {}", scores[column as usize]);
        }
        let because = model.because(&viewer, 12, 2);
        assert_eq!(because.len(), 2);
        assert!(because.iter().all(|part| viewer.half_stars_of(part.column).is_some() && part.weight > 0.0));
        assert!(because.is_sorted_by(|a, b| a.weight >= b.weight));
        let whole: f32 = model.because(&viewer, 12, 99).iter().map(|part| part.weight).sum();
        assert!((whole - 1.0).abs() < 1e-5);
        assert!(model.because(&viewer, 9999, 3).is_empty() && model.because(&Viewer::default(), 0, 3).is_empty());
    }
}

#[test]
fn a_model_is_loaded_as_it_was_stored_and_a_damaged_one_is_refused() {
    let data = two_tastes();
    let parameters = IalsParameters { factors: 17, ..Default::default() };
    let (model, films) = (train(&data, &parameters), data.matrix.films());
    let viewer = Viewer::known(&data.matrix, 1);
    let scores = |model: &Ials| {
        let mut scores = vec![0.0; films];
        model.score(&viewer, &mut scores);
        scores
    };
    assert_eq!(scores(&Ials::load(model.parts(), films, &parameters).unwrap()), scores(&model));
    for films in [0, films - 1, films + 1, usize::MAX] {
        assert!(Ials::load(model.parts(), films, &parameters).is_err());
    }
    let infinite = Parts::default().with(FILM_FACTORS, Array::F32(vec![f32::INFINITY; films * 17]));
    assert!(Ials::load(infinite, films, &parameters).unwrap_err().to_string().contains(FILM_FACTORS));
    assert!(Ials::load(Parts::default(), films, &parameters).is_err());
}

#[test]
fn parameters_out_of_range_are_named_in_the_error() {
    let data = two_tastes();
    let good = IalsParameters::default();
    let bad = [
        (IalsParameters { factors: 0, ..good.clone() }, "factors"),
        (IalsParameters { factors: usize::MAX, ..good.clone() }, "factors"),
        (IalsParameters { iterations: 0, ..good.clone() }, "iterations"),
        (IalsParameters { regularisation: f64::NAN, ..good.clone() }, "regularisation"),
        (IalsParameters { regularisation: -1.0, ..good.clone() }, "regularisation"),
        (IalsParameters { regularisation_exponent: f64::INFINITY, ..good.clone() }, "regularisation_exponent"),
        (IalsParameters { unobserved_weight: f64::INFINITY, ..good.clone() }, "unobserved_weight"),
        (IalsParameters { spare_rated: true, unobserved_weight: 2.0, ..good.clone() }, "unobserved_weight"),
        (IalsParameters { deviation: 1e300, ..good.clone() }, "deviation"),
    ];
    for (parameters, named) in bad {
        let error = Ials::train(&data, &parameters, &|_| {}).unwrap_err().to_string();
        assert!(error.contains(&format!("ials: {named} is")), "{error}");
    }
    let empty = TrainingData::ratings_only(RatingsMatrix::default());
    assert!(Ials::train(&empty, &good, &|_| {}).unwrap_err().to_string().contains("not one rating"));
}

#[test]
fn the_smallest_data_and_the_most_extreme_parameters_give_finite_factors() {
    let one = TrainingData::ratings_only(RatingsMatrix::new([rating(5, 5, 10)], []));
    let equal = TrainingData::ratings_only(RatingsMatrix::new((0..9).map(|at| rating(at / 3, at % 3, 6)), []));
    let good = IalsParameters { factors: 40, ..Default::default() };
    let extremes = [
        good.clone(),
        IalsParameters { regularisation: 0.0, unobserved_weight: 0.0, ..good.clone() },
        IalsParameters { regularisation: 0.0, deviation: 0.0, ..good.clone() },
        IalsParameters { rated_weight: 0.0, ..good.clone() },
        IalsParameters { rated_weight: 1e6, weight_per_star: 1e6, deviation: 1e6, ..good.clone() },
        IalsParameters { regularisation: 1e6, regularisation_exponent: 2.0, ..good.clone() },
    ];
    for data in [one, equal] {
        for parameters in &extremes {
            let model = train(&data, parameters);
            let mut scores = vec![f32::NAN; data.matrix.films()];
            model.score(&Viewer::known(&data.matrix, 0), &mut scores);
            assert!(scores.iter().all(|score| !score.is_nan()), "{scores:?} with {parameters:?}");
        }
        let mut scores = vec![0.0; data.matrix.films()];
        train(&data, &good).score(&Viewer::known(&data.matrix, 0), &mut scores);
        assert!(
            scores.iter().all(|score| (0.5..1.1).contains(score)),
            "a film everybody rated scores near 1: {scores:?}"
        );
    }
}

#[test]
fn one_new_rating_changes_the_factors_to_those_of_the_longer_profile() {
    let data = two_tastes();
    let parameters = IalsParameters { factors: 16, ..Default::default() };
    let model = train(&data, &parameters);
    let (columns, half_stars) = data.matrix.by_user().row(2);
    let before = Viewer { row: None, columns: &columns[1..], half_stars: &half_stars[1..] };
    let mut folded = FoldedViewer::new(&model, &before);
    folded.rate(&model, columns[0], half_stars[0]);
    let anew = model.viewer_factors(&Viewer::known(&data.matrix, 2));
    let updated = folded.factors(&model);
    assert!(anew.iter().zip(&updated).all(|(a, b)| (a - b).abs() < 1e-4), "{anew:?} {updated:?}");
}

#[test]
fn the_factors_of_all_users_are_those_of_each_as_a_viewer() {
    let data = two_tastes();
    for parameters in objectives() {
        let model = train(&data, &parameters);
        let together = model.user_factors(&data.matrix);
        for row in 0..data.matrix.users() {
            let alone = model.viewer_factors(&Viewer::known(&data.matrix, row));
            assert_eq!(together.values(row).collect::<Vec<f32>>(), alone);
        }
    }
}
