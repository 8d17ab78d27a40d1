//! Search while a person types: the last word may be unfinished, and any may be misspelt.
//! Never decides that one film is meant; it offers.

use std::cmp::Reverse;

use cineswarm_engine::MovieId;

use super::{Hit, MAX_CANDIDATES, MAX_NEAREST, MAX_TITLE_TOKENS, NameKind, TitleIndex, keys, split_year};
use crate::words::fold::{Token, tokenize, without_article};
use crate::words::spelling::{Signature, Spelling};

impl TitleIndex {
    /// Films whose title begins with, contains or resembles what was typed so far; the best first, and of equally
    /// good ones the most rated. The last word may be unfinished.
    pub fn search(&self, text: &str, limit: usize) -> Vec<Hit> {
        let tokens = tokenize(text);
        let tokens = &tokens[..tokens.len().min(MAX_TITLE_TOKENS)];
        if tokens.is_empty() || limit == 0 {
            return Vec::new();
        }
        // How well each film fits, from 0 (not at all) to 5; parallel to `films`.
        let mut tiers = vec![0u8; self.films.len()];
        self.search_exact(tokens, &mut tiers);
        if found(&tiers) < limit
            && let Some((without_year, year)) = split_year(tokens)
        {
            let mut dated = vec![0u8; self.films.len()];
            self.search_exact(without_year, &mut dated);
            for ((tier, dated), film) in tiers.iter_mut().zip(dated).zip(&self.films) {
                if film.year == Some(year) {
                    *tier = dated.max(*tier);
                }
            }
        }
        // What was typed is spelt right if a few titles have it.
        if found(&tiers) < limit.min(MAX_NEAREST) {
            self.search_typos(tokens, &mut tiers);
        }
        let mut ranked: Vec<(Reverse<u8>, Reverse<u32>, MovieId)> = tiers
            .iter()
            .zip(&self.films)
            .filter(|(tier, _)| **tier > 0)
            .map(|(tier, film)| (Reverse(*tier), Reverse(film.ratings), film.id))
            .collect();
        if ranked.len() > limit {
            ranked.select_nth_unstable(limit);
            ranked.truncate(limit);
        }
        ranked.sort_unstable();
        ranked
            .into_iter()
            .map(|(Reverse(tier), _, movie_id)| Hit { movie_id, quality: f32::from(tier) / 5.0 })
            .collect()
    }

    fn search_exact(&self, tokens: &[Token], tiers: &mut [u8]) {
        let stripped = without_article(tokens);
        let article = if stripped.len() < tokens.len() { tokens[0].word.as_str() } else { "" };
        for (tokens, article) in [(tokens, ""), (stripped, article)] {
            for wanted in keys(tokens) {
                let from = self.sorted_names.partition_point(|name| self.names[*name as usize].key < wanted);
                let begins = |name: &&u32| self.names[**name as usize].key.starts_with(&wanted);
                for name in self.sorted_names[from..].iter().take_while(begins) {
                    let name = &self.names[*name as usize];
                    let tier = match (name.key.len() == wanted.len(), name.kind) {
                        (true, NameKind::Title | NameKind::OtherTitle) => 5,
                        (_, NameKind::Segment) => 3,
                        _ => 4,
                    };
                    // With another article than the one typed it is less likely meant.
                    raise(
                        tiers,
                        name.film,
                        if article.is_empty() || article == name.article { tier } else { tier - 1 },
                    );
                }
            }
        }
        // A letter or two begin a word of nearly every title; those that begin the title are enough.
        if tokens.len() == 1 && tokens[0].word.chars().count() <= 2 && found(tiers) >= MAX_CANDIDATES {
            return;
        }
        let places: Vec<Vec<u32>> = tokens.iter().map(|token| self.words_beginning_with(token)).collect();
        self.raise_names_with_all(&places, 3, tiers);
    }

    fn search_typos(&self, tokens: &[Token], tiers: &mut [u8]) {
        for film in self.close(tokens) {
            raise(tiers, film, 2);
        }
        let last = tokens.len() - 1;
        let places: Vec<Vec<u32>> = tokens
            .iter()
            .enumerate()
            .map(|(at, token)| {
                let mut places = self.words_beginning_with(token);
                if places.is_empty() {
                    places = self.nearest_words(&token.word, 2);
                }
                if places.is_empty() && at == last {
                    places = self.words_nearly_beginning_with(&token.word);
                }
                places
            })
            .collect();
        self.raise_names_with_all(&places, 2, tiers);
    }

    fn words_beginning_with(&self, token: &Token) -> Vec<u32> {
        let mut places = Vec::new();
        for text in [&token.word, &token.canonical] {
            let from = self.vocabulary.partition_point(|word| word.text.as_str() < text.as_str());
            let count = self.vocabulary[from..].iter().take_while(|word| word.text.starts_with(text.as_str())).count();
            places.extend((from..from + count).map(|place| place as u32));
            if token.word == token.canonical {
                break;
            }
        }
        places
    }

    /// Words whose beginning is one typo from what was typed so far.
    fn words_nearly_beginning_with(&self, typed: &str) -> Vec<u32> {
        let length = typed.chars().count();
        if length < 4 {
            return Vec::new();
        }
        let spelling = Spelling::within(typed, 1);
        self.vocabulary
            .iter()
            .enumerate()
            .filter(|(_, word)| word.text.bytes().next() == typed.bytes().next())
            .filter(|(_, word)| {
                let beginning = word.text.char_indices().nth(length).map_or(&*word.text, |(end, _)| &word.text[..end]);
                spelling.distance(beginning, Signature::new(beginning)).is_some()
            })
            .map(|(place, _)| place as u32)
            .collect()
    }

    fn raise_names_with_all(&self, places: &[Vec<u32>], tier: u8, tiers: &mut [u8]) {
        if places.is_empty() || places.iter().any(Vec::is_empty) {
            return;
        }
        let mut words_found = vec![0u8; self.names.len()];
        for (wanted, places) in (0u8..).zip(places) {
            for name in places.iter().flat_map(|place| &self.vocabulary[*place as usize].names) {
                let found = &mut words_found[*name as usize];
                if *found == wanted {
                    *found = wanted + 1;
                }
            }
        }
        for (name, found) in self.names.iter().zip(words_found) {
            if usize::from(found) == places.len() {
                raise(tiers, name.film, tier);
            }
        }
    }
}

fn raise(tiers: &mut [u8], film: u32, tier: u8) {
    let known = &mut tiers[film as usize];
    *known = tier.max(*known);
}

fn found(tiers: &[u8]) -> usize {
    tiers.iter().filter(|tier| **tier > 0).count()
}
