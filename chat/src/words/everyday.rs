//! Words that sentences are made of, whatever titles have them: those of every data file that holds how people speak. Alone
//! they name no film, however near some title is spelt.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::words::fold::Token;
use crate::words::places;

static EVERYDAY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let files = [
        include_str!("../../data/words.tsv"),
        include_str!("../../data/patterns.tsv"),
        include_str!("../../data/gist.tsv"),
        include_str!("../../data/cues.tsv"),
        include_str!("../../data/whose.tsv"),
        include_str!("../../data/bags.tsv"),
        include_str!("../../data/occasions.tsv"),
    ];
    // The first column says what a phrase is.
    let phrases = files.into_iter().flat_map(str::lines).filter_map(|line| line.split_once('\t'));
    let said = phrases.filter(|(kind, _)| !kind.starts_with('#')).map(|(_, phrase)| phrase);
    let alone =
        [include_str!("../../data/idle.tsv"), include_str!("../../data/links.tsv")].into_iter().flat_map(str::lines);
    let said = said.chain(alone.filter(|line| !line.starts_with('#')));
    said.flat_map(|phrase| phrase.split([' ', '\t', '|'])).filter(|word| !word.is_empty()).collect()
});

/// Whether nobody would name a film by this word: "hay", "fine", "four".
pub(crate) fn is_everyday(token: &Token) -> bool {
    EVERYDAY.contains(token.word.as_str()) || token.number().is_some() || places::place(&token.word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn function_words_and_verbs_name_no_film_and_names_may() {
        for word in ["hay", "esta", "vista", "fine", "his", "four", "llama", "antes", "dos", "esas", "todo", "guy"] {
            assert!(tokenize(word).iter().all(is_everyday), "{word}");
        }
        for word in ["fargo", "gigli", "amelie", "gravity", "coco", "heat", "jaws"] {
            assert!(!tokenize(word).iter().any(is_everyday), "{word}");
        }
    }
}
