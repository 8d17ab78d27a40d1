//! In which language a sentence is written, as far as its words tell. Never decides what it means.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::intent::Lang;
use crate::words::fold::Token;

/// How often each word counts for English (below zero) or Spanish; words of both are in neither.
static WORDS: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| {
    let mut words: HashMap<&str, i32> = HashMap::new();
    for line in include_str!("../../data/languages.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((lang, listed)) = line.split_once('\t') else { continue };
        let side = if Lang::from_tag(lang) == Lang::Es { 1 } else { -1 };
        for word in listed.split_whitespace() {
            let known = words.entry(word).or_insert(side);
            if *known != side {
                *known = 0;
            }
        }
    }
    words
});

/// The language that more of the words are of; `None` where they do not tell.
pub(crate) fn language<'t>(text: &str, tokens: impl IntoIterator<Item = &'t Token>) -> Option<Lang> {
    let words: i32 = tokens.into_iter().filter_map(|token| WORDS.get(token.word.as_str())).sum();
    let marks = i32::from(text.contains(['¿', '¡', 'ñ']));
    match words + marks {
        0 => None,
        spanish if spanish > 0 => Some(Lang::Es),
        _ => Some(Lang::En),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn a_sentence_tells_its_language_and_a_name_does_not() {
        let of = |text: &str| language(text, &tokenize(text));
        assert_eq!(of("películas como The Matrix"), Some(Lang::Es));
        assert_eq!(of("films like El padrino"), Some(Lang::En));
        assert_eq!(of("¿Fargo?"), Some(Lang::Es));
        assert_eq!(of("quiero ver algo de miedo"), Some(Lang::Es));
        assert_eq!(of("who directed it?"), Some(Lang::En));
        assert_eq!(of("Fargo"), None);
        assert_eq!(of(""), None);
    }
}
