//! What films are, as attributes that several films may have: genres, themes, tags, a decade, who directed and is in them, a
//! series, a language.

use std::collections::{BTreeMap, BTreeSet};

use super::signals::{LEADING_CAST, own_language};
use crate::models::FilmContent;

/// Viewers who gave a film a tag, from whom on it is one of the film: what one alone types may be anything.
const VIEWERS_OF_A_TAG: u32 = 2;
/// Genres of a film that as a whole say what it is: a comedy and nothing else is not what a tragicomic romance is.
const GENRES_OF_A_WHOLE: usize = 3;
/// The least chance of anything, in view of how little is known of what few films have.
const RAREST: f32 = 0.001;
/// That of a decade: who likes one old film has seen others, and the lists know of time.
const RAREST_DECADE: f32 = 0.05;
const MOST_LIKELY: f32 = 0.99;

/// Something may be a tag and a genre, and somebody direct and act; these are two attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Genre,
    Genres,
    Theme,
    Tag,
    Decade,
    Director,
    Cast,
    Series,
    Language,
}

/// The attributes of all films, numbered from 0. One that no other film has says nothing and is left out.
pub(super) struct Attributes {
    /// Ascending, of each film in the order of the columns.
    pub of_films: Vec<Vec<u32>>,
    /// How likely a film that anybody likes is to have it: its share of all likes, and a little more.
    pub chances: Vec<f32>,
}

impl Attributes {
    /// Takes what is known of the films and how many like each.
    pub fn new(content: &FilmContent, likes: &[f32]) -> Attributes {
        let named: Vec<BTreeSet<(Kind, String)>> = (0..likes.len()).map(|column| named(content, column)).collect();
        let mut counted: BTreeMap<&(Kind, String), (u32, f32)> = BTreeMap::new();
        for (attributes, likes) in named.iter().zip(likes) {
            for attribute in attributes {
                let (films, likes_of_all) = counted.entry(attribute).or_default();
                *films += 1;
                *likes_of_all += likes;
            }
        }
        counted.retain(|_, (films, _)| *films > 1);
        let all = likes.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let chance = |(attribute, (_, likes)): (&&(Kind, String), &(u32, f32))| {
            let rarest = if attribute.0 == Kind::Decade { RAREST_DECADE } else { RAREST };
            (likes / all + rarest).min(MOST_LIKELY)
        };
        let chances = counted.iter().map(chance).collect();
        let numbers: BTreeMap<&(Kind, String), u32> = counted.into_keys().zip(0..).collect();
        let numbered = |attributes: &BTreeSet<(Kind, String)>| {
            attributes.iter().filter_map(|attribute| numbers.get(attribute).copied()).collect()
        };
        Attributes { of_films: named.iter().map(numbered).collect(), chances }
    }
}

fn named(content: &FilmContent, column: usize) -> BTreeSet<(Kind, String)> {
    let mut named = BTreeSet::new();
    let mut add = |kind: Kind, names: &[String]| {
        named.extend(names.iter().map(|name| (kind, name.to_lowercase())));
    };
    if let Some(movie) = content.movie(column) {
        add(Kind::Genre, &movie.genres);
        if movie.genres.len() <= GENRES_OF_A_WHOLE {
            let mut genres = movie.genres.clone();
            genres.sort_unstable();
            add(Kind::Genres, &[genres.join("|")]);
        }
        let decade = movie.year.map(|year| (year / 10).to_string());
        add(Kind::Decade, decade.as_slice());
    }
    let mut given: BTreeMap<&String, u32> = BTreeMap::new();
    content.tags(column).iter().for_each(|tag| *given.entry(tag).or_default() += 1);
    for (tag, _) in given.into_iter().filter(|(_, viewers)| *viewers >= VIEWERS_OF_A_TAG) {
        add(Kind::Tag, std::slice::from_ref(tag));
    }
    if let Some(facts) = content.facts(column) {
        add(Kind::Theme, &facts.themes);
        add(Kind::Director, &facts.directors);
        add(Kind::Cast, &facts.cast[..facts.cast.len().min(LEADING_CAST)]);
        add(Kind::Series, facts.series.as_slice());
        add(Kind::Language, &own_language(&facts.languages));
    }
    named
}
