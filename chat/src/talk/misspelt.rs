//! Short orders with a word misspelt: "mroe", "somthing newer". Looked at only where nothing was understood and a list stands
//! before. Never touches a word that is known or a title.

use crate::films::titles::{Reading, TitleIndex};
use crate::words::fold::Sentence;
use crate::words::spelling::{Signature, Spelling};
use crate::words::{lexicon, patterns};

/// The sentence with the words that orders are made of spelt right; `None` if none is misspelt.
pub(crate) fn spelt_right(sentence: &Sentence, index: &TitleIndex) -> Option<String> {
    const MOST_WORDS: usize = 4;
    let tokens = &sentence.tokens;
    if tokens.len() > MOST_WORDS || index.find_as(tokens, Reading::Exact).is_some() {
        return None;
    }
    let meant: Vec<Option<&str>> = tokens.iter().map(|token| meant(&token.word)).collect();
    if meant.iter().all(Option::is_none) {
        return None;
    }
    let words = meant.iter().enumerate().map(|(at, meant)| meant.unwrap_or_else(|| sentence.typed(at, at + 1)));
    Some(words.collect::<Vec<_>>().join(" "))
}

/// The only word of orders that is as near as this; the first letter is seldom mistyped.
fn meant(word: &str) -> Option<&'static str> {
    const SHORTEST: usize = 4;
    let is_long = |word: &str| word.chars().count() >= SHORTEST;
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    if !is_long(word) || has_digit || lexicon::is_known(word) || patterns::says(word) {
        return None;
    }
    let spelling = Spelling::within(word, if word.len() < 8 { 1 } else { 2 });
    let known = patterns::words().filter(|known| is_long(known) && known.chars().next() == word.chars().next());
    let mut near: Vec<(usize, &str)> =
        known.filter_map(|known| Some((spelling.distance(known, Signature::new(known))?, known))).collect();
    near.sort_unstable();
    match near[..] {
        [(_, only)] => Some(only),
        [(best, nearest), (next, _), ..] if best < next => Some(nearest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_orders_are_spelt_right_and_others_left() {
        assert_eq!(meant("anoter"), Some("another"));
        assert_eq!(meant("somthing"), Some("something"));
        assert_eq!(meant("another"), None);
        assert_eq!(meant("xqzw"), None);
        assert_eq!(meant(""), None);
    }
}
