//! Files of a dataset version.

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::list;
use cineswarm_engine::model_store::training_data;

use crate::common::{Fixture, agree_on_size, clean_with_text_users};
use crate::{joined, split};

const FILES: [&str; 8] = [
    "ratings.arrow",
    "users.arrow",
    "movies.arrow",
    "tags.arrow",
    "genome.arrow",
    "metadata.json",
    "../latest",
    "user_ids.arrow",
];

thread_local! {
    static VERSION: OnceCell<Version> = const { OnceCell::new() };
}

/// A version on disk, and what is in its files.
struct Version {
    fixture: Fixture,
    directory: PathBuf,
    contents: [Vec<u8>; 8],
}

impl Version {
    fn new() -> Version {
        let fixture = clean_with_text_users();
        let directory = fixture.imported().directory().to_owned();
        let contents = FILES.map(|file| fs::read(directory.join(file)).expect("the file is there"));
        Version { fixture, directory, contents }
    }
}

fn with_version(work: impl FnOnce(&Version)) {
    VERSION.with(|version| work(version.get_or_init(Version::new)));
}

/// Opens the version with the file replaced and reads everything.
pub fn run(input: &[u8]) {
    let Some((file, contents)) = split(input, FILES.len()) else { return };
    with_version(|version| {
        let Version { fixture, directory, contents: whole } = version;
        fs::write(directory.join(FILES[file]), contents).expect("a file can be written");
        if FILES[file].ends_with(".arrow") {
            agree_on_size(directory, FILES[file], contents.len());
        }
        let _ = list(fixture.data_dir.path());
        if let Ok(dataset) = Dataset::open(fixture.data_dir.path(), "films") {
            let _ = dataset.verify();
            for user in [0, 1, 2, 7, u32::MAX] {
                dataset.profile(user);
                dataset.user_shown(user);
            }
            let _ = training_data(&dataset);
        }
        for (file, whole) in FILES.iter().zip(whole) {
            fs::write(directory.join(file), whole).expect("a file can be written");
        }
    });
}

/// The valid files.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    with_version(|version| {
        seeds.extend((0..).zip(&version.contents).map(|(file, contents)| joined(file, contents)));
    });
    seeds
}
