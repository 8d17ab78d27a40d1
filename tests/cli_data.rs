//! `cineswarm data`: what is imported is found again, and what cannot be is explained.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::fs;

use common::{MOVIES, Place, RATINGS, assert_mentions, ended, zipped};
use serde_json::json;

#[test]
fn an_imported_folder_is_listed_and_described() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    assert_mentions(&place.output(&["data", "import", &source]), &["small: imported", "3 users, 3 films, 4 ratings"]);
    assert_mentions(&place.output(&["data", "list"]), &["small", "3 users, 3 films, 4 ratings"]);
    assert_mentions(&place.output(&["data", "info", "small"]), &["small (ratings.csv)", "bad rows  none"]);

    let info = place.json(&["data", "info", "small", "--json"]);
    assert_eq!(info["counts"], json!({"users": 3, "movies": 3, "ratings": 4, "tags": 0, "bad_rows": {}}));
    assert_eq!(info["shard_count"], 16);
    assert_eq!(info["first_rating_at"], 1_000_000_000);
}

#[test]
fn an_archive_gives_the_same_dataset_as_its_folder_under_a_chosen_name() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    let archive = zipped(&[("x/movies.csv", MOVIES.as_bytes()), ("x/ratings.csv", RATINGS.as_bytes())]);
    let archive = place.put("films.zip", archive).display().to_string();
    place.output(&["data", "import", &source]);
    place.output(&["data", "import", &archive]);
    place.output(&["data", "import", &archive, "--name", "chosen"]);
    let hash = |name| place.json(&["data", "info", name, "--json"])["content_sha256"].clone();
    assert_eq!(hash("films"), hash("small"));
    assert_eq!(hash("chosen"), hash("small"));
}

#[test]
fn the_same_source_is_imported_once_unless_forced() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    let before = place.files();
    assert_mentions(&place.output(&["data", "import", &source]), &["small: unchanged"]);
    assert_eq!(place.files(), before);
    assert_mentions(&place.output(&["data", "import", &source, "--force"]), &["small: imported"]);
}

#[test]
fn bad_rows_are_shown_with_file_line_and_reason_and_listed_in_a_file() {
    let place = Place::new();
    let source = place.put_source("small", &format!("{RATINGS}7,99,3.0,1000000004\n7,2,4.7,1000000005\n"));
    let shown = place.output(&["data", "import", &source, "--max-bad-rows", "50%"]);
    assert_mentions(&shown, &["2: 1 off scale, 1 unknown film", "ratings.csv:6:", "ratings.csv:7:", "4 ratings"]);
    let list = shown.lines().find_map(|line| line.trim().strip_prefix("listed in ")).unwrap();
    assert_eq!(fs::read_to_string(list).unwrap().lines().count(), 2);
}

#[test]
fn too_many_bad_rows_stop_the_import_and_leave_nothing() {
    let place = Place::new();
    let source = place.put_source("small", &format!("{RATINGS}7,99,3.0,1000000004\n"));
    let error = place.run(&["data", "import", &source]).failure(1);
    assert_mentions(&error, &["1 of 5 rows of ratings.csv are bad", "1.00 % allowed", "ratings.csv:6:"]);
    assert_eq!(place.output(&["data", "list"]), "");
    let allowed = place.output(&["data", "import", &source, "--max-bad-rows", "0.2"]);
    assert_mentions(&allowed, &["4 ratings"]);
}

#[test]
fn settings_come_from_the_environment_too_and_the_command_line_wins() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    let shards = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("SHARDS", "3").env("IMPORT_NAME", "named");
        ended(command).success();
        place.json(&["data", "info", "named", "--json"])["shard_count"].clone()
    };
    assert_eq!(shards(&["data", "import", &source]), 3);
    assert_eq!(shards(&["data", "import", &source, "--shards", "5"]), 5);
}

#[test]
fn a_dataset_that_is_not_there_is_answered_with_those_that_are() {
    let place = Place::new();
    let error = place.run(&["data", "info", "films"]).failure(1);
    assert_mentions(&error, &["no dataset called \"films\"", "there are none", "cineswarm data import"]);
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    for arguments in [["data", "info", "../small"], ["data", "verify", "films"], ["recommend", "--data", "films"]] {
        assert_mentions(&place.run(&arguments).failure(1), &["no dataset called", "there are: small;"]);
    }
}

#[test]
fn an_empty_data_directory_is_no_error_and_says_how_to_begin() {
    let ended = Place::new().run(&["data", "list"]);
    assert_mentions(&ended.stderr, &["data import", "data get"]);
    assert_eq!(ended.success(), "");
}

#[test]
fn what_is_no_dataset_is_refused_with_what_was_looked_for() {
    let place = Place::new();
    let file = place.put("folder/notes.txt", "nothing").display().to_string();
    let folder = place.path("folder").display().to_string();
    assert_mentions(&place.run(&["data", "import", &folder]).failure(1), &["holds no MovieLens dataset", "u.data"]);
    assert_mentions(
        &place.run(&["data", "import", &file]).failure(1),
        &["notes.txt is a single file, not a dataset; give the folder"],
    );
    let error = place.run(&["data", "import", "/no/such/file.zip"]).failure(1);
    assert_mentions(&error, &["opening /no/such/file.zip"]);
    assert_eq!(error.matches("No such file").count(), 1, "said once: {error}");
}

#[test]
fn wrong_usage_ends_with_status_2_and_names_what_is_wrong() {
    let place = Place::new();
    for (arguments, named) in [
        (vec!["data", "import"], "<PATH>"),
        (vec!["data", "import", "x", "--shards", "0"], "--shards"),
        (vec!["data", "import", "x", "--max-bad-rows", "150%"], "from 0% to 100%"),
        (vec!["data", "import", "x", "--max-bad-rows", "NaN"], "from 0 to 1"),
        (vec!["data", "get", "ml-5m"], "ml-latest-small, ml-100k, ml-1m"),
        (vec!["data", "get", "1m", "--base-url", "ftp://localhost"], "http:"),
        (vec!["dtaa"], "dtaa"),
        (vec!["data", "list", "--log-level", "=,="], "--log-level"),
    ] {
        assert_mentions(&place.run(&arguments).failure(2), &[named]);
    }
}

#[test]
fn verify_finds_a_file_that_has_changed_since_it_was_written() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    assert_mentions(&place.output(&["data", "verify", "small"]), &["as they were written"]);
    let movies = place.files().into_iter().find(|file| file.ends_with("movies.arrow")).unwrap();
    let path = place.data_dir().join(movies);
    let mut contents = fs::read(&path).unwrap();
    let at = contents.windows(9).position(|window| window == b"Lighthous").unwrap();
    contents[at] = b'N';
    fs::write(&path, contents).unwrap();
    assert_mentions(&place.run(&["data", "verify", "small"]).failure(1), &["movies.arrow is damaged"]);
}

#[test]
fn who_stops_reading_the_output_gets_no_error() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    for arguments in [vec!["data", "list"], vec!["data", "info", "small"], vec!["data", "info", "small", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(&arguments);
        command.stdout(writer).stderr(std::process::Stdio::piped());
        let output = command.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn an_invented_dataset_has_the_counts_of_its_shape_and_is_the_same_for_the_same_seed() {
    let place = Place::new();
    let shown = place.output(&["data", "synth", "--shape", "ml-100k"]);
    assert_mentions(&shown, &["synth-ml-100k: imported", "943 users, 1,682 films, 100,000 ratings", "bad rows  none"]);
    assert_mentions(&place.output(&["data", "synth", "--shape", "ml-100k"]), &["synth-ml-100k: unchanged"]);
    place.output(&["data", "synth", "--shape", "ml-100k", "--seed", "7", "--name", "other"]);
    let hash = |name| place.json(&["data", "info", name, "--json"])["content_sha256"].clone();
    assert_ne!(hash("other"), hash("synth-ml-100k"));
}

#[test]
fn ids_that_are_no_numbers_are_said_understood_and_given_back() {
    let place = Place::new();
    let ratings =
        "userId,movieId,rating,timestamp\nanna,1,4.5,5\nanna,30,2.0,5\n-2,1,4.0,5\n-2,2,3.0,5\nbob x,1,5.0,5\n";
    let source = place.put_source("small", ratings);
    let shown = place.output(&["data", "import", &source]);
    assert_mentions(&shown, &["small: imported", "ids of users are taken as text (as \"anna\"): 3 are numbered"]);
    let neighbours = place.json(&["neighbours", "--user", "anna", "--data", "small", "--json"]);
    let mut users: Vec<&str> = neighbours.as_array().unwrap().iter().map(|one| one["user"].as_str().unwrap()).collect();
    users.sort_unstable();
    assert_eq!(users, ["-2", "bob x"]);
    let answer = place.json(&["recommend", "--user=-2", "--data", "small", "--json"]);
    assert_eq!(answer["recommendations"][0]["movie_id"], 30);
    let unknown = place.run(&["neighbours", "--user", "7", "--data", "small"]).failure(1);
    assert_mentions(&unknown, &["user 7 has no ratings in dataset small"]);
    let numbers = place.put_source("numbers", RATINGS);
    place.output(&["data", "import", &numbers]);
    let error = place.run(&["neighbours", "--user", "anna", "--data", "numbers"]).failure(1);
    assert_mentions(&error, &["\"anna\" is no user of dataset numbers: its users have numbers"]);

    // Films, too, if it is said, and out and in again as Parquet.
    place.output(&["data", "import", &source, "--ids", "text", "--name", "all-text"]);
    let answer = place.json(&["recommend", "--user=-2", "--data", "all-text", "--json"]);
    assert_eq!(answer["recommendations"][0]["source_id"], "30");
    let folder = place.path("out").display().to_string();
    place.output(&["data", "export", "all-text", "--to", &folder, "--format", "parquet"]);
    place.output(&["data", "import", &folder, "--ids", "text", "--name", "again"]);
    let hash = |name| place.json(&["data", "info", name, "--json"])["content_sha256"].clone();
    assert_eq!(hash("again"), hash("all-text"));
    assert_mentions(&place.output(&["data", "info", "again"]), &["(ratings.parquet)"]);
}

#[test]
fn a_film_is_added_once_with_an_id_of_its_own_and_what_is_none_is_refused() {
    let place = Place::new();
    let source = place.put_source("small", RATINGS);
    place.output(&["data", "import", &source]);
    let add = |more: &[&str]| {
        let mut arguments = vec!["data", "add-film", "--data", "small"];
        arguments.extend(more);
        place.run(&arguments)
    };
    let said =
        add(&["--title", "Flow", "--year", "2024", "--genres", "Animation|Drama", "--imdb", "4772188"]).success();
    assert_mentions(&said, &["small: Flow (2024) is film 2147483648", "films     4", "cineswarm data switch small"]);
    assert_mentions(&place.output(&["data", "list"]), &["3 users, 4 films, 4 ratings"]);
    assert_mentions(&place.output(&["data", "verify", "small"]), &["all files are as they were written"]);
    let before = place.files();
    for (more, reason) in [
        (["--title", "flow", "--year", "2024"], "a film with this title and year, 2147483648: Flow (2024)"),
        (["--title", " ", "--year", "2024"], "cannot add a film with the title"),
        (["--title", "Flow", "--year", "24"], "the year \"24\": it must be from 1870 to 2100"),
    ] {
        assert_mentions(&add(&more).failure(1), &[reason]);
    }
    let nowhere = ["data", "add-film", "--data", "nowhere", "--title", "Flow", "--year", "2024"];
    assert_mentions(&place.run(&nowhere).failure(1), &["no dataset called \"nowhere\"", "there are: small"]);
    assert_eq!(place.files(), before);
}

#[test]
fn masters_that_start_later_are_told_to_serve_another_dataset_which_must_exist() {
    let place = Place::new();
    for name in ["small", "other"] {
        let source = place.put_source(name, RATINGS);
        place.output(&["data", "import", &source]);
    }
    let before = place.files();
    let unknown = place.run(&["data", "switch", "nowhere", "--data", "small"]).failure(1);
    assert_mentions(&unknown, &["no dataset called \"nowhere\"", "there are: other, small", "data import"]);
    let whom = place.run(&["data", "switch", "other"]).failure(1);
    assert_mentions(&whom, &["no master serves from this folder", "--data"]);
    let never = place.run(&["data", "switch", "other", "--data", "nowhere"]).failure(1);
    assert_mentions(&never, &["no dataset is called so", "cineswarm data list"]);
    assert_eq!(place.files(), before);
    let told = place.output(&["data", "switch", "other", "--data", "small"]);
    assert_mentions(&told, &["other: served by masters that are started with --data small; none runs now"]);
    let order = fs::read_to_string(place.data_dir().join("serving/small/order.json")).unwrap();
    assert_mentions(&order, &["\"dataset\":\"other\""]);
    // What a master says that was killed since.
    let answer = json!({"dataset": "small", "version": "v"}).to_string();
    fs::write(place.data_dir().join("serving/small/served.json"), answer).unwrap();
    let nobody = place.run(&["data", "switch", "other", "--wait", "1"]).failure(1);
    assert_mentions(&nobody, &["no master has answered within 1 s", "cineswarm health", "--data small"]);
    fs::write(place.data_dir().join("serving/small/order.json"), "{").unwrap();
    let master = place.run(&["master", "--data", "small"]).failure(1);
    assert_mentions(&master, &["order.json is not what was written", "cineswarm data switch"]);
}
