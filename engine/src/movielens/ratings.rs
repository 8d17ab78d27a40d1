//! The ratings file, tens of millions of lines long, of any layout: line by line, in bounded memory.

use std::io::BufRead;

use super::fields::{Fault, OffScale, Stars, Time, stars, time};
use super::header::{Column, Header, Wanted};
use super::ids::Ids;
use super::layout::Role;
use super::lines::{Lines, as_utf8};
use super::rows::{Fields, ROWS_PER_REPORT, close_quotes};
use super::table::said_of_lines;
use super::{BadReason, BadRows, Error, Films, Progress, Rating, Scale, Source, Stage};

/// The columns wanted, in the order in which the layouts without header have them. Many lists have no times.
const COLUMNS: Wanted<4> = Wanted { columns: [Column::User, Column::Film, Column::Rating, Column::Time], needed: 3 };

/// From this share of ratings above 5 on, a file is taken to have a longer scale; a few are mistakes.
const TELLING_SHARE: f64 = 0.2;

/// Where the ids of so many users are read and none is a number, the others are hardly numbers.
const TELLING_USERS: u64 = 4096;

/// How a ratings file is read.
pub struct RatingsReading<'a> {
    /// The films that are rated.
    pub films: &'a Films,
    /// The ids of those who rate.
    pub users: &'a mut Ids,
    /// The scale they rate on.
    pub scale: Scale,
    /// The present time in seconds since 1970: no rating is from later.
    pub now: i64,
    /// Whether reading ends where the first users' ids are no numbers though they should be.
    pub may_break_off: bool,
}

/// What was found in a ratings file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RatingsRead {
    /// Rows, bad ones included.
    pub rows: u64,
    /// Rows with a rating of 0 or -1, which many lists write for "not rated".
    pub unrated: u64,
    /// Rows of films whose own row could not be read.
    pub of_lost_films: u64,
    /// Rows without a time.
    pub without_time: u64,
    /// Rows whose time was in milliseconds or finer.
    pub finer_than_seconds: u64,
    /// Rows with a rating above 5.
    pub above_five: u64,
    /// The highest number that stands where a rating should.
    pub highest: f64,
    /// Whether reading was broken off.
    pub broken_off: bool,
}

impl RatingsRead {
    /// The scale that the ratings seem to have, where it is not 0.5 to 5.
    pub fn other_scale(&self) -> Option<Scale> {
        if self.above_five as f64 <= TELLING_SHARE * self.rows as f64 {
            return None;
        }
        [Scale::Ten, Scale::Hundred].into_iter().find(|scale| self.highest <= scale.highest())
    }
}

impl Source {
    /// Passes every good row of the ratings file, with its line, to `accept`.
    ///
    /// A row is good if its fields are sound, its film is known and its time is not in the future.
    pub fn read_ratings(
        &mut self,
        mut reading: RatingsReading<'_>,
        bad_rows: &mut BadRows,
        progress: &mut dyn FnMut(Progress),
        mut accept: impl FnMut(u32, Rating),
    ) -> Result<RatingsRead, Error> {
        let file = self.file_name(Role::Ratings).to_owned();
        let (layout, bytes_total) = (self.layout(), self.bytes());
        let bytes_before = bytes_total - self.file_bytes(Role::Ratings);
        let read = self.read_buffered(Role::Ratings, |reader| {
            let cannot_read = |source| Error::Read { file: file.clone(), source };
            let consume = |reader: &mut dyn BufRead| -> Result<(RatingsRead, Vec<String>), Error> {
                let mut read = RatingsRead::default();
                let mut lines = Lines::new(reader);
                let header = Header::of(&file, &mut lines, &COLUMNS, layout.fixed_separator())?;
                let mut fields = Fields::new(&header);
                let mut of_several_lines = 0;
                let mut is_row = !header.is_named;
                loop {
                    if !is_row && lines.next().map_err(cannot_read)?.is_none() {
                        break;
                    }
                    is_row = false;
                    if lines.current().trim_ascii().is_empty() {
                        continue;
                    }
                    of_several_lines += u64::from(close_quotes(&mut lines, &header).map_err(cannot_read)?);
                    let number = lines.number();
                    let line = lines.current();
                    read.rows += 1;
                    let parsed = fields.of(line).and_then(|fields| rating(fields, &mut reading, &mut read));
                    match (parsed, u32::try_from(number)) {
                        (Ok(Some(rating)), Ok(line)) => accept(line, rating),
                        (Ok(Some(_)), Err(_)) => {
                            let (bytes, limit) = (lines.bytes(), u32::MAX.into());
                            return Err(Error::TooLarge { file: file.clone(), bytes, limit });
                        }
                        (Ok(None), _) => {}
                        (Err((reason, detail)), _) => bad_rows.add(&file, number, reason, || detail),
                    }
                    if read.rows == TELLING_USERS && reading.may_break_off && reading.users.begin_as_text(TELLING_USERS)
                    {
                        read.broken_off = true;
                        break;
                    }
                    if read.rows.is_multiple_of(ROWS_PER_REPORT) {
                        let bytes_done = (bytes_before + lines.bytes()).min(bytes_total);
                        progress(Progress { stage: Stage::Reading, bytes_done, bytes_total, rows: read.rows });
                    }
                }
                progress(Progress { stage: Stage::Reading, bytes_done: bytes_total, bytes_total, rows: read.rows });
                Ok((read, header.assumed.into_iter().chain(said_of_lines(of_several_lines)).collect()))
            };
            as_utf8(reader, consume).map_err(cannot_read)?
        })?;
        let (read, assumed) = read.unwrap_or_default();
        assumed.into_iter().for_each(|what| self.assume(&file, what));
        self.assume_of(&file, &read, reading.scale);
        Ok(read)
    }

    fn assume_of(&mut self, file: &str, read: &RatingsRead, scale: Scale) {
        let RatingsRead { unrated, of_lost_films, without_time, finer_than_seconds, .. } = *read;
        if scale != Scale::Five {
            self.assume(file, format!("the scale is 1 to {}, brought to 0.5 to 5 stars", scale.highest()));
        }
        for (count, what) in [
            (unrated, "rows with the rating 0 or -1 are taken as not rated and left out"),
            (of_lost_films, "rows are left out because the row of their film is bad"),
            (without_time, "rows have no time; it is kept as 1970"),
            (finer_than_seconds, "times look like milliseconds or finer, and are taken so"),
        ] {
            if count > 0 {
                self.assume(file, format!("{count} {what}"));
            }
        }
    }

    /// Notes what the users' ids are, once they are in order.
    pub(crate) fn assume_users(&mut self, users: &Ids) {
        let file = self.file_name(Role::Ratings).to_owned();
        users.said("users", "user_ids.arrow").into_iter().for_each(|what| self.assume(&file, what));
    }

    /// The name of the ratings file, as it stands in bad rows.
    pub fn ratings_file(&self) -> &str {
        self.file_name(Role::Ratings)
    }
}

/// `None` for a row that is sound and says nothing.
fn rating(
    [user, film, rating, timestamp]: [&[u8]; 4],
    reading: &mut RatingsReading<'_>,
    read: &mut RatingsRead,
) -> Result<Option<Rating>, Fault> {
    let RatingsReading { films, users, scale, now, .. } = reading;
    let (user, movie) = (users.number(user, "the user id")?, films.number(film)?);
    let half_stars = match stars(rating, *scale) {
        Ok(Stars::Rated(half_stars)) => half_stars,
        Ok(Stars::Unrated) => {
            read.unrated += 1;
            return Ok(None);
        }
        Err(OffScale { number, fault }) => {
            if let Some(number) = number {
                read.above_five += u64::from(number > 5.0);
                read.highest = read.highest.max(number);
            }
            return Err(fault);
        }
    };
    let timestamp = match time(timestamp, *now)? {
        Time::None => {
            read.without_time += 1;
            0
        }
        Time::Seconds(seconds) => seconds,
        Time::Finer(seconds) => {
            read.finer_than_seconds += 1;
            seconds
        }
    };
    if films.is_known(movie) {
        return Ok(Some(Rating { user, movie, half_stars, timestamp }));
    }
    if films.is_lost(movie) {
        read.of_lost_films += 1;
        return Ok(None);
    }
    Err((BadReason::UnknownFilm, format!("film {} is in no movies file", films.ids().shown(movie))))
}
