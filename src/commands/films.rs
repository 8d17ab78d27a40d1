//! Films in words: finding the one a person names, by id or by its exact title, and naming it. Nothing is guessed: where no
//! film or several fit, the error says which come near.

use anyhow::{anyhow, bail};
use cineswarm_engine::movielens::{folded_title, parse_typed_title};
use cineswarm_engine::{Catalogue, Movie, MovieId};
use unicode_normalization::UnicodeNormalization;

/// How many films an error proposes.
const PROPOSED: usize = 5;

/// The films that a text names: titles or ids with semicolons between them, of which a title may have some itself.
pub(crate) fn find_all(catalogue: &Catalogue, text: &str) -> anyhow::Result<Vec<MovieId>> {
    let parts: Vec<&str> = text.split(';').collect();
    let (mut found, mut from) = (Vec::new(), 0);
    while from < parts.len() {
        // The longest title that begins here goes before those in it.
        let longest = (from + 2..=parts.len()).rev().find_map(|to| {
            let joined = parts[from..to].join(";");
            Some((find(catalogue, joined.trim()).ok()?, to))
        });
        match longest {
            Some((film, to)) => {
                found.push(film);
                from = to;
            }
            None => {
                let part = parts[from].trim();
                if !part.is_empty() {
                    found.push(find(catalogue, part)?);
                }
                from += 1;
            }
        }
    }
    Ok(found)
}

/// A known id, or a title in any case and with accents in any form, as "The Matrix", "Matrix, The" or "The Matrix (1999)".
/// A number that is both is asked about; "id 300" is the id.
pub(crate) fn find(catalogue: &Catalogue, wanted: &str) -> anyhow::Result<MovieId> {
    let told = wanted.strip_prefix("id").map(|id| id.trim_start_matches([' ', ':', '=']));
    if let Some(movie) = told.and_then(|id| id.parse().ok()).and_then(|id| catalogue.get(id)) {
        return Ok(movie.id);
    }
    let by_id = wanted.parse().ok().and_then(|id| catalogue.get(id));
    let fits = called(catalogue, wanted);
    match (by_id, fits.as_slice()) {
        (Some(movie), []) => Ok(movie.id),
        (Some(by_id), [first, ..]) => bail!(
            "{wanted} is the id of {} and the title of {}; write \"id {wanted}\" for the one, or \"{}\" for the other",
            with_year(by_id),
            in_words(&fits[..fits.len().min(2 * PROPOSED)]),
            with_year(first)
        ),
        (None, [movie]) => Ok(movie.id),
        (None, []) => {
            let near = nearest(catalogue, &parse_typed_title(wanted).title.to_lowercase());
            Err(anyhow!("no film is called \"{}\"; near it are: {}", wanted.escape_debug(), in_words(&near)))
        }
        (None, several) => bail!(
            "{} films are called \"{}\": {}; give the year as in \"TITLE (YEAR)\", or the id",
            several.len(),
            wanted.escape_debug(),
            in_words(&several[..several.len().min(2 * PROPOSED)])
        ),
    }
}

/// The films with this title, or else with this other title; as it is typed, or else without accents and punctuation.
fn called<'a>(catalogue: &'a Catalogue, wanted: &str) -> Vec<&'a Movie> {
    let parsed = parse_typed_title(wanted);
    let year_fits = |movie: &Movie| parsed.year.is_none() || movie.year == parsed.year;
    let lower = |text: &str| text.nfc().collect::<String>().to_lowercase();
    for form in [&lower as &dyn Fn(&str) -> String, &folded_title] {
        let (whole, title) = (form(wanted), form(&parsed.title));
        let fitting = |names: &dyn Fn(&Movie) -> Vec<String>| -> Vec<&Movie> {
            let fits = |movie: &&Movie| {
                let names = names(movie);
                names.contains(&whole) || (names.contains(&title) && year_fits(movie))
            };
            catalogue.movies().iter().filter(fits).collect()
        };
        let fits = fitting(&|movie| vec![form(&movie.title)]);
        if !fits.is_empty() {
            return fits;
        }
        let fits = fitting(&|movie| movie.other_titles.iter().map(|title| form(title)).collect());
        if !fits.is_empty() {
            return fits;
        }
    }
    Vec::new()
}

/// The films whose titles are most similar, those that contain the text first.
fn nearest<'a>(catalogue: &'a Catalogue, title: &str) -> Vec<&'a Movie> {
    let mut scored: Vec<(bool, f64, &Movie)> = catalogue
        .movies()
        .iter()
        .map(|movie| {
            let own = movie.title.to_lowercase();
            (own.contains(title), strsim::jaro_winkler(&own, title), movie)
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.id.cmp(&b.2.id)));
    scored.into_iter().take(PROPOSED).map(|(_, _, movie)| movie).collect()
}

fn in_words(movies: &[&Movie]) -> String {
    let each: Vec<String> = movies.iter().map(|movie| format!("{} [id {}]", with_year(movie), movie.id)).collect();
    each.join(", ")
}

/// The films in words, for a heading.
pub(crate) fn listed(catalogue: &Catalogue, movies: &[MovieId]) -> String {
    let known: Vec<String> = movies.iter().filter_map(|movie| catalogue.get(*movie)).map(with_year).collect();
    known.join(", ")
}

/// "Heat (1995)".
pub(crate) fn with_year(movie: &Movie) -> String {
    let title = for_terminal(&movie.title);
    movie.year.map_or_else(|| title.clone(), |year| format!("{title} ({year})"))
}

/// Titles come from files of others and must not steer the terminal.
pub(crate) fn for_terminal(text: &str) -> String {
    text.replace(char::is_control, " ")
}
