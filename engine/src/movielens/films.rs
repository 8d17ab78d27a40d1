//! The films: the movies file of any layout, and the links where a layout has them.

use std::collections::HashMap;

use super::fields::{Fault, decode, id, shown};
use super::layout::Role;
use super::tags::{CsvRow, for_each_csv_row};
use super::{BadReason, BadRows, Error, Layout, Source, parse_title};
use crate::catalogue::Movie;
use crate::rating::MovieId;

/// What the layouts write where a film has no genre.
const NO_GENRES: [&str; 2] = ["(no genres listed)", "unknown"];

/// The columns of flags in `u.item`, in order, as the README of 100k gives them, should `u.genre` be absent.
const HUNDRED_K_GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// Fields of `u.item` before the flags: id, title, release, video release, address.
const HUNDRED_K_FIELDS: usize = 5;

impl Source {
    /// Reads all films with their links, each id once. Fails if more than the fraction `allowed` of a file is bad.
    pub fn read_movies(&mut self, bad_rows: &mut BadRows, allowed: f64) -> Result<Vec<Movie>, Error> {
        let file = self.file_name(Role::Movies).to_owned();
        let text = decode(self.read_whole(Role::Movies)?.unwrap_or_default());
        let mut films = Films { file: &file, bad_rows, rows: 0, movies: Vec::new(), places: HashMap::new() };
        match self.layout() {
            Layout::Csv | Layout::Kaggle => {
                for_each_csv_row(&file, &text, ["movieId", "title", "genres"], &[], |line, row| {
                    films.add(line, row.and_then(|row| movie(row.get(0), row.get(1), row.get(2).split('|'))));
                })?;
            }
            Layout::Dat => {
                for (line, row) in lines(&text) {
                    films.add(line, movie_from_dat(row));
                }
            }
            Layout::HundredK => {
                let genres = self.read_whole(Role::Genres)?.map(|bytes| genres_from_list(&decode(bytes)));
                let genres = genres.unwrap_or_else(|| HUNDRED_K_GENRES.map(str::to_owned).to_vec());
                for (line, row) in lines(&text) {
                    films.add(line, movie_from_item(row, &genres));
                }
            }
        }
        let Films { rows, mut movies, places, .. } = films;
        bad_rows.check(&file, rows, allowed)?;
        if movies.is_empty() {
            return Err(Error::Empty { file });
        }
        self.read_links(&mut movies, &places, bad_rows, allowed)?;
        Ok(movies)
    }

    fn read_links(
        &mut self,
        movies: &mut [Movie],
        places: &HashMap<MovieId, usize>,
        bad_rows: &mut BadRows,
        allowed: f64,
    ) -> Result<(), Error> {
        let file = self.file_name(Role::Links).to_owned();
        let Some(bytes) = self.read_whole(Role::Links)? else { return Ok(()) };
        let mut rows = 0;
        for_each_csv_row(&file, &decode(bytes), ["movieId", "imdbId", "tmdbId"], &[1, 2], |line, row| {
            rows += 1;
            let link = || -> Result<(), Fault> {
                let row = row?;
                let movie = id(row.get(0).as_bytes(), "the film id")?;
                let Some(place) = places.get(&movie) else {
                    return Err((BadReason::UnknownFilm, format!("film {movie} is in no movies file")));
                };
                let number = |text: &str, what| match text {
                    "" => Ok(None),
                    _ => id(text.as_bytes(), what).map(Some),
                };
                let (imdb_id, tmdb_id) = (number(row.get(1), "the imdb id")?, number(row.get(2), "the tmdb id")?);
                movies[*place].imdb_id = imdb_id;
                movies[*place].tmdb_id = tmdb_id;
                Ok(())
            };
            if let Err((reason, detail)) = link() {
                bad_rows.add(&file, line, reason, || detail);
            }
        })?;
        bad_rows.check(&file, rows, allowed)
    }
}

/// The films read so far.
struct Films<'a> {
    file: &'a str,
    bad_rows: &'a mut BadRows,
    rows: u64,
    movies: Vec<Movie>,
    places: HashMap<MovieId, usize>,
}

impl Films<'_> {
    fn add(&mut self, line: u64, parsed: Result<Movie, Fault>) {
        self.rows += 1;
        let fault = match parsed {
            Ok(movie) if self.places.contains_key(&movie.id) => {
                (BadReason::Duplicate, format!("film {} was listed before", movie.id))
            }
            Ok(movie) => {
                self.places.insert(movie.id, self.movies.len());
                self.movies.push(movie);
                return;
            }
            Err(fault) => fault,
        };
        self.bad_rows.add(self.file, line, fault.0, || fault.1);
    }
}

fn movie<'a>(number: &str, raw_title: &str, genres: impl Iterator<Item = &'a str>) -> Result<Movie, Fault> {
    let id = id(number.trim().as_bytes(), "the film id")?;
    let parsed = parse_title(raw_title);
    if parsed.title.is_empty() {
        return Err((BadReason::MissingField, format!("film {id} has no title")));
    }
    let genres = genres.map(str::trim).filter(|genre| !genre.is_empty() && !NO_GENRES.contains(genre));
    Ok(Movie {
        id,
        title: parsed.title,
        other_titles: parsed.other_titles,
        year: parsed.year,
        genres: genres.map(str::to_owned).collect(),
        imdb_id: None,
        tmdb_id: None,
    })
}

/// Lines that are not blank, with their numbers.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty())
}

fn too_few_fields(row: &str) -> Fault {
    (BadReason::MissingField, format!("too few fields in \"{}\"", shown(row.as_bytes())))
}

/// `id::title::genre|genre`, where the title may itself contain colons.
fn movie_from_dat(row: &str) -> Result<Movie, Fault> {
    let (number, rest) = row.split_once("::").ok_or_else(|| too_few_fields(row))?;
    let (title, genres) = rest.rsplit_once("::").ok_or_else(|| too_few_fields(row))?;
    movie(number, title, genres.split('|'))
}

/// `id|title|release|video release|address|0|1|...`, a flag for each genre.
fn movie_from_item(row: &str, genres: &[String]) -> Result<Movie, Fault> {
    let fields: Vec<&str> = row.split('|').collect();
    let wanted = HUNDRED_K_FIELDS + genres.len();
    if fields.len() < wanted {
        return Err(too_few_fields(row));
    }
    if fields.len() > wanted {
        let words = format!("{} fields instead of {wanted} in \"{}\"", fields.len(), shown(row.as_bytes()));
        return Err((BadReason::ExtraField, words));
    }
    let flags = fields[HUNDRED_K_FIELDS..].iter().map(|flag| flag.trim());
    if let Some(odd) = flags.clone().find(|flag| !matches!(*flag, "0" | "1")) {
        return Err((
            BadReason::NotANumber,
            format!("the genre flag \"{}\" is neither 0 nor 1", shown(odd.as_bytes())),
        ));
    }
    let flagged = flags.zip(genres).filter(|(flag, _)| *flag == "1").map(|(_, genre)| genre.as_str());
    movie(fields[0], fields[1], flagged)
}

/// `u.genre`: `Action|1`, in the order of the flags.
fn genres_from_list(text: &str) -> Vec<String> {
    let names = lines(text).filter_map(|(_, line)| line.split_once('|'));
    names.map(|(name, _)| name.trim().to_owned()).collect()
}

impl CsvRow<'_> {
    fn get(&self, column: usize) -> &str {
        self.field(column).trim()
    }
}
