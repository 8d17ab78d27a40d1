//! Talks in which one film of several of a name is meant: which one shows by its year, which other tests leave out.

use super::sample::{index_with_facts, sample};
use super::sentences::{Talk, reading_in_short, shown_before};
use super::*;
use crate::{replies, understand_in};

#[test]
fn the_film_that_is_meant_of_several_is_taken() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
    let list = shown_before(&index);
    let mut talk = Talk::default();
    let mut said = Vec::new();
    let mut amiss = Vec::new();
    for line in include_str!("../../tests/data/which-film.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((sentence, wanted)) = line.split_once('\t') else {
            (talk, said) = (Talk::default(), Vec::new());
            continue;
        };
        said.push(sentence);
        let understood = understand_in(sentence, Lang::En, &index, &catalogue, &talk.context());
        let kind = reading_in_short(&understood, &catalogue);
        let words = replies::describe(&understood.intent, &understood.topics, &catalogue, Lang::En);
        let (wanted_kind, film) = wanted.split_once(" | ").unwrap_or((wanted, ""));
        if !kind.starts_with(wanted_kind) || !words.contains(film) {
            amiss.push(format!("{}: {kind} <{words}>, not {wanted}", said.join(" / ")));
        }
        talk.go_on(&understood, &list, &catalogue, &index);
    }
    assert!(amiss.is_empty(), "{}", amiss.join("\n"));
}
