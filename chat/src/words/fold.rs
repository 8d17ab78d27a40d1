//! Text as it is compared: words without case, accents and punctuation, each with its place in the original.
//! Never decides what a word means.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Words past this many are not read: a sentence for a film is shorter, and the work per sentence stays bounded.
const MAX_TOKENS: usize = 160;

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Lower case, without accents: "amelie".
    pub(crate) word: String,
    /// As `word`, but with numbers in digits: "ii" and "two" are "2".
    pub(crate) canonical: String,
    /// Byte offsets of the word in [`Sentence::text`].
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Token {
    /// Larger than any count, year, length or viewer, and so small that sums and products of two such do not overflow.
    const LARGEST_NUMBER: u64 = u32::MAX as u64;

    /// The whole number a token of digits says, at most [`Token::LARGEST_NUMBER`].
    pub(crate) fn number(&self) -> Option<u64> {
        let all_digits = !self.word.is_empty() && self.word.bytes().all(|byte| byte.is_ascii_digit());
        all_digits
            .then(|| self.word.parse().map_or(Self::LARGEST_NUMBER, |number: u64| number.min(Self::LARGEST_NUMBER)))
    }

    /// A number that can be a year of release.
    pub(crate) fn year(&self) -> Option<u16> {
        if self.word.len() != 4 {
            return None;
        }
        self.number().and_then(|number| u16::try_from(number).ok()).filter(|year| (1874..=2099).contains(year))
    }
}

/// A text and its words.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    /// What was typed, with stars and halves spelt out ("★★★★" is "4 stars", "4½" is "4.5").
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
}

impl Sentence {
    pub(crate) fn new(typed: &str) -> Sentence {
        let text = spell_out_stars(typed);
        let mut tokens = tokenize(&text);
        // A word alone may be a title: "U", "Rrrrrrr".
        if tokens.len() > 1 {
            tokens.iter_mut().for_each(spell_out_short);
        }
        Sentence { text, tokens }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The punctuation between the token before `at` and token `at`; the tail of the text for `at == len()`.
    pub(crate) fn gap(&self, at: usize) -> &str {
        let from = if at == 0 { 0 } else { self.tokens.get(at - 1).map_or(self.text.len(), |token| token.end) };
        let to = self.tokens.get(at).map_or(self.text.len(), |token| token.start);
        self.text.get(from..to).unwrap_or("")
    }

    /// Whether punctuation that separates the parts of a list or sentence stands before token `at`.
    pub(crate) fn breaks_before(&self, at: usize) -> bool {
        at > 0
            && !self.is_in_number(at)
            && self.gap(at).contains([',', ';', '/', '?', '!', '\n', '|', '.', ':', '"', '”', '»'])
    }

    /// "4.5" and "4,5" are one number.
    fn is_in_number(&self, at: usize) -> bool {
        let is_number = |at: usize| self.tokens.get(at).is_some_and(|token| token.number().is_some());
        matches!(self.gap(at), "." | ",") && is_number(at - 1) && is_number(at) && self.tokens[at].word.len() == 1
    }

    /// Byte range of the tokens `from..to`, with the parenthesis that closes one opened inside.
    pub(crate) fn byte_range(&self, from: usize, to: usize) -> (usize, usize) {
        let (Some(first), Some(last)) = (self.tokens.get(from), to.checked_sub(1).and_then(|at| self.tokens.get(at)))
        else {
            return (self.text.len(), self.text.len());
        };
        if to <= from {
            return (first.start, first.start);
        }
        let inside = &self.text[first.start..last.end];
        let opened = inside.matches('(').count() > inside.matches(')').count();
        let end = last.end + usize::from(opened && self.text[last.end..].starts_with(')'));
        (first.start, end)
    }

    /// The tokens `from..to` as they were typed.
    pub(crate) fn typed(&self, from: usize, to: usize) -> &str {
        let (start, end) = self.byte_range(from, to);
        &self.text[start..end]
    }
}

/// "u" is "you", "holaaa" is "hola"; how the word is compared with titles stays as it was typed.
fn spell_out_short(token: &mut Token) {
    static SHORT: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let lines = include_str!("../../data/short.tsv").lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once('\t')).collect()
    });
    if let Some(word) = SHORT.get(token.word.as_str()) {
        token.word = (*word).to_owned();
    }
    let letters: Vec<char> = token.word.chars().collect();
    let is_drawn_out = letters.windows(3).any(|run| run[0] == run[1] && run[1] == run[2] && run[0].is_alphabetic());
    if is_drawn_out {
        let mut once = letters;
        once.dedup();
        // "mmm" is no film called "M".
        if once.len() > 1 {
            token.word = once.into_iter().collect();
        }
    }
}

fn is_star(letter: char) -> bool {
    matches!(letter, '★' | '⭐' | '🌟')
}

/// "★★★★" is "4 stars"; "4★" is "4 stars"; "4½" is "4.5".
fn spell_out_stars(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    let mut letters = typed.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '½' {
            text.push_str(if text.ends_with(|last: char| last.is_ascii_digit()) { ".5" } else { "0.5" });
        } else if matches!(letter, '👍' | '👎') {
            text.push_str(if letter == '👍' { " thumbs up " } else { " thumbs down " });
        } else if letter == '/' && ends_with_w(&text) {
            // "w/o zombies", "w/ zombies".
            let mut ahead = letters.clone();
            let is_without = ahead.next().is_some_and(|next| matches!(next, 'o' | 'O'))
                && ahead.next().is_none_or(|next| !next.is_alphanumeric());
            text.push_str(if is_without { "ithout" } else { "ith " });
            if is_without {
                letters.next();
            }
        } else if is_star(letter) {
            let mut count = 1;
            while letters.next_if(|next| is_star(*next) || *next == '\u{fe0f}').is_some_and(is_star) {
                count += 1;
            }
            let follows_number = text.trim_end().ends_with(|last: char| last.is_ascii_digit());
            text.push_str(&if follows_number { " stars ".to_owned() } else { format!(" {count} stars ") });
        } else {
            text.push(letter);
        }
    }
    text
}

fn ends_with_w(text: &str) -> bool {
    let mut letters = text.chars().rev();
    letters.next().is_some_and(|letter| matches!(letter, 'w' | 'W'))
        && letters.next().is_none_or(|before| !before.is_alphanumeric())
}

/// The words of a title or of a sentence.
pub(crate) fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut word = String::new();
    let (mut start, mut end) = (0, 0);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let before = word.len();
        fold_letter(letter, &mut word);
        if word.len() > before || (is_combining_mark(letter) && !word.is_empty()) {
            if before == 0 {
                start = at;
            }
            end = at + letter.len_utf8();
            continue;
        }
        let is_apostrophe = matches!(letter, '\'' | '’' | '‘' | '`' | '´' | 'ʼ');
        let joins = letters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        // "schindler's" is one word; French "l'" and "d'" stand before one.
        if is_apostrophe && joins && !word.is_empty() && word != "l" && word != "d" {
            continue;
        }
        push(&mut tokens, &mut word, start, end);
        if matches!(letter, '&' | '+') {
            "and".clone_into(&mut word);
            push(&mut tokens, &mut word, at, at + letter.len_utf8());
        }
        if tokens.len() >= MAX_TOKENS {
            return tokens;
        }
    }
    push(&mut tokens, &mut word, start, end);
    tokens
}

fn push(tokens: &mut Vec<Token>, word: &mut String, start: usize, end: usize) {
    if !word.is_empty() && tokens.len() < MAX_TOKENS {
        let word = std::mem::take(word);
        tokens.push(Token { canonical: number_in_digits(&word).unwrap_or(&word).to_owned(), word, start, end });
    }
    word.clear();
}

fn fold_letter(letter: char, word: &mut String) {
    if letter.is_ascii() {
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        }
        return;
    }
    decompose_compatible(letter, |part| match part {
        'ß' | 'ẞ' => word.push_str("ss"),
        'æ' | 'Æ' => word.push_str("ae"),
        'œ' | 'Œ' => word.push_str("oe"),
        'þ' | 'Þ' => word.push_str("th"),
        'ø' | 'Ø' => word.push('o'),
        'ł' | 'Ł' => word.push('l'),
        'đ' | 'Đ' | 'ð' | 'Ð' => word.push('d'),
        'ı' => word.push('i'),
        _ if part.is_alphanumeric() && !is_combining_mark(part) => word.extend(part.to_lowercase()),
        _ => {}
    });
}

/// Roman numerals and English number words, which titles and people use one for the other.
fn number_in_digits(word: &str) -> Option<&'static str> {
    Some(match word {
        "i" | "one" => "1",
        "ii" | "two" => "2",
        "iii" | "three" => "3",
        "iv" | "four" => "4",
        "v" | "five" => "5",
        "vi" | "six" => "6",
        "vii" | "seven" => "7",
        "viii" | "eight" => "8",
        "ix" | "nine" => "9",
        "x" | "ten" => "10",
        "xi" | "eleven" => "11",
        "xii" | "twelve" => "12",
        "xiii" | "thirteen" => "13",
        _ => return None,
    })
}

/// Whether a title is found with or without this word before it.
pub(crate) fn is_article(word: &str) -> bool {
    // Not the German "die": "Die Hard" is no article and a word.
    const ARTICLES: [&str; 20] = [
        "the", "a", "an", "el", "la", "los", "las", "un", "una", "le", "les", "l", "une", "der", "das", "ein", "eine",
        "il", "lo", "gli",
    ];
    ARTICLES.contains(&word)
}

/// The words without a leading article, unless nothing else is there.
pub(crate) fn without_article(tokens: &[Token]) -> &[Token] {
    match tokens {
        [first, rest @ ..] if !rest.is_empty() && is_article(&first.word) => rest,
        _ => tokens,
    }
}

/// All words run together with numbers in digits, so that "Spider-Man" and "spiderman" are the same.
pub(crate) fn key(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.canonical.as_str()).collect()
}

/// As [`key`], with numbers as they were written.
pub(crate) fn spelt_key(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.word.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokenize(text).into_iter().map(|token| token.word).collect()
    }

    #[test]
    fn case_accents_and_punctuation_do_not_matter() {
        assert_eq!(words("Amélie, LA PELÍCULA!"), ["amelie", "la", "pelicula"]);
        assert_eq!(words("Schindler's List"), words("schindlers list"));
        assert_eq!(words("Fast & Furious"), words("fast and furious"));
        assert_eq!(words("L'Auberge"), ["l", "auberge"]);
        assert_eq!(key(&tokenize("WALL·E")), key(&tokenize("wall-e")));
        assert_eq!(key(&tokenize("Rocky IV")), key(&tokenize("rocky 4")));
        // "e" and a combining acute accent, as some keyboards send it.
        assert_eq!(words("Ame\u{301}lie"), ["amelie"]);
    }

    #[test]
    fn stars_and_halves_are_spelt_out() {
        assert_eq!(Sentence::new("Fargo ★★★★").text.trim_end(), "Fargo  4 stars");
        assert_eq!(Sentence::new("Fargo 4½").text, "Fargo 4.5");
        assert_eq!(words(&Sentence::new("Fargo 4⭐").text), ["fargo", "4", "stars"]);
    }

    #[test]
    fn offsets_point_into_the_text() {
        let sentence = Sentence::new("¿Por qué Amélie (2001)?");
        assert_eq!(sentence.typed(2, 4), "Amélie (2001)");
        assert_eq!(sentence.gap(0), "¿");
        assert_eq!(sentence.gap(4), ")?");
    }
}
