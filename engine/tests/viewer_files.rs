//! What viewers bring from other services: every layout and version with an invented file, and ratings out and in again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::io::{Cursor, Write};

use cineswarm_engine::dataset::export_csv;
use cineswarm_engine::dataset::{Dataset, ImportOptions, import};
use cineswarm_engine::viewer_files::written::{OwnRating, json, letterboxd};
use cineswarm_engine::viewer_files::{Error, How, Kind, Matched, Miss, Service, read};
use cineswarm_engine::{Catalogue, HalfStars, Movie, MovieStats};
use common::{Fixture, NOW, clean, ratings};
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn movie(
    id: u32,
    title: &str,
    others: &[&str],
    year: Option<u16>,
    imdb_id: Option<u32>,
    tmdb_id: Option<u32>,
) -> Movie {
    let other_titles = others.iter().map(|other| (*other).to_owned()).collect();
    Movie { id, title: title.to_owned(), other_titles, year, genres: vec![], imdb_id, tmdb_id }
}

fn catalogue() -> Catalogue {
    let movies = [
        movie(1, "Amélie", &["Le Fabuleux destin d'Amélie Poulain"], Some(2001), Some(211_915), Some(194)),
        movie(2, "Heat", &[], Some(1995), Some(113_277), Some(949)),
        movie(3, "Heat", &[], Some(1986), Some(93_164), None),
        movie(4, "Alien", &[], Some(1979), None, None),
        movie(5, "The Matrix", &[], Some(1999), Some(133_093), Some(603)),
        movie(6, "Solaris", &["Solyaris"], Some(1972), Some(69_293), Some(593)),
        movie(7, "Solaris", &[], Some(2002), Some(307_479), Some(2103)),
        movie(8, "Twice", &[], Some(2010), None, None),
        movie(9, "Twice", &[], Some(2010), None, None),
    ];
    Catalogue::new(movies.into_iter().map(|movie| (movie, MovieStats::default())))
}

fn matched(name: &str, contents: impl AsRef<[u8]>) -> Matched {
    Matched::new(read(name, contents.as_ref(), NOW).unwrap(), &catalogue())
}

/// (film, half-stars) of a file.
fn stars(name: &str, contents: impl AsRef<[u8]>) -> Vec<(u32, u8)> {
    matched(name, contents).ratings.into_iter().map(|(movie, half_stars)| (movie, half_stars.get())).collect()
}

fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(contents.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const RATINGS: &str = "Date,Name,Year,Letterboxd URI,Rating\n2020-01-02,Amélie,2001,https://boxd.it/2a,4.5\n\
    2020-01-03,Heat,1995,https://boxd.it/2b,3\n2020-01-04,Nowhere at All,1999,https://boxd.it/2c,5\n";

#[test]
fn letterboxds_zip_has_ratings_and_what_was_seen_and_wished_for() {
    let diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n\
        2019-01-02,Amélie,2001,https://boxd.it/2a,1,,,2019-01-01\n2021-01-02,Amélie,2001,https://boxd.it/2a,2,Yes,,2021-01-01\n";
    let reviews = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n\
        2021-02-01,Alien,1979,https://boxd.it/2d,4,,\"In space,\n\nno one \"\"hears\"\" you,\nHeat,1995\",\"a, b\",2021-01-31\n";
    let archive = zip(&[
        ("profile.csv", "Date Joined,Username\n2020-01-01,somebody\n"),
        ("comments.csv", "Date,Content,Comment\n2020-01-01,x,y\n"),
        ("ratings.csv", RATINGS),
        ("diary.csv", diary),
        ("reviews.csv", reviews),
        ("watched.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,The Matrix,1999,https://boxd.it/2e\n"),
        ("watchlist.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,Solaris,1972,https://boxd.it/2f\n"),
        ("likes/films.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,1986,https://boxd.it/2g\n"),
        (
            "lists/best.csv",
            "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2020-01-01,Best,,https://boxd.it/l,\n\nPosition,Name,Year,URL,Description\n1,Solaris,2002,https://boxd.it/2h,\n",
        ),
        ("deleted/ratings.csv", "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Solaris,2002,https://boxd.it/2h,1\n"),
        ("orphaned/diary.csv", "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Solaris,2002,https://boxd.it/2h,1\n"),
    ]);
    let brought = read("letterboxd-somebody.zip", &archive, NOW).unwrap();
    assert_eq!(brought.service, Service::Letterboxd);
    assert!(brought.assumptions.iter().any(|what| what.contains("2 files in deleted/ or orphaned/")));
    let found = Matched::new(brought, &catalogue());
    let rated: Vec<(u32, u8)> = found.ratings.iter().map(|(movie, half_stars)| (*movie, half_stars.get())).collect();
    assert_eq!(rated, [(1, 9), (2, 6), (4, 8)], "the file of ratings goes before the diary");
    assert_eq!(found.seen, [1, 2, 3, 4, 5]);
    assert_eq!(found.unmatched.len(), 1);
    assert_eq!(found.unmatched[0].why, Miss::UnknownTitle);
    assert_eq!((found.unmatched[0].entry.file.as_str(), found.unmatched[0].entry.line), ("ratings.csv", 4));
    let wanted: Vec<u32> =
        found.matched.iter().filter(|one| one.entry.kind == Kind::Wanted).map(|one| one.movie).collect();
    assert_eq!(wanted, [6]);
}

#[test]
fn each_file_of_letterboxd_can_stand_alone() {
    assert_eq!(stars("ratings.csv", RATINGS), [(1, 9), (2, 6)]);
    assert_eq!(stars("ratings.csv", RATINGS.replace('\n', "\r\n")), [(1, 9), (2, 6)]);
    let watched = "Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,,https://boxd.it/2e\n2020-01-01,The Matrix,,\n";
    let found = matched("watched.csv", watched);
    assert_eq!((found.seen, found.ratings.len()), (vec![5], 0));
    assert_eq!(found.unmatched[0].why, Miss::Several(vec![2, 3]), "without a year nothing is guessed");
    let twice = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n\
        2021-01-02,Amélie,2001,https://boxd.it/2a,2,Yes,,2021-01-01\n2019-01-02,Amélie,2001,https://boxd.it/2a,1,,,2019-01-01\n";
    assert_eq!(stars("diary.csv", twice), [(1, 4)], "of a rewatch the later rating counts");
    assert!(
        matched("somebody-watchlist.csv", "Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,1995,x\n").seen.is_empty()
    );
}

#[test]
fn imdbs_three_layouts_are_read_by_their_ids() {
    let now = "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n\
        tt0211915,9,2020-01-01,Amélie,Le fabuleux destin d'Amélie Poulain,https://www.imdb.com/title/tt0211915,Movie,8.3,122,2001,\"Comedy, Romance\",1,2001-04-25,Jean-Pierre Jeunet\n\
        tt9999999,7,2020-01-01,The One Where,The One Where,https://www.imdb.com/title/tt9999999,TV Episode,8.3,22,2001,Comedy,1,2001-04-25,\n\
        tt9999998,7,2020-01-01,Die Folge,Die Folge,https://www.imdb.com/title/tt9999998,TV-Folge,8.3,22,2001,Comedy,1,2001-04-25,\n";
    let found = read("ratings.csv", now.as_bytes(), NOW).unwrap();
    assert_eq!((found.service, found.entries.len(), found.left_out.len()), (Service::Imdb, 1, 2));
    assert!(found.left_out[0].reason.contains("\"The One Where\" is no film but \"TV Episode\""));
    assert_eq!(stars("ratings.csv", now), [(1, 9)]);
    let of_2018 = "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n\
        tt0113277,10,2018-03-01,Heat,https://www.imdb.com/title/tt0113277/,movie,8.2,170,1995,Crime,1,1995-12-15,Michael Mann\n";
    assert_eq!(stars("ratings.csv", of_2018), [(2, 10)]);
    let older = "\"position\",\"const\",\"created\",\"modified\",\"description\",\"Title\",\"Title type\",\"Directors\",\"You rated\",\"IMDb Rating\",\"Runtime (mins)\",\"Year\",\"Genres\",\"Num. Votes\",\"Release Date (month/day/year)\",\"URL\"\n\
        \"1\",\"tt0211915\",\"Mon Jan  6 00:00:00 2014\",\"\",\"\",\"Am\u{e9}lie\",\"Feature Film\",\"Jean-Pierre Jeunet\",\"8\",\"8.4\",\"122\",\"2001\",\"comedy\",\"1\",\"2001-04-25\",\"http://www.imdb.com/title/tt0211915/\"\n";
    let latin: Vec<u8> = older.chars().map(|character| character as u8).collect();
    assert_eq!(stars("ratings.csv", latin), [(1, 8)]);
}

#[test]
fn trakts_lists_are_read_flat_in_folders_and_in_parts() {
    let rated = r#"[{"rated_at":"2020-01-01T10:00:00.000Z","rating":9,"type":"movie","movie":{"title":"Heat","year":1995,"ids":{"trakt":1,"slug":"heat-1995","imdb":"tt0113277","tmdb":949}}},
        {"rated_at":"2020-01-01T10:00:00.000Z","rating":3,"type":"movie","movie":{"title":"Alien","year":1979,"ids":{}}},
        {"rated_at":"2020-01-01T10:00:00.000Z","rating":8,"type":"show","show":{"title":"Heat","year":1995}}]"#;
    assert_eq!(stars("ratings-movies.json", rated), [(2, 9), (4, 3)]);
    let part = |title: &str, year: u16| {
        format!(
            r#"[{{"id":1,"watched_at":"2020-01-01T10:00:00.000Z","action":"watch","type":"movie","movie":{{"title":"{title}","year":{year},"ids":{{}}}}}}]"#
        )
    };
    let archive = zip(&[
        ("user/ratings/movies.json", rated),
        ("user/ratings/shows.json", "[]"),
        ("user/empty.json", ""),
        ("user/settings.json", r#"{"user":{"username":"somebody"}}"#),
        ("watched-history-1.json", &part("The Matrix", 1999)),
        ("watched-history-2.json", &part("Amelie", 2001)),
        (
            "lists-watchlist.json",
            r#"[{"listed_at":"2020-01-01T10:00:00.000Z","type":"movie","movie":{"title":"Solaris","year":1972,"ids":{"tmdb":593}}}]"#,
        ),
    ]);
    let brought = read("trakt.zip", &archive, NOW).unwrap();
    assert_eq!(brought.service, Service::Trakt);
    let found = Matched::new(brought, &catalogue());
    assert_eq!((found.seen, found.ratings.len()), (vec![1, 2, 4, 5], 2));
}

#[test]
fn movielens_and_tmdb_are_read_by_their_own_columns() {
    let movielens = "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n902,0113277,949,4.5,3.9,Heat (1995)\n\
        1,0079235,0,2.0,3.1,Something Else (1979)\n4,,,3.0,4.0,Alien (1979)\n";
    let found = matched("movielens-ratings.csv", movielens);
    let rated: Vec<(u32, u8)> = found.ratings.iter().map(|(movie, half_stars)| (*movie, half_stars.get())).collect();
    assert_eq!(rated, [(2, 9), (4, 6)], "an id of another film is not taken by the number alone");
    assert_eq!(found.unmatched[0].why, Miss::UnknownTitle);
    let tmdb = "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n\
        949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,8,2020-01-01T00:00:00Z\n1,tt1,tv,Heat,2001-01-01T00:00:00Z,1,1,7,8,2020-01-01T00:00:00Z\n";
    assert_eq!(stars("ratings.csv", tmdb), [(2, 8)]);
    assert_eq!(read("ratings.csv", tmdb.as_bytes(), NOW).unwrap().left_out.len(), 1);
}

#[test]
fn films_are_found_by_the_ids_of_a_source_that_has_no_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::create_dir(&source).unwrap();
    std::fs::write(
        source.join("movies.csv"),
        "movieId,title,genres\nfilm-b,Heat (1995),Crime\nfilm-a,Up (2009),Drama\n",
    )
    .unwrap();
    std::fs::write(source.join("ratings.csv"), "userId,movieId,rating,timestamp\nana,film-a,4,1600000000\n").unwrap();
    import(&source, &ImportOptions::new(folder.path(), "texts", NOW), &mut |_| {}).unwrap();
    let dataset = Dataset::open(folder.path(), "texts").unwrap();
    let own = "movieId,rating\nfilm-b,4.5\nfilm-a,2\nfilm-c,5\n902,5\n";
    let found = Matched::new(read("mine.csv", own.as_bytes(), NOW).unwrap(), dataset.catalogue());
    let rated: Vec<(&str, u8)> = found
        .ratings
        .iter()
        .map(|(movie, stars)| (dataset.catalogue().source_id(*movie).unwrap(), stars.get()))
        .collect();
    assert_eq!(rated, [("film-a", 4), ("film-b", 9)]);
    let missed: Vec<_> = found.unmatched.iter().map(|miss| (miss.entry.source_id.as_deref(), &miss.why)).collect();
    assert_eq!(missed, [(Some("film-c"), &Miss::UnknownId), (Some("902"), &Miss::UnknownId)]);
}

#[test]
fn any_table_with_a_title_or_an_id_is_read() {
    for (contents, expected) in [
        ("title,rating\nAlien (1979),4\n\"Matrix, The (1999)\",5\n", vec![(4, 8), (5, 10)]),
        ("Film;Jahr;Title;Stars;Year\nx;y;matrix;4,5;1999\nx;y;THE MATRIX;4,5;1999\n", vec![(5, 9)]),
        ("imdb_id,score\ntt0113277,4\n", vec![(2, 8)]),
        ("tmdb,rating\n949.0,90\n194,20\n603,100\n", vec![(1, 2), (2, 9), (5, 10)]),
        ("movieId,rating,timestamp\n1,2,2000\n1,5,1000\n", vec![(1, 4)]),
        ("movieId\trating\n1\t0\n2\t3\n", vec![(2, 6)]),
        ("userId,movieId,rating,timestamp\n7,1,4.0,1000\n7,2,4.0,1000000000000\n", vec![(1, 8), (2, 8)]),
        ("Title,Year,Rating\nAME\u{301}LIE,2000,4\nHeat,1996,4\nHeat,1990,4\nTwice,2010,4\n", vec![(1, 8), (2, 8)]),
    ] {
        assert_eq!(stars("mine.csv", contents), expected, "{contents}");
    }
    let found = matched("mine.csv", "Title,Year,Rating\nHeat,1990,4\nTwice,2010,4\nSolyaris,1973,4\n");
    assert_eq!(found.unmatched[0].why, Miss::OtherYears(vec![2, 3]));
    assert_eq!(found.unmatched[1].why, Miss::Several(vec![8, 9]));
    assert_eq!((found.matched[0].movie, found.matched[0].how), (6, How::YearBeside));
    let other = matched("mine.csv", "title,year,imdb_id,rating\nHeat,1995,tt7654321,4\n");
    assert_eq!(other.unmatched[0].why, Miss::OtherId(2), "the same title and year, and another film");
}

#[test]
fn what_is_nobodys_ratings_is_refused_in_words() {
    let words = |contents: &[u8]| read("mine.csv", contents, NOW).unwrap_err().to_string();
    assert!(words(b"a,b\n1,2\n").contains("no column with a film's title or id; its first line is \"a,b\""));
    assert!(
        words(b"userId,movieId,rating\n1,1,4\n1,2,4\n2,1,3\n").contains("several users (\"1\", and on line 4 \"2\")")
    );
    assert!(words(b"").contains("is empty"));
    assert!(words(b"{\"a\":").contains("expected a list of films as Trakt exports it"));
    assert!(words(b"PK\x03\x04").contains("as a zip archive"));
    assert!(matches!(read("x.zip", &zip(&[("a.txt", "x")]), NOW), Err(Error::NothingKnown { .. })));
}

fn own(ratings: &[(u32, u8, i64)]) -> Vec<OwnRating> {
    let own = ratings.iter().map(|(movie, half_stars, at)| OwnRating {
        movie: *movie,
        half_stars: HalfStars::new(*half_stars).unwrap(),
        at: *at,
    });
    own.collect()
}

#[test]
fn ratings_go_out_and_come_in_again() {
    let ratings = own(&[(1, 9, 1_577_836_800), (3, 1, 0), (4, 10, 1_600_000_000), (7, 5, 5)]);
    let text = letterboxd(&ratings, &catalogue());
    assert!(text.starts_with("tmdbID,imdbID,Title,Year,Rating10,WatchedDate,Rewatch,Tags,Review\n194,tt0211915,Amélie,2001,9,2020-01-01,,,\n"), "{text}");
    assert_eq!(stars("export.csv", &text), [(1, 9), (3, 1), (4, 10), (7, 5)]);
    let all = json(&ratings, &catalogue());
    assert_eq!(all["ratings"][0]["rating"], 4.5);
    assert_eq!(all["ratings"][0]["rated_at"], "2020-01-01T00:00:00Z");
    assert_eq!(all["ratings"][1]["rated_at"], serde_json::Value::Null);
}

#[test]
fn a_dataset_goes_out_as_csv_and_comes_in_again() {
    let fixture = clean();
    let dataset = fixture.imported();
    let other = Fixture::new(&[]);
    export_csv(&dataset, other.folder.path()).unwrap();
    let again = other.imported();
    assert_eq!(ratings(&again), ratings(&dataset));
    assert_eq!(again.catalogue().movies(), dataset.catalogue().movies());
    assert_eq!(again.tags().unwrap(), dataset.tags().unwrap());
    assert!(again.metadata().assumptions.is_empty(), "{:?}", again.metadata().assumptions);
}

#[test]
fn three_thousand_films_are_found_in_no_time() {
    let movies = (0..60_000)
        .map(|id| (movie(id, &format!("Film Number {id}"), &[], Some(1990), Some(id), None), MovieStats::default()));
    let catalogue = Catalogue::new(movies);
    let rows: String =
        (0..3000).map(|id| format!("2020-01-01,Film number {},1990,https://boxd.it/x,4\n", id * 7)).collect();
    let file = format!("Date,Name,Year,Letterboxd URI,Rating\n{rows}");
    let started = std::time::Instant::now();
    let found = Matched::new(read("ratings.csv", file.as_bytes(), NOW).unwrap(), &catalogue);
    assert_eq!(found.ratings.len(), 3000);
    eprintln!("3,000 films among 60,000 took {:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(
        name in prop::sample::select(vec!["ratings.csv", "watchlist.csv", "x.json", "lists/a.csv", "x.zip"]),
        noise in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b",;\t\n\r\"\\015.[{}PK".to_vec())], 0..300),
        keep in 0usize..300,
    ) {
        for start in [RATINGS.as_bytes(), b"Letterboxd list export v7\n", b"[{\"rating\":9,\"type\":\"movie\",\"movie\":{\"title\":\"Heat\"}}]"] {
            let start = &start[..keep.min(start.len())];
            if let Ok(brought) = read(name, &[start, &noise].concat(), NOW) {
                Matched::new(brought, &catalogue());
            }
        }
    }

    #[test]
    fn a_zip_altered_anywhere_is_read_or_refused(at in 0usize..2000, byte: u8) {
        let mut archive = zip(&[("ratings.csv", RATINGS), ("watched.csv", "Date,Name,Year\n2020-01-01,Heat,1995\n")]);
        let at = at % archive.len();
        archive[at] = byte;
        let _ = read("x.zip", &archive, NOW);
    }
}
