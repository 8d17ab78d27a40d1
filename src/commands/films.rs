//! Films in words: finding the one a person names, by id or by its exact title, and naming it. Nothing is guessed: where no
//! film or several fit, the error says which come near.

use anyhow::{anyhow, bail};
use cineswarm_engine::movielens::parse_typed_title;
use cineswarm_engine::{Catalogue, Movie, MovieId};

/// How many films an error proposes.
const PROPOSED: usize = 5;

/// A known id, or a title in any case, as "The Matrix", "Matrix, The" or "The Matrix (1999)".
pub(crate) fn find(catalogue: &Catalogue, wanted: &str) -> anyhow::Result<MovieId> {
    if let Some(movie) = wanted.parse().ok().and_then(|id| catalogue.get(id)) {
        return Ok(movie.id);
    }
    let parsed = parse_typed_title(wanted);
    let year_fits = |movie: &Movie| parsed.year.is_none() || movie.year == parsed.year;
    let (whole, title) = (wanted.to_lowercase(), parsed.title.to_lowercase());
    let fitting = |names: fn(&Movie) -> Vec<String>| -> Vec<&Movie> {
        let films = catalogue.movies().iter();
        let fits = |movie: &&Movie| {
            let names = names(movie);
            names.contains(&whole) || (names.contains(&title) && year_fits(movie))
        };
        films.filter(fits).collect()
    };
    let mut fits = fitting(|movie| vec![movie.title.to_lowercase()]);
    if fits.is_empty() {
        fits = fitting(|movie| movie.other_titles.iter().map(|title| title.to_lowercase()).collect());
    }
    match fits.as_slice() {
        [movie] => Ok(movie.id),
        [] => {
            let near = nearest(catalogue, &title);
            Err(anyhow!("no film is called \"{}\"; near it are: {}", wanted.escape_debug(), in_words(&near)))
        }
        several => bail!(
            "{} films are called \"{}\": {}; give the year as in \"TITLE (YEAR)\", or the id",
            several.len(),
            wanted.escape_debug(),
            in_words(&several[..several.len().min(2 * PROPOSED)])
        ),
    }
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
