//! That understanding ends, whatever a sentence is and whatever was said before it.

use cineswarm_engine::HalfStars;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sample::{index_with_facts, sample};
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
