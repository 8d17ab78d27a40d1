//! Bytes that nobody has declared the encoding of, as text: row by row, so that one odd row does not spoil a file.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// What Windows-1252 has between 0x80 and 0x9F, where ISO 8859-1 has control characters. Its five gaps stay controls.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// A row as text, and whether it was not UTF-8 and had to be taken as Windows-1252.
pub(super) fn decode_row(row: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(row) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (row.iter().map(|byte| from_windows_1252(*byte)).collect(), true),
    }
}

fn from_windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The order of bytes that a file in UTF-16 begins with.
#[derive(Clone, Copy)]
pub(super) enum Utf16 {
    LittleEndian,
    BigEndian,
}

impl Utf16 {
    /// By its byte order mark.
    pub(super) fn of(beginning: &[u8]) -> Option<Utf16> {
        match beginning {
            [0xFF, 0xFE, ..] => Some(Utf16::LittleEndian),
            [0xFE, 0xFF, ..] => Some(Utf16::BigEndian),
            _ => None,
        }
    }

    fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Utf16::LittleEndian => u16::from_le_bytes(bytes),
            Utf16::BigEndian => u16::from_be_bytes(bytes),
        }
    }
}

/// Gives UTF-16 on as UTF-8; half a pair, or half a unit at the end, becomes the replacement character.
pub(super) struct FromUtf16<R> {
    inner: R,
    order: Utf16,
    /// A unit that turned out to belong to the next character.
    waiting: Option<u16>,
    ready: Vec<u8>,
    given: usize,
}

/// How much is made ready at a time.
const READY_BYTES: usize = 1 << 16;

impl<R: BufRead> FromUtf16<R> {
    pub(super) fn new(inner: R, order: Utf16) -> FromUtf16<R> {
        FromUtf16 { inner, order, waiting: None, ready: Vec::new(), given: 0 }
    }

    fn unit(&mut self) -> io::Result<Option<u16>> {
        if let Some(unit) = self.waiting.take() {
            return Ok(Some(unit));
        }
        let mut bytes = [0; 2];
        let mut read = 0;
        while read < 2 {
            match self.inner.read(&mut bytes[read..])? {
                0 => break,
                more => read += more,
            }
        }
        Ok(match read {
            0 => None,
            2 => Some(self.order.unit(bytes)),
            _ => Some(0xFFFD),
        })
    }

    fn character(&mut self) -> io::Result<Option<char>> {
        let Some(first) = self.unit()? else { return Ok(None) };
        if !(0xD800..0xDC00).contains(&first) {
            return Ok(Some(char::from_u32(u32::from(first)).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        let second = self.unit()?;
        let pair = char::decode_utf16([first].into_iter().chain(second)).next();
        match pair {
            Some(Ok(character)) => Ok(Some(character)),
            _ => {
                self.waiting = second;
                Ok(Some(char::REPLACEMENT_CHARACTER))
            }
        }
    }
}

impl<R: BufRead> Read for FromUtf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.ready.clear();
            self.given = 0;
            while self.ready.len() < READY_BYTES {
                let Some(character) = self.character()? else { break };
                self.ready.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        let give = (self.ready.len() - self.given).min(buffer.len());
        buffer[..give].copy_from_slice(&self.ready[self.given..self.given + give]);
        self.given += give;
        Ok(give)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_not_utf_8_is_windows_1252() {
        assert_eq!(decode_row("Amélie".as_bytes()), (Cow::Borrowed("Amélie"), false));
        assert_eq!(decode_row(b"L\xe9on \x96 \x80"), (Cow::Owned("Léon – €".to_owned()), true));
    }

    #[test]
    fn utf_16_of_either_order_is_read() {
        let text = "\u{feff}1,Amélie 🎬 (2001)\r\n";
        for little in [true, false] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            let order = Utf16::of(&bytes).unwrap();
            let mut read = String::new();
            FromUtf16::new(&bytes[..], order).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn half_a_pair_is_replaced_and_what_follows_is_kept() {
        let units = [0xD83Cu16, 0x41, 0xDC00, 0x42];
        let mut bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        bytes.push(0x43);
        let mut read = String::new();
        FromUtf16::new(&bytes[..], Utf16::LittleEndian).read_to_string(&mut read).unwrap();
        assert_eq!(read, "\u{FFFD}A\u{FFFD}B\u{FFFD}");
    }
}
