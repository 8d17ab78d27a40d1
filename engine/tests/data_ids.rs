//! Ids that are no numbers: they are numbered the same whatever the order of rows, kept, and given back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, export_csv, import};
use cineswarm_engine::movielens::IdKind;
use common::{Fixture, MOVIES, clean, clean_with_text_users, ratings};

/// What the files below say, by the source's own ids.
type Rated = BTreeMap<(String, String), (u8, i64)>;

fn rated(dataset: &Dataset) -> Rated {
    let shown = |((user, movie), rating): ((u32, u32), (u8, i64))| {
        ((dataset.user_shown(user).into_owned(), dataset.catalogue().id_shown(movie).into_owned()), rating)
    };
    ratings(dataset).into_iter().map(shown).collect()
}

const USERS: [&str; 5] = ["9f1c6e0a-11d2-4b6e-8f0e-3d2a5c7b9e01", "-7", "18446744073709551615", "anna", "2147483648"];
const FILMS: [&str; 3] = ["tt0113277", "b-2", "zoë, \"the\" 3"];

fn expected() -> Rated {
    let rows = (0..).zip(USERS).flat_map(|(at, user)| {
        let films = FILMS.iter().take(1 + at as usize % 3);
        films.map(move |film| ((user.to_owned(), (*film).to_owned()), (2 + at as u8, 1_000_000_000 + i64::from(at))))
    });
    rows.collect()
}

fn field(text: &str, separator: &str) -> String {
    if separator == "," && text.contains('"') { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn rows(separator: &str, backwards: bool) -> String {
    let rows = expected();
    let mut rows: Vec<String> = rows
        .iter()
        .map(|((user, film), (half_stars, at))| {
            let stars = format!("{:.1}", f64::from(*half_stars) / 2.0);
            [user.clone(), field(film, separator), stars, at.to_string()].join(separator) + "\n"
        })
        .collect();
    if backwards {
        rows.reverse();
    }
    rows.concat()
}

fn films(separator: &str, backwards: bool) -> String {
    let mut rows = FILMS.map(|film| [&field(film, separator), "A Film (1990)", "Drama"].join(separator) + "\n");
    if backwards {
        rows.reverse();
    }
    rows.concat()
}

fn csv(backwards: bool) -> Fixture {
    let films_csv = format!("movieId,title,genres\n{}", films(",", backwards));
    let ratings_csv = format!("userId,movieId,rating,timestamp\n{}", rows(",", backwards));
    Fixture::new(&[("movies.csv", films_csv.as_bytes()), ("ratings.csv", ratings_csv.as_bytes())])
}

#[test]
fn ids_of_any_kind_in_any_order_and_layout_make_the_same_dataset() {
    let dataset = csv(false).imported();
    assert_eq!(rated(&dataset), expected());
    let hash = dataset.metadata().content_sha256.clone();
    assert_eq!(csv(true).imported().metadata().content_sha256, hash);
    let dat =
        Fixture::new(&[("movies.dat", films("::", true).as_bytes()), ("ratings.dat", rows("::", false).as_bytes())]);
    let inter = format!("user_id:token\titem_id:token\trating:float\ttimestamp:float\n{}", rows("\t", true));
    let item = format!("item_id:token\tmovie_title:token_seq\tclass:token_seq\n{}", films("\t", false));
    let atomic = Fixture::new(&[("x.inter", inter.as_bytes()), ("x.item", item.as_bytes())]);
    for fixture in [dat, atomic] {
        let dataset = fixture.imported();
        assert_eq!((rated(&dataset), &dataset.metadata().content_sha256), (expected(), &hash));
    }
}

#[test]
fn what_is_mapped_is_said_kept_and_checked() {
    let fixture = csv(false);
    let report = fixture.import().unwrap();
    let said = report.metadata.assumptions.join("\n");
    for words in [
        "ratings.csv: the ids of users are taken as text (as \"-7\"): 5 are numbered",
        "movies.csv: the ids of films are taken as text (as \"tt0113277\"): 3 are numbered",
        "user_ids.arrow has the list",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    dataset.verify().unwrap();
    let mut in_order = USERS;
    in_order.sort_unstable();
    for (number, id) in (1..).zip(in_order) {
        assert_eq!((dataset.user_of(id), &*dataset.user_shown(number)), (Some(number), id));
    }
    assert_eq!((dataset.user_of("6"), dataset.user_of("Anna"), dataset.user_shown(77)), (None, None, "77".into()));
    assert_eq!(dataset.catalogue().of_source("b-2").map(|movie| movie.id), Some(1));
    let file = report.directory.join("user_ids.arrow");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.windows(4).position(|window| window == b"anna").unwrap();
    bytes[at] = b'A';
    std::fs::write(&file, bytes).unwrap();
    let error = Dataset::open(fixture.data_dir.path(), "films").unwrap().verify().unwrap_err().to_string();
    assert!(error.contains("user_ids.arrow is damaged"), "{error}");
}

#[test]
fn links_tags_and_genome_go_by_the_same_ids() {
    let fixture = csv(false);
    fixture.put("links.csv", b"movieId,imdbId,tmdbId\nb-2,0000789,5\nb-9,1,1\n");
    fixture.put("tags.csv", b"userId,movieId,tag,timestamp\nanna,tt0113277,calm,5\nonly tags,b-2,slow,6\n,b-2,x,7\n");
    fixture.put("genome-tags.csv", b"tagId,tag\n1,sea\n");
    fixture.put("genome-scores.csv", b"movieId,tagId,relevance\nb-2,1,1\n");
    assert_eq!(fixture.bad_rows(), ["links.csv:3:unknown_film", "tags.csv:4:missing_field"]);
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(rated(&dataset), expected());
    let film = |id: &str| dataset.catalogue().of_source(id).unwrap();
    assert_eq!((film("b-2").imdb_id, film("tt0113277").imdb_id), (Some(789), None));
    assert_eq!(dataset.genome().unwrap().unwrap().of(film("b-2").id), Some(&[255][..]));
    let tags = dataset.tags().unwrap();
    let tags: Vec<(String, String, &str)> = tags
        .iter()
        .map(|tag| (dataset.user_shown(tag.user).into(), dataset.catalogue().id_shown(tag.movie).into(), &*tag.tag))
        .collect();
    let tag = |user: &str, film: &str, tag| (user.to_owned(), film.to_owned(), tag);
    assert_eq!(tags, [tag("anna", "tt0113277", "calm"), tag("only tags", "b-2", "slow")]);
}

#[test]
fn what_is_exported_has_the_sources_ids_and_is_imported_the_same() {
    let fixture = csv(true);
    fixture.put("tags.csv", b"userId,movieId,tag,timestamp\nanna,tt0113277,calm,5\n");
    let dataset = fixture.imported();
    let again = Fixture::new(&[]);
    export_csv(&dataset, again.folder.path()).unwrap();
    let read = again.imported();
    assert_eq!((rated(&read), read.tags().unwrap()), (expected(), dataset.tags().unwrap()));
    assert_eq!(read.metadata().content_sha256, dataset.metadata().content_sha256);
}

#[test]
fn numbers_stay_what_they_are() {
    let dataset = clean().imported();
    assert!(dataset.user_ids().is_none() && dataset.catalogue().source_id(1).is_none());
    assert!(!dataset.metadata().files.keys().any(|file| file.ends_with("_ids.arrow")));
    assert!(!dataset.metadata().assumptions.iter().any(|said| said.contains("ids")));
    assert_eq!((dataset.user_of("7"), dataset.user_of("anna")), (Some(7), None));
    // Only the users' are text: the films keep theirs.
    // Tags are read from the disk when they are asked for.
    let fixture = clean_with_text_users();
    let dataset = fixture.imported();
    assert!(dataset.user_ids().is_some() && dataset.catalogue().source_id(30).is_none());
    assert_eq!(dataset.tags().unwrap()[0].user, dataset.user_of("u2").unwrap());
    assert_eq!(rated(&dataset)[&("u1".to_owned(), "30".to_owned())], (1, 1_000_000_001));
}

#[test]
fn a_few_texts_among_numbers_are_bad_rows_unless_it_is_said_that_they_are_ids() {
    // More texts at the beginning than are looked at first: the whole file decides.
    let texts = (0..5_000).map(|number| format!("guest-{number},1,4.0,5\n"));
    let numbers = (0..25_000).map(|number| format!("{number},2,4.0,5\n"));
    let rows: String = texts.chain(numbers).collect();
    let text = format!("userId,movieId,rating,timestamp\n{rows}");
    let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", text.as_bytes())]);
    let strict = ImportOptions { max_bad_rows: 0.1, ..fixture.options() };
    let error = import(fixture.folder.path(), &strict, &mut |_| {}).unwrap_err().to_string();
    for words in ["5000 of 30000 rows", "ratings.csv:2: the user id \"guest-0\"", "import with --ids text"] {
        assert!(error.contains(words), "{words:?} in {error}");
    }
    let lenient = import(fixture.folder.path(), &fixture.options(), &mut |_| {}).unwrap();
    assert_eq!(
        (lenient.metadata.counts.users, lenient.metadata.counts.bad_rows.values().sum::<u64>()),
        (25_000, 5_000)
    );
    let told = ImportOptions { ids: Some(IdKind::Text), ..strict };
    let report = import(fixture.folder.path(), &told, &mut |_| {}).unwrap();
    assert!(!report.reused, "other settings are another import");
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(dataset.users(), 30_000);
    for user in ["guest-4999", "24999"] {
        let number = dataset.user_of(user).unwrap();
        assert_eq!((dataset.user_shown(number), dataset.profile(number).unwrap().len()), (user.into(), 1));
    }
    // The films are text, too, by what was said.
    assert_eq!(dataset.catalogue().source_id(3), Some("30"));
}

#[test]
fn a_longer_scale_and_text_are_recognised_together() {
    let rows: String = (0..40).map(|number| format!("u{number},1,{},5\n", 1 + number % 10)).collect();
    let text = format!("userId,movieId,rating,timestamp\n{rows}");
    let dataset = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", text.as_bytes())]).imported();
    let found = rated(&dataset);
    assert_eq!((found.len(), found[&("u9".to_owned(), "1".to_owned())].0), (40, 10));
}
