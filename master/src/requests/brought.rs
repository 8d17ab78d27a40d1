//! What is in a viewer's file, as the page shows it before anything is taken: by film, what was found, what not and why.
//! It takes nothing itself.

use std::collections::BTreeMap;

use cineswarm_engine::viewer_files::{
    Brought, Entry, Error, How, Kind, LARGEST_FILE, LeftOut, MOST_ENTRIES, Matched, Miss, read_within,
};
use cineswarm_engine::{HalfStars, MovieId};
use serde::Serialize;

use super::ask::LONGEST_PROFILE;
use crate::library::{Film, Library};
use crate::words::Trouble;

/// How far a packed file may expand here; a person's export with ten thousand films has less.
const LARGEST_UNPACKED: u64 = 24 << 20;
/// Films that were not found, and rows that were not read, that are listed; more are only counted.
const MOST_LISTED: usize = 1_000;

/// What is in a file.
#[derive(Debug, Serialize)]
pub struct Preview<'a> {
    /// Who wrote it.
    service: &'static str,
    rows: usize,
    films: Vec<Found<'a>>,
    missed: Vec<Missed<'a>>,
    missed_in_all: usize,
    left_out: Vec<NotRead>,
    left_out_in_all: usize,
    assumptions: Vec<String>,
}

/// What the file says of a film, in all its rows.
#[derive(Clone, Debug, Default, Serialize)]
struct Said {
    /// The file and line of the first row.
    place: String,
    /// The title and year, as the file has them.
    said: String,
    rating: Option<f64>,
    seen: bool,
    wanted: bool,
    /// Milliseconds since 1970; absent where the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    rated_at: Option<i64>,
    #[serde(skip)]
    weight: Option<(bool, i64)>,
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    movie: Film<'a>,
    by: &'static str,
    #[serde(flatten)]
    said: Said,
}

#[derive(Debug, Serialize)]
struct Missed<'a> {
    why: &'static str,
    /// Films that may be meant.
    candidates: Vec<Film<'a>>,
    #[serde(flatten)]
    said: Said,
}

#[derive(Debug, Serialize)]
struct NotRead {
    place: String,
    reason: String,
}

impl Said {
    fn of(entry: &Entry) -> Said {
        let year = entry.year.map(|year| format!(" ({year})")).unwrap_or_default();
        let said = match entry.title.as_str() {
            "" => {
                let number = entry.imdb_id.or(entry.tmdb_id).map(|id| id.to_string());
                entry.source_id.clone().or(number).map(|id| format!("id {id}")).unwrap_or_default()
            }
            title => format!("{title}{year}"),
        };
        Said { place: format!("{}:{}", entry.file, entry.line), said, ..Said::default() }
    }

    /// Of several ratings the one in the file of ratings counts, then the latest, then the last.
    fn add(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::Rated | Kind::Watched | Kind::Liked => self.seen = true,
            Kind::Wanted => self.wanted = true,
            Kind::Listed => {}
        }
        let Some(half_stars) = entry.half_stars else { return };
        let weight = entry.weight();
        if self.weight.is_none_or(|known| weight >= known) {
            self.weight = Some(weight);
            self.rating = Some(half_stars.stars());
            self.rated_at = (entry.at > 0).then(|| entry.at.saturating_mul(1_000));
        }
    }
}

/// Reads a file and finds its films. `now` is in seconds since 1970.
///
/// # Errors
/// If it is nothing that is known, in words for the viewer.
pub fn preview<'a>(name: &str, bytes: &[u8], now: i64, library: &'a Library) -> Result<Preview<'a>, Trouble> {
    let brought = read_within(name, bytes, now, LARGEST_UNPACKED).map_err(|error| unreadable(&error))?;
    let rows = brought.entries.len() + brought.left_out.len();
    let (service, assumptions, left_out) = (brought.service.name(), brought.assumptions, brought.left_out);
    let entries = Brought { entries: brought.entries, service: brought.service, left_out: vec![], assumptions: vec![] };
    let matched = Matched::new(entries, library.catalogue());
    if matched.ratings.len() > LONGEST_PROFILE {
        return Err(Trouble::UnreadableFile {
            en: format!("{name} has more than {LONGEST_PROFILE} ratings"),
            es: format!("{name} tiene más de {LONGEST_PROFILE} puntuaciones"),
        });
    }
    let mut films: BTreeMap<MovieId, (How, Said)> = BTreeMap::new();
    for one in &matched.matched {
        let (_, said) = films.entry(one.movie).or_insert_with(|| (one.how, Said::of(&one.entry)));
        said.add(&one.entry);
    }
    let mut order: Vec<(String, Option<u16>)> = Vec::new();
    let mut missed: BTreeMap<(String, Option<u16>), (&Miss, Said)> = BTreeMap::new();
    for one in &matched.unmatched {
        let said = Said::of(&one.entry);
        let key = (said.said.to_lowercase(), one.entry.year);
        let (_, said) = missed.entry(key.clone()).or_insert_with(|| {
            order.push(key);
            (&one.why, said)
        });
        said.add(&one.entry);
    }
    let missed_in_all = missed.len();
    let film = |movie: &MovieId| library.film(*movie);
    let listed = order.iter().take(MOST_LISTED).filter_map(|key| missed.remove(key));
    let listed = listed.map(|(why, said)| {
        let (why, candidates): (_, &[MovieId]) = match why {
            Miss::UnknownId => ("unknown_id", &[]),
            Miss::UnknownTitle => ("unknown_title", &[]),
            Miss::OtherYears(movies) => ("other_years", movies),
            Miss::Several(movies) => ("several", movies),
            Miss::OtherId(movie) => ("other_id", std::slice::from_ref(movie)),
        };
        Missed { why, candidates: candidates.iter().filter_map(film).collect(), said }
    });
    Ok(Preview {
        service,
        rows,
        missed: listed.collect(),
        missed_in_all,
        films: films
            .into_iter()
            .filter_map(|(movie, (how, said))| Some(Found { movie: library.film(movie)?, by: name_of(how), said }))
            .collect(),
        left_out_in_all: left_out.len(),
        left_out: left_out.into_iter().take(MOST_LISTED).map(not_read).collect(),
        assumptions,
    })
}

fn name_of(how: How) -> &'static str {
    match how {
        How::Id => "id",
        How::TitleAndYear => "title_and_year",
        How::YearBeside => "year_beside",
        How::Title => "title",
    }
}

fn not_read(LeftOut { file, line, reason }: LeftOut) -> NotRead {
    NotRead { place: format!("{file}:{line}"), reason }
}

/// A file that is not read, in both languages.
fn unreadable(error: &Error) -> Trouble {
    let es = match error {
        Error::TooLarge { file } => {
            let mib = LARGEST_UNPACKED.min(LARGEST_FILE) >> 20;
            let en = format!("{file} has more than {mib} MiB unpacked, or more than {MOST_ENTRIES} rows");
            let es = format!("{file} tiene más de {mib} MiB sin comprimir, o más de {MOST_ENTRIES} filas");
            return Trouble::UnreadableFile { en, es };
        }
        Error::Zip { file, reason } => format!("{file} no se puede abrir como archivo zip: {reason}"),
        Error::Json { file, reason } => {
            format!("{file} no es una lista de películas como las que exporta Trakt, ni un CSV: {reason}")
        }
        Error::NoFilms { file, header } => format!(
            "{file} no tiene ninguna columna con el título o el id de una película; su primera línea es «{header}»"
        ),
        Error::SeveralUsers { file, first, line, other } => format!(
            "{file} tiene puntuaciones de varias personas («{first}», y en la línea {line} «{other}»); trae las de una sola"
        ),
        Error::NothingKnown { file } => format!(
            "{file} no contiene ningún archivo de puntuaciones ni de películas; se esperaba lo que exportan Letterboxd o Trakt"
        ),
        Error::Table(table) => format!("la tabla no se puede leer: {table}"),
    };
    Trouble::UnreadableFile { en: error.to_string(), es }
}

/// A rating that a viewer takes from a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imported {
    /// The film.
    pub movie: MovieId,
    /// How high.
    pub rating: HalfStars,
    /// Milliseconds since 1970, if it is known.
    pub rated_at: Option<i64>,
}

#[cfg(test)]
mod tests;
