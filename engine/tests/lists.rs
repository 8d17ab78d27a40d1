//! Lists from the likeness model: how they move with each rating, and how lists are judged.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};

use cineswarm_engine::dataset::{ImportOptions, import_rows};
use cineswarm_engine::evaluation::{Answers, Lists, Target, measure_lists};
use cineswarm_engine::model_store::training_data;
use cineswarm_engine::models::{Algorithm, ServedModel};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{Dataset, HalfStars, MovieId, Profile, SHORT_PROFILE, demo};
use serde_json::Value;
use tempfile::TempDir;

fn demo_dataset() -> (TempDir, Dataset) {
    let folder = tempfile::tempdir().unwrap();
    let ratings = demo::ratings(demo::SEED).unwrap().into_iter().map(|rating| Rating {
        user: rating.user_id,
        movie: rating.movie_id,
        half_stars: rating.half_stars,
        timestamp: rating.timestamp,
    });
    let options = ImportOptions::new(folder.path(), "demo", 1_800_000_000);
    import_rows("made by a test", demo::movies().unwrap(), ratings, &options, &mut |_| {}).unwrap();
    let dataset = Dataset::open(folder.path(), "demo").unwrap();
    (folder, dataset)
}

fn served(dataset: &Dataset) -> ServedModel {
    let data = training_data(dataset).unwrap();
    let model = Algorithm::Likeness.train(&data, &Value::Null, &|_| {}).unwrap();
    ServedModel::new(&*model, data.matrix.movie_ids()).unwrap()
}

fn ten_best(model: &ServedModel, rated: &[(MovieId, u8)]) -> BTreeSet<MovieId> {
    let profile = Profile::from_ratings(rated.iter().map(|&(movie, half)| (movie, HalfStars::new(half).unwrap())));
    model.best(&profile, 10).into_iter().map(|(movie, _)| movie).collect()
}

/// A viewer saw nine superhero ratings give superhero films, and the tenth give The Matrix and Up.
#[test]
fn a_list_moves_with_each_rating_and_never_jumps() {
    let (_folder, dataset) = demo_dataset();
    let model = served(&dataset);
    let viewers = dataset.rows().filter(|(_, movies, _)| movies.len() >= 25).take(40);
    let (mut compared, mut moved, mut kept) = (0, 0, BTreeMap::<usize, Vec<usize>>::new());
    for (user, movies, half_stars) in viewers {
        let rated: Vec<(MovieId, u8)> = movies.iter().copied().zip(half_stars.iter().copied()).take(25).collect();
        for length in 5..rated.len() {
            let (before, after) = (ten_best(&model, &rated[..length]), ten_best(&model, &rated[..=length]));
            // The film just rated leaves the list, which is no jump.
            let left = before.iter().filter(|movie| **movie != rated[length].0).count();
            let common = before.intersection(&after).count();
            if left >= 9 {
                // The fourth western among six films makes a list one of westerns; nothing makes it another altogether.
                assert!(common >= 1, "user {user}: {common} of ten films stay with rating {}", length + 1);
                compared += 1;
                moved += usize::from(common < 6);
                kept.entry(length + 1).or_default().push(common);
            }
        }
    }
    assert!(compared > 100, "only {compared} lists were compared");
    // With few ratings a new one may say something quite different of its viewer; that is rare.
    assert!(moved * 20 < compared, "{moved} of {compared} lists lose more than four of their films with one rating");
    // Where neighbours begin to take a profile for a long one, the model does nothing of the kind.
    let mean = |kept: &[usize]| kept.iter().sum::<usize>() as f64 / kept.len() as f64;
    let (before, at) = (mean(&kept[&(SHORT_PROFILE - 1)]), mean(&kept[&SHORT_PROFILE]));
    assert!(at > before - 1.0, "of ten films {before:.1} stay with a rating before, and {at:.1} with this one");
}

#[test]
fn the_same_questions_are_asked_for_the_same_seed_and_whoever_answers_has_not_seen_them() {
    let (_folder, dataset) = demo_dataset();
    let lists = Lists::from_dataset(&dataset).unwrap();
    let users = training_data(&dataset).unwrap().matrix.users();
    let (one, again) = (lists.test(Target::CoLiked(1), 7).unwrap(), lists.test(Target::CoLiked(1), 7).unwrap());
    assert_eq!(one.data.matrix.user_ids(), again.data.matrix.user_ids());
    assert_eq!(one.questions(), again.questions());
    assert_eq!(one.data.matrix.users(), users - users / 5, "a fifth of the viewers is kept from the training");
    let popular = measure_lists(&one, &Answers::Popular, 10);
    assert_eq!(popular, measure_lists(&again, &Answers::Popular, 10));
    assert!(popular.iter().all(|(_, ndcg)| (0.0..=1.0).contains(ndcg)));
    assert!(
        [Target::Series(1), Target::Director(3)].iter().all(|target| lists.test(*target, 7).is_none()),
        "the demo dataset has no facts"
    );
}

#[test]
fn a_model_answers_better_than_popular_films_do() {
    let (_folder, dataset) = demo_dataset();
    let test = Lists::from_dataset(&dataset).unwrap().test(Target::CoLiked(3), 1).unwrap();
    let model = Algorithm::Likeness.train(&test.data, &Value::Null, &|_| {}).unwrap();
    let mean = |answers: &Answers<'_>| {
        let values = measure_lists(&test, answers, 10);
        values.iter().map(|(_, ndcg)| ndcg).sum::<f64>() / values.len() as f64
    };
    assert!(mean(&Answers::Model(&*model)) > mean(&Answers::Popular));
}
