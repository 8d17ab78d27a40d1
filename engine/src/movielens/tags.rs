//! The tags file.

use unicode_normalization::UnicodeNormalization;

use super::fields::{Fault, shown, time};
use super::header::{Column, Wanted};
use super::ids::Ids;
use super::layout::Role;
use super::table::{for_each_line, for_each_row};
use super::{BadReason, BadRows, Error, Films, Source, Tag};

/// Longer tags are cut off by nobody, but a megabyte is no tag.
const TAG_LIMIT: usize = 4096;

const TAGS: Wanted<4> = Wanted { columns: [Column::User, Column::Film, Column::Tag, Column::Time], needed: 3 };

impl Source {
    /// Reads the tags; `None` if the source has no file of them, or too much of it is bad. `users` are those of the ratings.
    pub fn read_tags(
        &mut self,
        films: &Films,
        users: &mut Ids,
        now: i64,
        bad_rows: &mut BadRows,
        allowed: f64,
    ) -> Option<Vec<Tag>> {
        let file = self.file_name(Role::Tags).to_owned();
        match self.try_to_read_tags(&file, films, users, now, bad_rows, allowed) {
            Ok(tags) => tags,
            Err(error) => {
                self.leave_out(&file, &error);
                None
            }
        }
    }

    fn try_to_read_tags(
        &mut self,
        file: &str,
        films: &Films,
        users: &mut Ids,
        now: i64,
        bad_rows: &mut BadRows,
        allowed: f64,
    ) -> Result<Option<Vec<Tag>>, Error> {
        let Some(bytes) = self.read_whole(Role::Tags)? else { return Ok(None) };
        let (mut tags, mut rows, mut found) = (Vec::new(), 0, bad_rows.clone());
        let mut add = |line: u64, parsed: Result<Tag, Fault>| {
            rows += 1;
            match parsed {
                Ok(tag) => tags.push(tag),
                Err((reason, detail)) => found.add(file, line, reason, || detail),
            }
        };
        let assumed = if self.layout().fixed_separator().is_none() {
            for_each_row(file, &bytes, &TAGS, |line, row| {
                let row = row.map_err(|row| row.fault);
                add(line, row.and_then(|row| tag(row.each_ref().map(String::as_str), films, users, now)));
            })?
        } else {
            for_each_line(file, &bytes, |line, row| {
                add(line, fields_from_dat(row).and_then(|fields| tag(fields, films, users, now)))
            })?
        };
        found.check(file, rows, allowed)?;
        *bad_rows = found;
        assumed.into_iter().for_each(|what| self.assume(file, what));
        Ok(Some(tags))
    }
}

fn tag([user, movie, words, timestamp]: [&str; 4], films: &Films, users: &mut Ids, now: i64) -> Result<Tag, Fault> {
    let words: String = words.trim().nfc().collect();
    if words.is_empty() {
        return Err((BadReason::MissingField, "the tag is missing".to_owned()));
    }
    if words.len() > TAG_LIMIT {
        return Err((BadReason::Unreadable, format!("the tag is longer than {TAG_LIMIT} bytes")));
    }
    let movie = films.known(movie.trim().as_bytes())?;
    let timestamp = time(timestamp.trim().as_bytes(), now)?.seconds();
    Ok(Tag { user: users.number(user.trim().as_bytes(), "the user id")?, movie, tag: words, timestamp })
}

/// `user::film::tag::time`, where the tag may itself contain colons.
fn fields_from_dat(row: &str) -> Result<[&str; 4], Fault> {
    let split = || {
        let (user, rest) = row.split_once("::")?;
        let (movie, rest) = rest.split_once("::")?;
        let (words, timestamp) = rest.rsplit_once("::")?;
        Some([user, movie, words, timestamp])
    };
    split().ok_or_else(|| (BadReason::MissingField, format!("too few fields in \"{}\"", shown(row.as_bytes()))))
}
