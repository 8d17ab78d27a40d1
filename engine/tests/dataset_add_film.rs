//! A film that is added to a dataset: it is in the next version with the same ratings, and what is rated since goes on.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use cineswarm_engine::dataset::{Changes, Error, GrowOptions, NewFilm, Watermark, add_film, grow, import, versions};
use cineswarm_engine::{Dataset, FIRST_LIVE_ID, HalfStars, MovieId, Ranker};
use common::{Fixture, MOVIES, NOW, RATINGS, clean, ratings};

fn film(title: &str, year: u16) -> NewFilm {
    NewFilm { title: title.to_owned(), year, genres: "Animation|Adventure".to_owned(), ..NewFilm::default() }
}

fn added(fixture: &Fixture, film: &NewFilm) -> Result<MovieId, Error> {
    Ok(add_film(fixture.data_dir.path(), "films", film, NOW + 1, &mut |_| {})?.0.id)
}

fn latest(fixture: &Fixture) -> Dataset {
    Dataset::open(fixture.data_dir.path(), "films").unwrap()
}

#[test]
fn it_is_in_the_next_version_with_an_id_that_no_source_has_and_all_else_stays() {
    let fixture = clean();
    let base = fixture.imported();
    let wanted =
        NewFilm { imdb_id: Some(4_772_188), tmdb_id: Some(823_219), ..film("Flow, The (Straume) (2024)", 2024) };
    assert_eq!(added(&fixture, &wanted).unwrap(), FIRST_LIVE_ID);
    let new = latest(&fixture);
    new.verify().unwrap();
    let known = new.catalogue().get(FIRST_LIVE_ID).unwrap();
    assert_eq!((known.title.as_str(), known.other_titles.as_slice()), ("The Flow", ["Straume".to_owned()].as_slice()));
    assert_eq!((known.year, known.imdb_id, known.tmdb_id), (Some(2024), Some(4_772_188), Some(823_219)));
    assert_eq!(known.genres, ["Animation", "Adventure"]);
    assert_eq!(new.catalogue().stats(FIRST_LIVE_ID).ratings, 0);
    assert_eq!(new.catalogue().movies()[..base.catalogue().len()], *base.catalogue().movies());
    assert_eq!(new.catalogue().all_stats()[..base.catalogue().len()], *base.catalogue().all_stats());
    assert_eq!(ratings(&new), ratings(&base));
    assert_eq!((new.tags().unwrap(), new.genome().unwrap()), (base.tags().unwrap(), base.genome().unwrap()));
    let (was, is) = (base.metadata(), new.metadata());
    assert_eq!(is.counts.movies, was.counts.movies + 1);
    assert_eq!((is.base.as_deref(), &is.watermark), (Some(&*was.version), &None));
    assert_ne!(is.content_sha256, was.content_sha256);
}

#[test]
fn another_film_gives_another_hash_and_the_next_id() {
    let hash_with = |wanted: &NewFilm| {
        let fixture = clean();
        fixture.imported();
        added(&fixture, wanted).unwrap();
        latest(&fixture).metadata().content_sha256.clone()
    };
    let flow = film("Flow", 2024);
    assert_eq!(hash_with(&flow), hash_with(&flow));
    assert_ne!(hash_with(&flow), hash_with(&film("Flow", 2023)));
    assert_ne!(hash_with(&flow), hash_with(&NewFilm { id: Some(77), ..flow.clone() }));
    let fixture = clean();
    fixture.imported();
    assert_eq!(added(&fixture, &film("Flow", 2024)).unwrap(), FIRST_LIVE_ID);
    assert_eq!(added(&fixture, &film("Flow", 2023)).unwrap(), FIRST_LIVE_ID + 1);
    assert_eq!(added(&fixture, &NewFilm { id: Some(77), ..film("Ran", 1985) }).unwrap(), 77);
    // Somebody may have rated it, whatever became of the version since.
    let imported = import(fixture.folder.path(), &fixture.options(), &mut |_| {}).unwrap();
    assert!(
        imported.reused && imported.metadata.base.is_none(),
        "a source is not taken for a version with a film more"
    );
    assert_eq!(added(&fixture, &film("Robot Dreams", 2023)).unwrap(), FIRST_LIVE_ID + 2);
}

#[test]
fn what_is_rated_since_goes_on_with_the_film_in_it() {
    let fixture = clean();
    let base = fixture.imported();
    let watermark = |seq| Watermark { seq, id: format!("event {seq}") };
    let options = |seq| GrowOptions {
        data_dir: fixture.data_dir.path().to_owned(),
        name: "films".to_owned(),
        now: NOW + seq,
        watermark: watermark(seq),
        grown_from: None,
    };
    let mut changes = Changes::default();
    changes.rate(1, 2, HalfStars::new(7).unwrap(), 1_700_000_000);
    grow(&base, &changes, &options(6), &mut |_| {}).unwrap();
    let flow = added(&fixture, &film("Flow", 2024)).unwrap();
    let with_film = latest(&fixture);
    assert_eq!(with_film.metadata().watermark, Some(watermark(6)));
    let mut changes = Changes::default();
    changes.rate(FIRST_LIVE_ID, flow, HalfStars::new(10).unwrap(), 1_700_000_001);
    assert!(matches!(grow(&base, &changes, &options(7), &mut |_| {}), Err(Error::UnknownFilm { .. })));
    grow(&with_film, &changes, &options(7), &mut |_| {}).unwrap();
    let rated = latest(&fixture);
    assert_eq!(rated.catalogue().stats(flow).ratings, 1);
    assert_eq!(rated.catalogue().get(flow).unwrap().title, "Flow");
}

#[test]
fn it_is_counted_when_it_is_rated_live() {
    let fixture = clean();
    fixture.imported();
    let flow = added(&fixture, &film("Flow", 2024)).unwrap();
    let new = latest(&fixture);
    let mut ranker = Ranker::new(std::sync::Arc::new(new.catalogue().clone()), new.rows());
    ranker.rate(1, flow, HalfStars::new(10), 1);
    ranker.rate(7, flow, HalfStars::new(9), 2);
    assert_eq!(ranker.catalogue().stats(flow).ratings, 2);
    assert_eq!(ranker.histogram(flow)[8..], [1, 1]);
    ranker.rate(7, flow, None, 3);
    assert_eq!(ranker.catalogue().stats(flow).ratings, 1);
}

#[test]
fn in_a_dataset_whose_films_have_text_ids_it_is_found_by_its_number() {
    let text = |file: &[u8]| String::from_utf8(file.to_vec()).unwrap();
    let movies = text(MOVIES).replace("\n1,", "\ntt1,").replace("\n2,", "\ntt2,").replace("\n30,", "\ntt30,");
    let ratings = text(RATINGS).replace(",1,", ",tt1,").replace(",2,", ",tt2,").replace(",30,", ",tt30,");
    let fixture = Fixture::new(&[("movies.csv", movies.as_bytes()), ("ratings.csv", ratings.as_bytes())]);
    fixture.imported();
    let flow = added(&fixture, &film("Flow", 2024)).unwrap();
    let new = latest(&fixture);
    assert_eq!(new.catalogue().id_shown(flow), "2147483648");
    assert_eq!(new.catalogue().of_source("2147483648").map(|movie| movie.id), Some(flow));
    assert!(new.catalogue().of_source("1").is_none(), "what it is numbered inside is nobody's business");
}

#[test]
fn what_is_no_film_or_there_already_is_refused_with_the_reason_and_nothing_is_written() {
    let fixture = clean();
    let base = fixture.imported();
    let known = base.catalogue().movies()[0].clone();
    let (title, year) = (known.title.clone(), known.year.unwrap());
    let refused = |wanted: NewFilm| added(&fixture, &wanted).unwrap_err().to_string();
    let there = format!("there is a film with this title and year, {}: {title} ({year})", known.id);
    assert!(refused(film(&title.to_uppercase(), year)).contains(&there), "{}", refused(film(&title, year)));
    let taken = refused(NewFilm { id: Some(known.id), ..film("Flow", 2024) });
    assert!(taken.contains(&format!("with this id, {}", known.id)), "{taken}");
    let linked = base.catalogue().movies().iter().find(|movie| movie.imdb_id.is_some());
    if let Some(linked) = linked {
        let same = refused(NewFilm { imdb_id: linked.imdb_id, ..film("Flow", 2024) });
        assert!(same.contains(&format!("with this IMDb id, {}", linked.id)), "{same}");
    }
    for (wanted, about) in [
        (film("", 2024), "the title"),
        (film("  ", 2024), "the title"),
        (film("a\nb", 2024), "the title"),
        (film(&"a".repeat(501), 2024), "the title"),
        (film("Flow", 1869), "the year"),
        (film("Flow", 2101), "the year"),
        (film("Flow (2023)", 2024), "the year"),
        (NewFilm { genres: "Drama|\u{7}".to_owned(), ..film("Flow", 2024) }, "the genres"),
        (NewFilm { id: Some(0), ..film("Flow", 2024) }, "the id"),
    ] {
        let reason = refused(wanted.clone());
        assert!(reason.contains(about), "{wanted:?}: {reason}");
    }
    assert_eq!(versions(fixture.data_dir.path(), "films").unwrap(), [base.metadata().version.clone()]);
    let unknown = add_film(fixture.data_dir.path(), "nowhere", &film("Flow", 2024), NOW, &mut |_| {});
    assert!(matches!(unknown, Err(Error::NotFound { .. })));
}
