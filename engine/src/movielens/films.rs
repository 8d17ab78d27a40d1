//! The films: the movies file of any layout, and the links where a layout has them.

use rustc_hash::{FxHashMap, FxHashSet};
use unicode_normalization::UnicodeNormalization;

use super::fields::{Fault, id, shown};
use super::header::{Column, Wanted};
use super::ids::{IdKind, Ids};
use super::layout::Role;
use super::table::{Assumed, RowFault, for_each_line, for_each_row};
use super::{BadReason, BadRows, Error, Layout, Source, parse_title};
use crate::catalogue::Movie;
use crate::rating::MovieId;

/// What the layouts write where a film has no genre.
const NO_GENRES: [&str; 2] = ["(no genres listed)", "unknown"];

const MOVIES: Wanted<4> = Wanted { columns: [Column::Film, Column::Title, Column::Genres, Column::Year], needed: 2 };
const LINKS: Wanted<3> = Wanted { columns: [Column::Film, Column::Imdb, Column::Tmdb], needed: 1 };

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

/// The films of a source, each id once, and which of them could not be read.
#[derive(Clone, Debug, Default)]
pub struct Films {
    /// In the order of the file.
    pub movies: Vec<Movie>,
    places: FxHashMap<MovieId, usize>,
    lost: FxHashSet<MovieId>,
    ids: Ids,
}

impl Films {
    /// Films that a program made; of several with one id the first counts.
    pub fn new(movies: impl IntoIterator<Item = Movie>) -> Films {
        let mut films = Films::default();
        for movie in movies {
            films.insert(movie);
        }
        films
    }

    /// Whether there is a film with this id.
    pub fn is_known(&self, id: MovieId) -> bool {
        self.places.contains_key(&id)
    }

    /// Whether the film has a row that could not be read: its ratings are not at fault.
    pub fn is_lost(&self, id: MovieId) -> bool {
        self.lost.contains(&id)
    }

    /// `false` if there is one with its id.
    fn insert(&mut self, movie: Movie) -> bool {
        let place = self.movies.len();
        if self.places.contains_key(&movie.id) {
            return false;
        }
        self.lost.remove(&movie.id);
        self.places.insert(movie.id, place);
        self.movies.push(movie);
        true
    }

    /// The ids that the source gives the films.
    pub(crate) fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The number of the film with this id, which need not be known where ids are numbers.
    pub(super) fn number(&self, field: &[u8]) -> Result<MovieId, Fault> {
        let number = self.ids.known(field, "the film id")?;
        number.ok_or_else(|| (BadReason::UnknownFilm, format!("film {} is in no movies file", shown(field))))
    }

    /// The number of the film that a row is about, or the reason why the row does not count.
    pub(super) fn known(&self, field: &[u8]) -> Result<MovieId, Fault> {
        let movie = self.number(field)?;
        match self.is_known(movie) {
            true => Ok(movie),
            false if self.is_lost(movie) => {
                Err((BadReason::LostFilm, format!("the row of film {} in the movies file is bad", shown(field))))
            }
            false => Err((BadReason::UnknownFilm, format!("film {} is in no movies file", shown(field)))),
        }
    }

    /// Once all films are there: those whose ids are text are numbered in the order of their ids.
    fn put_in_order(&mut self) {
        self.ids.put_in_order();
        let ids = &self.ids;
        if ids.are_numbers() {
            return;
        }
        for movie in &mut self.movies {
            movie.id = ids.number_in_order(movie.id);
        }
        self.places = self.movies.iter().map(|movie| movie.id).zip(0..).collect();
        self.lost = self.lost.iter().map(|movie| ids.number_in_order(*movie)).collect();
    }
}

impl Source {
    /// Reads all films with their links, each id once. Fails if more than the fraction `allowed` of the films' rows is
    /// bad; links that cannot be read are left out. What their ids are is recognised unless it is said.
    pub fn read_movies(&mut self, ids: Option<IdKind>, bad_rows: &mut BadRows, allowed: f64) -> Result<Films, Error> {
        let file = self.file_name(Role::Movies).to_owned();
        let bytes = self.read_whole(Role::Movies)?.unwrap_or_default();
        let genres = match self.layout() {
            Layout::HundredK => self.read_whole(Role::Genres)?.map(|bytes| genres_from_list(&bytes)),
            _ => None,
        };
        let genres = genres.unwrap_or_else(|| HUNDRED_K_GENRES.map(str::to_owned).to_vec());
        let read = |ids: IdKind| self.films_in(&file, &bytes, &genres, ids, bad_rows.clone());
        let first = ids.unwrap_or(IdKind::Numbers);
        let (mut reading, mut assumed) = read(first)?;
        if ids.is_none() && reading.films.ids.likely() != first {
            (reading, assumed) = read(IdKind::Text)?;
        }
        let Reading { rows, mut films, bad_rows: found, .. } = reading;
        *bad_rows = found;
        films.put_in_order();
        let assumed = assumed.into_iter().chain(films.ids.said("films", "film_ids.arrow"));
        assumed.for_each(|what| self.assume(&file, what));
        bad_rows.check(&file, rows, allowed)?;
        if films.movies.is_empty() {
            return Err(Error::Empty { file });
        }
        self.read_links(&mut films, bad_rows, allowed);
        Ok(films)
    }

    fn films_in<'f>(
        &self,
        file: &'f str,
        bytes: &[u8],
        genres: &[String],
        ids: IdKind,
        bad_rows: BadRows,
    ) -> Result<(Reading<'f>, Assumed), Error> {
        let films = Films { ids: Ids::new(ids), ..Films::default() };
        let mut reading = Reading { file, bad_rows, rows: 0, films };
        let assumed = match self.layout() {
            Layout::Csv | Layout::Kaggle | Layout::Atomic | Layout::Parquet => {
                let separator = self.layout().genre_separator();
                for_each_row(file, bytes, &MOVIES, |line, row| match row {
                    Ok([id, title, genres, year]) => {
                        let genres = genres.split(separator);
                        let movie = movie(&mut reading.films.ids, &id, &title, genres);
                        let movie = movie.map(|movie| with_year(movie, &year));
                        reading.add(line, movie.map_err(|fault| RowFault { first_field: id, fault }));
                    }
                    Err(fault) => reading.add(line, Err(fault)),
                })?
            }
            Layout::Dat => for_each_line(file, bytes, |line, row| {
                let first_field = || row.split("::").next().unwrap_or_default().trim().to_owned();
                let movie = movie_from_dat(&mut reading.films.ids, row);
                reading.add(line, movie.map_err(|fault| RowFault { first_field: first_field(), fault }));
            })?,
            Layout::HundredK => for_each_line(file, bytes, |line, row| {
                let first_field = || row.split('|').next().unwrap_or_default().trim().to_owned();
                let movie = movie_from_item(&mut reading.films.ids, row, genres);
                reading.add(line, movie.map_err(|fault| RowFault { first_field: first_field(), fault }));
            })?,
        };
        Ok((reading, assumed))
    }

    /// Nobody's ratings need links: what is wrong with them is said, and they are left out.
    fn read_links(&mut self, films: &mut Films, bad_rows: &mut BadRows, allowed: f64) {
        let file = self.file_name(Role::Links).to_owned();
        let mut rows = 0;
        let mut links = Vec::new();
        let mut found = bad_rows.clone();
        let read = self.read_whole(Role::Links).and_then(|bytes| {
            let Some(bytes) = bytes else { return Ok(Vec::new()) };
            let assumed = for_each_row(&file, &bytes, &LINKS, |line, row| {
                rows += 1;
                match row.map_err(|row| row.fault).and_then(|row| link(&row, films)) {
                    Ok(link) => links.push(link),
                    Err((reason, detail)) => found.add(&file, line, reason, || detail),
                }
            })?;
            found.check(&file, rows, allowed)?;
            Ok(assumed)
        });
        match read {
            Ok(assumed) => {
                assumed.into_iter().for_each(|what| self.assume(&file, what));
                *bad_rows = found;
                for (place, imdb_id, tmdb_id) in links {
                    films.movies[place].imdb_id = imdb_id;
                    films.movies[place].tmdb_id = tmdb_id;
                }
            }
            Err(error) => self.leave_out(&file, &error),
        }
    }
}

/// A film's place and its ids elsewhere.
fn link([film, imdb, tmdb]: &[String; 3], films: &Films) -> Result<(usize, Option<u32>, Option<u32>), Fault> {
    let movie = films.known(film.as_bytes())?;
    let number = |text: &str, what| match text {
        "" => Ok(None),
        _ => id(text.as_bytes(), what).map(Some),
    };
    // IMDb's own ids are tt0113277.
    let imdb_id = number(imdb.trim_start_matches("tt"), "the imdb id")?;
    Ok((films.places[&movie], imdb_id, number(tmdb, "the tmdb id")?))
}

/// The films read so far.
struct Reading<'a> {
    file: &'a str,
    bad_rows: BadRows,
    rows: u64,
    films: Films,
}

impl Reading<'_> {
    fn add(&mut self, line: u64, parsed: Result<Movie, RowFault>) {
        self.rows += 1;
        let (reason, detail) = match parsed {
            Ok(movie) => {
                let id = movie.id;
                if self.films.insert(movie) {
                    return;
                }
                (BadReason::Duplicate, format!("film {} was listed before", self.films.ids.shown(id)))
            }
            Err(RowFault { first_field, fault }) => {
                if let Ok(lost) = self.films.ids.lost(first_field.as_bytes())
                    && !self.films.is_known(lost)
                {
                    self.films.lost.insert(lost);
                }
                fault
            }
        };
        self.bad_rows.add(self.file, line, reason, || detail);
    }
}

fn movie<'a>(
    ids: &mut Ids,
    written_id: &str,
    raw_title: &str,
    genres: impl Iterator<Item = &'a str>,
) -> Result<Movie, Fault> {
    let id = ids.number(written_id.trim().as_bytes(), "the film id")?;
    // The same letters in the same way, however their accents were typed.
    let composed: String = raw_title.nfc().collect();
    let parsed = parse_title(&composed);
    if parsed.title.is_empty() {
        return Err((BadReason::MissingField, format!("film {} has no title", ids.shown(id))));
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

/// Genres with bars between them; none where they say so.
pub(crate) fn genres_of(field: &str) -> Vec<String> {
    let genres = field.split('|').map(str::trim);
    genres.filter(|genre| !genre.is_empty() && !NO_GENRES.contains(genre)).map(str::to_owned).collect()
}

/// With the year of its own column, where the title has none.
fn with_year(mut movie: Movie, year: &str) -> Movie {
    let whole = year.split('.').next().and_then(|year| year.parse::<u16>().ok());
    movie.year = movie.year.or(whole.filter(|year| (1870..=2100).contains(year)));
    movie
}

fn too_few_fields(row: &str) -> Fault {
    (BadReason::MissingField, format!("too few fields in \"{}\"", shown(row.as_bytes())))
}

/// `id::title::genre|genre`, where the title may itself contain colons.
fn movie_from_dat(ids: &mut Ids, row: &str) -> Result<Movie, Fault> {
    let (number, rest) = row.split_once("::").ok_or_else(|| too_few_fields(row))?;
    let (title, genres) = rest.rsplit_once("::").ok_or_else(|| too_few_fields(row))?;
    movie(ids, number, title, genres.split('|'))
}

/// `id|title|release|video release|address|0|1|...`, a flag for each genre.
fn movie_from_item(ids: &mut Ids, row: &str, genres: &[String]) -> Result<Movie, Fault> {
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
    movie(ids, fields[0], fields[1], flagged)
}

/// `u.genre`: `Action|1`, in the order of the flags.
fn genres_from_list(bytes: &[u8]) -> Vec<String> {
    let mut genres = Vec::new();
    // Genres are ASCII; how a name is encoded that is not would be said of the films.
    let _ = for_each_line("u.genre", bytes, |_, line| {
        genres.extend(line.split_once('|').map(|(name, _)| name.trim().to_owned()));
    });
    genres
}
