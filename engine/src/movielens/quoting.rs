//! One row into fields, however its writer put quotes: doubled (RFC 4180), behind a backslash (Spark, MySQL), or not
//! at all around text that has some.

use std::borrow::Cow;

/// Why a row cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A quote is open at the end.
    Unclosed,
    /// Text follows a closing quote.
    Malformed,
}

impl Broken {
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Broken::Unclosed => "a quote is not closed",
            Broken::Malformed => "text follows a closing quote",
        }
    }
}

/// The fields of a row, unquoted. With `expected` fields known, of several readings the one that has them is taken.
pub(super) fn split<'a>(
    row: &'a [u8],
    separator: &[u8],
    expected: Option<usize>,
) -> Result<Vec<Cow<'a, [u8]>>, Broken> {
    let fits = |fields: &[Cow<'_, [u8]>]| expected.is_none_or(|expected| fields.len() == expected);
    let has_backslash = row.contains(&b'\\');
    if !row.contains(&b'"') {
        let plain: Vec<Cow<'_, [u8]>> = unquoted(row, separator).map(Cow::Borrowed).collect();
        if fits(&plain) || !has_backslash {
            return Ok(plain);
        }
        let escaped = behind_backslashes(row, separator);
        return Ok(if fits(&escaped) { escaped } else { plain });
    }
    let doubled = quoted(row, separator, Escape::Doubled);
    if let Ok(fields) = &doubled
        && fits(fields)
        // What a backslash stands before is no closing quote.
        && !(has_backslash && fields.iter().any(|field| field.contains(&b'"')))
    {
        return doubled;
    }
    let by_backslash = quoted(row, separator, Escape::Backslash);
    if let Ok(fields) = &by_backslash
        && fits(fields)
        && has_backslash
    {
        return by_backslash;
    }
    if let Ok(fields) = &doubled
        && fits(fields)
    {
        return doubled;
    }
    // A writer that never quotes: "Weird Al" Yankovic. An odd quote is one that was to be closed.
    let quotes = row.iter().filter(|byte| **byte == b'"').count();
    if quotes.is_multiple_of(2) && expected.is_some() {
        let literal = behind_backslashes(row, separator);
        if fits(&literal) {
            return Ok(literal);
        }
    }
    match (doubled, by_backslash) {
        (Ok(fields), _) => Ok(fields),
        (Err(Broken::Unclosed), _) | (_, Err(Broken::Unclosed)) => Err(Broken::Unclosed),
        _ => Err(Broken::Malformed),
    }
}

/// How many fields there are when quotes mean nothing.
pub(super) fn unquoted<'a>(row: &'a [u8], separator: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let row = rest?;
        match position(row, separator) {
            Some(at) => {
                rest = Some(&row[at + separator.len()..]);
                Some(&row[..at])
            }
            None => {
                rest = None;
                Some(row)
            }
        }
    })
}

fn position(text: &[u8], separator: &[u8]) -> Option<usize> {
    text.windows(separator.len()).position(|window| window == separator)
}

/// Fields without quotes around them, in which a backslash takes its meaning from a separator, a quote or itself.
fn behind_backslashes<'a>(row: &'a [u8], separator: &[u8]) -> Vec<Cow<'a, [u8]>> {
    let mut fields = Vec::new();
    let mut rest = Some(row);
    while let Some(row) = rest {
        let (field, after) = field_behind_backslashes(row, separator);
        fields.push(field);
        rest = after;
    }
    fields
}

/// The first of such fields, and what follows its separator if there is one.
fn field_behind_backslashes<'a>(row: &'a [u8], separator: &[u8]) -> (Cow<'a, [u8]>, Option<&'a [u8]>) {
    let mut field = Vec::new();
    let mut rest = row;
    while let Some((&byte, after)) = rest.split_first() {
        let is_escape = after.starts_with(separator) || after.starts_with(b"\"") || after.starts_with(b"\\");
        if byte == b'\\' && is_escape {
            field.push(after[0]);
            rest = &after[1..];
        } else if let Some(after) = rest.strip_prefix(separator) {
            return (Cow::Owned(field), Some(after));
        } else {
            field.push(byte);
            rest = after;
        }
    }
    (Cow::Owned(field), None)
}

/// A text as a field of CSV, in quotes if it needs them (RFC 4180).
pub fn csv_field(text: &str) -> Cow<'_, str> {
    let is_plain = !text.contains([',', '"', '\n', '\r']) && text.trim() == text;
    if is_plain { Cow::Borrowed(text) } else { Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))) }
}

#[derive(Clone, Copy, PartialEq)]
enum Escape {
    Doubled,
    Backslash,
}

fn quoted<'a>(row: &'a [u8], separator: &[u8], escape: Escape) -> Result<Vec<Cow<'a, [u8]>>, Broken> {
    let mut fields = Vec::new();
    let mut rest = row;
    let skip_blanks = |text: &'a [u8]| match separator {
        b" " => text,
        _ => &text[text.iter().take_while(|byte| **byte == b' ').count()..],
    };
    loop {
        if let Some(text) = skip_blanks(rest).strip_prefix(b"\"") {
            let (field, after) = quoted_field(text, escape).ok_or(Broken::Unclosed)?;
            fields.push(field);
            let after = skip_blanks(after);
            if after.is_empty() {
                return Ok(fields);
            }
            rest = after.strip_prefix(separator).ok_or(Broken::Malformed)?;
        } else {
            let (field, after) = match escape {
                Escape::Backslash => field_behind_backslashes(rest, separator),
                Escape::Doubled => match position(rest, separator) {
                    Some(end) => (Cow::Borrowed(&rest[..end]), Some(&rest[end + separator.len()..])),
                    None => (Cow::Borrowed(rest), None),
                },
            };
            fields.push(field);
            match after {
                Some(after) => rest = after,
                None => return Ok(fields),
            }
        }
    }
}

/// A field whose opening quote has been passed, and what follows its closing one; none if it has none.
fn quoted_field(text: &[u8], escape: Escape) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let mut unescaped: Option<Vec<u8>> = None;
    let mut at = 0;
    let mut from = 0;
    loop {
        let next = text.get(at + 1).copied();
        match *text.get(at)? {
            b'"' if escape == Escape::Doubled && next == Some(b'"') => {
                unescaped.get_or_insert_default().extend_from_slice(&text[from..=at]);
                at += 2;
                from = at;
            }
            b'\\' if escape == Escape::Backslash && matches!(next, Some(b'"' | b'\\')) => {
                unescaped.get_or_insert_default().extend_from_slice(&text[from..at]);
                from = at + 1;
                at += 2;
            }
            b'"' => {
                let last = &text[from..at];
                let field = match unescaped {
                    Some(mut field) => {
                        field.extend_from_slice(last);
                        Cow::Owned(field)
                    }
                    None => Cow::Borrowed(last),
                };
                return Some((field, &text[at + 1..]));
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(row: &str, expected: usize) -> Result<Vec<String>, Broken> {
        let fields = split(row.as_bytes(), b",", Some(expected))?;
        Ok(fields.into_iter().map(|field| String::from_utf8(field.into_owned()).unwrap()).collect())
    }

    #[test]
    fn quotes_are_doubled_or_behind_a_backslash() {
        let title = "Fargo, the \"Real\" Cut (1996)";
        assert_eq!(fields(r#"5,"Fargo, the ""Real"" Cut (1996)",Drama"#, 3).unwrap(), ["5", title, "Drama"]);
        assert_eq!(fields(r#"5,"Fargo, the \"Real\" Cut (1996)",Drama"#, 3).unwrap(), ["5", title, "Drama"]);
        assert_eq!(fields(r#"5,Fargo\, the \"Real\" Cut (1996),Drama"#, 3).unwrap(), ["5", title, "Drama"]);
        assert_eq!(fields(r#"5,\"Real\" Cut (1996),Drama"#, 3).unwrap(), ["5", "\"Real\" Cut (1996)", "Drama"]);
        assert_eq!(fields(r#"5,"C:\",Drama"#, 3).unwrap(), ["5", "C:\\", "Drama"]);
    }

    #[test]
    fn a_writer_that_never_quotes_keeps_its_quotes() {
        assert_eq!(fields(r#"5,"Weird Al" Yankovic (1985),Comedy"#, 3).unwrap()[1], "\"Weird Al\" Yankovic (1985)");
        assert_eq!(fields(r#"5,The "Real" Fargo,Comedy"#, 3).unwrap()[1], "The \"Real\" Fargo");
        assert_eq!(fields(r#"5,Size 12" (1990),Comedy"#, 3).unwrap()[1], "Size 12\" (1990)");
    }

    #[test]
    fn an_unclosed_quote_is_told() {
        assert_eq!(fields(r#"5,"Fargo (1996),Drama"#, 3), Err(Broken::Unclosed));
        assert_eq!(fields(r#"5,"Fargo, the Cut (1996),Drama"#, 3), Err(Broken::Unclosed));
    }
}
