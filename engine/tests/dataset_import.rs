//! What an import skips, when it stops, and what it leaves on disk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use cineswarm_engine::dataset::{Error, ImportOptions, import, import_rows, list, shard_of, versions};
use cineswarm_engine::movielens::{self, BadReason, Progress, Rating, Stage};
use cineswarm_engine::{Dataset, HalfStars, Movie};
use common::{Fixture, GENOME_SCORES, GENOME_TAGS, LINKS, MOVIES, NOW, RATINGS, TAGS, clean, ratings, tree};
use proptest::prelude::*;

#[test]
fn each_bad_rating_is_reported_with_file_line_and_reason() {
    let long = format!("1,1,4.0,{}", "1".repeat(70_000));
    let rows: [(&str, Option<&str>); 18] = [
        ("1,1,4.0,1000", None),
        ("1,2,4.0", Some("missing_field")),
        ("1,2,,1000", Some("missing_field")),
        ("1,2,4.0,1000,9", Some("extra_field")),
        ("one,2,4.0,1000", Some("not_a_number")),
        ("1,-2,4.0,1000", Some("not_a_number")),
        ("4294967296,2,4.0,1000", Some("not_a_number")),
        ("1,2,good,1000", Some("not_a_number")),
        ("1,2,5.5,1000", Some("off_scale")),
        // Nobody rates 0: it says that there is no rating.
        ("1,2,0,1000", None),
        ("1,3,4.0,1000", Some("unknown_film")),
        ("", None),
        ("1,1,2.0,2000", None),
        ("1,2,4.0,yesterday", Some("bad_time")),
        ("1,2,4.0,1800000001", Some("future_time")),
        (&long, Some("unreadable")),
        ("\u{0}\u{7}\"", Some("missing_field")),
        ("2,2,4.0,1800000000", None),
    ];
    for line_end in ["\n", "\r\n"] {
        let text: String = rows.iter().map(|(row, _)| format!("{row}{line_end}")).collect();
        let text = format!("userId,movieId,rating,timestamp{line_end}{text}");
        let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", text.as_bytes())]);
        // The header is line 1.
        let lines = (2..).zip(&rows).filter_map(|(line, (_, reason))| Some((line, (*reason)?)));
        let expected: Vec<String> = lines.map(|(line, reason)| format!("ratings.csv:{line}:{reason}")).collect();
        assert_eq!(fixture.bad_rows(), expected);
        let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
        // Of the two ratings of film 1 the later is kept.
        assert_eq!(ratings(&dataset), [((1, 1), (4, 2000)), ((2, 2), (8, 1_800_000_000))].into());
        let counted = &dataset.metadata().counts.bad_rows;
        assert_eq!(counted[&BadReason::NotANumber], 4);
        assert_eq!(counted.values().sum::<u64>(), expected.len() as u64);
        let file = fs::read_to_string(dataset.directory().join("bad_rows.jsonl")).unwrap();
        assert_eq!(file.lines().count(), expected.len());
        assert!(file.contains("\"line\":3,\"reason\":\"missing_field\""), "{file}");
    }
}

#[test]
fn bad_films_links_tags_and_scores_are_reported_too() {
    for line_end in ["\n", "\r\n"] {
        let put = |text: &str| text.replace('\n', line_end).into_bytes();
        let fixture = Fixture::new(&[
            ("ratings.csv", RATINGS),
            (
                "movies.csv",
                &put("movieId,title,genres\n1,First (1990),War\n\n,No Id,War\n2,Second,War\n1,Again,War\n\
                      5,Comma, Unquoted (1990),War\n30,,War\n30,Third\n30,\"Third\",\n"),
            ),
            ("links.csv", &put("movieId,imdbId,tmdbId\n1,7,\n9,1,1\n2,tt1,1\n")),
            ("tags.csv", &put("userId,movieId,tag,timestamp\n1,1,,5\n1,9,a,5\n1,1,a,1800000001\n1,1,a,5\n")),
            ("genome-tags.csv", &put("tagId,tag\n1,a\n\n2,b\n1,c\nx,d\n4,\n")),
            (
                "genome-scores.csv",
                &put("movieId,tagId,relevance\n1,1,0.5\n1,2,much\n1,2,\n1,2,1.01\n1,2,-0.5\n1,2,NaN\n\n1,4,0.5\n\
                      9,1,0.5\n1,1,0.5\n1,2\n1,2,0.5,7\n-1,2,0.5\n2,2,1\n"),
            ),
        ]);
        // A film without genres is one, and IMDb's own ids are ids.
        let expected = [
            "genome-scores.csv:3:not_a_number",
            "genome-scores.csv:4:missing_field",
            "genome-scores.csv:5:off_scale",
            "genome-scores.csv:6:off_scale",
            "genome-scores.csv:7:not_a_number",
            "genome-scores.csv:9:unknown_tag",
            "genome-scores.csv:10:unknown_film",
            "genome-scores.csv:11:duplicate",
            "genome-scores.csv:12:missing_field",
            "genome-scores.csv:13:extra_field",
            "genome-scores.csv:14:not_a_number",
            "genome-tags.csv:5:duplicate",
            "genome-tags.csv:6:not_a_number",
            "genome-tags.csv:7:missing_field",
            "links.csv:3:unknown_film",
            "movies.csv:4:missing_field",
            "movies.csv:6:duplicate",
            "movies.csv:7:extra_field",
            "movies.csv:8:missing_field",
            "movies.csv:10:duplicate",
            "tags.csv:2:missing_field",
            "tags.csv:3:unknown_film",
            "tags.csv:4:future_time",
        ];
        assert_eq!(fixture.bad_rows(), expected);
        let genome = Dataset::open(fixture.data_dir.path(), "films").unwrap().genome().unwrap().unwrap();
        assert_eq!((genome.of(1), genome.of(2)), (Some(&[128, 0][..]), Some(&[0, 255][..])));
    }
}

#[test]
fn optional_files_that_are_bad_are_left_out_and_said_to_be() {
    let fixture = clean();
    fixture.put("genome-scores.csv", b"movieId,tagId,relevance\n1,1,0.8\n1,7,1.8\n");
    fixture.put("links.csv", b"what,ever\n1,2\n");
    fixture.put("tags.csv", b"");
    let options = ImportOptions { max_bad_rows: 0.4, ..fixture.options() };
    let report = import(fixture.folder.path(), &options, &mut |_| {}).unwrap();
    let said = report.metadata.assumptions.join("\n");
    for words in [
        "genome-scores.csv: left out: 1 of 2 rows",
        "genome-scores.csv:3: the relevance 1.8 is not from 0 to 1",
        "links.csv: left out: links.csv has no column \"movieId\"",
        "tags.csv: left out: tags.csv is empty",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!((report.metadata.counts.ratings, report.metadata.counts.genome), (4, 0));
}

/// A ratings file of a hundred rows, the first `bad` of which are off the scale.
fn hundred_ratings(bad: usize) -> Vec<u8> {
    let row = |at: usize| format!("{at},1,{},1000\n", if at < bad { "7.0" } else { "3.0" });
    let rows: String = (0..100).map(row).collect();
    format!("userId,movieId,rating,timestamp\n{rows}").into_bytes()
}

#[test]
fn an_import_stops_past_the_allowed_fraction_and_leaves_nothing() {
    let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", &hundred_ratings(2))]);
    let options = ImportOptions { max_bad_rows: 0.01, ..fixture.options() };
    let error = import(fixture.folder.path(), &options, &mut |_| {}).unwrap_err();
    assert!(matches!(error, Error::Source(movielens::Error::TooManyBadRows { bad: 2, rows: 100, .. })));
    let message = error.to_string();
    assert!(message.contains("ratings.csv:2: the rating 7.0 is not on the scale"), "{message}");
    assert!(message.contains("more than the 1.00 % allowed"), "{message}");
    assert!(list(fixture.data_dir.path()).unwrap().is_empty());
    assert!(!fixture.data_dir.path().join("datasets/films").exists());

    fixture.put("ratings.csv", &hundred_ratings(1));
    import(fixture.folder.path(), &options, &mut |_| {}).unwrap();
    let before = tree(fixture.data_dir.path());
    fixture.put("ratings.csv", &hundred_ratings(3));
    import(fixture.folder.path(), &options, &mut |_| {}).unwrap_err();
    assert_eq!(tree(fixture.data_dir.path()), before, "a failed import changes nothing of the version before");
}

#[test]
fn a_film_rated_again_is_counted_and_no_bad_row() {
    let mut rows = hundred_ratings(0);
    rows.extend_from_slice(b"1,1,4.0,2000\n2,1,4.0,500\n");
    let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", &rows)]);
    let options = ImportOptions { max_bad_rows: 0.0, ..fixture.options() };
    let counts = import(fixture.folder.path(), &options, &mut |_| {}).unwrap().metadata.counts;
    assert_eq!((counts.ratings, counts.rated_again), (100, 2));
    let read = ratings(&Dataset::open(fixture.data_dir.path(), "films").unwrap());
    assert_eq!((read[&(1, 1)], read[&(2, 1)]), ((8, 2000), (6, 1000)), "the latest by time counts");
}

#[test]
fn the_same_source_is_imported_once_and_a_changed_one_becomes_the_latest() {
    let fixture = clean();
    let data_dir = fixture.data_dir.path();
    let first = fixture.import().unwrap();
    assert!(!first.reused);
    assert!(first.metadata.version.starts_with("20270115T080000Z-"), "{}", first.metadata.version);
    assert_eq!(first.metadata.created_at, "2027-01-15T08:00:00Z");
    let later = |options: ImportOptions, seconds| ImportOptions { now: NOW + seconds, ..options };
    let again = import(fixture.folder.path(), &later(fixture.options(), 60), &mut |_| {}).unwrap();
    assert!(again.reused);
    assert_eq!(again.metadata, first.metadata);

    let other_shards = ImportOptions { shard_count: 5, ..later(fixture.options(), 120) };
    let second = import(fixture.folder.path(), &other_shards, &mut |_| {}).unwrap();
    assert!(!second.reused);
    let forced = ImportOptions { force: true, ..later(fixture.options(), 180) };
    let third = import(fixture.folder.path(), &forced, &mut |_| {}).unwrap();
    assert_eq!(third.metadata.content_sha256, first.metadata.content_sha256);
    let at_once = import(fixture.folder.path(), &forced, &mut |_| {}).unwrap();
    assert_ne!(at_once.metadata.version, third.metadata.version, "what is there is never replaced");
    assert!(at_once.directory.ends_with(&at_once.metadata.version));
    fixture.put("ratings.csv", b"userId,movieId,rating,timestamp\n1,1,1.0,1000\n");
    let fourth = import(fixture.folder.path(), &later(fixture.options(), 240), &mut |_| {}).unwrap();
    let made = [&first, &second, &third, &at_once, &fourth].map(|report| report.metadata.version.clone());
    assert_eq!(versions(data_dir, "films").unwrap(), made);
    assert_eq!(Dataset::open(data_dir, "films").unwrap().metadata().version, made[4]);
    assert_eq!(Dataset::open_version(data_dir, "films", &made[1]).unwrap().shard_count(), 5);
    let listed = list(data_dir).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].metadata.as_ref().unwrap().version, made[4]);

    // Going back to the earlier source makes its version the latest again.
    fixture.put("ratings.csv", RATINGS);
    let back = import(fixture.folder.path(), &later(fixture.options(), 300), &mut |_| {}).unwrap();
    assert!(back.reused);
    assert_eq!(Dataset::open(data_dir, "films").unwrap().metadata().version, back.metadata.version);
    assert_eq!(ratings(&Dataset::open(data_dir, "films").unwrap()).len(), 4);
}

#[test]
fn the_metadata_tells_nothing_of_the_path() {
    let fixture = clean();
    let metadata = fixture.import().unwrap().metadata;
    let folder = fixture.folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(metadata.source, folder);
    let counts = &metadata.counts;
    assert_eq!((counts.users, counts.movies, counts.ratings, counts.tags), (3, 3, 4, 1));
    assert_eq!((metadata.first_rating_at, metadata.last_rating_at), (1_000_000_000, 1_000_000_003));
    let version = fixture.data_dir.path().join("datasets/films").join(&metadata.version);
    let text = fs::read_to_string(version.join("metadata.json")).unwrap();
    assert!(!text.contains(fixture.folder.path().parent().unwrap().to_str().unwrap()), "{text}");
    assert!(text.contains("\"layout\": \"csv\""), "{text}");
}

#[test]
fn names_that_are_paths_are_refused() {
    let fixture = clean();
    for name in ["", "..", ".", "../films", "a/b", "a\\b", "/etc", ".hidden", "latest", "a b", "ñ", &"a".repeat(65)] {
        let options = ImportOptions { name: name.to_owned(), ..fixture.options() };
        let error = import(fixture.folder.path(), &options, &mut |_| {}).unwrap_err();
        assert!(matches!(error, Error::BadName { .. }), "{name:?}: {error}");
        assert!(matches!(Dataset::open(fixture.data_dir.path(), name), Err(Error::BadName { .. })), "{name:?}");
    }
    fixture.import().unwrap();
    let version = Dataset::open_version(fixture.data_dir.path(), "films", "../films");
    assert!(matches!(version, Err(Error::BadName { .. })));
}

#[test]
fn options_out_of_range_are_refused() {
    let fixture = clean();
    let refused = |options: ImportOptions| {
        let error = import(fixture.folder.path(), &options, &mut |_| {}).unwrap_err();
        assert!(matches!(error, Error::BadOption { .. }), "{error}");
    };
    refused(ImportOptions { shard_count: 0, ..fixture.options() });
    refused(ImportOptions { shard_count: 4097, ..fixture.options() });
    refused(ImportOptions { max_bad_rows: 1.5, ..fixture.options() });
    refused(ImportOptions { max_bad_rows: f64::NAN, ..fixture.options() });
    refused(ImportOptions { now: -1, ..fixture.options() });
    refused(ImportOptions { now: i64::MAX, ..fixture.options() });
}

#[test]
fn what_a_crashed_import_left_is_cleaned_and_a_running_one_is_not_disturbed() {
    let fixture = clean();
    let left = fixture.data_dir.path().join("datasets/films/.unfinished-crashed");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("ratings.arrow"), b"half").unwrap();
    assert!(list(fixture.data_dir.path()).unwrap().is_empty(), "what is left is no dataset");
    let mut second_import = None;
    import(fixture.folder.path(), &fixture.options(), &mut |_| {
        second_import.get_or_insert_with(|| fixture.import().unwrap_err());
    })
    .unwrap();
    assert!(!left.exists());
    assert!(matches!(second_import, Some(Error::Busy { .. })));
    assert_eq!(Dataset::open(fixture.data_dir.path(), "films").unwrap().ratings(), 4);
}

#[test]
fn progress_only_grows_within_a_stage_and_ends_at_the_total() {
    let many: String = (0..70_000).map(|user| format!("{user},1,3.0,1000\n")).collect();
    let text = format!("userId,movieId,rating,timestamp\n{many}");
    let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", text.as_bytes())]);
    let mut seen: Vec<Progress> = Vec::new();
    import(fixture.folder.path(), &fixture.options(), &mut |progress| seen.push(progress)).unwrap();
    for stage in [Stage::Reading, Stage::Writing] {
        let of_stage: Vec<&Progress> = seen.iter().filter(|progress| progress.stage == stage).collect();
        assert!(of_stage.len() > 2, "{stage:?}");
        assert!(of_stage.is_sorted_by_key(|progress| (progress.bytes_done, progress.rows)), "{stage:?}");
        let last = of_stage.last().unwrap();
        assert_eq!((last.bytes_done, last.rows), (last.bytes_total, 70_000), "{stage:?}");
    }
}

fn movie(id: u32) -> Movie {
    let title = format!("Film {id}");
    Movie { id, title, other_titles: vec![], year: None, genres: vec![], imdb_id: None, tmdb_id: None }
}

#[test]
fn rows_made_by_a_program_pass_the_same_checks() {
    let fixture = Fixture::new(&[]);
    let rating = |user, movie, half_stars, timestamp| Rating {
        user,
        movie,
        half_stars: HalfStars::new(half_stars).unwrap(),
        timestamp,
    };
    let rows = [rating(1, 2, 9, 5), rating(1, 2, 1, 6), rating(1, 3, 2, 5), rating(4, 2, 2, NOW + 1)];
    let run = |now| {
        let options = ImportOptions { now, ..fixture.options() };
        import_rows("demo", vec![movie(2), movie(1)], rows, &options, &mut |_| {}).unwrap()
    };
    let report = run(NOW);
    let lines: Vec<String> = report.bad_rows.iter().map(|row| format!("{}:{}", row.file, row.line)).collect();
    assert_eq!(lines, ["demo:3", "demo:4"]);
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(ratings(&dataset), [((1, 2), (1, 6))].into());
    assert!(run(NOW).reused);
    assert!(!run(NOW + 1).reused, "one row is no longer from the future");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_ratings_are_read_back_as_they_were(
        rows in prop::collection::vec((0u32..40, 1u32..30, 1u8..=10, 0i64..NOW), 1..300),
        shard_count in 1u32..20,
    ) {
        let text: String = rows
            .iter()
            .map(|(user, movie, half_stars, time)| format!("{user},{movie},{},{time}\n", f64::from(*half_stars) / 2.0))
            .collect();
        let movies: String = (1..30).map(|id| format!("{id},Film {id} (1990),War\n")).collect();
        let fixture = Fixture::new(&[
            ("movies.csv", format!("movieId,title,genres\n{movies}").as_bytes()),
            ("ratings.csv", format!("userId,movieId,rating,timestamp\n{text}").as_bytes()),
        ]);
        let options = ImportOptions { shard_count, ..fixture.options() };
        let report = import(fixture.folder.path(), &options, &mut |_| {}).unwrap();
        let mut expected = BTreeMap::new();
        for (user, movie, half_stars, time) in &rows {
            let latest = expected.entry((*user, *movie)).or_insert((*half_stars, *time));
            if *time >= latest.1 {
                *latest = (*half_stars, *time);
            }
        }
        prop_assert_eq!(report.metadata.counts.rated_again, (rows.len() - expected.len()) as u64);
        prop_assert!(report.bad_rows.is_empty());
        let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
        prop_assert_eq!(ratings(&dataset), expected);
        for shard in 0..shard_count {
            let users = dataset.shard(shard).unwrap().user_ids;
            prop_assert!(users.iter().all(|user| shard_of(*user, shard_count) == shard));
        }
        prop_assert!(dataset.shard(shard_count).is_none());
    }

    #[test]
    fn no_bytes_in_any_file_make_an_import_panic(
        file in 0usize..12,
        noise in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b",:|\t\n\r\"015.".to_vec())], 0..400),
        keep in 0usize..120,
    ) {
        let files: [(&str, &[u8]); 12] = [
            ("movies.csv", MOVIES), ("ratings.csv", RATINGS), ("links.csv", LINKS), ("tags.csv", TAGS),
            ("genome-tags.csv", GENOME_TAGS), ("genome-scores.csv", GENOME_SCORES),
            ("movies.dat", b"1::A (1990)::War\n"), ("ratings.dat", b"1::1::5::978300760\n"), ("tags.dat", b"1::1::a::5\n"),
            ("u.item", b"1|A (1990)|||"), ("u.data", b"1\t1\t5\t978300760\n"), ("u.genre", b"War|0\n"),
        ];
        let layout = match file { 0..6 => 0..6, 6..9 => 6..9, _ => 9..12 };
        let fixture = Fixture::new(&files[layout]);
        let (name, contents) = files[file];
        let start = &contents[..keep.min(contents.len())];
        fixture.put(name, &[start, &noise].concat());
        if fixture.import().is_ok() {
            prop_assert!(Dataset::open(fixture.data_dir.path(), "films").is_ok());
        }
    }
}
