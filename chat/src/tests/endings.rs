//! That understanding ends, whatever a sentence is and whatever was said before it.

use cineswarm_engine::HalfStars;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sample::{index_with_facts, sample};
use super::sentences::sentences;
use super::*;
use crate::{ClarifyOption, Context, Last, TitleIndex, understand_in};

/// Whatever a sentence is put for again and again, it ends: one such had taken the stack, and with it the whole server.
#[test]
fn every_sentence_of_every_talk_ends_after_whatever_was_said_before() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    in_contexts(&index, |contexts| {
        for (at, sentence) in said().enumerate() {
            understand_in(sentence, Lang::Es, &index, &catalogue, &contexts[at % contexts.len()]);
        }
    });
}

/// Parts of sentences and numbers of all sizes, one after the other. `CINESWARM_MIXED` says how many, and from which on.
#[test]
fn parts_of_sentences_put_together_end() {
    const OTHER: [&str; 16] = [
        "0",
        "1",
        "7",
        "12",
        "90",
        "256",
        "1994",
        "65536",
        "99999999999999999999",
        "½",
        "★★",
        ",",
        "?",
        ":",
        "/",
        "\"",
    ];
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let asked = std::env::var("CINESWARM_MIXED").ok();
    let (first, count) = asked.as_deref().and_then(|asked| asked.split_once('+')).unwrap_or(("0", "400"));
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let sentences: Vec<Vec<&str>> = said().map(|sentence| sentence.split(' ').collect()).collect();
    in_contexts(&index, |contexts| {
        for seed in first..first + count {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut words: Vec<&str> = Vec::new();
            for _ in 0..random.random_range(1..5) {
                let of = sentences.choose(&mut random).unwrap();
                let from = random.random_range(0..of.len());
                words.extend(&of[from..random.random_range(from..of.len()) + 1]);
                if random.random_bool(0.4) {
                    words.push(OTHER.choose(&mut random).unwrap());
                }
            }
            let (text, lang) = (words.join(" "), if random.random_bool(0.5) { Lang::En } else { Lang::Es });
            let context = contexts.choose(&mut random).unwrap();
            let understood = std::panic::catch_unwind(|| understand_in(&text, lang, &index, &catalogue, context));
            let Ok(understood) = understood else { panic!("{text:?}, made from {seed}") };
            crate::reading(&understood.intent, &understood.topics, &catalogue, lang);
        }
    });
}

/// Whatever is typed ends in an intent: 10,000 mutations of the sentences, and letters of all kinds.
#[test]
fn nothing_that_is_typed_is_too_much() {
    let room = Room::new();
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let typed: Vec<&str> = sentences().map(|(_, _, sentence)| sentence).collect();
    const STRANGE: [&str; 12] =
        ["😀", "🏴‍☠️", "e\u{301}", "\u{202e}", "ﷺ", "مرحبا", "שלום", "\u{0}", "ǅ", "½", "★★", "'"];
    let shown = [1, 2, 3];
    for _ in 0..10_000 {
        let mut letters: Vec<char> = typed[random.random_range(0..typed.len())].chars().collect();
        for _ in 0..random.random_range(1..6) {
            let at = random.random_range(0..=letters.len());
            match random.random_range(0..4) {
                0 if at < letters.len() => drop(letters.remove(at)),
                1 => letters.insert(at, random.random()),
                2 => {
                    let strange = STRANGE[random.random_range(0..STRANGE.len())];
                    letters.splice(at..at, strange.chars());
                }
                _ => letters.truncate(at.max(1)),
            }
        }
        let text: String = letters.into_iter().collect();
        let context = Context { shown: &shown, ..Context::default() };
        let understood = understand_in(&text, Lang::Es, &room.index, &room.catalogue, &context);
        crate::reading(&understood.intent, &understood.topics, &room.catalogue, Lang::Es);
    }
}

/// Every number of every sentence, replaced by sizes at which arithmetic overflows: "films 99999999999999999999999 60" did.
#[test]
fn a_number_of_any_size_is_read() {
    const SIZES: [&str; 8] =
        ["0", "255", "256", "65535", "65536", "4294967295", "18446744073709551615", "99999999999999999999999"];
    let room = Room::new();
    let shown = [1, 2, 3];
    let contexts = [Context::default(), Context { shown: &shown, goes_on: true, about: Some(2), ..Context::default() }];
    let mut tried = 0;
    let talks = include_str!("../../tests/data/talks.tsv").lines().filter_map(|line| line.split('\t').next());
    for sentence in sentences().map(|(_, _, sentence)| sentence).chain(talks) {
        let bytes = sentence.as_bytes().chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
        let parts: Vec<&str> = bytes.map(|part| std::str::from_utf8(part).unwrap()).collect();
        for at in (0..parts.len()).filter(|at| parts[*at].starts_with(|letter: char| letter.is_ascii_digit())) {
            let (before, own, after) = (parts[..at].concat(), parts[at], parts[at + 1..].concat());
            let size = SIZES[tried % SIZES.len()];
            let context = &contexts[tried / SIZES.len() % contexts.len()];
            // In its place, and beside it.
            for text in [format!("{before}{size}{after}"), format!("{before}{size} {own}{after}")] {
                let understood = understand_in(&text, Lang::Es, &room.index, &room.catalogue, context);
                crate::reading(&understood.intent, &understood.topics, &room.catalogue, Lang::Es);
            }
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} numbers");
}

/// What is said in the talks.
fn said() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../../tests/data/talks.tsv")
        .lines()
        .chain(include_str!("../../tests/data/which-film.tsv").lines());
    let said = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next());
    said.filter(|sentence| !sentence.is_empty())
}

/// What may have been said before a sentence.
fn in_contexts(index: &TitleIndex, run: impl FnOnce(&[Context<'_>])) {
    let film = |title| match index.find(title) {
        TitleMatch::One(movie) => movie,
        other => panic!("{title}: {other:?}"),
    };
    let mummy = film("Mummy, The (1999)");
    let shown = [film("Heat (1995)"), film("Alien (1979)"), mummy, film("Fargo (1996)"), film("Jaws (1975)")];
    let option = |label: &str| ClarifyOption { label: label.to_owned(), text: label.to_owned() };
    let options = [option("The Mummy (1999)"), option("The Mummy (1932)"), option("The Mummy (1959)")];
    let like = [mummy];
    let of_film = |last| Context { about: Some(mummy), last, ..Context::default() };
    let after_list = Context { shown: &shown, goes_on: true, ..Context::default() };
    let contexts = [
        of_film(Last::Film),
        Context { stars: HalfStars::new(6), ..of_film(Last::Rating) },
        of_film(Last::Rating),
        Context { shown: &shown, goes_on: true, like: &like, ..of_film(Last::List) },
        Context { shown: &shown, goes_on: true, ..of_film(Last::Compared(shown[0])) },
        Context { about: Some(mummy), last: Last::Marked(Mark::Seen), ..after_list },
        Context { options: &options, ..after_list },
        Context { options: &options, ..Context::default() },
    ];
    run(&contexts);
}
