//! Files and archives as MovieLens publishes them.

use std::cell::OnceCell;
use std::fs;
use std::ops::Range;

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::import;

use crate::common::{Fixture, GENOME_SCORES, GENOME_TAGS, LINKS, MOVIES, RATINGS, TAGS};
use crate::{joined, split};

const FILES: [(&str, &[u8]); 12] = [
    ("movies.csv", MOVIES),
    ("ratings.csv", RATINGS),
    ("links.csv", LINKS),
    ("tags.csv", TAGS),
    ("genome-tags.csv", GENOME_TAGS),
    ("genome-scores.csv", GENOME_SCORES),
    ("movies.dat", b"1::Lighthouse, The (1971)::Drama|Mystery\n2::A (1990)::War\n"),
    ("ratings.dat", b"1::1::5::978300760\n2::2::3::978300761\n"),
    ("tags.dat", b"1::1::slow, calm::978300760\n"),
    ("u.item", b"1|A (1990)|01-Jan-1990||http://example.org|1|0\n2|B (1991)|01-Jan-1991||http://example.org|0|1\n"),
    ("u.data", b"1\t1\t5\t978300760\n2\t2\t3\t978300761\n"),
    ("u.genre", b"War|0\nDrama|1\n"),
];

const LAYOUTS: [Range<usize>; 3] = [0..6, 6..9, 9..12];

/// After the files: an archive.
const ARCHIVE: usize = FILES.len();

thread_local! {
    static FOLDERS: OnceCell<[Fixture; 3]> = const { OnceCell::new() };
}

fn with_folders(work: impl FnOnce(&[Fixture; 3])) {
    FOLDERS.with(|folders| work(folders.get_or_init(|| LAYOUTS.map(|files| Fixture::new(&FILES[files])))));
}

/// Imports the file beside those of its layout, or the archive.
pub fn run(input: &[u8]) {
    let Some((file, contents)) = split(input, ARCHIVE + 1) else { return };
    with_folders(|folders| {
        let layout = LAYOUTS.iter().position(|files| files.contains(&file));
        let fixture = &folders[layout.unwrap_or(0)];
        let source = match layout {
            Some(_) => {
                fixture.put(FILES[file].0, contents);
                fixture.folder.path().to_owned()
            }
            None => {
                let archive = fixture.data_dir.path().join("source.zip");
                fs::write(&archive, contents).expect("a file can be written");
                archive
            }
        };
        if import(&source, &fixture.options(), &mut |_| {}).is_ok() {
            let dataset = Dataset::open(fixture.data_dir.path(), "films").expect("what was imported can be opened");
            dataset.verify().expect("what was imported is as it was written");
            dataset.tags().expect("what was imported has tags that can be read");
            dataset.genome().expect("what was imported has a genome that can be read, or none");
        }
        if layout.is_some() {
            fixture.put(FILES[file].0, FILES[file].1);
        }
        // Versions would pile up.
        let _ = fs::remove_dir_all(fixture.data_dir.path().join("datasets"));
    });
}

/// The valid files.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..).zip(FILES).map(|(file, (_, contents))| joined(file, contents)).collect();
    with_folders(|folders| {
        let archives = folders.iter().map(|fixture| fs::read(fixture.zip("ml/")).expect("an archive can be read"));
        seeds.extend(archives.map(|archive| joined(ARCHIVE, &archive)));
    });
    seeds
}
