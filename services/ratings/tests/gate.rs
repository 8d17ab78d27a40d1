//! The quality gate, kind by kind: what each bad line must be told, written from the rules and not from what the gate says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

use cineswarm_engine::{HalfStars, MovieId, UserId};
use cineswarm_ratings::gate::{Authority, DatasetRating, Known, Limits, examine};
use cineswarm_ratings::reason::Reason;
use cineswarm_ratings::sifting::{Pass, Person, Waiting, Who, examine_all, sift};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// 26 November 2026, 12:00 UTC.
const NOW: i64 = 1_795_694_400_000;
const ANYBODY: Authority = Authority { is_operator: false, has_looked: false };
const OPERATOR: Authority = Authority { is_operator: true, has_looked: false };
const OPERATOR_WHO_LOOKED: Authority = Authority { is_operator: true, has_looked: true };

/// Films 1 to 2,000 of 1995, film 2005 of 2005, film 9 of no known year; user 42 rated film 6 with 4 stars in 2001.
struct SmallDataset;

impl Known for SmallDataset {
    fn film(&self, called: &str) -> Option<(MovieId, Option<u16>)> {
        let film = called.parse().ok()?;
        match film {
            9 => Some((film, None)),
            1..=2_000 => Some((film, Some(1995))),
            2_005 => Some((film, Some(2005))),
            _ => None,
        }
    }

    fn user(&self, called: &str) -> Option<(UserId, Vec<DatasetRating>)> {
        (called == "42").then(|| (42, vec![(6, HalfStars::new(8).unwrap(), 1_000_000_000_000)]))
    }
}

/// The gate with what it knows of people, as they become known.
#[derive(Default)]
struct Gate {
    people: HashMap<String, Person>,
    delivered: HashMap<Uuid, cineswarm_ratings::gate::Delivered>,
}

impl Gate {
    fn pass(&mut self, lines: &[String], authority: Authority) -> Pass {
        let content: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
        self.pass_bytes(content, authority)
    }

    fn pass_bytes(&mut self, content: Vec<u8>, authority: Authority) -> Pass {
        let waiting = Waiting {
            batch_id: Uuid::nil(),
            batch_number: 1,
            number: 1,
            first_line: 1,
            came_at: NOW,
            authority,
            via: "http".to_owned(),
            content,
        };
        let chunks = [waiting];
        let samples = examine_all(&chunks, &SmallDataset, NOW);
        for user in samples.iter().filter_map(|sample| sample.examined.user.clone()) {
            let known = SmallDataset.user(&user);
            let (who, base) = known.map(|(user, base)| (Who::Known(user), base)).unzip();
            self.people.entry(user).or_insert_with(|| Person {
                who,
                is_of_dataset: who.is_some(),
                is_deleted: false,
                history: cineswarm_ratings::history::History::new(base.unwrap_or_default()),
            });
        }
        sift(&chunks, &samples, &mut self.people, &mut self.delivered, &Limits::default())
    }

    /// One line: clean, repeated, superseded, or the reasons why not.
    fn judge(&mut self, line: &str, authority: Authority) -> Vec<&'static str> {
        let pass = self.pass(&[line.to_owned()], authority);
        let tally = pass.tallies[0].1;
        assert_eq!(tally.lines(), 1, "each line has one ending");
        match pass.dead.first() {
            Some(dead) => dead.faults.iter().map(|fault| fault.reason.name()).collect(),
            None if tally.clean == 1 => vec!["clean"],
            None if tally.repeated == 1 => vec!["repeated"],
            None => vec!["superseded"],
        }
    }
}

fn rating(user: &str, film: u32, stars: f64, at_ms: i64) -> String {
    format!(r#"{{"user_id":"{user}","movie_id":{film},"rating":{stars},"timestamp":{at_ms}}}"#)
}

#[test]
fn each_kind_of_bad_line_is_told_all_that_is_wrong_with_it() {
    let long_id = "x".repeat(101);
    let future_s = NOW / 1_000 + 3_600;
    let written: &[(&str, &[&str])] = &[
        // Form.
        ("", &["not_json"][..]),
        ("rating: 5", &["not_json"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5"#, &["not_json"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5} trailing"#, &["not_json"]),
        (r#"{'user_id':1,'movie_id':6,'rating':5}"#, &["not_json"]),
        (r#"{"user_id":1,"movie_id":6,"rating":NaN}"#, &["not_json"]),
        (r#"{"user_id":1,"movie_id":6,"rating":05}"#, &["not_json"]),
        ("null", &["not_an_object"]),
        ("[1,6,5]", &["not_an_object"]),
        (r#""user 1 gave film 6 five stars""#, &["not_an_object"]),
        ("{}", &["missing_field", "missing_field", "missing_field"]),
        (r#"{"movie_id":6,"rating":5}"#, &["missing_field"]),
        (r#"{"user_id":1,"rating":5}"#, &["missing_field"]),
        (r#"{"user_id":1,"movie_id":6}"#, &["missing_field"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"rating":1}"#, &["repeated_field"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"stars":5}"#, &["unknown_field"]),
        (r#"{"userId":1,"movie_id":6,"rating":5}"#, &["missing_field", "unknown_field"]),
        (r#"{"user_id":null,"movie_id":6,"rating":5}"#, &["wrong_type"]),
        (r#"{"user_id":true,"movie_id":6,"rating":5}"#, &["wrong_type"]),
        (r#"{"user_id":1.5,"movie_id":6,"rating":5}"#, &["wrong_type"]),
        (r#"{"user_id":{"$gt":""},"movie_id":6,"rating":5}"#, &["wrong_type"]),
        (r#"{"user_id":1,"movie_id":[6],"rating":5}"#, &["wrong_type"]),
        (r#"{"user_id":1,"movie_id":6,"rating":"5"}"#, &["wrong_type"]),
        (r#"{"user_id":1,"movie_id":6,"rating":null}"#, &["wrong_type"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":[]}"#, &["wrong_type"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"id":0.5}"#, &["wrong_type"]),
        (r#"{"user_id":"","movie_id":6,"rating":5}"#, &["bad_id"]),
        (r#"{"user_id":"  ","movie_id":6,"rating":5}"#, &["bad_id"]),
        (r#"{"user_id":"a\u0000b","movie_id":6,"rating":5}"#, &["bad_id"]),
        (r#"{"user_id":"\ud800","movie_id":6,"rating":5}"#, &["bad_id"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"id":"\n"}"#, &["bad_id"]),
        // Films.
        (r#"{"user_id":1,"movie_id":4000,"rating":5}"#, &["unknown_film"]),
        (r#"{"user_id":1,"movie_id":-6,"rating":5}"#, &["unknown_film"]),
        (r#"{"user_id":1,"movie_id":4294967302,"rating":5}"#, &["unknown_film"]),
        (r#"{"user_id":1,"movie_id":"Heat (1995)","rating":5}"#, &["unknown_film"]),
        // The scale.
        (r#"{"user_id":1,"movie_id":6,"rating":0}"#, &["off_scale"]),
        (r#"{"user_id":1,"movie_id":6,"rating":-1}"#, &["off_scale"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5.5}"#, &["off_scale"]),
        (r#"{"user_id":1,"movie_id":6,"rating":4.3}"#, &["off_scale"]),
        (r#"{"user_id":1,"movie_id":6,"rating":87}"#, &["off_scale"]),
        (r#"{"user_id":1,"movie_id":6,"rating":1e999}"#, &["off_scale"]),
        // Times.
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":"yesterday"}"#, &["bad_time"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":"2026-02-30T10:00:00Z"}"#, &["bad_time"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":"2100-01-01T00:00:00Z"}"#, &["in_the_future"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":1e300}"#, &["in_the_future"]),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":-1e300}"#, &["before_film"]),
        (r#"{"user_id":1,"movie_id":9,"rating":5,"timestamp":"1850-01-01T00:00:00Z"}"#, &["before_film"]),
        (r#"{"user_id":1,"movie_id":2005,"rating":5,"timestamp":1040000000}"#, &["before_film"]),
        // Whose.
        (r#"{"user_id":42,"movie_id":7,"rating":5}"#, &["not_allowed"]),
        (r#"{"user_id":"42","movie_id":7,"rating":5}"#, &["not_allowed"]),
        // Several at once.
        (
            r#"{"user_id":[],"movie_id":"?","rating":11,"timestamp":"soon","id":"","mood":1}"#,
            &["wrong_type", "bad_time", "bad_id", "unknown_field", "unknown_film", "off_scale"],
        ),
        (r#"{"user_id":42,"movie_id":4000,"rating":0}"#, &["unknown_film", "off_scale", "not_allowed"]),
    ];
    let made: &[(String, &[&str])] = &[
        (format!(r#"{{"user_id":"{long_id}","movie_id":6,"rating":5}}"#), &["bad_id"][..]),
        (format!(r#"{{"user_id":1,"movie_id":6,"rating":5,"timestamp":{future_s}}}"#), &["in_the_future"]),
        (format!(r#"{{"user_id":1,"movie_id":6,"rating":5{}}}"#, " ".repeat(2_048)), &["too_long"]),
        (format!(r#"{{"user_id":1,"movie_id":6,"rating":5,"x":{}}}"#, "[".repeat(1_000)), &["not_json"]),
        (
            format!(r#"{{"user_id":1,"movie_id":6,"rating":5,"x":{}{}}}"#, "[".repeat(900), "]".repeat(900)),
            &["unknown_field"],
        ),
    ];
    let written = written.iter().map(|(line, reasons)| ((*line).to_owned(), *reasons));
    let kinds: Vec<(String, &[&str])> = written.chain(made.iter().cloned()).collect();
    assert!(kinds.len() >= 30);
    for (line, wanted) in &kinds {
        let told = Gate::default().judge(line, ANYBODY);
        assert_eq!(&told, wanted, "{line}");
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_aside_as_a_text() {
    let pass = Gate::default().pass_bytes(b"{\"user_id\":\"\xff\0\"}\n".to_vec(), ANYBODY);
    assert_eq!(pass.dead[0].faults[0].reason, Reason::NotJson);
    assert_eq!(pass.dead[0].line, "{\"user_id\":\"\u{FFFD}\u{FFFD}\"}");
}

#[test]
fn what_is_right_counts_however_it_is_written() {
    for (line, at) in [
        (r#"{"user_id":1,"movie_id":6,"rating":5}"#, NOW),
        (r#"{"rating":5.0,"movie_id":"6","user_id":"tt-ana@example","timestamp":null,"id":null}"#, NOW),
        (r#"{"user_id":18446744073709551616,"movie_id":6,"rating":5,"timestamp":1700000000}"#, 1_700_000_000_000),
        (r#"{"user_id":-7,"movie_id":6,"rating":50e-1,"timestamp":1700000000123}"#, 1_700_000_000_123),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":1700000000.5}"#, 1_700_000_000_500),
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":"2023-11-14T23:13:20+01:00"}"#, 1_700_000_000_000),
        // A clock that is a little ahead, and a film that is rated a year early.
        (r#"{"user_id":1,"movie_id":6,"rating":5,"timestamp":1795694430}"#, NOW + 30_000),
        (r#"{"user_id":1,"movie_id":2005,"rating":5,"timestamp":1080000000}"#, 1_080_000_000_000),
        (r#"{"user_id":"042","movie_id":6,"rating":5}"#, NOW),
    ] {
        let pass = Gate::default().pass(&[line.to_owned()], ANYBODY);
        assert_eq!(pass.dead, [], "{line}");
        let [change] = pass.changes.as_slice() else { panic!("{line}") };
        assert_eq!((change.who, change.clean.half_stars.get(), change.clean.rated_at), (Who::New(0), 10, at), "{line}");
    }
}

#[test]
fn a_user_of_the_dataset_is_spoken_for_by_an_operator_alone() {
    let mut gate = Gate::default();
    let line = r#"{"user_id":42,"movie_id":6,"rating":5}"#;
    assert_eq!(gate.judge(line, ANYBODY), ["not_allowed"]);
    let pass = gate.pass(&[line.to_owned()], OPERATOR);
    let change = &pass.changes[0];
    assert_eq!(change.who, Who::Known(42));
    assert_eq!(change.clean.previous, HalfStars::new(8), "what the dataset has is what it was before");
    assert_eq!(pass.new_users, [""; 0]);
    let earlier = r#"{"user_id":42,"movie_id":6,"rating":1,"timestamp":999999999}"#;
    assert_eq!(gate.judge(earlier, OPERATOR), ["superseded"]);
}

#[test]
fn nothing_is_taken_of_a_user_who_was_deleted() {
    let mut gate = Gate::default();
    gate.people.insert("ana".to_owned(), Person { is_deleted: true, ..Person::default() });
    assert_eq!(gate.judge(&rating("ana", 6, 5.0, NOW), OPERATOR_WHO_LOOKED), ["user_deleted"]);
}

#[test]
fn the_latest_rating_of_a_film_by_time_counts_in_whichever_order_they_come() {
    let mut gate = Gate::default();
    let at = |day: i64| NOW - (10 - day) * 86_400_000;
    assert_eq!(gate.judge(&rating("ana", 6, 3.0, at(5)), ANYBODY), ["clean"]);
    assert_eq!(gate.judge(&rating("ana", 6, 1.0, at(4)), ANYBODY), ["superseded"]);
    assert_eq!(gate.judge(&rating("ana", 6, 3.0, at(5)), ANYBODY), ["repeated"]);
    let pass = gate.pass(&[rating("ana", 6, 4.5, at(6))], ANYBODY);
    assert_eq!((pass.changes[0].clean.half_stars.get(), pass.changes[0].clean.previous), (9, HalfStars::new(6)));
    assert_eq!(
        gate.judge(&rating("ana", 6, 2.0, at(6)), ANYBODY),
        ["clean"],
        "of the same time the last, as in a file"
    );
}

#[test]
fn a_delivery_counts_once_by_its_id_and_an_id_is_not_used_again() {
    let mut gate = Gate::default();
    let delivery = |user: &str, film: u32, stars: f64| {
        format!(r#"{{"user_id":"{user}","movie_id":{film},"rating":{stars},"id":"order-1"}}"#)
    };
    let once = gate.pass(&[delivery("ana", 6, 3.0)], ANYBODY);
    assert_eq!(gate.judge(&delivery("ana", 6, 3.0), ANYBODY), ["repeated"]);
    assert_eq!(gate.judge(&delivery("ana", 6, 3.5), ANYBODY), ["id_reused"]);
    assert_eq!(gate.judge(&delivery("ana", 4_000, 3.0), ANYBODY), ["unknown_film"]);
    assert_eq!(gate.judge(&delivery("ana", 7, 11.0), ANYBODY), ["off_scale"]);
    assert_eq!(gate.judge(&delivery("bob", 6, 3.5), ANYBODY), ["clean"], "ids are each user's own");
    let elsewhere = Gate::default().pass(&[delivery("ana", 6, 3.0)], ANYBODY);
    assert_eq!(once.changes[0].event_id, elsewhere.changes[0].event_id, "the same whoever judges it");
}

#[test]
fn more_than_a_person_can_rate_is_kept_aside_and_what_comes_at_another_time_is_not() {
    let mut gate = Gate::default();
    // Four a second, each other than the one before.
    let at = |number: u32| NOW - 86_400_000 + i64::from(number) * 250;
    let stars = |number: u32| f64::from(number % 10 + 1) / 2.0;
    let fast: Vec<String> = (1..=500).map(|number| rating("ana", number, stars(number), at(number))).collect();
    let pass = gate.pass(&fast, ANYBODY);
    let times: Vec<i64> = pass.changes.iter().map(|change| change.clean.rated_at).collect();
    for end in &times {
        assert!(times.iter().filter(|at| (end - 60_000..=*end).contains(*at)).count() <= 120, "120 in any minute");
    }
    assert!(times.len() > 240, "and as many in the next: {}", times.len());
    assert!(pass.dead.iter().all(|dead| dead.faults.iter().all(|fault| fault.reason == Reason::TooFast)));
    let backwards: Vec<String> = fast.iter().rev().map(|line| line.replace("ana", "eva")).collect();
    assert!(gate.pass(&backwards, ANYBODY).dead.len() > 100, "in whichever order they come");
    let slow: Vec<String> = (1..=500)
        .map(|number| rating("bob", number, stars(number), NOW - 86_400_000 + i64::from(number) * 10_000))
        .collect();
    assert_eq!(gate.pass(&slow, ANYBODY).changes.len(), 500);

    let at_once: Vec<String> = (1..=200).map(|number| rating("eve", number, stars(number), NOW)).collect();
    let pass = gate.pass(&at_once, ANYBODY);
    assert_eq!((pass.changes.len(), pass.dead.len()), (120, 80));
    let again = gate.pass(&[rating("eve", 1_999, 5.0, NOW + 1_000)], ANYBODY);
    assert_eq!(again.changes.len(), 0, "the 120 others are still within the minute");
    let changed = gate.pass(&[rating("eve", 1, 5.0, NOW + 1_000)], ANYBODY);
    assert_eq!(changed.changes.len(), 1, "a change of mind is no other film");
    let looked_at: Vec<String> = pass.dead.into_iter().map(|dead| dead.line).collect();
    assert_eq!(gate.pass(&looked_at, OPERATOR_WHO_LOOKED).changes.len(), 80);
}

#[test]
fn a_thousand_films_in_an_hour_are_no_person_either() {
    let hour: Vec<String> = (1..=1_100)
        .map(|number| {
            rating("ana", number, f64::from(number % 10 + 1) / 2.0, NOW - 1_800_000 + i64::from(number) * 1_600)
        })
        .collect();
    let pass = Gate::default().pass(&hour, ANYBODY);
    assert_eq!((pass.changes.len(), pass.dead.len()), (1_000, 100));
}

#[test]
fn a_flood_of_equal_ratings_ends_and_a_taste_for_five_stars_does_not() {
    let mut gate = Gate::default();
    let every = |user: &str, count: u32, pause_ms: i64| -> Vec<String> {
        (1..=count).map(|number| rating(user, number, 5.0, NOW - 86_400_000 + i64::from(number) * pause_ms)).collect()
    };
    let flood = gate.pass(&every("bot", 100, 1_000), ANYBODY);
    assert_eq!((flood.changes.len(), flood.dead.len()), (60, 40));
    assert!(flood.dead.iter().all(|dead| dead.faults.len() == 1 && dead.faults[0].reason == Reason::AllEqual));
    assert_eq!(gate.pass(&every("fan", 100, 120_000), ANYBODY).changes.len(), 100, "some thirty in an hour");
    let mut mixed = every("ana", 100, 1_000);
    mixed[50] = rating("ana", 51, 4.5, NOW - 86_400_000 + 51_000);
    assert_eq!(gate.pass(&mixed, ANYBODY).changes.len(), 100);
}

#[test]
fn reasons_have_names_of_their_own_and_words_without_control_characters() {
    let names: HashSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.name()));
    }
    for line in
        ["{\"\\u001b[31m\":1}", "{\"user_id\":\"\\u001b]0;x\\u0007\",\"movie_id\":\"\\u009b\",\"rating\":\"\\n\"}"]
    {
        for fault in examine(line.as_bytes(), &SmallDataset, NOW, NOW).faults {
            assert!(!fault.words.contains(char::is_control), "{fault:?}");
        }
    }
}

#[test]
fn whatever_a_byte_is_changed_to_or_wherever_a_line_ends_it_has_one_ending() {
    let line = br#"{"user_id":"a\u0041","movie_id":6,"rating":4.5,"timestamp":1.7e9,"id":-7}"#;
    let mut gate = Gate::default();
    for place in 0..line.len() {
        let changed = (0..=255u8).filter(|byte| *byte != b'\n').map(|byte| {
            let mut changed = line.to_vec();
            changed[place] = byte;
            changed
        });
        let lines: Vec<Vec<u8>> = changed.chain([line[..place].to_vec()]).collect();
        let count = lines.len() as i64;
        let pass =
            gate.pass_bytes(lines.into_iter().flat_map(|line| [line, b"\n".to_vec()].concat()).collect(), ANYBODY);
        assert_eq!(pass.tallies[0].1.lines(), count, "at {place}");
        assert!(pass.dead.iter().all(|dead| !dead.faults.is_empty()), "at {place}");
    }
}
