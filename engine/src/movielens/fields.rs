//! Single fields and lines, from bytes nobody has checked.

use super::BadReason;
use crate::rating::{FIRST_LIVE_ID, HalfStars};

/// Why a row is bad, with the words for it made only if somebody reads them.
pub(crate) type Fault = (BadReason, String);

/// The longest value shown in a message.
const SHOWN_CHARACTERS: usize = 60;

/// Bytes as text for a message: decoded leniently and shortened.
pub(crate) fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(&value[..value.len().min(SHOWN_CHARACTERS * 4)]);
    let mut short: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        short.push('…');
    }
    short.escape_debug().to_string()
}

/// Without surrounding blanks and one pair of double quotes.
pub(crate) fn bare(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    match field {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        _ => field,
    }
}

fn digits(field: &[u8]) -> Option<u64> {
    if field.is_empty() || field.len() > 18 {
        return None;
    }
    field.iter().try_fold(0u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// An id of a user or film; `what` names it in the fault. "949.0", as pandas writes it beside missing ones, is 949.
pub(crate) fn id(field: &[u8], what: &str) -> Result<u32, Fault> {
    if field.is_empty() {
        return Err((BadReason::MissingField, format!("{what} is missing")));
    }
    whole_number(field).and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
        (BadReason::NotANumber, format!("{what} \"{}\" is not a number of at most 32 bits", shown(field)))
    })
}

/// An id of a user or film of a dataset that is a number: below [`FIRST_LIVE_ID`].
pub(crate) fn dataset_id(field: &[u8], what: &str) -> Result<u32, Fault> {
    if field.is_empty() {
        return id(field, what);
    }
    id(field, what).ok().filter(|number| *number < FIRST_LIVE_ID).ok_or_else(|| {
        let detail = format!(
            "{what} \"{}\" is not a whole number below {FIRST_LIVE_ID}, as most are; if none is meant to be a number, import \
             with --ids text",
            shown(field)
        );
        (BadReason::NotANumber, detail)
    })
}

/// "949", "949.0" as pandas writes it beside missing ones, and "1e+05" as R writes 100000.
fn whole_number(field: &[u8]) -> Option<u64> {
    digits(without_zero_decimals(field)).or_else(|| {
        let exponent = field.iter().position(|byte| matches!(byte, b'e' | b'E'))?;
        if exponent == 0 || !field[0].is_ascii_digit() {
            return None;
        }
        let number = std::str::from_utf8(field).ok()?.parse::<f64>().ok()?;
        // Past 2^53 not every whole number is told from its neighbours.
        (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
    })
}

fn without_zero_decimals(field: &[u8]) -> &[u8] {
    match field.iter().position(|byte| *byte == b'.') {
        Some(point) if point > 0 && field[point + 1..].iter().all(|byte| *byte == b'0') => &field[..point],
        _ => field,
    }
}

/// The scale that ratings are given on; the farm computes with half a star to five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// 0.5, 1, 1.5, ... 5 stars.
    #[default]
    Five,
    /// 1 to 10; each is half a star.
    Ten,
    /// 1 to 100; rounded to the next half star.
    Hundred,
}

impl Scale {
    /// The highest rating.
    pub fn highest(self) -> f64 {
        match self {
            Scale::Five => 5.0,
            Scale::Ten => 10.0,
            Scale::Hundred => 100.0,
        }
    }
}

/// What stands where a rating should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stars {
    Rated(HalfStars),
    /// 0 or -1.
    Unrated,
}

/// Why there is no rating, and the number that is there if one is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OffScale {
    pub(crate) number: Option<f64>,
    pub(crate) fault: Fault,
}

/// A rating: "4", "4.0", "3.5", and with a decimal comma "3,5".
pub(crate) fn stars(field: &[u8], scale: Scale) -> Result<Stars, OffScale> {
    match field {
        [whole @ b'1'..=b'5'] | [whole @ b'1'..=b'5', b'.', b'0'] if scale == Scale::Five => {
            return rated(HalfStars::new((whole - b'0') * 2), field, 5.0, scale);
        }
        [whole @ b'0'..=b'4', b'.', b'5'] if scale == Scale::Five => {
            return rated(HalfStars::new((whole - b'0') * 2 + 1), field, 5.0, scale);
        }
        [] => {
            let fault = (BadReason::MissingField, "the rating is missing".to_owned());
            return Err(OffScale { number: None, fault });
        }
        _ => {}
    }
    let text = std::str::from_utf8(field).unwrap_or_default().replacen(',', ".", 1);
    let Some(number) = text.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        let fault = (BadReason::NotANumber, format!("the rating \"{}\" is not a number", shown(field)));
        return Err(OffScale { number: None, fault });
    };
    if number == 0.0 || number == -1.0 {
        return Ok(Stars::Unrated);
    }
    let half_stars = match scale {
        Scale::Five => HalfStars::from_stars(number).ok(),
        _ if !(0.0..=scale.highest()).contains(&number) => None,
        _ => HalfStars::new(((number / scale.highest() * 10.0).round() as u8).max(1)),
    };
    rated(half_stars, field, number, scale)
}

fn rated(half_stars: Option<HalfStars>, field: &[u8], number: f64, scale: Scale) -> Result<Stars, OffScale> {
    half_stars.map(Stars::Rated).ok_or_else(|| {
        let longer = [Scale::Ten, Scale::Hundred].into_iter().find(|longer| number <= longer.highest());
        let on = match scale {
            Scale::Five => "0.5, 1.0, ... 5.0".to_owned(),
            _ => format!("1 to {}", scale.highest()),
        };
        let way_out = match longer.filter(|_| scale == Scale::Five && number > 5.0) {
            Some(longer) => format!("; if it looks like 1 to {0}, import with --scale {0}", longer.highest()),
            None => String::new(),
        };
        let words = format!("the rating {} is not on the scale {on}{way_out}", shown(field));
        OffScale { number: Some(number), fault: (BadReason::OffScale, words) }
    })
}

/// What stands where a time should, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// Nothing.
    None,
    Seconds(i64),
    /// Was in milliseconds, microseconds or nanoseconds.
    Finer(i64),
}

impl Time {
    /// Seconds since 1970, 0 where nothing stands.
    pub(crate) fn seconds(self) -> i64 {
        match self {
            Time::None => 0,
            Time::Seconds(seconds) | Time::Finer(seconds) => seconds,
        }
    }
}

/// From here on a number of seconds would lie after the year 5000, and is one of milliseconds after 1973.
const FINER_THAN_SECONDS: i64 = 100_000_000_000;

/// Seconds since 1970 or finer, or a date with or without time and zone, not after `now`.
pub(crate) fn time(field: &[u8], now: i64) -> Result<Time, Fault> {
    if field.is_empty() {
        return Ok(Time::None);
    }
    let number = whole_number(field).and_then(|number| i64::try_from(number).ok());
    let time = match number {
        Some(mut finer) if finer >= FINER_THAN_SECONDS => {
            while finer >= FINER_THAN_SECONDS {
                finer /= 1000;
            }
            Some(Time::Finer(finer))
        }
        Some(seconds) => Some(Time::Seconds(seconds)),
        None => text_time(field).map(Time::Seconds),
    };
    let Some(time) = time else {
        let words = format!(
            "the time \"{}\" is neither a number since 1970 nor a date as in 2005-04-02 23:53:47",
            shown(field)
        );
        return Err((BadReason::BadTime, words));
    };
    if time.seconds() > now {
        return Err((BadReason::FutureTime, format!("the time {} lies in the future", shown(field))));
    }
    Ok(time)
}

/// RFC 3339 and its relatives: `2005-04-02`, `2005-04-02 23:53`, `2005-04-02T23:53:47.120+02:00`, `... 23:53:47 UTC`.
/// Without a zone it is UTC.
fn text_time(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = date.splitn(3, '-').collect::<Vec<_>>().try_into().ok()?;
    if ![year, month, day].into_iter().all(digits_only) || year.len() != 4 {
        return None;
    }
    let date = chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    let seconds = match rest.strip_prefix(['T', 't', ' ']) {
        None if rest.is_empty() => date.and_hms_opt(0, 0, 0)?.and_utc().timestamp(),
        None => return None,
        Some(clock) => {
            let end = clock.find(|byte: char| !matches!(byte, '0'..='9' | ':' | '.')).unwrap_or(clock.len());
            let (clock, zone) = clock.split_at(end);
            let whole = clock.split('.').next().unwrap_or_default();
            let mut parts = whole.split(':').map(|part| Some(part).filter(|part| part.len() == 2)?.parse::<u32>().ok());
            let (hour, minute) = (parts.next()??, parts.next()??);
            let second = parts.next().unwrap_or(Some(0))?;
            if parts.next().is_some() {
                return None;
            }
            date.and_hms_opt(hour, minute, second)?.and_utc().timestamp() - zone_seconds(zone.trim())?
        }
    };
    Some(seconds).filter(|seconds| *seconds >= 0)
}

/// How far ahead of UTC a zone is: "", "Z", "UTC", "+02:00", "-0530", "+02".
fn zone_seconds(zone: &str) -> Option<i64> {
    let (sign, offset) = match zone {
        "" | "Z" | "z" | "UTC" | "GMT" => return Some(0),
        _ if zone.starts_with('+') => (1, &zone[1..]),
        _ if zone.starts_with('-') => (-1, &zone[1..]),
        _ => return None,
    };
    let offset = offset.replacen(':', "", 1);
    if !matches!(offset.len(), 2 | 4) {
        return None;
    }
    let (hours, minutes) = (digits(&offset.as_bytes()[..2])?, digits(offset.as_bytes().get(2..4).unwrap_or(b"0")));
    let minutes = if offset.len() == 2 { 0 } else { minutes? };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_or_dates_and_never_in_the_future() {
        let now = 2_000_000_000;
        let at = |text: &str| time(text.as_bytes(), now).map(Time::seconds);
        // `date -u -d "2005-04-02 23:53:47" +%s`
        let expected = 1_112_486_027;
        for text in [
            "1112486027",
            "1112486027.0",
            "1.112486027e9",
            "1112486027000",
            "1112486027000000",
            "2005-04-02 23:53:47",
            "2005-04-02T23:53:47Z",
            "2005-04-02T23:53:47.120Z",
            "2005-04-02 23:53:47 UTC",
            "2005-04-03T01:53:47+02:00",
            "2005-04-02T18:23:47-0530",
        ] {
            assert_eq!(at(text), Ok(expected), "{text}");
        }
        assert_eq!(at("2005-04-02"), Ok(1_112_400_000));
        assert_eq!(at("2005-04-02 23:53"), Ok(1_112_485_980));
        assert_eq!(time(b"", now), Ok(Time::None));
        assert_eq!(at("2000000001").unwrap_err().0, BadReason::FutureTime);
        for bad in [
            "2005-02-30 00:00:00",
            "-5",
            "1e-9",
            "2005-04-02 24:00:00",
            "1969-12-31 23:59:59",
            "04/02/2005",
            "2005-04-02 23:53:47 CEST",
            "2005-04-02x",
            "2005-04-02T5:3:7",
            "yesterday",
        ] {
            assert_eq!(at(bad).unwrap_err().0, BadReason::BadTime, "{bad}");
        }
    }

    #[test]
    fn stars_are_read_exactly_or_refused() {
        let read = |text: &str| stars(text.as_bytes(), Scale::Five);
        let half = |half_stars| Ok(Stars::Rated(HalfStars::new(half_stars).unwrap()));
        for (text, half_stars) in [("5", 10), ("5.0", 10), ("0.5", 1), ("4.5", 9), ("3.50", 7), ("1", 2), ("4,5", 9)] {
            assert_eq!(read(text), half(half_stars), "{text}");
        }
        for text in ["0", "0.0", "-1"] {
            assert_eq!(read(text), Ok(Stars::Unrated), "{text}");
        }
        for text in ["5.5", "6", "4.7", "-2", "1e9"] {
            assert_eq!(read(text).unwrap_err().fault.0, BadReason::OffScale, "{text}");
        }
        for text in ["four", "NaN", "inf", "4,5,1"] {
            assert_eq!(read(text).unwrap_err().fault.0, BadReason::NotANumber, "{text}");
        }
        for (text, scale, half_stars) in [
            ("10", Scale::Ten, 10),
            ("1", Scale::Ten, 1),
            ("7", Scale::Ten, 7),
            ("85", Scale::Hundred, 9),
            ("1", Scale::Hundred, 1),
        ] {
            assert_eq!(stars(text.as_bytes(), scale), half(half_stars), "{text} of {}", scale.highest());
        }
        assert!(stars(b"11", Scale::Ten).is_err());
    }

    #[test]
    fn ids_may_have_decimals_that_say_nothing() {
        for (text, number) in [("949.0", 949), ("1e+05", 100_000), ("1.5e3", 1500)] {
            assert_eq!(id(text.as_bytes(), "the film id"), Ok(number));
        }
        for bad in ["949.5", "e5", "1e", "1e-3", "1e300", ".0", "tt949", "-1", "4294967296"] {
            assert_eq!(id(bad.as_bytes(), "the film id").unwrap_err().0, BadReason::NotANumber, "{bad}");
        }
        assert_eq!(dataset_id(b"2147483647", "the user id"), Ok(2_147_483_647));
        for bad in ["2147483648", "4294967295", "9007199254740993", "18446744073709551617", "b3a7-0f", "anna", "1e20"] {
            let (reason, detail) = dataset_id(bad.as_bytes(), "the user id").unwrap_err();
            assert_eq!(reason, BadReason::NotANumber, "{bad}");
            assert!(detail.contains(bad) && detail.contains("import with --ids text"), "{detail}");
        }
    }
}
