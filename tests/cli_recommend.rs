//! `cineswarm recommend` and `neighbours`: answers without server or network that make sense and can be recomputed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cineswarm_engine::Dataset;
use common::{Ended, Place, RATINGS, assert_mentions, command_in, ended};
use serde_json::Value;

/// A data directory with the bundled dataset, made once by the program itself for all tests of this process: there may
/// be one process a test.
fn demo_dir() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli_recommend-{}", std::process::id()));
        // An earlier process with this number may have been of another program.
        let _ = std::fs::remove_dir_all(&directory);
        ended(command_in(&directory, &["recommend", "--n", "1"])).success();
        directory
    })
}

fn demo(arguments: &[&str]) -> Ended {
    ended(command_in(demo_dir(), arguments))
}

/// The films of an answer, checked for what every answer has.
fn films(arguments: &[&str]) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&demo(&[arguments, &["--json"]].concat()).success()).unwrap();
    let films = answer["recommendations"].as_array().unwrap().clone();
    let ranks: Vec<u64> = films.iter().map(|film| film["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, (1..=films.len() as u64).collect::<Vec<u64>>());
    let scores: Vec<f64> = films.iter().map(|film| film["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    films
}

fn ids(films: &[Value]) -> BTreeSet<u32> {
    films.iter().map(|film| film["movie_id"].as_u64().unwrap() as u32).collect()
}

fn of_genre(films: &[Value], genre: &str) -> usize {
    films.iter().filter(|film| film["genres"].as_array().unwrap().iter().any(|own| own == genre)).count()
}

/// The ratings of every user of a dataset, as a plain map.
fn rows(dataset: &Dataset) -> BTreeMap<u32, BTreeMap<u32, u64>> {
    let mut rows = BTreeMap::<u32, BTreeMap<u32, u64>>::new();
    for shard in (0..dataset.shard_count()).map(|shard| dataset.shard(shard).unwrap()) {
        for (at, &user) in shard.user_ids.iter().enumerate() {
            for row in shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize {
                rows.entry(user).or_default().insert(shard.movie_ids[row], shard.half_stars[row].into());
            }
        }
    }
    rows
}

#[test]
fn a_user_of_the_demo_gets_films_not_seen_yet_with_reasons_among_those_seen() {
    let dataset = Dataset::open(demo_dir(), "demo").unwrap();
    let seen: BTreeSet<u32> = dataset.profile(7).unwrap().movie_ids().iter().copied().collect();
    let answer = films(&["recommend", "--user", "7"]);
    assert_eq!(answer.len(), 10);
    assert!(ids(&answer).is_disjoint(&seen));
    for film in &answer {
        let because = film["because"].as_array().unwrap();
        assert!(!because.is_empty() && ids(because).is_subset(&seen), "{film}");
        assert!((0.5..=5.0).contains(&film["predicted_rating"].as_f64().unwrap()), "{film}");
    }
}

#[test]
fn the_neighbours_are_those_of_a_plain_computation_to_the_last_bit() {
    let rows = rows(&Dataset::open(demo_dir(), "demo").unwrap());
    let norm = |row: &BTreeMap<u32, u64>| row.values().map(|rating| rating * rating).sum::<u64>();
    let own = &rows[&11];
    let mut expected: Vec<(u32, f64, usize)> = Vec::new();
    for (&user, row) in rows.iter().filter(|(user, _)| **user != 11) {
        let common: Vec<u64> = own.iter().filter_map(|(movie, rating)| Some(rating * row.get(movie)?)).collect();
        if !common.is_empty() {
            let cosine = common.iter().sum::<u64>() as f64 / ((norm(own) * norm(row)) as f64).sqrt();
            expected.push((user, cosine, common.len()));
        }
    }
    expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    expected.truncate(25);

    let listed: Value =
        serde_json::from_str(&demo(&["neighbours", "--user", "11", "--k", "25", "--json"]).success()).unwrap();
    let found: Vec<(u32, f64, usize)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let number = |field: &str| one[field].as_u64().unwrap();
            (number("user") as u32, one["similarity"].as_f64().unwrap(), number("overlap") as usize)
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn answers_do_not_depend_on_how_many_shards_there_are() {
    let place = Place::new();
    let ratings: String = (0..400u32)
        .map(|row| format!("{},{},{}.5,1000000000\n", row / 2, [1, 2, 30][(row * row % 7 + row) as usize % 3], row % 5))
        .collect();
    let source = place.put_source("small", &format!("userId,movieId,rating,timestamp\n{ratings}"));
    for (name, shards) in [("one", "1"), ("many", "13")] {
        let arguments = ["data", "import", &source, "--name", name, "--shards", shards, "--max-bad-rows", "100%"];
        place.output(&arguments);
    }
    let neighbours = |name| place.json(&["neighbours", "--user", "5", "--k", "50", "--data", name, "--json"]);
    assert_eq!(neighbours("one").as_array().unwrap().len(), 50);
    assert_eq!(neighbours("one"), neighbours("many"));
    let answer = |name| place.json(&["recommend", "--user", "5", "--data", name, "--json"])["recommendations"].clone();
    assert_eq!(answer("one"), answer("many"));
}

#[test]
fn films_like_animated_ones_are_mostly_animated_and_do_not_repeat_what_was_named() {
    let named = ["toy story (1995)", "Finding Nemo"];
    let answer = films(&["recommend", "--like", &named.join("; ")]);
    assert_eq!(answer.len(), 10);
    assert!(of_genre(&answer, "Animation") >= 6, "{answer:#?}");
    let catalogue = Dataset::open(demo_dir(), "demo").unwrap();
    let liked = catalogue.catalogue().movies().iter();
    let liked: BTreeSet<u32> =
        liked.filter(|film| ["Toy Story", "Finding Nemo"].contains(&&*film.title)).map(|film| film.id).collect();
    assert_eq!(liked.len(), 2);
    assert!(ids(&answer).is_disjoint(&liked));
    let by_id: Vec<String> = liked.iter().map(u32::to_string).collect();
    let arguments = ["recommend", "--like", &by_id[0], "--like", &by_id[1]];
    assert_eq!(films(&arguments), answer, "ids and titles mean the same");
}

#[test]
fn a_file_of_ratings_is_a_profile() {
    let place = Place::new();
    let dataset = Dataset::open(demo_dir(), "demo").unwrap();
    let horror = dataset.catalogue().movies().iter().filter(|film| film.genres.iter().any(|genre| genre == "Horror"));
    let rows: String = horror.take(12).map(|film| format!("{},5\n", film.id)).collect();
    let file = place.put("mine.csv", format!("movie_id,rating\n{rows}")).display().to_string();
    let answer = films(&["recommend", "--profile", &file]);
    assert!(of_genre(&answer, "Horror") >= 6, "{answer:#?}");

    for (contents, named) in [
        ("movie_id,rating\nAlien,4\n", vec!["mine.csv:2", "Alien"]),
        ("movie_id,rating\n99999,4\n", vec!["none of the 1 rows", "mine.csv:2", "no film 99999"]),
        ("who,stars\n1,4\n", vec!["no column with a film's title or id", "who,stars", "movie_id,rating"]),
        ("userId,movieId,rating\n1,1,4\n2,1,3\n", vec!["several users", "line 3", "data import"]),
        ("", vec!["mine.csv is empty"]),
    ] {
        place.put("mine.csv", contents);
        assert_mentions(&demo(&["recommend", "--profile", &file]).failure(1), &named);
    }
    // What can be taken is, and the rest is named.
    for (contents, named) in [
        ("movie_id,rating\n1,4.5\n2,4.7\n", vec!["mine.csv:3", "4.7", "1 films rated"]),
        ("movie_id,rating\n1,4.5\n\n99999,4\n", vec!["mine.csv:4", "no film 99999", "1 of 2 rows found"]),
        ("movie_id,rating\n1,NaN\n2,3\n", vec!["mine.csv:2", "NaN"]),
    ] {
        place.put("mine.csv", contents);
        let ended = demo(&["recommend", "--profile", &file]);
        assert_eq!(ended.status, 0, "{ended:?}");
        assert_mentions(&ended.stderr, &named);
    }
    place.put("mine.csv", "movieId,rating,timestamp\n");
    assert_mentions(&demo(&["recommend", "--profile", &file]).stderr, &["mine.csv has no ratings", "popular films"]);
}

#[test]
fn who_is_unknown_gets_popular_films_and_is_told_so() {
    let unknown = demo(&["recommend", "--user", "4000000000"]);
    assert_mentions(&unknown.stderr, &["user 4000000000 has no ratings in dataset demo", "popular films"]);
    let nobody = demo(&["recommend"]);
    assert_eq!(unknown.success(), nobody.success(), "the same as for somebody of whom nothing was said");

    let answer: Value =
        serde_json::from_str(&demo(&["recommend", "--user", "4000000000", "--json"]).success()).unwrap();
    assert_eq!(answer["meta"]["source"], "popular");
    assert_mentions(answer["meta"]["note"].as_str().unwrap(), &["4000000000"]);
    assert_eq!(answer["recommendations"].as_array().unwrap().len(), 10);
    assert_mentions(&demo(&["neighbours", "--user", "4000000000"]).failure(1), &["user 4000000000"]);
}

#[test]
fn filters_leave_as_many_films_as_were_asked_for() {
    let arguments = ["--n", "7", "--genres", "comedy", "--not-genres", "Romance,War", "--from", "1980", "--to", "1999"];
    for basis in [vec!["recommend", "--user", "3"], vec!["recommend", "--like", "Alien"], vec!["recommend"]] {
        let answer = films(&[basis.as_slice(), &arguments].concat());
        assert_eq!(answer.len(), 7, "{basis:?}");
        assert_eq!(
            [of_genre(&answer, "Comedy"), of_genre(&answer, "Romance"), of_genre(&answer, "War")],
            [7, 0, 0],
            "{basis:?}"
        );
        assert!(answer.iter().all(|film| (1980..=1999).contains(&film["year"].as_u64().unwrap())), "{basis:?}");
    }
    assert_mentions(&demo(&["recommend", "--from", "2099"]).stderr, &["no film passes"]);
    assert_mentions(&demo(&["recommend", "--genres", "Comdy"]).failure(1), &["\"Comdy\"", "Comedy, Crime"]);
    assert_mentions(&demo(&["recommend", "--from", "2000", "--to", "1990"]).failure(1), &["--from and --to"]);
}

#[test]
fn a_title_that_fits_no_film_or_several_is_answered_with_those_that_come_near() {
    let several = demo(&["recommend", "--like", "KING KONG"]).failure(1);
    assert_mentions(&several, &["3 films are called \"KING KONG\"", "King Kong (1933) [id", "King Kong (2005) [id"]);
    assert_mentions(
        &demo(&["recommend", "--like", "Xylophone Zebra"]).failure(1),
        &["no film is called \"Xylophone Zebra\"", "check the spelling"],
    );
    for title in ["Alein", "Alien (1980)"] {
        assert_mentions(&demo(&["recommend", "--like", title]).success(), &["Films like Alien (1979) "]);
    }
    for title in ["Matrix, The", "the matrix (1999)", " The Matrix "] {
        assert_mentions(&demo(&["recommend", "--like", title]).success(), &["Films like The Matrix (1999) "]);
    }
}

#[test]
fn the_table_has_a_line_a_film_where_the_output_is_no_terminal() {
    let table = demo(&["recommend", "--user", "7", "--n", "4"]).success();
    assert_eq!(table.lines().count(), 2 + 4, "{table}");
    let json = films(&["recommend", "--user", "7", "--n", "4"]);
    for (line, film) in table.lines().skip(2).zip(&json) {
        assert_mentions(line, &[film["title"].as_str().unwrap(), film["because"][0]["title"].as_str().unwrap()]);
    }
}

#[test]
fn one_can_ask_for_one_viewer_at_a_time_and_for_films_that_can_be_counted() {
    for (arguments, named) in [
        (vec!["--user", "1", "--like", "Alien"], "--like"),
        (vec!["--n", "0"], "--n"),
        (vec!["--n", "1000000000"], "--n"),
        (vec!["--k", "0"], "--k"),
        (vec!["--from", "MCMXC"], "--from"),
    ] {
        assert_mentions(&demo(&[&["recommend"], arguments.as_slice()].concat()).failure(2), &[named]);
    }
    // Whether something is a user's id is for the dataset to say.
    for user in ["-1", "99999999999"] {
        assert_mentions(&demo(&["recommend", "--user", user]).failure(1), &[user, "demo", "numbers"]);
    }
}

#[test]
fn a_path_is_imported_when_it_is_first_used_and_again_when_it_has_changed() {
    let place = Place::new();
    let source = place.put_source("my films!", RATINGS);
    let version = || place.json(&["recommend", "--data", &source, "--json"])["meta"]["model_version"].clone();
    let first = version();
    assert_eq!(version(), first);
    assert_mentions(&place.output(&["data", "list"]), &["my-films-", first.as_str().unwrap()]);
    place.put_source("my films!", &format!("{RATINGS}9,1,2.0,1000000000\n"));
    assert_ne!(version(), first);
    assert_mentions(&place.output(&["data", "info", "my-films-"]), &["4 users", "(1 other)"]);
}

#[test]
fn unless_one_is_asked_for_the_dataset_is_the_only_imported_one_and_of_several_none_is_guessed() {
    let place = Place::new();
    let used = || place.json(&["recommend", "--json"])["meta"]["model_version"].clone();
    let version = |name: &str| Dataset::open(place.data_dir(), name).unwrap().metadata().version.clone();
    let first_used = used();
    assert_eq!(first_used, version("demo").as_str());
    for name in ["first", "second"] {
        let source = place.put_source(name, RATINGS);
        place.output(&["data", "import", &source]);
        if name == "first" {
            assert_eq!(used(), version("first").as_str(), "though the demo dataset is there as well");
        }
    }
    assert_mentions(&place.run(&["recommend"]).failure(1), &["first, second", "--data NAME"]);
}

#[test]
fn a_demo_dataset_that_cannot_be_read_is_made_anew() {
    let place = Place::new();
    place.output(&["recommend", "--n", "1"]);
    let metadata = place.files().into_iter().find(|file| file.ends_with("metadata.json")).unwrap();
    std::fs::write(place.data_dir().join(metadata), "{\"format_version\": 0}").unwrap();
    place.output(&["recommend", "--n", "1"]);
    assert_mentions(&place.output(&["data", "verify", "demo"]), &["as they were written"]);
}

#[test]
fn the_sample_of_movielens_is_recommended_from() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ml-latest-small");
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or(beside, PathBuf::from);
    if !folder.join("ratings.csv").is_file() {
        println!("SKIPPED: no MovieLens sample; set CINESWARM_TEST_DATA to the folder of ml-latest-small");
        return;
    }
    let place = Place::new();
    let folder = folder.display().to_string();
    let answer = place.json(&["recommend", "--data", &folder, "--user", "1", "--json"]);
    let films = answer["recommendations"].as_array().unwrap();
    let dataset = Dataset::open(place.data_dir(), "ml-latest-small").unwrap();
    let seen: BTreeSet<u32> = dataset.profile(1).unwrap().movie_ids().iter().copied().collect();
    assert_eq!(films.len(), 10);
    assert!(ids(films).is_disjoint(&seen));
}

#[test]
fn commands_that_are_started_together_wait_for_the_one_that_makes_the_dataset() {
    let place = Place::new();
    let mut started: Vec<_> = (0..4)
        .map(|_| {
            let mut command = place.command(&["neighbours", "--user", "1", "--k", "1"]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    assert!(started.iter_mut().all(|command| command.wait().unwrap().success()));
}
