//! Parquet is read by the rules that CSV is read by, whoever wrote it, and what is written is read back the same.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::sync::Arc;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportReport, export_parquet, import};
use cineswarm_engine::movielens::BadReason;
use common::{FILES, Fixture, MOVIES, clean, clean_with_text_users, ratings};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

/// A column of a table, its values and where it has any.
enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Text(Vec<&'static str>),
}

use Values::{Double, Float, Int32, Int64, Text};

/// Of each column a field of the schema, its values, and the levels if some are missing or it has lists.
type Column = (&'static str, Values, Option<(Vec<i16>, Option<Vec<i16>>)>);

fn table(columns: &[Column], compression: Compression) -> Vec<u8> {
    let fields: String = columns.iter().map(|(field, ..)| format!("{field} ")).collect();
    let schema = parse_message_type(&format!("message schema {{ {fields} }}")).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, values, levels) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        let defined = levels.as_ref().map(|(defined, _)| defined.as_slice());
        let repeated = levels.as_ref().and_then(|(_, repeated)| repeated.as_deref());
        let written = match values {
            Int32(values) => column.typed::<Int32Type>().write_batch(values, defined, repeated),
            Int64(values) => column.typed::<Int64Type>().write_batch(values, defined, repeated),
            Float(values) => column.typed::<FloatType>().write_batch(values, defined, repeated),
            Double(values) => column.typed::<DoubleType>().write_batch(values, defined, repeated),
            Text(values) => {
                let values: Vec<ByteArray> = values.iter().map(|value| ByteArray::from(*value)).collect();
                column.typed::<ByteArrayType>().write_batch(&values, defined, repeated)
            }
        };
        written.unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.into_inner().unwrap()
}

/// The ratings of the small source by users, films, stars and times of any type.
fn of_types(
    user: (&'static str, Values),
    film: (&'static str, Values),
    stars: (&'static str, Values),
    time: (&'static str, Values),
) -> [Column; 4] {
    [user, film, stars, time].map(|(field, values)| (field, values, None))
}

const TIMES: [i64; 4] = [1_000_000_000, 1_000_000_001, 1_000_000_002, 1_000_000_003];

fn times(a_second: i64) -> Values {
    Int64(TIMES.map(|time| time * a_second + a_second / 2).to_vec())
}

fn kinds() -> Vec<[Column; 4]> {
    let users = || Int64(vec![1, 1, 2, 7]);
    let films = || Int32(vec![1, 30, 2, 1]);
    let doubles = || Double(vec![4.5, 0.5, 3.0, 5.0]);
    vec![
        of_types(
            ("required int64 userId;", users()),
            ("required int64 movieId;", Int64(vec![1, 30, 2, 1])),
            ("required double rating;", doubles()),
            ("required int64 timestamp;", Int64(TIMES.to_vec())),
        ),
        of_types(
            ("required int32 user_id;", Int32(vec![1, 1, 2, 7])),
            ("required int32 item_id;", films()),
            ("required float stars;", Float(vec![4.5, 0.5, 3.0, 5.0])),
            ("required int64 date (TIMESTAMP(MICROS,true));", times(1_000_000)),
        ),
        of_types(
            // As pandas has ids of which some are missing, and dates.
            ("required double userId;", Double(vec![1.0, 1.0, 2.0, 7.0])),
            ("required binary movieId (STRING);", Text(vec!["1", "30", "2", "1"])),
            ("required binary rating (STRING);", Text(vec!["4.5", "0.5", "3", "5,0"])),
            ("required int64 timestamp (TIMESTAMP(NANOS,false));", times(1_000_000_000)),
        ),
        of_types(
            ("required int64 userId (INTEGER(64,false));", users()),
            ("required int32 movieId (INTEGER(16,true));", films()),
            ("required int32 rating (DECIMAL(9,2));", Int32(vec![450, 50, 300, 500])),
            ("required int64 timestamp (TIMESTAMP(MILLIS,true));", times(1_000)),
        ),
    ]
}

const COMPRESSIONS: [fn() -> Compression; 4] = [
    || Compression::UNCOMPRESSED,
    || Compression::SNAPPY,
    || Compression::GZIP(GzipLevel::default()),
    || Compression::ZSTD(ZstdLevel::default()),
];

#[test]
fn ratings_of_every_type_and_compression_are_those_of_the_csv_file() {
    let expected = ratings(&clean().imported());
    for (columns, compression) in kinds().iter().zip(COMPRESSIONS) {
        let parquet = table(columns, compression());
        let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.parquet", &parquet)]);
        assert_eq!(ratings(&fixture.imported()), expected, "{}", columns[0].0);
        let report = import(&fixture.folder.path().join("ratings.parquet"), &fixture.options(), &mut |_| {}).unwrap();
        assert_eq!(report.metadata.counts.ratings, 4, "the file stands for its folder");
        let archive = fixture.zip("inside/");
        assert!(import(&archive, &fixture.options(), &mut |_| {}).unwrap().reused, "an archive is the same source");
    }
}

fn imported(files: &[(&str, &[u8])]) -> (Fixture, ImportReport) {
    let fixture = Fixture::new(files);
    let report = fixture.import().unwrap();
    (fixture, report)
}

#[test]
fn missing_values_are_counted_as_in_csv_and_named_by_their_row() {
    let columns: [Column; 4] = [
        ("optional int64 userId;", Int64(vec![1, 2, 7]), Some((vec![1, 0, 1, 1], None))),
        ("required int64 movieId;", Int64(vec![1, 30, 2, 1]), None),
        ("required double rating;", Double(vec![4.5, 0.5, f64::NAN, 5.0]), None),
        ("optional int64 timestamp;", Int64(vec![5, 6, 7]), Some((vec![1, 1, 1, 0], None))),
    ];
    let files = [("movies.csv", MOVIES), ("ratings.parquet", &table(&columns, Compression::SNAPPY)[..])];
    let (fixture, report) = imported(&files);
    // The names stand on line 1, as in the CSV file that it would be.
    let bad: Vec<(&str, u64, BadReason)> =
        report.bad_rows.iter().map(|row| (row.file.as_str(), row.line, row.reason)).collect();
    let missing = |line| ("ratings.parquet", line, BadReason::MissingField);
    assert_eq!(bad, [missing(3), missing(4)]);
    let dataset = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(ratings(&dataset), [((1, 1), (9, 5)), ((7, 1), (10, 0))].into());
    assert!(report.metadata.assumptions.iter().any(|said| said.contains("1 rows have no time")));
}

#[test]
fn films_links_and_tags_may_be_parquet_too_with_lists_of_genres() {
    // A row of several genres, one of one, and one of none.
    let genres = Some((vec![3, 3, 3, 1], Some(vec![0, 1, 0, 0])));
    let films: [Column; 3] = [
        ("required int32 movieId;", Int32(vec![1, 2, 30]), None),
        ("required binary title (STRING);", Text(vec!["Lighthouse, The (1971)", "A \"B\" (1990)", "C"]), None),
        (
            "optional group genres (LIST) { repeated group list { optional binary element (STRING); } }",
            Text(vec!["Drama", "Mystery", "Romance"]),
            genres,
        ),
    ];
    let fixture = clean();
    for (name, _) in FILES {
        if !name.starts_with("genome") && name != "tags.csv" {
            fs::remove_file(fixture.folder.path().join(name)).unwrap();
        }
    }
    fixture.put("movies.parquet", &table(&films, Compression::SNAPPY));
    fixture.put("ratings.parquet", &table(&kinds()[0], Compression::SNAPPY));
    let links: [Column; 3] = [
        ("required int32 movieId;", Int32(vec![1, 2]), None),
        ("required binary imdbId (STRING);", Text(vec!["0000123", "tt0000789"]), None),
        ("optional double tmdbId;", Double(vec![456.0]), Some((vec![1, 0], None))),
    ];
    fixture.put("links.parquet", &table(&links, Compression::SNAPPY));
    let dataset = fixture.imported();
    let film = |id| dataset.catalogue().get(id).unwrap();
    assert_eq!((film(1).title.as_str(), film(1).genres.join("+")), ("The Lighthouse", "Drama+Mystery".to_owned()));
    assert_eq!((film(2).title.as_str(), film(2).genres.join("+")), ("A \"B\"", "Romance".to_owned()));
    assert!(film(30).genres.is_empty());
    assert_eq!(
        (film(1).imdb_id, film(1).tmdb_id, film(2).imdb_id, film(2).tmdb_id),
        (Some(123), Some(456), Some(789), None)
    );
    assert_eq!(dataset.tags().unwrap().len(), 1);
    assert!(dataset.metadata().counts.bad_rows.is_empty(), "{:?}", dataset.metadata().counts.bad_rows);
}

#[test]
fn the_parts_that_spark_writes_are_one_file() {
    let of_part = |users: &[i64], films: &[i64]| {
        let rows = users.len();
        let columns = of_types(
            ("required int64 userId;", Int64(users.to_vec())),
            ("required int64 movieId;", Int64(films.to_vec())),
            ("required double rating;", Double(vec![4.0; rows])),
            ("required int64 timestamp;", Int64(vec![5; rows])),
        );
        table(&columns, Compression::SNAPPY)
    };
    let fixture = Fixture::new(&[("movies.csv", MOVIES)]);
    fixture.put("ratings.parquet/part-00001-x.snappy.parquet", &of_part(&[2, 3], &[2, 30]));
    fixture.put("ratings.parquet/part-00000-x.snappy.parquet", &of_part(&[1], &[1]));
    fixture.put("ratings.parquet/_SUCCESS", b"");
    let found: Vec<(u32, u32)> = ratings(&fixture.imported()).into_keys().collect();
    assert_eq!(found, [(1, 1), (2, 2), (3, 30)]);
}

#[test]
fn what_is_exported_is_imported_the_same() {
    for fixture in [clean(), clean_with_text_users()] {
        let dataset = fixture.imported();
        let again = Fixture::new(&[]);
        export_parquet(&dataset, again.folder.path()).unwrap();
        for (name, contents) in &FILES[4..] {
            again.put(name, contents);
        }
        let read = again.imported();
        assert_eq!(read.metadata().counts, dataset.metadata().counts);
        assert_eq!(read.metadata().content_sha256, dataset.metadata().content_sha256);
    }
}

#[test]
fn what_has_no_ratings_or_is_damaged_is_refused_in_words() {
    let refused = |parquet: &[u8]| {
        let fixture = Fixture::new(&[("movies.csv", MOVIES), ("ratings.parquet", parquet)]);
        fixture.import().map(|report| report.metadata.counts.ratings)
    };
    let other: [Column; 2] =
        [("required int32 a;", Int32(vec![1]), None), ("required int32 rating;", Int32(vec![1]), None)];
    let error = refused(&table(&other, Compression::SNAPPY)).unwrap_err().to_string();
    assert!(error.contains("ratings.parquet has no column \"userId\"") && error.contains("rating"), "{error}");
    let whole = table(&kinds()[0], Compression::SNAPPY);
    for length in (0..whole.len()).step_by(13) {
        let error = refused(&whole[..length]).unwrap_err().to_string();
        assert!(error.contains("ratings.parquet"), "cut to {length}: {error}");
    }
    // Whatever a byte is, the program goes on: it is refused, or read as something.
    for at in (0..whole.len()).step_by(7) {
        let mut altered = whole.clone();
        altered[at] ^= [0x80, 0x01, 0xff][at % 3];
        let _ = refused(&altered);
    }
}
