//! A dataset and the changes since as a new version: what is in it, and that its hash depends on nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use cineswarm_engine::dataset::{
    Changes, Error, GrowOptions, ImportOptions, ImportReport, Watermark, grow, import, import_rows, versions,
};
use cineswarm_engine::movielens::Rating;
use cineswarm_engine::{Dataset, HalfStars};
use common::{FILES, Fixture, NOW, clean, clean_with_text_users, ratings};
use proptest::prelude::*;

/// Users that came after the dataset have ids from here on.
const LIVE: u32 = 1 << 31;

fn half_stars(number: u8) -> HalfStars {
    HalfStars::new(number).unwrap()
}

fn options(fixture: &Fixture, name: &str, seq: i64) -> GrowOptions {
    let watermark = Watermark { seq, id: format!("event {seq}") };
    GrowOptions {
        data_dir: fixture.data_dir.path().to_owned(),
        name: name.to_owned(),
        now: NOW + seq,
        watermark,
        grown_from: None,
    }
}

fn grown(fixture: &Fixture, base: &Dataset, changes: &Changes, name: &str, seq: i64) -> ImportReport {
    grow(base, changes, &options(fixture, name, seq), &mut |_| {}).unwrap()
}

fn open(fixture: &Fixture, report: &ImportReport) -> Dataset {
    Dataset::open_version(fixture.data_dir.path(), &report.metadata.name, &report.metadata.version).unwrap()
}

/// Of the clean source: a new rating, another one, one taken back, a new user, one of whom nothing is left.
fn some_changes() -> Changes {
    let mut changes = Changes::default();
    changes.rate(1, 2, half_stars(7), 1_700_000_000);
    changes.rate(1, 1, half_stars(2), 1_700_000_001);
    changes.take_back(7, 1);
    changes.rate(LIVE, 30, half_stars(10), 1_700_000_002);
    changes.rate(u32::MAX, 30, half_stars(1), 1_700_000_003);
    changes.take_back(u32::MAX, 30);
    changes
}

#[test]
fn what_was_told_last_counts_and_everything_else_stays() {
    let fixture = clean();
    let base = fixture.imported();
    let report = grown(&fixture, &base, &some_changes(), "films", 6);
    let new = open(&fixture, &report);
    new.verify().unwrap();
    let expected = [
        ((1, 1), (2, 1_700_000_001)),
        ((1, 2), (7, 1_700_000_000)),
        ((1, 30), (1, 1_000_000_001)),
        ((2, 2), (6, 1_000_000_002)),
        ((LIVE, 30), (10, 1_700_000_002)),
    ];
    assert_eq!(ratings(&new), expected.into_iter().collect());
    let metadata = new.metadata();
    assert_eq!((metadata.counts.users, metadata.counts.ratings), (3, 5));
    assert_eq!((metadata.first_rating_at, metadata.last_rating_at), (1_000_000_001, 1_700_000_002));
    assert_eq!(metadata.base.as_deref(), Some(&*base.metadata().version));
    assert_eq!(metadata.watermark, Some(Watermark { seq: 6, id: "event 6".to_owned() }));
    let stats = |movie| (new.catalogue().stats(movie).ratings, new.catalogue().stats(movie).half_stars_sum);
    assert_eq!((stats(1), stats(2), stats(30)), ((1, 2), (2, 13), (2, 11)));
    assert_eq!((new.tags().unwrap(), new.genome().unwrap()), (base.tags().unwrap(), base.genome().unwrap()));
    let latest = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    assert_eq!(latest.metadata().version, metadata.version);
}

/// Two ways to the same ratings: grown, and written at once by a program.
#[test]
fn the_hash_is_that_of_the_same_ratings_imported_at_once() {
    let fixture = Fixture::new(&FILES[..2]);
    let base = fixture.imported();
    let report = grown(&fixture, &base, &some_changes(), "films", 6);
    let new = open(&fixture, &report);
    let rows = ratings(&new).into_iter().map(|((user, movie), (number, timestamp))| Rating {
        user,
        movie,
        half_stars: half_stars(number),
        timestamp,
    });
    let at_once =
        ImportOptions { force: true, shard_count: 3, ..ImportOptions::new(fixture.data_dir.path(), "b", NOW) };
    let films = new.catalogue().movies().to_vec();
    let imported = import_rows("rows", films, rows.collect::<Vec<_>>(), &at_once, &mut |_| {}).unwrap();
    assert_eq!(imported.metadata.content_sha256, report.metadata.content_sha256);
    assert_ne!(report.metadata.content_sha256, base.metadata().content_sha256);
}

#[test]
fn a_user_who_was_deleted_is_gone_with_ratings_and_tags() {
    let fixture = clean();
    let base = fixture.imported();
    assert_eq!(base.tags().unwrap().len(), 1);
    let mut changes = some_changes();
    changes.rate(2, 30, half_stars(9), 1_700_000_009);
    changes.forget(2);
    changes.forget(LIVE);
    let new = open(&fixture, &grown(&fixture, &base, &changes, "films", 9));
    assert!(ratings(&new).keys().all(|(user, _)| *user == 1), "{:?}", ratings(&new));
    assert_eq!((new.tags().unwrap().len(), new.metadata().counts.tags), (0, 0));
}

#[test]
fn the_same_is_written_once_and_a_source_that_is_imported_again_is_not_taken_for_it() {
    let fixture = clean();
    let base = fixture.imported();
    let first = grown(&fixture, &base, &some_changes(), "films", 6);
    let again = grown(&fixture, &base, &some_changes(), "films", 6);
    assert!(!first.reused && again.reused);
    assert_eq!(first.metadata, again.metadata);
    assert_eq!(versions(fixture.data_dir.path(), "films").unwrap().len(), 2);
    // Further in the log, with the same ratings.
    let later = grown(&fixture, &base, &some_changes(), "films", 8);
    assert_eq!((later.reused, &later.metadata.content_sha256), (false, &first.metadata.content_sha256));
    let imported = import(fixture.folder.path(), &fixture.options(), &mut |_| {}).unwrap();
    assert_eq!((imported.reused, imported.metadata.version.as_str()), (true, base.metadata().version.as_str()));
}

#[test]
fn users_of_a_dataset_with_text_ids_keep_them_beside_users_who_came_since() {
    let fixture = clean_with_text_users();
    let base = fixture.imported();
    let new = open(&fixture, &grown(&fixture, &base, &some_changes(), "films", 6));
    assert_eq!(new.user_shown(1), "u1");
    assert_eq!(new.user_shown(LIVE), "2147483648");
    assert_eq!(new.user_of("u2"), Some(2));
    let folder = fixture.data_dir.path().join("out");
    cineswarm_engine::dataset::export_parquet(&new, &folder).unwrap();
    cineswarm_engine::dataset::export_csv(&new, &folder).unwrap();
    let csv = std::fs::read_to_string(folder.join("ratings.csv")).unwrap();
    assert!(csv.contains("\n2147483648,30,5.0,1700000002\n"), "{csv}");
    for name in ["movies.csv", "links.csv", "tags.csv", "ratings.csv"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    let again = ImportOptions { ids: Some(cineswarm_engine::movielens::IdKind::Text), ..fixture.options() };
    import(&folder, &ImportOptions { name: "again".to_owned(), ..again }, &mut |_| {}).unwrap();
    let again = Dataset::open(fixture.data_dir.path(), "again").unwrap();
    assert!(again.user_of("2147483648").is_some(), "Parquet has the number of a user who came since");
}

#[test]
fn changes_of_another_dataset_and_a_damaged_base_are_refused_and_nothing_is_written() {
    let fixture = clean();
    let base = fixture.imported();
    let mut changes = some_changes();
    changes.rate(1, 99, half_stars(2), 1);
    changes.rate(1, 77, half_stars(2), 1);
    let refused = grow(&base, &changes, &options(&fixture, "films", 6), &mut |_| {}).unwrap_err();
    assert!(matches!(refused, Error::UnknownFilm { movie: 77, .. }), "{refused}");
    let mut all_gone = Changes::default();
    [1, 2, 7].into_iter().for_each(|user| all_gone.forget(user));
    assert!(grow(&base, &all_gone, &options(&fixture, "films", 6), &mut |_| {}).is_err());
    let path = base.directory().join("ratings.arrow");
    drop(base);
    let mut content = std::fs::read(&path).unwrap();
    let at = content.windows(8).position(|bytes| bytes == 1_000_000_002_i64.to_le_bytes()).unwrap();
    content[at] ^= 1;
    std::fs::write(&path, content).unwrap();
    let base = Dataset::open(fixture.data_dir.path(), "films").unwrap();
    let refused = grow(&base, &some_changes(), &options(&fixture, "films", 6), &mut |_| {}).unwrap_err();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    assert_eq!(versions(fixture.data_dir.path(), "films").unwrap().len(), 1);
}

#[derive(Clone, Debug)]
enum Told {
    Rated(u32, u32, u8, i64),
    TakenBack(u32, u32),
    Deleted(u32),
}

fn told() -> impl Strategy<Value = Told> {
    let user = prop_oneof![Just(1), Just(2), Just(7), Just(LIVE), Just(LIVE + 1)];
    let film = prop_oneof![Just(1), Just(2), Just(30)];
    (user, film, 1..=10_u8, 0..2_000_000_000_i64, 0..10_u8).prop_map(|(user, film, number, at, what)| match what {
        0 => Told::Deleted(user),
        1..=3 => Told::TakenBack(user, film),
        _ => Told::Rated(user, film, number, at),
    })
}

fn tell(changes: &mut Changes, told: &[Told]) {
    for one in told {
        match *one {
            Told::Rated(user, film, number, at) => changes.rate(user, film, half_stars(number), at),
            Told::TakenBack(user, film) => changes.take_back(user, film),
            Told::Deleted(user) => changes.forget(user),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn growing_twice_is_growing_once(all in prop::collection::vec(told(), 1..40), cut in 0..40_usize) {
        let fixture = clean();
        let base = fixture.imported();
        // Somebody is left.
        let all: Vec<Told> = all.into_iter().chain([Told::Rated(5, 1, 3, 5)]).collect();
        let (early, late) = all.split_at(cut.min(all.len()));
        let (mut at_once, mut first, mut second) = (Changes::default(), Changes::default(), Changes::default());
        tell(&mut at_once, &all);
        tell(&mut first, &[&[Told::Rated(5, 1, 9, 5)], early].concat());
        tell(&mut second, late);
        let halfway = open(&fixture, &grown(&fixture, &base, &first, "halfway", 1));
        let twice = grown(&fixture, &halfway, &second, "twice", 2);
        let once = grown(&fixture, &base, &at_once, "once", 2);
        prop_assert_eq!(twice.metadata.content_sha256, once.metadata.content_sha256);
    }
}
