//! Runs the real program in a data directory of its own, on sources made by hand.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod site;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub const MOVIES: &str = "movieId,title,genres\n\
    1,\"Lighthouse, The (1971)\",Drama|Mystery\n\
    2,Quiet Harbour (Puerto quieto) (1988),Romance\n\
    30,Untitled Tapes,(no genres listed)\n";
pub const RATINGS: &str = "userId,movieId,rating,timestamp\n\
    1,1,4.5,1000000000\n1,30,0.5,1000000001\n2,2,3.0,1000000002\n7,1,5.0,1000000003\n";

/// A folder for sources and a data directory.
pub struct Place {
    folder: TempDir,
    data_dir: PathBuf,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// With nothing in it.
    pub fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        Place { folder, data_dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Puts a file there and says where.
    pub fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// Puts a source with these ratings there and says where.
    pub fn put_source(&self, name: &str, ratings: &str) -> String {
        self.put(&format!("{name}/movies.csv"), MOVIES);
        self.put(&format!("{name}/ratings.csv"), ratings);
        self.path(name).display().to_string()
    }

    /// The program with no settings but these.
    pub fn command(&self, arguments: &[&str]) -> Command {
        command_in(&self.data_dir, arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments))
    }

    /// Runs what must succeed, for its standard output.
    pub fn output(&self, arguments: &[&str]) -> String {
        self.run(arguments).success()
    }

    /// Runs what must succeed and print JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.output(arguments)).unwrap()
    }

    /// Every file in the data directory, relative to it.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.data_dir.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&self.data_dir).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        found
    }
}

impl Ended {
    /// The standard output of what succeeded.
    pub fn success(self) -> String {
        assert_eq!(self.status, 0, "{self:#?}");
        self.stdout
    }

    /// The standard error of what ended with this status.
    pub fn failure(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        self.stderr
    }
}

/// The program with no settings but these: nothing of the environment reaches it, but for where a program that counts which
/// of its lines are run puts its counts.
pub fn command_in(data_dir: &Path, arguments: &[&str]) -> Command {
    const COUNTS: &str = "LLVM_PROFILE_FILE";
    let mut command = Command::new(env!("CARGO_BIN_EXE_cineswarm"));
    command.args(arguments).env_clear().env("DATA_DIR", data_dir);
    command.envs(std::env::var_os(COUNTS).map(|file| (COUNTS, file)));
    command
}

pub fn ended(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An archive of these files.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = tempfile::tempfile().unwrap();
    let mut archive = ZipWriter::new(&mut file);
    for (name, contents) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap();
    read_from_start(file)
}

fn read_from_start(mut file: File) -> Vec<u8> {
    use std::io::{Read, Seek};
    let mut contents = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut contents).unwrap();
    contents
}

#[track_caller]
pub fn assert_mentions(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in:\n{text}");
    }
}
