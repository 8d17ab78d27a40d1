//! What any writer writes of a random dataset is read back the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, import};
use cineswarm_engine::movielens::parse_title;
use common::{Fixture, NOW, ratings};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

/// When a writer puts quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quoting {
    /// Around what needs them, doubled inside, as nearly everybody does.
    Minimal,
    /// Around everything.
    All,
    /// Around what needs them, with a backslash before those inside, as Spark does.
    Backslash,
    /// Nowhere: a backslash stands before separators and quotes.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Utf8,
    Utf8WithMark,
    Utf16Little,
    Utf16Big,
    Windows1252,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Packing {
    Plain,
    Gzip,
    Zip,
    Tar,
}

/// How a program writes tables.
#[derive(Clone, Debug)]
struct Writer {
    separator: char,
    quoting: Quoting,
    line_end: &'static str,
    encoding: Encoding,
    /// R numbers its rows.
    has_row_names: bool,
    /// pandas writes whole numbers so where some are missing.
    has_decimals: bool,
    packing: Packing,
}

impl Writer {
    fn field(&self, text: &str) -> String {
        let needs_quotes = text.contains([self.separator, '"', '\n', '\r']);
        match self.quoting {
            Quoting::All => format!("\"{}\"", text.replace('"', "\"\"")),
            Quoting::Minimal if needs_quotes => format!("\"{}\"", text.replace('"', "\"\"")),
            Quoting::Backslash if needs_quotes => format!("\"{}\"", text.replace('"', "\\\"")),
            Quoting::Never => {
                let escaped = text.chars().flat_map(|character| {
                    let escape = (character == self.separator || character == '"').then_some('\\');
                    escape.into_iter().chain([character])
                });
                escaped.collect()
            }
            _ => text.to_owned(),
        }
    }

    fn table(&self, header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
        let line = |fields: &mut dyn Iterator<Item = String>| {
            let fields: Vec<String> = fields.map(|field| self.field(&field)).collect();
            fields.join(&self.separator.to_string()) + self.line_end
        };
        let mut text = line(&mut header.iter().map(|name| (*name).to_owned()));
        for (number, row) in (1..).zip(rows) {
            let name = self.has_row_names.then(|| number.to_string());
            text += &line(&mut name.into_iter().chain(row.iter().cloned()));
        }
        match self.encoding {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Utf8WithMark => format!("\u{feff}{text}").into_bytes(),
            Encoding::Utf16Little => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Big => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Windows1252 => text.chars().map(|character| character as u8).collect(),
        }
    }

    fn number(&self, number: impl ToString) -> String {
        number.to_string() + if self.has_decimals { ".0" } else { "" }
    }
}

fn writers() -> impl Strategy<Value = Writer> {
    let separators = prop::sample::select(vec![',', ';', '\t', '|']);
    let quoting = prop::sample::select(vec![Quoting::Minimal, Quoting::All, Quoting::Backslash, Quoting::Never]);
    let line_ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let encodings = prop::sample::select(vec![
        Encoding::Utf8,
        Encoding::Utf8WithMark,
        Encoding::Utf16Little,
        Encoding::Utf16Big,
        Encoding::Windows1252,
    ]);
    let packings = prop::sample::select(vec![Packing::Plain, Packing::Gzip, Packing::Zip, Packing::Tar]);
    (separators, quoting, line_ends, encodings, any::<bool>(), any::<bool>(), packings).prop_map(
        |(separator, quoting, line_end, encoding, has_row_names, has_decimals, packing)| Writer {
            separator,
            quoting,
            line_end,
            encoding,
            has_row_names,
            has_decimals,
            packing,
        },
    )
}

/// Titles with whatever a writer may have to quote; a letter stands at either end, as blanks there mean nothing.
fn titles() -> impl Strategy<Value = String> {
    "[A-Zé][a-zé ,;|\t\"'&.:!-]{0,14}[a-zü]( \\((19[0-9]{2}|20[01][0-9])\\))?"
}

#[derive(Clone, Debug)]
struct Films {
    /// By id from 1.
    titles: Vec<String>,
    ratings: BTreeMap<(u32, u32), (u8, i64)>,
}

fn films() -> impl Strategy<Value = Films> {
    let ratings = prop::collection::btree_map((1u32..50, 1u32..9), (1u8..=10, 1_000_000_000i64..NOW), 1..60);
    (prop::collection::vec(titles(), 8), ratings).prop_map(|(titles, ratings)| Films { titles, ratings })
}

impl Films {
    fn film_rows(&self, writer: &Writer) -> Vec<Vec<String>> {
        let rows = (1..).zip(&self.titles);
        rows.map(|(id, title): (u32, _)| vec![writer.number(id), title.clone(), "Drama|Film-Noir".to_owned()]).collect()
    }

    fn rating_rows(&self, writer: &Writer) -> Vec<Vec<String>> {
        let rows = self.ratings.iter().map(|((user, film), (half_stars, time))| {
            let stars = format!("{:.1}", f64::from(*half_stars) / 2.0);
            vec![writer.number(user), writer.number(film), stars, writer.number(time)]
        });
        rows.collect()
    }

    fn check(&self, dataset: &Dataset) -> Result<(), TestCaseError> {
        prop_assert_eq!(&ratings(dataset), &self.ratings);
        for (id, title) in (1..).zip(&self.titles) {
            let expected = parse_title(title);
            let movie = dataset.catalogue().get(id).unwrap();
            prop_assert_eq!((&movie.title, movie.year), (&expected.title, expected.year));
            prop_assert_eq!(&movie.genres, &["Drama", "Film-Noir"]);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whoever_writes_a_dataset_it_is_read_back_the_same(films in films(), writer in writers()) {
        let movies = writer.table(&["movieId", "title", "genres"], &films.film_rows(&writer));
        let rows = writer.table(&["userId", "movieId", "rating", "timestamp"], &films.rating_rows(&writer));
        let fixture = Fixture::new(&[]);
        let source = match writer.packing {
            Packing::Plain | Packing::Zip => {
                fixture.put("movies.csv", &movies);
                fixture.put("ratings.csv", &rows);
                if writer.packing == Packing::Zip { fixture.zip("in/") } else { fixture.folder.path().to_owned() }
            }
            Packing::Gzip => {
                for (name, bytes) in [("movies.csv.gz", &movies), ("ratings.csv.gz", &rows)] {
                    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
                    packed.write_all(bytes).unwrap();
                    fixture.put(name, &packed.finish().unwrap());
                }
                fixture.folder.path().to_owned()
            }
            Packing::Tar => {
                let path = fixture.data_dir.path().join("source.tar");
                let mut archive = tar::Builder::new(fs::File::create(&path).unwrap());
                for (name, bytes) in [("ml/movies.csv", &movies), ("ml/ratings.csv", &rows)] {
                    let mut header = tar::Header::new_ustar();
                    header.set_size(bytes.len() as u64);
                    header.set_cksum();
                    archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
                }
                archive.finish().unwrap();
                path
            }
        };
        let options = ImportOptions { max_bad_rows: 0.0, ..fixture.options() };
        let report = import(&source, &options, &mut |_| {});
        prop_assert!(report.is_ok(), "{:?}", report.err().map(|error| error.to_string()));
        films.check(&Dataset::open(fixture.data_dir.path(), "films").unwrap())?;
    }

    #[test]
    fn mutated_files_are_read_or_refused(
        films in films(), writer in writers(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let fixture = Fixture::new(&[]);
        let mut movies = writer.table(&["movieId", "title", "genres"], &films.film_rows(&writer));
        let mut rows = writer.table(&["userId", "movieId", "rating", "timestamp"], &films.rating_rows(&writer));
        for (at, byte) in changes {
            let (movies_at, rows_at) = (at.index(movies.len()), at.index(rows.len()));
            movies[movies_at] = byte;
            rows[rows_at] = byte;
        }
        fixture.put("movies.csv", &movies);
        fixture.put("ratings.csv", &rows);
        if fixture.import().is_ok() {
            prop_assert!(Dataset::open(fixture.data_dir.path(), "films").is_ok());
        }
    }
}

/// Writes the same two tables in every dialect that Python knows, a folder each.
const PYTHON: &str = r#"
import csv, io, json, os, sys
top, tables = sys.argv[1], json.load(sys.stdin)
dialects = {
    "excel": dict(dialect="excel"), "excel-tab": dict(dialect="excel-tab"), "unix": dict(dialect="unix"),
    "semicolon": dict(delimiter=";", quoting=csv.QUOTE_NONNUMERIC),
    "bars": dict(delimiter="|", quoting=csv.QUOTE_ALL, lineterminator="\r"),
    "escaped": dict(quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n"),
    "backslash": dict(doublequote=False, escapechar="\\", quoting=csv.QUOTE_MINIMAL),
}
for name, options in dialects.items():
    for encoding in ["utf-8", "utf-8-sig", "utf-16", "cp1252"]:
        folder = os.path.join(top, name + " " + encoding)
        os.makedirs(folder)
        for table, rows in tables.items():
            with open(os.path.join(folder, table), "w", newline="", encoding=encoding) as out:
                csv.writer(out, **options).writerows(rows)
"#;

#[test]
fn every_dialect_of_python_is_read_the_same() {
    let titles = [
        "Plain (1990)",
        "Comma, The (1991)",
        "A \"Quoted\" One (1992)",
        "\"Weird Al\" (1993)",
        "Semi; colon | bar (1994)",
        "Café ’n’ Thé (1995)",
        "Tab\there",
        "Ends in \"quotes\"",
    ];
    let films = Films {
        titles: titles.map(str::to_owned).to_vec(),
        ratings: (1..9).map(|film| ((film * 3, film), (film as u8, 1_000_000_000 + i64::from(film)))).collect(),
    };
    let writer = Writer {
        separator: ',',
        quoting: Quoting::Minimal,
        line_end: "\n",
        encoding: Encoding::Utf8,
        has_row_names: false,
        has_decimals: false,
        packing: Packing::Plain,
    };
    let with_header = |header: &[&str], rows: Vec<Vec<String>>| {
        let header = header.iter().map(|name| (*name).to_owned()).collect();
        std::iter::once(header).chain(rows).collect::<Vec<Vec<String>>>()
    };
    let tables = serde_json::json!({
        "movies.csv": with_header(&["movieId", "title", "genres"], films.film_rows(&writer)),
        "ratings.csv": with_header(&["userId", "movieId", "rating", "timestamp"], films.rating_rows(&writer)),
    });
    let top = tempfile::tempdir().unwrap();
    let started = Command::new("python3").args(["-c", PYTHON]).arg(top.path()).stdin(Stdio::piped()).spawn();
    let Ok(mut python) = started else {
        eprintln!("SKIPPED: there is no python3 here");
        return;
    };
    python.stdin.take().unwrap().write_all(tables.to_string().as_bytes()).unwrap();
    assert!(python.wait().unwrap().success());
    let mut read = 0;
    for folder in fs::read_dir(top.path()).unwrap() {
        let folder = folder.unwrap().path();
        let data_dir = tempfile::tempdir().unwrap();
        let options = ImportOptions { max_bad_rows: 0.0, ..ImportOptions::new(data_dir.path(), "films", NOW) };
        let report = import(&folder, &options, &mut |_| {});
        assert!(report.is_ok(), "{}: {}", folder.display(), report.unwrap_err());
        let checked = films.check(&Dataset::open(data_dir.path(), "films").unwrap());
        assert!(checked.is_ok(), "{}: {}", folder.display(), checked.unwrap_err());
        read += 1;
    }
    assert_eq!(read, 28);
}
