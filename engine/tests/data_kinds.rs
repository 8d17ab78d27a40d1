//! Files as people have them, by kind of trouble: each is read rightly, or refused with the line and the way out. What had
//! to be assumed is said. docs/DATA.md has the rules. As long as there are kinds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, ImportReport, import};
use cineswarm_engine::movielens::Scale;
use common::{Fixture, NOW, ratings};

const MOVIES: &str =
    "movieId,title,genres\n1,Amélie (2001),Comedy|Romance\n2,\"Postman, The (1994)\",Drama\n3,Heat (1995),\n";
const RATINGS: &str = "userId,movieId,rating,timestamp\n1,1,4.5,1000000000\n1,2,3.0,1000000001\n2,3,5.0,1000000002\n";

/// What the two files above hold.
fn expected() -> BTreeMap<(u32, u32), (u8, i64)> {
    [((1, 1), (9, 1_000_000_000)), ((1, 2), (6, 1_000_000_001)), ((2, 3), (10, 1_000_000_002))].into()
}

/// A dataset whose files are there as long as it is.
struct Kept {
    dataset: Dataset,
    _fixture: Fixture,
}

impl std::ops::Deref for Kept {
    type Target = Dataset;

    fn deref(&self) -> &Dataset {
        &self.dataset
    }
}

/// Imports with no bad row allowed, and opens.
fn imported(files: &[(&str, &[u8])]) -> (Kept, ImportReport) {
    let fixture = Fixture::new(files);
    let (dataset, report) = imported_from(&fixture, fixture.folder.path());
    (Kept { dataset, _fixture: fixture }, report)
}

fn imported_from(fixture: &Fixture, source: &Path) -> (Dataset, ImportReport) {
    let options = ImportOptions { max_bad_rows: 0.0, ..fixture.options() };
    let report = import(source, &options, &mut |_| {}).unwrap();
    (Dataset::open(fixture.data_dir.path(), "films").unwrap(), report)
}

fn said(report: &ImportReport, words: &[&str]) {
    let all = report.metadata.assumptions.join("\n");
    for word in words {
        assert!(all.contains(word), "{word:?} in {all:?}");
    }
}

fn titles(dataset: &Dataset) -> Vec<String> {
    dataset.catalogue().movies().iter().map(|movie| movie.title.clone()).collect()
}

/// The message of what must be refused.
fn refused(files: &[(&str, &[u8])], options: impl FnOnce(ImportOptions) -> ImportOptions) -> String {
    let fixture = Fixture::new(files);
    let options = options(ImportOptions { max_bad_rows: 0.01, ..fixture.options() });
    import(fixture.folder.path(), &options, &mut |_| {}).unwrap_err().to_string()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to_bytes).collect()
}

fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|character| character as u8).collect()
}

// A: nothing is guessed of a whole file that rows can tell, and what is assumed is said.

#[test]
fn ratings_of_every_separator_and_order_are_the_same() {
    let rows = |separator: &str| RATINGS.replace(',', separator);
    let without_header = |text: String| text.split_once('\n').unwrap().1.to_owned();
    for (text, words) in [
        (rows(";"), "separated by semicolons"),
        (rows("\t"), "separated by tabs"),
        (rows("|"), "separated by bars"),
        (format!("sep=;\r\n{}", rows(";").replace('\n', "\r\n")), "separated by semicolons"),
        (rows(";").replace("4.5", "4,5"), "separated by semicolons"),
        (without_header(rows(",")), "no header"),
        (without_header(rows("\t")), "no header"),
        (without_header(rows(" ")), "separated by blanks"),
        (rows(",").replace("userId", "User ID").replace("rating", "Stars"), "the column \"Stars\" is the rating"),
        (
            "\"user\" \"item\" \"rating\" \"time\"\n\"1\" 1 1 4.5 1e+09\n\"2\" 1 2 3 1000000001\n\"3\" 2 3 5 1000000002\n".into(),
            "rows begin with a number",
        ),
        (
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1\t4.5\t1000000000.0\n1\t2.0\t3\t1000000001\n2\t3\t5\t1000000002\n".into(),
            "separated by tabs",
        ),
    ] {
        let (dataset, report) = imported(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", text.as_bytes())]);
        assert_eq!(ratings(&dataset), expected(), "{text}");
        said(&report, &[words]);
    }
}

#[test]
fn every_encoding_and_line_end_is_the_same() {
    let macintosh = MOVIES.replace('\n', "\r");
    let forms: [(Vec<u8>, &[&str]); 6] = [
        (utf16(MOVIES, u16::to_le_bytes), &[]),
        (utf16(&MOVIES.replace(',', "\t").replace("\"Postman\t", "\"Postman,"), u16::to_be_bytes), &["tabs"]),
        (latin(MOVIES), &["movies.csv: 1 rows are not UTF-8 and are read as Windows-1252"]),
        (macintosh.into_bytes(), &[]),
        (format!("\u{feff}{}", MOVIES.replace('\n', "\r\n")).into_bytes(), &[]),
        (MOVIES.replace('é', "e\u{301}").into_bytes(), &[]),
    ];
    for (movies, words) in forms {
        let (dataset, report) =
            imported(&[("movies.csv", &movies), ("ratings.csv", &utf16(RATINGS, u16::to_le_bytes))]);
        assert_eq!(titles(&dataset), ["Amélie", "The Postman", "Heat"]);
        assert_eq!(ratings(&dataset), expected());
        said(&report, words);
    }
}

#[test]
fn one_row_in_another_encoding_spoils_no_other() {
    let mut movies = MOVIES.as_bytes().to_vec();
    movies.extend_from_slice(b"4,Caf\xe9 \x80 (2003),Drama\n");
    let tags = [b"userId,movieId,tag,timestamp\n1,1,r\xe9ve,5\n".as_slice(), "1,2,élan,6\n".as_bytes()].concat();
    let (dataset, report) =
        imported(&[("movies.csv", &movies), ("ratings.csv", RATINGS.as_bytes()), ("tags.csv", &tags)]);
    assert_eq!(titles(&dataset), ["Amélie", "The Postman", "Heat", "Café €"]);
    let tags: Vec<String> = dataset.tags().unwrap().into_iter().map(|tag| tag.tag).collect();
    assert_eq!(tags, ["rêve".replace('ê', "é"), "élan".to_owned()]);
    said(&report, &["movies.csv: 1 rows are not UTF-8", "tags.csv: 1 rows are not UTF-8"]);
}

#[test]
fn a_longer_scale_is_recognised_and_said_or_told() {
    let rows = |stars: [&str; 5]| {
        let rows = stars.iter().enumerate().map(|(user, stars)| format!("{},1,{stars},1000\n", user + 1));
        format!("userId,movieId,rating,timestamp\n{}", rows.collect::<String>())
    };
    let half_stars = |dataset: &Dataset| ratings(dataset).values().map(|rating| rating.0).collect::<Vec<u8>>();
    let ten = rows(["7", "10", "1", "8", "9"]);
    let (dataset, report) = imported(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", ten.as_bytes())]);
    assert_eq!(half_stars(&dataset), [7, 10, 1, 8, 9]);
    said(&report, &["the scale is 1 to 10"]);
    let hundred = rows(["100", "55", "1", "80", "12"]);
    let (dataset, report) = imported(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", hundred.as_bytes())]);
    assert_eq!(half_stars(&dataset), [10, 6, 1, 8, 1]);
    said(&report, &["the scale is 1 to 100"]);

    // Who never gives more than 5 of 10 has to say so.
    let low = rows(["1", "2", "3", "4", "5"]);
    let fixture = Fixture::new(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", low.as_bytes())]);
    let options = ImportOptions { scale: Some(Scale::Ten), ..fixture.options() };
    import(fixture.folder.path(), &options, &mut |_| {}).unwrap();
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(half_stars(&dataset), [1, 2, 3, 4, 5]);
}

// B: one cause is named once, where it is.

#[test]
fn a_quote_that_is_not_closed_costs_its_row_and_no_other() {
    let mut movies = "movieId,title,genres\n".to_owned();
    let mut rows = "userId,movieId,rating,timestamp\n".to_owned();
    for film in 1..=100 {
        let quote = if matches!(film, 20 | 60 | 100) { "\"" } else { "" };
        movies += &format!("{film},{quote}Film {film} (1990),Drama\n");
        rows += &format!("1,{film},4.0,1000\n2,{film},4.0,1000\n");
    }
    let fixture = Fixture::new(&[
        ("movies.csv", movies.as_bytes()),
        ("ratings.csv", rows.as_bytes()),
        ("links.csv", b"movieId,imdbId,tmdbId\n19,1,2\n20,3,4\n"),
        ("tags.csv", b"userId,movieId,tag,timestamp\n1,20,a,5\n1,21,b,5\n"),
    ]);
    assert_eq!(
        fixture.bad_rows(),
        ["movies.csv:21:unreadable", "movies.csv:61:unreadable", "movies.csv:101:unreadable"]
    );
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!((dataset.catalogue().len(), dataset.ratings()), (97, 194));
    assert_eq!(dataset.tags().unwrap().len(), 1);
    let assumptions = dataset.metadata().assumptions.join("\n");
    assert!(
        assumptions.contains("ratings.csv: 6 rows are left out because the row of their film is bad"),
        "{assumptions}"
    );
}

#[test]
fn a_lost_film_is_named_by_its_own_row_only() {
    for (row, reason) in [
        ("2,Postman, The (1994),Drama", "movies.csv:3:extra_field"),
        ("2,,Drama", "movies.csv:3:missing_field"),
        ("2,\"Postman\" The, Uncut (1994),Drama", "movies.csv:3:unreadable"),
        ("2", "movies.csv:3:missing_field"),
        ("2,\"Postman (1994),Drama", "movies.csv:3:unreadable"),
    ] {
        let movies = format!("movieId,title,genres\n1,Amélie (2001),Comedy\n{row}\n3,Heat (1995),Crime\n");
        let fixture = Fixture::new(&[("movies.csv", movies.as_bytes()), ("ratings.csv", RATINGS.as_bytes())]);
        assert_eq!(fixture.bad_rows(), [reason], "{row}");
    }
    // A good row of the same film heals it.
    let movies = format!("{MOVIES}4,\"Alien (1979),Horror\n4,Alien (1979),Horror\n");
    let rows = format!("{RATINGS}3,4,5,1000\n");
    let fixture = Fixture::new(&[("movies.csv", movies.as_bytes()), ("ratings.csv", rows.as_bytes())]);
    assert_eq!(fixture.bad_rows(), ["movies.csv:5:unreadable"]);
    assert_eq!(Dataset::open(fixture.data_dir.path(), "films").unwrap().ratings(), 4);
}

#[test]
fn line_ends_within_quotes_belong_to_their_row() {
    let movies = "movieId,title,genres\n1,\"Two\nLines, \"\"quoted\"\" (1990)\",War\n2,\"Three\r\n\r\nlines\",War\n3,Plain,War\n";
    let rows = "userId,movieId,rating,timestamp,note\n1,1,4.5,1000000000,\"good,\n\nreally \"\"good\"\"\"\n1,2,3.0,1000000001,\n2,3,5.0,1000000002,\"x\ny\"\n";
    let (dataset, report) = imported(&[("movies.csv", movies.as_bytes()), ("ratings.csv", rows.as_bytes())]);
    assert_eq!(titles(&dataset), ["Two\nLines, \"quoted\"", "Three\n\nlines", "Plain"]);
    assert_eq!(ratings(&dataset), expected());
    said(
        &report,
        &["movies.csv: 2 rows have line ends within quotes", "ratings.csv: 2 rows have line ends within quotes"],
    );
}

// C: one table of rules for all readers.

#[test]
fn quotes_are_read_in_every_file_however_they_were_written() {
    let (dataset, _) = imported(&[
        ("movies.csv", b"\"movieId\",\"title\",\"genres\"\n\"1\",\"The \\\"Real\\\" Cut, Uncut (1996)\",\"War\"\n2,\"Weird Al\" Yankovic (1985),War\n3,\"a \"\"b\"\", c\",\"War|Crime\"\n"),
        ("ratings.csv", b"\"userId\",\"movieId\",\"rating\",\"timestamp\",\"note\"\n\"1\",\"1\",\"4.5\",\"1000000000\",\"so, so\"\n1,2,3.0,1000000001,\"say \"\"no\"\", twice\"\n2,3,5.0,1000000002,\"say \\\"no\\\", twice\"\n"),
        ("tags.csv", b"userId,movieId,tag,timestamp\n1,1,\"a, \\\"b\\\"\",1000\n1,2,\"c, \"\"d\"\"\",1000\n"),
        ("links.csv", b"\"movieId\";\"imdbId\";\"tmdbId\"\n\"1\";\"tt0000007\";\"8.0\"\n2;;\n"),
        ("genome-tags.csv", b"tagId,tag\n1,\"a, \\\"b\\\"\"\n2,\"c\"\n"),
        ("genome-scores.csv", b"\"movieId\"\t\"tagId\"\t\"relevance\"\n\"1\"\t\"1\"\t\"0.2\"\n1\t2.0\t1\n"),
    ]);
    assert_eq!(titles(&dataset), ["The \"Real\" Cut, Uncut", "\"Weird Al\" Yankovic", "a \"b\", c"]);
    assert_eq!(ratings(&dataset), expected());
    let tags: Vec<String> = dataset.tags().unwrap().into_iter().map(|tag| tag.tag).collect();
    assert_eq!(tags, ["a, \"b\"", "c, \"d\""]);
    let first = dataset.catalogue().get(1).unwrap();
    assert_eq!((first.imdb_id, first.tmdb_id), (Some(7), Some(8)));
    assert_eq!(dataset.genome().unwrap().unwrap().of(1), Some(&[51, 255][..]));
}

#[test]
fn zeros_repetitions_and_forms_of_numbers_are_the_same_in_every_layout() {
    let rows = [
        ["1", "1", "2.0", "900000000"],
        ["1", "1", "4.5", "1000000000"],
        ["1", "2.0", "3", "1000000001.0"],
        ["2", "3", "5", "1000000002000"],
        ["2", "1", "0", "5"],
        ["2", "2", "-1", "5"],
    ];
    let text = |separator: &str| rows.iter().map(|row| row.join(separator) + "\n").collect::<String>();
    let items = |id: u32| format!("{id}|Film {id} (1990)|01-Jan-1990||http://example.org|{}\n", ["0"; 19].join("|"));
    let items: String = (1..=3).map(items).collect();
    let dat = "1::A (1990)::\n2::B (1991)::War\n3::C (1992)::War|Crime\n";
    let atomic = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n1\tA\t1990\tWar Crime\n2\tB\t1991\t\n3\tC\t\tWar\n";
    let headed = format!("userId,movieId,rating,timestamp\n{}", text(","));
    let inter = format!("user_id:token\titem_id:token\trating:float\ttimestamp:float\n{}", text("\t"));
    let (dat_rows, tab_rows) = (text("::"), text("\t"));
    let tab_movies = MOVIES.replace(',', "\t").replace("\"Postman\t", "\"Postman,");
    for files in [
        [("movies.csv", MOVIES), ("ratings.csv", headed.as_str())],
        [("movie.csv", MOVIES), ("rating.csv", headed.as_str())],
        [("movies.dat", dat), ("ratings.dat", dat_rows.as_str())],
        [("u.item", items.as_str()), ("u.data", tab_rows.as_str())],
        [("ml.item", atomic), ("ml.inter", inter.as_str())],
        [("Movies.TSV", tab_movies.as_str()), ("Ratings.txt", headed.as_str())],
    ] {
        let bytes = files.map(|(name, text)| (name, text.as_bytes()));
        let (dataset, report) = imported(&bytes);
        assert_eq!(ratings(&dataset), expected(), "{}", files[1].0);
        assert_eq!(report.metadata.counts.rated_again, 1, "{}", files[1].0);
        said(&report, &["2 rows with the rating 0 or -1", "1 times look like milliseconds"]);
    }
}

// E: a message says what happened and what helps.

#[test]
fn messages_name_the_line_the_look_and_the_way_out() {
    let movies = ("movies.csv", MOVIES.as_bytes());
    let with = |text: &str| refused(&[movies, ("ratings.csv", text.as_bytes())], |options| options);
    let header = "userId,movieId,rating,timestamp\n";
    let mostly_fine: String = (0..20).map(|user| format!("{user},1,4,1000\n")).collect();
    for (text, words) in [
        (format!("{header}{mostly_fine}99,1,9,1000\n"), vec!["ratings.csv:22", "looks like 1 to 10", "--scale 10"]),
        (format!("{header}{mostly_fine}99,1,99,1000\n"), vec!["ratings.csv:22", "looks like 1 to 100", "--scale 100"]),
        (
            format!("{header}{mostly_fine}99,1,4,31/12/2020\n"),
            vec!["ratings.csv:22", "31/12/2020", "2005-04-02 23:53:47"],
        ),
        (
            format!("{header}{mostly_fine}99,77,4,1000\n"),
            vec!["ratings.csv:22", "film 77 is in no movies file", "--max-bad-rows"],
        ),
        (format!("{header}{mostly_fine}99,1,4\n"), vec!["ratings.csv:22", "3 fields instead of 4", "--max-bad-rows"]),
        (format!("{header}{mostly_fine}99,1,\"4,1000\n"), vec!["ratings.csv:22", "a quote is not closed"]),
        (
            "who,what,how\n1,1,4\n".into(),
            vec!["no column \"userId\"", "who,what,how", "userId,movieId,rating,timestamp"],
        ),
        (String::new(), vec!["ratings.csv is empty"]),
        (header.into(), vec!["ratings.csv has no usable row"]),
    ] {
        let message = with(&text);
        for word in words {
            assert!(message.contains(word), "{word:?} in {message:?} of {text:?}");
        }
    }
}

#[test]
fn what_is_no_dataset_is_called_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given");
    for (beginning, words) in [
        (&b"BZh91AY&SY"[..], "packed with bzip2"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a rar archive"),
        (b"PAR1\x15\x04", "a single file, not a dataset"),
        (b"", "is empty"),
        (b"userId,movieId\n", "a single file, not a dataset; give the folder"),
        (b"PK\x03\x04 and no more", "as a zip archive"),
        (b"\x1f\x8b and no more", "damaged archive"),
    ] {
        fs::write(&path, beginning).unwrap();
        let options = ImportOptions::new(folder.path().join("data"), "films", NOW);
        let message = import(&path, &options, &mut |_| {}).unwrap_err().to_string();
        assert!(message.contains(words), "{words:?} in {message:?}");
    }
}

// F: optional files and trivial spellings stop nothing.

#[test]
fn optional_files_and_columns_stop_nothing() {
    let files = |name: &'static str, text: &'static [u8]| {
        imported(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", RATINGS.as_bytes()), (name, text)])
    };
    for links in [
        &b"movieId,imdbId\n1,0211915\n3,0113277\n"[..],
        b"movieId,imdbId,tmdbId\n1,tt0211915,194.0\n3,tt0113277,\n",
        b"movie_id;imdb;tmdb\n1;0211915;194\n3;113277.0;\n",
        b"item_id\timdb_id\ttmdb_id\n1\ttt0211915\t194\n3\ttt0113277\n",
    ] {
        let (dataset, report) = files("links.csv", links);
        assert_eq!(dataset.catalogue().get(3).unwrap().imdb_id, Some(113_277), "{:?}", report.metadata.assumptions);
        assert!(report.bad_rows.is_empty());
    }
    let (dataset, _) = files("tags.csv", b"userId,movieId,tag\n1,1,calm\n");
    assert_eq!(dataset.tags().unwrap()[0].timestamp, 0);
    for (name, text) in [
        ("links.csv", &b""[..]),
        ("tags.csv", b"\x00\x01\x02"),
        ("genome-tags.csv", b"tagId,tag\n"),
        ("links.csv", b"movieId,imdbId,tmdbId\n1,x,y\n"),
    ] {
        let (dataset, _) = files(name, text);
        assert_eq!(ratings(&dataset), expected(), "{name}");
    }
    let (dataset, _) =
        imported(&[("movies.csv", b"movieId,title\n1,A\n2,B\n3,C\n"), ("ratings.csv", RATINGS.as_bytes())]);
    assert_eq!(dataset.catalogue().len(), 3);
    let (dataset, report) =
        imported(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", b"userId,movieId,rating\n1,1,4.5\n")]);
    assert_eq!(ratings(&dataset), [((1, 1), (9, 0))].into());
    said(&report, &["1 rows have no time; it is kept as 1970"]);
}

// G: settings are checked where something is reused.

#[test]
fn an_import_under_other_settings_is_another_import() {
    let bad = format!("{RATINGS}9,1,x,1000\n");
    let fixture = Fixture::new(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", bad.as_bytes())]);
    let run = |change: fn(ImportOptions) -> ImportOptions| {
        import(fixture.folder.path(), &change(fixture.options()), &mut |_| {}).map(|report| report.reused)
    };
    assert!(!run(|options| options).unwrap());
    assert!(run(|options| options).unwrap());
    assert!(run(|options| ImportOptions { max_bad_rows: 0.1, ..options }).is_err(), "a quarter of the rows is bad");
    assert!(!run(|options| ImportOptions { max_bad_rows: 0.9, ..options }).unwrap());
    assert!(!run(|options| ImportOptions { scale: Some(Scale::Ten), ..options }).unwrap());
    assert!(!run(|options| ImportOptions { scale: Some(Scale::Five), ..options }).unwrap());
    assert!(!run(|options| ImportOptions { shard_count: 7, ..options }).unwrap());
    assert!(run(|options| ImportOptions { shard_count: 7, ..options }).unwrap());
}

// Packing of every kind is unpacked.

fn packed(fixture: &Fixture, name: &str, script: &str) -> Option<std::path::PathBuf> {
    let path = fixture.data_dir.path().join(name);
    let script = format!("cd '{}' && {script}", fixture.folder.path().display());
    let run = Command::new("sh").args(["-c", &script, "sh"]).arg(&path).stderr(Stdio::null()).status().unwrap();
    if !run.success() {
        eprintln!("SKIPPED: {script} cannot be run here");
        return None;
    }
    Some(path)
}

#[test]
fn every_packing_is_the_same_dataset() {
    let fixture = Fixture::new(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", RATINGS.as_bytes())]);
    for (name, script) in [
        ("a.tar", "tar cf \"$1\" movies.csv ratings.csv"),
        ("a.tar.gz", "tar czf \"$1\" ."),
        ("a.tgz", "tar czf \"$1\" ./ratings.csv ./movies.csv"),
        ("a.tar.zst", "tar cf - . | zstd -q > \"$1\""),
        (
            "two-frames.tar.zst",
            "tar cf whole.tar movies.csv ratings.csv && (head -c 700 whole.tar | zstd -q; tail -c +701 whole.tar | zstd -q) > \"$1\"; rm whole.tar",
        ),
    ] {
        let Some(path) = packed(&fixture, name, script) else { continue };
        let (dataset, _) = imported_from(&fixture, &path);
        assert_eq!(ratings(&dataset), expected(), "{name}");
    }
    for script in [
        "gzip -k ratings.csv movies.csv && mv ratings.csv movies.csv \"$1\"",
        "zstd -q -k ratings.csv && rm ratings.csv \"$1/ratings.csv\"",
    ] {
        let aside = fixture.data_dir.path().join("aside");
        fs::create_dir_all(&aside).unwrap();
        if packed(&fixture, "aside", script).is_none() {
            continue;
        }
        let (dataset, _) = imported_from(&fixture, fixture.folder.path());
        assert_eq!(ratings(&dataset), expected(), "{script}");
        for name in ["ratings.csv", "movies.csv"] {
            fs::write(fixture.folder.path().join(name), if name == "movies.csv" { MOVIES } else { RATINGS }).unwrap();
        }
        for name in ["ratings.csv.gz", "movies.csv.gz", "ratings.csv.zst"] {
            let _ = fs::remove_file(fixture.folder.path().join(name));
        }
    }
}

#[test]
fn an_archive_in_an_archive_or_alone_in_a_folder_is_meant() {
    let fixture = Fixture::new(&[("movies.csv", MOVIES.as_bytes()), ("ratings.csv", RATINGS.as_bytes())]);
    let inner = fixture.zip("ml/");
    let (dataset, _) = imported_from(&fixture, &inner);
    assert_eq!(ratings(&dataset), expected());
    let outer = fixture.data_dir.path().join("outer.zip");
    let mut archive = zip::ZipWriter::new(File::create(&outer).unwrap());
    archive.start_file("downloads/ml.zip", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(&fs::read(&inner).unwrap()).unwrap();
    archive.finish().unwrap();
    let other = Fixture::new(&[("ml.zip", &fs::read(&inner).unwrap())]);
    for source in [outer.as_path(), other.folder.path()] {
        let (dataset, report) = imported_from(&other, source);
        assert_eq!(ratings(&dataset), expected());
        said(&report, &["ml.zip", "is read"]);
    }
    // One file of a dataset stands for its folder.
    let fresh = Fixture::new(&[]);
    let (dataset, report) = imported_from(&fresh, &fixture.folder.path().join("ratings.csv"));
    assert_eq!(ratings(&dataset), expected());
    said(&report, &["the whole folder is read"]);
}
