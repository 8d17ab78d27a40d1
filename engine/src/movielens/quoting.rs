//! One line into fields, however its writer put quotes: doubled (RFC 4180), behind a backslash (Spark, MySQL), or not
//! at all around text that has some.

use std::borrow::Cow;

/// Why a line is no row.
pub(super) const UNCLOSED: &str = "a quote is not closed on its line";

/// The fields of a line, unquoted. With `expected` fields known, of several readings the one that has them is taken.
///
/// # Errors
/// [`UNCLOSED`] if no reading closes every quote.
pub(super) fn split<'a>(
    line: &'a [u8],
    separator: &[u8],
    expected: Option<usize>,
) -> Result<Vec<Cow<'a, [u8]>>, &'static str> {
    if !line.contains(&b'"') {
        return Ok(unquoted(line, separator).map(Cow::Borrowed).collect());
    }
    let fits = |fields: &Vec<Cow<'_, [u8]>>| expected.is_none_or(|expected| fields.len() == expected);
    let doubled = quoted(line, separator, Escape::Doubled);
    if let Some(fields) = doubled.clone().filter(&fits) {
        return Ok(fields);
    }
    if let Some(fields) = quoted(line, separator, Escape::Backslash).filter(&fits) {
        return Ok(fields);
    }
    // A writer that never quotes: "Weird Al" Yankovic. An odd quote is one that was to be closed.
    let quotes = line.iter().filter(|byte| **byte == b'"').count();
    if quotes.is_multiple_of(2) {
        let literal: Vec<Cow<'_, [u8]>> = unquoted(line, separator).map(Cow::Borrowed).collect();
        if fits(&literal) && expected.is_some() {
            return Ok(literal);
        }
    }
    doubled.ok_or(UNCLOSED)
}

fn unquoted<'a>(line: &'a [u8], separator: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(line);
    let separator = separator.to_vec();
    std::iter::from_fn(move || {
        let line = rest?;
        match line.windows(separator.len()).position(|window| window == separator) {
            Some(at) => {
                rest = Some(&line[at + separator.len()..]);
                Some(&line[..at])
            }
            None => {
                rest = None;
                Some(line)
            }
        }
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Escape {
    Doubled,
    Backslash,
}

/// `None` if a quote is not closed, or text follows one that is.
fn quoted<'a>(line: &'a [u8], separator: &[u8], escape: Escape) -> Option<Vec<Cow<'a, [u8]>>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        if let Some(text) = skip_blanks(rest).strip_prefix(b"\"") {
            let (field, after) = quoted_field(text, escape)?;
            fields.push(field);
            let after = skip_blanks(after);
            if after.is_empty() {
                return Some(fields);
            }
            rest = after.strip_prefix(separator)?;
        } else {
            let end = rest.windows(separator.len()).position(|window| window == separator);
            fields.push(Cow::Borrowed(&rest[..end.unwrap_or(rest.len())]));
            match end {
                Some(end) => rest = &rest[end + separator.len()..],
                None => return Some(fields),
            }
        }
    }
}

/// A field whose opening quote has been passed, and what follows its closing one.
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

/// Without blanks at the start; a tab may be the separator.
fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    &text[blanks..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str, expected: usize) -> Result<Vec<String>, &'static str> {
        let fields = split(line.as_bytes(), b",", Some(expected))?;
        Ok(fields.into_iter().map(|field| String::from_utf8(field.into_owned()).unwrap()).collect())
    }

    #[test]
    fn quotes_are_doubled_or_behind_a_backslash() {
        let title = "Fargo, the \"Real\" Cut (1996)";
        assert_eq!(fields(r#"5,"Fargo, the ""Real"" Cut (1996)",Drama"#, 3).unwrap(), ["5", title, "Drama"]);
        assert_eq!(fields(r#"5,"Fargo, the \"Real\" Cut (1996)",Drama"#, 3).unwrap(), ["5", title, "Drama"]);
        assert_eq!(fields(r#"5,"C:\",Drama"#, 3).unwrap(), ["5", "C:\\", "Drama"]);
    }

    #[test]
    fn a_writer_that_never_quotes_keeps_its_quotes() {
        assert_eq!(fields(r#"5,"Weird Al" Yankovic (1985),Comedy"#, 3).unwrap()[1], "\"Weird Al\" Yankovic (1985)");
        assert_eq!(fields(r#"5,The "Real" Fargo,Comedy"#, 3).unwrap()[1], "The \"Real\" Fargo");
    }

    #[test]
    fn an_unclosed_quote_is_told() {
        assert_eq!(fields(r#"5,"Fargo (1996),Drama"#, 3), Err(UNCLOSED));
        assert_eq!(fields(r#"5,"Fargo, the Cut (1996),Drama"#, 3), Err(UNCLOSED));
    }
}
