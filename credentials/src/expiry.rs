//! When a certificate expires: the one field of it that is read here and that rustls does not tell.

/// When it expires, in seconds since 1970; `None` if it is not what RFC 5280 section 4.1 says.
pub(crate) fn expiry(certificate: &[u8]) -> Option<i64> {
    let mut outermost = certificate;
    let mut certificate = take(&mut outermost, SEQUENCE)?;
    let mut signed = take(&mut certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        take(&mut signed, VERSION)?;
    }
    for part in [INTEGER, SEQUENCE, SEQUENCE] {
        // The serial number, the algorithm of the signature, the issuer.
        take(&mut signed, part)?;
    }
    let mut validity = take(&mut signed, SEQUENCE)?;
    time(&mut validity)?;
    time(&mut validity)
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// Takes a value with this tag off the front.
fn take<'der>(der: &mut &'der [u8], tag: u8) -> Option<&'der [u8]> {
    let (&[found, first], mut rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (digits, after) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
        length = digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit));
        rest = after;
    }
    let (value, after) = rest.split_at_checked(length)?;
    *der = after;
    Some(value)
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`, the only forms that certificates may have.
fn time(der: &mut &[u8]) -> Option<i64> {
    let (text, is_short) = match take(der, UTC_TIME) {
        Some(text) => (text, true),
        None => (take(der, GENERALIZED_TIME)?, false),
    };
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() != if is_short { 12 } else { 14 } {
        return None;
    }
    let (year, rest) = text.split_at(text.len() - 10);
    let year: i64 = year.parse().ok()?;
    let year = match (is_short, year) {
        (false, year) => year,
        (true, year @ ..50) => 2000 + year,
        (true, year) => 1900 + year,
    };
    let number = |at: usize| rest[2 * at..2 * at + 2].parse::<i64>().ok();
    let (month, day) = (number(0)?, number(1)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    Some(days_since_1970(year, month, day) * 86_400 + number(2)? * 3_600 + number(3)? * 60 + number(4)?)
}

/// Days in the Gregorian calendar, with years that begin in March so that the leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).unwrap();
        if length < 0x80 {
            [&[SEQUENCE, length], &content[..]].concat()
        } else {
            [&[SEQUENCE, 0x81, length], &content[..]].concat()
        }
    }

    fn certificate(not_after: (u8, &str)) -> Vec<u8> {
        let time = |(tag, text): (u8, &str)| [&[tag, text.len() as u8], text.as_bytes()].concat();
        let validity = sequence(&[&time((UTC_TIME, "200101000000Z")), &time(not_after)]);
        let issuer = sequence(&[&[0x0c; 100]]);
        let signed = sequence(&[&[VERSION, 3, INTEGER, 1, 2], &[INTEGER, 1, 7], &sequence(&[]), &issuer, &validity]);
        sequence(&[&signed, &sequence(&[])])
    }

    #[test]
    fn both_forms_of_a_time_are_read() {
        // `date -u -d '2026-11-26 04:10:19' +%s` and so on.
        for (form, seconds) in [
            ((UTC_TIME, "261126041019Z"), 1_795_666_219),
            ((UTC_TIME, "491231235959Z"), 2_524_607_999),
            ((UTC_TIME, "700101000000Z"), 0),
            ((GENERALIZED_TIME, "20500101000000Z"), 2_524_608_000),
            ((GENERALIZED_TIME, "20960229120000Z"), 3_981_355_200),
        ] {
            assert_eq!(expiry(&certificate(form)), Some(seconds), "{form:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_expiry_wherever_it_breaks_off() {
        let whole = certificate((UTC_TIME, "261126041019Z"));
        for length in 0..whole.len() - 3 {
            assert_eq!(expiry(&whole[..length]), None, "cut to {length} bytes");
        }
        for bad in ["26112604101Z", "261126041019+", "261326041019Z", "aaaaaaaaaaaaZ"] {
            assert_eq!(expiry(&certificate((UTC_TIME, bad))), None, "{bad}");
        }
        assert_eq!(expiry(&[SEQUENCE, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
