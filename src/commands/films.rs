//! Films in words: finding the one a person names, by id or by title, and naming it. Titles are found by the chat's own
//! code, so that the terminal and the page give the same film or ask the same back. Nothing is guessed: where no film or
//! several fit, the error says which come near.

use anyhow::{anyhow, bail};
use cineswarm_engine::{Catalogue, Dataset, Movie, MovieId};
use cineswarm_master::chat::{Naming, TitleIndex, films_named};
use cineswarm_master::library::title_index;

/// How many films an error proposes.
const PROPOSED: usize = 10;

/// Finds films of a dataset by what people call them.
pub(crate) struct Finder<'a> {
    catalogue: &'a Catalogue,
    index: TitleIndex,
}

impl<'a> Finder<'a> {
    /// Reads every title; takes a third of a second for 86,000 films.
    pub(crate) fn new(dataset: &'a Dataset) -> Finder<'a> {
        Finder { catalogue: dataset.catalogue(), index: title_index(dataset) }
    }

    /// The films that a text names: titles or ids with semicolons between them, of which a title may have some itself.
    pub(crate) fn find_all(&self, text: &str) -> anyhow::Result<Vec<MovieId>> {
        let parts: Vec<&str> = text.split(';').collect();
        let (mut found, mut from) = (Vec::new(), 0);
        while from < parts.len() {
            // The longest title that begins here goes before those in it.
            let longest = (from + 2..=parts.len()).rev().find_map(|to| {
                let joined = parts[from..to].join(";");
                Some((self.find(joined.trim()).ok()?, to))
            });
            match longest {
                Some((film, to)) => {
                    found.push(film);
                    from = to;
                }
                None => {
                    let part = parts[from].trim();
                    if !part.is_empty() {
                        found.extend(self.find_some(part)?);
                    }
                    from += 1;
                }
            }
        }
        Ok(found)
    }

    /// The one film of a known id, or of a title as the page takes it. A number that is both is asked about; "id 300" is
    /// the id.
    pub(crate) fn find(&self, wanted: &str) -> anyhow::Result<MovieId> {
        match self.find_some(wanted)?.as_slice() {
            [film] => Ok(*film),
            several => bail!("\"{}\" names {} films; name one", wanted.escape_debug(), several.len()),
        }
    }

    fn find_some(&self, wanted: &str) -> anyhow::Result<Vec<MovieId>> {
        let told = wanted.strip_prefix("id").map(|id| id.trim_start_matches([' ', ':', '=']));
        if let Some(movie) = told.and_then(|id| self.catalogue.of_source(id)) {
            return Ok(vec![movie.id]);
        }
        if let Some(id) = told.and_then(|id| id.parse::<MovieId>().ok()) {
            bail!("no film has the id {id}; give its title");
        }
        let named = films_named(wanted, &self.index, self.catalogue);
        if let Some(by_id) = self.catalogue.of_source(wanted) {
            return self.id_unless_title(by_id, wanted, &named);
        }
        match named {
            Naming::Films(films) => Ok(films),
            Naming::Which { asked, movies } => bail!(
                "{} films are called \"{}\": {}; give the year as in \"TITLE (YEAR)\", or the id",
                movies.len(),
                asked.escape_debug(),
                self.in_words(&movies)
            ),
            Naming::Unknown { asked, nearest } if nearest.is_empty() => Err(anyhow!(
                "no film is called \"{}\", and none comes near; check the spelling, or give the id",
                asked.escape_debug()
            )),
            Naming::Unknown { asked, nearest } => {
                Err(anyhow!("no film is called \"{}\"; near it are: {}", asked.escape_debug(), self.in_words(&nearest)))
            }
        }
    }

    fn id_unless_title(&self, by_id: &Movie, wanted: &str, named: &Naming) -> anyhow::Result<Vec<MovieId>> {
        let (Naming::Films(titled) | Naming::Which { movies: titled, .. }) = named else { return Ok(vec![by_id.id]) };
        let Some(first) = titled.first().and_then(|movie| self.catalogue.get(*movie)) else {
            return Ok(vec![by_id.id]);
        };
        if titled.as_slice() == [by_id.id] {
            return Ok(titled.clone());
        }
        bail!(
            "{wanted} is the id of {} and the title of {}; write \"id {wanted}\" for the one, or \"{}\" for the other",
            with_year(by_id),
            self.in_words(titled),
            with_year(first)
        )
    }

    fn in_words(&self, movies: &[MovieId]) -> String {
        let known = movies.iter().filter_map(|movie| self.catalogue.get(*movie)).take(PROPOSED);
        let each: Vec<String> = known
            .map(|movie| format!("{} [id {}]", with_year(movie), for_terminal(&self.catalogue.id_shown(movie.id))))
            .collect();
        each.join(", ")
    }
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

/// What others wrote, such as a title, must not steer the terminal.
pub(crate) fn for_terminal(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests;
