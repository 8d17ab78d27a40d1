//! Facts about films beside the ratings: who made them and is in them, how long they are, where they come from. Read
//! from a tab-separated file, gzipped or not, and joined to a dataset's films. Never changes a film's own columns.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::catalogue::Movie;
use crate::rating::MovieId;

/// Bytes of a file of facts at the most, unpacked; what is known of 100,000 films fits several times.
const LARGEST_FILE: u64 = 256 << 20;
/// Names in one list at the most; a longer one is cut.
const LONGEST_LIST: usize = 60;

/// What is known of one film. A list is empty, an option `None`, where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilmFacts {
    /// The dataset's number of the film.
    pub movie: MovieId,
    /// Who directed it.
    pub directors: Vec<String>,
    /// Who is in it, the best known first.
    pub cast: Vec<String>,
    /// How long it is, in minutes.
    pub runtime_min: Option<u16>,
    /// ISO 639-1 codes; the first is the original language.
    pub languages: Vec<String>,
    /// ISO 3166-1 codes of the producing countries.
    pub countries: Vec<String>,
    /// The series it belongs to.
    pub series: Option<String>,
    /// What it is about, in words with spaces: "time travel".
    pub themes: Vec<String>,
}

/// Why facts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system, or the compression, refused.
    #[error("reading facts from {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was said.
        source: io::Error,
    },
    /// A row is not what the header promises.
    #[error("reading facts from {}: {source}; the columns are in film-facts/README.md", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        source: csv::Error,
    },
    /// It is larger than facts are.
    #[error("reading facts from {}: it has more than {LARGEST_FILE} bytes; split it or take out what is not needed", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// One row of the file; lists are separated by bars, and a missing column is an empty one.
#[derive(Deserialize)]
struct Row {
    imdb_id: String,
    title: String,
    #[serde(default)]
    year: Option<u16>,
    #[serde(default)]
    original_title: String,
    #[serde(default)]
    aliases: String,
    #[serde(default)]
    directors: String,
    #[serde(default)]
    cast: String,
    #[serde(default)]
    runtime_min: Option<u16>,
    #[serde(default)]
    language: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    series: String,
    #[serde(default)]
    themes: String,
}

/// Reads a file of facts and keeps what is about these films, ascending by film.
///
/// A film is found by its number on imdb.com; one without a number by a title and its year, or a year beside it where
/// that leaves no choice.
pub fn read_facts(path: &Path, movies: &[Movie]) -> Result<Vec<FilmFacts>, Error> {
    let io_error = |source| Error::Io { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(io_error)?);
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let unpacked: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut bytes = Vec::new();
    unpacked.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(io_error)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    let rows =
        csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_reader(bytes.as_slice()).into_deserialize();
    let rows = rows.collect::<Result<Vec<Row>, csv::Error>>();
    Ok(join(&rows.map_err(|source| Error::Row { path: path.to_owned(), source })?, movies))
}

fn join(rows: &[Row], movies: &[Movie]) -> Vec<FilmFacts> {
    let mut by_imdb: HashMap<u32, &Row> = HashMap::new();
    let mut by_title: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in rows {
        if let Some(number) = row.imdb_id.strip_prefix("tt").and_then(|number| number.parse().ok()) {
            by_imdb.entry(number).or_insert(row);
        }
        for title in [row.title.as_str(), &row.original_title].into_iter().chain(row.aliases.split('|')) {
            let known = by_title.entry(letters(title)).or_default();
            // A film that has one title twice is still one film.
            if !title.is_empty() && !known.last().is_some_and(|last| std::ptr::eq(*last, row)) {
                known.push(row);
            }
        }
    }
    let by_title = |movie: &Movie| {
        let year = movie.year?;
        let titles = std::iter::once(&movie.title).chain(&movie.other_titles);
        let named: Vec<&Row> = titles.filter_map(|title| by_title.get(&letters(title))).flatten().copied().collect();
        let off_by = |years: u16| {
            let mut close = named.iter().filter(|row| row.year.is_some_and(|own| own.abs_diff(year) == years));
            let first = close.next()?;
            close.all(|other| std::ptr::eq(*other, *first)).then_some(*first)
        };
        off_by(0).or_else(|| off_by(1))
    };
    let row_of = |movie: &Movie| match movie.imdb_id {
        Some(number) => by_imdb.get(&number).copied(),
        None => by_title(movie),
    };
    let mut facts: Vec<FilmFacts> =
        movies.iter().filter_map(|movie| row_of(movie).map(|row| row.facts(movie.id))).collect();
    facts.sort_unstable_by_key(|facts| facts.movie);
    facts.dedup_by_key(|facts| facts.movie);
    facts
}

impl Row {
    fn facts(&self, movie: MovieId) -> FilmFacts {
        FilmFacts {
            movie,
            directors: people(&self.directors),
            cast: people(&self.cast),
            runtime_min: self.runtime_min.filter(|minutes| *minutes > 0),
            languages: list(&self.language),
            countries: list(&self.country),
            series: Some(self.series.trim().to_owned()).filter(|series| !series.is_empty()),
            themes: list(&self.themes).into_iter().map(|theme| theme.replace('-', " ")).collect(),
        }
    }
}

fn list(joined: &str) -> Vec<String> {
    let names = joined.split('|').map(str::trim).filter(|name| !name.is_empty());
    names.take(LONGEST_LIST).map(str::to_owned).collect()
}

/// Names, but for what is left of a line that was cut wrongly: "(", "writer)", "history of".
fn people(joined: &str) -> Vec<String> {
    let is_name = |name: &String| {
        let has_case = name.chars().any(char::is_lowercase);
        let is_written_small = has_case && !name.chars().any(char::is_uppercase) && !name.contains('.');
        name.chars().any(char::is_alphabetic) && !name.contains(['(', ')', '[', ']']) && !is_written_small
    };
    list(joined).into_iter().filter(is_name).collect()
}

/// A title's letters and digits, for comparing.
fn letters(title: &str) -> String {
    title.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const HEADER: &str = "imdb_id\ttitle\tyear\toriginal_title\taliases\tdirectors\tcast\truntime_min\tlanguage\tcountry\tseries\tthemes\n";

    fn film(id: MovieId, title: &str, year: u16, imdb_id: Option<u32>) -> Movie {
        Movie {
            id,
            title: title.into(),
            other_titles: Vec::new(),
            year: Some(year),
            genres: Vec::new(),
            imdb_id,
            tmdb_id: None,
        }
    }

    #[test]
    fn what_is_left_of_a_line_that_was_cut_wrongly_is_no_name() {
        let names = people("writer)|Emma Stone|(|will.i.am|history of|役所広司|[a]|k.d. lang");
        assert_eq!(names, ["Emma Stone", "will.i.am", "役所広司", "k.d. lang"]);
    }

    fn read(rows: &str, packed: bool, movies: &[Movie]) -> Result<Vec<FilmFacts>, Error> {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{HEADER}{rows}");
        let path = folder.path().join(if packed { "facts.tsv.gz" } else { "facts.tsv" });
        if packed {
            let mut out = flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap();
        } else {
            std::fs::write(&path, text).unwrap();
        }
        read_facts(&path, movies)
    }

    const ALIEN: &str = "tt0078748\tAlien\t1979\t\t\tRidley Scott\tSigourney Weaver|Tom Skerritt\t117\ten|es\tGB|US\tAlien\ttime-travel\n";

    #[test]
    fn facts_are_joined_by_the_number_on_imdb_or_by_title_and_year() {
        let movies =
            [film(7, "Something else", 1979, Some(78748)), film(3, "ALIEN", 1980, None), film(4, "Alien", 1999, None)];
        for packed in [false, true] {
            let facts = read(ALIEN, packed, &movies).unwrap();
            assert_eq!(facts.iter().map(|facts| facts.movie).collect::<Vec<_>>(), [3, 7]);
            assert_eq!(facts[0].cast, ["Sigourney Weaver", "Tom Skerritt"]);
            assert_eq!((facts[0].runtime_min, facts[0].series.as_deref()), (Some(117), Some("Alien")));
            assert_eq!((facts[0].languages[0].as_str(), facts[0].themes[0].as_str()), ("en", "time travel"));
        }
    }

    #[test]
    fn of_two_films_of_one_title_and_year_none_is_guessed() {
        let twins = format!("{ALIEN}tt0000001\tAlien\t1979\t\t\tSomebody Else\t\t90\ten\tUS\t\t\n");
        assert_eq!(read(&twins, false, &[film(3, "Alien", 1979, None)]).unwrap(), []);
    }

    #[test]
    fn a_row_that_is_none_is_named_with_its_line() {
        let error = read("tt1\tAlien\n", false, &[]).unwrap_err().to_string();
        assert!(error.contains("line 2") || error.contains("line: 2"), "{error}");
        let error = read("tt1\tAlien\tnineteen\t\t\t\t\t\t\t\t\t\n", false, &[]).unwrap_err().to_string();
        assert!(error.contains("year") || error.contains("line"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read_facts(Path::new("/no/facts.tsv"), &[]).unwrap_err().to_string();
        assert!(error.contains("/no/facts.tsv"), "{error}");
    }
}
