//! Ready-made splits are read from files in every layout, and hostile files end in words.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::PathBuf;

use cineswarm_engine::evaluation::{Asks, FileSplit, read_split};
use proptest::prelude::*;
use tempfile::TempDir;

struct Files {
    folder: TempDir,
}

impl Files {
    fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }
}

/// Reads a split whose files hold these bytes.
fn read(train: impl AsRef<[u8]>, test: impl AsRef<[u8]>, negatives: Option<&[u8]>) -> Result<FileSplit, String> {
    let files = Files { folder: tempfile::tempdir().unwrap() };
    let (train, test) = (files.put("train", train), files.put("test", test));
    let negatives = negatives.map(|negatives| files.put("negatives", negatives));
    read_split(&train, &test, negatives.as_deref()).map_err(|error| error.to_string())
}

/// The file, line and words of an error.
fn assert_error(result: Result<FileSplit, String>, parts: &[&str]) {
    let words = result.unwrap_err();
    assert!(parts.iter().all(|part| words.contains(part)), "{parts:?} in {words}");
}

const TRAIN: &str = "0\t0\t5\t978824268\n0\t2\t3\t978824269\n1\t1\t1\t0\n";

#[test]
fn the_layout_of_ncf_is_a_rating_a_line_with_numbers_from_0() {
    let negatives = b"(0,1)\t3\t4\n(1,0)\t4\t2\n";
    let read = read(TRAIN, "0\t1\t4\t978824270\n1\t0\t2\t1\n", Some(negatives)).unwrap();
    let split = read.split;
    assert_eq!(split.training.matrix.user_ids(), [0, 1]);
    assert_eq!(split.training.matrix.movie_ids(), [0, 1, 2, 3, 4]);
    assert_eq!(split.training.matrix.by_user().row(0), (&[0, 2][..], &[10, 6][..]));
    assert_eq!(split.training.matrix.timestamps(), [978_824_268, 978_824_269, 0]);
    let cases: Vec<_> = split.cases.iter().map(|case| (case.user, &case.held_out.columns, &case.candidates)).collect();
    assert_eq!(cases, [(0, &vec![1], &Some(vec![3, 4])), (1, &vec![0], &Some(vec![2, 4]))]);
    assert_eq!(split.cases[0].held_out.half_stars, [8]);
}

#[test]
fn the_layout_of_lightgcn_is_a_user_and_its_items_a_line() {
    let read = read("0 7 3 5\n1 \n2 3\n", "0 9\n2 7 5 \n", None).unwrap();
    let split = read.split;
    assert_eq!(split.training.matrix.user_ids(), [0, 2]);
    assert_eq!(split.training.matrix.movie_ids(), [3, 5, 7, 9]);
    assert_eq!(split.training.matrix.by_user().row(0), (&[0, 1, 2][..], &[10, 10, 10][..]));
    assert_eq!(split.cases[1].held_out.columns, [1, 2]);
    assert_eq!(split.cases[1].candidates, None);
}

#[test]
fn windows_line_ends_blank_lines_and_byte_order_marks_change_nothing() {
    let windows = format!("\u{feff}\r\n{}\r\n", TRAIN.replace('\n', "\r\n"));
    let plain = read(TRAIN, "0\t1\t4\t9", None).unwrap();
    let other = read(windows, "\n\n0\t1\t4\t9\n   \n", None).unwrap();
    assert_eq!(plain.split.training.matrix, other.split.training.matrix);
    assert_eq!(plain.split.cases, other.split.cases);
}

#[test]
fn what_is_passed_over_is_counted() {
    // A rating of 0, a test rating that is in training too, a user of whom nothing is known, a negative that is the film to
    // be found, one that the user has rated, and a line for a pair that nobody asked about.
    let train = format!("{TRAIN}1\t4\t0\t5\n");
    let negatives = b"(0,1)\t1\t2\t3\n(8,3)\t1\n(5,5)\t1\n";
    let read = read(train, "0\t1\t4\t9\n0\t0\t4\t9\n8\t3\t4\t9\n", Some(negatives)).unwrap();
    assert_eq!(read.zero_ratings, 1);
    assert_eq!(read.test_ratings_in_training, 1);
    assert_eq!(read.test_users_not_in_training, 1);
    assert_eq!(read.negatives_rated, 2);
    assert_eq!(read.negatives_without_test, 1);
    assert!(matches!(&read.split.cases[1].asks, Asks::New(films) if films.columns.is_empty()));
    let column = read.split.training.matrix.column_of(3).unwrap() as u32;
    assert_eq!(read.split.cases[0].candidates, Some(vec![column]));
}

#[test]
fn negatives_of_a_test_rating_that_is_passed_over_are_not_said_to_be_without_one() {
    // (0,0) is in training too, (1,0) is rated 0, (1,2) once 0 and once not, and (5,5) is nowhere.
    let test = "0\t1\t4\t9\n0\t0\t4\t9\n1\t0\t0\t9\n1\t2\t0\t9\n1\t2\t4\t9\n";
    let negatives = b"(0,1)\t3\n(0,0)\t3\n(1,0)\t3\n(1,2)\t3\n(5,5)\t3\n";
    let read = read(TRAIN, test, Some(negatives)).unwrap();
    assert_eq!((read.zero_ratings, read.test_ratings_in_training), (2, 1));
    assert_eq!((read.negatives_of_passed_over, read.negatives_without_test), (2, 1));
    let asked: Vec<_> = read.split.cases.iter().map(|case| (case.user, case.held_out.columns[0])).collect();
    assert_eq!(asked, [(0, 1), (1, 2)]);
}

#[test]
fn of_two_ratings_of_a_pair_the_latest_counts_in_both_files() {
    let twice = |first: u32, last: u32, item: u32| format!("0\t{item}\t{first}\t1\n0\t{item}\t{last}\t1\n");
    let read = read(twice(1, 5, 0), twice(2, 4, 1), None).unwrap();
    assert_eq!(read.split.training.matrix.by_user().row(0), (&[0][..], &[10][..]));
    assert_eq!(read.split.cases[0].held_out.half_stars, [8]);
    let train = "0\t0\t5\t20\n0\t0\t1\t10\n";
    let by_time = self::read(train, "0\t1\t4\t9\n", None).unwrap();
    assert_eq!(by_time.split.training.matrix.by_user().row(0), (&[0][..], &[10][..]), "whatever the order of lines");
}

#[test]
fn a_line_that_is_not_of_its_layout_is_named_with_what_was_found_and_expected() {
    let good = "0\t1\t4\t9\n";
    let id = "a number of at most 32 bits";
    assert_error(read("0\t0\t5\t1\n0\t1\t5\n", good, None), &["train, line 2", "3 fields", "separated by tabs"]);
    assert_error(read("0\t0\t5\t1\n0\t0\t5\t1\t1\n", good, None), &["train, line 2", "5 fields"]);
    assert_error(read("0\t0\t5\t1\n-1\t0\t5\t1\n", good, None), &["line 2", "the user \"-1\"", id]);
    assert_error(read("0\t0\t5\t1\n+1\t0\t5\t1\n", good, None), &["line 2", "the user \"+1\""]);
    assert_error(read("0\t4294967296\t5\t1\n", good, None), &["the item \"4294967296\"", id]);
    assert_error(read("0\t0\t5\t1\n0\t1.5\t5\t1\n", good, None), &["line 2", "the item \"1.5\"", id]);
    for stars in ["6", "-2", "4.7", "NaN", "inf", "1e9", "", "five", "\u{fffd}"] {
        assert_error(read(format!("0\t0\t5\t1\n0\t0\t{stars}\t1\n"), good, None), &["train, line 2", "the rating"]);
    }
    assert_error(read("0\t0\t5\t1\n0\t0\t5\t99999999999999999999\n", good, None), &["line 2", "the time"]);
    assert_error(read("0 1 2\n1 x\n", good, None), &["train, line 2", "\"x\" as item"]);
    assert_error(read("0 1 2\n1\t2\t3\t4\n", good, None), &["train, line 2"]);
    assert_error(read("(0,1)\t2\t3\n", good, None), &["train, line 1"]);
    assert_error(read("who|what|when\n1|2|3\n", good, None), &["train, line 1", "blanks"]);
}

#[test]
fn a_split_is_read_by_the_rules_of_every_other_file() {
    let plain = read(TRAIN, "0\t1\t4\t9\n", None).unwrap();
    let with = |separator: &str| TRAIN.replace('\t', separator);
    let utf16: Vec<u8> = format!("\u{feff}{TRAIN}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for train in [
        with(",").into_bytes(),
        with(";").into_bytes(),
        with("|").into_bytes(),
        with("::").into_bytes(),
        format!("user_id:token\titem_id:token\trating:float\ttimestamp:float\n{TRAIN}").into_bytes(),
        "rating,timestamp,userId,movieId\n5,978824268,0,0\n3.0,978824269,0,2\n1,0,1,1\n".as_bytes().to_vec(),
        "0,0,\"5\",978824268\n0,2.0,3,2001-01-06 23:37:49\n1,1,1,0\n".as_bytes().to_vec(),
        TRAIN.replace('\n', "\r").into_bytes(),
        utf16,
    ] {
        let text = String::from_utf8_lossy(&train).into_owned();
        let other = read(train, "0;1;4;9\n", None).unwrap();
        assert_eq!(other.split.training.matrix, plain.split.training.matrix, "{text}");
        assert_eq!(other.split.cases, plain.split.cases, "{text}");
    }
}

#[test]
fn ids_that_are_no_numbers_are_those_of_a_split_with_numbers_in_their_order() {
    let train = "user,item,rating,time\n0,0,5,100\n0,2,3,101\n1,1,1,102\n2,1,4,103\n";
    let test = "user,item,rating,time\n0,1,4,9\n1,0,4,9\n";
    let negatives = "(0,1)\t3\n(1,0)\t2\t3\n";
    let plain = read(train, test, Some(negatives.as_bytes())).unwrap();
    let rows = |text: &str, users: &[&str], items: &[&str]| -> String {
        let called = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let [Ok(user), Ok(item)] = [fields[0], fields[1]].map(str::parse::<usize>) else { return line.to_owned() };
            format!("{},{},{},{}", users[user], items[item], fields[2], fields[3])
        };
        text.lines().map(|line| called(line) + "\n").collect()
    };
    let numbers = ["0", "1", "2", "3"];
    let names = ["ana", "béa", "zo e", "none"];
    let films = ["tt0113277", "tt0120737", "uuid-3", "uuid-4"];
    for (users, items) in [(names, films), (numbers, films), (names, numbers)] {
        let listed = negatives.lines().map(|line| {
            let mut fields = line.split('\t');
            let pair = fields.next().unwrap().trim_matches(['(', ')']);
            let (user, item) = pair.split_once(',').unwrap();
            let others: Vec<&str> = fields.map(|item| items[item.parse::<usize>().unwrap()]).collect();
            let (user, item) = (users[user.parse::<usize>().unwrap()], items[item.parse::<usize>().unwrap()]);
            format!("({user},{item})\t{}\n", others.join("\t"))
        });
        let listed: String = listed.collect();
        let other = read(rows(train, &users, &items), rows(test, &users, &items), Some(listed.as_bytes())).unwrap();
        let held_out = |split: &FileSplit| -> Vec<_> {
            split.split.cases.iter().map(|case| (case.held_out.clone(), case.candidates.clone())).collect()
        };
        assert_eq!(held_out(&other), held_out(&plain), "{users:?} {items:?}");
        assert_eq!(other.split.training.matrix.by_user(), plain.split.training.matrix.by_user());
        assert!(other.assumptions.iter().any(|said| said.contains("are taken as text")), "{:?}", other.assumptions);
        let missing = listed.lines().next().unwrap();
        let words =
            read(rows(train, &users, &items), rows(test, &users, &items), Some(missing.as_bytes())).unwrap_err();
        assert!(words.contains(&format!("({},{})", users[1], items[0])), "{words}");
    }
    // Among numbers one that is none is a mistake.
    let mistaken = format!("{train}2,0,3,104\n1,0x,3,105\n");
    assert_error(read(mistaken, test, None), &["train, line 7", "\"0x\""]);
}

#[test]
fn ratings_separated_by_blanks_are_no_lists() {
    let blanks = |tabs: &str| tabs.replace('\t', " ");
    let (train, test) = ("1\t10\t5\t881250949\n1\t11\t4\t881250950\n2\t10\t3\t881250951\n", "2\t11\t4\t881250960\n");
    let tabs = read(train, test, None).unwrap();
    let spaces = read(blanks(train), blanks(test), None).unwrap();
    assert!(spaces.has_ratings);
    assert_eq!(tabs.split.training.matrix, spaces.split.training.matrix);
    assert_eq!(tabs.split.cases, spaces.split.cases);

    let lists = read("0 7 3 5\n1 3 4 9\n", "0 9\n", None).unwrap();
    assert!(!lists.has_ratings);
    assert!(lists.assumptions[0].contains("users with their items"), "{:?}", lists.assumptions);
}

#[test]
fn negatives_must_be_there_for_each_test_rating_and_only_once() {
    let test = "0\t1\t4\t9\n1\t0\t4\t9\n";
    assert_error(read(TRAIN, test, Some(b"(0,1)\t3\n")), &["negatives", "no line (1,0)"]);
    assert_error(read(TRAIN, test, Some(b"(0,1)\t3\n(0,1)\t4\n")), &["negatives, line 2", "second time"]);
    for bad in
        ["(0,1)", "(0,1)\t", "(0,1\t3", "0,1\t3", "(0)\t3", "(0,1,2)\t3", "(0,1)\t-3", "(0,1)\t3 4", "((0,1))\t3"]
    {
        assert_error(read(TRAIN, test, Some(bad.as_bytes())), &["negatives, line 1", "found", "expected"]);
    }
}

#[test]
fn a_file_with_nothing_in_it_or_none_at_all_is_said_to_be_so() {
    let good = "0\t1\t4\t9\n";
    assert_error(read("", good, None), &["train", "no rating", "separated by tabs"]);
    assert_error(read(TRAIN, "\n\n", None), &["test", "no rating"]);
    assert_error(read("5\n6\n", good, None), &["train", "no rating"]);
    assert_error(read("0\t0\t0\t1\n", good, None), &["train", "no rating"]);
    assert_error(read(TRAIN, TRAIN, None), &["test", "not in the training file"]);
    assert_error(read(TRAIN, good, Some(b"")), &["negatives", "(user,item)"]);
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("absent")] {
        let words = read_split(&path, &path, None).unwrap_err().to_string();
        assert!(words.contains(&path.display().to_string()), "{words}");
    }
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    let endless = vec![b'7'; (8 << 20) + 2];
    assert_error(read(endless, "0\t1\t4\t9\n", None), &["train, line 1", "more than 8388608 bytes"]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        train in "[0-9(),.\\-+ \t\nx]{0,60}", test in "[0-9(),.\\-+ \t\nx]{0,60}", negatives in "[0-9(), \t\n]{0,60}"
    ) {
        let _ = read(&train, &test, None);
        let _ = read(&train, &test, Some(negatives.as_bytes()));
        let _ = read(TRAIN, &test, Some(negatives.as_bytes()));
    }

    #[test]
    fn a_file_cut_off_or_altered_anywhere_is_read_or_refused_in_words(at in 0usize..40, byte: u8, cut: bool) {
        let mut bytes = TRAIN.as_bytes().to_vec();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Err(words) = read(&bytes, "0\t1\t4\t9\n", None) {
            prop_assert!(words.contains("reading"), "{words}");
        }
    }
}
