//! The real sample, ml-latest-small, imported and read back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cineswarm_engine::Dataset;
use cineswarm_engine::dataset::{ImportOptions, import};

const NOW: i64 = 1_800_000_000;

/// The sample's folder, or `None`, said aloud, where it has not been put.
fn sample() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ml-latest-small");
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or(beside, PathBuf::from);
    if folder.join("ratings.csv").is_file() {
        return Some(folder);
    }
    println!("SKIPPED: no MovieLens sample; set CINESWARM_TEST_DATA to the folder of ml-latest-small");
    None
}

#[test]
fn every_rating_of_the_sample_is_read_back_as_it_stands_in_the_file() {
    let Some(folder) = sample() else { return };
    let data_dir = tempfile::tempdir().unwrap();
    let report = import(&folder, &ImportOptions::new(data_dir.path(), "small", NOW), &mut |_| {}).unwrap();
    assert!(!report.reused);
    assert_eq!(report.bad_rows, []);

    let dataset = Dataset::open(data_dir.path(), "small").unwrap();
    dataset.verify().unwrap();
    // The counts are those of the sample's README.
    assert_eq!((dataset.ratings(), dataset.users(), dataset.catalogue().len()), (100_836, 610, 9742));
    assert_eq!(dataset.tags().unwrap().len(), 3683);

    // The reference reads the file the plain way: no field of it is quoted.
    let text = std::fs::read_to_string(folder.join("ratings.csv")).unwrap();
    let mut expected: BTreeMap<(u32, u32), (f64, i64)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let key = (fields[0].parse().unwrap(), fields[1].parse().unwrap());
        expected.insert(key, (fields[2].parse().unwrap(), fields[3].parse().unwrap()));
    }
    let mut found = BTreeMap::new();
    for shard in 0..dataset.shard_count() {
        let shard = dataset.shard(shard).unwrap();
        for (at, &user) in shard.user_ids.iter().enumerate() {
            for row in shard.row_offsets[at] as usize..shard.row_offsets[at + 1] as usize {
                let rating = (f64::from(shard.half_stars[row]) / 2.0, shard.timestamps[row]);
                assert_eq!(found.insert((user, shard.movie_ids[row]), rating), None);
            }
        }
    }
    assert_eq!(found, expected);

    let toy_story = dataset.catalogue().get(1).unwrap();
    assert_eq!((toy_story.title.as_str(), toy_story.year), ("Toy Story", Some(1995)));
    assert_eq!((toy_story.imdb_id, toy_story.tmdb_id), (Some(114_709), Some(862)));
    let of_toy_story: Vec<f64> = expected.iter().filter(|((_, movie), _)| *movie == 1).map(|(_, it)| it.0).collect();
    let stats = dataset.catalogue().stats(1);
    assert_eq!(stats.ratings as usize, of_toy_story.len());
    assert_eq!(stats.mean_stars(), Some(of_toy_story.iter().sum::<f64>() / of_toy_story.len() as f64));
    let profile = dataset.profile(610).unwrap();
    assert_eq!(profile.len(), expected.keys().filter(|(user, _)| *user == 610).count());
    assert!(dataset.profile(611).is_none());

    let again = import(&folder, &ImportOptions::new(data_dir.path(), "small", NOW + 60), &mut |_| {}).unwrap();
    assert!(again.reused);
    assert_eq!(again.metadata, *dataset.metadata());
}
