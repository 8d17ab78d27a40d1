//! Every way in which MovieLens is published is read, and what is no dataset is refused in words.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;

use cineswarm_engine::dataset::{Error, ImportOptions, import};
use cineswarm_engine::movielens::{self, BadRows, Ids, Layout, RatingsReading, Scale, Source};
use cineswarm_engine::{Dataset, Movie};
use common::{FILES, Fixture, GENOME_SCORES, GENOME_TAGS, MOVIES, NOW, RATINGS, TAGS, clean, ratings, tree};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn film(dataset: &Dataset, id: u32) -> &Movie {
    dataset.catalogue().get(id).unwrap()
}

fn layout(path: &Path) -> Layout {
    Source::open(path).unwrap().layout()
}

#[test]
fn the_layout_of_ml_latest_is_read_with_links_and_tags() {
    let fixture = clean();
    assert_eq!(layout(fixture.folder.path()), Layout::Csv);
    let dataset = fixture.imported();
    let lighthouse = film(&dataset, 1);
    assert_eq!(lighthouse.title, "The Lighthouse");
    assert_eq!(lighthouse.year, Some(1971));
    assert_eq!(lighthouse.genres, ["Drama", "Mystery"]);
    assert_eq!((lighthouse.imdb_id, lighthouse.tmdb_id), (Some(123), Some(456)));
    assert_eq!(film(&dataset, 2).other_titles, ["Puerto quieto"]);
    assert_eq!((film(&dataset, 2).imdb_id, film(&dataset, 2).tmdb_id), (Some(789), None));
    assert_eq!((film(&dataset, 30).year, film(&dataset, 30).genres.len()), (None, 0));
    let expected = [
        ((1, 1), (9, 1_000_000_000)),
        ((1, 30), (1, 1_000_000_001)),
        ((2, 2), (6, 1_000_000_002)),
        ((7, 1), (10, 1_000_000_003)),
    ];
    assert_eq!(ratings(&dataset), expected.into());
    assert_eq!(dataset.tags().unwrap()[0].tag, "slow, calm");
    assert_eq!(dataset.profile(1).unwrap().iter().collect::<Vec<_>>(), [(1, 9), (30, 1)]);
    assert_eq!(dataset.catalogue().stats(1).mean_stars(), Some(4.75));
}

#[test]
fn the_genome_is_read_by_either_name_and_only_with_its_tags() {
    let clean = clean();
    let genome = clean.imported().genome().unwrap().unwrap();
    assert_eq!((genome.movies(), genome.tags()), (&[1, 30][..], 2));
    assert_eq!(genome.of(1), Some(&[204, 6][..]));
    assert_eq!(genome.of(30), Some(&[0, 255][..]));
    assert_eq!(genome.of(2), None);
    assert_eq!(clean.imported().metadata().counts.genome, 2);

    let without = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", RATINGS)]);
    without.put("genome_scores.csv", GENOME_SCORES);
    assert_eq!(without.imported().genome().unwrap(), None);
    without.put("genome_tags.csv", GENOME_TAGS);
    assert_eq!(without.imported().genome().unwrap(), Some(genome));
}

#[test]
fn rows_of_the_genome_stand_in_any_order_and_pairs_without_a_row_are_irrelevant() {
    let fixture = clean();
    fixture.put("genome-tags.csv", b"tag,tagId\ncalm,7\n\"sea, rough\",1\n");
    fixture.put("genome-scores.csv", b"relevance,tagId,movieId\n1,7,30\n0.4,7,1\n0.8,1,1\n");
    let genome = fixture.imported().genome().unwrap().unwrap();
    assert_eq!((genome.of(1), genome.of(30)), (Some(&[204, 102][..]), Some(&[0, 255][..])));
}

#[test]
fn a_dataset_without_a_genome_is_what_it_was_before_there_were_genomes() {
    let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", RATINGS), ("tags.csv", TAGS)]);
    let report = fixture.import().unwrap();
    let names: Vec<&str> = report.metadata.files.keys().map(String::as_str).collect();
    assert_eq!(names, ["movies.arrow", "ratings.arrow", "tags.arrow", "users.arrow"]);
    let metadata = fs::read_to_string(report.directory.join("metadata.json")).unwrap();
    assert!(!metadata.contains("genome"), "{metadata}");
}

#[test]
fn a_genome_out_of_proportion_to_its_file_is_left_out() {
    let tags: String = (0..400_000).map(|tag| format!("{tag},t\n")).collect();
    let movies: String = (0..200).map(|film| format!("{film},Film {film},War\n")).collect();
    let scores: String = (0..200).map(|film| format!("{film},1,0.5\n")).collect();
    let fixture = Fixture::new(&[
        ("movies.csv", format!("movieId,title,genres\n{movies}").as_bytes()),
        ("ratings.csv", RATINGS),
        ("genome-tags.csv", format!("tagId,tag\n{tags}").as_bytes()),
        ("genome-scores.csv", format!("movieId,tagId,relevance\n{scores}").as_bytes()),
    ]);
    let message = fixture.import().unwrap().metadata.assumptions.join("");
    assert!(message.contains("genome-scores.csv scores 168 films, which for 400000 tags each"), "{message}");
}

#[test]
fn windows_line_ends_and_byte_order_marks_change_nothing() {
    let plain = clean();
    let from_windows = Fixture::new(&[]);
    for (name, contents) in FILES {
        let text = std::str::from_utf8(contents).unwrap().replace('\n', "\r\n");
        from_windows.put(name, format!("\u{feff}{text}").as_bytes());
    }
    let content = |fixture: &Fixture| fixture.import().unwrap().metadata.content_sha256;
    assert_eq!(content(&from_windows), content(&plain));
}

#[test]
fn the_columns_may_stand_in_another_order_and_the_last_line_may_lack_its_end() {
    let fixture = Fixture::new(&[
        ("movies.csv", b"genres,title,movieId\nWar,\"He said \"\"No\"\", twice (2001)\",4"),
        ("ratings.csv", b"timestamp,rating,extra,movieId,userId\n5,2.5,x,4,9"),
    ]);
    let dataset = fixture.imported();
    assert_eq!(film(&dataset, 4).title, "He said \"No\", twice");
    assert_eq!(ratings(&dataset), [((9, 4), (5, 5))].into());
    assert_eq!(dataset.tags().unwrap(), []);
}

#[test]
fn kaggles_quoted_times_are_utc() {
    let fixture = Fixture::new(&[
        ("movie.csv", b"\"movieId\",\"title\",\"genres\"\n5,\"Glass Road, A (1999)\",\"Sci-Fi\"\n"),
        (
            "rating.csv",
            b"\"userId\",\"movieId\",\"rating\",\"timestamp\"\n1,5,3.5,\"2005-04-02 23:53:47\"\n\"2\",\"5\",\"4\",\"1970-01-01 00:00:00\"\n",
        ),
        ("tag.csv", b"\"userId\",\"movieId\",\"tag\",\"timestamp\"\n1,5,\"road\",\"2005-04-02 23:53:48\"\n"),
        ("genome_tags.csv", b"\"tagId\",\"tag\"\n1,\"road\"\n"),
        ("genome_scores.csv", b"\"movieId\",\"tagId\",\"relevance\"\n5,\"1\",0.2\n"),
    ]);
    assert_eq!(layout(fixture.folder.path()), Layout::Kaggle);
    let dataset = fixture.imported();
    assert_eq!(film(&dataset, 5).title, "A Glass Road");
    // `date -u -d "2005-04-02 23:53:47" +%s`
    assert_eq!(ratings(&dataset), [((1, 5), (7, 1_112_486_027)), ((2, 5), (8, 0))].into());
    assert_eq!(dataset.tags().unwrap()[0].timestamp, 1_112_486_028);
    assert_eq!(dataset.genome().unwrap().unwrap().of(5), Some(&[51][..]));
}

#[test]
fn double_colons_separate_fields_but_not_titles_or_tags() {
    let fixture = Fixture::new(&[
        // Latin-1, as 1m is.
        ("movies.dat", b"1::Orbit: Part 2:: The Caf\xe9 (1980)::Sci-Fi|Children's\n2::Plain (1990)::Drama\n"),
        ("ratings.dat", b"1::1::5::978300760\n1::2::0.5::978300761\n"),
        ("tags.dat", b"3::1::space::time::978300762\n"),
        ("users.dat", b"1::F::1::10::48067\n"),
    ]);
    assert_eq!(layout(fixture.folder.path()), Layout::Dat);
    let dataset = fixture.imported();
    assert_eq!(film(&dataset, 1).title, "Orbit: Part 2:: The Café");
    assert_eq!(film(&dataset, 1).genres, ["Sci-Fi", "Children's"]);
    assert_eq!(ratings(&dataset), [((1, 1), (10, 978_300_760)), ((1, 2), (1, 978_300_761))].into());
    assert_eq!(dataset.tags().unwrap()[0].tag, "space::time");
}

/// A row of `u.item` with the genres of these places flagged.
fn item(id: u32, title: &str, flagged: &[usize]) -> String {
    let flags: Vec<&str> = (0..19).map(|at| if flagged.contains(&at) { "1" } else { "0" }).collect();
    format!("{id}|{title}|01-Jan-1995||http://example.org/|{}\n", flags.join("|"))
}

#[test]
fn the_100k_layout_has_a_flag_for_each_genre() {
    let mut items = item(1, "Caf\u{e9} Noir (1995)", &[5, 10]).chars().map(|it| it as u8).collect::<Vec<u8>>();
    items.extend(item(267, "unknown", &[0]).bytes());
    let fixture = Fixture::new(&[("u.item", &items), ("u.data", b"196\t1\t3\t881250949\n186\t267\t5\t891717742\n")]);
    assert_eq!(layout(fixture.folder.path()), Layout::HundredK);
    let dataset = fixture.imported();
    assert_eq!(film(&dataset, 1).title, "Café Noir");
    assert_eq!(film(&dataset, 1).genres, ["Comedy", "Film-Noir"]);
    assert_eq!((film(&dataset, 267).title.as_str(), film(&dataset, 267).genres.len()), ("unknown", 0));
    assert_eq!(ratings(&dataset), [((196, 1), (6, 881_250_949)), ((186, 267), (10, 891_717_742))].into());

    // Where u.genre is there, its order counts.
    let listed: String = (0..19).map(|at| format!("genre {at}|{at}\n")).collect();
    fixture.put("u.genre", listed.as_bytes());
    assert_eq!(film(&fixture.imported(), 1).genres, ["genre 5", "genre 10"]);
}

#[test]
fn an_archive_and_its_folder_are_the_same_dataset() {
    let fixture = clean();
    let from_folder = fixture.import().unwrap().metadata;
    let archive = fixture.zip("ml-test/");
    let options = ImportOptions { name: "zipped".to_owned(), ..fixture.options() };
    let from_archive = import(&archive, &options, &mut |_| {}).unwrap().metadata;
    assert_eq!(from_archive.content_sha256, from_folder.content_sha256);
    assert_eq!(from_archive.source_sha256, from_folder.source_sha256);
    assert_eq!(from_archive.source, "source.zip");
    // An import of the folder under the archive's name finds it there already.
    assert!(import(fixture.folder.path(), &options, &mut |_| {}).unwrap().reused);
}

#[test]
fn a_folder_in_the_folder_is_found_but_two_are_a_question() {
    let fixture = Fixture::new(&[("ml-one/movies.csv", MOVIES), ("ml-one/ratings.csv", RATINGS)]);
    assert_eq!(ratings(&fixture.imported()).len(), 4);
    fixture.put("ml-two/movies.csv", MOVIES);
    fixture.put("ml-two/ratings.csv", RATINGS);
    let error = fixture.import().unwrap_err();
    assert!(matches!(error, Error::Source(movielens::Error::Ambiguous { .. })));
    assert!(error.to_string().contains("ml-one/ratings.csv, ml-two/ratings.csv"), "{error}");
}

/// Imports a path that must fail, leaving nothing; returns the message.
fn refused(path: &Path) -> String {
    let data_dir = tempfile::tempdir().unwrap();
    let options = ImportOptions { max_bad_rows: 1.0, ..ImportOptions::new(data_dir.path(), "films", NOW) };
    let message = import(path, &options, &mut |_| {}).unwrap_err().to_string();
    let left: Vec<String> = tree(data_dir.path());
    assert!(left.iter().all(|path| path.ends_with("/datasets") || path.ends_with("/.films.lock")), "{left:?}");
    message
}

#[test]
fn what_is_no_dataset_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path()).contains("holds no MovieLens dataset"));
    assert!(refused(&folder.path().join("absent")).contains("opening"));
    let text = folder.path().join("ratings.csv");
    fs::write(&text, RATINGS).unwrap();
    assert!(refused(&text).contains("is a single file, not a dataset; give the folder"));

    let no_column = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", b"who,movieId,rating,timestamp\n")]);
    let message = refused(no_column.folder.path());
    assert!(message.contains("ratings.csv has no column \"userId\""), "{message}");
    let no_rows = Fixture::new(&[("movies.csv", MOVIES), ("ratings.csv", b"userId,movieId,rating,timestamp\n")]);
    assert!(refused(no_rows.folder.path()).contains("ratings.csv has no usable row"));
    let empty = Fixture::new(&[("movies.csv", b""), ("ratings.csv", b"")]);
    assert!(refused(empty.folder.path()).contains("movies.csv is empty"));
}

fn archive(fixture: &Fixture, entries: &[(&str, &[u8])]) -> std::path::PathBuf {
    let path = fixture.data_dir.path().join("made.zip");
    let mut archive = ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, contents) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap();
    path
}

#[test]
fn an_archive_cut_off_anywhere_is_refused() {
    let fixture = clean();
    let path = fixture.zip("ml/");
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(refused(&path).contains("as a zip archive"), "cut to {length} of {} bytes", whole.len());
    }
}

type Read = (Vec<Movie>, Option<Vec<movielens::Tag>>, Vec<movielens::Rating>);

/// All rows of a source, without writing them.
fn read(path: &Path) -> Result<Read, movielens::Error> {
    let mut source = Source::open(path)?;
    let mut bad_rows = BadRows::default();
    let films = source.read_movies(None, &mut bad_rows, 1.0)?;
    let (mut users, mut ratings) = (Ids::default(), Vec::new());
    let tags = source.read_tags(&films, &mut users, NOW, &mut bad_rows, 1.0);
    let reading =
        RatingsReading { films: &films, users: &mut users, scale: Scale::Five, now: NOW, may_break_off: false };
    source.read_ratings(reading, &mut bad_rows, &mut |_| {}, |_, rating| ratings.push(rating))?;
    Ok((films.movies, tags, ratings))
}

#[test]
fn an_archive_altered_anywhere_is_refused_or_read_as_it_was() {
    let fixture = clean();
    let (movies, tags, ratings) = read(fixture.folder.path()).unwrap();
    let without_links: Vec<Movie> =
        movies.iter().map(|movie| Movie { imdb_id: None, tmdb_id: None, ..movie.clone() }).collect();
    let path = fixture.zip("ml/");
    let whole = fs::read(&path).unwrap();
    let mut refusals = 0;
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 0x41;
        fs::write(&path, altered).unwrap();
        match read(&path) {
            Ok(found) => {
                // A changed name can hide the links or the tags, which a dataset may lack.
                assert!(found.0 == movies || found.0 == without_links, "films with byte {at} altered");
                assert!(found.1 == tags || found.1.is_none(), "tags with byte {at} altered");
                assert_eq!(found.2, ratings, "ratings with byte {at} altered");
            }
            Err(_) => refusals += 1,
        }
    }
    // At the least, every byte of the compressed rows is covered by a checksum.
    assert!(refusals > whole.len() / 3, "{refusals} of {} refused", whole.len());
}

#[test]
fn an_archive_that_expands_beyond_reason_is_refused_before_it_is_read() {
    let fixture = Fixture::new(&[]);
    let blank_lines = vec![b'\n'; 80 << 20];
    let path = archive(&fixture, &[("ml/movies.csv", MOVIES), ("ml/ratings.csv", &blank_lines)]);
    assert!(fs::metadata(&path).unwrap().len() < 200_000);
    let message = refused(&path);
    assert!(message.contains("ratings.csv has 83886080 bytes, more than"), "{message}");
}

#[test]
fn an_archive_with_names_that_lead_outside_is_refused() {
    let fixture = Fixture::new(&[]);
    for name in ["../ratings.csv", "ml/../../ratings.csv"] {
        let path = archive(&fixture, &[("ml/movies.csv", MOVIES), ("ml/ratings.csv", RATINGS), (name, RATINGS)]);
        let message = refused(&path);
        assert!(message.contains("outside of the archive"), "{name}: {message}");
    }
}
