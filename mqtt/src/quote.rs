//! How much of what others sent is repeated, in logs and in errors.

use std::borrow::Cow;

/// Characters of a quote.
pub const LONGEST_QUOTE: usize = 200;

/// A text of others, short enough to repeat: its first 200 characters, and how many there are if that is not all.
pub fn quoted(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_QUOTE) {
        None => text.into(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_quoted_whole_and_a_long_one_with_its_length() {
        assert_eq!(quoted("unknown variant `up`"), "unknown variant `up`");
        assert_eq!(quoted(&"é".repeat(200)), "é".repeat(200));
        let megabytes = "é".repeat(5_000_000);
        assert_eq!(quoted(&megabytes), format!("{}… (5000000 characters)", "é".repeat(200)));
    }
}
