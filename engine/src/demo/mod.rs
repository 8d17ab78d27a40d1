//! The bundled demonstration data: real films (facts) and simulated viewers (invented, from a seed), so that the
//! farm gives answers that make sense without any download. Never opens a file and never reads the clock.

mod tastes;
mod viewers;

use crate::catalogue::Movie;
use crate::rating::MovieId;

pub use viewers::{DemoRating, SEED, VIEWERS, ratings};

/// One film a line; its place is its id, so a film is added at the end and none is ever taken out.
const FILMS: &str = include_str!("films.tsv");

/// The first line of `films.tsv`.
const HEADER: &str = "title\tyear\tgenres\tfame\tacclaim\tthemes\tother titles";

/// The genres a bundled film may have, in MovieLens' spelling.
pub const GENRES: [&str; 19] = [
    "Action",
    "Adventure",
    "Animation",
    "Children",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "IMAX",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// What a film is about, how it is made, or where it comes from, as far as it decides who likes it.
///
/// Used for simulating viewers only; at most 128, because a film's themes are kept as the bits of a `u128`.
const THEMES: &[&str] = &[
    "african",
    "ai",
    "alien",
    "animals",
    "anime",
    "australian",
    "biopic",
    "black-comedy",
    "british",
    "chinese",
    "christmas",
    "coming-of-age",
    "cop",
    "courtroom",
    "cult",
    "dance",
    "detective",
    "dinosaurs",
    "disaster",
    "disney",
    "dreamworks",
    "dystopia",
    "east-europe",
    "epic",
    "fairy-tale",
    "food",
    "french",
    "gangster",
    "german",
    "ghibli",
    "ghost",
    "heist",
    "high-school",
    "hitchcock",
    "holocaust",
    "indian",
    "iranian",
    "italian",
    "japanese",
    "journalism",
    "korean",
    "latin",
    "magic",
    "martial-arts",
    "mind-bending",
    "mockumentary",
    "monster",
    "music",
    "nature",
    "nordic",
    "occult",
    "period",
    "pixar",
    "politics",
    "prison",
    "quest",
    "revenge",
    "road-trip",
    "romcom",
    "russian",
    "samurai",
    "satire",
    "serial-killer",
    "showbiz",
    "silent",
    "slasher",
    "space",
    "spaghetti",
    "spanish",
    "spoof",
    "sports",
    "spy",
    "superhero",
    "survival",
    "swashbuckler",
    "time-travel",
    "vampire",
    "vietnam",
    "ww1",
    "ww2",
    "zombie",
];

/// A fault in the bundled data: one of the build, not of anything the user did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A line of the bundled films cannot be read.
    #[error("reading line {line} of the bundled films: {reason}; this is a fault of this build, use another dataset")]
    Film {
        /// Counted from 1, the heading included.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A taste of the simulated viewers refers to nothing a film can have.
    #[error("reading the simulated taste {name:?}: {reason}; this is a fault of this build, use another dataset")]
    Taste {
        /// The name of the taste.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// A film with what only the simulation uses.
struct Film {
    movie: Movie,
    /// How widely it is seen, 1 to 5: a judgment, not a fact.
    fame: u8,
    /// How well it is generally received, 1 to 5: a judgment, not a fact.
    acclaim: u8,
    /// Bit `i` stands for `THEMES[i]`.
    themes: u128,
}

/// The bundled films, with ids 1, 2, 3, ... in ascending order.
pub fn movies() -> Result<Vec<Movie>, Error> {
    Ok(films()?.into_iter().map(|film| film.movie).collect())
}

fn films() -> Result<Vec<Film>, Error> {
    parse(FILMS)
}

fn parse(text: &str) -> Result<Vec<Film>, Error> {
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(Error::Film { line: 1, reason: format!("the heading is not {HEADER:?}") });
    }
    (1..)
        .zip(lines)
        .map(|(id, line)| parse_film(id, line).map_err(|reason| Error::Film { line: id as usize + 1, reason }))
        .collect()
}

fn parse_film(id: MovieId, line: &str) -> Result<Film, String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[title, year, genres, fame, acclaim, themes, other_titles] = fields.as_slice() else {
        return Err(format!("{} fields instead of 7", fields.len()));
    };
    if title.trim().is_empty() {
        return Err("no title".to_owned());
    }
    let year: u16 = year.parse().map_err(|_| format!("the year {year:?} is not a number"))?;
    let genres = listed(genres).map(known_genre).collect::<Result<Vec<String>, String>>()?;
    let themes = listed(themes).try_fold(0, |bits, theme| Ok::<u128, String>(bits | theme_bit(theme)?))?;
    Ok(Film {
        movie: Movie {
            id,
            title: title.to_owned(),
            other_titles: listed(other_titles).map(str::to_owned).collect(),
            year: Some(year),
            genres,
            imdb_id: None,
            tmdb_id: None,
        },
        fame: one_to_five("fame", fame)?,
        acclaim: one_to_five("acclaim", acclaim)?,
        themes,
    })
}

/// The parts of a field that holds several values, or none.
fn listed(field: &str) -> impl Iterator<Item = &str> {
    field.split('|').filter(|part| !part.is_empty())
}

fn known_genre(name: &str) -> Result<String, String> {
    GENRES.contains(&name).then(|| name.to_owned()).ok_or_else(|| format!("{name:?} is not one of the genres"))
}

fn theme_bit(name: &str) -> Result<u128, String> {
    let at = THEMES.iter().position(|known| *known == name).ok_or_else(|| format!("{name:?} is not a theme"))?;
    Ok(1 << at)
}

fn one_to_five(what: &str, field: &str) -> Result<u8, String> {
    match field.parse() {
        Ok(value @ 1..=5) => Ok(value),
        _ => Err(format!("{what} is {field:?} instead of 1 to 5")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn the_bundled_films_are_at_least_a_thousand_and_numbered_in_order() {
        let movies = movies().unwrap();
        assert!(movies.len() >= 1000, "only {} films", movies.len());
        for (expected, movie) in (1..).zip(&movies) {
            assert_eq!(movie.id, expected);
            assert!((1920..=2024).contains(&movie.year.unwrap()), "{} of {:?}", movie.title, movie.year);
            assert_eq!(movie.title, movie.title.trim());
            assert!(!movie.genres.is_empty(), "{} has no genre", movie.title);
            let distinct: BTreeSet<&String> = movie.genres.iter().collect();
            assert_eq!(distinct.len(), movie.genres.len(), "{} has a genre twice", movie.title);
        }
    }

    #[test]
    fn a_title_and_year_name_one_film() {
        let mut known = BTreeSet::new();
        for movie in movies().unwrap() {
            assert!(
                known.insert((movie.title.clone(), movie.year)),
                "{} ({:?}) is there twice",
                movie.title,
                movie.year
            );
        }
        for title_and_year in [("Heat", 1995), ("Alien", 1979), ("Fargo", 1996), ("Toy Story", 1995)] {
            assert!(known.contains(&(title_and_year.0.to_owned(), Some(title_and_year.1))), "{title_and_year:?}");
        }
    }

    #[test]
    fn remakes_are_there_to_show_how_a_title_is_told_apart() {
        let mut years: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        for movie in movies().unwrap() {
            years.entry(movie.title).or_default().extend(movie.year);
        }
        for (title, expected) in [
            ("The Thing", vec![1982, 2011]),
            ("Invasion of the Body Snatchers", vec![1956, 1978]),
            ("King Kong", vec![1933, 1976, 2005]),
            ("Dune", vec![1984, 2021]),
            ("Scarface", vec![1932, 1983]),
            ("A Star Is Born", vec![1937, 1954, 1976, 2018]),
            ("Nosferatu", vec![1922, 2024]),
        ] {
            assert_eq!(years[title], expected, "{title}");
        }
    }

    #[test]
    fn every_decade_and_genre_has_films() {
        let movies = movies().unwrap();
        for decade in (1920..=2020).step_by(10) {
            let films = movies.iter().filter(|movie| movie.year.unwrap() / 10 * 10 == decade).count();
            assert!(films >= 10, "{films} films of the {decade}s");
        }
        for genre in GENRES {
            let films = movies.iter().filter(|movie| movie.genres.iter().any(|own| own == genre)).count();
            assert!(films >= 20, "{films} films of genre {genre}");
        }
    }

    #[test]
    fn every_theme_is_that_of_some_film_and_fits_its_bit() {
        assert!(THEMES.len() <= 128);
        let used = films().unwrap().iter().fold(0, |bits, film| bits | film.themes);
        for theme in THEMES {
            assert_ne!(used & theme_bit(theme).unwrap(), 0, "no film has the theme {theme}");
        }
    }

    #[test]
    fn a_broken_line_is_named_with_its_reason() {
        for (line, expected) in [
            ("Heat\t1995\tCrime\t5\t5\theist", "6 fields instead of 7"),
            ("\t1995\tCrime\t5\t5\theist\t", "no title"),
            ("Heat\tMCMXCV\tCrime\t5\t5\theist\t", "the year \"MCMXCV\" is not a number"),
            ("Heat\t1995\tCrimes\t5\t5\theist\t", "\"Crimes\" is not one of the genres"),
            ("Heat\t1995\tCrime\t6\t5\theist\t", "fame is \"6\" instead of 1 to 5"),
            ("Heat\t1995\tCrime\t5\t0\theist\t", "acclaim is \"0\" instead of 1 to 5"),
            ("Heat\t1995\tCrime\t5\t5\theists\t", "\"heists\" is not a theme"),
        ] {
            let error = parse(&format!("{HEADER}\n{line}")).err().unwrap();
            assert_eq!(error, Error::Film { line: 2, reason: expected.to_owned() });
        }
        assert!(matches!(parse("Heat\t1995"), Err(Error::Film { line: 1, .. })));
    }
}
