//! The terminal and the page give the same film to the same title, or ask the same back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use cineswarm_engine::dataset::{ImportOptions, import};
use cineswarm_master::chat::{Intent, Lang, understand};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::*;

const TITLES: usize = 2_000;

fn sample() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/ml-latest-small");
    let folder = std::env::var_os("CINESWARM_TEST_DATA").map_or(beside, PathBuf::from);
    if folder.join("movies.csv").is_file() {
        return Some(folder);
    }
    println!("SKIPPED: no MovieLens sample; set CINESWARM_TEST_DATA to the folder of ml-latest-small");
    None
}

/// With the year, without it, with the article behind, with accents taken off or apart, and with two letters swapped.
fn spellings(movie: &Movie, number: usize) -> [String; 5] {
    let title = &movie.title;
    let moved = match title.split_once(' ') {
        Some((article @ ("The" | "A" | "An" | "La" | "Le" | "El"), rest)) if number.is_multiple_of(2) => {
            format!("{rest}, {article}")
        }
        Some((article, rest)) if article == "The" => rest.to_owned(),
        _ => title.to_lowercase(),
    };
    let apart = title.nfd();
    let accents = match number % 2 {
        0 => apart.filter(|letter| !is_combining_mark(*letter)).collect(),
        _ => apart.collect(),
    };
    let mut letters: Vec<char> = title.chars().collect();
    let at = (number * 7) % letters.len().saturating_sub(1).max(1);
    if letters.len() > 1 {
        letters.swap(at, at + 1);
    }
    [with_year(movie), title.clone(), moved, accents, letters.into_iter().collect()]
}

/// The films that the page takes, or those that it asks about, by name.
fn on_the_page(finder: &Finder<'_>, title: &str) -> Result<Vec<MovieId>, Vec<String>> {
    let sentence = format!("films like {title}");
    match understand(&sentence, Lang::En, &finder.index, finder.catalogue).intent {
        Intent::Like { movies, .. } => Ok(movies),
        Intent::Clarify { options, .. } => Err(options.into_iter().map(|option| option.label).collect()),
        Intent::UnknownTitle { nearest, .. } => {
            let known = nearest.iter().filter_map(|movie| finder.catalogue.get(*movie));
            Err(known.map(with_year).collect())
        }
        other => panic!("{sentence:?} is read as {other:?}"),
    }
}

#[test]
fn two_thousand_titles_in_five_spellings_mean_the_same_on_the_terminal_and_on_the_page() {
    let Some(folder) = sample() else { return };
    let data_dir = tempfile::tempdir().unwrap();
    import(&folder, &ImportOptions::new(data_dir.path(), "small", 1_800_000_000), &mut |_| {}).unwrap();
    let dataset = Dataset::open(data_dir.path(), "small").unwrap();
    let finder = Finder::new(&dataset);
    let movies = dataset.catalogue().movies();
    let mut differing = Vec::new();
    let (mut right, mut asked) = ([0; 5], [0; 5]);
    for (number, movie) in movies.iter().step_by(movies.len() / TITLES).take(TITLES).enumerate() {
        for (kind, title) in spellings(movie, number).into_iter().enumerate() {
            let page = on_the_page(&finder, &title);
            let terminal = finder.find_all(&title);
            let same = match (&page, &terminal) {
                (Ok(page), Ok(terminal)) => page == terminal,
                // The page has no ids; where a number is one, the terminal asks, and names what the page takes.
                (Ok(page), Err(question)) => {
                    let named = |movie: &MovieId| question.to_string().contains(&with_year(finder.catalogue.get(*movie).unwrap()));
                    title.parse::<MovieId>().is_ok() && page.iter().all(named)
                }
                (Err(options), Err(question)) => {
                    let question = question.to_string();
                    options.iter().all(|option| question.contains(option.as_str()))
                }
                (Err(_), Ok(_)) => false,
            };
            if !same {
                differing.push(format!("{title:?}: {page:?} on the page, {terminal:?} on the terminal"));
            }
            right[kind] += usize::from(terminal.as_ref().is_ok_and(|found| found.as_slice() == [movie.id]));
            asked[kind] += usize::from(terminal.is_err());
        }
    }
    println!("of {TITLES} titles the film itself: {right:?}, asked back: {asked:?}, by spelling");
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    assert!(right[0] * 100 >= TITLES * 99, "with the year {} of {TITLES} titles are found", right[0]);
}
