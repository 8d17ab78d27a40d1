//! A wish that says for whom or when films are wanted, and hardly which: "what should two hungover flatmates watch", "somos seis
//! y nadie se pone de acuerdo". Looked at only where nothing was understood; the answer says what was not taken into account.
//! The phrases are in `data/occasions.tsv`, which a translator can edit: `wish` asks for films, `occasion` says for whom or
//! when, and `group` that several want different things, who are best served by what many like.

use std::sync::LazyLock;

use crate::decide::without_titles;
use crate::intent::Intent;
use crate::request::Request;
use crate::words::lexicon::{self, Meaning};
use crate::words::patterns;
use crate::{Chat, Ignored};

static OCCASIONS: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/occasions.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(kind, phrase)| (kind, phrase.split(' ').collect())).collect()
});

impl Chat<'_> {
    /// Films that suit most people, with what else the sentence asks for and what of it is left out.
    pub(crate) fn wish_for_an_occasion(&self) -> Option<(Intent, Request, Ignored)> {
        let sentence = self.reader.sentence;
        let words: Vec<&str> = sentence.tokens.iter().map(|token| token.word.as_str()).collect();
        let said = |kind: &str| {
            let phrases = OCCASIONS.iter().filter(move |(own, _)| *own == kind);
            let mut places = Vec::new();
            for (_, phrase) in phrases {
                let starts = words.windows(phrase.len()).enumerate().filter(|(_, said)| said == phrase);
                places.extend(starts.map(|(at, _)| (at, at + phrase.len())));
            }
            places
        };
        let (wishes, groups, occasions) = (said("wish"), said("group"), said("occasion"));
        let is_for_several = !groups.is_empty();
        if !is_for_several && (wishes.is_empty() || occasions.is_empty()) {
            return None;
        }
        // "recommend me nothing with subtitles" rules out what is not known.
        let rules_out = || (0..words.len()).any(|at| lexicon::after(&sentence.tokens, at, Meaning::Not).is_some());
        let mut request = self.reader.read();
        if !request.titles.is_empty() || !self.reader.films_named().is_empty() || (!is_for_several && rules_out()) {
            return None;
        }
        request.popular |= is_for_several && !request.less_known;
        (request.for_me, request.more) = (true, false);
        let is_of_wish =
            |at: usize| wishes.iter().any(|(from, to)| (*from..*to).contains(&at)) || patterns::is_courtesy(words[at]);
        let left_out = std::mem::take(&mut request.unread).into_iter().filter_map(|(mut from, mut to)| {
            while from < to && is_of_wish(from) {
                from += 1;
            }
            while from < to && is_of_wish(to - 1) {
                to -= 1;
            }
            (from < to).then_some((from, to))
        });
        let left_out = left_out.collect();
        Some((without_titles(&request), request, left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_of_a_known_kind() {
        assert!(OCCASIONS.len() > 50);
        for (kind, phrase) in OCCASIONS.iter() {
            assert!(matches!(*kind, "wish" | "group" | "occasion"), "{kind}");
            let words: Vec<String> = tokenize(&phrase.join(" ")).into_iter().map(|token| token.word).collect();
            assert_eq!(words, *phrase);
        }
    }
}
