//! One rating as it came, from bytes nobody has checked: read field by field, so that everything that is wrong is said
//! and not only the first. Here it is held to nothing but its form.

use crate::reason::{Fault, Reason, shown};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::fmt;

/// A line's length at most, in bytes; a rating has some 80.
pub const LONGEST_LINE: usize = 2_048;
/// An id's length at most, in bytes.
pub const LONGEST_ID: usize = 100;

/// From here on a number of seconds would lie after the year 5000, and is one of milliseconds.
const FINER_THAN_SECONDS: f64 = 100_000_000_000.0;

const FIELDS: [&str; 5] = ["user_id", "movie_id", "rating", "timestamp", "id"];

/// What could be read of a line; what could not is among the faults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Who, as the source calls them: 42 and "42" are the same.
    pub user: Option<String>,
    /// Which film, as the source calls it.
    pub film: Option<String>,
    /// How many stars, on whatever scale.
    pub stars: Option<f64>,
    /// Whether it says when.
    pub is_dated: bool,
    /// When, in milliseconds since 1970 UTC.
    pub rated_at: Option<i64>,
    /// The source's own id of the delivery.
    pub delivery: Option<String>,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

impl Line {
    /// Reads a line.
    pub fn read(bytes: &[u8]) -> Line {
        if bytes.len() > LONGEST_LINE {
            return Line::unreadable(Fault::new(
                Reason::TooLong,
                format!(
                    "it is longer than the {LONGEST_LINE} bytes that a rating may have; only its beginning is kept"
                ),
            ));
        }
        let fields = match serde_json::from_slice::<Fields<'_>>(bytes) {
            Ok(fields) => fields,
            Err(error) if error.classify() == Category::Data => {
                return Line::unreadable(Fault::new(
                    Reason::NotAnObject,
                    "it is JSON, but no object; send {\"user_id\", \"movie_id\", \"rating\"}",
                ));
            }
            Err(error) => {
                return Line::unreadable(Fault::new(Reason::NotJson, format!("it is no JSON: {error}")));
            }
        };
        let mut faults = Vec::new();
        let [user, film, stars, time, delivery] = fields.values;
        let line = Line {
            user: read("user_id", user, true, &mut faults, id),
            film: read("movie_id", film, true, &mut faults, id),
            stars: read("rating", stars, true, &mut faults, number),
            is_dated: time.is_some_and(|time| time.get() != "null"),
            rated_at: read("timestamp", time, false, &mut faults, time_ms),
            delivery: read("id", delivery, false, &mut faults, id),
            faults: Vec::new(),
        };
        let repeated = fields.repeated.into_iter().map(|field| {
            Fault::new(Reason::RepeatedField, format!("{field} is there more than once; leave one of them"))
        });
        let unknown = fields.unknown.into_iter().map(|field| {
            Fault::new(
                Reason::UnknownField,
                format!("no rating has a field \"{field}\"; there are {}", FIELDS.join(", ")),
            )
        });
        faults.extend(repeated.chain(unknown));
        Line { faults, ..line }
    }

    fn unreadable(fault: Fault) -> Line {
        Line { faults: vec![fault], ..Line::default() }
    }
}

/// Reads a field; one that is wanted must be there, and one that is not may be null.
fn read<T>(
    name: &str,
    value: Option<&RawValue>,
    is_wanted: bool,
    faults: &mut Vec<Fault>,
    parse: impl Fn(Token<'_>) -> Result<T, (Reason, String)>,
) -> Option<T> {
    let Some(value) = value else {
        if is_wanted {
            faults.push(Fault::new(Reason::MissingField, format!("{name} is missing")));
        }
        return None;
    };
    let token = Token::of(value.get());
    if matches!(token, Token::Null) && !is_wanted {
        return None;
    }
    match parse(token) {
        Ok(read) => Some(read),
        Err((reason, words)) => {
            faults.push(Fault::new(reason, format!("{name} {words}, not {}", shown(value.get()))));
            None
        }
    }
}

fn id(token: Token<'_>) -> Result<String, (Reason, String)> {
    let text = match token {
        Token::Number(number) if !number.contains(['.', 'e', 'E']) => return Ok(number.to_owned()),
        Token::Text(text) => text,
        Token::Unreadable => return Err((Reason::BadId, "must be a text that can be read".to_owned())),
        _ => return Err((Reason::WrongType, "must be a whole number or a text".to_owned())),
    };
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_ID || text.contains(char::is_control) {
        return Err((Reason::BadId, format!("must have 1 to {LONGEST_ID} bytes and no control characters")));
    }
    Ok(text.to_owned())
}

fn number(token: Token<'_>) -> Result<f64, (Reason, String)> {
    let Token::Number(number) = token else {
        return Err((Reason::WrongType, "must be a number of stars".to_owned()));
    };
    // Past the largest number it is infinite, and off every scale.
    Ok(number.parse().unwrap_or(f64::INFINITY))
}

fn time_ms(token: Token<'_>) -> Result<i64, (Reason, String)> {
    let words = || {
        "must be seconds or milliseconds since 1970, or a date and time with a zone as in 2026-11-26T20:15:00Z"
            .to_owned()
    };
    match token {
        Token::Number(number) => {
            let number: f64 = number.parse().unwrap_or(f64::INFINITY);
            let ms = if number.abs() < FINER_THAN_SECONDS { number * 1_000.0 } else { number };
            // A number that is too large becomes the last time there is, which is in the future.
            Ok(ms as i64)
        }
        Token::Text(text) => chrono::DateTime::parse_from_rfc3339(text.trim())
            .map(|time| time.timestamp_millis())
            .map_err(|_| (Reason::BadTime, words())),
        Token::Unreadable => Err((Reason::BadTime, words())),
        _ => Err((Reason::WrongType, words())),
    }
}

/// A value, as far as it is looked into.
enum Token<'a> {
    Null,
    Text(String),
    Number(&'a str),
    /// A text with half a character in it.
    Unreadable,
    /// True, false, a list or an object.
    Other,
}

impl<'a> Token<'a> {
    fn of(json: &'a str) -> Token<'a> {
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).map_or(Token::Unreadable, Token::Text),
            Some(b'n') => Token::Null,
            Some(b'-' | b'0'..=b'9') => Token::Number(json),
            _ => Token::Other,
        }
    }
}

/// An object's fields, each value as it stands there.
#[derive(Default)]
struct Fields<'a> {
    /// In the order of [`FIELDS`]; of one that is there more than once the first.
    values: [Option<&'a RawValue>; FIELDS.len()],
    repeated: Vec<&'static str>,
    unknown: Vec<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Name(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            match name {
                Ok(place) if fields.values[place].is_none() => fields.values[place] = Some(value),
                Ok(place) => fields.repeated.push(FIELDS[place]),
                Err(unknown) => fields.unknown.push(unknown),
            }
        }
        Ok(fields)
    }
}

/// A field's place among those that are known, or its name, shortened.
struct Name(Result<usize, String>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a field's name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(FIELDS.iter().position(|field| *field == name).ok_or_else(|| shown(name))))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
