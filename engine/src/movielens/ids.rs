//! Ids of users and films as a source has them: whole numbers, which are taken as they are, or anything else (names, UUIDs,
//! negative and longer numbers), which is numbered from 1 on in the order of its bytes: the same for any order of rows.
//!
//! While a source is read its texts are numbered as they come, each kept once; they are put in order when all are known.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::BadReason;
use super::encoding::decode_row;
use super::fields::{Fault, dataset_id};

/// From this share of ids that are no numbers on, they are meant to be none; a few are mistakes.
const TELLING_SHARE: f64 = 0.2;

/// A longer id is a bad one; a UUID has 36 bytes.
const LONGEST_ID: usize = 256;

/// Bytes of all ids of users, or of films, that are kept in memory: 29 million UUIDs.
const MOST_BYTES: usize = 1 << 30;

/// What the ids of a source's users or films are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdKind {
    /// Whole numbers below 2^31; others are bad rows.
    Numbers,
    /// Anything; all are numbered anew.
    Text,
}

/// The ids met so far.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    texts: Option<Texts>,
    seen: u64,
    no_numbers: u64,
    example: Option<String>,
}

impl Ids {
    /// None met yet.
    pub fn new(kind: IdKind) -> Ids {
        let texts = (kind == IdKind::Text).then(Texts::default);
        Ids { texts, ..Ids::default() }
    }

    /// Whether each id is the number that it says.
    pub fn are_numbers(&self) -> bool {
        self.texts.is_none()
    }

    /// What the ids seem to be.
    pub fn likely(&self) -> IdKind {
        match self.no_numbers as f64 > TELLING_SHARE * self.seen as f64 {
            true => IdKind::Text,
            false => IdKind::Numbers,
        }
    }

    /// Whether so many ids were met, and none was a number.
    pub(super) fn begin_as_text(&self, met: u64) -> bool {
        self.seen >= met && self.no_numbers == self.seen
    }

    /// The number of an id, a new one if it was not met before; `what` names it in the fault.
    pub(crate) fn number(&mut self, field: &[u8], what: &str) -> Result<u32, Fault> {
        self.seen += 1;
        let number = dataset_id(field, what);
        if number.is_err() && !field.is_empty() {
            self.no_numbers += 1;
            if self.example.is_none() {
                self.example = Some(super::shown(field));
            }
        }
        match &mut self.texts {
            None => number,
            Some(texts) => texts.number(&written(field, what)?),
        }
    }

    /// The number of an id whose row is bad otherwise; it says nothing of what ids are.
    pub(super) fn lost(&mut self, field: &[u8]) -> Result<u32, Fault> {
        match &mut self.texts {
            None => dataset_id(field, "the id"),
            Some(texts) => texts.number(&written(field, "the id")?),
        }
    }

    /// The number of an id that was met before; `None` for a sound one that was not.
    pub(super) fn known(&self, field: &[u8], what: &str) -> Result<Option<u32>, Fault> {
        match &self.texts {
            None => dataset_id(field, what).map(Some),
            Some(texts) => Ok(texts.find(&written(field, what)?)),
        }
    }

    /// What the source calls a number.
    pub(crate) fn shown(&self, number: u32) -> String {
        match &self.texts {
            None => number.to_string(),
            Some(texts) => super::shown(texts.text(texts.place(number)).as_bytes()),
        }
    }

    /// Gives the texts their numbers for good, from 1 on in the order of their bytes.
    pub(crate) fn put_in_order(&mut self) {
        if let Some(texts) = &mut self.texts {
            texts.put_in_order();
        }
    }

    /// The number, now that they are in order, of what had this one before.
    pub(crate) fn number_in_order(&self, before: u32) -> u32 {
        self.texts.as_ref().map_or(before, |texts| texts.number_of(before))
    }

    /// All texts in order, the first of which has the number 1; `None` for numbers.
    pub(crate) fn in_order(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        let texts = self.texts.as_ref()?;
        Some(texts.order.iter().map(|place| texts.text(*place)))
    }

    /// What is said of them, if there is anything to be said.
    pub(super) fn said(&self, of: &str, kept_in: &str) -> Option<String> {
        let texts = self.texts.as_ref()?;
        let example = self.example.as_ref().map(|id| format!(" (as \"{id}\")")).unwrap_or_default();
        Some(format!(
            "the ids of {of} are taken as text{example}: {} are numbered from 1 on in alphabetical order, {kept_in} has the \
             list, and what is written of them has their own ids again",
            texts.ends.len()
        ))
    }
}

/// Texts one behind the other, each once.
#[derive(Clone, Debug, Default)]
struct Texts {
    bytes: String,
    ends: Vec<u32>,
    /// The place of a text by its hash, or by the next number where another text has the hash.
    places: FxHashMap<u64, u32>,
    hasher: RandomState,
    /// Places in the order of the texts, and the number of each place; empty while they come in.
    order: Vec<u32>,
    numbers: Vec<u32>,
}

impl Texts {
    fn text(&self, place: u32) -> &str {
        let place = place as usize;
        let from = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.bytes[from as usize..self.ends[place] as usize]
    }

    /// Where a text is, or the hash under which it would be.
    fn look_up(&self, text: &str) -> Result<u32, u64> {
        let mut hash = self.hasher.hash_one(text);
        while let Some(place) = self.places.get(&hash) {
            if self.text(*place) == text {
                return Ok(*place);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    fn find(&self, text: &str) -> Option<u32> {
        self.look_up(text).ok().map(|place| self.number_of(place))
    }

    /// Before they are in order a text's number is its place.
    fn number_of(&self, place: u32) -> u32 {
        self.numbers.get(place as usize).copied().unwrap_or(place)
    }

    fn place(&self, number: u32) -> u32 {
        if self.order.is_empty() { number } else { self.order[number as usize - 1] }
    }

    fn number(&mut self, text: &str) -> Result<u32, Fault> {
        let hash = match self.look_up(text) {
            Ok(place) => return Ok(self.number_of(place)),
            Err(hash) => hash,
        };
        if self.bytes.len() + text.len() > MOST_BYTES {
            let words =
                format!("there are more than {MOST_BYTES} bytes of ids before \"{}\"", super::shown(text.as_bytes()));
            return Err((BadReason::Unreadable, words));
        }
        let place = self.ends.len() as u32;
        self.bytes.push_str(text);
        // At most MOST_BYTES, which a u32 has room for; so there are fewer texts, too.
        self.ends.push(self.bytes.len() as u32);
        self.places.insert(hash, place);
        Ok(place)
    }

    fn put_in_order(&mut self) {
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        order.sort_unstable_by(|one, other| self.text(*one).cmp(self.text(*other)));
        let mut numbers = vec![0; order.len()];
        for (number, place) in (1..).zip(&order) {
            numbers[*place as usize] = number;
        }
        (self.order, self.numbers) = (order, numbers);
    }
}

/// An id as text: in one form of Unicode, and without the decimals that pandas writes beside missing ones.
fn written<'f>(field: &'f [u8], what: &str) -> Result<Cow<'f, str>, Fault> {
    if field.is_empty() {
        return Err((BadReason::MissingField, format!("{what} is missing")));
    }
    if field.len() > LONGEST_ID {
        let words = format!("{what} \"{}\" is longer than {LONGEST_ID} bytes", super::shown(field));
        return Err((BadReason::Unreadable, words));
    }
    let text = decode_row(field).0;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((whole, decimals)) = text.split_once('.')
        && is_number(whole.strip_prefix('-').unwrap_or(whole))
        && decimals.bytes().all(|byte| byte == b'0')
    {
        return Ok(Cow::Owned(whole.to_owned()));
    }
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Ok(text),
        _ => Ok(Cow::Owned(text.nfc().collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ids: &[&str]) -> Vec<(String, u32)> {
        let mut met = Ids::new(IdKind::Text);
        for id in ids {
            met.number(id.as_bytes(), "the user id").unwrap();
        }
        met.put_in_order();
        let number = |id: &str| met.known(id.as_bytes(), "the user id").unwrap().unwrap();
        let mut numbers: Vec<(String, u32)> = ids.iter().map(|id| ((*id).to_owned(), number(id))).collect();
        numbers.sort_by_key(|(_, number)| *number);
        numbers
    }

    #[test]
    fn texts_have_the_same_numbers_in_whatever_order_they_come() {
        let ids = ["zoë", "-5", "18446744073709551617", "b3a7-0f", "007", "7", "Anna", "anna"];
        let mut turned = ids;
        turned.reverse();
        assert_eq!(numbers(&ids), numbers(&turned));
        let expected = ["-5", "007", "18446744073709551617", "7", "Anna", "anna", "b3a7-0f", "zoë"];
        let expected: Vec<(String, u32)> = expected.map(str::to_owned).into_iter().zip(1..).collect();
        assert_eq!(numbers(&ids), expected);
    }

    #[test]
    fn one_id_written_in_several_ways_is_one() {
        let mut ids = Ids::new(IdKind::Text);
        let mut number = |field: &[u8]| ids.number(field, "the film id").unwrap();
        assert_eq!(number(b"9007199254740993.0"), number(b"9007199254740993"));
        assert_eq!(number(b"-5.00"), number(b"-5"));
        // In Windows-1252, composed, and with the accent by itself.
        assert_eq!(number(b"zo\xeb"), number("zoë".as_bytes()));
        assert_eq!(number("zoe\u{308}".as_bytes()), number("zoë".as_bytes()));
        assert_ne!(number(b"1e05"), number(b"100000"));
        assert_eq!(ids.in_order().unwrap().len(), 0, "before they are put in order none is");
        ids.put_in_order();
        assert_eq!(ids.in_order().unwrap().len(), 5);
        assert_eq!(ids.number(b"", "the film id").unwrap_err().0, BadReason::MissingField);
        assert_eq!(ids.number(&[b'x'; LONGEST_ID + 1], "the film id").unwrap_err().0, BadReason::Unreadable);
    }

    #[test]
    fn a_few_texts_among_numbers_are_mistakes() {
        let likely = |texts: usize, all: usize| {
            let mut ids = Ids::new(IdKind::Numbers);
            for at in 0..all {
                let id = if at < texts { format!("user-{at}") } else { at.to_string() };
                assert_eq!(ids.number(id.as_bytes(), "the user id").is_ok(), at >= texts);
            }
            ids.likely()
        };
        assert_eq!([likely(0, 10), likely(2, 10), likely(3, 10)], [IdKind::Numbers, IdKind::Numbers, IdKind::Text]);
    }
}
