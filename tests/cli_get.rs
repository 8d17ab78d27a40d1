//! `cineswarm data get`: whatever the network and the server do, what is kept is what was published.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::fs;

use common::site::{Served, Site};
use common::{Ended, MOVIES, Place, RATINGS, assert_mentions, ended, zipped};
use md5::{Digest, Md5};

const ETAG: Option<&str> = Some("\"first\"");

/// An archive with a dataset in it, and so much beside it that cutting it is worth while. Each number gives another.
fn archive(number: u32) -> Vec<u8> {
    // A linear congruential generator: it need not be random, only hard to compress.
    let filler = std::iter::successors(Some(number), |last| Some(last.wrapping_mul(1_664_525).wrapping_add(1)));
    let filler: Vec<u8> = filler.take(100_000).map(|drawn| (drawn >> 24) as u8).collect();
    zipped(&[("ml/movies.csv", MOVIES.as_bytes()), ("ml/ratings.csv", RATINGS.as_bytes()), ("ml/README", &filler)])
}

fn md5_of(contents: &[u8]) -> String {
    Md5::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server with this file as ml-1m.zip, and its checksum.
fn site_with(served: Served) -> Site {
    let site = Site::start();
    publish(&site, served);
    site
}

fn publish(site: &Site, served: Served) {
    site.serve_text("ml-1m.zip.md5", &format!("{}  ml-1m.zip\n", md5_of(&served.body)));
    site.serve("ml-1m.zip", served);
}

fn get(place: &Place, site: &Site, arguments: &[&str]) -> Ended {
    let mut command = place.command(&["data", "get"]);
    command.args(arguments).env("GROUPLENS_URL", &site.url);
    ended(command)
}

fn downloaded(place: &Place) -> Vec<u8> {
    fs::read(place.data_dir().join("downloads/ml-1m.zip")).unwrap()
}

#[test]
fn a_published_dataset_is_downloaded_checked_and_imported_under_its_name() {
    let (place, body) = (Place::new(), archive(1));
    let site = site_with(Served { body: body.clone(), ..Served::default() });
    let first = get(&place, &site, &["1m"]);
    assert_mentions(&first.stderr, &["research", "its checksum is right"]);
    assert_mentions(&first.success(), &["ml-1m: imported from ml-1m.zip", "4 ratings"]);
    assert_mentions(&place.output(&["data", "list"]), &["ml-1m"]);
    assert_eq!(downloaded(&place), body);
    assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip"]);

    let again = get(&place, &site, &["ml-1m"]);
    assert_mentions(&again.success(), &["ml-1m: unchanged"]);
    assert_eq!(site.requests(), ["ml-1m.zip.md5"], "what is there is not downloaded again");
}

#[test]
fn a_download_need_not_be_imported() {
    let place = Place::new();
    let site = site_with(Served { body: archive(1), ..Served::default() });
    let ended = get(&place, &site, &["1m", "--no-import", "--base-url", &format!("{}/", site.url)]);
    assert_mentions(&ended.stderr, &["data import"]);
    ended.success();
    assert_eq!(place.files(), ["downloads/ml-1m.zip"]);
}

#[test]
fn a_cut_connection_is_taken_up_where_it_broke() {
    let (place, body) = (Place::new(), archive(1));
    let site = site_with(Served { body: body.clone(), etag: ETAG, cuts: vec![40_000, 20_000], ..Served::default() });
    let ended = get(&place, &site, &["1m"]);
    assert_mentions(&ended.stderr, &["trying again", "continuing after the 40000 bytes"]);
    ended.success();
    assert_eq!(downloaded(&place), body);
    let expected = ["ml-1m.zip.md5", "ml-1m.zip", "ml-1m.zip bytes=40000-", "ml-1m.zip bytes=60000-"];
    assert_eq!(site.requests(), expected);
}

#[test]
fn what_one_run_has_left_the_next_one_continues() {
    let (place, body) = (Place::new(), archive(1));
    let site = site_with(Served { body: body.clone(), etag: ETAG, cuts: vec![30_000], ..Served::default() });
    let error = get(&place, &site, &["1m", "--retries", "0"]).failure(1);
    assert_mentions(&error, &["ml-1m.zip", "run the same command again"]);
    assert_eq!(place.files(), ["downloads/ml-1m.zip.part", "downloads/ml-1m.zip.part.json"]);
    site.requests();

    get(&place, &site, &["1m", "--retries", "0", "--no-import"]).success();
    assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip bytes=30000-"]);
    assert_eq!(downloaded(&place), body);
    assert_eq!(place.files(), ["downloads/ml-1m.zip"]);
}

#[test]
fn a_whole_part_that_was_only_not_moved_is_not_downloaded_again() {
    let (place, body) = (Place::new(), archive(1));
    let site = site_with(Served { body: body.clone(), etag: ETAG, ..Served::default() });
    place.put("data/downloads/ml-1m.zip.part", &body);
    let note = format!("{{\"url\": \"{}/ml-1m.zip\", \"validator\": \"\\\"first\\\"\"}}", site.url);
    place.put("data/downloads/ml-1m.zip.part.json", note);
    get(&place, &site, &["1m"]).success();
    assert_eq!(site.requests(), ["ml-1m.zip.md5", &format!("ml-1m.zip bytes={}-", body.len())]);
    assert_eq!(downloaded(&place), body);
}

#[test]
fn a_part_of_unknown_origin_is_not_continued() {
    let (place, body) = (Place::new(), archive(1));
    let site = site_with(Served { body: body.clone(), etag: ETAG, ..Served::default() });
    place.put("data/downloads/ml-1m.zip.part", "of another file");
    for note in ["no JSON", "{\"url\": \"http://elsewhere/ml-1m.zip\", \"validator\": \"\\\"first\\\"\"}"] {
        place.put("data/downloads/ml-1m.zip.part.json", note);
        get(&place, &site, &["1m", "--no-import"]).success();
        assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip"]);
        assert_eq!(downloaded(&place), body);
        fs::remove_file(place.data_dir().join("downloads/ml-1m.zip")).unwrap();
    }
}

#[test]
fn a_file_that_changed_between_two_tries_is_downloaded_from_the_start() {
    for ignores_if_range in [false, true] {
        let (place, new) = (Place::new(), archive(2));
        let site = site_with(Served { body: archive(1), etag: ETAG, cuts: vec![50_000], ..Served::default() });
        get(&place, &site, &["1m", "--retries", "0"]).failure(1);
        let etag = Some("\"second\"");
        publish(&site, Served { body: new.clone(), etag, ignores_if_range, ..Served::default() });
        let ended = get(&place, &site, &["1m"]);
        assert_mentions(&ended.stderr, &["starting over"]);
        ended.success();
        assert_eq!(downloaded(&place), new, "If-Range ignored: {ignores_if_range}");
    }
}

#[test]
fn a_file_that_has_become_shorter_is_downloaded_from_the_start() {
    let (place, short) = (Place::new(), zipped(&[("movies.csv", MOVIES.as_bytes())]));
    let site = site_with(Served { body: archive(1), etag: ETAG, cuts: vec![50_000], ..Served::default() });
    get(&place, &site, &["1m", "--retries", "0"]).failure(1);
    publish(&site, Served { body: short.clone(), etag: ETAG, ..Served::default() });
    get(&place, &site, &["1m", "--no-import"]).success();
    assert_eq!(downloaded(&place), short);
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_whole_file_again() {
    let (place, body) = (Place::new(), archive(1));
    let served =
        Served { body: body.clone(), etag: ETAG, cuts: vec![50_000], ignores_ranges: true, ..Served::default() };
    let site = site_with(served);
    let ended = get(&place, &site, &["1m"]);
    assert_mentions(&ended.stderr, &["starting over"]);
    ended.success();
    assert_eq!(downloaded(&place), body);
}

#[test]
fn a_server_that_sends_another_range_than_was_asked_for_is_not_believed() {
    let (place, body) = (Place::new(), archive(1));
    let served = Served { body: body.clone(), etag: ETAG, cuts: vec![50_000], range_error: 7, ..Served::default() };
    let site = site_with(served);
    get(&place, &site, &["1m"]).success();
    assert_eq!(downloaded(&place), body);
    assert_eq!(site.requests().last().unwrap(), "ml-1m.zip", "the last try was for the whole file");
}

#[test]
fn without_anything_that_identifies_the_file_it_is_not_continued() {
    for etag in [None, Some("W/\"weak\"")] {
        let (place, body) = (Place::new(), archive(1));
        let site = site_with(Served { body: body.clone(), etag, cuts: vec![50_000], ..Served::default() });
        get(&place, &site, &["1m"]).success();
        assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip", "ml-1m.zip"]);
        assert_eq!(downloaded(&place), body);
    }
}

#[test]
fn a_wrong_checksum_is_an_error_and_the_file_is_removed() {
    let place = Place::new();
    let site = site_with(Served { body: archive(1), etag: ETAG, ..Served::default() });
    let other = md5_of(b"something else");
    site.serve_text("ml-1m.zip.md5", &format!("MD5 (ml-1m.zip) = {other}\n"));
    let error = get(&place, &site, &["1m"]).failure(1);
    assert_mentions(&error, &["ml-1m.zip has the MD5 checksum", &md5_of(&archive(1)), &other, "was removed"]);
    assert_eq!(place.files(), Vec::<String>::new());
    assert_eq!(place.output(&["data", "list"]), "");
}

#[test]
fn a_file_that_is_not_there_is_reported_at_once_and_leaves_nothing() {
    let (place, site) = (Place::new(), Site::start());
    site.serve_text("ml-1m.zip.md5", &md5_of(b""));
    let error = get(&place, &site, &["1m"]).failure(1);
    assert_mentions(&error, &["ml-1m.zip: the server has no such file", "--base-url"]);
    assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip"], "there is no use in trying again");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn only_the_dataset_that_changes_may_come_without_a_checksum() {
    let (place, site) = (Place::new(), Site::start());
    site.serve("ml-1m.zip", Served { body: archive(1), ..Served::default() });
    site.serve("ml-latest-small.zip", Served { body: archive(1), ..Served::default() });
    assert_mentions(&get(&place, &site, &["1m"]).failure(1), &["ml-1m.zip.md5 is not there"]);
    let ended = get(&place, &site, &["ml-latest-small"]);
    assert_mentions(&ended.stderr, &["no checksum is published"]);
    assert_mentions(&ended.success(), &["ml-latest-small: imported"]);
}

#[test]
fn a_page_instead_of_a_checksum_is_refused() {
    let place = Place::new();
    let site = site_with(Served { body: archive(1), ..Served::default() });
    site.serve_text("ml-1m.zip.md5", "<html>Please log in</html>");
    assert_mentions(&get(&place, &site, &["1m"]).failure(1), &["no MD5 checksum for ml-1m.zip"]);
    site.serve_text("ml-1m.zip.md5", &"<p>Please log in</p>".repeat(1000));
    assert_mentions(&get(&place, &site, &["1m"]).failure(1), &["more than 4096 bytes"]);
}

#[test]
fn a_server_in_trouble_is_asked_again_but_not_for_ever() {
    let place = Place::new();
    let refused = |refusals| Served { body: archive(1), etag: ETAG, refusals, ..Served::default() };
    let site = site_with(refused(vec![503, 429]));
    let ended = get(&place, &site, &["1m", "--no-import"]);
    assert_mentions(&ended.stderr, &["503", "429", "trying again"]);
    ended.success();

    let (place, site) = (Place::new(), site_with(refused(vec![500; 9])));
    let error = get(&place, &site, &["1m", "--retries", "1"]).failure(1);
    assert_mentions(&error, &["500", "2 tries"]);
    assert_eq!(site.requests(), ["ml-1m.zip.md5", "ml-1m.zip", "ml-1m.zip"]);
    assert_eq!(place.files(), Vec::<String>::new());

    let (place, site) = (Place::new(), site_with(refused(vec![403])));
    assert_mentions(&get(&place, &site, &["1m"]).failure(1), &["403"]);
    assert_eq!(site.requests().len(), 2, "a refusal is not a trouble that passes");
}

#[test]
fn a_server_that_cannot_be_reached_is_named() {
    // Nobody has used port 1 for decades.
    let arguments = ["data", "get", "1m", "--base-url", "http://127.0.0.1:1", "--retries", "0"];
    assert_mentions(&Place::new().run(&arguments).failure(1), &["http://127.0.0.1:1/ml-1m.zip.md5", "refused"]);
}

#[test]
fn a_server_that_does_not_speak_tls_is_not_spoken_to_without() {
    let (place, site) = (Place::new(), Site::start());
    site.serve_text("ml-1m.zip.md5", &md5_of(b""));
    let url = site.url.replace("http:", "https:");
    let error = place.run(&["data", "get", "1m", "--base-url", &url, "--retries", "0"]).failure(1);
    assert_mentions(&error, &[&url, "check the network and --base-url"]);
    assert!(site.requests().iter().all(|request| !request.contains("ml-1m")), "nothing was asked in plain text");
}
