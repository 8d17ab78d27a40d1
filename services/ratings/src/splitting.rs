//! What comes in is cut into chunks of lines, a rating a line, as it comes and in bounded memory.

use crate::line::LONGEST_LINE;
use serde_json::value::RawValue;

/// A chunk is full with so many bytes or lines: it is one row, and no transaction of the gate takes long.
const CHUNK_BYTES: usize = 128 << 10;
const CHUNK_LINES: u32 = 1_000;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Some lines, each with its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// How many.
    pub lines: u32,
    /// The lines.
    pub content: Vec<u8>,
}

/// Cuts a stream of bytes into chunks. Blank lines are left out; of a line that is too long the beginning stays, by which
/// the gate knows it.
#[derive(Debug, Default)]
pub struct Splitter {
    chunk: Chunk,
    line: Vec<u8>,
    is_cut: bool,
    is_under_way: bool,
}

impl Splitter {
    /// Takes bytes; chunks that are full go to `full`.
    pub fn push(&mut self, bytes: &[u8], full: &mut Vec<Chunk>) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end]);
            self.end_line(full);
            rest = &rest[end + 1..];
        }
        self.extend(rest);
    }

    /// What is left at the end.
    pub fn finish(mut self) -> Option<Chunk> {
        let mut full = Vec::new();
        self.end_line(&mut full);
        full.pop().or(Some(self.chunk)).filter(|chunk| chunk.lines > 0)
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = LONGEST_LINE + 1 - self.line.len();
        self.is_cut |= bytes.len() > room;
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self, full: &mut Vec<Chunk>) {
        let mut line = std::mem::take(&mut self.line);
        let is_cut = std::mem::take(&mut self.is_cut);
        let is_first = !std::mem::replace(&mut self.is_under_way, true);
        let content = if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line) } else { &line };
        // Cut in its blanks, it would look like a whole one.
        let content = if is_cut { content } else { content.trim_ascii() };
        if !content.is_empty() {
            self.chunk.content.extend_from_slice(content);
            self.chunk.content.push(b'\n');
            self.chunk.lines += 1;
        }
        line.clear();
        self.line = line;
        if self.chunk.lines >= CHUNK_LINES || self.chunk.content.len() >= CHUNK_BYTES {
            full.push(std::mem::take(&mut self.chunk));
        }
    }
}

/// JSON that is no rating and no list of ratings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRatings {
    /// What is wrong, and where.
    pub words: String,
}

/// Cuts one rating, or a list of them, into chunks.
///
/// # Errors
/// If it is no JSON, or none of these two.
pub fn split_json(body: &[u8]) -> Result<Vec<Chunk>, NotRatings> {
    let no_json = |error: serde_json::Error| NotRatings { words: format!("the body is no JSON: {error}") };
    let ratings: Vec<&RawValue> = match body.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(body).map_err(no_json)?,
        Some(b'{') => vec![serde_json::from_slice(body).map_err(no_json)?],
        Some(_) => return Err(NotRatings { words: "the body is neither an object nor a list".to_owned() }),
        None => return Err(NotRatings { words: "the body is empty".to_owned() }),
    };
    let (mut splitter, mut chunks) = (Splitter::default(), Vec::new());
    for rating in ratings {
        // Within JSON's texts there are no ends of lines, and between its values they mean nothing.
        let line = rating.get().replace(['\n', '\r'], " ");
        splitter.push(line.as_bytes(), &mut chunks);
        splitter.push(b"\n", &mut chunks);
    }
    chunks.extend(splitter.finish());
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<Chunk> {
        let (mut splitter, mut chunks) = (Splitter::default(), Vec::new());
        pieces.iter().for_each(|piece| splitter.push(piece, &mut chunks));
        chunks.extend(splitter.finish());
        chunks
    }

    #[test]
    fn lines_are_the_same_wherever_the_network_cut_them() {
        let whole = b"\xef\xbb\xbf{\"a\":1}\r\n\r\n  {\"b\":2}\n\xff\n{\"c\":3}";
        let wanted = Chunk { lines: 4, content: b"{\"a\":1}\n{\"b\":2}\n\xff\n{\"c\":3}\n".to_vec() };
        let wanted = [wanted];
        assert_eq!(split(&[whole]), wanted);
        for place in 0..whole.len() {
            let (one, other) = whole.split_at(place);
            assert_eq!(split(&[one, other]), wanted, "cut at {place}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory_and_does_not_hide_the_next() {
        let (mut splitter, mut chunks) = (Splitter::default(), Vec::new());
        for _ in 0..1_000 {
            splitter.push(&[b' '; 1_000], &mut chunks);
            assert!(splitter.line.capacity() <= 4 * LONGEST_LINE);
        }
        splitter.push(b"x\n{}\n", &mut chunks);
        let chunk = splitter.finish().unwrap();
        assert_eq!(chunk.lines, 2);
        let lines: Vec<&[u8]> = chunk.content.split(|byte| *byte == b'\n').collect();
        assert_eq!((lines[0].len(), lines[1]), (LONGEST_LINE + 1, &b"{}"[..]));
    }

    #[test]
    fn chunks_have_a_bound_in_lines_and_in_bytes() {
        let short = split(&[b"{}\n".repeat(2_500).as_slice()]);
        assert_eq!(short.iter().map(|chunk| chunk.lines).collect::<Vec<_>>(), [1_000, 1_000, 500]);
        let long = split(&[[b"x".repeat(2_000), b"\n".to_vec()].concat().repeat(200).as_slice()]);
        assert_eq!(long.iter().map(|chunk| chunk.lines).sum::<u32>(), 200);
        assert!(long.iter().all(|chunk| chunk.content.len() <= CHUNK_BYTES + LONGEST_LINE + 2));
    }

    #[test]
    fn one_rating_and_a_list_become_lines_and_what_is_neither_says_where() {
        let lines = |body: &str| {
            let chunks = split_json(body.as_bytes())?;
            let content = chunks.into_iter().flat_map(|chunk| chunk.content).collect();
            Ok::<String, NotRatings>(String::from_utf8(content).unwrap())
        };
        assert_eq!(lines("{\n\"user_id\": 1\r\n}").unwrap(), "{ \"user_id\": 1  }\n");
        assert_eq!(lines(" [{\"a\":\n[1]}, 7, \"x\"] ").unwrap(), "{\"a\": [1]}\n7\n\"x\"\n");
        assert_eq!(lines("[]").unwrap(), "");
        for (body, said) in [
            ("", "empty"),
            ("7", "neither an object nor a list"),
            ("[{},\n{]", "line 2 column 2"),
            ("{}\n{}", "line 2 column 1"),
        ] {
            let words = lines(body).unwrap_err().words;
            assert!(words.contains(said), "{body:?}: {words}");
        }
    }
}
