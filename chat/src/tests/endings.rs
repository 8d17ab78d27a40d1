//! That understanding ends, whatever a sentence is and whatever was said before it.

use cineswarm_engine::HalfStars;

use super::sample::{index_with_facts, sample};
use super::*;
use crate::{ClarifyOption, Context, Last, understand_in};

/// Whatever a sentence is put for again and again, it ends: one such had taken the stack, and with it the whole server.
#[test]
fn every_sentence_of_every_talk_ends_after_whatever_was_said_before() {
    let Some(catalogue) = sample() else { return };
    let index = index_with_facts(&catalogue);
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
    let lines = include_str!("../../tests/data/talks.tsv")
        .lines()
        .chain(include_str!("../../tests/data/which-film.tsv").lines());
    let said = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next());
    for (at, sentence) in said.filter(|sentence| !sentence.is_empty()).enumerate() {
        let context = &contexts[at % contexts.len()];
        understand_in(sentence, Lang::Es, &index, &catalogue, context);
    }
}
