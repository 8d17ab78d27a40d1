//! Small sources made by hand, and what is read back from a data directory.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod models;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{Error, ImportOptions, ImportReport, import};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The present, for every test: 2027-01-15.
pub const NOW: i64 = 1_800_000_000;

/// A folder with a source in it, and a data directory to import it to.
pub struct Fixture {
    pub folder: TempDir,
    pub data_dir: TempDir,
}

impl Fixture {
    pub fn new(files: &[(&str, &[u8])]) -> Fixture {
        let fixture = Fixture { folder: tempfile::tempdir().unwrap(), data_dir: tempfile::tempdir().unwrap() };
        for (name, contents) in files {
            fixture.put(name, contents);
        }
        fixture
    }

    pub fn put(&self, name: &str, contents: &[u8]) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Options that let any number of rows be bad.
    pub fn options(&self) -> ImportOptions {
        ImportOptions { max_bad_rows: 1.0, shard_count: 3, ..ImportOptions::new(self.data_dir.path(), "films", NOW) }
    }

    pub fn import(&self) -> Result<ImportReport, Error> {
        import(self.folder.path(), &self.options(), &mut |_| {})
    }

    /// Imports what must be importable and opens it.
    pub fn imported(&self) -> Dataset {
        self.import().unwrap();
        Dataset::open(self.data_dir.path(), "films").unwrap()
    }

    /// The bad rows of an import, as `file:line:reason`.
    pub fn bad_rows(&self) -> Vec<String> {
        let report = self.import().unwrap();
        let lines = report.bad_rows.iter().map(|row| {
            let reason = serde_json::to_value(row.reason).unwrap();
            format!("{}:{}:{}", row.file, row.line, reason.as_str().unwrap())
        });
        lines.collect()
    }

    /// The folder as an archive, its files below `prefix`.
    pub fn zip(&self, prefix: &str) -> PathBuf {
        let path = self.data_dir.path().join("source.zip");
        let mut archive = ZipWriter::new(File::create(&path).unwrap());
        let mut names: Vec<PathBuf> = fs::read_dir(self.folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
        names.sort();
        for file in names {
            let name = format!("{prefix}{}", file.file_name().unwrap().to_str().unwrap());
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(&fs::read(file).unwrap()).unwrap();
        }
        archive.finish().unwrap();
        path
    }
}

/// (user, film) -> (half-stars, time) of a whole dataset; no pair may occur twice.
pub fn ratings(dataset: &Dataset) -> BTreeMap<(u32, u32), (u8, i64)> {
    let mut found = BTreeMap::new();
    for shard in 0..dataset.shard_count() {
        let shard = dataset.shard(shard).unwrap();
        for (at, &user) in shard.user_ids.iter().enumerate() {
            for row in shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize {
                let rating = (shard.half_stars[row], shard.timestamps[row]);
                assert_eq!(found.insert((user, shard.movie_ids[row]), rating), None);
            }
        }
    }
    found
}

/// Changes the metadata so that it agrees with a file's size.
pub fn agree_on_size(directory: &Path, file: &str, bytes: usize) {
    let path = directory.join("metadata.json");
    let mut metadata: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    metadata["files"][file]["bytes"] = bytes.into();
    fs::write(path, metadata.to_string()).unwrap();
}

/// Every name below a directory, for comparing before and after.
pub fn tree(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        names.push(path.display().to_string());
        if path.is_dir() {
            names.extend(tree(&path));
        }
    }
    names.sort();
    names
}

/// A clean source of three films and four ratings in the layout of ml-latest.
pub const MOVIES: &[u8] = b"movieId,title,genres\n\
    1,\"Lighthouse, The (1971)\",Drama|Mystery\n\
    2,Quiet Harbour (Puerto quieto) (1988),Romance\n\
    30,Untitled Tapes,(no genres listed)\n";
pub const RATINGS: &[u8] = b"userId,movieId,rating,timestamp\n\
    1,1,4.5,1000000000\n1,30,0.5,1000000001\n2,2,3.0,1000000002\n7,1,5.0,1000000003\n";
pub const TAGS: &[u8] = b"userId,movieId,tag,timestamp\n2,2,\"slow, calm\",1000000004\n";
pub const LINKS: &[u8] = b"movieId,imdbId,tmdbId\n1,0000123,456\n2,0000789,\n30,,\n";
pub const GENOME_TAGS: &[u8] = b"tagId,tag\n1,\"sea, rough\"\n7,calm\n";
pub const GENOME_SCORES: &[u8] = b"movieId,tagId,relevance\n1,1,0.8\n1,7,0.02400000000000002\n30,1,0\n30,7,1\n";

/// All files that MovieLens publishes.
pub const FILES: [(&str, &[u8]); 6] = [
    ("movies.csv", MOVIES),
    ("ratings.csv", RATINGS),
    ("tags.csv", TAGS),
    ("links.csv", LINKS),
    ("genome-tags.csv", GENOME_TAGS),
    ("genome-scores.csv", GENOME_SCORES),
];

pub fn clean() -> Fixture {
    Fixture::new(&FILES)
}

/// The same with users "u1", "u2" and "u7".
pub fn clean_with_text_users() -> Fixture {
    let fixture = clean();
    for (name, contents) in [("ratings.csv", RATINGS), ("tags.csv", TAGS)] {
        let mut text = String::from_utf8(contents.to_vec()).unwrap();
        for user in ["1", "2", "7"] {
            text = text.replace(&format!("\n{user},"), &format!("\nu{user},"));
        }
        fixture.put(name, text.as_bytes());
    }
    fixture
}
