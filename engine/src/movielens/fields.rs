//! Single fields and lines, from bytes nobody has checked.

use super::BadReason;
use crate::rating::HalfStars;

/// Why a row is bad, with the words for it made only if somebody reads them.
pub(super) type Fault = (BadReason, String);

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
pub(super) fn bare(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    match field {
        [b'"', inner @ .., b'"'] => inner.trim_ascii(),
        _ => field,
    }
}

/// Whole file to text: a byte order mark is dropped, and what is not UTF-8 is taken as ISO 8859-1.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_else(|not_utf8| {
        let latin_1 = not_utf8.into_bytes();
        latin_1.into_iter().map(char::from).collect()
    });
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

fn digits(field: &[u8]) -> Option<u64> {
    if field.is_empty() || field.len() > 18 {
        return None;
    }
    field.iter().try_fold(0u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))
}

/// An id of a user or film; `what` names it in the fault.
pub(super) fn id(field: &[u8], what: &str) -> Result<u32, Fault> {
    if field.is_empty() {
        return Err((BadReason::MissingField, format!("{what} is missing")));
    }
    digits(field).and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
        (BadReason::NotANumber, format!("{what} \"{}\" is not a number of at most 32 bits", shown(field)))
    })
}

/// Stars: "4", "4.0", "3.5".
pub(super) fn stars(field: &[u8]) -> Result<HalfStars, Fault> {
    let on_scale = match field {
        [] => return Err((BadReason::MissingField, "the rating is missing".to_owned())),
        [whole @ b'0'..=b'5'] | [whole @ b'0'..=b'5', b'.', b'0'] => HalfStars::new((whole - b'0') * 2),
        [whole @ b'0'..=b'4', b'.', b'5'] => HalfStars::new((whole - b'0') * 2 + 1),
        _ => {
            let number = std::str::from_utf8(field).ok().and_then(|text| text.parse::<f64>().ok());
            let number = number.filter(|number| number.is_finite());
            let Some(number) = number else {
                return Err((BadReason::NotANumber, format!("the rating \"{}\" is not a number", shown(field))));
            };
            HalfStars::from_stars(number).ok()
        }
    };
    on_scale.ok_or_else(|| {
        (BadReason::OffScale, format!("the rating {} is not on the scale 0.5, 1.0, ... 5.0", shown(field)))
    })
}

/// Seconds since 1970, or `YYYY-MM-DD HH:MM:SS` in UTC, not after `now`.
pub(super) fn time(field: &[u8], now: i64) -> Result<i64, Fault> {
    if field.is_empty() {
        return Err((BadReason::MissingField, "the time is missing".to_owned()));
    }
    let seconds = digits(field).and_then(|number| i64::try_from(number).ok()).or_else(|| text_time(field));
    let Some(seconds) = seconds else {
        let words = format!("the time \"{}\" is neither seconds since 1970 nor YYYY-MM-DD HH:MM:SS", shown(field));
        return Err((BadReason::BadTime, words));
    };
    if seconds > now {
        return Err((BadReason::FutureTime, format!("the time {} lies in the future", shown(field))));
    }
    Ok(seconds)
}

fn text_time(field: &[u8]) -> Option<i64> {
    let number = |from: usize, to: usize| digits(&field[from..to]).and_then(|number| u32::try_from(number).ok());
    let separators = |at: [usize; 5]| at.map(|at| field[at]);
    if field.len() != 19 || !matches!(separators([4, 7, 10, 13, 16]), [b'-', b'-', b' ' | b'T', b':', b':']) {
        return None;
    }
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = chrono::NaiveDate::from_ymd_opt(year, number(5, 7)?, number(8, 10)?)?;
    let time = date.and_hms_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?)?;
    Some(time.and_utc().timestamp()).filter(|seconds| *seconds >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_text_and_never_in_the_future() {
        let now = 2_000_000_000;
        assert_eq!(time(b"1112486027", now), Ok(1_112_486_027));
        // `date -u -d "2005-04-02 23:53:47" +%s`
        assert_eq!(time(b"2005-04-02 23:53:47", now), Ok(1_112_486_027));
        assert_eq!(time(b"2000000001", now).unwrap_err().0, BadReason::FutureTime);
        for bad in ["2005-02-30 00:00:00", "2005-04-02", "-5", "1e9", "2005-04-02 24:00:00", "1969-12-31 23:59:59"] {
            assert_eq!(time(bad.as_bytes(), now).unwrap_err().0, BadReason::BadTime, "{bad}");
        }
        assert_eq!(time(b"", now).unwrap_err().0, BadReason::MissingField);
    }

    #[test]
    fn stars_are_read_exactly_or_refused() {
        let read = |text: &str| stars(text.as_bytes());
        for (text, half_stars) in [("5", 10), ("5.0", 10), ("0.5", 1), ("4.5", 9), ("3.50", 7), ("1", 2)] {
            assert_eq!(read(text).unwrap().get(), half_stars, "{text}");
        }
        for text in ["0", "0.0", "5.5", "6", "4.7", "-1", "1e9"] {
            assert_eq!(read(text).unwrap_err().0, BadReason::OffScale, "{text}");
        }
        for text in ["four", "NaN", "inf", "4,5"] {
            assert_eq!(read(text).unwrap_err().0, BadReason::NotANumber, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_utf_8_is_latin_1() {
        assert_eq!(decode(b"\xef\xbb\xbfCit\xc3\xa9".to_vec()), "Cité");
        assert_eq!(decode(b"Cit\xe9".to_vec()), "Cité");
    }
}
