//! `cineswarm train`, `similar`, `predict` and `recommend --algorithm`: models are trained once, kept, and answer sensibly.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use cineswarm_engine::Dataset;
use cineswarm_engine::model_store::StoredModel;
use cineswarm_engine::models::Algorithm;
use common::{Ended, Place, RATINGS, assert_mentions, command_in, ended};
use serde_json::Value;

/// A data directory with all models of the bundled dataset, trained by the program itself, once for all tests, each of which
/// may be a process of its own.
fn demo_dir() -> &'static Path {
    static DIRECTORY: OnceLock<std::path::PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli_models");
        let lock = fs::File::create(directory.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        // What another build has trained is of no use.
        let built = fs::metadata(env!("CARGO_BIN_EXE_cineswarm")).unwrap().modified().unwrap();
        let (built, of_build) = (format!("{built:?}"), directory.join("build"));
        if fs::read_to_string(&of_build).is_ok_and(|known| known == built) {
            return directory;
        }
        let _ = fs::remove_dir_all(&directory);
        ended(command_in(&directory, &["train", "--models", "all", "--no-validation"])).success();
        fs::write(of_build, built).unwrap();
        directory
    })
}

fn demo(arguments: &[&str]) -> Ended {
    ended(command_in(demo_dir(), arguments))
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&demo(&[arguments, &["--json"]].concat()).success()).unwrap()
}

fn list<'a>(answer: &'a Value, field: &str) -> &'a Vec<Value> {
    answer[field].as_array().unwrap()
}

fn ids(films: &[Value]) -> BTreeSet<u32> {
    films.iter().map(|film| film["movie_id"].as_u64().unwrap() as u32).collect()
}

fn of_genre(films: &[Value], genre: &str) -> usize {
    films.iter().filter(|film| film["genres"].as_array().unwrap().iter().any(|own| own == genre)).count()
}

/// A place with a small imported dataset, "small".
fn small() -> Place {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    place
}

/// What became of the only model of a training.
fn trained(place: &Place, more: &[&str]) -> Value {
    let arguments = ["train", "--models", "popularity", "--data", "small", "--json"];
    let outcomes = place.json(&[&arguments, more].concat());
    assert_eq!(outcomes.as_array().unwrap().len(), 1);
    outcomes[0].clone()
}

#[test]
fn a_model_is_trained_once_and_again_if_told_so_or_if_anything_is_different() {
    let place = small();
    let versions = place.data_dir().join("models/small/popularity");
    let latest = || fs::read_to_string(versions.join("latest")).unwrap().trim().to_owned();
    let first = trained(&place, &[]);
    assert_eq!(first["outcome"], "trained");
    assert_eq!(latest(), first["version"]);
    assert!(versions.join(latest()).join("metadata.json").is_file());

    let again = trained(&place, &[]);
    assert_eq!((&again["outcome"], &again["version"]), (&"skipped".into(), &first["version"]));
    let set = ["--set", "popularity.measure=damped_mean", "--set", "popularity.damping=3"];
    let other = trained(&place, &set);
    assert_eq!(other["outcome"], "trained");
    assert_eq!(
        (&other["parameters"]["measure"], &other["parameters"]["damping"]),
        (&"damped_mean".into(), &3.0.into())
    );
    assert_eq!(latest(), other["version"]);
    assert_eq!(trained(&place, &set)["outcome"], "skipped");
    assert_eq!(trained(&place, &[])["version"], first["version"]);
    assert_eq!(latest(), first["version"], "what was asked for last is answered with");
    let forced = trained(&place, &["--force"]);
    assert_eq!(forced["outcome"], "trained");
    assert_eq!(latest(), forced["version"]);

    place.put_source("small", &format!("{RATINGS}9,1,2.0,1000000000\n"));
    place.output(&["data", "import", &place.path("small").display().to_string()]);
    let newer = trained(&place, &[]);
    assert_eq!(newer["outcome"], "trained", "the dataset is another");
    assert_ne!(newer["dataset_version"], first["dataset_version"]);
}

/// Enough for a validation.
fn everyone_rated_everything() -> Place {
    let place = Place::new();
    let rows =
        (1..=30u32).flat_map(|user| [1u32, 2, 30].map(|film| format!("{user},{film},{}.5,1000000000\n", film % 5)));
    let source = place.put_source("small", &format!("userId,movieId,rating,timestamp\n{}", rows.collect::<String>()));
    place.output(&["data", "import", &source]);
    place
}

#[test]
fn how_good_a_model_is_on_ratings_kept_from_it_is_measured_and_kept_with_it() {
    let place = everyone_rated_everything();
    let trained = trained(&place, &[]);
    let metrics = trained["metrics"].as_object().unwrap();
    // Every viewer has rated every film: nothing is left to rank but what was held out.
    assert_eq!((&metrics["ndcg@10"], &metrics["recall@10"]), (&1.0.into(), &1.0.into()));
    assert!(!metrics.contains_key("rmse"), "popularity predicts no ratings: {metrics:?}");
    assert_mentions(trained["validation"].as_str().unwrap(), &["random-holdout", "30 users"]);
    let table = place.output(&["train", "--models", "popularity", "--data", "small"]);
    assert_mentions(&table, &["ndcg@10", "1.0000", "skipped"]);

    let arguments = ["train", "--models", "popularity", "--data", "small", "--force", "--json", "--no-validation"];
    let unvalidated = place.json(&arguments)[0].clone();
    assert_eq!(unvalidated["metrics"], serde_json::json!({}));
    let unforced = ["train", "--models", "popularity", "--data", "small", "--json"];
    let validated = place.json(&unforced)[0].clone();
    assert_eq!(
        (&validated["outcome"], &validated["version"]),
        (&"skipped".into(), &trained["version"]),
        "of two the one that was validated is used"
    );
}

#[test]
fn a_model_that_was_trained_without_validation_is_trained_again_to_be_validated() {
    let place = everyone_rated_everything();
    let quick = trained(&place, &["--no-validation"]);
    assert_eq!((&quick["outcome"], &quick["metrics"]), (&"trained".into(), &serde_json::json!({})));
    assert_eq!(trained(&place, &["--no-validation"])["outcome"], "skipped");
    let validated = trained(&place, &[]);
    assert_eq!((&validated["outcome"], &validated["metrics"]["ndcg@10"]), (&"trained".into(), &1.0.into()));
    assert_ne!(validated["version"], quick["version"]);
    let again = trained(&place, &[]);
    assert_eq!((&again["outcome"], &again["version"]), (&"skipped".into(), &validated["version"]));
}

#[test]
fn the_table_has_a_line_a_model() {
    let table = demo(&["train", "--models", "all", "--no-validation"]).success();
    assert_eq!(table.lines().count(), 2 + 2 * Algorithm::ALL.len(), "{table}");
    let lines: Vec<&str> = table.lines().skip(2).collect();
    let (rows, parameters) = lines.split_at(Algorithm::ALL.len());
    for ((row, parameters), algorithm) in rows.iter().zip(parameters).zip(Algorithm::ALL) {
        let stored = StoredModel::latest(demo_dir(), "demo", algorithm).unwrap();
        assert_mentions(row, &[algorithm.name(), "skipped"]);
        assert!(row.len() <= 80, "{row}");
        assert_mentions(parameters, &[algorithm.name(), &stored.metadata().version]);
    }
}

#[test]
fn parameters_and_models_that_do_not_exist_are_refused_before_anything_is_trained() {
    let place = small();
    for (arguments, status, named) in [
        (vec!["--models", "popular"], 2, vec!["popular", "popularity"]),
        (vec![], 2, vec!["--models"]),
        (vec!["--models", "all", "--set", "popularity.measure"], 2, vec!["MODEL.PARAMETER=VALUE"]),
        (vec!["--models", "all", "--set", "damping=3"], 2, vec!["MODEL.PARAMETER=VALUE"]),
        (vec!["--models", "all", "--set", "tea.leaves=3"], 2, vec!["\"tea\"", "popularity"]),
        (vec!["--models", "all", "--set", "popularity.dampin=3"], 1, vec!["popularity", "dampin", "damping"]),
        (vec!["--models", "all", "--set", "popularity.damping=much"], 1, vec!["popularity", "much"]),
        (vec!["--models", "ials", "--set", "popularity.damping=1"], 1, vec!["popularity", "--models"]),
    ] {
        let ended = place.run(&[&["train", "--data", "small"], arguments.as_slice()].concat());
        assert_mentions(&ended.failure(status), &named);
    }
    assert!(!place.data_dir().join("models").exists());
}

#[test]
fn a_model_that_cannot_be_trained_does_not_stop_the_others() {
    let place = small();
    let arguments = ["train", "--models", "all", "--data", "small", "--set", "popularity.damping=-1", "--json"];
    let ended = place.run(&arguments);
    let outcomes: Value = serde_json::from_str(&ended.stdout).unwrap();
    for (outcome, algorithm) in outcomes.as_array().unwrap().iter().zip(Algorithm::ALL) {
        let expected = if algorithm == Algorithm::Popularity { "failed" } else { "trained" };
        assert_eq!((&outcome["model"], &outcome["outcome"]), (&algorithm.name().into(), &expected.into()));
    }
    assert_mentions(&ended.failure(1), &["damping is -1", "1 of", "popularity"]);
}

/// What is to be run so that there is a model of the place's dataset.
fn training_command(place: &Place) -> String {
    format!("`cineswarm train --models popularity --data small --data-dir {}`", place.data_dir().display())
}

#[test]
fn a_model_that_is_not_trained_is_asked_for_in_words_and_never_trained_unasked() {
    let place = small();
    for arguments in [
        vec!["recommend", "--user", "1", "--algorithm", "popularity"],
        vec!["similar", "Untitled Tapes", "--model", "popularity"],
        vec!["predict", "--user", "1", "Untitled Tapes", "--model", "popularity"],
    ] {
        let error = place.run(&[&arguments[..], &["--data", "small"]].concat()).failure(1);
        assert_mentions(&error, &[&training_command(&place)]);
    }
    assert!(!place.data_dir().join("models").exists());
}

#[test]
fn every_model_recommends_films_not_seen_yet_with_reasons_among_those_seen() {
    let dataset = Dataset::open(demo_dir(), "demo").unwrap();
    let seen: BTreeSet<u32> = dataset.profile(7).unwrap().movie_ids().iter().copied().collect();
    for algorithm in Algorithm::ALL {
        let name = algorithm.name();
        let answer = json(&["recommend", "--user", "7", "--algorithm", name]);
        let films = list(&answer, "recommendations");
        assert_eq!(films.len(), 10, "{name}");
        assert!(ids(films).is_disjoint(&seen), "{name}");
        let scores: Vec<f64> = films.iter().map(|film| film["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{name}: {scores:?}");
        for film in films {
            assert!(ids(list(film, "because")).is_subset(&seen), "{name}: {film}");
            if let Some(stars) = film["predicted_rating"].as_f64() {
                assert!((0.5..=5.0).contains(&stars), "{name}: {film}");
            }
        }
        let stored = StoredModel::latest(demo_dir(), "demo", algorithm).unwrap();
        let meta = &answer["meta"];
        assert_eq!((&meta["algorithm"], &meta["source"]), (&name.into(), &"model".into()));
        assert_eq!(meta["model_version"], stored.metadata().version);
    }
}

#[test]
fn every_model_honours_filters_and_answers_a_profile_it_has_never_seen() {
    let place = Place::new();
    let dataset = Dataset::open(demo_dir(), "demo").unwrap();
    let horror = dataset.catalogue().movies().iter().filter(|film| film.genres.iter().any(|genre| genre == "Horror"));
    let rows: String = horror.take(12).map(|film| format!("{},5\n", film.id)).collect();
    let file = place.put("mine.csv", format!("movie_id,rating\n{rows}")).display().to_string();
    let filters = ["--n", "7", "--genres", "comedy", "--not-genres", "Romance,War", "--from", "1980", "--to", "1999"];
    for algorithm in Algorithm::ALL.map(Algorithm::name) {
        let answer = json(&[&["recommend", "--algorithm", algorithm, "--profile", &file], &filters[..]].concat());
        let films = list(&answer, "recommendations");
        assert_eq!(films.len(), 7, "{algorithm}");
        let counts = [of_genre(films, "Comedy"), of_genre(films, "Romance"), of_genre(films, "War")];
        assert_eq!(counts, [7, 0, 0], "{algorithm}");
    }
    let like = json(&["recommend", "--algorithm", "item-knn", "--like", "Toy Story; Finding Nemo"]);
    assert!(of_genre(list(&like, "recommendations"), "Animation") >= 6, "{like:#}");
    let table = demo(&["recommend", "--algorithm", "popularity", "--user", "3", "-n", "4"]).success();
    assert_mentions(&table, &["For user 3 (model popularity, dataset demo)"]);
    assert_eq!(table.lines().count(), 2 + 4, "{table}");
}

#[test]
fn who_is_unknown_gets_popular_films_from_a_model_or_without() {
    let ended = demo(&["recommend", "--algorithm", "item-knn", "--user", "4000000000"]);
    assert_mentions(&ended.stderr, &["user 4000000000 has no ratings in dataset demo", "popular films"]);
    assert_eq!(ended.success(), demo(&["recommend"]).success());
    let ended = demo(&["recommend", "--algorithm", "popularity", "--user", "4000000000", "-n", "3"]);
    assert_mentions(&ended.stderr, &["user 4000000000 has no ratings in dataset demo"]);
    let table = ended.success();
    assert_mentions(&table, &["(model popularity, dataset demo)"]);
    assert_eq!(table.lines().count(), 2 + 3, "{table}");
}

#[test]
fn a_damaged_model_is_named_and_made_again_when_that_is_forced() {
    let place = small();
    trained(&place, &[]);
    let stored = StoredModel::latest(place.data_dir(), "small", Algorithm::Popularity).unwrap();
    let file = stored.directory().join("scores.arrow");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let recommend = ["recommend", "--user", "1", "--algorithm", "popularity", "--data", "small"];
    assert_mentions(&place.run(&recommend).failure(1), &[&file.display().to_string(), "damaged", "--force"]);
    trained(&place, &["--force"]);
    place.output(&recommend);
}

#[test]
fn a_model_of_an_earlier_version_of_the_dataset_still_answers_and_says_so() {
    let place = small();
    trained(&place, &[]);
    // User 1 has rated the second film since, and there is a new one.
    place.put_source("small", &format!("{RATINGS}1,2,2.0,1000000000\n9,31,4.0,1000000000\n"));
    let movies = fs::read_to_string(place.path("small/movies.csv")).unwrap();
    place.put("small/movies.csv", format!("{movies}31,Newcomer (1999),Drama\n"));
    place.output(&["data", "import", &place.path("small").display().to_string()]);

    let ended = place.run(&["recommend", "--user", "1", "--algorithm", "popularity", "--data", "small", "--json"]);
    assert_mentions(&ended.stderr, &["earlier version", &training_command(&place)]);
    let answer: Value = serde_json::from_str(&ended.success()).unwrap();
    assert_eq!(answer["recommendations"], Value::Array(Vec::new()), "all films the model knows are rated by now");
    let answer = place.json(&["recommend", "--user", "9", "--algorithm", "popularity", "--data", "small", "--json"]);
    assert_mentions(answer["meta"]["note"].as_str().unwrap(), &["knows none of these films"]);
    let error = place.run(&["similar", "Newcomer", "--model", "popularity", "--data", "small"]).failure(1);
    assert_mentions(&error, &["came to dataset small after model popularity was trained"]);
}

#[test]
fn a_training_that_is_killed_leaves_whole_versions_or_nothing() {
    let place = Place::new();
    place.output(&["recommend", "--n", "1"]);
    let train = ["train", "--models", "popularity,item-knn,rp3beta", "--no-validation"];
    for killed_at in [Algorithm::Popularity, Algorithm::ItemKnn, Algorithm::Rp3Beta] {
        let mut training = place.command(&train).spawn().unwrap();
        let directory = place.data_dir().join("models/demo").join(killed_at.name());
        // Killed while the model is being written, or just after that.
        while fs::read_dir(&directory).map_or(0, Iterator::count) == 0 && training.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        training.kill().unwrap();
        training.wait().unwrap();
        for there in cineswarm_engine::model_store::trained(place.data_dir(), "demo").unwrap() {
            StoredModel::latest(place.data_dir(), "demo", there).unwrap().open().unwrap();
        }
    }
    place.output(&train);
    let left: Vec<String> = place.files().into_iter().filter(|file| file.contains(".unfinished-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn films_like_an_animated_one_are_mostly_animated_and_titles_are_found_however_they_are_written() {
    let answer = json(&["similar", "toy story (1995)"]);
    let films = list(&answer, "similar");
    assert_eq!(answer["film"]["title"], "Toy Story");
    assert_eq!(films.len(), 10);
    assert!(of_genre(films, "Animation") >= 6, "{films:#?}");
    assert!(!ids(films).contains(&(answer["film"]["movie_id"].as_u64().unwrap() as u32)));
    let similarities: Vec<f64> = films.iter().map(|film| film["similarity"].as_f64().unwrap()).collect();
    assert!(similarities.is_sorted_by(|a, b| a >= b), "{similarities:?}");
    assert_eq!(answer["meta"]["algorithm"], "item-knn");
    for title in ["The Matrix", "Matrix, The", "matrix, the (1999)"] {
        let table = demo(&["similar", title, "-n", "3", "--model", "content"]).success();
        assert_mentions(&table, &["Films like The Matrix (1999) (model content, dataset demo)"]);
        assert_eq!(table.lines().count(), 2 + 3, "{table}");
    }
    assert_mentions(&demo(&["similar", "Alein"]).success(), &["Films like Alien (1979) "]);
    assert_mentions(&demo(&["similar", "Xylophone Zebra"]).failure(1), &["no film is called \"Xylophone Zebra\""]);
    let error = demo(&["similar", "Alien", "--model", "popularity"]).failure(1);
    assert_mentions(&error, &["popularity knows no film like Alien (1979)", "--model"]);
}

#[test]
fn a_rating_is_predicted_with_reasons_and_higher_for_the_film_that_the_user_liked_best() {
    let dataset = Dataset::open(demo_dir(), "demo").unwrap();
    let profile = dataset.profile(7).unwrap();
    let given = |stars: u8| profile.iter().find(|(_, half_stars)| *half_stars == stars).map(|(movie, _)| movie);
    let best = (1..=10).rev().find_map(given).unwrap();
    let worst = (1..=10).find_map(given).unwrap();
    for model in [&[][..], &["--model", "item-knn"]] {
        let predict = |movie: u32| json(&[&["predict", "--user", "7", &movie.to_string()], model].concat());
        let (best, worst) = (predict(best), predict(worst));
        for answer in [&best, &worst] {
            assert!((0.5..=5.0).contains(&answer["predicted_rating"].as_f64().unwrap()), "{answer}");
            let movie = answer["movie_id"].as_u64().unwrap() as u32;
            assert_eq!(answer["rating"].as_f64().unwrap(), f64::from(profile.get(movie).unwrap()) / 2.0);
            let because = list(answer, "because");
            assert!(because.len() <= 3 && ids(because).iter().all(|movie| profile.get(*movie).is_some()), "{answer}");
        }
        assert!(best["predicted_rating"].as_f64() > worst["predicted_rating"].as_f64(), "{best} {worst}");
        assert!(!list(&best, "because").is_empty(), "{best}");
    }
    let words = demo(&["predict", "--user", "7", &best.to_string()]).success();
    assert_mentions(&words, &["stars predicted for user 7 (model als)", "rated by the user", "because of:"]);
    assert_mentions(&demo(&["predict", "--user", "4000000000", "Alien"]).failure(1), &["user 4000000000"]);
    let error = demo(&["predict", "--user", "7", "Alien", "--model", "ials"]).failure(1);
    assert_mentions(&error, &["ials predicts no rating of Alien (1979)", "--model"]);
}
