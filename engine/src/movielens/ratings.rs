//! The ratings file, tens of millions of lines long, of any layout: line by line, in bounded memory.

use super::fields::{Fault, id, stars, time};
use super::layout::Role;
use super::rows::{Columns, Lines, ROWS_PER_REPORT};
use super::{BadReason, BadRows, Error, Progress, Rating, Source, Stage};
use crate::rating::MovieId;

/// The columns wanted, in the order in which the layouts without header have them.
const COLUMNS: [&str; 4] = ["userId", "movieId", "rating", "timestamp"];

impl Source {
    /// Passes every good row of the ratings file, with its line, to `accept`; returns how many rows there were.
    ///
    /// A row is good if its fields are sound, its film is `known` and its time is not after `now`.
    pub fn read_ratings(
        &mut self,
        known: impl Fn(MovieId) -> bool,
        now: i64,
        bad_rows: &mut BadRows,
        progress: &mut dyn FnMut(Progress),
        mut accept: impl FnMut(u32, Rating),
    ) -> Result<u64, Error> {
        let file = self.file_name(Role::Ratings).to_owned();
        let (layout, bytes_total) = (self.layout(), self.bytes());
        let bytes_before = bytes_total - self.file_bytes(Role::Ratings);
        let rows = self.read_buffered(Role::Ratings, |reader| {
            let cannot_read = |source| Error::Read { file: file.clone(), source };
            let mut lines = Lines::new(reader);
            let separator = layout.ratings_separator();
            let columns = if layout.has_header() {
                let header = lines.next().map_err(cannot_read)?.unwrap_or_default();
                Columns::named(&file, header, COLUMNS, separator)?
            } else {
                Columns::in_order(separator)
            };
            let mut rows = 0u64;
            while let Some(line) = lines.next().map_err(cannot_read)? {
                if line.trim_ascii().is_empty() {
                    continue;
                }
                rows += 1;
                let parsed =
                    columns.fields(line).and_then(|fields| rating(fields, now)).and_then(|rating| {
                        match known(rating.movie) {
                            true => Ok(rating),
                            false => {
                                Err((BadReason::UnknownFilm, format!("film {} is in no movies file", rating.movie)))
                            }
                        }
                    });
                let number = lines.number();
                match (parsed, u32::try_from(number)) {
                    (Ok(rating), Ok(line)) => accept(line, rating),
                    (Ok(_), Err(_)) => {
                        return Err(Error::TooLarge {
                            file: file.clone(),
                            bytes: lines.bytes(),
                            limit: u32::MAX.into(),
                        });
                    }
                    (Err((reason, detail)), _) => bad_rows.add(&file, number, reason, || detail),
                }
                if rows.is_multiple_of(ROWS_PER_REPORT) {
                    let bytes_done = bytes_before + lines.bytes();
                    progress(Progress { stage: Stage::Reading, bytes_done, bytes_total, rows });
                }
            }
            progress(Progress { stage: Stage::Reading, bytes_done: bytes_total, bytes_total, rows });
            Ok(rows)
        })?;
        Ok(rows.unwrap_or_default())
    }

    /// The name of the ratings file, as it stands in bad rows.
    pub fn ratings_file(&self) -> &str {
        self.file_name(Role::Ratings)
    }
}

fn rating([user, movie, rating, timestamp]: [&[u8]; 4], now: i64) -> Result<Rating, Fault> {
    Ok(Rating {
        user: id(user, "the user id")?,
        movie: id(movie, "the film id")?,
        half_stars: stars(rating)?,
        timestamp: time(timestamp, now)?,
    })
}
