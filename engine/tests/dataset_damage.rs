//! A damaged version is refused in words; no byte on disk makes loading panic.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{Error, ImportOptions, import, list};
use common::{Fixture, agree_on_size, clean_with_text_users};

const FILES: [&str; 6] =
    ["ratings.arrow", "users.arrow", "movies.arrow", "tags.arrow", "genome.arrow", "user_ids.arrow"];

/// Opens, reads everything that can be read, and checks the hashes.
fn read_all(fixture: &Fixture) -> Result<(), Error> {
    let dataset = Dataset::open(fixture.data_dir.path(), "films")?;
    common::ratings(&dataset);
    dataset.tags()?;
    dataset.genome()?;
    dataset.verify()
}

/// Overwrites one byte where it lies.
fn put_byte(path: &Path, at: usize, byte: u8) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[byte]).unwrap();
}

#[test]
fn a_file_cut_off_anywhere_is_refused_by_its_size() {
    let fixture = clean_with_text_users();
    let directory = fixture.imported().directory().to_owned();
    for file in FILES {
        let whole = fs::read(directory.join(file)).unwrap();
        for length in (0..whole.len()).step_by(97) {
            fs::write(directory.join(file), &whole[..length]).unwrap();
            let error = read_all(&fixture).unwrap_err();
            assert!(error.to_string().contains(&format!("{file} is damaged: it has {length} bytes")), "{error}");
        }
        fs::write(directory.join(file), whole).unwrap();
    }
    read_all(&fixture).unwrap();
}

#[test]
fn a_file_cut_off_anywhere_is_refused_even_if_the_metadata_agrees_on_its_size() {
    let fixture = clean_with_text_users();
    let directory = fixture.imported().directory().to_owned();
    for file in FILES {
        let whole = fs::read(directory.join(file)).unwrap();
        for length in (0..whole.len()).step_by(29) {
            fs::write(directory.join(file), &whole[..length]).unwrap();
            agree_on_size(&directory, file, length);
            let error = read_all(&fixture).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. } | Error::Io { .. }), "{file} cut to {length}: {error}");
        }
        fs::write(directory.join(file), &whole).unwrap();
        agree_on_size(&directory, file, whole.len());
    }
    read_all(&fixture).unwrap();
}

#[test]
fn a_file_altered_anywhere_is_refused_and_never_panics() {
    let fixture = clean_with_text_users();
    let one_shard = ImportOptions { shard_count: 1, ..fixture.options() };
    let directory = import(fixture.folder.path(), &one_shard, &mut |_| {}).unwrap().directory;
    for file in FILES {
        let whole = fs::read(directory.join(file)).unwrap();
        for at in 0..whole.len() {
            // High bits make lengths and offsets huge or negative, low bits make them slightly wrong.
            let flip = [0x80, 0x01, 0xff][at % 3];
            put_byte(&directory.join(file), at, whole[at] ^ flip);
            let error = read_all(&fixture).unwrap_err();
            assert!(matches!(error, Error::Damaged { .. }), "{file}, byte {at} ^ {flip}: {error}");
            put_byte(&directory.join(file), at, whole[at]);
        }
    }
    read_all(&fixture).unwrap();
}

#[test]
fn files_missing_or_in_each_others_place_are_refused() {
    let fixture = clean_with_text_users();
    let directory = fixture.imported().directory().to_owned();
    for file in FILES {
        let path = directory.join(file);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = read_all(&fixture).unwrap_err().to_string();
        assert!(error.contains(&format!("{file} is damaged: it is missing; import the dataset again")), "{error}");
        for other in FILES.iter().filter(|other| **other != file) {
            let contents = fs::read(directory.join(other)).unwrap();
            agree_on_size(&directory, file, contents.len());
            fs::write(&path, contents).unwrap();
            let error = read_all(&fixture).unwrap_err();
            assert!(error.to_string().contains("other columns"), "{other} as {file}: {error}");
        }
        agree_on_size(&directory, file, whole.len());
        fs::write(&path, whole).unwrap();
    }
    read_all(&fixture).unwrap();
}

#[test]
fn damaged_metadata_and_pointers_are_refused_and_still_listed() {
    let fixture = clean_with_text_users();
    let directory = fixture.imported().directory().to_owned();
    let path = directory.join("metadata.json");
    let whole = fs::read_to_string(&path).unwrap();
    for length in (0..whole.trim_end().len()).step_by(7) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(read_all(&fixture), Err(Error::Damaged { .. })), "cut to {length}");
    }
    let listed = list(fixture.data_dir.path()).unwrap();
    assert_eq!(listed[0].name, "films");
    assert!(listed[0].metadata.is_err());
    fs::write(&path, whole.replace("\"format_version\": 1", "\"format_version\": 99")).unwrap();
    assert!(matches!(read_all(&fixture), Err(Error::OtherFormat { found: 99, .. })));
    for shard_count in ["0", "4", "4000000000"] {
        fs::write(&path, whole.replace("\"shard_count\": 3", &format!("\"shard_count\": {shard_count}"))).unwrap();
        assert!(matches!(read_all(&fixture), Err(Error::Damaged { .. })), "{shard_count} shards");
    }
    for (true_line, other) in
        [("\"name\": \"films\"", "\"name\": \"others\""), ("\"version\": \"2", "\"version\": \"1")]
    {
        assert!(whole.contains(true_line), "{whole}");
        fs::write(&path, whole.replace(true_line, other)).unwrap();
        assert!(matches!(read_all(&fixture), Err(Error::Damaged { .. })), "{other}");
    }
    fs::write(&path, whole).unwrap();
    read_all(&fixture).unwrap();

    let latest = fixture.data_dir.path().join("datasets/films/latest");
    let version = fs::read_to_string(&latest).unwrap();
    for pointer in ["", "../../elsewhere", "a\nb"] {
        fs::write(&latest, pointer).unwrap();
        assert!(matches!(read_all(&fixture), Err(Error::Damaged { .. })), "{pointer:?}");
    }
    fs::write(&latest, "20200101T000000Z-000000000000").unwrap();
    assert!(matches!(read_all(&fixture), Err(Error::NotFound { .. })));
    fs::write(&latest, version).unwrap();
    read_all(&fixture).unwrap();
    let absent = Dataset::open(fixture.data_dir.path(), "absent").unwrap_err();
    assert!(absent.to_string().contains("there is no dataset \"absent\""), "{absent}");
}
