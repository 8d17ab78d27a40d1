//! The tag genome: how relevant each of about a thousand tags is to a film, a table of all pairs that MovieLens computed
//! from tags, ratings and reviews. Vig, Sen and Riedl, "The tag genome: encoding community knowledge to support novel
//! interaction", ACM TiiS 2(3), 2012.

use std::io::BufRead;

use rustc_hash::{FxHashMap, FxHashSet};

use super::fields::{Fault, id, shown};
use super::header::{Column, Header, Wanted};
use super::layout::Role;
use super::lines::{Lines, as_utf8};
use super::rows::{Fields, ROWS_PER_REPORT};
use super::table::for_each_row;
use super::{BadReason, BadRows, Error, Films, Progress, Source, Stage};
use crate::rating::MovieId;

/// A smaller table is harmless, however small the file.
const TABLE_FREE: u64 = 64 << 20;

/// The largest table; that of 25m has 16 MB.
const TABLE_LIMIT: u64 = 1 << 30;

/// How relevant each tag is to each film, in steps of 1/255.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Genome {
    movies: Vec<MovieId>,
    tags: usize,
    relevances: Vec<u8>,
}

impl Genome {
    /// Takes a row of `tags` relevances for each film, 0 to 255 for 0 to 1, one row after the other.
    ///
    /// `None` unless films ascend strictly and there is a row for each.
    pub fn new(movies: Vec<MovieId>, tags: usize, relevances: Vec<u8>) -> Option<Genome> {
        let ascending = movies.windows(2).all(|pair| pair[0] < pair[1]);
        let complete = movies.len().checked_mul(tags) == Some(relevances.len());
        (ascending && complete).then_some(Genome { movies, tags, relevances })
    }

    /// The films, strictly ascending.
    pub fn movies(&self) -> &[MovieId] {
        &self.movies
    }

    /// How many tags there are.
    pub fn tags(&self) -> usize {
        self.tags
    }

    /// All rows, one after the other.
    pub fn relevances(&self) -> &[u8] {
        &self.relevances
    }

    /// How relevant each tag is to a film, by ascending id of the tag; `None` for a film without genome.
    pub fn of(&self, movie: MovieId) -> Option<&[u8]> {
        let at = self.movies.binary_search(&movie).ok()?;
        self.relevances.get(at * self.tags..(at + 1) * self.tags)
    }
}

const SCORES: Wanted<3> = Wanted { columns: [Column::Film, Column::TagId, Column::Relevance], needed: 3 };
const GENOME_TAGS: Wanted<2> = Wanted { columns: [Column::TagId, Column::Tag], needed: 2 };

impl Source {
    /// Reads the tag genome; `None` if the source lacks its scores or its tags, no score is good, more than the fraction
    /// `allowed` of a file is bad, or the table were out of proportion to the file.
    ///
    /// A film has a row if a score of it is good; a tag without a score is irrelevant to the film.
    pub fn read_genome(
        &mut self,
        films: &Films,
        bad_rows: &mut BadRows,
        progress: &mut dyn FnMut(Progress),
        allowed: f64,
    ) -> Option<Genome> {
        let mut found = bad_rows.clone();
        match self.try_to_read_genome(films, &mut found, progress, allowed) {
            Ok(genome) => {
                *bad_rows = found;
                genome
            }
            Err(error) => {
                let file = self.file_name(Role::GenomeScores).to_owned();
                self.leave_out(&file, &error);
                None
            }
        }
    }

    fn try_to_read_genome(
        &mut self,
        films: &Films,
        bad_rows: &mut BadRows,
        progress: &mut dyn FnMut(Progress),
        allowed: f64,
    ) -> Result<Option<Genome>, Error> {
        if self.file_bytes(Role::GenomeScores) == 0 {
            return Ok(None);
        }
        let Some(tags) = self.read_genome_tags(bad_rows, allowed)? else { return Ok(None) };
        let file = self.file_name(Role::GenomeScores).to_owned();
        let limit = self.file_bytes(Role::GenomeScores).clamp(TABLE_FREE, TABLE_LIMIT);
        let bytes_total = self.bytes();
        let bytes_before = bytes_total - self.file_bytes(Role::GenomeScores) - self.file_bytes(Role::Ratings);
        let mut table = Table { tags, limit, rows: FxHashMap::default(), relevances: Vec::new() };
        let rows = self.read_buffered(Role::GenomeScores, |reader| {
            let cannot_read = |source| Error::Read { file: file.clone(), source };
            let consume = |reader: &mut dyn BufRead| -> Result<u64, Error> {
                let mut lines = Lines::new(reader);
                let header = Header::of(&file, &mut lines, &SCORES, None)?;
                let mut fields = Fields::new(&header);
                let (mut rows, mut is_row) = (0u64, !header.is_named);
                while is_row || lines.next().map_err(cannot_read)?.is_some() {
                    is_row = false;
                    let line = lines.current();
                    if line.trim_ascii().is_empty() {
                        continue;
                    }
                    rows += 1;
                    let checked = fields.of(line).and_then(|fields| score(fields, films));
                    let added = match checked {
                        Ok(score) => table.add(&file, score)?,
                        Err(fault) => Err(fault),
                    };
                    if let Err((reason, detail)) = added {
                        bad_rows.add(&file, lines.number(), reason, || detail);
                    }
                    if rows.is_multiple_of(ROWS_PER_REPORT) {
                        let bytes_done = (bytes_before + lines.bytes()).min(bytes_total);
                        progress(Progress { stage: Stage::Reading, bytes_done, bytes_total, rows });
                    }
                }
                Ok(rows)
            };
            as_utf8(reader, consume).map_err(cannot_read)?
        })?;
        bad_rows.check(&file, rows.unwrap_or_default(), allowed)?;
        Ok(table.into_genome())
    }

    /// The place of each tag of the genome, by ascending id.
    fn read_genome_tags(
        &mut self,
        bad_rows: &mut BadRows,
        allowed: f64,
    ) -> Result<Option<FxHashMap<u32, usize>>, Error> {
        let file = self.file_name(Role::GenomeTags).to_owned();
        let Some(bytes) = self.read_whole(Role::GenomeTags)? else { return Ok(None) };
        let (mut tags, mut rows) = (FxHashSet::default(), 0);
        for_each_row(&file, &bytes, &GENOME_TAGS, |line, row| {
            rows += 1;
            let tag = row.map_err(|row| row.fault).and_then(|[tag, _]| id(tag.as_bytes(), "the tag id"));
            let added = tag.and_then(|tag| match tags.insert(tag) {
                true => Ok(()),
                false => Err((BadReason::Duplicate, format!("tag {tag} was listed before"))),
            });
            if let Err((reason, detail)) = added {
                bad_rows.add(&file, line, reason, || detail);
            }
        })?;
        bad_rows.check(&file, rows, allowed)?;
        let mut tags: Vec<u32> = tags.into_iter().collect();
        tags.sort_unstable();
        Ok(Some(tags.into_iter().zip(0..).collect()))
    }
}

/// One row of the scores.
struct Score {
    movie: MovieId,
    tag: u32,
    relevance: u8,
}

fn score([movie, tag, relevance]: [&[u8]; 3], films: &Films) -> Result<Score, Fault> {
    Ok(Score { movie: films.known(movie)?, tag: id(tag, "the tag id")?, relevance: steps(relevance)? })
}

/// A relevance from 0 to 1 in steps of 1/255, which is finer than the two digits that its computation is good for.
fn steps(field: &[u8]) -> Result<u8, Fault> {
    if field.is_empty() {
        return Err((BadReason::MissingField, "the relevance is missing".to_owned()));
    }
    let number = std::str::from_utf8(field).ok().and_then(|text| text.parse::<f64>().ok());
    let Some(number) = number.filter(|number| number.is_finite()) else {
        return Err((BadReason::NotANumber, format!("the relevance \"{}\" is not a number", shown(field))));
    };
    if !(0.0..=1.0).contains(&number) {
        return Err((BadReason::OffScale, format!("the relevance {} is not from 0 to 1", shown(field))));
    }
    Ok((number * 255.0).round() as u8)
}

/// The scores read so far, a row for each film in the order of the file.
struct Table {
    tags: FxHashMap<u32, usize>,
    limit: u64,
    rows: FxHashMap<MovieId, usize>,
    relevances: Vec<Option<u8>>,
}

impl Table {
    /// Adds a score unless it is at fault; the outer error is for a table that gets too large.
    fn add(&mut self, file: &str, score: Score) -> Result<Result<(), Fault>, Error> {
        let Score { movie, tag, relevance } = score;
        let Some(&place) = self.tags.get(&tag) else {
            return Ok(Err((BadReason::UnknownTag, format!("tag {tag} is not among the tags of the genome"))));
        };
        let (films, tags) = (self.rows.len(), self.tags.len());
        let row = *self.rows.entry(movie).or_insert(films);
        if row == films {
            let bytes = self.relevances.len() + tags;
            if bytes as u64 > self.limit {
                return Err(Error::GenomeTooLarge { file: file.to_owned(), films: films + 1, tags, limit: self.limit });
            }
            self.relevances.resize(bytes, None);
        }
        let known = &mut self.relevances[row * tags + place];
        if known.is_some() {
            return Ok(Err((BadReason::Duplicate, format!("tag {tag} was scored for film {movie} in an earlier row"))));
        }
        *known = Some(relevance);
        Ok(Ok(()))
    }

    /// The table by ascending film; `None` without any.
    fn into_genome(self) -> Option<Genome> {
        let tags = self.tags.len();
        let mut rows: Vec<(MovieId, usize)> = self.rows.into_iter().collect();
        rows.sort_unstable();
        let mut relevances = Vec::with_capacity(self.relevances.len());
        for (_, row) in &rows {
            let of_film = &self.relevances[row * tags..(row + 1) * tags];
            relevances.extend(of_film.iter().map(|relevance| relevance.unwrap_or_default()));
        }
        let movies = rows.into_iter().map(|(movie, _)| movie).collect::<Vec<MovieId>>();
        Genome::new(movies, tags, relevances).filter(|genome| !genome.movies.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relevances_from_0_to_1_become_steps_and_others_are_refused() {
        for (text, expected) in
            [("0", 0), ("1", 255), ("1.0", 255), ("0.5", 128), ("0.02400000000000002", 6), ("2e-3", 1)]
        {
            assert_eq!(steps(text.as_bytes()), Ok(expected), "{text}");
        }
        for (text, reason) in [
            ("", BadReason::MissingField),
            ("high", BadReason::NotANumber),
            ("NaN", BadReason::NotANumber),
            ("inf", BadReason::NotANumber),
            ("1.001", BadReason::OffScale),
            ("-0.1", BadReason::OffScale),
        ] {
            assert_eq!(steps(text.as_bytes()).unwrap_err().0, reason, "{text}");
        }
    }
}
