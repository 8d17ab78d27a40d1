//! What viewers bring from other services.

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use cineswarm_engine::viewer_files::{Matched, read};
use cineswarm_engine::{Catalogue, Movie, MovieStats};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::common::NOW;
use crate::{joined, split};

/// A file of each layout; the archive, which is made of the first ones, comes after them.
const FILES: [(&str, &[u8]); 8] = [
    ("ratings.csv", b"Date,Name,Year,Letterboxd URI,Rating\n2020-01-02,Heat,1995,https://boxd.it/2a,4.5\n"),
    ("reviews.csv", b"Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n2021-02-01,Heat,1995,x,4,,\"a \"\"b\"\"\n,c\",,2021-01-31\n"),
    ("lists/best.csv", b"Letterboxd list export v7\nDate,Name,Tags,URL,Description\n2020-01-01,Best,,x,\n\nPosition,Name,Year,URL,Description\n1,Heat,1995,x,\n"),
    ("ratings-movies.json", b"[{\"rated_at\":\"2020-01-01T10:00:00.000Z\",\"rating\":9,\"type\":\"movie\",\"movie\":{\"title\":\"Heat\",\"year\":1995,\"ids\":{\"imdb\":\"tt0113277\",\"tmdb\":949}}}]"),
    ("imdb.csv", b"Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\ntt0113277,9,2020-01-01,Heat,Heat,x,Movie,8.3,170,1995,Crime,1,1995-12-15,M\n"),
    ("movielens.csv", b"movie_id,imdb_id,tmdb_id,rating,average_rating,title\n1,0113277,949,4.5,3.9,Heat (1995)\n"),
    ("tmdb.csv", b"TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,8,2020-01-01T00:00:00Z\n"),
    ("mine.csv", b"title;year;stars\nHeat;1995;4,5\n"),
];

/// Reads the file, whatever it is called, and finds its films.
pub fn run(input: &[u8]) {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        let heat = Movie {
            id: 1,
            title: "Heat".into(),
            other_titles: vec!["Fuego contra fuego".into()],
            year: Some(1995),
            genres: vec!["Crime".into()],
            imdb_id: Some(113_277),
            tmdb_id: Some(949),
        };
        Catalogue::new([(heat, MovieStats { ratings: 1, half_stars_sum: 9 })])
    });
    let Some((file, contents)) = split(input, FILES.len() + 1) else { return };
    let name = FILES.get(file).map_or("export.zip", |(name, _)| name);
    if let Ok(brought) = read(name, contents, NOW) {
        let rows = brought.entries.len();
        let matched = Matched::new(brought, &CATALOGUE);
        assert_eq!(matched.matched.len() + matched.unmatched.len(), rows, "no row is lost");
        matched.profile();
    }
}

/// The valid files, and an archive of them.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in &FILES[..4] {
        archive.start_file(*name, SimpleFileOptions::default()).expect("an archive in memory takes a file");
        archive.write_all(contents).expect("an archive in memory can be written");
    }
    let archive = archive.finish().expect("an archive in memory can be ended").into_inner();
    let files = (0..).zip(FILES).map(|(file, (_, contents))| joined(file, contents));
    files.chain([joined(FILES.len(), &archive)]).collect()
}
