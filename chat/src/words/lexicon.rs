//! Words and phrases of English and Spanish, folded, and what they mean in a request for films.
//! Both languages are always understood. Never looks at titles.
//! The phrases are in `data/words.tsv`, which a translator can edit.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::words::fold::Token;
use crate::words::spelling::{Signature, Spelling};

/// What a word or phrase of the lexicon does in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Carries nothing: "please", "a", "me".
    Filler,
    /// Ends a title like punctuation, and carries nothing: "what next", "that are".
    Tail,
    /// "film", "something": what is asked for.
    FilmNoun,
    /// A title follows: "like", "similar to".
    LikeTitle,
    /// Genres, by the catalogue's usual names.
    Genres(&'static [&'static str]),
    /// A mood: the genres it asks for, and those it rules out; see `data/moods.tsv`.
    Mood(&'static [&'static str], &'static [&'static str]),
    /// What follows is not wanted.
    Not,
    /// "even if not": need not be.
    Lift,
    /// "optional": what stands before it need not be.
    Optional,
    /// "and".
    And,
    /// "or", "nor".
    Or,
    /// "but".
    But,
    Popular,
    LessKnown,
    More,
    ForMe,
    Help,
    Why,
    /// A rating follows: "rate".
    Rate,
    /// A rating may follow: "give".
    Give,
    Stars,
    User,
    SeenToo,
    Top,
    Before,
    After,
    Since,
    Until,
    Between,
    /// "from", "in", "of": a year may follow.
    In,
    To,
    Onwards,
    /// "or earlier": this year or before.
    Backwards,
    Early,
    Mid,
    Late,
    /// The first year of a decade.
    Decade(u16),
    /// "decade of", "the years": a two-digit decade may follow.
    DecadeOf,
    Recent,
    Old,
    ThisYear,
    ThisCentury,
    LastCentury,
    LastYears,
    Years,
    /// What the data says nothing about: people, countries, plots.
    Outside,
}

use Meaning::*;

impl Meaning {
    /// From its name in `data/words.tsv`. What is read once is kept as long as the program runs.
    fn from_name(name: &'static str) -> Option<Meaning> {
        if let Some(genres) = name.strip_prefix("genre ") {
            return Some(Genres(genres.split('|').collect::<Vec<&'static str>>().leak()));
        }
        if let Some(first_year) = name.strip_prefix("decade ") {
            return Some(Decade(first_year.parse().ok()?));
        }
        Some(match name {
            "film_noun" => FilmNoun,
            "filler" => Filler,
            "tail" => Tail,
            "like_title" => LikeTitle,
            "not" => Not,
            "lift" => Lift,
            "optional" => Optional,
            "and" => And,
            "or" => Or,
            "but" => But,
            "popular" => Popular,
            "less_known" => LessKnown,
            "more" => More,
            "for_me" => ForMe,
            "help" => Help,
            "why" => Why,
            "rate" => Rate,
            "give" => Give,
            "stars" => Stars,
            "user" => User,
            "seen_too" => SeenToo,
            "top" => Top,
            "before" => Before,
            "after" => After,
            "since" => Since,
            "until" => Until,
            "between" => Between,
            "in" => In,
            "to" => To,
            "onwards" => Onwards,
            "backwards" => Backwards,
            "early" => Early,
            "mid" => Mid,
            "late" => Late,
            "decade_of" => DecadeOf,
            "recent" => Recent,
            "old" => Old,
            "this_year" => ThisYear,
            "this_century" => ThisCentury,
            "last_century" => LastCentury,
            "last_years" => LastYears,
            "years" => Years,
            "outside" => Outside,
            _ => return None,
        })
    }
}

/// Meanings and phrases, in the file's order.
fn phrases() -> impl Iterator<Item = (Meaning, &'static str)> {
    let lines = include_str!("../../data/words.tsv").lines().filter(|line| !line.starts_with('#'));
    let named = lines.filter_map(|line| line.split_once('\t'));
    named.filter_map(|(name, phrase)| Some((Meaning::from_name(name)?, phrase)))
}

/// Words of requests that are as near to each other as typos; a misspelt word is only taken for one of these kinds.
fn is_corrected(meaning: Meaning) -> bool {
    matches!(meaning, Genres(_) | Popular | FilmNoun | ForMe | LikeTitle | Decade(_))
}

/// Of two meanings of one phrase the one that says more goes first.
fn says_little(meaning: Meaning) -> u8 {
    match meaning {
        Outside => 3,
        Filler | Tail | And | Or | But => 2,
        FilmNoun => 1,
        _ => 0,
    }
}

struct Lexicon {
    /// By first word, the longest phrases first; a phrase may have several meanings.
    by_first_word: HashMap<&'static str, Vec<(Vec<&'static str>, Meaning)>>,
    /// Single words a misspelt word may be taken for.
    correctable: Vec<(&'static str, Signature)>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut by_first_word: HashMap<&str, Vec<(Vec<&str>, Meaning)>> = HashMap::new();
    let mut correctable = Vec::new();
    for (meaning, phrase) in phrases() {
        let words: Vec<&str> = phrase.split(' ').collect();
        if let [word] = words.as_slice()
            && word.len() >= 5
            && is_corrected(meaning)
        {
            correctable.push((*word, Signature::new(word)));
        }
        by_first_word.entry(words[0]).or_default().push((words, meaning));
    }
    for line in include_str!("../../data/moods.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let phrase: Vec<&str> = fields.next().unwrap_or_default().split(' ').collect();
        // Read once and kept as long as the program runs, as the phrases above are.
        let mut genres = || -> &'static [&'static str] {
            let named = fields.next().unwrap_or_default().split('|').filter(|genre| !genre.is_empty());
            named.collect::<Vec<&'static str>>().leak()
        };
        let mood = Mood(genres(), genres());
        by_first_word.entry(phrase[0]).or_default().push((phrase, mood));
    }
    for phrases in by_first_word.values_mut() {
        phrases.sort_by_key(|(words, meaning)| (std::cmp::Reverse(words.len()), says_little(*meaning)));
    }
    Lexicon { by_first_word, correctable }
});

/// Every meaning of a phrase that begins at token `at`, with the place after it; longest phrases first.
pub(crate) fn meanings(tokens: &[Token], at: usize) -> impl Iterator<Item = (Meaning, usize)> + '_ {
    tokens
        .get(at)
        .and_then(|token| LEXICON.by_first_word.get(token.word.as_str()))
        .into_iter()
        .flatten()
        .filter(move |(words, _)| {
            tokens
                .get(at..at + words.len())
                .is_some_and(|own| own.iter().zip(words).all(|(own, word)| own.word == *word))
        })
        .map(move |(words, meaning)| (*meaning, at + words.len()))
}

/// The place after the longest phrase at `at` that means `wanted`.
pub(crate) fn after(tokens: &[Token], at: usize, wanted: Meaning) -> Option<usize> {
    meanings(tokens, at).find(|(meaning, _)| *meaning == wanted).map(|(_, next)| next)
}

/// Whether some phrase begins with this word.
pub(crate) fn is_known(word: &str) -> bool {
    LEXICON.by_first_word.contains_key(word)
}

/// Words as near as a typo to one of the lexicon's that are words of their own.
const SPELT_RIGHT: &[&str] = &[
    "sinking",
    "comida",
    "comidas",
    "romana",
    "romano",
    "romanas",
    "romanos",
    "signing",
    "animo",
    "animos",
    "original",
    "originals",
    "originales",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
];

/// The word of the lexicon that a misspelt word of five letters or more stands for.
pub(crate) fn corrected(word: &str) -> Option<&'static str> {
    if word.len() < 5 || is_known(word) || word.bytes().any(|byte| byte.is_ascii_digit()) || SPELT_RIGHT.contains(&word)
    {
        return None;
    }
    let spelling = Spelling::within(word, if word.len() < 8 { 1 } else { 2 });
    LEXICON
        .correctable
        .iter()
        .filter_map(|(known, signature)| Some((spelling.distance(known, *signature)?, *known)))
        // Who errs twice still begins the word rightly: "pintores" are no "mejores".
        .filter(|(distance, known)| *distance < 2 || known.as_bytes().first() == word.as_bytes().first())
        .min()
        .map(|(_, known)| known)
}

/// A small number in words.
pub(crate) fn number_word(word: &str) -> Option<u64> {
    Some(match word {
        "one" => 1,
        "two" | "dos" => 2,
        "three" | "tres" => 3,
        "four" | "cuatro" => 4,
        "five" | "cinco" => 5,
        "six" | "seis" => 6,
        "seven" | "siete" => 7,
        "eight" | "ocho" => 8,
        "nine" | "nueve" => 9,
        "ten" | "diez" => 10,
        "twelve" | "doce" | "dozen" | "docena" => 12,
        "fifteen" | "quince" => 15,
        "twenty" | "veinte" => 20,
        "thirty" | "treinta" => 30,
        "fifty" | "cincuenta" => 50,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::fold::tokenize;

    #[test]
    fn every_phrase_is_written_folded_and_can_be_met() {
        let lines = include_str!("../../data/words.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(phrases().count(), lines, "a line has no meaning that is known");
        for (_, phrase) in phrases() {
            let folded: Vec<String> = tokenize(phrase).into_iter().map(|token| token.word).collect();
            assert_eq!(folded.join(" "), phrase);
        }
    }

    #[test]
    fn a_misspelt_genre_is_recognised() {
        assert_eq!(corrected("commedies"), Some("comedies"));
        assert_eq!(corrected("trhillers"), Some("thrillers"));
        assert_eq!(corrected("comdeias"), Some("comedias"));
        assert_eq!(corrected("dinosaurs"), None);
    }
}
